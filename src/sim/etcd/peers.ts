/** The connections between members, and what travels over them. @source etcd:server/etcdserver/api/rafthttp */
import type { EtcdId } from '../api/etcd.ts';
import type { ClientTls, Io, ServerTls } from '../kernel/io.ts';
import { addressOfUrl, type TlsFiles } from './flags.ts';
import { reportSnapshot, reportUnreachable } from './raft-leader.ts';
import { termAt } from './raft-log.ts';
import { NONE, type RaftMessage, type RaftSnapshot } from './raft-message.ts';
import { type Peer, type Server, zap } from './server-memory.ts';
import { copyStore } from './store.ts';

/** What members ask each other beside raft's messages. */
export type PeerRequest =
  | { readonly method: 'PeerStream'; readonly id: EtcdId; readonly clusterId: EtcdId }
  | { readonly method: 'PeerSnapshot'; readonly message: RaftMessage }
  | { readonly method: 'PeerMembers' }
  | { readonly method: 'PeerForward'; readonly request: unknown };

/** Marks our own calls when their answers come back. */
export type PeerTag =
  | { readonly kind: 'stream'; readonly id: EtcdId }
  | { readonly kind: 'snapshot'; readonly id: EtcdId }
  | { readonly kind: 'members' }
  | { readonly kind: 'forward'; readonly call: number };

const RECONNECT_US = 500_000;
/** And one election timeout more. */
const DIAL_TIMEOUT_US = 1_000_000;
const SNAPSHOT_TIMEOUT_MS = 30_000;
export const REMOVED = 'the member has been permanently removed from the cluster';

/** Brings the table of peers in line with the members of the cluster, and dials the new ones. */
export function updatePeers(server: Server, io: Io): void {
  const { members, removed } = server.disk.store;
  for (const [id, peer] of server.peers) {
    if (members.has(id) || !removed.has(id)) continue;
    if (peer.call !== undefined) io.cancel(peer.call);
    server.peers.delete(id);
  }
  for (const member of members.values()) {
    if (member.id === server.disk.memberId) continue;
    const addresses = member.peerUrls.map(addressOfUrl);
    const known = server.peers.get(member.id);
    if (known !== undefined) {
      known.addresses = addresses;
      continue;
    }
    const peer: Peer = { id: member.id, addresses, call: undefined, activeSinceUs: -1 };
    server.peers.set(member.id, peer);
    dial(server, io, peer);
  }
}

export function dial(server: Server, io: Io, peer: Peer): void {
  const address = peer.addresses[0];
  if (address === undefined) return;
  const { memberId, clusterId } = server.disk;
  const body: PeerRequest = { method: 'PeerStream', id: memberId, clusterId };
  const tag: PeerTag = { kind: 'stream', id: peer.id };
  peer.call = io.request(address, body, { tag, timeoutMs: 0, tls: clientTls(io, server.config.peerTls) });
  io.setTimer(`dial ${peer.id}`, DIAL_TIMEOUT_US + server.config.electionTimeoutUs, { type: 'DIAL', id: peer.id });
}

/** It is time to dial (again): the last attempt failed a while ago, or still hangs. */
export function redial(server: Server, io: Io, id: EtcdId): void {
  const peer = server.peers.get(id);
  if (peer === undefined || peer.activeSinceUs >= 0) return;
  if (peer.call !== undefined) io.cancel(peer.call);
  dial(server, io, peer);
}

/** The peer has accepted our stream. */
export function peerActive(server: Server, io: Io, id: EtcdId): void {
  const peer = server.peers.get(id);
  if (peer === undefined || peer.activeSinceUs >= 0) return;
  peer.activeSinceUs = io.now;
  io.clearTimer(`dial ${id}`);
  zap(io, 'info', 'rafthttp/peer_status.go:53', 'peer became active', { 'peer-id': id });
}

/** The stream is gone, or could not be made: try again soon. */
export function peerInactive(server: Server, io: Io, id: EtcdId, error: string): void {
  const peer = server.peers.get(id);
  if (peer === undefined) return;
  if (peer.activeSinceUs >= 0) {
    zap(io, 'warn', 'rafthttp/peer_status.go:66', 'peer became inactive (message send to peer failed)', {
      'peer-id': id,
      error,
    });
  } else {
    zap(io, 'warn', 'rafthttp/probing_status.go:68', 'prober detected unhealthy status', {
      'remote-peer-id': id,
      error,
    });
  }
  peer.activeSinceUs = -1;
  peer.call = undefined;
  reportUnreachable(server.raft, id);
  io.setTimer(`dial ${id}`, RECONNECT_US, { type: 'DIAL', id });
}

/** Sends raft's messages. What cannot be sent is lost, and raft is told. */
export function sendMessages(server: Server, io: Io, messages: readonly RaftMessage[]): void {
  for (const message of messages) {
    const peer = server.peers.get(message.to);
    const address = peer?.addresses[0];
    if (peer === undefined || address === undefined || peer.activeSinceUs < 0) {
      if (message.type === 'MsgSnap') reportSnapshot(server.raft, message.to, false);
      else if (message.type === 'MsgApp') reportUnreachable(server.raft, message.to);
    } else if (message.type === 'MsgSnap') {
      sendSnapshot(server, io, address, message);
    } else {
      io.post(address, message);
    }
  }
}

function sendSnapshot(server: Server, io: Io, address: string, message: RaftMessage): void {
  const { store } = server.disk;
  const index = store.appliedIndex;
  const term = termAt(server.raft.log, index);
  // Not frozen: the receiver goes on with this very store, so a copy of the world needs a copy of it.
  const snapshot: RaftSnapshot = {
    index,
    term,
    voters: store.voters,
    learners: store.learners,
    data: copyStore(store),
  };
  const body: PeerRequest = { method: 'PeerSnapshot', message: { ...message, index, logTerm: term, snapshot } };
  const tag: PeerTag = { kind: 'snapshot', id: message.to };
  zap(io, 'info', 'rafthttp/snapshot_sender.go:84', 'sending database snapshot', {
    'snapshot-index': index,
    'remote-peer-id': message.to,
    bytes: store.mvcc.fileBytes,
  });
  io.request(address, body, { tag, timeoutMs: SNAPSHOT_TIMEOUT_MS, tls: clientTls(io, server.config.peerTls) });
}

/** Asks the leader on behalf of a client. False when there is none to ask. */
export function forwardToLeader(server: Server, io: Io, call: number, request: unknown): boolean {
  const { lead } = server.raft;
  const peer = server.peers.get(lead);
  const address = peer?.addresses[0];
  if (lead === NONE || peer === undefined || address === undefined || peer.activeSinceUs < 0) return false;
  const body: PeerRequest = { method: 'PeerForward', request };
  const tag: PeerTag = { kind: 'forward', call };
  io.request(address, body, { tag, timeoutMs: 7_000, tls: clientTls(io, server.config.peerTls) });
  return true;
}

/** How many voters, ourselves included, have been connected for at least `sinceUs`. */
export function connectedVoters(server: Server, sinceUs: number): number {
  let connected = 0;
  for (const id of server.disk.store.voters) {
    const since = server.peers.get(id)?.activeSinceUs ?? -1;
    if (id === server.disk.memberId || (since >= 0 && since <= sinceUs)) connected++;
  }
  return connected;
}

export function clientTls(io: Io, files: TlsFiles): ClientTls | undefined {
  if (files.certFile === '') return undefined;
  return {
    ca: io.readFile(files.trustedCaFile),
    certificate: io.readFile(files.certFile),
    key: io.readFile(files.keyFile),
  };
}

/** What a listener shows and demands; undefined for plain HTTP; an error text when a file is missing. */
export function serverTls(io: Io, url: string, files: TlsFiles): ServerTls | undefined | { readonly error: string } {
  if (!url.startsWith('https://')) return undefined;
  if (files.certFile === '' || files.keyFile === '') {
    return { error: `KeyFile and CertFile must both be present[key: ${files.keyFile}, cert: ${files.certFile}]` };
  }
  for (const path of [files.certFile, files.keyFile, files.trustedCaFile]) {
    if (path !== '' && io.readFile(path) === undefined) return { error: `open ${path}: no such file or directory` };
  }
  return {
    certificate: io.readFile(files.certFile) ?? '',
    key: io.readFile(files.keyFile),
    clientCa: files.trustedCaFile === '' ? undefined : io.readFile(files.trustedCaFile),
    clientAuth: files.clientCertAuth ? 'require' : 'none',
  };
}
