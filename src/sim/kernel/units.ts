/** Virtual time is counted in whole microseconds since the world began; safe integers reach 285 years. */
export type Us = number;

export const MILLISECOND: Us = 1_000;
export const SECOND: Us = 1_000_000;
export const MINUTE: Us = 60_000_000;

/** Wall-clock time, in epoch milliseconds, at virtual time 0: 2026-01-01T09:00:00Z. */
export const EPOCH_MS = 1_767_258_000_000;
