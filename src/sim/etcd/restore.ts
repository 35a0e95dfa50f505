/** A data directory made from a snapshot: a new cluster that begins with the old one's keys. @source etcd:etcdutl/snapshot/v3_snapshot.go */
import type { EtcdKeyValue } from '../api/etcd.ts';
import type { EtcdSnapshotBlob } from '../api/etcd-maintenance.ts';
import { beginWrite, deleteRange, endWrite, put } from './mvcc.ts';
import { createEtcdDisk, type EtcdDisk } from './server-memory.ts';

export interface RestoreOptions {
  /** So that watchers of the old cluster notice: how far the revision is ahead of the snapshot's. */
  readonly bumpRevision: number;
  /** Nothing before the bumped revision can be read. */
  readonly markCompacted: boolean;
}

/** The snapshot in a file's text, or undefined when it holds none. */
export function readSnapshot(text: string): EtcdSnapshotBlob | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isOne = typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'EtcdSnapshot';
    return isOne ? (value as EtcdSnapshotBlob) : undefined;
  } catch {
    return undefined;
  }
}

/** What etcd finds when it starts there: the keys with their revisions; who the members are, its flags say. */
export function restoredDisk(blob: EtcdSnapshotBlob, { bumpRevision, markCompacted }: RestoreOptions): EtcdDisk {
  const disk = createEtcdDisk();
  const { mvcc } = disk.store;
  const changes = [...blob.kvs].sort((a, b) => a.modRevision - b.modRevision);
  for (let i = 0; i < changes.length; ) {
    const revision = changes[i]!.modRevision;
    const txn = { ...beginWrite(mvcc), revision };
    for (; i < changes.length && changes[i]!.modRevision === revision; i++) {
      const { key, value, version, lease }: EtcdKeyValue = changes[i]!;
      if (version > 0) put(mvcc, txn, key, frozen(value), lease);
      else deleteRange(mvcc, txn, key, undefined);
    }
    endWrite(mvcc, txn);
  }
  mvcc.revision = Math.max(mvcc.revision, blob.revision) + bumpRevision;
  if (markCompacted) mvcc.compactRevision = mvcc.revision;
  return disk;
}

/** Values are shared by all who read them. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const field of Object.values(value)) frozen(field);
  return Object.freeze(value);
}
