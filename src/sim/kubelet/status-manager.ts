/**
 * Tells the API server how pods are, when that has changed; and, at the end, that a deleted pod is really gone from here.
 * Of static pods the mirror pods carry the status.
 * @source pkg/kubelet/status/status_manager.go
 */
import { semanticEqual } from '../api/equal.ts';
import type { Condition, Pod, PodStatus } from '../api/types.ts';
import { apiRequest, readReply } from '../client/api-client.ts';
import { klog } from '../client/klog.ts';
import type { Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { SECOND } from '../kernel/units.ts';
import type { KubeletMemory } from './memory.ts';
import { podStatus } from './pod-status.ts';
import { forgetPod } from './pods.ts';
import type { PodWorker } from './worker.ts';

type StatusTag = { readonly status: string; readonly sent: PodStatus } | { readonly confirm: string };

/** Once a step: every pod that may have changed. */
export function flushStatuses(me: KubeletMemory, io: Io): void {
  if (me.dirty.size === 0) return;
  const uids = [...me.dirty];
  me.dirty.clear();
  for (const uid of uids) {
    const pod = me.pods.get(uid);
    if (pod !== undefined) update(me, io, pod);
  }
}

/** True: the event was an answer to the status manager. */
export function statusAnswered(me: KubeletMemory, io: Io, event: KernelEvent): boolean {
  const tag = event['tag'] as StatusTag | undefined;
  if (event.type !== 'REPLY' || typeof tag !== 'object' || tag === null) return false;
  if ('status' in tag && typeof tag.status === 'string') {
    written(me, io, tag.status, tag.sent, event);
    return true;
  }
  if ('confirm' in tag) {
    const pod = me.pods.get(tag.confirm);
    if (pod === undefined) return true;
    const reply = readReply(event);
    pod.deleting = false;
    if (!reply.ok && reply.status !== 404 && reply.status !== 409) retry(io, pod);
    return true;
  }
  return false;
}

function update(me: KubeletMemory, io: Io, pod: PodWorker): void {
  const hostIp = me.config?.nodeIp ?? me.ip;
  const status = podStatus(pod, { hostIp, nowMs: io.wallMs(), images: me.images });
  if (me.removing.has(pod.uid) && pod.state === 'Terminated') {
    me.removing.delete(pod.uid);
    forgetPod(me, io, pod);
    return;
  }
  if (pod.status === undefined || !semanticEqual(pod.status, status)) pod.status = Object.freeze(status);
  send(me, io, pod);
}

function send(me: KubeletMemory, io: Io, pod: PodWorker): void {
  const { client } = me;
  if (pod.isStatic && pod.state === 'Terminated' && pod.removed) {
    forgetPod(me, io, pod);
    return;
  }
  if (client === undefined || pod.reporting || pod.status === undefined) return;
  const target = targetOf(me, pod);
  if (target === undefined) return;
  if (pod.reported !== undefined && semanticEqual(pod.reported, pod.status)) {
    confirm(me, io, pod);
    return;
  }
  pod.reporting = true;
  const tag: StatusTag = { status: pod.uid, sent: pod.status };
  const body = { metadata: { uid: target.uid }, status: patchOf(pod.reported ?? pod.pod.status, pod.status) };
  const path = `/api/v1/namespaces/${target.namespace}/pods/${target.name}/status`;
  apiRequest(
    client,
    io,
    { method: 'PATCH', path, body, contentType: 'application/strategic-merge-patch+json' },
    tag,
    10_000,
  );
}

function written(me: KubeletMemory, io: Io, uid: string, sent: PodStatus, event: KernelEvent): void {
  const pod = me.pods.get(uid);
  if (pod === undefined) return;
  pod.reporting = false;
  const reply = readReply(event);
  if (reply.ok) {
    pod.reported = newerStatus(me, pod, reply.body as Pod) ?? sent;
    send(me, io, pod);
    return;
  }
  if (reply.status === 404 || reply.status === 409) return;
  const { namespace, name } = pod.pod.metadata;
  klog(
    io,
    'E',
    'status_manager.go:1054',
    `"Failed to get status for pod" err=${JSON.stringify(reply.error)} podUID="${uid}" pod="${namespace}/${name}"`,
  );
  retry(io, pod);
}

function retry(io: Io, pod: PodWorker): void {
  io.setTimer(`pod/${pod.uid}/status`, 10 * SECOND, { type: 'STATUS_RETRY', uid: pod.uid });
}

/** Everything has ended and the API knows it: now the object itself may go. */
function confirm(me: KubeletMemory, io: Io, pod: PodWorker): void {
  if (pod.state !== 'Terminated' || pod.deleting || me.client === undefined) return;
  if (pod.isStatic || pod.pod.metadata.deletionTimestamp === undefined) return;
  pod.deleting = true;
  const { namespace, name } = pod.pod.metadata;
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid: pod.uid } };
  const tag: StatusTag = { confirm: pod.uid };
  apiRequest(
    me.client,
    io,
    { method: 'DELETE', path: `/api/v1/namespaces/${namespace}/pods/${name}`, body },
    tag,
    10_000,
  );
}

function targetOf(me: KubeletMemory, pod: PodWorker): { namespace: string; name: string; uid: string } | undefined {
  const { namespace = 'default', name } = pod.pod.metadata;
  if (!pod.isStatic) return { namespace, name, uid: pod.uid };
  const mirror = me.mirrors.get(pod.key);
  if (mirror === undefined || mirror.deleting || mirror.hash !== pod.uid) return undefined;
  return { namespace, name, uid: mirror.uid };
}

/** What has changed; fields that are no longer there are said to be gone, in conditions too (they are merged by type). */
function patchOf(old: PodStatus | undefined, status: PodStatus): object {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(old ?? {})) if (!(key in status) && !KEPT_BY_OTHERS.has(key)) patch[key] = null;
  for (const key of Object.keys(status)) {
    if (key === 'conditions') patch[key] = changedConditions(old?.conditions ?? [], status.conditions ?? []);
    else if (old === undefined || !semanticEqual(old[key], status[key])) patch[key] = status[key];
  }
  return patch;
}

function changedConditions(old: readonly Condition[], conditions: readonly Condition[]): object[] {
  const changed: object[] = [];
  for (const condition of conditions) {
    const before = old.find(({ type }) => type === condition.type);
    if (before === undefined) changed.push(condition);
    else if (!semanticEqual(before, condition)) {
      changed.push({
        ...condition,
        ...(before.reason !== undefined && condition.reason === undefined ? { reason: null } : {}),
        ...(before.message !== undefined && condition.message === undefined ? { message: null } : {}),
      });
    }
  }
  return changed;
}

const KEPT_BY_OTHERS: ReadonlySet<string> = new Set(['nominatedNodeName', 'resourceClaimStatuses', 'resize']);

/** Somebody else has changed how ready the pod looks (as the node controller does when a node is silent): it is told again. */
export function observedByApi(me: KubeletMemory, pod: PodWorker, object: Pod): void {
  const { status } = object;
  if (status?.containerStatuses === undefined || pod.reporting) return;
  if (pod.reported !== undefined && readyOf(pod.reported) === readyOf(status)) return;
  pod.reported = status;
  me.dirty.add(pod.uid);
}

/** What somebody else wrote after us, when the watch told us of it before our own answer came. */
function newerStatus(me: KubeletMemory, pod: PodWorker, written: Pod): PodStatus | undefined {
  const seen = me.informers.pods.objects.get(pod.key) as Pod | undefined;
  if (seen?.status?.containerStatuses == null || seen.metadata.uid !== written.metadata.uid) return undefined;
  if (Number(seen.metadata.resourceVersion) <= Number(written.metadata.resourceVersion)) return undefined;
  return readyOf(seen.status) === readyOf(written.status ?? {}) ? undefined : seen.status;
}

function readyOf(status: PodStatus): string | undefined {
  return status.conditions?.find(({ type }) => type === 'Ready')?.status;
}
