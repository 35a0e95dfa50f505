/** Whether the container runtime is there: asked regularly, and noticed at once when it goes. @source pkg/kubelet/kubelet.go updateRuntimeUp */
import type { CriResult } from '../api/cri.ts';
import { klog } from '../client/klog.ts';
import type { Io } from '../kernel/io.ts';
import { SECOND } from '../kernel/units.ts';
import { refreshImages } from './images.ts';
import type { KubeletMemory } from './memory.ts';
import { syncNodeStatus } from './node-sync.ts';
import { armRelist, checkSandbox } from './pod-actions.ts';
import { criRequest } from './runtime.ts';

const RETRY_US = 5 * SECOND;

export function askRuntime(io: Io): void {
  criRequest<'Status'>(io, { method: 'Status' }, {}, 10_000);
}

export function runtimeStatus(me: KubeletMemory, io: Io, result: CriResult<'Status'>): void {
  if (result.ok) {
    const wasDown = !me.runtimeUp;
    me.runtimeUp = true;
    me.lastRuntimeMs = io.wallMs();
    me.runtimeConditions = result.conditions;
    if (wasDown) runtimeBack(me, io);
  } else {
    if (me.runtimeUp)
      klog(io, 'E', 'kubelet.go:3132', `"Container runtime sanity check failed" err=${JSON.stringify(result.error)}`);
    me.runtimeUp = false;
    io.setTimer('runtime', RETRY_US, { type: 'ASK_RUNTIME' });
  }
  syncNodeStatus(me, io);
}

/** The stream of its events has broken off: it has gone. */
export function runtimeGone(me: KubeletMemory, io: Io): void {
  me.eventStream = 0;
  me.runtimeUp = false;
  io.setTimer('runtime', RETRY_US, { type: 'ASK_RUNTIME' });
}

/** It answers (again): listen to it, and look at everything that may have happened meanwhile. */
function runtimeBack(me: KubeletMemory, io: Io): void {
  me.eventStream = criRequest<'GetContainerEvents'>(io, { method: 'GetContainerEvents' }, {}, 0);
  refreshImages(me, io);
  for (const pod of me.pods.values()) {
    me.relist.add(pod.uid);
    checkSandbox(io, pod);
  }
  if (me.relist.size > 0) armRelist(me, io);
}
