/**
 * What the runtime says about containers: found at start, heard of through its events, asked about once a second when something happened.
 * @source pkg/kubelet/pleg/generic.go, pkg/kubelet/pod_container_deletor.go
 */
import type { ContainerEvent, CriContainer, CriResult } from '../api/cri.ts';
import type { Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { terminationLog } from './container-config.ts';
import type { Adopted, KubeletMemory } from './memory.ts';
import { armRelist, continueStop, retireSandbox } from './pod-actions.ts';
import { criRequest, criResult } from './runtime.ts';
import { settle, tellContainer, tellPod } from './tell.ts';
import { type ContainerWorker, containerSpec, type PodWorker } from './worker.ts';

/** One item of the runtime's stream of events. */
export function runtimeEvent(me: KubeletMemory, io: Io, item: ContainerEvent): void {
  const pod = me.pods.get(item.podUid);
  if (pod === undefined) return;
  if (item.type === 'SANDBOX_STOPPED') {
    if (item.id === pod.sandboxId) tellPod(me, io, pod, { type: 'SANDBOX_GONE' });
    return;
  }
  if (item.type === 'CONTAINER_DELETED') return;
  me.relist.add(item.podUid);
  armRelist(me, io);
}

export function relist(me: KubeletMemory, io: Io): void {
  me.relistArmed = false;
  for (const uid of me.relist)
    if (me.pods.has(uid)) criRequest<'ListContainers'>(io, { method: 'ListContainers', podUid: uid }, { uid });
  me.relist.clear();
}

/** The containers of one pod, as they are now. */
export function containersListed(me: KubeletMemory, io: Io, pod: PodWorker, result: CriResult<'ListContainers'>): void {
  if (!result.ok) {
    me.relist.add(pod.uid);
    armRelist(me, io);
    return;
  }
  for (const worker of pod.containers) {
    const instances = instancesOf(result.containers, worker.name);
    const newest = instances[0];
    if (newest === undefined) continue;
    for (const old of instances.slice(2))
      if (old.state === 'CONTAINER_EXITED')
        criRequest<'RemoveContainer'>(io, { method: 'RemoveContainer', id: old.id });
    observe(me, io, pod, worker, newest, instances[1]);
  }
  if (pod.state === 'Terminating') {
    continueStop({ me, io, pod });
    settle(me, io, pod);
  }
}

/** Asks for all there is: what a kubelet does first. */
export function findWhatRuns(io: Io): void {
  criRequest<'ListPodSandbox'>(io, { method: 'ListPodSandbox' }, { detail: 'all' });
}

export function sandboxesFound(io: Io, result: CriResult<'ListPodSandbox'>): Map<string, Adopted> | undefined {
  if (!result.ok) return undefined;
  const adopted = new Map<string, Adopted>();
  for (const sandbox of result.items) {
    const known = adopted.get(sandbox.config.uid);
    adopted.set(sandbox.config.uid, { sandboxes: [...(known?.sandboxes ?? []), sandbox], containers: [] });
  }
  if (adopted.size > 0) criRequest<'ListContainers'>(io, { method: 'ListContainers' }, { detail: 'all' });
  return adopted;
}

export function containersFound(adopted: Map<string, Adopted>, event: KernelEvent): void {
  const result = criResult<'ListContainers'>(event);
  if (!result.ok) return;
  for (const container of result.containers) {
    const known = adopted.get(container.podUid);
    if (known !== undefined)
      adopted.set(container.podUid, { sandboxes: known.sandboxes, containers: [...known.containers, container] });
  }
}

/** Gives a new worker what of its pod runs already. */
export function adoptInto(me: KubeletMemory, io: Io, pod: PodWorker, adopted: Adopted): void {
  const ready = adopted.sandboxes.find(({ state }) => state === 'SANDBOX_READY');
  const newest = [...adopted.sandboxes].sort((a, b) => b.config.attempt - a.config.attempt)[0];
  pod.sandboxAttempt = newest?.config.attempt ?? -1;
  const byAge = [...adopted.sandboxes].sort((a, b) => a.config.attempt - b.config.attempt);
  for (const { id } of byAge) if (id !== ready?.id) retireSandbox(io, pod, id);
  if (ready !== undefined) {
    pod.sandboxId = ready.id;
    pod.ip = ready.ip;
  }
  for (const worker of pod.containers) {
    const [current, previous] = instancesOf(adopted.containers, worker.name);
    if (current === undefined) continue;
    worker.current = withMessage(io, pod, worker, current);
    worker.previous = previous;
    // In a new sandbox they start again, but their past counts.
    if (ready !== undefined && current.sandboxId === ready.id) tellContainer(me, io, pod, worker, { type: 'ADOPT' });
    else worker.attempt = current.config.attempt;
  }
}

function observe(
  me: KubeletMemory,
  io: Io,
  pod: PodWorker,
  worker: ContainerWorker,
  newest: CriContainer,
  previous: CriContainer | undefined,
): void {
  const before = worker.current;
  if (before?.id === newest.id && before.state === newest.state) return;
  worker.current = withMessage(io, pod, worker, newest);
  worker.previous = previous === undefined ? undefined : before?.id === previous.id ? before : previous;
  me.dirty.add(pod.uid);
  if (newest.state === 'CONTAINER_RUNNING') tellContainer(me, io, pod, worker, { type: 'RUNNING' });
  else if (newest.state === 'CONTAINER_EXITED') tellContainer(me, io, pod, worker, { type: 'EXITED' });
}

/** Newest first: the last attempt, whatever the machine's clock said when it was created. */
function instancesOf(containers: readonly CriContainer[], name: string): CriContainer[] {
  return containers
    .filter(({ config }) => config.name === name)
    .sort((a, b) => b.config.attempt - a.config.attempt || b.createdAtMs - a.createdAtMs);
}

/** What an ended container has left in its termination log, or in its last words. */
function withMessage(io: Io, pod: PodWorker, worker: ContainerWorker, container: CriContainer): CriContainer {
  if (container.state !== 'CONTAINER_EXITED' || container.message !== '') return container;
  const spec = containerSpec(pod.pod, worker.name);
  let message = io.readFile(terminationLog(pod.uid, worker.name, container.config.attempt)) ?? '';
  if (message === '' && spec?.terminationMessagePolicy === 'FallbackToLogsOnError' && container.exitCode !== 0) {
    const { namespace, name } = pod.pod.metadata;
    const lines = io.readLog(`/var/log/pods/${namespace}_${name}_${pod.uid}/${container.config.logPath}`).slice(-80);
    message = lines
      .map(({ text }) => `${text}\n`)
      .join('')
      .slice(-2_048);
  }
  return message === '' ? container : { ...container, message: message.slice(0, 4_096) };
}
