/**
 * The status of a pod, from what the runtime and the probes say. Pure.
 * @source pkg/kubelet/kubelet_pods.go generateAPIPodStatus, pkg/kubelet/status/generate.go, status_manager.go
 */
import type { CriContainer, CriImage } from '../api/cri.ts';
import { podQosClass } from '../api/pod-resources.ts';
import { formatTime } from '../api/time.ts';
import type { Condition, Container, ContainerState, ContainerStatus, Pod, PodStatus } from '../api/types.ts';
import { podPhase } from './pod-phase.ts';
import { type ContainerWorker, containerSpec, type PodWorker, runtimeState } from './worker.ts';

export interface StatusView {
  readonly hostIp: string;
  readonly nowMs: number;
  readonly images: readonly CriImage[];
}

/** Whether a container that is not running is to be started (again). */
export function shouldRestart(pod: Pod, container: Container | undefined, { kind, current }: ContainerWorker): boolean {
  if (pod.metadata.deletionTimestamp !== undefined) return false;
  if (current === undefined || current.state === 'CONTAINER_CREATED') return true;
  if (current.state !== 'CONTAINER_EXITED') return false;
  if (kind === 'ephemeral') return false;
  return restartsAfter(pod, container, kind, current.exitCode);
}

/** What the restart policy says about this exit code. */
export function restartsAfter(pod: Pod, container: Container | undefined, kind: string, exitCode: number): boolean {
  if (kind === 'sidecar') return true;
  const policy = container?.restartPolicy ?? pod.spec.restartPolicy ?? 'Always';
  if (policy === 'Never') return false;
  // An init container that has succeeded is done, whatever the policy.
  if (policy === 'OnFailure' || kind === 'init') return exitCode !== 0;
  return true;
}

export function podStatus(worker: PodWorker, view: StatusView): PodStatus {
  const { pod } = worker;
  const old = worker.status ?? pod.status;
  const generation = pod.metadata.generation;
  const initContainerStatuses = statusesOf(worker, view, (kind) => kind === 'init' || kind === 'sidecar');
  const containerStatuses = statusesOf(worker, view, (kind) => kind === 'main');
  const ephemeral = statusesOf(worker, view, (kind) => kind === 'ephemeral');
  const all = [...initContainerStatuses, ...containerStatuses];
  const isTerminal = worker.finished || worker.verdict !== undefined || worker.state === 'Terminated';
  let phase: string = podPhase(pod, all, isTerminal && !worker.isStatic);
  if (worker.verdict !== undefined) phase = worker.verdict.phase;
  const before = pod.status?.phase ?? old?.phase;
  if (before === 'Failed' || before === 'Succeeded') phase = before;
  const keeps = old?.phase === phase ? old : undefined;
  const reason = worker.verdict?.reason ?? keeps?.reason;
  const message = worker.verdict?.message ?? keeps?.message;
  const conditions = conditionsOf(worker, all, phase, old?.conditions ?? [], view.nowMs, generation);
  const ip = pod.spec.hostNetwork === true ? view.hostIp : worker.ip;
  const hasIp = ip !== '' && worker.sandboxAttempt >= 0;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    conditions,
    ...(message === undefined || message === '' ? {} : { message }),
    ...(reason === undefined || reason === '' ? {} : { reason }),
    hostIP: view.hostIp,
    hostIPs: [{ ip: view.hostIp }],
    ...(hasIp ? { podIP: ip, podIPs: [{ ip }] } : {}),
    startTime: old?.startTime ?? formatTime(worker.startedAtMs),
    ...(initContainerStatuses.length === 0 ? {} : { initContainerStatuses }),
    containerStatuses,
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
    qosClass: pod.status?.qosClass ?? podQosClass(pod),
  };
}

function statusesOf(worker: PodWorker, view: StatusView, wanted: (kind: string) => boolean): ContainerStatus[] {
  const statuses = worker.containers
    .filter((container) => wanted(container.kind))
    .map((container) => containerStatus(worker, container, view));
  // Init containers keep their order; the others are sorted by name.
  if (worker.containers.some(({ kind }) => kind === 'main' && wanted('main')))
    statuses.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return statuses;
}

function containerStatus(
  { pod, containers, sandboxAttempt, verdict }: PodWorker,
  worker: ContainerWorker,
  { images }: StatusView,
): ContainerStatus {
  const spec = containerSpec(pod, worker.name);
  const { current, previous, waiting } = worker;
  let state: ContainerState;
  let lastState: ContainerState = {};
  if (current === undefined) {
    const hasInit = worker.kind !== 'ephemeral' && containers.some(({ kind }) => kind === 'init' || kind === 'sidecar');
    state = {
      waiting: waiting === undefined ? { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' } : named(waiting),
    };
    if (verdict !== undefined && sandboxAttempt < 0)
      state = { waiting: { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' } };
  } else {
    state = runtimeState(current, formatTime);
    if (previous !== undefined) lastState = runtimeState(previous, formatTime);
    if (waiting !== undefined && current.state !== 'CONTAINER_RUNNING' && shouldRestart(pod, spec, worker)) {
      if (state.terminated !== undefined) lastState = state;
      state = { waiting: named(waiting) };
    }
  }
  const isRunning = state.running !== undefined;
  const isDone = worker.kind === 'init' && state.terminated?.exitCode === 0;
  const image = current === undefined ? undefined : images.find(({ id }) => id === current.config.imageRef);
  return {
    name: worker.name,
    state,
    lastState,
    ready: (isRunning && worker.ready) || isDone,
    restartCount: Math.max(0, current?.config.attempt ?? 0),
    image: image?.repoTags[0] ?? spec?.image ?? '',
    imageID: current === undefined ? '' : (image?.repoDigests[0] ?? current.config.imageRef),
    ...(current === undefined ? {} : { containerID: `containerd://${current.id}` }),
    started: isRunning && worker.started,
    ...resourcesOf(spec, current),
    ...mountsOf(spec),
  };
}

function named({ reason, message }: { readonly reason: string; readonly message: string }) {
  return message === '' ? { reason } : { reason, message };
}

function resourcesOf(spec: Container | undefined, current: CriContainer | undefined): object {
  if (current === undefined) return {};
  const requests = spec?.resources?.requests;
  return {
    ...(requests === undefined ? {} : { allocatedResources: requests }),
    resources: spec?.resources ?? {},
    ...(current.startedAtMs === 0 ? {} : { user: { linux: { gid: 0, supplementalGroups: [0], uid: 0 } } }),
  };
}

function mountsOf(spec: Container | undefined): object {
  if (spec?.volumeMounts === undefined || spec.volumeMounts.length === 0) return {};
  return {
    volumeMounts: spec.volumeMounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly === true ? { readOnly: true, recursiveReadOnly: 'Disabled' } : {}),
    })),
  };
}

const OWN_CONDITIONS: ReadonlySet<string> = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
]);

type Bare = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

function conditionsOf(
  worker: PodWorker,
  statuses: readonly ContainerStatus[],
  phase: string,
  old: readonly Condition[],
  nowMs: number,
  generation: number | undefined,
): Condition[] {
  const { pod } = worker;
  const foreign = (pod.status?.conditions ?? []).filter(
    ({ type }) => !OWN_CONDITIONS.has(type) && !worker.extraConditions.some((extra) => extra.type === type),
  );
  const containersReady = containersReadyCondition(worker, statuses, phase);
  const own: Bare[] = [
    {
      type: 'PodReadyToStartContainers',
      status: worker.sandboxId === '' || worker.state === 'Terminated' ? 'False' : 'True',
    },
    initializedCondition(worker, statuses, phase),
    readyCondition(pod, containersReady, foreign),
    containersReady,
    { type: 'PodScheduled', status: 'True' },
  ];
  return [
    ...foreign,
    ...worker.extraConditions,
    ...own.map((condition) => {
      const before = old.find(({ type }) => type === condition.type);
      const isSame = before?.status === condition.status && before.lastTransitionTime !== undefined;
      return {
        type: condition.type,
        ...(generation === undefined ? {} : { observedGeneration: generation }),
        status: condition.status,
        lastProbeTime: null,
        lastTransitionTime: isSame ? before.lastTransitionTime : formatTime(nowMs),
        ...(condition.reason === undefined ? {} : { reason: condition.reason }),
        ...(condition.message === undefined ? {} : { message: condition.message }),
      };
    }),
  ];
}

function containersReadyCondition(worker: PodWorker, statuses: readonly ContainerStatus[], phase: string): Bare {
  const type = 'ContainersReady';
  if (phase === 'Succeeded') return { type, status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, status: 'False', reason: 'PodFailed' };
  const unready = worker.containers
    .filter(({ kind }) => kind === 'sidecar' || kind === 'main')
    .filter(({ name }) => statuses.find((status) => status.name === name)?.ready !== true)
    .map(({ name }) => name);
  if (unready.length === 0) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  };
}

function readyCondition(pod: Pod, containersReady: Bare, conditions: readonly Condition[]): Bare {
  if (containersReady.status !== 'True') return { ...containersReady, type: 'Ready' };
  const messages: string[] = [];
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const gate = conditions.find(({ type }) => type === conditionType);
    if (gate === undefined)
      messages.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    else if (gate.status !== 'True')
      messages.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${gate.status}`);
  }
  if (messages.length === 0) return { type: 'Ready', status: 'True' };
  return { type: 'Ready', status: 'False', reason: 'ReadinessGatesNotReady', message: messages.join(', ') };
}

function initializedCondition(worker: PodWorker, statuses: readonly ContainerStatus[], phase: string): Bare {
  const type = 'Initialized';
  if (phase === 'Succeeded') return { type, status: 'True', reason: 'PodCompleted' };
  if (
    worker.containers.some(({ kind, current }) => kind === 'main' && current !== undefined && current.startedAtMs > 0)
  )
    return { type, status: 'True' };
  const incomplete = worker.containers
    .filter(({ kind }) => kind === 'init' || kind === 'sidecar')
    .filter(({ name, kind }) => {
      const status = statuses.find((candidate) => candidate.name === name);
      return kind === 'sidecar' ? status?.started !== true : status?.ready !== true;
    })
    .map(({ name }) => name);
  if (incomplete.length === 0) return { type, status: 'True' };
  return {
    type,
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${incomplete.join(' ')}]`,
  };
}
