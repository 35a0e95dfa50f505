/**
 * Cron schedules: five fields, or `@hourly` and its like.
 * @source github.com/robfig/cron/v3 parser.go, spec.go
 */
import { civilTime, daysInMonth, epochMsOf } from './time.ts';

/** Which minutes, hours, days, months and weekdays are meant. */
export interface CronSchedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** `*` in days or weekdays: then both must fit, else either. */
  readonly anyDay: boolean;
  readonly anyWeekday: boolean;
  /** `@every 90s`: nothing but a distance. */
  readonly everyMs?: number;
}

export type CronResult =
  | { readonly ok: true; readonly schedule: CronSchedule }
  | { readonly ok: false; readonly error: string };

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: WEEKDAYS },
];
const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Reads a schedule; the error is what the CronJob's author is told. */
export function parseCron(text: string): CronResult {
  if (text === '') return { ok: false, error: 'empty spec string' };
  if (text.startsWith('@')) return parseDescriptor(text);
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5) {
    return { ok: false, error: `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]` };
  }
  const sets: Set<number>[] = [];
  for (let i = 0; i < 5; i++) {
    const parsed = parseField(fields[i] ?? '', FIELDS[i]!);
    if (typeof parsed === 'string') return { ok: false, error: parsed };
    sets.push(parsed);
  }
  const [minutes = NONE, hours = NONE, days = NONE, months = NONE, weekdays = NONE] = sets;
  const isStar = (field: string | undefined): boolean => /(^|,)[*?]/.test(field ?? '');
  const schedule = { minutes, hours, days, months, weekdays, anyDay: isStar(fields[2]), anyWeekday: isStar(fields[4]) };
  return { ok: true, schedule };
}

const NONE: ReadonlySet<number> = new Set();

function parseDescriptor(text: string): CronResult {
  const known = DESCRIPTORS[text];
  if (known !== undefined) return parseCron(known);
  const every = /^@every (?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (every === null) return { ok: false, error: `unrecognized descriptor: ${text}` };
  const [hours, minutes, seconds] = [every[1], every[2], every[3]].map((part) => Number(part ?? 0));
  const everyMs = Math.max(1, (hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1000;
  const none = { minutes: NONE, hours: NONE, days: NONE, months: NONE, weekdays: NONE };
  return { ok: true, schedule: { ...none, anyDay: true, anyWeekday: true, everyMs } };
}

function parseField(field: string, bounds: Bounds): Set<number> | string {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const error = addRange(values, part, bounds);
    if (error !== undefined) return error;
  }
  return values;
}

/** `*`, `5`, `mon`, `1-5`, `10/5`, each with an optional step. */
function addRange(values: Set<number>, part: string, bounds: Bounds): string | undefined {
  const [range = '', stepText, ...moreSteps] = part.split('/');
  const [lowText = '', highText, ...moreHyphens] = range.split('-');
  if (moreSteps.length > 0) return `too many slashes: ${part}`;
  if (moreHyphens.length > 0) return `too many hyphens: ${part}`;
  let low: number | string = bounds.min;
  let high: number | string = bounds.max;
  if (lowText !== '*' && lowText !== '?') {
    low = numberOf(lowText, bounds);
    high = highText !== undefined ? numberOf(highText, bounds) : stepText !== undefined ? bounds.max : low;
  }
  if (typeof low === 'string') return low;
  if (typeof high === 'string') return high;
  const step = stepText === undefined ? 1 : integerOf(stepText);
  if (typeof step === 'string') return step;
  if (low < bounds.min) return `beginning of range (${low}) below minimum (${bounds.min}): ${part}`;
  if (high > bounds.max) return `end of range (${high}) above maximum (${bounds.max}): ${part}`;
  if (low > high) return `beginning of range (${low}) beyond end of range (${high}): ${part}`;
  if (step === 0) return `step of range should be a positive number: ${part}`;
  for (let value = low; value <= high; value += step) values.add(value);
  return undefined;
}

function numberOf(text: string, bounds: Bounds): number | string {
  const index = bounds.names.indexOf(text.toLowerCase());
  return index >= 0 ? index + bounds.min : integerOf(text);
}

function integerOf(text: string): number | string {
  if (/^\d+$/.test(text)) return Number(text);
  if (/^-\d+$/.test(text)) return `negative number (${text}) not allowed: ${text}`;
  return `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;
}

const FIVE_YEARS = 5;

/** The first moment after `afterMs` (UTC, whole minutes) that fits; undefined when none comes within five years. */
export function nextCronTime(schedule: CronSchedule, afterMs: number): number | undefined {
  if (schedule.everyMs !== undefined) return Math.floor(afterMs / 1000) * 1000 + schedule.everyMs;
  let { year, month, day, hour, minute } = civilTime((Math.floor(afterMs / 60_000) + 1) * 60_000);
  const lastYear = year + FIVE_YEARS;
  while (year <= lastYear) {
    if (!schedule.months.has(month)) {
      [month, day, hour, minute] = [month + 1, 1, 0, 0];
    } else if (!dayFits(schedule, year, month, day)) {
      [day, hour, minute] = [day + 1, 0, 0];
    } else if (!schedule.hours.has(hour)) {
      [hour, minute] = [hour + 1, 0];
    } else if (!schedule.minutes.has(minute)) {
      minute++;
    } else {
      return epochMsOf(year, month, day, hour, minute);
    }
    if (minute > 59) [minute, hour] = [0, hour + 1];
    if (hour > 23) [hour, day] = [0, day + 1];
    if (day > daysInMonth(year, month)) [day, month] = [1, month + 1];
    if (month > 12) [month, year] = [1, year + 1];
  }
  return undefined;
}

function dayFits(schedule: CronSchedule, year: number, month: number, day: number): boolean {
  const { weekday } = civilTime(epochMsOf(year, month, day));
  const byDay = schedule.days.has(day);
  const byWeekday = schedule.weekdays.has(weekday);
  return schedule.anyDay || schedule.anyWeekday ? byDay && byWeekday : byDay || byWeekday;
}
