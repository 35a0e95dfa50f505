/** What containerd answers to each method of the CRI. */
import type { CriImage, CriRequest, RuntimeCondition } from '../api/cri.ts';
import type { CallId, Io } from '../kernel/io.ts';
import type { ContainerdMemory } from './containerd.machine.ts';
import {
  type ContainerdDisk,
  containerdDisk,
  containerOf,
  findImage,
  type StoredImage,
  sandboxOf,
} from './containerd-state.ts';
import { createContainer, removeContainer, startContainer, stopContainer } from './containers.ts';
import { failed, ok } from './cri-answer.ts';
import { execSync } from './exec.ts';
import { formatImageReference, parseImageReference } from './image-reference.ts';
import { pullImage } from './pulls.ts';
import { removeSandbox, runSandbox, stopSandbox } from './sandboxes.ts';

export function answerCri(me: ContainerdMemory, io: Io, call: CallId, request: CriRequest): void {
  if (me.criDisabled) {
    failed(io, call, 'Unimplemented', 'unknown service runtime.v1.RuntimeService');
    return;
  }
  const disk = containerdDisk(io);
  switch (request.method) {
    case 'Version':
      ok(io, call, { runtimeName: 'containerd', runtimeVersion: 'v2.2.1' });
      return;
    case 'Status':
      ok(io, call, { conditions: conditions(me) });
      return;
    case 'RunPodSandbox':
      runSandbox(me, io, call, request.config);
      return;
    case 'StopPodSandbox':
      stopSandbox(me, io, call, request.id);
      return;
    case 'RemovePodSandbox':
      removeSandbox(me, io, request.id);
      ok(io, call, {});
      return;
    case 'ListPodSandbox':
      ok(io, call, { items: sandboxes(disk, request.podUid).map(sandboxOf) });
      return;
    case 'PodSandboxStatus': {
      const sandbox = disk.sandboxes.get(request.id);
      if (sandbox === undefined) failed(io, call, 'NotFound', `an error occurred when try to find sandbox: not found`);
      else ok(io, call, { sandbox: sandboxOf(sandbox) });
      return;
    }
    case 'CreateContainer':
      createContainer(io, call, request.sandboxId, request.config);
      return;
    case 'StartContainer':
      startContainer(me, io, call, request.id);
      return;
    case 'StopContainer':
      stopContainer(me, io, call, request.id, request.timeoutSeconds);
      return;
    case 'RemoveContainer': {
      const problem = removeContainer(me, io, request.id);
      if (problem === undefined) ok(io, call, {});
      else failed(io, call, 'Unknown', problem);
      return;
    }
    case 'ListContainers':
      ok(io, call, { containers: containers(disk, request.podUid) });
      return;
    case 'ContainerStatus': {
      const container = disk.containers.get(request.id);
      if (container === undefined)
        failed(io, call, 'NotFound', `an error occurred when try to find container "${request.id}": not found`);
      else ok(io, call, { container: containerOf(container) });
      return;
    }
    case 'ExecSync':
      execSync(me, io, call, request.id, request.command, request.stdin);
      return;
    case 'ContainerStats': {
      const container = disk.containers.get(request.id);
      const isRunning = container?.state === 'CONTAINER_RUNNING';
      ok(io, call, { memoryBytes: isRunning ? container.memoryBytes : 0, cpuMillis: isRunning ? 1 : 0 });
      return;
    }
    case 'PullImage':
      pullImage(me, io, call, request.image);
      return;
    case 'ImageStatus': {
      const image = findImage(disk, fullName(request.image));
      ok(io, call, { image: image === undefined ? undefined : imageOf(image) });
      return;
    }
    case 'ListImages':
      ok(io, call, { images: [...disk.images.values()].map(imageOf) });
      return;
    case 'RemoveImage': {
      const image = findImage(disk, fullName(request.image));
      if (image !== undefined) disk.images.delete(image.id);
      ok(io, call, {});
      return;
    }
    case 'ImageFsInfo': {
      let usedBytes = 0;
      for (const image of disk.images.values()) usedBytes += image.sizeBytes * 3;
      ok(io, call, { usedBytes });
      return;
    }
    case 'GetContainerEvents':
      me.watchers.push(call);
  }
}

/** Who called has gone: nobody waits for the answer any more; what was begun goes on. */
export function forgetCall(me: ContainerdMemory, call: CallId): void {
  const at = me.watchers.indexOf(call);
  if (at >= 0) me.watchers.splice(at, 1);
}

function conditions(me: ContainerdMemory): RuntimeCondition[] {
  const network: RuntimeCondition = me.cni.ok
    ? { type: 'NetworkReady', status: true, reason: '', message: '' }
    : {
        type: 'NetworkReady',
        status: false,
        reason: 'NetworkPluginNotReady',
        message: 'Network plugin returns error: cni plugin not initialized',
      };
  return [{ type: 'RuntimeReady', status: true, reason: '', message: '' }, network];
}

function sandboxes(disk: ContainerdDisk, podUid: string | undefined) {
  if (podUid === undefined) return [...disk.sandboxes.values()];
  return [...(disk.byPod.get(podUid) ?? [])].flatMap((id) => disk.sandboxes.get(id) ?? []);
}

function containers(disk: ContainerdDisk, podUid: string | undefined) {
  if (podUid === undefined) return [...disk.containers.values()].map(containerOf);
  return sandboxes(disk, podUid).flatMap((sandbox) =>
    [...(disk.bySandbox.get(sandbox.id) ?? [])].flatMap((id) => {
      const container = disk.containers.get(id);
      return container === undefined ? [] : [containerOf(container)];
    }),
  );
}

function imageOf(image: StoredImage): CriImage {
  return {
    id: image.id,
    repoTags: [...image.tags],
    repoDigests: [`${image.repository}@${image.digest}`],
    sizeBytes: image.sizeBytes,
    pinned: image.pinned,
  };
}

function fullName(image: string): string {
  if (image.startsWith('sha256:')) return image;
  const parsed = parseImageReference(image);
  return parsed.ok ? formatImageReference(parsed.reference) : image;
}
