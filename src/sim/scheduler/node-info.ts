/**
 * A node as the scheduler remembers it: the object, and what the pods on it take, kept up to date pod by pod.
 * @source pkg/scheduler/framework/types.go NodeInfo, PodInfo
 */
import type { Container, ContainerPort, Node, Pod } from '../api/types.ts';
import { type AffinityTerm, affinityTerms, type WeightedAffinityTerm } from './affinity-terms.ts';
import { amounts, emptyResource, podResource, type Resource, toResource } from './resources.ts';

export interface PodInfo {
  /** The uid, or `namespace/name` where there is none. */
  readonly key: string;
  /** `namespace/name` */
  readonly name: string;
  readonly pod: Pod;
  readonly namespace: string;
  readonly priority: number;
  readonly request: Resource;
  readonly nonZeroMilliCpu: number;
  readonly nonZeroMemory: number;
  readonly requiredAffinity: readonly AffinityTerm[];
  readonly requiredAntiAffinity: readonly AffinityTerm[];
  readonly preferredAffinity: readonly WeightedAffinityTerm[];
  readonly preferredAntiAffinity: readonly WeightedAffinityTerm[];
  readonly hostPorts: readonly ContainerPort[];
  /** Pods with the same family cannot be told apart by labels, namespace or affinity. */
  readonly family: string;
  /** Why the affinity terms cannot be understood. */
  readonly parseError: string | undefined;
}

export interface NodeInfo {
  readonly name: string;
  node: Node;
  allocatable: Resource;
  requested: Resource;
  /** With defaults for pods that ask for nothing. */
  nonZeroMilliCpu: number;
  nonZeroMemory: number;
  readonly pods: Map<string, PodInfo>;
  /** Host IP → `TCP/80`. */
  readonly usedPorts: Map<string, Set<string>>;
  /** `namespace/claim` → how many volumes of pods here use it. */
  readonly claims: Map<string, number>;
}

export function newPodInfo(pod: Pod): PodInfo {
  const namespace = pod.metadata.namespace ?? '';
  const affinity = pod.spec.affinity;
  const errors: string[] = [];
  const parse = <T>(
    label: string,
    terms: readonly T[] | null | undefined,
    read: (terms: readonly T[]) => AffinityTerm[] | string,
  ) => {
    if (!terms) return [];
    const parsed = read(terms);
    if (typeof parsed !== 'string') return parsed;
    errors.push(`${label}: ${parsed}`);
    return [];
  };
  const required = (terms: Parameters<typeof affinityTerms>[1]) => affinityTerms(namespace, terms);
  const requiredAffinity = parse(
    'requiredAffinityTerms',
    affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution,
    required,
  );
  const requiredAntiAffinity = parse(
    'requiredAntiAffinityTerms',
    affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution,
    required,
  );
  const weighted = (
    label: string,
    terms:
      | readonly { weight: number; podAffinityTerm: Parameters<typeof affinityTerms>[1][number] }[]
      | null
      | undefined,
  ) => {
    const parsed = parse(
      label,
      terms?.map((each) => each.podAffinityTerm),
      required,
    );
    return parsed.map((term, i) => ({ term, weight: terms?.[i]?.weight ?? 0 }));
  };
  const resource = podResource(pod);
  return Object.freeze({
    key: podKey(pod),
    name: `${namespace}/${pod.metadata.name}`,
    pod,
    namespace,
    priority: pod.spec.priority ?? 0,
    request: resource.request,
    nonZeroMilliCpu: resource.nonZeroMilliCpu,
    nonZeroMemory: resource.nonZeroMemory,
    requiredAffinity,
    requiredAntiAffinity,
    preferredAffinity: weighted(
      'preferredAffinityTerms',
      affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution,
    ),
    preferredAntiAffinity: weighted(
      'preferredAntiAffinityTerms',
      affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution,
    ),
    hostPorts: hostPorts(pod),
    family: familyOf(pod),
    parseError: errors.length === 0 ? undefined : errors.length === 1 ? errors[0] : `[${errors.join(', ')}]`,
  });
}

export function podKey(pod: Pod): string {
  return pod.metadata.uid ?? `${pod.metadata.namespace ?? ''}/${pod.metadata.name}`;
}

export function newNodeInfo(node: Node): NodeInfo {
  return {
    name: node.metadata.name,
    node,
    allocatable: toResource(amounts(node.status?.allocatable)),
    requested: emptyResource(),
    nonZeroMilliCpu: 0,
    nonZeroMemory: 0,
    pods: new Map(),
    usedPorts: new Map(),
    claims: new Map(),
  };
}

/** The node object has changed; its pods stay. */
export function setNode(info: NodeInfo, node: Node): void {
  if (node.status?.allocatable !== info.node.status?.allocatable) {
    info.allocatable = toResource(amounts(node.status?.allocatable));
  }
  info.node = node;
}

export function addPodToNode(info: NodeInfo, pod: PodInfo): void {
  info.pods.set(pod.key, pod);
  count(info, pod, 1);
  for (const port of pod.hostPorts) {
    const ip = port.hostIP || ANY_IP;
    const used = info.usedPorts.get(ip) ?? new Set<string>();
    used.add(protocolPort(port));
    info.usedPorts.set(ip, used);
  }
  for (const claim of claimKeys(pod)) info.claims.set(claim, (info.claims.get(claim) ?? 0) + 1);
}

/** False when the pod is not there. */
export function removePodFromNode(info: NodeInfo, key: string): boolean {
  const pod = info.pods.get(key);
  if (pod === undefined) return false;
  info.pods.delete(key);
  count(info, pod, -1);
  for (const port of pod.hostPorts) {
    const ip = port.hostIP || ANY_IP;
    const used = info.usedPorts.get(ip);
    used?.delete(protocolPort(port));
    if (used?.size === 0) info.usedPorts.delete(ip);
  }
  for (const claim of claimKeys(pod)) {
    const left = (info.claims.get(claim) ?? 0) - 1;
    if (left > 0) info.claims.set(claim, left);
    else info.claims.delete(claim);
  }
  return true;
}

/** A copy for thought experiments; pods and the node object are shared. */
export function cloneNodeInfo(info: NodeInfo): NodeInfo {
  const usedPorts = new Map<string, Set<string>>();
  for (const [ip, ports] of info.usedPorts) usedPorts.set(ip, new Set(ports));
  return {
    ...info,
    requested: { ...info.requested, scalars: new Map(info.requested.scalars) },
    pods: new Map(info.pods),
    usedPorts,
    claims: new Map(info.claims),
  };
}

const ANY_IP = '0.0.0.0';

/** Whether a wanted host port is taken: `0.0.0.0` collides with every address. */
export function isPortTaken(info: NodeInfo, port: ContainerPort): boolean {
  const wanted = protocolPort(port);
  const ip = port.hostIP || ANY_IP;
  if (ip !== ANY_IP) return (info.usedPorts.get(ANY_IP)?.has(wanted) || info.usedPorts.get(ip)?.has(wanted)) ?? false;
  for (const ports of info.usedPorts.values()) if (ports.has(wanted)) return true;
  return false;
}

/** Ports that containers and sidecars want on the node itself. */
export function hostPorts(pod: Pod): ContainerPort[] {
  const ports: ContainerPort[] = [];
  const collect = (container: Container) => {
    for (const port of container.ports ?? []) if ((port.hostPort ?? 0) > 0) ports.push(port);
  };
  for (const container of pod.spec.initContainers ?? []) if (container.restartPolicy === 'Always') collect(container);
  for (const container of pod.spec.containers ?? []) collect(container);
  return ports;
}

function protocolPort(port: ContainerPort): string {
  return `${port.protocol || 'TCP'}/${port.hostPort}`;
}

function count(info: NodeInfo, pod: PodInfo, sign: 1 | -1): void {
  const { requested } = info;
  requested.milliCpu += sign * pod.request.milliCpu;
  requested.memory += sign * pod.request.memory;
  requested.ephemeralStorage += sign * pod.request.ephemeralStorage;
  for (const [name, amount] of pod.request.scalars) {
    requested.scalars.set(name, (requested.scalars.get(name) ?? 0) + sign * amount);
  }
  info.nonZeroMilliCpu += sign * pod.nonZeroMilliCpu;
  info.nonZeroMemory += sign * pod.nonZeroMemory;
}

function claimKeys(pod: PodInfo): string[] {
  const keys: string[] = [];
  for (const volume of pod.pod.spec.volumes ?? []) {
    if (volume.persistentVolumeClaim) keys.push(`${pod.namespace}/${volume.persistentVolumeClaim.claimName}`);
  }
  return keys;
}

function familyOf(pod: Pod): string {
  const labels = pod.metadata.labels ?? {};
  const parts = [pod.metadata.namespace ?? ''];
  for (const key of Object.keys(labels).sort()) parts.push(key, labels[key] ?? '');
  const affinity = pod.spec.affinity;
  if (affinity?.podAffinity || affinity?.podAntiAffinity) {
    parts.push(JSON.stringify([affinity.podAffinity ?? null, affinity.podAntiAffinity ?? null]));
  }
  return parts.join('\u0000');
}
