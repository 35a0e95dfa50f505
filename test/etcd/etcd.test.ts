import { describe, expect, it } from 'vitest';
import { createTxn, prefixRangeEnd, type WatchResponse } from '../../src/sim/api/etcd.ts';
import { restoreSnapshot } from '../../src/sim/etcd/snapshot-restore.ts';
import { clonePlain } from '../../src/sim/kernel/clone.ts';
import { hashPlain } from '../../src/sim/kernel/hash.ts';
import { addHost, createKernel } from '../../src/sim/kernel/kernel.ts';
import { EtcdWorld } from './etcd-world.ts';

describe('an etcd cluster', () => {
  it('elects a leader, serves writes on any member and linearizable reads on any other', () => {
    for (const size of [1, 3, 5]) {
      const world = new EtcdWorld(size);
      world.run(4);
      world.leader();
      world.names.forEach((name, i) => {
        const put = world.good<'Put'>(name, { method: 'Put', key: `k${i}`, value: `v${i}` });
        expect(put.header.revision).toBe(i + 2);
        const other = world.names[(i + 1) % size]!;
        const range = world.good<'Range'>(other, { method: 'Range', key: `k${i}` });
        expect(range.kvs).toMatchObject([{ key: `k${i}`, value: `v${i}`, modRevision: i + 2, version: 1 }]);
      });
      world.run(1);
      const hashes = new Set(world.names.map((name) => world.disk(name).store.mvcc.hash));
      expect(hashes.size).toBe(1);
      const status = world.good<'Status'>(world.names[0]!, { method: 'Status' });
      expect(status.header.raftTerm).toBe(2);
      expect(status.errors).toEqual([]);
    }
  });

  it('has the ids that the real one derives from the peer URLs', () => {
    const world = new EtcdWorld(3);
    world.run(4);
    const { members, header } = world.good<'MemberList'>('cp-1', { method: 'MemberList' });
    expect(members.map(({ name, peerUrls, clientUrls }) => [name, peerUrls, clientUrls]).sort()).toEqual(
      ['cp-1', 'cp-2', 'cp-3'].map((name) => [
        name,
        [`http://${world.ip(name)}:2380`],
        [`http://${world.ip(name)}:2379`],
      ]),
    );
    for (const { id } of members) expect(id).toMatch(/^[1-9a-f][0-9a-f]{7,15}$/);
    expect(header.revision).toBe(0);
  });

  it('costs at most 70 events a simulated second when idle', () => {
    const world = new EtcdWorld(3);
    world.run(5);
    const { steps } = world.kernel.state;
    world.kernel.runUntil(world.kernel.state.now + 10_000_000);
    expect((world.kernel.state.steps - steps) / 10).toBeLessThanOrEqual(70);
  });

  it('stops taking writes without a quorum, still gives stale reads, and recovers', () => {
    const world = new EtcdWorld(3);
    world.run(4);
    world.good<'Put'>('cp-1', { method: 'Put', key: 'k', value: '1' });
    world.kill('cp-2');
    world.kill('cp-3');
    world.run(3);
    expect(world.error<'Put'>('cp-1', { method: 'Put', key: 'k', value: '2' }, 5_000)).toBe(
      'context deadline exceeded',
    );
    expect(world.error<'Put'>('cp-1', { method: 'Put', key: 'k', value: '2' })).toBe('etcdserver: request timed out');
    expect(world.error<'Range'>('cp-1', { method: 'Range', key: 'k' })).toBe('etcdserver: request timed out');
    expect(world.good<'Range'>('cp-1', { method: 'Range', key: 'k', serializable: true }).kvs[0]?.value).toBe('1');
    expect(world.good<'Status'>('cp-1', { method: 'Status' }).errors).toEqual(['etcdserver: no leader']);
    expect(world.error<'Put'>('cp-2', { method: 'Put', key: 'k', value: '2' })).toContain('connection refused');
    world.start('cp-2');
    world.run(5);
    world.good<'Put'>('cp-2', { method: 'Put', key: 'k', value: '3' });
    expect(world.good<'Range'>('cp-1', { method: 'Range', key: 'k' }).kvs[0]?.value).toBe('3');
  });

  it('elects another leader when the leader dies; what was on its way to the dead one times out', () => {
    const world = new EtcdWorld(3);
    world.run(4);
    const old = world.leader();
    const survivor = world.followers()[0]!;
    world.kill(old);
    expect(world.error<'Put'>(survivor, { method: 'Put', key: 'lost', value: '1' })).toBe(
      'etcdserver: request timed out, possibly due to previous leader failure',
    );
    expect(world.leader()).not.toBe(old);
    world.good<'Put'>(survivor, { method: 'Put', key: 'k', value: '1' });
    world.start(old);
    world.run(3);
    expect(world.good<'Range'>(old, { method: 'Range', key: 'k' }).kvs[0]?.value).toBe('1');
    expect(world.log(old)).toContain('became follower');
  });

  it('deposes a leader that is cut off, which then refuses to serve', () => {
    const world = new EtcdWorld(3);
    world.run(4);
    const old = world.leader();
    world.cut(old, true);
    world.run(5);
    expect(world.state(old)).not.toBe('leader');
    const others = world.names.filter((name) => name !== old);
    expect(others.filter((name) => world.state(name) === 'leader')).toHaveLength(1);
    world.cut(old, false);
    world.run(3);
    expect(world.names.filter((name) => world.state(name) === 'leader')).toHaveLength(1);
    world.good<'Put'>(old, { method: 'Put', key: 'k', value: '1' });
  });

  it('survives the loss of power of every host with everything acknowledged (E2)', () => {
    const world = new EtcdWorld(3);
    world.run(4);
    for (let i = 0; i < 20; i++) world.good<'Put'>('cp-1', { method: 'Put', key: `k${i}`, value: 'v' });
    for (const name of world.names) world.kernel.processes.powerOff(name);
    world.run(1);
    for (const name of world.names) {
      world.kernel.processes.powerOn(name);
      world.start(name);
    }
    world.run(5);
    const all = { method: 'Range', key: 'k', rangeEnd: prefixRangeEnd('k'), countOnly: true } as const;
    expect(world.good<'Range'>('cp-2', all).count).toBe(20);
  });

  it('loses a leader whose disk is too slow to go on, and a member whose disk is full', () => {
    const world = new EtcdWorld(3);
    world.run(4);
    const slow = world.leader();
    world.kernel.state.hosts.get(slow)!.fsyncUs = 5_000_000;
    world.call<'Put'>(slow, { method: 'Put', key: 'k', value: '1' });
    world.run(4);
    const next = world.names.find((name) => name !== slow && world.state(name) === 'leader');
    expect(next).toBeDefined();
    world.run(3);
    expect(world.state(slow)).toBe('follower');
    expect(world.log(slow)).toContain('slow fdatasync');
    world.kernel.state.hosts.get(slow)!.diskFull = true;
    world.good<'Put'>(next!, { method: 'Put', key: 'k', value: '2' });
    world.run(6);
    expect(world.state(slow)).toBeUndefined();
    expect(world.log(slow)).toContain('no space left on device');
  });

  it('creates, updates and deletes in one request each, and says who was first', () => {
    const world = new EtcdWorld(3);
    world.run(4);
    const value = Object.freeze({ kind: 'Pod' });
    const first = world.good<'Txn'>('cp-1', createTxn('/registry/pods/default/web', value));
    const second = world.good<'Txn'>('cp-2', createTxn('/registry/pods/default/web', value));
    expect([first.succeeded, second.succeeded]).toEqual([true, false]);
    const found = second.responses[0];
    expect(found?.method === 'Range' && found.kvs[0]?.value).toBe(value);
  });
});

describe('watches on a cluster', () => {
  it('stream from any member, from any revision, with bookmarks', () => {
    const world = new EtcdWorld(3);
    world.run(4);
    world.good<'Put'>('cp-1', { method: 'Put', key: '/a/1', value: 'x' });
    const id = world.call<'Watch'>(
      'cp-3',
      { method: 'Watch', key: '/a/', rangeEnd: prefixRangeEnd('/a/'), startRevision: 1, progressNotify: true },
      0,
    );
    world.run(0.1);
    world.good<'Put'>('cp-2', { method: 'Put', key: '/a/2', value: 'y' });
    world.good<'Put'>('cp-2', { method: 'Put', key: '/b', value: 'z' });
    world.good<'DeleteRange'>('cp-1', { method: 'DeleteRange', key: '/a/', rangeEnd: prefixRangeEnd('/a/') });
    world.run(10);
    const items = world.streams.get(id) as WatchResponse[];
    expect(items[0]).toMatchObject({ created: true, events: [] });
    expect(
      items.map(({ events }) => events.map(({ type, kv }) => `${type} ${kv.key}@${kv.modRevision}`).join(' ')),
    ).toEqual(['', 'PUT /a/1@2', 'PUT /a/2@3', 'DELETE /a/1@5 DELETE /a/2@5', '']);
    expect(items.at(-1)?.header.revision).toBe(5);
  });

  it('are cancelled below the compacted revision and when the leader is lost for long', () => {
    const world = new EtcdWorld(3);
    world.run(4);
    for (let i = 0; i < 5; i++) world.good<'Put'>('cp-1', { method: 'Put', key: 'k', value: `${i}` });
    world.good<'Compact'>('cp-1', { method: 'Compact', revision: 4 });
    expect(world.error<'Compact'>('cp-1', { method: 'Compact', revision: 4 })).toBe(
      'etcdserver: mvcc: required revision has been compacted',
    );
    expect(world.error<'Range'>('cp-2', { method: 'Range', key: 'k', revision: 3 })).toContain('has been compacted');
    const late = world.call<'Watch'>('cp-2', { method: 'Watch', key: 'k', startRevision: 2 }, 0);
    const strict = world.call<'Watch'>('cp-1', { method: 'Watch', key: 'k', requireLeader: true }, 0);
    world.run(1);
    expect((world.streams.get(late) as WatchResponse[]).at(-1)).toMatchObject({ canceled: true, compactRevision: 4 });
    world.kill('cp-2');
    world.kill('cp-3');
    world.run(10);
    expect((world.streams.get(strict) as WatchResponse[]).at(-1)).toMatchObject({
      canceled: true,
      cancelReason: 'etcdserver: no leader',
    });
    expect(world.error<'Watch'>('cp-1', { method: 'Watch', key: 'k', requireLeader: true })).toBe(
      'etcdserver: no leader',
    );
  });
});

describe('leases on a cluster', () => {
  it('delete their keys when nobody keeps them alive, through any member, across a change of leader', () => {
    const world = new EtcdWorld(3);
    world.run(4);
    const { id, ttlSeconds } = world.good<'LeaseGrant'>('cp-1', { method: 'LeaseGrant', ttlSeconds: 5 });
    expect(ttlSeconds).toBe(5);
    world.good<'Put'>('cp-2', { method: 'Put', key: 'mortal', value: 'x', lease: id });
    expect(world.error<'Put'>('cp-2', { method: 'Put', key: 'mortal', value: 'x', lease: 'dead' })).toBe(
      'etcdserver: requested lease not found',
    );
    for (let i = 0; i < 3; i++) {
      world.run(3);
      expect(world.good<'LeaseKeepAlive'>(world.names[i]!, { method: 'LeaseKeepAlive', id }).ttlSeconds).toBe(5);
    }
    world.kill(world.leader());
    world.run(4);
    const alive = world.names.find((name) => world.state(name) !== undefined)!;
    expect(world.good<'LeaseTimeToLive'>(alive, { method: 'LeaseTimeToLive', id, keys: true })).toMatchObject({
      grantedTtlSeconds: 5,
      keys: ['mortal'],
    });
    world.run(8);
    expect(world.good<'Range'>(alive, { method: 'Range', key: 'mortal' }).count).toBe(0);
    expect(world.good<'LeaseTimeToLive'>(alive, { method: 'LeaseTimeToLive', id }).ttlSeconds).toBe(-1);
    expect(world.good<'LeaseLeases'>(alive, { method: 'LeaseLeases' }).leases).toEqual([]);
  });
});

describe('membership', () => {
  it('takes in a learner, promotes it when it is in sync, and lets a member go', () => {
    const world = new EtcdWorld(3);
    world.run(10);
    world.good<'Put'>('cp-1', { method: 'Put', key: 'k', value: '1' });
    const peerUrls = [`http://${world.ip('extra')}:2380`];
    const { member } = world.good<'MemberAdd'>('cp-2', { method: 'MemberAdd', peerUrls, isLearner: true });
    expect(
      world.error<'MemberAdd'>('cp-1', { method: 'MemberAdd', peerUrls: ['http://10.0.0.99:2380'], isLearner: true }),
    ).toBe('etcdserver: too many learner members in cluster');
    expect(world.error<'MemberPromote'>('cp-1', { method: 'MemberPromote', id: member.id })).toBe(
      'etcdserver: can only promote a learner member which is in sync with leader',
    );
    world.start('extra', world.args('extra', ['cp-1', 'cp-2', 'cp-3', 'extra'], 'existing'));
    world.run(3);
    expect(world.state('extra')).toBe('follower');
    expect(world.error<'Put'>('extra', { method: 'Put', key: 'k', value: '2' })).toBe(
      'etcdserver: rpc not supported for learner',
    );
    expect(world.good<'Range'>('extra', { method: 'Range', key: 'k', serializable: true }).kvs[0]?.value).toBe('1');
    world.good<'MemberPromote'>('cp-1', { method: 'MemberPromote', id: member.id });
    world.run(6);
    const { members } = world.good<'MemberList'>('extra', { method: 'MemberList', linearizable: true });
    expect(members).toHaveLength(4);
    expect(members.find(({ id }) => id === member.id)).toMatchObject({ name: 'extra', isLearner: false });
    const cp1 = members.find(({ name }) => name === 'cp-1')!;
    world.good<'MemberRemove'>('extra', { method: 'MemberRemove', id: cp1.id });
    world.run(3);
    expect(world.state('cp-1')).toBeUndefined();
    expect(world.log('cp-1')).toContain('the member has been permanently removed from the cluster');
    expect(world.error<'MemberRemove'>('cp-2', { method: 'MemberRemove', id: cp1.id })).toBe(
      'etcdserver: member not found',
    );
    world.good<'Put'>('extra', { method: 'Put', key: 'k', value: '3' });
  });

  it('moves the leader on request', () => {
    const world = new EtcdWorld(3);
    world.run(4);
    const old = world.leader();
    const target = world.server(world.followers()[0]!)!.raft.id;
    world.good<'MoveLeader'>(old, { method: 'MoveLeader', targetId: target });
    expect(world.server(world.leader())?.raft.id).toBe(target);
    expect(world.error<'MoveLeader'>(old, { method: 'MoveLeader', targetId: target })).toBe('etcdserver: not leader');
    expect(world.error<'MoveLeader'>(world.leader(), { method: 'MoveLeader', targetId: 'dead' })).toBe(
      'etcdserver: bad leader transferee',
    );
  });

  it('refuses a member whose disk was wiped, as it would forget its votes', () => {
    const world = new EtcdWorld(3);
    world.run(4);
    const victim = world.followers()[0]!;
    world.kill(victim);
    world.kernel.state.hosts.get(victim)!.disks.clear();
    world.run(1);
    world.start(victim);
    world.run(2);
    expect(world.state(victim)).toBeUndefined();
    expect(world.log(victim)).toContain('has already been bootstrapped');
  });

  it('sends a snapshot to a member that was away for longer than the log reaches', () => {
    const world = new EtcdWorld(3, 1, ['--snapshot-count=50', '--snapshot-catchup-entries=10']);
    world.run(4);
    const laggard = world.followers()[0]!;
    const leader = world.leader();
    const watch = world.call<'Watch'>(laggard, { method: 'Watch', key: 'k' }, 0);
    world.run(0.1);
    world.cut(laggard, true);
    for (let i = 0; i < 200; i++) {
      world.call<'Put'>(leader, { method: 'Put', key: 'k', value: `${i}` });
      world.run(0.01);
    }
    world.run(2);
    world.cut(laggard, false);
    world.run(10);
    expect(world.disk(laggard).store.mvcc.hash).toBe(world.disk(leader).store.mvcc.hash);
    expect(world.log(laggard)).toContain('applied snapshot');
    const events = (world.streams.get(watch) as WatchResponse[]).flatMap((item) => item.events);
    expect(events.map(({ kv }) => kv.value)).toEqual(Array.from({ length: 200 }, (_, i) => `${i}`));
  });
});

describe('snapshots and compaction', () => {
  it('restores a saved snapshot into a new cluster with the same keys and revision', () => {
    const world = new EtcdWorld(3);
    world.run(4);
    for (let i = 0; i < 5; i++) world.good<'Put'>('cp-1', { method: 'Put', key: `k${i % 2}`, value: `${i}` });
    const { blob } = world.good<'Snapshot'>('cp-2', { method: 'Snapshot' });
    expect(blob).toMatchObject({ revision: 6, totalKeys: 5 });
    for (const name of world.names) world.kill(name);
    world.run(1);
    const other = new EtcdWorld(0);
    other.names = ['cp-1'];
    const initialCluster = [{ name: 'cp-1', peerUrls: ['http://10.0.0.21:2380'] }];
    addHost(other.kernel.state, 'cp-1', '10.0.0.21');
    const disk = restoreSnapshot(blob, { name: 'cp-1', initialCluster, initialClusterToken: 'new' });
    other.kernel.state.hosts.get('cp-1')!.disks.set('/var/lib/etcd', disk);
    other.start('cp-1');
    other.run(4);
    expect(other.good<'Range'>('cp-1', { method: 'Range', key: 'k0' }).kvs[0]).toMatchObject({
      value: '4',
      modRevision: 6,
    });
    expect(other.good<'Put'>('cp-1', { method: 'Put', key: 'k0', value: 'new' }).header.revision).toBe(7);
    expect(restoreSnapshot(blob, { name: 'nobody', initialCluster, initialClusterToken: '' })).toBeUndefined();
  });

  it('compacts by itself when the flags say so', () => {
    const world = new EtcdWorld(3, 1, ['--auto-compaction-mode=revision', '--auto-compaction-retention=3']);
    world.run(4);
    for (let i = 0; i < 10; i++) world.good<'Put'>('cp-1', { method: 'Put', key: 'k', value: `${i}` });
    world.run(310);
    expect(world.disk('cp-2').store.mvcc).toMatchObject({ revision: 11, compactRevision: 8 });
    const periodic = new EtcdWorld(1, 1, ['--auto-compaction-retention=10m']);
    periodic.run(4);
    for (let i = 0; i < 10; i++) periodic.good<'Put'>('cp-1', { method: 'Put', key: 'k', value: `${i}` });
    periodic.run(500);
    expect(periodic.disk('cp-1').store.mvcc.compactRevision).toBe(0);
    periodic.run(300);
    expect(periodic.disk('cp-1').store.mvcc.compactRevision).toBe(11);
  });
});

describe('quota and limits', () => {
  it('raises NOSPACE, refuses writes but not deletes, and works again when there is room and the alarm is off', () => {
    const world = new EtcdWorld(3, 1, ['--quota-backend-bytes=200000']);
    world.run(4);
    const value = 'x'.repeat(20_000);
    let refused = '';
    for (let i = 0; i < 20 && refused === ''; i++) {
      const error = world.error<'Put'>('cp-1', { method: 'Put', key: `k${i}`, value });
      if (error !== 'ok') refused = error;
    }
    expect(refused).toBe('etcdserver: mvcc: database space exceeded');
    expect(world.error<'Put'>('cp-3', { method: 'Put', key: 'small', value: '' })).toBe(refused);
    expect(world.error<'LeaseGrant'>('cp-3', { method: 'LeaseGrant', ttlSeconds: 10 })).toBe(refused);
    const { alarms } = world.good<'Alarm'>('cp-2', { method: 'Alarm', action: 'GET', alarm: 'NONE' });
    expect(alarms).toMatchObject([{ alarm: 'NOSPACE' }]);
    expect(world.good<'Status'>('cp-2', { method: 'Status' }).errors[0]).toMatch(/^memberID:\d+ alarm:NOSPACE $/);
    const range = { method: 'DeleteRange', key: 'k', rangeEnd: prefixRangeEnd('k') } as const;
    const { header } = world.good<'DeleteRange'>('cp-2', range);
    world.good<'Compact'>('cp-2', { method: 'Compact', revision: header.revision });
    for (const name of world.names) world.good<'Defragment'>(name, { method: 'Defragment' });
    world.good<'Alarm'>('cp-2', { method: 'Alarm', action: 'DEACTIVATE', alarm: 'NONE' });
    world.good<'Put'>('cp-1', { method: 'Put', key: 'k', value });
  });

  it('refuses a request of more than 1.5 MiB', () => {
    const world = new EtcdWorld(1);
    world.run(4);
    const put = (length: number) => world.error<'Put'>('cp-1', { method: 'Put', key: 'k', value: 'a'.repeat(length) });
    expect(put(1_700_000)).toBe('etcdserver: request is too large');
    expect(put(1_400_000)).toBe('ok');
  });
});

describe('an etcd cluster as data', () => {
  it('goes on from a copy exactly as it would have gone on itself', () => {
    const world = new EtcdWorld(3);
    world.run(4);
    for (let i = 0; i < 10; i++)
      world.good<'Put'>(world.names[i % 3]!, { method: 'Put', key: `k${i}`, value: Object.freeze({ i }) });
    const { id } = world.good<'LeaseGrant'>('cp-1', { method: 'LeaseGrant', ttlSeconds: 5 });
    world.good<'Put'>('cp-2', { method: 'Put', key: 'mortal', value: 'x', lease: id });
    world.kill(world.followers()[0]!);
    const copy = createKernel(clonePlain(world.kernel.state), world.kernel.programs);
    const until = world.kernel.state.now + 20_000_000;
    world.kernel.runUntil(until);
    copy.runUntil(until);
    expect(hashPlain(copy.state)).toBe(hashPlain(world.kernel.state));
    expect(world.disk(world.leader()).store.mvcc.keys.get('mortal')?.revisions.at(-1)?.version).toBe(0);
  });
});

describe('starting', () => {
  const started = (...args: string[]) => {
    const world = new EtcdWorld(1, 1, args);
    world.run(2);
    return { state: world.state('cp-1'), log: world.log('cp-1') };
  };

  it('dies of an unknown flag as Go programs do', () => {
    const { state, log } = started('--enable-v2');
    expect(state).toBeUndefined();
    expect(log).toMatch(/^flag provided but not defined: -enable-v2\nUsage:\n/);
  });

  it('dies of values that make no sense', () => {
    expect(started('--election-timeout=300').log).toContain(
      '--election-timeout[300ms] should be at least as 5 times as --heartbeat-interval[100ms]',
    );
    expect(started('--election-timeout=abc').log).toContain(
      'invalid value "abc" for flag -election-timeout: parse error',
    );
    expect(
      started('--cert-file=/nowhere.crt', '--key-file=/nowhere.key', '--listen-client-urls=https://127.0.0.1:2379').log,
    ).toContain('open /nowhere.crt: no such file or directory');
    expect(started('--name=other').log).toContain(
      `couldn't find local name \\"other\\" in the initial cluster configuration`,
    );
    expect(started('--listen-peer-urls=http://10.9.9.9:2380').log).toContain(
      'listen tcp 10.9.9.9:2380: bind: cannot assign requested address',
    );
  });

  it('answers the probes of the kubelet', () => {
    const world = new EtcdWorld(3);
    const probe = (name: string, path: string) => {
      let status = 0;
      world.kernel.processes.spawn(name, { name: `probe${path}`, program: 'external', args: [], log: 'p' });
      const process = world.kernel.state.processes.get(`${name}/probe${path}`)!;
      let id = 0;
      world.kernel.as(process, (io) => {
        id = io.request('127.0.0.1:2381', { method: 'GET', path });
      });
      world.run(0.1);
      world.kernel.processes.end(process, 0, undefined, false);
      status = (world.answers.get(id)?.['body'] as { status: number } | undefined)?.status ?? 0;
      return status;
    };
    world.run(4);
    expect([probe('cp-1', '/livez'), probe('cp-1', '/readyz')]).toEqual([200, 200]);
    world.kill('cp-2');
    world.kill('cp-3');
    world.run(4);
    expect([probe('cp-1', '/livez'), probe('cp-1', '/readyz'), probe('cp-1', '/health')]).toEqual([200, 503, 503]);
  });
});
