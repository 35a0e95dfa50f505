/** The scheduler's own port (10259): health for the kubelet's probes; and the goodbye that frees the Lease at once. */
import { formatMicroTime } from '../api/time.ts';
import { apiRequest } from '../client/api-client.ts';
import type { CallId, Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { informers } from './caches.ts';
import type { Scheduler } from './memory.ts';

export function answerHealth(me: Scheduler, io: Io, event: KernelEvent): void {
  const call = event['call'] as CallId;
  const path = pathOf(event['body']);
  if (path === '/readyz' && !informers.synced(me.caches)) {
    const body = '[+]ping ok\n[-]sched-handler-sync failed: reason withheld\nreadyz check failed';
    io.reply(call, { status: 500, body });
  } else if (path === '' || path === '/healthz' || path === '/livez' || path === '/readyz') {
    io.reply(call, { status: 200, body: 'ok' });
  } else if (path === '/metrics') {
    io.reply(call, { status: 501, body: 'not simulated: the metrics of kube-scheduler' });
  } else {
    io.reply(call, { status: 404, body: '404 page not found' });
  }
}

/** Gives the Lease back so that another instance need not wait for it to expire. False when there is none to give. */
export function releaseLease(me: Scheduler, io: Io): boolean {
  const { election, freeClient } = me;
  const lease = election?.seen;
  if (!election?.leading || lease === undefined || freeClient === undefined) return false;
  election.leading = false;
  const now = formatMicroTime(io.wallMs() * 1000);
  const spec = { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1, acquireTime: now, renewTime: now };
  const path = `/apis/coordination.k8s.io/v1/namespaces/${election.namespace}/leases/${election.name}`;
  apiRequest(freeClient, io, { method: 'PUT', path, body: { ...lease, spec } }, { scheduler: 'release' });
  return true;
}

function pathOf(body: unknown): string {
  if (typeof body !== 'object' || body === null || !('path' in body) || typeof body.path !== 'string') return '';
  return body.path.split('?')[0] ?? '';
}
