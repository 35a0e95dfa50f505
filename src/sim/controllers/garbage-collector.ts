/**
 * Garbage collector: deletes what has lost all its owners, and carries out foreground and orphan deletion. Before it deletes it asks the API
 * server whether the owner is really gone. Models pkg/controller/garbagecollector.
 */
import type { KubeObject, OwnerReference } from '../api/types.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import {
  collectionPath,
  isResource,
  objectPath,
  ownedResources,
  type ResourceName,
  resourceOfKind,
} from './resources.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

export const garbageCollector: Controller = {
  name: 'garbage-collector-controller',
  account: 'generic-garbage-collector',
  watches: [...ownedResources, 'nodes', 'services', 'namespaces', 'serviceaccounts', 'configmaps', 'endpointslices'],
  workers: 20,
  keysOf(resource, delta, view) {
    const { object } = delta;
    const keys: string[] = [];
    // An owner that has gone, or goes in the foreground: look at what it owned.
    const finalizers = object.metadata.finalizers ?? [];
    const goes =
      object.metadata.deletionTimestamp !== undefined &&
      (finalizers.includes(FOREGROUND) || finalizers.includes(ORPHAN));
    if (delta.type === 'deleted')
      keys.push(...dependents(object, view).map(({ resource: r, object: o }) => name(r, o)));
    if (goes && delta.type !== 'deleted') keys.push(name(resource, object));
    const owners = object.metadata.ownerReferences;
    if (owners !== undefined && owners.length > 0) {
      if (delta.type === 'deleted') keys.push(...waitingOwners(object, owners, view));
      else if (delta.type === 'added' && owners.some((owner) => !isPresent(object, owner, view)))
        keys.push(name(resource, object));
    }
    return keys;
  },
  reconcile,
};

function name(resource: ResourceName, object: KubeObject): string {
  return `${resource}|${object.metadata.namespace ?? ''}|${object.metadata.name}`;
}

function reconcile(key: string, view: View): Outcome {
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

/** Deletes the object when every owner is gone; forgets the missing ones when some are left. */
function collect(resource: ResourceName, object: KubeObject, view: View): Outcome {
  const owners = object.metadata.ownerReferences ?? [];
  const missing = owners.filter((owner) => !isPresent(object, owner, view));
  const waiting = owners.filter((owner) => isDeletingInForeground(object, owner, view));
  if (missing.length === 0 && waiting.length === 0) return NOTHING_TO_DO;
  // Ask before shooting: the cache may not have seen a new owner yet.
  const asks = missing.flatMap((owner) => askWhetherGone(object, owner));
  if (missing.length + waiting.length < owners.length) {
    const left = owners.filter((owner) => !missing.includes(owner) && !waiting.includes(owner));
    const body = { metadata: { uid: object.metadata.uid, ownerReferences: left } };
    const patch: Write = {
      request: {
        method: 'PATCH',
        path: objectPath(resource, object),
        body,
        contentType: 'application/merge-patch+json',
      },
      tolerate: [404, 409],
    };
    return { writes: [...asks, patch] };
  }
  const hasBlockers = waiting.length > 0 && dependents(object, view).some(({ object: o }) => blocks(o, object));
  return { writes: [...asks, remove(resource, object, hasBlockers ? 'Foreground' : 'Background')] };
}

/** The owner waits for the dependents that block it, then goes. */
function foreground(resource: ResourceName, object: KubeObject, view: View): Outcome {
  const blocking = dependents(object, view).filter((dependent) => blocks(dependent.object, object));
  if (blocking.length === 0) return { writes: [dropFinalizer(resource, object, FOREGROUND)] };
  const writes = blocking
    .filter((dependent) => dependent.object.metadata.deletionTimestamp === undefined)
    .map((dependent) => remove(dependent.resource, dependent.object, 'Foreground'));
  return { writes };
}

function orphan(resource: ResourceName, object: KubeObject, view: View): Outcome {
  const writes = dependents(object, view).map((dependent): Write => {
    const left = (dependent.object.metadata.ownerReferences ?? []).filter((owner) => owner.uid !== object.metadata.uid);
    const body = { metadata: { ownerReferences: left } };
    return {
      request: {
        method: 'PATCH',
        path: objectPath(dependent.resource, dependent.object),
        body,
        contentType: 'application/merge-patch+json',
      },
      tolerate: [404],
    };
  });
  return { writes: [...writes, dropFinalizer(resource, object, ORPHAN)] };
}

function dependents(owner: KubeObject, view: View): { resource: ResourceName; object: KubeObject }[] {
  const found: { resource: ResourceName; object: KubeObject }[] = [];
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

function find(
  object: KubeObject,
  owner: OwnerReference,
  view: View,
): { resource: ResourceName; owner: KubeObject } | undefined {
  const resource = resourceOfKind(owner.kind);
  if (resource === undefined) return undefined;
  const found = view.get(resource, `${object.metadata.namespace}/${owner.name}`) ?? view.get(resource, owner.name);
  return found?.metadata.uid === owner.uid ? { resource, owner: found } : undefined;
}

/** Owners of kinds that nobody here watches count as present. */
function isPresent(object: KubeObject, owner: OwnerReference, view: View): boolean {
  return resourceOfKind(owner.kind) === undefined || find(object, owner, view) !== undefined;
}

function isDeletingInForeground(object: KubeObject, owner: OwnerReference, view: View): boolean {
  const found = find(object, owner, view)?.owner.metadata;
  return found?.deletionTimestamp !== undefined && found.finalizers?.includes(FOREGROUND) === true;
}

function waitingOwners(object: KubeObject, owners: readonly OwnerReference[], view: View): string[] {
  return owners.flatMap((owner) => {
    const found = find(object, owner, view);
    return found !== undefined && isDeletingInForeground(object, owner, view)
      ? [name(found.resource, found.owner)]
      : [];
  });
}

function askWhetherGone(object: KubeObject, owner: OwnerReference): Write[] {
  const resource = resourceOfKind(owner.kind);
  if (resource === undefined) return [];
  const path = `${collectionPath(resource, object.metadata.namespace)}/${owner.name}`;
  return [{ request: { method: 'GET', path }, goOnIf: { gone: owner.uid } }];
}

function remove(resource: ResourceName, object: KubeObject, propagationPolicy: 'Background' | 'Foreground'): Write {
  const body = { propagationPolicy, preconditions: { uid: object.metadata.uid } };
  return { request: { method: 'DELETE', path: objectPath(resource, object), body }, tolerate: [404, 409] };
}

function dropFinalizer(resource: ResourceName, object: KubeObject, finalizer: string): Write {
  const finalizers = (object.metadata.finalizers ?? []).filter((other) => other !== finalizer);
  const body = { metadata: { uid: object.metadata.uid, resourceVersion: object.metadata.resourceVersion, finalizers } };
  return {
    request: { method: 'PATCH', path: objectPath(resource, object), body, contentType: 'application/merge-patch+json' },
    tolerate: [404],
  };
}
