/** Taint eviction controller: deletes pods that do not (or no longer) tolerate a NoExecute taint of their node. Models pkg/controller/tainteviction. */
import { formatTime, parseTime } from '../api/time.ts';
import type { Node, Pod, Taint, Toleration } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import { keyOf } from '../client/informer.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View } from './controller.ts';
import { objectPath } from './resources.ts';
import { noExecuteTaints, tolerates } from './taints.ts';

export const taintEvictionController: Controller = {
  name: 'taint-eviction-controller',
  account: 'node-controller',
  watches: ['pods', 'nodes'],
  workers: 8,
  keysOf(resource, delta, view) {
    if (resource === 'pods') {
      const { nodeName } = (delta.object as Pod).spec;
      if (nodeName === undefined || nodeName === '' || delta.type === 'deleted') return [];
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
  const pod = view.get('pods', key) as Pod | undefined;
  if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) return NOTHING_TO_DO;
  const node = view.get('nodes', pod.spec.nodeName ?? '') as Node | undefined;
  const taints = node === undefined ? [] : noExecuteTaints(node);
  if (taints.length === 0) return NOTHING_TO_DO;
  const dueMs = deadline(taints, pod.spec.tolerations ?? [], view.nowMs);
  if (dueMs === undefined) return NOTHING_TO_DO;
  if (dueMs > view.nowMs) return { writes: [], requeueAfterMs: dueMs - view.nowMs };
  const now = formatTime(view.nowMs);
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: now,
  };
  const path = objectPath('pods', pod);
  const about = referenceTo(pod);
  return {
    events: [{ about, type: 'Normal', reason: 'TaintManagerEviction', message: `Marking for deletion Pod ${key}` }],
    writes: [
      {
        request: {
          method: 'PATCH',
          path: `${path}/status`,
          body: { status: { conditions: [condition] } },
          contentType: 'application/strategic-merge-patch+json',
        },
        tolerate: [404],
      },
      { request: { method: 'DELETE', path, body: { preconditions: { uid: pod.metadata.uid } } }, tolerate: [404, 409] },
    ],
  };
}

/** When the pod must go, epoch ms; undefined = never. */
function deadline(taints: readonly Taint[], tolerations: readonly Toleration[], nowMs: number): number | undefined {
  let due: number | undefined;
  for (const taint of taints) {
    const matching = tolerations.filter((toleration) => tolerates(toleration, taint));
    if (matching.length === 0) return nowMs;
    for (const { tolerationSeconds } of matching) {
      if (tolerationSeconds === undefined) continue;
      const from = parseTime(taint.timeAdded) ?? nowMs;
      const end = from + Math.max(0, tolerationSeconds) * 1_000;
      due = due === undefined ? end : Math.min(due, end);
    }
  }
  return due;
}
