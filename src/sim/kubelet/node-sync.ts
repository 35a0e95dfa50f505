/**
 * The node in the API: registered once, its status told when it changes or every five minutes, its Lease renewed every ten seconds.
 * @source pkg/kubelet/kubelet_node_status.go, staging/src/k8s.io/component-helpers/apimachinery/lease/controller.go
 */
import { formatMicroTime, formatTime } from '../api/time.ts';
import type { Condition, KubeObject } from '../api/types.ts';
import { apiRequest, readReply } from '../client/api-client.ts';
import { klog } from '../client/klog.ts';
import type { Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { MILLISECOND, SECOND } from '../kernel/units.ts';
import { hasDiskPressure } from './eviction.ts';
import type { KubeletMemory } from './memory.ts';
import { initialNode, nodeConditions, nodeStatus } from './node-status.ts';
import { recordNodeEvent } from './record.ts';

interface NodeTag {
  readonly node: 'register' | 'existing' | 'status' | 'lease-get' | 'lease-write';
}

const MAX_REGISTER_RETRY_MS = 7_000;
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
const LEASE_TIMEOUT_MS = 10_000;

/** Tries until the API server has taken the node. */
export function registerNode(me: KubeletMemory, io: Io): void {
  if (me.client === undefined || me.registered || me.registering || me.config?.registerNode === false) return;
  if (me.runtimeConditions.length === 0) return;
  me.registering = true;
  if (me.registerFailures === 0)
    klog(io, 'I', 'kubelet_node_status.go:75', `"Attempting to register node" node="${me.config?.nodeName}"`);
  const body = initialNode(me, nodeStatus(me, computeConditions(me, io)));
  apiRequest(me.client, io, { method: 'POST', path: '/api/v1/nodes', body }, tagOf('register'), 10_000);
}

/** Computes the status; writes it when it is news or old. */
export function syncNodeStatus(me: KubeletMemory, io: Io): void {
  const conditions = computeConditions(me, io);
  if (!me.registered) {
    registerNode(me, io);
    return;
  }
  // All that ever changes about a node: its conditions and its images.
  let text = String(me.imagesVersion);
  for (const { status, reason, message } of conditions) text += `|${status} ${reason} ${message}`;
  const isOld = io.wallMs() - me.sentNodeStatusMs >= (me.config?.statusReportMs ?? 300_000);
  const isKnown = text === me.sentNodeStatus && isSeen(me, conditions);
  if ((isKnown && !isOld) || me.client === undefined || me.writingStatus) return;
  const status = nodeStatus(me, conditions);
  me.writingStatus = true;
  me.pendingNodeStatus = text;
  const path = `/api/v1/nodes/${me.config?.nodeName}/status`;
  apiRequest(
    me.client,
    io,
    { method: 'PATCH', path, body: { status }, contentType: 'application/strategic-merge-patch+json' },
    tagOf('status'),
    10_000,
  );
}

/** Whether the API says of the node what we say; the node controller writes Unknown when it has not heard of us for long. */
function isSeen(me: KubeletMemory, conditions: readonly Condition[]): boolean {
  const seen = me.node?.status?.conditions;
  if (seen === undefined) return true;
  return conditions.every(({ type, status }) => seen.some((other) => other.type === type && other.status === status));
}

/** Says once more that this node lives. */
export function renewLease(me: KubeletMemory, io: Io): void {
  const { client, config } = me;
  if (client === undefined || config === undefined || me.leaseBusy || !me.registered) return;
  me.leaseBusy = true;
  const name = config.nodeName;
  const known = me.lease;
  if (known === undefined && me.leaseMissing) {
    const body = leaseOf(me, io, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: 'kube-node-lease' },
    });
    apiRequest(client, io, { method: 'POST', path: LEASES, body }, tagOf('lease-write'), LEASE_TIMEOUT_MS);
  } else if (known === undefined) {
    apiRequest(client, io, { method: 'GET', path: `${LEASES}/${name}` }, tagOf('lease-get'), LEASE_TIMEOUT_MS);
  } else {
    apiRequest(
      client,
      io,
      { method: 'PUT', path: `${LEASES}/${name}`, body: leaseOf(me, io, known) },
      tagOf('lease-write'),
      LEASE_TIMEOUT_MS,
    );
  }
}

/** True: the event was an answer about the node or its Lease. */
export function nodeAnswered(me: KubeletMemory, io: Io, event: KernelEvent): boolean {
  const tag = event['tag'] as Partial<NodeTag> | undefined;
  if (event.type !== 'REPLY' || typeof tag !== 'object' || tag === null || typeof tag.node !== 'string') return false;
  switch (tag.node) {
    case 'register':
    case 'existing':
      registrationAnswered(me, io, tag.node, event);
      return true;
    case 'status':
      statusAnswered(me, io, event);
      return true;
    default:
      leaseAnswered(me, io, tag.node, event);
      return true;
  }
}

function registrationAnswered(me: KubeletMemory, io: Io, step: 'register' | 'existing', event: KernelEvent): void {
  const reply = readReply(event);
  const name = me.config?.nodeName ?? '';
  if (!reply.ok && reply.status === 409 && step === 'register' && me.client !== undefined) {
    apiRequest(me.client, io, { method: 'GET', path: `/api/v1/nodes/${name}` }, tagOf('existing'), 10_000);
    return;
  }
  me.registering = false;
  if (!reply.ok) {
    const delayMs = Math.min(MAX_REGISTER_RETRY_MS, 100 * 2 ** Math.min(me.registerFailures++, 10));
    klog(
      io,
      'E',
      'kubelet_node_status.go:107',
      `"Unable to register node with API server" err=${JSON.stringify(reply.error)} node="${name}"`,
    );
    io.setTimer('register', delayMs * MILLISECOND, { type: 'REGISTER' });
    return;
  }
  me.registered = true;
  me.registerFailures = 0;
  if (step === 'existing')
    klog(io, 'I', 'kubelet_node_status.go:124', `"Node was previously registered" node="${name}"`);
  klog(io, 'I', 'kubelet_node_status.go:78', `"Successfully registered node" node="${name}"`);
  io.note(`node ${name} has registered`);
  syncNodeStatus(me, io);
  renewLease(me, io);
}

function statusAnswered(me: KubeletMemory, io: Io, event: KernelEvent): void {
  me.writingStatus = false;
  const reply = readReply(event);
  if (reply.ok) {
    me.sentNodeStatus = me.pendingNodeStatus;
    me.sentNodeStatusMs = io.wallMs();
    me.statusFailures = 0;
    return;
  }
  klog(
    io,
    'E',
    'kubelet_node_status.go:549',
    `"Error updating node status, will retry" err=${JSON.stringify(`error getting node "${me.config?.nodeName}": ${reply.error}`)}`,
  );
  if (reply.status === 404) {
    // Somebody deleted the node: a kubelet registers only when it starts.
    me.sentNodeStatus = '';
    return;
  }
  if (++me.statusFailures < 5) syncNodeStatus(me, io);
  else me.statusFailures = 0;
}

function leaseAnswered(me: KubeletMemory, io: Io, step: 'lease-get' | 'lease-write', event: KernelEvent): void {
  me.leaseBusy = false;
  const reply = readReply(event);
  if (reply.ok) {
    me.lease = reply.body as KubeObject;
    me.leaseMissing = false;
    me.leaseFailures = 0;
    if (step === 'lease-get') renewLease(me, io);
    return;
  }
  me.lease = undefined;
  me.leaseMissing = reply.status === 404;
  me.leaseFailures++;
  if (me.leaseMissing && step === 'lease-get') {
    renewLease(me, io);
    return;
  }
  const intervalMs = Math.min(7_000, 200 * 2 ** Math.min(me.leaseFailures - 1, 6));
  klog(
    io,
    'E',
    'controller.go:145',
    `"Failed to ensure lease exists, will retry" err=${JSON.stringify(reply.error)} interval="${intervalMs < 1_000 ? `${intervalMs}ms` : `${intervalMs / 1_000}s`}"`,
  );
  io.setTimer('lease', intervalMs * MILLISECOND, { type: 'RENEW_LEASE' });
}

function leaseOf(me: KubeletMemory, io: Io, known: KubeObject): KubeObject {
  const { node, config } = me;
  const ownerReferences =
    node === undefined
      ? undefined
      : [{ apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.uid ?? '' }];
  return {
    ...known,
    metadata: { ...known.metadata, ...(ownerReferences === undefined ? {} : { ownerReferences }) },
    spec: {
      holderIdentity: config?.nodeName,
      leaseDurationSeconds: config?.leaseSeconds ?? 40,
      renewTime: formatMicroTime(io.wallMs() * 1_000 + (io.now % 1_000)),
    },
  };
}

/** Remembers the conditions, and says when the node becomes ready or ceases to be. */
function computeConditions(me: KubeletMemory, io: Io): Condition[] {
  const nowMs = io.wallMs();
  const conditions = nodeConditions(me, nowMs, hasDiskPressure(me, io));
  for (const condition of conditions) {
    const before = me.nodeConditions.get(condition.type);
    me.nodeConditions.set(condition.type, condition);
    const seen = me.node?.status?.conditions?.find(({ type }) => type === condition.type);
    if (before?.status === condition.status && seen?.status !== 'Unknown') continue;
    const event = CONDITION_EVENTS[condition.type]?.[condition.status === 'True' ? 0 : 1];
    // A kubelet that has just started is not yet ready; that is no news.
    if (event === undefined || (before === undefined && condition.type === 'Ready' && condition.status === 'False'))
      continue;
    klog(
      io,
      'I',
      'kubelet_node_status.go:690',
      `"Recording event message for node" node="${me.config?.nodeName}" event="${event}"`,
    );
    recordNodeEvent(me, io, 'Normal', event, `Node ${me.config?.nodeName} status is now: ${event}`);
    if (condition.type === 'Ready' && condition.status === 'False')
      klog(
        io,
        'I',
        'setters.go:618',
        `"Node became not ready" node="${me.config?.nodeName}" condition=${JSON.stringify({ ...condition, lastHeartbeatTime: formatTime(nowMs) })}`,
      );
  }
  return conditions;
}

const CONDITION_EVENTS: Readonly<Record<string, readonly [string, string]>> = {
  MemoryPressure: ['NodeHasInsufficientMemory', 'NodeHasSufficientMemory'],
  DiskPressure: ['NodeHasDiskPressure', 'NodeHasNoDiskPressure'],
  PIDPressure: ['NodeHasInsufficientPID', 'NodeHasSufficientPID'],
  Ready: ['NodeReady', 'NodeNotReady'],
};

/** Frozen, because a tag travels with each of thousands of requests. */
const TAGS = new Map<string, NodeTag>();
function tagOf(node: NodeTag['node']): NodeTag {
  let tag = TAGS.get(node);
  if (tag === undefined) {
    tag = Object.freeze({ node });
    TAGS.set(node, tag);
  }
  return tag;
}

export const NODE_PERIOD_US = 10 * SECOND;
