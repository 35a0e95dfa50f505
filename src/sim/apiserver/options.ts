/** What the flags of a kube-apiserver say, checked as the real one checks them before it starts. */
import { type Cidr, contains, parseCidr, parseIp } from '../api/address.ts';
import { goQuote } from '../api/field-error.ts';
import { flagBool, flagInt, flagList, flagMs, flagText, type ParsedFlags, parseFlags } from '../client/flags.ts';
import { ALL_PLUGINS, DEFAULT_ON } from './admission-plugins.ts';
import { flagTable } from './flag-table.ts';

/** Frozen. */
export interface Options {
  readonly advertiseAddress: string;
  readonly bindAddress: string;
  readonly securePort: number;
  /** `host:port`, in the order given. */
  readonly etcdServers: readonly string[];
  readonly etcdCaFile: string;
  readonly etcdCertFile: string;
  readonly etcdKeyFile: string;
  readonly compactionIntervalMs: number;
  readonly tlsCertFile: string;
  readonly tlsKeyFile: string;
  readonly clientCaFile: string;
  readonly anonymousAuth: boolean;
  readonly serviceAccountKeyFiles: readonly string[];
  readonly serviceAccountSigningKeyFile: string;
  readonly serviceAccountIssuers: readonly string[];
  readonly apiAudiences: readonly string[];
  readonly extendTokenExpiration: boolean;
  readonly serviceAccountLookup: boolean;
  readonly authorizationModes: readonly string[];
  /** In the order in which they run. */
  readonly admissionPlugins: readonly string[];
  readonly allowPrivileged: boolean;
  readonly serviceClusterIpRange: string;
  readonly nodePorts: { readonly from: number; readonly to: number };
  readonly kubeletCaFile: string;
  readonly kubeletCertFile: string;
  readonly kubeletKeyFile: string;
  readonly kubeletAddressTypes: readonly string[];
  readonly requestTimeoutMs: number;
  readonly minRequestTimeoutSeconds: number;
  readonly shutdownDelayMs: number;
  readonly eventTtlSeconds: number;
  /** `apps/v1` or `api/all` … → whether it is served. */
  readonly runtimeConfig: ReadonlyMap<string, string>;
  readonly auditLogPath: string;
  readonly endpointReconciler: string;
}

export type OptionsResult =
  | { readonly ok: true; readonly options: Options; readonly set: readonly (readonly [string, string])[] }
  /** `usage`: wrong flags, printed bare; `validation`: wrong values, logged. */
  | { readonly ok: false; readonly kind: 'usage' | 'validation'; readonly error: string };

const MODES = ['AlwaysAllow', 'AlwaysDeny', 'ABAC', 'Webhook', 'RBAC', 'Node'];

/** @source cmd/kube-apiserver/app/options/validation.go and the Validate methods of the options it embeds */
export function parseOptions(args: readonly string[], hostIp: string): OptionsResult {
  const parsed = parseFlags(flagTable, args);
  if (!parsed.ok) return { ok: false, kind: 'usage', error: parsed.error };
  const { flags } = parsed;
  const errors = validate(flags);
  if (errors.length > 0) {
    return { ok: false, kind: 'validation', error: errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]` };
  }
  const set = [...flags.set].sort().map((name) => [name, flagText(flags, name)] as const);
  return { ok: true, options: Object.freeze(optionsOf(flags, hostIp)), set };
}

/** Stands until the flags have been read. */
export const NO_OPTIONS: Options = Object.freeze(optionsOf({ values: new Map(), set: new Set() }, ''));

function optionsOf(flags: ParsedFlags, hostIp: string): Options {
  const advertise = flagText(flags, 'advertise-address');
  const issuers = flagList(flags, 'service-account-issuer');
  const audiences = flagList(flags, 'api-audiences');
  const [from = 30_000, to = 32_767] = (flagText(flags, 'service-node-port-range') || '30000-32767')
    .split('-')
    .map(Number);
  return {
    advertiseAddress: advertise === '' ? hostIp : advertise,
    bindAddress: flagText(flags, 'bind-address'),
    securePort: flagInt(flags, 'secure-port'),
    etcdServers: flagList(flags, 'etcd-servers').map((url) => url.replace(/^https?:\/\//, '')),
    etcdCaFile: flagText(flags, 'etcd-cafile'),
    etcdCertFile: flagText(flags, 'etcd-certfile'),
    etcdKeyFile: flagText(flags, 'etcd-keyfile'),
    compactionIntervalMs: flagMs(flags, 'etcd-compaction-interval'),
    tlsCertFile: flagText(flags, 'tls-cert-file'),
    tlsKeyFile: flagText(flags, 'tls-private-key-file'),
    clientCaFile: flagText(flags, 'client-ca-file'),
    anonymousAuth: flagBool(flags, 'anonymous-auth'),
    serviceAccountKeyFiles: flagList(flags, 'service-account-key-file'),
    serviceAccountSigningKeyFile: flagText(flags, 'service-account-signing-key-file'),
    serviceAccountIssuers: issuers,
    apiAudiences: audiences.length > 0 ? audiences : issuers.slice(0, 1),
    extendTokenExpiration: flagBool(flags, 'service-account-extend-token-expiration'),
    serviceAccountLookup: flagBool(flags, 'service-account-lookup'),
    authorizationModes: flagList(flags, 'authorization-mode'),
    admissionPlugins: pluginsOf(flags),
    allowPrivileged: flagBool(flags, 'allow-privileged'),
    serviceClusterIpRange: (flagText(flags, 'service-cluster-ip-range') || '10.0.0.0/24').split(',')[0]!,
    nodePorts: { from, to },
    kubeletCaFile: flagText(flags, 'kubelet-certificate-authority'),
    kubeletCertFile: flagText(flags, 'kubelet-client-certificate'),
    kubeletKeyFile: flagText(flags, 'kubelet-client-key'),
    kubeletAddressTypes: flagList(flags, 'kubelet-preferred-address-types'),
    requestTimeoutMs: flagMs(flags, 'request-timeout'),
    minRequestTimeoutSeconds: flagInt(flags, 'min-request-timeout'),
    shutdownDelayMs: flagMs(flags, 'shutdown-delay-duration'),
    eventTtlSeconds: Math.round(flagMs(flags, 'event-ttl') / 1_000),
    runtimeConfig: runtimeConfigOf(flagText(flags, 'runtime-config')),
    auditLogPath: flagText(flags, 'audit-log-path'),
    endpointReconciler: flagText(flags, 'endpoint-reconciler-type'),
  };
}

function pluginsOf(flags: ParsedFlags): string[] {
  const on = new Set([...DEFAULT_ON, ...flagList(flags, 'enable-admission-plugins')]);
  for (const name of flagList(flags, 'disable-admission-plugins')) on.delete(name);
  return ALL_PLUGINS.filter((name) => on.has(name));
}

function runtimeConfigOf(text: string): ReadonlyMap<string, string> {
  const pairs = text.split(',').filter((pair) => pair !== '');
  return new Map(pairs.map((pair) => [pair.split('=')[0]!, pair.split('=')[1] ?? 'true']));
}

function validate(flags: ParsedFlags): string[] {
  const errors: string[] = [];
  const text = (name: string) => flagText(flags, name);
  if (text('etcd-servers') === '') errors.push('--etcd-servers must be specified');
  for (const url of flagList(flags, 'etcd-servers')) {
    if (!/^https?:\/\/[^/:]+(:\d+)?\/?$/.test(url)) errors.push(`--etcd-servers: invalid URL ${goQuote(url)}`);
  }
  const backend = text('storage-backend');
  if (backend !== '' && backend !== 'etcd3') {
    errors.push(`--storage-backend invalid, allowed values: etcd3. If not specified, it will default to 'etcd3'`);
  }
  const port = flagInt(flags, 'secure-port');
  if (port < 1 || port > 65_535) {
    errors.push(`--secure-port ${port} must be between 1 and 65535, inclusive. It cannot be turned off with 0`);
  }
  const bind = text('bind-address');
  if (parseIp(bind) === undefined)
    errors.push(`invalid argument ${goQuote(bind)} for "--bind-address" flag: failed to parse IP: ${goQuote(bind)}`);
  const advertise = text('advertise-address');
  if (advertise !== '' && parseIp(advertise) === undefined) {
    errors.push(
      `invalid argument ${goQuote(advertise)} for "--advertise-address" flag: failed to parse IP: ${goQuote(advertise)}`,
    );
  }
  validateServices(flags, errors);
  validateAuthentication(flags, errors);
  validateAdmission(flags, errors);
  if (flagInt(flags, 'apiserver-count') <= 0)
    errors.push("--apiserver-count should be a positive number, but value '0' provided");
  if (flagMs(flags, 'request-timeout') < 0) errors.push('--request-timeout can not be negative value');
  if (flagInt(flags, 'max-requests-inflight') < 0) errors.push('--max-requests-inflight can not be negative value');
  const mode = text('audit-log-mode');
  if (!['batch', 'blocking', 'blocking-strict'].includes(mode)) {
    errors.push(`invalid audit log mode ${mode}, allowed modes are "batch,blocking,blocking-strict"`);
  }
  return errors;
}

function validateServices(flags: ParsedFlags, errors: string[]): undefined {
  const range = flagText(flags, 'service-cluster-ip-range');
  if (range !== '') {
    const cidrs = range.split(',').map((part) => parseCidr(part));
    const first: Cidr | undefined = cidrs[0];
    if (first === undefined) errors.push('--service-cluster-ip-range: invalid CIDR address: '.concat(range));
    else if (first.family === 4 && first.prefix < 12) {
      errors.push('specified --service-cluster-ip-range is too large; for 32-bit addresses, the mask must be >= 12');
    } else {
      const advertise = parseIp(flagText(flags, 'advertise-address'));
      if (advertise !== undefined && contains(first, advertise)) {
        errors.push('service-cluster-ip-range must not contain the advertise address');
      }
    }
  }
  const ports = flagText(flags, 'service-node-port-range');
  const match = /^(\d+)(?:-(\d+))?$/.exec(ports);
  if (match === null || Number(match[2] ?? match[1]) > 65_535 || Number(match[2] ?? match[1]) < Number(match[1])) {
    errors.push(`unable to parse port range: ${ports}`);
  }
}

function validateAuthentication(flags: ParsedFlags, errors: string[]): undefined {
  if (flagText(flags, 'service-account-issuer') === '') {
    errors.push('service-account-issuer is a required flag');
  } else {
    for (const issuer of flagList(flags, 'service-account-issuer')) {
      if (issuer.includes(':') && !/^[a-z][a-z0-9+.-]*:/.test(issuer)) {
        errors.push(`service-account-issuer ${goQuote(issuer)} contained a ':' but was not a valid URL: parse error`);
      }
    }
  }
  if (flagText(flags, 'service-account-signing-key-file') === '') {
    errors.push('--service-account-signing-key-file and --service-account-issuer are required flags');
  }
  if (
    flagText(flags, 'service-account-key-file') === '' &&
    flagText(flags, 'service-account-signing-key-file') === ''
  ) {
    errors.push('--service-account-key-file must be specified');
  }
  const modes = flagList(flags, 'authorization-mode');
  if (modes.length === 0) errors.push('at least one authorization-mode must be passed');
  for (const mode of modes) {
    if (!MODES.includes(mode)) errors.push(`authorization-mode ${goQuote(mode)} is not a valid mode`);
    if (mode === 'ABAC' && flagText(flags, 'authorization-policy-file') === '') {
      errors.push("authorization-mode ABAC's authorization policy file not passed");
    }
    if (mode === 'Webhook' && flagText(flags, 'authorization-webhook-config-file') === '') {
      errors.push("authorization-mode Webhook's authorization config file not passed");
    }
  }
  if (new Set(modes).size < modes.length) {
    errors.push(`authorization-mode [${modes.map(goQuote).join(' ')}] has mode specified more than once`);
  }
}

function validateAdmission(flags: ParsedFlags, errors: string[]): undefined {
  const enabled = flagList(flags, 'enable-admission-plugins');
  const disabled = flagList(flags, 'disable-admission-plugins');
  for (const name of enabled) {
    if (!ALL_PLUGINS.includes(name)) errors.push(`enable-admission-plugins plugin ${goQuote(name)} is unknown`);
  }
  for (const name of disabled) {
    if (!ALL_PLUGINS.includes(name)) errors.push(`disable-admission-plugins plugin ${goQuote(name)} is unknown`);
  }
  const both = enabled.filter((name) => disabled.includes(name));
  if (both.length > 0)
    errors.push(`[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`);
}
