/** Which schema a resource has, and patches made by it: built-in types merge by their keys, custom ones field by field. */
import { applyMergePatch, applyPatch, createMergePatch } from '../../sim/api/patch.ts';
import { typeSchema } from '../../sim/api/schema.ts';
import { createThreeWayPatch, createTwoWayPatch } from '../../sim/api/strategic-diff.ts';
import type { PatchKind } from './changes.ts';
import type { JsonObject } from './client.ts';
import type { Resource } from './discovery.ts';
import { KubectlError, StatusError } from './errors.ts';
import { isObject } from './fields.ts';

/** `apps.Deployment`, or undefined for custom resources. */
export function schemaTypeOf(resource: Resource): string | undefined {
  const builtIn = !resource.group.includes('.') || resource.group.endsWith('.k8s.io');
  const name = `${resource.group === '' ? 'core' : resource.group.split('.')[0]}.${resource.kind}`;
  return builtIn && typeSchema(name) !== undefined ? name : undefined;
}

export interface Patch {
  readonly kind: PatchKind;
  readonly body: JsonObject;
}

/** The patch from what the manifest was and the live object to what the manifest is now. */
export function threeWayPatch(
  resource: Resource,
  lastApplied: JsonObject,
  modified: JsonObject,
  live: JsonObject,
): Patch {
  const type = schemaTypeOf(resource);
  if (type !== undefined)
    return { kind: 'strategic', body: { ...createThreeWayPatch(type, lastApplied, modified, live) } };
  const removed = keepDeletions(createMergePatch(lastApplied, modified));
  const changed = keepAdditions(createMergePatch(live, modified));
  const merged = applyNulls(removed, changed);
  return { kind: 'merge', body: merged };
}

/** The patch from one version of an object to another. */
export function twoWayPatch(resource: Resource, before: JsonObject, after: JsonObject): Patch {
  const type = schemaTypeOf(resource);
  if (type !== undefined) return { kind: 'strategic', body: { ...createTwoWayPatch(type, before, after) } };
  const patch = createMergePatch(before, after);
  return { kind: 'merge', body: isObject(patch) ? patch : {} };
}

/** Applies a patch here, without the server. */
export function applyLocally(resource: Resource, object: JsonObject, kind: PatchKind, patch: unknown): JsonObject {
  const type = schemaTypeOf(resource);
  if (kind === 'merge' || (kind === 'strategic' && type === undefined)) {
    const merged = applyMergePatch(object, patch);
    return isObject(merged) ? merged : object;
  }
  const result = applyPatch(kind === 'json' ? 'json' : 'strategic', object, patch, type ?? '');
  if (!result.ok) throw isObject(result.status) ? new StatusError(result.status) : new KubectlError('patch failed');
  return isObject(result.value) ? result.value : object;
}

/** Only the nulls of a merge patch. */
function keepDeletions(patch: unknown): JsonObject {
  return filterPatch(patch, true);
}

function keepAdditions(patch: unknown): JsonObject {
  return filterPatch(patch, false);
}

function filterPatch(patch: unknown, deletions: boolean): JsonObject {
  if (!isObject(patch)) return {};
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(patch)) {
    if (isObject(value)) {
      const inner = filterPatch(value, deletions);
      if (Object.keys(inner).length > 0 || (!deletions && Object.keys(value).length === 0)) kept[key] = inner;
    } else if ((value === null) === deletions) kept[key] = value;
  }
  return kept;
}

/** Two patches in one; nulls of the first stay. */
function applyNulls(first: JsonObject, second: JsonObject): JsonObject {
  const merged: JsonObject = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const mine = merged[key];
    merged[key] = isObject(value) && isObject(mine) ? applyNulls(mine, value) : value;
  }
  return merged;
}
