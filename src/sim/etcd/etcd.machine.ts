/**
 * One etcd member: raft's roles as states. Every message of raft is an event; the core in raft.ts decides, and the state
 * follows it. Around it the server: write, apply, answer, watch.
 * Models etcd 3.6 as kubeadm runs it. @source etcd:server/etcdserver/raft.go, raft:raft.go
 */
import { setup } from 'xstate';
import { type EtcdRequest, etcdErrors } from '../api/etcd.ts';
import type { HttpRequest } from '../api/http.ts';
import type { CallId, Io } from '../kernel/io.ts';
import type { Program } from '../kernel/kernel.ts';
import { type Context, givenByKernel } from '../kernel/run-machine.ts';
import { memberList } from './apply.ts';
import { armCompaction, autoCompact } from './auto-compaction.ts';
import {
  boot,
  type ClusterView,
  certificatesReadable,
  closePorts,
  clusterAnswered,
  hastenElection,
  openPorts,
} from './bootstrap.ts';
import { handleHttp } from './health.ts';
import { type PeerRequest, type PeerTag, peerActive, peerInactive, REMOVED, redial } from './peers.ts';
import { expireRequests } from './proposals.ts';
import { electionDeadlineUs, stepRaft, tickElection, tickHeartbeat, transferLeader } from './raft.ts';
import { reportSnapshot } from './raft-leader.ts';
import type { RaftMessage, RaftMessageType } from './raft-message.ts';
import type { RaftRole } from './raft-state.ts';
import { retryReads } from './reads.ts';
import { advance, leadershipGained, leadershipLost, revokeExpired, written } from './ready-loop.ts';
import { handleRequest } from './requests.ts';
import { type EtcdMemory, refuse, type Server, zap } from './server-memory.ts';
import { removeWatcher } from './watch.ts';
import { cancelLeaderless, progressRound } from './watch-stream.ts';

type Event =
  | { readonly type: RaftMessageType }
  | { readonly type: 'BOOTED' | 'ELECTION_TIMEOUT' | 'HEARTBEAT' | 'LEASE_EXPIRY' | 'READ_RETRY' | 'TIMEOUTS' }
  | { readonly type: 'PROGRESS' | 'NO_LEADER' | 'COMPACTION' | 'STOP' | 'SIGTERM' }
  | { readonly type: 'FILE_CHANGED'; readonly path: string }
  | { readonly type: 'DIAL'; readonly id: string }
  | { readonly type: 'FSYNCED'; readonly tag: unknown }
  | { readonly type: 'REQUEST'; readonly call: CallId; readonly from: string; readonly body: unknown }
  | { readonly type: 'CANCELLED'; readonly call: CallId }
  | { readonly type: 'STREAM'; readonly tag: PeerTag }
  | {
      readonly type: 'REPLY';
      readonly tag: PeerTag;
      readonly ok: boolean;
      readonly body?: { readonly ok: boolean; readonly body: unknown };
      readonly error?: string;
    };

type EtcdContext = Context<EtcdMemory, Io>;
interface Args {
  readonly context: EtcdContext;
  readonly event: Event;
}

/** How long a leader that is to stop waits for a successor. */
const HAND_OVER_US = 500_000;

function running(context: EtcdContext, action: (server: Server, io: Io) => void): void {
  if (context.me.server !== undefined) action(context.me.server, context.io);
}

const hasRole =
  (role: RaftRole) =>
  ({ context }: { readonly context: EtcdContext }): boolean =>
    context.me.server?.raft.role === role;

/** A message of raft, from a peer. */
function step({ context, event }: Args): void {
  const { server } = context.me;
  const message = event as RaftMessage;
  if (server === undefined || message.to !== server.raft.id) return;
  stepRaft(server.raft, message, context.io.now);
  advance(server, context.io);
}

/** The election timer is one row that is pushed lazily: it looks when the leader was last heard and sleeps on. */
function electionTimer({ context }: { readonly context: EtcdContext }): void {
  running(context, (server, io) => {
    tickElection(server.raft, io.now);
    advance(server, io);
    armElection(server, io);
  });
}

function armElection(server: Server, io: Io): void {
  const { raft } = server;
  const dueUs = raft.role === 'leader' ? io.now + raft.randomizedTimeoutUs : electionDeadlineUs(raft);
  io.setTimer('election', Math.max(1, dueUs - io.now), { type: 'ELECTION_TIMEOUT' });
}

function heartbeatTimer({ context }: { readonly context: EtcdContext }): void {
  running(context, (server, io) => {
    tickHeartbeat(server.raft, io.now);
    advance(server, io);
    if (server.raft.role === 'leader') io.setTimer('heartbeat', server.config.heartbeatUs, { type: 'HEARTBEAT' });
  });
}

/** Everything that is asked of the member: by clients, by peers, by probes. */
function serve({ context, event }: Args): void {
  if (event.type !== 'REQUEST') return;
  running(context, (server, io) => {
    const request = event.body as EtcdRequest | PeerRequest | HttpRequest;
    switch (request.method) {
      case 'GET':
      case 'POST':
      case 'PUT':
      case 'PATCH':
      case 'DELETE':
        io.reply(event.call, handleHttp(server, request, io.now));
        return;
      case 'PeerStream':
      case 'PeerSnapshot':
      case 'PeerMembers':
      case 'PeerForward':
        servePeer(server, io, event.call, event.from, request);
        return;
      default:
        // Before it has joined, a member accepts connections but lets its clients wait.
        if (!server.ready) server.early.push({ call: event.call, from: event.from, body: event.body });
        else handleRequest(server, io, event.call, event.from, request);
    }
  });
}

function servePeer(server: Server, io: Io, call: CallId, from: string, request: PeerRequest): void {
  const { disk, raft } = server;
  switch (request.method) {
    case 'PeerMembers': {
      const body: ClusterView = { clusterId: disk.clusterId, members: memberList(disk.store) };
      io.reply(call, { ok: true, body });
      return;
    }
    case 'PeerStream':
      if (request.clusterId !== disk.clusterId) io.cancel(call, 'cluster ID mismatch');
      else if (disk.store.removed.has(request.id)) io.cancel(call, REMOVED);
      else {
        server.inbound.set(call, request.id);
        io.push(call, 'connected');
      }
      return;
    case 'PeerSnapshot':
      stepRaft(raft, request.message, io.now);
      advance(server, io);
      io.reply(call, { ok: true, body: undefined });
      return;
    case 'PeerForward':
      if (raft.role === 'leader') handleRequest(server, io, call, from, request.request as EtcdRequest);
      else refuse(io, call, etcdErrors.notLeader);
  }
}

/** An answer to one of our own calls to a peer. */
function peerAnswered({ context, event }: Args): void {
  if (event.type !== 'REPLY') return;
  running(context, (server, io) => {
    const { tag } = event;
    switch (tag.kind) {
      case 'stream':
        if (event.error === REMOVED) {
          zap(io, 'warn', 'etcdserver/server.go:1163', 'server error', { error: REMOVED });
          io.exit(0);
        } else {
          peerInactive(server, io, tag.id, event.error ?? 'EOF');
        }
        return;
      case 'snapshot':
        reportSnapshot(server.raft, tag.id, event.ok);
        advance(server, io);
        return;
      case 'forward':
        if (event.ok) io.reply(tag.call, event.body);
        else refuse(io, tag.call, etcdErrors.timeout);
        return;
      default:
    }
  });
}

export const etcdMachine = setup({
  types: {} as { context: EtcdContext; events: Event },
  guards: {
    isFollower: hasRole('follower'),
    isPreCandidate: hasRole('preCandidate'),
    isCandidate: hasRole('candidate'),
    isLeader: hasRole('leader'),
  },
  actions: {
    boot: ({ context }) => boot(context.me, context.io),
    clusterAnswered: ({ context, event }) => {
      if (event.type !== 'REPLY' || event.tag.kind !== 'members') return;
      clusterAnswered(context.me, context.io, event.ok ? (event.body?.body as ClusterView) : undefined);
    },
    joined: ({ context }) =>
      running(context, (server, io) => {
        const { clientTls, peerTls } = server.config;
        for (const { certFile, keyFile, trustedCaFile } of [clientTls, peerTls]) {
          for (const path of [certFile, keyFile, trustedCaFile]) if (path !== '') io.watchFiles(path);
        }
        armElection(server, io);
        armCompaction(server, io);
      }),
    electionTimer,
    heartbeatTimer,
    gainLeadership: ({ context }) => running(context, leadershipGained),
    loseLeadership: ({ context }) => running(context, leadershipLost),
    step,
    serve,
    peerAnswered,
    peerConnected: ({ context, event }) =>
      running(context, (server, io) => {
        if (event.type !== 'STREAM' || event.tag.kind !== 'stream') return;
        peerActive(server, io, event.tag.id);
        hastenElection(server, io);
        armElection(server, io);
      }),
    redial: ({ context, event }) =>
      running(context, (server, io) => {
        if (event.type === 'DIAL') redial(server, io, event.id);
      }),
    written: ({ context, event }) =>
      running(context, (server, io) => {
        if (event.type === 'FSYNCED') written(server, io, event.tag);
      }),
    hangUp: ({ context, event }) =>
      running(context, (server) => {
        if (event.type !== 'CANCELLED') return;
        removeWatcher(server.hub, event.call);
        server.inbound.delete(event.call);
        server.early = server.early.filter(({ call }) => call !== event.call);
      }),
    expire: ({ context }) => running(context, expireRequests),
    retryReads: ({ context }) =>
      running(context, (server, io) => {
        retryReads(server, io);
        advance(server, io);
      }),
    sendProgress: ({ context }) => running(context, progressRound),
    cancelLeaderless: ({ context }) => running(context, cancelLeaderless),
    revokeExpired: ({ context }) => running(context, revokeExpired),
    compact: ({ context }) => running(context, autoCompact),
    reloadCertificates: ({ context, event }) =>
      running(context, (server, io) => {
        // A file that is missing or half written leaves the old certificate in force.
        if (event.type !== 'FILE_CHANGED' || !certificatesReadable(server, io)) return;
        closePorts(server, io);
        openPorts(server, io);
      }),
    /** A leader that is told to stop lets somebody else lead first. */
    handOver: ({ context }) =>
      running(context, (server, io) => {
        zap(io, 'info', 'osutil/interrupt_unix.go:65', 'received signal; shutting down', { signal: 'terminated' });
        const successor = server.raft.voters.find((id) => (server.peers.get(id)?.activeSinceUs ?? -1) >= 0);
        server.stopping = true;
        if (successor !== undefined && server.raft.role === 'leader') {
          transferLeader(server.raft, successor, io.now);
          advance(server, io);
          io.setTimer('stop', HAND_OVER_US, { type: 'STOP' });
        } else {
          io.setTimer('stop', 1, { type: 'STOP' });
        }
      }),
    stop: ({ context }) => {
      context.io.note('Stopped');
      context.io.exit(0);
    },
  },
}).createMachine({
  id: 'etcd',
  context: givenByKernel,
  initial: 'starting',
  states: {
    starting: {
      entry: 'boot',
      on: {
        BOOTED: { target: 'follower', actions: 'joined' },
        REPLY: { actions: 'clusterAnswered' },
        SIGTERM: 'stopped',
      },
    },
    follower: {
      always: [
        { guard: 'isPreCandidate', target: 'preCandidate' },
        { guard: 'isCandidate', target: 'candidate' },
        { guard: 'isLeader', target: 'leader' },
      ],
      on: { ELECTION_TIMEOUT: { actions: 'electionTimer' } },
    },
    preCandidate: {
      always: [
        { guard: 'isFollower', target: 'follower' },
        { guard: 'isCandidate', target: 'candidate' },
        { guard: 'isLeader', target: 'leader' },
      ],
      on: { ELECTION_TIMEOUT: { actions: 'electionTimer' } },
    },
    candidate: {
      always: [
        { guard: 'isFollower', target: 'follower' },
        { guard: 'isPreCandidate', target: 'preCandidate' },
        { guard: 'isLeader', target: 'leader' },
      ],
      on: { ELECTION_TIMEOUT: { actions: 'electionTimer' } },
    },
    leader: {
      entry: 'gainLeadership',
      exit: 'loseLeadership',
      always: { guard: 'isFollower', target: 'follower' },
      on: {
        HEARTBEAT: { actions: 'heartbeatTimer' },
        LEASE_EXPIRY: { actions: 'revokeExpired' },
        ELECTION_TIMEOUT: { actions: 'electionTimer' },
      },
    },
    stopped: { entry: 'stop' },
  },
  on: {
    MsgApp: { actions: 'step' },
    MsgAppResp: { actions: 'step' },
    MsgHeartbeat: { actions: 'step' },
    MsgHeartbeatResp: { actions: 'step' },
    MsgPreVote: { actions: 'step' },
    MsgPreVoteResp: { actions: 'step' },
    MsgVote: { actions: 'step' },
    MsgVoteResp: { actions: 'step' },
    MsgProp: { actions: 'step' },
    MsgReadIndex: { actions: 'step' },
    MsgReadIndexResp: { actions: 'step' },
    MsgTimeoutNow: { actions: 'step' },
    MsgTransferLeader: { actions: 'step' },
    REQUEST: { actions: 'serve' },
    CANCELLED: { actions: 'hangUp' },
    REPLY: { actions: 'peerAnswered' },
    STREAM: { actions: 'peerConnected' },
    DIAL: { actions: 'redial' },
    FSYNCED: { actions: 'written' },
    READ_RETRY: { actions: 'retryReads' },
    TIMEOUTS: { actions: 'expire' },
    PROGRESS: { actions: 'sendProgress' },
    NO_LEADER: { actions: 'cancelLeaderless' },
    COMPACTION: { actions: 'compact' },
    FILE_CHANGED: { actions: 'reloadCertificates' },
    SIGTERM: { actions: 'handOver' },
    STOP: '.stopped',
  },
});

export const etcdProgram: Program = {
  name: 'etcd',
  machine: etcdMachine,
  init: ({ args }): EtcdMemory => ({ args, server: undefined, joining: undefined }),
};
