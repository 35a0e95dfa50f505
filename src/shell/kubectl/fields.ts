/** Safe reading of untyped API objects: a missing or wrongly typed field is the empty value, never an exception. */
import type { JsonObject } from './client.ts';

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of field names, or undefined. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const field of path) {
    if (!isObject(current)) return undefined;
    current = current[field];
  }
  return current;
}

/** A string (numbers and booleans become text), or ''. */
export function text(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path);
  if (typeof found === 'string') return found;
  return typeof found === 'number' || typeof found === 'boolean' ? String(found) : '';
}

export function integer(value: unknown, ...path: readonly string[]): number {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : 0;
}

export function has(value: unknown, ...path: readonly string[]): boolean {
  const found = at(value, ...path);
  return found !== undefined && found !== null;
}

export function list(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function objects(value: unknown, ...path: readonly string[]): readonly JsonObject[] {
  return list(value, ...path).filter(isObject);
}

export function texts(value: unknown, ...path: readonly string[]): string[] {
  return list(value, ...path).map((item) => (typeof item === 'string' ? item : String(item)));
}

export function record(value: unknown, ...path: readonly string[]): JsonObject {
  const found = at(value, ...path);
  return isObject(found) ? found : {};
}

/** A map of strings with its keys in byte order, as Go's sorted printers walk it. */
export function sortedEntries(map: JsonObject): [string, unknown][] {
  return Object.entries(map).sort(([a], [b]) => compareText(a, b));
}

/** Order by code point, which is Go's order of UTF-8 strings. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

export const nameOf = (object: unknown): string => text(object, 'metadata', 'name');
export const namespaceOf = (object: unknown): string => text(object, 'metadata', 'namespace');

/** A deep copy with one path set; missing objects are made on the way. */
export function withField(object: JsonObject, path: readonly string[], value: unknown): JsonObject {
  const [first, ...rest] = path;
  if (first === undefined) return object;
  if (rest.length > 0) return { ...object, [first]: withField(record(object, first), rest, value) };
  if (value !== undefined) return { ...object, [first]: value };
  const { [first]: _dropped, ...kept } = object;
  return kept;
}

export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a).filter((key) => a[key] !== undefined);
    const others = Object.keys(b).filter((key) => b[key] !== undefined);
    return keys.length === others.length && keys.every((key) => key in b && sameValue(a[key], b[key]));
  }
  return false;
}
