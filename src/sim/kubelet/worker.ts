/** What a kubelet remembers of each pod and container, and what their statecharts are told. Plain data. */
import type { CriContainer } from '../api/cri.ts';
import type {
  Condition,
  Container,
  ContainerState,
  KubeObject,
  ObjectReference,
  Pod,
  PodStatus,
} from '../api/types.ts';

export type ContainerKind = 'init' | 'sidecar' | 'main' | 'ephemeral';
export type ProbeKind = 'liveness' | 'readiness' | 'startup';

export interface ProbeState {
  /** Answers in a row of the same kind. */
  row: number;
  /** What the row is of; undefined before the first answer. */
  passing: boolean | undefined;
  /** The result after thresholds; readiness starts as false, the others unknown. */
  result: boolean | undefined;
  /** One is under way. */
  busy: boolean;
}

export interface ContainerWorker {
  readonly name: string;
  readonly kind: ContainerKind;
  /** State of its statechart. */
  state: string;
  /** Present instance, as the runtime tells; undefined before there is one. */
  current: CriContainer | undefined;
  /** The instance before, ended. */
  previous: CriContainer | undefined;
  /** Instances so far minus one. */
  attempt: number;
  /** Why it does not run, in the words of the container's status; undefined while there is nothing to say. */
  waiting: { readonly reason: string; readonly message: string } | undefined;
  /** Crash back-off: present length and when it was last raised. */
  backOffMs: number;
  backOffAtMs: number;
  /** Image pull back-off. */
  pullBackOffMs: number;
  pullBackOffAtMs: number;
  pullError: string;
  imageRef: string;
  /** Startup probe passed, or there is none. */
  started: boolean;
  ready: boolean;
  readonly probes: Map<ProbeKind, ProbeState>;
  /** It is to be killed although its pod goes on: why. */
  killMessage: string;
  /** Of the next container that is created: known already from the message that created it. */
  createdId: string;
  /** What it tells itself within a step; empty between steps. */
  readonly next: ContainerEvent[];
}

/** What a container's statechart is told. */
export type ContainerEvent =
  | {
      readonly type:
        | 'START'
        | 'IMAGE_READY'
        | 'OBJECTS_READY'
        | 'CREATED'
        | 'STARTED'
        | 'RUNNING'
        | 'EXITED'
        | 'RESET'
        | 'ADOPT';
    }
  | {
      readonly type: 'IMAGE_FAILED' | 'CREATE_FAILED' | 'START_FAILED';
      readonly reason: string;
      readonly message: string;
    }
  | { readonly type: 'KILL'; readonly message: string; readonly graceSeconds: number };

/** What a pod's statechart is told. */
export type PodEvent = {
  readonly type:
    | 'BEGIN'
    | 'VOLUMES_READY'
    | 'VOLUMES_FAILED'
    | 'SANDBOX_READY'
    | 'SANDBOX_FAILED'
    | 'NETWORK_NOT_READY'
    | 'SANDBOX_GONE'
    | 'INITIALIZED'
    | 'ALL_DONE'
    | 'CONTAINERS_STOPPED'
    | 'STOPPED'
    | 'STOP_FAILED'
    | 'DELETE'
    | 'KILL'
    | 'REJECT';
};

export interface PodWorker {
  readonly uid: string;
  readonly key: string;
  /** Newest object; of a static pod, as its file says. */
  pod: Pod;
  readonly isStatic: boolean;
  state: string;
  readonly startedAtMs: number;
  readonly containers: ContainerWorker[];
  sandboxId: string;
  sandboxAttempt: number;
  /** Sandboxes it had before; they keep the logs of its earlier containers until the pod is gone. */
  readonly oldSandboxes: string[];
  ip: string;
  /** Volumes are there. */
  mounted: boolean;
  /** Objects the pod needs that have not been read yet: `configmap/x`, `secret/y`, `token/z`. */
  readonly wanted: Set<string>;
  /** Contents of objects the pod uses: `configmap/x` → the object, or an error text. */
  readonly objects: Map<string, KubeObject | string>;
  mountFailures: number;
  graceSeconds: number;
  /** Set when the kubelet itself ends the pod: rejection, eviction, deadline. */
  verdict: { readonly phase: 'Failed' | 'Succeeded'; readonly reason: string; readonly message: string } | undefined;
  /** Conditions it set by itself, such as DisruptionTarget. */
  extraConditions: Condition[];
  /** All containers have ended and will not be started again. */
  finished: boolean;
  /** Newest status, and the one the API server has confirmed. */
  status: PodStatus | undefined;
  reported: PodStatus | undefined;
  reporting: boolean;
  /** Its source has it no more. */
  removed: boolean;
  deleting: boolean;
  /** Answers still awaited while it is being stopped. */
  stopping: number;
  /** What it tells itself within a step; empty between steps. */
  readonly next: PodEvent[];
  /** Its statechart is at work within this step. */
  busy: boolean;
}

export function containerSpec(pod: Pod, name: string): Container | undefined {
  return (
    pod.spec.containers.find((container) => container.name === name) ??
    pod.spec.initContainers?.find((container) => container.name === name) ??
    pod.spec.ephemeralContainers?.find((container) => container.name === name)
  );
}

/** What events about a container of a pod point at. */
export function containerReference(worker: PodWorker, container: ContainerWorker): ObjectReference {
  const list = {
    init: 'initContainers',
    sidecar: 'initContainers',
    main: 'containers',
    ephemeral: 'ephemeralContainers',
  };
  return { ...podReference(worker), fieldPath: `spec.${list[container.kind]}{${container.name}}` };
}

export function podReference({ pod }: PodWorker): ObjectReference {
  const { namespace, name, uid, resourceVersion } = pod.metadata;
  return { apiVersion: 'v1', kind: 'Pod', namespace, name, uid, resourceVersion };
}

export function newPodWorker(pod: Pod, isStatic: boolean, nowMs: number): PodWorker {
  const { namespace = 'default', name, uid = '' } = pod.metadata;
  return {
    uid,
    key: `${namespace}/${name}`,
    pod,
    isStatic,
    state: '',
    startedAtMs: nowMs,
    containers: workersOf(pod),
    sandboxId: '',
    sandboxAttempt: -1,
    oldSandboxes: [],
    ip: '',
    mounted: false,
    wanted: new Set(),
    objects: new Map(),
    mountFailures: 0,
    graceSeconds: 30,
    verdict: undefined,
    extraConditions: [],
    finished: false,
    status: undefined,
    reported: pod.status?.containerStatuses === undefined ? undefined : pod.status,
    reporting: false,
    removed: false,
    deleting: false,
    stopping: 0,
    next: [],
    busy: false,
  };
}

export function newContainerWorker(name: string, kind: ContainerKind): ContainerWorker {
  return {
    name,
    kind,
    state: '',
    current: undefined,
    previous: undefined,
    attempt: -1,
    waiting: undefined,
    backOffMs: 0,
    backOffAtMs: 0,
    pullBackOffMs: 0,
    pullBackOffAtMs: 0,
    pullError: '',
    imageRef: '',
    started: false,
    ready: false,
    probes: new Map(),
    killMessage: '',
    createdId: '',
    next: [],
  };
}

function workersOf(pod: Pod): ContainerWorker[] {
  const { initContainers = [], containers, ephemeralContainers = [] } = pod.spec;
  return [
    ...initContainers.map(({ name, restartPolicy }) =>
      newContainerWorker(name, restartPolicy === 'Always' ? 'sidecar' : 'init'),
    ),
    ...containers.map(({ name }) => newContainerWorker(name, 'main')),
    ...ephemeralContainers.map(({ name }) => newContainerWorker(name, 'ephemeral')),
  ];
}

/** Running, waiting or ended, as the runtime sees it; a container without an instance waits. */
export function runtimeState(container: CriContainer, time: (ms: number) => string): ContainerState {
  switch (container.state) {
    case 'CONTAINER_RUNNING':
      return { running: { startedAt: time(container.startedAtMs) } };
    case 'CONTAINER_EXITED':
      return {
        terminated: {
          exitCode: container.exitCode,
          reason: container.reason,
          ...(container.message === '' ? {} : { message: container.message }),
          startedAt: container.startedAtMs === 0 ? time(container.finishedAtMs) : time(container.startedAtMs),
          finishedAt: time(container.finishedAtMs),
          containerID: `containerd://${container.id}`,
        },
      };
    default:
      return { waiting: {} };
  }
}
