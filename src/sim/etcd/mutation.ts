/** What the members agree on, one a log entry. @source etcd:api/etcdserverpb/raft_internal.proto */
import type {
  CompactRequest,
  DeleteRangeRequest,
  EtcdId,
  LeaseRevokeRequest,
  PutRequest,
  TxnRequest,
} from '../api/etcd.ts';
import type { AlarmRequest, EtcdMember } from '../api/etcd-maintenance.ts';

export type Mutation =
  | PutRequest
  | DeleteRangeRequest
  | TxnRequest
  | CompactRequest
  | { readonly method: 'LeaseGrant'; readonly id: EtcdId; readonly ttlSeconds: number }
  | LeaseRevokeRequest
  | {
      readonly method: 'LeaseCheckpoint';
      readonly checkpoints: readonly { readonly id: EtcdId; readonly remainingTtlSeconds: number }[];
    }
  | AlarmRequest
  | {
      readonly method: 'ClusterMemberAttrSet';
      readonly id: EtcdId;
      readonly name: string;
      readonly clientUrls: readonly string[];
    }
  | { readonly method: 'ClusterVersionSet'; readonly version: string };

/** The data of a normal log entry: who asked, under which number, for what. Frozen. */
export interface Proposal {
  readonly origin: EtcdId;
  readonly request: number;
  readonly mutation: Mutation;
}

/** The context of a configuration change. Frozen. */
export interface MemberChange {
  readonly origin: EtcdId;
  readonly request: number;
  readonly isPromote: boolean;
  /** Undefined for a removal. */
  readonly member: EtcdMember | undefined;
}
