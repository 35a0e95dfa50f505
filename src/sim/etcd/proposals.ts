/** Changes on their way to being agreed on, and what becomes of those that are not. */
import { type EtcdError, type EtcdMethod, etcdErrors } from '../api/etcd.ts';
import type { CallId, Io } from '../kernel/io.ts';
import type { Mutation } from './mutation.ts';
import { NONE } from './raft-message.ts';
import { advance, offer } from './ready-loop.ts';
import { armTimeouts, type Pending, refuse, requestTimeoutUs, type Server } from './server-memory.ts';

/** Entries that may be agreed on but not applied yet before new ones are refused. */
const MAX_APPLY_GAP = 5000;

const moveTimeout: EtcdError = {
  code: 'Unavailable',
  message: 'etcdserver: request timed out, leader transfer took too long',
};

/** Puts a change before the cluster; the answer comes when it is applied here. */
export function submit(
  server: Server,
  io: Io,
  call: CallId,
  method: EtcdMethod,
  mutation: Mutation,
  sizeBytes: number,
): void {
  const { log } = server.raft;
  if (log.committed > log.applied + MAX_APPLY_GAP) {
    refuse(io, call, etcdErrors.tooManyRequests);
    return;
  }
  submitWork(server, io, call, method, { kind: 'mutation', mutation, sizeBytes });
}

export function submitWork(server: Server, io: Io, call: CallId, method: EtcdMethod, work: Pending['work']): void {
  const request = server.nextRequest++;
  const pending: Pending = { call, method, startUs: io.now, work, proposed: false };
  server.pending.set(request, pending);
  offer(server, io, request, pending);
  armTimeouts(server, io);
  advance(server, io);
}

/** Gives up on requests that have waited long enough, and says why. */
export function expireRequests(server: Server, io: Io): void {
  const limitUs = requestTimeoutUs(server.config);
  let oldest = Number.POSITIVE_INFINITY;
  for (const [request, pending] of server.pending) {
    if (pending.startUs + limitUs > io.now) {
      oldest = Math.min(oldest, pending.startUs);
    } else if (pending.call === 0) {
      // Our own name must be published whatever it takes.
      server.pending.set(request, { ...pending, startUs: io.now, proposed: false });
      oldest = Math.min(oldest, io.now);
    } else {
      server.pending.delete(request);
      refuse(io, pending.call, timeoutError(server, io, pending.startUs));
    }
  }
  const { reads } = server;
  const keep = (read: { readonly call: CallId; readonly startUs: number }): boolean => {
    if (read.startUs + limitUs > io.now) {
      oldest = Math.min(oldest, read.startUs);
      return true;
    }
    refuse(io, read.call, etcdErrors.timeout);
    return false;
  };
  reads.waiting = reads.waiting.filter(keep);
  reads.asked = reads.asked.filter(keep);
  reads.confirmed = reads.confirmed.map(({ index, reads: list }) => ({ index, reads: list.filter(keep) }));
  if (server.move !== undefined && server.move.untilUs <= io.now) {
    refuse(io, server.move.call, moveTimeout);
    server.move = undefined;
  }
  for (const [request, pending] of server.pending) if (!pending.proposed) offer(server, io, request, pending);
  server.timeoutArmed = oldest !== Number.POSITIVE_INFINITY || server.move !== undefined;
  if (server.timeoutArmed) {
    const waitUs = oldest === Number.POSITIVE_INFINITY ? limitUs : oldest + limitUs - io.now;
    io.setTimer('timeouts', Math.max(1, waitUs), { type: 'TIMEOUTS' });
  }
  advance(server, io);
}

function timeoutError(server: Server, io: Io, startUs: number): EtcdError {
  const { raft, config, leadSinceUs } = server;
  if (startUs > leadSinceUs - 2 * config.electionTimeoutUs && startUs < leadSinceUs)
    return etcdErrors.timeoutLeaderFail;
  const since = server.peers.get(raft.lead)?.activeSinceUs ?? -1;
  if (raft.lead === raft.id) {
    let connected = 1;
    for (const peer of server.peers.values()) {
      if (raft.voters.includes(peer.id) && peer.activeSinceUs >= 0 && peer.activeSinceUs <= startUs) connected++;
    }
    if (connected < (raft.voters.length >> 1) + 1) return etcdErrors.timeoutConnectionLost;
  } else if (raft.lead !== NONE && (since < 0 || since > startUs || since > io.now)) {
    return etcdErrors.timeoutConnectionLost;
  }
  return etcdErrors.timeout;
}
