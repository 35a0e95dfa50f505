/**
 * ReplicaSet controller: as many active pods as `replicas`, never guessing while its cache is behind. The older ReplicationController is the
 * same with another selector. Models pkg/controller/replicaset and pkg/controller/replication.
 */
import { semanticEqual } from '../api/equal.ts';
import { matchesSelector, selectorOf } from '../api/selector.ts';
import { formatTime } from '../api/time.ts';
import type { Condition, KubeObject, Pod, ReplicaSet, ReplicationController } from '../api/types.ts';
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

/** What tells the two kinds apart. */
interface Flavour {
  readonly kind: 'ReplicaSet' | 'ReplicationController';
  readonly resource: 'replicasets' | 'replicationcontrollers';
  /** The object in the shape of a ReplicaSet's spec. */
  setOf(object: KubeObject): Replicated;
}

interface Replicated extends KubeObject {
  readonly spec: ReplicaSet['spec'];
  readonly status?: ReplicaSet['status'];
}

const replicaSets: Flavour = { kind: 'ReplicaSet', resource: 'replicasets', setOf: (object) => object as ReplicaSet };
const replicationControllers: Flavour = {
  kind: 'ReplicationController',
  resource: 'replicationcontrollers',
  setOf(object) {
    const { spec, ...rest } = object as ReplicationController;
    const selector = { matchLabels: spec.selector ?? {} };
    return { ...rest, spec: { ...spec, selector, template: spec.template ?? { spec: { containers: [] } } } };
  },
};

export const replicaSetController: Controller = {
  ...common(replicaSets),
  name: 'replicaset-controller',
  account: 'replicaset-controller',
  workersFlag: 'concurrent-replicaset-syncs',
};

export const replicationController: Controller = {
  ...common(replicationControllers),
  name: 'replicationcontroller-controller',
  account: 'replication-controller',
  eventSource: 'replication-controller',
  workersFlag: 'concurrent-rc-syncs',
};

function common(flavour: Flavour): Pick<Controller, 'watches' | 'workers' | 'keysOf' | 'reconcile'> {
  return {
    watches: [flavour.resource, 'pods'],
    workers: 5,
    keysOf: (resource, delta, view) => (resource === 'pods' ? keysOfPod(flavour, delta, view) : [delta.key]),
    reconcile: (key, view) => reconcile(flavour, key, view),
  };
}

function keysOfPod(flavour: Flavour, delta: Delta, view: View): readonly string[] {
  const keys = controllerKeys(delta, flavour.kind);
  const pod = delta.object;
  if (controllerOf(pod) !== undefined || pod.metadata.deletionTimestamp !== undefined || delta.type === 'deleted')
    return keys;
  // An orphan: every set of the namespace whose selector matches may adopt it.
  for (const object of view.by(flavour.resource, 'byNamespace', pod.metadata.namespace ?? '')) {
    if (matchesSelector(selectorOf(flavour.setOf(object).spec.selector), pod.metadata.labels)) keys.push(keyOf(object));
  }
  return keys;
}

/** @source pkg/controller/replicaset/replica_set.go syncReplicaSet, manageReplicas */
function reconcile(flavour: Flavour, key: string, view: View): Outcome {
  const object = view.get(flavour.resource, key);
  if (object === undefined) return NOTHING_TO_DO;
  const set = flavour.setOf(object);
  const claimed = claim(set, 'pods', selectorOf(set.spec.selector), view, (pod) => isActive(pod as Pod));
  if (claimed.writes.length > 0) return { writes: claimed.writes };
  const pods = claimed.objects as Pod[];
  const active = pods.filter(isActive);
  const wanted = set.spec.replicas ?? 1;
  const missing = set.metadata.deletionTimestamp === undefined ? wanted - active.length : 0;
  const next = statusOf(set, pods, active, missing, view);
  const status = next === undefined ? undefined : statusWrite(flavour, object, next);
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
function siblings(set: Replicated, active: readonly Pod[], view: View): readonly Pod[] {
  const owner = controllerOf(set);
  if (owner === undefined) return active;
  return view
    .by('replicasets', 'byOwner', owner.uid)
    .flatMap((other) => view.by('pods', 'byOwner', other.metadata.uid ?? '') as readonly Pod[])
    .filter(isActive);
}

function create(set: Replicated): Write {
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

function remove(set: Replicated, pod: Pod): Write {
  const about = referenceTo(set);
  return {
    request: { method: 'DELETE', path: objectPath('pods', pod), body: { preconditions: { uid: pod.metadata.uid } } },
    tolerate: [404, 409],
    event: { about, type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` },
    failureEvent: { about, type: 'Warning', reason: 'FailedDelete', message: 'Error deleting: {error}' },
  };
}

/** When the next pod that is ready will have been so for minReadySeconds. */
function nextAvailableMs(set: Replicated, active: readonly Pod[], view: View): number | undefined {
  const minReadyMs = (set.spec.minReadySeconds ?? 0) * 1_000;
  if (minReadyMs === 0) return undefined;
  const waits = active.filter(isReady).map((pod) => (readySince(pod) ?? view.nowMs) + minReadyMs - view.nowMs);
  const next = Math.min(...waits.filter((wait) => wait > 0));
  return Number.isFinite(next) ? next : undefined;
}

function statusWrite({ resource }: Flavour, object: KubeObject, status: object): Write {
  const path = `${objectPath(resource, object)}/status`;
  return { request: { method: 'PUT', path, body: { ...object, status } }, tolerate: [404] };
}

/** Undefined = as it is. */
function statusOf(
  set: Replicated,
  pods: readonly Pod[],
  active: readonly Pod[],
  missing: number,
  view: View,
): object | undefined {
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
  return semanticEqual(status, set.status) ? undefined : status;
}

/** ReplicaFailure while pods cannot be created or deleted; its first message stays. */
function conditionsOf(set: Replicated, missing: number, view: View): readonly Condition[] {
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
