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

/** Hash of plain data, whatever the order in which an object's keys were set; Maps and Sets count in their own order. */
export function hashPlain(value: unknown): string {
  const known = new Map<object, number>();
  const low = walk(value, 0x811c9dc5, known);
  return hex(low, mix(low, known.size));
}

function walk(value: unknown, from: number, known: Map<object, number>): number {
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
  const seen = known.get(object);
  if (seen !== undefined) return mix(from, seen);
  known.set(object, known.size + 17);
  let hash = mix(from, 19);
  if (Array.isArray(object)) for (const item of object) hash = walk(item, hash, known);
  else if (object instanceof Map) for (const [key, item] of object) hash = walk(item, walk(key, hash, known), known);
  else if (object instanceof Set) for (const item of object) hash = walk(item, hash, known);
  else {
    const record = object as Record<string, unknown>;
    for (const key of Object.keys(record).sort()) {
      if (record[key] !== undefined) hash = walk(record[key], hashText(key, hash), known);
    }
  }
  return hash;
}
