/**
 * PrioritySort: the queue gives out the most important pod first, and among equals the one that has waited longest.
 * @source pkg/scheduler/framework/plugins/queuesort/priority_sort.go
 */
import type { Plugin } from '../framework.ts';

export interface Queued {
  readonly priority: number;
  /** When it was (last) put into the queue, µs. */
  readonly queuedAtUs: number;
}

/** Negative when `a` is to be scheduled before `b`. */
export function compareQueued(a: Queued, b: Queued): number {
  return a.priority !== b.priority ? b.priority - a.priority : a.queuedAtUs - b.queuedAtUs;
}

export const prioritySort: Plugin = { name: 'PrioritySort' };
