/**
 * When a pod cannot be scheduled: back into the queue, an event, a condition; and the preemption that may make room for it.
 * @source pkg/scheduler/schedule_one.go handleSchedulingFailure, pkg/scheduler/framework/preemption/executor.go
 */
import { formatTime } from '../api/time.ts';
import type { Condition, ObjectReference, Pod } from '../api/types.ts';
import { type ApiReply, apiRequest } from '../client/api-client.ts';
import { recordEvent, referenceTo } from '../client/event-recorder.ts';
import { klog } from '../client/klog.ts';
import type { Io } from '../kernel/io.ts';
import { nominate, unnominate } from './cluster-cache.ts';
import type { ClusterEvent } from './cluster-events.ts';
import { DEFAULT_SCHEDULER_NAME } from './configuration.ts';
import { queueContext, type Scheduler } from './memory.ts';
import { newPodInfo, type PodInfo, podKey } from './node-info.ts';
import { lowerNominated } from './plugins/default-preemption.ts';
import type { Decision } from './schedule-pod.ts';
import { activate, addUnschedulable, findQueued, type QueuedPod } from './scheduling-queue.ts';

export interface Failure {
  readonly message: string;
  readonly reason: 'Unschedulable' | 'SchedulerError';
  readonly rejectors: readonly string[];
  /** Undefined: leave the nomination as it is; '' clears it. */
  readonly nominatedNode: string | undefined;
  readonly meanwhile: readonly ClusterEvent[];
}

export interface VictimTag {
  readonly scheduler: 'victim-condition' | 'victim-delete';
  /** The pod that makes room for itself. */
  readonly preemptor: string;
  readonly victim: string;
}

const MAX_NOTE = 1024;

export function failScheduling(me: Scheduler, io: Io, pod: QueuedPod, failure: Failure): void {
  const { message, reason, nominatedNode } = failure;
  if (reason === 'Unschedulable') me.counts.unschedulable++;
  else {
    me.counts.errors++;
    klog(
      io,
      'E',
      'schedule_one.go:1177',
      `"Error scheduling pod; retrying" err=${JSON.stringify(message)} pod="${pod.info.name}"`,
    );
  }
  const latest = me.caches['pods']?.objects.get(pod.info.name) as Pod | undefined;
  const isStillWaiting = latest !== undefined && !latest.spec.nodeName && podKey(latest) === pod.key;
  if (!isStillWaiting) return;
  if (latest !== pod.info.pod) pod.info = newPodInfo(latest);
  addUnschedulable(me.queue, queueContext(me, io), pod, failure.rejectors, failure.meanwhile);
  if (nominatedNode === '') unnominate(me.cluster, pod.key);
  else if (nominatedNode !== undefined) nominate(me.cluster, pod.info, nominatedNode);

  const recorder = me.recorders.get(latest.spec.schedulerName ?? DEFAULT_SCHEDULER_NAME);
  const note = message.length <= MAX_NOTE ? message : `${message.slice(0, MAX_NOTE - 4)} ...`;
  if (recorder !== undefined && me.freeClient !== undefined) {
    recordEvent(recorder, me.freeClient, io, referenceTo(latest), 'Warning', 'FailedScheduling', note);
  }
  const condition: Condition = { type: 'PodScheduled', status: 'False', reason, message };
  patchPodStatus(me, io, latest, condition, nominatedNode);
}

/** Writes a condition and the nominated node, where they differ from what the pod has. */
export function patchPodStatus(
  me: Scheduler,
  io: Io,
  pod: Pod,
  condition: Condition | undefined,
  nominatedNode: string | undefined,
  tag: unknown = { scheduler: 'status' },
): boolean {
  const status: Record<string, unknown> = {};
  const known = pod.status?.conditions?.find(({ type }) => type === condition?.type);
  if (condition !== undefined && !isSameCondition(known, condition)) {
    const isNewStatus = known?.status !== condition.status;
    const lastTransitionTime = isNewStatus ? formatTime(io.wallMs()) : known?.lastTransitionTime;
    const { generation } = pod.metadata;
    const observed = generation === undefined ? {} : { observedGeneration: generation };
    status['conditions'] = [{ ...condition, lastProbeTime: null, lastTransitionTime, ...observed }];
  }
  if (nominatedNode !== undefined && nominatedNode !== (pod.status?.nominatedNodeName ?? '')) {
    status['nominatedNodeName'] = nominatedNode === '' ? null : nominatedNode;
  }
  if (Object.keys(status).length === 0 || me.client === undefined) return false;
  const { namespace = '', name } = pod.metadata;
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
  const contentType = 'application/strategic-merge-patch+json';
  apiRequest(me.client, io, { method: 'PATCH', path, body: { status }, contentType }, tag);
  return true;
}

/** Tells the victims to go: a condition that says why, then the deletion. The pod waits until all of that is accepted. */
export function preempt(me: Scheduler, io: Io, pod: PodInfo, decision: Decision): void {
  const node = decision.nominatedNode;
  if (!node || decision.victims.length === 0) return;
  for (const rival of lowerNominated(me.cluster, node, pod.priority)) {
    unnominate(me.cluster, rival.key);
    patchPodStatus(me, io, rival.pod, undefined, '');
  }
  const victims = decision.victims.filter((victim) => !victim.pod.metadata.deletionTimestamp);
  if (victims.length === 0) return;
  const by = pod.pod.spec.schedulerName ?? DEFAULT_SCHEDULER_NAME;
  const references = new Map(victims.map((victim) => [victim.key, referenceTo(victim.pod)]));
  me.preemptions.set(pod.key, { node, schedulerName: by, victims: references });
  const condition: Condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'PreemptionByScheduler',
    message: `${by}: preempting to accommodate a higher priority pod`,
  };
  for (const victim of victims) {
    const tag: VictimTag = { scheduler: 'victim-condition', preemptor: pod.key, victim: victim.key };
    if (!patchPodStatus(me, io, victim.pod, condition, undefined, tag))
      deleteVictim(me, io, tag, referenceTo(victim.pod));
  }
}

export function victimAnswered(me: Scheduler, io: Io, tag: VictimTag, reply: ApiReply): void {
  const preemption = me.preemptions.get(tag.preemptor);
  const victim = preemption?.victims.get(tag.victim);
  if (preemption === undefined || victim === undefined) return;
  if (tag.scheduler === 'victim-condition' && reply.ok) {
    deleteVictim(me, io, tag, victim);
    return;
  }
  preemption.victims.delete(tag.victim);
  const recorder = me.recorders.get(preemption.schedulerName);
  if (reply.ok && recorder !== undefined && me.freeClient !== undefined) {
    const text = `Preempted by pod ${tag.preemptor} on node ${preemption.node}`;
    recordEvent(recorder, me.freeClient, io, victim, 'Normal', 'Preempted', text);
  }
  if (preemption.victims.size > 0) return;
  me.preemptions.delete(tag.preemptor);
  // An error leaves nobody whose departure would wake the pod up; and victims without grace may be gone already.
  const failed = !reply.ok && reply.status !== 404;
  const waiting = findQueued(me.queue, tag.preemptor);
  if (failed || waiting?.gatedBy === 'DefaultPreemption') activate(me.queue, queueContext(me, io), tag.preemptor);
}

function deleteVictim(me: Scheduler, io: Io, tag: VictimTag, victim: ObjectReference): void {
  const path = `/api/v1/namespaces/${victim.namespace}/pods/${victim.name}`;
  if (me.client === undefined) return;
  apiRequest(me.client, io, { method: 'DELETE', path }, { ...tag, scheduler: 'victim-delete' });
}

function isSameCondition(known: Condition | undefined, condition: Condition): boolean {
  return known?.status === condition.status && known.reason === condition.reason && known.message === condition.message;
}
