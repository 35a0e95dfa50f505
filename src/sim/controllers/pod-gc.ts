/** Pod garbage collector: pods whose node is gone, pods that are terminating but were never scheduled, too many finished pods. Models pkg/controller/podgc. */
import { parseTime } from '../api/time.ts';
import type { Pod } from '../api/types.ts';
import type { Controller, Outcome, View, Write } from './controller.ts';
import { objectPath } from './resources.ts';

/** Node name → since when it has been missing, epoch ms. */
type Own = Map<string, number>;
const QUARANTINE_MS = 40_000;

export const podGcController: Controller = {
  name: 'pod-garbage-collector-controller',
  account: 'pod-garbage-collector',
  watches: ['pods', 'nodes'],
  workers: 1,
  createOwn: (): Own => new Map(),
  keysOf: () => [],
  every: { periodMs: 20_000, keys: () => ['(collect)'] },
  reconcile: (_key, view) => collect(view),
};

function collect(view: View): Outcome {
  const own = view.own as Own;
  const writes: Write[] = [];
  const finished: Pod[] = [];
  const missing = new Set<string>();
  for (const object of view.list('pods')) {
    const pod = object as Pod;
    const node = pod.spec.nodeName ?? '';
    const phase = pod.status?.phase;
    if (phase === 'Succeeded' || phase === 'Failed') finished.push(pod);
    if (node === '') {
      if (pod.metadata.deletionTimestamp !== undefined) writes.push(forceDelete(pod));
    } else if (view.get('nodes', node) === undefined) {
      missing.add(node);
      const since = own.get(node) ?? view.nowMs;
      own.set(node, since);
      if (view.nowMs - since >= QUARANTINE_MS) writes.push(forceDelete(pod));
    }
  }
  for (const node of [...own.keys()]) if (!missing.has(node)) own.delete(node);
  const threshold = Number(view.flag('terminated-pod-gc-threshold'));
  if (threshold > 0 && finished.length > threshold) {
    finished.sort(
      (a, b) => (parseTime(a.metadata.creationTimestamp) ?? 0) - (parseTime(b.metadata.creationTimestamp) ?? 0),
    );
    for (const pod of finished.slice(0, finished.length - threshold)) writes.push(forceDelete(pod));
  }
  return { writes };
}

function forceDelete(pod: Pod): Write {
  const body = { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } };
  return { request: { method: 'DELETE', path: objectPath('pods', pod), body }, tolerate: [404, 409] };
}
