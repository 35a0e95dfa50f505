import { describe, expect, it } from 'vitest';
import type { PersistentVolume, PersistentVolumeClaim } from '../../src/sim/api/types.ts';
import { createCluster, type TestCluster } from './cluster.ts';

function volume(name: string, storage: string, spec: object = {}): object {
  const common = { capacity: { storage }, accessModes: ['ReadWriteOnce'], hostPath: { path: `/data/${name}` } };
  return { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name }, spec: { ...common, ...spec } };
}
function claim(name: string, storage: string, spec: object = {}): object {
  const common = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } } };
  return { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name }, spec: { ...common, ...spec } };
}
function storageClass(name: string, more: object): object {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner: 'example.com/disk',
    ...more,
  };
}
const claimed = (c: TestCluster, name: string) => c.get<PersistentVolumeClaim>(`persistentvolumeclaim/${name}`);
const volumed = (c: TestCluster, name: string) => c.get<PersistentVolume>(`persistentvolume/${name}`);

describe('a claim', () => {
  it('gets the smallest volume that suits it; the volume is Released when it goes', () => {
    const c = createCluster();
    c.create(volume('large', '10Gi'));
    c.create(volume('small', '2Gi'));
    c.create(volume('tiny', '500Mi'));
    c.run(1);
    expect(volumed(c, 'large')?.status?.phase).toBe('Available');
    c.create(claim('data', '1Gi', { storageClassName: '' }));
    c.until(() => claimed(c, 'data')?.status?.phase === 'Bound');
    expect(claimed(c, 'data')).toMatchObject({
      metadata: {
        annotations: { 'pv.kubernetes.io/bind-completed': 'yes', 'pv.kubernetes.io/bound-by-controller': 'yes' },
      },
      spec: { volumeName: 'small' },
      status: { accessModes: ['ReadWriteOnce'], capacity: { storage: '2Gi' } },
    });
    expect(volumed(c, 'small')).toMatchObject({
      spec: { claimRef: { name: 'data', namespace: 'default' } },
      status: { phase: 'Bound' },
    });
    expect(c.writesIn(60)).toEqual([]);
    c.delete('persistentvolumeclaim/data');
    c.until(() => claimed(c, 'data') === undefined && volumed(c, 'small')?.status?.phase === 'Released');
    expect(c.writesIn(60)).toEqual([]);
  });

  it('says why it has none: no class, waiting for a pod, for a provisioner, or for a class that does not exist', () => {
    const c = createCluster();
    c.create(storageClass('slow', {}));
    c.create(storageClass('local', { volumeBindingMode: 'WaitForFirstConsumer' }));
    c.create(claim('none', '1Gi'));
    c.create(claim('waiting', '1Gi', { storageClassName: 'local' }));
    c.create(claim('external', '1Gi', { storageClassName: 'slow' }));
    c.create(claim('lost', '1Gi', { storageClassName: 'gone' }));
    c.run(2);
    const first = (name: string) => c.events(`persistentvolumeclaim/${name}`)[0];
    expect(first('none')).toMatch(
      /^Normal FailedBinding no persistent volumes available for this claim and no storage class is set/,
    );
    expect(first('waiting')).toMatch(
      /^Normal WaitForFirstConsumer waiting for first consumer to be created before binding/,
    );
    expect(first('external')).toMatch(
      /^Normal ExternalProvisioning Waiting for a volume to be created either by the external provisioner 'example.com\/disk' or manually/,
    );
    expect(first('lost')).toMatch(/^Warning ProvisioningFailed storageclass.storage.k8s.io "gone" not found/);
    expect(claimed(c, 'waiting')?.status?.phase).toBe('Pending');
    c.create(volume('late', '1Gi'));
    c.until(() => claimed(c, 'none')?.status?.phase === 'Bound');
  });

  it('is Lost when its volume vanishes', () => {
    const c = createCluster();
    c.create(volume('one', '1Gi'));
    c.create(claim('data', '1Gi', { storageClassName: '' }));
    c.until(() => claimed(c, 'data')?.status?.phase === 'Bound');
    c.delete('persistentvolume/one');
    c.patch('persistentvolume/one', { metadata: { finalizers: null } });
    c.until(() => claimed(c, 'data')?.status?.phase === 'Lost');
    expect(c.events('persistentvolumeclaim/data').at(-1)).toMatch(
      /^Warning ClaimLost Bound claim has lost its PersistentVolume/,
    );
  });

  it('that waits for a pod is bound by what the scheduler chose', () => {
    const c = createCluster();
    c.create(
      storageClass('local', { provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'WaitForFirstConsumer' }),
    );
    const nodeSelectorTerms = [
      { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['node-2'] }] },
    ];
    c.create(volume('disk', '1Gi', { storageClassName: 'local', nodeAffinity: { required: { nodeSelectorTerms } } }));
    c.create(claim('data', '1Gi', { storageClassName: 'local' }));
    c.run(2);
    const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }];
    c.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'db' },
      spec: { volumes, containers: [{ name: 'main', image: 'db:1' }] },
    });
    c.until(() => claimed(c, 'data')?.status?.phase === 'Bound', 30);
    c.until(() => c.pods()[0]?.status?.phase === 'Running', 30);
    expect(c.pods()[0]?.spec.nodeName).toBe('node-2');
  });
});
