/** Namespace controller: empties a namespace that is being deleted, pods first, then lets it go. Models pkg/controller/namespace/deletion. */
import { formatTime } from '../api/time.ts';
import type { Condition, KubeObject, Namespace, Pod } from '../api/types.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { namespacedCollections } from './namespaced-collections.ts';
import { objectPath } from './resources.ts';

const KUBERNETES = 'kubernetes';
/** Other API servers are to hear of the deletion first. */
const GRACE_MS = 5_000;
/** Until our caches have seen what has just been deleted. */
const SETTLE_MS = 100;
/** How long finalizers are supposed to take. */
const FINALIZERS_SECONDS = 15;

/** Uids of namespaces whose content has been told to go. */
type Own = Set<string>;

export const namespaceController: Controller = {
  name: 'namespace-controller',
  account: 'namespace-controller',
  watches: ['namespaces'],
  workers: 10,
  workersFlag: 'concurrent-namespace-syncs',
  throughput: { qps: 20, burst: 100 },
  createOwn: (): Own => new Set(),
  delayMs: () => GRACE_MS,
  keysOf: (_resource, { type, key, object, old }, view) => {
    if (type === 'deleted') (view.own as Own).delete(object.metadata.uid ?? '');
    const begins = object.metadata.deletionTimestamp !== undefined && old?.metadata.deletionTimestamp === undefined;
    return type !== 'deleted' && begins ? [key] : [];
  },
  reconcile,
};

function reconcile(name: string, view: View): Outcome {
  const own = view.own as Own;
  const namespace = view.get('namespaces', name) as Namespace | undefined;
  if (namespace?.metadata.deletionTimestamp === undefined) return NOTHING_TO_DO;
  const finalizers = namespace.spec?.finalizers ?? [];
  if (!finalizers.includes(KUBERNETES)) return NOTHING_TO_DO;
  const pods = view.by('pods', 'byNamespace', name) as readonly Pod[];
  if (pods.length > 0) return waitForPods(namespace, pods, view);
  const { uid = '' } = namespace.metadata;
  if (!own.has(uid)) {
    own.add(uid);
    return { writes: deletions(name), requeueAfterMs: SETTLE_MS };
  }
  const remaining = remainingIn(name, view);
  const said = tell(namespace, remaining, view);
  if (remaining.length > 0) {
    // Those with finalizers take their time; the others are told again.
    own.delete(uid);
    const waits = remaining.some(({ metadata }) => (metadata.finalizers ?? []).length > 0);
    return { writes: said, requeueAfterMs: waits ? retryMs(FINALIZERS_SECONDS) : 1_000 };
  }
  if (said.length > 0) return { writes: said, requeueAfterMs: 0 };
  const checks = namespacedCollections.map(({ pathIn }): Write => {
    return {
      request: { method: 'GET', path: pathIn(name), query: { limit: '1' } },
      goOnIf: 'empty',
      tolerate: [404, 405],
    };
  });
  const left = finalizers.filter((finalizer) => finalizer !== KUBERNETES);
  const body = { ...namespace, spec: { ...namespace.spec, finalizers: left } };
  const path = `${objectPath('namespaces', namespace)}/finalize`;
  const finalize: Write = { request: { method: 'PUT', path, body }, tolerate: [404, 409] };
  return { writes: [...checks, finalize], requeueAfterMs: retryMs(FINALIZERS_SECONDS) };
}

/** Half of the longest time a pod may take to stop, then another look. */
function waitForPods(namespace: Namespace, pods: readonly Pod[], view: View): Outcome {
  const { name } = namespace.metadata;
  const writes: Write[] = [];
  if (pods.some(({ metadata }) => metadata.deletionTimestamp === undefined)) {
    const path = `/api/v1/namespaces/${name}/pods`;
    writes.push({ request: { method: 'DELETE', path }, tolerate: [404] });
  }
  const live = pods.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
  const longest = Math.max(0, ...live.map(({ spec }) => spec.terminationGracePeriodSeconds ?? 30));
  const seconds = longest > 0 ? longest : FINALIZERS_SECONDS;
  return { writes: [...writes, ...tell(namespace, [], view)], requeueAfterMs: retryMs(seconds) };
}

function retryMs(seconds: number): number {
  return (Math.floor(seconds / 2) + 1) * 1_000;
}

function deletions(name: string): Write[] {
  return namespacedCollections
    .filter(({ plural, group }) => plural !== 'pods' || group !== '')
    .map(({ pathIn }) => ({ request: { method: 'DELETE', path: pathIn(name) }, tolerate: [404, 405] }));
}

interface Remaining extends KubeObject {
  readonly from: string;
}

function remainingIn(name: string, view: View): Remaining[] {
  return namespacedCollections.flatMap(({ plural, group, resource }) => {
    if (resource === undefined) return [];
    return view.by(resource, 'byNamespace', name).map((object) => ({ ...object, from: `${plural}.${group}` }));
  });
}

/** Writes the five conditions if one of them has changed. */
function tell(namespace: Namespace, remaining: readonly Remaining[], view: View): Write[] {
  const byResource = new Map<string, number>();
  const byFinalizer = new Map<string, number>();
  for (const { from, metadata } of remaining) {
    byResource.set(from, (byResource.get(from) ?? 0) + 1);
    for (const finalizer of metadata.finalizers ?? [])
      byFinalizer.set(finalizer, (byFinalizer.get(finalizer) ?? 0) + 1);
  }
  const list = (counts: ReadonlyMap<string, number>, verb: string) =>
    [...counts]
      .map(([what, count]) => `${what} ${verb} ${count} resource instances`)
      .sort()
      .join(', ');
  const content = `Some resources are remaining: ${list(byResource, 'has')}`;
  const finalizers = `Some content in the namespace has finalizers remaining: ${list(byFinalizer, 'in')}`;
  const wanted: readonly (readonly [type: string, isTrue: boolean, reason: string, message: string])[] = [
    ['NamespaceDeletionDiscoveryFailure', false, 'ResourcesDiscovered', 'All resources successfully discovered'],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      false,
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
    [
      'NamespaceDeletionContentFailure',
      false,
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ],
    byResource.size > 0
      ? ['NamespaceContentRemaining', true, 'SomeResourcesRemain', content]
      : ['NamespaceContentRemaining', false, 'ContentRemoved', 'All content successfully removed'],
    byFinalizer.size > 0
      ? ['NamespaceFinalizersRemaining', true, 'SomeFinalizersRemain', finalizers]
      : ['NamespaceFinalizersRemaining', false, 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
  ];
  const known = namespace.status?.conditions ?? [];
  const conditions = wanted.map(([type, isTrue, reason, message]): Condition => {
    const status = isTrue ? 'True' : 'False';
    const before = known.find((condition) => condition.type === type);
    if (before?.status === status && before.reason === reason && before.message === message) return before;
    return { type, status, lastTransitionTime: formatTime(view.nowMs), reason, message };
  });
  if (conditions.every((condition) => known.includes(condition))) return [];
  const body = { ...namespace, status: { ...namespace.status, conditions } };
  const path = `${objectPath('namespaces', namespace)}/status`;
  return [{ request: { method: 'PUT', path, body }, tolerate: [404, 409] }];
}
