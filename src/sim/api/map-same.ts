/**
 * Changing shared data without copying what stays: the same reference comes back when nothing changed.
 */

/** Maps a list; the list itself comes back when every item came back itself. */
export function mapSame<T>(list: readonly T[], change: (item: T, index: number) => T): readonly T[] {
  let changed: T[] | undefined;
  for (let i = 0; i < list.length; i++) {
    const item = list[i] as T;
    const next = change(item, i);
    if (next === item) continue;
    changed ??= list.slice();
    changed[i] = next;
  }
  return changed ?? list;
}

/** Maps the values of a map; the map itself comes back when every value came back itself. */
export function mapValuesSame<T>(
  map: Readonly<Record<string, T>>,
  change: (value: T, key: string) => T,
): Readonly<Record<string, T>> {
  let changed: Record<string, T> | undefined;
  for (const key in map) {
    const value = map[key] as T;
    const next = change(value, key);
    if (next === value) continue;
    changed ??= { ...map };
    changed[key] = next;
  }
  return changed ?? map;
}

/** The object with these fields; the object itself when they are what it has already. */
export function withFields<T extends object>(object: T, fields: Partial<T>): T {
  let changed: T | undefined;
  for (const key in fields) {
    if (object[key] === fields[key]) continue;
    changed ??= { ...object };
    changed[key] = fields[key] as T[typeof key];
  }
  return changed ?? object;
}
