/**
 * When the disk runs full: the node says so, takes no more pods, and evicts those it has, one each round, the least important first.
 * @source pkg/kubelet/eviction/eviction_manager.go, helpers.go
 */
import { formatTime } from '../api/time.ts';
import { klog } from '../client/klog.ts';
import type { Io } from '../kernel/io.ts';
import { isCritical } from './admission.ts';
import type { KubeletMemory } from './memory.ts';
import { threshold } from './node-status.ts';
import { failPod } from './pods.ts';
import { recordNodeEvent, recordPodEvent } from './record.ts';
import type { PodWorker } from './worker.ts';

/** True while the disk is too full, and for the transition period after. */
export function hasDiskPressure(me: KubeletMemory, io: Io): boolean {
  if (isDiskLow(me, io)) {
    me.diskPressureUntilMs = io.wallMs() + (me.config?.pressureTransitionMs ?? 300_000);
    return true;
  }
  return io.wallMs() < me.diskPressureUntilMs;
}

/** One round of the eviction manager. */
export function evict(me: KubeletMemory, io: Io): void {
  if (!isDiskLow(me, io)) return;
  klog(
    io,
    'W',
    'eviction_manager.go:383',
    `"Eviction manager: attempting to reclaim" resourceName="ephemeral-storage"`,
  );
  recordNodeEvent(me, io, 'Warning', 'EvictionThresholdMet', 'Attempting to reclaim ephemeral-storage');
  const victim = [...me.pods.values()].filter((pod) => isEvictable(pod)).sort(byImportance)[0];
  if (victim === undefined) {
    klog(io, 'E', 'eviction_manager.go:434', '"Eviction manager: no pods are active to evict"');
    return;
  }
  const wanted = Math.floor(threshold(me, 'nodefs.available', me.machine?.diskBytes ?? 0));
  const message = `The node was low on resource: ephemeral-storage. Threshold quantity: ${wanted}, available: 0. `;
  recordPodEvent(me, io, victim, 'Warning', 'Evicted', message);
  const now = formatTime(io.wallMs());
  victim.extraConditions = [
    {
      type: 'DisruptionTarget',
      status: 'True',
      lastProbeTime: null,
      lastTransitionTime: now,
      reason: 'TerminationByKubelet',
      message,
    },
  ];
  failPod(me, io, victim, 'Evicted', message, 1);
}

function isDiskLow(me: KubeletMemory, io: Io): boolean {
  return io.diskIsFull() && me.config?.evictionHard['nodefs.available'] !== undefined;
}

function isEvictable(pod: PodWorker): boolean {
  return !isCritical(pod) && pod.verdict === undefined && pod.state !== 'Terminating' && pod.state !== 'Terminated';
}

function byImportance(a: PodWorker, b: PodWorker): number {
  return (
    (a.pod.spec.priority ?? 0) - (b.pod.spec.priority ?? 0) || b.startedAtMs - a.startedAtMs || (a.uid < b.uid ? -1 : 1)
  );
}
