/**
 * What must hold of raft after every step, as cheap checks over the members' memories (R1 … R11 of the invariants).
 * A checker remembers what it has seen and looks only at what is new; it never touches the members.
 */
import type { EtcdId } from '../api/etcd.ts';
import type { RaftDisk } from './raft-disk.ts';
import { isUpToDate, lastIndex, lastTerm, type RaftLog, termAt } from './raft-log.ts';
import { NONE, type RaftEntry, type RaftMessage } from './raft-message.ts';
import type { RaftMemory } from './raft-state.ts';

export interface RaftMemberView {
  readonly id: EtcdId;
  /** Undefined while the member is not running; its disk still counts. */
  readonly raft: RaftMemory | undefined;
  readonly disk: RaftDisk;
  /** Counts starts of the process. */
  readonly incarnation: number;
}

interface Seen {
  incarnation: number;
  role: RaftMemory['role'];
  term: number;
  vote: EtcdId;
  commit: number;
  applied: number;
  rewriteCount: number;
  checkedTo: number;
  diskTerm: number;
  diskVote: EtcdId;
  diskCommit: number;
}

export interface RaftLaws {
  leaders: Map<number, EtcdId>;
  seen: Map<EtcdId, Seen>;
  /** Every entry seen, by index and term, with the term before it: equal pairs make equal prefixes by induction. */
  ledger: Map<number, Map<number, { readonly entry: RaftEntry; readonly previousTerm: number }>>;
  /** Terms of committed entries by index. */
  committedTerms: Map<number, number>;
  committedTo: number;
  /** The newest term in which anything was committed. */
  committedInTerm: number;
}

export function createRaftLaws(): RaftLaws {
  return {
    leaders: new Map(),
    seen: new Map(),
    ledger: new Map(),
    committedTerms: new Map(),
    committedTo: 0,
    committedInTerm: 0,
  };
}

/** Checks R1 … R11 on all members. @returns one sentence per violated law, beginning with its number; usually none */
export function checkRaft(laws: RaftLaws, members: readonly RaftMemberView[]): string[] {
  const broken: string[] = [];
  for (const member of members) {
    if (member.raft !== undefined) checkMember(laws, member, member.raft, members, broken);
  }
  checkQuorumHolds(laws, members, broken);
  return broken;
}

function checkMember(
  laws: RaftLaws,
  member: RaftMemberView,
  raft: RaftMemory,
  members: readonly RaftMemberView[],
  broken: string[],
): void {
  const { log } = raft;
  let seen = laws.seen.get(raft.id);
  if (seen === undefined) {
    seen = newSeen(member, raft);
    laws.seen.set(raft.id, seen);
  }
  const restarted = seen.incarnation !== member.incarnation;
  checkPersistence(seen, raft, member.disk, restarted, broken);
  if (raft.role === 'leader') checkLeader(laws, seen, raft, restarted, broken);
  if (
    raft.vote !== NONE &&
    raft.vote !== raft.id &&
    (raft.vote !== seen.vote || raft.term !== seen.term) &&
    !restarted
  ) {
    checkVote(raft, members, broken);
  }
  checkNewEntries(laws, seen, log, raft.id, restarted, broken);
  checkCommitted(laws, seen, raft, broken);
  remember(seen, member, raft);
}

/** R10: what was promised to the disk is never taken back, within a life and across lives. */
function checkPersistence(seen: Seen, raft: RaftMemory, disk: RaftDisk, restarted: boolean, broken: string[]): void {
  const term = restarted ? seen.diskTerm : seen.term;
  const vote = restarted ? seen.diskVote : seen.vote;
  if (raft.term < term) broken.push(`R10: ${raft.id} went back from term ${term} to ${raft.term}`);
  if (raft.term === term && vote !== NONE && raft.vote !== vote) {
    broken.push(`R10: ${raft.id} changed its vote in term ${term} from ${vote} to ${raft.vote}`);
  }
  const commit = restarted ? seen.diskCommit : seen.commit;
  if (raft.log.committed < commit)
    broken.push(`R10: ${raft.id} went back from commit ${commit} to ${raft.log.committed}`);
  if (disk.term < seen.diskTerm) broken.push(`R10: the disk of ${raft.id} went back to term ${disk.term}`);
}

function checkLeader(laws: RaftLaws, seen: Seen, raft: RaftMemory, restarted: boolean, broken: string[]): void {
  const { log } = raft;
  const known = laws.leaders.get(raft.term);
  if (known === undefined) {
    laws.leaders.set(raft.term, raft.id);
    const needed = laws.committedTerms.get(laws.committedTo);
    if (laws.committedInTerm < raft.term && needed !== undefined && laws.committedTo > log.offset) {
      if (termAt(log, laws.committedTo) !== needed) {
        broken.push(`R4: leader ${raft.id} of term ${raft.term} lacks committed entry ${laws.committedTo}/${needed}`);
      }
    }
  } else if (known !== raft.id) {
    broken.push(`R1: ${known} and ${raft.id} both lead in term ${raft.term}`);
  }
  const sameReign = !restarted && seen.role === 'leader' && seen.term === raft.term;
  if (sameReign && seen.rewriteCount !== log.rewriteCount) {
    broken.push(`R2: leader ${raft.id} of term ${raft.term} rewrote its log from ${log.rewriteFrom}`);
  }
  if (log.committed > log.stable) {
    broken.push(`R9: leader ${raft.id} committed ${log.committed} beyond its durable log ${log.stable}`);
  }
  if (sameReign && log.committed > seen.commit && termAt(log, log.committed) !== raft.term) {
    broken.push(`R11: leader ${raft.id} of term ${raft.term} committed ${log.committed} of an older term by counting`);
  }
}

function checkVote(raft: RaftMemory, members: readonly RaftMemberView[], broken: string[]): void {
  const candidate = members.find((other) => other.id === raft.vote)?.raft;
  if (candidate === undefined || candidate.term !== raft.term) return;
  if (!isUpToDate(raft.log, lastIndex(candidate.log), lastTerm(candidate.log))) {
    broken.push(`R8: ${raft.id} voted in term ${raft.term} for ${raft.vote}, whose log is behind`);
  }
}

/** R3: an (index, term) stands for one entry with one predecessor, on every member that ever held it. */
function checkNewEntries(
  laws: RaftLaws,
  seen: Seen,
  log: RaftLog,
  id: EtcdId,
  restarted: boolean,
  broken: string[],
): void {
  let from = seen.checkedTo;
  if (restarted || log.rewriteCount > seen.rewriteCount + 1) from = log.offset;
  else if (log.rewriteCount !== seen.rewriteCount) from = Math.min(from, log.rewriteFrom - 1);
  if (from < log.offset) from = log.offset;
  const last = lastIndex(log);
  for (let index = from + 1; index <= last; index++) {
    const entry = log.entries[index - log.offset - 1]!;
    const previousTerm = termAt(log, index - 1);
    let terms = laws.ledger.get(index);
    if (terms === undefined) {
      terms = new Map();
      laws.ledger.set(index, terms);
    }
    const known = terms.get(entry.term);
    if (known === undefined) {
      terms.set(entry.term, { entry, previousTerm });
    } else if (!isSameEntry(known.entry, entry) || known.previousTerm !== previousTerm) {
      broken.push(`R3: entry ${index}/${entry.term} of ${id} differs from another member's`);
    }
  }
  seen.checkedTo = last;
}

function isSameEntry(left: RaftEntry, right: RaftEntry): boolean {
  return left === right || (left.type === right.type && left.sizeBytes === right.sizeBytes);
}

/** R5, R6: what one member commits (and so applies) at an index, every member commits there. */
function checkCommitted(laws: RaftLaws, seen: Seen, raft: RaftMemory, broken: string[]): void {
  const { log } = raft;
  for (let index = Math.max(seen.commit, log.offset) + 1; index <= log.committed; index++) {
    const term = termAt(log, index);
    const known = laws.committedTerms.get(index);
    if (known === undefined) laws.committedTerms.set(index, term);
    else if (known !== term) broken.push(`R6: ${raft.id} committed ${index}/${term}, another member ${index}/${known}`);
  }
  if (log.committed > laws.committedTo) {
    laws.committedTo = log.committed;
    if (raft.term > laws.committedInTerm) laws.committedInTerm = raft.term;
    forgetOld(laws);
  }
  if (log.applied > log.committed)
    broken.push(`R5: ${raft.id} applied ${log.applied}, committed only ${log.committed}`);
  if (log.applied > log.stable) broken.push(`R5: ${raft.id} applied ${log.applied} before it was durable`);
}

/**
 * R7: the members without the newest committed entry are too few to make a quorum. Entries of term 1 are the initial
 * configuration, which every member writes for itself when it first starts.
 */
function checkQuorumHolds(laws: RaftLaws, members: readonly RaftMemberView[], broken: string[]): void {
  const index = laws.committedTo;
  const term = laws.committedTerms.get(index);
  if (term === undefined || term === 1) return;
  let voters: readonly EtcdId[] = [];
  let newest = -1;
  for (const { raft } of members) {
    if (raft !== undefined && raft.log.applied > newest) {
      newest = raft.log.applied;
      voters = raft.voters;
    }
  }
  let lacking = 0;
  for (const id of voters) {
    const member = members.find((candidate) => candidate.id === id);
    if (member === undefined || !diskHolds(member.disk, index, term)) lacking++;
  }
  const quorum = (voters.length >> 1) + 1;
  if (voters.length > 0 && lacking >= quorum)
    broken.push(`R7: a quorum may form without committed entry ${index}/${term}`);
}

function diskHolds(disk: RaftDisk, index: number, term: number): boolean {
  return index <= disk.offset || disk.entries[index - disk.offset - 1]?.term === term;
}

/** R10, at the moment of sending: a vote or an acknowledgement leaves only after it is on disk. */
export function checkSent(raft: RaftMemory, disk: RaftDisk, message: RaftMessage): string | undefined {
  if (message.type !== 'MsgPreVote' && message.type !== 'MsgPreVoteResp' && message.term > disk.term) {
    return `R10: ${raft.id} sent ${message.type} of term ${message.term} with term ${disk.term} on disk`;
  }
  if (message.reject || message.term !== disk.term || message.term !== raft.term) return undefined;
  if (message.type === 'MsgVoteResp' && disk.vote !== message.to) {
    return `R10: ${raft.id} told its vote for ${message.to} with ${disk.vote} on disk`;
  }
  if (message.type === 'MsgAppResp' && message.index > disk.offset + disk.entries.length) {
    return `R10: ${raft.id} acknowledged ${message.index} before it was durable`;
  }
  return undefined;
}

function newSeen({ disk, incarnation }: RaftMemberView, raft: RaftMemory): Seen {
  return {
    incarnation,
    role: 'follower',
    term: 0,
    vote: NONE,
    commit: 0,
    applied: 0,
    rewriteCount: raft.log.rewriteCount,
    checkedTo: 0,
    diskTerm: disk.term,
    diskVote: NONE,
    diskCommit: 0,
  };
}

function remember(seen: Seen, { disk, incarnation }: RaftMemberView, raft: RaftMemory): void {
  seen.incarnation = incarnation;
  seen.role = raft.role;
  seen.term = raft.term;
  seen.vote = raft.vote;
  seen.commit = raft.log.committed;
  seen.applied = raft.log.applied;
  seen.rewriteCount = raft.log.rewriteCount;
  seen.diskTerm = disk.term;
  seen.diskVote = disk.vote;
  seen.diskCommit = disk.commit;
}

const LEDGER_SPAN = 20_000;

/** Keeps the checker's memory bounded: nobody looks that far back. */
function forgetOld(laws: RaftLaws): void {
  const old = laws.committedTo - LEDGER_SPAN;
  laws.ledger.delete(old);
  laws.committedTerms.delete(old);
}
