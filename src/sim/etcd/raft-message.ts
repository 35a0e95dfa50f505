import type { EtcdId } from '../api/etcd.ts';

/** No member: nobody voted for, no leader known. */
export const NONE: EtcdId = '0';

/** What a configuration change does to the set of members. One change an entry, one entry at a time. */
export interface ConfChange {
  readonly kind: 'AddNode' | 'AddLearnerNode' | 'RemoveNode' | 'UpdateNode';
  readonly id: EtcdId;
  /** What the server wants to remember with the change: names, URLs. Raft does not look at it. */
  readonly context: unknown;
}

/** One line of the replicated log. Frozen; shared by reference between the members that hold it. */
export interface RaftEntry {
  readonly index: number;
  readonly term: number;
  readonly type: 'Normal' | 'ConfChange';
  /** `undefined` in the empty entry with which a leader opens its term. A `ConfChange` in an entry of that type. */
  readonly data: unknown;
  readonly sizeBytes: number;
}

/** The state machine as of `index`, sent to a member that is further behind than the leader's log reaches. */
export interface RaftSnapshot {
  readonly index: number;
  readonly term: number;
  readonly voters: readonly EtcdId[];
  readonly learners: readonly EtcdId[];
  readonly data: unknown;
}

export type RaftMessageType =
  | 'MsgProp'
  | 'MsgApp'
  | 'MsgAppResp'
  | 'MsgVote'
  | 'MsgVoteResp'
  | 'MsgPreVote'
  | 'MsgPreVoteResp'
  | 'MsgSnap'
  | 'MsgHeartbeat'
  | 'MsgHeartbeatResp'
  | 'MsgTransferLeader'
  | 'MsgTimeoutNow'
  | 'MsgReadIndex'
  | 'MsgReadIndexResp';

/**
 * What members say to each other. Every message has every field, so that all messages share one hidden class and the
 * hot path (heartbeats) stays cheap; a field that a type does not use holds its zero. A message is also the event that the
 * receiving member's statechart sees.
 * @source raft:raftpb/raft.proto
 */
export type RaftMessage = {
  readonly type: RaftMessageType;
  readonly from: EtcdId;
  readonly to: EtcdId;
  /** The sender's term. 0 in forwarded proposals and reads, which belong to no term. */
  readonly term: number;
  /** MsgApp: the entry before `entries`. MsgAppResp: last index that matches. Votes: the candidate's last entry. */
  readonly index: number;
  readonly logTerm: number;
  readonly entries: readonly RaftEntry[];
  readonly commit: number;
  readonly reject: boolean;
  readonly rejectHint: number;
  /** Heartbeats: how many reads this round confirms. Reads: the asker's own number. Votes: 1 forces the election. */
  readonly context: number;
  /** MsgSnap only; the server fills it in when it hands the message to the network. */
  readonly snapshot: RaftSnapshot | undefined;
};

const noEntries: readonly RaftEntry[] = [];

/** A message with the fields that most types need; see `RaftMessage` for what they mean in each. */
export function raftMessage(
  type: RaftMessageType,
  from: EtcdId,
  to: EtcdId,
  term: number,
  index = 0,
  logTerm = 0,
  commit = 0,
  context = 0,
  entries: readonly RaftEntry[] = noEntries,
): RaftMessage {
  return {
    type,
    from,
    to,
    term,
    index,
    logTerm,
    entries,
    commit,
    reject: false,
    rejectHint: 0,
    context,
    snapshot: undefined,
  };
}

/** A refusal: of a vote, or of an append at `index` with a hint where the logs may meet. */
export function rejection(
  type: 'MsgAppResp' | 'MsgVoteResp' | 'MsgPreVoteResp',
  from: EtcdId,
  to: EtcdId,
  term: number,
  index = 0,
  rejectHint = 0,
  logTerm = 0,
): RaftMessage {
  return {
    type,
    from,
    to,
    term,
    index,
    logTerm,
    entries: noEntries,
    commit: 0,
    reject: true,
    rejectHint,
    context: 0,
    snapshot: undefined,
  };
}

/** Orders hexadecimal ids as the 64-bit numbers they stand for. */
export function compareIds(left: EtcdId, right: EtcdId): number {
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}
