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
 * Orders pods by who is deleted first when there are too many.
 * @source pkg/controller/controller_utils.go ActivePodsWithRanks
 */
export function byDeletionOrder(pods: readonly Pod[], nowMs: number): Pod[] {
  const onNode = new Map<string, number>();
  for (const pod of pods) {
    const node = pod.spec.nodeName ?? '';
    onNode.set(node, (onNode.get(node) ?? 0) + 1);
  }
  const rows = pods.map((pod) => ({ pod, ...rankOf(pod, onNode, nowMs) }));
  rows.sort(
    (a, b) =>
      Number(a.assigned) - Number(b.assigned) ||
      a.phase - b.phase ||
      Number(a.ready) - Number(b.ready) ||
      a.cost - b.cost ||
      b.siblings - a.siblings ||
      a.readyFor - b.readyFor ||
      b.restarts - a.restarts ||
      b.created - a.created ||
      (a.pod.metadata.name < b.pod.metadata.name ? -1 : 1),
  );
  return rows.map((row) => row.pod);
}

const PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

function rankOf(pod: Pod, onNode: ReadonlyMap<string, number>, nowMs: number) {
  const ready = pod.status?.conditions?.find((condition) => condition.type === 'Ready' && condition.status === 'True');
  const readySince = parseTime(ready?.lastTransitionTime) ?? nowMs;
  const cost = Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0);
  return {
    assigned: (pod.spec.nodeName ?? '') !== '',
    phase: PHASE_ORDER[pod.status?.phase ?? 'Pending'] ?? 0,
    ready: ready !== undefined,
    cost: Number.isFinite(cost) ? cost : 0,
    siblings: onNode.get(pod.spec.nodeName ?? '') ?? 0,
    // Times of readiness count by their order of magnitude only.
    readyFor: ready === undefined ? 0 : Math.floor(Math.log2(Math.max(1, nowMs - readySince))),
    restarts: (pod.status?.containerStatuses ?? []).reduce((sum, status) => Math.max(sum, status.restartCount), 0),
    created: parseTime(pod.metadata.creationTimestamp) ?? 0,
  };
}

/** A Pod as a controller makes it from a template. `name` absent: the API server generates one from the owner's name. */
export function podFromTemplate(
  template: { readonly metadata?: Partial<KubeObject['metadata']> | undefined; readonly spec: Pod['spec'] },
  owner: KubeObject,
  name?: string,
): object {
  const prefix = `${owner.metadata.name}-`;
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
