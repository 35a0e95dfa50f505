/** Numbers as people write them on a command line. */

/** @returns undefined when it is no whole number between the two, both included */
export function wholeNumber(text: string, low: number, high: number): number | undefined {
  if (!/^\d{1,15}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= low && value <= high ? value : undefined;
}

/** `90s`, `1m30s`, `250ms`, `2h`; a bare number is seconds. @returns microseconds, undefined when it is none of these */
export function durationUs(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1_000_000);
  const units: Readonly<Record<string, number>> = { us: 1, ms: 1_000, s: 1_000_000, m: 60_000_000, h: 3_600_000_000 };
  if (!/^(\d+(\.\d+)?(us|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, value = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(us|ms|s|m|h)/g))
    total += Number(value) * (units[unit] ?? 0);
  return Math.round(total);
}
