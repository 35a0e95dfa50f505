/** What clients ask of a member. @source etcd:server/etcdserver/api/v3rpc, etcd:server/etcdserver/v3_server.go */
import { type EtcdError, type EtcdId, type EtcdRequest, etcdErrors, type TxnRequest } from '../api/etcd.ts';
import type { EtcdSnapshotBlob, HashKvRequest, MoveLeaderRequest, StatusResponse } from '../api/etcd-maintenance.ts';
import type { CallId, Io } from '../kernel/io.ts';
import {
  checkDelete,
  checkPut,
  checkRange,
  checkTxn,
  isReadOnly,
  isSerializable,
  quotaCost,
  requestBytes,
} from './check-request.ts';
import { ETCD_VERSION } from './flags.ts';
import { checkGrant, leaseIds, remainingSeconds, renew } from './lease.ts';
import { changeMembers, promoteMember } from './members.ts';
import type { Mutation } from './mutation.ts';
import { defragment, fileSizeInUseBytes, hashAt } from './mvcc.ts';
import { forwardToLeader } from './peers.ts';
import { submit } from './proposals.ts';
import { transferLeader } from './raft.ts';
import { lastIndex } from './raft-log.ts';
import { NONE } from './raft-message.ts';
import { addRead, answerRead } from './reads.ts';
import { addInternal, advance, armExpiry } from './ready-loop.ts';
import { answer, armTimeouts, headerFor, refuse, requestTimeoutUs, type Server, zap } from './server-memory.ts';
import { openWatch, progressNow } from './watch-stream.ts';

export function handleRequest(server: Server, io: Io, call: CallId, from: string, request: EtcdRequest): void {
  // It may become part of the log, which all members share.
  Object.freeze(request);
  if (server.raft.learners.includes(server.raft.id) && !servedByLearners(request)) {
    refuse(io, call, etcdErrors.learnerUnsupported);
    return;
  }
  switch (request.method) {
    case 'Range': {
      const error = checkRange(request);
      if (error !== undefined) refuse(io, call, error);
      else if (request.serializable === true) answerRead(server, io, { call, request });
      else read(server, io, call, request);
      return;
    }
    case 'Put':
      write(server, io, call, request, checkPut(request));
      return;
    case 'DeleteRange':
      write(server, io, call, request, checkDelete(request));
      return;
    case 'Txn':
      handleTxn(server, io, call, request);
      return;
    case 'Compact':
    case 'LeaseRevoke':
    case 'Alarm':
      submit(server, io, call, request.method, request, 32);
      return;
    case 'LeaseGrant': {
      const error = checkGrant(request.ttlSeconds) ?? quotaError(server, io, 64);
      const id = request.id === undefined || request.id === '0' ? newLeaseId(io) : request.id;
      const { ttlSeconds } = request;
      if (error !== undefined) refuse(io, call, error);
      else submit(server, io, call, 'LeaseGrant', { method: 'LeaseGrant', id, ttlSeconds }, 32);
      return;
    }
    case 'LeaseKeepAlive':
    case 'LeaseTimeToLive':
      if (server.raft.role === 'leader') handleLease(server, io, call, request);
      else if (!forwardToLeader(server, io, call, request)) refuse(io, call, etcdErrors.noLeader);
      return;
    case 'LeaseLeases':
      answer(io, call, { header: header(server), leases: leaseIds(server.disk.store.leases) });
      return;
    case 'Watch':
      openWatch(server, io, call, from, request);
      return;
    case 'WatchProgress':
      progressNow(server, io, call, from);
      return;
    case 'MemberList':
      if (request.linearizable === true) read(server, io, call, request);
      else answerRead(server, io, { call, request });
      return;
    case 'MemberAdd':
    case 'MemberRemove':
    case 'MemberUpdate':
      changeMembers(server, io, call, request);
      return;
    case 'MemberPromote':
      if (server.raft.role === 'leader') promoteMember(server, io, call, request.id);
      else if (!forwardToLeader(server, io, call, request)) refuse(io, call, etcdErrors.noLeader);
      return;
    case 'Status':
      answer(io, call, status(server));
      return;
    case 'Defragment':
      defragment(server.disk.store.mvcc);
      zap(io, 'info', 'v3rpc/maintenance.go:108', 'finished defragment');
      answer(io, call, { header: header(server) });
      return;
    case 'HashKV':
      handleHash(server, io, call, request);
      return;
    case 'Snapshot':
      sendBlob(server, io, call);
      return;
    case 'MoveLeader':
      moveLeader(server, io, call, request);
      return;
    default:
      io.cancel(call, 'not simulated: this method of etcd');
  }
}

function header(server: Server) {
  return headerFor(server)(server.disk.store.mvcc.revision);
}

function servedByLearners(request: EtcdRequest): boolean {
  if (request.method === 'Range') return request.serializable === true;
  return request.method === 'Status' || request.method === 'Defragment' || request.method === 'HashKV';
}

function read(server: Server, io: Io, call: CallId, request: EtcdRequest): void {
  addRead(server, io, call, request);
  armTimeouts(server, io);
  advance(server, io);
}

function handleTxn(server: Server, io: Io, call: CallId, request: TxnRequest): void {
  const error = checkTxn(request, server.config.maxTxnOps);
  if (error !== undefined || !isReadOnly(request)) write(server, io, call, request, error);
  else if (isSerializable(request)) answerRead(server, io, { call, request });
  else read(server, io, call, request);
}

type KeyWrite = Extract<Mutation, { method: 'Put' | 'DeleteRange' | 'Txn' }>;

function write(server: Server, io: Io, call: CallId, request: KeyWrite, error: EtcdError | undefined): void {
  const sizeBytes = requestBytes(request);
  const cost = quotaCost(request);
  const found =
    error ??
    (sizeBytes > server.config.maxRequestBytes ? etcdErrors.requestTooLarge : undefined) ??
    (cost > 0 ? quotaError(server, io, cost) : undefined);
  if (found !== undefined) refuse(io, call, found);
  else submit(server, io, call, request.method, request, sizeBytes);
}

/** The database would outgrow its quota: the whole cluster is told, and stops taking writes. */
function quotaError(server: Server, io: Io, cost: number): EtcdError | undefined {
  const { disk, config } = server;
  if (disk.store.mvcc.fileBytes + cost < config.quotaBytes) return undefined;
  if (!disk.store.alarms.some(({ memberId, alarm }) => alarm === 'NOSPACE' && memberId === disk.memberId)) {
    zap(io, 'warn', 'etcdserver/server.go:2069', 'alarm raised', { alarm: 'NOSPACE', from: disk.memberId });
    io.note('Database space exceeded: raises the alarm NOSPACE');
    addInternal(server, io, { method: 'Alarm', action: 'ACTIVATE', memberId: disk.memberId, alarm: 'NOSPACE' });
    advance(server, io);
  }
  return etcdErrors.noSpace;
}

/** Renewing and asking for the time left: only the leader knows. */
export function handleLease(
  server: Server,
  io: Io,
  call: CallId,
  request: Extract<EtcdRequest, { method: 'LeaseKeepAlive' | 'LeaseTimeToLive' }>,
): void {
  const { leases } = server.disk.store;
  const { id } = request;
  if (request.method === 'LeaseKeepAlive') {
    const ttl = renew(leases, id, io.now);
    if (typeof ttl !== 'number') {
      // A lease that is gone is not an error to a keep-alive: its time is 0.
      answer(io, call, { header: header(server), id, ttlSeconds: 0 });
      return;
    }
    armExpiry(server, io);
    answer(io, call, { header: header(server), id, ttlSeconds: ttl });
    return;
  }
  const lease = leases.leases.get(id);
  if (lease === undefined) {
    answer(io, call, { header: header(server), id, ttlSeconds: -1, grantedTtlSeconds: 0, keys: [] });
    return;
  }
  answer(io, call, {
    header: header(server),
    id,
    ttlSeconds: remainingSeconds(lease, io.now),
    grantedTtlSeconds: lease.ttlSeconds,
    keys: request.keys === true ? [...lease.keys].sort() : [],
  });
}

function newLeaseId(io: Io): EtcdId {
  const high = Math.floor(io.random() * 0x7fffffff);
  const low = Math.floor(io.random() * 0x100000000);
  return `${(high + 1).toString(16)}${low.toString(16).padStart(8, '0')}`;
}

export function status(server: Server): StatusResponse {
  const { raft, disk } = server;
  const { mvcc, alarms } = disk.store;
  const errors: string[] = [];
  if (raft.lead === NONE) errors.push(etcdErrors.noLeader.message);
  for (const { memberId, alarm } of alarms) errors.push(`memberID:${BigInt(`0x${memberId}`)} alarm:${alarm} `);
  return {
    header: header(server),
    version: ETCD_VERSION,
    storageVersion: disk.store.clusterVersion,
    dbSizeBytes: mvcc.fileBytes,
    dbSizeInUseBytes: fileSizeInUseBytes(mvcc),
    dbSizeQuotaBytes: server.config.quotaBytes,
    leader: raft.lead,
    raftIndex: lastIndex(raft.log),
    raftTerm: raft.term,
    raftAppliedIndex: raft.log.applied,
    errors,
    isLearner: raft.learners.includes(raft.id),
  };
}

function handleHash(server: Server, io: Io, call: CallId, request: HashKvRequest): void {
  const { mvcc } = server.disk.store;
  const revision = request.revision ?? 0;
  if (revision > mvcc.revision) refuse(io, call, etcdErrors.futureRevision);
  else if (revision > 0 && revision < mvcc.compactRevision) refuse(io, call, etcdErrors.compacted);
  else {
    const hashRevision = revision === 0 ? mvcc.revision : revision;
    const hash = hashAt(mvcc, hashRevision);
    answer(io, call, { header: header(server), hash, compactRevision: mvcc.compactRevision, hashRevision });
  }
}

function sendBlob(server: Server, io: Io, call: CallId): void {
  const { mvcc, leases } = server.disk.store;
  const kvs: EtcdSnapshotBlob['kvs'][number][] = [];
  for (const chunk of mvcc.index.chunks) for (const history of chunk) kvs.push(...history.revisions);
  const blob: EtcdSnapshotBlob = Object.freeze({
    kind: 'EtcdSnapshot',
    revision: mvcc.revision,
    compactRevision: mvcc.compactRevision,
    kvs: Object.freeze(kvs),
    leases: [...leases.leases.values()].map(({ id, ttlSeconds }) => ({ id, ttlSeconds })),
    hash: mvcc.hash,
    totalKeys: kvs.length,
    sizeBytes: mvcc.fileBytes,
  });
  const part = { header: header(server), remainingBytes: 0, sizeBytes: blob.sizeBytes, blob, version: ETCD_VERSION };
  io.push(call, part);
  answer(io, call, part);
}

function moveLeader(server: Server, io: Io, call: CallId, { targetId }: MoveLeaderRequest): void {
  const { raft, config } = server;
  if (raft.role !== 'leader') {
    refuse(io, call, etcdErrors.notLeader);
    return;
  }
  if (targetId === raft.id) {
    answer(io, call, { header: header(server) });
    return;
  }
  const error = transferLeader(raft, targetId, io.now);
  if (error !== undefined) {
    refuse(io, call, error);
    return;
  }
  server.move = { call, target: targetId, untilUs: io.now + requestTimeoutUs(config) };
  armTimeouts(server, io);
  advance(server, io);
}
