/**
 * From a command line to a member of a cluster: a new cluster, one that exists already, or what is on the disk.
 * @source etcd:server/etcdserver/bootstrap.go, etcd:server/etcdmain/etcd.go, etcd:server/embed/etcd.go
 */
import type { EtcdId } from '../api/etcd.ts';
import type { EtcdMember } from '../api/etcd-maintenance.ts';
import type { Io } from '../kernel/io.ts';
import {
  addressOfUrl,
  ETCD_VERSION,
  type EtcdConfig,
  hostOfUrl,
  parseEtcdFlags,
  portOfUrl,
  type TlsFiles,
} from './flags.ts';
import { clusterId, memberId } from './member-id.ts';
import type { MemberChange } from './mutation.ts';
import { clientTls, dial, type PeerRequest, type PeerTag, serverTls, updatePeers } from './peers.ts';
import { restoreRaft } from './raft.ts';
import { createRaftDisk } from './raft-disk.ts';
import { type ConfChange, compareIds, NONE, type RaftEntry } from './raft-message.ts';
import { createRaftMemory } from './raft-state.ts';
import { advance } from './ready-loop.ts';
import { createEtcdDisk, type EtcdDisk, type EtcdMemory, type Server, zap } from './server-memory.ts';
import { createWatchHub } from './watch.ts';

const PEER_ANSWER_TIMEOUT_MS = 1_000;
const MAX_MESSAGE_BYTES = 512 * 1024;

/** What a member answers to PeerMembers. */
export interface ClusterView {
  readonly clusterId: EtcdId;
  readonly members: readonly EtcdMember[];
}

/** Reads the flags and the disk; asks the others when this member is new to a cluster of several. */
export function boot(me: EtcdMemory, io: Io): void {
  const outcome = parseEtcdFlags(me.args);
  if (!outcome.ok) {
    for (const line of outcome.lines) io.log(line);
    if (outcome.failure !== undefined) {
      zap(io, 'info', 'etcdmain/etcd.go:64', 'Running: ', { args: ['etcd', ...me.args] });
      zap(io, 'warn', 'etcdmain/etcd.go:66', 'failed to verify flags', { error: outcome.failure });
    }
    io.exit(outcome.exitCode);
    return;
  }
  const { config } = outcome;
  zap(io, 'info', 'etcdmain/etcd.go:64', 'Running: ', { args: ['etcd', ...me.args] });
  const disk = io.disk(config.dataDir, createEtcdDisk);
  zap(
    io,
    'info',
    'etcdmain/etcd.go:105',
    disk.initialized ? 'server has already been initialized' : 'Initialize and start etcd server',
    {
      'data-dir': config.dataDir,
      'dir-type': disk.initialized ? 'member' : 'empty',
    },
  );
  if (disk.initialized) {
    startServer(me, io, config, disk, []);
    return;
  }
  if (!config.initialCluster.some(({ name }) => name === config.name)) {
    die(io, `couldn't find local name "${config.name}" in the initial cluster configuration`);
    return;
  }
  const own = urlsOf(config, config.name);
  if (!sameUrls(own, config.advertisePeerUrls)) {
    const missing = `--initial-cluster has ${config.name}=${own.join(',')} but missing from --initial-advertise-peer-urls=${config.advertisePeerUrls.join(',')}`;
    zap(io, 'warn', 'etcdmain/etcd.go:146', 'failed to start', { error: missing });
    io.exit(1);
    return;
  }
  const others = config.initialCluster.filter(({ name }) => name !== config.name).map(({ url }) => addressOfUrl(url));
  if (others.length === 0) {
    joinNew(me, io, config);
    return;
  }
  me.joining = { config, asked: others.length, addresses: others };
  const body: PeerRequest = { method: 'PeerMembers' };
  const tag: PeerTag = { kind: 'members' };
  for (const address of others) {
    io.request(address, body, { tag, timeoutMs: PEER_ANSWER_TIMEOUT_MS, tls: clientTls(io, config.peerTls) });
  }
}

/** One of the others has answered, or could not be reached (`view` is undefined). The first answer decides. */
export function clusterAnswered(me: EtcdMemory, io: Io, view: ClusterView | undefined): void {
  const { joining } = me;
  if (joining === undefined) return;
  const { config } = joining;
  joining.asked--;
  if (view === undefined && joining.asked > 0) return;
  me.joining = undefined;
  if (config.initialClusterState === 'existing') {
    if (view === undefined) {
      die(io, 'cannot fetch cluster info from peer urls: could not retrieve cluster information from the given URLs');
    } else {
      joinExisting(me, io, config, view);
    }
    return;
  }
  const id = memberId(urlsOf(config, config.name), config.initialClusterToken);
  const known = view?.members.find((member) => member.id === id);
  if (known !== undefined && known.clientUrls.length > 0) die(io, `member ${id} has already been bootstrapped`);
  else joinNew(me, io, config);
}

/** Every first member writes the same beginning of the log for itself: who belongs to the cluster. */
function joinNew(me: EtcdMemory, io: Io, config: EtcdConfig): void {
  const names = [...new Set(config.initialCluster.map(({ name }) => name))];
  const members = names.map((name): EtcdMember => {
    const peerUrls = Object.freeze(urlsOf(config, name));
    const id = memberId(peerUrls, config.initialClusterToken);
    return Object.freeze({ id, name, peerUrls, clientUrls: Object.freeze([]), isLearner: false });
  });
  members.sort((left, right) => compareIds(left.id, right.id));
  const disk = io.disk(config.dataDir, createEtcdDisk);
  disk.clusterId = clusterId(members.map(({ id }) => id));
  disk.memberId = members.find(({ name }) => name === config.name)?.id ?? NONE;
  disk.wal = createRaftDisk();
  members.forEach((member, i) => {
    const context: MemberChange = Object.freeze({ origin: NONE, request: 0, isPromote: false, member });
    const data: ConfChange = Object.freeze({ kind: 'AddNode', id: member.id, context });
    const entry: RaftEntry = Object.freeze({ index: i + 1, term: 1, type: 'ConfChange', data, sizeBytes: 64 });
    disk.wal.entries.push(entry);
  });
  disk.wal.term = 1;
  disk.wal.commit = members.length;
  disk.initialized = true;
  startServer(me, io, config, disk, []);
}

function joinExisting(me: EtcdMemory, io: Io, config: EtcdConfig, view: ClusterView): void {
  const names = new Set(config.initialCluster.map(({ name }) => name));
  const own = view.members.find((member) => sameUrls(member.peerUrls, urlsOf(config, config.name)));
  let problem: string | undefined;
  if (names.size !== view.members.length) problem = 'member count is unequal';
  else if (own === undefined) problem = `unmatched member while checking PeerURLs`;
  if (problem !== undefined || own === undefined) {
    const ids = view.members.map(({ id, name }) => `&{ID:${id} Attributes:{Name:${name}}}`).join(' ');
    die(io, `error validating peerURLs {ClusterID:${view.clusterId} Members:[${ids}] RemovedMemberIDs:[]}: ${problem}`);
    return;
  }
  const disk = io.disk(config.dataDir, createEtcdDisk);
  disk.clusterId = view.clusterId;
  disk.memberId = own.id;
  disk.initialized = true;
  startServer(me, io, config, disk, view.members);
}

function urlsOf(config: EtcdConfig, name: string): string[] {
  return config.initialCluster.filter((member) => member.name === name).map(({ url }) => url);
}

function sameUrls(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && [...left].sort().join() === [...right].sort().join();
}

function startServer(me: EtcdMemory, io: Io, config: EtcdConfig, disk: EtcdDisk, remotes: readonly EtcdMember[]): void {
  disk.starts++;
  if (config.forceNewCluster) forgetOthers(disk);
  const { store, wal } = disk;
  const raft = createRaftMemory({
    id: disk.memberId,
    electionTimeoutUs: config.electionTimeoutUs,
    preVote: config.preVote,
    checkQuorum: true,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    seed: Math.floor(io.random() * 0x100000000),
  });
  restoreRaft(raft, { ...wal, applied: store.appliedIndex, voters: store.voters, learners: store.learners }, io.now);
  const server: Server = {
    config,
    disk,
    raft,
    hub: createWatchHub(),
    peers: new Map(),
    inbound: new Map(),
    // Entries of an earlier life must not be taken for answers to this one's requests.
    nextRequest: io.now + 1,
    pending: new Map(),
    reads: { waiting: [], asked: [], context: 0, confirmed: [] },
    early: [],
    ready: false,
    timeoutArmed: false,
    progressArmed: false,
    writing: undefined,
    nextWrite: 1,
    knownLead: NONE,
    leadSinceUs: -1,
    noLeadSinceUs: io.now,
    move: undefined,
    stopping: false,
    revisionNotes: [],
  };
  if (!openPorts(server, io)) return;
  me.server = server;
  zap(io, 'info', 'etcdserver/server.go:524', 'starting etcd server', {
    'local-member-id': disk.memberId,
    'local-server-version': ETCD_VERSION,
    'cluster-id': disk.clusterId,
  });
  for (const member of remotes) {
    if (member.id === disk.memberId) continue;
    const peer = { id: member.id, addresses: member.peerUrls.map(addressOfUrl), call: undefined, activeSinceUs: -1 };
    server.peers.set(member.id, peer);
    dial(server, io, peer);
  }
  updatePeers(server, io);
  advance(server, io);
  if (raft.voters.length === 1) hastenElection(server, io);
  io.raise({ type: 'BOOTED' });
}

/** --force-new-cluster: this member goes on alone with what it has. */
function forgetOthers(disk: EtcdDisk): void {
  const { store, wal, memberId: id } = disk;
  wal.entries.length = Math.max(0, wal.commit - wal.offset);
  const own = store.members.get(id);
  if (own === undefined) return;
  for (const other of store.members.keys()) if (other !== id) store.removed.add(other);
  store.members = new Map([[id, own]]);
  store.voters = Object.freeze([id]);
  store.learners = Object.freeze([]);
}

/** At start nobody need wait for a leader that cannot be there yet: all but one tick of the election timeout is over. */
export function hastenElection(server: Server, io: Io): void {
  const { raft, config } = server;
  if (raft.lead !== NONE || raft.role !== 'follower') return;
  raft.lastHeardUs = Math.min(raft.lastHeardUs, io.now - (config.electionTimeoutUs - config.heartbeatUs));
}

/** Opens (again, after a certificate has changed) the ports for clients, peers and probes. */
export function openPorts(server: Server, io: Io): boolean {
  const { config } = server;
  const groups: readonly (readonly [readonly string[], TlsFiles])[] = [
    [config.listenPeerUrls, config.peerTls],
    [config.listenClientUrls, config.clientTls],
    [config.listenMetricsUrls, config.clientTls],
  ];
  for (const [urls, files] of groups) {
    for (const url of urls) {
      const tls = serverTls(io, url, files);
      if (tls !== undefined && 'error' in tls) {
        die(io, tls.error);
        return false;
      }
      const host = hostOfUrl(url) === 'localhost' ? '127.0.0.1' : hostOfUrl(url);
      const port = portOfUrl(url);
      const known = host === '127.0.0.1' || host === '0.0.0.0' || host === io.ip;
      const problem = !known
        ? 'bind: cannot assign requested address'
        : io.listen(port, { ip: host, tls })
          ? undefined
          : 'bind: address already in use';
      if (problem !== undefined) {
        die(io, `listen tcp ${host}:${port}: ${problem}`);
        return false;
      }
    }
  }
  return true;
}

export function certificatesReadable({ config }: Server, io: Io): boolean {
  const { listenPeerUrls, listenClientUrls, peerTls, clientTls: files } = config;
  const good = (url: string, tls: TlsFiles): boolean => {
    const result = serverTls(io, url, tls);
    return result === undefined || !('error' in result);
  };
  return listenPeerUrls.every((url) => good(url, peerTls)) && listenClientUrls.every((url) => good(url, files));
}

export function closePorts(server: Server, io: Io): void {
  const { listenPeerUrls, listenClientUrls, listenMetricsUrls } = server.config;
  for (const url of [...listenPeerUrls, ...listenClientUrls, ...listenMetricsUrls]) io.unlisten(portOfUrl(url));
}

/** etcd says "discovery failed" whatever it was that kept it from starting. */
function die(io: Io, error: string): void {
  zap(io, 'fatal', 'etcdmain/etcd.go:182', 'discovery failed', { error });
  io.note(`Cannot start: ${error}`);
  io.exit(1);
}
