/**
 * What a Job has achieved so far. A pod that ends is first noted in status.uncountedTerminatedPods, then loses its finalizer, then is counted:
 * so none is lost or counted twice, even if somebody deletes it. Models pkg/controller/job (tracking_utils.go, getNewFinishedPods).
 */
import type { Job, Pod } from '../api/types.ts';
import { countOf, formatIndexes, INDEX_FAILURES, indexOf, parseIndexes } from './job-indexes.ts';
import { judgeFailure } from './job-policy.ts';
import { isActive, isTerminating } from './pods.ts';

export const TRACKING = 'batch.kubernetes.io/job-tracking';

export interface Uncounted {
  readonly succeeded: readonly string[];
  readonly failed: readonly string[];
}

export interface Tally {
  readonly job: Job;
  readonly pods: readonly Pod[];
  readonly active: readonly Pod[];
  readonly terminating: readonly Pod[];
  /** Ended, tracked, and not noted yet. */
  readonly newSucceeded: readonly Pod[];
  readonly newFailed: readonly Pod[];
  /** Counted for good: pods without finalizer that were noted. */
  readonly countedSucceeded: number;
  readonly countedFailed: number;
  /** Noted and still with their finalizer. */
  readonly uncounted: Uncounted;
  /** All together. */
  readonly succeeded: number;
  readonly failed: number;
  /** Of an Indexed Job. */
  readonly succeededIndexes: ReadonlySet<number>;
  readonly failedIndexes: ReadonlySet<number> | undefined;
}

export function isIndexed({ spec }: Job): boolean {
  return spec.completionMode === 'Indexed';
}

export function limitPerIndex({ spec }: Job): number | undefined {
  return spec['backoffLimitPerIndex'] as number | undefined;
}

export function replacesOnlyFailed({ spec }: Job): boolean {
  return spec['podReplacementPolicy'] === 'Failed';
}

export function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(TRACKING) === true;
}

/** A pod on its way out counts as failed, unless the Job says to wait for the end of it. */
export function hasFailed(job: Job, pod: Pod): boolean {
  const phase = pod.status?.phase;
  if (phase === 'Failed') return true;
  return !replacesOnlyFailed(job) && pod.metadata.deletionTimestamp !== undefined && phase !== 'Succeeded';
}

export function tallyOf(job: Job, pods: readonly Pod[]): Tally {
  const noted = job.status?.['uncountedTerminatedPods'] as Partial<Uncounted> | undefined;
  const tracked = pods.filter(isTracked);
  const uids = new Set(tracked.map((pod) => pod.metadata.uid ?? ''));
  const still = (list: readonly string[] | undefined) => (list ?? []).filter((uid) => uids.has(uid));
  const uncounted = { succeeded: still(noted?.succeeded), failed: still(noted?.failed) };
  const countedFailed = (job.status?.failed ?? 0) + (noted?.failed?.length ?? 0) - uncounted.failed.length;
  let countedSucceeded = (job.status?.succeeded ?? 0) + (noted?.succeeded?.length ?? 0) - uncounted.succeeded.length;
  const completions = job.spec.completions ?? 0;
  const valid = (pod: Pod) => !isIndexed(job) || (indexOf(pod) ?? completions) < completions;
  const isNew = (pod: Pod, list: readonly string[]) => valid(pod) && !list.includes(pod.metadata.uid ?? '');
  const newSucceeded = tracked.filter(
    (pod) => pod.status?.phase === 'Succeeded' && isNew(pod, uncounted.succeeded) && isNew(pod, uncounted.failed),
  );
  const newFailed = tracked.filter((pod) => hasFailed(job, pod) && isNew(pod, uncounted.failed));
  let succeeded = countedSucceeded + uncounted.succeeded.length + newSucceeded.length;
  const counting = newFailed.filter((pod) => judgeFailure(job, pod).counts);
  let succeededIndexes: Set<number> = new Set();
  let failedIndexes: Set<number> | undefined;
  if (isIndexed(job)) {
    succeededIndexes = parseIndexes(job.status?.['completedIndexes'], completions);
    for (const pod of newSucceeded) succeededIndexes.add(indexOf(pod) ?? 0);
    succeeded = succeededIndexes.size;
    countedSucceeded = succeeded;
    const limit = limitPerIndex(job);
    if (limit !== undefined) {
      failedIndexes = parseIndexes(job.status?.['failedIndexes'], completions);
      for (const pod of tracked) if (valid(pod) && failsIndex(job, pod, limit)) failedIndexes.add(indexOf(pod) ?? 0);
    }
  }
  return {
    job,
    pods,
    active: pods.filter(isActive),
    terminating: pods.filter(isTerminating),
    newSucceeded,
    newFailed,
    countedSucceeded,
    countedFailed,
    uncounted,
    succeeded,
    failed: countedFailed + uncounted.failed.length + counting.length,
    succeededIndexes,
    failedIndexes,
  };
}

function failsIndex(job: Job, pod: Pod, limit: number): boolean {
  if (!hasFailed(job, pod)) return false;
  const verdict = judgeFailure(job, pod);
  return verdict.failIndex === true || (verdict.counts && countOf(pod, INDEX_FAILURES) >= limit);
}

/** Status fields that only Indexed Jobs have. */
export function indexFields({ job, succeededIndexes, failedIndexes }: Tally): Record<string, string> {
  if (!isIndexed(job)) return {};
  const completed = formatIndexes(succeededIndexes);
  return {
    ...(completed === '' ? {} : { completedIndexes: completed }),
    ...(failedIndexes === undefined ? {} : { failedIndexes: formatIndexes(failedIndexes) }),
  };
}
