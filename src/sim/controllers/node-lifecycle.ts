/**
 * Node lifecycle controller: watches heartbeats (Leases, statuses), declares silent nodes Unknown, and turns conditions into taints.
 * Models pkg/controller/nodelifecycle. Evictions follow from the NoExecute taints, see taint-eviction.ts.
 */
import { formatTime } from '../api/time.ts';
import type { Condition, Lease, Node, Pod, Taint } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import { durationMs } from '../client/flags.ts';
import { type Controller, type EventSpec, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { objectPath } from './resources.ts';

/** What the controller remembers of a node's signs of life; times in epoch milliseconds. */
interface Heartbeat {
  /** Last sign of life, by our own clock. */
  probeMs: number;
  renewTime: string;
  conditions: string;
  /** Never heard of: it has the start-up grace period. */
  started: boolean;
  announced: boolean;
}

interface Own {
  readonly heartbeats: Map<string, Heartbeat>;
  /** Zone → when its next node may get a NoExecute taint. */
  readonly nextEvictionMs: Map<string, number>;
}

const MONITOR = '(monitor)';
const ZONE = 'topology.kubernetes.io/zone';
const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
const PRESSURES: Readonly<Record<string, string>> = {
  MemoryPressure: 'node.kubernetes.io/memory-pressure',
  DiskPressure: 'node.kubernetes.io/disk-pressure',
  PIDPressure: 'node.kubernetes.io/pid-pressure',
  NetworkUnavailable: 'node.kubernetes.io/network-unavailable',
};
const OURS: ReadonlySet<string> = new Set([NOT_READY, UNREACHABLE, UNSCHEDULABLE, ...Object.values(PRESSURES)]);

export const nodeLifecycleController: Controller = {
  name: 'node-lifecycle-controller',
  account: 'node-controller',
  watches: ['nodes', 'leases', 'pods'],
  workers: 8,
  keysOf: (resource, delta) => (resource === 'nodes' ? [delta.key] : []),
  every: { periodMs: 5_000, keys: () => [MONITOR] },
  createOwn: (): Own => ({ heartbeats: new Map(), nextEvictionMs: new Map() }),
  reconcile: (key, view) => (key === MONITOR ? monitor(view) : taint(key, view)),
};

/** Every node-monitor-period: who has been silent for longer than the grace period? */
function monitor(view: View): Outcome {
  const { heartbeats } = view.own as Own;
  const writes: Write[] = [];
  const events: EventSpec[] = [];
  for (const object of view.list('nodes')) {
    const node = object as Node;
    const heartbeat = listen(node, view);
    if (!heartbeat.announced) {
      heartbeat.announced = true;
      const message = `Node ${node.metadata.name} event: Registered Node ${node.metadata.name} in Controller`;
      events.push({ about: referenceTo(node), type: 'Normal', reason: 'RegisteredNode', message });
    }
    const grace =
      durationMs(view.flag(heartbeat.started ? 'node-monitor-grace-period' : 'node-startup-grace-period')) ?? 50_000;
    if (view.nowMs - heartbeat.probeMs > grace) writes.push(...declareUnknown(node, view));
    else writes.push(...markPodsNotReady(node, view, events));
  }
  for (const name of [...heartbeats.keys()]) if (view.get('nodes', name) === undefined) heartbeats.delete(name);
  return { writes, events };
}

function listen(node: Node, view: View): Heartbeat {
  const { heartbeats } = view.own as Own;
  const lease = view.get('leases', `kube-node-lease/${node.metadata.name}`) as Lease | undefined;
  const renewTime = lease?.spec?.renewTime ?? '';
  const ready = readyOf(node);
  const conditions = ready?.lastHeartbeatTime ?? '';
  let heartbeat = heartbeats.get(node.metadata.name);
  if (heartbeat === undefined) {
    heartbeat = { probeMs: view.nowMs, renewTime, conditions, started: ready !== undefined, announced: false };
    heartbeats.set(node.metadata.name, heartbeat);
    return heartbeat;
  }
  const moved =
    (renewTime !== '' && renewTime !== heartbeat.renewTime) ||
    (conditions !== heartbeat.conditions && ready?.status !== 'Unknown');
  if (moved) {
    heartbeat.probeMs = view.nowMs;
    heartbeat.started = true;
  }
  heartbeat.renewTime = renewTime;
  heartbeat.conditions = conditions;
  return heartbeat;
}

function declareUnknown(node: Node, view: View): Write[] {
  const now = formatTime(view.nowMs);
  const known = node.status?.conditions ?? [];
  const types = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];
  if (types.every((type) => known.some((condition) => condition.type === type && condition.status === 'Unknown')))
    return [];
  const others = known.filter(({ type }) => !types.includes(type));
  const unknown = types.map((type): Condition => {
    const before = known.find((condition) => condition.type === type);
    if (before?.status === 'Unknown') return before;
    const never = before === undefined;
    return {
      type,
      status: 'Unknown',
      reason: never ? 'NodeStatusNeverUpdated' : 'NodeStatusUnknown',
      message: never ? 'Kubelet never posted node status.' : 'Kubelet stopped posting node status.',
      lastHeartbeatTime: before?.lastHeartbeatTime ?? node.metadata.creationTimestamp,
      lastTransitionTime: now,
    };
  });
  const body = { ...node, status: { ...node.status, conditions: [...others, ...unknown] } };
  const message = `Node ${node.metadata.name} status is now: NodeNotReady`;
  return [
    {
      request: { method: 'PUT', path: `${objectPath('nodes', node)}/status`, body },
      tolerate: [404, 409],
      event: { about: referenceTo(node), type: 'Normal', reason: 'NodeNotReady', message },
    },
  ];
}

/** Pods of a node that is not Ready are not Ready either: Services stop sending to them. */
function markPodsNotReady(node: Node, view: View, events: EventSpec[]): Write[] {
  if (readyOf(node)?.status === 'True') return [];
  const writes: Write[] = [];
  for (const object of view.by('pods', 'byNode', node.metadata.name)) {
    const pod = object as Pod;
    const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready?.status !== 'True') continue;
    const now = formatTime(view.nowMs);
    const conditions = pod.status?.conditions?.map(
      (c): Condition => (c.type === 'Ready' ? { ...c, status: 'False', lastTransitionTime: now } : c),
    );
    writes.push({
      request: {
        method: 'PUT',
        path: `${objectPath('pods', pod)}/status`,
        body: { ...pod, status: { ...pod.status, conditions } },
      },
      tolerate: [404, 409],
    });
    events.push({ about: referenceTo(pod), type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' });
  }
  return writes;
}

/** One node: its taints as its conditions demand. */
function taint(name: string, view: View): Outcome {
  const node = view.get('nodes', name) as Node | undefined;
  if (node === undefined || node.metadata.deletionTimestamp !== undefined) return NOTHING_TO_DO;
  const current = node.spec?.taints ?? [];
  const wanted = wantedTaints(node);
  const kept = current.filter((t) => !OURS.has(t.key) || wanted.some((w) => w.key === t.key && w.effect === t.effect));
  let added = wanted.filter((w) => !kept.some((t) => t.key === w.key && t.effect === w.effect));
  let requeueAfterMs: number | undefined;
  if (added.some((t) => t.effect === 'NoExecute')) {
    const waitMs = evictionDelayMs(node, view);
    if (waitMs > 0) {
      added = added.filter((t) => t.effect !== 'NoExecute');
      requeueAfterMs = waitMs;
    }
  }
  if (added.length === 0 && kept.length === current.length) return { writes: markNow(node, view), requeueAfterMs };
  const timeAdded = formatTime(view.nowMs);
  const taints: Taint[] = [...kept, ...added.map((t) => (t.effect === 'NoExecute' ? { ...t, timeAdded } : t))];
  const body = { ...node, spec: { ...node.spec, taints } };
  return {
    writes: [
      { request: { method: 'PUT', path: objectPath('nodes', node), body }, tolerate: [404] },
      ...markNow(node, view),
    ],
    requeueAfterMs,
  };
}

function markNow(node: Node, view: View): Write[] {
  return markPodsNotReady(node, view, []);
}

function wantedTaints(node: Node): Taint[] {
  const wanted: Taint[] = [];
  const ready = readyOf(node)?.status;
  if (ready === 'False') wanted.push({ key: NOT_READY, effect: 'NoSchedule' }, { key: NOT_READY, effect: 'NoExecute' });
  if (ready === 'Unknown')
    wanted.push({ key: UNREACHABLE, effect: 'NoSchedule' }, { key: UNREACHABLE, effect: 'NoExecute' });
  for (const { type, status } of node.status?.conditions ?? []) {
    const key = PRESSURES[type];
    if (key !== undefined && status === 'True') wanted.push({ key, effect: 'NoSchedule' });
  }
  if (node.spec?.unschedulable === true) wanted.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' });
  return wanted;
}

/**
 * One node in ten seconds a zone; slower or not at all when most of a zone is silent, because then it is more likely us than them.
 * @source node_lifecycle_controller.go handleDisruption, ReducedQPSFunc
 */
function evictionDelayMs(node: Node, view: View): number {
  const own = view.own as Own;
  const zone = node.metadata.labels?.[ZONE] ?? '';
  const nodes = [...view.list('nodes')] as Node[];
  const inZone = nodes.filter((other) => (other.metadata.labels?.[ZONE] ?? '') === zone);
  const silent = inZone.filter((other) => readyOf(other)?.status !== 'True');
  const allSilent = nodes.every((other) => readyOf(other)?.status !== 'True');
  if (allSilent) return 5_000;
  const threshold = Number(view.flag('unhealthy-zone-threshold'));
  const partly = silent.length > 2 && silent.length / inZone.length >= threshold && silent.length < inZone.length;
  const rate = Number(view.flag(partly ? 'secondary-node-eviction-rate' : 'node-eviction-rate'));
  if (rate === 0 || (partly && nodes.length <= 50)) return 5_000;
  const next = own.nextEvictionMs.get(zone) ?? 0;
  if (view.nowMs < next) return next - view.nowMs;
  own.nextEvictionMs.set(zone, view.nowMs + 1_000 / rate);
  return 0;
}

function readyOf(node: Node): Condition | undefined {
  return node.status?.conditions?.find(({ type }) => type === 'Ready');
}
