import { sha1 } from '@noble/hashes/legacy.js';
import type { EtcdId } from '../api/etcd.ts';
import { compareIds } from './raft-message.ts';

/**
 * A member's id: it follows from its peer URLs and the cluster's token, and, for members added later, from the time.
 * @param wallSeconds  epoch seconds for a member that is added to a running cluster
 * @source etcd:server/etcdserver/api/membership/member.go
 */
export function memberId(peerUrls: readonly string[], token: string, wallSeconds?: number): EtcdId {
  const text = [...peerUrls].sort().join('') + token + (wallSeconds === undefined ? '' : String(wallSeconds));
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return idOf(sha1(bytes));
}

/** A cluster's id follows from the ids of its first members. */
export function clusterId(memberIds: readonly EtcdId[]): EtcdId {
  const bytes = new Uint8Array(8 * memberIds.length);
  [...memberIds].sort(compareIds).forEach((id, member) => {
    const padded = id.padStart(16, '0');
    for (let i = 0; i < 8; i++) bytes[8 * member + i] = Number.parseInt(padded.slice(2 * i, 2 * i + 2), 16);
  });
  return idOf(sha1(bytes));
}

function idOf(hash: Uint8Array): EtcdId {
  let id = '';
  for (let i = 0; i < 8; i++) id += (hash[i] ?? 0).toString(16).padStart(2, '0');
  return id.replace(/^0+(?=.)/, '');
}
