import { type EtcdError, type EtcdKeyValue, etcdErrors, type RangeRequest } from '../api/etcd.ts';
import { type Mvcc, valueAt, visitKeys } from './mvcc.ts';

export interface RangeResult {
  readonly kvs: readonly EtcdKeyValue[];
  readonly more: boolean;
  readonly count: number;
}

/**
 * Reads a range as of a revision.
 * @param newest  the newest revision that may be read; inside a transaction its own
 * @returns the result, or `compacted` / `futureRevision`
 * @source etcd:server/etcdserver/txn/range.go
 */
export function range(mvcc: Mvcc, request: RangeRequest, newest = mvcc.revision): RangeResult | EtcdError {
  const wanted = request.revision ?? 0;
  if (wanted > newest) return etcdErrors.futureRevision;
  if (wanted > 0 && wanted < mvcc.compactRevision) return etcdErrors.compacted;
  const revision = wanted > 0 ? wanted : newest;
  const limit = request.limit ?? 0;
  if (request.countOnly === true) return { kvs: [], more: false, count: countRange(mvcc, request, revision) };
  const order = sortOrderOf(request);
  const needsAll = order !== 'NONE' || hasFilters(request);
  let kvs: EtcdKeyValue[] = [];
  let count = 0;
  visitKeys(mvcc, request.key, request.rangeEnd, (history) => {
    const found = valueAt(history, revision);
    if (found === undefined) return true;
    count++;
    if (needsAll || limit === 0 || count <= limit) kvs.push(found);
    return true;
  });
  if (hasFilters(request)) kvs = kvs.filter((kv) => passes(request, kv));
  if (order !== 'NONE') sort(kvs, request.sortTarget ?? 'KEY', order);
  const more = limit > 0 && (needsAll ? kvs.length > limit : count > limit);
  if (more) kvs.length = limit;
  if (request.keysOnly === true) kvs = kvs.map((kv) => ({ ...kv, value: '' }));
  return { kvs, more, count };
}

function countRange(mvcc: Mvcc, request: RangeRequest, revision: number): number {
  let count = 0;
  visitKeys(mvcc, request.key, request.rangeEnd, (history) => {
    if (valueAt(history, revision) !== undefined) count++;
    return true;
  });
  return count;
}

/** Keys come in order anyway; a target without an order means ascending. */
function sortOrderOf(request: RangeRequest): 'NONE' | 'ASCEND' | 'DESCEND' {
  const target = request.sortTarget ?? 'KEY';
  const order = request.sortOrder ?? 'NONE';
  if (target === 'KEY') return order === 'DESCEND' ? 'DESCEND' : 'NONE';
  return order === 'NONE' ? 'ASCEND' : order;
}

function sort(kvs: EtcdKeyValue[], target: NonNullable<RangeRequest['sortTarget']>, order: 'ASCEND' | 'DESCEND'): void {
  const sign = order === 'ASCEND' ? 1 : -1;
  const compare = (left: EtcdKeyValue, right: EtcdKeyValue): number => {
    switch (target) {
      case 'VERSION':
        return left.version - right.version;
      case 'CREATE':
        return left.createRevision - right.createRevision;
      case 'MOD':
        return left.modRevision - right.modRevision;
      case 'VALUE':
        return compareText(valueText(left), valueText(right));
      case 'KEY':
        return compareText(left.key, right.key);
    }
  };
  kvs.sort((left, right) => sign * compare(left, right));
}

/** Objects have no bytes to compare by; they are equal to each other and less than any text. */
export function valueText(kv: EtcdKeyValue): string {
  return typeof kv.value === 'string' ? kv.value : '';
}

export function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function hasFilters(request: RangeRequest): boolean {
  return (
    (request.minModRevision ?? 0) > 0 ||
    (request.maxModRevision ?? 0) > 0 ||
    (request.minCreateRevision ?? 0) > 0 ||
    (request.maxCreateRevision ?? 0) > 0
  );
}

function passes(request: RangeRequest, kv: EtcdKeyValue): boolean {
  const { minModRevision = 0, maxModRevision = 0, minCreateRevision = 0, maxCreateRevision = 0 } = request;
  return (
    kv.modRevision >= minModRevision &&
    (maxModRevision === 0 || kv.modRevision <= maxModRevision) &&
    kv.createRevision >= minCreateRevision &&
    (maxCreateRevision === 0 || kv.createRevision <= maxCreateRevision)
  );
}

/** Is this the failure of a range? */
export function isEtcdError(result: object): result is EtcdError {
  return 'code' in result;
}
