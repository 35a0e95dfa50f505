/** When a CronJob is due: the latest start that has not been made, and the next one. Models pkg/controller/cronjob/utils.go. */
import { type CronSchedule, nextCronTime } from '../api/cron-schedule.ts';
import { parseTime } from '../api/time.ts';
import type { CronJob } from '../api/types.ts';

/** The timer goes off a little after the minute, so that it is surely past. */
const DELTA_MS = 100;
const MANY = 100;

export interface Due {
  /** The latest time a start was due, epoch ms; undefined = none since the last. */
  readonly atMs: number | undefined;
  readonly missedMany: boolean;
}

/** Times of a schedule in a zone that is so far ahead of UTC. */
export function nextTime(schedule: CronSchedule, afterMs: number, offsetMs: number): number {
  const next = nextCronTime(schedule, afterMs + offsetMs);
  return next === undefined ? Number.POSITIVE_INFINITY : next - offsetMs;
}

/** Milliseconds east of UTC; undefined for zones whose rules are not simulated. */
export function zoneOffsetMs(timeZone: string | undefined): number | undefined {
  if (timeZone === undefined || /^(Etc\/)?(UTC|UCT|GMT|Zulu|Universal|GMT[+-]?0)$/.test(timeZone)) return 0;
  // POSIX counts west: Etc/GMT+5 is five hours behind.
  const fixed = /^Etc\/GMT([+-]\d{1,2})$/.exec(timeZone);
  return fixed === null ? undefined : -Number(fixed[1]) * 3_600_000;
}

export function dueTime(cronJob: CronJob, schedule: CronSchedule, offsetMs: number, nowMs: number): Due {
  const { startingDeadlineSeconds } = cronJob.spec;
  let earliestMs = startOf(cronJob);
  if (startingDeadlineSeconds !== undefined) earliestMs = Math.max(earliestMs, nowMs - startingDeadlineSeconds * 1_000);
  const first = nextTime(schedule, earliestMs, offsetMs);
  if (nowMs < first) return { atMs: undefined, missedMany: false };
  const second = nextTime(schedule, first, offsetMs);
  if (nowMs < second) return { atMs: first, missedMany: false };
  const between = second - first;
  const missed = Math.floor((nowMs - first) / between) + 1;
  // Not every start since then one by one: there may be a great many.
  let latest: number | undefined;
  for (
    let at = nextTime(schedule, first + (missed - 2) * between, offsetMs);
    at <= nowMs;
    at = nextTime(schedule, at, offsetMs)
  )
    latest = at;
  return { atMs: latest, missedMany: missed > MANY };
}

/** How long until the start after this moment. */
export function untilNextMs(schedule: CronSchedule, offsetMs: number, nowMs: number): number | undefined {
  const next = nextTime(schedule, nowMs, offsetMs);
  return Number.isFinite(next) ? next + DELTA_MS - nowMs : undefined;
}

function startOf({ metadata, status }: CronJob): number {
  return parseTime(status?.lastScheduleTime) ?? parseTime(metadata.creationTimestamp) ?? 0;
}
