import type { StoredKeyValue } from './mvcc.ts';

/** All that is known of one key: its changes, oldest first. The newest may be a tombstone (version 0). */
export interface KeyHistory {
  readonly key: string;
  revisions: StoredKeyValue[];
}

/** Every key in order: sorted chunks of at most CHUNK histories, so that an insertion moves little. */
export interface KeyIndex {
  chunks: KeyHistory[][];
}

const CHUNK = 512;

export function createKeyIndex(): KeyIndex {
  return { chunks: [] };
}

/** Adds a history whose key is not in the index yet. */
export function insertKey(index: KeyIndex, history: KeyHistory): void {
  const { chunks } = index;
  if (chunks.length === 0) {
    chunks.push([history]);
    return;
  }
  const at = chunkOf(chunks, history.key);
  const chunk = chunks[at]!;
  chunk.splice(lowerBound(chunk, history.key), 0, history);
  if (chunk.length > CHUNK) chunks.splice(at + 1, 0, chunk.splice(CHUNK >> 1));
}

export function removeKey(index: KeyIndex, key: string): void {
  const { chunks } = index;
  if (chunks.length === 0) return;
  const at = chunkOf(chunks, key);
  const chunk = chunks[at]!;
  const position = lowerBound(chunk, key);
  if (chunk[position]?.key !== key) return;
  chunk.splice(position, 1);
  if (chunk.length === 0) chunks.splice(at, 1);
}

/** Visits the histories of [key, end) in order until `visit` returns false. An end of '' means "to the last key". */
export function visitRange(index: KeyIndex, key: string, end: string, visit: (history: KeyHistory) => boolean): void {
  const { chunks } = index;
  if (chunks.length === 0) return;
  let at = chunkOf(chunks, key);
  let position = lowerBound(chunks[at]!, key);
  for (; at < chunks.length; at++) {
    const chunk = chunks[at]!;
    for (; position < chunk.length; position++) {
      const history = chunk[position]!;
      if (end !== '' && history.key >= end) return;
      if (!visit(history)) return;
    }
    position = 0;
  }
}

/** The last chunk whose first key is ≤ key, or the first chunk. */
function chunkOf(chunks: readonly KeyHistory[][], key: string): number {
  let low = 0;
  let high = chunks.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (chunks[middle]![0]!.key <= key) low = middle;
    else high = middle - 1;
  }
  return low;
}

function lowerBound(chunk: readonly KeyHistory[], key: string): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (chunk[middle]!.key < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
