/** What several controllers need to know about pods: active, ready, available; who controls them; which to delete first. */
import { parseTime } from '../api/time.ts';
import type { KubeObject, OwnerReference, Pod } from '../api/types.ts';

/** Neither finished nor on its way out. @source pkg/controller/controller_utils.go IsPodActive */
export function isActive(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return phase !== 'Succeeded' && phase !== 'Failed' && pod.metadata.deletionTimestamp === undefined;
}

export function isTerminating(pod: Pod): boolean {
  return (
    pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed'
  );
}

export function isReady(pod: Pod): boolean {
  return (
    pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true
  );
}

/** Since when a pod is ready, epoch ms; undefined when it is not. */
export function readySince(pod: Pod): number | undefined {
  const ready = pod.status?.conditions?.find((condition) => condition.type === 'Ready' && condition.status === 'True');
  return parseTime(ready?.lastTransitionTime);
}

/** Ready for at least minReadySeconds. */
export function isAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  const ready = pod.status?.conditions?.find((condition) => condition.type === 'Ready' && condition.status === 'True');
  if (ready === undefined) return false;
  if (minReadySeconds === 0) return true;
  const since = parseTime(ready.lastTransitionTime);
  return since !== undefined && since + minReadySeconds * 1_000 <= nowMs;
}

export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

export function ownerReference(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true };
}

/**
 * Orders pods by who is deleted first when there are too many. `siblings` are the pods that count as company on a node.
 * @source pkg/controller/controller_utils.go ActivePodsWithRanks
 */
export function byDeletionOrder(pods: readonly Pod[], siblings: readonly Pod[], nowMs: number): Pod[] {
  const onNode = new Map<string, number>();
  for (const pod of siblings) {
    const node = pod.spec.nodeName ?? '';
    onNode.set(node, (onNode.get(node) ?? 0) + 1);
  }
  const rows = pods.map((pod) => rankOf(pod, onNode, nowMs));
  rows.sort(compareRanks);
  return rows.map((row) => row.pod);
}

const PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

interface Rank {
  readonly pod: Pod;
  readonly assigned: number;
  readonly phase: number;
  readonly ready: number;
  readonly cost: number;
  readonly siblings: number;
  readonly readySince: number;
  readonly restarts: number;
  readonly created: number;
  readonly nowMs: number;
}

function rankOf(pod: Pod, onNode: ReadonlyMap<string, number>, nowMs: number): Rank {
  const since = readySince(pod);
  const cost = Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0);
  return {
    pod,
    assigned: (pod.spec.nodeName ?? '') === '' ? 0 : 1,
    phase: PHASE_ORDER[pod.status?.phase ?? 'Pending'] ?? 0,
    ready: since === undefined ? 0 : 1,
    cost: Number.isInteger(cost) ? cost : 0,
    siblings: onNode.get(pod.spec.nodeName ?? '') ?? 0,
    readySince: since ?? 0,
    restarts: (pod.status?.containerStatuses ?? []).reduce((most, status) => Math.max(most, status.restartCount), 0),
    created: parseTime(pod.metadata.creationTimestamp) ?? 0,
    nowMs,
  };
}

function compareRanks(a: Rank, b: Rank): number {
  return (
    a.assigned - b.assigned ||
    a.phase - b.phase ||
    a.ready - b.ready ||
    a.cost - b.cost ||
    b.siblings - a.siblings ||
    compareAges(a, b, a.readySince, b.readySince) ||
    b.restarts - a.restarts ||
    compareAges(a, b, a.created, b.created)
  );
}

/** Younger first, but ages count by their order of magnitude only; within one it is chance: the UID. */
function compareAges(a: Rank, b: Rank, from: number, to: number): number {
  if (from === to) return 0;
  const difference = magnitude(a.nowMs - from) - magnitude(b.nowMs - to);
  if (difference !== 0) return difference;
  return (a.pod.metadata.uid ?? '') < (b.pod.metadata.uid ?? '') ? -1 : 1;
}

function magnitude(ageMs: number): number {
  return ageMs > 0 ? Math.floor(Math.log2(ageMs * 1_000_000)) : -1;
}

/** A Pod as a controller makes it from a template. `name` absent: the API server generates one from the owner's name. */
export function podFromTemplate(
  template: { readonly metadata?: Partial<KubeObject['metadata']> | undefined; readonly spec: Pod['spec'] },
  owner: KubeObject,
  name?: string,
  prefix = `${owner.metadata.name}-`,
): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...(name === undefined ? { generateName: prefix } : { name }),
      namespace: owner.metadata.namespace,
      ...(template.metadata?.labels === undefined ? {} : { labels: template.metadata.labels }),
      ...(template.metadata?.annotations === undefined ? {} : { annotations: template.metadata.annotations }),
      ...(template.metadata?.finalizers === undefined ? {} : { finalizers: template.metadata.finalizers }),
      ownerReferences: [ownerReference(owner)],
    },
    spec: template.spec,
  };
}
