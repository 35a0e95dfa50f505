/** etcd's command line: Go's `flag` package, not pflag. @source etcd:server/embed/config.go, etcd:server/etcdmain/config.go */
import { durationMs } from '../client/flags.ts';

export interface EtcdConfig {
  readonly name: string;
  readonly dataDir: string;
  readonly listenPeerUrls: readonly string[];
  readonly listenClientUrls: readonly string[];
  readonly listenMetricsUrls: readonly string[];
  readonly advertisePeerUrls: readonly string[];
  readonly advertiseClientUrls: readonly string[];
  /** `name=peerURL`, a name may come more than once. */
  readonly initialCluster: readonly { readonly name: string; readonly url: string }[];
  readonly initialClusterState: 'new' | 'existing';
  readonly initialClusterToken: string;
  readonly heartbeatUs: number;
  readonly electionTimeoutUs: number;
  readonly preVote: boolean;
  readonly strictReconfigCheck: boolean;
  readonly quotaBytes: number;
  readonly snapshotCount: number;
  readonly snapshotCatchUpEntries: number;
  readonly maxTxnOps: number;
  readonly maxRequestBytes: number;
  readonly maxLearners: number;
  readonly watchProgressIntervalUs: number;
  readonly compaction: { readonly mode: 'periodic' | 'revision'; readonly retention: number } | undefined;
  readonly forceNewCluster: boolean;
  readonly clientTls: TlsFiles;
  readonly peerTls: TlsFiles;
}

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
  readonly trustedCaFile: string;
  readonly clientCertAuth: boolean;
}

export type FlagOutcome =
  | { readonly ok: true; readonly config: EtcdConfig }
  | { readonly ok: false; readonly exitCode: number; readonly lines: readonly string[]; readonly failure?: string };

type FlagKind = 'string' | 'bool' | 'uint' | 'int' | 'duration' | 'urls' | 'state';

const DEFAULT_QUOTA_BYTES = 2 * 1024 * 1024 * 1024;
const MAX_ELECTION_MS = 50_000;
export const ETCD_VERSION = '3.6.8';

/** Flags whose value we use, with their defaults. */
const used: Readonly<Record<string, readonly [FlagKind, string]>> = {
  name: ['string', 'default'],
  'data-dir': ['string', ''],
  'listen-peer-urls': ['urls', 'http://localhost:2380'],
  'listen-client-urls': ['urls', 'http://localhost:2379'],
  'listen-metrics-urls': ['urls', ''],
  'initial-advertise-peer-urls': ['urls', 'http://localhost:2380'],
  'advertise-client-urls': ['urls', 'http://localhost:2379'],
  'initial-cluster': ['string', ''],
  'initial-cluster-state': ['state', 'new'],
  'initial-cluster-token': ['string', 'etcd-cluster'],
  'heartbeat-interval': ['uint', '100'],
  'election-timeout': ['uint', '1000'],
  'pre-vote': ['bool', 'true'],
  'strict-reconfig-check': ['bool', 'true'],
  'quota-backend-bytes': ['int', '0'],
  'snapshot-count': ['uint', '10000'],
  'snapshot-catchup-entries': ['uint', '5000'],
  'max-txn-ops': ['uint', '128'],
  'max-request-bytes': ['uint', '1572864'],
  'max-learners': ['int', '1'],
  'watch-progress-notify-interval': ['duration', '10m'],
  'experimental-watch-progress-notify-interval': ['duration', '0'],
  'auto-compaction-mode': ['string', 'periodic'],
  'auto-compaction-retention': ['string', '0'],
  'force-new-cluster': ['bool', 'false'],
  'cert-file': ['string', ''],
  'key-file': ['string', ''],
  'trusted-ca-file': ['string', ''],
  'client-cert-auth': ['bool', 'false'],
  'peer-cert-file': ['string', ''],
  'peer-key-file': ['string', ''],
  'peer-trusted-ca-file': ['string', ''],
  'peer-client-cert-auth': ['bool', 'false'],
};

/** Flags that etcd 3.6 knows and that change nothing here. */
const accepted: Readonly<Record<FlagKind, string>> = {
  string:
    'wal-dir backend-bbolt-freelist-type discovery-token discovery-endpoints discovery-cert discovery-key discovery-cacert discovery-user discovery-password discovery-srv discovery-srv-name discovery-fallback client-cert-file client-key-file client-crl-file client-cert-allowed-hostname peer-client-cert-file peer-client-key-file peer-crl-file peer-cert-allowed-cn peer-cert-allowed-hostname cipher-suites tls-min-version tls-max-version cors host-whitelist logger log-outputs log-level log-format log-rotation-config-json metrics distributed-tracing-address distributed-tracing-service-name distributed-tracing-instance-id auth-token feature-gates config-file v2-deprecation',
  bool: 'initial-election-tick-advance socket-reuse-port socket-reuse-address discovery-insecure-transport discovery-insecure-skip-tls-verify auto-tls peer-auto-tls peer-skip-client-san-verification enable-log-rotation enable-pprof enable-distributed-tracing enable-grpc-gateway memory-mlock unsafe-no-fsync version experimental-initial-corrupt-check experimental-compact-hash-check-enabled experimental-enable-lease-checkpoint experimental-memory-mlock experimental-stop-grpc-service-on-defrag experimental-txn-mode-write-with-shared-buffer',
  uint: 'max-wals max-concurrent-streams self-signed-cert-validity bcrypt-cost auth-token-ttl bootstrap-defrag-threshold-megabytes experimental-bootstrap-defrag-threshold-megabytes experimental-snapshot-catchup-entries',
  int: 'backend-batch-limit distributed-tracing-sampling-rate compaction-batch-limit experimental-compaction-batch-limit experimental-max-learners',
  duration:
    'backend-batch-interval grpc-keepalive-min-time grpc-keepalive-interval grpc-keepalive-timeout raft-read-timeout raft-write-timeout discovery-dial-timeout discovery-request-timeout discovery-keepalive-time discovery-keepalive-timeout corrupt-check-time compact-hash-check-time compaction-sleep-interval downgrade-check-time warning-apply-duration warning-unary-request-duration experimental-corrupt-check-time experimental-compact-hash-check-time experimental-compaction-sleep-interval experimental-downgrade-check-time experimental-warning-apply-duration experimental-warning-unary-request-duration',
  urls: 'listen-client-http-urls',
  state: '',
};

const kinds: ReadonlyMap<string, FlagKind> = new Map([
  ...Object.entries(used).map(([name, [kind]]): [string, FlagKind] => [name, kind]),
  ...Object.entries(accepted).flatMap(([kind, names]) =>
    names.split(' ').map((name): [string, FlagKind] => [name, kind as FlagKind]),
  ),
]);

const USAGE = `Usage:

  etcd [flags]
    Start an etcd server.

  etcd --version
    Show the version of etcd.

  etcd -h | --help
    Show the help information about etcd.

  etcd --config-file
    Path to the server configuration file. Note that if a configuration file is provided, other command line flags and environment variables will be ignored.

  etcd gateway
    Run the stateless pass-through etcd TCP connection forwarding proxy.

  etcd grpc-proxy
    Run the stateless etcd v3 gRPC L7 reverse proxy.
`;

/**
 * Reads the command line (without the program's name) and what its flags say about each other.
 * @returns the configuration, or the exit code with what is printed: 2 for a flag that cannot be read, 1 (with `failure`,
 *   the error of "failed to verify flags") for values that make no sense, 0 for --version and --help
 */
export function parseEtcdFlags(args: readonly string[]): FlagOutcome {
  const values = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!;
    if (argument.length < 2 || argument[0] !== '-') return invalid(`"${argument}" is not a valid flag`);
    const dashes = argument.startsWith('--') ? 2 : 1;
    if (argument === '--') break;
    const equals = argument.indexOf('=');
    const name = argument.slice(dashes, equals < 0 ? undefined : equals);
    if (name === '' || name[0] === '-' || name[0] === '=') return unreadable(`bad flag syntax: ${argument}`);
    const kind = kinds.get(name);
    if (kind === undefined) {
      if (name === 'help' || name === 'h') return { ok: false, exitCode: 0, lines: USAGE.split('\n') };
      return unreadable(`flag provided but not defined: -${name}`);
    }
    let value = equals >= 0 ? argument.slice(equals + 1) : undefined;
    if (value === undefined && kind === 'bool') value = 'true';
    else if (value === undefined) {
      value = args[++i];
      if (value === undefined) return unreadable(`flag needs an argument: -${name}`);
    }
    const complaint = complaintAbout(kind, value);
    if (complaint !== undefined) {
      const what = kind === 'bool' ? 'invalid boolean value' : 'invalid value';
      const where = kind === 'bool' ? `for -${name}` : `for flag -${name}`;
      return unreadable(`${what} "${value}" ${where}: ${complaint}`);
    }
    values.set(name, value);
  }
  if (isTrue(values.get('version') ?? 'false')) {
    const lines = [
      `etcd Version: ${ETCD_VERSION}`,
      'Git SHA: d2809cf',
      'Go Version: go1.24.10',
      'Go OS/Arch: linux/amd64',
    ];
    return { ok: false, exitCode: 0, lines };
  }
  return build(values);
}

function unreadable(error: string): FlagOutcome {
  return { ok: false, exitCode: 2, lines: [error, ...USAGE.split('\n')] };
}

function invalid(failure: string): FlagOutcome {
  return { ok: false, exitCode: 1, lines: [], failure };
}

function complaintAbout(kind: FlagKind, value: string): string | undefined {
  switch (kind) {
    case 'bool':
      return /^(1|0|t|f|T|F|true|false|TRUE|FALSE|True|False)$/.test(value) ? undefined : 'parse error';
    case 'uint':
      return /^\d+$/.test(value) ? undefined : 'parse error';
    case 'int':
      return /^[+-]?\d+$/.test(value) ? undefined : 'parse error';
    case 'duration':
      return durationMs(value) === undefined ? 'parse error' : undefined;
    case 'state':
      return value === 'new' || value === 'existing' ? undefined : `invalid value "${value}"`;
    case 'urls':
      for (const url of value.split(',')) {
        const error = value === '' ? undefined : urlError(url.trim());
        if (error !== undefined) return error;
      }
      return undefined;
    case 'string':
      return undefined;
  }
}

function urlError(url: string): string | undefined {
  const match = /^([a-z]+):\/\/([^/]*)(\/.*)?$/.exec(url);
  if (match === null) return `URL scheme must be http, https, unix, or unixs: ${url}`;
  const [, scheme, host, path] = match;
  if (scheme !== 'http' && scheme !== 'https') return `URL scheme must be http, https, unix, or unixs: ${url}`;
  if (!/^(\[[^\]]+\]|[^:]+):\d+$/.test(host ?? '')) {
    return `URL address does not have the form "host:port": ${url}`;
  }
  return path === undefined ? undefined : `URL must not contain a path: ${url}`;
}

function isTrue(value: string): boolean {
  return /^(1|t|T|true|TRUE|True)$/.test(value);
}

function build(values: ReadonlyMap<string, string>): FlagOutcome {
  const text = (name: string): string => values.get(name) ?? used[name]?.[1] ?? '';
  const number = (name: string): number => Number(text(name));
  const list = (name: string): string[] =>
    text(name) === ''
      ? []
      : text(name)
          .split(',')
          .map((url) => url.trim());
  const heartbeatMs = number('heartbeat-interval');
  const electionMs = number('election-timeout');
  if (heartbeatMs === 0) return invalid(`--heartbeat-interval must be >0 (set to ${heartbeatMs}ms)`);
  if (electionMs === 0) return invalid(`--election-timeout must be >0 (set to ${electionMs}ms)`);
  if (5 * heartbeatMs > electionMs) {
    return invalid(
      `--election-timeout[${electionMs}ms] should be at least as 5 times as --heartbeat-interval[${heartbeatMs}ms]`,
    );
  }
  if (electionMs > MAX_ELECTION_MS) {
    return invalid(`--election-timeout[${electionMs}ms] is too long, and should be set less than ${MAX_ELECTION_MS}ms`);
  }
  for (const name of ['listen-peer-urls', 'listen-client-urls', 'listen-metrics-urls']) {
    for (const url of list(name)) {
      const host = hostOfUrl(url);
      if (host !== 'localhost' && !/^[0-9.]+$|^\[/.test(host)) {
        return invalid(`expected IP in URL for binding (${url})`);
      }
    }
  }
  if (values.has('listen-client-urls') && !values.has('advertise-client-urls')) {
    return invalid('--advertise-client-urls is required when --listen-client-urls is set explicitly');
  }
  const mode = text('auto-compaction-mode');
  if (mode === '') return invalid('undefined auto-compaction-mode');
  if (mode !== 'periodic' && mode !== 'revision') return invalid(`unknown auto-compaction-mode "${mode}"`);
  const name = text('name');
  const quota = number('quota-backend-bytes');
  const progressMs =
    durationMs(text('experimental-watch-progress-notify-interval')) ||
    durationMs(text('watch-progress-notify-interval'));
  const initial = text('initial-cluster') || `${name}=${text('initial-advertise-peer-urls')}`;
  const initialCluster: { name: string; url: string }[] = [];
  for (const pair of initial.split(',')) {
    const equals = pair.indexOf('=');
    if (equals < 0) return invalid(`error setting up initial cluster: empty URL given for "${pair}"`);
    initialCluster.push({ name: pair.slice(0, equals).trim(), url: pair.slice(equals + 1).trim() });
  }
  const config: EtcdConfig = {
    name,
    dataDir: text('data-dir') || `${name}.etcd`,
    listenPeerUrls: list('listen-peer-urls'),
    listenClientUrls: list('listen-client-urls'),
    listenMetricsUrls: list('listen-metrics-urls'),
    advertisePeerUrls: list('initial-advertise-peer-urls'),
    advertiseClientUrls: list('advertise-client-urls'),
    initialCluster,
    initialClusterState: text('initial-cluster-state') === 'existing' ? 'existing' : 'new',
    initialClusterToken: text('initial-cluster-token'),
    heartbeatUs: heartbeatMs * 1000,
    electionTimeoutUs: electionMs * 1000,
    preVote: isTrue(text('pre-vote')),
    strictReconfigCheck: isTrue(text('strict-reconfig-check')),
    quotaBytes: quota === 0 ? DEFAULT_QUOTA_BYTES : quota < 0 ? Number.MAX_SAFE_INTEGER : quota,
    snapshotCount: number('snapshot-count'),
    snapshotCatchUpEntries: number('snapshot-catchup-entries'),
    maxTxnOps: number('max-txn-ops'),
    maxRequestBytes: number('max-request-bytes'),
    maxLearners: number('max-learners'),
    watchProgressIntervalUs: (progressMs ?? 600_000) * 1000,
    compaction: compactionOf(mode, text('auto-compaction-retention')),
    forceNewCluster: isTrue(text('force-new-cluster')),
    clientTls: tls('', text),
    peerTls: tls('peer-', text),
  };
  return { ok: true, config };
}

function compactionOf(mode: 'periodic' | 'revision', retention: string): EtcdConfig['compaction'] {
  if (mode === 'revision') return Number(retention) > 0 ? { mode, retention: Number(retention) } : undefined;
  // A bare number counts hours.
  const ms = /^\d+$/.test(retention) ? Number(retention) * 3_600_000 : (durationMs(retention) ?? 0);
  return ms > 0 ? { mode, retention: ms * 1000 } : undefined;
}

function tls(prefix: '' | 'peer-', text: (name: string) => string): TlsFiles {
  return {
    certFile: text(`${prefix}cert-file`),
    keyFile: text(`${prefix}key-file`),
    trustedCaFile: text(`${prefix}trusted-ca-file`),
    clientCertAuth: isTrue(text(`${prefix}client-cert-auth`)),
  };
}

/** `https://10.0.0.1:2379` → `10.0.0.1` */
export function hostOfUrl(url: string): string {
  return addressOfUrl(url).replace(/:\d+$/, '');
}

/** `https://10.0.0.1:2379` → `10.0.0.1:2379`, the address that requests are made to. */
export function addressOfUrl(url: string): string {
  return url.replace(/^[a-z]+:\/\//, '');
}

export function portOfUrl(url: string): number {
  return Number(/:(\d+)$/.exec(url)?.[1] ?? 0);
}
