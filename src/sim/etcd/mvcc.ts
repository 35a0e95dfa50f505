/**
 * The multi-version store: every change of a key gets a revision, and the state as of any revision that has not been
 * compacted can be read. One transaction is one revision, whatever it changes.
 * Applying the same requests in the same order gives equal stores on every member.
 * @source etcd:server/storage/mvcc
 */
import { type EtcdError, type EtcdId, type EtcdKeyValue, type EtcdValue, etcdErrors } from '../api/etcd.ts';
import { createKeyIndex, insertKey, type KeyHistory, type KeyIndex, removeKey, visitRange } from './key-index.ts';
import { hashText, measureValue } from './value-size.ts';

/** One change of a key, frozen: the key-value as it is answered, with its cost. Version 0 is a tombstone. */
export interface StoredKeyValue extends EtcdKeyValue {
  readonly sizeBytes: number;
  readonly hash: number;
}

export interface Mvcc {
  /** The revision of the last change; an empty store is at 1. */
  revision: number;
  /** Below it nothing can be read; 0 when never compacted. */
  compactRevision: number;
  keys: Map<string, KeyHistory>;
  index: KeyIndex;
  /** Every change since `compactRevision`, in order: the past that watches can be given. */
  log: StoredKeyValue[];
  /** Bytes of what is kept. */
  inUseBytes: number;
  /** Bytes of the file, which only defragmentation makes smaller. */
  fileBytes: number;
  /** Sum of the hashes of what is kept: equal stores have equal hashes. */
  hash: number;
}

const PAGE_BYTES = 4096;
/** Buckets and free list of an empty database. */
const EMPTY_FILE_BYTES = 5 * PAGE_BYTES;
/** What the key, its revisions and its page slot cost beside the value. */
const RECORD_OVERHEAD_BYTES = 64;
const NO_LEASE: EtcdId = '0';

export function createMvcc(): Mvcc {
  return {
    revision: 1,
    compactRevision: 0,
    keys: new Map(),
    index: createKeyIndex(),
    log: [],
    inUseBytes: 0,
    fileBytes: EMPTY_FILE_BYTES,
    hash: 0,
  };
}

/** Changes that will become one revision. */
export interface WriteTxn {
  readonly revision: number;
  readonly changes: StoredKeyValue[];
}

export function beginWrite(mvcc: Mvcc): WriteTxn {
  return { revision: mvcc.revision + 1, changes: [] };
}

/** Ends a transaction: the revision advances when anything changed. Returns the changes, in order. */
export function endWrite(mvcc: Mvcc, txn: WriteTxn): readonly StoredKeyValue[] {
  if (txn.changes.length > 0) {
    mvcc.revision = txn.revision;
    const needed = EMPTY_FILE_BYTES + pages(mvcc.inUseBytes);
    if (needed > mvcc.fileBytes) mvcc.fileBytes = needed;
  }
  return txn.changes;
}

export function put(mvcc: Mvcc, txn: WriteTxn, key: string, value: EtcdValue, lease: EtcdId): StoredKeyValue {
  const history = mvcc.keys.get(key);
  const before = history?.revisions[history.revisions.length - 1];
  const exists = before !== undefined && before.version > 0;
  const createRevision = exists ? before.createRevision : txn.revision;
  const version = exists ? before.version + 1 : 1;
  const stored = record(key, createRevision, txn.revision, version, value, lease);
  append(mvcc, txn, history, stored);
  return stored;
}

/** Deletes the keys of the range that exist. Returns what they held. */
export function deleteRange(mvcc: Mvcc, txn: WriteTxn, key: string, rangeEnd: string | undefined): StoredKeyValue[] {
  const deleted: StoredKeyValue[] = [];
  visitKeys(mvcc, key, rangeEnd, (history) => {
    const newest = history.revisions[history.revisions.length - 1]!;
    if (newest.version > 0) deleted.push(newest);
    return true;
  });
  for (const { key: name } of deleted) {
    append(mvcc, txn, mvcc.keys.get(name), record(name, 0, txn.revision, 0, '', NO_LEASE));
  }
  return deleted;
}

function record(
  key: string,
  createRevision: number,
  modRevision: number,
  version: number,
  value: EtcdValue,
  lease: EtcdId,
): StoredKeyValue {
  const measure = measureValue(value);
  let hash = hashText(key, measure.hash);
  hash = Math.imul(hash ^ modRevision, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13) ^ version ^ Math.imul(createRevision, 31), 0xc2b2ae35);
  return Object.freeze({
    key,
    createRevision,
    modRevision,
    version,
    value,
    lease,
    sizeBytes: RECORD_OVERHEAD_BYTES + key.length + measure.sizeBytes,
    hash: (hash ^ (hash >>> 16)) >>> 0,
  });
}

function append(mvcc: Mvcc, txn: WriteTxn, history: KeyHistory | undefined, stored: StoredKeyValue): void {
  if (history === undefined) {
    const fresh: KeyHistory = { key: stored.key, revisions: [stored] };
    mvcc.keys.set(stored.key, fresh);
    insertKey(mvcc.index, fresh);
  } else {
    history.revisions.push(stored);
  }
  mvcc.log.push(stored);
  mvcc.inUseBytes += stored.sizeBytes;
  mvcc.hash = (mvcc.hash + stored.hash) >>> 0;
  txn.changes.push(stored);
}

/** Visits histories: of one key when there is no range end; from the key on when it is '\0'. */
export function visitKeys(
  mvcc: Mvcc,
  key: string,
  rangeEnd: string | undefined,
  visit: (history: KeyHistory) => boolean,
): void {
  if (rangeEnd === undefined || rangeEnd === '') {
    const history = mvcc.keys.get(key);
    if (history !== undefined) visit(history);
  } else {
    visitRange(mvcc.index, key, rangeEnd === '\0' ? '' : rangeEnd, visit);
  }
}

/** The key's value as of a revision; undefined when it did not exist then. */
export function valueAt(history: KeyHistory, revision: number): StoredKeyValue | undefined {
  const { revisions } = history;
  for (let i = revisions.length - 1; i >= 0; i--) {
    const candidate = revisions[i]!;
    if (candidate.modRevision <= revision) return candidate.version > 0 ? candidate : undefined;
  }
  return undefined;
}

/** The key's newest value, the open transaction included. */
export function currentValue(mvcc: Mvcc, key: string): StoredKeyValue | undefined {
  const history = mvcc.keys.get(key);
  if (history === undefined) return undefined;
  const newest = history.revisions[history.revisions.length - 1]!;
  return newest.version > 0 ? newest : undefined;
}

/** What a change replaced, if that is still known. */
export function previousValue(mvcc: Mvcc, change: StoredKeyValue): StoredKeyValue | undefined {
  const history = mvcc.keys.get(change.key);
  return history === undefined ? undefined : valueAt(history, change.modRevision - 1);
}

/** Position in the log of the first change at or after a revision. */
export function logPosition(mvcc: Mvcc, revision: number): number {
  let low = 0;
  let high = mvcc.log.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (mvcc.log[middle]!.modRevision < revision) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Forgets what was superseded at or before `revision`: afterwards no older state can be read. Costs what is forgotten.
 * @returns an error when that is already compacted or not yet reached
 */
export function compact(mvcc: Mvcc, revision: number): EtcdError | undefined {
  if (revision <= mvcc.compactRevision) return etcdErrors.compacted;
  if (revision > mvcc.revision) return etcdErrors.futureRevision;
  mvcc.compactRevision = revision;
  const end = logPosition(mvcc, revision + 1);
  for (let i = 0; i < end; i++) forgetSuperseded(mvcc, mvcc.log[i]!.key, revision);
  mvcc.log = mvcc.log.slice(logPosition(mvcc, revision));
  return undefined;
}

function forgetSuperseded(mvcc: Mvcc, key: string, revision: number): void {
  const history = mvcc.keys.get(key);
  if (history === undefined) return;
  const { revisions } = history;
  let keep = revisions.length - 1;
  while (keep >= 0 && revisions[keep]!.modRevision > revision) keep--;
  if (keep < 0) return;
  if (revisions[keep]!.version === 0) keep++;
  for (let i = 0; i < keep; i++) {
    mvcc.inUseBytes -= revisions[i]!.sizeBytes;
    mvcc.hash = (mvcc.hash - revisions[i]!.hash) >>> 0;
  }
  if (keep === revisions.length) {
    mvcc.keys.delete(key);
    removeKey(mvcc.index, key);
  } else if (keep > 0) {
    history.revisions = revisions.slice(keep);
  }
}

/** Hash over what is kept of the changes up to a revision. */
export function hashAt(mvcc: Mvcc, revision: number): number {
  if (revision >= mvcc.revision) return mvcc.hash;
  let hash = 0;
  for (const history of mvcc.keys.values()) {
    for (const stored of history.revisions) {
      if (stored.modRevision <= revision) hash = (hash + stored.hash) >>> 0;
    }
  }
  return hash;
}

export function fileSizeInUseBytes(mvcc: Mvcc): number {
  return Math.min(mvcc.fileBytes, EMPTY_FILE_BYTES - PAGE_BYTES + pages(mvcc.inUseBytes));
}

/** Writes the file anew without the room that compaction has freed. */
export function defragment(mvcc: Mvcc): void {
  mvcc.fileBytes = EMPTY_FILE_BYTES + pages(mvcc.inUseBytes);
}

function pages(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}

/** A copy that shares the frozen changes: what a leader sends to a laggard. */
export function copyMvcc(mvcc: Mvcc): Mvcc {
  const copy = createMvcc();
  copy.revision = mvcc.revision;
  copy.compactRevision = mvcc.compactRevision;
  copy.log = [...mvcc.log];
  copy.inUseBytes = mvcc.inUseBytes;
  copy.fileBytes = mvcc.fileBytes;
  copy.hash = mvcc.hash;
  for (const chunk of mvcc.index.chunks) {
    const histories = chunk.map((history) => ({ key: history.key, revisions: [...history.revisions] }));
    copy.index.chunks.push(histories);
    for (const history of histories) copy.keys.set(history.key, history);
  }
  return copy;
}
