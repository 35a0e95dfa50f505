/**
 * What the leader knows of one member's log, and how boldly it may send.
 * probe: one append per heartbeat until an answer shows where the logs meet. replicate: stream optimistically.
 * snapshot: the log no longer reaches back; wait until the snapshot is in.
 * @source raft:tracker/progress.go
 */
export interface Progress {
  state: 'probe' | 'replicate' | 'snapshot';
  /** Highest index known to be equal on both. match < next. */
  match: number;
  /** The entry to send next. */
  next: number;
  sentCommit: number;
  pendingSnapshot: number;
  /** Heard from since the last quorum check. */
  recentActive: boolean;
  /** Wait for an answer (or a heartbeat's) before the next append. */
  paused: boolean;
  /** Last index of each append that is on its way, ascending. */
  inflights: number[];
  isLearner: boolean;
}

/** etcd allows this many unanswered appends to one member. */
export const MAX_INFLIGHT_MESSAGES = 512;

export function createProgress(next: number, isLearner: boolean): Progress {
  return {
    state: 'probe',
    match: 0,
    next,
    sentCommit: 0,
    pendingSnapshot: 0,
    recentActive: false,
    paused: false,
    inflights: [],
    isLearner,
  };
}

export function becomeProbe(progress: Progress): void {
  const pendingSnapshot = progress.state === 'snapshot' ? progress.pendingSnapshot : 0;
  reset(progress, 'probe');
  progress.next = Math.max(progress.match + 1, pendingSnapshot + 1);
  progress.sentCommit = Math.min(progress.sentCommit, progress.next - 1);
}

export function becomeReplicate(progress: Progress): void {
  reset(progress, 'replicate');
  progress.next = progress.match + 1;
}

export function becomeSnapshot(progress: Progress, index: number): void {
  reset(progress, 'snapshot');
  progress.pendingSnapshot = index;
  progress.next = index + 1;
  progress.sentCommit = index;
}

function reset(progress: Progress, state: Progress['state']): void {
  progress.state = state;
  progress.paused = false;
  progress.pendingSnapshot = 0;
  progress.inflights.length = 0;
}

export function isPaused(progress: Progress): boolean {
  return progress.state === 'snapshot' || progress.paused;
}

export function inflightsFull(progress: Progress): boolean {
  return progress.inflights.length >= MAX_INFLIGHT_MESSAGES;
}

/** An append with `count` entries went out. */
export function sentEntries(progress: Progress, count: number): void {
  if (progress.state === 'replicate') {
    if (count > 0) {
      progress.next += count;
      progress.inflights.push(progress.next - 1);
    }
    progress.paused = inflightsFull(progress);
  } else if (count > 0) {
    progress.paused = true;
  }
}

/** Would telling `commit` move the member's commit index? */
export function canBumpCommit(progress: Progress, commit: number): boolean {
  return commit > progress.sentCommit && progress.sentCommit < progress.next - 1;
}

/** The member acknowledged everything up to `index`. False when that is old news. */
export function maybeUpdate(progress: Progress, index: number): boolean {
  if (index <= progress.match) return false;
  progress.match = index;
  if (progress.next <= index) progress.next = index + 1;
  progress.paused = false;
  return true;
}

/** The member refused an append after `rejected`. False when the refusal is stale. */
export function maybeDecreaseTo(progress: Progress, rejected: number, matchHint: number): boolean {
  if (progress.state === 'replicate') {
    if (rejected <= progress.match) return false;
    progress.next = progress.match + 1;
    progress.sentCommit = Math.min(progress.sentCommit, progress.next - 1);
    return true;
  }
  if (progress.next - 1 !== rejected) return false;
  progress.next = Math.max(Math.min(rejected, matchHint + 1), progress.match + 1);
  progress.sentCommit = Math.min(progress.sentCommit, progress.next - 1);
  progress.paused = false;
  return true;
}

export function freeInflights(progress: Progress, index: number): void {
  const { inflights } = progress;
  let freed = 0;
  while (freed < inflights.length && inflights[freed]! <= index) freed++;
  if (freed === inflights.length) inflights.length = 0;
  else if (freed > 0) inflights.splice(0, freed);
}
