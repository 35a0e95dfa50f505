import type { KernelState } from './state.ts';

/**
 * Copies the mutable plain data of a world: objects, arrays, Map, Set. What is frozen is immutable and is shared, not copied.
 * Aliases stay aliases. Throws on functions, class instances and the like: a component's memory must be plain data.
 */
export function clonePlain<T>(value: T): T {
  return copy(value, new Map()) as T;
}

/**
 * A copy of a kernel's whole state. Rows of the queue and lines of logs are never changed once they are made, so their lists are copied and
 * they themselves are shared.
 * @returns the copy, and how many things were copied: what the next one will about cost
 */
export function cloneState(state: KernelState): { readonly state: KernelState; readonly size: number } {
  const seen = new Map<object, object>();
  seen.set(state.queue, { heap: [...state.queue.heap] });
  for (const host of state.hosts.values()) for (const lines of host.logs.values()) seen.set(lines, [...lines]);
  for (const rows of state.network.held.values()) seen.set(rows, [...rows]);
  for (const process of state.processes.values()) seen.set(process.inbox, [...process.inbox]);
  return { state: copy(state, seen) as KernelState, size: seen.size };
}

function copy(value: unknown, seen: Map<object, object>): unknown {
  if (typeof value === 'function') throw new Error('a function in the world: memory must be plain data');
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value)) {
    const array: unknown[] = new Array(value.length);
    seen.set(value, array);
    for (let i = 0; i < value.length; i++) array[i] = copy(value[i], seen);
    return array;
  }
  if (value instanceof Map) {
    const map = new Map<unknown, unknown>();
    seen.set(value, map);
    for (const [key, item] of value) map.set(copy(key, seen), copy(item, seen));
    return map;
  }
  if (value instanceof Set) {
    const set = new Set<unknown>();
    seen.set(value, set);
    for (const item of value) set.add(copy(item, seen));
    return set;
  }
  if (ArrayBuffer.isView(value)) {
    const view = (value as Uint8Array).slice();
    seen.set(value, view);
    return view;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new Error(`not plain data in the world: ${String(value)}`);
  const result: Record<string, unknown> = {};
  seen.set(value, result);
  for (const key of Object.keys(value)) result[key] = copy((value as Record<string, unknown>)[key], seen);
  return result;
}
