/** Reads and writes of keys, as applied from the log. @source etcd:server/etcdserver/txn */
import {
  type DeleteRangeRequest,
  type DeleteRangeResponse,
  type EtcdError,
  type EtcdId,
  type EtcdKeyValue,
  etcdErrors,
  type PutRequest,
  type PutResponse,
  type RangeRequest,
  type RangeResponse,
  type ResponseHeader,
  type TxnCompare,
  type TxnOp,
  type TxnOpResponse,
  type TxnRequest,
  type TxnResponse,
} from '../api/etcd.ts';
import { attach, detach } from './lease.ts';
import {
  beginWrite,
  currentValue,
  deleteRange,
  endWrite,
  put,
  type StoredKeyValue,
  visitKeys,
  type WriteTxn,
} from './mvcc.ts';
import { compareIds } from './raft-message.ts';
import { compareText, isEtcdError, range, valueText } from './range.ts';
import type { Store } from './store.ts';

const NO_LEASE: EtcdId = '0';
const noChanges: readonly StoredKeyValue[] = [];

/** An answer without its header's ids, which the answering member fills in, and what was changed. */
export type Applied<Body> =
  | { readonly ok: true; readonly body: Body; readonly changes: readonly StoredKeyValue[] }
  | { readonly ok: false; readonly error: EtcdError };

/** Who answers, and in which term: completes the headers. */
export type MakeHeader = (revision: number) => ResponseHeader;

export function applyRange(store: Store, request: RangeRequest, header: MakeHeader): Applied<RangeResponse> {
  const result = range(store.mvcc, request);
  if (isEtcdError(result)) return { ok: false, error: result };
  return { ok: true, body: { header: header(store.mvcc.revision), ...result }, changes: noChanges };
}

export function applyPut(store: Store, request: PutRequest, header: MakeHeader): Applied<PutResponse> {
  const error = checkPutAgainst(store, request);
  if (error !== undefined) return { ok: false, error };
  const txn = beginWrite(store.mvcc);
  const body = doPut(store, txn, request, header);
  return { ok: true, body, changes: endWrite(store.mvcc, txn) };
}

export function applyDelete(
  store: Store,
  request: DeleteRangeRequest,
  header: MakeHeader,
): Applied<DeleteRangeResponse> {
  const txn = beginWrite(store.mvcc);
  const body = doDelete(store, txn, request, header);
  return { ok: true, body, changes: endWrite(store.mvcc, txn) };
}

/** All or nothing, one revision: the checks come before the first change. */
export function applyTxn(store: Store, request: TxnRequest, header: MakeHeader): Applied<TxnResponse> {
  const path: boolean[] = [];
  choosePath(store, request, path);
  const error = checkPath(store, request, path, { at: 0 });
  if (error !== undefined) return { ok: false, error };
  const txn = beginWrite(store.mvcc);
  const body = doTxn(store, txn, request, path, { at: 0 }, header);
  const changes = endWrite(store.mvcc, txn);
  return { ok: true, body: { ...body, header: header(store.mvcc.revision) }, changes };
}

function visibleRevision(store: Store, txn: WriteTxn): number {
  return txn.changes.length > 0 ? txn.revision : store.mvcc.revision;
}

function checkPutAgainst(store: Store, request: PutRequest): EtcdError | undefined {
  if (request.ignoreValue === true || request.ignoreLease === true) {
    if (currentValue(store.mvcc, request.key) === undefined) return etcdErrors.keyNotFound;
  }
  const lease = request.lease ?? NO_LEASE;
  return lease !== NO_LEASE && !store.leases.leases.has(lease) ? etcdErrors.leaseNotFound : undefined;
}

function doPut(store: Store, txn: WriteTxn, request: PutRequest, header: MakeHeader): PutResponse {
  const { mvcc, leases } = store;
  const before = currentValue(mvcc, request.key);
  const value = request.ignoreValue === true && before !== undefined ? before.value : request.value;
  const lease = request.ignoreLease === true && before !== undefined ? before.lease : (request.lease ?? NO_LEASE);
  if (before !== undefined && before.lease !== NO_LEASE && before.lease !== lease) {
    detach(leases, before.lease, request.key);
  }
  put(mvcc, txn, request.key, value, lease);
  if (lease !== NO_LEASE) attach(leases, lease, request.key);
  const answer = { header: header(txn.revision) };
  return request.prevKv === true && before !== undefined ? { ...answer, prevKv: before } : answer;
}

function doDelete(store: Store, txn: WriteTxn, request: DeleteRangeRequest, header: MakeHeader): DeleteRangeResponse {
  const deleted = deleteRange(store.mvcc, txn, request.key, request.rangeEnd);
  for (const kv of deleted) if (kv.lease !== NO_LEASE) detach(store.leases, kv.lease, kv.key);
  const answer = { header: header(visibleRevision(store, txn)), deleted: deleted.length };
  return request.prevKv === true ? { ...answer, prevKvs: deleted } : answer;
}

function doTxn(
  store: Store,
  txn: WriteTxn,
  request: TxnRequest,
  path: readonly boolean[],
  cursor: { at: number },
  header: MakeHeader,
): TxnResponse {
  const succeeded = path[cursor.at++] === true;
  const responses: TxnOpResponse[] = [];
  for (const op of succeeded ? request.success : request.failure) {
    responses.push(doOp(store, txn, op, path, cursor, header));
  }
  return { header: header(visibleRevision(store, txn)), succeeded, responses };
}

function doOp(
  store: Store,
  txn: WriteTxn,
  op: TxnOp,
  path: readonly boolean[],
  cursor: { at: number },
  header: MakeHeader,
): TxnOpResponse {
  switch (op.method) {
    case 'Range': {
      const revision = visibleRevision(store, txn);
      const result = range(store.mvcc, op, revision);
      if (isEtcdError(result)) throw new Error(`range in a transaction failed after its check: ${result.message}`);
      return { method: 'Range', header: header(revision), ...result };
    }
    case 'Put':
      return { method: 'Put', ...doPut(store, txn, op, header) };
    case 'DeleteRange':
      return { method: 'DeleteRange', ...doDelete(store, txn, op, header) };
    case 'Txn':
      return { method: 'Txn', ...doTxn(store, txn, op, path, cursor, header) };
  }
}

/** Evaluates every comparison against the state before the transaction: which branch each (nested) one takes. */
function choosePath(store: Store, request: TxnRequest, path: boolean[]): void {
  const holds = request.compare.every((compare) => compareHolds(store, compare));
  path.push(holds);
  for (const op of holds ? request.success : request.failure) if (op.method === 'Txn') choosePath(store, op, path);
}

function checkPath(
  store: Store,
  request: TxnRequest,
  path: readonly boolean[],
  cursor: { at: number },
): EtcdError | undefined {
  for (const op of path[cursor.at++] === true ? request.success : request.failure) {
    let error: EtcdError | undefined;
    if (op.method === 'Put') error = checkPutAgainst(store, op);
    else if (op.method === 'Txn') error = checkPath(store, op, path, cursor);
    else if (op.method === 'Range' && (op.revision ?? 0) > store.mvcc.revision) error = etcdErrors.futureRevision;
    else if (op.method === 'Range' && (op.revision ?? 0) > 0 && (op.revision ?? 0) < store.mvcc.compactRevision) {
      error = etcdErrors.compacted;
    }
    if (error !== undefined) return error;
  }
  return undefined;
}

const missing: EtcdKeyValue = {
  key: '',
  createRevision: 0,
  modRevision: 0,
  version: 0,
  value: '',
  lease: NO_LEASE,
};

function compareHolds(store: Store, compare: TxnCompare): boolean {
  let found = false;
  let holds = true;
  visitKeys(store.mvcc, compare.key, compare.rangeEnd, (history) => {
    const newest = history.revisions[history.revisions.length - 1]!;
    if (newest.version === 0) return true;
    found = true;
    holds = compareOne(compare, newest);
    return holds;
  });
  if (found) return holds;
  // There is no way to say "no value", so a comparison of a missing key's value is never true.
  return compare.target !== 'VALUE' && compareOne(compare, missing);
}

function compareOne({ target, result, operand }: TxnCompare, kv: EtcdKeyValue): boolean {
  const order = compareTarget(target, operand, kv);
  switch (result) {
    case 'EQUAL':
      return order === 0;
    case 'NOT_EQUAL':
      return order !== 0;
    case 'GREATER':
      return order > 0;
    case 'LESS':
      return order < 0;
  }
}

function compareTarget(target: TxnCompare['target'], operand: number | string, kv: EtcdKeyValue): number {
  switch (target) {
    case 'VERSION':
      return kv.version - Number(operand);
    case 'CREATE':
      return kv.createRevision - Number(operand);
    case 'MOD':
      return kv.modRevision - Number(operand);
    case 'VALUE':
      return compareText(valueText(kv), String(operand));
    case 'LEASE':
      return compareIds(kv.lease, String(operand));
  }
}
