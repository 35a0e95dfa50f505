/**
 * Pod garbage collector: pods whose node is gone, pods on their way out that no kubelet will ever end, too many finished pods.
 * Models pkg/controller/podgc.
 */
import { formatTime, parseTime } from '../api/time.ts';
import type { Node, Pod } from '../api/types.ts';
import { keyOf } from '../client/informer.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { readyOf } from './node-health.ts';
import { collectionPath, objectPath } from './resources.ts';

/** Node name → since when it has been missing, epoch ms. */
type Own = Map<string, number>;

const LOOK = '(collect)';
/** A node that is missing may just not have been seen yet. */
const QUARANTINE_MS = 40_000;
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service';

export const podGcController: Controller = {
  name: 'pod-garbage-collector-controller',
  account: 'pod-garbage-collector',
  watches: ['pods', 'nodes'],
  workers: 5,
  createOwn: (): Own => new Map(),
  keysOf: () => [],
  every: { periodMs: 20_000, keys: () => [LOOK] },
  reconcile: (key, view) => (key === LOOK ? look(view) : remove(key, view)),
};

function look(view: View): Outcome {
  const own = view.own as Own;
  const doomed: Pod[] = [];
  const finished: Pod[] = [];
  const missing = new Set<string>();
  for (const object of view.list('pods')) {
    const pod = object as Pod;
    if (hasEnded(pod) && pod.metadata.deletionTimestamp === undefined) finished.push(pod);
    const { nodeName = '' } = pod.spec;
    if (nodeName === '' || view.get('nodes', nodeName) !== undefined) {
      if (why(pod, view) !== undefined) doomed.push(pod);
      continue;
    }
    missing.add(nodeName);
    const since = own.get(nodeName) ?? view.nowMs;
    own.set(nodeName, since);
    if (view.nowMs - since >= QUARANTINE_MS) doomed.push(pod);
  }
  for (const node of [...own.keys()]) if (!missing.has(node)) own.delete(node);
  const threshold = Number(view.flag('terminated-pod-gc-threshold'));
  if (threshold > 0 && finished.length > threshold) {
    finished.sort((a, b) => Number(isEvicted(b)) - Number(isEvicted(a)) || bornMs(a) - bornMs(b));
    const surplus = finished.slice(0, finished.length - threshold);
    return { writes: surplus.map((pod) => forceDelete(pod)), alsoKeys: doomed.map(keyOf) };
  }
  return { writes: [], alsoKeys: doomed.map(keyOf) };
}

function remove(key: string, view: View): Outcome {
  const pod = view.get('pods', key) as Pod | undefined;
  if (pod === undefined) return NOTHING_TO_DO;
  const { nodeName = '' } = pod.spec;
  const reason = nodeName === '' || view.get('nodes', nodeName) !== undefined ? why(pod, view) : 'orphaned';
  if (reason === undefined) return NOTHING_TO_DO;
  const writes: Write[] = [];
  // The cache may be behind: ask for the node itself.
  if (reason === 'orphaned')
    writes.push({ request: { method: 'GET', path: `${collectionPath('nodes')}/${nodeName}` }, goOnIf: 'missing' });
  if (!hasEnded(pod)) writes.push(markFailed(pod, reason, view));
  return { writes: [...writes, forceDelete(pod)] };
}

/** Why a pod on its way out must be helped: it was never scheduled, or its node is said to be out of service for good. */
function why(pod: Pod, view: View): 'unscheduled' | 'outOfService' | undefined {
  if (pod.metadata.deletionTimestamp === undefined) return undefined;
  const { nodeName = '' } = pod.spec;
  if (nodeName === '') return 'unscheduled';
  const node = view.get('nodes', nodeName) as Node | undefined;
  if (node === undefined || readyOf(node)?.status === 'True') return undefined;
  return node.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true ? 'outOfService' : undefined;
}

function markFailed(pod: Pod, reason: 'orphaned' | 'unscheduled' | 'outOfService', view: View): Write {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    observedGeneration: pod.metadata.generation,
    reason: 'DeletionByPodGC',
    message: 'PodGC: node no longer exists',
    lastTransitionTime: formatTime(view.nowMs),
  };
  const status = { phase: 'Failed', ...(reason === 'orphaned' ? { conditions: [condition] } : {}) };
  const contentType = 'application/strategic-merge-patch+json';
  const body = { metadata: { uid: pod.metadata.uid }, status };
  const request = { method: 'PATCH', path: `${objectPath('pods', pod)}/status`, body, contentType } as const;
  return { request, tolerate: [404, 409] };
}

function forceDelete(pod: Pod): Write {
  const body = { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } };
  return { request: { method: 'DELETE', path: objectPath('pods', pod), body }, tolerate: [404, 409] };
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

function isEvicted({ status }: Pod): boolean {
  return status?.reason === 'Evicted';
}

function bornMs({ metadata }: Pod): number {
  return parseTime(metadata.creationTimestamp) ?? 0;
}
