import type { EtcdId } from '../api/etcd.ts';
import { becomeReplicate, createProgress, type Progress } from './progress.ts';
import { createRaftLog, lastIndex, type RaftLog } from './raft-log.ts';
import { compareIds, NONE, type RaftMessage, raftMessage } from './raft-message.ts';

export type RaftRole = 'follower' | 'preCandidate' | 'candidate' | 'leader';

export interface RaftOptions {
  readonly id: EtcdId;
  readonly electionTimeoutUs: number;
  readonly preVote: boolean;
  readonly checkQuorum: boolean;
  /** Bytes of entries in one append. */
  readonly maxMessageBytes: number;
  /** Start of this member's stream of random election timeouts, 32 bits. */
  readonly seed: number;
}

/** A read that waits until a quorum has confirmed that the leader still leads. */
export interface PendingRead {
  readonly from: EtcdId;
  /** The asker's own number for the read. */
  readonly context: number;
  /** Commit index when the read arrived; -1 while the leader has not committed in its own term. */
  index: number;
}

/** A read that may be answered once `index` is applied. */
export interface ReadState {
  readonly index: number;
  readonly context: number;
}

/** Everything one raft member knows, as plain data. @source raft:raft.go */
export interface RaftMemory {
  readonly id: EtcdId;
  readonly options: RaftOptions;
  term: number;
  vote: EtcdId;
  role: RaftRole;
  lead: EtcdId;
  log: RaftLog;
  /** Sorted by id. */
  voters: EtcdId[];
  learners: EtcdId[];
  progress: Map<EtcdId, Progress>;
  votes: Map<EtcdId, boolean>;
  leadTransferee: EtcdId;
  /** No further configuration change may be proposed before this index is applied. */
  pendingConfIndex: number;
  nowUs: number;
  /** When the leader was last heard, the last vote was cast or the last campaign began. */
  lastHeardUs: number;
  randomizedTimeoutUs: number;
  /** Leader: when to look again whether a quorum answers. */
  quorumCheckUs: number;
  /** Reads that are not confirmed yet, in order; the first has number readsConfirmed + 1. */
  reads: PendingRead[];
  readsConfirmed: number;
  /** Up to which read number each member has confirmed. */
  readAcks: Map<EtcdId, number>;
  /** Reads that arrived before the leader committed an entry of its own term. */
  postponedReads: PendingRead[];
  /** Term and vote as they are on disk: messages that depend on newer ones must wait. */
  persistedTerm: number;
  persistedVote: EtcdId;
  random: number;
  /** To be sent. */
  outbox: RaftMessage[];
  /** To be sent (or, when addressed to ourselves, stepped) once everything unstable is on disk. */
  afterPersist: RaftMessage[];
  readStates: ReadState[];
  /** What a member would write to its log file; the server drains it. */
  notes: string[];
}

export function createRaftMemory(options: RaftOptions): RaftMemory {
  return {
    id: options.id,
    options,
    term: 0,
    vote: NONE,
    role: 'follower',
    lead: NONE,
    log: createRaftLog(),
    voters: [],
    learners: [],
    progress: new Map(),
    votes: new Map(),
    leadTransferee: NONE,
    pendingConfIndex: 0,
    nowUs: 0,
    lastHeardUs: 0,
    randomizedTimeoutUs: options.electionTimeoutUs,
    quorumCheckUs: 0,
    reads: [],
    readsConfirmed: 0,
    readAcks: new Map(),
    postponedReads: [],
    persistedTerm: 0,
    persistedVote: NONE,
    random: options.seed >>> 0,
    outbox: [],
    afterPersist: [],
    readStates: [],
    notes: [],
  };
}

export function send(raft: RaftMemory, message: RaftMessage): void {
  raft.outbox.push(message);
}

/** Answers that promise something (a vote, an append) wait until what they promise is on disk. */
export function sendAfterPersist(raft: RaftMemory, message: RaftMessage): void {
  raft.afterPersist.push(message);
}

export function becomeFollower(raft: RaftMemory, term: number, lead: EtcdId): void {
  reset(raft, term);
  raft.lead = lead;
  raft.role = 'follower';
  raft.notes.push(`${raft.id} became follower at term ${raft.term}`);
}

/** Asks for promises first: neither the term nor the vote changes. */
export function becomePreCandidate(raft: RaftMemory): void {
  raft.votes.clear();
  raft.lead = NONE;
  raft.role = 'preCandidate';
  raft.notes.push(`${raft.id} became pre-candidate at term ${raft.term}`);
}

export function becomeCandidate(raft: RaftMemory): void {
  reset(raft, raft.term + 1);
  raft.vote = raft.id;
  raft.role = 'candidate';
  raft.notes.push(`${raft.id} became candidate at term ${raft.term}`);
}

/** A new leader opens its term with an empty entry: only with it may older entries be committed. */
export function becomeLeader(raft: RaftMemory): void {
  reset(raft, raft.term);
  raft.lead = raft.id;
  raft.role = 'leader';
  const own = raft.progress.get(raft.id);
  if (own !== undefined) {
    becomeReplicate(own);
    own.recentActive = true;
  }
  raft.pendingConfIndex = lastIndex(raft.log);
  raft.quorumCheckUs = raft.nowUs + raft.options.electionTimeoutUs;
  appendEntry(raft, 'Normal', undefined, 0);
  raft.notes.push(`${raft.id} became leader at term ${raft.term}`);
}

/** Leader: adds an entry to its own log and will count itself once the entry is on disk. Returns its index. */
export function appendEntry(raft: RaftMemory, type: 'Normal' | 'ConfChange', data: unknown, sizeBytes: number): number {
  const index = lastIndex(raft.log) + 1;
  raft.log.entries.push(Object.freeze({ index, term: raft.term, type, data, sizeBytes }));
  const waiting = raft.afterPersist;
  const last = waiting[waiting.length - 1];
  const ack = raftMessage('MsgAppResp', raft.id, raft.id, raft.term, index);
  if (last !== undefined && last.to === raft.id && last.type === 'MsgAppResp') waiting[waiting.length - 1] = ack;
  else waiting.push(ack);
  return index;
}

function reset(raft: RaftMemory, term: number): void {
  if (raft.term !== term) {
    raft.term = term;
    raft.vote = NONE;
  }
  raft.lead = NONE;
  raft.lastHeardUs = raft.nowUs;
  resetElectionTimeout(raft);
  raft.leadTransferee = NONE;
  raft.votes.clear();
  const last = lastIndex(raft.log);
  for (const [id, progress] of raft.progress) {
    const fresh = createProgress(last + 1, progress.isLearner);
    if (id === raft.id) fresh.match = last;
    raft.progress.set(id, fresh);
  }
  raft.pendingConfIndex = 0;
  raft.reads = [];
  raft.readsConfirmed = 0;
  raft.readAcks.clear();
  raft.postponedReads = [];
}

/** Between one and two election timeouts, so that members seldom campaign at the same time. */
export function resetElectionTimeout(raft: RaftMemory): void {
  raft.random = (Math.imul(raft.random ^ (raft.random >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
  const mixed = Math.imul(raft.random ^ (raft.random >>> 13), 0x297a2d39) >>> 0;
  const share = mixed / 0x1_0000_0000;
  raft.randomizedTimeoutUs = raft.options.electionTimeoutUs + Math.floor(share * raft.options.electionTimeoutUs);
}

export function quorumSize(raft: RaftMemory): number {
  return (raft.voters.length >> 1) + 1;
}

/** May this member stand for election? Learners, strangers and half-restored members may not. */
export function isPromotable(raft: RaftMemory): boolean {
  const own = raft.progress.get(raft.id);
  return own !== undefined && !own.isLearner && raft.log.pendingSnapshot === undefined;
}

export function setMembers(raft: RaftMemory, voters: readonly EtcdId[], learners: readonly EtcdId[]): void {
  raft.voters = [...voters].sort(compareIds);
  raft.learners = [...learners].sort(compareIds);
  const before = raft.progress;
  raft.progress = new Map();
  for (const id of [...raft.voters, ...raft.learners].sort(compareIds)) {
    const isLearner = raft.learners.includes(id);
    const known = before.get(id);
    if (known !== undefined) known.isLearner = isLearner;
    raft.progress.set(id, known ?? createFor(raft, isLearner));
  }
}

/** A newcomer counts as active at first, so that adding it cannot cost the leader its quorum check. */
function createFor(raft: RaftMemory, isLearner: boolean): Progress {
  const progress = createProgress(Math.max(lastIndex(raft.log), 1), isLearner);
  progress.recentActive = true;
  return progress;
}
