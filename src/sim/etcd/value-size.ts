import type { EtcdValue } from '../api/etcd.ts';

/** How much room a value takes, about as protobuf would, and a hash of its content. */
export interface ValueMeasure {
  readonly sizeBytes: number;
  readonly hash: number;
}

/** The same object is stored by every member and often measured for a request limit before: remember frozen ones. */
const measured = new WeakMap<object, ValueMeasure>();

export function measureValue(value: EtcdValue): ValueMeasure {
  if (typeof value === 'string') return { sizeBytes: textBytes(value), hash: hashText(value, 0x811c9dc5) };
  const known = measured.get(value);
  if (known !== undefined) return known;
  const walk = { sizeBytes: 0, hash: 0x811c9dc5 };
  measureInto(walk, value);
  if (Object.isFrozen(value)) measured.set(value, walk);
  return walk;
}

function measureInto(walk: { sizeBytes: number; hash: number }, value: unknown): void {
  if (typeof value === 'string') {
    walk.sizeBytes += 2 + value.length;
    walk.hash = hashText(value, walk.hash);
  } else if (typeof value === 'number') {
    walk.sizeBytes += 4;
    walk.hash = Math.imul(walk.hash ^ (value | 0), 0x01000193) >>> 0;
  } else if (typeof value === 'boolean') {
    walk.sizeBytes += 2;
    walk.hash = Math.imul(walk.hash ^ (value ? 5 : 3), 0x01000193) >>> 0;
  } else if (Array.isArray(value)) {
    for (const item of value) {
      walk.sizeBytes += 2;
      measureInto(walk, item);
    }
  } else if (typeof value === 'object' && value !== null) {
    const record = value as Readonly<Record<string, unknown>>;
    for (const key in record) {
      const field = record[key];
      if (field === undefined) continue;
      // Field names are numbers in protobuf; the keys of labels and annotations are text.
      walk.sizeBytes += key.includes('/') ? key.length + 4 : 2;
      walk.hash = Math.imul(walk.hash ^ key.length, 0x01000193) >>> 0;
      measureInto(walk, field);
    }
  }
}

/** FNV-1a over UTF-16 code units, carried on from `seed`. */
export function hashText(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

function textBytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7ff) bytes += 2;
    else if (unit > 0x7f) bytes += 1;
  }
  return bytes;
}
