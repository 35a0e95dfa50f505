/**
 * Times as Kubernetes writes them, computed by hand: the simulation knows no wall clock and no `Date`.
 * An instant is milliseconds (or microseconds) since 1970-01-01T00:00:00Z.
 */
const DAY_MS = 86_400_000;

/** `2026-01-01T09:00:00Z`: whole seconds, what metav1.Time prints. */
export function formatTime(epochMs: number): string {
  return `${formatCivil(Math.floor(epochMs / 1000))}Z`;
}

/** `2026-01-01T09:00:00.000000Z`: what metav1.MicroTime prints. */
export function formatMicroTime(epochUs: number): string {
  const seconds = Math.floor(epochUs / 1_000_000);
  return `${formatCivil(seconds)}.${pad(epochUs - seconds * 1_000_000, 6)}Z`;
}

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?(Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds since the epoch of an RFC 3339 time (fractions and zone offsets understood), or undefined. */
export function parseTime(text: string | null | undefined): number | undefined {
  const us = parseMicroTime(text);
  return us === undefined ? undefined : Math.floor(us / 1000);
}

/** Microseconds since the epoch of an RFC 3339 time, or undefined when it is none. */
export function parseMicroTime(text: string | null | undefined): number | undefined {
  if (text === undefined || text === null) return undefined;
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const year = Number(match[1]);
  const month = Number(match[2]);
  const day = Number(match[3]);
  const hour = Number(match[4]);
  const minute = Number(match[5]);
  const second = Number(match[6]);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const fractionUs = Number((match[7] ?? '').slice(0, 6).padEnd(6, '0'));
  const zone = match[8] ?? 'Z';
  const offsetMinutes =
    zone === 'Z' ? 0 : (zone[0] === '-' ? -1 : 1) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)));
  const seconds = daysFromCivil(year, month, day) * 86_400 + hour * 3600 + (minute - offsetMinutes) * 60 + second;
  return seconds * 1_000_000 + fractionUs;
}

export interface CivilTime {
  readonly year: number;
  /** 1…12 */
  readonly month: number;
  /** 1…31 */
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 is Sunday */
  readonly weekday: number;
}

/** The calendar reading (UTC) of an instant. */
export function civilTime(epochMs: number): CivilTime {
  const days = Math.floor(epochMs / DAY_MS);
  const secondOfDay = Math.floor((epochMs - days * DAY_MS) / 1000);
  const { year, month, day } = civilFromDays(days);
  return {
    year,
    month,
    day,
    hour: Math.floor(secondOfDay / 3600),
    minute: Math.floor(secondOfDay / 60) % 60,
    second: secondOfDay % 60,
    weekday: (((days + 4) % 7) + 7) % 7,
  };
}

/** The instant (ms since the epoch) of a UTC calendar reading. */
export function epochMsOf(year: number, month: number, day: number, hour = 0, minute = 0, second = 0): number {
  return (daysFromCivil(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second) * 1000;
}

/** Days in a month (1…12) of a Gregorian year. */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/**
 * The AGE column: `119s`, `5m30s`, `179m`, `7h5m`, `47h`, `7d4h`, `600d`, `2y30d`.
 * @source staging/src/k8s.io/apimachinery/pkg/util/duration/duration.go HumanDuration
 */
export function humanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 60 * 2) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 60 * 3) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  if (hours < 24 * 8)
    return hours % 24 === 0 ? `${Math.floor(hours / 24)}d` : `${Math.floor(hours / 24)}d${hours % 24}h`;
  const days = Math.floor(hours / 24);
  if (hours < 24 * 365 * 2) return `${days}d`;
  const years = Math.floor(days / 365);
  if (hours < 24 * 365 * 8) return days % 365 === 0 ? `${years}y` : `${years}y${days % 365}d`;
  return `${years}y`;
}

/**
 * One unit only: `3s`, `4m`, `5h`, `6d`, `7y`.
 * @source staging/src/k8s.io/apimachinery/pkg/util/duration/duration.go ShortHumanDuration
 */
export function shortHumanDuration(durationMs: number): string {
  const seconds = Math.trunc(durationMs / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.trunc(durationMs / 60_000);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.trunc(durationMs / 3_600_000);
  if (hours < 24) return `${hours}h`;
  if (hours < 24 * 365) return `${Math.floor(hours / 24)}d`;
  return `${Math.floor(hours / 24 / 365)}y`;
}

/** What a table prints for a timestamp: its age at `nowMs`, or `<unknown>`. */
export function ageOf(time: string | null | undefined, nowMs: number): string {
  const epochMs = parseTime(time);
  return epochMs === undefined ? '<unknown>' : humanDuration(nowMs - epochMs);
}

const GO_UNITS_US: Readonly<Record<string, number>> = {
  ns: 0.001,
  us: 1,
  µs: 1,
  ms: 1000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
};

/** Microseconds of a Go duration (`1h2m3.5s`, `300ms`, `0`), or undefined. */
export function parseGoDuration(text: string): number | undefined {
  const match = /^([-+]?)((?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))+$/.exec(text);
  if (/^[-+]?0$/.test(text)) return 0;
  if (match === null) return undefined;
  let us = 0;
  for (const part of text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g)) {
    us += Number(part[1]) * (GO_UNITS_US[part[2] ?? ''] ?? 0);
  }
  return (match[1] === '-' ? -1 : 1) * Math.round(us);
}

/** A duration as Go's `Duration.String()` prints it: `1h2m3.5s`, `300ms`, `0s`. */
export function formatGoDuration(durationUs: number): string {
  if (durationUs === 0) return '0s';
  const sign = durationUs < 0 ? '-' : '';
  const us = Math.abs(durationUs);
  if (us < 1000) return `${sign}${us}µs`;
  if (us < 1_000_000) return `${sign}${decimal(us, 1000)}ms`;
  const totalSeconds = Math.floor(us / 1_000_000);
  const hours = Math.floor(totalSeconds / 3600);
  const minutes = Math.floor(totalSeconds / 60) % 60;
  const seconds = `${decimal(us - (hours * 3600 + minutes * 60) * 1_000_000, 1_000_000)}s`;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`;
}

function decimal(value: number, unit: number): string {
  const integer = Math.floor(value / unit);
  const rest = value - integer * unit;
  if (rest === 0) return `${integer}`;
  return `${integer}.${pad(rest, String(unit).length - 1).replace(/0+$/, '')}`;
}

function formatCivil(epochSeconds: number): string {
  const days = Math.floor(epochSeconds / 86_400);
  const second = epochSeconds - days * 86_400;
  const { year, month, day } = civilFromDays(days);
  const clock = `${pad(Math.floor(second / 3600), 2)}:${pad(Math.floor(second / 60) % 60, 2)}:${pad(second % 60, 2)}`;
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}T${clock}`;
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0');
}

/** Days since 1970-01-01 of a Gregorian date; eras of 400 years make it plain integer arithmetic. */
function daysFromCivil(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function civilFromDays(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leap = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leap) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthIndex = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthIndex + 2) / 5) + 1;
  const month = monthIndex < 10 ? monthIndex + 3 : monthIndex - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}
