/**
 * Who controls what: adopts orphans that an owner's selector matches, releases what it no longer matches.
 * @source pkg/controller/controller_ref_manager.go
 */
import { matchesSelector, type Selector } from '../api/selector.ts';
import type { KubeObject } from '../api/types.ts';
import type { Delta } from '../client/informer.ts';
import type { View, Write } from './controller.ts';
import { controllerOf, ownerReference } from './pods.ts';
import { objectPath, type ResourceName } from './resources.ts';

export interface Claimed {
  /** Controlled and matching. */
  readonly objects: KubeObject[];
  /** Patches of owner references that must come first. */
  readonly writes: Write[];
}

/** `mayAdopt`: which orphans are wanted at all. An owner on its way out adopts and releases nothing. */
export function claim(
  owner: KubeObject,
  resource: ResourceName,
  selector: Selector,
  view: View,
  mayAdopt: (object: KubeObject) => boolean = () => true,
): Claimed {
  const objects: KubeObject[] = [];
  const writes: Write[] = [];
  const leaving = owner.metadata.deletionTimestamp !== undefined;
  const { uid = '' } = owner.metadata;
  for (const object of view.by(resource, 'byOwner', uid)) {
    if (controllerOf(object)?.uid !== uid) continue;
    if (matchesSelector(selector, object.metadata.labels)) objects.push(object);
    else if (!leaving) writes.push(patchOwners(resource, object, [{ $patch: 'delete', uid }]));
  }
  if (leaving) return { objects, writes };
  for (const object of view.by(resource, 'orphans', owner.metadata.namespace ?? '')) {
    if (object.metadata.deletionTimestamp !== undefined || !mayAdopt(object)) continue;
    if (!matchesSelector(selector, object.metadata.labels)) continue;
    writes.push(patchOwners(resource, object, [ownerReference(owner)]));
  }
  return { objects, writes };
}

/** Keys of the controllers of this kind that the object has, or has just lost. */
export function controllerKeys(delta: Delta, kind: string): string[] {
  const keys: string[] = [];
  const owner = controllerOf(delta.object);
  const before = delta.old === undefined ? undefined : controllerOf(delta.old);
  const namespace = delta.object.metadata.namespace ?? '';
  if (owner?.kind === kind) keys.push(`${namespace}/${owner.name}`);
  if (before?.kind === kind && before.uid !== owner?.uid) keys.push(`${namespace}/${before.name}`);
  return keys;
}

function patchOwners(resource: ResourceName, object: KubeObject, ownerReferences: readonly unknown[]): Write {
  const body = { metadata: { uid: object.metadata.uid, ownerReferences } };
  const contentType = 'application/strategic-merge-patch+json';
  const request = { method: 'PATCH', path: objectPath(resource, object), body, contentType } as const;
  return { request, tolerate: [404, 409, 422] };
}
