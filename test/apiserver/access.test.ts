import { describe, expect, it } from 'vitest';
import { issue, privateKeyPem } from '../../src/sim/api/certificate.ts';
import type { KubeObject } from '../../src/sim/api/types.ts';
import { EPOCH_MS } from '../../src/sim/kernel/units.ts';
import { createWorld, FLAGS, message } from './world.ts';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const JANE = 'jane/devs';
const PODS = '/api/v1/namespaces/default/pods';

describe('who is asking', () => {
  it('is said by the certificate, the token, or nobody', () => {
    const world = createWorld();
    const whoami = (request: object, user: string) =>
      world.ask(
        { method: 'POST', path: '/apis/authentication.k8s.io/v1/selfsubjectreviews', body: {}, ...request },
        user,
      ).body;
    expect(whoami({}, 'jane/devs')).toMatchObject({
      status: { userInfo: { username: 'jane', groups: ['devs', 'system:authenticated'] } },
    });
    world.post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'bot' } });
    const made = world.post('/api/v1/namespaces/default/serviceaccounts/bot/token', {
      spec: { expirationSeconds: 600 },
    });
    expect(made.status).toBe(201);
    const { token } = (made.body as { status: { token: string } }).status;
    expect(whoami({ token }, '')).toMatchObject({
      status: { userInfo: { username: 'system:serviceaccount:default:bot' } },
    });
    expect(world.ask({ path: PODS }, '').status).toBe(403);
    expect(message(world.ask({ path: PODS }, ''))).toContain('User "system:anonymous" cannot list resource "pods"');
    expect(world.ask({ path: PODS, token: 'rubbish' }, '')).toMatchObject({
      status: 401,
      body: { reason: 'Unauthorized' },
    });
    world.run(700);
    expect(world.ask({ path: PODS, token }, '').status).toBe(401);
    expect(world.log().at(-1)).toContain('service account token has expired');
    world.delete('/api/v1/namespaces/default/serviceaccounts/bot');
  });

  it('is not believed when another authority signed it', () => {
    const world = createWorld();
    const times = { notBefore: EPOCH_MS - 1, notAfter: EPOCH_MS + 1e12 };
    const evil = {
      certificate: issue('self', { subject: { cn: 'kubernetes' }, keyId: 'evil', isCa: true, ...times }),
      key: privateKeyPem('evil'),
    };
    world.kernel.files.writeHost('cp-1', '/etc/kubernetes/pki/ca.crt', evil.certificate);
    world.run(1);
    expect(world.get(PODS)).toMatchObject({ status: 401 });
  });
});

describe('who may do what', () => {
  it('is refused with the real words, and allowed by a role', () => {
    const world = createWorld();
    expect(message(world.ask({ path: PODS }, JANE))).toBe(
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
    );
    expect(message(world.ask({ path: '/apis/apps/v1/deployments' }, JANE))).toBe(
      'deployments.apps is forbidden: User "jane" cannot list resource "deployments" in API group "apps" at the cluster scope',
    );
    expect(message(world.ask({ path: '/metrics' }, JANE))).toBe('forbidden: User "jane" cannot get path "/metrics"');
    expect(message(world.ask({ path: `${PODS}/box/log` }, JANE))).toBe(
      'pods "box" is forbidden: User "jane" cannot get resource "pods/log" in API group "" in the namespace "default"',
    );
    const binding = (name: string, role: string) => ({
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: role === 'view' ? 'ClusterRole' : 'Role', name: role },
      subjects: [{ kind: 'Group', name: 'devs', apiGroup: 'rbac.authorization.k8s.io' }],
    });
    world.post(`${RBAC}/namespaces/default/rolebindings`, binding('v', 'view'));
    expect(world.ask({ path: PODS }, JANE).status).toBe(200);
    expect(world.ask({ path: '/api/v1/namespaces/kube-system/pods' }, JANE).status).toBe(403);
    world.delete(`${RBAC}/namespaces/default/rolebindings/v`);
    expect(world.ask({ path: PODS }, JANE).status).toBe(403);
    world.post(`${RBAC}/namespaces/default/rolebindings`, binding('m', 'gone'));
    expect(message(world.ask({ path: PODS }, JANE))).toContain(
      'in the namespace "default": RBAC: role.rbac.authorization.k8s.io "gone" not found',
    );
    world.post(`${RBAC}/namespaces/default/roles`, {
      metadata: { name: 'gone' },
      rules: [{ apiGroups: [''], resources: ['pods'], resourceNames: ['box'], verbs: ['get'] }],
    });
    expect(world.ask({ path: PODS }, JANE).status).toBe(403);
    expect(world.ask({ path: `${PODS}/box` }, JANE).status).toBe(404);
  });

  it('can be asked, and pretended', () => {
    const world = createWorld();
    const review = { spec: { resourceAttributes: { namespace: 'default', verb: 'list', resource: 'pods' } } };
    const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
    expect(world.post(path, review).body).toMatchObject({ status: { allowed: true } });
    expect(world.ask({ method: 'POST', path, body: review }, JANE).body).toMatchObject({ status: { allowed: false } });
    expect(message(world.ask({ path: PODS, impersonate: { user: 'bob' } }))).toContain(
      'User "bob" cannot list resource "pods"',
    );
    expect(message(world.ask({ path: PODS, impersonate: { user: 'bob' } }, JANE))).toBe(
      'users "bob" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
  });

  it('cannot be given away by those who do not have it', () => {
    const world = createWorld();
    const rules = [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['*'], verbs: ['*'] }];
    world.post(`${RBAC}/clusterroles`, {
      metadata: { name: 'r' },
      rules: [{ ...rules[0], verbs: ['create', 'update', 'patch', 'get'] }],
    });
    const subjects = [{ kind: 'User', name: 'bob', apiGroup: 'rbac.authorization.k8s.io' }];
    world.post(`${RBAC}/clusterrolebindings`, {
      metadata: { name: 'r' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' },
      subjects,
    });
    const role = { metadata: { name: 'esc' }, rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['delete'] }] };
    expect(message(world.ask({ method: 'POST', path: `${RBAC}/namespaces/default/roles`, body: role }, 'bob'))).toBe(
      'roles.rbac.authorization.k8s.io "esc" is forbidden: user "bob" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["secrets"], Verbs:["delete"]}',
    );
  });

  it('keeps a kubelet to its own node', () => {
    const world = createWorld();
    const node = 'system:node:node-1/system:nodes';
    expect(message(world.ask({ path: '/api/v1/namespaces/default/secrets' }, node))).toBe(
      'secrets is forbidden: User "system:node:node-1" cannot list resource "secrets" in API group "" in the namespace "default": No Object name found',
    );
    world.post('/api/v1/nodes', { metadata: { name: 'node-2' } });
    expect(
      message(
        world.ask(
          {
            method: 'PATCH',
            path: '/api/v1/nodes/node-2/status',
            body: {},
            contentType: 'application/merge-patch+json',
          },
          node,
        ),
      ),
    ).toBe('nodes "node-2" is forbidden: node "node-1" is not allowed to modify node "node-2"');
    expect(world.ask({ path: '/api/v1/pods', query: { fieldSelector: 'spec.nodeName=node-1' } }, node).status).toBe(
      200,
    );
    expect(world.ask({ path: '/api/v1/pods' }, node).status).toBe(403);
  });
});

describe('flags', () => {
  const state = (flags: string[]) => {
    const world = createWorld(flags, false);
    world.run(2);
    return { running: world.kernel.state.processes.has('cp-1/kube-apiserver'), log: world.log() };
  };

  it('that do not exist any more end the server as they do the real one', () => {
    expect(state([...FLAGS, '--admission-control=ServiceAccount'])).toEqual({
      running: false,
      log: ['Error: unknown flag: --admission-control'],
    });
    expect(state([...FLAGS, '--insecure-port=8080'])).toEqual({
      running: false,
      log: ['Error: unknown flag: --insecure-port'],
    });
    expect(state([...FLAGS, '--anonymous-auth=maybe']).log).toEqual([
      'Error: invalid argument "maybe" for "--anonymous-auth" flag: strconv.ParseBool: parsing "maybe": invalid syntax',
    ]);
  });

  it('with wrong values or missing files are logged', () => {
    expect(state([...FLAGS, '--storage-backend=etcd2']).log.at(-1)).toContain(
      `"command failed" err="--storage-backend invalid, allowed values: etcd3. If not specified, it will default to 'etcd3'"`,
    );
    expect(state([...FLAGS, '--client-ca-file=/nope.crt']).log.at(-1)).toContain(
      '"command failed" err="unable to load client CA file: open /nope.crt: no such file or directory"',
    );
    expect(state([...FLAGS, '--enable-admission-plugins=Nope']).log.at(-1)).toContain(
      'enable-admission-plugins plugin \\"Nope\\" is unknown',
    );
    expect(state([...FLAGS, '--etcd-servers=http://127.0.0.1:9999']).running).toBe(true);
  });

  it('that have no effect here are said to have none', () => {
    const { log } = state([
      ...FLAGS,
      '--audit-log-path=/var/log/audit.log',
      '--enable-admission-plugins=EventRateLimit',
    ]);
    expect(
      log.filter((line) => line.includes('not simulated')).map((line) => line.slice(line.indexOf('not simulated'))),
    ).toEqual([
      'not simulated: --audit-log-path is accepted and has no effect',
      'not simulated: admission plugin EventRateLimit',
    ]);
  });

  it('give up when etcd never answers', () => {
    const world = createWorld(
      [...FLAGS, '--etcd-servers=http://127.0.0.1:9999'].filter((flag) => !flag.includes(':2379')),
      false,
    );
    world.run(25);
    expect(world.kernel.state.processes.has('cp-1/kube-apiserver')).toBe(false);
    expect(world.log().at(-1)).toContain(
      'Error creating leases: error creating storage factory: context deadline exceeded',
    );
  });

  it('switch admission plugins on and off', () => {
    const world = createWorld([...FLAGS, '--disable-admission-plugins=ServiceAccount,DefaultTolerationSeconds']);
    const created = world.post(PODS, { metadata: { name: 'x' }, spec: { containers: [{ name: 'c', image: 'i' }] } })
      .body as KubeObject;
    expect(created['spec']).not.toHaveProperty('tolerations');
  });
});
