/**
 * Garbage collector: deletes what has lost all its owners, and carries out foreground and orphan deletion. Before it deletes it asks the API
 * server whether the owner is really gone. Models pkg/controller/garbagecollector.
 */
import type { KubeObject, OwnerReference } from '../api/types.ts';
import type { Delta } from '../client/informer.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import {
  collectionPath,
  isResource,
  objectPath,
  ownedResources,
  type ResourceName,
  resourceNames,
  resourceOfKind,
} from './resources.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';
/** So many uids of vanished owners are remembered. */
const ABSENT_LIMIT = 500;

/** Uids of owners that are known to be gone; the oldest first. */
type Own = Set<string>;

export const garbageCollector: Controller = {
  name: 'garbage-collector-controller',
  account: 'generic-garbage-collector',
  watches: resourceNames,
  workers: 20,
  workersFlag: 'concurrent-gc-syncs',
  throughput: { qps: 2, burst: 1 },
  createOwn: (): Own => new Set(),
  keysOf(resource, delta, view) {
    const { object, type } = delta;
    if (type === 'deleted') {
      remember(view.own as Own, object.metadata.uid);
      return [...names(dependentsOf(object, view)), ...waitingOwners(object, view)];
    }
    const keys: string[] = [];
    const { deletionTimestamp, finalizers, ownerReferences } = object.metadata;
    if (deletionTimestamp !== undefined && finalizers !== undefined) {
      const orphaning = finalizers.includes(ORPHAN);
      const waiting = finalizers.includes(FOREGROUND);
      if (orphaning || waiting) keys.push(name(resource, object));
      // From now on it waits for its dependents: look at each of them.
      if (waiting && !wasWaiting(delta)) keys.push(...names(dependentsOf(object, view)));
    }
    if (ownerReferences !== undefined && delta.old?.metadata.ownerReferences !== ownerReferences) {
      if (ownerReferences.some((owner) => isMissing(object, owner, view) || isWaiting(object, owner, view)))
        keys.push(name(resource, object));
      // An owner may have waited for exactly this reference to go.
      if (delta.old !== undefined) keys.push(...waitingOwners(delta.old, view));
    }
    return keys;
  },
  reconcile,
};

interface Found {
  readonly resource: ResourceName;
  readonly object: KubeObject;
}

function name(resource: ResourceName, object: KubeObject): string {
  return `${resource}|${object.metadata.namespace ?? ''}|${object.metadata.name}`;
}

function names(found: readonly Found[]): string[] {
  return found.map(({ resource, object }) => name(resource, object));
}

function remember(absent: Own, uid: string | undefined): void {
  if (uid === undefined) return;
  absent.add(uid);
  if (absent.size > ABSENT_LIMIT) absent.delete(absent.values().next().value!);
}

function wasWaiting({ old }: Delta): boolean {
  const before = old?.metadata;
  return before?.deletionTimestamp !== undefined && before.finalizers?.includes(FOREGROUND) === true;
}

function reconcile(key: string, view: View): Outcome {
  if (view.flag('enable-garbage-collector') === 'false') return NOTHING_TO_DO;
  const [resource, namespace, objectName] = key.split('|');
  if (resource === undefined || !isResource(resource) || objectName === undefined) return NOTHING_TO_DO;
  const object = view.get(resource, namespace === '' ? objectName : `${namespace}/${objectName}`);
  if (object === undefined) return NOTHING_TO_DO;
  const finalizers = object.metadata.finalizers ?? [];
  if (object.metadata.deletionTimestamp !== undefined) {
    if (finalizers.includes(ORPHAN)) return orphan(resource, object, view);
    if (finalizers.includes(FOREGROUND)) return foreground(resource, object, view);
    return NOTHING_TO_DO;
  }
  return collect(resource, object, view);
}

/** Deletes the object when no owner holds it any more; while one still does, only forgets the others. @source attemptToDeleteItem */
function collect(resource: ResourceName, object: KubeObject, view: View): Outcome {
  const owners = object.metadata.ownerReferences ?? [];
  const missing = owners.filter((owner) => isMissing(object, owner, view));
  const waiting = owners.filter((owner) => isWaiting(object, owner, view));
  if (missing.length + waiting.length === 0) return NOTHING_TO_DO;
  // Ask before shooting: the cache may not have seen a new owner yet.
  const asks = missing.filter(({ uid }) => !(view.own as Own).has(uid)).flatMap((owner) => ask(object, owner));
  if (missing.length + waiting.length < owners.length)
    return { writes: [...asks, disown(resource, object, [...missing, ...waiting])] };
  const dependents = waiting.length === 0 ? [] : dependentsOf(object, view);
  if (dependents.length > 0) {
    // A circle of objects that wait for one another is broken here.
    const circular = dependents.some((dependent) => isDeletingDependents(dependent.object));
    const unblocked = circular ? [unblock(resource, object)] : [];
    return { writes: [...asks, ...unblocked, remove(resource, object, 'Foreground')] };
  }
  const { finalizers } = object.metadata;
  const policy = finalizers?.includes(ORPHAN)
    ? 'Orphan'
    : finalizers?.includes(FOREGROUND)
      ? 'Foreground'
      : 'Background';
  return { writes: [...asks, remove(resource, object, policy)] };
}

/** The owner waits for the dependents that block it, then goes. */
function foreground(resource: ResourceName, object: KubeObject, view: View): Outcome {
  const blocking = dependentsOf(object, view).filter((dependent) => blocks(dependent.object, object));
  if (blocking.length === 0) return { writes: [dropFinalizer(resource, object, FOREGROUND)] };
  const idle = blocking.filter((dependent) => !isDeletingDependents(dependent.object));
  return { writes: [], alsoKeys: names(idle) };
}

/** The owner goes, and its dependents forget it first. */
function orphan(resource: ResourceName, object: KubeObject, view: View): Outcome {
  const { uid } = object.metadata;
  const writes = dependentsOf(object, view).map((dependent) => {
    const owners = (dependent.object.metadata.ownerReferences ?? []).filter((owner) => owner.uid === uid);
    return disown(dependent.resource, dependent.object, owners);
  });
  return { writes: [...writes, dropFinalizer(resource, object, ORPHAN)] };
}

function dependentsOf(owner: KubeObject, view: View): Found[] {
  const found: Found[] = [];
  const { uid } = owner.metadata;
  if (uid === undefined) return found;
  for (const resource of ownedResources)
    for (const object of view.by(resource, 'byOwner', uid)) found.push({ resource, object });
  return found;
}

function blocks(dependent: KubeObject, owner: KubeObject): boolean {
  return (
    dependent.metadata.ownerReferences?.some(
      ({ uid, blockOwnerDeletion }) => uid === owner.metadata.uid && blockOwnerDeletion === true,
    ) === true
  );
}

function isDeletingDependents({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(FOREGROUND) === true;
}

function find(object: KubeObject, owner: OwnerReference, view: View): Found | undefined {
  const resource = resourceOfKind(owner.kind);
  if (resource === undefined) return undefined;
  const found = view.get(resource, `${object.metadata.namespace}/${owner.name}`) ?? view.get(resource, owner.name);
  return found?.metadata.uid === owner.uid ? { resource, object: found } : undefined;
}

/** Owners of kinds that nobody here watches count as present. */
function isMissing(object: KubeObject, owner: OwnerReference, view: View): boolean {
  return resourceOfKind(owner.kind) !== undefined && find(object, owner, view) === undefined;
}

/** The owner goes in the foreground and this object holds it back. */
function isWaiting(object: KubeObject, owner: OwnerReference, view: View): boolean {
  const found = find(object, owner, view)?.object;
  return found !== undefined && isDeletingDependents(found);
}

function waitingOwners(object: KubeObject, view: View): string[] {
  return (object.metadata.ownerReferences ?? []).flatMap((owner) => {
    const found = find(object, owner, view);
    return found !== undefined && isDeletingDependents(found.object) ? [name(found.resource, found.object)] : [];
  });
}

function ask(object: KubeObject, owner: OwnerReference): Write[] {
  const resource = resourceOfKind(owner.kind);
  if (resource === undefined) return [];
  const namespaced = CLUSTER_WIDE.has(resource) ? undefined : object.metadata.namespace;
  const path = `${collectionPath(resource, namespaced)}/${owner.name}`;
  return [{ request: { method: 'GET', path }, goOnIf: { gone: owner.uid } }];
}

const CLUSTER_WIDE: ReadonlySet<ResourceName> = new Set([
  'nodes',
  'namespaces',
  'persistentvolumes',
  'storageclasses',
  'clusterroles',
  'clusterrolebindings',
  'certificatesigningrequests',
]);

function remove(resource: ResourceName, object: KubeObject, propagationPolicy: string): Write {
  const body = { propagationPolicy, preconditions: { uid: object.metadata.uid } };
  return { request: { method: 'DELETE', path: objectPath(resource, object), body }, tolerate: [404, 409] };
}

function disown(resource: ResourceName, object: KubeObject, owners: readonly OwnerReference[]): Write {
  const ownerReferences = owners.map(({ uid }) => ({ $patch: 'delete', uid }));
  return patch(resource, object, { ownerReferences }, 'application/strategic-merge-patch+json');
}

function unblock(resource: ResourceName, object: KubeObject): Write {
  const ownerReferences = object.metadata.ownerReferences?.map(({ uid }) => ({ uid, blockOwnerDeletion: false }));
  return patch(resource, object, { ownerReferences }, 'application/strategic-merge-patch+json');
}

function dropFinalizer(resource: ResourceName, object: KubeObject, finalizer: string): Write {
  const finalizers = (object.metadata.finalizers ?? []).filter((other) => other !== finalizer);
  const { resourceVersion } = object.metadata;
  return patch(resource, object, { resourceVersion, finalizers }, 'application/merge-patch+json');
}

function patch(resource: ResourceName, object: KubeObject, metadata: object, contentType: string): Write {
  const body = { metadata: { uid: object.metadata.uid, ...metadata } };
  return { request: { method: 'PATCH', path: objectPath(resource, object), body, contentType }, tolerate: [404] };
}
