import type { Us } from './units.ts';

/** What a component is told. `type` is the event's name in its statechart; the rest is plain data. */
export interface KernelEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** One thing that is going to happen: the row of the event queue, and later of the trace. */
export interface QueueRow {
  readonly at: Us;
  /** Order of creation; breaks ties of time, and names the row in the trace. */
  readonly seq: number;
  /** Who is told: a process id, or '' for the kernel itself. */
  readonly to: string;
  readonly event: KernelEvent;
  /** Who said it: a process id, or '' for the kernel, a timer or an input. */
  readonly from: string;
  /** `seq` of the row during which this one was made; 0 = an input from outside. */
  readonly cause: number;
  /** Which life of the process it is meant for; a row for an earlier life is dropped. 0 = any. */
  readonly life: number;
  /** Set on timers: valid only while the process still holds this key for this seq. */
  readonly timer: string | undefined;
}

/** Event queue: a binary heap ordered by (at, seq). Plain data. */
export interface Queue {
  readonly heap: QueueRow[];
}

export function push(queue: Queue, row: QueueRow): void {
  const { heap } = queue;
  let index = heap.length;
  heap.push(row);
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent]!;
    if (before(above, row)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = row;
}

export function pop(queue: Queue): QueueRow | undefined {
  const { heap } = queue;
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let index = 0;
  const half = heap.length >> 1;
  while (index < half) {
    let child = 2 * index + 1;
    if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
    if (before(last, heap[child]!)) break;
    heap[index] = heap[child]!;
    index = child;
  }
  heap[index] = last;
  return first;
}

export function peek(queue: Queue): QueueRow | undefined {
  return queue.heap[0];
}

function before(a: QueueRow, b: QueueRow): boolean {
  return a.at < b.at || (a.at === b.at && a.seq < b.seq);
}
