import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EtcdEvent, prefixRangeEnd, type WatchRequest } from '../../src/sim/api/etcd.ts';
import { applyDelete, applyPut, applyTxn } from '../../src/sim/etcd/apply-kv.ts';
import { demote, expiredLeases, grant, promote, remainingSeconds, renew, revoke } from '../../src/sim/etcd/lease.ts';
import { compact } from '../../src/sim/etcd/mvcc.ts';
import { createStore } from '../../src/sim/etcd/store.ts';
import {
  addWatcher,
  catchUp,
  createWatchHub,
  idleWatchers,
  notify,
  removeWatcher,
  type Watcher,
} from '../../src/sim/etcd/watch.ts';

const header = (revision: number) => ({ clusterId: '1', memberId: '2', revision, raftTerm: 2 });
const keys = ['/r/pods/a', '/r/pods/b', '/r/nodes/a', '/r/nodes/b', '/x'];

describe('watches', () => {
  it('give every change of the range from the wanted revision on, in order, once, a revision at a time (W1 … W8)', () => {
    const key = fc.constantFrom(...keys);
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('put' as const), key }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('both' as const), key }) },
      {
        weight: 3,
        arbitrary: fc.record({
          kind: fc.constant('watch' as const),
          range: fc.constantFrom<[string, string]>(
            ['/r/pods/', prefixRangeEnd('/r/pods/')],
            ['/r/', prefixRangeEnd('/r/')],
            ['/r/pods/a', ''],
            ['/r/n', '/r/pods/b'],
            ['\0', '\0'],
          ),
          start: fc.nat(30),
          prevKv: fc.boolean(),
          filter: fc.constantFrom<('NOPUT' | 'NODELETE')[]>([], ['NOPUT'], ['NODELETE']),
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop' as const), which: fc.nat(10) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const store = createStore();
        const hub = createWatchHub();
        const history: EtcdEvent[] = [];
        const seen = new Map<number, { watcher: Watcher; from: number; events: EtcdEvent[]; until: number }>();
        const changed = (changes: readonly { key: string; version: number; modRevision: number }[]) => {
          for (const { watcher, events } of notify(hub, store.mvcc, changes as never)) {
            const revisions = new Set(events.map((event) => event.kv.modRevision));
            expect(revisions.size).toBe(1);
            seen.get(watcher.call)!.events.push(...events);
          }
        };
        let call = 0;
        for (const item of steps) {
          if (item.kind === 'watch') {
            call++;
            const [from, to] = item.range;
            const request: WatchRequest = {
              method: 'Watch',
              key: from,
              startRevision: item.start,
              prevKv: item.prevKv,
              filters: item.filter,
              ...(to === '' ? {} : { rangeEnd: to }),
            };
            const watcher = addWatcher(hub, request, call, 'test', store.mvcc);
            const entry = {
              watcher,
              from: item.start === 0 ? store.mvcc.revision + 1 : item.start,
              events: [] as EtcdEvent[],
              until: Infinity,
            };
            seen.set(call, entry);
            for (let past = catchUp(watcher, store.mvcc); past.kind === 'events'; past = catchUp(watcher, store.mvcc)) {
              entry.events.push(...past.events);
            }
          } else if (item.kind === 'stop') {
            const entry = seen.get(item.which);
            if (entry !== undefined && entry.until === Infinity) {
              entry.until = store.mvcc.revision;
              removeWatcher(hub, item.which);
            }
          } else {
            const before = new Map(store.mvcc.keys);
            const previous = (name: string) => before.get(name)?.revisions.at(-1);
            const old = previous(item.key);
            let result: { ok: boolean; changes?: readonly never[] };
            if (item.kind === 'put')
              result = applyPut(
                store,
                { method: 'Put', key: item.key, value: `${steps.indexOf(item)}` },
                header,
              ) as never;
            else if (item.kind === 'delete')
              result = applyDelete(store, { method: 'DeleteRange', key: item.key }, header) as never;
            else {
              const other = keys[(keys.indexOf(item.key) + 1) % keys.length]!;
              const otherOld = previous(other);
              const both = applyTxn(
                store,
                {
                  method: 'Txn',
                  compare: [],
                  success: [
                    { method: 'Put', key: item.key, value: 'both' },
                    { method: 'DeleteRange', key: other },
                  ],
                  failure: [],
                },
                header,
              );
              if (!both.ok) throw new Error(both.error.message);
              for (const kv of both.changes) {
                const prev = kv.key === other ? otherOld : old;
                history.push({
                  type: kv.version === 0 ? 'DELETE' : 'PUT',
                  kv,
                  ...(prev !== undefined && prev.version > 0 ? { prevKv: prev } : {}),
                });
              }
              changed(both.changes);
              continue;
            }
            for (const kv of (result.changes ?? []) as readonly EtcdEvent['kv'][]) {
              history.push({
                type: kv.version === 0 ? 'DELETE' : 'PUT',
                kv,
                ...(old !== undefined && old.version > 0 ? { prevKv: old } : {}),
              });
            }
            changed((result.changes ?? []) as never);
          }
        }
        for (const { watcher, from, events, until } of seen.values()) {
          const wanted = history.filter(({ type, kv }) => {
            const inside =
              watcher.rangeEnd === ''
                ? kv.key === watcher.key
                : kv.key >= watcher.key && (watcher.rangeEnd === '\0' || kv.key < watcher.rangeEnd);
            const filtered = type === 'PUT' ? watcher.noPut : watcher.noDelete;
            return inside && !filtered && kv.modRevision >= from && kv.modRevision <= until;
          });
          expect(events).toEqual(watcher.prevKv ? wanted : wanted.map(({ type, kv }) => ({ type, kv })));
        }
        for (const id of [...seen.keys()]) removeWatcher(hub, id);
        expect(hub).toEqual(createWatchHub());
      }),
      { numRuns: 300 },
    );
  });

  it('are cancelled when what they want has been compacted, and told the revision to start from', () => {
    const store = createStore();
    const hub = createWatchHub();
    for (let i = 0; i < 10; i++) applyPut(store, { method: 'Put', key: 'k', value: `${i}` }, header);
    compact(store.mvcc, 6);
    const late = addWatcher(hub, { method: 'Watch', key: 'k', startRevision: 3 }, 1, 'c', store.mvcc);
    expect(catchUp(late, store.mvcc)).toEqual({ kind: 'compacted', compactRevision: 6 });
    const inTime = addWatcher(hub, { method: 'Watch', key: 'k', startRevision: 6 }, 2, 'c', store.mvcc);
    const past = catchUp(inTime, store.mvcc);
    expect(past.kind === 'events' && past.events.map((event) => event.kv.modRevision)).toEqual([6, 7, 8, 9, 10, 11]);
  });

  it('report progress only when they are up to date and nothing was sent (W6)', () => {
    const store = createStore();
    const hub = createWatchHub();
    addWatcher(hub, { method: 'Watch', key: 'k', progressNotify: true }, 1, 'c', store.mvcc);
    addWatcher(hub, { method: 'Watch', key: 'k', progressNotify: true, startRevision: 1 }, 2, 'c', store.mvcc);
    expect(idleWatchers(hub).map(({ call }) => call)).toEqual([1]);
    const put = applyPut(store, { method: 'Put', key: 'k', value: '' }, header);
    if (put.ok) notify(hub, store.mvcc, put.changes);
    expect(idleWatchers(hub)).toEqual([]);
    expect(idleWatchers(hub).map(({ call }) => call)).toEqual([1]);
  });
});

describe('leases', () => {
  it('never end early, and a new leader gives them all their time again (L1)', () => {
    const { leases } = createStore();
    promote(leases, 0, 0);
    grant(leases, 'a', 10, 2, 0);
    grant(leases, 'b', 1, 2, 0);
    expect(leases.leases.get('b')?.ttlSeconds).toBe(2);
    expect(expiredLeases(leases, 1_999_999)).toEqual([]);
    expect(expiredLeases(leases, 2_000_000)).toEqual(['b']);
    expect(expiredLeases(leases, 2_500_000)).toEqual([]);
    expect(expiredLeases(leases, 5_000_000)).toEqual(['b']);
    expect(renew(leases, 'a', 9_000_000)).toBe(10);
    demote(leases);
    expect(expiredLeases(leases, 1e12)).toEqual([]);
    promote(leases, 1_000_000, 30_000_000);
    expect(remainingSeconds(leases.leases.get('a')!, 30_000_000)).toBe(11);
    expect(expiredLeases(leases, 33_000_000)).toEqual(['b']);
  });

  it('take their keys with them in sorted order; a key hangs on one lease only (L2)', () => {
    const store = createStore();
    grant(store.leases, 'a', 10, 2, 0);
    grant(store.leases, 'b', 10, 2, 0);
    for (const [name, lease] of [
      ['z', 'a'],
      ['y', 'a'],
      ['x', 'a'],
      ['y', 'b'],
    ] as const) {
      applyPut(store, { method: 'Put', key: name, value: '', lease }, header);
    }
    applyPut(store, { method: 'Put', key: 'x', value: 'kept', ignoreLease: true }, header);
    applyDelete(store, { method: 'DeleteRange', key: 'z' }, header);
    expect([...store.leases.leases.get('b')!.keys]).toEqual(['y']);
    expect(revoke(store.leases, 'a')).toEqual(['x']);
    expect(revoke(store.leases, 'a')).toBeUndefined();
    expect(grant(store.leases, 'b', 5, 2, 0)).toMatchObject({ message: 'etcdserver: lease already exists' });
  });
});
