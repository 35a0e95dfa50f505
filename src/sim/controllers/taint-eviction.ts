/** Taint eviction controller: deletes pods that do not (or no longer) tolerate a NoExecute taint of their node. Models pkg/controller/tainteviction. */
import { formatTime } from '../api/time.ts';
import type { Node, Pod, Taint, Toleration } from '../api/types.ts';
import { keyOf } from '../client/informer.ts';
import { type Controller, type EventSpec, NOTHING_TO_DO, type Outcome, type View } from './controller.ts';
import { objectPath } from './resources.ts';
import { noExecuteTaints, tolerates } from './taints.ts';

/** Pod key → the deletion that is planned, epoch ms. */
type Own = Map<string, { readonly uid: string; readonly dueMs: number }>;

export const taintEvictionController: Controller = {
  name: 'taint-eviction-controller',
  account: 'node-controller',
  watches: ['pods', 'nodes'],
  workers: 8,
  createOwn: (): Own => new Map(),
  keysOf(resource, delta, view) {
    if (resource === 'pods') {
      const { nodeName = '' } = (delta.object as Pod).spec;
      if ((view.own as Own).has(delta.key)) return [delta.key];
      if (nodeName === '' || delta.type === 'deleted') return [];
      const node = view.get('nodes', nodeName) as Node | undefined;
      return node === undefined || noExecuteTaints(node).length === 0 ? [] : [delta.key];
    }
    const before = delta.old === undefined ? [] : noExecuteTaints(delta.old as Node);
    const after = noExecuteTaints(delta.object as Node);
    if (before.length === 0 && after.length === 0) return [];
    return view.by('pods', 'byNode', delta.key).map(keyOf);
  },
  reconcile,
};

function reconcile(key: string, view: View): Outcome {
  const own = view.own as Own;
  const planned = own.get(key);
  const pod = view.get('pods', key) as Pod | undefined;
  if (
    pod === undefined ||
    pod.metadata.deletionTimestamp !== undefined ||
    (planned?.uid ?? '') !== (pod.metadata.uid ?? '')
  )
    own.delete(key);
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return NOTHING_TO_DO;
  const node = view.get('nodes', pod.spec.nodeName ?? '') as Node | undefined;
  const patience = patienceMs(node === undefined ? [] : noExecuteTaints(node), pod.spec.tolerations ?? []);
  if (patience === undefined) {
    if (!own.delete(key)) return NOTHING_TO_DO;
    return { writes: [], events: [say(pod, `Cancelling deletion of Pod ${key}`)] };
  }
  // The wait began when the pod was first seen under a taint, and does not begin anew.
  const dueMs = patience === 0 ? view.nowMs : (own.get(key)?.dueMs ?? view.nowMs + patience);
  if (dueMs > view.nowMs) {
    own.set(key, { uid: pod.metadata.uid ?? '', dueMs });
    return { writes: [], requeueAfterMs: dueMs - view.nowMs };
  }
  return evict(key, pod, view);
}

function evict(key: string, pod: Pod, view: View): Outcome {
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    observedGeneration: pod.metadata.generation,
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: formatTime(view.nowMs),
  };
  const path = objectPath('pods', pod);
  const { uid } = pod.metadata;
  const body = { metadata: { uid }, status: { conditions: [condition] } };
  const contentType = 'application/strategic-merge-patch+json';
  return {
    events: [say(pod, `Marking for deletion Pod ${key}`)],
    writes: [
      { request: { method: 'PATCH', path: `${path}/status`, body, contentType }, tolerate: [404, 409] },
      { request: { method: 'DELETE', path, body: { preconditions: { uid } } }, tolerate: [404, 409] },
    ],
  };
}

function say({ metadata: { name, namespace } }: Pod, message: string): EventSpec {
  const about = { apiVersion: 'v1', kind: 'Pod', namespace, name };
  return { about, type: 'Normal', reason: 'TaintManagerEviction', message };
}

/** How long the pod may stay; 0 = it goes now, undefined = for ever. The first toleration that takes a taint counts. */
function patienceMs(taints: readonly Taint[], tolerations: readonly Toleration[]): number | undefined {
  let seconds: number | undefined;
  for (const taint of taints) {
    const used = tolerations.find((toleration) => tolerates(toleration, taint));
    if (used === undefined) return 0;
    if (used.tolerationSeconds !== undefined)
      seconds = Math.min(seconds ?? Number.POSITIVE_INFINITY, Math.max(0, used.tolerationSeconds));
  }
  return seconds === undefined ? undefined : seconds * 1_000;
}
