/**
 * The node as an object: what the machine has, what is left for pods, how it is. Pure, but for reading /proc.
 * @source pkg/kubelet/kubelet_node_status.go, pkg/kubelet/nodestatus/setters.go, pkg/kubelet/runtime.go
 */
import { quantityMilliValue, quantityValue } from '../api/quantity.ts';
import { formatGoDuration, formatTime } from '../api/time.ts';
import type { Condition, Node, NodeStatus, ResourceList } from '../api/types.ts';
import type { Io } from '../kernel/io.ts';
import type { KubeletMemory, MachineInfo } from './memory.ts';

const VERSION = 'v1.36.2';
const RUNTIME_DOWN_MS = 30_000;
const RELIST_THRESHOLD_MS = 180_000;
const MAX_IMAGES = 50;

export function readMachine(io: Io): MachineInfo {
  const read = (path: string) => io.readFile(path) ?? '';
  const cores = [...read('/proc/cpuinfo').matchAll(/^processor\s*:/gm)].length;
  const memoryKb = Number(/^MemTotal:\s+(\d+)/m.exec(read('/proc/meminfo'))?.[1] ?? 0);
  const diskKb = Number(/(\d+) vda$/m.exec(read('/proc/partitions'))?.[1] ?? 0);
  return {
    cpuMillis: Math.max(1, cores) * 1_000,
    memoryBytes: memoryKb * 1_024,
    diskBytes: diskKb * 1_024,
    machineId: read('/etc/machine-id').trim(),
    systemUuid: read('/sys/class/dmi/id/product_uuid').trim(),
    bootId: read('/proc/sys/kernel/random/boot_id').trim(),
    kernelVersion: read('/proc/sys/kernel/osrelease').trim(),
    osImage: /^PRETTY_NAME="(.*)"$/m.exec(read('/etc/os-release'))?.[1] ?? 'Linux',
  };
}

export function nodeCapacity(me: KubeletMemory): {
  readonly capacity: ResourceList;
  readonly allocatable: ResourceList;
} {
  const { cpuMillis = 0, memoryBytes = 0, diskBytes = 0 } = me.machine ?? {};
  const pods = String(me.config?.maxPods ?? 110);
  const huge = { 'hugepages-1Gi': '0', 'hugepages-2Mi': '0' };
  const reserved = (resource: string) => [me.config?.systemReserved[resource], me.config?.kubeReserved[resource]];
  const sum = (list: readonly (string | undefined)[], value: (text: string) => number) =>
    list.reduce((total, text) => total + (text === undefined ? 0 : value(text)), 0);
  const cpu = cpuMillis - sum(reserved('cpu'), quantityMilliValue);
  const memory = memoryBytes - sum(reserved('memory'), quantityValue) - threshold(me, 'memory.available', memoryBytes);
  const disk =
    diskBytes - sum(reserved('ephemeral-storage'), quantityValue) - threshold(me, 'nodefs.available', diskBytes);
  return {
    capacity: {
      cpu: String(cpuMillis / 1_000),
      'ephemeral-storage': `${Math.floor(diskBytes / 1_024)}Ki`,
      ...huge,
      memory: `${Math.floor(memoryBytes / 1_024)}Ki`,
      pods,
    },
    allocatable: {
      cpu: cpu % 1_000 === 0 ? String(cpu / 1_000) : `${cpu}m`,
      'ephemeral-storage': String(Math.floor(disk)),
      ...huge,
      memory: `${Math.floor(memory / 1_024)}Ki`,
      pods,
    },
  };
}

/** An eviction threshold in the resource's own unit. */
export function threshold(me: KubeletMemory, signal: string, capacity: number): number {
  const text = me.config?.evictionHard[signal];
  if (text === undefined) return 0;
  return text.endsWith('%') ? (capacity * Number(text.slice(0, -1))) / 100 : quantityValue(text);
}

/** Everything wrong with running pods here, as the Ready condition tells it; empty: nothing. */
export function readinessProblems(me: KubeletMemory, nowMs: number): string[] {
  const problems: string[] = [];
  const silentMs = nowMs - me.lastRuntimeMs;
  if (me.runtimeConditions.length === 0) problems.push('container runtime status check may not have completed yet');
  else if (silentMs >= RUNTIME_DOWN_MS) {
    problems.push('container runtime is down');
    if (silentMs >= RELIST_THRESHOLD_MS) {
      const seen = formatGoDuration(Math.floor(silentMs / 1_000) * 1_000_000);
      problems.push(`PLEG is not healthy: pleg was last seen active ${seen} ago; threshold is 3m0s`);
    }
  }
  for (const { type, status, reason, message } of me.runtimeConditions) {
    if (status) continue;
    if (type === 'RuntimeReady')
      problems.push(`container runtime not ready: RuntimeReady=false reason:${reason} message:${message}`);
    else problems.push(`container runtime network not ready: NetworkReady=false reason:${reason} message:${message}`);
  }
  return problems;
}

/** The four conditions, with the time of their last change kept. */
export function nodeConditions(me: KubeletMemory, nowMs: number, diskPressure: boolean): Condition[] {
  const problems = readinessProblems(me, nowMs);
  const text = problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`;
  const bare: readonly (readonly [string, 'True' | 'False', string, string])[] = [
    ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    diskPressure
      ? ['DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure']
      : ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    problems.length === 0
      ? ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status']
      : ['Ready', 'False', 'KubeletNotReady', text],
  ];
  const now = formatTime(nowMs);
  return bare.map(([type, status, reason, message]) => {
    const before = me.nodeConditions.get(type);
    const seen = me.node?.status?.conditions?.find((condition) => condition.type === type)?.status ?? status;
    const lastTransitionTime = before?.status === status && seen === status ? before.lastTransitionTime : now;
    return { type, status, lastHeartbeatTime: now, lastTransitionTime, reason, message };
  });
}

export function nodeStatus(me: KubeletMemory, conditions: readonly Condition[]): NodeStatus {
  const { machine, config } = me;
  return {
    ...nodeCapacity(me),
    conditions,
    addresses: [
      { type: 'InternalIP', address: config?.nodeIp ?? me.ip },
      { type: 'Hostname', address: config?.hostname ?? me.host },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: config?.port ?? 10_250 } },
    nodeInfo: {
      machineID: machine?.machineId ?? '',
      systemUUID: machine?.systemUuid ?? '',
      bootID: machine?.bootId ?? '',
      kernelVersion: machine?.kernelVersion ?? '',
      osImage: machine?.osImage ?? '',
      containerRuntimeVersion: 'containerd://2.2.1',
      kubeletVersion: VERSION,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
    images: [...me.images]
      .sort((a, b) => b.sizeBytes - a.sizeBytes)
      .slice(0, MAX_IMAGES)
      .map(({ repoTags, repoDigests, sizeBytes }) => ({ names: [...repoDigests, ...repoTags], sizeBytes })),
  };
}

/** The object a kubelet registers. */
export function initialNode(me: KubeletMemory, status: NodeStatus): Node {
  const { config } = me;
  const name = config?.nodeName ?? me.host;
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'beta.kubernetes.io/arch': 'amd64',
        'beta.kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': config?.hostname ?? name,
        'kubernetes.io/os': 'linux',
        ...config?.nodeLabels,
      },
      annotations: { 'volumes.kubernetes.io/controller-managed-attach-detach': 'true' },
    },
    spec: config === undefined || config.taints.length === 0 ? {} : { taints: config.taints },
    status,
  };
}
