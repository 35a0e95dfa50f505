/** After a pod of a Job has failed, the next one waits: 10 s, doubling, up to 10 min. Models pkg/controller/job/backoff_utils.go. */
import { parseTime } from '../api/time.ts';
import type { Pod } from '../api/types.ts';

const FIRST_MS = 10_000;
const MAX_MS = 600_000;

/** What is remembered of a Job; gone with the process, as in the real one. */
export interface Backoff {
  failures: number;
  lastFailureMs: number;
  /** Pods that have been counted. */
  readonly counted: Set<string>;
}

export function createBackoff(): Backoff {
  return { failures: 0, lastFailureMs: 0, counted: new Set() };
}

/** Counts pods that have ended and have not been counted yet. A success starts the count anew. */
export function countEnded(backoff: Backoff, succeeded: readonly Pod[], failed: readonly Pod[]): void {
  const isNew = (pod: Pod) => !backoff.counted.has(pod.metadata.uid ?? '');
  const successes = succeeded.filter(isNew);
  const failures = failed.filter(isNew).map(finishedMs);
  for (const pod of [...succeeded, ...failed]) backoff.counted.add(pod.metadata.uid ?? '');
  let counting = failures;
  if (successes.length > 0) {
    const lastSuccessMs = Math.max(...successes.map(finishedMs));
    backoff.failures = 0;
    backoff.lastFailureMs = 0;
    counting = failures.filter((at) => at > lastSuccessMs);
  }
  backoff.failures += counting.length;
  backoff.lastFailureMs = Math.max(backoff.lastFailureMs, ...counting);
}

/** How long the next pod has to wait still. */
export function remainingMs(failures: number, lastFailureMs: number, nowMs: number): number {
  if (failures === 0) return 0;
  const delayMs = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return Math.max(0, delayMs - (nowMs - lastFailureMs));
}

/** When a pod ended, epoch ms: by its containers, else by its readiness, its deletion, its creation. */
export function finishedMs(pod: Pod): number {
  const ends = (pod.status?.containerStatuses ?? []).map((status) => parseTime(status.state?.terminated?.finishedAt));
  const known = ends.filter((end) => end !== undefined);
  if (ends.length > 0 && known.length === ends.length) return Math.max(...known);
  const unready = pod.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'False');
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata;
  const deletedMs = parseTime(deletionTimestamp);
  return (
    parseTime(unready?.lastTransitionTime) ??
    (deletedMs === undefined ? undefined : deletedMs - deletionGracePeriodSeconds * 1_000) ??
    parseTime(creationTimestamp) ??
    0
  );
}
