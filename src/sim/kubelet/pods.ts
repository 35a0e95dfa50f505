/**
 * Which pods this node has: those the API assigns to it, and those its own files describe. Admission, updates, removal.
 * @source pkg/kubelet/kubelet.go syncLoop, HandlePodAdditions, HandlePodUpdates, HandlePodRemoves
 */
import type { Pod } from '../api/types.ts';
import type { Delta } from '../client/informer.ts';
import { klog } from '../client/klog.ts';
import type { Io } from '../kernel/io.ts';
import { admit } from './admission.ts';
import type { KubeletMemory } from './memory.ts';
import { mirrorChanged, mirrorGone, reconcileMirror, removeMirror } from './mirrors.ts';
import { armRelist, checkSandbox, progress } from './pod-actions.ts';
import { adoptInto } from './relist.ts';
import { criRequest } from './runtime.ts';
import { observedByApi } from './status-manager.ts';
import { settle, tellContainer, tellPod } from './tell.ts';
import { removePodFiles } from './volumes.ts';
import { newContainerWorker, newPodWorker, type PodWorker } from './worker.ts';

const MIRROR = 'kubernetes.io/config.mirror';

/** A change that the watch of this node's pods tells. */
export function podDelta(me: KubeletMemory, io: Io, delta: Delta): void {
  const pod = delta.object as Pod;
  const mirrorHash = pod.metadata.annotations?.[MIRROR];
  if (mirrorHash !== undefined) {
    if (delta.type === 'deleted') mirrorGone(me, io, pod);
    else mirrorChanged(me, io, pod, mirrorHash);
    return;
  }
  // Until the runtime has said what runs already, pods wait in the cache.
  if (me.adopted === undefined) return;
  const worker = me.pods.get(pod.metadata.uid ?? '');
  if (delta.type === 'deleted') {
    if (worker !== undefined) removed(me, io, worker);
  } else if (worker === undefined) addPod(me, io, pod, false);
  else changed(me, io, worker, pod);
}

/** Takes a pod on: admits or rejects it, adopts what runs of it, starts its worker. */
export function addPod(me: KubeletMemory, io: Io, pod: Pod, isStatic: boolean): void {
  const worker = newPodWorker(pod, isStatic, io.wallMs());
  me.pods.set(worker.uid, worker);
  const named = me.byName.get(worker.key);
  if (named === undefined) me.byName.set(worker.key, [worker.uid]);
  else named.push(worker.uid);
  klog(io, 'I', 'kubelet.go:2678', `"SyncLoop ADD" source="${isStatic ? 'file' : 'api'}" pods=["${worker.key}"]`);
  const adopted = me.adopted?.get(worker.uid);
  me.adopted?.delete(worker.uid);
  const isOver = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
  if (!isOver && adopted === undefined && pod.metadata.deletionTimestamp === undefined) {
    const verdict = admit(me, worker);
    if (verdict !== undefined) {
      worker.verdict = { phase: 'Failed', reason: verdict.reason, message: `Pod was rejected: ${verdict.message}` };
      tellPod(me, io, worker, { type: 'REJECT' });
      return;
    }
  }
  if (adopted !== undefined) {
    adoptInto(me, io, worker, adopted);
    // That was found when the kubelet began; the API may have been heard of much later.
    me.relist.add(worker.uid);
    armRelist(me, io);
    checkSandbox(io, worker);
  }
  if (isOver && adopted === undefined) {
    worker.finished = true;
    tellPod(me, io, worker, { type: 'REJECT' });
  } else if (isOver) {
    // The kubelet before this one had given it up, and did not come to ending it.
    const { phase, reason = '', message = '' } = pod.status ?? {};
    worker.verdict = { phase: phase === 'Failed' ? 'Failed' : 'Succeeded', reason, message };
    tellPod(me, io, worker, { type: 'KILL' });
  } else if (olderOfName(me, worker) === undefined) tellPod(me, io, worker, { type: 'BEGIN' });
  if (pod.spec.activeDeadlineSeconds !== undefined) armDeadline(io, worker, pod.spec.activeDeadlineSeconds);
  if (pod.metadata.deletionTimestamp !== undefined) deleted(me, io, worker);
  if (isStatic) reconcileMirror(me, io, worker);
}

/** Ends a pod for a reason of the kubelet's own; its object stays and says why. */
export function failPod(
  me: KubeletMemory,
  io: Io,
  worker: PodWorker,
  reason: string,
  message: string,
  graceSeconds: number,
): void {
  if (worker.verdict !== undefined || worker.finished) return;
  worker.verdict = { phase: 'Failed', reason, message };
  worker.graceSeconds = graceSeconds;
  tellPod(me, io, worker, { type: 'KILL' });
}

/** A static pod whose manifest is gone. */
export function removeStaticPod(me: KubeletMemory, io: Io, worker: PodWorker): void {
  klog(io, 'I', 'kubelet.go:2694', `"SyncLoop REMOVE" source="file" pods=["${worker.key}"]`);
  worker.graceSeconds = worker.pod.spec.terminationGracePeriodSeconds ?? 30;
  worker.removed = true;
  removeMirror(me, io, worker.key);
  tellPod(me, io, worker, { type: 'KILL' });
}

/** Nothing of it is left here: its sandbox, files and timers go, and the next pod of its name may begin. */
export function forgetPod(me: KubeletMemory, io: Io, worker: PodWorker): void {
  if (me.pods.get(worker.uid) !== worker) return;
  me.pods.delete(worker.uid);
  const rest = (me.byName.get(worker.key) ?? []).filter((uid) => uid !== worker.uid);
  if (rest.length === 0) me.byName.delete(worker.key);
  else me.byName.set(worker.key, rest);
  for (const timer of ['refresh', 'status', 'deadline']) io.clearTimer(`pod/${worker.uid}/${timer}`);
  for (const id of [...worker.oldSandboxes, worker.sandboxId])
    if (id !== '') criRequest<'RemovePodSandbox'>(io, { method: 'RemovePodSandbox', id });
  removePodFiles(io, worker.uid);
  klog(io, 'I', 'kubelet.go:2694', `"SyncLoop REMOVE" source="api" pods=["${worker.key}"]`);
  if (worker.removed) beginAgain(me, io, worker.uid);
  const next = me.pods.get(rest[0] ?? '');
  if (next !== undefined && next.state === '') tellPod(me, io, next, { type: 'BEGIN' });
}

/** A static pod whose manifest came back while it was still ending. */
function beginAgain(me: KubeletMemory, io: Io, uid: string): void {
  for (const [path, manifest] of me.manifests) {
    if (manifest.uid !== uid) continue;
    me.manifests.delete(path);
    io.setTimer('manifests', 0, { type: 'READ_MANIFESTS' });
  }
}

/** Sandboxes that belong to no pod any more: their pods were deleted while no kubelet looked. */
export function cleanUpOrphans(me: KubeletMemory, io: Io): void {
  if (me.adopted === undefined) return;
  for (const [uid, { sandboxes }] of me.adopted) {
    for (const { id } of sandboxes)
      criRequest<'StopPodSandbox'>(io, { method: 'StopPodSandbox', id }, { detail: `remove/${id}` });
    removePodFiles(io, uid);
  }
  me.adopted.clear();
}

function changed(me: KubeletMemory, io: Io, worker: PodWorker, pod: Pod): void {
  const before = worker.pod;
  worker.pod = pod;
  observedByApi(me, worker, pod);
  if (pod.metadata.deletionTimestamp !== undefined) {
    const isNews =
      before.metadata.deletionTimestamp === undefined ||
      before.metadata.deletionGracePeriodSeconds !== pod.metadata.deletionGracePeriodSeconds;
    if (isNews) deleted(me, io, worker);
    return;
  }
  if (before.metadata.generation === pod.metadata.generation) {
    if (before.status?.conditions !== pod.status?.conditions && pod.spec.readinessGates !== undefined)
      me.dirty.add(worker.uid);
    return;
  }
  if (
    before.spec.activeDeadlineSeconds !== pod.spec.activeDeadlineSeconds &&
    pod.spec.activeDeadlineSeconds !== undefined
  )
    armDeadline(io, worker, pod.spec.activeDeadlineSeconds);
  imagesChanged(me, io, worker, before);
  for (const { name } of pod.spec.ephemeralContainers ?? []) {
    if (worker.containers.some((container) => container.name === name)) continue;
    worker.containers.push(newContainerWorker(name, 'ephemeral'));
    progress({ me, io, pod: worker });
    settle(me, io, worker);
  }
  me.dirty.add(worker.uid);
}

/** Of a running pod only the images can change: such a container is killed and started anew. */
function imagesChanged(me: KubeletMemory, io: Io, worker: PodWorker, before: Pod): void {
  for (const spec of worker.pod.spec.containers) {
    const old = before.spec.containers.find(({ name }) => name === spec.name);
    const container = worker.containers.find(({ name }) => name === spec.name);
    if (old === undefined || container === undefined || old.image === spec.image) continue;
    container.pullBackOffMs = 0;
    const message = `Container ${spec.name} definition changed, will be restarted`;
    const graceSeconds = worker.pod.spec.terminationGracePeriodSeconds ?? 30;
    tellContainer(me, io, worker, container, { type: 'KILL', message, graceSeconds });
  }
}

function deleted(me: KubeletMemory, io: Io, worker: PodWorker): void {
  klog(io, 'I', 'kubelet.go:2688', `"SyncLoop DELETE" source="api" pods=["${worker.key}"]`);
  worker.graceSeconds = worker.pod.metadata.deletionGracePeriodSeconds ?? 30;
  tellPod(me, io, worker, { type: 'DELETE' });
}

/** The object is gone from the API, whatever still runs here (a forced deletion). */
function removed(me: KubeletMemory, io: Io, worker: PodWorker): void {
  if (worker.state === 'Terminated' || worker.state === '') {
    forgetPod(me, io, worker);
    return;
  }
  worker.graceSeconds = Math.min(worker.graceSeconds, 1);
  // With nobody left to tell, it is forgotten as soon as it has ended.
  me.removing.add(worker.uid);
  tellPod(me, io, worker, { type: 'KILL' });
}

function olderOfName(me: KubeletMemory, worker: PodWorker): string | undefined {
  const first = me.byName.get(worker.key)?.[0];
  return first === worker.uid ? undefined : first;
}

function armDeadline(io: Io, worker: PodWorker, seconds: number): void {
  const restMs = worker.startedAtMs + seconds * 1_000 - io.wallMs();
  io.setTimer(`pod/${worker.uid}/deadline`, Math.max(0, restMs) * 1_000, {
    type: 'DEADLINE_EXCEEDED',
    uid: worker.uid,
  });
}
