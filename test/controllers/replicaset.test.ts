import { describe, expect, it } from 'vitest';
import type { Pod, ReplicaSet } from '../../src/sim/api/types.ts';
import { createCluster, type TestCluster, template } from './cluster.ts';

function replicaSet(replicas: number, spec: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'rs' },
    spec: { replicas, selector: { matchLabels: { app: 'rs' } }, template: template('rs'), ...spec },
  };
}
const status = (c: TestCluster) => c.get<ReplicaSet>('replicaset/rs')?.status;
const ready = (c: TestCluster, n: number) => () => (status(c)?.readyReplicas ?? 0) === n && c.pods().length === n;

describe('a ReplicaSet', () => {
  it('replaces a pod that is deleted, has failed, or no longer matches (and lets that one go)', () => {
    const c = createCluster();
    c.create(replicaSet(3));
    c.until(ready(c, 3));
    const [first, second] = c.pods().map((pod) => pod.metadata.name);
    c.delete(`pod/${first}`);
    c.run(3);
    expect(c.get(`pod/${first}`)).toBeUndefined();
    c.until(ready(c, 3));
    c.patch(`pod/${second}`, { metadata: { labels: { app: 'debug' } } });
    c.until(() => c.pods().length === 4);
    c.run(2);
    expect(c.get(`pod/${second}`)?.metadata.ownerReferences ?? []).toEqual([]);
    const [third] = c.pods().filter((pod) => pod.metadata.labels?.['app'] === 'rs');
    c.patch(`pod/${third?.metadata.name}`, { status: { phase: 'Failed' } }, 'status');
    c.until(() => c.pods().length === 5);
    c.until(() => status(c)?.readyReplicas === 3);
    expect(c.writesIn(60)).toEqual([]);
  });

  it('adopts a pod that matches, and then has one too many', () => {
    const c = createCluster();
    c.create(replicaSet(2));
    c.until(ready(c, 2));
    c.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'stray', labels: { app: 'rs' } },
      spec: (template('rs') as Pod).spec,
    });
    c.until(() => c.get('pod/stray') === undefined);
    expect(c.pods()).toHaveLength(2);
    expect(c.events('replicaset/rs')).toContain('Normal SuccessfulDelete Deleted pod: stray');
  });

  it('deletes first what is not ready, then what is cheap', () => {
    const c = createCluster();
    c.create(replicaSet(4));
    c.until(ready(c, 4));
    const [a, b, x, y] = c.pods().map((pod) => pod.metadata.name);
    c.setReady(`default/${a}`, false);
    c.patch(`pod/${b}`, { metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': '-1' } } });
    c.run(2);
    c.patch('replicaset/rs', { spec: { replicas: 2 } });
    c.until(() => c.pods().length === 2);
    expect(
      c
        .pods()
        .map((pod) => pod.metadata.name)
        .sort(),
    ).toEqual([x, y].sort());
  });

  it('counts a pod as available only after minReadySeconds', () => {
    const c = createCluster();
    c.create(replicaSet(1, { minReadySeconds: 10 }));
    c.until(() => status(c)?.readyReplicas === 1);
    expect(status(c)?.availableReplicas).toBeUndefined();
    expect(c.until(() => status(c)?.availableReplicas === 1)).toBeGreaterThan(8);
    expect(c.writesIn(60)).toEqual([]);
  });

  it('counts terminating pods while they stop', () => {
    const c = createCluster();
    c.create(replicaSet(2));
    c.until(ready(c, 2));
    c.kubelet.stopSeconds = 10;
    c.patch('replicaset/rs', { spec: { replicas: 0 } });
    c.run(3);
    expect(status(c)).toMatchObject({ replicas: 0, terminatingReplicas: 2 });
    c.run(10);
    expect(status(c)?.terminatingReplicas).toBe(0);
  });
});
