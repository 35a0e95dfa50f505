import { beforeEach, describe, expect, it } from 'vitest';
import type { KubeObject, Pod, Service } from '../../src/sim/api/types.ts';
import { createWorld, message, type World } from './world.ts';

const PODS = '/api/v1/namespaces/default/pods';
const pod = (name: string, more: object = {}) => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', image: 'nginx' }], ...more },
});
const NODE_USER = 'system:node:node-1/system:nodes';

let world: World;
beforeEach(() => {
  world = createWorld();
  world.post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
  world.ask(
    {
      method: 'POST',
      path: '/api/v1/nodes',
      body: {
        metadata: {
          name: 'node-1',
          labels: { 'kubernetes.io/hostname': 'node-1', 'topology.kubernetes.io/zone': 'z1' },
        },
        status: {
          addresses: [{ type: 'InternalIP', address: '192.168.56.21' }],
          daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
        },
      },
    },
    NODE_USER,
  );
  world.patch('/api/v1/nodes/node-1/status', {
    status: {
      addresses: [{ type: 'InternalIP', address: '192.168.56.21' }],
      daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    },
  });
});

describe('a pod on its way in', () => {
  it('gets what admission and defaulting give it', () => {
    const created = world.post(PODS, pod('web'));
    expect(created.status).toBe(201);
    const { spec, status } = created.body as Pod;
    expect(spec).toMatchObject({
      serviceAccountName: 'default',
      restartPolicy: 'Always',
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      schedulerName: 'default-scheduler',
    });
    expect(spec.tolerations).toHaveLength(2);
    expect(spec.volumes?.[0]?.name).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(spec.containers[0]?.volumeMounts?.[0]).toMatchObject({ readOnly: true });
    expect(status).toMatchObject({ phase: 'Pending', qosClass: 'BestEffort' });
  });

  it('is refused in the words of the plugin that refuses it', () => {
    expect(message(world.post('/api/v1/namespaces/nope/pods', pod('x')))).toBe('namespaces "nope" not found');
    expect(message(world.post(PODS, pod('x', { serviceAccountName: 'nope' })))).toBe(
      'pods "x" is forbidden: error looking up service account default/nope: serviceaccount "nope" not found',
    );
    expect(message(world.post(PODS, pod('x', { priorityClassName: 'nope' })))).toBe(
      'pods "x" is forbidden: no PriorityClass with name nope was found',
    );
    expect(message(world.ask({ method: 'POST', path: PODS, body: pod('x') }, NODE_USER))).toBe(
      'pods "x" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "node-1" can only create mirror pods',
    );
  });

  it('waits for the default service account of a new namespace', () => {
    world.post('/api/v1/namespaces', { metadata: { name: 'fresh' } });
    expect(message(world.post('/api/v1/namespaces/fresh/pods', pod('x')))).toContain(
      'serviceaccount "default" not found',
    );
  });

  it('gets a generated name, is bound once, and then carries its zone', () => {
    const { name } = (world.post(PODS, { ...pod(''), metadata: { generateName: 'web-' } }).body as KubeObject).metadata;
    expect(name).toMatch(/^web-[a-z0-9]{5}$/);
    const binding = { metadata: { name }, target: { kind: 'Node', name: 'node-1' } };
    expect(world.post(`${PODS}/${name}/binding`, binding)).toMatchObject({ status: 201, body: { status: 'Success' } });
    const bound = world.get(`${PODS}/${name}`).body as Pod;
    expect(bound.spec.nodeName).toBe('node-1');
    expect(bound.metadata.labels).toEqual({ 'topology.kubernetes.io/zone': 'z1' });
    expect(bound.status?.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
    expect(message(world.post(`${PODS}/${name}/binding`, binding))).toBe(
      `Operation cannot be fulfilled on pods/binding "${name}": pod ${name} is already assigned to node "node-1"`,
    );
  });
});

describe('a pod on its way out', () => {
  it('lingers for its grace period until the kubelet lets it go', () => {
    world.post(PODS, pod('web'));
    world.post(`${PODS}/web/binding`, { target: { name: 'node-1' } });
    const marked = world.delete(`${PODS}/web`).body as Pod;
    expect(marked.metadata).toMatchObject({ deletionGracePeriodSeconds: 30, generation: 2 });
    expect(world.get(`${PODS}/web`).status).toBe(200);
    world.ask({ method: 'DELETE', path: `${PODS}/web`, body: { gracePeriodSeconds: 0 } }, NODE_USER);
    expect(world.get(`${PODS}/web`).status).toBe(404);
  });

  it('goes at once when it was on no node, and stays while a finalizer holds it', () => {
    world.post(PODS, pod('web'));
    world.delete(`${PODS}/web`);
    expect(world.get(`${PODS}/web`).status).toBe(404);
    world.post(PODS, { ...pod('held'), metadata: { name: 'held', finalizers: ['example.com/hold'] } });
    world.delete(`${PODS}/held`);
    expect((world.get(`${PODS}/held`).body as Pod).metadata.deletionTimestamp).toBeDefined();
    world.patch(`${PODS}/held`, { metadata: { finalizers: null } });
    expect(world.get(`${PODS}/held`).status).toBe(404);
  });

  it('is not evicted against its disruption budget', () => {
    world.post(PODS, { ...pod('web'), metadata: { name: 'web', labels: { app: 'web' } } });
    world.post(`${PODS}/web/binding`, { target: { name: 'node-1' } });
    const running = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };
    world.patch(`${PODS}/web/status`, running);
    const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
    world.post(budgets, {
      metadata: { name: 'b' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
    });
    world.patch(`${budgets}/b/status`, {
      status: { observedGeneration: 1, disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 },
    });
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'web' } };
    const refused = world.post(`${PODS}/web/eviction`, eviction);
    expect(refused.status).toBe(429);
    expect(refused.body).toMatchObject({
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: { causes: [{ message: 'The disruption budget b needs 1 healthy pods and has 1 currently' }] },
    });
    world.patch(`${budgets}/b/status`, { status: { disruptionsAllowed: 1, currentHealthy: 2 } });
    expect(world.post(`${PODS}/web/eviction`, eviction).status).toBe(201);
    expect((world.get(`${PODS}/web`).body as Pod).metadata.deletionTimestamp).toBeDefined();
    expect(world.get(`${budgets}/b`).body).toMatchObject({ status: { disruptionsAllowed: 0 } });
  });

  it('goes with all others of its collection', () => {
    for (const name of ['a', 'b', 'c']) world.post(PODS, pod(name));
    expect(world.delete(PODS)).toMatchObject({ status: 200, body: { kind: 'PodList' } });
    expect(world.get(PODS).body).toMatchObject({ items: [] });
  });
});

describe('what the kubelet answers', () => {
  it('is handed through, and a dead kubelet is met with the real error', () => {
    world.post(PODS, pod('web'));
    world.post(`${PODS}/web/binding`, { target: { name: 'node-1' } });
    expect(message(world.get(`${PODS}/web/log`))).toBe(
      'Get "https://192.168.56.21:10250/containerLogs/default/web/c": dial tcp 192.168.56.21:10250: connect: connection refused',
    );
    expect(message(world.ask({ method: 'POST', path: `${PODS}/web/exec`, query: { container: 'c' } }))).toBe(
      'error dialing backend: dial tcp 192.168.56.21:10250: connect: connection refused',
    );
    world.kernel.processes.spawn('node-1', { name: 'kubelet', program: 'kubelet', args: [], log: 'kubelet' });
    world.run(1);
    const follow = world.watch(`${PODS}/web/log`);
    world.run(1);
    expect(follow()).toEqual(['line of /containerLogs/default/web/c']);
  });
});

describe('a Service', () => {
  const services = '/api/v1/namespaces/default/services';
  const service = (name: string, spec: object = {}) => ({
    metadata: { name },
    spec: { ports: [{ port: 80 }], ...spec },
  });

  it('gets a cluster IP and a node port nobody else has, and gives them back', () => {
    const first = world.post(services, service('a', { type: 'NodePort' })).body as Service;
    expect(first.spec.clusterIP).toMatch(/^10\.(9[6-9]|10\d|11[01])\./);
    const nodePort = first.spec.ports?.[0]?.nodePort ?? 0;
    expect(nodePort).toBeGreaterThanOrEqual(30_000);
    expect(message(world.post(services, service('b', { clusterIP: first.spec.clusterIP })))).toBe(
      `Service "b" is invalid: spec.clusterIPs: Invalid value: ["${first.spec.clusterIP}"]: failed to allocate IP ${first.spec.clusterIP}: provided IP is already allocated`,
    );
    const same = service('b', { type: 'NodePort', ports: [{ port: 80, nodePort }] });
    expect(message(world.post(services, same))).toBe(
      `Service "b" is invalid: spec.ports[0].nodePort: Invalid value: ${nodePort}: provided port is already allocated`,
    );
    world.delete(`${services}/a`);
    expect(world.post(services, same).status).toBe(201);
    expect(
      message(world.post(services, service('c', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] }))),
    ).toContain('provided port is not in the valid range. The range of valid ports is 30000-32767');
    expect((world.post(services, service('h', { clusterIP: 'None' })).body as Service).spec.clusterIPs).toEqual([
      'None',
    ]);
  });
});

describe('quotas and limits', () => {
  it('fill in and bound what containers ask for', () => {
    const limits = [
      {
        type: 'Container',
        default: { cpu: '500m' },
        defaultRequest: { cpu: '200m' },
        max: { cpu: '1' },
        min: { cpu: '100m' },
      },
    ];
    world.post('/api/v1/namespaces/default/limitranges', { metadata: { name: 'l' }, spec: { limits } });
    const created = world.post(PODS, pod('ok')).body as Pod;
    expect(created.spec.containers[0]?.resources).toEqual({ limits: { cpu: '500m' }, requests: { cpu: '200m' } });
    expect(created.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger': 'LimitRanger plugin set: cpu request for container c; cpu limit for container c',
    });
    const containers = [{ name: 'c', image: 'nginx', resources: { limits: { cpu: '2' } } }];
    expect(message(world.post(PODS, pod('big', { containers })))).toBe(
      'pods "big" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
    );
  });

  it('refuse what a quota has no room for', () => {
    world.post('/api/v1/namespaces/default/resourcequotas', {
      metadata: { name: 'q' },
      spec: { hard: { pods: '1', 'requests.cpu': '1' } },
    });
    expect(message(world.post(PODS, pod('x')))).toBe(
      'pods "x" is forbidden: failed quota: q: must specify requests.cpu for: c',
    );
    const containers = [{ name: 'c', image: 'nginx', resources: { requests: { cpu: '600m' } } }];
    expect(world.post(PODS, pod('a', { containers })).status).toBe(201);
    expect(world.get('/api/v1/namespaces/default/resourcequotas/q').body).toMatchObject({
      status: { used: { pods: '1', 'requests.cpu': '600m' } },
    });
    expect(message(world.post(PODS, pod('b', { containers })))).toBe(
      'pods "b" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=600m, used: pods=1,requests.cpu=600m, limited: pods=1,requests.cpu=1',
    );
  });
});
