/** CronJob controller: a Job whenever the schedule says so. Models pkg/controller/cronjob/cronjob_controllerv2.go. */
import { parseCron } from '../api/cron-schedule.ts';
import { semanticEqual } from '../api/equal.ts';
import { formatTime, parseTime } from '../api/time.ts';
import type { CronJob, Job, ObjectReference } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import { controllerKeys } from './claim.ts';
import { type Controller, type EventSpec, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { dueTime, untilNextMs, zoneOffsetMs } from './cronjob-schedule.ts';
import { finishedCondition } from './job-status.ts';
import { controllerOf, ownerReference } from './pods.ts';
import { collectionPath, objectPath } from './resources.ts';

const SCHEDULED = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

export const cronJobController: Controller = {
  name: 'cronjob-controller',
  account: 'cronjob-controller',
  watches: ['cronjobs', 'jobs'],
  workers: 5,
  workersFlag: 'concurrent-cron-job-syncs',
  keysOf: (resource, delta) => (resource === 'cronjobs' ? [delta.key] : controllerKeys(delta, 'CronJob')),
  reconcile,
};

type Status = NonNullable<CronJob['status']>;

function reconcile(key: string, view: View): Outcome {
  const cronJob = view.get('cronjobs', key) as CronJob | undefined;
  if (cronJob === undefined) return NOTHING_TO_DO;
  const jobs = (view.by('jobs', 'byOwner', cronJob.metadata.uid ?? '') as readonly Job[]).filter(
    (job) => controllerOf(job)?.uid === cronJob.metadata.uid,
  );
  const { status, events } = bookkeeping(cronJob, jobs);
  const known = { ...cronJob, status };
  const plan = cronJob.metadata.deletionTimestamp === undefined ? start(known, jobs, view) : NOTHING_TO_DO;
  const writes = [...plan.writes, ...cleanUp(cronJob, jobs)];
  if (!semanticEqual(status, cronJob.status)) {
    const path = `${objectPath('cronjobs', cronJob)}/status`;
    writes.unshift({ request: { method: 'PUT', path, body: known }, tolerate: [404] });
  }
  return { writes, events: [...events, ...(plan.events ?? [])], requeueAfterMs: plan.requeueAfterMs };
}

/** Which Jobs run, which have ended, and when the last one was due. */
function bookkeeping(cronJob: CronJob, jobs: readonly Job[]): { status: Status; events: EventSpec[] } {
  const about = referenceTo(cronJob);
  const events: EventSpec[] = [];
  const say = (type: EventSpec['type'], reason: string, message: string) =>
    events.push({ about, type, reason, message });
  let active = [...(cronJob.status?.active ?? [])];
  let lastScheduleMs = parseTime(cronJob.status?.lastScheduleTime);
  let lastSuccessfulTime = cronJob.status?.lastSuccessfulTime;
  for (const job of jobs) {
    const { name, uid, annotations } = job.metadata;
    const listed = active.some((reference) => reference.uid === uid);
    const finished = finishedCondition(job);
    const dueMs = parseTime(annotations?.[SCHEDULED]);
    const isNew = dueMs !== undefined && dueMs > (lastScheduleMs ?? 0);
    if (isNew) lastScheduleMs = dueMs;
    if (finished === undefined) {
      if (listed) continue;
      if (isNew) active.push(jobReference(job));
      else say('Warning', 'UnexpectedJob', `Saw a job that the controller did not create or forgot: ${name}`);
      continue;
    }
    if (listed || isNew) {
      active = active.filter((reference) => reference.uid !== uid);
      say('Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${finished.type}`);
    }
    const ended = finished.type === 'Complete' ? job.status?.completionTime : undefined;
    if (ended !== undefined && ended > (lastSuccessfulTime ?? '')) lastSuccessfulTime = ended;
  }
  for (const reference of [...active]) {
    if (jobs.some(({ metadata }) => metadata.uid === reference.uid)) continue;
    say('Normal', 'MissingJob', `Active job went missing: ${reference.name}`);
    active.splice(active.indexOf(reference), 1);
  }
  const status: Status = {
    ...(active.length === 0 ? {} : { active }),
    ...(lastScheduleMs === undefined ? {} : { lastScheduleTime: formatTime(lastScheduleMs) }),
    ...(lastSuccessfulTime === undefined ? {} : { lastSuccessfulTime }),
  };
  return { status, events };
}

function jobReference({ apiVersion, kind, metadata }: Job): ObjectReference {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { kind, namespace, name, uid, apiVersion, resourceVersion };
}

/** @source syncCronJob */
function start(cronJob: CronJob, jobs: readonly Job[], view: View): Outcome {
  const about = referenceTo(cronJob);
  const { spec } = cronJob;
  const complain = (reason: string, message: string): Outcome => ({
    writes: [],
    events: [{ about, type: 'Warning', reason, message }],
  });
  const offsetMs = zoneOffsetMs(spec.timeZone);
  if (offsetMs === undefined)
    return complain(
      'UnknownTimeZone',
      `invalid timeZone: "${spec.timeZone}": not simulated: zones other than UTC and Etc/GMT±n`,
    );
  if (spec.suspend === true) return NOTHING_TO_DO;
  const parsed = parseCron(spec.schedule);
  if (!parsed.ok)
    return complain('UnparseableSchedule', `unparseable schedule: ${JSON.stringify(spec.schedule)} : ${parsed.error}`);
  const { schedule } = parsed;
  const requeueAfterMs = untilNextMs(schedule, offsetMs, view.nowMs);
  const later = (event?: Omit<EventSpec, 'about'>): Outcome => ({
    writes: [],
    events: event === undefined ? [] : [{ about, ...event }],
    requeueAfterMs,
  });
  const { atMs, missedMany } = dueTime(cronJob, schedule, offsetMs, view.nowMs);
  const events: EventSpec[] = [];
  if (missedMany) {
    const message = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew';
    events.push({ about, type: 'Warning', reason: 'TooManyMissedTimes', message });
  }
  if (atMs === undefined) return { ...later(), events };
  const deadline = spec.startingDeadlineSeconds;
  if (deadline !== undefined && atMs + deadline * 1_000 < view.nowMs) {
    const message = `Missed scheduled time to start a job: ${formatTime(atMs)}`;
    return later({ type: 'Warning', reason: 'MissSchedule', message });
  }
  const name = jobName(cronJob, atMs);
  const active = cronJob.status?.active ?? [];
  const started =
    parseTime(cronJob.status?.lastScheduleTime) === atMs || jobs.some(({ metadata }) => metadata.name === name);
  if (started) return later();
  if (spec.concurrencyPolicy === 'Forbid' && active.length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
    return later({ type: 'Normal', reason: 'JobAlreadyActive', message });
  }
  const replaced =
    spec.concurrencyPolicy === 'Replace'
      ? jobs.filter(({ metadata }) => active.some(({ uid }) => uid === metadata.uid)).map((job) => remove(cronJob, job))
      : [];
  return { writes: [...replaced, create(cronJob, name, atMs)], events, requeueAfterMs };
}

/** The minute it was due is in its name: no start is made twice. */
function jobName(cronJob: CronJob, atMs: number): string {
  return `${cronJob.metadata.name}-${Math.floor(atMs / 60_000)}`;
}

function create(cronJob: CronJob, name: string, atMs: number): Write {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  const { namespace } = cronJob.metadata;
  const body = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace,
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      annotations: { ...metadata?.annotations, [SCHEDULED]: formatTime(atMs) },
      ownerReferences: [ownerReference(cronJob)],
    },
    spec,
  };
  const about = referenceTo(cronJob);
  return {
    request: { method: 'POST', path: collectionPath('jobs', namespace), body },
    tolerate: [409],
    event: { about, type: 'Normal', reason: 'SuccessfulCreate', message: `Created job ${name}` },
    failureEvent: { about, type: 'Warning', reason: 'FailedCreate', message: 'Error creating job: {error}' },
  };
}

function remove(cronJob: CronJob, job: Job): Write {
  const about = referenceTo(cronJob);
  const body = { propagationPolicy: 'Background', preconditions: { uid: job.metadata.uid } };
  return {
    request: { method: 'DELETE', path: objectPath('jobs', job), body },
    tolerate: [404, 409],
    event: { about, type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted job ${job.metadata.name}` },
    failureEvent: { about, type: 'Warning', reason: 'FailedDelete', message: 'Deleted job: {error}' },
  };
}

/** The oldest finished Jobs beyond the history limits. */
function cleanUp(cronJob: CronJob, jobs: readonly Job[]): Write[] {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob.spec;
  const surplus = (type: string, limit: number | undefined): Job[] => {
    if (limit === undefined) return [];
    const finished = jobs.filter((job) => finishedCondition(job)?.type === type);
    finished.sort((a, b) => ((a.status?.startTime ?? '') < (b.status?.startTime ?? '') ? -1 : 1));
    return finished.slice(0, Math.max(0, finished.length - limit));
  };
  const old = [...surplus('Complete', successfulJobsHistoryLimit), ...surplus('Failed', failedJobsHistoryLimit)];
  return old.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map((job) => remove(cronJob, job));
}
