/** The state machine that raft's log drives: the same entries give the same store on every member. */
import type { EtcdId } from '../api/etcd.ts';
import type { AlarmMember, EtcdMember } from '../api/etcd-maintenance.ts';
import { copyLeases, createLeaseTable, type LeaseTable } from './lease.ts';
import { copyMvcc, createMvcc, type Mvcc } from './mvcc.ts';

export interface Store {
  mvcc: Mvcc;
  leases: LeaseTable;
  members: Map<EtcdId, EtcdMember>;
  /** Ids that may never come back. */
  removed: Set<EtcdId>;
  alarms: AlarmMember[];
  /** '' until the leader has announced one. */
  clusterVersion: string;
  /** Everything up to this raft entry is in here. */
  appliedIndex: number;
  appliedTerm: number;
  voters: readonly EtcdId[];
  learners: readonly EtcdId[];
}

export function createStore(): Store {
  return {
    mvcc: createMvcc(),
    leases: createLeaseTable(),
    members: new Map(),
    removed: new Set(),
    alarms: [],
    clusterVersion: '',
    appliedIndex: 0,
    appliedTerm: 0,
    voters: [],
    learners: [],
  };
}

/** A copy that shares only frozen data: the content of a snapshot for a laggard. */
export function copyStore(store: Store): Store {
  return {
    ...store,
    mvcc: copyMvcc(store.mvcc),
    leases: copyLeases(store.leases),
    members: new Map(store.members),
    removed: new Set(store.removed),
    alarms: [...store.alarms],
  };
}
