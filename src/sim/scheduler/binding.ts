/**
 * The binding cycle: assume that the pod is on its node, bind its volumes, tell the API server. It runs beside the next
 * scheduling cycles; when it fails the pod is forgotten and tried again.
 * @source pkg/scheduler/schedule_one.go, pkg/scheduler/framework/plugins/{defaultbinder,volumebinding}
 */
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../api/types.ts';
import { type ApiReply, apiRequest } from '../client/api-client.ts';
import { recordEvent, referenceTo } from '../client/event-recorder.ts';
import type { Io } from '../kernel/io.ts';
import { SECOND } from '../kernel/units.ts';
import { putPod, unnominate } from './cluster-cache.ts';
import { DEFAULT_SCHEDULER_NAME } from './configuration.ts';
import { forgetAssumed } from './event-handlers.ts';
import { failScheduling, patchPodStatus } from './failing.ts';
import { type BindingCycle, profileOf, type Scheduler } from './memory.ts';
import { objectKey, putObject } from './object-cache.ts';
import type { PodVolumes } from './plugins/volume-binder.ts';
import { VOLUME_BINDING, type VolumeBindingArgs, type VolumePlan } from './plugins/volume-binding.ts';
import type { Decision } from './schedule-pod.ts';
import type { QueuedPod } from './scheduling-queue.ts';

export interface BindTag {
  readonly scheduler: 'bind' | 'volume';
  readonly key: string;
}

export const BIND_TIMEOUT = 'BIND_TIMEOUT';

/** From now on the pod counts as being on the node, whatever the API server will say. */
export function assumeAndBind(me: Scheduler, io: Io, pod: QueuedPod, decision: Decision): void {
  const { info } = pod;
  // Somebody else has bound it in the meantime.
  if (me.cluster.podNodes.has(info.key)) return;
  const assumed: Pod = { ...info.pod, spec: { ...info.pod.spec, nodeName: decision.node } };
  putPod(me.cluster, Object.freeze({ ...info, pod: assumed }), decision.node);
  me.assumed.add(info.key);
  unnominate(me.cluster, info.key);
  const volumes = plannedVolumes(decision);
  const binding: BindingCycle = {
    pod,
    node: decision.node,
    claims: claimsOf(volumes),
    pendingWrites: 0,
    phase: 'PreBind',
  };
  me.bindings.set(info.key, binding);
  if (volumes === undefined || binding.claims.length === 0) bindPod(me, io, binding);
  else bindVolumes(me, io, binding, volumes);
}

/** An answer to a write of a binding cycle. */
export function bindingAnswered(me: Scheduler, io: Io, tag: BindTag, reply: ApiReply): void {
  const binding = me.bindings.get(tag.key);
  if (binding === undefined) return;
  if (!reply.ok) {
    const plugin = tag.scheduler === 'bind' ? 'Bind plugin "DefaultBinder"' : 'PreBind plugin "VolumeBinding"';
    failBinding(me, io, binding, `running ${plugin}: ${reply.error}`);
  } else if (tag.scheduler === 'volume') {
    binding.pendingWrites--;
    checkVolumes(me, io, binding);
  } else {
    me.bindings.delete(tag.key);
    me.counts.scheduled++;
    const { info } = binding.pod;
    const recorder = me.recorders.get(info.pod.spec.schedulerName ?? DEFAULT_SCHEDULER_NAME);
    if (recorder === undefined || me.freeClient === undefined) return;
    const text = `Successfully assigned ${info.name} to ${binding.node}`;
    recordEvent(recorder, me.freeClient, io, referenceTo(info.pod), 'Normal', 'Scheduled', text);
  }
}

/** A claim has changed: pods that wait for it may go on. */
export function claimChanged(me: Scheduler, io: Io, claimKey: string): void {
  for (const binding of me.bindings.values()) {
    if (binding.phase === 'PreBind' && binding.claims.includes(claimKey)) checkVolumes(me, io, binding);
  }
}

export function bindTimedOut(me: Scheduler, io: Io, key: string): void {
  const binding = me.bindings.get(key);
  if (binding?.phase !== 'PreBind') return;
  failBinding(me, io, binding, 'running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded');
}

function bindPod(me: Scheduler, io: Io, binding: BindingCycle): void {
  binding.phase = 'Bind';
  const { info } = binding.pod;
  const { name, uid } = info.pod.metadata;
  const path = `/api/v1/namespaces/${info.namespace}/pods/${name}/binding`;
  const metadata = { name, namespace: info.namespace, uid };
  const body = { apiVersion: 'v1', kind: 'Binding', metadata, target: { kind: 'Node', name: binding.node } };
  const tag: BindTag = { scheduler: 'bind', key: info.key };
  if (me.client !== undefined) apiRequest(me.client, io, { method: 'POST', path, body }, tag);
}

/** Writes the claim into each volume and the node onto each claim to be provisioned; then waits until all are bound. */
function bindVolumes(me: Scheduler, io: Io, binding: BindingCycle, volumes: PodVolumes): void {
  const { client } = me;
  if (client === undefined) return;
  const { info } = binding.pod;
  const tag: BindTag = { scheduler: 'volume', key: info.key };
  patchPodStatus(me, io, info.pod, undefined, binding.node);
  for (const { claim, volume } of volumes.bindings) {
    const bound = claimVolume(volume, claim);
    putObject(me.cluster.objects, 'PersistentVolume', bound);
    binding.pendingWrites++;
    const path = `/api/v1/persistentvolumes/${volume.metadata.name}`;
    apiRequest(client, io, { method: 'PUT', path, body: bound }, tag);
  }
  for (const { claim } of volumes.provisions) {
    const annotations = { ...claim.metadata.annotations, 'volume.kubernetes.io/selected-node': binding.node };
    const selected: PersistentVolumeClaim = { ...claim, metadata: { ...claim.metadata, annotations } };
    putObject(me.cluster.objects, 'PersistentVolumeClaim', selected);
    binding.pendingWrites++;
    const path = `/api/v1/namespaces/${info.namespace}/persistentvolumeclaims/${claim.metadata.name}`;
    apiRequest(client, io, { method: 'PUT', path, body: selected }, tag);
  }
  const args: VolumeBindingArgs = profileOf(me, info)?.args[VOLUME_BINDING] ?? {};
  const seconds = args.bindTimeoutSeconds ?? 600;
  io.setTimer(`bind:${info.key}`, seconds * SECOND, { type: BIND_TIMEOUT, key: info.key });
}

function claimVolume(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { name, namespace, uid, resourceVersion } = claim.metadata;
  const claimRef = { kind: 'PersistentVolumeClaim', namespace, name, uid, apiVersion: 'v1', resourceVersion };
  const annotations = { ...volume.metadata.annotations, 'pv.kubernetes.io/bound-by-controller': 'yes' };
  return { ...volume, metadata: { ...volume.metadata, annotations }, spec: { ...volume.spec, claimRef } };
}

function checkVolumes(me: Scheduler, io: Io, binding: BindingCycle): void {
  if (binding.pendingWrites > 0) return;
  const isBound = (key: string) => {
    const claim = me.cluster.objects.PersistentVolumeClaim.get(key);
    return (
      Boolean(claim?.spec.volumeName) && claim?.metadata.annotations?.['pv.kubernetes.io/bind-completed'] !== undefined
    );
  };
  if (!binding.claims.every(isBound)) return;
  io.clearTimer(`bind:${binding.pod.key}`);
  bindPod(me, io, binding);
}

function failBinding(me: Scheduler, io: Io, binding: BindingCycle, message: string): void {
  const { pod } = binding;
  me.bindings.delete(pod.key);
  io.clearTimer(`bind:${pod.key}`);
  if (me.assumed.has(pod.key)) forgetAssumed(me, io, pod.info.pod);
  failScheduling(me, io, pod, { message, reason: 'SchedulerError', rejectors: [], nominatedNode: '', meanwhile: [] });
}

function plannedVolumes(decision: Decision): PodVolumes | undefined {
  const plan = decision.states.get(VOLUME_BINDING) as VolumePlan | undefined;
  return plan?.byNode.get(decision.node);
}

function claimsOf(volumes: PodVolumes | undefined): string[] {
  if (volumes === undefined) return [];
  return [...volumes.bindings, ...volumes.provisions].map(({ claim }) => objectKey(claim));
}
