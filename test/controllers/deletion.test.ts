import { describe, expect, it } from 'vitest';
import type { Namespace } from '../../src/sim/api/types.ts';
import { createCluster, deployment, type TestCluster } from './cluster.ts';

const owner = (c: TestCluster, target: string, more: object = {}) => {
  const { apiVersion, kind, metadata } = c.get(target)!;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, ...more };
};
const configMap = (name: string, metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
});
const finalizers = (c: TestCluster, target: string) => c.get(target)?.metadata.finalizers ?? [];

function withDeployment(): TestCluster {
  const c = createCluster();
  c.create(deployment('web', 3));
  c.until(() => c.pods().length === 3 && c.pods().every((pod) => pod.status?.phase === 'Running'));
  c.run(1);
  return c;
}

describe('the garbage collector', () => {
  it('in the background: the owner goes at once, its dependents after it', () => {
    const c = withDeployment();
    c.delete('deployment/web');
    expect(c.get('deployment/web')).toBeUndefined();
    expect(c.list('replicasets')).toHaveLength(1);
    c.until(() => c.list('replicasets').length === 0 && c.pods().length === 0);
    expect(c.writesIn(60)).toEqual([]);
  });

  it('in the foreground: the owner outlives what blocks it', () => {
    const c = withDeployment();
    c.kubelet.stopSeconds = 5;
    c.delete('deployment/web', { propagationPolicy: 'Foreground' });
    expect(finalizers(c, 'deployment/web')).toEqual(['foregroundDeletion']);
    c.run(2);
    expect(c.list('replicasets')[0]?.metadata.finalizers).toEqual(['foregroundDeletion']);
    expect(c.pods().every((pod) => pod.metadata.deletionTimestamp !== undefined)).toBe(true);
    let early = false;
    c.until(() => {
      if (c.get('deployment/web') === undefined && c.list('replicasets').length > 0) early = true;
      if (c.list('replicasets').length === 0 && c.pods().length > 0) early = true;
      return c.get('deployment/web') === undefined;
    });
    expect(early).toBe(false);
    expect(c.pods()).toHaveLength(0);
  });

  it('orphaning: the owner goes, the rest lives on without it', () => {
    const c = withDeployment();
    c.delete('deployment/web', { propagationPolicy: 'Orphan' });
    c.until(() => c.get('deployment/web') === undefined);
    expect(c.list('replicasets')[0]?.metadata.ownerReferences ?? []).toEqual([]);
    c.run(10);
    expect(c.pods()).toHaveLength(3);
  });

  it('collects what names an owner that does not exist, and forgets one of several', () => {
    const c = createCluster();
    c.create(configMap('real'));
    const ghost = { apiVersion: 'v1', kind: 'ConfigMap', name: 'ghost', uid: '00000000-0000-0000-0000-000000000001' };
    c.create(configMap('lost', { ownerReferences: [ghost] }));
    c.create(configMap('half', { ownerReferences: [ghost, owner(c, 'configmap/real')] }));
    c.until(() => c.get('configmap/lost') === undefined);
    c.until(() => c.get('configmap/half')?.metadata.ownerReferences?.length === 1);
    c.run(5);
    expect(c.get('configmap/half')).toBeDefined();
    c.delete('configmap/real');
    c.until(() => c.get('configmap/half') === undefined);
    expect(c.writesIn(60)).toEqual([]);
  });

  it('waits for finalizers of others', () => {
    const c = createCluster();
    c.create(configMap('parent'));
    const ownerReferences = [owner(c, 'configmap/parent', { blockOwnerDeletion: true })];
    c.create(configMap('child', { ownerReferences, finalizers: ['example.com/hold'] }));
    c.delete('configmap/parent', { propagationPolicy: 'Foreground' });
    c.run(10);
    expect(c.get('configmap/child')?.metadata.deletionTimestamp).toBeDefined();
    expect(c.get('configmap/parent')).toBeDefined();
    expect(c.writesIn(30)).toEqual([]);
    c.patch('configmap/child', { metadata: { finalizers: null } });
    c.until(() => c.get('configmap/parent') === undefined);
  });
});

describe('a namespace that is deleted', () => {
  const conditions = (c: TestCluster) =>
    (c.get<Namespace>('namespace/team')?.status?.conditions ?? []).map(
      ({ type, status, message }) => `${type} ${status} ${message}`,
    );
  const create = () => {
    const c = createCluster();
    c.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team' } });
    c.until(
      () =>
        c.get('serviceaccount/team/default') !== undefined && c.get('configmap/team/kube-root-ca.crt') !== undefined,
    );
    return c;
  };

  it('refuses new content, empties itself, and goes', () => {
    const c = create();
    const web = deployment('web', 2) as { metadata: object };
    c.create({ ...web, metadata: { name: 'web', namespace: 'team' } });
    c.until(() => c.list('pods', 'team').length === 2);
    c.delete('namespace/team');
    expect(c.get<Namespace>('namespace/team')?.status?.phase).toBe('Terminating');
    const refused = c.ask('POST', '/api/v1/namespaces/team/configmaps', configMap('late', { namespace: 'team' }));
    expect(refused.status).toBe(403);
    c.until(() => c.get('namespace/team') === undefined, 60);
    for (const kind of ['pods', 'replicasets', 'deployments', 'configmaps', 'serviceaccounts', 'events'])
      expect(c.list(kind, 'team')).toEqual([]);
    expect(c.managerLog().filter((line) => line.includes('web'))).toEqual([]);
  });

  it('says what holds it back', () => {
    const c = create();
    c.create(configMap('held', { namespace: 'team', finalizers: ['example.com/hold'] }));
    c.delete('namespace/team');
    c.run(20);
    expect(conditions(c)).toEqual([
      'NamespaceDeletionDiscoveryFailure False All resources successfully discovered',
      'NamespaceDeletionGroupVersionParsingFailure False All legacy kube types successfully parsed',
      'NamespaceDeletionContentFailure False All content successfully deleted, may be waiting on finalization',
      'NamespaceContentRemaining True Some resources are remaining: configmaps. has 1 resource instances',
      'NamespaceFinalizersRemaining True Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
    ]);
    expect(c.writesIn(60)).toEqual([]);
    c.patch('configmap/team/held', { metadata: { finalizers: null } });
    c.until(() => c.get('namespace/team') === undefined, 30);
  });
});
