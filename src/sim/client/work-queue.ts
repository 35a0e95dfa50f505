/**
 * Keys to be reconciled: each at most once in the queue, never two at a time, with back-off a key. Models client-go's
 * util/workqueue (5 ms doubling to 1000 s). Plain data; delays are timers of the owner.
 */
import type { Io } from '../kernel/io.ts';
import { MILLISECOND } from '../kernel/units.ts';

export interface WorkQueue {
  readonly name: string;
  readonly ready: string[];
  readonly dirty: Set<string>;
  readonly processing: Set<string>;
  readonly failures: Map<string, number>;
}

const FIRST_BACKOFF_MS = 5;
const MAX_BACKOFF_MS = 1_000_000;
export const WORK_DUE = 'WORK_DUE';

export function createWorkQueue(name: string): WorkQueue {
  return { name, ready: [], dirty: new Set(), processing: new Set(), failures: new Map() };
}

export function add(queue: WorkQueue, key: string): void {
  if (queue.dirty.has(key)) return;
  queue.dirty.add(key);
  if (!queue.processing.has(key)) queue.ready.push(key);
}

/** The next key, now being processed; undefined when there is none. */
export function take(queue: WorkQueue): string | undefined {
  const key = queue.ready.shift();
  if (key === undefined) return undefined;
  queue.dirty.delete(key);
  queue.processing.add(key);
  return key;
}

/** The key has been processed; it goes back in line if it was added meanwhile. */
export function done(queue: WorkQueue, key: string): void {
  queue.processing.delete(key);
  if (queue.dirty.has(key)) queue.ready.push(key);
}

/** A timer of the owner: event `WORK_DUE {queue, key}`. An earlier one for the same key is replaced. */
export function addAfter(queue: WorkQueue, io: Io, key: string, delayUs: number): void {
  if (delayUs <= 0) add(queue, key);
  else io.setTimer(`${queue.name}:${key}`, delayUs, { type: WORK_DUE, queue: queue.name, key });
}

export function addRateLimited(queue: WorkQueue, io: Io, key: string): void {
  const failures = queue.failures.get(key) ?? 0;
  queue.failures.set(key, failures + 1);
  addAfter(queue, io, key, Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.min(failures, 30)) * MILLISECOND);
}

export function forget(queue: WorkQueue, key: string): void {
  queue.failures.delete(key);
}
