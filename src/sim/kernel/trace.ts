/** The trace: who said what to whom, caused by what. A bounded ring of executed rows with the notes their machines left. */
import type { QueueRow } from './queue.ts';

export interface TraceRow {
  readonly row: QueueRow;
  /** State before and after, of the process that was told. */
  readonly before: string;
  readonly after: string;
  /** Sentences that the machine left about this step. */
  readonly notes: readonly string[];
}

export interface Trace {
  readonly capacity: number;
  readonly rows: TraceRow[];
  /** Index in `rows` where the next one goes once the ring is full. */
  next: number;
}

export const NO_NOTES: readonly string[] = Object.freeze([]);

export function createTrace(capacity: number): Trace {
  return { capacity, rows: [], next: 0 };
}

export function record(trace: Trace, row: TraceRow): void {
  if (trace.rows.length < trace.capacity) {
    trace.rows.push(row);
    return;
  }
  trace.rows[trace.next] = row;
  trace.next = (trace.next + 1) % trace.capacity;
}

/** Newest first, lazily. */
export function* newestFirst(trace: Trace): Generator<TraceRow> {
  const { rows } = trace;
  for (let i = 0; i < rows.length; i++) yield rows[(trace.next - 1 - i + 2 * rows.length) % rows.length]!;
}

/** The chain of causes of a row, nearest first, as far back as the ring reaches. */
export function causesOf(trace: Trace, seq: number): TraceRow[] {
  const chain: TraceRow[] = [];
  let wanted = seq;
  for (const candidate of newestFirst(trace)) {
    if (candidate.row.seq !== wanted) continue;
    chain.push(candidate);
    wanted = candidate.row.cause;
    if (wanted === 0) break;
  }
  return chain;
}
