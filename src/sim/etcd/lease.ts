/**
 * Leases: keys that vanish unless somebody keeps them alive. Only the leader counts time; a lease ends through the log,
 * so that every member deletes its keys at the same revision. A new leader gives every lease its whole time again.
 * @source etcd:server/lease/lessor.go
 */
import { type EtcdError, type EtcdId, etcdErrors } from '../api/etcd.ts';
import { compareIds } from './raft-message.ts';

export interface Lease {
  readonly id: EtcdId;
  readonly ttlSeconds: number;
  /** What a checkpoint left of the time; 0 when there was none. Used when a new leader starts counting. */
  remainingTtlSeconds: number;
  /** When it ends, on the leader; FOREVER elsewhere. */
  expiryUs: number;
  readonly keys: Set<string>;
}

export interface LeaseTable {
  leases: Map<EtcdId, Lease>;
  /** Does this member count time, being the leader? */
  isPrimary: boolean;
  /** Not later than the earliest expiry; FOREVER when nothing can expire. */
  nextExpiryUs: number;
}

export const FOREVER = Number.MAX_SAFE_INTEGER;
const MAX_TTL_SECONDS = 9_000_000_000;
/** The leader looks for expired leases this often, and revokes at most so many a second. */
export const EXPIRY_CHECK_US = 500_000;
const MAX_REVOKED_AT_ONCE = 500;
/** A revocation that got lost is proposed again after this. */
const RETRY_US = 3_000_000;
const SECOND_US = 1_000_000;

export function createLeaseTable(): LeaseTable {
  return { leases: new Map(), isPrimary: false, nextExpiryUs: FOREVER };
}

/** The shortest time a lease may have: one and a half elections, in whole seconds. */
export function minimumTtlSeconds(electionTimeoutUs: number): number {
  return Math.ceil((3 * electionTimeoutUs) / 2 / SECOND_US);
}

/** Errors that can be told before the proposal. */
export function checkGrant(ttlSeconds: number): EtcdError | undefined {
  return ttlSeconds > MAX_TTL_SECONDS ? etcdErrors.leaseTtlTooLarge : undefined;
}

export function grant(
  table: LeaseTable,
  id: EtcdId,
  ttlSeconds: number,
  minimumSeconds: number,
  nowUs: number,
): Lease | EtcdError {
  if (table.leases.has(id)) return etcdErrors.leaseExists;
  const granted = Math.max(ttlSeconds, minimumSeconds);
  const expiryUs = table.isPrimary ? nowUs + granted * SECOND_US : FOREVER;
  const lease: Lease = { id, ttlSeconds: granted, remainingTtlSeconds: 0, expiryUs, keys: new Set() };
  table.leases.set(id, lease);
  if (expiryUs < table.nextExpiryUs) table.nextExpiryUs = expiryUs;
  return lease;
}

/** Takes the lease away. @returns the keys to delete, sorted so that every member deletes them in the same order */
export function revoke(table: LeaseTable, id: EtcdId): readonly string[] | undefined {
  const lease = table.leases.get(id);
  if (lease === undefined) return undefined;
  table.leases.delete(id);
  return [...lease.keys].sort();
}

/** Leader: the whole time again. @returns granted seconds, or an error when the lease is gone or about to go */
export function renew(table: LeaseTable, id: EtcdId, nowUs: number): number | EtcdError {
  const lease = table.leases.get(id);
  if (!table.isPrimary) return etcdErrors.notLeader;
  if (lease === undefined || lease.expiryUs <= nowUs) return etcdErrors.leaseNotFound;
  lease.remainingTtlSeconds = 0;
  lease.expiryUs = nowUs + lease.ttlSeconds * SECOND_US;
  return lease.ttlSeconds;
}

export function attach(table: LeaseTable, id: EtcdId, key: string): void {
  table.leases.get(id)?.keys.add(key);
}

export function detach(table: LeaseTable, id: EtcdId, key: string): void {
  table.leases.get(id)?.keys.delete(key);
}

/** This member leads now: every lease gets its time anew, plus `extendUs` for what the change of leader took. */
export function promote(table: LeaseTable, extendUs: number, nowUs: number): void {
  table.isPrimary = true;
  table.nextExpiryUs = FOREVER;
  for (const lease of table.leases.values()) {
    const seconds = lease.remainingTtlSeconds > 0 ? lease.remainingTtlSeconds : lease.ttlSeconds;
    lease.expiryUs = nowUs + extendUs + seconds * SECOND_US;
    if (lease.expiryUs < table.nextExpiryUs) table.nextExpiryUs = lease.expiryUs;
  }
}

/** This member leads no longer: it stops counting. */
export function demote(table: LeaseTable): void {
  table.isPrimary = false;
  table.nextExpiryUs = FOREVER;
  for (const lease of table.leases.values()) lease.expiryUs = FOREVER;
}

/**
 * Leader: the leases whose time is over, to be revoked through the log. Costs nothing before `nextExpiryUs`. A lease that
 * is reported stays in the table until its revocation is applied and is reported again when that seems lost.
 */
export function expiredLeases(table: LeaseTable, nowUs: number): readonly EtcdId[] {
  if (!table.isPrimary || nowUs < table.nextExpiryUs) return [];
  const expired: EtcdId[] = [];
  let next = FOREVER;
  for (const lease of table.leases.values()) {
    if (lease.expiryUs <= nowUs && expired.length < MAX_REVOKED_AT_ONCE) {
      expired.push(lease.id);
      next = Math.min(next, nowUs + RETRY_US);
    } else {
      next = Math.min(next, lease.expiryUs);
    }
  }
  table.nextExpiryUs = next;
  return expired;
}

/** Whole seconds left, for TimeToLive; never negative. */
export function remainingSeconds(lease: Lease, nowUs: number): number {
  return Math.max(0, Math.floor((lease.expiryUs - nowUs) / SECOND_US));
}

/** Ids, the lease that ends first in front. */
export function leaseIds(table: LeaseTable): readonly EtcdId[] {
  const leases = [...table.leases.values()];
  leases.sort((left, right) => left.expiryUs - right.expiryUs || compareIds(left.id, right.id));
  return leases.map((lease) => lease.id);
}

/** What the leader writes to the log now and then, so that its successor does not start from the whole TTL. */
export function checkpoint(table: LeaseTable, id: EtcdId, remainingTtlSeconds: number): void {
  const lease = table.leases.get(id);
  if (lease !== undefined) lease.remainingTtlSeconds = remainingTtlSeconds;
}

export function copyLeases(table: LeaseTable): LeaseTable {
  const copy = createLeaseTable();
  for (const lease of table.leases.values()) {
    copy.leases.set(lease.id, { ...lease, expiryUs: FOREVER, keys: new Set(lease.keys) });
  }
  return copy;
}
