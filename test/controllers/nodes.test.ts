import { describe, expect, it } from 'vitest';
import type { Node, Pod } from '../../src/sim/api/types.ts';
import { createCluster, deployment, type TestCluster, template } from './cluster.ts';

const node = (c: TestCluster, name: string) => c.get<Node>(`node/${name}`)!;
const ready = (c: TestCluster, name: string) => node(c, name).status?.conditions?.find(({ type }) => type === 'Ready');
const taints = (c: TestCluster, name: string) =>
  (node(c, name).spec?.taints ?? []).map(({ key, effect }) => `${key.split('/')[1]}:${effect}`).sort();
const isReady = (pod: Pod) =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
const on = (c: TestCluster, name: string) => c.pods().filter((pod) => pod.spec.nodeName === name);

function pinned(name: string, nodeName: string, spec: object = {}): object {
  const pod = template('pinned') as { spec: object };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'pinned' } },
    spec: { ...pod.spec, nodeName, ...spec },
  };
}

describe('a node', () => {
  it('is announced, gets a pod network, and follows its conditions with taints', () => {
    const c = createCluster();
    expect(c.events('node/node-1')).toContain(
      'Normal RegisteredNode Node node-1 event: Registered Node node-1 in Controller',
    );
    expect(new Set(c.list<Node>('nodes').map(({ spec }) => spec?.podCIDR))).toEqual(
      new Set(['10.244.0.0/24', '10.244.1.0/24', '10.244.2.0/24']),
    );
    expect(node(c, 'node-1').metadata.labels?.['beta.kubernetes.io/os']).toBe('linux');
    c.patch('node/node-1', { spec: { unschedulable: true } });
    c.run(1);
    expect(taints(c, 'node-1')).toEqual(['unschedulable:NoSchedule']);
    expect(node(c, 'node-1').spec?.taints?.[0]?.timeAdded).toBeDefined();
    const conditions = node(c, 'node-1').status?.conditions?.map((known) =>
      known.type === 'MemoryPressure' ? { ...known, status: 'True' } : known,
    );
    c.patch('node/node-1', { status: { conditions } }, 'status');
    c.patch('node/node-1', { spec: { unschedulable: null } });
    c.run(1);
    expect(taints(c, 'node-1')).toEqual(['memory-pressure:NoSchedule']);
    expect(c.writesIn(30)).toEqual([]);
  });

  it('that falls silent is Unknown after 50 s, its pods are not ready at once and gone 300 s later', () => {
    const c = createCluster();
    c.create(deployment('web', 6));
    c.until(() => c.pods().length === 6 && c.pods().every(isReady));
    const there = on(c, 'node-1').map((pod) => pod.metadata.name);
    expect(there.length).toBeGreaterThan(0);
    c.silence('node-1');
    const silentFor = c.until(() => ready(c, 'node-1')?.status === 'Unknown', 70);
    expect(silentFor).toBeGreaterThan(40);
    expect(silentFor).toBeLessThan(66);
    expect(ready(c, 'node-1')).toMatchObject({
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    });
    c.run(1);
    expect(taints(c, 'node-1')).toEqual(['unreachable:NoExecute', 'unreachable:NoSchedule']);
    expect(on(c, 'node-1').some(isReady)).toBe(false);
    expect(c.events('node/node-1')).toContain('Normal NodeNotReady Node node-1 status is now: NodeNotReady');
    expect(c.events(`pod/${there[0]}`)).toContain('Warning NodeNotReady Node is not ready');
    const evictedAfter = c.until(
      () => on(c, 'node-1').some((pod) => pod.metadata.deletionTimestamp !== undefined),
      320,
    );
    expect(evictedAfter).toBeGreaterThan(290);
    expect(evictedAfter).toBeLessThan(305);
    const [gone] = on(c, 'node-1');
    expect(gone?.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')).toMatchObject({
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    });
    expect(c.events(`pod/${there[0]}`)).toContain(
      `Normal TaintManagerEviction Marking for deletion Pod default/${there[0]}`,
    );
    // Nobody is there to end them: they stay Terminating, others are made elsewhere.
    c.until(() => c.pods().filter(isReady).length === 6);
    c.run(5);
    expect(on(c, 'node-1')).toHaveLength(there.length);
    expect(c.writesIn(60)).toEqual([]);
    c.wake('node-1');
    c.until(() => on(c, 'node-1').length === 0 && taints(c, 'node-1').length === 0);
  });

  it('that comes back in time keeps its pods', () => {
    const c = createCluster();
    c.create(pinned('one', 'node-1'));
    c.until(() => c.pods().every(isReady));
    c.silence('node-1');
    c.until(() => taints(c, 'node-1').includes('unreachable:NoExecute'), 80);
    c.run(100);
    c.wake('node-1');
    c.until(() => taints(c, 'node-1').length === 0, 5);
    c.until(() => c.pods().every(isReady), 5);
    expect(c.events('pod/one')).toContain('Normal TaintManagerEviction Cancelling deletion of Pod default/one');
    expect(c.writesIn(300)).toEqual([]);
    expect(c.pods()).toHaveLength(1);
  });

  it('loses at once what does not tolerate a NoExecute taint, and keeps what does', () => {
    const c = createCluster();
    c.create(pinned('plain', 'node-1'));
    c.create(
      pinned('patient', 'node-1', {
        tolerations: [{ key: 'gpu', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 20 }],
      }),
    );
    c.create(pinned('hardy', 'node-1', { tolerations: [{ operator: 'Exists' }] }));
    c.until(() => c.pods().every(isReady));
    c.patch('node/node-1', { spec: { taints: [{ key: 'gpu', value: 'no', effect: 'NoExecute' }] } });
    c.until(() => c.get('pod/plain') === undefined, 5);
    c.run(10);
    expect(c.get('pod/patient')).toBeDefined();
    c.until(() => c.get('pod/patient') === undefined, 15);
    expect(c.writesIn(60)).toEqual([]);
    expect(c.get('pod/hardy')).toBeDefined();
  });

  it('is emptied one in ten seconds; none where most of a small zone is silent', () => {
    const c = createCluster({ nodes: 8 });
    c.silence('node-1', 'node-2', 'node-3');
    const tainted = () =>
      [1, 2, 3, 4, 5, 6, 7, 8].filter((i) => taints(c, `node-${i}`).includes('unreachable:NoExecute')).length;
    c.until(() => tainted() === 1, 80);
    expect(c.until(() => tainted() === 2, 30)).toBeGreaterThan(8);
    expect(c.until(() => tainted() === 3, 30)).toBeGreaterThan(8);
    c.silence('node-4', 'node-5', 'node-6');
    c.run(120);
    // All six are unknown, but taken together they look like our own fault.
    expect(taints(c, 'node-6')).toEqual(['unreachable:NoSchedule']);
    expect(tainted()).toBeLessThanOrEqual(5);
  });

  it('is not emptied when nobody at all is heard of; all get a new chance afterwards', () => {
    const c = createCluster();
    c.create(deployment('web', 3));
    c.until(() => c.pods().length === 3 && c.pods().every(isReady));
    c.silence('node-1', 'node-2', 'node-3');
    c.run(500);
    expect(c.pods().filter((pod) => pod.metadata.deletionTimestamp !== undefined)).toEqual([]);
    expect(c.pods().some(isReady)).toBe(false);
    c.wake('node-1');
    c.until(() => taints(c, 'node-1').length === 0, 10);
    c.run(30);
    expect(c.pods().filter((pod) => pod.metadata.deletionTimestamp !== undefined)).toEqual([]);
    c.wake('node-2', 'node-3');
    c.until(() => c.pods().every(isReady), 10);
  });

  it('that is deleted loses its pods to the garbage collector', () => {
    const c = createCluster();
    c.create(pinned('one', 'node-1'));
    c.until(() => c.pods().every(isReady));
    c.silence('node-1');
    c.delete('node/node-1');
    const gone = c.until(() => c.get('pod/one') === undefined, 120);
    expect(gone).toBeGreaterThan(40);
    expect(c.events('node/node-1')).toContain(
      'Normal RemovingNode Node node-1 event: Removing Node node-1 from Controller',
    );
  });
});
