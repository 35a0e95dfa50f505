/**
 * What a kube-proxy was told: its flags, or the KubeProxyConfiguration that `--config` names (which then rules, but for
 * --hostname-override), with defaults and validation.
 * @source cmd/kube-proxy/app/options.go, pkg/proxy/apis/config/{v1alpha1/defaults.go,validation/validation.go}
 */
import { load } from 'js-yaml';
import { parseCidr, parseIp, splitHostPort } from '../api/address.ts';
import { durationMs, flagBool, flagInt, flagList, flagMs, flagText, type ParsedFlags } from '../client/flags.ts';

export interface ProxyConfiguration {
  readonly kubeconfig: string;
  readonly qps: number;
  readonly burst: number;
  /** '' = the host's name. */
  readonly hostnameOverride: string;
  /** '' = iptables. */
  readonly mode: string;
  readonly detectLocalMode: string;
  readonly clusterCIDR: string;
  readonly bridgeInterface: string;
  readonly interfaceNamePrefix: string;
  readonly masqueradeAll: boolean;
  readonly masqueradeBit: number;
  readonly localhostNodePorts: boolean;
  readonly syncPeriodMs: number;
  readonly minSyncPeriodMs: number;
  readonly nodePortAddresses: readonly string[];
  /** '' = none */
  readonly healthzBindAddress: string;
  readonly metricsBindAddress: string;
  readonly conntrackMaxPerCore: number;
  readonly conntrackMin: number;
  readonly conntrackTCPBeLiberal: boolean;
  readonly conntrackTCPEstablishedSeconds: number;
}

export type ConfigurationResult =
  | { readonly ok: true; readonly configuration: ProxyConfiguration }
  | { readonly ok: false; readonly error: string };

/** @param readFile  as the process sees its files */
export function readConfiguration(
  flags: ParsedFlags,
  readFile: (path: string) => string | undefined,
): ConfigurationResult {
  const path = flagText(flags, 'config');
  let configuration = fromFlags(flags);
  if (path !== '') {
    const file = fromFile(path, readFile(path));
    if (!file.ok) return { ok: false, error: `failed complete: ${file.error}` };
    const override = flagText(flags, 'hostname-override').trim().toLowerCase();
    configuration = override === '' ? file.configuration : { ...file.configuration, hostnameOverride: override };
  }
  const errors = validate(configuration);
  if (errors.length === 0) return { ok: true, configuration };
  const [first = ''] = errors;
  return { ok: false, error: `failed validate: ${errors.length === 1 ? first : `[${errors.join(', ')}]`}` };
}

function fromFlags(flags: ParsedFlags): ProxyConfiguration {
  return {
    kubeconfig: flagText(flags, 'kubeconfig'),
    qps: Number(flagText(flags, 'kube-api-qps')),
    burst: flagInt(flags, 'kube-api-burst'),
    hostnameOverride: flagText(flags, 'hostname-override').trim().toLowerCase(),
    mode: flagText(flags, 'proxy-mode'),
    detectLocalMode: flagText(flags, 'detect-local-mode') || 'ClusterCIDR',
    clusterCIDR: flagText(flags, 'cluster-cidr'),
    bridgeInterface: flagText(flags, 'pod-bridge-interface'),
    interfaceNamePrefix: flagText(flags, 'pod-interface-name-prefix'),
    masqueradeAll: flagBool(flags, 'masquerade-all'),
    masqueradeBit: flagInt(flags, 'iptables-masquerade-bit'),
    localhostNodePorts: flagBool(flags, 'iptables-localhost-nodeports'),
    syncPeriodMs: flagMs(flags, 'iptables-sync-period'),
    minSyncPeriodMs: flagMs(flags, 'iptables-min-sync-period'),
    nodePortAddresses: flagList(flags, 'nodeport-addresses'),
    healthzBindAddress: flagText(flags, 'healthz-bind-address'),
    metricsBindAddress: flagText(flags, 'metrics-bind-address'),
    conntrackMaxPerCore: flagInt(flags, 'conntrack-max-per-core'),
    conntrackMin: flagInt(flags, 'conntrack-min'),
    conntrackTCPBeLiberal: flagBool(flags, 'conntrack-tcp-be-liberal'),
    conntrackTCPEstablishedSeconds: flagMs(flags, 'conntrack-tcp-timeout-established') / 1_000,
  };
}

type Fields = Readonly<Record<string, unknown>>;

function fromFile(path: string, text: string | undefined): ConfigurationResult {
  if (text === undefined) return { ok: false, error: `open ${path}: no such file or directory` };
  let parsed: unknown;
  try {
    parsed = load(text);
  } catch (problem) {
    const why = problem instanceof Error ? problem.message.split('\n')[0] : String(problem);
    return { ok: false, error: `couldn't get version/kind; json parse error: yaml: ${why}` };
  }
  const root = fields(parsed);
  const kind = textOf(root['kind']);
  const version = textOf(root['apiVersion']);
  if (kind === '') return { ok: false, error: `Object 'Kind' is missing in '${JSON.stringify(parsed ?? null)}'` };
  if (version !== 'kubeproxy.config.k8s.io/v1alpha1' || kind !== 'KubeProxyConfiguration')
    return {
      ok: false,
      error: `no kind "${kind}" is registered for version "${version}" in scheme "pkg/proxy/apis/config/scheme/scheme.go:30"`,
    };
  const connection = fields(root['clientConnection']);
  const iptables = fields(root['iptables']);
  const conntrack = fields(root['conntrack']);
  const detectLocal = fields(root['detectLocal']);
  const addresses = root['nodePortAddresses'];
  return {
    ok: true,
    configuration: {
      kubeconfig: textOf(connection['kubeconfig']),
      qps: numberOf(connection['qps'], 0) || 5,
      burst: numberOf(connection['burst'], 0) || 10,
      hostnameOverride: textOf(root['hostnameOverride']),
      mode: textOf(root['mode']),
      detectLocalMode: textOf(root['detectLocalMode']) || 'ClusterCIDR',
      clusterCIDR: textOf(root['clusterCIDR']),
      bridgeInterface: textOf(detectLocal['bridgeInterface']),
      interfaceNamePrefix: textOf(detectLocal['interfaceNamePrefix']),
      masqueradeAll: iptables['masqueradeAll'] === true,
      masqueradeBit: numberOf(iptables['masqueradeBit'], 14),
      localhostNodePorts: iptables['localhostNodePorts'] !== false,
      syncPeriodMs: msOf(iptables['syncPeriod']) || 30_000,
      minSyncPeriodMs: msOf(iptables['minSyncPeriod']) || 1_000,
      nodePortAddresses: Array.isArray(addresses) ? addresses.map(String) : [],
      healthzBindAddress: withPort(textOf(root['healthzBindAddress']), '0.0.0.0', 10256),
      metricsBindAddress: withPort(textOf(root['metricsBindAddress']), '127.0.0.1', 10249),
      conntrackMaxPerCore: numberOf(conntrack['maxPerCore'], 32_768),
      conntrackMin: numberOf(conntrack['min'], 131_072),
      conntrackTCPBeLiberal: conntrack['tcpBeLiberal'] === true,
      conntrackTCPEstablishedSeconds:
        conntrack['tcpEstablishedTimeout'] == null ? 86_400 : msOf(conntrack['tcpEstablishedTimeout']) / 1_000,
    },
  };
}

const MODES = ['iptables', 'ipvs', 'nftables'];
const LOCAL_MODES = ['BridgeInterface', 'ClusterCIDR', 'InterfaceNamePrefix', 'NodeCIDR'];

function validate(configuration: ProxyConfiguration): string[] {
  const errors: string[] = [];
  const invalid = (field: string, value: string, why: string) =>
    errors.push(`KubeProxyConfiguration.${field}: Invalid value: ${value}: ${why}`);
  const { mode, masqueradeBit, clusterCIDR, detectLocalMode, nodePortAddresses } = configuration;
  if (masqueradeBit < 0 || masqueradeBit > 31)
    invalid('KubeProxyIPTablesConfiguration.MasqueradeBit', String(masqueradeBit), 'must be within the range [0, 31]');
  if (mode !== '' && !MODES.includes(mode))
    invalid(
      'Mode.ProxyMode',
      `"${mode}"`,
      `must be ${MODES.join(', ')} or blank (blank means the best-available proxy [currently iptables])`,
    );
  if (configuration.syncPeriodMs <= 0) invalid('SyncPeriod', `"0s"`, 'must be greater than 0');
  if (configuration.minSyncPeriodMs < 0)
    invalid('MinSyncPeriod', `"${configuration.minSyncPeriodMs}ms"`, 'must be greater than or equal to 0');
  if (configuration.minSyncPeriodMs > configuration.syncPeriodMs)
    invalid(
      'SyncPeriod',
      `"${configuration.minSyncPeriodMs / 1_000}s"`,
      'must be greater than or equal to KubeProxyConfiguration.MinSyncPeriod',
    );
  for (const address of [configuration.healthzBindAddress, configuration.metricsBindAddress]) {
    const { host, port } = splitHostPort(address);
    if (address !== '' && (port === undefined || parseIp(host) === undefined))
      invalid(
        address === configuration.healthzBindAddress ? 'HealthzBindAddress' : 'MetricsBindAddress',
        `"${address}"`,
        'must be IP:port',
      );
  }
  if (detectLocalMode !== '' && !LOCAL_MODES.includes(detectLocalMode))
    errors.push(
      `KubeProxyConfiguration.DetectLocalMode: Unsupported value: "${detectLocalMode}": supported values: ${LOCAL_MODES.map((known) => `"${known}"`).join(', ')}, ""`,
    );
  if (detectLocalMode === 'BridgeInterface' && configuration.bridgeInterface === '')
    invalid('DetectLocal.InterfaceName', '""', 'must not be empty');
  if (detectLocalMode === 'InterfaceNamePrefix' && configuration.interfaceNamePrefix === '')
    invalid('DetectLocal.InterfacePrefix', '""', 'must not be empty');
  for (const cidr of clusterCIDR === '' ? [] : clusterCIDR.split(','))
    if (parseCidr(cidr) === undefined)
      invalid(
        'DetectLocal.ClusterCIDRs[0]',
        `"${cidr}"`,
        'must be a valid CIDR block (e.g. 10.100.0.0/16 or fde4:8dba:82e1::/48)',
      );
  nodePortAddresses.forEach((address, i) => {
    if (address === 'primary') {
      if (nodePortAddresses.length > 1)
        invalid(`NodePortAddresses[${i}]`, `"${address}"`, "can't use both 'primary' and CIDRs");
    } else if (parseCidr(address) === undefined)
      invalid(`NodePortAddresses[${i}]`, `"${address}"`, 'must be a valid CIDR');
  });
  return errors;
}

function withPort(address: string, host: string, port: number): string {
  if (address === '') return `${host}:${port}`;
  return splitHostPort(address).port === undefined ? `${address}:${port}` : address;
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberOf(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback;
}

function msOf(value: unknown): number {
  return typeof value === 'string' ? (durationMs(value) ?? 0) : 0;
}
