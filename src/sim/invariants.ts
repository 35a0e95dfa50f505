/**
 * What must always hold: after every step, or at any moment. Names as in the papers: R raft, E etcd, K Kubernetes; what must hold when
 * things are quiet is in quiet-laws.ts. Laws only look; what is asked after every step costs as much as has changed.
 */
import { podRequests } from './api/pod-resources.ts';
import { resourceBaseUnits } from './api/quantity.ts';
import type { KubeObject, Node, Pod, Service } from './api/types.ts';
import { checkNoTimeTravel, type SeenVersions } from './cache-law.ts';
import { checkEtcd, createEtcdLaws, type EtcdLaws, type EtcdMemberState } from './etcd/cluster-laws.ts';
import { logPosition, type Mvcc, previousValue } from './etcd/mvcc.ts';
import type { EtcdMemory } from './etcd/server-memory.ts';
import type { Kernel } from './kernel/kernel.ts';
import type { KernelState } from './kernel/state.ts';
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
  readonly versions: SeenVersions;
}

export function createLaws(): Laws {
  return { etcd: createEtcdLaws(), revision: 0, members: new Map(), lives: 0, versions: new Map() };
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
      // A second deletion may still choose that dependents go first, or stay.
      const added = (after.metadata.finalizers ?? []).filter(
        (finalizer) => !known.has(finalizer) && finalizer !== 'foregroundDeletion' && finalizer !== 'orphan',
      );
      if (added.length > 0)
        violations.push({ law: 'K9', detail: `${change.key} got a finalizer while it was being deleted` });
    }
    if ((after.metadata.generation ?? 0) < (before.metadata.generation ?? 0))
      violations.push({ law: 'K2', detail: `${change.key} went back to generation ${after.metadata.generation}` });
    if (change.key.startsWith('/registry/pods/')) checkPodChange(change.key, before as Pod, after as Pod, violations);
  }
  return violations;
}

/** K4: a pod is bound once. K17: a pod that has ended has ended, and containers do not forget that they were restarted. */
function checkPodChange(key: string, before: Pod, after: Pod, violations: Violation[]): void {
  const [old, now] = [before.spec.nodeName ?? '', after.spec.nodeName ?? ''];
  if (old !== '' && old !== now)
    violations.push({ law: 'K4', detail: `${key} moved from ${old} to ${now === '' ? 'nowhere' : now}` });
  const [oldPhase, phase] = [before.status?.phase, after.status?.phase];
  if ((oldPhase === 'Succeeded' || oldPhase === 'Failed') && phase !== oldPhase)
    violations.push({ law: 'K17', detail: `${key} was ${oldPhase} and is ${phase}` });
  // A mirror stays when its manifest goes and comes back while no API server answers: then they begin anew.
  if (after.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined) return;
  for (const { name, restartCount } of before.status?.containerStatuses ?? []) {
    const count = after.status?.containerStatuses?.find((status) => status.name === name)?.restartCount;
    if (count !== undefined && count < restartCount)
      violations.push({ law: 'K17', detail: `${key}: ${name} went from ${restartCount} restarts back to ${count}` });
  }
}

/** What is asked at moments of one's choosing, because it looks at everything. */
export function checkMoment(laws: Laws, state: KernelState): Violation[] {
  return [...checkUnique(state), ...checkCapacity(state), ...checkNoTimeTravel(laws.versions, state)];
}

/** K5: what the pods of a node ask for fits into it. Static pods are not asked whether they fit. */
function checkCapacity(state: KernelState): Violation[] {
  const used = new Map<string, Record<string, number>>();
  for (const pod of objectsOf(state, 'pods') as Pod[]) {
    const { nodeName } = pod.spec;
    const isMirror = pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
    if (nodeName === undefined || isMirror || isOver(pod)) continue;
    const amounts = used.get(nodeName) ?? { pods: 0 };
    used.set(nodeName, amounts);
    amounts['pods'] = (amounts['pods'] ?? 0) + 1;
    for (const [resource, amount] of Object.entries(podRequests(pod.spec)))
      amounts[resource] = (amounts[resource] ?? 0) + amount;
  }
  return (objectsOf(state, 'nodes') as Node[]).flatMap(({ metadata, status }) =>
    Object.entries(used.get(metadata.name) ?? {}).flatMap(([resource, amount]) => {
      const allocatable = status?.allocatable?.[resource];
      return allocatable === undefined || amount <= resourceBaseUnits(resource, allocatable)
        ? []
        : [{ law: 'K5', detail: `the pods of ${metadata.name} ask for ${amount} ${resource}, it has ${allocatable}` }];
    }),
  );
}

/** K6, at any moment: addresses and ports that two objects hold at once. */
export function checkUnique(state: KernelState): Violation[] {
  const violations: Violation[] = [];
  const pods = objectsOf(state, 'pods') as Pod[];
  const ips = new Map<string, string>();
  for (const pod of pods) {
    const ip = pod.status?.podIP ?? '';
    if (ip === '' || pod.spec.hostNetwork === true || isOver(pod)) continue;
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

export function isOver({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}
