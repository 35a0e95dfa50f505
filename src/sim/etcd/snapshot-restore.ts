/** A data directory from a saved snapshot, as `etcdutl snapshot restore` makes it. @source etcd:etcdutl/snapshot/v3_snapshot.go */
import type { EtcdMember, EtcdSnapshotBlob } from '../api/etcd-maintenance.ts';
import { insertKey, type KeyHistory } from './key-index.ts';
import { grant } from './lease.ts';
import { clusterId, memberId } from './member-id.ts';
import type { Mvcc, StoredKeyValue } from './mvcc.ts';
import { compareIds } from './raft-message.ts';
import { createEtcdDisk, type EtcdDisk } from './server-memory.ts';

export interface RestoreOptions {
  readonly name: string;
  /** Every member of the cluster that is to be, with its peer URLs; `name` among them. */
  readonly initialCluster: readonly { readonly name: string; readonly peerUrls: readonly string[] }[];
  readonly initialClusterToken: string;
}

/**
 * The disk of one member of a new cluster that starts with the snapshot's keys and revision. All members must be restored
 * from the same snapshot. @returns undefined when `name` is not in `initialCluster`
 */
export function restoreSnapshot(blob: EtcdSnapshotBlob, options: RestoreOptions): EtcdDisk | undefined {
  const members = options.initialCluster.map(({ name, peerUrls }): EtcdMember => {
    const id = memberId(peerUrls, options.initialClusterToken);
    return Object.freeze({
      id,
      name,
      peerUrls: Object.freeze([...peerUrls]),
      clientUrls: Object.freeze([]),
      isLearner: false,
    });
  });
  members.sort((left, right) => compareIds(left.id, right.id));
  const own = members.find(({ name }) => name === options.name);
  if (own === undefined) return undefined;
  const disk = createEtcdDisk();
  disk.initialized = true;
  disk.memberId = own.id;
  disk.clusterId = clusterId(members.map(({ id }) => id));
  disk.wal.term = 1;
  disk.wal.offset = members.length;
  disk.wal.offsetTerm = 1;
  disk.wal.commit = members.length;
  const { store } = disk;
  fill(store.mvcc, blob);
  for (const { id, ttlSeconds } of blob.leases) grant(store.leases, id, ttlSeconds, 0, 0);
  for (const kv of blob.kvs) if (kv.lease !== '0') store.leases.leases.get(kv.lease)?.keys.add(kv.key);
  for (const member of members) store.members.set(member.id, member);
  store.voters = Object.freeze(members.map(({ id }) => id));
  store.appliedIndex = members.length;
  store.appliedTerm = 1;
  return disk;
}

function fill(mvcc: Mvcc, blob: EtcdSnapshotBlob): void {
  mvcc.revision = blob.revision;
  mvcc.compactRevision = blob.compactRevision;
  mvcc.fileBytes = blob.sizeBytes;
  for (const kv of blob.kvs as readonly StoredKeyValue[]) {
    const history = mvcc.keys.get(kv.key);
    if (history !== undefined) {
      history.revisions.push(kv);
    } else {
      const fresh: KeyHistory = { key: kv.key, revisions: [kv] };
      mvcc.keys.set(kv.key, fresh);
      insertKey(mvcc.index, fresh);
    }
    if (kv.modRevision >= blob.compactRevision) mvcc.log.push(kv);
    mvcc.inUseBytes += kv.sizeBytes;
    mvcc.hash = (mvcc.hash + kv.hash) >>> 0;
  }
  mvcc.log.sort((left, right) => left.modRevision - right.modRevision);
}
