/** What a running etcd server keeps in memory, and what it keeps on disk. Plain data. */
import type { EtcdError, EtcdId, EtcdMethod, EtcdRequest, ResponseHeader } from '../api/etcd.ts';
import { formatMicroTime } from '../api/time.ts';
import type { CallId, Io } from '../kernel/io.ts';
import type { EtcdConfig } from './flags.ts';
import type { MemberChange, Mutation } from './mutation.ts';
import { createRaftDisk, type RaftDisk } from './raft-disk.ts';
import type { ConfChange, RaftMessage } from './raft-message.ts';
import type { RaftWrite } from './raft-ready.ts';
import type { RaftMemory } from './raft-state.ts';
import { createStore, type Store } from './store.ts';
import type { WatchHub } from './watch.ts';

/** The data directory: survives the process. */
export interface EtcdDisk {
  initialized: boolean;
  memberId: EtcdId;
  clusterId: EtcdId;
  wal: RaftDisk;
  /** The database file: the store as of its applied index, which is never ahead of the log. */
  store: Store;
  /** How often the process was started on it. */
  starts: number;
}

export function createEtcdDisk(): EtcdDisk {
  return {
    initialized: false,
    memberId: '0',
    clusterId: '0',
    wal: createRaftDisk(),
    store: createStore(),
    starts: 0,
  };
}

/** Another member, as seen from here. */
export interface Peer {
  readonly id: EtcdId;
  addresses: readonly string[];
  call: CallId | undefined;
  /** Since when messages can be sent; -1 while they cannot. */
  activeSinceUs: number;
}

/** A request that waits for its entry to be applied. */
export interface Pending {
  readonly call: CallId;
  readonly method: EtcdMethod | 'Internal';
  readonly startUs: number;
  readonly work:
    | { readonly kind: 'mutation'; readonly mutation: Mutation; readonly sizeBytes: number }
    | { readonly kind: 'members'; readonly change: ConfChange };
  /** False while there is no leader to propose it to. */
  proposed: boolean;
}

/** A read that waits until this member has everything that was committed when it arrived. */
export interface WaitingRead {
  readonly call: CallId;
  readonly request: EtcdRequest;
  readonly startUs: number;
}

export interface Server {
  readonly config: EtcdConfig;
  readonly disk: EtcdDisk;
  readonly raft: RaftMemory;
  readonly hub: WatchHub;
  readonly peers: Map<EtcdId, Peer>;
  /** Streams that peers have opened to us. */
  readonly inbound: Map<CallId, EtcdId>;
  nextRequest: number;
  readonly pending: Map<number, Pending>;
  reads: {
    waiting: WaitingRead[];
    /** Asked the leader about under `context`. */
    asked: WaitingRead[];
    context: number;
    /** Confirmed, but not applied here yet. */
    confirmed: { readonly index: number; readonly reads: readonly WaitingRead[] }[];
  };
  /** Requests that came before the member had joined its cluster. */
  early: { readonly call: CallId; readonly from: string; readonly body: unknown }[];
  ready: boolean;
  timeoutArmed: boolean;
  progressArmed: boolean;
  writing:
    | {
        readonly id: number;
        readonly write: RaftWrite;
        readonly after: readonly RaftMessage[];
        readonly sinceUs: number;
      }
    | undefined;
  nextWrite: number;
  knownLead: EtcdId;
  /** When the present leader became known, and when there was last none. */
  leadSinceUs: number;
  noLeadSinceUs: number;
  /** Leadership being moved on request: who asked, and to whom. */
  move: { readonly call: CallId; readonly target: EtcdId; readonly untilUs: number } | undefined;
  stopping: boolean;
  /** What the periodic compactor remembers. */
  revisionNotes: { readonly atUs: number; readonly revision: number }[];
}

export interface EtcdMemory {
  readonly args: readonly string[];
  /** Until the flags are read and the cluster is known. */
  server: Server | undefined;
  /** Looking for the cluster to join; see bootstrap.ts. */
  joining: { readonly config: EtcdConfig; asked: number; readonly addresses: readonly string[] } | undefined;
}

/** Five seconds and two elections: what a request may take. */
export function requestTimeoutUs(config: EtcdConfig): number {
  return 5_000_000 + 2 * config.electionTimeoutUs;
}

/** Requests are looked at again, and given up when they are old, after the time that one may take. */
export function armTimeouts(server: Server, io: Io): void {
  if (server.timeoutArmed) return;
  server.timeoutArmed = true;
  io.setTimer('timeouts', requestTimeoutUs(server.config), { type: 'TIMEOUTS' });
}

export function headerFor(server: Server): (revision: number) => ResponseHeader {
  const { clusterId, memberId } = server.disk;
  const raftTerm = server.raft.term;
  return (revision) => ({ clusterId, memberId, revision, raftTerm });
}

export function answer(io: Io, call: CallId, body: unknown): void {
  if (call !== 0) io.reply(call, { ok: true, body });
}

export function refuse(io: Io, call: CallId, error: EtcdError): void {
  if (call !== 0) io.reply(call, { ok: false, error });
}

/** One line of etcd's structured log. */
export function zap(
  io: Io,
  level: 'info' | 'warn' | 'error' | 'fatal',
  caller: string,
  msg: string,
  fields: Readonly<Record<string, unknown>> = {},
): void {
  const ts = formatMicroTime(io.wallMs() * 1000 + (io.now % 1000));
  io.log(JSON.stringify({ level, ts, caller, msg, ...fields }));
}

export function newMemberChange(
  server: Server,
  request: number,
  isPromote: boolean,
  member: MemberChange['member'],
): MemberChange {
  return Object.freeze({ origin: server.disk.memberId, request, isPromote, member });
}
