/** When a Job is over, and what its status says meanwhile. Models pkg/controller/job/job_controller.go (syncJob, trackJobStatusAndRemoveFinalizers). */
import { semanticEqual } from '../api/equal.ts';
import { formatTime, parseTime } from '../api/time.ts';
import type { Condition, Job, Pod } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import type { EventSpec, Write } from './controller.ts';
import { judgeFailure, successBy } from './job-policy.ts';
import { hasFailed, indexFields, isIndexed, isTracked, type Tally } from './job-tally.ts';
import { objectPath } from './resources.ts';

/** How a Job ends: the condition that announces it, and later Complete or Failed with the same words. */
export interface End {
  readonly type: 'SuccessCriteriaMet' | 'FailureTarget';
  readonly reason: string;
  readonly message: string;
}

export interface Counts {
  readonly active: number;
  readonly ready: number;
  readonly terminating: number;
}

export function finishedCondition(job: Job): Condition | undefined {
  return job.status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
}

/** When it will have been active for too long, epoch ms. */
export function deadlineMs(job: Job): number | undefined {
  const start = parseTime(job.status?.startTime);
  const seconds = job.spec.activeDeadlineSeconds;
  if (start === undefined || seconds === undefined || job.spec.suspend === true) return undefined;
  return start + seconds * 1_000;
}

/** Decided already, failed too often, too late, or enough done by the Job's own rules. */
export function endOf(tally: Tally, nowMs: number): End | undefined {
  const { job, pods, failed, failedIndexes, succeededIndexes } = tally;
  for (const type of ['SuccessCriteriaMet', 'FailureTarget'] as const) {
    const said = job.status?.conditions?.find((known) => known.type === type && known.status === 'True');
    if (said !== undefined) return { type, reason: said.reason ?? '', message: said.message ?? '' };
  }
  const failure = (reason: string, message: string): End => ({ type: 'FailureTarget', reason, message });
  for (const pod of pods) {
    const verdict = hasFailed(job, pod) ? judgeFailure(job, pod).failJob : undefined;
    if (verdict !== undefined) return failure('PodFailurePolicy', verdict);
  }
  if (failed > (job.spec.backoffLimit ?? 6) || pastLimitOnFailure(job, pods))
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  const deadline = deadlineMs(job);
  if (deadline !== undefined && deadline <= nowMs)
    return failure('DeadlineExceeded', 'Job was active longer than specified deadline');
  if (!isIndexed(job)) return undefined;
  if (failedIndexes !== undefined && failedIndexes.size > 0) {
    const maximum = job.spec['maxFailedIndexes'] as number | undefined;
    if (maximum !== undefined && failedIndexes.size > maximum)
      return failure('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
    if (failedIndexes.size + succeededIndexes.size >= (job.spec.completions ?? 0))
      return failure('FailedIndexes', 'Job has failed indexes');
  }
  const met = successBy(job, succeededIndexes);
  return met === undefined ? undefined : { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message: met };
}

/** With restartPolicy OnFailure the restarts of running pods count. */
function pastLimitOnFailure(job: Job, pods: readonly Pod[]): boolean {
  if (job.spec.template.spec.restartPolicy !== 'OnFailure') return false;
  let restarts = 0;
  for (const { status } of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue;
    for (const one of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
      restarts += one.restartCount;
  }
  const limit = job.spec.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

/**
 * The next status. It says Complete or Failed only once every pod is counted and none is terminating.
 * @returns `settled`: nothing more will happen
 */
export function statusOf(
  tally: Tally,
  decided: End | undefined,
  counts: Counts,
  leaving: boolean,
  nowMs: number,
): { write: Write | undefined; events: EventSpec[]; settled: boolean } {
  const { job } = tally;
  const events: EventSpec[] = [];
  const about = referenceTo(job);
  const suspended = job.spec.suspend === true;
  let startTime = job.status?.startTime ?? (suspended ? undefined : formatTime(nowMs));
  const conditions = [...(job.status?.conditions ?? [])];
  const end = decided ?? (isDone(tally, counts) ? COMPLETED : undefined);
  if (end === undefined && !leaving) {
    const changed = suspension(conditions, suspended, nowMs);
    if (changed) {
      const [reason, message] = suspended ? ['Suspended', 'Job suspended'] : ['Resumed', 'Job resumed'];
      events.push({ about, type: 'Normal', reason, message });
      startTime = suspended ? undefined : formatTime(nowMs);
    }
  }
  if (end !== undefined && !conditions.some(({ type }) => type === end.type))
    conditions.push(say(end.type, end, nowMs));
  const noted = note(tally, end);
  const settled =
    end !== undefined &&
    noted.succeeded.length + noted.failed.length === 0 &&
    noted.isNew === false &&
    counts.terminating === 0;
  const complete = end?.type === 'SuccessCriteriaMet';
  if (settled) {
    conditions.push(say(complete ? 'Complete' : 'Failed', end, nowMs));
    if (!complete) events.push({ about, type: 'Warning', reason: end.reason, message: end.message });
    else {
      if (job.spec.completions !== undefined && tally.succeeded > job.spec.completions) {
        const message = 'Too many succeeded pods running after completion count reached';
        events.push({ about, type: 'Warning', reason: 'TooManySucceededPods', message });
      }
      events.push({ about, type: 'Normal', reason: 'Completed', message: 'Job completed' });
    }
  }
  const { succeeded, failed } = noted;
  const status = {
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(startTime === undefined ? {} : { startTime }),
    ...(settled && complete ? { completionTime: formatTime(nowMs) } : {}),
    ...(counts.active === 0 ? {} : { active: counts.active }),
    ...(tally.countedSucceeded === 0 ? {} : { succeeded: tally.countedSucceeded }),
    ...(tally.countedFailed === 0 ? {} : { failed: tally.countedFailed }),
    terminating: counts.terminating,
    ...indexFields(tally),
    uncountedTerminatedPods: {
      ...(succeeded.length === 0 ? {} : { succeeded }),
      ...(failed.length === 0 ? {} : { failed }),
    },
    ready: counts.ready,
  };
  if (semanticEqual(status, job.status)) return { write: undefined, events: [], settled };
  const request = { method: 'PUT', path: `${objectPath('jobs', job)}/status`, body: { ...job, status } } as const;
  const [event, ...others] = events;
  return { write: { request, tolerate: [404], ...(event === undefined ? {} : { event }) }, events: others, settled };
}

const COMPLETED: End = Object.freeze({
  type: 'SuccessCriteriaMet',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
});

function isDone({ job, succeeded }: Tally, { active }: Counts): boolean {
  const { completions } = job.spec;
  return active === 0 && (completions === undefined ? succeeded > 0 : succeeded >= completions);
}

/** Pods that have ended since, as uncounted. Of an Indexed Job only failures are noted: its successes are in completedIndexes. */
function note(tally: Tally, end: End | undefined): { succeeded: string[]; failed: string[]; isNew: boolean } {
  const { job, uncounted, newSucceeded, newFailed } = tally;
  const succeeded = [...uncounted.succeeded];
  const failed = [...uncounted.failed];
  if (!isIndexed(job)) succeeded.push(...newSucceeded.map(uid));
  failed.push(...newFailed.filter((pod) => judgeFailure(job, pod).counts).map(uid));
  if (end?.type === 'FailureTarget')
    failed.push(...tally.active.filter((pod) => isTracked(pod) && !failed.includes(uid(pod))).map(uid));
  return { succeeded, failed, isNew: newSucceeded.length + newFailed.length > 0 };
}

function uid(pod: Pod): string {
  return pod.metadata.uid ?? '';
}

/** Brings the condition Suspended up to date; true when it changed. A Job that was never suspended has none. */
function suspension(conditions: Condition[], suspended: boolean, nowMs: number): boolean {
  const at = conditions.findIndex(({ type }) => type === 'Suspended');
  const status = suspended ? 'True' : 'False';
  if (at < 0 ? !suspended : conditions[at]?.status === status) return false;
  const said = suspended
    ? { reason: 'JobSuspended', message: 'Job suspended' }
    : { reason: 'JobResumed', message: 'Job resumed' };
  const condition = { ...say('Suspended', said, nowMs), status } as const;
  if (at < 0) conditions.push(condition);
  else conditions[at] = condition;
  return true;
}

function say(type: string, { reason, message }: { reason: string; message: string }, nowMs: number): Condition {
  const now = formatTime(nowMs);
  return { type, status: 'True', lastProbeTime: now, lastTransitionTime: now, reason, message };
}
