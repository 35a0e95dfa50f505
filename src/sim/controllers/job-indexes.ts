/** Completion indexes of an Indexed Job: sets of numbers written as `0-2,4,7,8`. Models pkg/controller/job/indexed_job_utils.go. */
import type { Pod } from '../api/types.ts';

export const INDEX = 'batch.kubernetes.io/job-completion-index';
export const INDEX_FAILURES = 'batch.kubernetes.io/job-index-failure-count';
export const INDEX_IGNORED = 'batch.kubernetes.io/job-index-ignored-failure-count';

/** The index of a pod, undefined when it has none. */
export function indexOf(pod: Pod): number | undefined {
  const text = pod.metadata.annotations?.[INDEX];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Failures of this index before this pod, ignored ones included. */
export function failuresBefore(pod: Pod): number {
  return countOf(pod, INDEX_FAILURES) + countOf(pod, INDEX_IGNORED);
}

export function countOf(pod: Pod, annotation: string): number {
  const count = Number(pod.metadata.annotations?.[annotation] ?? 0);
  return Number.isInteger(count) && count > 0 ? count : 0;
}

/** `0-2,4` → 0, 1, 2, 4; nothing at or beyond `completions`. */
export function parseIndexes(text: unknown, completions: number): Set<number> {
  const indexes = new Set<number>();
  if (typeof text !== 'string' || text === '') return indexes;
  for (const part of text.split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) continue;
    const last = Math.min(Number(match[2] ?? match[1]), completions - 1);
    for (let index = Number(match[1]); index <= last; index++) indexes.add(index);
  }
  return indexes;
}

/** Three or more in a row become a range. */
export function formatIndexes(indexes: ReadonlySet<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    let j = i;
    while (sorted[j + 1] === sorted[j]! + 1) j++;
    if (j === i) parts.push(String(sorted[i]));
    else parts.push(`${sorted[i]}${j === i + 1 ? ',' : '-'}${sorted[j]}`);
    i = j + 1;
  }
  return parts.join(',');
}

/** The lowest indexes that are neither done nor at work. */
export function pendingIndexes(count: number, completions: number, taken: ReadonlySet<number>): number[] {
  const pending: number[] = [];
  for (let index = 0; index < completions && pending.length < count; index++)
    if (!taken.has(index)) pending.push(index);
  return pending;
}
