import { describe, expect, it } from 'vitest';
import type { EndpointSlice, KubeList, Service } from '../../src/sim/api/types.ts';
import { clonePlain } from '../../src/sim/kernel/clone.ts';
import { hashPlain } from '../../src/sim/kernel/hash.ts';
import { createKernel } from '../../src/sim/kernel/kernel.ts';
import { createWorld, FLAGS } from './world.ts';

const SERVICES = '/api/v1/namespaces/default/services';
const SLICE = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes';

describe('three API servers on three etcd members', () => {
  it('bootstrap one cluster, and all are endpoints of the kubernetes Service', () => {
    const world = createWorld(FLAGS, false, 3);
    world.run(10);
    for (const n of [1, 2, 3]) {
      world.use(n);
      expect(world.get('/readyz').status).toBe(200);
      const roles = world.get('/apis/rbac.authorization.k8s.io/v1/clusterroles').body as KubeList;
      expect(roles.items).toHaveLength(69);
    }
    const slice = world.get(SLICE).body as EndpointSlice;
    expect(slice.endpoints?.map(({ addresses }) => addresses[0])).toEqual([
      '192.168.56.11',
      '192.168.56.12',
      '192.168.56.13',
    ]);
    world.kernel.processes.signal('cp-1/kube-apiserver', 'SIGKILL');
    world.run(40);
    const after = world.get(SLICE).body as EndpointSlice;
    expect(after.endpoints?.map(({ addresses }) => addresses[0])).toEqual(['192.168.56.12', '192.168.56.13']);
  });

  it('never hand out an address twice, nor lose an update', () => {
    const world = createWorld(
      FLAGS.map((flag) => flag.replace('10.96.0.0/12', '10.96.0.0/27')),
      false,
      3,
    );
    world.run(10);
    const answers = Array.from({ length: 20 }, (_, i) =>
      world.send(
        {
          method: 'POST',
          path: SERVICES,
          body: { metadata: { name: `s${i}` }, spec: { type: 'NodePort', ports: [{ port: 80 }] } },
        },
        1 + (i % 3),
      ),
    );
    world.run(5);
    expect(answers.map((answer) => answer()?.status)).toEqual(answers.map(() => 201));
    const services = (world.get(SERVICES).body as KubeList).items as readonly unknown[] as readonly Service[];
    const ips = services.map(({ spec }) => spec.clusterIP);
    expect(new Set(ips).size).toBe(21);
    const ports = services
      .flatMap(({ spec }) => spec.ports?.map(({ nodePort }) => nodePort) ?? [])
      .filter((port) => port !== undefined);
    expect(new Set(ports).size).toBe(20);
    const patches = Array.from({ length: 9 }, (_, i) =>
      world.send(
        {
          method: 'PATCH',
          path: `${SERVICES}/s0`,
          contentType: 'application/merge-patch+json',
          body: { metadata: { labels: { [`l${i}`]: 'x' } } },
        },
        1 + (i % 3),
      ),
    );
    world.run(2);
    expect(patches.map((answer) => answer()?.status)).toEqual(patches.map(() => 200));
    expect(Object.keys((world.get(`${SERVICES}/s0`).body as Service).metadata.labels ?? {})).toHaveLength(9);
  });

  it('go on when the leader of etcd is lost, and refuse writes without a quorum', () => {
    const world = createWorld(FLAGS, false, 3);
    world.run(10);
    world.use(3);
    world.kernel.processes.signal('cp-1/etcd', 'SIGKILL');
    world.run(5);
    expect(world.post('/api/v1/namespaces', { metadata: { name: 'a' } }).status).toBe(201);
    world.kernel.processes.signal('cp-2/etcd', 'SIGKILL');
    world.run(1);
    const refused = world.post('/api/v1/namespaces', { metadata: { name: 'b' } });
    expect(refused.status).toBe(500);
    expect(JSON.stringify(refused.body)).toContain('etcdserver: ');
    expect(world.get('/api/v1/namespaces', { resourceVersion: '0' }).status).toBe(200);
    expect(world.get('/readyz').status).toBe(500);
  });

  it('turn to the next of --etcd-servers when one is lost or hangs', () => {
    const servers = '--etcd-servers=http://192.168.56.11:2379,http://192.168.56.12:2379,http://192.168.56.13:2379';
    const world = createWorld([...FLAGS.filter((flag) => !flag.startsWith('--etcd-servers')), servers], false, 3);
    world.run(10);
    world.kernel.processes.signal('cp-1/etcd', 'SIGKILL');
    world.run(5);
    expect(world.post('/api/v1/namespaces', { metadata: { name: 'a' } }).status).toBe(201);
    expect(world.get('/readyz').status).toBe(200);
    const seen = world.watch('/api/v1/namespaces', { resourceVersion: '0' });
    world.use(2);
    world.post('/api/v1/namespaces', { metadata: { name: 'b' } });
    world.run(1);
    expect(seen().map(({ object }) => object.metadata.name)).toContain('b');
  });

  it('are plain data that can be copied and goes on the same', () => {
    const world = createWorld(FLAGS, false, 3);
    world.run(12);
    world.watch(SERVICES);
    world.run(1);
    const copy = createKernel(clonePlain(world.kernel.state), world.kernel.programs, world.kernel.hooks);
    const until = world.kernel.state.now + 30_000_000;
    world.kernel.runUntil(until);
    copy.runUntil(until);
    expect(hashPlain(copy.state)).toBe(hashPlain(world.kernel.state));
  });
});
