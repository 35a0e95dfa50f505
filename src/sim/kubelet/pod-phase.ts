/** Pending, Running, Succeeded or Failed: a pod's phase from the states of its containers. Pure. @source pkg/kubelet/kubelet_pods.go getPhase */
import type { Container, ContainerStatus, Pod } from '../api/types.ts';

export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/** @param isTerminal  its containers will not be started again, whatever the restart policy says */
export function podPhase(pod: Pod, statuses: readonly ContainerStatus[], isTerminal: boolean): PodPhase {
  const byName = new Map(statuses.map((status) => [status.name, status]));
  const init = initialization(pod, byName);
  const main = tally(pod, byName);
  if (init.failedForGood) return 'Failed';
  if (init.pending || main.waiting + init.waitingSidecars > 0) return 'Pending';
  const running = main.running + init.runningSidecars;
  if (running > 0 && main.unknown === 0) return 'Running';
  if (running === 0 && main.stopped > 0 && main.unknown === 0) {
    if (!isTerminal && main.stopped !== main.stoppedForGood) return 'Running';
    return main.stopped === main.succeeded ? 'Succeeded' : 'Failed';
  }
  return 'Pending';
}

function initialization(pod: Pod, byName: ReadonlyMap<string, ContainerStatus>) {
  let pending = false;
  let pendingSidecars = false;
  let failedForGood = false;
  let waitingSidecars = 0;
  let runningSidecars = 0;
  for (const container of pod.spec.initContainers ?? []) {
    const status = byName.get(container.name);
    const { waiting, running, terminated } = status?.state ?? {};
    const last = status?.lastState?.terminated;
    if (container.restartPolicy === 'Always') {
      if (running !== undefined) {
        runningSidecars++;
        if (status?.started !== true) pendingSidecars = true;
      } else if (waiting !== undefined && last === undefined) {
        pendingSidecars = true;
        waitingSidecars++;
      }
      continue;
    }
    const ended = terminated ?? (waiting === undefined ? undefined : last);
    if (ended === undefined) pending = true;
    else if (ended.exitCode !== 0 && !restarts(pod, container, ended.exitCode)) failedForGood = true;
    else if (ended.exitCode !== 0) pending = true;
  }
  const hasInitialized = pod.spec.containers.some(({ name }) => {
    const status = byName.get(name);
    return (
      status?.state?.running !== undefined ||
      status?.state?.terminated !== undefined ||
      status?.lastState?.terminated !== undefined
    );
  });
  if (pendingSidecars && !hasInitialized) pending = true;
  if (hasInitialized) waitingSidecars = 0;
  return { pending, failedForGood, waitingSidecars, runningSidecars };
}

function tally(pod: Pod, byName: ReadonlyMap<string, ContainerStatus>) {
  const count = { running: 0, waiting: 0, stopped: 0, stoppedForGood: 0, succeeded: 0, unknown: 0 };
  for (const container of pod.spec.containers) {
    const status = byName.get(container.name);
    const { running, terminated, waiting } = status?.state ?? {};
    const ended = terminated ?? (waiting === undefined ? undefined : status?.lastState?.terminated);
    if (status === undefined) count.unknown++;
    else if (running !== undefined) count.running++;
    else if (ended !== undefined) {
      count.stopped++;
      if (!restarts(pod, container, ended.exitCode)) count.stoppedForGood++;
      if (terminated?.exitCode === 0) count.succeeded++;
    } else if (waiting !== undefined) count.waiting++;
    else count.unknown++;
  }
  return count;
}

function restarts(pod: Pod, container: Container, exitCode: number): boolean {
  const policy = container.restartPolicy ?? pod.spec.restartPolicy ?? 'Always';
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}
