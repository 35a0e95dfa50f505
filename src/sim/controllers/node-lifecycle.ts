/**
 * Node lifecycle controller: declares silent nodes Unknown (node-health.ts) and turns conditions into taints. Evictions follow from the
 * NoExecute taints (taint-eviction.ts), whose pace node-zones.ts decides. Models pkg/controller/nodelifecycle/node_lifecycle_controller.go.
 */
import { formatTime } from '../api/time.ts';
import type { Node, Pod, Taint } from '../api/types.ts';
import { type Controller, type EventSpec, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { declareUnknown, type Heartbeat, isSilent, markNotReady, readyOf } from './node-health.ts';
import { judgeZones, takeWaiting, type Zones, zoneNamed, zoneOf } from './node-zones.ts';
import { objectPath } from './resources.ts';

interface Own {
  readonly heartbeats: Map<string, Heartbeat>;
  /** Nodes that have been announced: name → uid. */
  readonly known: Map<string, string>;
  readonly zones: Zones;
  /** Nodes that are to get, or to lose, their NoExecute taint; done by the look at the node itself. */
  readonly due: Map<string, 'taint' | 'clear'>;
}

const MONITOR = '(monitor)';
const EVICT = '(zone)';
const MARK = '(pods of)';
const POD = '(pod)';
const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
const NO_SCHEDULE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
};
const OURS: ReadonlySet<string> = new Set([
  UNSCHEDULABLE,
  ...Object.values(NO_SCHEDULE).flatMap((keys) => Object.values(keys)),
]);
const EXCLUDED = 'node.kubernetes.io/exclude-disruption';
/** Older names of labels that follow the newer ones. */
const LABELS = [
  ['kubernetes.io/os', 'beta.kubernetes.io/os'],
  ['kubernetes.io/arch', 'beta.kubernetes.io/arch'],
] as const;

export const nodeLifecycleController: Controller = {
  name: 'node-lifecycle-controller',
  account: 'node-controller',
  eventSource: 'node-controller',
  watches: ['nodes', 'leases', 'pods'],
  workers: 8,
  keysOf(resource, { key, type, object, old }, view) {
    if (resource === 'nodes') return [key];
    if (resource !== 'pods' || type === 'deleted') return [];
    // A pod that comes to a node nobody hears of.
    const node = (object as Pod).spec.nodeName ?? '';
    if (node === '' || (old as Pod | undefined)?.spec.nodeName === node) return [];
    const ready = readyOf((view.get('nodes', node) as Node | undefined) ?? NO_NODE);
    return ready === undefined || ready.status === 'True' ? [] : [POD + key];
  },
  every: { periodMs: 5_000, flag: 'node-monitor-period', keys: () => [MONITOR] },
  createOwn: (): Own => ({ heartbeats: new Map(), known: new Map(), zones: new Map(), due: new Map() }),
  reconcile(key, view) {
    if (key === MONITOR) return monitor(view);
    if (key.startsWith(EVICT)) return evict(key.slice(EVICT.length), view);
    if (key.startsWith(MARK)) return mark(key.slice(MARK.length), view);
    if (key.startsWith(POD)) return markOne(key.slice(POD.length), view);
    return follow(key, view);
  },
};

const NO_NODE: Node = Object.freeze({ apiVersion: 'v1', kind: 'Node', metadata: Object.freeze({ name: '' }) });

/** Every node-monitor-period. @source monitorNodeHealth */
function monitor(view: View): Outcome {
  const { heartbeats, zones, due } = view.own as Own;
  const writes: Write[] = [];
  const keys: string[] = [];
  const ready = new Map<string, boolean[]>();
  const nodes = [...view.list('nodes')] as Node[];
  const events = announce(nodes, view);
  for (const node of nodes) {
    const { name, labels } = node.metadata;
    let status = readyOf(node)?.status;
    if (isSilent(heartbeats, node, view)) {
      const declared = declareUnknown(node, view);
      if (declared !== undefined) {
        writes.push({ ...declared, goOnAfterFailure: true });
        if (status === 'True') keys.push(MARK + name);
        status = 'Unknown';
      }
    }
    const zone = zoneOf(node);
    if (labels?.[EXCLUDED] === undefined) {
      const known = ready.get(zone);
      if (known === undefined) ready.set(zone, [status === 'True']);
      else known.push(status === 'True');
    }
    if (status === undefined) continue;
    const wanted = status === 'True' ? undefined : status === 'False' ? NOT_READY : UNREACHABLE;
    const waiting = zoneNamed(zones, zone, view).waiting;
    if (wanted === undefined || hasNoExecute(node, wanted)) waiting.delete(name);
    else waiting.add(name);
  }
  const disruption = judgeZones(zones, ready, view);
  // Nobody is heard of: more likely it is us. Nobody is emptied, and later all get a new chance.
  if (disruption === 'entered') {
    for (const { metadata } of nodes) {
      due.set(metadata.name, 'clear');
      keys.push(metadata.name);
    }
  }
  if (disruption === 'left') for (const heartbeat of heartbeats.values()) heartbeat.probeMs = view.nowMs;
  for (const [name, zone] of zones) if (zone.waiting.size > 0) keys.push(EVICT + name);
  return { writes, events, alsoKeys: keys };
}

function announce(nodes: readonly Node[], view: View): EventSpec[] {
  const { heartbeats, known } = view.own as Own;
  const events: EventSpec[] = [];
  const say = (name: string, uid: string, reason: string, what: string) =>
    events.push({
      about: { apiVersion: 'v1', kind: 'Node', name, uid },
      type: 'Normal',
      reason,
      message: `Node ${name} event: ${what}`,
    });
  for (const { metadata } of nodes) {
    if (known.has(metadata.name)) continue;
    known.set(metadata.name, metadata.uid ?? '');
    say(metadata.name, metadata.uid ?? '', 'RegisteredNode', `Registered Node ${metadata.name} in Controller`);
  }
  for (const [name, uid] of [...known]) {
    if (view.get('nodes', name) !== undefined) continue;
    known.delete(name);
    heartbeats.delete(name);
    say(name, uid, 'RemovingNode', `Removing Node ${name} from Controller`);
  }
  return events;
}

/** NoExecute taints for as many nodes of a zone as its rate allows. @source doNoExecuteTaintingPass */
function evict(name: string, view: View): Outcome {
  const zone = (view.own as Own).zones.get(name);
  if (zone === undefined) return NOTHING_TO_DO;
  const { nodes, againMs } = takeWaiting(zone, view.nowMs);
  for (const node of nodes) (view.own as Own).due.set(node, 'taint');
  return { writes: [], alsoKeys: nodes, requeueAfterMs: againMs };
}

function mark(nodeName: string, view: View): Outcome {
  const node = view.get('nodes', nodeName) as Node | undefined;
  // The cache must show first that the node is gone quiet; and it may have come back.
  if (node === undefined || readyOf(node)?.status === 'True') return NOTHING_TO_DO;
  return { writes: markNotReady(view.by('pods', 'byNode', nodeName) as readonly Pod[], view) };
}

function markOne(key: string, view: View): Outcome {
  const pod = view.get('pods', key) as Pod | undefined;
  const node = view.get('nodes', pod?.spec.nodeName ?? '') as Node | undefined;
  const ready = node === undefined ? undefined : readyOf(node);
  if (pod === undefined || ready === undefined || ready.status === 'True') return NOTHING_TO_DO;
  return { writes: markNotReady([pod], view) };
}

/** At each change of a node: its NoSchedule taints as its conditions demand, older labels as the newer ones. */
function follow(name: string, view: View): Outcome {
  const node = view.get('nodes', name) as Node | undefined;
  if (node === undefined) return NOTHING_TO_DO;
  const current = node.spec?.taints ?? [];
  const wanted = noScheduleTaints(node);
  const isWanted = (taint: Taint) => wanted.includes(taint.key);
  let taints = current.filter((taint) => taint.effect !== 'NoSchedule' || !OURS.has(taint.key) || isWanted(taint));
  const timeAdded = formatTime(view.nowMs);
  for (const key of wanted)
    if (!taints.some((taint) => taint.key === key && taint.effect === 'NoSchedule'))
      taints.push({ key, effect: 'NoSchedule', timeAdded });
  taints = noExecute(node, taints, timeAdded, view.own as Own);
  return { writes: [...retaint(node, taints), ...relabel(node)] };
}

/** The NoExecute taint follows readiness, but comes only when its zone's pace allows. */
function noExecute(node: Node, taints: Taint[], timeAdded: string, { due, zones }: Own): Taint[] {
  const { name } = node.metadata;
  const ready = readyOf(node)?.status;
  const left = taints.filter(({ key, effect }) => effect !== 'NoExecute' || (key !== NOT_READY && key !== UNREACHABLE));
  if (ready === 'True' || due.get(name) === 'clear') {
    due.delete(name);
    for (const zone of zones.values()) zone.waiting.delete(name);
    return left;
  }
  if (ready === undefined) return taints;
  const [right, wrong] = ready === 'False' ? [NOT_READY, UNREACHABLE] : [UNREACHABLE, NOT_READY];
  if (hasNoExecute(node, right)) {
    due.delete(name);
    return taints;
  }
  // From one to the other at once: the wait was for the first.
  const isDue = due.get(name) === 'taint' || hasNoExecute(node, wrong);
  return isDue ? [...left, { key: right, effect: 'NoExecute', timeAdded }] : taints;
}

function noScheduleTaints(node: Node): string[] {
  const keys: string[] = [];
  for (const { type, status } of node.status?.conditions ?? []) {
    const key = NO_SCHEDULE[type]?.[status];
    if (key !== undefined) keys.push(key);
  }
  if (node.spec?.unschedulable === true) keys.push(UNSCHEDULABLE);
  return keys;
}

function hasNoExecute(node: Node, key: string): boolean {
  return node.spec?.taints?.some((taint) => taint.key === key && taint.effect === 'NoExecute') === true;
}

/** Writes the taints if they differ. A conflict means that news of the node is on its way, and with it the next look. */
function retaint(node: Node, taints: readonly Taint[]): Write[] {
  const current = node.spec?.taints ?? [];
  if (taints.length === current.length && taints.every((taint, i) => taint === current[i])) return [];
  const body = { ...node, spec: { ...node.spec, taints: taints.length === 0 ? undefined : taints } };
  return [{ request: { method: 'PUT', path: objectPath('nodes', node), body }, tolerate: [404, 409] }];
}

function relabel(node: Node): Write[] {
  const labels = node.metadata.labels ?? {};
  const missing = LABELS.filter(([newer, older]) => labels[newer] !== undefined && labels[older] !== labels[newer]);
  if (missing.length === 0) return [];
  const body = { metadata: { labels: Object.fromEntries(missing.map(([newer, older]) => [older, labels[newer]])) } };
  const contentType = 'application/strategic-merge-patch+json';
  return [{ request: { method: 'PATCH', path: objectPath('nodes', node), body, contentType }, tolerate: [404] }];
}
