/** What a pod's statechart does: volumes, sandbox, which container is next, and the way out. */
import { klog } from '../client/klog.ts';
import type { Io } from '../kernel/io.ts';
import { graceOf } from './container-actions.ts';
import { sandboxConfig, writePodFiles } from './container-config.ts';
import type { KubeletMemory } from './memory.ts';
import { armRefresh, environmentView, fetchObjects } from './objects.ts';
import type { PodContext } from './pod.machine.ts';
import { recordPodEvent } from './record.ts';
import { criRequest } from './runtime.ts';
import { tellContainer } from './tell.ts';
import { setUpVolumes, volumeObjects } from './volumes.ts';
import type { ContainerWorker, PodWorker } from './worker.ts';

/** Reads what the volumes need, then sets them up. */
export function prepareVolumes({ me, io, pod }: PodContext): void {
  const names = volumeObjects(pod.pod);
  if (names.length === 0) pod.next.push({ type: 'VOLUMES_READY' });
  else fetchObjects(me, io, pod, names);
}

export function runSandbox(context: PodContext): void {
  const { me, io, pod } = context;
  if (!pod.mounted && !mount(context)) return;
  if (pod.sandboxId !== '') {
    pod.next.push({ type: 'SANDBOX_READY' });
    return;
  }
  const network = me.runtimeConditions.find(({ type }) => type === 'NetworkReady');
  if (pod.pod.spec.hostNetwork !== true && network?.status === false) {
    const why = `container runtime network not ready: NetworkReady=false reason:${network.reason} message:${network.message}`;
    recordPodEvent(me, io, pod, 'Warning', 'NetworkNotReady', `network is not ready: ${why}`);
    pod.next.push({ type: 'NETWORK_NOT_READY' });
    return;
  }
  const config = me.config;
  if (config === undefined) return;
  pod.sandboxAttempt++;
  criRequest<'RunPodSandbox'>(io, { method: 'RunPodSandbox', config: sandboxConfig(pod, config) }, { uid: pod.uid });
}

/** The sandbox is up: what depends on its address is written. */
export function sandboxReady(me: KubeletMemory, io: Io, pod: PodWorker): void {
  if (me.config === undefined) return;
  const problem = writePodFiles(io, pod, me.config);
  if (problem !== undefined) recordPodEvent(me, io, pod, 'Warning', 'MissingClusterDNS', problem);
}

/** Gives its address back; it keeps the logs of the containers it had, until it is no longer the last but one. */
export function retireSandbox(io: Io, pod: PodWorker, id: string): void {
  pod.oldSandboxes.push(id);
  criRequest<'StopPodSandbox'>(io, { method: 'StopPodSandbox', id }, { detail: 'old' });
  const oldest = pod.oldSandboxes.length > 1 ? pod.oldSandboxes.shift() : undefined;
  if (oldest !== undefined) criRequest<'RemovePodSandbox'>(io, { method: 'RemovePodSandbox', id: oldest });
}

/** Asks whether the sandbox is still there, after a time or an answer in which its end may have been missed. */
export function checkSandbox(io: Io, { uid, sandboxId }: PodWorker): void {
  if (sandboxId === '') return;
  criRequest<'PodSandboxStatus'>(io, { method: 'PodSandboxStatus', id: sandboxId }, { uid, detail: sandboxId });
}

/** Its network is gone, and its processes with it: it starts over with a new one. */
export function forgetSandbox({ me, io, pod }: PodContext): void {
  recordPodEvent(me, io, pod, 'Normal', 'SandboxChanged', 'Pod sandbox changed, it will be killed and re-created.');
  const old = pod.sandboxId;
  pod.sandboxId = '';
  pod.ip = '';
  if (old !== '') {
    retireSandbox(io, pod, old);
  }
  for (const container of pod.containers) tellContainer(me, io, pod, container, { type: 'RESET' });
}

/**
 * Decides what comes next: init containers one after the other (a sidecar lets the next one go when it has started), then the
 * containers in order, each as soon as the one before it has been started or has failed to.
 */
export function progress({ me, io, pod }: PodContext): void {
  if (pod.sandboxId === '') return;
  if (pod.state === 'PodInitializing') {
    for (const container of pod.containers) {
      if (container.kind !== 'init' && container.kind !== 'sidecar') continue;
      if (isInitialized(container)) continue;
      if (container.kind === 'init' && container.state === 'Error') {
        pod.finished = true;
        pod.next.push({ type: 'ALL_DONE' });
      } else if (mayStart(container)) tellContainer(me, io, pod, container, { type: 'START' });
      return;
    }
    pod.next.push({ type: 'INITIALIZED' });
    return;
  }
  if (pod.state !== 'Running') return;
  for (const container of pod.containers) {
    if (container.kind === 'init' || container.kind === 'sidecar') continue;
    if (isBeingStarted(container)) return;
    if (!mayStart(container)) continue;
    tellContainer(me, io, pod, container, { type: 'START' });
    return;
  }
  const mains = pod.containers.filter(({ kind }) => kind === 'main');
  if (!pod.finished && mains.every(({ state }) => state === 'Completed' || state === 'Error')) {
    pod.finished = true;
    pod.next.push({ type: 'ALL_DONE' });
  }
}

/** Ends what runs: containers first, then the sidecars in reverse order. Asked again, it lets those that are ending have less time. */
export function stopContainers(context: PodContext): void {
  const { io, pod } = context;
  io.clearTimer(`pod/${pod.uid}/refresh`);
  const graceSeconds = graceOf(pod);
  for (const container of pod.containers) if (container.state === 'Stopping') restop(io, pod, container, graceSeconds);
  continueStop(context);
}

/** The next of those that still run; when there are none left, the sandbox. */
export function continueStop({ me, io, pod }: PodContext): void {
  const graceSeconds = graceOf(pod);
  const running = pod.containers.filter(isAlive);
  const mains = running.filter(({ kind }) => kind !== 'sidecar');
  const batch = mains.length > 0 ? mains : running.slice(-1);
  if (batch.length === 0) {
    pod.next.push({ type: 'CONTAINERS_STOPPED' });
    return;
  }
  for (const container of batch) {
    if (container.state === 'Running' && container.current?.state === 'CONTAINER_RUNNING')
      tellContainer(me, io, pod, container, { type: 'KILL', message: '', graceSeconds });
    else if (container.state !== 'Stopping') {
      // It has been created but not been seen running yet: it is asked about first.
      me.relist.add(pod.uid);
      armRelist(me, io);
    }
  }
}

export function stopSandbox({ io, pod }: PodContext): void {
  criRequest<'StopPodSandbox'>(io, { method: 'StopPodSandbox', id: pod.sandboxId }, { uid: pod.uid });
}

export function finishStop({ me, io, pod }: PodContext): void {
  pod.finished = true;
  klog(
    io,
    'I',
    'kubelet.go:2529',
    `"Pod has been terminated and does not have container(s) running" pod="${pod.key}" podUID="${pod.uid}"`,
  );
  me.dirty.add(pod.uid);
}

/** The API (or its file) decides whether it may be forgotten; the status manager does the rest. */
export function confirmEnd({ me, pod }: PodContext): void {
  me.dirty.add(pod.uid);
}

/** Containers are asked about once a second at most, and only when something has happened. */
export function armRelist(me: KubeletMemory, io: Io): void {
  if (me.relistArmed) return;
  me.relistArmed = true;
  const sinceMs = io.wallMs() - me.startedAtMs;
  const delayMs = 1_000 - (((sinceMs % 1_000) + 1_000) % 1_000);
  io.setTimer('relist', delayMs * 1_000, { type: 'RELIST' });
}

function mount({ me, io, pod }: PodContext): boolean {
  const problems = setUpVolumes(io, pod, environmentView(me, pod));
  for (const { volume, error } of problems)
    recordPodEvent(me, io, pod, 'Warning', 'FailedMount', `MountVolume.SetUp failed for volume "${volume}" : ${error}`);
  if (problems.length > 0) {
    pod.mountFailures++;
    klog(
      io,
      'E',
      'nestedpendingoperations.go:348',
      `Operation for "${problems[0]?.volume}" failed. Error: MountVolume.SetUp failed for volume "${problems[0]?.volume}" (UniqueName: "${pod.uid}-${problems[0]?.volume}") pod "${pod.pod.metadata.name}" (UID: "${pod.uid}") : ${problems[0]?.error}`,
    );
    pod.next.push({ type: 'VOLUMES_FAILED' });
    return false;
  }
  pod.mounted = true;
  pod.mountFailures = 0;
  armRefresh(io, pod);
  return true;
}

function isInitialized({ kind, state, started }: ContainerWorker): boolean {
  return kind === 'sidecar' ? started && state === 'Running' : state === 'Completed';
}

function mayStart({ state }: ContainerWorker): boolean {
  return state === '' || state === 'ContainerCreating';
}

function isBeingStarted({ state }: ContainerWorker): boolean {
  return state === 'Pulling' || state === 'Creating' || state === 'Starting';
}

/** Runs, or may turn out to. */
function isAlive({ state, current }: ContainerWorker): boolean {
  return state === 'Running' || state === 'Stopping' || state === 'Starting' || current?.state === 'CONTAINER_RUNNING';
}

/** The grace period has become shorter while it is being stopped. */
function restop(io: Io, pod: PodWorker, container: ContainerWorker, graceSeconds: number): void {
  const id = container.current?.id ?? container.createdId;
  const timeoutSeconds = Math.max(2, graceSeconds);
  criRequest<'StopContainer'>(
    io,
    { method: 'StopContainer', id, timeoutSeconds },
    { uid: pod.uid, container: container.name, detail: 'again' },
    (timeoutSeconds + 120) * 1_000,
  );
}
