/**
 * What etcd's clients and etcd say to each other: the messages of the etcd v3 gRPC API, as frozen plain data.
 *
 * A client (the API server, etcdctl) sends one `EtcdRequest` to a member's client port and gets the response named
 * beside it in `EtcdResponses`, or an `EtcdError`. `Watch` and `Snapshot` answer with a stream of items.
 *
 * Keys are text, ordered by UTF-16 code unit. Values are text or any frozen object: they are shared by reference, never
 * copied. 64-bit ids (cluster, member, lease) do not fit in a number and are therefore lower-case hexadecimal text
 * without leading zeros, as etcdctl prints them; '0' or absence means "none".
 * @source etcd:api/etcdserverpb/rpc.proto, etcd:api/mvccpb/kv.proto, etcd:api/v3rpc/rpctypes/error.go
 */

import type {
  AlarmRequest,
  AlarmResponse,
  DefragmentRequest,
  DefragmentResponse,
  HashKvRequest,
  HashKvResponse,
  MemberAddRequest,
  MemberAddResponse,
  MemberListRequest,
  MemberPromoteRequest,
  MemberRemoveRequest,
  MembersResponse,
  MemberUpdateRequest,
  MoveLeaderRequest,
  MoveLeaderResponse,
  SnapshotRequest,
  SnapshotResponse,
  StatusRequest,
  StatusResponse,
} from './etcd-maintenance.ts';

/** A stored value: text, or an API object shared by reference. */
export type EtcdValue = string | object;

/** Lower-case hexadecimal 64-bit id without leading zeros. */
export type EtcdId = string;

export interface EtcdKeyValue {
  readonly key: string;
  /** Revision at which the key was last created. */
  readonly createRevision: number;
  /** Revision of the last change: Kubernetes' resourceVersion. */
  readonly modRevision: number;
  /** Number of changes since creation, starting at 1. 0 in the event of a deletion. */
  readonly version: number;
  /** Empty text when only keys were asked for, or in the event of a deletion. */
  readonly value: EtcdValue;
  /** The lease the key hangs on, '0' when none. */
  readonly lease: EtcdId;
}

export interface ResponseHeader {
  readonly clusterId: EtcdId;
  /** The member that answered. */
  readonly memberId: EtcdId;
  /** The store's revision when the request was applied. 0 where etcd leaves it out (membership calls). */
  readonly revision: number;
  readonly raftTerm: number;
}

export interface RangeRequest {
  readonly method: 'Range';
  readonly key: string;
  /** Absent: only `key`. '\0': every key ≥ `key`. Else the half-open range [key, rangeEnd). See `prefixRangeEnd`. */
  readonly rangeEnd?: string;
  /** 0 or absent: no limit. */
  readonly limit?: number;
  /** 0 or absent: the newest. */
  readonly revision?: number;
  readonly sortOrder?: 'NONE' | 'ASCEND' | 'DESCEND';
  readonly sortTarget?: 'KEY' | 'VERSION' | 'CREATE' | 'MOD' | 'VALUE';
  /** Answer from the member's own store, perhaps stale, without asking the leader. */
  readonly serializable?: boolean;
  readonly keysOnly?: boolean;
  readonly countOnly?: boolean;
  readonly minModRevision?: number;
  readonly maxModRevision?: number;
  readonly minCreateRevision?: number;
  readonly maxCreateRevision?: number;
}
export interface RangeResponse {
  readonly header: ResponseHeader;
  readonly kvs: readonly EtcdKeyValue[];
  /** More keys in the range than `limit` let through. */
  readonly more: boolean;
  /** Keys in the range, `limit` not considered. */
  readonly count: number;
}

export interface PutRequest {
  readonly method: 'Put';
  readonly key: string;
  readonly value: EtcdValue;
  readonly lease?: EtcdId;
  readonly prevKv?: boolean;
  readonly ignoreValue?: boolean;
  readonly ignoreLease?: boolean;
}
export interface PutResponse {
  readonly header: ResponseHeader;
  readonly prevKv?: EtcdKeyValue;
}

export interface DeleteRangeRequest {
  readonly method: 'DeleteRange';
  readonly key: string;
  readonly rangeEnd?: string;
  readonly prevKv?: boolean;
}
export interface DeleteRangeResponse {
  readonly header: ResponseHeader;
  readonly deleted: number;
  readonly prevKvs?: readonly EtcdKeyValue[];
}

/** `target(key) result operand`, for every key of the range when `rangeEnd` is given. A missing key counts as all zero. */
export interface TxnCompare {
  readonly key: string;
  readonly rangeEnd?: string;
  readonly target: 'VERSION' | 'CREATE' | 'MOD' | 'VALUE' | 'LEASE';
  readonly result: 'EQUAL' | 'GREATER' | 'LESS' | 'NOT_EQUAL';
  /** A number for VERSION, CREATE and MOD; text for VALUE; an id for LEASE. */
  readonly operand: number | string;
}
export type TxnOp = RangeRequest | PutRequest | DeleteRangeRequest | TxnRequest;
export interface TxnRequest {
  readonly method: 'Txn';
  readonly compare: readonly TxnCompare[];
  /** Done in order when every comparison holds … */
  readonly success: readonly TxnOp[];
  /** … else these. */
  readonly failure: readonly TxnOp[];
}
export type TxnOpResponse =
  | ({ readonly method: 'Range' } & RangeResponse)
  | ({ readonly method: 'Put' } & PutResponse)
  | ({ readonly method: 'DeleteRange' } & DeleteRangeResponse)
  | ({ readonly method: 'Txn' } & TxnResponse);
export interface TxnResponse {
  readonly header: ResponseHeader;
  readonly succeeded: boolean;
  readonly responses: readonly TxnOpResponse[];
}

export interface CompactRequest {
  readonly method: 'Compact';
  readonly revision: number;
  readonly physical?: boolean;
}
export interface CompactResponse {
  readonly header: ResponseHeader;
}

/** Opens one watch; the answer is a stream of `WatchResponse`. Cancel it by cancelling the call. */
export interface WatchRequest {
  readonly method: 'Watch';
  readonly key: string;
  readonly rangeEnd?: string;
  /** First revision wanted (inclusive). 0 or absent: from now on. */
  readonly startRevision?: number;
  /** Send an empty response with the current revision now and then when nothing happens (a bookmark). */
  readonly progressNotify?: boolean;
  readonly prevKv?: boolean;
  readonly filters?: readonly ('NOPUT' | 'NODELETE')[];
  /** The client's own number for the watch; repeated in every response. */
  readonly watchId?: number;
  /** Cancel with `etcdserver: no leader` when the member loses its leader, as the `hasleader` metadata asks. */
  readonly requireLeader?: boolean;
}
/** Asks that every synced watch of the asking client sends its revision at once. Answered by the streams themselves. */
export interface WatchProgressRequest {
  readonly method: 'WatchProgress';
}
export interface WatchProgressResponse {
  readonly header: ResponseHeader;
}
export interface EtcdEvent {
  readonly type: 'PUT' | 'DELETE';
  readonly kv: EtcdKeyValue;
  /** What the key held before, when `prevKv` was asked for and it was not compacted away. */
  readonly prevKv?: EtcdKeyValue;
}
export interface WatchResponse {
  readonly header: ResponseHeader;
  readonly watchId: number;
  /** The first response of a stream: the watch exists. */
  readonly created: boolean;
  /** The last response of a stream: no event will follow. */
  readonly canceled: boolean;
  readonly cancelReason?: string;
  /** Not 0: the wanted revision has been compacted; start again from here or later. */
  readonly compactRevision: number;
  /** Ordered by revision; all events of a revision are in one response. Empty: a bookmark, all ≤ header.revision sent. */
  readonly events: readonly EtcdEvent[];
}

export interface LeaseGrantRequest {
  readonly method: 'LeaseGrant';
  readonly ttlSeconds: number;
  /** Absent or '0': the server chooses. */
  readonly id?: EtcdId;
}
export interface LeaseGrantResponse {
  readonly header: ResponseHeader;
  readonly id: EtcdId;
  /** Granted seconds; never less than the minimum (1.5 election timeouts, rounded up). */
  readonly ttlSeconds: number;
}
export interface LeaseRevokeRequest {
  readonly method: 'LeaseRevoke';
  readonly id: EtcdId;
}
export interface LeaseRevokeResponse {
  readonly header: ResponseHeader;
}
export interface LeaseKeepAliveRequest {
  readonly method: 'LeaseKeepAlive';
  readonly id: EtcdId;
}
export interface LeaseKeepAliveResponse {
  readonly header: ResponseHeader;
  readonly id: EtcdId;
  /** 0: the lease is gone. */
  readonly ttlSeconds: number;
}
export interface LeaseTimeToLiveRequest {
  readonly method: 'LeaseTimeToLive';
  readonly id: EtcdId;
  readonly keys?: boolean;
}
export interface LeaseTimeToLiveResponse {
  readonly header: ResponseHeader;
  readonly id: EtcdId;
  /** Seconds left, -1: the lease is gone. */
  readonly ttlSeconds: number;
  readonly grantedTtlSeconds: number;
  readonly keys: readonly string[];
}
export interface LeaseLeasesRequest {
  readonly method: 'LeaseLeases';
}
export interface LeaseLeasesResponse {
  readonly header: ResponseHeader;
  readonly leases: readonly EtcdId[];
}

/** Every method: what is asked, and what is answered; for Watch and Snapshot the items of the stream. */
export interface EtcdCalls {
  readonly Range: [RangeRequest, RangeResponse];
  readonly Put: [PutRequest, PutResponse];
  readonly DeleteRange: [DeleteRangeRequest, DeleteRangeResponse];
  readonly Txn: [TxnRequest, TxnResponse];
  readonly Compact: [CompactRequest, CompactResponse];
  readonly Watch: [WatchRequest, WatchResponse];
  readonly WatchProgress: [WatchProgressRequest, WatchProgressResponse];
  readonly LeaseGrant: [LeaseGrantRequest, LeaseGrantResponse];
  readonly LeaseRevoke: [LeaseRevokeRequest, LeaseRevokeResponse];
  readonly LeaseKeepAlive: [LeaseKeepAliveRequest, LeaseKeepAliveResponse];
  readonly LeaseTimeToLive: [LeaseTimeToLiveRequest, LeaseTimeToLiveResponse];
  readonly LeaseLeases: [LeaseLeasesRequest, LeaseLeasesResponse];
  readonly MemberAdd: [MemberAddRequest, MemberAddResponse];
  readonly MemberRemove: [MemberRemoveRequest, MembersResponse];
  readonly MemberUpdate: [MemberUpdateRequest, MembersResponse];
  readonly MemberPromote: [MemberPromoteRequest, MembersResponse];
  readonly MemberList: [MemberListRequest, MembersResponse];
  readonly Alarm: [AlarmRequest, AlarmResponse];
  readonly Status: [StatusRequest, StatusResponse];
  readonly Defragment: [DefragmentRequest, DefragmentResponse];
  readonly HashKV: [HashKvRequest, HashKvResponse];
  readonly Snapshot: [SnapshotRequest, SnapshotResponse];
  readonly MoveLeader: [MoveLeaderRequest, MoveLeaderResponse];
}
export type EtcdMethod = keyof EtcdCalls;
export type EtcdRequests = { readonly [M in EtcdMethod]: EtcdCalls[M][0] };
export type EtcdResponses = { readonly [M in EtcdMethod]: EtcdCalls[M][1] };
export type EtcdRequest = EtcdRequests[EtcdMethod];
export type EtcdResponse = EtcdResponses[EtcdMethod];

export type GrpcCode =
  | 'Canceled'
  | 'Unknown'
  | 'InvalidArgument'
  | 'DeadlineExceeded'
  | 'NotFound'
  | 'PermissionDenied'
  | 'ResourceExhausted'
  | 'FailedPrecondition'
  | 'OutOfRange'
  | 'Unimplemented'
  | 'Unavailable'
  | 'DataLoss'
  | 'Unauthenticated';

/** An expected failure, with etcd's own words. Compare by reference or by `message` with `etcdErrors`. */
export interface EtcdError {
  readonly code: GrpcCode;
  readonly message: string;
}

/** The errors a client may meet, by a speaking name. */
export const etcdErrors = {
  emptyKey: { code: 'InvalidArgument', message: 'etcdserver: key is not provided' },
  keyNotFound: { code: 'InvalidArgument', message: 'etcdserver: key not found' },
  valueProvided: { code: 'InvalidArgument', message: 'etcdserver: value is provided' },
  leaseProvided: { code: 'InvalidArgument', message: 'etcdserver: lease is provided' },
  tooManyOps: { code: 'InvalidArgument', message: 'etcdserver: too many operations in txn request' },
  duplicateKey: { code: 'InvalidArgument', message: 'etcdserver: duplicate key given in txn request' },
  compacted: { code: 'OutOfRange', message: 'etcdserver: mvcc: required revision has been compacted' },
  futureRevision: { code: 'OutOfRange', message: 'etcdserver: mvcc: required revision is a future revision' },
  noSpace: { code: 'ResourceExhausted', message: 'etcdserver: mvcc: database space exceeded' },
  leaseNotFound: { code: 'NotFound', message: 'etcdserver: requested lease not found' },
  leaseExists: { code: 'FailedPrecondition', message: 'etcdserver: lease already exists' },
  leaseTtlTooLarge: { code: 'OutOfRange', message: 'etcdserver: too large lease TTL' },
  watchCanceled: { code: 'Canceled', message: 'etcdserver: watch canceled' },
  memberExists: { code: 'FailedPrecondition', message: 'etcdserver: member ID already exist' },
  peerUrlExists: { code: 'FailedPrecondition', message: 'etcdserver: Peer URLs already exists' },
  memberNotEnoughStarted: {
    code: 'FailedPrecondition',
    message: 'etcdserver: re-configuration failed due to not enough started members',
  },
  memberBadUrls: { code: 'InvalidArgument', message: 'etcdserver: given member URLs are invalid' },
  memberNotFound: { code: 'NotFound', message: 'etcdserver: member not found' },
  memberNotLearner: { code: 'FailedPrecondition', message: 'etcdserver: can only promote a learner member' },
  learnerNotReady: {
    code: 'FailedPrecondition',
    message: 'etcdserver: can only promote a learner member which is in sync with leader',
  },
  tooManyLearners: { code: 'FailedPrecondition', message: 'etcdserver: too many learner members in cluster' },
  requestTooLarge: { code: 'InvalidArgument', message: 'etcdserver: request is too large' },
  tooManyRequests: { code: 'ResourceExhausted', message: 'etcdserver: too many requests' },
  noLeader: { code: 'Unavailable', message: 'etcdserver: no leader' },
  notLeader: { code: 'FailedPrecondition', message: 'etcdserver: not leader' },
  leaderChanged: { code: 'Unavailable', message: 'etcdserver: leader changed' },
  stopped: { code: 'Unavailable', message: 'etcdserver: server stopped' },
  timeout: { code: 'Unavailable', message: 'etcdserver: request timed out' },
  timeoutLeaderFail: {
    code: 'Unavailable',
    message: 'etcdserver: request timed out, possibly due to previous leader failure',
  },
  timeoutConnectionLost: {
    code: 'Unavailable',
    message: 'etcdserver: request timed out, possibly due to connection lost',
  },
  unhealthy: { code: 'Unavailable', message: 'etcdserver: unhealthy cluster' },
  corrupt: { code: 'DataLoss', message: 'etcdserver: corrupt cluster' },
  learnerUnsupported: { code: 'FailedPrecondition', message: 'etcdserver: rpc not supported for learner' },
  badLeaderTransferee: { code: 'FailedPrecondition', message: 'etcdserver: bad leader transferee' },
  permissionDenied: { code: 'PermissionDenied', message: 'etcdserver: permission denied' },
} as const satisfies Record<string, EtcdError>;

export type EtcdResult<M extends EtcdMethod = EtcdMethod> =
  | { readonly ok: true; readonly body: EtcdResponses[M] }
  | { readonly ok: false; readonly error: EtcdError };

/**
 * The end of the range of all keys that start with `prefix`: the prefix with its last character raised by one.
 * An empty prefix means every key, whose range end is '\0' (to be used with key '\0').
 */
export function prefixRangeEnd(prefix: string): string {
  for (let i = prefix.length - 1; i >= 0; i--) {
    const unit = prefix.charCodeAt(i);
    if (unit < 0xffff) return prefix.slice(0, i) + String.fromCharCode(unit + 1);
  }
  return '\0';
}

/** Create the key, or fail (`succeeded: false`) when it exists. Answers the existing key-value in `responses[0]`. */
export function createTxn(key: string, value: EtcdValue, lease?: EtcdId): TxnRequest {
  return guardedTxn(key, 0, lease === undefined ? { method: 'Put', key, value } : { method: 'Put', key, value, lease });
}

/** Replace the value if the key's modRevision is still `modRevision`; else the current key-value is in `responses[0]`. */
export function updateTxn(key: string, modRevision: number, value: EtcdValue, lease?: EtcdId): TxnRequest {
  const put: PutRequest = lease === undefined ? { method: 'Put', key, value } : { method: 'Put', key, value, lease };
  return guardedTxn(key, modRevision, put);
}

/** Delete the key if its modRevision is still `modRevision`; else the current key-value is in `responses[0]`. */
export function deleteTxn(key: string, modRevision: number): TxnRequest {
  return guardedTxn(key, modRevision, { method: 'DeleteRange', key, prevKv: true });
}

function guardedTxn(key: string, modRevision: number, op: TxnOp): TxnRequest {
  return {
    method: 'Txn',
    compare: [{ key, target: 'MOD', result: 'EQUAL', operand: modRevision }],
    success: [op],
    failure: [{ method: 'Range', key }],
  };
}
