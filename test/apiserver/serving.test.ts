import { describe, expect, it } from 'vitest';
import type { KubeList, KubeObject } from '../../src/sim/api/types.ts';
import { createWorld, message } from './world.ts';

const configMap = (name: string, data: Record<string, string> = {}) => ({ metadata: { name }, data });
const CMS = '/api/v1/namespaces/default/configmaps';

describe('an API server that starts', () => {
  it('bootstraps what every cluster has and is ready', () => {
    const world = createWorld();
    expect(world.kernel.state.processes.get('cp-1/kube-apiserver')?.state).toBe('ready');
    expect(world.get('/readyz')).toMatchObject({ status: 200, body: 'ok' });
    const names = (path: string) => (world.get(path).body as KubeList).items.map((item) => item.metadata.name);
    expect(names('/api/v1/namespaces')).toEqual(['default', 'kube-node-lease', 'kube-public', 'kube-system']);
    expect(names('/apis/rbac.authorization.k8s.io/v1/clusterroles')).toHaveLength(69);
    expect(names('/apis/scheduling.k8s.io/v1/priorityclasses')).toEqual([
      'system-cluster-critical',
      'system-node-critical',
    ]);
    expect(world.get('/api/v1/namespaces/default/services/kubernetes').body).toMatchObject({
      spec: { clusterIP: '10.96.0.1' },
    });
    expect(world.get('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes').body).toMatchObject({
      endpoints: [{ addresses: ['192.168.56.11'] }],
    });
  });

  it('creates, reads, changes and deletes with the revisions of etcd', () => {
    const world = createWorld();
    const created = world.post(CMS, configMap('a', { k: '1' }));
    expect(created.status).toBe(201);
    const { metadata } = created.body as KubeObject;
    expect(metadata.uid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(world.get(`${CMS}/a`).body).toEqual(created.body);
    expect(message(world.post(CMS, configMap('a')))).toBe('configmaps "a" already exists');
    const changed = world.patch(`${CMS}/a`, { data: { k: '2' } }).body as KubeObject;
    expect(changed['data']).toEqual({ k: '2' });
    expect(Number(changed.metadata.resourceVersion)).toBeGreaterThan(Number(metadata.resourceVersion));
    const stale = world.put(`${CMS}/a`, created.body);
    expect(stale.status).toBe(409);
    expect(message(stale)).toBe(
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    );
    expect(world.delete(`${CMS}/a`).body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'a', kind: 'configmaps' },
    });
    expect(message(world.get(`${CMS}/a`))).toBe('configmaps "a" not found');
  });

  it('tells watchers what changed, in the order of etcd', () => {
    const world = createWorld();
    const seen = world.watch(CMS, { allowWatchBookmarks: 'true' });
    const selected = world.watch(CMS, { labelSelector: 'x=y' });
    world.run(1);
    world.post(CMS, configMap('a'));
    world.patch(`${CMS}/a`, { metadata: { labels: { x: 'y' } } });
    world.patch(`${CMS}/a`, { metadata: { labels: { x: null } } });
    world.delete(`${CMS}/a`);
    world.run(70);
    const brief = (events: ReturnType<typeof seen>) =>
      events.map(({ type, object }) => `${type} ${object.metadata.name}`);
    expect(brief(seen())).toEqual(['ADDED a', 'MODIFIED a', 'MODIFIED a', 'DELETED a', 'BOOKMARK ']);
    expect(brief(selected())).toEqual(['ADDED a', 'DELETED a']);
  });

  it('asks the other components how they are', () => {
    const world = createWorld();
    const { items } = world.get('/api/v1/componentstatuses').body as KubeList;
    expect(
      items.map((item) => [item.metadata.name, (item['conditions'] as { message: string }[])[0]?.message]),
    ).toEqual([
      ['etcd-0', 'ok'],
      [
        'controller-manager',
        'Get "https://127.0.0.1:10257/healthz": dial tcp 127.0.0.1:10257: connect: connection refused',
      ],
      ['scheduler', 'Get "https://127.0.0.1:10259/healthz": dial tcp 127.0.0.1:10259: connect: connection refused'],
    ]);
  });

  it('answers tables, discovery and dry runs', () => {
    const world = createWorld();
    const table = world.ask({ path: '/api/v1/namespaces', accept: 'table' }).body as {
      kind: string;
      rows: { cells: unknown[] }[];
    };
    expect(table.kind).toBe('Table');
    expect(table.rows.map(({ cells }) => cells[0])).toEqual([
      'default',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ]);
    const list = world.get('/apis/apps/v1').body as { resources: { name: string }[] };
    expect(list.resources.map(({ name }) => name)).toContain('deployments/scale');
    expect(world.ask({ path: '/apis', accept: 'discovery' }).body).toMatchObject({ kind: 'APIGroupDiscoveryList' });
    expect(world.post(CMS, configMap('dry'), { dryRun: 'All' }).status).toBe(201);
    expect(world.get(`${CMS}/dry`).status).toBe(404);
    const strict = world.post(CMS, { metadata: { name: 'x' }, foo: 1 }, { fieldValidation: 'Strict' });
    expect(message(strict)).toBe(
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "foo"',
    );
    expect(world.post(CMS, { metadata: { name: 'x' }, foo: 1 }).warnings).toEqual(['unknown field "foo"']);
  });

  it('scales what can be scaled', () => {
    const world = createWorld();
    const path = '/apis/apps/v1/namespaces/default/deployments';
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } };
    world.post(path, { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } });
    const scaled = world.patch(`${path}/d/scale`, { spec: { replicas: 4 } });
    expect(scaled.body).toMatchObject({ kind: 'Scale', spec: { replicas: 4 }, status: { selector: 'a=b' } });
    expect(world.get(`${path}/d`).body).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 4 } });
    expect(message(world.patch(`${path}/d/scale`, { spec: { replicas: -1 } }))).toBe(
      'Scale.autoscaling "d" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    );
  });
});
