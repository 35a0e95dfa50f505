import { describe, expect, it } from 'vitest';
import type { DaemonSet, Pod } from '../../src/sim/api/types.ts';
import { createCluster, type TestCluster, template } from './cluster.ts';

function daemonSet(spec: object = {}, more: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent' },
    spec: { selector: { matchLabels: { app: 'agent' } }, template: template('agent', 'agent:1', more), ...spec },
  };
}
const status = (c: TestCluster) => c.get<DaemonSet>('daemonset/agent')?.status;
const nodesOf = (pods: Pod[]) => pods.map((pod) => pod.spec.nodeName).sort();
const isReady = (pod: Pod) =>
  pod.status?.conditions?.some(({ type, status: s }) => type === 'Ready' && s === 'True') === true;
const image = (name: string) => ({ spec: { template: { spec: { containers: [{ name: 'main', image: name }] } } } });
const allUpdated = (c: TestCluster, n: number) => () =>
  status(c)?.updatedNumberScheduled === n && status(c)?.numberAvailable === n && c.pods().length === n;

describe('a DaemonSet', () => {
  it('runs one pod on each node, even a cordoned one, pinned there by affinity', () => {
    const c = createCluster();
    c.patch('node/node-2', { spec: { unschedulable: true } });
    c.create(daemonSet());
    c.until(allUpdated(c, 3));
    expect(nodesOf(c.pods())).toEqual(['node-1', 'node-2', 'node-3']);
    expect(status(c)).toMatchObject({
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      numberReady: 3,
      numberMisscheduled: 0,
    });
    const [revision] = c.list('controllerrevisions');
    const hash = revision?.metadata.labels?.['controller-revision-hash'];
    expect(revision?.metadata.name).toBe(`agent-${hash}`);
    expect(c.pods()[0]?.metadata.labels).toEqual({
      app: 'agent',
      'controller-revision-hash': hash,
      'pod-template-generation': '1',
    });
    expect(c.writesIn(60)).toEqual([]);
  });

  it('follows labels and taints: leaves nodes it may not be on, comes to those it may', () => {
    const c = createCluster();
    c.create(daemonSet({}, { nodeSelector: { disk: 'ssd' } }));
    c.patch('node/node-1', { metadata: { labels: { disk: 'ssd' } } });
    c.patch('node/node-2', { metadata: { labels: { disk: 'ssd' } } });
    c.until(allUpdated(c, 2));
    c.patch('node/node-1', { metadata: { labels: { disk: null } } });
    c.until(allUpdated(c, 1));
    c.patch('node/node-2', { spec: { taints: [{ key: 'maintenance', effect: 'NoSchedule' }] } });
    c.run(3);
    // It may stay where it is, but counts as misscheduled.
    expect(c.pods()).toHaveLength(1);
    expect(status(c)).toMatchObject({ desiredNumberScheduled: 0, numberMisscheduled: 1 });
    c.patch('node/node-2', { spec: { taints: [{ key: 'maintenance', effect: 'NoExecute' }] } });
    c.until(() => c.pods().length === 0);
    expect(c.writesIn(60)).toEqual([]);
  });

  it('rolls a new template node by node', () => {
    const c = createCluster();
    c.create(daemonSet());
    c.until(allUpdated(c, 3));
    c.patch('daemonset/agent', image('agent:2'));
    let least = 3;
    c.until(() => {
      least = Math.min(
        least,
        c.pods().filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined).length,
      );
      return allUpdated(c, 3)() && c.pods().every((pod) => pod.spec.containers[0]?.image === 'agent:2');
    });
    expect(least).toBe(2);
    expect(c.list('controllerrevisions').map((revision) => revision['revision'])).toEqual([1, 2]);
    expect(c.pods()[0]?.metadata.labels?.['pod-template-generation']).toBe('2');
    expect(c.writesIn(60)).toEqual([]);
  });

  it('stops a roll-out at the first node whose new daemon does not get ready', () => {
    const c = createCluster();
    c.create(daemonSet());
    c.until(allUpdated(c, 3));
    c.patch('daemonset/agent', image('never-ready'));
    c.run(30);
    expect(status(c)).toMatchObject({ updatedNumberScheduled: 1, numberAvailable: 2, numberUnavailable: 1 });
    expect(c.writesIn(60)).toEqual([]);
  });

  it('surges: starts the new daemon beside the old one, and never has a node without', () => {
    const c = createCluster();
    c.create(daemonSet({ updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }));
    c.until(allUpdated(c, 3));
    c.patch('daemonset/agent', image('agent:2'));
    let [least, most] = [3, 3];
    c.until(() => {
      const live = c.pods().filter((pod) => pod.metadata.deletionTimestamp === undefined);
      least = Math.min(least, live.filter(isReady).length);
      most = Math.max(most, live.length);
      return allUpdated(c, 3)() && c.pods().every((pod) => pod.spec.containers[0]?.image === 'agent:2');
    });
    expect(least).toBe(3);
    expect(most).toBe(4);
  });

  it('with OnDelete changes a node only when its old pod is deleted', () => {
    const c = createCluster();
    c.create(daemonSet({ updateStrategy: { type: 'OnDelete', rollingUpdate: null } }));
    c.until(allUpdated(c, 3));
    c.patch('daemonset/agent', image('agent:2'));
    c.run(10);
    expect(c.pods().filter((pod) => pod.spec.containers[0]?.image === 'agent:2')).toHaveLength(0);
    c.delete(`pod/${c.pods()[0]?.metadata.name}`);
    c.until(() => status(c)?.updatedNumberScheduled === 1 && status(c)?.numberAvailable === 3);
  });

  it('kills failed daemons, with growing delays', () => {
    const c = createCluster({ nodes: 1 });
    c.create(daemonSet({ template: template('agent', 'exit-1') }));
    c.run(30);
    const failures = c.events('daemonset/agent').filter((text) => text.startsWith('Warning FailedDaemonPod'));
    expect(failures[0]).toMatch(
      /^Warning FailedDaemonPod Found failed daemon pod default\/agent-\w{5} on node node-1, will try to kill it$/,
    );
    expect(failures.length).toBeGreaterThan(2);
    expect(failures.length).toBeLessThan(7);
  });
});
