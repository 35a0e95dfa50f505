import type { RaftEntry, RaftSnapshot } from './raft-message.ts';

/**
 * A member's log: what is kept of it, what is durable, committed and applied.
 * offset ≤ applied ≤ committed ≤ last index, and applied ≤ stable.
 * @source raft:log.go, raft:log_unstable.go
 */
export interface RaftLog {
  /** Entries offset+1 … last; everything up to `offset` is only in the state machine. */
  entries: RaftEntry[];
  offset: number;
  offsetTerm: number;
  /** Last index known to be on this member's disk. */
  stable: number;
  committed: number;
  applied: number;
  /** A snapshot from the leader that is not yet on disk and in the state machine. */
  pendingSnapshot: RaftSnapshot | undefined;
  /** How often a conflicting tail was replaced, and from where the last time: for the checker of raft's laws. */
  rewriteCount: number;
  rewriteFrom: number;
}

export function createRaftLog(): RaftLog {
  return {
    entries: [],
    offset: 0,
    offsetTerm: 0,
    stable: 0,
    committed: 0,
    applied: 0,
    pendingSnapshot: undefined,
    rewriteCount: 0,
    rewriteFrom: 0,
  };
}

export function lastIndex(log: RaftLog): number {
  return log.offset + log.entries.length;
}

export function lastTerm(log: RaftLog): number {
  const count = log.entries.length;
  return count === 0 ? log.offsetTerm : log.entries[count - 1]!.term;
}

/** The term of the entry at `index`; -1 when it is compacted away or does not exist yet. */
export function termAt(log: RaftLog, index: number): number {
  if (index === log.offset) return log.offsetTerm;
  return log.entries[index - log.offset - 1]?.term ?? -1;
}

/** Entries from `from` on, as many as fit in `maxBytes` but at least one. Only for from > offset. */
export function entriesFrom(log: RaftLog, from: number, maxBytes: number): readonly RaftEntry[] {
  const start = from - log.offset - 1;
  const { entries } = log;
  if (start >= entries.length) return [];
  let sizeBytes = 0;
  let end = start;
  while (end < entries.length) {
    sizeBytes += entries[end]!.sizeBytes;
    if (sizeBytes > maxBytes && end > start) break;
    end++;
  }
  return entries.slice(start, end);
}

/** Is a log that ends with (index, term) at least as complete as this one? Voters ask this. */
export function isUpToDate(log: RaftLog, index: number, term: number): boolean {
  const ours = lastTerm(log);
  return term > ours || (term === ours && index >= lastIndex(log));
}

/**
 * Follower: takes over the leader's entries after (prevIndex, prevTerm) and its commit index.
 * @returns the last index now known to match the leader, or -1 when our log does not hold (prevIndex, prevTerm)
 */
export function maybeAppend(
  log: RaftLog,
  prevIndex: number,
  prevTerm: number,
  entries: readonly RaftEntry[],
  commit: number,
): number {
  if (termAt(log, prevIndex) !== prevTerm) return -1;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!;
    if (termAt(log, entry.index) === entry.term) continue;
    if (entry.index <= log.committed) throw new Error(`entry ${entry.index} conflicts with a committed entry`);
    truncateAndAppend(log, entries, i);
    break;
  }
  const matched = prevIndex + entries.length;
  commitTo(log, Math.min(commit, matched));
  return matched;
}

/** Adds entries[first…], dropping whatever stood at their indexes before. */
function truncateAndAppend(log: RaftLog, entries: readonly RaftEntry[], first: number): void {
  const index = entries[first]!.index;
  const keep = index - log.offset - 1;
  if (keep < log.entries.length) {
    log.entries.length = keep;
    log.rewriteCount++;
    log.rewriteFrom = index;
    if (log.stable >= index) log.stable = index - 1;
  }
  for (let i = first; i < entries.length; i++) log.entries.push(entries[i]!);
}

export function commitTo(log: RaftLog, index: number): void {
  if (index <= log.committed) return;
  if (index > lastIndex(log)) throw new Error(`commit ${index} is out of range [last index ${lastIndex(log)}]`);
  log.committed = index;
}

/**
 * The best guess where this log may meet another of which one entry (index, term) is known: the highest index ≤ `index`
 * whose term is ≤ `term` or unknown.
 * @returns that index and its term, 0 when the term is unknown
 * @source raft:log.go findConflictByTerm
 */
export function findConflictByTerm(log: RaftLog, index: number, term: number): { index: number; term: number } {
  for (let guess = index; guess > 0; guess--) {
    const ours = termAt(log, guess);
    if (ours === -1) return { index: guess, term: 0 };
    if (ours <= term) return { index: guess, term: ours };
  }
  return { index: 0, term: 0 };
}

/** The disk has everything up to (index, term). Ignored when that entry has been replaced meanwhile. */
export function stableTo(log: RaftLog, index: number, term: number): void {
  if (index > log.stable && termAt(log, index) === term) log.stable = index;
}

/** Entries that are not on disk yet. */
export function unstableEntries(log: RaftLog): readonly RaftEntry[] {
  const start = log.stable - log.offset;
  return start >= log.entries.length ? [] : log.entries.slice(Math.max(start, 0));
}

/** Highest index that may be applied now: committed, on our own disk, and no snapshot in the way. */
export function appliableTo(log: RaftLog): number {
  if (log.pendingSnapshot !== undefined) return log.applied;
  return Math.min(log.committed, log.stable);
}

export function entryAt(log: RaftLog, index: number): RaftEntry | undefined {
  return log.entries[index - log.offset - 1];
}

/** Forgets entries up to `index`, which must be applied already. */
export function compactLog(log: RaftLog, index: number): void {
  if (index <= log.offset) return;
  if (index > log.applied) throw new Error(`compacting ${index} beyond applied ${log.applied}`);
  const term = termAt(log, index);
  log.entries = log.entries.slice(index - log.offset);
  log.offset = index;
  log.offsetTerm = term;
}

/** Follower: replaces the whole log by the leader's snapshot. It becomes applied when the server has installed it. */
export function restoreLog(log: RaftLog, snapshot: RaftSnapshot): void {
  log.entries = [];
  log.offset = snapshot.index;
  log.offsetTerm = snapshot.term;
  log.committed = snapshot.index;
  if (log.stable > snapshot.index) log.stable = snapshot.index;
  log.pendingSnapshot = snapshot;
}

/** The pending snapshot is on disk and in the state machine. */
export function snapshotInstalled(log: RaftLog, index: number): void {
  if (log.applied < index) log.applied = index;
  if (log.stable < index) log.stable = index;
  if (log.pendingSnapshot !== undefined && log.pendingSnapshot.index <= index) log.pendingSnapshot = undefined;
}
