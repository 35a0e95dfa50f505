/** A cluster of raft cores on a lossy network with crashes, driven by one seed; every law is checked after every step. */
import { checkRaft, checkSent, createRaftLaws, type RaftLaws, type RaftMemberView } from '../../src/sim/etcd/laws.ts';
import {
  applyConfChange,
  electionDeadlineUs,
  propose,
  readIndex,
  restoreRaft,
  stepRaft,
  tickElection,
  tickHeartbeat,
} from '../../src/sim/etcd/raft.ts';
import {
  compactRaftDisk,
  createRaftDisk,
  type RaftDisk,
  writeCommit,
  writeRaftDisk,
} from '../../src/sim/etcd/raft-disk.ts';
import { reportSnapshot, reportUnreachable } from '../../src/sim/etcd/raft-leader.ts';
import { compactLog, lastIndex, termAt } from '../../src/sim/etcd/raft-log.ts';
import type { ConfChange, RaftEntry, RaftMessage } from '../../src/sim/etcd/raft-message.ts';
import {
  applied,
  nextCommitted,
  persisted,
  type RaftWrite,
  takeReadStates,
  takeReady,
} from '../../src/sim/etcd/raft-ready.ts';
import { createRaftMemory, type RaftMemory } from '../../src/sim/etcd/raft-state.ts';

export interface Member {
  raft: RaftMemory;
  disk: RaftDisk;
  running: boolean;
  incarnation: number;
  /** The state machine: every applied datum, with the configuration as of there. */
  db: { data: unknown[]; applied: number; voters: string[]; learners: string[] };
  writing: boolean;
}

interface Event {
  atUs: number;
  order: number;
  run: () => void;
}

export class Cluster {
  nowUs = 0;
  members: Member[] = [];
  laws: RaftLaws = createRaftLaws();
  broken: string[] = [];
  cut = new Set<string>();
  lossPercent = 0;
  maxDelayUs = 2_000;
  messages = 0;
  reads: { context: number; index: number; minimum: number }[] = [];
  readMinimum = new Map<number, number>();
  keepEntries = 50;
  private events: Event[] = [];
  private order = 0;
  private randomState: number;

  constructor(size: number, seed: number) {
    this.randomState = seed >>> 0;
    const ids = Array.from({ length: size }, (_, i) => `a${i + 1}`);
    for (const id of ids) this.addMember(id, ids);
  }

  addMember(id: string, voters: string[]): Member {
    const disk = createRaftDisk();
    voters.forEach((voter, i) => {
      const change: ConfChange = { kind: 'AddNode', id: voter, context: undefined };
      disk.entries.push({ index: i + 1, term: 1, type: 'ConfChange', data: change, sizeBytes: 0 });
    });
    disk.term = voters.length > 0 ? 1 : 0;
    disk.commit = voters.length;
    const raft = createRaftMemory(this.options(id));
    const member: Member = {
      raft,
      disk,
      running: false,
      incarnation: 0,
      db: { data: [], applied: 0, voters: [], learners: [] },
      writing: false,
    };
    this.members.push(member);
    this.start(member);
    return member;
  }

  random(): number {
    this.randomState = (this.randomState + 0x6d2b79f5) >>> 0;
    let t = this.randomState;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  pick(count: number): number {
    return Math.floor(this.random() * count);
  }

  private options(id: string) {
    return {
      id,
      electionTimeoutUs: 1_000_000,
      preVote: true,
      checkQuorum: true,
      maxMessageBytes: 64,
      seed: this.pick(1 << 30),
    };
  }

  start(member: Member): void {
    member.running = true;
    member.incarnation++;
    member.writing = false;
    member.raft = createRaftMemory(this.options(member.raft.id));
    restoreRaft(
      member.raft,
      { ...member.disk, applied: member.db.applied, voters: member.db.voters, learners: member.db.learners },
      this.nowUs,
    );
    if (member.db.voters.length === 0) {
      for (const entry of member.disk.entries) {
        if (entry.type === 'ConfChange' && entry.term === 1) {
          applyConfChange(member.raft, entry.data as ConfChange, this.nowUs);
        }
      }
    }
    this.electionTimer(member);
    this.afterStep(member);
  }

  crash(member: Member): void {
    member.running = false;
    member.incarnation++;
  }

  private electionTimer(member: Member): void {
    const { incarnation } = member;
    this.at(electionDeadlineUs(member.raft), () => {
      if (!member.running || member.incarnation !== incarnation) return;
      tickElection(member.raft, this.nowUs);
      this.electionTimerSoon(member);
      this.afterStep(member);
    });
  }

  private electionTimerSoon(member: Member): void {
    const { incarnation } = member;
    const due = member.raft.role === 'leader' ? this.nowUs + 1_000_000 : electionDeadlineUs(member.raft);
    this.at(Math.max(due, this.nowUs + 1), () => {
      if (!member.running || member.incarnation !== incarnation) return;
      tickElection(member.raft, this.nowUs);
      this.electionTimerSoon(member);
      this.afterStep(member);
    });
  }

  private heartbeatTimer(member: Member, term: number): void {
    const { incarnation } = member;
    this.at(this.nowUs + 100_000, () => {
      if (!member.running || member.incarnation !== incarnation || member.raft.term !== term) return;
      tickHeartbeat(member.raft, this.nowUs);
      if (member.raft.role === 'leader') this.heartbeatTimer(member, term);
      this.afterStep(member);
    });
  }

  private beating = new Map<string, number>();

  at(atUs: number, run: () => void): void {
    const event = { atUs, order: this.order++, run };
    const { events } = this;
    let i = events.length;
    events.push(event);
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (before(events[parent]!, event)) break;
      events[i] = events[parent]!;
      i = parent;
    }
    events[i] = event;
  }

  private pop(): Event | undefined {
    const { events } = this;
    const top = events[0];
    const last = events.pop();
    if (top === undefined || last === undefined || events.length === 0) return top;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && before(events[child + 1]!, events[child]!)) child++;
      if (before(last, events[child]!)) break;
      events[i] = events[child]!;
      i = child;
    }
    events[i] = last;
    return top;
  }

  run(untilUs: number): void {
    while (this.events.length > 0 && this.events[0]!.atUs <= untilUs && this.broken.length === 0) {
      const event = this.pop()!;
      this.nowUs = event.atUs;
      event.run();
    }
    this.nowUs = Math.max(this.nowUs, untilUs);
  }

  /** The server's loop around the core: send, write, apply; then check every law. */
  afterStep(member: Member): void {
    const { raft } = member;
    if (raft.role === 'leader' && this.beating.get(raft.id) !== raft.term) {
      this.beating.set(raft.id, raft.term);
      this.heartbeatTimer(member, raft.term);
    }
    if (raft.role === 'leader' && raft.persistedTerm === raft.term) this.sendAll(member, raft.outbox.splice(0));
    this.applyAll(member);
    while (!member.writing) {
      const ready = takeReady(raft);
      if (ready.messages.length + ready.messagesAfterPersist.length === 0 && ready.write === undefined) break;
      this.sendAll(member, ready.messages);
      if (ready.write === undefined) {
        this.finish(member, ready.messagesAfterPersist);
        continue;
      }
      this.write(member, ready.write, ready.messagesAfterPersist);
    }
    writeCommit(member.disk, raft.log.committed);
    for (const state of takeReadStates(raft)) {
      this.reads.push({ ...state, minimum: this.readMinimum.get(state.context) ?? 0 });
    }
    raft.notes.length = 0;
    this.broken.push(...checkRaft(this.laws, this.members.map(viewOf)));
  }

  private write(member: Member, write: RaftWrite, after: readonly RaftMessage[]): void {
    member.writing = true;
    const { incarnation } = member;
    this.at(this.nowUs + 500 + this.pick(3_000), () => {
      if (!member.running || member.incarnation !== incarnation) return;
      member.writing = false;
      writeRaftDisk(member.disk, write);
      if (write.snapshot !== undefined) {
        const db = write.snapshot.data as { data: unknown[] };
        member.db = {
          data: [...db.data],
          applied: write.snapshot.index,
          voters: [...write.snapshot.voters],
          learners: [...write.snapshot.learners],
        };
      }
      persisted(member.raft, write);
      this.finish(member, after);
      this.afterStep(member);
    });
  }

  private finish(member: Member, messages: readonly RaftMessage[]): void {
    this.sendAll(
      member,
      messages.filter((message) => message.to !== member.raft.id),
    );
    for (const message of messages) if (message.to === member.raft.id) stepRaft(member.raft, message, this.nowUs);
    this.applyAll(member);
  }

  private applyAll(member: Member): void {
    const { raft, db } = member;
    for (let entry = nextCommitted(raft); entry !== undefined; entry = nextCommitted(raft)) {
      this.apply(member, entry);
      applied(raft, entry.index);
      db.applied = entry.index;
    }
    if (db.applied - raft.log.offset > this.keepEntries * 2) {
      const index = db.applied - this.keepEntries;
      compactRaftDisk(member.disk, index, termAt(raft.log, index));
      compactLog(raft.log, index);
    }
  }

  private apply(member: Member, entry: RaftEntry): void {
    if (entry.type === 'ConfChange') {
      applyConfChange(member.raft, entry.data as ConfChange, this.nowUs);
      member.db.voters = [...member.raft.voters];
      member.db.learners = [...member.raft.learners];
    }
    if (entry.data !== undefined) member.db.data.push(entry.data);
  }

  private sendAll(from: Member, messages: readonly RaftMessage[]): void {
    for (const original of messages) {
      let message = original;
      const violation = checkSent(from.raft, from.disk, message);
      if (violation !== undefined) this.broken.push(violation);
      this.messages++;
      if (message.type === 'MsgSnap') {
        const { db } = from;
        const snapshot = {
          index: db.applied,
          term: termAt(from.raft.log, db.applied),
          voters: [...db.voters],
          learners: [...db.learners],
          data: { data: [...db.data] },
        };
        message = { ...message, snapshot, index: snapshot.index, logTerm: snapshot.term };
      }
      this.deliver(from, message);
    }
  }

  private deliver(from: Member, message: RaftMessage): void {
    const lost = this.cut.has(`${message.from}>${message.to}`) || this.random() * 100 < this.lossPercent;
    const delay = 100 + this.pick(this.maxDelayUs);
    this.at(this.nowUs + delay, () => {
      const to = this.members.find(({ raft }) => raft.id === message.to);
      if (lost || to === undefined || !to.running) {
        if (from.running && message.type === 'MsgSnap') reportSnapshot(from.raft, message.to, false);
        if (from.running && message.type === 'MsgApp' && this.pick(2) === 0) reportUnreachable(from.raft, message.to);
        return;
      }
      stepRaft(to.raft, message, this.nowUs);
      this.afterStep(to);
      if (message.type === 'MsgSnap' && from.running) {
        reportSnapshot(from.raft, message.to, true);
        this.afterStep(from);
      }
    });
  }

  propose(member: Member, data: unknown): boolean {
    if (!member.running) return false;
    member.raft.nowUs = this.nowUs;
    const result = propose(member.raft, 'Normal', data, 8);
    this.afterStep(member);
    return result !== 'dropped';
  }

  changeMembers(member: Member, change: ConfChange): void {
    if (!member.running) return;
    member.raft.nowUs = this.nowUs;
    propose(member.raft, 'ConfChange', change, 8);
    this.afterStep(member);
  }

  read(member: Member, context: number): void {
    if (!member.running) return;
    this.readMinimum.set(context, Math.max(...this.members.map(({ db }) => db.applied)));
    readIndex(member.raft, context, this.nowUs);
    this.afterStep(member);
  }

  leader(): Member | undefined {
    let best: Member | undefined;
    for (const member of this.members) {
      if (
        member.running &&
        member.raft.role === 'leader' &&
        (best === undefined || member.raft.term > best.raft.term)
      ) {
        best = member;
      }
    }
    return best;
  }

  heal(): void {
    this.cut.clear();
    this.lossPercent = 0;
    for (const member of this.members) if (!member.running) this.start(member);
  }

  partition(group: readonly string[]): void {
    this.cut.clear();
    for (const { raft: a } of this.members) {
      for (const { raft: b } of this.members) {
        if (group.includes(a.id) !== group.includes(b.id)) this.cut.add(`${a.id}>${b.id}`);
      }
    }
  }

  lastIndexes(): number[] {
    return this.members.map(({ raft }) => lastIndex(raft.log));
  }
}

function viewOf({ raft, running, disk, incarnation }: Member): RaftMemberView {
  return { id: raft.id, raft: running ? raft : undefined, disk, incarnation };
}

function before(left: Event, right: Event): boolean {
  return left.atUs < right.atUs || (left.atUs === right.atUs && left.order < right.order);
}
