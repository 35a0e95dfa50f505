/** Job controller: runs pods to completion, with back-off after failures. Models pkg/controller/job (pod finalizers left out, see FIDELITY). */
import { semanticEqual } from '../api/equal.ts';
import { formatTime, parseTime } from '../api/time.ts';
import type { Condition, Job, Pod } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import { type Controller, type EventSpec, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { controllerOf, isReady, podFromTemplate } from './pods.ts';
import { collectionPath, objectPath } from './resources.ts';

const FIRST_BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 600_000;
const INDEX = 'batch.kubernetes.io/job-completion-index';

export const jobController: Controller = {
  name: 'job-controller',
  account: 'job-controller',
  watches: ['jobs', 'pods'],
  workers: 5,
  keysOf(resource, delta) {
    if (resource === 'jobs') return [delta.key];
    const owner = controllerOf(delta.object);
    return owner?.kind === 'Job' ? [`${delta.object.metadata.namespace}/${owner.name}`] : [];
  },
  reconcile,
};

function reconcile(key: string, view: View): Outcome {
  const job = view.get('jobs', key) as Job | undefined;
  if (job === undefined || job.metadata.deletionTimestamp !== undefined) return NOTHING_TO_DO;
  if (finishedCondition(job) !== undefined) return afterwards(job, view);
  const pods = (view.by('pods', 'byOwner', job.metadata.uid ?? '') as readonly Pod[]).filter(
    (pod) => controllerOf(pod)?.uid === job.metadata.uid,
  );
  const active = pods.filter((pod) => !hasEnded(pod) && pod.metadata.deletionTimestamp === undefined);
  const terminating = pods.filter((pod) => !hasEnded(pod) && pod.metadata.deletionTimestamp !== undefined);
  const succeeded = pods.filter((pod) => pod.status?.phase === 'Succeeded');
  const failed = pods.filter((pod) => pod.status?.phase === 'Failed');
  const end = verdict(job, succeeded, failed, active, view.nowMs);
  const writes: Write[] = [];
  const events: EventSpec[] = [];
  let requeueAfterMs: number | undefined;
  let running = active.length;
  if (end !== undefined || job.spec.suspend === true) {
    for (const pod of active) writes.push(remove(job, pod));
    running = 0;
  } else {
    const plan = adjust(job, active, terminating, succeeded, failed, view.nowMs);
    writes.push(...plan.writes);
    requeueAfterMs = plan.requeueAfterMs;
    running += plan.created;
  }
  if (end !== undefined)
    events.push({
      about: referenceTo(job),
      type: end.type === 'Complete' ? 'Normal' : 'Warning',
      reason: end.type === 'Complete' ? 'Completed' : end.reason,
      message: end.message,
    });
  const counts = {
    running,
    ready: active.filter(isReady).length,
    succeeded: succeeded.length,
    failed: failed.length,
    terminating: terminating.length,
  };
  const status = statusWrite(job, counts, end, succeeded, view.nowMs);
  if (status !== undefined) writes.push(status);
  const deadline = deadlineMs(job);
  if (end === undefined && deadline !== undefined) {
    const left = deadline - view.nowMs;
    requeueAfterMs = requeueAfterMs === undefined ? left : Math.min(left, requeueAfterMs);
  }
  return { writes, events: status === undefined ? [] : events, requeueAfterMs, slowStart: true };
}

interface Verdict {
  readonly type: 'Complete' | 'Failed';
  readonly reason: string;
  readonly message: string;
}

function verdict(
  job: Job,
  succeeded: readonly Pod[],
  failed: readonly Pod[],
  active: readonly Pod[],
  nowMs: number,
): Verdict | undefined {
  const deadline = deadlineMs(job);
  if (failuresOf(failed, active) > (job.spec.backoffLimit ?? 6)) {
    return { type: 'Failed', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' };
  }
  if (deadline !== undefined && deadline <= nowMs) {
    return { type: 'Failed', reason: 'DeadlineExceeded', message: 'Job was active longer than specified deadline' };
  }
  const { completions } = job.spec;
  const done = {
    type: 'Complete',
    reason: 'CompletionsReached',
    message: 'Reached expected number of succeeded pods',
  } as const;
  if (completions === undefined) return succeeded.length > 0 && active.length === 0 ? done : undefined;
  return doneCount(job, succeeded) >= completions ? { ...done, message: done.message } : undefined;
}

/** With restartPolicy OnFailure the restarts of running pods count too. */
function failuresOf(failed: readonly Pod[], active: readonly Pod[]): number {
  const restarts = active
    .filter((pod) => pod.spec.restartPolicy === 'OnFailure')
    .flatMap((pod) => pod.status?.containerStatuses ?? [])
    .reduce((sum, status) => sum + status.restartCount, 0);
  return failed.length + restarts;
}

function doneCount(job: Job, succeeded: readonly Pod[]): number {
  if (job.spec.completionMode !== 'Indexed') return succeeded.length;
  return new Set(succeeded.map((pod) => pod.metadata.annotations?.[INDEX])).size;
}

function deadlineMs(job: Job): number | undefined {
  const start = parseTime(job.status?.startTime);
  const seconds = job.spec.activeDeadlineSeconds;
  return start === undefined || seconds === undefined || job.spec.suspend === true
    ? undefined
    : start + seconds * 1_000;
}

function adjust(
  job: Job,
  active: readonly Pod[],
  terminating: readonly Pod[],
  succeeded: readonly Pod[],
  failed: readonly Pod[],
  nowMs: number,
): { writes: Write[]; created: number; requeueAfterMs?: number | undefined } {
  const parallelism = job.spec.parallelism ?? 1;
  const { completions } = job.spec;
  let wanted =
    completions === undefined
      ? succeeded.length > 0
        ? active.length
        : parallelism
      : Math.min(parallelism, completions - doneCount(job, succeeded));
  wanted = Math.max(0, wanted);
  if (active.length > wanted)
    return { writes: active.slice(wanted).map((pod) => remove(job, pod)), created: wanted - active.length };
  const missing = wanted - active.length - (job.spec['podReplacementPolicy'] === 'Failed' ? terminating.length : 0);
  if (missing <= 0) return { writes: [], created: 0 };
  const waitMs = backoffMs(failed, succeeded, nowMs);
  if (waitMs > 0) return { writes: [], created: 0, requeueAfterMs: waitMs };
  const indexes = job.spec.completionMode === 'Indexed' ? freeIndexes(job, [...active, ...succeeded], missing) : [];
  return { writes: Array.from({ length: missing }, (_, i) => create(job, indexes[i])), created: missing };
}

/** After n failures in a row, 10 s × 2^(n−1) since the last one. */
function backoffMs(failed: readonly Pod[], succeeded: readonly Pod[], nowMs: number): number {
  const lastSuccess = Math.max(0, ...succeeded.map(endedAt));
  const recent = failed.map(endedAt).filter((at) => at > lastSuccess);
  if (recent.length === 0) return 0;
  const delay = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (recent.length - 1));
  return Math.max(...recent) + delay - nowMs;
}

function endedAt(pod: Pod): number {
  const ends = (pod.status?.containerStatuses ?? []).map(
    (status) => parseTime(status.state?.terminated?.finishedAt) ?? 0,
  );
  return Math.max(parseTime(pod.metadata.creationTimestamp) ?? 0, ...ends);
}

function freeIndexes(job: Job, taken: readonly Pod[], count: number): number[] {
  const used = new Set(taken.map((pod) => pod.metadata.annotations?.[INDEX]));
  const free: number[] = [];
  for (let i = 0; i < (job.spec.completions ?? 0) && free.length < count; i++) if (!used.has(String(i))) free.push(i);
  return free;
}

function create(job: Job, index: number | undefined): Write {
  const about = referenceTo(job);
  const { template } = job.spec;
  const annotations =
    index === undefined
      ? template.metadata?.annotations
      : { ...template.metadata?.annotations, [INDEX]: String(index) };
  const labels =
    index === undefined ? template.metadata?.labels : { ...template.metadata?.labels, [INDEX]: String(index) };
  const pod = podFromTemplate({ metadata: { ...template.metadata, labels, annotations }, spec: template.spec }, job);
  const metadata = (pod as { metadata: Record<string, unknown> }).metadata;
  const body =
    index === undefined ? pod : { ...pod, metadata: { ...metadata, generateName: `${job.metadata.name}-${index}-` } };
  return {
    request: { method: 'POST', path: collectionPath('pods', job.metadata.namespace), body },
    event: { about, type: 'Normal', reason: 'SuccessfulCreate', message: 'Created pod: {name}' },
    failureEvent: { about, type: 'Warning', reason: 'FailedCreate', message: 'Error creating: {error}' },
  };
}

function remove(job: Job, pod: Pod): Write {
  return {
    request: { method: 'DELETE', path: objectPath('pods', pod), body: { preconditions: { uid: pod.metadata.uid } } },
    tolerate: [404, 409],
    event: {
      about: referenceTo(job),
      type: 'Normal',
      reason: 'SuccessfulDelete',
      message: `Deleted pod: ${pod.metadata.name}`,
    },
  };
}

interface Counts {
  readonly running: number;
  readonly ready: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly terminating: number;
}

function statusWrite(
  job: Job,
  counts: Counts,
  end: Verdict | undefined,
  succeeded: readonly Pod[],
  nowMs: number,
): Write | undefined {
  const now = formatTime(nowMs);
  const conditions = [...(job.status?.conditions ?? [])];
  const said = (type: string, reason: string, message: string): Condition => ({
    type,
    status: 'True',
    reason,
    message,
    lastProbeTime: now,
    lastTransitionTime: now,
  });
  if (end !== undefined) {
    conditions.push(said(end.type === 'Complete' ? 'SuccessCriteriaMet' : 'FailureTarget', end.reason, end.message));
    conditions.push(said(end.type, end.reason, end.message));
  }
  const suspended = conditions.find(({ type }) => type === 'Suspended');
  if (job.spec.suspend === true && suspended?.status !== 'True')
    conditions.push(said('Suspended', 'JobSuspended', 'Job suspended'));
  const startTime = job.status?.startTime ?? (job.spec.suspend === true ? undefined : now);
  const indexes = job.spec.completionMode === 'Indexed' ? ranges(succeeded) : undefined;
  const status = {
    ...(conditions.length === 0 ? {} : { conditions }),
    ...(startTime === undefined ? {} : { startTime }),
    ...(end?.type === 'Complete' ? { completionTime: now } : {}),
    ...(counts.running === 0 ? {} : { active: counts.running }),
    ...(counts.succeeded === 0 ? {} : { succeeded: counts.succeeded }),
    ...(counts.failed === 0 ? {} : { failed: counts.failed }),
    terminating: counts.terminating,
    ready: end === undefined ? counts.ready : 0,
    uncountedTerminatedPods: {},
    ...(indexes === undefined || indexes === '' ? {} : { completedIndexes: indexes }),
  };
  if (semanticEqual(status, job.status)) return undefined;
  return {
    request: { method: 'PUT', path: `${objectPath('jobs', job)}/status`, body: { ...job, status } },
    tolerate: [404],
  };
}

/** `0-2,4` */
function ranges(succeeded: readonly Pod[]): string {
  const done = [...new Set(succeeded.map((pod) => Number(pod.metadata.annotations?.[INDEX])))]
    .filter(Number.isInteger)
    .sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < done.length; ) {
    let j = i;
    while (done[j + 1] === done[j]! + 1) j++;
    parts.push(j === i ? String(done[i]) : `${done[i]}${j === i + 1 ? ',' : '-'}${done[j]}`);
    i = j + 1;
  }
  return parts.join(',');
}

function finishedCondition(job: Job): Condition | undefined {
  return job.status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );
}

function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

/** ttlSecondsAfterFinished. @source pkg/controller/ttlafterfinished */
function afterwards(job: Job, view: View): Outcome {
  const ttl = job.spec.ttlSecondsAfterFinished;
  const since = parseTime(finishedCondition(job)?.lastTransitionTime);
  if (ttl === undefined || since === undefined) return NOTHING_TO_DO;
  const left = since + ttl * 1_000 - view.nowMs;
  if (left > 0) return { writes: [], requeueAfterMs: left };
  const body = { propagationPolicy: 'Foreground', preconditions: { uid: job.metadata.uid } };
  return { writes: [{ request: { method: 'DELETE', path: objectPath('jobs', job), body }, tolerate: [404] }] };
}
