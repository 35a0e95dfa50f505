/** Hashes for the determinism law: a cheap chain over executed rows, and a full walk over the data. Two 32-bit words each. */

/** FNV-1a over UTF-16 code units. */
export function hashText(text: string, from = 0x811c9dc5): number {
  let hash = from;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

export function mix(hash: number, value: number): number {
  let h = Math.imul(hash ^ value, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export function hex(low: number, high: number): string {
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');
}

/**
 * Hash of plain data, whatever the order in which an object's keys were set; Maps and Sets count in their own order. What is frozen counts by
 * what it says, whoever shares it; what can change counts once, by where it stands.
 */
export function hashPlain(value: unknown): string {
  const known: Known = { mutable: new Map(), frozen: new Map() };
  const low = walk(value, 0x811c9dc5, known);
  return hex(low, mix(low, known.mutable.size));
}

interface Known {
  /** Order in which it was met. */
  readonly mutable: Map<object, number>;
  readonly frozen: Map<object, number>;
}

function walk(value: unknown, from: number, known: Known): number {
  switch (typeof value) {
    case 'string':
      return hashText(value, mix(from, 1));
    case 'number':
      return Number.isSafeInteger(value)
        ? mix(mix(from, 2 + (value | 0)), Math.floor(value / 0x100000000))
        : hashText(String(value), from);
    case 'boolean':
      return mix(from, value ? 5 : 7);
    case 'bigint':
      return hashText(value.toString(), mix(from, 9));
    case 'undefined':
      return mix(from, 11);
  }
  if (value === null) return mix(from, 13);
  const object = value as object;
  if (Object.isFrozen(object)) return mix(from, frozenHash(object, known.frozen));
  const seen = known.mutable.get(object);
  if (seen !== undefined) return mix(from, seen);
  known.mutable.set(object, known.mutable.size + 17);
  return walkInside(object, mix(from, 19), (item, hash) => walk(item, hash, known));
}

/** Everything below a frozen object is immutable too. */
function frozenHash(object: object, known: Map<object, number>): number {
  let hash = known.get(object);
  if (hash === undefined) {
    hash = walkInside(object, 0x9e3779b9, (item, before) =>
      typeof item === 'object' && item !== null
        ? mix(before, frozenHash(item, known))
        : walk(item, before, { mutable: NONE, frozen: known }),
    );
    known.set(object, hash);
  }
  return hash;
}

const NONE = new Map<object, number>();

function walkInside(object: object, from: number, visit: (item: unknown, hash: number) => number): number {
  let hash = from;
  if (Array.isArray(object)) for (const item of object) hash = visit(item, hash);
  else if (object instanceof Map) for (const [key, item] of object) hash = visit(item, visit(key, hash));
  else if (object instanceof Set) for (const item of object) hash = visit(item, hash);
  else {
    const record = object as Record<string, unknown>;
    for (const key of Object.keys(record).sort()) {
      if (record[key] !== undefined) hash = visit(record[key], hashText(key, hash));
    }
  }
  return hash;
}
