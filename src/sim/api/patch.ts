/**
 * The patches of the API server: JSON patch (RFC 6902), merge patch (RFC 7386) and strategic merge patch.
 * @source staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go, gopkg.in/evanphx/json-patch.v4
 */
import { deepEqual } from './equal.ts';
import { invalid } from './field-error.ts';
import { badRequest, invalidObject, requestEntityTooLarge, unknownError, unprocessable } from './status.ts';
import { applyStrategicPatch } from './strategic-patch.ts';
import type { Status } from './types.ts';

export type PatchType = 'json' | 'merge' | 'strategic';

export type PatchResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly status: Status };

const CONTENT_TYPES: Readonly<Record<string, PatchType>> = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
};

/** The patch type of a Content-Type header; undefined for others (server-side apply is not a patch of this kind). */
export function patchTypeOf(contentType: string): PatchType | undefined {
  return CONTENT_TYPES[contentType.split(';')[0]?.trim() ?? ''];
}

/**
 * Applies a patch to an object, which stays as it is.
 * @param schemaType  of the object (`core.Pod`): strategic patches merge by its keys
 */
export function applyPatch(type: PatchType, object: unknown, patch: unknown, schemaType: string): PatchResult {
  if (type === 'json') return applyJsonPatch(object, patch);
  if (!isMap(patch)) {
    const error = `json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`;
    return { ok: false, status: badRequest(`error decoding patch: ${error}`) };
  }
  if (type === 'merge') return { ok: true, value: applyMergePatch(object, patch) };
  const merged = applyStrategicPatch(schemaType, object, patch);
  return merged.ok ? merged : { ok: false, status: unknownError(merged.error) };
}

/** What the API server says when a patched object cannot be decoded any more. */
export function patchedObjectInvalid(patched: unknown, error: string): Status {
  return invalidObject({ group: '', kind: '' }, '', [invalid('patch', JSON.stringify(patched), error)]);
}

/** RFC 7386: null removes, maps merge, everything else replaces. */
export function applyMergePatch(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const merged: Record<string, unknown> = isMap(target) ? { ...target } : {};
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === null) delete merged[key];
    else if (value !== undefined) merged[key] = applyMergePatch(merged[key], value);
  }
  return merged;
}

/** The merge patch that turns one document into another; undefined when they are equal. */
export function createMergePatch(from: unknown, to: unknown): unknown {
  if (!isMap(from) || !isMap(to)) return deepEqual(from, to) ? undefined : to;
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(to)) {
    if (to[key] === undefined) continue;
    if (from[key] === undefined) patch[key] = to[key];
    else {
      const change = createMergePatch(from[key], to[key]);
      if (change !== undefined) patch[key] = change;
    }
  }
  for (const key of Object.keys(from)) if (from[key] !== undefined && to[key] === undefined) patch[key] = null;
  return Object.keys(patch).length === 0 ? undefined : patch;
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

const MAX_OPERATIONS = 10_000;

/** RFC 6902. An operation that does not apply fails the whole patch with 422. */
export function applyJsonPatch(object: unknown, patch: unknown): PatchResult {
  if (!Array.isArray(patch)) {
    const error = `json: cannot unmarshal ${jsonKind(patch)} into Go value of type []handlers.jsonPatchOp`;
    return { ok: false, status: badRequest(`error decoding patch: ${error}`) };
  }
  if (patch.length > MAX_OPERATIONS) {
    const text = `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`;
    return { ok: false, status: requestEntityTooLarge(text) };
  }
  let document: unknown = object;
  for (const operation of patch as readonly unknown[]) {
    const next = isOperation(operation) ? applyOperation(document, operation) : undefined;
    if (next === undefined) return { ok: false, status: unprocessable() };
    document = next.value;
  }
  return { ok: true, value: document };
}

/** A changed document; undefined instead of it when the operation does not apply. */
type Changed = { readonly value: unknown } | undefined;

function applyOperation(document: unknown, operation: Operation): Changed {
  const path = parsePointer(operation.path);
  if (path === undefined) return undefined;
  switch (operation.op) {
    case 'add':
      return 'value' in operation ? change(document, path, (at, key) => insert(at, key, operation.value)) : undefined;
    case 'replace':
      return 'value' in operation ? change(document, path, (at, key) => replace(at, key, operation.value)) : undefined;
    case 'remove':
      return change(document, path, remove);
    case 'test': {
      const found = lookUp(document, path);
      return deepEqual(found?.value ?? null, operation.value ?? null) ? { value: document } : undefined;
    }
    case 'copy':
    case 'move': {
      const from = parsePointer(operation.from ?? '');
      const source = from && lookUp(document, from);
      if (from === undefined || source === undefined) return undefined;
      const emptied = operation.op === 'move' ? change(document, from, remove) : { value: document };
      return emptied && change(emptied.value, path, (at, key) => insert(at, key, source.value));
    }
    default:
      return undefined;
  }
}

/** `/a/b~1c` → `['a', 'b/c']`; undefined when it does not begin with a slash. */
function parsePointer(pointer: string): readonly string[] | undefined {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) return undefined;
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function lookUp(document: unknown, path: readonly string[]): { readonly value: unknown } | undefined {
  let value = document;
  for (const key of path) {
    if (Array.isArray(value)) {
      const index = indexOf(value, key);
      if (index === undefined || index >= value.length) return undefined;
      value = value[index];
    } else if (isMap(value) && Object.hasOwn(value, key)) {
      value = value[key];
    } else {
      return undefined;
    }
  }
  return { value };
}

/** Copies the way down to the last container and changes that one. */
function change(document: unknown, path: readonly string[], edit: (at: unknown, key: string) => Changed): Changed {
  const [key, ...rest] = path;
  if (key === undefined) {
    const whole = edit({ '': document }, '');
    return whole && isMap(whole.value) ? { value: whole.value[''] } : undefined;
  }
  if (rest.length === 0) return edit(document, key);
  const child = lookUp(document, [key]);
  if (child === undefined) return undefined;
  const changed = change(child.value, rest, edit);
  if (changed === undefined) return undefined;
  if (Array.isArray(document)) return { value: document.with(indexOf(document, key) ?? 0, changed.value) };
  return isMap(document) ? { value: { ...document, [key]: changed.value } } : undefined;
}

function insert(at: unknown, key: string, value: unknown): Changed {
  if (isMap(at)) return { value: { ...at, [key]: value } };
  if (!Array.isArray(at)) return undefined;
  const index = key === '-' ? at.length : indexOf(at, key);
  return index === undefined || index > at.length ? undefined : { value: at.toSpliced(index, 0, value) };
}

function replace(at: unknown, key: string, value: unknown): Changed {
  if (lookUp(at, [key]) === undefined) return undefined;
  if (Array.isArray(at)) return { value: at.with(indexOf(at, key) ?? 0, value) };
  return isMap(at) ? { value: { ...at, [key]: value } } : undefined;
}

function remove(at: unknown, key: string): Changed {
  if (lookUp(at, [key]) === undefined) return undefined;
  if (Array.isArray(at)) return { value: at.toSpliced(indexOf(at, key) ?? 0, 1) };
  if (!isMap(at)) return undefined;
  const { [key]: _removed, ...rest } = at;
  return { value: rest };
}

/** Negative indices count from the end, as the server's library allows. */
function indexOf(list: readonly unknown[], key: string): number | undefined {
  if (!/^-?\d+$/.test(key)) return undefined;
  const index = Number(key);
  if (index >= 0) return index;
  return index + list.length >= 0 ? index + list.length : undefined;
}

function isOperation(value: unknown): value is Operation {
  return isMap(value) && typeof value['op'] === 'string' && typeof value['path'] === 'string';
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function jsonKind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}
