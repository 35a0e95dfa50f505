/**
 * The loop around raft: after every step send what may be sent, write what must be written, apply what is agreed on,
 * and answer those who wait for it. @source etcd:server/etcdserver/raft.go, server.go
 */
import type { Io } from '../kernel/io.ts';
import { applyMembership, applyMutation, confChangeError, memberList, type Outcome } from './apply.ts';
import { demote, expiredLeases, FOREVER, promote } from './lease.ts';
import type { MemberChange, Proposal } from './mutation.ts';
import type { StoredKeyValue } from './mvcc.ts';
import { REMOVED, sendMessages, updatePeers } from './peers.ts';
import { applyConfChange, propose, stepRaft } from './raft.ts';
import { compactRaftDisk, writeCommit, writeRaftDisk } from './raft-disk.ts';
import { compactLog, termAt } from './raft-log.ts';
import { type ConfChange, NONE, type RaftEntry, type RaftMessage } from './raft-message.ts';
import {
  applied,
  hasReady,
  nextCommitted,
  persisted,
  type RaftWrite,
  takeReadStates,
  takeReady,
} from './raft-ready.ts';
import { answerRead, pumpReads, readsConfirmed } from './reads.ts';
import { answer, armTimeouts, headerFor, type Pending, refuse, type Server, zap } from './server-memory.ts';
import type { Store } from './store.ts';
import { type Delivery, notify, unsyncAll } from './watch.ts';
import { deliver, syncWatchers } from './watch-stream.ts';

const MAX_HELD_MESSAGES = 500;

/** To be called after everything that may have moved raft. */
export function advance(server: Server, io: Io): void {
  const { raft } = server;
  do {
    sendEarly(server, io);
    applyCommitted(server, io);
    const states = takeReadStates(raft);
    if (states.length > 0) readsConfirmed(server, io, states);
    if (server.writing !== undefined || !hasReady(raft)) break;
    const ready = takeReady(raft);
    if (ready.messages.length > 0) sendMessages(server, io, ready.messages);
    if (ready.write !== undefined) startWrite(server, io, ready.write, ready.messagesAfterPersist);
    else finishWrite(server, io, ready.messagesAfterPersist);
  } while (hasReady(raft));
  // While the disk hangs answers pile up; like packets, old ones may be lost.
  if (raft.outbox.length > 2 * MAX_HELD_MESSAGES) raft.outbox.splice(0, MAX_HELD_MESSAGES);
  writeCommit(server.disk.wal, raft.log.committed);
  if (raft.lead !== server.knownLead) leadChanged(server, io);
  if (raft.notes.length > 0) logNotes(server, io);
}

/** A leader need not wait for its disk to tell others, unless the disk has been busy for longer than a heartbeat. */
function sendEarly(server: Server, io: Io): void {
  const { raft, writing } = server;
  if (raft.outbox.length === 0 || raft.role !== 'leader' || raft.persistedTerm !== raft.term) return;
  if (writing !== undefined && io.now - writing.sinceUs > server.config.heartbeatUs) return;
  const messages = raft.outbox;
  raft.outbox = [];
  sendMessages(server, io, messages);
}

function startWrite(server: Server, io: Io, write: RaftWrite, after: readonly RaftMessage[]): void {
  const id = server.nextWrite++;
  server.writing = { id, write, after, sinceUs: io.now };
  if (io.diskIsFull()) {
    zap(io, 'fatal', 'etcdserver/raft.go:233', 'failed to save Raft hard state and entries', {
      error: 'write /var/lib/etcd/member/wal: no space left on device',
    });
    io.exit(1);
    return;
  }
  io.fsync(id);
}

/** The disk has done our write. */
export function written(server: Server, io: Io, id: unknown): void {
  const { writing, disk, raft } = server;
  if (writing === undefined || writing.id !== id) return;
  server.writing = undefined;
  const tookUs = io.now - writing.sinceUs;
  if (tookUs > 1_000_000) {
    zap(io, 'warn', 'wal/wal.go:829', 'slow fdatasync', {
      took: `${tookUs / 1_000_000}s`,
      'expected-duration': '1s',
    });
  }
  writeRaftDisk(disk.wal, writing.write);
  const { snapshot } = writing.write;
  if (snapshot !== undefined) installSnapshot(server, io, snapshot.data as Store, snapshot.index, snapshot.term);
  persisted(raft, writing.write);
  finishWrite(server, io, writing.after);
  advance(server, io);
}

function finishWrite(server: Server, io: Io, after: readonly RaftMessage[]): void {
  const { raft } = server;
  const own: RaftMessage[] = [];
  const others: RaftMessage[] = [];
  for (const message of after) (message.to === raft.id ? own : others).push(message);
  if (others.length > 0) sendMessages(server, io, others);
  for (const message of own) stepRaft(raft, message, io.now);
}

/** The whole store is replaced by the leader's. Watches go on from the new one's past. */
function installSnapshot(server: Server, io: Io, store: Store, index: number, term: number): void {
  const before = server.disk.store.mvcc.revision;
  server.disk.store = store;
  store.appliedIndex = index;
  store.appliedTerm = term;
  zap(io, 'info', 'etcdserver/server.go:1042', 'applied snapshot', { 'incoming-leader-snapshot-index': index });
  io.note(`Restored the leader's snapshot as of raft index ${index}`);
  unsyncAll(server.hub, before, store.mvcc);
  syncWatchers(server, io);
  updatePeers(server, io);
}

function applyCommitted(server: Server, io: Io): void {
  const { raft, config } = server;
  let moved = false;
  for (let entry = nextCommitted(raft); entry !== undefined; entry = nextCommitted(raft)) {
    const { store } = server.disk;
    if (entry.type === 'ConfChange') applyChange(server, io, entry);
    else if (entry.data !== undefined) applyProposal(server, io, entry.data as Proposal);
    store.appliedIndex = entry.index;
    store.appliedTerm = entry.term;
    applied(raft, entry.index);
    moved = true;
  }
  if (!moved) return;
  const { confirmed } = server.reads;
  while (confirmed[0] !== undefined && confirmed[0].index <= raft.log.applied) {
    for (const read of confirmed.shift()!.reads) answerRead(server, io, read);
  }
  if (raft.log.applied - raft.log.offset > config.snapshotCount + config.snapshotCatchUpEntries) {
    const index = raft.log.applied - config.snapshotCatchUpEntries;
    compactRaftDisk(server.disk.wal, index, termAt(raft.log, index));
    compactLog(raft.log, index);
    zap(io, 'info', 'etcdserver/server.go:2163', 'compacted Raft logs', { 'compact-index': index });
  }
}

function applyProposal(server: Server, io: Io, proposal: Proposal): void {
  const { store, memberId } = server.disk;
  const outcome = applyMutation(store, proposal.mutation, {
    header: headerFor(server),
    nowUs: io.now,
    electionTimeoutUs: server.config.electionTimeoutUs,
  });
  if (outcome.ok && outcome.changes.length > 0) {
    if (server.raft.role === 'leader') noteChanges(io, outcome.changes);
    tellWatchers(server, io, outcome.changes);
  }
  if (proposal.mutation.method === 'LeaseGrant') armExpiry(server, io);
  if (proposal.origin !== memberId) return;
  const pending = server.pending.get(proposal.request);
  if (pending === undefined) return;
  server.pending.delete(proposal.request);
  settle(server, io, pending, outcome);
}

/** For whoever reads the trace: what became a fact, told once, by the leader. */
function noteChanges(io: Io, changes: readonly StoredKeyValue[]): void {
  const { key, version, modRevision } = changes[0]!;
  const more = changes.length > 1 ? ` and ${changes.length - 1} more` : '';
  io.note(`Revision ${modRevision}: ${version === 0 ? 'delete' : 'put'} ${key}${more}`);
}

function tellWatchers(server: Server, io: Io, changes: readonly StoredKeyValue[]): void {
  const deliveries: readonly Delivery[] = notify(server.hub, server.disk.store.mvcc, changes);
  for (const delivery of deliveries) deliver(server, io, delivery);
}

function settle(server: Server, io: Io, pending: Pending, outcome: Outcome): void {
  if (pending.work.kind === 'mutation' && pending.work.mutation.method === 'ClusterMemberAttrSet') {
    becomeReady(server, io);
  }
  if (outcome.ok) answer(io, pending.call, outcome.body);
  else refuse(io, pending.call, outcome.error);
}

/** The member has told the cluster its name: now it serves clients. */
function becomeReady(server: Server, io: Io): void {
  if (server.ready) return;
  server.ready = true;
  zap(io, 'info', 'etcdserver/server.go:1809', 'published local member to cluster through raft', {
    'local-member-id': server.disk.memberId,
    'cluster-id': server.disk.clusterId,
  });
  zap(io, 'info', 'embed/serve.go:124', 'ready to serve client requests');
  io.note(`Ready to serve clients as ${server.config.name}`);
  const { early } = server;
  server.early = [];
  for (const { call, from, body } of early) io.raise({ type: 'REQUEST', call, from, body });
}

function applyChange(server: Server, io: Io, entry: RaftEntry): void {
  const change = entry.data as ConfChange;
  const details = change.context as MemberChange;
  const { disk, raft } = server;
  const { store } = disk;
  const error = confChangeError(store, change, details);
  if (error === undefined) {
    applyMembership(store, change, details);
    applyConfChange(raft, change, io.now);
    store.voters = Object.freeze([...raft.voters]);
    store.learners = Object.freeze([...raft.learners]);
    zap(io, 'info', 'membership/cluster.go:421', memberNews(change, details), {
      'cluster-id': disk.clusterId,
      'local-member-id': disk.memberId,
      'member-id': change.id,
    });
    updatePeers(server, io);
  }
  if (details.origin === disk.memberId) {
    const pending = server.pending.get(details.request);
    server.pending.delete(details.request);
    if (pending !== undefined && error !== undefined) refuse(io, pending.call, error);
    else if (pending !== undefined) {
      const header = headerFor(server)(0);
      const member = store.members.get(change.id);
      const members = memberList(store);
      answer(io, pending.call, pending.method === 'MemberAdd' ? { header, member, members } : { header, members });
    }
  }
  if (change.kind === 'RemoveNode' && change.id === disk.memberId && error === undefined) {
    zap(io, 'warn', 'etcdserver/server.go:1163', 'server error', { error: REMOVED });
    zap(io, 'warn', 'etcdserver/server.go:1164', 'data-dir used by this member must be removed');
    io.note('This member has been removed from the cluster');
    io.setTimer('stop', 1_000_000, { type: 'STOP' });
  }
}

function memberNews(change: ConfChange, details: MemberChange): string {
  if (change.kind === 'RemoveNode') return 'removed member';
  if (change.kind === 'UpdateNode') return 'updated member';
  return details.isPromote ? 'promote member' : 'added member';
}

function leadChanged(server: Server, io: Io): void {
  const { raft } = server;
  const before = server.knownLead;
  server.knownLead = raft.lead;
  if (raft.lead === NONE) {
    server.noLeadSinceUs = io.now;
    zap(io, 'info', 'etcdserver/zap_raft.go:77', `${raft.id} lost leader ${before} at term ${raft.term}`);
    io.setTimer('noLeader', 3 * server.config.electionTimeoutUs, { type: 'NO_LEADER' });
    return;
  }
  server.leadSinceUs = io.now;
  io.clearTimer('noLeader');
  zap(
    io,
    'info',
    'etcdserver/zap_raft.go:77',
    `raft.node: ${raft.id} elected leader ${raft.lead} at term ${raft.term}`,
  );
  if (server.move?.target === raft.lead) {
    answer(io, server.move.call, { header: headerFor(server)(server.disk.store.mvcc.revision) });
    server.move = undefined;
  }
  if (!server.ready) publish(server, io);
  proposeWaiting(server, io);
  // Whoever asked the old leader must ask the new one.
  server.reads.waiting = [...server.reads.asked, ...server.reads.waiting];
  server.reads.asked = [];
  pumpReads(server, io);
  advance(server, io);
}

/** Tells the cluster this member's name and where its clients find it. */
function publish(server: Server, io: Io): void {
  armTimeouts(server, io);
  const { memberId } = server.disk;
  for (const pending of server.pending.values()) {
    if (pending.work.kind === 'mutation' && pending.work.mutation.method === 'ClusterMemberAttrSet') return;
  }
  const { name, advertiseClientUrls } = server.config;
  const clientUrls = Object.freeze([...advertiseClientUrls]);
  const mutation = Object.freeze({ method: 'ClusterMemberAttrSet', id: memberId, name, clientUrls } as const);
  server.pending.set(server.nextRequest++, {
    call: 0,
    method: 'Internal',
    startUs: io.now,
    work: { kind: 'mutation', mutation, sizeBytes: 64 },
    proposed: false,
  });
}

/** Proposes what waits for a leader. */
export function proposeWaiting(server: Server, io: Io): void {
  for (const [request, pending] of server.pending) if (!pending.proposed) offer(server, io, request, pending);
}

/** Proposes one request, or leaves it waiting while there is no leader. */
export function offer(server: Server, io: Io, request: number, pending: Pending): void {
  const { raft, disk } = server;
  if (raft.lead === NONE) return;
  raft.nowUs = io.now;
  pending.proposed = true;
  const { work } = pending;
  let result: 'appended' | 'forwarded' | 'dropped';
  if (work.kind === 'members') {
    result = propose(raft, 'ConfChange', work.change, 128);
    // A change that comes too early becomes an empty entry; whoever asked for it waits in vain, as with etcd.
    if (result === 'dropped') return;
  } else {
    const proposal: Proposal = Object.freeze({ origin: disk.memberId, request, mutation: work.mutation });
    result = propose(raft, 'Normal', proposal, work.sizeBytes);
  }
  if (result !== 'dropped') return;
  if (pending.call === 0) {
    // Our own wishes are offered again.
    pending.proposed = false;
    return;
  }
  server.pending.delete(request);
  refuse(io, pending.call, { code: 'Unknown', message: 'raft proposal dropped' });
}

/** This member leads now. */
export function leadershipGained(server: Server, io: Io): void {
  const { store } = server.disk;
  promote(store.leases, server.config.electionTimeoutUs, io.now);
  io.note(`Became leader at term ${server.raft.term}`);
  io.setTimer('heartbeat', server.config.heartbeatUs, { type: 'HEARTBEAT' });
  armExpiry(server, io);
  if (store.clusterVersion === '') {
    addInternal(server, io, { method: 'ClusterVersionSet', version: '3.6.0' });
    advance(server, io);
  }
}

export function leadershipLost(server: Server, io: Io): void {
  demote(server.disk.store.leases);
  io.clearTimer('heartbeat');
  io.clearTimer('expiry');
  io.note(`Is no longer leader at term ${server.raft.term}`);
}

export function armExpiry(server: Server, io: Io): void {
  const { leases } = server.disk.store;
  if (!leases.isPrimary || leases.nextExpiryUs === FOREVER) return;
  io.setTimer('expiry', Math.max(0, leases.nextExpiryUs - io.now), { type: 'LEASE_EXPIRY' });
}

/** Revokes through the log what has run out. */
export function revokeExpired(server: Server, io: Io): void {
  for (const id of expiredLeases(server.disk.store.leases, io.now)) {
    addInternal(server, io, { method: 'LeaseRevoke', id });
  }
  armExpiry(server, io);
  advance(server, io);
}

/** Proposes something of our own; nobody waits for the outcome. */
export function addInternal(server: Server, io: Io, mutation: Proposal['mutation']): void {
  const request = server.nextRequest++;
  const pending: Pending = {
    call: 0,
    method: 'Internal',
    startUs: io.now,
    work: { kind: 'mutation', mutation: Object.freeze(mutation), sizeBytes: 32 },
    proposed: false,
  };
  offer(server, io, request, pending);
}

function logNotes(server: Server, io: Io): void {
  const { notes } = server.raft;
  server.raft.notes = [];
  for (const msg of notes) zap(io, 'info', 'etcdserver/zap_raft.go:77', msg, { logger: 'raft' });
}
