/** What a container's statechart does: asks for images, creates, starts, kills, counts. */
import { memoryBytes } from '../api/quantity.ts';
import { formatGoDuration } from '../api/time.ts';
import type { Container } from '../api/types.ts';
import { klog } from '../client/klog.ts';
import { SECOND } from '../kernel/units.ts';
import type { ContainerContext } from './container.machine.ts';
import { containerConfig } from './container-config.ts';
import { environmentObjects } from './environment.ts';
import { ensureImage } from './images.ts';
import { environmentView, fetchObjects } from './objects.ts';
import { beginProbes, endProbes } from './probes.ts';
import { recordContainerEvent } from './record.ts';
import { criRequest } from './runtime.ts';
import { type ContainerEvent, type ContainerWorker, containerSpec, type PodWorker } from './worker.ts';

const FIRST_BACK_OFF_MS = 10_000;
const RESYNC_MS = 10_000;
const SYNC_FREQUENCY_MS = 60_000;

export function specOf({ pod, container }: ContainerContext): Container {
  const spec = containerSpec(pod.pod, container.name);
  if (spec === undefined) throw new Error(`pod ${pod.key} has no container ${container.name}`);
  return spec;
}

export function askForImage(context: ContainerContext): void {
  ensureImage(context, specOf(context));
}

/** Shows why the container does not run; the same reason again is an event again. */
export function setWaiting(context: ContainerContext, event: ContainerEvent): void {
  if (!('reason' in event)) return;
  const { me, io, pod, container } = context;
  container.waiting = { reason: event.reason, message: event.message };
  const isImage = event.type === 'IMAGE_FAILED';
  recordContainerEvent(me, io, pod, container, 'Warning', 'Failed', `Error: ${isImage ? event.reason : event.message}`);
  if (event.reason !== 'ImagePullBackOff') {
    klog(
      io,
      'E',
      'pod_workers.go:1324',
      `"Error syncing pod, skipping" err="failed to \\"StartContainer\\" for \\"${container.name}\\" with ${event.reason}: ${JSON.stringify(JSON.stringify(event.message)).slice(1, -1)}" pod="${pod.key}" podUID="${pod.uid}"`,
    );
  }
}

/** ConfigMaps and Secrets of the environment are read anew at each start. */
export function fetchEnvironment(context: ContainerContext): void {
  const names = environmentObjects(specOf(context));
  if (names.length === 0) context.container.next.push({ type: 'OBJECTS_READY' });
  else fetchObjects(context.me, context.io, context.pod, names, context.container.name);
}

export function createContainer(context: ContainerContext): void {
  const { me, io, pod, container } = context;
  const spec = specOf(context);
  container.attempt =
    container.current === undefined ? Math.max(0, container.attempt) : container.current.config.attempt + 1;
  if (!pod.isStatic && me.client !== undefined && !me.informers.services.synced) {
    const message = 'services have not yet been read at least once, cannot construct envs';
    container.next.push({ type: 'CREATE_FAILED', reason: 'CreateContainerConfigError', message });
    return;
  }
  const result = containerConfig(io, pod, container, spec, environmentView(me, pod));
  if (!result.ok) {
    container.next.push({ type: 'CREATE_FAILED', reason: 'CreateContainerConfigError', message: result.error });
    return;
  }
  const request = { method: 'CreateContainer', sandboxId: pod.sandboxId, config: result.config } as const;
  criRequest<'CreateContainer'>(io, request, { uid: pod.uid, container: container.name });
}

export function startContainer({ io, pod, container }: ContainerContext): void {
  criRequest<'StartContainer'>(
    io,
    { method: 'StartContainer', id: container.createdId },
    { uid: pod.uid, container: container.name },
  );
}

export function runPostStart(context: ContainerContext): void {
  const { io, pod, container } = context;
  const hook = specOf(context).lifecycle?.postStart;
  if (hook?.exec?.command !== undefined) {
    const request = { method: 'ExecSync', id: container.createdId, command: hook.exec.command } as const;
    criRequest<'ExecSync'>(io, request, { uid: pod.uid, container: container.name, detail: 'postStart' });
  }
}

/** It runs (as far as we know): nothing to wait for any more. */
export function recordRunning(context: ContainerContext): void {
  const { me, io, pod, container } = context;
  container.waiting = undefined;
  if (container.current?.state === 'CONTAINER_RUNNING') beginProbes(me, io, pod, container);
}

export function adopt({ pod, container }: ContainerContext): void {
  const before = [...(pod.pod.status?.containerStatuses ?? []), ...(pod.pod.status?.initContainerStatuses ?? [])].find(
    ({ name }) => name === container.name,
  );
  container.attempt = container.current?.config.attempt ?? -1;
  container.createdId = container.current?.id ?? '';
  // What was ready before this kubelet began is still taken for ready.
  container.ready = before?.ready === true && container.current?.state === 'CONTAINER_RUNNING';
  container.started = before?.started === true;
}

export function stopProbes({ io, pod, container }: ContainerContext): void {
  endProbes(io, pod, container);
}

export function recordExit({ io, pod, container }: ContainerContext): void {
  container.ready = false;
  container.started = false;
  container.waiting = undefined;
  container.killMessage = '';
  const ended = container.current;
  if (ended !== undefined)
    io.note(`container ${container.name} of pod ${pod.key} ended: ${ended.reason} (exit code ${ended.exitCode})`);
}

/** Kills the container while its pod goes on or ends: hook first, then SIGTERM, then SIGKILL. */
export function killContainer(context: ContainerContext, event: ContainerEvent): void {
  if (event.type !== 'KILL') return;
  const { me, io, pod, container } = context;
  const message = event.message === '' ? `Stopping container ${container.name}` : event.message;
  recordContainerEvent(me, io, pod, container, 'Normal', 'Killing', message);
  const hook = specOf(context).lifecycle?.preStop;
  const seconds = event.graceSeconds;
  if (hook === undefined || seconds <= 0) {
    stop(context, seconds);
    return;
  }
  const tag = { uid: pod.uid, container: container.name, detail: `preStop/${io.now + seconds * SECOND}` };
  if (hook.sleep !== undefined) {
    const pause = Math.min(hook.sleep.seconds, seconds);
    io.setTimer(`hook/${pod.uid}/${container.name}`, pause * SECOND, { type: 'HOOK_DONE', ...tag });
  } else if (hook.exec?.command !== undefined) {
    const request = {
      method: 'ExecSync',
      id: container.current?.id ?? container.createdId,
      command: hook.exec.command,
    } as const;
    criRequest<'ExecSync'>(io, request, tag, seconds * 1_000);
  } else if (hook.httpGet !== undefined) {
    const port = Number(hook.httpGet.port);
    const request = { method: 'GET', path: hook.httpGet.path ?? '/', headers: { 'User-Agent': 'kube-lifecycle/1.36' } };
    io.request(`${hook.httpGet.host ?? pod.ip}:${port}`, request, { tag: { hook: tag }, timeoutMs: seconds * 1_000 });
  } else stop(context, seconds);
}

/** The hook before the stop is over; what is left of the grace period belongs to the container. */
export function hookDone(context: ContainerContext, detail: string): void {
  const deadline = Number(detail.slice(detail.indexOf('/') + 1));
  stop(context, Math.floor((deadline - context.io.now) / SECOND));
}

function stop({ io, pod, container }: ContainerContext, seconds: number): void {
  const id = container.current?.id ?? container.createdId;
  const timeoutSeconds = Math.max(2, seconds);
  const tag = { uid: pod.uid, container: container.name };
  criRequest<'StopContainer'>(io, { method: 'StopContainer', id, timeoutSeconds }, tag, (timeoutSeconds + 120) * 1_000);
}

/** Whether it must wait before it is started again: counted from the moment it ended. */
export function isInBackOff({ me, io, container }: ContainerContext): boolean {
  return remainingMs(container, io.wallMs(), capMs(me)) > 0;
}

/** The next start is allowed; the one after it must wait longer. */
export function raiseBackOff({ me, io, container }: ContainerContext): void {
  const cap = capMs(me);
  const finishedMs = container.current?.finishedAtMs ?? 0;
  const isFresh = container.backOffMs === 0 || finishedMs - container.backOffAtMs > 2 * cap;
  container.backOffMs = isFresh ? Math.min(FIRST_BACK_OFF_MS, cap) : Math.min(container.backOffMs * 2, cap);
  container.backOffAtMs = io.wallMs();
}

export function reportBackOff({ me, io, pod, container }: ContainerContext): void {
  const { namespace, name } = pod.pod.metadata;
  const who = `${name}_${namespace}(${pod.uid})`;
  const message = `back-off ${formatGoDuration(container.backOffMs * 1_000)} restarting failed container=${container.name} pod=${who}`;
  container.waiting = { reason: 'CrashLoopBackOff', message };
  recordContainerEvent(
    me,
    io,
    pod,
    container,
    'Warning',
    'BackOff',
    `Back-off restarting failed container ${container.name} in pod ${who}`,
  );
  klog(
    io,
    'E',
    'pod_workers.go:1324',
    `"Error syncing pod, skipping" err="failed to \\"StartContainer\\" for \\"${container.name}\\" with CrashLoopBackOff: \\"${message}\\"" pod="${pod.key}" podUID="${pod.uid}"`,
  );
}

/** Until the next look: the rest of the back-off, at most a minute, and up to half as much more. */
export function backOffDelayMs({ me, io, container }: ContainerContext): number {
  const rest = Math.min(Math.max(0, remainingMs(container, io.wallMs(), capMs(me))), SYNC_FREQUENCY_MS);
  return rest * (1 + io.random() / 2);
}

/** @param soon  something else (its sandbox coming up) makes the kubelet look again within a second or two */
export function resyncMs({ io }: ContainerContext, soon = false): number {
  return soon ? 1_000 * (1 + io.random()) : RESYNC_MS * (1 + io.random() / 2);
}

function remainingMs({ current, backOffMs, backOffAtMs }: ContainerWorker, nowMs: number, cap: number): number {
  const finishedMs = current?.finishedAtMs ?? 0;
  if (backOffMs === 0 || finishedMs - backOffAtMs > 2 * cap) return 0;
  return finishedMs + backOffMs - nowMs;
}

function capMs(me: ContainerContext['me']): number {
  return me.config?.maxContainerRestartMs ?? 300_000;
}

/** How long a pod's containers may take to end, and the request of memory it has been given. */
export function graceOf({ pod, graceSeconds }: PodWorker): number {
  return pod.metadata.deletionTimestamp === undefined ? (pod.spec.terminationGracePeriodSeconds ?? 30) : graceSeconds;
}

export function memoryRequest(pod: PodWorker): number {
  return pod.pod.spec.containers.reduce((sum, { resources }) => sum + memoryBytes(resources?.requests?.['memory']), 0);
}
