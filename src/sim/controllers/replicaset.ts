/** ReplicaSet controller: as many active pods as `replicas`, never guessing while its cache is behind. Models pkg/controller/replicaset. */
import { semanticEqual } from '../api/equal.ts';
import { matchesSelector, selectorOf } from '../api/selector.ts';
import { formatTime } from '../api/time.ts';
import type { Condition, Pod, ReplicaSet } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import { type Delta, keyOf } from '../client/informer.ts';
import { claim, controllerKeys } from './claim.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import {
  byDeletionOrder,
  controllerOf,
  isActive,
  isAvailable,
  isReady,
  isTerminating,
  podFromTemplate,
  readySince,
} from './pods.ts';
import { collectionPath, objectPath } from './resources.ts';

const BURST = 500;

export const replicaSetController: Controller = {
  name: 'replicaset-controller',
  account: 'replicaset-controller',
  watches: ['replicasets', 'pods'],
  workers: 5,
  workersFlag: 'concurrent-replicaset-syncs',
  keysOf(resource, delta, view) {
    if (resource === 'replicasets') return [delta.key];
    return keysOfPod(delta, view);
  },
  reconcile,
};

function keysOfPod(delta: Delta, view: View): readonly string[] {
  const keys = controllerKeys(delta, 'ReplicaSet');
  const pod = delta.object;
  if (controllerOf(pod) !== undefined || pod.metadata.deletionTimestamp !== undefined || delta.type === 'deleted')
    return keys;
  // An orphan: every ReplicaSet of the namespace whose selector matches may adopt it.
  for (const set of view.by('replicasets', 'byNamespace', pod.metadata.namespace ?? ''))
    if (matchesSelector(selectorOf((set as ReplicaSet).spec.selector), pod.metadata.labels)) keys.push(keyOf(set));
  return keys;
}

/** @source pkg/controller/replicaset/replica_set.go syncReplicaSet, manageReplicas */
function reconcile(key: string, view: View): Outcome {
  const set = view.get('replicasets', key) as ReplicaSet | undefined;
  if (set === undefined) return NOTHING_TO_DO;
  const claimed = claim(set, 'pods', selectorOf(set.spec.selector), view, (pod) => isActive(pod as Pod));
  if (claimed.writes.length > 0) return { writes: claimed.writes };
  const pods = claimed.objects as Pod[];
  const active = pods.filter(isActive);
  const wanted = set.spec.replicas ?? 1;
  const missing = set.metadata.deletionTimestamp === undefined ? wanted - active.length : 0;
  const status = statusWrite(set, pods, active, missing, view);
  const requeueAfterMs = nextAvailableMs(set, active, view);
  let writes: Write[] = [];
  if (missing > 0) writes = Array.from({ length: Math.min(missing, BURST) }, () => create(set));
  if (missing < 0) {
    const order = byDeletionOrder(active, siblings(set, active, view), view.nowMs);
    writes = order.slice(0, Math.min(-missing, BURST)).map((pod) => remove(set, pod));
  }
  if (status === undefined) return { writes, requeueAfterMs, slowStart: true };
  // What failed last time is said before it is tried again.
  const order = view.failure === undefined ? [...writes, status] : [status, ...writes];
  return { writes: order, requeueAfterMs, slowStart: true };
}

/** Active pods of all ReplicaSets of the same owner: where many of them share a node, one of those goes first. */
function siblings(set: ReplicaSet, active: readonly Pod[], view: View): readonly Pod[] {
  const owner = controllerOf(set);
  if (owner === undefined) return active;
  return view
    .by('replicasets', 'byOwner', owner.uid)
    .flatMap((other) => view.by('pods', 'byOwner', other.metadata.uid ?? '') as readonly Pod[])
    .filter(isActive);
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

/** When the next pod that is ready will have been so for minReadySeconds. */
function nextAvailableMs(set: ReplicaSet, active: readonly Pod[], view: View): number | undefined {
  const minReadyMs = (set.spec.minReadySeconds ?? 0) * 1_000;
  if (minReadyMs === 0) return undefined;
  const waits = active.filter(isReady).map((pod) => (readySince(pod) ?? view.nowMs) + minReadyMs - view.nowMs);
  const next = Math.min(...waits.filter((wait) => wait > 0));
  return Number.isFinite(next) ? next : undefined;
}

function statusWrite(
  set: ReplicaSet,
  pods: readonly Pod[],
  active: readonly Pod[],
  missing: number,
  view: View,
): Write | undefined {
  const minReady = set.spec.minReadySeconds ?? 0;
  const labels = Object.entries(set.spec.template.metadata?.labels ?? {});
  let [labelled, ready, available] = [0, 0, 0];
  for (const pod of active) {
    if (labels.every(([key, value]) => pod.metadata.labels?.[key] === value)) labelled++;
    if (!isReady(pod)) continue;
    ready++;
    if (isAvailable(pod, minReady, view.nowMs)) available++;
  }
  const conditions = conditionsOf(set, missing, view);
  const status = {
    replicas: active.length,
    ...count('fullyLabeledReplicas', labelled),
    ...count('readyReplicas', ready),
    ...count('availableReplicas', available),
    terminatingReplicas: pods.filter(isTerminating).length,
    observedGeneration: set.metadata.generation ?? 0,
    ...(conditions.length === 0 ? {} : { conditions }),
  };
  if (semanticEqual(status, set.status)) return undefined;
  return {
    request: { method: 'PUT', path: `${objectPath('replicasets', set)}/status`, body: { ...set, status } },
    tolerate: [404],
  };
}

/** ReplicaFailure while pods cannot be created or deleted; its first message stays. */
function conditionsOf(set: ReplicaSet, missing: number, view: View): readonly Condition[] {
  const conditions = set.status?.conditions ?? [];
  const failing = conditions.some(({ type }) => type === 'ReplicaFailure');
  const failure = view.failure?.path.includes('/pods') === true ? view.failure : undefined;
  if (failure === undefined)
    return failing && missing === 0 ? conditions.filter(({ type }) => type !== 'ReplicaFailure') : conditions;
  if (failing) return conditions;
  const reason = failure.method === 'DELETE' ? 'FailedDelete' : 'FailedCreate';
  const lastTransitionTime = formatTime(view.nowMs);
  return [
    ...conditions,
    { type: 'ReplicaFailure', status: 'True', reason, message: failure.message, lastTransitionTime },
  ];
}

/** Go leaves zeroes out. */
function count(name: string, value: number): Record<string, number> {
  return value === 0 ? {} : { [name]: value };
}
