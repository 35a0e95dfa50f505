/**
 * StatefulSet controller: pods with names of their own, one after the other (OrderedReady) or all at once (Parallel), replaced from the last
 * to the first. It makes claims; binding them is the volume binder's work. Models pkg/controller/statefulset/stateful_set_control.go.
 */
import { semanticEqual } from '../api/equal.ts';
import { templateHash } from '../api/hash.ts';
import { matchesSelector, selectorOf } from '../api/selector.ts';
import type { ControllerRevision, Pod, StatefulSet } from '../api/types.ts';
import { type Delta, keyOf } from '../client/informer.ts';
import { claim, controllerKeys } from './claim.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { controllerOf, isAvailable, isReady } from './pods.ts';
import { objectPath } from './resources.ts';
import { historyOf, truncate } from './revisions.ts';
import {
  createClaims,
  createPod,
  deletePod,
  hasStaleClaim,
  ordinalOf,
  REVISION_LABEL,
  restoreIdentity,
  retainClaims,
} from './statefulset-pods.ts';

const HASH = 'controller.kubernetes.io/hash';

export const statefulSetController: Controller = {
  name: 'statefulset-controller',
  account: 'statefulset-controller',
  watches: ['statefulsets', 'pods', 'controllerrevisions', 'persistentvolumeclaims'],
  workers: 5,
  workersFlag: 'concurrent-statefulset-syncs',
  keysOf(resource, delta, view) {
    if (resource === 'statefulsets') return [delta.key];
    if (resource === 'persistentvolumeclaims') return [];
    return [...controllerKeys(delta, 'StatefulSet'), ...adopters(delta, view)];
  },
  reconcile,
};

function adopters({ object, type }: Delta, view: View): string[] {
  const { namespace = '', labels, deletionTimestamp } = object.metadata;
  if (type === 'deleted' || deletionTimestamp !== undefined || controllerOf(object) !== undefined) return [];
  return view
    .by('statefulsets', 'byNamespace', namespace)
    .filter((set) => matchesSelector(selectorOf((set as StatefulSet).spec.selector), labels))
    .map(keyOf);
}

interface Situation {
  readonly set: StatefulSet;
  readonly current: ControllerRevision;
  readonly update: ControllerRevision;
  /** By ordinal from the first; a hole = no pod. */
  readonly replicas: readonly (Pod | undefined)[];
  readonly start: number;
  /** Beyond the wanted number, the last first. */
  readonly condemned: readonly Pod[];
  readonly view: View;
}

function reconcile(key: string, view: View): Outcome {
  const set = view.get('statefulsets', key) as StatefulSet | undefined;
  if (set === undefined) return NOTHING_TO_DO;
  const selector = selectorOf(set.spec.selector);
  const revisions = claim(set, 'controllerrevisions', selector, view);
  const claimed = claim(set, 'pods', selector, view, (pod) => ordinalOf(set, pod as Pod) !== undefined);
  if (revisions.writes.length + claimed.writes.length > 0) return { writes: [...revisions.writes, ...claimed.writes] };
  const hash = templateHash(
    set.spec.template,
    set.status?.collisionCount === 0 ? undefined : set.status?.collisionCount,
  );
  const history = historyOf(set, revisions.objects as ControllerRevision[], hash, HASH, view);
  if (history.collision) {
    const collisionCount = (set.status?.collisionCount ?? 0) + 1;
    return { writes: [statusPut(set, { ...set.status, collisionCount })] };
  }
  if (history.writes.length > 0 || history.current === undefined) return { writes: history.writes };
  const update = history.current;
  const current = history.old.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update;
  const situation = situationOf(set, current, update, claimed.objects as Pod[], view);
  const steps = set.metadata.deletionTimestamp === undefined ? nextSteps(situation) : [];
  const status = statusOf(situation);
  const writes = [...steps];
  if (!semanticEqual(status, set.status)) {
    // What failed last time must not keep the counts from being told.
    if (view.failure === undefined) writes.push(statusPut(set, status));
    else writes.unshift(statusPut(set, status));
  }
  const used = new Set(claimed.objects.map((pod) => pod.metadata.labels?.[REVISION_LABEL]));
  writes.push(
    ...truncate(
      history.old,
      set.spec.revisionHistoryLimit ?? 10,
      ({ metadata }) => used.has(metadata.name) || metadata.name === current.metadata.name,
    ),
  );
  const minReady = set.spec.minReadySeconds ?? 0;
  const waits = minReady > 0 && status.availableReplicas !== (set.spec.replicas ?? 1);
  return { writes, requeueAfterMs: waits ? minReady * 1_000 : undefined };
}

function situationOf(
  set: StatefulSet,
  current: ControllerRevision,
  update: ControllerRevision,
  pods: readonly Pod[],
  view: View,
): Situation {
  const start = set.spec.ordinals?.start ?? 0;
  const count = set.spec.replicas ?? 1;
  const replicas: (Pod | undefined)[] = new Array(count).fill(undefined);
  const condemned: Pod[] = [];
  for (const pod of pods) {
    const ordinal = ordinalOf(set, pod);
    if (ordinal === undefined) continue;
    if (ordinal >= start && ordinal < start + count) replicas[ordinal - start] = pod;
    else condemned.push(pod);
  }
  condemned.sort((a, b) => ordinalOf(set, b)! - ordinalOf(set, a)!);
  return { set, current, update, replicas, start, condemned, view };
}

/** First every wanted pod, then none too many, then the right template. @source updateStatefulSet */
function nextSteps(situation: Situation): Write[] {
  const { set, replicas, start, condemned, view } = situation;
  const inOrder = set.spec.podManagementPolicy !== 'Parallel';
  const writes: Write[] = [];
  for (const [i, pod] of replicas.entries()) {
    const ordinal = start + i;
    if (pod === undefined) {
      if (hasStaleClaim(set, ordinal, view)) return writes;
      writes.push(...createPod(set, revisionFor(situation, ordinal), ordinal, view));
      if (inOrder) return writes;
      continue;
    }
    if (hasEnded(pod)) {
      // Its name must be free before its successor can come.
      if (pod.metadata.deletionTimestamp === undefined) writes.push(deletePod(set, pod));
      if (inOrder) return writes;
      continue;
    }
    if (pod.status?.phase === 'Pending') writes.push(...createClaims(set, ordinal, view));
    if (inOrder && (pod.metadata.deletionTimestamp !== undefined || !isHealthy(situation, pod))) return writes;
    writes.push(...restoreIdentity(set, pod), ...retainClaims(set, ordinal, undefined, view));
  }
  if (replicas.some((pod) => pod === undefined)) return writes;
  for (const pod of condemned) writes.push(...retainClaims(set, ordinalOf(set, pod) ?? 0, pod, view));
  const firstUnhealthy = [...replicas, ...[...condemned].reverse()].find(
    (pod) => pod !== undefined && !isHealthy(situation, pod),
  );
  for (const pod of condemned) {
    if (pod.metadata.deletionTimestamp !== undefined) {
      if (inOrder) return writes;
      continue;
    }
    if (inOrder && !isHealthy(situation, pod) && pod !== firstUnhealthy) return writes;
    writes.push(deletePod(set, pod));
    if (inOrder) return writes;
  }
  if (condemned.some(({ metadata }) => metadata.deletionTimestamp === undefined)) return writes;
  return [...writes, ...rollOut(situation)];
}

/** From the last ordinal down to the partition; each replacement must be available before the next goes. */
function rollOut(situation: Situation): Write[] {
  const { set, replicas, update } = situation;
  const { updateStrategy } = set.spec;
  if (updateStrategy?.type === 'OnDelete') return [];
  for (let i = replicas.length - 1; i >= (updateStrategy?.rollingUpdate?.partition ?? 0); i--) {
    const pod = replicas[i];
    if (pod === undefined) return [];
    if (revisionName(pod) !== update.metadata.name && pod.metadata.deletionTimestamp === undefined)
      return [deletePod(set, pod)];
    if (!isHealthy(situation, pod)) return [];
  }
  return [];
}

/** Below the partition a pod comes back with the template it had. */
function revisionFor({ set, current, update, start }: Situation, ordinal: number): ControllerRevision {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {};
  const partition = rollingUpdate?.partition ?? (rollingUpdate === undefined ? (set.status?.currentReplicas ?? 0) : 0);
  return type !== 'OnDelete' && ordinal < start + partition ? current : update;
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Failed' || status?.phase === 'Succeeded';
}

function isHealthy({ set, view }: Situation, pod: Pod): boolean {
  return (
    pod.status?.phase === 'Running' &&
    pod.metadata.deletionTimestamp === undefined &&
    isAvailable(pod, set.spec.minReadySeconds ?? 0, view.nowMs)
  );
}

function revisionName(pod: Pod): string | undefined {
  return pod.metadata.labels?.[REVISION_LABEL];
}

function statusOf({ set, current, update, replicas, condemned, view }: Situation): NonNullable<StatefulSet['status']> {
  let [count, ready, available, currents, updates] = [0, 0, 0, 0, 0];
  for (const pod of [...replicas, ...condemned]) {
    if (pod === undefined) continue;
    count++;
    if (pod.status?.phase === 'Running' && isReady(pod)) {
      ready++;
      if (isAvailable(pod, set.spec.minReadySeconds ?? 0, view.nowMs)) available++;
    }
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    if (revisionName(pod) === current.metadata.name) currents++;
    if (revisionName(pod) === update.metadata.name) updates++;
  }
  const wanted = set.spec.replicas ?? 1;
  let currentRevision = current.metadata.name;
  if (set.spec.updateStrategy?.type !== 'OnDelete' && updates === wanted && ready === wanted && count === wanted) {
    currents = updates;
    currentRevision = update.metadata.name;
  }
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: count,
    ...(ready === 0 ? {} : { readyReplicas: ready }),
    ...(currents === 0 ? {} : { currentReplicas: currents }),
    ...(updates === 0 ? {} : { updatedReplicas: updates }),
    currentRevision,
    updateRevision: update.metadata.name,
    collisionCount: set.status?.collisionCount ?? 0,
    availableReplicas: available,
  };
}

function statusPut(set: StatefulSet, status: object): Write {
  const path = `${objectPath('statefulsets', set)}/status`;
  return { request: { method: 'PUT', path, body: { ...set, status } }, tolerate: [404] };
}
