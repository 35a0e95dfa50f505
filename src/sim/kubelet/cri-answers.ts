/** Answers of the runtime, each to whom asked. */
import type { Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { hookDone } from './container-actions.ts';
import { imageStatusAnswered, pullAnswered } from './images.ts';
import type { KubeletMemory } from './memory.ts';
import { runtimeStatus } from './node-runtime.ts';
import { armRelist, checkSandbox, sandboxReady } from './pod-actions.ts';
import { execProbeAnswered } from './probes.ts';
import { recordContainerEvent, recordPodEvent } from './record.ts';
import { containersListed } from './relist.ts';
import { type CriTag, criRequest, criResult, criTagOf, description, isUnavailable } from './runtime.ts';
import { execAnswered } from './server-streams.ts';
import { tellContainer, tellPod } from './tell.ts';
import { type ContainerWorker, containerSpec, type PodWorker, type ProbeKind } from './worker.ts';

/** True: the event was an answer of the runtime. */
export function criAnswered(me: KubeletMemory, io: Io, event: KernelEvent): boolean {
  const tag = criTagOf(event);
  if (tag === undefined) return false;
  switch (tag.cri) {
    case 'Status':
      runtimeStatus(me, io, criResult<'Status'>(event));
      return true;
    case 'PullImage':
      pullAnswered(me, io, tag.detail, criResult<'PullImage'>(event));
      return true;
    case 'ListImages': {
      const result = criResult<'ListImages'>(event);
      if (result.ok) {
        me.images = result.images;
        me.imagesVersion++;
        me.imagesChanged = false;
      }
      return true;
    }
  }
  if (tag.detail.startsWith('serve/')) {
    execAnswered(me, io, Number(tag.detail.slice(6)), criResult<'ExecSync'>(event));
    return true;
  }
  const pod = me.pods.get(tag.uid);
  if (pod === undefined) {
    orphanAnswered(io, tag, event);
    return true;
  }
  const container = pod.containers.find(({ name }) => name === tag.container);
  if (container === undefined) podAnswered(me, io, pod, tag, event);
  else containerAnswered(me, io, pod, container, tag, event);
  return true;
}

function podAnswered(me: KubeletMemory, io: Io, pod: PodWorker, tag: CriTag, event: KernelEvent): void {
  switch (tag.cri) {
    case 'RunPodSandbox': {
      const result = criResult<'RunPodSandbox'>(event);
      if (result.ok) {
        pod.sandboxId = result.sandbox.id;
        pod.ip = result.sandbox.ip;
        sandboxReady(me, io, pod);
        tellPod(me, io, pod, { type: 'SANDBOX_READY' });
        return;
      }
      if (pod.state === 'ContainerCreating')
        recordPodEvent(
          me,
          io,
          pod,
          'Warning',
          'FailedCreatePodSandBox',
          `Failed to create pod sandbox: ${result.error}`,
        );
      tellPod(me, io, pod, { type: 'SANDBOX_FAILED' });
      return;
    }
    case 'ListContainers':
      containersListed(me, io, pod, criResult<'ListContainers'>(event));
      return;
    case 'PodSandboxStatus': {
      const result = criResult<'PodSandboxStatus'>(event);
      const isGone = result.ok
        ? result.sandbox.state !== 'SANDBOX_READY'
        : result.error.startsWith('rpc error: code = NotFound');
      if (isGone && tag.detail === pod.sandboxId) tellPod(me, io, pod, { type: 'SANDBOX_GONE' });
      return;
    }
    case 'StopPodSandbox': {
      const result = criResult<'StopPodSandbox'>(event);
      if (!result.ok)
        recordPodEvent(
          me,
          io,
          pod,
          'Warning',
          'FailedKillPod',
          `error killing pod: failed to "KillPodSandbox" for "${pod.uid}" with KillPodSandboxError: "${result.error}"`,
        );
      tellPod(me, io, pod, { type: result.ok ? 'STOPPED' : 'STOP_FAILED' });
    }
  }
}

function containerAnswered(
  me: KubeletMemory,
  io: Io,
  pod: PodWorker,
  container: ContainerWorker,
  tag: CriTag,
  event: KernelEvent,
): void {
  const spec = containerSpec(pod.pod, container.name);
  if (spec === undefined) return;
  switch (tag.cri) {
    case 'ImageStatus':
      if (container.state === 'Pulling')
        imageStatusAnswered(me, io, pod, container, spec, criResult<'ImageStatus'>(event));
      return;
    case 'CreateContainer': {
      const result = criResult<'CreateContainer'>(event);
      if (result.ok) {
        container.createdId = result.id;
        recordContainerEvent(me, io, pod, container, 'Normal', 'Created', 'Container created');
        tellContainer(me, io, pod, container, { type: 'CREATED' });
      } else {
        // It may have been created all the same, and only the answer got lost.
        me.relist.add(pod.uid);
        armRelist(me, io);
        checkSandbox(io, pod);
        tellContainer(me, io, pod, container, {
          type: 'CREATE_FAILED',
          reason: 'CreateContainerError',
          message: description(result.error),
        });
      }
      return;
    }
    case 'StartContainer': {
      const result = criResult<'StartContainer'>(event);
      if (result.ok) {
        recordContainerEvent(me, io, pod, container, 'Normal', 'Started', 'Container started');
        tellContainer(me, io, pod, container, { type: 'STARTED' });
      } else {
        checkSandbox(io, pod);
        tellContainer(me, io, pod, container, {
          type: 'START_FAILED',
          reason: 'RunContainerError',
          message: description(result.error),
        });
      }
      return;
    }
    case 'StopContainer': {
      const result = criResult<'StopContainer'>(event);
      if (!result.ok && isUnavailable(result.error)) tellPod(me, io, pod, { type: 'STOP_FAILED' });
      else criRequest<'ListContainers'>(io, { method: 'ListContainers', podUid: pod.uid }, { uid: pod.uid });
      return;
    }
    case 'ExecSync':
      execDone(me, io, pod, container, tag, event);
  }
}

function execDone(
  me: KubeletMemory,
  io: Io,
  pod: PodWorker,
  container: ContainerWorker,
  tag: CriTag,
  event: KernelEvent,
): void {
  const result = criResult<'ExecSync'>(event);
  if (tag.detail.startsWith('probe/')) {
    execProbeAnswered(me, io, pod, container, tag.detail.slice(6) as ProbeKind, result);
    return;
  }
  const failed = !result.ok || result.exitCode !== 0;
  if (tag.detail.startsWith('preStop/')) {
    if (failed) recordContainerEvent(me, io, pod, container, 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
    hookDone({ me, io, pod, container }, tag.detail);
  } else if (tag.detail === 'postStart' && failed) {
    recordContainerEvent(me, io, pod, container, 'Warning', 'FailedPostStartHook', 'PostStartHook failed');
    const graceSeconds = pod.pod.spec.terminationGracePeriodSeconds ?? 30;
    tellContainer(me, io, pod, container, { type: 'KILL', message: 'FailedPostStartHook', graceSeconds });
  }
}

/** The pod was forgotten while its sandbox was being made: nobody needs it any more. */
function orphanAnswered(io: Io, tag: CriTag, event: KernelEvent): void {
  if (tag.cri === 'RunPodSandbox') {
    const result = criResult<'RunPodSandbox'>(event);
    if (result.ok)
      criRequest<'StopPodSandbox'>(
        io,
        { method: 'StopPodSandbox', id: result.sandbox.id },
        { detail: `remove/${result.sandbox.id}` },
      );
  } else if (tag.cri === 'StopPodSandbox' && tag.detail.startsWith('remove/')) {
    criRequest<'RemovePodSandbox'>(io, { method: 'RemovePodSandbox', id: tag.detail.slice(7) });
  }
}
