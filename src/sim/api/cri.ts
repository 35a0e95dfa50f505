/**
 * The Container Runtime Interface: what the kubelet and crictl ask of containerd on the same machine.
 * Requests go to 127.0.0.1:CRI_PORT, which stands for the socket /run/containerd/containerd.sock. What travels is never changed afterwards.
 * Source: staging/src/k8s.io/cri-api/pkg/apis/runtime/v1/api.proto
 */
import type { StringMap } from './types.ts';

export const CRI_PORT = 10_010;
export const CRI_SOCKET = 'unix:///run/containerd/containerd.sock';

export interface SandboxConfig {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly attempt: number;
  readonly hostname: string;
  readonly hostNetwork: boolean;
  readonly labels: StringMap;
  readonly annotations: StringMap;
  readonly logDirectory: string;
  readonly portMappings: readonly {
    readonly hostPort: number;
    readonly containerPort: number;
    readonly protocol: string;
    readonly hostIp: string;
  }[];
}

export interface Sandbox {
  readonly id: string;
  readonly config: SandboxConfig;
  readonly state: 'SANDBOX_READY' | 'SANDBOX_NOTREADY';
  readonly createdAtMs: number;
  /** Empty on the host's network and once the sandbox has stopped. */
  readonly ip: string;
}

export interface CriMount {
  readonly containerPath: string;
  readonly hostPath: string;
  readonly readOnly: boolean;
}

export interface ContainerConfig {
  readonly name: string;
  readonly attempt: number;
  /** As the pod's spec has it. */
  readonly image: string;
  /** The image's id, as PullImage or ImageStatus gave it. */
  readonly imageRef: string;
  /** Instead of the image's entrypoint; empty: the image's. */
  readonly command: readonly string[];
  /** Instead of the image's own arguments. */
  readonly args: readonly string[];
  readonly workingDir: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly CriMount[];
  readonly labels: StringMap;
  readonly annotations: StringMap;
  /** Below the sandbox's log directory: `nginx/0.log`. */
  readonly logPath: string;
  /** 0 = no limit. */
  readonly memoryLimitBytes: number;
  readonly cpuLimitMillis: number;
  /** Standard input stays open; otherwise the program reads its end at once. */
  readonly stdin: boolean;
}

export interface CriContainer {
  readonly id: string;
  readonly sandboxId: string;
  readonly podUid: string;
  readonly config: ContainerConfig;
  readonly state: 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED' | 'CONTAINER_UNKNOWN';
  readonly createdAtMs: number;
  /** 0 = not yet. */
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly exitCode: number;
  /** `Completed`, `Error`, `OOMKilled`, `StartError`, `Unknown`. */
  readonly reason: string;
  readonly message: string;
  /** The kernel's process, while it runs. */
  readonly process: string;
}

export interface CriImage {
  /** `sha256:…` of its configuration. */
  readonly id: string;
  readonly repoTags: readonly string[];
  readonly repoDigests: readonly string[];
  readonly sizeBytes: number;
  readonly pinned: boolean;
}

export interface RuntimeCondition {
  readonly type: 'RuntimeReady' | 'NetworkReady';
  readonly status: boolean;
  readonly reason: string;
  readonly message: string;
}

/** One item of the stream that GetContainerEvents answers with. */
export interface ContainerEvent {
  readonly type: 'CONTAINER_STARTED' | 'CONTAINER_STOPPED' | 'CONTAINER_DELETED' | 'SANDBOX_STOPPED';
  readonly podUid: string;
  /** Of the container; for a sandbox, its id. */
  readonly id: string;
}

export interface CriMethods {
  Version: { request: object; response: { readonly runtimeName: string; readonly runtimeVersion: string } };
  Status: { request: object; response: { readonly conditions: readonly RuntimeCondition[] } };
  RunPodSandbox: { request: { readonly config: SandboxConfig }; response: { readonly sandbox: Sandbox } };
  StopPodSandbox: { request: { readonly id: string }; response: object };
  RemovePodSandbox: { request: { readonly id: string }; response: object };
  ListPodSandbox: { request: { readonly podUid?: string }; response: { readonly items: readonly Sandbox[] } };
  PodSandboxStatus: { request: { readonly id: string }; response: { readonly sandbox: Sandbox } };
  CreateContainer: {
    request: { readonly sandboxId: string; readonly config: ContainerConfig };
    response: { readonly id: string };
  };
  StartContainer: { request: { readonly id: string }; response: object };
  /** Answers when the container has stopped: SIGTERM, then SIGKILL after `timeoutSeconds`. */
  StopContainer: { request: { readonly id: string; readonly timeoutSeconds: number }; response: object };
  RemoveContainer: { request: { readonly id: string }; response: object };
  ListContainers: { request: { readonly podUid?: string }; response: { readonly containers: readonly CriContainer[] } };
  ContainerStatus: { request: { readonly id: string }; response: { readonly container: CriContainer } };
  ExecSync: {
    request: { readonly id: string; readonly command: readonly string[]; readonly stdin?: string };
    response: { readonly stdout: string; readonly exitCode: number };
  };
  /** What memory and processor time the container's processes use right now. */
  ContainerStats: {
    request: { readonly id: string };
    response: { readonly memoryBytes: number; readonly cpuMillis: number };
  };
  PullImage: {
    request: { readonly image: string };
    response: { readonly imageRef: string; readonly sizeBytes: number };
  };
  ImageStatus: { request: { readonly image: string }; response: { readonly image: CriImage | undefined } };
  ListImages: { request: object; response: { readonly images: readonly CriImage[] } };
  RemoveImage: { request: { readonly image: string }; response: object };
  ImageFsInfo: { request: object; response: { readonly usedBytes: number } };
  /** Never answers: streams ContainerEvent items until one side goes. */
  GetContainerEvents: { request: object; response: object };
}

export type CriMethod = keyof CriMethods;
export type CriRequest = { readonly [M in CriMethod]: { readonly method: M } & CriMethods[M]['request'] }[CriMethod];
export type CriRequestOf<M extends CriMethod> = { readonly method: M } & CriMethods[M]['request'];
export type CriFailure = { readonly ok: false; readonly error: string };
export type CriResult<M extends CriMethod> = ({ readonly ok: true } & CriMethods[M]['response']) | CriFailure;
