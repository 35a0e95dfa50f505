/** What raft wants done after a step: see the duties of the caller in raft.ts. @source raft:node.go, raft:rawnode.go */
import type { EtcdId } from '../api/etcd.ts';
import { appliableTo, entryAt, lastIndex, lastTerm, snapshotInstalled, stableTo, unstableEntries } from './raft-log.ts';
import type { RaftEntry, RaftMessage, RaftSnapshot } from './raft-message.ts';
import type { RaftMemory, ReadState } from './raft-state.ts';

export interface Ready {
  /** May leave at once. */
  readonly messages: readonly RaftMessage[];
  /** To be written before `messagesAfterPersist` leave; undefined when nothing needs the disk. */
  readonly write: RaftWrite | undefined;
  readonly messagesAfterPersist: readonly RaftMessage[];
}

/** What goes to disk in one write: the log from the first entry's index on is replaced by the entries. */
export interface RaftWrite {
  readonly term: number;
  readonly vote: EtcdId;
  readonly commit: number;
  readonly entries: readonly RaftEntry[];
  readonly snapshot: RaftSnapshot | undefined;
  /** The end of what will be durable. */
  readonly lastIndex: number;
  readonly lastTerm: number;
}

export function hasReady(raft: RaftMemory): boolean {
  return raft.outbox.length > 0 || raft.afterPersist.length > 0 || needsWrite(raft);
}

function needsWrite(raft: RaftMemory): boolean {
  const { log } = raft;
  return (
    raft.persistedTerm !== raft.term ||
    raft.persistedVote !== raft.vote ||
    log.stable < lastIndex(log) ||
    log.pendingSnapshot !== undefined
  );
}

/**
 * What is to be done now. A leader's messages may run ahead of its own disk (its term and vote are on disk since it was
 * elected, and it counts its own entries only when they are); everybody else's wait for the write.
 */
export function takeReady(raft: RaftMemory): Ready {
  const { outbox, afterPersist } = raft;
  if (outbox.length > 0) raft.outbox = [];
  if (afterPersist.length > 0) raft.afterPersist = [];
  if (!needsWrite(raft)) {
    return { messages: outbox, write: undefined, messagesAfterPersist: afterPersist };
  }
  const { log } = raft;
  const write: RaftWrite = {
    term: raft.term,
    vote: raft.vote,
    commit: log.committed,
    entries: unstableEntries(log),
    snapshot: log.pendingSnapshot,
    lastIndex: lastIndex(log),
    lastTerm: lastTerm(log),
  };
  const isTermDurable = raft.persistedTerm === raft.term && raft.persistedVote === raft.vote;
  if (raft.role === 'leader' && isTermDurable) return { messages: outbox, write, messagesAfterPersist: afterPersist };
  return { messages: [], write, messagesAfterPersist: outbox.concat(afterPersist) };
}

/** The write is on disk. The snapshot, if there was one, must be in the state machine by now too. */
export function persisted(raft: RaftMemory, write: RaftWrite): void {
  raft.persistedTerm = write.term;
  raft.persistedVote = write.vote;
  if (write.snapshot !== undefined) snapshotInstalled(raft.log, write.snapshot.index);
  stableTo(raft.log, write.lastIndex, write.lastTerm);
}

/** The next entry to apply, or undefined. */
export function nextCommitted(raft: RaftMemory): RaftEntry | undefined {
  const { log } = raft;
  return log.applied < appliableTo(log) ? entryAt(log, log.applied + 1) : undefined;
}

export function applied(raft: RaftMemory, index: number): void {
  raft.log.applied = index;
}

/** Reads that a quorum has confirmed since the last call. */
export function takeReadStates(raft: RaftMemory): readonly ReadState[] {
  const states = raft.readStates;
  if (states.length > 0) raft.readStates = [];
  return states;
}
