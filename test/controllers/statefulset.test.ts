import { describe, expect, it } from 'vitest';
import type { Pod, StatefulSet } from '../../src/sim/api/types.ts';
import { createCluster, type TestCluster, template } from './cluster.ts';

function statefulSet(replicas: number, spec: object = {}, image?: string): object {
  const selector = { matchLabels: { app: 'db' } };
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db' },
    spec: { replicas, serviceName: 'db', selector, template: template('db', image), ...spec },
  };
}
const status = (c: TestCluster) => c.get<StatefulSet>('statefulset/db')?.status;
const names = (c: TestCluster) =>
  c
    .pods()
    .map((pod) => pod.metadata.name)
    .sort();
const isReady = (pod: Pod) =>
  pod.status?.conditions?.some(({ type, status: s }) => type === 'Ready' && s === 'True') === true;
const settled = (c: TestCluster, n: number) => () => {
  const s = status(c);
  return (
    s?.availableReplicas === n &&
    s.replicas === n &&
    (s.updatedReplicas ?? 0) === n &&
    s.currentRevision === s.updateRevision
  );
};
const image = (name: string) => ({ spec: { template: { spec: { containers: [{ name: 'main', image: name }] } } } });
const imageOf = (c: TestCluster, name: string) => c.get<Pod>(`pod/${name}`)?.spec.containers[0]?.image;

describe('a StatefulSet', () => {
  it('makes its pods one after the other, each with an identity', () => {
    const c = createCluster();
    c.create(statefulSet(3));
    let inOrder = true;
    c.until(() => {
      const pods = names(c);
      for (const [i, name] of pods.entries()) {
        if (name !== `db-${i}`) inOrder = false;
        if (i < pods.length - 1 && !isReady(c.get<Pod>(`pod/${name}`)!)) inOrder = false;
      }
      return settled(c, 3)();
    });
    expect(inOrder).toBe(true);
    const pod = c.get<Pod>('pod/db-1')!;
    expect(pod.metadata.labels).toMatchObject({
      'controller-revision-hash': status(c)?.currentRevision,
      'statefulset.kubernetes.io/pod-name': 'db-1',
      'apps.kubernetes.io/pod-index': '1',
    });
    expect(pod.spec).toMatchObject({ hostname: 'db-1', subdomain: 'db' });
    expect(c.events('statefulset/db')).toEqual(
      [0, 1, 2].map((i) => `Normal SuccessfulCreate Create Pod db-${i} in StatefulSet db successful`),
    );
    expect(c.writesIn(60)).toEqual([]);
  });

  it('waits for a pod that does not get ready, and makes all at once when told to', () => {
    const c = createCluster();
    c.create(statefulSet(3, {}, 'never-ready'));
    c.run(20);
    expect(names(c)).toEqual(['db-0']);
    const d = createCluster();
    d.create(statefulSet(3, { podManagementPolicy: 'Parallel' }, 'never-ready'));
    d.run(3);
    expect(names(d)).toEqual(['db-0', 'db-1', 'db-2']);
  });

  it('scales down from the last, and remakes a deleted pod under its old name', () => {
    const c = createCluster();
    c.create(statefulSet(3));
    c.until(settled(c, 3));
    const { uid } = c.get('pod/db-0')!.metadata;
    c.delete('pod/db-0');
    c.until(() => c.get('pod/db-0') !== undefined && c.get('pod/db-0')?.metadata.uid !== uid);
    c.until(settled(c, 3));
    expect(names(c)).toEqual(['db-0', 'db-1', 'db-2']);
    c.patch('statefulset/db', { spec: { replicas: 1 } });
    c.until(() => names(c).length === 2);
    expect(names(c)).toEqual(['db-0', 'db-1']);
    c.until(settled(c, 1));
    expect(c.events('statefulset/db')).toContain(
      'Normal SuccessfulDelete Delete Pod db-2 in StatefulSet db successful',
    );
    expect(c.writesIn(60)).toEqual([]);
  });

  it('rolls a new template from the last to the first, no further than the partition', () => {
    const c = createCluster();
    c.create(statefulSet(3));
    c.until(settled(c, 3));
    c.patch('statefulset/db', { spec: { updateStrategy: { rollingUpdate: { partition: 2 } }, ...image('db:2').spec } });
    c.until(() => imageOf(c, 'db-2') === 'db:2' && status(c)?.availableReplicas === 3);
    c.run(10);
    expect([0, 1].map((i) => imageOf(c, `db-${i}`))).toEqual(['nginx:1.29', 'nginx:1.29']);
    expect(status(c)).toMatchObject({ currentReplicas: 2, updatedReplicas: 1 });
    // Below the partition a pod comes back as it was.
    c.delete('pod/db-0');
    c.run(5);
    expect(imageOf(c, 'db-0')).toBe('nginx:1.29');
    let least = 3;
    c.patch('statefulset/db', { spec: { updateStrategy: { rollingUpdate: { partition: 0 } } } });
    c.until(() => {
      least = Math.min(least, c.pods().filter(isReady).length);
      return settled(c, 3)();
    });
    expect(least).toBe(2);
    expect(c.list('controllerrevisions')).toHaveLength(2);
    expect(c.writesIn(60)).toEqual([]);
  });

  it('makes claims for its pods, keeps them when it shrinks, or lets them go if its policy says so', () => {
    const spec = {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: 'none',
    };
    const volumeClaimTemplates = [{ metadata: { name: 'data' }, spec }];
    const c = createCluster();
    c.create(statefulSet(1, { volumeClaimTemplates, podManagementPolicy: 'Parallel' }));
    c.until(() => c.get('persistentvolumeclaim/data-db-0') !== undefined && c.get('pod/db-0') !== undefined);
    expect(c.get('persistentvolumeclaim/data-db-0')?.metadata.labels).toEqual({ app: 'db' });
    expect(c.get<Pod>('pod/db-0')?.spec.volumes?.[0]).toMatchObject({
      name: 'data',
      persistentVolumeClaim: { claimName: 'data-db-0' },
    });
    expect(c.events('statefulset/db')[0]).toBe(
      'Normal SuccessfulCreate Create Claim data-db-0 Pod db-0 in StatefulSet db success',
    );
    c.patch('statefulset/db', { spec: { replicas: 0 } });
    c.until(() => names(c).length === 0);
    c.run(5);
    expect(c.get('persistentvolumeclaim/data-db-0')).toBeDefined();
    c.patch('statefulset/db', {
      spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' }, replicas: 1 },
    });
    c.until(() => c.get('persistentvolumeclaim/data-db-0')?.metadata.ownerReferences?.[0]?.kind === 'StatefulSet');
    c.patch('statefulset/db', { spec: { replicas: 0 } });
    c.until(() => c.get('persistentvolumeclaim/data-db-0') === undefined, 30);
  });

  it('replaces a pod that has failed', () => {
    const c = createCluster();
    c.create(statefulSet(1));
    c.until(settled(c, 1));
    const { uid } = c.get('pod/db-0')!.metadata;
    c.patch('pod/db-0', { status: { phase: 'Failed' } }, 'status');
    c.until(() => c.get('pod/db-0') !== undefined && c.get('pod/db-0')?.metadata.uid !== uid);
    c.until(settled(c, 1));
  });
});
