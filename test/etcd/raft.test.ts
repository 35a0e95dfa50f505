import { describe, expect, it } from 'vitest';
import { transferLeader } from '../../src/sim/etcd/raft.ts';
import { Cluster } from './raft-harness.ts';

const second = 1_000_000;

function settled(size: number, seed = 1): Cluster {
  const cluster = new Cluster(size, seed);
  cluster.run(5 * second);
  expect(cluster.broken).toEqual([]);
  expect(cluster.leader()).toBeDefined();
  return cluster;
}

describe('raft', () => {
  it('elects one leader and replicates to everybody', () => {
    for (const size of [1, 2, 3, 4, 5]) {
      const cluster = settled(size);
      for (let i = 0; i < 100; i++) {
        cluster.propose(cluster.members[i % size]!, `write ${i}`);
        cluster.run(cluster.nowUs + 10_000);
      }
      cluster.run(cluster.nowUs + second);
      expect(cluster.broken).toEqual([]);
      for (const { db } of cluster.members) expect(db.data.slice(size)).toHaveLength(100);
    }
  });

  it('costs an idle cluster of three at most 45 messages a second', () => {
    const cluster = settled(3);
    const before = cluster.messages;
    cluster.run(cluster.nowUs + 10 * second);
    expect((cluster.messages - before) / 10).toBeLessThanOrEqual(45);
  });

  it('stops committing without a quorum and goes on when it is back', () => {
    const cluster = settled(3);
    const leader = cluster.leader()!;
    const others = cluster.members.filter((member) => member !== leader);
    for (const member of others) cluster.crash(member);
    const { applied } = leader.db;
    cluster.propose(leader, 'lonely');
    cluster.run(cluster.nowUs + 5 * second);
    expect(leader.db.applied).toBe(applied);
    expect(leader.raft.role).not.toBe('leader');
    cluster.heal();
    cluster.run(cluster.nowUs + 10 * second);
    expect(cluster.leader()).toBeDefined();
    expect(cluster.broken).toEqual([]);
  });

  it('keeps the leader when a member that was cut off comes back', () => {
    const cluster = settled(3);
    const leader = cluster.leader()!;
    const { term } = leader.raft;
    const lonely = cluster.members.find((member) => member !== leader)!;
    cluster.partition([lonely.raft.id]);
    cluster.run(cluster.nowUs + 20 * second);
    cluster.heal();
    cluster.run(cluster.nowUs + 5 * second);
    expect(cluster.leader()).toBe(leader);
    expect(leader.raft.term).toBe(term);
  });

  it('sends a snapshot to a member that missed more than the log holds', () => {
    const cluster = settled(3);
    const leader = cluster.leader()!;
    const laggard = cluster.members.find((member) => member !== leader)!;
    cluster.crash(laggard);
    for (let i = 0; i < 500; i++) {
      cluster.propose(leader, i);
      cluster.run(cluster.nowUs + 5_000);
    }
    cluster.heal();
    cluster.run(cluster.nowUs + 5 * second);
    expect(laggard.db.data).toEqual(leader.db.data);
    expect(laggard.disk.offset).toBeGreaterThan(300);
    expect(cluster.broken).toEqual([]);
  });

  it('adds a learner, promotes it, and removes a member', () => {
    const cluster = settled(3);
    const learner = cluster.addMember('b1', []);
    cluster.changeMembers(cluster.leader()!, { kind: 'AddLearnerNode', id: 'b1', context: undefined });
    cluster.run(cluster.nowUs + 2 * second);
    expect(learner.raft.learners).toEqual(['b1']);
    expect(learner.db.data).toEqual(cluster.leader()!.db.data);
    cluster.changeMembers(cluster.leader()!, { kind: 'AddNode', id: 'b1', context: undefined });
    cluster.run(cluster.nowUs + 2 * second);
    expect(learner.raft.voters).toEqual(['a1', 'a2', 'a3', 'b1']);
    const victim = cluster.leader()!;
    cluster.changeMembers(victim, { kind: 'RemoveNode', id: 'a1', context: undefined });
    cluster.run(cluster.nowUs + 100_000);
    cluster.crash(cluster.members[0]!);
    cluster.run(cluster.nowUs + 5 * second);
    expect(cluster.leader()!.raft.voters).toEqual(['a2', 'a3', 'b1']);
    expect(cluster.broken).toEqual([]);
  });

  it('hands the leadership over on request', () => {
    const cluster = settled(3);
    const leader = cluster.leader()!;
    const target = cluster.members.find((member) => member !== leader)!;
    expect(transferLeader(leader.raft, 'nobody', cluster.nowUs)?.message).toBe('etcdserver: bad leader transferee');
    expect(transferLeader(target.raft, leader.raft.id, cluster.nowUs)?.message).toBe('etcdserver: not leader');
    expect(transferLeader(leader.raft, target.raft.id, cluster.nowUs)).toBeUndefined();
    cluster.afterStep(leader);
    cluster.run(cluster.nowUs + 200_000);
    expect(cluster.leader()).toBe(target);
  });

  it('answers linearizable reads on every member, never with an older state than a finished write', () => {
    const cluster = settled(3);
    for (let i = 0; i < 60; i++) {
      cluster.propose(cluster.leader()!, i);
      cluster.run(cluster.nowUs + 3_000);
      cluster.read(cluster.members[i % 3]!, i + 1);
    }
    cluster.run(cluster.nowUs + second);
    expect(cluster.reads).toHaveLength(60);
    for (const read of cluster.reads) expect(read.index).toBeGreaterThanOrEqual(read.minimum);
  });
});

describe('raft under random schedules', () => {
  for (const size of [1, 2, 3, 4, 5]) {
    it(`keeps R1 … R11 with ${size} members under loss, delay, partitions and crashes, and converges`, () => {
      for (let seed = 1; seed <= 12; seed++) {
        const cluster = new Cluster(size, seed * 7919 + size);
        let next = 0;
        let added = 0;
        for (let round = 0; round < 150; round++) {
          disturb(cluster);
          for (let i = 0; i < 3; i++) {
            const member = cluster.members[cluster.pick(cluster.members.length)]!;
            cluster.propose(member, `d${next++}`);
            if (cluster.pick(4) === 0) cluster.read(member, next);
            cluster.run(cluster.nowUs + cluster.pick(200_000));
          }
          const leader = cluster.leader();
          if (leader !== undefined && cluster.pick(25) === 0 && added < 2) {
            added++;
            const id = `b${added}`;
            cluster.addMember(id, []);
            cluster.changeMembers(leader, { kind: 'AddLearnerNode', id, context: undefined });
          }
          if (leader !== undefined && added > 0 && cluster.pick(15) === 0) {
            cluster.changeMembers(leader, { kind: 'AddNode', id: `b${added}`, context: undefined });
          }
          if (cluster.broken.length > 0) break;
        }
        expect(cluster.broken, `seed ${seed}`).toEqual([]);
        cluster.heal();
        cluster.run(cluster.nowUs + 20 * second);
        expect(cluster.broken, `seed ${seed} healing`).toEqual([]);
        const leader = cluster.leader();
        expect(leader, `seed ${seed} leader`).toBeDefined();
        cluster.propose(leader!, 'the end');
        cluster.run(cluster.nowUs + 2 * second);
        for (const { db, raft } of cluster.members) {
          if (leader!.raft.progress.has(raft.id)) expect(db.data.at(-1), `seed ${seed} ${raft.id}`).toBe('the end');
          if (leader!.raft.progress.has(raft.id)) expect(db.data).toEqual(leader!.db.data);
        }
        for (const read of cluster.reads) expect(read.index).toBeGreaterThanOrEqual(read.minimum);
      }
    });
  }
});

function disturb(cluster: Cluster): void {
  const running = cluster.members.filter((member) => member.running);
  switch (cluster.pick(9)) {
    case 0:
      cluster.lossPercent = cluster.pick(40);
      break;
    case 1:
      cluster.partition(cluster.members.slice(0, 1 + cluster.pick(3)).map(({ raft }) => raft.id));
      break;
    case 2:
      cluster.cut.clear();
      break;
    case 3:
      if (running.length > 0) cluster.crash(running[cluster.pick(running.length)]!);
      break;
    case 4:
    case 5: {
      const down = cluster.members.filter((member) => !member.running);
      if (down.length > 0) cluster.start(down[cluster.pick(down.length)]!);
      break;
    }
    case 6:
      cluster.maxDelayUs = 1_000 + cluster.pick(400_000);
      break;
    case 7: {
      const leader = cluster.leader();
      if (leader !== undefined) transferLeader(leader.raft, cluster.members[0]!.raft.id, cluster.nowUs);
      break;
    }
    default:
      cluster.lossPercent = 0;
  }
}
