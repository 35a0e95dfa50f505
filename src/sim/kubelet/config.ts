/**
 * What a kubelet is told: its flags, its configuration file, the defaults; flags win over the file.
 * @source cmd/kubelet/app/server.go, pkg/kubelet/apis/config/v1beta1/defaults.go
 */
import { load, YAMLException } from 'js-yaml';
import type { Taint } from '../api/types.ts';
import { durationMs, type ParsedFlags, parseFlags } from '../client/flags.ts';
import { kubeletFlags } from './flags.ts';
import { goYamlProblem } from './yaml-problem.ts';

export interface KubeletConfig {
  readonly nodeName: string;
  readonly hostname: string;
  readonly nodeIp: string;
  /** Empty: runs without an API server. */
  readonly kubeconfig: string;
  readonly bootstrapKubeconfig: string;
  readonly certDirectory: string;
  /** Empty: no static pods from files. */
  readonly staticPodPath: string;
  readonly fileCheckMs: number;
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  readonly resolvConf: string;
  readonly serializeImagePulls: boolean;
  readonly maxParallelImagePulls: number;
  readonly maxPods: number;
  readonly nodeLabels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly registerNode: boolean;
  readonly port: number;
  readonly healthzPort: number;
  readonly clientCaFile: string;
  readonly anonymousAuth: boolean;
  readonly authorizationMode: 'Webhook' | 'AlwaysAllow';
  readonly statusUpdateMs: number;
  readonly statusReportMs: number;
  readonly leaseSeconds: number;
  readonly maxContainerRestartMs: number;
  /** Signal → threshold: `100Mi` or `10%`. */
  readonly evictionHard: Readonly<Record<string, string>>;
  readonly pressureTransitionMs: number;
  readonly systemReserved: Readonly<Record<string, string>>;
  readonly kubeReserved: Readonly<Record<string, string>>;
  /** Deprecated flags that were used: `Flag --x has been deprecated, …`. */
  readonly deprecations: readonly string[];
}

export type ConfigResult =
  | { readonly ok: true; readonly config: KubeletConfig }
  | { readonly ok: false; readonly error: string };

const DEPRECATED =
  "This parameter should be set via the config file specified by the Kubelet's --config flag. See https://kubernetes.io/docs/tasks/administer-cluster/kubelet-config-file/ for more information.";
/** Flags that are no deprecated doubles of the file's settings. */
const OWN_FLAGS: ReadonlySet<string> = new Set(
  'bootstrap-kubeconfig cert-dir cloud-provider config config-dir exit-on-lock-contention help hostname-override image-credential-provider-bin-dir image-credential-provider-config kubeconfig lock-file node-ip node-labels root-dir runtime-cgroups seccomp-default v version vmodule log-flush-frequency'.split(
    ' ',
  ),
);
const HARD_EVICTION = {
  'memory.available': '100Mi',
  'nodefs.available': '10%',
  'nodefs.inodesFree': '5%',
  'imagefs.available': '15%',
  'imagefs.inodesFree': '5%',
};

/** @returns the configuration, or the error that the process ends with */
export function readConfig(
  args: readonly string[],
  host: string,
  hostIp: string,
  read: (path: string) => string | undefined,
): ConfigResult {
  const parsed = parseFlags(kubeletFlags, args);
  if (!parsed.ok) {
    const unknown = /^unknown command "(.*)"$/.exec(parsed.error);
    return {
      ok: false,
      error: unknown === null ? `failed to parse kubelet flag: ${parsed.error}` : `unknown command ${unknown[1]}`,
    };
  }
  const { flags } = parsed;
  let file: Fields = {};
  const path = flags.values.get('config') ?? '';
  if (path !== '') {
    const result = readFileConfig(path, read(path));
    if (typeof result === 'string')
      return { ok: false, error: `failed to load kubelet config file, path: ${path}, error: ${result}` };
    file = result;
  }
  const problem = invalid(file, flags);
  if (problem !== undefined)
    return { ok: false, error: `failed to validate kubelet configuration, error: ${problem}, path: ${path}` };
  return { ok: true, config: merged(flags, file, host, hostIp) };
}

type Fields = Readonly<Record<string, unknown>>;

const parsedFiles = new Map<string, Fields | string>();

/** Every machine of a cluster has the same file. */
function readFileConfig(path: string, text: string | undefined): Fields | string {
  const key = `${path}\n${text}`;
  let result = parsedFiles.get(key);
  if (result === undefined) {
    result = parseFileConfig(path, text);
    if (parsedFiles.size > 200) parsedFiles.clear();
    parsedFiles.set(key, result);
  }
  return result;
}

function parseFileConfig(path: string, text: string | undefined): Fields | string {
  const failed = `failed to load Kubelet config file ${path}, error failed to`;
  if (text === undefined)
    return `${failed} read kubelet config file "${path}", error: open ${path}: no such file or directory`;
  let value: unknown;
  try {
    value = load(text, { maxDepth: 30 });
  } catch (error) {
    const why = error instanceof YAMLException ? goYamlProblem(error) : String(error);
    return `${failed} decode: yaml: ${why}`;
  }
  const fields = fieldsOf(value);
  if (fields['kind'] === undefined)
    return `${failed} decode: Object 'Kind' is missing in '${text.slice(0, 60).trim()}'`;
  if (fields['kind'] !== 'KubeletConfiguration')
    return `${failed} decode: no kind "${String(fields['kind'])}" is registered for version "${String(fields['apiVersion'])}" in scheme "pkg/kubelet/apis/config/scheme/scheme.go:33"`;
  return fields;
}

function invalid(file: Fields, flags: ParsedFlags): string | undefined {
  const maxPods = Number(flags.values.get('max-pods') ?? file['maxPods'] ?? 110);
  if (maxPods < 0) return `invalid configuration: maxPods (--max-pods) ${maxPods} must not be a negative number`;
  const mode = fieldsOf(file['authorization'])['mode'];
  if (mode !== undefined && mode !== 'Webhook' && mode !== 'AlwaysAllow')
    return `invalid configuration: authorization mode "${String(mode)}" unknown`;
  return undefined;
}

function merged(flags: ParsedFlags, file: Fields, host: string, hostIp: string): KubeletConfig {
  const flag = (name: string) => flags.values.get(name);
  const text = (name: string, key: string, fallback: string) => flag(name) ?? textOr(file[key], fallback);
  const whole = (name: string, key: string, fallback: number) =>
    Number(flag(name) ?? file[key] ?? fallback) || fallback;
  const isOn = (name: string, value: unknown, fallback: boolean) => {
    const set = flag(name);
    return set !== undefined ? set === 'true' || set === '1' : typeof value === 'boolean' ? value : fallback;
  };
  const authentication = fieldsOf(file['authentication']);
  const mode = flag('authorization-mode') ?? fieldsOf(file['authorization'])['mode'];
  const dns =
    flag('cluster-dns')?.split(',') ?? (Array.isArray(file['clusterDNS']) ? file['clusterDNS'].map(String) : []);
  const hostname = (flag('hostname-override') ?? host).trim().toLowerCase();
  return Object.freeze({
    nodeName: hostname,
    hostname,
    nodeIp: flag('node-ip') ?? hostIp,
    kubeconfig: flag('kubeconfig') ?? '',
    bootstrapKubeconfig: flag('bootstrap-kubeconfig') ?? '',
    certDirectory: flag('cert-dir') ?? '/var/lib/kubelet/pki',
    staticPodPath: text('pod-manifest-path', 'staticPodPath', '').replace(/(.)\/+$/, '$1'),
    fileCheckMs: durationOr(flag('file-check-frequency') ?? file['fileCheckFrequency'], 20_000),
    clusterDns: dns.filter((ip) => ip !== ''),
    clusterDomain: text('cluster-domain', 'clusterDomain', ''),
    resolvConf: text('resolv-conf', 'resolvConf', '/etc/resolv.conf'),
    serializeImagePulls: isOn('serialize-image-pulls', file['serializeImagePulls'], true),
    maxParallelImagePulls: Number(file['maxParallelImagePulls'] ?? 0),
    maxPods: whole('max-pods', 'maxPods', 110),
    nodeLabels: pairsOf(flag('node-labels')),
    taints: taintsOf(flag('register-with-taints')),
    registerNode: isOn('register-node', file['registerNode'], true),
    port: whole('port', 'port', 10_250),
    healthzPort: whole('healthz-port', 'healthzPort', 10_248),
    clientCaFile: flag('client-ca-file') ?? textOr(fieldsOf(authentication['x509'])['clientCAFile'], ''),
    anonymousAuth: isOn('anonymous-auth', fieldsOf(authentication['anonymous'])['enabled'], false),
    authorizationMode: mode === 'AlwaysAllow' ? 'AlwaysAllow' : 'Webhook',
    statusUpdateMs: durationOr(flag('node-status-update-frequency') ?? file['nodeStatusUpdateFrequency'], 10_000),
    statusReportMs: durationOr(file['nodeStatusReportFrequency'], 300_000),
    leaseSeconds: whole('', 'nodeLeaseDurationSeconds', 40),
    maxContainerRestartMs: durationOr(fieldsOf(file['crashLoopBackOff'])['maxContainerRestartPeriod'], 300_000),
    evictionHard: evictionOf(flag('eviction-hard'), file['evictionHard']),
    pressureTransitionMs: durationOr(
      flag('eviction-pressure-transition-period') ?? file['evictionPressureTransitionPeriod'],
      300_000,
    ),
    systemReserved: { ...textsOf(file['systemReserved']), ...pairsOf(flag('system-reserved')) },
    kubeReserved: { ...textsOf(file['kubeReserved']), ...pairsOf(flag('kube-reserved')) },
    deprecations: [...flags.set]
      .filter((name) => !OWN_FLAGS.has(name))
      .map((name) => `Flag --${name} has been deprecated, ${DEPRECATED}`),
  });
}

function evictionOf(flag: string | undefined, value: unknown): Readonly<Record<string, string>> {
  if (flag !== undefined) {
    const result: Record<string, string> = {};
    for (const pair of flag.split(',')) {
      const [signal = '', threshold = ''] = pair.split('<');
      result[signal] = threshold;
    }
    return result;
  }
  const set = textsOf(value);
  return Object.keys(set).length > 0 ? set : HARD_EVICTION;
}

function taintsOf(text: string | undefined): Taint[] {
  if (text === undefined || text === '') return [];
  return text.split(',').map((taint) => {
    const [keyed = '', effect = ''] = taint.split(':');
    const [key = '', value] = keyed.split('=');
    return { key, effect, ...(value === undefined || value === '' ? {} : { value }) };
  });
}

function pairsOf(text: string | undefined): Record<string, string> {
  const result: Record<string, string> = {};
  for (const pair of (text ?? '').split(',')) {
    const at = pair.indexOf('=');
    if (at > 0) result[pair.slice(0, at)] = pair.slice(at + 1);
  }
  return result;
}

function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(fieldsOf(value)).map(([key, item]) => [key, String(item)]));
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' && value !== '' ? value : fallback;
}

/** A zero duration in the file means the default. */
function durationOr(value: unknown, fallbackMs: number): number {
  const ms = typeof value === 'string' ? durationMs(value) : undefined;
  return ms === undefined || ms <= 0 ? fallbackMs : ms;
}
