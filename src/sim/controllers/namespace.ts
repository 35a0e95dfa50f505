/** Namespace controller: empties a namespace that is being deleted, then lets it go. Models pkg/controller/namespace/deletion. */
import { formatTime } from '../api/time.ts';
import type { Condition, KubeObject, Pod } from '../api/types.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { namespacedCollections } from './namespaced-collections.ts';
import { objectPath } from './resources.ts';

const KUBERNETES = 'kubernetes';

export const namespaceController: Controller = {
  name: 'namespace-controller',
  account: 'namespace-controller',
  watches: ['namespaces', 'pods'],
  workers: 10,
  keysOf(resource, delta, view) {
    if (resource === 'namespaces') return [delta.key];
    if (delta.type !== 'deleted') return [];
    const namespace = delta.object.metadata.namespace ?? '';
    return view.get('namespaces', namespace)?.metadata.deletionTimestamp === undefined ? [] : [namespace];
  },
  reconcile,
};

function reconcile(name: string, view: View): Outcome {
  const namespace = view.get('namespaces', name);
  if (namespace?.metadata.deletionTimestamp === undefined) return NOTHING_TO_DO;
  const finalizers = ((namespace['spec'] as { finalizers?: string[] } | undefined)?.finalizers ??
    []) as readonly string[];
  if (!finalizers.includes(KUBERNETES)) return NOTHING_TO_DO;
  const pods = view.by('pods', 'byNamespace', name) as readonly Pod[];
  const untouched = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
  const writes: Write[] = [];
  for (const path of namespacedCollections(name)) {
    const isPods = path === `/api/v1/namespaces/${name}/pods`;
    if (isPods && pods.length > 0 && untouched.length === 0) continue;
    writes.push({ request: { method: 'DELETE', path }, tolerate: [404, 405] });
  }
  if (pods.length > 0) {
    // Their kubelets take as long as the longest grace period; each one that goes brings us back here.
    const message = `Some resources are remaining: pods. has ${pods.length} resource instances`;
    writes.push(...statusWrite(namespace, view, 'True', 'SomeResourcesRemain', message));
    return { writes, requeueAfterMs: 15_000 };
  }
  for (const path of namespacedCollections(name)) {
    writes.push({ request: { method: 'GET', path, query: { limit: '1' } }, goOnIf: 'empty', tolerate: [404, 405] });
  }
  const spec = { finalizers: finalizers.filter((finalizer) => finalizer !== KUBERNETES) };
  const body = { ...namespace, spec: { ...(namespace['spec'] as object), ...spec } };
  writes.push({
    request: { method: 'PUT', path: `${objectPath('namespaces', namespace)}/finalize`, body },
    tolerate: [404, 409],
  });
  return { writes, requeueAfterMs: 15_000 };
}

function statusWrite(
  namespace: KubeObject,
  view: View,
  status: Condition['status'],
  reason: string,
  message: string,
): Write[] {
  const current = (namespace['status'] as { conditions?: Condition[] } | undefined)?.conditions ?? [];
  const type = 'NamespaceContentRemaining';
  const before = current.find((condition) => condition.type === type);
  if (before?.status === status && before.message === message) return [];
  const condition: Condition = { type, status, reason, message, lastTransitionTime: formatTime(view.nowMs) };
  const conditions = [...current.filter((other) => other.type !== type), condition];
  const body = { ...namespace, status: { ...(namespace['status'] as object | undefined), conditions } };
  return [
    { request: { method: 'PUT', path: `${objectPath('namespaces', namespace)}/status`, body }, tolerate: [404, 409] },
  ];
}
