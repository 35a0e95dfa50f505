/** A kubelet's memory: plain data. */
import type { CriContainer, CriImage, RuntimeCondition, Sandbox } from '../api/cri.ts';
import type { Condition, KubeObject, Node } from '../api/types.ts';
import type { ApiClient } from '../client/api-client.ts';
import { createEventRecorder, type EventRecorder } from '../client/event-recorder.ts';
import { defineInformers, type InformerSet } from '../client/informer.ts';
import type { CallId } from '../kernel/io.ts';
import type { KubeletConfig } from './config.ts';
import type { PodWorker } from './worker.ts';

export const informers = defineInformers({
  pods: { path: '/api/v1/pods' },
  nodes: { path: '/api/v1/nodes' },
  services: { path: '/api/v1/services' },
});
export type KubeletInformers = InformerSet<'pods' | 'nodes' | 'services'>;

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
  /** Namespace → its `kube-root-ca.crt`, which every pod wants, and when it was read. */
  readonly rootCas: Map<string, { readonly object: KubeObject; readonly atMs: number }>;
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
    rootCas: new Map(),
    authorized: new Map(),
    startedAtMs: 0,
  };
}
