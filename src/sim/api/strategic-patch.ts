/**
 * Strategic merge patch: lists of things with names merge by name instead of being replaced.
 * Directives: `$patch: replace|delete`, `$retainKeys`, `$deleteFromPrimitiveList/x`, `$setElementOrder/x`.
 * @source staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go
 */
import { type FieldSchema, objectTypeOf, typeSchema } from './schema.ts';

export type StrategicResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: string };

type Fields = Readonly<Record<string, unknown>>;

export const PATCH_DIRECTIVE = '$patch';
export const RETAIN_KEYS = '$retainKeys';
export const DELETE_FROM_LIST = '$deleteFromPrimitiveList/';
export const SET_ELEMENT_ORDER = '$setElementOrder/';

/** Raised inside and turned into a result at the door: what the author of the patch did wrong. */
class BadPatch extends Error {}

/** Applies a strategic merge patch to an object of a type (`core.Pod`); the object stays as it is. */
export function applyStrategicPatch(typeName: string, object: unknown, patch: Fields): StrategicResult {
  try {
    return { ok: true, value: mergeMap(isMap(object) ? object : {}, patch, typeName) };
  } catch (error) {
    if (error instanceof BadPatch) return { ok: false, error: error.message };
    throw error;
  }
}

/** How a field merges: what `schema.ts` says of it, or nothing special for a field no table has. */
export function mergeRuleOf(typeName: string | undefined, field: string): FieldSchema | undefined {
  return typeName === undefined ? undefined : typeSchema(typeName)?.byName.get(field);
}

function mergeMap(original: Fields, patch: Fields, typeName: string | undefined): Fields {
  const directive = patch[PATCH_DIRECTIVE];
  if (directive !== undefined) return wholeMap(directive, patch);
  const merged: Record<string, unknown> = { ...original };
  applyRetainKeys(merged, patch);
  const done = new Set<string>();
  for (const key of Object.keys(patch)) {
    if (!key.startsWith(SET_ELEMENT_ORDER)) continue;
    done.add(key);
    const field = key.slice(SET_ELEMENT_ORDER.length);
    if (mergeOrdered(merged, patch, field, asList(patch[key]), typeName)) done.add(field);
  }
  for (const key of Object.keys(patch)) {
    if (done.has(key) || key === RETAIN_KEYS) continue;
    const deleting = key.startsWith(DELETE_FROM_LIST);
    const field = deleting ? key.slice(DELETE_FROM_LIST.length) : key;
    mergeField(merged, field, patch[key], deleting, typeName);
  }
  return merged;
}

function mergeField(
  merged: Record<string, unknown>,
  field: string,
  change: unknown,
  deleting: boolean,
  typeName: string | undefined,
): void {
  if (change === null) {
    delete merged[field];
    return;
  }
  const before = merged[field];
  const rule = mergeRuleOf(typeName, field);
  const inner = rule && objectTypeOf(rule.type);
  if (deleting) {
    if (Array.isArray(before) && Array.isArray(change)) merged[field] = before.filter((item) => !change.includes(item));
  } else if (isMap(before) && isMap(change) && rule?.replaced !== true) {
    merged[field] = mergeMap(before, change, inner);
  } else if (Array.isArray(before) && Array.isArray(change)) {
    merged[field] = rule?.mergeKey === undefined ? change : mergeList(before, change, rule.mergeKey, inner);
  } else {
    const plain = withoutDirectives(change);
    if (plain === undefined) delete merged[field];
    else merged[field] = plain;
  }
}

function wholeMap(directive: unknown, patch: Fields): Fields {
  if (directive === 'delete') return {};
  if (directive !== 'replace')
    throw new BadPatch(`unknown patch type: ${String(directive)} in map: ${goMapText(patch)}`);
  const { [PATCH_DIRECTIVE]: _directive, ...rest } = patch;
  return rest;
}

function applyRetainKeys(merged: Record<string, unknown>, patch: Fields): void {
  const retained = patch[RETAIN_KEYS];
  if (retained === undefined) return;
  if (!Array.isArray(retained)) throw new BadPatch('invalid patch format of retainKeys');
  for (const key of Object.keys(patch)) {
    const special = key === RETAIN_KEYS || key.startsWith(DELETE_FROM_LIST) || key.startsWith(SET_ELEMENT_ORDER);
    if (!special && patch[key] !== null && !retained.includes(key)) {
      throw new BadPatch('invalid patch format of retainKeys');
    }
  }
  for (const key of Object.keys(merged)) if (!retained.includes(key)) delete merged[key];
}

/** Merges a list that comes with its order; false when neither side has it. */
function mergeOrdered(
  merged: Record<string, unknown>,
  patch: Fields,
  field: string,
  order: readonly unknown[],
  typeName: string | undefined,
): boolean {
  const before = merged[field] === undefined ? undefined : asList(merged[field]);
  const change = patch[field] === undefined || patch[field] === null ? undefined : asList(patch[field]);
  const rule = mergeRuleOf(typeName, field);
  const mergeKey = rule?.mergeKey ?? '';
  if (change !== undefined) checkOrder(change, order, mergeKey);
  let list: readonly unknown[];
  if (before === undefined && change === undefined) return false;
  if (change === undefined) list = before ?? [];
  else if (before === undefined) list = asList(withoutDirectives(change));
  else
    list = rule?.mergeKey === undefined ? change : mergeList(before, change, mergeKey, rule && objectTypeOf(rule.type));
  merged[field] = normalizeOrder(list, order, before ?? [], mergeKey);
  return true;
}

/** The items of a patch must come in the order its `$setElementOrder` list says. */
function checkOrder(change: readonly unknown[], order: readonly unknown[], mergeKey: string): void {
  if (change.length === 0 || order.length === 0) return;
  let at = 0;
  for (const item of change) {
    if (isMap(item) && item[PATCH_DIRECTIVE] !== undefined) continue;
    const wanted = keyOf(item, mergeKey);
    while (at < order.length && keyOf(order[at], mergeKey) !== wanted) at++;
    if (at++ >= order.length) {
      const [list, orderText] = [goText(change), goText(order)];
      throw new BadPatch(`The order in patch list:\n${list}\n doesn't match $setElementOrder list:\n${orderText}\n`);
    }
  }
}

function mergeList(
  before: readonly unknown[],
  change: readonly unknown[],
  mergeKey: string,
  typeName: string | undefined,
): readonly unknown[] {
  if (before.length === 0 && change.length === 0) return before;
  const sample = before[0] ?? change[0];
  if (!isMap(sample)) return normalizeOrder([...new Set([...before, ...change])], change, before, '');
  if (mergeKey === '') throw new BadPatch(`cannot merge lists without merge key for ${typeName ?? ''}`);
  let original = [...before];
  let additions: unknown[] = [];
  let replacing = false;
  for (const item of change) {
    const directive = isMap(item) ? item[PATCH_DIRECTIVE] : undefined;
    if (directive === undefined) additions.push(item);
    else if (directive === 'replace') replacing = true;
    else if (directive === 'delete') {
      const gone = keyOf(item, mergeKey);
      original = original.filter((candidate) => !isMap(candidate) || candidate[mergeKey] !== gone);
    } else if (directive === 'merge') throw new BadPatch('merging lists cannot yet be specified in the patch');
    else throw new BadPatch(`unknown patch type: ${String(directive)} in map: ${goText(item)}`);
  }
  if (replacing) {
    original = additions;
    additions = [];
  }
  for (const item of additions) {
    const key = keyOf(item, mergeKey);
    const index = original.findIndex((candidate) => isMap(candidate) && candidate[mergeKey] === key);
    const found = original[index];
    if (isMap(found) && isMap(item)) original[index] = mergeMap(found, item, typeName);
    else original.push(withoutDirectives(item));
  }
  const ordered = replacing ? original : additions;
  return normalizeOrder(original, ordered, before, mergeKey);
}

/** The items a patch names in its order, those only the server has in theirs, woven together by the server's order. */
function normalizeOrder(
  list: readonly unknown[],
  patchOrder: readonly unknown[],
  serverOrder: readonly unknown[],
  mergeKey: string,
): readonly unknown[] {
  const patchKeys = patchOrder.map((item) => keyOf(item, mergeKey));
  const serverKeys = serverOrder.map((item) => keyOf(item, mergeKey));
  const byIndex =
    (keys: readonly unknown[]) =>
    (a: unknown, b: unknown): number =>
      keys.indexOf(keyOf(a, mergeKey)) - keys.indexOf(keyOf(b, mergeKey));
  const fromPatch = list.filter((item) => patchKeys.includes(keyOf(item, mergeKey))).sort(byIndex(patchKeys));
  const serverOnly = list.filter((item) => !patchKeys.includes(keyOf(item, mergeKey))).sort(byIndex(serverKeys));
  const woven: unknown[] = [];
  let i = 0;
  for (const item of fromPatch) {
    const place = serverKeys.indexOf(keyOf(item, mergeKey));
    while (i < serverOnly.length && place >= 0) {
      const own = serverKeys.indexOf(keyOf(serverOnly[i], mergeKey));
      if (own < 0 || own >= place) break;
      woven.push(serverOnly[i++]);
    }
    woven.push(item);
  }
  return [...woven, ...serverOnly.slice(i)];
}

/** What makes an item the same as another: its merge key, or (for plain values) itself. */
function keyOf(item: unknown, mergeKey: string): unknown {
  if (mergeKey === '' || !isMap(item)) return item;
  if (item[mergeKey] === undefined) {
    throw new BadPatch(`map: ${goMapText(item)} does not contain declared merge key: ${mergeKey}`);
  }
  return item[mergeKey];
}

/** A value without directives and nulls; undefined when the whole of it was a directive. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isMap(value)) return value;
  if (value[PATCH_DIRECTIVE] !== undefined) return undefined;
  const plain: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const inner = value[key] === null ? undefined : withoutDirectives(value[key]);
    if (inner !== undefined) plain[key] = inner;
  }
  return plain;
}

function asList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const actual = isMap(value) ? 'map[string]interface {}' : typeof value === 'string' ? 'string' : typeof value;
  throw new BadPatch(`expected a []interface {}, but received a ${actual}`);
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Go's `%v` of a map: `map[a:1 b:[x y]]`. */
export function goMapText(map: Fields): string {
  return `map[${Object.keys(map)
    .sort()
    .map((key) => `${key}:${goText(map[key])}`)
    .join(' ')}]`;
}

function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  return isMap(value) ? goMapText(value) : String(value);
}
