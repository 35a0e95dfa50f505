import { describe, expect, it } from 'vitest';
import type {
  Deployment,
  HorizontalPodAutoscaler,
  ReplicationController,
  ResourceQuota,
} from '../../src/sim/api/types.ts';
import { createCluster, deployment, type TestCluster, template } from './cluster.ts';

function autoscaler(minReplicas: number, maxReplicas: number, kind = 'Deployment', name = 'web'): object {
  const scaleTargetRef = { apiVersion: 'apps/v1', kind, name };
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web' },
    spec: { scaleTargetRef, minReplicas, maxReplicas },
  };
}
const conditions = (c: TestCluster) =>
  (c.get<HorizontalPodAutoscaler>('horizontalpodautoscaler/web')?.status?.conditions ?? []).map(
    ({ type, status, reason }) => `${type} ${status} ${reason}`,
  );

describe('a HorizontalPodAutoscaler without metrics', () => {
  it('says what it lacks, and still keeps its target within bounds', () => {
    const c = createCluster();
    c.create(deployment('web', 3));
    c.create(autoscaler(1, 5));
    c.run(20);
    expect(conditions(c)).toEqual([
      'AbleToScale True SucceededGetScale',
      'ScalingActive False FailedGetResourceMetric',
    ]);
    expect(c.events('horizontalpodautoscaler/web')[0]).toMatch(
      /^Warning FailedGetResourceMetric failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource \(get pods.metrics.k8s.io\)/,
    );
    c.patch('horizontalpodautoscaler/web', { spec: { maxReplicas: 2 } });
    c.until(() => c.get<Deployment>('deployment/web')?.spec.replicas === 2, 20);
    expect(c.events('horizontalpodautoscaler/web')).toContain(
      'Normal SuccessfulRescale New size: 2; reason: Current number of replicas above Spec.MaxReplicas',
    );
  });

  it('says that its target does not exist', () => {
    const c = createCluster();
    c.create(autoscaler(1, 5, 'Deployment', 'gone'));
    c.run(20);
    expect(conditions(c)).toEqual(['AbleToScale False FailedGetScale']);
    expect(c.events('horizontalpodautoscaler/web')[0]).toMatch(
      /^Warning FailedGetScale deployments.apps "gone" not found/,
    );
  });
});

describe('other controllers', () => {
  it('keeps the replicas of a ReplicationController', () => {
    const c = createCluster();
    c.create({
      apiVersion: 'v1',
      kind: 'ReplicationController',
      metadata: { name: 'old' },
      spec: { replicas: 2, selector: { app: 'old' }, template: template('old') },
    });
    const status = () => c.get<ReplicationController>('replicationcontroller/old')?.status;
    c.until(() => status()?.readyReplicas === 2);
    c.delete(`pod/${c.pods()[0]?.metadata.name}`);
    c.run(3);
    c.until(() => status()?.readyReplicas === 2 && c.pods().length === 2);
    expect(c.writesIn(30)).toEqual([]);
    c.delete('replicationcontroller/old');
    c.until(() => c.pods().length === 0);
  });

  it('gives quota back when pods go', () => {
    const c = createCluster();
    c.create({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q' },
      spec: { hard: { pods: '5', 'count/deployments.apps': '2' } },
    });
    const used = () => c.get<ResourceQuota>('resourcequota/q')?.status?.used;
    c.until(() => used() !== undefined);
    c.create(deployment('web', 3));
    c.until(() => used()?.['pods'] === '3' && used()?.['count/deployments.apps'] === '1');
    c.delete('deployment/web');
    c.until(() => used()?.['pods'] === '0' && used()?.['count/deployments.apps'] === '0');
    c.run(3);
    expect(c.writesIn(30)).toEqual([]);
  });
});
