/** What a request is refused for before it is looked at any closer. @source etcd:server/etcdserver/api/v3rpc/key.go */
import {
  type DeleteRangeRequest,
  type EtcdError,
  etcdErrors,
  type PutRequest,
  type RangeRequest,
  type TxnOp,
  type TxnRequest,
} from '../api/etcd.ts';
import { measureValue } from './value-size.ts';

export function checkRange(request: RangeRequest): EtcdError | undefined {
  return request.key === '' ? etcdErrors.emptyKey : undefined;
}

export function checkPut(request: PutRequest): EtcdError | undefined {
  if (request.key === '') return etcdErrors.emptyKey;
  if (request.ignoreValue === true && request.value !== '') return etcdErrors.valueProvided;
  if (request.ignoreLease === true && (request.lease ?? '0') !== '0') return etcdErrors.leaseProvided;
  return undefined;
}

export function checkDelete(request: DeleteRangeRequest): EtcdError | undefined {
  return request.key === '' ? etcdErrors.emptyKey : undefined;
}

export function checkTxn(request: TxnRequest, maxOps: number): EtcdError | undefined {
  const deepest = checkOperations(request, maxOps);
  if (deepest !== undefined) return deepest;
  return overlaps(request.success) === undefined || overlaps(request.failure) === undefined
    ? etcdErrors.duplicateKey
    : undefined;
}

function checkOperations(request: TxnRequest, maxOps: number): EtcdError | undefined {
  const count = Math.max(request.compare.length, request.success.length, request.failure.length);
  if (count > maxOps) return etcdErrors.tooManyOps;
  for (const compare of request.compare) if (compare.key === '') return etcdErrors.emptyKey;
  for (const op of request.success) {
    const error = checkOp(op, maxOps - count);
    if (error !== undefined) return error;
  }
  for (const op of request.failure) {
    const error = checkOp(op, maxOps - count);
    if (error !== undefined) return error;
  }
  return undefined;
}

function checkOp(op: TxnOp, maxOps: number): EtcdError | undefined {
  switch (op.method) {
    case 'Range':
      return checkRange(op);
    case 'Put':
      return checkPut(op);
    case 'DeleteRange':
      return checkDelete(op);
    case 'Txn':
      return checkOperations(op, maxOps);
  }
}

interface Written {
  readonly puts: Set<string>;
  readonly deletes: DeleteRangeRequest[];
}

/** The keys that operations write; undefined when one key would be written twice in one revision. */
function overlaps(ops: readonly TxnOp[]): Written | undefined {
  const written: Written = { puts: new Set(), deletes: [] };
  for (const op of ops) if (op.method === 'DeleteRange') written.deletes.push(op);
  for (const op of ops) {
    if (op.method !== 'Txn') continue;
    const success = overlaps(op.success);
    const failure = overlaps(op.failure);
    if (success === undefined || failure === undefined) return undefined;
    // Only one of the two branches will run: they may write the same keys.
    for (const key of new Set([...success.puts, ...failure.puts])) if (!addPut(written, key)) return undefined;
    written.deletes.push(...success.deletes, ...failure.deletes);
  }
  for (const op of ops) if (op.method === 'Put' && !addPut(written, op.key)) return undefined;
  return written;
}

function addPut(written: Written, key: string): boolean {
  if (written.puts.has(key) || written.deletes.some((range) => covers(range, key))) return false;
  written.puts.add(key);
  return true;
}

function covers({ key, rangeEnd }: DeleteRangeRequest, candidate: string): boolean {
  if (rangeEnd === undefined || rangeEnd === '') return candidate === key;
  return candidate >= key && (rangeEnd === '\0' || candidate < rangeEnd);
}

/** Bytes of a request as it would travel. */
export function requestBytes(request: TxnOp): number {
  switch (request.method) {
    case 'Put':
      return 16 + request.key.length + measureValue(request.value).sizeBytes;
    case 'Range':
    case 'DeleteRange':
      return 8 + request.key.length + (request.rangeEnd?.length ?? 0);
    case 'Txn': {
      let bytes = 8;
      for (const compare of request.compare) bytes += 16 + compare.key.length;
      for (const op of request.success) bytes += requestBytes(op);
      for (const op of request.failure) bytes += requestBytes(op);
      return bytes;
    }
  }
}

const KEY_VALUE_OVERHEAD_BYTES = 256;

/** What a request may cost the backend at worst; 0 when it writes nothing new. @source etcd:server/storage/quota.go */
export function quotaCost(request: TxnOp): number {
  switch (request.method) {
    case 'Put':
      return KEY_VALUE_OVERHEAD_BYTES + request.key.length + measureValue(request.value).sizeBytes;
    case 'Txn': {
      let success = 0;
      let failure = 0;
      for (const op of request.success) success += quotaCost(op);
      for (const op of request.failure) failure += quotaCost(op);
      return Math.max(success, failure);
    }
    default:
      return 0;
  }
}

/** Does the transaction write nothing, whichever way it goes? Then it is a read and never enters the log. */
export function isReadOnly(request: TxnRequest): boolean {
  const reads = (op: TxnOp): boolean => op.method === 'Range' || (op.method === 'Txn' && isReadOnly(op));
  return request.success.every(reads) && request.failure.every(reads);
}

/** May a read-only transaction be answered without asking the leader? Only when all its ranges say so. */
export function isSerializable(request: TxnRequest): boolean {
  const serializable = (op: TxnOp): boolean =>
    (op.method === 'Range' && op.serializable === true) || (op.method === 'Txn' && isSerializable(op));
  return request.success.every(serializable) && request.failure.every(serializable);
}
