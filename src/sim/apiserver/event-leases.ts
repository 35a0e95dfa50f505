/**
 * Events vanish after --event-ttl: their keys hang on an etcd lease that is shared by all events of about a minute.
 * @source staging/src/k8s.io/apiserver/pkg/storage/etcd3/lease_manager.go
 */
import type { EtcdId, LeaseGrantResponse } from '../api/etcd.ts';
import { SECOND } from '../kernel/units.ts';
import { askEtcd, type EtcdAnswer } from './etcd-connection.ts';
import type { Server } from './memory.ts';

const REUSE_US = 60 * SECOND;
const MAX_OBJECTS = 1_000;

/** The lease for a new event; undefined: it is being asked for, the request goes on when it is there. */
export function eventLease(server: Server, request: number): EtcdId | undefined {
  const { io, me } = server;
  const leases = me.etcd.eventLeases;
  if (leases.id !== '0' && io.now < leases.reusableUntil && leases.count < MAX_OBJECTS) {
    leases.count++;
    return leases.id;
  }
  leases.waiting.push(request);
  if (!leases.asking) {
    leases.asking = true;
    const ttlSeconds = me.options.eventTtlSeconds + REUSE_US / SECOND;
    askEtcd(server, { method: 'LeaseGrant', ttlSeconds }, { for: 'hook', what: 'event-lease', tries: 0 });
  }
  return undefined;
}

/** etcd has granted the lease, or not. Returns the requests that waited for it. */
export function eventLeaseAnswered({ io, me }: Server, reply: EtcdAnswer): readonly number[] {
  const leases = me.etcd.eventLeases;
  leases.asking = false;
  if (reply.ok) {
    leases.id = (reply.body as LeaseGrantResponse).id;
    leases.reusableUntil = io.now + REUSE_US;
    leases.count = 0;
  }
  return leases.waiting.splice(0);
}
