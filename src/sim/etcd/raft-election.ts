import { entryAt, isUpToDate, lastIndex, lastTerm } from './raft-log.ts';
import { NONE, type RaftMessage, raftMessage, rejection } from './raft-message.ts';
import {
  becomeCandidate,
  becomeFollower,
  becomePreCandidate,
  isPromotable,
  quorumSize,
  type RaftMemory,
  send,
  sendAfterPersist,
} from './raft-state.ts';

export type CampaignKind = 'preElection' | 'election' | 'transfer';

/** The election timer ran out, or the leader asked us to take over: stand for election unless we may not. */
export function campaignIfAllowed(raft: RaftMemory, kind: CampaignKind): void {
  if (raft.role === 'leader' || !isPromotable(raft)) return;
  if (hasUnappliedConfChange(raft)) {
    raft.notes.push(
      `${raft.id} cannot campaign at term ${raft.term} since there are still pending configuration changes to apply`,
    );
    return;
  }
  raft.notes.push(`${raft.id} is starting a new election at term ${raft.term}`);
  campaign(raft, kind);
}

function hasUnappliedConfChange(raft: RaftMemory): boolean {
  const { log } = raft;
  for (let index = log.applied + 1; index <= log.committed; index++) {
    if (entryAt(log, index)?.type === 'ConfChange') return true;
  }
  return false;
}

/** Asks every voter. Our own vote too counts only when it is on disk. */
export function campaign(raft: RaftMemory, kind: CampaignKind): void {
  const isPreVote = kind === 'preElection';
  if (isPreVote) becomePreCandidate(raft);
  else becomeCandidate(raft);
  const term = isPreVote ? raft.term + 1 : raft.term;
  const index = lastIndex(raft.log);
  const logTerm = lastTerm(raft.log);
  for (const id of raft.voters) {
    if (id === raft.id) {
      sendAfterPersist(raft, raftMessage(isPreVote ? 'MsgPreVoteResp' : 'MsgVoteResp', id, id, term));
      continue;
    }
    const type = isPreVote ? 'MsgPreVote' : 'MsgVote';
    raft.notes.push(
      `${raft.id} [logterm: ${logTerm}, index: ${index}] sent ${type} request to ${id} at term ${raft.term}`,
    );
    send(raft, raftMessage(type, raft.id, id, term, index, logTerm, 0, kind === 'transfer' ? 1 : 0));
  }
}

/**
 * True when a request for a vote must be ignored because we hear a leader: a member that was cut off shall not be able
 * to depose a leader that everybody else is content with.
 */
export function isInLease(raft: RaftMemory, message: RaftMessage): boolean {
  if (message.context === 1 || !raft.options.checkQuorum || raft.lead === NONE) return false;
  return raft.nowUs - raft.lastHeardUs < raft.options.electionTimeoutUs;
}

/** Grants or refuses a vote, or the promise of one. At most one vote a term, and only for an up-to-date log. */
export function answerVote(raft: RaftMemory, message: RaftMessage): void {
  const isPreVote = message.type === 'MsgPreVote';
  const canVote =
    raft.vote === message.from || (raft.vote === NONE && raft.lead === NONE) || (isPreVote && message.term > raft.term);
  const type = isPreVote ? 'MsgPreVoteResp' : 'MsgVoteResp';
  const granted = canVote && isUpToDate(raft.log, message.index, message.logTerm);
  raft.notes.push(
    `${raft.id} [logterm: ${lastTerm(raft.log)}, index: ${lastIndex(raft.log)}, vote: ${raft.vote}] ${
      granted ? `cast ${message.type} for` : `rejected ${message.type} from`
    } ${message.from} [logterm: ${message.logTerm}, index: ${message.index}] at term ${raft.term}`,
  );
  if (!granted) {
    sendAfterPersist(raft, rejection(type, raft.id, message.from, raft.term));
    return;
  }
  if (!isPreVote) {
    raft.lastHeardUs = raft.nowUs;
    raft.vote = message.from;
  }
  sendAfterPersist(raft, raftMessage(type, raft.id, message.from, message.term));
}

export type VoteResult = 'pending' | 'won' | 'lost';

/** Records one answer and counts. The first answer of a member stands. */
export function recordVote(raft: RaftMemory, message: RaftMessage): VoteResult {
  if (!raft.votes.has(message.from)) raft.votes.set(message.from, !message.reject);
  raft.notes.push(
    `${raft.id} received ${message.type}${message.reject ? ' rejection' : ''} from ${message.from} at term ${raft.term}`,
  );
  let granted = 0;
  let refused = 0;
  for (const id of raft.voters) {
    const vote = raft.votes.get(id);
    if (vote === true) granted++;
    else if (vote === false) refused++;
  }
  const quorum = quorumSize(raft);
  if (granted >= quorum) return 'won';
  return raft.voters.length - refused < quorum ? 'lost' : 'pending';
}

/** Gives up: back to follower, in the same term. */
export function loseElection(raft: RaftMemory): void {
  becomeFollower(raft, raft.term, NONE);
}

/** The highest index that a majority of voters has, and that is on our own disk too. */
export function majorityIndex(raft: RaftMemory): number {
  const own = raft.progress.get(raft.id);
  if (raft.voters.length === 1 && own !== undefined && raft.voters[0] === raft.id) return own.match;
  const matches: number[] = [];
  for (const id of raft.voters) matches.push(raft.progress.get(id)?.match ?? 0);
  matches.sort((left, right) => left - right);
  const byMajority = matches[matches.length - quorumSize(raft)] ?? 0;
  const durable = raft.log.stable;
  return Math.min(byMajority, durable);
}
