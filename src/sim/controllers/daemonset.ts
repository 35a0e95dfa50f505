/**
 * DaemonSet controller: one pod on every node that it may run on; a new template goes round node by node (daemonset-update.ts).
 * Models pkg/controller/daemon/daemon_controller.go.
 */
import { semanticEqual } from '../api/equal.ts';
import { templateHash } from '../api/hash.ts';
import { matchesSelector, selectorOf } from '../api/selector.ts';
import type { ControllerRevision, DaemonSet, Node, Pod } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import { type Delta, keyOf } from '../client/informer.ts';
import { claim, controllerKeys } from './claim.ts';
import { type Controller, type EventSpec, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { daemonTolerations, pinnedTo, placementOn, sameForDaemons, targetNode } from './daemonset-placement.ts';
import {
  allowsSurge,
  byScheduledThenAge,
  CONTROLLER_HASH,
  type Daemons,
  isUpdated,
  type NodePods,
  rollOut,
  TEMPLATE_GENERATION,
} from './daemonset-update.ts';
import { controllerOf, isAvailable, isReady, podFromTemplate } from './pods.ts';
import { collectionPath, objectPath } from './resources.ts';
import { historyOf, truncate } from './revisions.ts';

const BURST = 250;
const FAILED_BACKOFF_MS = 1_000;
const FAILED_BACKOFF_MAX_MS = 900_000;

/** `uid/observed generation/node` → how long to wait before the next failed pod there is deleted. */
type Own = Map<string, { delayMs: number; atMs: number }>;

export const daemonSetController: Controller = {
  name: 'daemonset-controller',
  account: 'daemon-set-controller',
  watches: ['daemonsets', 'pods', 'nodes', 'controllerrevisions'],
  workers: 2,
  workersFlag: 'concurrent-daemonset-syncs',
  createOwn: (): Own => new Map(),
  keysOf(resource, delta, view) {
    if (resource === 'daemonsets') return [delta.key];
    if (resource === 'nodes') {
      const { type, old, object } = delta;
      if (type === 'updated' && old !== undefined && sameForDaemons(old as Node, object as Node)) return [];
      return [...view.list('daemonsets')].map(keyOf);
    }
    return [...controllerKeys(delta, 'DaemonSet'), ...adopters(delta, view)];
  },
  reconcile,
};

function adopters({ object, type }: Delta, view: View): string[] {
  const { namespace = '', labels, deletionTimestamp } = object.metadata;
  if (type === 'deleted' || deletionTimestamp !== undefined || controllerOf(object) !== undefined) return [];
  return view
    .by('daemonsets', 'byNamespace', namespace)
    .filter((set) => matchesSelector(selectorOf((set as DaemonSet).spec.selector), labels))
    .map(keyOf);
}

function reconcile(key: string, view: View): Outcome {
  const set = view.get('daemonsets', key) as DaemonSet | undefined;
  if (set === undefined || set.metadata.deletionTimestamp !== undefined) return NOTHING_TO_DO;
  const selector = selectorOf(set.spec.selector);
  const revisions = claim(set, 'controllerrevisions', selector, view);
  const claimed = claim(set, 'pods', selector, view);
  if (revisions.writes.length + claimed.writes.length > 0) return { writes: [...revisions.writes, ...claimed.writes] };
  const hash = templateHash(set.spec.template, set.status?.collisionCount);
  const history = historyOf(set, revisions.objects as ControllerRevision[], hash, CONTROLLER_HASH, view);
  if (history.collision) {
    const status = { ...set.status, collisionCount: (set.status?.collisionCount ?? 0) + 1 };
    return { writes: [statusPut(set, status)] };
  }
  if (history.writes.length > 0) return { writes: history.writes };
  const daemons = daemonsOf(
    set,
    history.current?.metadata.labels?.[CONTROLLER_HASH] ?? hash,
    claimed.objects as Pod[],
    view,
  );
  const plan = manage(daemons, view);
  let { creates, deletes } = plan;
  if (creates.length + deletes.length === 0) ({ creates, deletes } = rollOut(daemons, view.nowMs));
  const hashes = new Set(claimed.objects.map((pod) => pod.metadata.labels?.[CONTROLLER_HASH]));
  const cleaned = truncate(history.old, set.spec.revisionHistoryLimit ?? 10, (revision) =>
    hashes.has(revision.metadata.labels?.[CONTROLLER_HASH]),
  );
  const { write, requeueAfterMs = plan.requeueAfterMs } = statusWrite(daemons, view);
  const writes = [
    ...creates.slice(0, BURST).map((node) => create(daemons, node)),
    ...deletes.slice(0, BURST).map((pod) => remove(set, pod)),
    ...cleaned,
  ];
  if (write !== undefined) {
    // What failed last time must not keep the counts from being told.
    if (view.failure === undefined) writes.push(write);
    else writes.unshift(write);
  }
  return { writes, events: plan.events, requeueAfterMs, slowStart: true };
}

function daemonsOf(set: DaemonSet, hash: string, pods: readonly Pod[], view: View): Daemons {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    const { phase } = pod.status ?? {};
    const ended = phase === 'Succeeded' || phase === 'Failed';
    if (ended && pod.metadata.deletionTimestamp !== undefined) continue;
    const node = targetNode(pod);
    const here = byNode.get(node);
    if (here === undefined) byNode.set(node, [pod]);
    else here.push(pod);
  }
  const nodes: NodePods[] = [];
  for (const object of view.list('nodes')) {
    const node = object as Node;
    const { name } = node.metadata;
    nodes.push({ name, pods: byNode.get(name) ?? [], ...placementOn(set, node) });
    byNode.delete(name);
  }
  // Meant for nodes that no longer exist: nobody else would delete them.
  const lost = [...byNode.values()].flat().filter((pod) => (pod.spec.nodeName ?? '') === '');
  return { set, hash, nodes, lost };
}

interface Plan {
  readonly creates: string[];
  readonly deletes: Pod[];
  readonly events: EventSpec[];
  readonly requeueAfterMs: number | undefined;
}

/** One pod a node (while surging: one old and one new). @source podsShouldBeOnNode */
function manage(daemons: Daemons, view: View): Plan {
  const { set, hash } = daemons;
  const creates: string[] = [];
  const deletes = [...daemons.lost];
  const events: EventSpec[] = [];
  let requeueAfterMs: number | undefined;
  for (const { name, pods, shouldRun, mayStay } of daemons.nodes) {
    const live = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined);
    if (shouldRun && pods.length === 0) creates.push(name);
    if (!mayStay) {
      deletes.push(...live);
      continue;
    }
    const running: Pod[] = [];
    for (const pod of live) {
      const phase = pod.status?.phase;
      if (phase !== 'Failed' && phase !== 'Succeeded') {
        running.push(pod);
        continue;
      }
      const waitMs = phase === 'Failed' ? backoffMs(view.own as Own, set, name, view.nowMs) : 0;
      if (waitMs > 0) requeueAfterMs = Math.min(waitMs, requeueAfterMs ?? waitMs);
      else {
        deletes.push(pod);
        events.push(ended(set, pod, name));
      }
    }
    if (running.length <= 1) {
      if (running.length === 0 && allowsSurge(set) && shouldRun && pods.length > 0) creates.push(name);
      continue;
    }
    running.sort(byScheduledThenAge);
    if (allowsSurge(set)) deletes.push(...surplusWhileSurging(set, running, hash, view.nowMs));
    else deletes.push(...running.slice(1));
  }
  return { creates, deletes, events, requeueAfterMs };
}

function surplusWhileSurging(set: DaemonSet, running: readonly Pod[], hash: string, nowMs: number): Pod[] {
  const fresh = running.find((pod) => pod.metadata.labels?.[CONTROLLER_HASH] === hash);
  const old = running.find((pod) => pod.metadata.labels?.[CONTROLLER_HASH] !== hash);
  const surplus = running.filter((pod) => pod !== fresh && pod !== old);
  if (
    fresh !== undefined &&
    old !== undefined &&
    (!isReady(old) || isAvailable(fresh, set.spec.minReadySeconds ?? 0, nowMs))
  )
    surplus.push(old);
  return surplus;
}

/** 1 s, doubling with each failed pod of this node, up to 15 min. */
function backoffMs(own: Own, set: DaemonSet, node: string, nowMs: number): number {
  const key = `${set.metadata.uid}/${set.status?.observedGeneration ?? 0}/${node}`;
  const entry = own.get(key);
  const expired = entry === undefined || nowMs - entry.atMs > 2 * FAILED_BACKOFF_MAX_MS;
  if (!expired && nowMs - entry.atMs < entry.delayMs) return entry.delayMs - (nowMs - entry.atMs);
  const delayMs = expired ? FAILED_BACKOFF_MS : Math.min(FAILED_BACKOFF_MAX_MS, entry.delayMs * 2);
  own.set(key, { delayMs, atMs: nowMs });
  return 0;
}

function ended(set: DaemonSet, pod: Pod, node: string): EventSpec {
  const about = referenceTo(set);
  const found = (how: string, what: string) =>
    `Found ${how} daemon pod ${keyOf(pod)} on node ${node}, will try to ${what} it`;
  return pod.status?.phase === 'Failed'
    ? { about, type: 'Warning', reason: 'FailedDaemonPod', message: found('failed', 'kill') }
    : { about, type: 'Normal', reason: 'SucceededDaemonPod', message: found('succeeded', 'delete') };
}

function create({ set, hash }: Daemons, node: string): Write {
  const { template } = set.spec;
  const generation = set.metadata.annotations?.[TEMPLATE_GENERATION];
  const labels = {
    ...template.metadata?.labels,
    [CONTROLLER_HASH]: hash,
    ...(generation === undefined ? {} : { 'pod-template-generation': generation }),
  };
  const affinity = pinnedTo(template.spec.affinity, node);
  const spec = { ...template.spec, affinity, tolerations: daemonTolerations(set) };
  const about = referenceTo(set);
  return {
    request: {
      method: 'POST',
      path: collectionPath('pods', set.metadata.namespace),
      body: podFromTemplate({ metadata: { ...template.metadata, labels }, spec }, set),
    },
    event: { about, type: 'Normal', reason: 'SuccessfulCreate', message: 'Created pod: {name}' },
    failureEvent: { about, type: 'Warning', reason: 'FailedCreate', message: 'Error creating: {error}' },
  };
}

function remove(set: DaemonSet, pod: Pod): Write {
  const about = referenceTo(set);
  const body = { preconditions: { uid: pod.metadata.uid } };
  return {
    request: { method: 'DELETE', path: objectPath('pods', pod), body },
    tolerate: [404, 409],
    event: { about, type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${pod.metadata.name}` },
    failureEvent: { about, type: 'Warning', reason: 'FailedDelete', message: 'Error deleting: {error}' },
  };
}

function statusWrite(
  { set, hash, nodes }: Daemons,
  view: View,
): { write: Write | undefined; requeueAfterMs?: number | undefined } {
  const minReady = set.spec.minReadySeconds ?? 0;
  let [desired, current, misscheduled, ready, updated, available] = [0, 0, 0, 0, 0, 0];
  for (const { pods, shouldRun } of nodes) {
    if (!shouldRun) {
      if (pods.length > 0) misscheduled++;
      continue;
    }
    desired++;
    const [pod] = [...pods].sort(byScheduledThenAge);
    if (pod === undefined) continue;
    current++;
    if (isReady(pod)) ready++;
    if (isAvailable(pod, minReady, view.nowMs)) available++;
    if (isUpdated(set, pod, hash)) updated++;
  }
  const unavailable = desired - available;
  const status = {
    currentNumberScheduled: current,
    numberMisscheduled: misscheduled,
    desiredNumberScheduled: desired,
    numberReady: ready,
    observedGeneration: set.metadata.generation ?? 0,
    ...(updated === 0 ? {} : { updatedNumberScheduled: updated }),
    ...(available === 0 ? {} : { numberAvailable: available }),
    ...(unavailable === 0 ? {} : { numberUnavailable: unavailable }),
    ...(set.status?.collisionCount === undefined ? {} : { collisionCount: set.status.collisionCount }),
  };
  const requeueAfterMs = minReady > 0 && ready !== available ? minReady * 1_000 : undefined;
  return { write: semanticEqual(status, set.status) ? undefined : statusPut(set, status), requeueAfterMs };
}

function statusPut(set: DaemonSet, status: object): Write {
  return {
    request: { method: 'PUT', path: `${objectPath('daemonsets', set)}/status`, body: { ...set, status } },
    tolerate: [404],
  };
}
