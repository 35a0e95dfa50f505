/**
 * What must hold once nothing is broken and nothing moves any more (Q). K3 … K16 as they are numbered in the project's list of laws, L for
 * liveness: what ought to have happened has happened. Slow: these look at everything.
 */
import { podRequests } from './api/pod-resources.ts';
import { resourceBaseUnits } from './api/quantity.ts';
import { matchesSelector, selectorOfMap } from './api/selector.ts';
import type { EndpointSlice, KubeObject, Node, Pod, ReplicaSet, Service } from './api/types.ts';
import { checkCaches } from './cache-law.ts';
import { isOver, type Violation } from './invariants.ts';
import type { Kernel } from './kernel/kernel.ts';
import type { KernelState } from './kernel/state.ts';
import { checkNetfilter } from './netfilter-law.ts';
import { objectsOf } from './observe.ts';
import { CONTAINERD_DISK, type ContainerdDisk } from './runtime/containerd-state.ts';
import { firstUntoleratedTaint } from './scheduler/tolerations.ts';

export function checkQuiet({ state }: Kernel): Violation[] {
  const pods = objectsOf(state, 'pods') as Pod[];
  const nodes = objectsOf(state, 'nodes') as Node[];
  return [
    ...checkNodes(nodes),
    ...checkPods(pods, nodes),
    ...checkStaticPods(state, pods),
    ...checkSandboxes(state, pods),
    ...checkLeaders(state),
    ...checkCaches(state),
    ...checkReplicas(state, pods),
    ...checkEndpoints(state, pods),
    ...checkOwners(state),
    ...checkNetfilter(state),
  ];
}

/** L1: every node is Ready, and no taint says otherwise. */
function checkNodes(nodes: readonly Node[]): Violation[] {
  return nodes.flatMap((node) => {
    const { name } = node.metadata;
    if (!isTrue(node, 'Ready')) return [{ law: 'L1', detail: `node ${name} is not Ready` }];
    const taint = node.spec?.taints?.find(({ key }) => UNWELL.has(key));
    return taint === undefined ? [] : [{ law: 'L1', detail: `node ${name} is Ready and has the taint ${taint.key}` }];
  });
}

const UNWELL: ReadonlySet<string> = new Set(
  ['not-ready', 'unreachable', 'disk-pressure', 'memory-pressure', 'pid-pressure', 'network-unavailable'].map(
    (name) => `node.kubernetes.io/${name}`,
  ),
);

/** L2: bound pods run and are Ready (those apart whose image does not exist), deleted ones are gone; what fits somewhere is bound. */
function checkPods(pods: readonly Pod[], nodes: readonly Node[]): Violation[] {
  return pods.flatMap((pod) => {
    const { namespace, name, deletionTimestamp } = pod.metadata;
    const wrong = (what: string) => [{ law: 'L2', detail: `pod ${namespace}/${name} ${what}` }];
    if (deletionTimestamp !== undefined) return wrong('is still being deleted');
    if (isOver(pod)) return [];
    if (pod.spec.nodeName === undefined || pod.spec.nodeName === '') {
      const node = nodes.find((candidate) => fits(pod, candidate, pods));
      return node === undefined ? [] : wrong(`is not bound although it fits on ${node.metadata.name}`);
    }
    if (!nodes.some(({ metadata }) => metadata.name === pod.spec.nodeName)) return wrong('is bound to no node');
    if (isTrue(pod, 'Ready')) return [];
    const waits = (pod.status?.containerStatuses ?? []).map(({ ready, state }) =>
      ready === true ? '' : (state?.waiting?.reason ?? Object.keys(state ?? {})[0] ?? 'nothing'),
    );
    if (waits.some((reason) => reason === 'ImagePullBackOff' || reason === 'ErrImagePull')) return [];
    return wrong(`on ${pod.spec.nodeName} is ${pod.status?.phase} and not Ready (${waits.join(' ')})`);
  });
}

/** Whether the simplest of the scheduler's filters let a pod onto a node; pods with wishes of their own are passed over. */
function fits(pod: Pod, { metadata, spec, status }: Node, pods: readonly Pod[]): boolean {
  if (pod.spec['affinity'] !== undefined || pod.spec.nodeSelector !== undefined) return false;
  if (spec?.unschedulable === true) return false;
  if (firstUntoleratedTaint({ metadata, spec } as Node, pod.spec.tolerations, false) !== undefined) return false;
  const there = pods.filter((other) => other.spec.nodeName === metadata.name && !isOver(other));
  if (there.length >= Number(status?.allocatable?.['pods'] ?? 110)) return false;
  return Object.entries(podRequests(pod.spec)).every(([resource, amount]) => {
    const used = there.reduce((sum, other) => sum + (podRequests(other.spec)[resource] ?? 0), 0);
    return used + amount <= resourceBaseUnits(resource, status?.allocatable?.[resource] ?? '0');
  });
}

/** L3: each manifest of a machine has its pod in the API. */
function checkStaticPods(state: KernelState, pods: readonly Pod[]): Violation[] {
  const violations: Violation[] = [];
  for (const { name: host, files } of state.hosts.values()) {
    for (const path of files.keys()) {
      const manifest = /^\/etc\/kubernetes\/manifests\/([^/]+)\.yaml$/.exec(path)?.[1];
      if (manifest === undefined || pods.some(({ metadata }) => metadata.name === `${manifest}-${host}`)) continue;
      violations.push({ law: 'L3', detail: `there is no pod ${manifest}-${host} although ${path} is there` });
    }
  }
  return violations;
}

/** L4: on each machine run the sandboxes and containers of its pods and no others, and a pod's address is that of its sandbox. */
function checkSandboxes(state: KernelState, pods: readonly Pod[]): Violation[] {
  const violations: Violation[] = [];
  const known = new Map<string, Pod>();
  for (const pod of pods) {
    const { uid, annotations } = pod.metadata;
    known.set(annotations?.['kubernetes.io/config.mirror'] ?? uid ?? '', pod);
  }
  const running = new Set<string>();
  for (const { name: host, disks } of state.hosts.values()) {
    const disk = disks.get(CONTAINERD_DISK) as ContainerdDisk | undefined;
    for (const container of disk?.containers.values() ?? [])
      if (container.state === 'CONTAINER_RUNNING') running.add(container.process);
    for (const { ready, config, ip } of disk?.sandboxes.values() ?? []) {
      if (!ready) continue;
      const pod = known.get(config.uid);
      if (pod?.spec.nodeName !== host)
        violations.push({ law: 'L4', detail: `${host} still runs a sandbox of ${config.namespace}/${config.name}` });
      else if (pod.spec.hostNetwork !== true && !isOver(pod) && pod.status?.podIP !== ip)
        violations.push({ law: 'L4', detail: `pod ${config.name} says it has ${pod.status?.podIP}, and has ${ip}` });
    }
  }
  for (const { id, log } of state.processes.values())
    if (log.startsWith('/var/log/pods/') && !running.has(id))
      violations.push({ law: 'L4', detail: `${id} runs although its container has ended` });
  return violations;
}

/** L5: of each component that elects a leader, one leads. */
function checkLeaders(state: KernelState): Violation[] {
  const leaders = new Map<string, string[]>();
  for (const { id, memory } of state.processes.values()) {
    const { election } = memory as { election?: { name: string; leading: boolean } | undefined };
    if (election === undefined) continue;
    const known = leaders.get(election.name) ?? [];
    leaders.set(election.name, election.leading ? [...known, id] : known);
  }
  return [...leaders].flatMap(([name, ids]) =>
    ids.length === 1 ? [] : [{ law: 'L5', detail: `${ids.length === 0 ? 'nobody' : ids.join(', ')} leads ${name}` }],
  );
}

/** K13: active pods of a ReplicaSet = replicas; and every status tells what is. */
function checkReplicas(state: KernelState, pods: readonly Pod[]): Violation[] {
  const owned = new Map<string, Pod[]>();
  for (const pod of pods) {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true)?.uid;
    if (owner === undefined || pod.metadata.deletionTimestamp !== undefined || isOver(pod)) continue;
    owned.set(owner, [...(owned.get(owner) ?? []), pod]);
  }
  const violations: Violation[] = [];
  const sets = objectsOf(state, 'replicasets') as ReplicaSet[];
  for (const { metadata, spec, status } of sets) {
    const there = owned.get(metadata.uid ?? '') ?? [];
    const wanted = spec.replicas ?? 1;
    if (wanted !== there.length)
      violations.push({
        law: 'K13',
        detail: `ReplicaSet ${metadata.name} wants ${wanted} pods, there are ${there.length}`,
      });
    const ready = there.filter((pod) => isTrue(pod, 'Ready')).length;
    if ((status?.replicas ?? 0) !== there.length || (status?.readyReplicas ?? 0) !== ready)
      violations.push({
        law: 'K13',
        detail: `ReplicaSet ${metadata.name} says ${status?.replicas} pods, ${status?.readyReplicas} ready, where ${there.length} are, ${ready} ready`,
      });
  }
  for (const { metadata, status, kind } of [...objectsOf(state, 'deployments'), ...objectsOf(state, 'daemonsets')]) {
    const { observedGeneration, replicas, readyReplicas } = (status ?? {}) as Readonly<Record<string, number>>;
    if (observedGeneration !== metadata.generation)
      violations.push({ law: 'K13', detail: `nobody has looked at ${kind} ${metadata.name} as it is now` });
    if (kind !== 'Deployment') continue;
    const mine = sets.filter((set) => set.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid));
    const there = mine.flatMap((set) => owned.get(set.metadata.uid ?? '') ?? []);
    const ready = there.filter((pod) => isTrue(pod, 'Ready')).length;
    if ((replicas ?? 0) !== there.length || (readyReplicas ?? 0) !== ready)
      violations.push({
        law: 'K13',
        detail: `Deployment ${metadata.name} says ${replicas} pods, ${readyReplicas} ready, where ${there.length} are, ${ready} ready`,
      });
  }
  return violations;
}

/** K14: ready endpoints = selected ∧ Ready ∧ with an IP ∧ not terminating. */
function checkEndpoints(state: KernelState, pods: readonly Pod[]): Violation[] {
  const slices = objectsOf(state, 'endpointslices') as EndpointSlice[];
  return (objectsOf(state, 'services') as Service[]).flatMap((service) => {
    const { selector, type, publishNotReadyAddresses } = service.spec;
    const { name, namespace } = service.metadata;
    if (selector === undefined || type === 'ExternalName' || publishNotReadyAddresses === true) return [];
    const selected = selectorOfMap(selector);
    const wanted = pods
      .filter(
        (pod) =>
          pod.metadata.namespace === namespace &&
          pod.metadata.deletionTimestamp === undefined &&
          (pod.status?.podIP ?? '') !== '' &&
          !isOver(pod) &&
          matchesSelector(selected, pod.metadata.labels) &&
          isTrue(pod, 'Ready'),
      )
      .map((pod) => pod.status?.podIP ?? '');
    const there = slices
      .filter(
        ({ metadata }) => metadata.namespace === namespace && metadata.labels?.['kubernetes.io/service-name'] === name,
      )
      .flatMap(({ endpoints }) => (endpoints ?? []).filter(({ conditions }) => conditions?.ready === true))
      .map(({ addresses }) => addresses[0] ?? '');
    if (wanted.length === there.length && wanted.every((ip) => there.includes(ip))) return [];
    const detail = `Service ${namespace}/${name} should have endpoints ${wanted.sort().join(' ')}, has ${there.sort().join(' ')}`;
    return [{ law: 'K14', detail }];
  });
}

const OWNED_KINDS = [
  'pods',
  'replicasets',
  'deployments',
  'daemonsets',
  'jobs',
  'cronjobs',
  'statefulsets',
  'services',
  'endpointslices',
  'controllerrevisions',
  'nodes',
] as const;

/** K10: nothing whose owners are all gone; no namespace that never ends. */
function checkOwners(state: KernelState): Violation[] {
  const objects = OWNED_KINDS.flatMap((kind) => objectsOf(state, kind));
  const uids = new Set(objects.map(({ metadata }) => metadata.uid));
  const violations = objects.flatMap(({ kind, metadata }) => {
    const owners = metadata.ownerReferences ?? [];
    if (owners.length === 0 || owners.some(({ uid }) => uids.has(uid))) return [];
    return [{ law: 'K10', detail: `${kind} ${metadata.name} has lost all its owners` }];
  });
  for (const { kind, metadata } of [...objects, ...objectsOf(state, 'namespaces')])
    if (kind !== 'Pod' && metadata.deletionTimestamp !== undefined)
      violations.push({ law: 'K10', detail: `${kind} ${metadata.name} is still being deleted` });
  return violations;
}

function isTrue(object: KubeObject, condition: string): boolean {
  const { conditions } = (object['status'] ?? {}) as { conditions?: readonly { type: string; status: string }[] };
  return conditions?.some(({ type, status }) => type === condition && status === 'True') === true;
}
