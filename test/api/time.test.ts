import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextCronTime, parseCron } from '../../src/sim/api/cron-schedule.ts';
import {
  ageOf,
  civilTime,
  formatGoDuration,
  formatMicroTime,
  formatTime,
  humanDuration,
  parseGoDuration,
  parseMicroTime,
  parseTime,
  shortHumanDuration,
} from '../../src/sim/api/time.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('an age', () => {
  test.each([
    [-5 * SECOND, '<invalid>'],
    [-1 * SECOND, '0s'],
    [0, '0s'],
    [119 * SECOND, '119s'],
    [120 * SECOND, '2m'],
    [330 * SECOND, '5m30s'],
    [179 * MINUTE, '179m'],
    [7 * HOUR + 5 * MINUTE, '7h5m'],
    [8 * HOUR, '8h'],
    [47 * HOUR, '47h'],
    [7 * DAY + 4 * HOUR, '7d4h'],
    [600 * DAY, '600d'],
    [760 * DAY, '2y30d'],
    [9 * 365 * DAY, '9y'],
  ])('of %d ms is %s', (ms, text) => {
    expect(humanDuration(ms)).toBe(text);
  });

  test('is unknown without a time, and short where it must be', () => {
    expect(ageOf(undefined, 0)).toBe('<unknown>');
    expect(ageOf('2026-01-01T00:00:00Z', parseTime('2026-01-01T00:00:30Z') ?? 0)).toBe('30s');
    expect([59, 60, 3600, 86_400].map((seconds) => shortHumanDuration(seconds * SECOND))).toEqual([
      '59s',
      '1m',
      '1h',
      '1d',
    ]);
  });
});

describe('a time', () => {
  const instant = fc.integer({ min: 0, max: 4_000_000_000 });

  test('agrees with the calendar of JavaScript', () => {
    fc.assert(
      fc.property(instant, (seconds) => {
        const date = new Date(seconds * 1000);
        expect(formatTime(seconds * 1000)).toBe(`${date.toISOString().slice(0, 19)}Z`);
        expect(parseTime(date.toISOString())).toBe(seconds * 1000);
        expect(civilTime(seconds * 1000).weekday).toBe(date.getUTCDay());
      }),
    );
  });

  test('keeps its microseconds and understands zones', () => {
    expect(formatMicroTime(1_767_258_000_000_123)).toBe('2026-01-01T09:00:00.000123Z');
    expect(parseMicroTime('2026-01-01T09:00:00.000123Z')).toBe(1_767_258_000_000_123);
    expect(parseTime('2026-01-01T10:00:00+01:00')).toBe(parseTime('2026-01-01T09:00:00Z'));
    for (const wrong of ['', '2026-02-30T00:00:00Z', '2026-01-01', '2026-01-01T25:00:00Z']) {
      expect(parseTime(wrong)).toBeUndefined();
    }
  });

  test('as a Go duration reads back what it writes', () => {
    expect(formatGoDuration(3_723_500_000)).toBe('1h2m3.5s');
    expect(formatGoDuration(300_000)).toBe('300ms');
    expect(parseGoDuration('1h30m')).toBe(5_400_000_000);
    expect(parseGoDuration('5')).toBeUndefined();
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), (us) => {
        expect(parseGoDuration(formatGoDuration(us))).toBe(us);
      }),
    );
  });
});

describe('a cron schedule', () => {
  const next = (schedule: string, after: string): string | undefined => {
    const parsed = parseCron(schedule);
    if (!parsed.ok) throw new Error(parsed.error);
    const time = nextCronTime(parsed.schedule, parseTime(after) ?? 0);
    return time === undefined ? undefined : formatTime(time);
  };

  test.each([
    ['*/5 * * * *', '2026-01-01T09:02:10Z', '2026-01-01T09:05:00Z'],
    ['0 0 * * *', '2026-01-01T09:00:00Z', '2026-01-02T00:00:00Z'],
    ['30 8 * * mon-fri', '2026-01-02T09:00:00Z', '2026-01-05T08:30:00Z'],
    ['0 0 29 2 *', '2026-01-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['0 12 13 * 5', '2026-01-01T00:00:00Z', '2026-01-02T12:00:00Z'],
    ['@hourly', '2026-12-31T23:30:00Z', '2027-01-01T00:00:00Z'],
  ])('%s after %s fires at %s', (schedule, after, fires) => {
    expect(next(schedule, after)).toBe(fires);
  });

  test('that never comes is told so, and a wrong one says why', () => {
    expect(next('0 0 31 2 *', '2026-01-01T00:00:00Z')).toBeUndefined();
    expect(parseCron('60 * * * *')).toEqual({ ok: false, error: 'end of range (60) above maximum (59): 60' });
    expect(parseCron('a * * * *')).toEqual({
      ok: false,
      error: 'failed to parse int from a: strconv.Atoi: parsing "a": invalid syntax',
    });
    expect(parseCron('@often')).toEqual({ ok: false, error: 'unrecognized descriptor: @often' });
  });
});
