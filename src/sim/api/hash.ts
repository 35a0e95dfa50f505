/**
 * The hashes Kubernetes puts into names: `web-7c5ddbdf54`.
 * FNV-1a like the real one; the bytes that go in are ours (canonical JSON), not Go's printer's, so the letters differ.
 * @source pkg/controller/controller_utils.go ComputeHash, pkg/util/hash/hash.go, apimachinery/pkg/util/rand SafeEncodeString
 */
import { NAME_ALPHABET } from './names.ts';

const OFFSET_BASIS = 2_166_136_261;
const PRIME = 16_777_619;

/** FNV-32a of a text's UTF-16 units (two bytes each beyond ASCII), 0…2³²-1. */
export function fnv32a(text: string, seed: number = OFFSET_BASIS): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    hash = Math.imul(hash ^ (unit & 0xff), PRIME);
    if (unit > 0x7f) hash = Math.imul(hash ^ (unit >>> 8), PRIME);
  }
  return hash >>> 0;
}

/** Digits turned into letters that cannot spell words: `7c5ddbdf54`. */
export function safeEncode(text: string): string {
  let encoded = '';
  for (let i = 0; i < text.length; i++) encoded += NAME_ALPHABET[text.charCodeAt(i) % NAME_ALPHABET.length];
  return encoded;
}

/**
 * The value of `pod-template-hash` and `controller-revision-hash`: equal templates give equal hashes whatever the order of
 * their keys; a new collision count gives another one.
 */
export function templateHash(template: unknown, collisionCount?: number): string {
  const hash = hashValue(template, OFFSET_BASIS);
  return safeEncode(String(collisionCount === undefined ? hash : fnv32a(String(collisionCount), hash)));
}

/** A hash of plain data, independent of the order of keys, 0…2³²-1. */
export function deepHash(value: unknown): number {
  return hashValue(value, OFFSET_BASIS);
}

function hashValue(value: unknown, seed: number): number {
  if (value === null || value === undefined) return fnv32a('~', seed);
  if (typeof value === 'string') return fnv32a(`"${value}"`, seed);
  if (typeof value !== 'object') return fnv32a(String(value), seed);
  let hash = seed;
  if (Array.isArray(value)) {
    hash = fnv32a('[', hash);
    for (const item of value) hash = fnv32a(',', hashValue(item, hash));
    return fnv32a(']', hash);
  }
  const fields = value as Readonly<Record<string, unknown>>;
  hash = fnv32a('{', hash);
  for (const key of Object.keys(fields).sort()) {
    if (fields[key] === undefined || fields[key] === null) continue;
    hash = fnv32a(',', hashValue(fields[key], fnv32a(`${key}:`, hash)));
  }
  return fnv32a('}', hash);
}
