/** The part of etcd's API that looks after the cluster itself: its members, alarms, snapshots, its state. See etcd.ts. */
import type { EtcdId, EtcdKeyValue, ResponseHeader } from './etcd.ts';

export interface EtcdMember {
  readonly id: EtcdId;
  /** Empty: added, not started yet. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}
export interface MemberAddRequest {
  readonly method: 'MemberAdd';
  readonly peerUrls: readonly string[];
  readonly isLearner?: boolean;
}
export interface MemberAddResponse {
  readonly header: ResponseHeader;
  readonly member: EtcdMember;
  readonly members: readonly EtcdMember[];
}
export interface MemberRemoveRequest {
  readonly method: 'MemberRemove';
  readonly id: EtcdId;
}
export interface MemberUpdateRequest {
  readonly method: 'MemberUpdate';
  readonly id: EtcdId;
  readonly peerUrls: readonly string[];
}
export interface MemberPromoteRequest {
  readonly method: 'MemberPromote';
  readonly id: EtcdId;
}
export interface MemberListRequest {
  readonly method: 'MemberList';
  /** Ask the leader first. etcdctl 3.5+ does by default. */
  readonly linearizable?: boolean;
}
export interface MembersResponse {
  readonly header: ResponseHeader;
  readonly members: readonly EtcdMember[];
}

export type AlarmType = 'NONE' | 'NOSPACE' | 'CORRUPT';
export interface AlarmMember {
  readonly memberId: EtcdId;
  readonly alarm: AlarmType;
}
export interface AlarmRequest {
  readonly method: 'Alarm';
  readonly action: 'GET' | 'ACTIVATE' | 'DEACTIVATE';
  /** '0' or absent: every member. */
  readonly memberId?: EtcdId;
  /** NONE: every alarm. */
  readonly alarm: AlarmType;
}
export interface AlarmResponse {
  readonly header: ResponseHeader;
  readonly alarms: readonly AlarmMember[];
}
export interface StatusRequest {
  readonly method: 'Status';
}
export interface StatusResponse {
  readonly header: ResponseHeader;
  readonly version: string;
  readonly storageVersion: string;
  readonly dbSizeBytes: number;
  readonly dbSizeInUseBytes: number;
  readonly dbSizeQuotaBytes: number;
  /** '0': no leader known. */
  readonly leader: EtcdId;
  readonly raftIndex: number;
  readonly raftTerm: number;
  readonly raftAppliedIndex: number;
  readonly errors: readonly string[];
  readonly isLearner: boolean;
}
export interface DefragmentRequest {
  readonly method: 'Defragment';
}
export interface DefragmentResponse {
  readonly header: ResponseHeader;
}
export interface HashKvRequest {
  readonly method: 'HashKV';
  /** 0 or absent: the newest. */
  readonly revision?: number;
}
export interface HashKvResponse {
  readonly header: ResponseHeader;
  readonly hash: number;
  readonly compactRevision: number;
  readonly hashRevision: number;
}
export interface SnapshotRequest {
  readonly method: 'Snapshot';
}
/** The whole store as frozen data: what `etcdctl snapshot save` writes to a file. */
export interface SnapshotResponse {
  readonly header: ResponseHeader;
  readonly remainingBytes: number;
  readonly sizeBytes: number;
  readonly blob: EtcdSnapshotBlob;
  readonly version: string;
}
export interface EtcdSnapshotBlob {
  readonly kind: 'EtcdSnapshot';
  readonly revision: number;
  readonly compactRevision: number;
  readonly kvs: readonly EtcdKeyValue[];
  readonly leases: readonly { readonly id: EtcdId; readonly ttlSeconds: number }[];
  readonly hash: number;
  readonly totalKeys: number;
  readonly sizeBytes: number;
}
export interface MoveLeaderRequest {
  readonly method: 'MoveLeader';
  readonly targetId: EtcdId;
}
export interface MoveLeaderResponse {
  readonly header: ResponseHeader;
}
