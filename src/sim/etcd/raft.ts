/**
 * Raft, the agreement behind etcd: a pure core in the manner of etcd-io/raft.
 *
 * The caller's duties, in this order and for each member alone:
 * 1. Step messages from the network (`stepRaft`), fire the timers (`tickElection`, `tickHeartbeat`) and propose.
 * 2. Then take what is to be done with `takeReady` (raft-ready.ts): write entries, term and vote to disk *before* `messagesAfterPersist`
 *    leave (or are stepped, when addressed to the member itself); `messages` may leave at once. One write at a time.
 * 3. When the write is done call `persisted`; apply `nextCommitted` entries in order and call `applied`; for a
 *    configuration change call `applyConfChange` as well, also when the change came to nothing.
 * @source raft:raft.go, raft:doc.go
 */
import { type EtcdError, type EtcdId, etcdErrors } from '../api/etcd.ts';
import { answerVote, campaign, campaignIfAllowed, isInLease, loseElection, recordVote } from './raft-election.ts';
import {
  broadcastAppend,
  broadcastHeartbeat,
  checkQuorum,
  maybeCommit,
  maybeSendAppend,
  stepLeader,
  transferLeadership,
} from './raft-leader.ts';
import { commitTo, findConflictByTerm, lastIndex, maybeAppend, restoreLog, termAt } from './raft-log.ts';
import { type ConfChange, NONE, type RaftEntry, type RaftMessage, raftMessage, rejection } from './raft-message.ts';
import { receiveReadIndex } from './raft-read-index.ts';
import {
  appendEntry,
  becomeFollower,
  becomeLeader,
  isPromotable,
  type RaftMemory,
  send,
  sendAfterPersist,
  setMembers,
} from './raft-state.ts';

/** Takes one message from another member (or from ourselves, after a write). */
export function stepRaft(raft: RaftMemory, message: RaftMessage, nowUs: number): void {
  raft.nowUs = nowUs;
  if (message.term !== raft.term && message.term !== 0 && !acceptTerm(raft, message)) return;
  switch (message.type) {
    case 'MsgVote':
    case 'MsgPreVote':
      answerVote(raft, message);
      return;
    case 'MsgProp':
      for (const entry of message.entries) propose(raft, entry.type, entry.data, entry.sizeBytes);
      return;
    case 'MsgReadIndex':
      if (raft.role === 'leader') {
        if (receiveReadIndex(raft, message)) broadcastHeartbeat(raft);
      } else if (raft.lead !== NONE && raft.role === 'follower') {
        send(raft, { ...message, to: raft.lead });
      }
      return;
    default:
  }
  if (raft.role === 'leader') stepLeaderOrTransfer(raft, message);
  else if (raft.role === 'follower') stepFollower(raft, message);
  else stepCandidate(raft, message);
}

/** A newer term makes us a follower of it; an older one is answered or ignored. False: the message is dealt with. */
function acceptTerm(raft: RaftMemory, message: RaftMessage): boolean {
  const { type } = message;
  if (message.term > raft.term) {
    if (type === 'MsgVote' || type === 'MsgPreVote') {
      if (isInLease(raft, message)) {
        raft.notes.push(`${raft.id} ignored ${type} from ${message.from} at term ${raft.term}: lease is not expired`);
        return false;
      }
      if (type === 'MsgPreVote') return true;
    } else if (type === 'MsgPreVoteResp' && !message.reject) {
      return true;
    }
    raft.notes.push(
      `${raft.id} [term: ${raft.term}] received a ${type} message with higher term from ${message.from} [term: ${message.term}]`,
    );
    const isFromLeader = type === 'MsgApp' || type === 'MsgHeartbeat' || type === 'MsgSnap';
    becomeFollower(raft, message.term, isFromLeader ? message.from : NONE);
    return true;
  }
  const { checkQuorum: quorumChecked, preVote } = raft.options;
  if ((quorumChecked || preVote) && (type === 'MsgHeartbeat' || type === 'MsgApp')) {
    // A leader of an older term learns from the answer's term that it is deposed.
    sendAfterPersist(raft, raftMessage('MsgAppResp', raft.id, message.from, raft.term));
  } else if (type === 'MsgPreVote') {
    sendAfterPersist(raft, rejection('MsgPreVoteResp', raft.id, message.from, raft.term));
  }
  return false;
}

function stepLeaderOrTransfer(raft: RaftMemory, message: RaftMessage): void {
  if (message.type === 'MsgTransferLeader') transferLeadership(raft, message.from);
  else stepLeader(raft, message);
}

function stepCandidate(raft: RaftMemory, message: RaftMessage): void {
  switch (message.type) {
    case 'MsgApp':
    case 'MsgHeartbeat':
    case 'MsgSnap':
      becomeFollower(raft, message.term, message.from);
      stepFollower(raft, message);
      return;
    case 'MsgPreVoteResp':
    case 'MsgVoteResp': {
      if ((message.type === 'MsgPreVoteResp') !== (raft.role === 'preCandidate')) return;
      const result = recordVote(raft, message);
      if (result === 'lost') loseElection(raft);
      if (result !== 'won') return;
      if (raft.role === 'preCandidate') {
        campaign(raft, 'election');
      } else {
        becomeLeader(raft);
        broadcastAppend(raft);
      }
      return;
    }
    default:
  }
}

function stepFollower(raft: RaftMemory, message: RaftMessage): void {
  switch (message.type) {
    case 'MsgHeartbeat':
      raft.lastHeardUs = raft.nowUs;
      raft.lead = message.from;
      commitTo(raft.log, message.commit);
      send(raft, raftMessage('MsgHeartbeatResp', raft.id, message.from, raft.term, 0, 0, 0, message.context));
      return;
    case 'MsgApp':
      raft.lastHeardUs = raft.nowUs;
      raft.lead = message.from;
      handleAppend(raft, message);
      return;
    case 'MsgSnap':
      raft.lastHeardUs = raft.nowUs;
      raft.lead = message.from;
      handleSnapshot(raft, message);
      return;
    case 'MsgTransferLeader':
      if (raft.lead !== NONE) send(raft, { ...message, to: raft.lead });
      return;
    case 'MsgTimeoutNow':
      campaignIfAllowed(raft, 'transfer');
      return;
    case 'MsgReadIndexResp':
      raft.readStates.push({ index: message.index, context: message.context });
      return;
    default:
  }
}

function handleAppend(raft: RaftMemory, message: RaftMessage): void {
  const { log } = raft;
  if (message.index < log.committed) {
    sendAfterPersist(raft, raftMessage('MsgAppResp', raft.id, message.from, raft.term, log.committed));
    return;
  }
  const matched = maybeAppend(log, message.index, message.logTerm, message.entries, message.commit);
  if (matched >= 0) {
    sendAfterPersist(raft, raftMessage('MsgAppResp', raft.id, message.from, raft.term, matched));
    return;
  }
  const hint = findConflictByTerm(log, Math.min(message.index, lastIndex(log)), message.logTerm);
  sendAfterPersist(
    raft,
    rejection('MsgAppResp', raft.id, message.from, raft.term, message.index, hint.index, hint.term),
  );
}

function handleSnapshot(raft: RaftMemory, message: RaftMessage): void {
  const { snapshot } = message;
  const { log } = raft;
  let matched = log.committed;
  if (snapshot !== undefined && snapshot.index > log.committed) {
    if (termAt(log, snapshot.index) === snapshot.term) {
      commitTo(log, snapshot.index);
    } else if (snapshot.voters.includes(raft.id) || snapshot.learners.includes(raft.id)) {
      restoreLog(log, snapshot);
      setMembers(raft, snapshot.voters, snapshot.learners);
      raft.notes.push(
        `${raft.id} [commit: ${log.committed}] restored snapshot [index: ${snapshot.index}, term: ${snapshot.term}]`,
      );
      matched = snapshot.index;
    }
  }
  sendAfterPersist(raft, raftMessage('MsgAppResp', raft.id, message.from, raft.term, matched));
}

/** When the election timer is due, if nothing is heard until then. */
export function electionDeadlineUs(raft: RaftMemory): number {
  return raft.lastHeardUs + raft.randomizedTimeoutUs;
}

/** The election timer fired. It is never pushed while the leader is heard: it looks here whether it was needed. */
export function tickElection(raft: RaftMemory, nowUs: number): void {
  raft.nowUs = nowUs;
  if (raft.role === 'leader' || nowUs < electionDeadlineUs(raft)) return;
  raft.lastHeardUs = nowUs;
  if (isPromotable(raft)) campaignIfAllowed(raft, raft.options.preVote ? 'preElection' : 'election');
}

/** The leader's heartbeat timer fired. Once an election timeout it looks whether a quorum still answers. */
export function tickHeartbeat(raft: RaftMemory, nowUs: number): void {
  raft.nowUs = nowUs;
  if (raft.role !== 'leader') return;
  if (nowUs >= raft.quorumCheckUs) {
    raft.quorumCheckUs = nowUs + raft.options.electionTimeoutUs;
    if (raft.options.checkQuorum) checkQuorum(raft);
    raft.leadTransferee = NONE;
    if ((raft.role as string) !== 'leader') return;
  }
  broadcastHeartbeat(raft);
}

export type ProposeResult = 'appended' | 'forwarded' | 'dropped';

/** Offers an entry to the cluster: appended when we lead, forwarded to the leader when we know one, else dropped. */
export function propose(raft: RaftMemory, type: RaftEntry['type'], data: unknown, sizeBytes: number): ProposeResult {
  if (raft.role === 'leader') {
    if (!raft.progress.has(raft.id) || raft.leadTransferee !== NONE) return 'dropped';
    if (type === 'ConfChange') {
      if (raft.pendingConfIndex > raft.log.applied) {
        // Two changes at once could create two majorities that do not overlap: the second becomes an empty entry.
        appendEntry(raft, 'Normal', undefined, 0);
        broadcastAppend(raft);
        return 'dropped';
      }
      raft.pendingConfIndex = lastIndex(raft.log) + 1;
    }
    appendEntry(raft, type, data, sizeBytes);
    broadcastAppend(raft);
    return 'appended';
  }
  if (raft.lead === NONE || raft.role !== 'follower') return 'dropped';
  const entries: RaftEntry[] = [{ index: 0, term: 0, type, data, sizeBytes }];
  send(raft, raftMessage('MsgProp', raft.id, raft.lead, 0, 0, 0, 0, 0, entries));
  return 'forwarded';
}

/** Asks for a linearizable read; a ReadState with this context will follow, or nothing when there is no leader. */
export function readIndex(raft: RaftMemory, context: number, nowUs: number): void {
  stepRaft(raft, raftMessage('MsgReadIndex', raft.id, raft.lead, 0, 0, 0, 0, context), nowUs);
}

/** Asks the leader (perhaps ourselves) to hand over to `target`. */
export function transferLeader(raft: RaftMemory, target: EtcdId, nowUs: number): EtcdError | undefined {
  raft.nowUs = nowUs;
  if (!raft.voters.includes(target)) return etcdErrors.badLeaderTransferee;
  if (raft.role !== 'leader') return etcdErrors.notLeader;
  transferLeadership(raft, target);
  return undefined;
}

/** Puts a committed configuration change into force. */
export function applyConfChange(raft: RaftMemory, change: ConfChange, nowUs: number): void {
  raft.nowUs = nowUs;
  const { id } = change;
  const voters = raft.voters.filter((voter) => voter !== id);
  const learners = raft.learners.filter((learner) => learner !== id);
  switch (change.kind) {
    case 'AddNode':
      voters.push(id);
      break;
    case 'AddLearnerNode':
      if (raft.voters.includes(id)) return;
      learners.push(id);
      break;
    case 'UpdateNode':
      return;
    case 'RemoveNode':
  }
  setMembers(raft, voters, learners);
  raft.notes.push(`${raft.id} switched to configuration voters=(${raft.voters.join(' ')})`);
  if (raft.role !== 'leader' || raft.voters.length === 0) return;
  if (maybeCommit(raft)) broadcastAppend(raft);
  else for (const [to, progress] of raft.progress) if (to !== raft.id) maybeSendAppend(raft, to, progress, false);
  if (raft.leadTransferee !== NONE && !raft.voters.includes(raft.leadTransferee)) raft.leadTransferee = NONE;
}

/** Sets up a member from its disk: term, vote, commit and log as written, members as of the applied index. */
export function restoreRaft(
  raft: RaftMemory,
  disk: {
    readonly term: number;
    readonly vote: EtcdId;
    readonly commit: number;
    readonly entries: readonly RaftEntry[];
    readonly offset: number;
    readonly offsetTerm: number;
    readonly applied: number;
    readonly voters: readonly EtcdId[];
    readonly learners: readonly EtcdId[];
  },
  nowUs: number,
): void {
  const { log } = raft;
  raft.nowUs = nowUs;
  log.entries = [...disk.entries];
  log.offset = disk.offset;
  log.offsetTerm = disk.offsetTerm;
  log.stable = lastIndex(log);
  log.committed = Math.max(disk.commit, disk.applied, disk.offset);
  log.applied = disk.applied;
  raft.term = disk.term;
  raft.vote = disk.vote;
  raft.persistedTerm = disk.term;
  raft.persistedVote = disk.vote;
  setMembers(raft, disk.voters, disk.learners);
  becomeFollower(raft, disk.term, NONE);
}
