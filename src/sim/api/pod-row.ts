/**
 * The row of a pod in `kubectl get pods`: how its many states become one word.
 * @source pkg/printers/internalversion/printers.go printPod
 */
import { age, type Cell, isConditionTrue, laterTime } from './table.ts';
import { ageOf } from './time.ts';
import type { ContainerState, Pod } from './types.ts';

/** NAME READY STATUS RESTARTS AGE | IP NODE NOMINATED NODE READINESS GATES */
export function podCells(pod: Pod, nowMs: number): readonly Cell[] {
  const { ready, total, status, restarts, lastRestart } = summarizePod(pod);
  const restartsText =
    restarts > 0 && lastRestart !== undefined ? `${restarts} (${ageOf(lastRestart, nowMs)} ago)` : `${restarts}`;
  const gates = pod.spec?.readinessGates ?? [];
  const passed = gates.filter((gate) => isConditionTrue(pod.status?.conditions, gate.conditionType)).length;
  return [
    pod.metadata.name,
    `${ready}/${total}`,
    status,
    restartsText,
    age(pod, nowMs),
    pod.status?.podIPs?.[0]?.ip || '<none>',
    pod.spec?.nodeName || '<none>',
    pod.status?.nominatedNodeName || '<none>',
    gates.length > 0 ? `${passed}/${gates.length}` : '<none>',
  ];
}

export interface PodSummary {
  readonly ready: number;
  readonly total: number;
  /** The word of the STATUS column: `Running`, `CrashLoopBackOff`, `Init:0/1`, `Terminating`, … */
  readonly status: string;
  readonly restarts: number;
  /** When the last restarted container ended. */
  readonly lastRestart: string | undefined;
}

/** What the table says of a pod. */
export function summarizePod(pod: Pod): PodSummary {
  const status = pod.status ?? {};
  const sidecars = new Set<string>();
  for (const { name, restartPolicy } of pod.spec?.initContainers ?? [])
    if (restartPolicy === 'Always') sidecars.add(name);
  const total = (pod.spec?.containers?.length ?? 0) + sidecars.size;
  let word = status.reason || (status.phase ?? '');
  for (const condition of status.conditions ?? []) {
    if (condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated') word = 'SchedulingGated';
  }

  const init = summarizeInit(pod, sidecars);
  let { ready } = init;
  let restarts = init.restarts;
  let lastRestart = init.lastRestart;
  if (init.word !== undefined) word = init.word;
  if (init.word === undefined || isConditionTrue(status.conditions, 'Initialized')) {
    restarts = init.sidecarRestarts;
    lastRestart = init.lastSidecarRestart;
    let running = false;
    let failure = '';
    const statuses = status.containerStatuses ?? [];
    for (let i = statuses.length - 1; i >= 0; i--) {
      const container = statuses[i]!;
      restarts += container.restartCount;
      lastRestart = laterTime(lastRestart, container.lastState?.terminated?.finishedAt);
      const { waiting, terminated, running: runs } = container.state ?? {};
      if (waiting?.reason) {
        word = waiting.reason;
      } else if (terminated !== undefined) {
        word = terminationWord(terminated);
        if (terminated.exitCode !== 0) failure = word;
      } else if (container.ready && runs !== undefined) {
        running = true;
        ready++;
      }
    }
    if (word === 'Completed') {
      if (running && isConditionTrue(status.conditions, 'Ready')) word = 'Running';
      else if (failure !== '') word = failure;
      else if (running) word = 'NotReady';
    }
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (status.reason === 'NodeLost') word = 'Unknown';
    else if (status.phase !== 'Failed' && status.phase !== 'Succeeded') word = 'Terminating';
  }
  return { ready, total, status: word, restarts, lastRestart };
}

interface InitSummary {
  /** Absent: initialization is over. */
  word: string | undefined;
  ready: number;
  restarts: number;
  lastRestart: string | undefined;
  sidecarRestarts: number;
  lastSidecarRestart: string | undefined;
}

function summarizeInit(pod: Pod, sidecars: ReadonlySet<string>): InitSummary {
  const summary: InitSummary = {
    word: undefined,
    ready: 0,
    restarts: 0,
    lastRestart: undefined,
    sidecarRestarts: 0,
    lastSidecarRestart: undefined,
  };
  const statuses = pod.status?.initContainerStatuses ?? [];
  for (let i = 0; i < statuses.length; i++) {
    const container = statuses[i]!;
    const ended = container.lastState?.terminated?.finishedAt;
    summary.restarts += container.restartCount;
    summary.lastRestart = laterTime(summary.lastRestart, ended);
    const sidecar = sidecars.has(container.name);
    if (sidecar) {
      summary.sidecarRestarts += container.restartCount;
      summary.lastSidecarRestart = laterTime(summary.lastSidecarRestart, ended);
    }
    const { waiting, terminated } = container.state ?? {};
    if (terminated !== undefined && terminated.exitCode === 0) continue;
    if (sidecar && container.started === true) {
      if (container.ready) summary.ready++;
      continue;
    }
    if (terminated !== undefined) summary.word = `Init:${terminationWord(terminated)}`;
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') summary.word = `Init:${waiting.reason}`;
    else summary.word = `Init:${i}/${pod.spec.initContainers?.length ?? 0}`;
    break;
  }
  return summary;
}

function terminationWord(terminated: NonNullable<ContainerState['terminated']>): string {
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode}`;
}
