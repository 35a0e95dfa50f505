/** Durations as Go prints them. */
import { formatGoDuration } from '../../sim/api/time.ts';

/** `7s`, `1m30s`. */
export function goDuration(ms: number): string {
  return formatGoDuration(Math.round(ms * 1000));
}
