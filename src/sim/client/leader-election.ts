/**
 * Leader election by a Lease: acquire when free or expired as seen by our own clock, renew every two seconds, give up when renewing
 * has failed for ten. Models client-go/tools/leaderelection. The owner's machine gets LEADER_ELECTED and LEADER_LOST.
 */
import { formatMicroTime } from '../api/time.ts';
import type { Lease } from '../api/types.ts';
import type { Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { MILLISECOND, type Us } from '../kernel/units.ts';
import { type ApiClient, apiRequest, readReply } from './api-client.ts';

export interface Election {
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  leading: boolean;
  /** The record last seen, and when its holder's renewal was last seen to move (our clock). */
  seen: Lease | undefined;
  seenAt: Us;
  renewedAt: Us;
  asking: boolean;
}

const TICK = 'ELECTION_TICK';

export function createElection(
  name: string,
  identity: string,
  leaseDurationMs = 15_000,
  renewDeadlineMs = 10_000,
  retryPeriodMs = 2_000,
): Election {
  return {
    namespace: 'kube-system',
    name,
    identity,
    leaseDurationMs,
    renewDeadlineMs,
    retryPeriodMs,
    leading: false,
    seen: undefined,
    seenAt: 0,
    renewedAt: 0,
    asking: false,
  };
}

export function startElection(election: Election, client: ApiClient, io: Io): void {
  ask(election, client, io);
  tick(election, io);
}

/** Give every event here. True when it was the election's; it may have raised LEADER_ELECTED or LEADER_LOST. */
export function electionEvent(election: Election, client: ApiClient, io: Io, event: KernelEvent): boolean {
  if (event.type === TICK) {
    if (event['lease'] !== election.name) return false;
    if (election.leading && io.now - election.renewedAt > election.renewDeadlineMs * MILLISECOND) lose(election, io);
    else {
      if (!election.asking) ask(election, client, io);
      tick(election, io);
    }
    return true;
  }
  if (event.type !== 'REPLY') return false;
  const tag = event['tag'] as { election?: string; step?: string } | undefined;
  if (tag?.election !== election.name) return false;
  const reply = readReply(event);
  if (tag.step === 'get') {
    if (reply.ok) decide(election, client, io, reply.body as Lease);
    else if (reply.status === 404) write(election, client, io, undefined);
    else election.asking = false;
    return true;
  }
  election.asking = false;
  if (!reply.ok) {
    // Somebody else was faster, or the answer was lost: read it again at the next tick.
    if (reply.status === 409) election.seen = undefined;
    return true;
  }
  election.seen = reply.body as Lease;
  election.seenAt = io.now;
  election.renewedAt = io.now;
  if (!election.leading) {
    election.leading = true;
    io.note(`${election.identity} became leader of ${election.name}`);
    io.raise({ type: 'LEADER_ELECTED' });
  }
  return true;
}

function ask(election: Election, client: ApiClient, io: Io): void {
  election.asking = true;
  if (election.leading && election.seen !== undefined) {
    // The holder renews what it has; only a conflict makes it read again.
    write(election, client, io, election.seen);
    return;
  }
  apiRequest(
    client,
    io,
    { method: 'GET', path: pathOf(election) },
    { election: election.name, step: 'get' },
    timeoutMs(election),
  );
}

function decide(election: Election, client: ApiClient, io: Io, lease: Lease): void {
  if (election.seen?.metadata.resourceVersion !== lease.metadata.resourceVersion) {
    election.seen = lease;
    election.seenAt = io.now;
  }
  const holder = lease.spec?.holderIdentity ?? '';
  const duration = (lease.spec?.leaseDurationSeconds ?? 0) * 1_000 * MILLISECOND;
  const free = holder === '' || holder === election.identity || election.seenAt + duration < io.now;
  if (free) write(election, client, io, lease);
  else {
    election.asking = false;
    if (election.leading) lose(election, io);
  }
}

function write(election: Election, client: ApiClient, io: Io, lease: Lease | undefined): void {
  const now = formatMicroTime(io.wallMs() * 1_000);
  const holder = lease?.spec?.holderIdentity ?? '';
  const mine = holder === election.identity;
  const transitions = lease?.spec?.leaseTransitions ?? 0;
  const spec: Lease['spec'] = {
    holderIdentity: election.identity,
    leaseDurationSeconds: Math.round(election.leaseDurationMs / 1_000),
    acquireTime: mine ? lease?.spec?.acquireTime : now,
    renewTime: now,
    leaseTransitions: lease === undefined || mine || holder === '' ? transitions : transitions + 1,
  };
  const tag = { election: election.name, step: 'write' };
  if (lease === undefined) {
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: election.name, namespace: election.namespace },
      spec,
    };
    const path = `/apis/coordination.k8s.io/v1/namespaces/${election.namespace}/leases`;
    apiRequest(client, io, { method: 'POST', path, body }, tag, timeoutMs(election));
  } else {
    apiRequest(
      client,
      io,
      { method: 'PUT', path: pathOf(election), body: { ...lease, spec } },
      tag,
      timeoutMs(election),
    );
  }
}

function lose(election: Election, io: Io): void {
  if (!election.leading) return;
  election.leading = false;
  io.raise({ type: 'LEADER_LOST' });
}

function tick(election: Election, io: Io): void {
  const period = election.retryPeriodMs * MILLISECOND;
  const delay = election.leading ? period : Math.round(period * (1 + io.random() * 1.2));
  io.setTimer(`election:${election.name}`, delay, { type: TICK, lease: election.name });
}

function timeoutMs(election: Election): number {
  return election.renewDeadlineMs / 2;
}

function pathOf(election: Election): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${election.namespace}/leases/${election.name}`;
}
