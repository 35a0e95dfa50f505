/** Applies what was agreed on: one log entry at a time, in order, the same way on every member. */
import { type EtcdError, type EtcdId, type EtcdResponse, etcdErrors } from '../api/etcd.ts';
import type { AlarmRequest, AlarmType, EtcdMember } from '../api/etcd-maintenance.ts';
import { applyDelete, applyPut, applyTxn, type MakeHeader } from './apply-kv.ts';
import { quotaCost } from './check-request.ts';
import { checkpoint, grant, minimumTtlSeconds, revoke } from './lease.ts';
import type { MemberChange, Mutation } from './mutation.ts';
import { beginWrite, compact, deleteRange, endWrite, type StoredKeyValue } from './mvcc.ts';
import { type ConfChange, compareIds } from './raft-message.ts';
import { isEtcdError } from './range.ts';
import type { Store } from './store.ts';

export type Outcome =
  | { readonly ok: true; readonly body: EtcdResponse; readonly changes: readonly StoredKeyValue[] }
  | { readonly ok: false; readonly error: EtcdError };

export interface ApplyContext {
  readonly header: MakeHeader;
  readonly nowUs: number;
  readonly electionTimeoutUs: number;
}

const none: readonly StoredKeyValue[] = [];

export function applyMutation(store: Store, mutation: Mutation, context: ApplyContext): Outcome {
  const { header } = context;
  const { mvcc } = store;
  if (isCapped(store, mutation)) return { ok: false, error: etcdErrors.noSpace };
  switch (mutation.method) {
    case 'Put':
      return applyPut(store, mutation, header);
    case 'DeleteRange':
      return applyDelete(store, mutation, header);
    case 'Txn':
      return applyTxn(store, mutation, header);
    case 'Compact': {
      const error = compact(mvcc, mutation.revision);
      return error === undefined ? done({ header: header(mvcc.revision) }) : { ok: false, error };
    }
    case 'LeaseGrant': {
      const minimum = minimumTtlSeconds(context.electionTimeoutUs);
      const lease = grant(store.leases, mutation.id, mutation.ttlSeconds, minimum, context.nowUs);
      if (isEtcdError(lease)) return { ok: false, error: lease };
      return done({ header: header(mvcc.revision), id: lease.id, ttlSeconds: lease.ttlSeconds });
    }
    case 'LeaseRevoke':
      return applyRevoke(store, mutation.id, header);
    case 'LeaseCheckpoint':
      for (const { id, remainingTtlSeconds } of mutation.checkpoints) checkpoint(store.leases, id, remainingTtlSeconds);
      return done({ header: header(mvcc.revision) });
    case 'Alarm':
      return applyAlarm(store, mutation, header);
    case 'ClusterMemberAttrSet': {
      const member = store.members.get(mutation.id);
      if (member !== undefined) {
        const { name, clientUrls } = mutation;
        store.members.set(mutation.id, Object.freeze({ ...member, name, clientUrls }));
      }
      return done({ header: header(mvcc.revision) });
    }
    case 'ClusterVersionSet':
      store.clusterVersion = mutation.version;
      return done({ header: header(mvcc.revision) });
  }
}

function done(body: EtcdResponse): Outcome {
  return { ok: true, body, changes: none };
}

/** While any member is out of space, nothing that needs more of it is done. */
function isCapped(store: Store, mutation: Mutation): boolean {
  if (store.alarms.length === 0 || !store.alarms.some(({ alarm }) => alarm === 'NOSPACE')) return false;
  if (mutation.method === 'Put' || mutation.method === 'LeaseGrant') return true;
  return mutation.method === 'Txn' && quotaCost(mutation) > 0;
}

/** All keys of the lease go in one revision. */
function applyRevoke(store: Store, id: EtcdId, header: MakeHeader): Outcome {
  const keys = revoke(store.leases, id);
  if (keys === undefined) return { ok: false, error: etcdErrors.leaseNotFound };
  const txn = beginWrite(store.mvcc);
  for (const key of keys) deleteRange(store.mvcc, txn, key, undefined);
  const changes = endWrite(store.mvcc, txn);
  return { ok: true, body: { header: header(store.mvcc.revision) }, changes };
}

function applyAlarm(store: Store, request: AlarmRequest, header: MakeHeader): Outcome {
  const { action, alarm, memberId = '0' } = request;
  const matches = (candidate: { memberId: EtcdId; alarm: AlarmType }): boolean =>
    (memberId === '0' || candidate.memberId === memberId) && (alarm === 'NONE' || candidate.alarm === alarm);
  let alarms = store.alarms.filter(matches);
  if (action === 'ACTIVATE' && alarm !== 'NONE') {
    const raised = Object.freeze({ memberId, alarm });
    if (alarms.length === 0) store.alarms.push(raised);
    alarms = [raised];
  } else if (action === 'DEACTIVATE') {
    store.alarms = store.alarms.filter((candidate) => !matches(candidate));
  }
  return done({ header: header(store.mvcc.revision), alarms });
}

/** Why a configuration change must come to nothing, judged at the moment of applying it. */
export function confChangeError(
  store: Store,
  change: ConfChange,
  { isPromote, member }: MemberChange,
): EtcdError | undefined {
  if (store.removed.has(change.id)) return etcdErrors.memberNotFound;
  const known = store.members.get(change.id);
  switch (change.kind) {
    case 'AddNode':
    case 'AddLearnerNode':
      if (isPromote) {
        if (known === undefined) return etcdErrors.memberNotFound;
        return known.isLearner ? undefined : etcdErrors.memberNotLearner;
      }
      if (known !== undefined) return etcdErrors.memberExists;
      return peerUrlTaken(store, change.id, member) ? etcdErrors.peerUrlExists : undefined;
    case 'RemoveNode':
      return known === undefined ? etcdErrors.memberNotFound : undefined;
    case 'UpdateNode':
      if (known === undefined) return etcdErrors.memberNotFound;
      return peerUrlTaken(store, change.id, member) ? etcdErrors.peerUrlExists : undefined;
  }
}

function peerUrlTaken(store: Store, id: EtcdId, member: EtcdMember | undefined): boolean {
  for (const other of store.members.values()) {
    if (other.id !== id && member?.peerUrls.some((url) => other.peerUrls.includes(url)) === true) return true;
  }
  return false;
}

/** The members after a configuration change. Raft's own idea of them is changed by the caller. */
export function applyMembership(store: Store, change: ConfChange, { isPromote, member }: MemberChange): void {
  const known = store.members.get(change.id);
  if (change.kind === 'RemoveNode') {
    store.members.delete(change.id);
    store.removed.add(change.id);
  } else if (change.kind === 'UpdateNode') {
    if (known !== undefined && member !== undefined) {
      store.members.set(change.id, Object.freeze({ ...known, peerUrls: member.peerUrls }));
    }
  } else if (isPromote) {
    if (known !== undefined) store.members.set(change.id, Object.freeze({ ...known, isLearner: false }));
  } else if (member !== undefined) {
    store.members.set(change.id, member);
  }
}

/** Members as they are listed: by id. */
export function memberList(store: Store): readonly EtcdMember[] {
  return [...store.members.values()].sort((left, right) => compareIds(left.id, right.id));
}
