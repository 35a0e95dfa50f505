import { describe, expect, it } from 'vitest';
import type { Lease } from '../../src/sim/api/types.ts';
import { createCluster, deployment, type TestCluster } from './cluster.ts';

const holder = (c: TestCluster) =>
  c.get<Lease>('lease/kube-system/kube-controller-manager')?.spec?.holderIdentity?.split('_')[0] ?? '';
const process = (c: TestCluster, host: string) => c.kernel.state.processes.get(`${host}/kube-controller-manager`);
const available = (c: TestCluster) =>
  (c.get('deployment/web')?.['status'] as { availableReplicas?: number } | undefined)?.availableReplicas;

describe('three controller managers', () => {
  it('have one leader; when it freezes, another takes over once the Lease has run out', () => {
    const c = createCluster({ managers: 3 });
    const first = holder(c);
    expect(first).not.toBe('');
    c.kernel.processes.pause(`${first}/kube-controller-manager`);
    c.create(deployment('web', 2));
    const seconds = c.until(() => holder(c) !== first, 40);
    expect(seconds).toBeGreaterThan(12);
    expect(seconds).toBeLessThan(22);
    expect(c.get<Lease>('lease/kube-system/kube-controller-manager')?.spec?.leaseTransitions).toBe(1);
    c.until(() => available(c) === 2, 20);
    // The old leader wakes up, finds that it is none any more, and ends itself.
    c.kernel.processes.resume(`${first}/kube-controller-manager`);
    c.run(5);
    expect(process(c, first)).toBeUndefined();
    expect(holder(c)).not.toBe(first);
    c.run(30);
    expect(c.list('replicasets')).toHaveLength(1);
    expect(c.pods()).toHaveLength(2);
    expect(c.writesIn(120)).toEqual([]);
  });
});

describe('a controller manager', () => {
  it('runs only what --controllers asks for', () => {
    const c = createCluster({ flags: ['--controllers=-deployment,*'] });
    c.create(deployment('web', 1));
    c.run(10);
    expect(c.list('replicasets')).toEqual([]);
    expect(c.manager.queues.has('replicaset-controller')).toBe(true);
    expect(c.manager.queues.has('bootstrap-signer-controller')).toBe(true);
  });

  it('leaves no queue, no retry and no expectation behind when all is done', () => {
    const c = createCluster();
    c.create(deployment('web', 5));
    c.until(() => available(c) === 5);
    c.delete('deployment/web');
    c.until(() => c.pods().length === 0);
    c.run(5);
    const { queues, inFlight, unseen, waitingFor, blocked, failures } = c.manager;
    for (const queue of queues.values()) expect([...queue.ready, ...queue.processing, ...queue.failures]).toEqual([]);
    for (const left of [inFlight, unseen, waitingFor, blocked, failures]) expect(left.size).toBe(0);
    expect(c.writesIn(700)).toEqual([]);
  });
});
