/** A kubelet's memory: plain data. */
import type { CriContainer, CriImage, RuntimeCondition, Sandbox } from '../api/cri.ts';
import type {
  Condition,
  Container,
  ContainerState,
  KubeObject,
  Node,
  ObjectReference,
  Pod,
  PodStatus,
} from '../api/types.ts';
import type { ApiClient } from '../client/api-client.ts';
import { createEventRecorder, type EventRecorder } from '../client/event-recorder.ts';
import { defineInformers, type InformerSet } from '../client/informer.ts';
import type { CallId } from '../kernel/io.ts';
import type { KubeletConfig } from './config.ts';

export const informers = defineInformers({
  pods: { path: '/api/v1/pods' },
  nodes: { path: '/api/v1/nodes' },
  services: { path: '/api/v1/services' },
});
export type KubeletInformers = InformerSet<'pods' | 'nodes' | 'services'>;

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

export interface Adopted {
  readonly sandboxes: readonly Sandbox[];
  readonly containers: readonly CriContainer[];
}

export interface MirrorPod {
  readonly uid: string;
  readonly hash: string;
  readonly deleting: boolean;
}

export interface PullJob {
  readonly image: string;
  readonly waiting: { readonly uid: string; readonly container: string; readonly askedAtUs: number }[];
  startedAtUs: number;
}

export interface KubeletMemory {
  readonly args: readonly string[];
  readonly host: string;
  readonly ip: string;
  config: KubeletConfig | undefined;
  client: ApiClient | undefined;
  readonly informers: KubeletInformers;
  readonly recorder: EventRecorder;
  /** By UID. */
  readonly pods: Map<string, PodWorker>;
  /** `namespace/name` → UIDs, oldest first; more than one while an old pod of the name ends. */
  readonly byName: Map<string, string[]>;
  /** Manifest path → UID of the pod it describes, and the text it was read from. */
  readonly manifests: Map<string, { readonly text: string; readonly uid: string }>;
  /** Mirror pods in the API by `namespace/name`. */
  readonly mirrors: Map<string, MirrorPod>;
  /** The directory of static pods has been read at least once. */
  manifestsRead: boolean;
  /** Pods whose objects are gone already; they are forgotten as soon as they have ended. */
  readonly removing: Set<string>;
  /** Pods whose containers must be asked about at the next relist. */
  readonly relist: Set<string>;
  relistArmed: boolean;
  /** Pods whose status may have changed in this step. */
  readonly dirty: Set<string>;
  runtimeUp: boolean;
  /** What ran already when this kubelet began, by pod UID; undefined until the runtime has been asked. */
  adopted: Map<string, Adopted> | undefined;
  runtimeConditions: readonly RuntimeCondition[];
  /** When the runtime last answered. */
  lastRuntimeMs: number;
  eventStream: CallId;
  readonly pulls: PullJob[];
  images: readonly CriImage[];
  imagesChanged: boolean;
  /** Raised with each new list of images. */
  imagesVersion: number;
  node: Node | undefined;
  registered: boolean;
  registering: boolean;
  registerFailures: number;
  writingStatus: boolean;
  pendingNodeStatus: string;
  statusFailures: number;
  readonly nodeConditions: Map<string, Condition>;
  /** Last node status sent, as text, and when. */
  sentNodeStatus: string;
  sentNodeStatusMs: number;
  lease: KubeObject | undefined;
  leaseBusy: boolean;
  /** It is known not to exist. */
  leaseMissing: boolean;
  leaseFailures: number;
  /** Until when disk pressure is still reported although it is over. */
  diskPressureUntilMs: number;
  machine: MachineInfo | undefined;
  /** Calls on port 10250 that wait for something. */
  readonly served: Map<number, ServedCall>;
  nextServed: number;
  /** user|verb|subresource → allowed until, or refused until; epoch ms. */
  readonly authorized: Map<string, { readonly allowed: boolean; readonly untilMs: number }>;
  startedAtMs: number;
}

export interface MachineInfo {
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly machineId: string;
  readonly systemUuid: string;
  readonly bootId: string;
  readonly kernelVersion: string;
  readonly osImage: string;
}

export interface ServedCall {
  readonly call: CallId;
  readonly request: unknown;
  /** Followed log, and how many of its lines have been sent. */
  log: string;
  sent: number;
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

export function newKubelet(args: readonly string[], host: string, ip: string): KubeletMemory {
  return {
    args,
    host,
    ip,
    config: undefined,
    client: undefined,
    informers: informers.create(),
    recorder: createEventRecorder('kubelet', host),
    pods: new Map(),
    byName: new Map(),
    manifests: new Map(),
    mirrors: new Map(),
    manifestsRead: false,
    removing: new Set(),
    relist: new Set(),
    relistArmed: false,
    dirty: new Set(),
    runtimeUp: false,
    adopted: undefined,
    runtimeConditions: [],
    lastRuntimeMs: 0,
    eventStream: 0,
    pulls: [],
    images: [],
    imagesChanged: true,
    imagesVersion: 0,
    node: undefined,
    registered: false,
    registering: false,
    registerFailures: 0,
    writingStatus: false,
    pendingNodeStatus: '',
    statusFailures: 0,
    nodeConditions: new Map(),
    sentNodeStatus: '',
    sentNodeStatusMs: 0,
    lease: undefined,
    leaseBusy: false,
    leaseMissing: false,
    leaseFailures: 0,
    diskPressureUntilMs: 0,
    machine: undefined,
    served: new Map(),
    nextServed: 1,
    authorized: new Map(),
    startedAtMs: 0,
  };
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
