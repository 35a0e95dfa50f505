import type { EtcdId } from '../api/etcd.ts';
import { termAt } from './raft-log.ts';
import { type RaftMessage, raftMessage } from './raft-message.ts';
import { type PendingRead, quorumSize, type RaftMemory, send } from './raft-state.ts';

/**
 * Linearizable reads without writing to the log: the leader notes its commit index, makes sure with one round of
 * heartbeats that it still leads, and then lets the asker read as soon as it has applied that index (raft §6.4).
 * @returns true when a round of heartbeats is due
 * @source raft:read_only.go
 */
export function receiveReadIndex(raft: RaftMemory, message: RaftMessage): boolean {
  const read: PendingRead = { from: message.from, context: message.context, index: raft.log.committed };
  if (raft.voters.length === 1 && raft.voters[0] === raft.id) {
    answerRead(raft, read);
    return false;
  }
  if (termAt(raft.log, raft.log.committed) !== raft.term) {
    raft.postponedReads.push(read);
    return false;
  }
  addRead(raft, read);
  return true;
}

function addRead(raft: RaftMemory, read: PendingRead): void {
  raft.reads.push(read);
  raft.readAcks.set(raft.id, heartbeatContext(raft));
}

/** How many reads a heartbeat sent now would confirm; 0 when none waits. */
export function heartbeatContext(raft: RaftMemory): number {
  return raft.reads.length === 0 ? 0 : raft.readsConfirmed + raft.reads.length;
}

/** The leader has committed in its own term: reads that came too early join the queue, with the newer index. */
export function releasePostponedReads(raft: RaftMemory): void {
  if (raft.postponedReads.length === 0 || termAt(raft.log, raft.log.committed) !== raft.term) return;
  const reads = raft.postponedReads;
  raft.postponedReads = [];
  for (const read of reads) {
    read.index = raft.log.committed;
    addRead(raft, read);
  }
  const context = heartbeatContext(raft);
  for (const [id, progress] of raft.progress) {
    if (id === raft.id) continue;
    const commit = Math.min(progress.match, raft.log.committed);
    send(raft, raftMessage('MsgHeartbeat', raft.id, id, raft.term, 0, 0, commit, context));
  }
}

/** A member confirms the first `count` reads; those that a quorum has confirmed are answered, in order. */
export function acknowledgeReads(raft: RaftMemory, from: EtcdId, count: number): void {
  if ((raft.readAcks.get(from) ?? 0) >= count) return;
  raft.readAcks.set(from, count);
  const acks: number[] = [];
  for (const id of raft.voters) acks.push(raft.readAcks.get(id) ?? 0);
  acks.sort((left, right) => left - right);
  const confirmed = acks[acks.length - quorumSize(raft)] ?? 0;
  if (confirmed <= raft.readsConfirmed) return;
  const answered = raft.reads.splice(0, confirmed - raft.readsConfirmed);
  raft.readsConfirmed = confirmed;
  for (const read of answered) answerRead(raft, read);
}

function answerRead(raft: RaftMemory, read: PendingRead): void {
  if (read.from === raft.id) raft.readStates.push({ index: read.index, context: read.context });
  else send(raft, raftMessage('MsgReadIndexResp', raft.id, read.from, raft.term, read.index, 0, 0, read.context));
}
