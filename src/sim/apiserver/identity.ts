/**
 * How API servers know of each other: an entry under /registry/masterleases/ that vanishes 15 s after its server did, from which the
 * endpoints of the `kubernetes` Service are made; and an identity Lease. Also the compaction of etcd, which one of them does.
 * @source pkg/controlplane/reconcilers/lease.go, pkg/controlplane/apiserver/server.go, staging/src/k8s.io/apiserver/pkg/storage/etcd3/compact.go
 */
import { deepEqual } from '../api/equal.ts';
import type { LeaseGrantResponse, LeaseKeepAliveResponse, TxnResponse } from '../api/etcd.ts';
import { fnv32a, safeEncode } from '../api/hash.ts';
import { formatMicroTime } from '../api/time.ts';
import type { KubeObject, Lease } from '../api/types.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { MILLISECOND, SECOND } from '../kernel/units.ts';
import { askEtcd, readEtcd } from './etcd-connection.ts';
import type { Server } from './memory.ts';
import { askSelf, SELF } from './serving.ts';
import { cached, MASTER_LEASES } from './watch-cache.ts';

const PERIOD_US = 10 * SECOND;
/** An etcd that does not answer this in time counts as gone. */
const HEALTH_TIMEOUT_MS = 5_000;
const MASTER_TTL_SECONDS = 15;
const IDENTITY_SECONDS = 3_600;
const COMPACT_KEY = 'compact_rev_key';

/** Every ten seconds: stay in the list of servers, keep the identity Lease. */
export function identityTick(server: Server): undefined {
  const { me, io } = server;
  io.setTimer('identity', PERIOD_US, { type: 'IDENTITY_TICK' });
  if (me.identity.masterLease === '0') {
    askEtcd(
      server,
      { method: 'LeaseGrant', ttlSeconds: MASTER_TTL_SECONDS },
      { for: 'identity', what: 'grant', tries: 0 },
    );
  } else {
    const id = me.identity.masterLease;
    askEtcd(
      server,
      { method: 'LeaseKeepAlive', id },
      { for: 'identity', what: 'keepalive', tries: 0 },
      HEALTH_TIMEOUT_MS,
    );
  }
  if (me.etcd.error === '') renewIdentity(server);
}

export function identityAnswered(server: Server, event: KernelEvent): undefined {
  const { me } = server;
  const reply = readEtcd(server, event);
  const { what } = event['tag'] as { readonly what: string };
  if (!reply.ok) {
    if (what === 'keepalive' || what === 'put') me.identity.masterLease = '0';
    return;
  }
  switch (what) {
    case 'grant': {
      const { id } = reply.body as LeaseGrantResponse;
      me.identity.masterLease = id;
      const value = Object.freeze({
        kind: 'Endpoints',
        apiVersion: 'v1',
        subsets: [{ addresses: [{ ip: me.options.advertiseAddress }] }],
      });
      const key = MASTER_LEASES + me.options.advertiseAddress;
      askEtcd(server, { method: 'Put', key, value, lease: id }, { for: 'identity', what: 'put', tries: 0 });
      return;
    }
    case 'keepalive':
      if ((reply.body as LeaseKeepAliveResponse).ttlSeconds <= 0) {
        me.identity.masterLease = '0';
        askEtcd(
          server,
          { method: 'LeaseGrant', ttlSeconds: MASTER_TTL_SECONDS },
          { for: 'identity', what: 'grant', tries: 0 },
        );
      } else reconcileEndpoints(server);
      return;
    case 'compact':
      compactAnswered(server, reply.body as TxnResponse);
  }
}

/** The endpoints of the `kubernetes` Service are exactly the servers in the list. */
export function reconcileEndpoints(server: Server): undefined {
  const { me } = server;
  if (me.terminating || me.etcd.error !== '' || me.cache.masters.size === 0) return;
  const addresses = [...me.cache.masters.keys()].sort();
  const port = me.options.securePort;
  const labels = { 'endpointslice.kubernetes.io/skip-mirror': 'true' };
  const metadata = { name: 'kubernetes', namespace: 'default' };
  ensure(server, '/registry/services/endpoints', '/api/v1/namespaces/default/endpoints', {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...metadata, labels },
    subsets: [{ addresses: addresses.map((ip) => ({ ip })), ports: [{ name: 'https', port, protocol: 'TCP' }] }],
  });
  ensure(server, '/registry/endpointslices', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...metadata, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: 'IPv4',
    endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  });
}

/** The server goes: its entry goes first, so that nobody is sent to it any more. */
export function leaveList(server: Server): undefined {
  const { me } = server;
  if (me.identity.masterLease === '0') return;
  const key = MASTER_LEASES + me.options.advertiseAddress;
  askEtcd(server, { method: 'DeleteRange', key }, { for: 'identity', what: 'leave', tries: 0 });
}

/** Every five minutes one server, the one that is first, compacts what is older than five minutes. */
export function compactTick(server: Server): undefined {
  const { me, io } = server;
  const intervalUs = me.options.compactionIntervalMs * MILLISECOND;
  if (intervalUs <= 0) return;
  io.setTimer('compact', intervalUs, { type: 'COMPACT_TICK' });
  const { compactVersion, compactRevision } = me.identity;
  const txn = {
    method: 'Txn',
    compare: [{ key: COMPACT_KEY, target: 'VERSION', result: 'EQUAL', operand: compactVersion }],
    success: [{ method: 'Put', key: COMPACT_KEY, value: String(compactRevision) }],
    failure: [{ method: 'Range', key: COMPACT_KEY }],
  } as const;
  askEtcd(server, txn, { for: 'identity', what: 'compact', tries: 0 });
}

function compactAnswered(server: Server, body: TxnResponse): undefined {
  const { identity } = server.me;
  const before = identity.compactRevision;
  identity.compactRevision = body.header.revision;
  if (!body.succeeded) {
    const first = body.responses[0];
    const kv = first?.method === 'Range' ? first.kvs[0] : undefined;
    identity.compactVersion = kv?.version ?? 0;
    return;
  }
  identity.compactVersion++;
  if (before > 0)
    askEtcd(server, { method: 'Compact', revision: before }, { for: 'identity', what: 'compacted', tries: 0 });
}

function ensure(server: Server, prefix: string, path: string, wanted: KubeObject): undefined {
  const found = cached(server.me, prefix, 'default/kubernetes');
  if (found === undefined) {
    askSelf(server, { method: 'POST', path, body: wanted }, SELF);
    return;
  }
  const { metadata: _mine, ...mine } = wanted;
  const { metadata, ...theirs } = found;
  if (deepEqual(mine, theirs)) return;
  askSelf(
    server,
    {
      method: 'PUT',
      path: `${path}/kubernetes`,
      body: { ...wanted, metadata: { ...wanted.metadata, resourceVersion: metadata.resourceVersion } },
    },
    SELF,
  );
}

function renewIdentity(server: Server): undefined {
  const { me, io } = server;
  const name = `apiserver-${safeEncode(String(fnv32a(me.host)))}${safeEncode(String(fnv32a(`${me.host}/`)))}`;
  me.identity.name = name;
  const path = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
  const now = formatMicroTime(io.wallMs() * 1_000);
  const found = cached(me, '/registry/leases', `kube-system/${name}`) as Lease | undefined;
  const labels = { 'apiserver.kubernetes.io/identity': 'kube-apiserver', 'kubernetes.io/hostname': me.host };
  if (found === undefined) {
    const spec = { holderIdentity: `${name}_${me.host}`, leaseDurationSeconds: IDENTITY_SECONDS, renewTime: now };
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: 'kube-system', labels },
      spec,
    };
    askSelf(server, { method: 'POST', path, body }, SELF);
  } else {
    const body = { ...found, spec: { ...found.spec, renewTime: now } };
    askSelf(server, { method: 'PUT', path: `${path}/${name}`, body }, SELF);
  }
}
