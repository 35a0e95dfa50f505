/**
 * Who has been silent for too long? Heartbeats are renewals of the node's Lease and updates of its status, by our own clock.
 * Models pkg/controller/nodelifecycle/node_lifecycle_controller.go tryUpdateNodeHealth and MarkPodsNotReady.
 */
import { formatTime, parseTime } from '../api/time.ts';
import type { Condition, Lease, Node, Pod } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import { durationMs } from '../client/flags.ts';
import type { View, Write } from './controller.ts';
import { objectPath } from './resources.ts';

export interface Heartbeat {
  /** Last sign of life, by our own clock. */
  probeMs: number;
  renewTime: string;
  heartbeatTime: string;
  hasReady: boolean;
}

const WATCHED = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export function readyOf(node: Node): Condition | undefined {
  return node.status?.conditions?.find(({ type }) => type === 'Ready');
}

/** Notes signs of life. @returns whether the node has been silent for longer than it may */
export function isSilent(heartbeats: Map<string, Heartbeat>, node: Node, view: View): boolean {
  const { name, creationTimestamp } = node.metadata;
  const lease = view.get('leases', `kube-node-lease/${name}`) as Lease | undefined;
  const renewTime = lease?.spec?.renewTime ?? '';
  const ready = readyOf(node);
  const heartbeatTime = ready?.lastHeartbeatTime ?? '';
  const hasReady = ready !== undefined;
  let heartbeat = heartbeats.get(name);
  if (heartbeat === undefined) {
    const since = hasReady ? view.nowMs : (parseTime(creationTimestamp) ?? view.nowMs);
    heartbeat = { probeMs: since, renewTime, heartbeatTime, hasReady };
    heartbeats.set(name, heartbeat);
    if (renewTime !== '') heartbeat.probeMs = view.nowMs;
  } else {
    const heard =
      heartbeat.hasReady !== hasReady ||
      heartbeat.heartbeatTime !== heartbeatTime ||
      (renewTime !== '' && renewTime > heartbeat.renewTime);
    if (heard) heartbeat.probeMs = view.nowMs;
    heartbeat.renewTime = renewTime;
    heartbeat.heartbeatTime = heartbeatTime;
    heartbeat.hasReady = hasReady;
  }
  const graceMs = durationMs(view.flag(hasReady ? 'node-monitor-grace-period' : 'node-startup-grace-period')) ?? 0;
  return view.nowMs - heartbeat.probeMs > graceMs;
}

/** Says of a silent node that nothing is known about it; undefined when that has been said. */
export function declareUnknown(node: Node, view: View): Write | undefined {
  const now = formatTime(view.nowMs);
  const conditions = [...(node.status?.conditions ?? [])];
  const before = readyOf(node);
  for (const type of WATCHED) {
    const at = conditions.findIndex((condition) => condition.type === type);
    const known = conditions[at];
    if (known?.status === 'Unknown') continue;
    const said: Condition = {
      type,
      status: 'Unknown',
      reason: known === undefined ? 'NodeStatusNeverUpdated' : 'NodeStatusUnknown',
      message: known === undefined ? 'Kubelet never posted node status.' : 'Kubelet stopped posting node status.',
      lastHeartbeatTime: known?.lastHeartbeatTime ?? node.metadata.creationTimestamp,
      lastTransitionTime: now,
    };
    if (known === undefined) conditions.push(said);
    else conditions[at] = said;
  }
  if (before?.status === 'Unknown') return undefined;
  const body = { ...node, status: { ...node.status, conditions } };
  const message = `Node ${node.metadata.name} status is now: NodeNotReady`;
  return {
    request: { method: 'PUT', path: `${objectPath('nodes', node)}/status`, body },
    tolerate: [404],
    ...(before?.status === 'True'
      ? { event: { about: referenceTo(node), type: 'Normal', reason: 'NodeNotReady', message } }
      : {}),
  };
}

/** Pods of a node that nobody hears of are not ready: Services stop sending to them. */
export function markNotReady(pods: readonly Pod[], view: View): Write[] {
  const now = formatTime(view.nowMs);
  const writes: Write[] = [];
  for (const pod of pods) {
    const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
    if (ready === undefined || ready.status === 'False') continue;
    const said: Condition = { ...ready, status: 'False', lastTransitionTime: now };
    const conditions = pod.status?.conditions?.map((condition) => (condition === ready ? said : condition));
    const body = { ...pod, status: { ...pod.status, conditions } };
    writes.push({
      request: { method: 'PUT', path: `${objectPath('pods', pod)}/status`, body },
      tolerate: [404],
      goOnAfterFailure: true,
      event: { about: referenceTo(pod), type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' },
    });
  }
  return writes;
}
