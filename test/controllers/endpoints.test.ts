import { describe, expect, it } from 'vitest';
import type { EndpointSlice, Endpoints } from '../../src/sim/api/types.ts';
import { createCluster, deployment, type TestCluster, template } from './cluster.ts';

function service(spec: object = {}, name = 'web'): object {
  const ports = [{ port: 80, targetPort: 8080 }];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { app: 'web' }, ports, ...spec } };
}
const slices = (c: TestCluster, name = 'web') =>
  c
    .list<EndpointSlice>('endpointslices')
    .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === name);
const all = (c: TestCluster) => slices(c).flatMap((slice) => slice.endpoints ?? []);
const ready = (c: TestCluster) => all(c).filter((endpoint) => endpoint.conditions?.ready === true);
const endpoints = (c: TestCluster) => c.get<Endpoints>('endpoints/web')?.subsets ?? [];

describe('the endpoints of a Service', () => {
  it('are an empty slice first, then its ready pods, in slices and in Endpoints', () => {
    const c = createCluster({ zones: ['a', 'b'] });
    c.create(service());
    c.run(1);
    expect(slices(c)).toMatchObject([{ endpoints: null, ports: null, addressType: 'IPv4' }]);
    const [{ metadata: placeholder } = { metadata: { name: '' } }] = slices(c);
    c.create(deployment('web', 3));
    c.until(() => ready(c).length === 3);
    expect(slices(c)).toHaveLength(1);
    expect(slices(c)[0]?.metadata.name).toBe(placeholder.name);
    expect(slices(c)[0]?.ports).toEqual([{ name: '', protocol: 'TCP', port: 8080 }]);
    expect(all(c)[0]).toMatchObject({ conditions: { ready: true, serving: true, terminating: false } });
    expect(new Set(all(c).map((endpoint) => endpoint.zone))).toEqual(new Set(['a', 'b']));
    c.run(1);
    expect(endpoints(c)[0]?.addresses).toHaveLength(3);
    expect(c.get('endpoints/web')?.metadata.labels).toEqual({
      'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
    });
    expect(c.writesIn(60)).toEqual([]);
  });

  it('keep a terminating pod as serving but not ready, in slices only', () => {
    const c = createCluster();
    c.create(service());
    c.create(deployment('web', 2));
    c.until(() => ready(c).length === 2);
    c.kubelet.stopSeconds = 20;
    c.patch('deployment/web', { spec: { replicas: 1 } });
    c.run(2);
    expect(all(c).map((endpoint) => endpoint.conditions)).toContainEqual({
      ready: false,
      serving: true,
      terminating: true,
    });
    expect(endpoints(c)[0]?.addresses).toHaveLength(1);
    c.until(() => all(c).length === 1);
  });

  it('leave out pods that are not ready, unless the Service wants them', () => {
    const c = createCluster();
    c.create(service());
    c.create(service({ publishNotReadyAddresses: true, clusterIP: 'None' }, 'peers'));
    c.create(deployment('web', 1, {}, 'never-ready'));
    c.until(() => all(c).length === 1);
    c.run(1);
    expect(all(c)[0]?.conditions).toEqual({ ready: false, serving: false, terminating: false });
    expect(endpoints(c)).toMatchObject([{ notReadyAddresses: [{ nodeName: expect.any(String) }] }]);
    expect(slices(c, 'peers')[0]?.endpoints?.[0]?.conditions).toEqual({
      ready: true,
      serving: false,
      terminating: false,
    });
    expect(slices(c, 'peers')[0]?.metadata.labels).toHaveProperty('service.kubernetes.io/headless', '');
  });

  it('follow readiness and the selector', () => {
    const c = createCluster();
    c.create(service());
    c.create(deployment('web', 2));
    c.until(() => ready(c).length === 2);
    const [pod] = c.pods();
    c.setReady(`default/${pod?.metadata.name}`, false);
    c.until(() => ready(c).length === 1);
    c.patch('service/web', { spec: { selector: { app: 'nobody' } } });
    c.until(() => all(c).length === 0);
    expect(slices(c)).toHaveLength(1);
    c.run(1);
    expect(endpoints(c)).toEqual([]);
    expect(c.writesIn(30)).toEqual([]);
  });

  it('resolve named ports pod by pod, one group of slices for each answer', () => {
    const c = createCluster();
    c.create(service({ ports: [{ port: 80, targetPort: 'http' }] }));
    for (const [name, containerPort] of [
      ['one', 8080],
      ['two', 9090],
    ] as const) {
      const containers = [{ name: 'main', image: 'x:1', ports: [{ name: 'http', containerPort }] }];
      c.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: 'web' } }, spec: { containers } });
    }
    c.until(() => ready(c).length === 2);
    expect(
      slices(c)
        .map((slice) => slice.ports?.[0]?.port)
        .sort(),
    ).toEqual([8080, 9090]);
  });

  it('fill slices of a hundred, and change few of them', () => {
    const c = createCluster({ nodes: 5 });
    c.create(service());
    c.create(deployment('web', 230));
    c.until(() => ready(c).length === 230);
    c.run(2);
    expect(
      slices(c)
        .map((slice) => slice.endpoints?.length ?? 0)
        .reduce((sum, n) => sum + n, 0),
    ).toBe(230);
    expect(slices(c).length).toBeLessThanOrEqual(4);
    const before = new Map(slices(c).map((slice) => [slice.metadata.name, slice.metadata]));
    const [pod] = c.pods();
    c.setReady(`default/${pod?.metadata.name}`, false);
    c.run(3);
    const changed = slices(c).filter((slice) => before.get(slice.metadata.name) !== slice.metadata);
    expect(changed).toHaveLength(1);
  });

  it('are mirrored into slices when a person keeps them', () => {
    const c = createCluster();
    c.create(service({ selector: undefined }));
    const subsets = [{ addresses: [{ ip: '192.0.2.7' }], ports: [{ port: 5432 }] }];
    c.create({ apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'web' }, subsets });
    c.until(() => all(c).length === 1);
    expect(slices(c)[0]?.metadata.labels?.['endpointslice.kubernetes.io/managed-by']).toBe(
      'endpointslicemirroring-controller.k8s.io',
    );
    expect(slices(c)[0]).toMatchObject({
      endpoints: [{ addresses: ['192.0.2.7'], conditions: { ready: true } }],
      ports: [{ name: '', port: 5432, protocol: 'TCP' }],
    });
    expect(c.writesIn(30)).toEqual([]);
    c.delete('endpoints/web');
    c.until(() => slices(c).length === 0);
  });

  it('go with their Service; a LoadBalancer stays pending', () => {
    const c = createCluster();
    c.create(service({ type: 'LoadBalancer' }));
    c.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', labels: { app: 'web' } },
      spec: (template('web') as { spec: object }).spec,
    });
    c.until(() => ready(c).length === 1);
    expect(c.get('service/web')?.['status']).toEqual({ loadBalancer: {} });
    c.delete('service/web');
    c.until(() => slices(c).length === 0 && c.get('endpoints/web') === undefined);
  });
});
