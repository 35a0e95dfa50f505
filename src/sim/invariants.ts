/**
 * What must always hold (S: after every step) and what must hold when things are quiet (Q). Names as in the papers: R raft, K Kubernetes.
 * Laws only look; their own memory grows with what changed, never with the size of the cluster.
 */
import { kindOf, storageKey } from './api/kinds.ts';
import type { EndpointSlice, KubeObject, Pod, ReplicaSet, Service } from './api/types.ts';
import type { Informer } from './client/informer.ts';
import { checkEtcd, createEtcdLaws, type EtcdLaws, type EtcdMemberState } from './etcd/cluster-laws.ts';
import { currentValue, logPosition, type Mvcc, previousValue } from './etcd/mvcc.ts';
import type { EtcdMemory } from './etcd/server-memory.ts';
import type { Kernel } from './kernel/kernel.ts';
import type { KernelState } from './kernel/state.ts';
import { checkNetfilter } from './netfilter-law.ts';
import { etcdDiskOf, objectsOf, truth } from './observe.ts';

export interface Violation {
  readonly law: string;
  readonly detail: string;
}

export interface Laws {
  readonly etcd: EtcdLaws;
  /** Changes of the store up to this revision have been looked at. */
  revision: number;
  /** The process of etcd by host, and the life up to which they were looked for. */
  readonly members: Map<string, string>;
  lives: number;
}

export function createLaws(): Laws {
  return { etcd: createEtcdLaws(), revision: 0, members: new Map(), lives: 0 };
}

/** Raft is looked at after each row of a member; the store's changes as they come. */
export function checkStep(laws: Laws, kernel: Kernel): Violation[] {
  const violations = checkMembers(laws, kernel.state);
  const store = truth(kernel.state);
  if (store !== undefined && store.revision > laws.revision) {
    violations.push(...checkChanges(store, laws.revision));
    laws.revision = store.revision;
  }
  return violations;
}

function checkMembers(laws: Laws, state: KernelState): Violation[] {
  findMembers(laws, state);
  const views: EtcdMemberState[] = [];
  for (const host of state.hosts.values()) {
    const disk = etcdDiskOf(host);
    if (disk === undefined || !disk.initialized) continue;
    const process = state.processes.get(laws.members.get(host.name) ?? '');
    views.push({ disk, memory: process?.memory as EtcdMemory | undefined, life: process?.life ?? 0 });
  }
  return checkEtcd(laws.etcd, views).map((text) => ({ law: text.slice(0, text.indexOf(':')), detail: text }));
}

function findMembers(laws: Laws, state: KernelState): void {
  if (laws.lives === state.nextLife) return;
  for (const { host, id, program } of state.processes.values()) if (program === 'etcd') laws.members.set(host, id);
  laws.lives = state.nextLife;
}

/** K4, K9: what a change of an object may not do to what it was. */
function checkChanges(store: Mvcc, since: number): Violation[] {
  const violations: Violation[] = [];
  for (let i = logPosition(store, since + 1); i < store.log.length; i++) {
    const change = store.log[i]!;
    const before = previousValue(store, change)?.value as unknown as KubeObject | undefined;
    const after = change.version > 0 ? (change.value as unknown as KubeObject) : undefined;
    if (typeof before !== 'object' || before === null || before.metadata === undefined) continue;
    if (after === undefined) {
      // The write that takes the last finalizer away removes the object itself: only one that was marked may go so.
      const { finalizers = [], deletionTimestamp } = before.metadata;
      if (finalizers.length > 0 && deletionTimestamp === undefined)
        violations.push({ law: 'K9', detail: `${change.key} went at once although it had finalizers` });
      continue;
    }
    if (after.metadata?.uid !== before.metadata.uid) continue;
    if (before.metadata.deletionTimestamp !== undefined) {
      if (after.metadata.deletionTimestamp === undefined)
        violations.push({ law: 'K9', detail: `${change.key} was undeleted` });
      const known = new Set(before.metadata.finalizers ?? []);
      const added = (after.metadata.finalizers ?? []).filter((finalizer) => !known.has(finalizer));
      if (added.length > 0)
        violations.push({ law: 'K9', detail: `${change.key} got a finalizer while it was being deleted` });
    }
    if (change.key.startsWith('/registry/pods/')) {
      const [old, now] = [(before as Pod).spec.nodeName ?? '', (after as Pod).spec.nodeName ?? ''];
      if (old !== '' && old !== now)
        violations.push({ law: 'K4', detail: `${change.key} moved from ${old} to ${now === '' ? 'nowhere' : now}` });
    }
  }
  return violations;
}

/** K6, at any moment: addresses and ports that two objects hold at once. */
export function checkUnique(state: KernelState): Violation[] {
  const violations: Violation[] = [];
  const pods = objectsOf(state, 'pods') as Pod[];
  const ips = new Map<string, string>();
  for (const pod of pods) {
    const ip = pod.status?.podIP ?? '';
    const phase = pod.status?.phase;
    if (ip === '' || pod.spec.hostNetwork === true || phase === 'Succeeded' || phase === 'Failed') continue;
    const other = ips.get(ip);
    const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
    if (other !== undefined) violations.push({ law: 'K6', detail: `${name} and ${other} both have IP ${ip}` });
    ips.set(ip, name);
  }
  const taken = new Map<string, string>();
  for (const service of objectsOf(state, 'services') as Service[]) {
    const name = `${service.metadata.namespace}/${service.metadata.name}`;
    const claims = (service.spec.ports ?? []).flatMap(({ nodePort, protocol }) =>
      nodePort === undefined || nodePort === 0 ? [] : [`node port ${nodePort}/${protocol ?? 'TCP'}`],
    );
    const { clusterIP } = service.spec;
    if (clusterIP !== undefined && clusterIP !== '' && clusterIP !== 'None') claims.push(`cluster IP ${clusterIP}`);
    for (const claim of claims) {
      const other = taken.get(claim);
      if (other !== undefined) violations.push({ law: 'K6', detail: `${name} and ${other} both have ${claim}` });
      taken.set(claim, name);
    }
  }
  return violations;
}

/** Everything that must hold once nothing is broken and nothing moves any more. */
export function checkQuiet(kernel: Kernel): Violation[] {
  const { state } = kernel;
  const pods = objectsOf(state, 'pods') as Pod[];
  return [
    ...checkUnique(state),
    ...checkCaches(state),
    ...checkReplicas(state, pods),
    ...checkEndpoints(state, pods),
    ...checkOwners(state),
    ...checkNetfilter(state),
  ];
}

/** K3: every informer's cache is what the store says of the objects it watches. */
function checkCaches(state: KernelState): Violation[] {
  const store = truth(state);
  const violations: Violation[] = [];
  if (store === undefined) return violations;
  for (const process of state.processes.values()) {
    const memory = process.memory as { caches?: Record<string, Informer> } | undefined;
    const caches = memory?.caches;
    if (caches === undefined || process.paused) continue;
    for (const [name, informer] of Object.entries(caches)) {
      if (!(informer?.objects instanceof Map) || informer.synced !== true) continue;
      for (const object of informer.objects.values()) {
        const stored = storedTwin(store, object);
        if (stored === undefined)
          violations.push({
            law: 'K3',
            detail: `${process.id} still sees ${name} ${object.metadata.name}, which is gone`,
          });
        else if (stored !== object.metadata.resourceVersion) {
          violations.push({
            law: 'K3',
            detail: `${process.id} sees ${name} ${object.metadata.name} at ${object.metadata.resourceVersion}, the store has ${stored}`,
          });
        }
      }
    }
  }
  return violations;
}

/** Revision of the stored object of this name and uid. */
function storedTwin(store: Mvcc, object: KubeObject): string | undefined {
  const kind = kindOf(object.apiVersion, object.kind);
  if (kind === undefined) return object.metadata.resourceVersion;
  const found = currentValue(store, storageKey(kind, object.metadata.namespace, object.metadata.name));
  const value = found?.value as unknown as KubeObject | undefined;
  if (found === undefined || value?.metadata?.uid !== object.metadata.uid) return undefined;
  return String(found.modRevision);
}

/** K13: active pods of a ReplicaSet = replicas. */
function checkReplicas(state: KernelState, pods: readonly Pod[]): Violation[] {
  const active = new Map<string, number>();
  for (const pod of pods) {
    const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
    const phase = pod.status?.phase;
    if (
      owner === undefined ||
      pod.metadata.deletionTimestamp !== undefined ||
      phase === 'Succeeded' ||
      phase === 'Failed'
    )
      continue;
    active.set(owner.uid, (active.get(owner.uid) ?? 0) + 1);
  }
  return (objectsOf(state, 'replicasets') as ReplicaSet[]).flatMap((set) => {
    const [wanted, there] = [set.spec.replicas ?? 1, active.get(set.metadata.uid ?? '') ?? 0];
    return wanted === there
      ? []
      : [{ law: 'K13', detail: `ReplicaSet ${set.metadata.name} wants ${wanted} pods, there are ${there}` }];
  });
}

/** K14: ready endpoints = selected ∧ Ready ∧ with an IP ∧ not terminating. */
function checkEndpoints(state: KernelState, pods: readonly Pod[]): Violation[] {
  const slices = objectsOf(state, 'endpointslices') as EndpointSlice[];
  return (objectsOf(state, 'services') as Service[]).flatMap((service) => {
    const { selector } = service.spec;
    const { name, namespace } = service.metadata;
    if (
      selector === undefined ||
      service.spec.type === 'ExternalName' ||
      service.spec.publishNotReadyAddresses === true
    )
      return [];
    const wanted = pods
      .filter(
        (pod) =>
          pod.metadata.namespace === namespace &&
          pod.metadata.deletionTimestamp === undefined &&
          (pod.status?.podIP ?? '') !== '' &&
          pod.status?.phase !== 'Succeeded' &&
          pod.status?.phase !== 'Failed' &&
          Object.entries(selector).every(([key, value]) => pod.metadata.labels?.[key] === value) &&
          pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true,
      )
      .map((pod) => pod.status?.podIP ?? '');
    const there = slices
      .filter(
        ({ metadata }) => metadata.namespace === namespace && metadata.labels?.['kubernetes.io/service-name'] === name,
      )
      .flatMap(({ endpoints }) =>
        (endpoints ?? [])
          .filter(({ conditions }) => conditions?.ready === true)
          .map(({ addresses }) => addresses[0] ?? ''),
      );
    const same = wanted.length === there.length && wanted.every((ip) => there.includes(ip));
    return same
      ? []
      : [
          {
            law: 'K14',
            detail: `Service ${namespace}/${name} should have endpoints ${wanted.sort().join(' ')}, has ${there.sort().join(' ')}`,
          },
        ];
  });
}

/** K10: nothing whose owners are all gone. */
function checkOwners(state: KernelState): Violation[] {
  const uids = new Set<string>();
  const owned: KubeObject[] = [];
  const kinds = [
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
  ];
  for (const kind of kinds) {
    for (const object of objectsOf(state, kind)) {
      uids.add(object.metadata.uid ?? '');
      if ((object.metadata.ownerReferences?.length ?? 0) > 0 && object.metadata.deletionTimestamp === undefined)
        owned.push(object);
    }
  }
  return owned
    .filter((object) => object.metadata.ownerReferences?.every(({ uid }) => !uids.has(uid)) === true)
    .map((object) => ({ law: 'K10', detail: `${object.kind} ${object.metadata.name} has lost all its owners` }));
}
