/** Job controller: runs pods until enough of them have succeeded, or too many have failed. Models pkg/controller/job/job_controller.go. */
import { matchesSelector, selectorOf } from '../api/selector.ts';
import type { Job, Pod } from '../api/types.ts';
import { type Delta, keyOf } from '../client/informer.ts';
import { claim, controllerKeys } from './claim.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { type Backoff, countEnded, createBackoff, finishedMs, remainingMs } from './job-backoff.ts';
import { failuresBefore, indexOf, pendingIndexes } from './job-indexes.ts';
import { createPod, deletePod, discardPod, untrack } from './job-pods.ts';
import { type Counts, deadlineMs, type End, endOf, finishedCondition, statusOf } from './job-status.ts';
import {
  hasFailed,
  isIndexed,
  isTracked,
  limitPerIndex,
  replacesOnlyFailed,
  type Tally,
  tallyOf,
} from './job-tally.ts';
import { byDeletionOrder, controllerOf, isReady } from './pods.ts';

const MAX_PODS_A_SYNC = 500;
/** Changes of pods are gathered for so long. */
const POD_BATCH_MS = 1_000;
const ORPHAN = '(pod)';

/** Job key → its back-off. */
type Own = Map<string, Backoff>;

export const jobController: Controller = {
  name: 'job-controller',
  account: 'job-controller',
  watches: ['jobs', 'pods'],
  workers: 5,
  workersFlag: 'concurrent-job-syncs',
  createOwn: (): Own => new Map(),
  delayMs: (resource) => (resource === 'pods' ? POD_BATCH_MS : 0),
  keysOf(resource, delta, view) {
    if (resource === 'pods') return keysOfPod(delta, view);
    if (delta.type !== 'deleted') return [delta.key];
    const left = view.by('pods', 'byOwner', delta.object.metadata.uid ?? '');
    return [delta.key, ...left.map((pod) => ORPHAN + keyOf(pod))];
  },
  reconcile: (key, view) => (key.startsWith(ORPHAN) ? release(key.slice(ORPHAN.length), view) : reconcile(key, view)),
};

function keysOfPod(delta: Delta, view: View): string[] {
  const keys = controllerKeys(delta, 'Job');
  const pod = delta.object as Pod;
  if (delta.type === 'deleted') return keys;
  if (isTracked(pod) && jobOf(pod, view) === undefined) keys.push(ORPHAN + delta.key);
  if (controllerOf(pod) !== undefined || pod.metadata.deletionTimestamp !== undefined) return keys;
  for (const job of view.by('jobs', 'byNamespace', pod.metadata.namespace ?? ''))
    if (matchesSelector(selectorOf((job as Job).spec.selector), pod.metadata.labels)) keys.push(keyOf(job));
  return keys;
}

function jobOf(pod: Pod, view: View): Job | undefined {
  const owner = controllerOf(pod);
  if (owner?.kind !== 'Job') return undefined;
  const job = view.get('jobs', `${pod.metadata.namespace}/${owner.name}`);
  return job?.metadata.uid === owner.uid ? (job as Job) : undefined;
}

/** A tracked pod without a Job would never go away. */
function release(key: string, view: View): Outcome {
  const pod = view.get('pods', key) as Pod | undefined;
  if (pod === undefined || !isTracked(pod) || jobOf(pod, view) !== undefined) return NOTHING_TO_DO;
  return { writes: [untrack(pod)] };
}

/** @source syncJob */
function reconcile(key: string, view: View): Outcome {
  const own = view.own as Own;
  const job = view.get('jobs', key) as Job | undefined;
  if (job === undefined) {
    own.delete(key);
    return NOTHING_TO_DO;
  }
  const managedBy = job.spec['managedBy'];
  if (managedBy !== undefined && managedBy !== 'kubernetes.io/job-controller') return NOTHING_TO_DO;
  if (finishedCondition(job) !== undefined) {
    own.delete(key);
    return { writes: tracked(view.by('pods', 'byOwner', job.metadata.uid ?? '') as Pod[]).map(untrack) };
  }
  const claimed = claim(job, 'pods', selectorOf(job.spec.selector), view);
  if (claimed.writes.length > 0) return { writes: claimed.writes };
  const tally = tallyOf(job, claimed.objects as Pod[]);
  const backoff = own.get(key) ?? createBackoff();
  own.set(key, backoff);
  countEnded(backoff, tally.newSucceeded, tally.newFailed);
  const end = endOf(tally, view.nowMs);
  let plan: Plan = NO_PLAN;
  if (end !== undefined)
    plan = { ...NO_PLAN, writes: tally.active.map((pod) => deletePod(job, pod)), removed: tally.active };
  else if (job.metadata.deletionTimestamp === undefined) plan = manage(tally, backoff, view.nowMs);
  return conclude(tally, end, plan, view);
}

interface Plan {
  readonly writes: readonly Write[];
  readonly removed: readonly Pod[];
  readonly created: number;
  readonly requeueAfterMs?: number | undefined;
}

const NO_PLAN: Plan = Object.freeze({ writes: [], removed: [], created: 0 });

/** Pods first, then the status that notes what has ended, then the finalizers of what is noted. */
function conclude(tally: Tally, end: End | undefined, plan: Plan, view: View): Outcome {
  const { job } = tally;
  const leaving = job.metadata.deletionTimestamp !== undefined;
  const counts: Counts = {
    active: tally.active.length - plan.removed.length + plan.created,
    ready: tally.active.filter((pod) => isReady(pod) && !plan.removed.includes(pod)).length,
    terminating: tally.terminating.length + plan.removed.length,
  };
  const { write, events, settled } = statusOf(tally, end, counts, leaving, view.nowMs);
  const writes = [...plan.writes];
  if (write !== undefined) writes.push(write);
  const free = tracked(tally.pods).filter((pod) => {
    if (end !== undefined || leaving || pod.status?.phase === 'Succeeded') return true;
    return hasFailed(job, pod) && !awaitsReplacement(tally, pod);
  });
  for (const pod of free) if (!plan.removed.includes(pod) || end !== undefined) writes.push(untrack(pod));
  const deadline = deadlineMs(job);
  let { requeueAfterMs } = plan;
  if (!settled && deadline !== undefined)
    requeueAfterMs = Math.min(requeueAfterMs ?? Infinity, Math.max(0, deadline - view.nowMs));
  return { writes, events, requeueAfterMs };
}

function tracked(pods: readonly Pod[]): Pod[] {
  return pods.filter(isTracked);
}

/** @source manageJob */
function manage(tally: Tally, backoff: Backoff, nowMs: number): Plan {
  const { job, active, succeeded } = tally;
  const discard = (pods: readonly Pod[]): Plan => ({
    writes: pods.flatMap((pod) => discardPod(job, pod)),
    removed: pods,
    created: 0,
  });
  if (job.spec.suspend === true) return discard(active);
  const parallelism = job.spec.parallelism ?? 1;
  const { completions } = job.spec;
  let wanted = succeeded > 0 ? active.length : parallelism;
  if (completions !== undefined) wanted = Math.max(0, Math.min(completions - succeeded, parallelism));
  const surplus = surplusOf(tally, Math.max(0, active.length - wanted)).slice(0, MAX_PODS_A_SYNC);
  if (surplus.length > 0) return discard(surplus);
  const stopping = replacesOnlyFailed(job) ? tally.terminating.length : 0;
  const missing = Math.min(MAX_PODS_A_SYNC, wanted - stopping - active.length);
  if (missing <= 0) return NO_PLAN;
  const perIndex = limitPerIndex(job) !== undefined;
  const waitMs = perIndex ? 0 : remainingMs(backoff.failures, backoff.lastFailureMs, nowMs);
  if (waitMs > 0) return { ...NO_PLAN, requeueAfterMs: waitMs };
  if (!isIndexed(job)) {
    return { ...NO_PLAN, writes: Array.from({ length: missing }, () => createPod(job)), created: missing };
  }
  const indexes = pendingIndexes(missing, completions ?? 0, takenIndexes(tally));
  if (!perIndex) return { ...NO_PLAN, writes: indexes.map((index) => createPod(job, index)), created: indexes.length };
  const replaced = indexes.map((index) => lastFailed(tally, index));
  const waits = replaced.map((pod) =>
    pod === undefined ? 0 : remainingMs(failuresBefore(pod) + 1, finishedMs(pod), nowMs),
  );
  const due = indexes.flatMap((index, i) => (waits[i] === 0 ? [createPod(job, index, replaced[i])] : []));
  const later = waits.filter((wait) => wait > 0);
  const requeueAfterMs = later.length === 0 ? undefined : Math.min(...later);
  return { ...NO_PLAN, writes: due, created: due.length, requeueAfterMs };
}

/** Pods too many, and of an Indexed Job those that do twice what one does. */
function surplusOf(tally: Tally, atLeast: number): Pod[] {
  const surplus: Pod[] = [];
  let left = byDeletionOrder(tally.active, [], 0);
  if (isIndexed(tally.job)) {
    const kept = new Set<number>();
    const unique: Pod[] = [];
    for (const pod of [...left].reverse()) {
      const index = indexOf(pod);
      if (index === undefined || kept.has(index) || index >= (tally.job.spec.completions ?? 0)) surplus.push(pod);
      else {
        kept.add(index);
        unique.unshift(pod);
      }
    }
    left = unique;
  }
  return surplus.length >= atLeast ? surplus : [...surplus, ...left.slice(0, atLeast - surplus.length)];
}

function takenIndexes({ job, active, terminating, succeededIndexes, failedIndexes }: Tally): Set<number> {
  const taken = new Set([...succeededIndexes, ...(failedIndexes ?? [])]);
  const working = replacesOnlyFailed(job) ? [...active, ...terminating] : active;
  for (const pod of working) {
    const index = indexOf(pod);
    if (index !== undefined) taken.add(index);
  }
  return taken;
}

/** The newest failed pod of an index, which carries its count of failures. */
function lastFailed({ job, pods }: Tally, index: number): Pod | undefined {
  const failed = tracked(pods).filter((pod) => indexOf(pod) === index && hasFailed(job, pod));
  failed.sort((a, b) => failuresBefore(a) - failuresBefore(b) || finishedMs(a) - finishedMs(b));
  return failed.at(-1);
}

/** With a limit per index the last failed pod stays until its successor has been made. */
function awaitsReplacement(tally: Tally, pod: Pod): boolean {
  const index = indexOf(pod);
  if (limitPerIndex(tally.job) === undefined || index === undefined) return false;
  return !takenIndexes(tally).has(index) && lastFailed(tally, index) === pod;
}
