/**
 * Strategic merge patches made from what was and what shall be: what `kubectl apply`, `edit` and the like send.
 * @source staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go CreateTwoWayMergePatch, CreateThreeWayMergePatch
 */
import { deepEqual } from './equal.ts';
import { type FieldSchema, objectTypeOf } from './schema.ts';
import {
  applyStrategicPatch,
  DELETE_FROM_LIST,
  mergeRuleOf,
  PATCH_DIRECTIVE,
  RETAIN_KEYS,
  SET_ELEMENT_ORDER,
} from './strategic-patch.ts';

type Fields = Readonly<Record<string, unknown>>;

interface DiffOptions {
  readonly ignoreChanges: boolean;
  readonly ignoreDeletions: boolean;
  readonly setElementOrder: boolean;
  readonly retainKeys: boolean;
}

/** The patch from one object to another; empty when they are the same. */
export function createTwoWayPatch(typeName: string, original: Fields, modified: Fields): Fields {
  return diffMaps(original, modified, typeName, {
    ignoreChanges: false,
    ignoreDeletions: false,
    setElementOrder: true,
    retainKeys: false,
  });
}

/**
 * The patch of `kubectl apply`: adds and changes what differs between the live object and the manifest, deletes what the
 * manifest had last time and has no longer.
 * @param lastApplied  from the annotation; empty for an object that was never applied
 */
export function createThreeWayPatch(typeName: string, lastApplied: Fields, modified: Fields, live: Fields): Fields {
  const options = { setElementOrder: true, retainKeys: false };
  const delta = diffMaps(live, modified, typeName, { ...options, ignoreChanges: false, ignoreDeletions: true });
  const deletions = diffMaps(lastApplied, modified, typeName, {
    ...options,
    ignoreChanges: true,
    ignoreDeletions: false,
  });
  return mergePatches(deletions, delta);
}

/** Puts two patches into one: later values win, items of lists merge, in the order the patches demand. */
function mergePatches(first: Fields, second: Fields): Fields {
  const merged: Record<string, unknown> = { ...first };
  for (const key of Object.keys(second)) {
    const a = merged[key];
    const b = second[key];
    if (isMap(a) && isMap(b)) merged[key] = mergePatches(a, b);
    else if (Array.isArray(a) && Array.isArray(b) && !key.startsWith('$')) {
      const order = second[SET_ELEMENT_ORDER + key] ?? first[SET_ELEMENT_ORDER + key];
      merged[key] = inOrder(mergeItems(a, b), Array.isArray(order) ? order : []);
    } else merged[key] = b;
  }
  return merged;
}

/** Items as their `$setElementOrder` list names them; deletions, which it does not name, go last. */
function inOrder(items: readonly unknown[], order: readonly unknown[]): readonly unknown[] {
  const place = (item: unknown): number => {
    const index = order.findIndex((wanted) =>
      isMap(wanted) && isMap(item) ? Object.keys(wanted).every((key) => wanted[key] === item[key]) : wanted === item,
    );
    return index < 0 ? order.length : index;
  };
  return items.toSorted((a, b) => place(a) - place(b));
}

/** Deletions go behind the changes; an item in both is merged. */
function mergeItems(deletions: readonly unknown[], changes: readonly unknown[]): readonly unknown[] {
  const merged = [...changes];
  for (const item of deletions) {
    if (!isMap(item)) {
      if (!merged.includes(item)) merged.push(item);
      continue;
    }
    const mergeKey = Object.keys(item).find(
      (key) =>
        key !== PATCH_DIRECTIVE &&
        merged.some((other) => isMap(other) && other[key] === item[key] && isScalar(item[key])),
    );
    const index = merged.findIndex(
      (other) => mergeKey !== undefined && isMap(other) && other[mergeKey] === item[mergeKey],
    );
    const found = merged[index];
    if (isMap(found) && item[PATCH_DIRECTIVE] === undefined) merged[index] = mergePatches(item, found);
    else if (index < 0) merged.push(item);
  }
  return merged;
}

function diffMaps(original: Fields, modified: Fields, typeName: string | undefined, options: DiffOptions): Fields {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(modified)) {
    const after = modified[key];
    const before = original[key];
    if (after === undefined) continue;
    if (before === undefined) {
      if (!options.ignoreChanges) patch[key] = after;
      continue;
    }
    const rule = mergeRuleOf(typeName, key);
    if (isMap(before) && isMap(after) && rule?.replaced !== true) {
      const inner = diffMaps(before, after, rule && objectTypeOf(rule.type), {
        ...options,
        retainKeys: rule?.retainKeys ?? false,
      });
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (Array.isArray(before) && Array.isArray(after) && rule?.mergeKey !== undefined) {
      diffLists(patch, key, before, after, rule, options);
    } else if (!options.ignoreChanges && !deepEqual(before, after)) {
      patch[key] = after;
    }
  }
  if (!options.ignoreDeletions) {
    for (const key of Object.keys(original)) {
      if (original[key] !== undefined && modified[key] === undefined) patch[key] = null;
    }
  }
  if (options.retainKeys) {
    const kept = Object.keys(modified).filter((key) => modified[key] !== undefined && modified[key] !== null);
    const added = kept.some((key) => original[key] === undefined);
    if (kept.length > 0 && (Object.keys(patch).length > 0 || added)) patch[RETAIN_KEYS] = kept.sort();
  }
  return patch;
}

function diffLists(
  patch: Record<string, unknown>,
  key: string,
  before: readonly unknown[],
  after: readonly unknown[],
  rule: FieldSchema,
  options: DiffOptions,
): void {
  if (before.length === 0) {
    if (after.length > 0 && !options.ignoreChanges) patch[key] = after;
    return;
  }
  const mergeKey = rule.mergeKey ?? '';
  if (isMap(before[0] ?? after[0])) {
    diffItems(patch, key, before as readonly Fields[], after as readonly Fields[], mergeKey, rule, options);
    return;
  }
  const added = options.ignoreChanges ? [] : after.filter((item) => !before.includes(item));
  const deleted = options.ignoreDeletions ? [] : [...new Set(before.filter((item) => !after.includes(item)))];
  if (added.length > 0) patch[key] = added;
  if (deleted.length > 0) patch[DELETE_FROM_LIST + key] = deleted;
  const ordered = deleted.length > 0 || (!options.ignoreChanges && !deepEqual(before, after));
  if (options.setElementOrder && ordered && after.length > 0) patch[SET_ELEMENT_ORDER + key] = after;
}

function diffItems(
  patch: Record<string, unknown>,
  key: string,
  before: readonly Fields[],
  after: readonly Fields[],
  mergeKey: string,
  rule: FieldSchema,
  options: DiffOptions,
): void {
  const items: Fields[] = [];
  const typeName = objectTypeOf(rule.type);
  for (const item of after) {
    const old = before.find((candidate) => candidate[mergeKey] === item[mergeKey]);
    if (old === undefined) {
      if (!options.ignoreChanges) items.push(item);
      continue;
    }
    const inner = diffMaps(old, item, typeName, { ...options, retainKeys: rule.retainKeys });
    if (Object.keys(inner).length > 0) items.push({ ...inner, [mergeKey]: item[mergeKey] });
  }
  if (!options.ignoreDeletions) {
    for (const item of before) {
      const gone = !after.some((candidate) => candidate[mergeKey] === item[mergeKey]);
      if (gone) items.push({ [PATCH_DIRECTIVE]: 'delete', [mergeKey]: item[mergeKey] });
    }
  }
  if (items.length > 0) patch[key] = items;
  const sameOrder =
    before.length === after.length && after.every((item, i) => item[mergeKey] === before[i]?.[mergeKey]);
  const changed = items.length > 0 || (!options.ignoreChanges && !sameOrder);
  if (options.setElementOrder && changed && after.length > 0) {
    patch[SET_ELEMENT_ORDER + key] = after.map((item) => ({ [mergeKey]: item[mergeKey] }));
  }
}

/** Whether a patch would leave an object as it is. */
export function isNoChange(typeName: string, live: Fields, patch: Fields): boolean {
  if (Object.keys(patch).length === 0) return true;
  const result = applyStrategicPatch(typeName, live, patch);
  return result.ok && deepEqual(result.value, live);
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}
