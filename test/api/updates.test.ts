import { describe, expect, test } from 'vitest';
import { fieldErrorText } from '../../src/sim/api/field-error.ts';
import { mustKindOf } from '../../src/sim/api/kinds.ts';
import type { KubeObject } from '../../src/sim/api/types.ts';

type Fields = Readonly<Record<string, unknown>>;

/** An object as it is stored. */
function stored(manifest: Fields): KubeObject {
  const object = manifest as unknown as KubeObject;
  const kind = mustKindOf(object);
  const metadata = { namespace: 'default', uid: 'u1', resourceVersion: '7', ...object.metadata };
  const made = kind.prepareCreate(kind.defaults({ ...object, metadata }));
  expect(kind.validate(made)).toEqual([]);
  return made;
}

/** What the API server says to a change. */
function change(old: KubeObject, edit: (object: KubeObject) => KubeObject): readonly string[] {
  const kind = mustKindOf(old);
  const next = kind.prepareUpdate(kind.defaults(edit(old)), old);
  return kind.validateUpdate(next, old).map(fieldErrorText);
}

const withSpec = (change: Fields) => (object: KubeObject) => ({
  ...object,
  spec: { ...(object['spec'] as Fields), ...change },
});

describe('a pod that exists', () => {
  const container = { name: 'box', image: 'busybox', imagePullPolicy: 'IfNotPresent', args: ['sleep', '3600'] };
  const box = stored({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'box' }, spec: { containers: [container] } });

  test('may get another image, a shorter deadline and more tolerations', () => {
    const containers = [{ ...container, image: 'busybox:2' }];
    expect(change(box, withSpec({ containers }))).toEqual([]);
    expect(change(box, withSpec({ activeDeadlineSeconds: 60 }))).toEqual([]);
    expect(change(box, withSpec({ tolerations: [{ key: 'a', operator: 'Exists' }] }))).toEqual([]);
  });

  test('may not get another command, and is shown the difference', () => {
    const containers = [{ ...container, command: ['x'] }];
    expect(change(box, withSpec({ containers }))).toEqual([
      `spec: Forbidden: pod updates may not change fields other than \`spec.containers[*].image\`,\`spec.initContainers[*].image\`,\`spec.activeDeadlineSeconds\`,\`spec.tolerations\` (only additions to existing tolerations),\`spec.terminationGracePeriodSeconds\` (allow it to be set to 1 if it was previously negative)
@@ -5,7 +5,9 @@
   {
    "Name": "box",
    "Image": "busybox",
-   "Command": null,
+   "Command": [
+    "x"
+   ],
    "Args": [
     "sleep",
     "3600"
`,
    ]);
  });

  test('may not get or lose containers', () => {
    expect(change(box, withSpec({ containers: [container, { ...container, name: 'b' }] }))).toEqual([
      'spec.containers: Forbidden: pod updates may not add or remove containers',
    ]);
  });

  test('keeps its status when it is updated, and its spec when its status is', () => {
    const kind = mustKindOf(box);
    const running = kind.prepareStatusUpdate({ ...box, spec: {}, status: { phase: 'Running' } }, box);
    expect(running['spec']).toBe(box['spec']);
    expect(running['status']).toEqual({ phase: 'Running', qosClass: 'BestEffort' });
    expect(kind.prepareUpdate({ ...box, status: {} }, running)['status']).toBe(running['status']);
  });

  test('lingers for its grace period once it runs somewhere', () => {
    const kind = mustKindOf(box);
    expect(kind.deletionGraceSeconds(box, undefined)).toBe(0);
    const placed = withSpec({ nodeName: 'node-1' })(box);
    expect(kind.deletionGraceSeconds(placed, undefined)).toBe(30);
    expect(kind.deletionGraceSeconds(placed, 5)).toBe(5);
    expect(kind.deletionGraceSeconds(placed, -1)).toBe(1);
    expect(kind.deletionGraceSeconds({ ...placed, status: { phase: 'Failed' } }, undefined)).toBe(0);
  });

  test('that is gated says so in its status', () => {
    const gated = stored({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'gated' },
      spec: { containers: [container], schedulingGates: [{ name: 'example.com/wait' }] },
    });
    expect(gated['status']).toMatchObject({ phase: 'Pending', conditions: [{ reason: 'SchedulingGated' }] });
    expect(change(gated, withSpec({ schedulingGates: [] }))).toEqual([]);
    expect(change(box, withSpec({ schedulingGates: [{ name: 'a' }] }))[0]).toContain('only deletion is allowed');
  });
});

describe('a deployment that exists', () => {
  const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };
  const spec = { selector: { matchLabels: { app: 'web' } }, template };
  const web = stored({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' }, spec });
  const kind = mustKindOf(web);

  test('gets a new generation when its spec or its annotations change, and only then', () => {
    const generation = (object: KubeObject): number | undefined => kind.prepareUpdate(object, web).metadata.generation;
    expect(web.metadata.generation).toBe(1);
    expect(generation({ ...web })).toBe(1);
    expect(generation(withSpec({ replicas: 3 })(web))).toBe(2);
    expect(generation({ ...web, metadata: { ...web.metadata, annotations: { a: 'b' } } })).toBe(2);
    expect(generation({ ...web, metadata: { ...web.metadata, labels: { a: 'b' } } })).toBe(1);
  });

  test('keeps its selector', () => {
    const other = { matchLabels: { app: 'web', tier: 'x' } };
    const changed = withSpec({
      selector: other,
      template: { ...template, metadata: { labels: { app: 'web', tier: 'x' } } },
    });
    expect(change(web, changed)).toEqual([
      'spec.selector: Invalid value: {"matchLabels":{"app":"web","tier":"x"}}: field is immutable',
    ]);
  });

  test('is scaled through its scale', () => {
    expect(kind.scale?.replicas(web)).toBe(1);
    expect(kind.scale?.selector(web)).toBe('app=web');
    expect(kind.scale?.withReplicas(web, 5)['spec']).toMatchObject({ replicas: 5 });
  });
});

describe('other things that stay as they are', () => {
  test('the addresses and node ports of a service are kept when an update leaves them out', () => {
    const service = stored({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'web' },
      spec: { type: 'NodePort', clusterIP: '10.96.0.9', ports: [{ port: 80, nodePort: 30080 }] },
    });
    const kind = mustKindOf(service);
    const update = kind.defaults({ ...service, spec: { type: 'NodePort', ports: [{ port: 80 }] } });
    expect(kind.prepareUpdate(update, service)['spec']).toMatchObject({
      clusterIP: '10.96.0.9',
      ports: [{ port: 80, nodePort: 30080 }],
    });
    expect(change(service, withSpec({ clusterIP: '10.96.44.44' }))).toContain(
      'spec.clusterIPs[0]: Invalid value: ["10.96.44.44"]: may not change once set',
    );
    const inside = kind.prepareUpdate(kind.defaults(withSpec({ type: 'ClusterIP' })(service)), service);
    expect(inside['spec']).not.toMatchObject({ ports: [{ nodePort: 30080 }] });
  });

  test('what a binding grants', () => {
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'rd' };
    const binding = stored({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'rd' },
      roleRef,
    });
    expect(change(binding, (object) => ({ ...object, roleRef: { ...roleRef, name: 'other' } }))).toEqual([
      'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"other"}: cannot change roleRef',
    ]);
  });

  test('the data of an immutable config map', () => {
    const map = stored({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'c' },
      immutable: true,
      data: { a: '1' },
    });
    expect(change(map, (object) => ({ ...object, data: { a: '2' } }))).toEqual([
      'data: Forbidden: field is immutable when `immutable` is set',
    ]);
  });

  test('the uid, and the finalizers of what is being deleted', () => {
    const map = stored({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } });
    expect(change(map, (object) => ({ ...object, metadata: { ...object.metadata, uid: '2' } }))).toEqual([
      'metadata.uid: Invalid value: "2": field is immutable',
    ]);
    const going = {
      ...map,
      metadata: { ...map.metadata, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['ex.com/hold'] },
    };
    const more = { ...going.metadata, finalizers: ['ex.com/hold', 'ex.com/new'] };
    expect(change(going, (object) => ({ ...object, metadata: more }))).toEqual([
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"ex.com/new"}',
    ]);
  });

  test('the template and the completions of a job', () => {
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'j1', image: 'busybox' }] } };
    const job = stored({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'j1' }, spec: { template } });
    expect(change(job, withSpec({ completions: 5 }))).toEqual([
      'spec.completions: Invalid value: 5: field is immutable',
    ]);
    const { template: made } = job['spec'] as { template: { spec: Fields } };
    const [error = ''] = change(
      job,
      withSpec({ template: { ...made, spec: { ...made.spec, restartPolicy: 'OnFailure' } } }),
    );
    expect(error).toMatch(/^spec\.template: Invalid value: \{"labels":\{"batch\.kubernetes\.io\/controller-uid":"u1"/);
    expect(error).toContain(
      '"Spec":{"Volumes":null,"InitContainers":null,"Containers":[{"Name":"j1","Image":"busybox","Command":null',
    );
    expect(error).toMatch(/"SchedulingGroup":null\}\}: field is immutable$/);
  });

  test('the claim templates of a stateful set', () => {
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } };
    const spec = { serviceName: 'db', selector: { matchLabels: { a: 'b' } }, template };
    const set = stored({ apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'db' }, spec });
    expect(change(set, withSpec({ replicas: 3 }))).toEqual([]);
    expect(change(set, withSpec({ serviceName: 'other' }))[0]).toMatch(/^spec: Forbidden: updates to statefulset spec/);
  });

  test('a claim, except for its size once it is bound', () => {
    const claim = stored({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'x', resources: { requests: { storage: '1Gi' } } },
    });
    const bigger = withSpec({ resources: { requests: { storage: '2Gi' } } });
    expect(change(claim, bigger)[0]).toMatch(/^spec: Forbidden: spec is immutable after creation except/);
    const bound = { ...claim, status: { phase: 'Bound', capacity: { storage: '1Gi' } } };
    expect(change(bound, bigger)).toEqual([]);
    expect(change(bound, withSpec({ resources: { requests: { storage: '500Mi' } } }))).toEqual([
      'spec.resources.requests.storage: Forbidden: field can not be less than status.capacity',
    ]);
  });
});
