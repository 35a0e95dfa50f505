/** Reads: linearizable ones ask the leader how far they must wait, many at a time; serializable ones do not. */
import { type EtcdRequest, etcdErrors } from '../api/etcd.ts';
import type { CallId, Io } from '../kernel/io.ts';
import { memberList } from './apply.ts';
import { applyRange, applyTxn } from './apply-kv.ts';
import { readIndex } from './raft.ts';
import { NONE } from './raft-message.ts';
import type { ReadState } from './raft-state.ts';
import { answer, headerFor, refuse, type Server, type WaitingRead } from './server-memory.ts';

/** The leader is asked again when it has not answered after this. */
const RETRY_US = 500_000;

/** Queues a linearizable read. The caller must `advance` afterwards. */
export function addRead(server: Server, io: Io, call: CallId, request: EtcdRequest): void {
  server.reads.waiting.push({ call, request, startUs: io.now });
  pumpReads(server, io);
}

/** Asks the leader on behalf of all who wait, one question at a time. */
export function pumpReads(server: Server, io: Io): void {
  const { reads, raft } = server;
  if (reads.waiting.length === 0 || reads.asked.length > 0 || raft.lead === NONE) return;
  reads.asked = reads.waiting;
  reads.waiting = [];
  ask(server, io);
}

function ask(server: Server, io: Io): void {
  server.reads.context++;
  readIndex(server.raft, server.reads.context, io.now);
  // A single member has its answer already.
  if (server.raft.readStates.length === 0) io.setTimer('read', RETRY_US, { type: 'READ_RETRY' });
}

/** No answer from the leader: ask again, perhaps another one. */
export function retryReads(server: Server, io: Io): void {
  if (server.reads.asked.length === 0) return;
  if (server.raft.lead !== NONE) ask(server, io);
  else io.setTimer('read', RETRY_US, { type: 'READ_RETRY' });
}

export function readsConfirmed(server: Server, io: Io, states: readonly ReadState[]): void {
  const { reads, raft } = server;
  for (const { index, context } of states) {
    if (context !== reads.context || reads.asked.length === 0) continue;
    const confirmed = reads.asked;
    reads.asked = [];
    io.clearTimer('read');
    if (index > raft.log.applied) reads.confirmed.push({ index, reads: confirmed });
    else for (const read of confirmed) answerRead(server, io, read);
  }
  pumpReads(server, io);
}

/** Answers a read from this member's own store. */
export function answerRead(server: Server, io: Io, { call, request }: Pick<WaitingRead, 'call' | 'request'>): void {
  const { store } = server.disk;
  switch (request.method) {
    case 'Range': {
      const result = applyRange(store, request, headerFor(server));
      if (result.ok) answer(io, call, result.body);
      else refuse(io, call, result.error);
      return;
    }
    case 'Txn': {
      const result = applyTxn(store, request, headerFor(server));
      if (result.ok) answer(io, call, result.body);
      else refuse(io, call, result.error);
      return;
    }
    case 'MemberList':
      answer(io, call, { header: headerFor(server)(0), members: memberList(store) });
      return;
    default:
      refuse(io, call, etcdErrors.stopped);
  }
}
