import type { EtcdId } from '../api/etcd.ts';
import {
  becomeProbe,
  becomeReplicate,
  becomeSnapshot,
  canBumpCommit,
  freeInflights,
  inflightsFull,
  isPaused,
  maybeDecreaseTo,
  maybeUpdate,
  type Progress,
  sentEntries,
} from './progress.ts';
import { majorityIndex } from './raft-election.ts';
import { commitTo, entriesFrom, findConflictByTerm, lastIndex, termAt } from './raft-log.ts';
import { NONE, type RaftEntry, type RaftMessage, raftMessage } from './raft-message.ts';
import { acknowledgeReads, heartbeatContext, releasePostponedReads } from './raft-read-index.ts';
import { becomeFollower, quorumSize, type RaftMemory, send } from './raft-state.ts';

const noEntries: readonly RaftEntry[] = [];

/** What a leader does with an answer of one of its members. @source raft:raft.go stepLeader */
export function stepLeader(raft: RaftMemory, message: RaftMessage): void {
  const progress = raft.progress.get(message.from);
  if (progress === undefined) return;
  switch (message.type) {
    case 'MsgHeartbeatResp':
      progress.recentActive = true;
      progress.paused = false;
      if (progress.match < lastIndex(raft.log) || progress.state === 'probe') sendAppend(raft, message.from, progress);
      if (message.context !== 0) acknowledgeReads(raft, message.from, message.context);
      return;
    case 'MsgAppResp':
      progress.recentActive = true;
      if (message.reject) appendRefused(raft, message, progress);
      else appendAcknowledged(raft, message, progress);
      return;
    default:
  }
}

function appendRefused(raft: RaftMemory, message: RaftMessage, progress: Progress): void {
  // The member tells the term at its hint: everything of ours above that term cannot match, so it is skipped.
  const hint =
    message.logTerm > 0 ? findConflictByTerm(raft.log, message.rejectHint, message.logTerm).index : message.rejectHint;
  if (!maybeDecreaseTo(progress, message.index, hint)) return;
  if (progress.state === 'replicate') becomeProbe(progress);
  sendAppend(raft, message.from, progress);
}

function appendAcknowledged(raft: RaftMemory, message: RaftMessage, progress: Progress): void {
  const isNews = maybeUpdate(progress, message.index);
  if (!isNews && !(progress.match === message.index && progress.state === 'probe')) return;
  if (progress.state === 'probe') {
    becomeReplicate(progress);
  } else if (progress.state === 'snapshot') {
    if (progress.match >= raft.log.offset) {
      becomeProbe(progress);
      becomeReplicate(progress);
    }
  } else {
    freeInflights(progress, message.index);
  }
  const isOther = message.from !== raft.id;
  if (maybeCommit(raft)) {
    releasePostponedReads(raft);
    broadcastAppend(raft);
  } else if (isOther && canBumpCommit(progress, raft.log.committed)) {
    sendAppend(raft, message.from, progress);
  }
  if (!isOther) return;
  while (maybeSendAppend(raft, message.from, progress, false)) {
    // One message after the other until everything is on its way or the window is full.
  }
  if (message.from === raft.leadTransferee && progress.match === lastIndex(raft.log))
    sendTimeoutNow(raft, message.from);
}

/** Commits what a majority has, but only by way of an entry of the leader's own term (raft §5.4.2). */
export function maybeCommit(raft: RaftMemory): boolean {
  const index = majorityIndex(raft);
  if (index <= raft.log.committed || termAt(raft.log, index) !== raft.term) return false;
  commitTo(raft.log, index);
  return true;
}

export function broadcastAppend(raft: RaftMemory): void {
  for (const [id, progress] of raft.progress) {
    if (id !== raft.id) sendAppend(raft, id, progress);
  }
}

export function sendAppend(raft: RaftMemory, to: EtcdId, progress: Progress): void {
  maybeSendAppend(raft, to, progress, true);
}

/** Sends what the member lacks. An empty append still tells the commit index; false when nothing was sent. */
export function maybeSendAppend(raft: RaftMemory, to: EtcdId, progress: Progress, sendIfEmpty: boolean): boolean {
  if (isPaused(progress)) return false;
  const { log } = raft;
  const previous = progress.next - 1;
  const previousTerm = termAt(log, previous);
  if (previousTerm === -1) return maybeSendSnapshot(raft, to, progress);
  let entries = noEntries;
  if (progress.next <= lastIndex(log) && (progress.state !== 'replicate' || !inflightsFull(progress))) {
    entries = entriesFrom(log, progress.next, raft.options.maxMessageBytes);
  }
  if (entries.length === 0 && !sendIfEmpty) return false;
  send(raft, raftMessage('MsgApp', raft.id, to, raft.term, previous, previousTerm, log.committed, 0, entries));
  sentEntries(progress, entries.length);
  progress.sentCommit = log.committed;
  return true;
}

function maybeSendSnapshot(raft: RaftMemory, to: EtcdId, progress: Progress): boolean {
  if (!progress.recentActive) return false;
  const { log } = raft;
  raft.notes.push(
    `${raft.id} [firstindex: ${log.offset + 1}, commit: ${log.committed}] sent snapshot[index: ${log.applied}, term: ${termAt(log, log.applied)}] to ${to}`,
  );
  becomeSnapshot(progress, log.applied);
  send(raft, raftMessage('MsgSnap', raft.id, to, raft.term, log.applied, termAt(log, log.applied)));
  return true;
}

/** Tells everybody that we still lead. Never tells a commit index beyond what the member is known to have. */
export function broadcastHeartbeat(raft: RaftMemory): void {
  const context = heartbeatContext(raft);
  const { committed } = raft.log;
  for (const [id, progress] of raft.progress) {
    if (id === raft.id) continue;
    const commit = Math.min(progress.match, committed);
    raft.outbox.push(raftMessage('MsgHeartbeat', raft.id, id, raft.term, 0, 0, commit, context));
    progress.sentCommit = commit;
  }
}

/** Steps down when no quorum has answered since the last look: somebody else may be leading already. */
export function checkQuorum(raft: RaftMemory): void {
  let active = 0;
  for (const id of raft.voters) {
    if (id === raft.id || raft.progress.get(id)?.recentActive === true) active++;
  }
  if (active < quorumSize(raft)) {
    raft.notes.push(`${raft.id} stepped down to follower since quorum is not active`);
    becomeFollower(raft, raft.term, NONE);
  }
  for (const [id, progress] of raft.progress) {
    if (id !== raft.id) progress.recentActive = false;
  }
}

/** Hands the leadership over as soon as the target has the whole log; it must be done within an election timeout. */
export function transferLeadership(raft: RaftMemory, target: EtcdId): void {
  const progress = raft.progress.get(target);
  if (progress === undefined || progress.isLearner || target === raft.id || raft.leadTransferee === target) return;
  raft.notes.push(`${raft.id} [term ${raft.term}] starts to transfer leadership to ${target}`);
  raft.quorumCheckUs = raft.nowUs + raft.options.electionTimeoutUs;
  raft.leadTransferee = target;
  if (progress.match === lastIndex(raft.log)) sendTimeoutNow(raft, target);
  else sendAppend(raft, target, progress);
}

function sendTimeoutNow(raft: RaftMemory, to: EtcdId): void {
  send(raft, raftMessage('MsgTimeoutNow', raft.id, to, raft.term));
}

/** The network could not deliver to this member: stop being optimistic. @source raft:raft.go MsgUnreachable */
export function reportUnreachable(raft: RaftMemory, id: EtcdId): void {
  const progress = raft.progress.get(id);
  if (raft.role === 'leader' && progress?.state === 'replicate') becomeProbe(progress);
}

/** How sending a snapshot ended, as far as the network knows. */
export function reportSnapshot(raft: RaftMemory, id: EtcdId, delivered: boolean): void {
  const progress = raft.progress.get(id);
  if (raft.role !== 'leader' || progress?.state !== 'snapshot') return;
  if (!delivered) progress.pendingSnapshot = 0;
  becomeProbe(progress);
  progress.paused = true;
}
