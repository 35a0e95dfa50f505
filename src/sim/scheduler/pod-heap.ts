/** A binary heap of queued pods that also finds and removes them by key. Plain data; the order is the caller's. */
import type { QueuedPod } from './scheduling-queue.ts';

export interface PodHeap {
  readonly items: QueuedPod[];
  /** Pod key → index in `items`. */
  readonly places: Map<string, number>;
}

/** Negative when `a` comes first. Never 0 for two different pods, or the order would depend on the heap's history. */
export type Order = (a: QueuedPod, b: QueuedPod) => number;

export function newPodHeap(): PodHeap {
  return { items: [], places: new Map() };
}

export function pushPod(heap: PodHeap, order: Order, pod: QueuedPod): void {
  if (heap.places.has(pod.key)) removeQueued(heap, order, pod.key);
  heap.items.push(pod);
  heap.places.set(pod.key, heap.items.length - 1);
  rise(heap, order, heap.items.length - 1);
}

export function peekPod(heap: PodHeap): QueuedPod | undefined {
  return heap.items[0];
}

export function popPod(heap: PodHeap, order: Order): QueuedPod | undefined {
  const first = heap.items[0];
  return first === undefined ? undefined : removeQueued(heap, order, first.key);
}

export function getQueued(heap: PodHeap, key: string): QueuedPod | undefined {
  const place = heap.places.get(key);
  return place === undefined ? undefined : heap.items[place];
}

export function removeQueued(heap: PodHeap, order: Order, key: string): QueuedPod | undefined {
  const place = heap.places.get(key);
  if (place === undefined) return undefined;
  const removed = heap.items[place];
  const last = heap.items.pop();
  heap.places.delete(key);
  if (last === undefined || last === removed) return removed;
  heap.items[place] = last;
  heap.places.set(last.key, place);
  rise(heap, order, place);
  sink(heap, order, heap.places.get(last.key) ?? place);
  return removed;
}

function rise(heap: PodHeap, order: Order, from: number): void {
  let place = from;
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!isBefore(heap, order, place, parent)) return;
    swap(heap, place, parent);
    place = parent;
  }
}

function sink(heap: PodHeap, order: Order, from: number): void {
  let place = from;
  for (;;) {
    const left = 2 * place + 1;
    let first = place;
    if (left < heap.items.length && isBefore(heap, order, left, first)) first = left;
    if (left + 1 < heap.items.length && isBefore(heap, order, left + 1, first)) first = left + 1;
    if (first === place) return;
    swap(heap, place, first);
    place = first;
  }
}

function isBefore(heap: PodHeap, order: Order, a: number, b: number): boolean {
  const left = heap.items[a];
  const right = heap.items[b];
  return left !== undefined && right !== undefined && order(left, right) < 0;
}

function swap(heap: PodHeap, a: number, b: number): void {
  const left = heap.items[a];
  const right = heap.items[b];
  if (left === undefined || right === undefined) return;
  heap.items[a] = right;
  heap.items[b] = left;
  heap.places.set(right.key, a);
  heap.places.set(left.key, b);
}
