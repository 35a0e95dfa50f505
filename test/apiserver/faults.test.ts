import { describe, expect, it } from 'vitest';
import type { KubeList } from '../../src/sim/api/types.ts';
import { createWorld, ETCD_FLAGS, FLAGS, message } from './world.ts';

const CMS = '/api/v1/namespaces/default/configmaps';
const state = (world: ReturnType<typeof createWorld>) => world.kernel.state.processes.get('cp-1/kube-apiserver')?.state;

describe('without etcd', () => {
  it('is not ready, refuses what it would have to ask etcd for, still answers from its cache, and comes back', () => {
    const world = createWorld();
    world.post(CMS, { metadata: { name: 'a' } });
    const seen = world.watch(CMS, { resourceVersion: '0' });
    world.kernel.processes.signal('cp-1/etcd', 'SIGKILL');
    world.run(1);
    expect(state(world)).toBe('storageUnavailable');
    expect(world.get('/readyz')).toMatchObject({ status: 500 });
    expect(String(world.get('/readyz', { verbose: '' }).body)).toContain('[-]etcd failed: reason withheld');
    const refused =
      'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:2379: connect: connection refused"';
    expect(world.post(CMS, { metadata: { name: 'b' } })).toMatchObject({ status: 500, body: { message: refused } });
    expect(message(world.get(`${CMS}/a`))).toBe(refused);
    expect(world.get(CMS, { resourceVersion: '0' }).body).toMatchObject({ items: [{ metadata: { name: 'a' } }] });
    world.kernel.processes.spawn('cp-1', { name: 'etcd', program: 'etcd', args: ETCD_FLAGS, log: 'etcd' });
    world.run(10);
    expect(state(world)).toBe('ready');
    expect(world.get('/readyz').status).toBe(200);
    world.post(CMS, { metadata: { name: 'b' } });
    world.run(1);
    expect(seen().map(({ object }) => object.metadata.name)).toEqual(['a', 'b']);
  });

  it('answers Timeout when etcd hangs', () => {
    const world = createWorld();
    world.kernel.processes.pause('cp-1/etcd');
    const reply = world.post(CMS, { metadata: { name: 'a' } });
    expect(reply.status).toBe(504);
    expect(message(reply)).toBe('Timeout: request did not complete within the allotted timeout');
  });
});

describe('a restart', () => {
  it('loses nothing', () => {
    const world = createWorld();
    world.post(CMS, { metadata: { name: 'a' } });
    world.kernel.processes.signal('cp-1/kube-apiserver', 'SIGTERM');
    world.run(1);
    expect(state(world)).toBeUndefined();
    expect(world.get(CMS)).toEqual({ status: 0, body: 'dial tcp 192.168.56.11:6443: connect: connection refused' });
    world.kernel.processes.spawn('cp-1', {
      name: 'kube-apiserver',
      program: 'kube-apiserver',
      args: FLAGS,
      log: 'apiserver',
    });
    world.run(3);
    expect(state(world)).toBe('ready');
    expect(world.get(CMS).body).toMatchObject({ items: [{ metadata: { name: 'a' } }] });
  });
});

describe('bootstrap roles', () => {
  it('get back at the next start what was taken from them, and keep what was added', () => {
    const world = createWorld();
    const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:kube-scheduler';
    world.patch(path, { rules: [{ apiGroups: ['example.com'], resources: ['*'], verbs: ['*'] }] });
    world.kernel.processes.signal('cp-1/kube-apiserver', 'SIGKILL');
    world.run(1);
    world.kernel.processes.spawn('cp-1', {
      name: 'kube-apiserver',
      program: 'kube-apiserver',
      args: FLAGS,
      log: 'apiserver',
    });
    world.run(3);
    const { rules } = world.get(path).body as { rules: { apiGroups: string[] }[] };
    expect(rules.length).toBeGreaterThan(10);
    expect(rules[0]?.apiGroups).toEqual(['example.com']);
  });

  it('are served unless --runtime-config says no', () => {
    const world = createWorld([...FLAGS, '--runtime-config=batch/v1=false']);
    expect(world.get('/apis/batch/v1/jobs')).toEqual({ status: 404, body: '404 page not found\n' });
    expect(world.get('/apis/apps/v1/deployments').status).toBe(200);
  });
});

describe('lists and watches of the past', () => {
  it('page through one revision', () => {
    const world = createWorld();
    for (const name of ['a', 'b', 'c', 'd', 'e']) world.post(CMS, { metadata: { name } });
    const names = (list: KubeList) => list.items.map(({ metadata }) => metadata.name).join('');
    const first = world.get(CMS, { limit: '2' }).body as KubeList;
    expect(names(first)).toBe('ab');
    expect(first.metadata.remainingItemCount).toBe(3);
    world.delete(`${CMS}/c`);
    const second = world.get(CMS, { limit: '2', continue: first.metadata.continue ?? '' }).body as KubeList;
    expect(names(second)).toBe('cd');
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    expect(names(world.get(CMS, { limit: '2', continue: second.metadata.continue ?? '' }).body as KubeList)).toBe('e');
  });

  it('have expired once etcd was compacted', () => {
    const world = createWorld();
    for (const name of ['a', 'b', 'c']) world.post(CMS, { metadata: { name } });
    const first = world.get(CMS, { limit: '1' }).body as KubeList;
    world.run(620);
    const expired = world.get(CMS, { limit: '1', continue: first.metadata.continue ?? '' });
    expect(expired).toMatchObject({ status: 410, body: { reason: 'Expired' } });
    expect(message(expired)).toContain('The provided continue parameter is too old');
    expect(message(world.get(CMS, { resourceVersion: '2', resourceVersionMatch: 'Exact' }))).toBe(
      'The resourceVersion for the provided list is too old.',
    );
    const seen = world.watch(CMS, { resourceVersion: '1' });
    world.run(1);
    expect(seen()).toMatchObject([{ type: 'ERROR', object: { reason: 'Expired', code: 410 } }]);
  });

  it('of the future time out', () => {
    const world = createWorld();
    const reply = world.get(CMS, { resourceVersion: '99999999' });
    expect(reply.status).toBe(504);
    expect(message(reply)).toMatch(/^Timeout: Too large resource version: 99999999, current: \d+$/);
  });

  it('send the state first when asked to, and say when it is all', () => {
    const world = createWorld();
    world.post(CMS, { metadata: { name: 'a' } });
    const seen = world.watch(CMS, {
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
    });
    world.run(1);
    expect(seen()).toMatchObject([
      { type: 'ADDED', object: { metadata: { name: 'a' } } },
      { type: 'BOOKMARK', object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } },
    ]);
  });
});

describe('time', () => {
  it('takes events away after an hour', () => {
    const world = createWorld();
    const events = '/api/v1/namespaces/default/events';
    const body = {
      metadata: { name: 'e.1', namespace: 'default' },
      involvedObject: { kind: 'Pod', namespace: 'default', name: 'x' },
      reason: 'Started',
      type: 'Normal',
    };
    expect(world.post(events, body).status).toBe(201);
    world.run(3_500);
    expect((world.get(events).body as KubeList).items).toHaveLength(1);
    world.run(300);
    expect((world.get(events).body as KubeList).items).toHaveLength(0);
  });

  it('costs an idle server next to nothing', () => {
    const world = createWorld();
    const before = world.kernel.state.steps;
    world.run(600);
    expect((world.kernel.state.steps - before) / 600).toBeLessThan(30);
  });
});

describe('deletion of a namespace', () => {
  it('marks it, refuses new content, and ends when it is finalized', () => {
    const world = createWorld();
    world.post('/api/v1/namespaces', { metadata: { name: 'raw' } });
    expect(world.delete('/api/v1/namespaces/raw').body).toMatchObject({ status: { phase: 'Terminating' } });
    const refused = world.post('/api/v1/namespaces/raw/configmaps', { metadata: { name: 'late' } });
    expect(refused).toMatchObject({ status: 403, body: { details: { causes: [{ reason: 'NamespaceTerminating' }] } } });
    expect(message(refused)).toBe(
      'configmaps "late" is forbidden: unable to create new content in namespace raw because it is being terminated',
    );
    const namespace = world.get('/api/v1/namespaces/raw').body as object;
    world.put('/api/v1/namespaces/raw/finalize', { ...namespace, spec: { finalizers: [] } });
    expect(world.get('/api/v1/namespaces/raw').status).toBe(404);
    expect(message(world.delete('/api/v1/namespaces/default'))).toBe(
      'namespaces "default" is forbidden: this namespace may not be deleted',
    );
  });
});
