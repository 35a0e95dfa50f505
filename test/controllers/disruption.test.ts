import { describe, expect, it } from 'vitest';
import type { Pod, PodDisruptionBudget } from '../../src/sim/api/types.ts';
import { createCluster, deployment, type TestCluster, template } from './cluster.ts';

function budget(spec: object): object {
  const selector = { matchLabels: { app: 'web' } };
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'web' },
    spec: { selector, ...spec },
  };
}
const status = (c: TestCluster) => c.get<PodDisruptionBudget>('poddisruptionbudget/web')?.status;
const healthy = (c: TestCluster, n: number) => () => status(c)?.['currentHealthy'] === n;
const evict = (c: TestCluster, pod: Pod | undefined) =>
  c.ask('POST', `/api/v1/namespaces/default/pods/${pod?.metadata.name}/eviction`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name: pod?.metadata.name, namespace: 'default' },
  });

describe('a PodDisruptionBudget', () => {
  it('lets so many go that enough stay, by number or by share', () => {
    const c = createCluster();
    c.create(budget({ minAvailable: '50%' }));
    c.run(1);
    expect(status(c)).toMatchObject({ disruptionsAllowed: 0, expectedPods: 0 });
    expect(c.events('poddisruptionbudget/web')[0]).toMatch(/^Normal NoPods No matching pods found/);
    c.create(deployment('web', 5));
    c.until(healthy(c, 5));
    expect(status(c)).toMatchObject({ desiredHealthy: 3, disruptionsAllowed: 2, expectedPods: 5 });
    expect(status(c)?.['conditions']).toMatchObject([
      { type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods' },
    ]);
    c.patch('poddisruptionbudget/web', { spec: { minAvailable: null, maxUnavailable: 1 } });
    c.until(() => status(c)?.disruptionsAllowed === 1);
    c.patch('deployment/web', { spec: { replicas: 3 } });
    c.until(() => status(c)?.['expectedPods'] === 3 && status(c)?.['currentHealthy'] === 3);
    expect(status(c)?.disruptionsAllowed).toBe(1);
    c.run(5);
    expect(c.writesIn(60)).toEqual([]);
  });

  it('refuses an eviction too many, and allows it again when the pod is replaced', () => {
    const c = createCluster();
    c.create(budget({ minAvailable: 2 }));
    c.create(deployment('web', 3));
    c.until(healthy(c, 3));
    const [first, second] = c.pods();
    expect(evict(c, first).status).toBe(201);
    const refused = evict(c, second);
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
    });
    c.until(() => status(c)?.disruptionsAllowed === 1);
    expect(status(c)?.disruptedPods).toBeUndefined();
    c.run(5);
    expect(c.writesIn(150)).toEqual([]);
  });

  it('says that it cannot count pods nobody manages, or whose controller has no size', () => {
    const c = createCluster();
    c.create(budget({ maxUnavailable: 1 }));
    const spec = (template('web') as { spec: object }).spec;
    c.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bare', labels: { app: 'web' } }, spec });
    c.run(3);
    expect(status(c)).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0 });
    expect(
      c
        .events('poddisruptionbudget/web')
        .some((text) => text.startsWith('Warning UnmanagedPods Pods selected by this')),
    ).toBe(true);
    c.delete('pod/bare');
    c.create({
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'web' },
      spec: { selector: { matchLabels: { app: 'web' } }, template: template('web') },
    });
    c.run(5);
    expect(status(c)?.['conditions']).toMatchObject([
      { status: 'False', reason: 'SyncFailed', message: 'daemonsets.apps does not implement the scale subresource' },
    ]);
  });
});
