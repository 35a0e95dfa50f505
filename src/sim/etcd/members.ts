/** Changing who belongs to the cluster, and what is too dangerous to do. @source etcd:server/etcdserver/server.go */
import { type EtcdError, type EtcdId, etcdErrors } from '../api/etcd.ts';
import type {
  EtcdMember,
  MemberAddRequest,
  MemberRemoveRequest,
  MemberUpdateRequest,
} from '../api/etcd-maintenance.ts';
import type { CallId, Io } from '../kernel/io.ts';
import { memberId } from './member-id.ts';
import { connectedVoters } from './peers.ts';
import { submitWork } from './proposals.ts';
import type { ConfChange } from './raft-message.ts';
import { newMemberChange, refuse, type Server } from './server-memory.ts';

/** A member must have been connected this long to count as healthy. */
const HEALTH_INTERVAL_US = 5_000_000;
/** A learner may be promoted when it has this share of the leader's log. */
const READY_SHARE = 0.9;

export function changeMembers(
  server: Server,
  io: Io,
  call: CallId,
  request: MemberAddRequest | MemberRemoveRequest | MemberUpdateRequest,
): void {
  switch (request.method) {
    case 'MemberAdd': {
      const isLearner = request.isLearner === true;
      const error = badUrls(request.peerUrls) ?? mayAdd(server, io, isLearner);
      if (error !== undefined) {
        refuse(io, call, error);
        return;
      }
      const { initialClusterToken } = server.config;
      const id = memberId(request.peerUrls, initialClusterToken, Math.floor(io.wallMs() / 1000));
      const member: EtcdMember = Object.freeze({
        id,
        name: '',
        peerUrls: Object.freeze([...request.peerUrls]),
        clientUrls: Object.freeze([]),
        isLearner,
      });
      proposeChange(server, io, call, 'MemberAdd', isLearner ? 'AddLearnerNode' : 'AddNode', id, member, false);
      return;
    }
    case 'MemberRemove': {
      const error = mayRemove(server, io, request.id);
      if (error !== undefined) {
        refuse(io, call, error);
        return;
      }
      proposeChange(server, io, call, 'MemberRemove', 'RemoveNode', request.id, undefined, false);
      return;
    }
    case 'MemberUpdate': {
      const error = badUrls(request.peerUrls);
      if (error !== undefined) {
        refuse(io, call, error);
        return;
      }
      const member: EtcdMember = Object.freeze({
        id: request.id,
        name: '',
        peerUrls: Object.freeze([...request.peerUrls]),
        clientUrls: Object.freeze([]),
        isLearner: false,
      });
      proposeChange(server, io, call, 'MemberUpdate', 'UpdateNode', request.id, member, false);
      return;
    }
  }
}

/** Only the leader knows how far a learner is. */
export function promoteMember(server: Server, io: Io, call: CallId, id: EtcdId): void {
  const { raft, disk } = server;
  const member = disk.store.members.get(id);
  if (member === undefined) {
    refuse(io, call, etcdErrors.memberNotFound);
    return;
  }
  if (!member.isLearner) {
    refuse(io, call, etcdErrors.memberNotLearner);
    return;
  }
  const learner = raft.progress.get(id)?.match ?? 0;
  const leader = raft.progress.get(raft.id)?.match ?? 0;
  if (learner < leader * READY_SHARE) {
    refuse(io, call, etcdErrors.learnerNotReady);
    return;
  }
  if (server.config.strictReconfigCheck && startedVoters(server) + 1 < ((raft.voters.length + 1) >> 1) + 1) {
    refuse(io, call, etcdErrors.memberNotEnoughStarted);
    return;
  }
  proposeChange(server, io, call, 'MemberPromote', 'AddNode', id, undefined, true);
  return;
}

function proposeChange(
  server: Server,
  io: Io,
  call: CallId,
  method: 'MemberAdd' | 'MemberRemove' | 'MemberUpdate' | 'MemberPromote',
  kind: ConfChange['kind'],
  id: EtcdId,
  member: EtcdMember | undefined,
  isPromote: boolean,
): void {
  const context = newMemberChange(server, server.nextRequest, isPromote, member);
  const change: ConfChange = Object.freeze({ kind, id, context });
  submitWork(server, io, call, method, { kind: 'members', change });
}

function badUrls(urls: readonly string[]): EtcdError | undefined {
  const good = urls.length > 0 && urls.every((url) => /^https?:\/\/[^/:]+:\d+$/.test(url));
  return good ? undefined : etcdErrors.memberBadUrls;
}

function startedVoters(server: Server): number {
  let started = 0;
  for (const id of server.raft.voters) if (server.disk.store.members.get(id)?.name !== '') started++;
  return started;
}

/** A voter that does not run yet makes the quorum harder to reach: enough others must be there. */
function mayAdd(server: Server, io: Io, isLearner: boolean): EtcdError | undefined {
  const { config, disk, raft } = server;
  if (isLearner && raft.learners.length >= config.maxLearners) return etcdErrors.tooManyLearners;
  if (!config.strictReconfigCheck) return undefined;
  const voters = raft.voters.length;
  const started = startedVoters(server);
  if (!isLearner && !(started === 1 && voters === 1) && started < ((voters + 1) >> 1) + 1) {
    return etcdErrors.memberNotEnoughStarted;
  }
  const connected = connectedVoters(server, io.now - HEALTH_INTERVAL_US);
  return connected < disk.store.voters.length ? etcdErrors.unhealthy : undefined;
}

/** Removing a healthy voter while others are down may cost the quorum. */
function mayRemove(server: Server, io: Io, id: EtcdId): EtcdError | undefined {
  const { config, disk, raft } = server;
  if (disk.store.removed.has(id) || !disk.store.members.has(id)) return etcdErrors.memberNotFound;
  if (!config.strictReconfigCheck || raft.learners.includes(id)) return undefined;
  let started = 0;
  for (const voter of raft.voters) if (voter !== id && disk.store.members.get(voter)?.name !== '') started++;
  const left = raft.voters.length - 1;
  if (started < (left >> 1) + 1) return etcdErrors.memberNotEnoughStarted;
  if (id !== disk.memberId && (server.peers.get(id)?.activeSinceUs ?? -1) < 0) return undefined;
  const active = connectedVoters(server, io.now - HEALTH_INTERVAL_US);
  return active - 1 < 1 + (left >> 1) ? etcdErrors.unhealthy : undefined;
}
