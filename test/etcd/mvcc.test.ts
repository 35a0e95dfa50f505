import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prefixRangeEnd, type RangeRequest, type TxnOp, type TxnRequest } from '../../src/sim/api/etcd.ts';
import { applyDelete, applyPut, applyRange, applyTxn } from '../../src/sim/etcd/apply-kv.ts';
import { checkTxn } from '../../src/sim/etcd/check-request.ts';
import { beginWrite, compact, copyMvcc, createMvcc, endWrite, hashAt, put } from '../../src/sim/etcd/mvcc.ts';
import { isEtcdError, range } from '../../src/sim/etcd/range.ts';
import { createStore, type Store } from '../../src/sim/etcd/store.ts';

const header = (revision: number) => ({ clusterId: '1', memberId: '2', revision, raftTerm: 2 });

/** The simplest multi-version store there is: a whole copy of the state for every revision. */
interface Model {
  states: Map<string, { create: number; mod: number; version: number; value: string }>[];
  compacted: number;
}

const keys = ['a', 'a/b', 'a/c', 'a/d', 'b', 'b/x', 'c'];
const key = fc.constantFrom(...keys);
const end = fc.option(fc.oneof(fc.constantFrom('a0', 'b', 'c', 'd', '\0'), key), { nil: undefined });
const writeOp = fc.oneof(
  fc.record({ method: fc.constant('Put' as const), key, value: fc.constantFrom('1', '2', '3') }),
  fc.record({ method: fc.constant('DeleteRange' as const), key, rangeEnd: end }),
);

function inRange(candidate: string, from: string, to: string | undefined): boolean {
  if (to === undefined) return candidate === from;
  return candidate >= from && (to === '\0' || candidate < to);
}

function modelWrite(model: Model, ops: readonly TxnOp[]): void {
  const before = model.states.at(-1)!;
  const state = new Map(before);
  const revision = model.states.length;
  let changed = false;
  for (const op of ops) {
    if (op.method === 'Put') {
      const old = state.get(op.key);
      state.set(op.key, {
        create: old?.create ?? revision,
        mod: revision,
        version: (old?.version ?? 0) + 1,
        value: op.value as string,
      });
      changed = true;
    } else if (op.method === 'DeleteRange') {
      for (const name of [...state.keys()]) {
        if (inRange(name, op.key, op.rangeEnd)) changed = state.delete(name) || changed;
      }
    }
  }
  if (changed) model.states.push(state);
}

/** fast-check makes `rangeEnd: undefined`; a request leaves it out. */
function strip(op: object): TxnOp {
  const { rangeEnd, ...rest } = op as { rangeEnd?: string };
  return (rangeEnd === undefined ? rest : op) as TxnOp;
}

describe('the multi-version store', () => {
  it('answers every read of every revision as a store that keeps a whole copy of each (E3, E4)', () => {
    const step = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('write' as const),
          ops: fc.array(writeOp, { minLength: 1, maxLength: 3 }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('compact' as const),
          share: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
      },
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(fc.tuple(key, end, fc.nat(5)), { maxLength: 6 }),
        (steps, reads) => {
          const store = createStore();
          const model: Model = { states: [new Map(), new Map()], compacted: 0 };
          for (const item of steps) {
            if (item.kind === 'compact') {
              const revision = Math.floor(item.share * (store.mvcc.revision + 1));
              const error = compact(store.mvcc, revision);
              if (revision <= model.compacted) expect(error?.message).toContain('compacted');
              else if (revision >= model.states.length) expect(error?.message).toContain('future');
              else model.compacted = revision;
              continue;
            }
            const ops = item.ops.map(strip);
            const txn: TxnRequest = { method: 'Txn', compare: [], success: ops, failure: [] };
            if (checkTxn(txn, 128) !== undefined) continue;
            applyTxn(store, txn, header);
            modelWrite(model, ops);
            expect(store.mvcc.revision).toBe(model.states.length - 1);
          }
          for (let revision = 1; revision <= store.mvcc.revision; revision++) {
            for (const [from, to, limit] of reads) {
              const request: RangeRequest = {
                method: 'Range',
                key: from,
                revision,
                limit,
                ...(to === undefined ? {} : { rangeEnd: to }),
              };
              const result = range(store.mvcc, request);
              if (revision < model.compacted) {
                expect(isEtcdError(result) && result.message).toContain('compacted');
                continue;
              }
              if (isEtcdError(result)) throw new Error(result.message);
              const expected = [...model.states[revision]!]
                .filter(([name]) => inRange(name, from, to))
                .sort(([left], [right]) => (left < right ? -1 : 1));
              expect(result.count).toBe(expected.length);
              expect(result.more).toBe(limit > 0 && expected.length > limit);
              const shown = limit > 0 ? expected.slice(0, limit) : expected;
              expect(
                result.kvs.map((kv) => [
                  kv.key,
                  { create: kv.createRevision, mod: kv.modRevision, version: kv.version, value: kv.value },
                ]),
              ).toEqual(shown);
            }
          }
          // The hash kept up to date is the hash of what is there, and a copy has the same (E5).
          const { revision } = store.mvcc;
          store.mvcc.revision++;
          expect(hashAt(store.mvcc, revision)).toBe(store.mvcc.hash);
          store.mvcc.revision = revision;
          expect(copyMvcc(store.mvcc)).toEqual(store.mvcc);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('creates, updates and deletes only if the revision is still the expected one', () => {
    const store = createStore();
    const guarded = (modRevision: number, op: TxnOp): TxnRequest => ({
      method: 'Txn',
      compare: [{ key: 'k', target: 'MOD', result: 'EQUAL', operand: modRevision }],
      success: [op],
      failure: [{ method: 'Range', key: 'k' }],
    });
    const apply = (request: TxnRequest) => {
      const result = applyTxn(store, request, header);
      if (!result.ok) throw new Error(result.error.message);
      return result.body;
    };
    expect(apply(guarded(0, { method: 'Put', key: 'k', value: '1' })).succeeded).toBe(true);
    const again = apply(guarded(0, { method: 'Put', key: 'k', value: '2' }));
    expect(again.succeeded).toBe(false);
    expect(again.responses[0]).toMatchObject({ method: 'Range', kvs: [{ key: 'k', value: '1', modRevision: 2 }] });
    expect(again.header.revision).toBe(2);
    expect(apply(guarded(2, { method: 'Put', key: 'k', value: '2' })).header.revision).toBe(3);
    expect(apply(guarded(2, { method: 'DeleteRange', key: 'k' })).succeeded).toBe(false);
    expect(apply(guarded(3, { method: 'DeleteRange', key: 'k' })).succeeded).toBe(true);
  });

  it('refuses a transaction as a whole when one of its parts cannot be done', () => {
    const store = createStore();
    const failing = applyTxn(
      store,
      {
        method: 'Txn',
        compare: [],
        success: [
          { method: 'Put', key: 'a', value: '1' },
          { method: 'Txn', compare: [], success: [{ method: 'Put', key: 'b', value: '1', lease: 'abc' }], failure: [] },
        ],
        failure: [],
      },
      header,
    );
    expect(failing).toMatchObject({ ok: false, error: { message: 'etcdserver: requested lease not found' } });
    expect(store.mvcc.revision).toBe(1);
  });

  it('names the same reasons as etcd for requests that make no sense', () => {
    const message = (success: readonly TxnOp[], maxOps = 128) =>
      checkTxn({ method: 'Txn', compare: [], success, failure: [] }, maxOps)?.message;
    const put1: TxnOp = { method: 'Put', key: 'k', value: '1' };
    expect(message([put1, put1])).toBe('etcdserver: duplicate key given in txn request');
    expect(message([put1, { method: 'DeleteRange', key: 'a', rangeEnd: 'z' }])).toBe(
      'etcdserver: duplicate key given in txn request',
    );
    expect(message(Array.from({ length: 130 }, (_, i): TxnOp => ({ method: 'Put', key: `k${i}`, value: '' })))).toBe(
      'etcdserver: too many operations in txn request',
    );
    expect(message([{ method: 'Put', key: '', value: '' }])).toBe('etcdserver: key is not provided');
    const store = createStore();
    expect(applyRange(store, { method: 'Range', key: 'a', revision: 9 }, header)).toMatchObject({
      error: { message: 'etcdserver: mvcc: required revision is a future revision' },
    });
    expect(applyPut(store, { method: 'Put', key: 'a', value: '', ignoreValue: true }, header)).toMatchObject({
      error: { message: 'etcdserver: key not found' },
    });
  });

  it('sorts by what is asked and counts without reading', () => {
    const store = createStore();
    for (const [name, value] of [
      ['p/1', 'c'],
      ['p/2', 'a'],
      ['p/3', 'b'],
      ['p/2', 'a'],
    ] as const) {
      applyPut(store, { method: 'Put', key: name, value }, header);
    }
    applyDelete(store, { method: 'DeleteRange', key: 'p/3' }, header);
    const all = { method: 'Range', key: 'p/', rangeEnd: prefixRangeEnd('p/') } as const;
    const names = (request: RangeRequest) => {
      const result = range(store.mvcc, request);
      return isEtcdError(result) ? result.message : result.kvs.map((kv) => kv.key);
    };
    expect(names({ ...all, sortOrder: 'DESCEND' })).toEqual(['p/2', 'p/1']);
    expect(names({ ...all, sortTarget: 'VALUE' })).toEqual(['p/2', 'p/1']);
    expect(names({ ...all, sortTarget: 'MOD', sortOrder: 'DESCEND', limit: 1 })).toEqual(['p/2']);
    expect(names({ ...all, minModRevision: 4 })).toEqual(['p/2']);
    expect(range(store.mvcc, { ...all, countOnly: true })).toEqual({ kvs: [], more: false, count: 2 });
  });

  it('takes more than 100,000 puts a second', () => {
    const store: Store = createStore();
    const value = Object.freeze({ kind: 'Pod' });
    const started = process.cpuUsage().user;
    const count = 100_000;
    for (let i = 0; i < count; i++) {
      const txn = beginWrite(store.mvcc);
      put(store.mvcc, txn, `/registry/pods/default/web-${(i * 7919) % 20_000}`, value, '0');
      endWrite(store.mvcc, txn);
    }
    const seconds = (process.cpuUsage().user - started) / 1e6;
    expect(createMvcc().revision).toBe(1);
    expect(count / seconds).toBeGreaterThan(100_000);
  });
});
