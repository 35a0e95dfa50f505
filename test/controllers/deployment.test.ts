import { describe, expect, it } from 'vitest';
import type { Deployment, ReplicaSet } from '../../src/sim/api/types.ts';
import { createCluster, deployment, type TestCluster, template } from './cluster.ts';

const web = (c: TestCluster) => c.get<Deployment>('deployment/web')!;
const sets = (c: TestCluster) => c.list<ReplicaSet>('replicasets');
const settled = (c: TestCluster) => () => {
  const { status, spec, metadata } = web(c);
  const { replicas, updatedReplicas, availableReplicas, observedGeneration } = status ?? {};
  const all = spec.replicas ?? 1;
  return (
    observedGeneration === metadata.generation &&
    (replicas ?? 0) === all &&
    (updatedReplicas ?? 0) === all &&
    (availableReplicas ?? 0) === all
  );
};
const condition = (c: TestCluster, type: string) => web(c).status?.conditions?.find((known) => known.type === type);
const image = (name: string) => ({ spec: { template: { spec: { containers: [{ name: 'main', image: name }] } } } });

function running(replicas: number, spec: object = {}): TestCluster {
  const c = createCluster();
  c.create(deployment('web', replicas, spec));
  c.until(settled(c));
  c.run(2);
  return c;
}

describe('a Deployment', () => {
  it('makes a ReplicaSet, which makes pods; says so once, and then is quiet', () => {
    const c = running(3);
    const [set] = sets(c);
    expect(set?.metadata.labels?.['pod-template-hash']).toBe(set?.metadata.name.slice('web-'.length));
    expect(set?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '1',
      'deployment.kubernetes.io/desired-replicas': '3',
      'deployment.kubernetes.io/max-replicas': '4',
    });
    expect(web(c).metadata).toMatchObject({ generation: 1, annotations: { 'deployment.kubernetes.io/revision': '1' } });
    expect(web(c).status?.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual([
      'Available True MinimumReplicasAvailable',
      'Progressing True NewReplicaSetAvailable',
    ]);
    expect(condition(c, 'Progressing')?.message).toBe(
      `ReplicaSet "${set?.metadata.name}" has successfully progressed.`,
    );
    expect(c.events('deployment/web')).toEqual([
      `Normal ScalingReplicaSet Scaled up replica set ${set?.metadata.name} from 0 to 3`,
    ]);
    expect(c.events(`replicaset/${set?.metadata.name}`)).toHaveLength(3);
    expect(c.events(`replicaset/${set?.metadata.name}`)[0]).toMatch(
      /^Normal SuccessfulCreate Created pod: web-\w+-\w{5}$/,
    );
    expect(c.writesIn(120)).toEqual([]);
  });

  it('rolls within maxSurge and maxUnavailable, and back to an old template under a new revision', () => {
    const c = running(8);
    let [most, least] = [0, 8];
    c.patch('deployment/web', image('nginx:1.30'));
    c.until(() => {
      const available = c
        .pods()
        .filter((pod) => pod.status?.conditions?.some((x) => x.type === 'Ready' && x.status === 'True'));
      most = Math.max(most, c.pods().filter((pod) => pod.metadata.deletionTimestamp === undefined).length);
      least = Math.min(least, available.length);
      return settled(c)();
    });
    expect(most).toBeLessThanOrEqual(10);
    expect(least).toBeGreaterThanOrEqual(6);
    expect(
      sets(c)
        .map((set) => set.spec.replicas)
        .sort(),
    ).toEqual([0, 8]);
    expect(web(c).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
    c.patch('deployment/web', image('nginx:1.29'));
    c.run(1);
    c.until(settled(c));
    c.run(2);
    expect(sets(c)).toHaveLength(2);
    const back = sets(c).find((set) => set.spec.replicas === 8);
    expect(back?.metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    });
    expect(web(c).metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
    expect(c.writesIn(60)).toEqual([]);
  });

  it('keeps no more old ReplicaSets than revisionHistoryLimit', () => {
    const c = running(1, { revisionHistoryLimit: 1 });
    for (const tag of ['a', 'b', 'c']) {
      c.patch('deployment/web', image(`nginx:${tag}`));
      c.run(1);
      c.until(settled(c));
    }
    c.until(() => sets(c).length === 2);
    expect(
      sets(c)
        .map((set) => set.metadata.annotations?.['deployment.kubernetes.io/revision'])
        .sort(),
    ).toEqual(['3', '4']);
  });

  it('scales while paused, and rolls out only when resumed', () => {
    const c = running(2);
    c.patch('deployment/web', { spec: { paused: true, replicas: 4, ...image('nginx:1.30').spec } });
    c.until(() => c.pods().length === 4);
    c.run(3);
    expect(sets(c)).toHaveLength(1);
    expect(condition(c, 'Progressing')).toMatchObject({
      status: 'Unknown',
      reason: 'DeploymentPaused',
      message: 'Deployment is paused',
    });
    c.patch('deployment/web', { spec: { paused: false } });
    c.until(settled(c));
    expect(sets(c)).toHaveLength(2);
    expect(condition(c, 'Progressing')?.reason).toBe('NewReplicaSetAvailable');
  });

  it('shares a change of size in proportion between the sets of a rollout that is stuck', () => {
    const c = running(10, { strategy: { rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } });
    c.patch('deployment/web', image('never-ready'));
    c.run(10);
    expect(
      sets(c)
        .map((set) => set.spec.replicas)
        .sort(),
    ).toEqual([5, 8]);
    c.patch('deployment/web', { spec: { replicas: 15 } });
    c.run(10);
    // 18 are allowed: five more, three for the larger set and two for the new one.
    expect(
      sets(c)
        .map((set) => set.spec.replicas)
        .sort(),
    ).toEqual([11, 7]);
  });

  it('says that a rollout has hung for longer than progressDeadlineSeconds, until somebody repairs it', () => {
    const c = running(3, { progressDeadlineSeconds: 60 });
    c.patch('deployment/web', image('never-ready'));
    c.run(30);
    expect(condition(c, 'Progressing')).toMatchObject({ status: 'True', reason: 'ReplicaSetUpdated' });
    c.run(45);
    const name = sets(c).find((set) => set.spec.template.spec.containers[0]?.image === 'never-ready')?.metadata.name;
    expect(condition(c, 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `ReplicaSet "${name}" has timed out progressing.`,
    });
    expect(condition(c, 'Available')?.status).toBe('True');
    expect(c.writesIn(60)).toEqual([]);
    c.patch('deployment/web', image('nginx:1.29'));
    c.until(settled(c));
    c.run(1);
    expect(condition(c, 'Progressing')?.reason).toBe('NewReplicaSetAvailable');
  });

  it('with Recreate starts no new pod before the last old one is gone', () => {
    const c = running(3, { strategy: { type: 'Recreate', rollingUpdate: null } });
    c.kubelet.stopSeconds = 5;
    const old = new Set(c.pods().map((pod) => pod.metadata.name));
    c.patch('deployment/web', image('nginx:1.30'));
    c.until(() => c.pods().some((pod) => !old.has(pod.metadata.name)), 30);
    expect(c.pods().filter((pod) => old.has(pod.metadata.name))).toEqual([]);
    c.until(settled(c));
  });

  it('goes round a ReplicaSet of somebody else that has its name', () => {
    const c = createCluster();
    c.create(deployment('probe', 0));
    c.run(1);
    const hash = c.list<ReplicaSet>('replicasets')[0]!.metadata.labels!['pod-template-hash'];
    c.create({
      ...deployment('web', 1, {
        paused: true,
        template: template('probe'),
        selector: { matchLabels: { app: 'probe' } },
      }),
    });
    c.create({
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: `web-${hash}`, labels: { other: 'yes' } },
      spec: { replicas: 0, selector: { matchLabels: { app: 'other' } }, template: template('other') },
    });
    c.patch('deployment/web', { spec: { paused: false } });
    c.until(settled(c));
    expect(web(c).status?.collisionCount).toBe(1);
    expect(c.writesIn(30)).toEqual([]);
  });

  it('shows what keeps its pods from being created: ReplicaFailure, and recovers', () => {
    const c = createCluster();
    c.create({ apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'two' }, spec: { hard: { pods: '2' } } });
    c.run(1);
    c.create(deployment('web', 3));
    c.until(() => condition(c, 'ReplicaFailure') !== undefined);
    expect(condition(c, 'ReplicaFailure')).toMatchObject({ status: 'True', reason: 'FailedCreate' });
    expect(condition(c, 'ReplicaFailure')?.message).toMatch(
      /^pods "web-\w+-\w{5}" is forbidden: exceeded quota: two, requested: pods=1, used: pods=2, limited: pods=2$/,
    );
    expect(
      c
        .events(`replicaset/${sets(c)[0]?.metadata.name}`)
        .some((text) => text.startsWith('Warning FailedCreate Error creating: pods "web-')),
    ).toBe(true);
    c.patch('resourcequota/two', { spec: { hard: { pods: '5' } } });
    c.until(settled(c), 400);
    c.run(2);
    expect(condition(c, 'ReplicaFailure')).toBeUndefined();
  });

  it('rolls back by the old annotation, with an event', () => {
    const c = running(1);
    c.patch('deployment/web', image('nginx:1.30'));
    c.run(1);
    c.until(settled(c));
    c.patch('deployment/web', { metadata: { annotations: { 'deprecated.deployment.rollback.to': '0' } } });
    c.until(() => web(c).spec.template.spec.containers[0]?.image === 'nginx:1.29');
    c.until(settled(c));
    expect(c.events('deployment/web')).toContain(
      'Normal DeploymentRollback Rolled back deployment "web" to revision 1',
    );
  });

  it('adopts an orphaned ReplicaSet of its template, and its pods live on', () => {
    const c = running(2);
    const names = c
      .pods()
      .map((pod) => pod.metadata.name)
      .sort();
    c.delete('deployment/web', { propagationPolicy: 'Orphan' });
    c.until(() => c.get('deployment/web') === undefined);
    expect(sets(c)[0]?.metadata.ownerReferences ?? []).toEqual([]);
    c.create(deployment('web', 2));
    c.until(settled(c));
    expect(sets(c)).toHaveLength(1);
    expect(sets(c)[0]?.metadata.ownerReferences).toHaveLength(1);
    expect(
      c
        .pods()
        .map((pod) => pod.metadata.name)
        .sort(),
    ).toEqual(names);
  });
});
