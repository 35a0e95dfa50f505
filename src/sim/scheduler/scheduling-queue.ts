/**
 * The scheduling queue: pods to be scheduled now (activeQ), pods that failed and wait a while (backoffQ), and pods that fit
 * nowhere until something changes (unschedulablePods). A change in the cluster moves a pod only when a plugin that rejected it
 * says that the change may matter (queueing hints).
 * @source pkg/scheduler/backend/queue
 */
import { SECOND, type Us } from '../kernel/units.ts';
import type { ClusterEvent } from './cluster-events.ts';
import type { Cycle } from './framework.ts';
import type { PodInfo } from './node-info.ts';
import { compareQueued } from './plugins/priority-sort.ts';
import { getQueued, newPodHeap, type Order, type PodHeap, peekPod, popPod, pushPod, removeQueued } from './pod-heap.ts';
import type { ProfilePlugins } from './profile-plugins.ts';

export interface QueuedPod {
  readonly key: string;
  info: PodInfo;
  /** When it last entered the queue; older pods go first among equals. */
  queuedAtUs: Us;
  attempts: number;
  /** Failed attempts that a plugin was to blame for; the back-off doubles with each. */
  unschedulableCount: number;
  /** Errors in a row; they have a back-off of their own. */
  errorCount: number;
  /** End of the back-off; 0 = to be worked out. */
  backoffUntilUs: Us;
  /** The plugins that turned it away the last time. */
  rejectors: readonly string[];
  /** The PreEnqueue plugin that keeps it out of activeQ; '' = none. */
  gatedBy: string;
  readonly sequence: number;
}

export interface SchedulingQueue {
  readonly active: PodHeap;
  readonly backoff: PodHeap;
  /** Pods that met errors: unlike `backoff` never taken before their time. */
  readonly errorBackoff: PodHeap;
  readonly unschedulable: Map<string, QueuedPod>;
  nextSequence: number;
  readonly initialBackoffUs: Us;
  readonly maxBackoffUs: Us;
  readonly maxUnschedulableUs: Us;
}

/** What the queue needs to know beyond its own memory. */
export interface QueueContext {
  readonly nowUs: Us;
  readonly cycle: Cycle;
  /** The plugins of the profile that is responsible for a pod. */
  pluginsFor(pod: PodInfo): ProfilePlugins;
  /** The PreEnqueue plugin that says no; '' when none does. */
  gateOf(pod: PodInfo): string;
}

/** Back-offs end on whole seconds, so that pods that become free together are ordered by priority. */
const WINDOW: Us = SECOND;
/** How often leftovers are looked for. */
export const FLUSH_PERIOD: Us = 30 * SECOND;

export function newSchedulingQueue(initialBackoffUs: Us, maxBackoffUs: Us, maxUnschedulableUs: Us): SchedulingQueue {
  return {
    active: newPodHeap(),
    backoff: newPodHeap(),
    errorBackoff: newPodHeap(),
    unschedulable: new Map(),
    nextSequence: 0,
    initialBackoffUs,
    maxBackoffUs,
    maxUnschedulableUs,
  };
}

const byImportance: Order = (a, b) => {
  const left = { priority: a.info.priority, queuedAtUs: a.queuedAtUs };
  return compareQueued(left, { priority: b.info.priority, queuedAtUs: b.queuedAtUs }) || a.sequence - b.sequence;
};
const byBackoff: Order = (a, b) => a.backoffUntilUs - b.backoffUntilUs || byImportance(a, b);

/** A pod that has just been created (or has come under this scheduler). */
export function addPod(queue: SchedulingQueue, context: QueueContext, info: PodInfo): void {
  if (findQueued(queue, info.key) !== undefined) {
    updatePod(queue, context, info, []);
    return;
  }
  const pod: QueuedPod = {
    key: info.key,
    info,
    queuedAtUs: context.nowUs,
    attempts: 0,
    unschedulableCount: 0,
    errorCount: 0,
    backoffUntilUs: 0,
    rejectors: [],
    gatedBy: '',
    sequence: queue.nextSequence++,
  };
  moveToActive(queue, context, pod);
}

/** The next pod to be scheduled. Before idling, the scheduler takes a pod whose back-off is not over. */
export function takePod(queue: SchedulingQueue): QueuedPod | undefined {
  const pod = popPod(queue.active, byImportance) ?? popPod(queue.backoff, byBackoff);
  if (pod !== undefined) pod.attempts++;
  return pod;
}

export function hasPod(queue: SchedulingQueue): boolean {
  return queue.active.items.length > 0 || queue.backoff.items.length > 0;
}

/** The pod's object has changed. `events`: what of it changed. */
export function updatePod(
  queue: SchedulingQueue,
  context: QueueContext,
  info: PodInfo,
  events: readonly ClusterEvent[],
): void {
  for (const [heap, order] of heapsOf(queue)) {
    const waiting = getQueued(heap, info.key);
    if (waiting === undefined) continue;
    waiting.info = info;
    pushPod(heap, order, waiting);
    return;
  }
  const stuck = queue.unschedulable.get(info.key);
  if (stuck === undefined) {
    addPod(queue, context, info);
    return;
  }
  stuck.info = info;
  for (const event of events) {
    if (!isWorthRequeuing(context, stuck, event)) continue;
    queue.unschedulable.delete(stuck.key);
    requeue(queue, context, stuck);
    return;
  }
}

export function deletePod(queue: SchedulingQueue, key: string): void {
  for (const [heap, order] of heapsOf(queue)) removeQueued(heap, order, key);
  queue.unschedulable.delete(key);
}

/**
 * A pod whose attempt has failed goes back.
 * @param meanwhile what happened in the cluster while the attempt was under way
 */
export function addUnschedulable(
  queue: SchedulingQueue,
  context: QueueContext,
  pod: QueuedPod,
  rejectors: readonly string[],
  meanwhile: readonly ClusterEvent[],
): void {
  pod.rejectors = rejectors;
  if (rejectors.length === 0) pod.errorCount++;
  else {
    pod.unschedulableCount++;
    pod.errorCount = 0;
  }
  pod.queuedAtUs = context.nowUs;
  pod.backoffUntilUs = 0;
  const isWorthIt = rejectors.length === 0 || meanwhile.some((event) => isWorthRequeuing(context, pod, event));
  if (isWorthIt) requeue(queue, context, pod);
  else queue.unschedulable.set(pod.key, pod);
}

/** Something has changed in the cluster: pods that this may help get another try. True when any pod moved. */
export function moveAll(
  queue: SchedulingQueue,
  context: QueueContext,
  event: ClusterEvent,
  isCandidate?: (pod: PodInfo) => boolean,
): boolean {
  let moved = false;
  // A copy: a pod that is gated comes back to the end of the very map.
  for (const pod of [...queue.unschedulable.values()]) {
    if (isCandidate !== undefined && !isCandidate(pod.info)) continue;
    if (!isWorthRequeuing(context, pod, event)) continue;
    queue.unschedulable.delete(pod.key);
    requeue(queue, context, pod);
    moved = true;
  }
  return moved;
}

/** Pods that nobody has moved for five minutes get a try anyway. */
export function flushLeftovers(queue: SchedulingQueue, context: QueueContext): void {
  for (const pod of [...queue.unschedulable.values()]) {
    if (context.nowUs - pod.queuedAtUs <= queue.maxUnschedulableUs) continue;
    queue.unschedulable.delete(pod.key);
    requeue(queue, context, pod);
  }
}

/** Moves pods whose back-off is over to activeQ; gives when the next one will be, or undefined. */
export function flushBackoff(queue: SchedulingQueue, nowUs: Us): Us | undefined {
  let next: Us | undefined;
  for (const heap of [queue.backoff, queue.errorBackoff]) {
    for (let pod = peekPod(heap); pod !== undefined; pod = peekPod(heap)) {
      if (isBackingOff(queue, pod, nowUs)) {
        const freeAt = pod.backoffUntilUs + WINDOW;
        if (next === undefined || freeAt < next) next = freeAt;
        break;
      }
      popPod(heap, byBackoff);
      pushPod(queue.active, byImportance, pod);
    }
  }
  return next;
}

/** Tries to bring a waiting pod to activeQ at once, whatever its back-off. */
export function activate(queue: SchedulingQueue, context: QueueContext, key: string): void {
  const pod =
    queue.unschedulable.get(key) ??
    removeQueued(queue.backoff, byBackoff, key) ??
    removeQueued(queue.errorBackoff, byBackoff, key);
  if (pod === undefined) return;
  queue.unschedulable.delete(key);
  moveToActive(queue, context, pod);
}

export function findQueued(queue: SchedulingQueue, key: string): QueuedPod | undefined {
  for (const [heap] of heapsOf(queue)) {
    const pod = getQueued(heap, key);
    if (pod !== undefined) return pod;
  }
  return queue.unschedulable.get(key);
}

function heapsOf(queue: SchedulingQueue): [PodHeap, Order][] {
  return [
    [queue.active, byImportance],
    [queue.backoff, byBackoff],
    [queue.errorBackoff, byBackoff],
  ];
}

/** Behind its back-off, or at once when that is over. */
function requeue(queue: SchedulingQueue, context: QueueContext, pod: QueuedPod): void {
  if (!isBackingOff(queue, pod, context.nowUs)) moveToActive(queue, context, pod);
  else if (!isGated(queue, context, pod)) {
    pushPod(pod.rejectors.length === 0 ? queue.errorBackoff : queue.backoff, byBackoff, pod);
  }
}

function moveToActive(queue: SchedulingQueue, context: QueueContext, pod: QueuedPod): void {
  if (!isGated(queue, context, pod)) pushPod(queue.active, byImportance, pod);
}

/** A gated pod waits among the unschedulable ones. */
function isGated(queue: SchedulingQueue, context: QueueContext, pod: QueuedPod): boolean {
  pod.gatedBy = context.gateOf(pod.info);
  if (pod.gatedBy === '') return false;
  if (!pod.rejectors.includes(pod.gatedBy)) pod.rejectors = [...pod.rejectors, pod.gatedBy];
  queue.unschedulable.set(pod.key, pod);
  return true;
}

function isBackingOff(queue: SchedulingQueue, pod: QueuedPod, nowUs: Us): boolean {
  const failures = pod.errorCount > 0 ? pod.errorCount : pod.unschedulableCount;
  if (queue.maxBackoffUs === 0 || failures === 0) return false;
  if (pod.backoffUntilUs === 0) {
    const doubled = queue.initialBackoffUs * 2 ** Math.min(failures - 1, 40);
    pod.backoffUntilUs = align(pod.queuedAtUs + Math.min(doubled, queue.maxBackoffUs));
  }
  return pod.backoffUntilUs >= align(nowUs);
}

function align(us: Us): Us {
  return us - (us % WINDOW);
}

function isWorthRequeuing(context: QueueContext, pod: QueuedPod, event: ClusterEvent): boolean {
  if (pod.rejectors.length === 0) return true;
  const { byName } = context.pluginsFor(pod.info);
  if (pod.gatedBy !== '' && !listens(byName.get(pod.gatedBy)?.events, event)) return false;
  return pod.rejectors.some((name) =>
    byName.get(name)?.events?.some((asked) => {
      if (asked.kind !== event.kind || !asked.actions.includes(event.action)) return false;
      return asked.hint === undefined || asked.hint(context.cycle, pod.info, event) === 'Queue';
    }),
  );
}

function listens(
  asked: readonly { kind: string; actions: readonly string[] }[] | undefined,
  event: ClusterEvent,
): boolean {
  return asked?.some(({ kind, actions }) => kind === event.kind && actions.includes(event.action)) ?? false;
}
