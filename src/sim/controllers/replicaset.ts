/** ReplicaSet controller: as many active pods as `replicas`, never guessing while its cache is behind. Models pkg/controller/replicaset. */
import { semanticEqual } from '../api/equal.ts';
import { matchesSelector, selectorOf } from '../api/selector.ts';
import { parseTime } from '../api/time.ts';
import type { Pod, ReplicaSet } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import { keyOf } from '../client/informer.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import {
  byDeletionOrder,
  controllerOf,
  isActive,
  isAvailable,
  isReady,
  isTerminating,
  ownerReference,
  podFromTemplate,
} from './pods.ts';
import { collectionPath, objectPath } from './resources.ts';

const BURST = 500;

export const replicaSetController: Controller = {
  name: 'replicaset-controller',
  account: 'replicaset-controller',
  watches: ['replicasets', 'pods'],
  workers: 5,
  keysOf(resource, delta, view) {
    if (resource === 'replicasets') return [delta.key];
    return keysOfPod(delta.object as Pod, view);
  },
  reconcile,
};

function keysOfPod(pod: Pod, view: View): readonly string[] {
  const owner = controllerOf(pod);
  if (owner !== undefined) return owner.kind === 'ReplicaSet' ? [`${pod.metadata.namespace}/${owner.name}`] : [];
  if (pod.metadata.deletionTimestamp !== undefined) return [];
  // An orphan: every ReplicaSet of the namespace whose selector matches may adopt it.
  return view
    .by('replicasets', 'byNamespace', pod.metadata.namespace ?? '')
    .filter((set) => matchesSelector(selectorOf((set as ReplicaSet).spec.selector), pod.metadata.labels))
    .map(keyOf);
}

/** @source pkg/controller/replicaset/replica_set.go syncReplicaSet, manageReplicas */
function reconcile(key: string, view: View): Outcome {
  const set = view.get('replicasets', key) as ReplicaSet | undefined;
  if (set === undefined) return NOTHING_TO_DO;
  const { pods, writes: claims } = claim(set, view);
  if (claims.length > 0) return { writes: claims };
  const active = pods.filter(isActive);
  const status = statusWrite(set, pods, active, view);
  const wanted = set.spec.replicas ?? 1;
  const missing = wanted - active.length;
  if (set.metadata.deletionTimestamp !== undefined || missing === 0) return finish(set, active, status, view);
  if (missing > 0) {
    const writes = Array.from({ length: Math.min(missing, BURST) }, () => create(set));
    return { writes: status === undefined ? writes : [...writes, status], slowStart: true };
  }
  const surplus = byDeletionOrder(active, view.nowMs).slice(0, Math.min(-missing, BURST));
  const writes = surplus.map((pod) => remove(set, pod));
  return { writes: status === undefined ? writes : [...writes, status], slowStart: true };
}

/** Releases pods that no longer match, adopts orphans that do. */
function claim(set: ReplicaSet, view: View): { pods: Pod[]; writes: Write[] } {
  const selector = selectorOf(set.spec.selector);
  const pods: Pod[] = [];
  const writes: Write[] = [];
  for (const object of view.by('pods', 'byOwner', set.metadata.uid ?? '')) {
    const pod = object as Pod;
    if (controllerOf(pod)?.uid !== set.metadata.uid) continue;
    if (matchesSelector(selector, pod.metadata.labels)) pods.push(pod);
    else if (set.metadata.deletionTimestamp === undefined)
      writes.push(patchOwners(pod, [{ $patch: 'delete', uid: set.metadata.uid }]));
  }
  if (set.metadata.deletionTimestamp !== undefined) return { pods, writes };
  for (const object of view.by('pods', 'orphans', set.metadata.namespace ?? '')) {
    const pod = object as Pod;
    if (!isActive(pod) || !matchesSelector(selector, pod.metadata.labels)) continue;
    writes.push(patchOwners(pod, [ownerReference(set)]));
  }
  return { pods, writes };
}

function patchOwners(pod: Pod, ownerReferences: readonly unknown[]): Write {
  const body = { metadata: { uid: pod.metadata.uid, ownerReferences } };
  return {
    request: {
      method: 'PATCH',
      path: objectPath('pods', pod),
      body,
      contentType: 'application/strategic-merge-patch+json',
    },
    tolerate: [404, 422],
  };
}

function create(set: ReplicaSet): Write {
  const about = referenceTo(set);
  return {
    request: {
      method: 'POST',
      path: collectionPath('pods', set.metadata.namespace),
      body: podFromTemplate(set.spec.template, set),
    },
    event: { about, type: 'Normal', reason: 'SuccessfulCreate', message: 'Created pod: {name}' },
    failureEvent: { about, type: 'Warning', reason: 'FailedCreate', message: 'Error creating: {error}' },
  };
}

function remove(set: ReplicaSet, pod: Pod): Write {
  const about = referenceTo(set);
  return {
    request: { method: 'DELETE', path: objectPath('pods', pod), body: { preconditions: { uid: pod.metadata.uid } } },
    tolerate: [404, 409],
    event: { about, type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` },
    failureEvent: { about, type: 'Warning', reason: 'FailedDelete', message: 'Error deleting: {error}' },
  };
}

function finish(set: ReplicaSet, active: readonly Pod[], status: Write | undefined, view: View): Outcome {
  const minReadyMs = (set.spec.minReadySeconds ?? 0) * 1_000;
  const writes = status === undefined ? [] : [status];
  if (minReadyMs === 0) return { writes };
  // A pod that is ready but not yet available: look again when it will be.
  const waits = active.filter(isReady).map((pod) => {
    const since =
      parseTime(pod.status?.conditions?.find((condition) => condition.type === 'Ready')?.lastTransitionTime) ??
      view.nowMs;
    return since + minReadyMs - view.nowMs;
  });
  const next = Math.min(...waits.filter((wait) => wait > 0));
  return Number.isFinite(next) ? { writes, requeueAfterMs: next } : { writes };
}

function statusWrite(set: ReplicaSet, pods: readonly Pod[], active: readonly Pod[], view: View): Write | undefined {
  const minReady = set.spec.minReadySeconds ?? 0;
  const labels = Object.entries(set.spec.template.metadata?.labels ?? {});
  const ready = active.filter(isReady);
  const terminating = pods.filter(isTerminating).length;
  const status = {
    replicas: active.length,
    ...count(
      'fullyLabeledReplicas',
      active.filter((pod) => labels.every(([key, value]) => pod.metadata.labels?.[key] === value)).length,
    ),
    ...count('readyReplicas', ready.length),
    ...count('availableReplicas', ready.filter((pod) => isAvailable(pod, minReady, view.nowMs)).length),
    terminatingReplicas: terminating,
    observedGeneration: set.metadata.generation ?? 0,
    ...(set.status?.conditions === undefined ? {} : { conditions: set.status.conditions }),
  };
  if (semanticEqual(status, set.status)) return undefined;
  return {
    request: { method: 'PUT', path: `${objectPath('replicasets', set)}/status`, body: { ...set, status } },
    tolerate: [404],
  };
}

/** Go leaves zeroes out. */
function count(name: string, value: number): Record<string, number> {
  return value === 0 ? {} : { [name]: value };
}
