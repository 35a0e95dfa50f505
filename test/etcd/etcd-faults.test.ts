import { describe, expect, it } from 'vitest';
import type { EtcdMethod, EtcdRequests, EtcdResult, RangeResponse, WatchResponse } from '../../src/sim/api/etcd.ts';
import type { KernelEvent } from '../../src/sim/kernel/queue.ts';
import { EtcdWorld } from './etcd-world.ts';

interface Operation {
  readonly call: number;
  readonly request: EtcdRequests['Put' | 'Range' | 'Txn'];
  readonly startedUs: number;
}

/** One client's watch, opened again from where it broke off. */
interface Follower {
  call: number;
  next: number;
  readonly events: string[];
}

/** Random work and random faults on a cluster, with everything its clients were told. */
class Storm {
  world: EtcdWorld;
  operations: Operation[] = [];
  finished = new Map<number, { readonly event: KernelEvent; readonly atUs: number }>();
  follower: Follower = { call: 0, next: 2, events: [] };
  private randomState: number;
  private written = 0;

  constructor(size: number, seed: number) {
    this.world = new EtcdWorld(size, seed, ['--snapshot-count=60', '--snapshot-catchup-entries=20']);
    this.randomState = seed * 2654435761;
    this.world.run(4);
  }

  pick(count: number): number {
    this.randomState = (Math.imul(this.randomState, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.randomState / 4294967296) * count);
  }

  private someone(): string {
    return this.world.names[this.pick(this.world.names.length)]!;
  }

  work(): void {
    const key = `k${this.pick(3)}`;
    const kind = this.pick(10);
    const value = `w${this.written++}`;
    let request: Operation['request'];
    if (kind < 5) request = { method: 'Put', key, value };
    else if (kind < 8) request = { method: 'Range', key };
    else {
      request = {
        method: 'Txn',
        compare: [{ key, target: 'VERSION', result: 'GREATER', operand: this.pick(30) }],
        success: [
          { method: 'Put', key, value },
          { method: 'DeleteRange', key: `k${3 + this.pick(2)}` },
        ],
        failure: [{ method: 'Put', key: `k${3 + this.pick(2)}`, value }],
      };
    }
    const startedUs = this.world.kernel.state.now;
    const call = this.world.call(this.someone(), request as EtcdRequests[EtcdMethod], 9_000);
    this.operations.push({ call, request, startedUs });
  }

  run(seconds: number): void {
    const until = this.world.kernel.state.now + seconds * 1e6;
    while (this.world.kernel.state.now < until) {
      this.world.run(0.01);
      for (const [call, event] of this.world.answers) {
        if (!this.finished.has(call)) this.finished.set(call, { event, atUs: this.world.kernel.state.now });
      }
      this.follow();
    }
  }

  private follow(): void {
    const { follower, world } = this;
    for (const item of (world.streams.get(follower.call)?.splice(0) ?? []) as WatchResponse[]) {
      for (const { type, kv } of item.events) {
        follower.events.push(`${kv.modRevision} ${type} ${kv.key} ${String(kv.value)}`);
        follower.next = kv.modRevision + 1;
      }
    }
    if (follower.call !== 0 && !world.answers.has(follower.call)) return;
    const request = { method: 'Watch', key: 'k', rangeEnd: 'l', startRevision: follower.next } as const;
    follower.call = world.call<'Watch'>(this.someone(), request, 0);
  }

  disturb(): void {
    const { world } = this;
    const name = this.someone();
    switch (this.pick(10)) {
      case 0:
        world.kill(name);
        break;
      case 1:
      case 2:
        for (const down of world.names) if (world.state(down) === undefined) world.start(down);
        break;
      case 3:
        world.cut(name, true);
        break;
      case 4:
      case 5:
        for (const other of world.names) world.cut(other, false);
        break;
      case 6:
        world.kernel.processes.pause(`${name}/etcd`);
        break;
      case 7:
        for (const other of world.names) world.kernel.processes.resume(`${other}/etcd`);
        break;
      case 8:
        world.kernel.state.hosts.get(name)!.fsyncUs = this.pick(2) === 0 ? 800 : this.pick(3_000_000);
        break;
      default:
        world.kernel.processes.signal(`${name}/etcd`, 'SIGTERM');
    }
  }

  heal(): void {
    const { world } = this;
    for (const name of world.names) {
      world.cut(name, false);
      world.kernel.processes.resume(`${name}/etcd`);
      world.kernel.state.hosts.get(name)!.fsyncUs = 800;
    }
    // Those that were told to stop need a moment for it.
    this.run(5);
    for (const name of world.names) if (world.state(name) === undefined) world.start(name);
  }
}

describe('etcd under faults', () => {
  for (const size of [1, 3, 5]) {
    it(`with ${size} members stays strictly serializable, loses nothing acknowledged, and watches miss nothing`, () => {
      for (let seed = 1; seed <= 4; seed++) {
        const storm = new Storm(size, seed * 31 + size);
        for (let round = 0; round < 40; round++) {
          storm.disturb();
          for (let i = 0; i < 4; i++) {
            storm.work();
            storm.run(0.05 + storm.pick(10) / 20);
          }
        }
        storm.heal();
        // A watch that was being opened while its link was cut needs its time to notice.
        storm.run(60);
        const { world } = storm;
        expect(
          world.names.filter((name) => world.state(name) === 'leader'),
          `seed ${seed}`,
        ).toHaveLength(1);
        expect(new Set(world.names.map((name) => world.disk(name).store.mvcc.hash)).size).toBe(1);
        checkHistory(storm, seed);
      }
    });
  }
});

/** The revision in every answer is a witness of the order: it must fit real time and the final history. */
function checkHistory(storm: Storm, seed: number): void {
  const { mvcc } = storm.world.disk('cp-1').store;
  const history = mvcc.log.map(
    (kv) => `${kv.modRevision} ${kv.version === 0 ? 'DELETE' : 'PUT'} ${kv.key} ${String(kv.value)}`,
  );
  expect(storm.follower.events, `seed ${seed} watch`).toEqual(history);
  const done: { readonly startedUs: number; readonly atUs: number; readonly revision: number }[] = [];
  let acknowledged = 0;
  for (const { call, request, startedUs } of storm.operations) {
    const end = storm.finished.get(call);
    const result = end?.event['ok'] === true ? (end.event['body'] as EtcdResult) : undefined;
    if (end === undefined || result === undefined || !result.ok) continue;
    acknowledged++;
    const { revision } = (result.body as { header: { revision: number } }).header;
    const newestBefore = done.reduce(
      (most, earlier) => (earlier.atUs < startedUs ? Math.max(most, earlier.revision) : most),
      0,
    );
    expect(revision, `seed ${seed} order`).toBeGreaterThanOrEqual(newestBefore);
    done.push({ startedUs, atUs: end.atUs, revision });
    if (request.method === 'Put') expect(history).toContain(`${revision} PUT ${request.key} ${String(request.value)}`);
    if (request.method === 'Range') {
      const last = mvcc.log.filter((kv) => kv.key === request.key && kv.modRevision <= revision).at(-1);
      const expected = last === undefined || last.version === 0 ? [] : [last];
      expect((result.body as RangeResponse).kvs, `seed ${seed} read`).toEqual(expected);
    }
  }
  expect(acknowledged, `seed ${seed}`).toBeGreaterThan(2);
}
