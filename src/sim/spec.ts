/**
 * What a cluster is to look like: how many machines of what size, which networks, how slow the wires, which flags.
 * Four clusters have names; any other is a YAML file of the same shape.
 */
import { load } from 'js-yaml';
import { parseCidr } from './api/address.ts';
import { parseQuantity, quantityMilliValue, quantityValue } from './api/quantity.ts';

/** Quantities as Kubernetes writes them. */
export interface HostCapacity {
  readonly cpu: string;
  readonly memory: string;
  readonly disk: string;
  readonly pods: number;
}

/** Components whose flags can be changed; `etcd` and the three control plane parts are static pods, `kubelet` is a unit. */
export const FLAGGED_COMPONENTS = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
] as const;
export type FlaggedComponent = (typeof FLAGGED_COMPONENTS)[number];

export interface ClusterSpec {
  readonly name: string;
  /** 1…5; with more than one, a balancer `lb` stands before the API servers. */
  readonly controlPlanes: number;
  readonly workers: number;
  readonly capacity: {
    readonly controlPlane: HostCapacity;
    readonly worker: HostCapacity;
    /** By host name. */
    readonly hosts: Readonly<Record<string, Partial<HostCapacity>>>;
  };
  /** Dealt out in turn, to control planes and to workers. Empty: no zone labels. */
  readonly zones: readonly string[];
  readonly cidrs: { readonly pods: string; readonly services: string; readonly nodeMask: number };
  readonly domain: string;
  readonly latencies: {
    /** One way, between two machines. */
    readonly networkUs: number;
    readonly jitterUs: number;
    readonly fsyncUs: number;
    /** What images are pulled with, per node. */
    readonly registryMegabytesPerSecond: number;
  };
  /** Flags beside kubeadm's own, by component, without dashes. */
  readonly flags: Readonly<Partial<Record<FlaggedComponent, Readonly<Record<string, string>>>>>;
  readonly addons: { readonly coredns: { readonly replicas: number } | false; readonly kubeProxy: boolean };
}

export type HostRole = 'laptop' | 'balancer' | 'controlPlane' | 'worker';

/** One machine of the cluster. */
export interface HostSpec {
  readonly name: string;
  readonly role: HostRole;
  readonly ip: string;
  readonly zone: string;
  readonly capacity: HostCapacity;
  /** What the node's CNI hands out; '' where no pods run. */
  readonly podCidr: string;
}

export const KUBERNETES_VERSION = 'v1.36.2';
export const LAPTOP_IP = '192.168.56.1';
export const BALANCER_IP = '192.168.56.10';
export const API_PORT = 6443;

const CONTROL_PLANE: HostCapacity = { cpu: '2', memory: '4Gi', disk: '40Gi', pods: 110 };
const WORKER: HostCapacity = { cpu: '4', memory: '8Gi', disk: '60Gi', pods: 110 };
const SMALL: ClusterSpec = {
  name: 'small',
  controlPlanes: 1,
  workers: 3,
  capacity: { controlPlane: CONTROL_PLANE, worker: WORKER, hosts: {} },
  zones: [],
  cidrs: { pods: '10.244.0.0/16', services: '10.96.0.0/12', nodeMask: 24 },
  domain: 'cluster.local',
  latencies: { networkUs: 300, jitterUs: 200, fsyncUs: 800, registryMegabytesPerSecond: 50 },
  flags: {},
  addons: { coredns: { replicas: 2 }, kubeProxy: true },
};

export const NAMED_CLUSTERS: Readonly<Record<'single' | 'small' | 'ha' | 'big', ClusterSpec>> = {
  single: { ...SMALL, name: 'single', workers: 1 },
  small: SMALL,
  ha: { ...SMALL, name: 'ha', controlPlanes: 3, zones: ['a', 'b', 'c'] },
  big: { ...SMALL, name: 'big', controlPlanes: 3, workers: 100, zones: ['a', 'b', 'c'] },
};

/** Every machine: the learner's laptop first, then the balancer if there is one, control planes, workers. */
export function hostsOf(spec: ClusterSpec): HostSpec[] {
  const none = { zone: '', podCidr: '', capacity: WORKER };
  const hosts: HostSpec[] = [{ name: 'laptop', role: 'laptop', ip: LAPTOP_IP, ...none }];
  if (spec.controlPlanes > 1) hosts.push({ name: 'lb', role: 'balancer', ip: BALANCER_IP, ...none });
  let index = 0;
  const add = (role: 'controlPlane' | 'worker', count: number, prefix: string, firstIp: number) => {
    for (let n = 1; n <= count; n++) {
      const name = `${prefix}-${n}`;
      hosts.push({
        name,
        role,
        ip: hostIp(firstIp + n),
        zone: spec.zones.length === 0 ? '' : spec.zones[(n - 1) % spec.zones.length]!,
        capacity: { ...spec.capacity[role], ...spec.capacity.hosts[name] },
        podCidr: nodeCidr(spec.cidrs.pods, spec.cidrs.nodeMask, index++),
      });
    }
  };
  add('controlPlane', spec.controlPlanes, 'cp', 10);
  add('worker', spec.workers, 'node', 20);
  return hosts;
}

/** `host:port` under which the API is reached from everywhere. */
export function controlPlaneEndpoint(spec: ClusterSpec): string {
  return `${spec.controlPlanes > 1 ? BALANCER_IP : hostIp(11)}:${API_PORT}`;
}

/** The n-th address of the service network: 1 is `kubernetes`, 10 is `kube-dns`. */
export function serviceIp(spec: ClusterSpec, n: number): string {
  return ipText(ipNumber(spec.cidrs.services.split('/')[0]!) + n);
}

/** The `index`-th slice of the pod network, in the order in which the controller manager hands them out. */
export function nodeCidr(pods: string, mask: number, index: number): string {
  return `${ipText(ipNumber(pods.split('/')[0]!) + index * 2 ** (32 - mask))}/${mask}`;
}

export type SpecResult =
  | { readonly ok: true; readonly spec: ClusterSpec }
  | { readonly ok: false; readonly errors: readonly string[] };

/** A cluster from its name or from the text of a YAML file; what the file leaves out is as in `small`. */
export function parseClusterSpec(text: string): SpecResult {
  if (Object.hasOwn(NAMED_CLUSTERS, text.trim()))
    return { ok: true, spec: NAMED_CLUSTERS[text.trim() as keyof typeof NAMED_CLUSTERS] };
  if (text.length > 100_000) return { ok: false, errors: ['the file is larger than 100 kB'] };
  let document: unknown;
  try {
    document = load(text, { maxDepth: 20 });
  } catch (problem) {
    return {
      ok: false,
      errors: [`not YAML: ${problem instanceof Error ? problem.message.split('\n')[0] : String(problem)}`],
    };
  }
  const errors: string[] = [];
  const spec = readSpec(document, errors);
  return errors.length > 0 ? { ok: false, errors } : { ok: true, spec };
}

type Fields = Record<string, unknown>;

function readSpec(document: unknown, errors: string[]): ClusterSpec {
  const root = fields(document, 'the file', errors, [
    'name',
    'controlPlanes',
    'workers',
    'capacity',
    'zones',
    'cidrs',
    'domain',
    'latencies',
    'flags',
    'addons',
  ]);
  const capacity = fields(root['capacity'], 'capacity', errors, ['controlPlane', 'worker', 'hosts']);
  const cidrs = fields(root['cidrs'], 'cidrs', errors, ['pods', 'services', 'nodeMask']);
  const latencies = fields(root['latencies'], 'latencies', errors, [
    'networkUs',
    'jitterUs',
    'fsyncUs',
    'registryMegabytesPerSecond',
  ]);
  const controlPlane = { ...CONTROL_PLANE, ...readCapacity(capacity['controlPlane'], 'capacity.controlPlane', errors) };
  const worker = { ...WORKER, ...readCapacity(capacity['worker'], 'capacity.worker', errors) };
  const hosts: Record<string, Partial<HostCapacity>> = {};
  for (const [name, value] of Object.entries(fields(capacity['hosts'], 'capacity.hosts', errors)))
    hosts[name] = readCapacity(value, `capacity.hosts.${name}`, errors);
  const whole = (from: Fields, name: string, where: string, low: number, high: number, fallback: number) =>
    wholeNumber(from[name], where + name, low, high, fallback, errors);
  const defaults = SMALL.latencies;
  const spec: ClusterSpec = {
    name: nameOf(root['name'], errors),
    controlPlanes: whole(root, 'controlPlanes', '', 1, 5, SMALL.controlPlanes),
    workers: whole(root, 'workers', '', 0, 5_000, SMALL.workers),
    capacity: { controlPlane, worker, hosts },
    zones: readZones(root['zones'], errors),
    cidrs: {
      pods: readCidr(cidrs['pods'], 'cidrs.pods', SMALL.cidrs.pods, errors),
      services: readCidr(cidrs['services'], 'cidrs.services', SMALL.cidrs.services, errors),
      nodeMask: whole(cidrs, 'nodeMask', 'cidrs.', 16, 29, SMALL.cidrs.nodeMask),
    },
    domain: typeof root['domain'] === 'string' ? root['domain'] : SMALL.domain,
    latencies: {
      networkUs: whole(latencies, 'networkUs', 'latencies.', 10, 1_000_000, defaults.networkUs),
      jitterUs: whole(latencies, 'jitterUs', 'latencies.', 0, 1_000_000, defaults.jitterUs),
      fsyncUs: whole(latencies, 'fsyncUs', 'latencies.', 10, 10_000_000, defaults.fsyncUs),
      registryMegabytesPerSecond: whole(
        latencies,
        'registryMegabytesPerSecond',
        'latencies.',
        1,
        10_000,
        defaults.registryMegabytesPerSecond,
      ),
    },
    flags: readFlags(root['flags'], errors),
    addons: readAddons(root['addons'], errors),
  };
  if (errors.length === 0) checkTogether(spec, errors);
  return spec;
}

function checkTogether(spec: ClusterSpec, errors: string[]): void {
  const prefix = Number(spec.cidrs.pods.split('/')[1]);
  const room = spec.cidrs.nodeMask < prefix ? 0 : 2 ** (spec.cidrs.nodeMask - prefix);
  const nodes = spec.controlPlanes + spec.workers;
  if (room < nodes)
    errors.push(
      `cidrs.pods: ${spec.cidrs.pods} has room for ${room} nodes of /${spec.cidrs.nodeMask}, not for ${nodes}`,
    );
  const names = new Set(hostsOf(spec).map((host) => host.name));
  for (const name of Object.keys(spec.capacity.hosts))
    if (!names.has(name)) errors.push(`capacity.hosts.${name}: there is no such host (cp-1…, node-1…)`);
}

function readCapacity(value: unknown, where: string, errors: string[]): Partial<HostCapacity> {
  const given = fields(value, where, errors, ['cpu', 'memory', 'disk', 'pods']);
  const result: { cpu?: string; memory?: string; disk?: string; pods?: number } = {};
  for (const name of ['cpu', 'memory', 'disk'] as const) {
    if (given[name] === undefined) continue;
    const text = String(given[name]);
    const parsed = parseQuantity(text);
    const positive = parsed.ok && (name === 'cpu' ? quantityMilliValue(text) : quantityValue(text)) > 0;
    if (positive) result[name] = text;
    else
      errors.push(`${where}.${name}: ${JSON.stringify(given[name])} is not a positive quantity such as "4" or "8Gi"`);
  }
  if (given['pods'] !== undefined) result.pods = wholeNumber(given['pods'], `${where}.pods`, 1, 1_000, 110, errors);
  return result;
}

function readFlags(value: unknown, errors: string[]): ClusterSpec['flags'] {
  const result: Partial<Record<FlaggedComponent, Record<string, string>>> = {};
  const given = fields(value, 'flags', errors, FLAGGED_COMPONENTS);
  for (const component of FLAGGED_COMPONENTS) {
    if (given[component] === undefined) continue;
    const flags: Record<string, string> = {};
    for (const [name, flag] of Object.entries(fields(given[component], `flags.${component}`, errors))) {
      if (typeof flag === 'object' && flag !== null) errors.push(`flags.${component}.${name}: must be one value`);
      else flags[name.replace(/^--/, '')] = String(flag ?? '');
    }
    result[component] = flags;
  }
  return result;
}

function readAddons(value: unknown, errors: string[]): ClusterSpec['addons'] {
  const given = fields(value, 'addons', errors, ['coredns', 'kubeProxy']);
  const dns = given['coredns'];
  if (given['kubeProxy'] !== undefined && typeof given['kubeProxy'] !== 'boolean')
    errors.push('addons.kubeProxy: must be true or false');
  const replicas = fields(typeof dns === 'boolean' ? undefined : dns, 'addons.coredns', errors, ['replicas'])[
    'replicas'
  ];
  return {
    coredns: dns === false ? false : { replicas: wholeNumber(replicas, 'addons.coredns.replicas', 0, 100, 2, errors) },
    kubeProxy: given['kubeProxy'] !== false,
  };
}

function readZones(value: unknown, errors: string[]): readonly string[] {
  if (value === undefined) return [];
  if (
    Array.isArray(value) &&
    value.every((zone) => typeof zone === 'string' && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(zone))
  )
    return value;
  errors.push('zones: must be a list of names such as [a, b, c]');
  return [];
}

function readCidr(value: unknown, where: string, fallback: string, errors: string[]): string {
  if (value === undefined) return fallback;
  const prefix = typeof value === 'string' ? Number(value.split('/')[1]) : Number.NaN;
  if (
    typeof value === 'string' &&
    parseCidr(value) !== undefined &&
    value.includes('.') &&
    prefix >= 8 &&
    prefix <= 24
  ) {
    const size = 2 ** (32 - prefix);
    return `${ipText(Math.floor(ipNumber(value.split('/')[0]!) / size) * size)}/${prefix}`;
  }
  errors.push(`${where}: ${JSON.stringify(value)} is not an IPv4 network from /8 to /24 such as "10.244.0.0/16"`);
  return fallback;
}

function nameOf(value: unknown, errors: string[]): string {
  if (value === undefined) return 'kubernetes';
  if (typeof value === 'string' && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(value)) return value;
  errors.push('name: must be lower-case letters, digits and dashes');
  return 'kubernetes';
}

function wholeNumber(
  value: unknown,
  where: string,
  low: number,
  high: number,
  fallback: number,
  errors: string[],
): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high) return value;
  errors.push(`${where}: must be a whole number from ${low} to ${high}, not ${JSON.stringify(value)}`);
  return fallback;
}

function fields(value: unknown, where: string, errors: string[], known?: readonly string[]): Fields {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    errors.push(`${where}: must be a mapping of names to values`);
    return {};
  }
  const prefix = where === 'the file' ? '' : `${where}.`;
  for (const name of Object.keys(value))
    if (known !== undefined && !known.includes(name))
      errors.push(`${prefix}${name}: unknown; known are ${known.join(', ')}`);
  return value as Fields;
}

/** 192.168.56.n, going on in 192.168.57.1… past .254. */
function hostIp(n: number): string {
  if (n <= 254) return `192.168.56.${n}`;
  const past = n - 255;
  return `192.168.${57 + Math.floor(past / 254)}.${1 + (past % 254)}`;
}

function ipNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function ipText(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
