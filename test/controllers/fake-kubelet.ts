/**
 * One process that plays the kubelets of all nodes: heartbeats, and pods that start, get ready, end and stop as their image names say
 * (`never-ready`, `stuck`, `exit-1`, `exit-0-after-20s`; anything else runs and is ready). Containers do not exist here.
 */
import { setup } from 'xstate';
import { formatMicroTime, formatTime } from '../../src/sim/api/time.ts';
import type { Condition, Pod } from '../../src/sim/api/types.ts';
import { type ApiClient, apiRequest, configFromKubeconfig, createApiClient } from '../../src/sim/client/api-client.ts';
import { defineInformers, type InformerSet, keyOf } from '../../src/sim/client/informer.ts';
import type { Io } from '../../src/sim/kernel/io.ts';
import type { Program } from '../../src/sim/kernel/kernel.ts';
import type { KernelEvent } from '../../src/sim/kernel/queue.ts';
import { type Context, givenByKernel } from '../../src/sim/kernel/run-machine.ts';
import { SECOND } from '../../src/sim/kernel/units.ts';

export interface FakeNode {
  readonly name: string;
  readonly zone: string;
}

export interface FakeKubelet {
  readonly nodes: readonly FakeNode[];
  client: ApiClient | undefined;
  readonly caches: InformerSet<'pods'>;
  /** Nodes that say and do nothing. */
  readonly silent: Set<string>;
  /** Pods whose readiness probe fails. */
  readonly unready: Set<string>;
  /** Seconds a pod takes to stop; default 1. */
  stopSeconds: number;
  addresses: number;
}

type Ctx = Context<FakeKubelet, Io>;

const informers = defineInformers<'pods'>({ pods: { path: '/api/v1/pods' } });
const STRATEGIC = 'application/strategic-merge-patch+json';
const MERGE = 'application/merge-patch+json';

const machine = setup({ types: {} as { context: Ctx; events: KernelEvent } }).createMachine({
  id: 'fake-kubelet',
  context: givenByKernel,
  initial: 'running',
  states: {
    running: {
      entry: ({ context: { me, io } }) => start(me, io),
      on: { '*': { actions: ({ context: { me, io }, event }) => handle(me, io, event) } },
    },
  },
});

export const fakeKubeletProgram: Program = {
  name: 'fake-kubelet',
  machine,
  init: ({ config }): FakeKubelet => ({
    nodes: config as readonly FakeNode[],
    client: undefined,
    caches: informers.create(),
    silent: new Set(),
    unready: new Set(),
    stopSeconds: 1,
    addresses: 0,
  }),
};

function start(me: FakeKubelet, io: Io): void {
  const config = configFromKubeconfig(io.readFile('/root/.kube/config'), 'config', 'kubelet');
  if (!config.ok) throw new Error(config.error);
  me.client = createApiClient(config.config);
  for (const node of me.nodes) register(me, io, node);
  informers.start(me.caches, me.client, io);
  io.setTimer('heartbeat', 10 * SECOND, { type: 'HEARTBEAT' });
}

function send(me: FakeKubelet, io: Io, method: 'POST' | 'PATCH' | 'DELETE', path: string, body: object, type = MERGE) {
  apiRequest(
    me.client!,
    io,
    { method, path, body, contentType: method === 'PATCH' ? type : undefined },
    { fake: path },
  );
}

function register(me: FakeKubelet, io: Io, { name, zone }: FakeNode): void {
  const labels = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    ...(zone === '' ? {} : { 'topology.kubernetes.io/zone': zone }),
  };
  const amounts = { cpu: '64', memory: '256Gi', pods: '2000', 'ephemeral-storage': '100Gi' };
  const status = { capacity: amounts, allocatable: amounts, conditions: nodeConditions(io) };
  send(me, io, 'POST', '/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name, labels }, status });
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-node-lease' },
    spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime: formatMicroTime(io.wallMs() * 1_000) },
  };
  send(me, io, 'POST', '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases', lease);
}

function nodeConditions(io: Io): Condition[] {
  const now = formatTime(io.wallMs());
  const said = (type: string, status: 'True' | 'False', reason: string): Condition => ({
    type,
    status,
    reason,
    message: '',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  return [
    said('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
    said('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
    said('PIDPressure', 'False', 'KubeletHasSufficientPID'),
    said('Ready', 'True', 'KubeletReady'),
  ];
}

function handle(me: FakeKubelet, io: Io, event: KernelEvent): void {
  if (me.client === undefined) return;
  switch (event.type) {
    case 'HEARTBEAT':
      for (const { name } of me.nodes) {
        if (me.silent.has(name)) continue;
        const path = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}`;
        send(me, io, 'PATCH', path, { spec: { renewTime: formatMicroTime(io.wallMs() * 1_000) } });
      }
      io.setTimer('heartbeat', 10 * SECOND, { type: 'HEARTBEAT' });
      return;
    case 'WAKE': {
      const name = event['node'] as string;
      me.silent.delete(name);
      send(me, io, 'PATCH', `/api/v1/nodes/${name}/status`, { status: { conditions: nodeConditions(io) } }, STRATEGIC);
      for (const object of me.caches.pods.objects.values()) sync(me, io, object as Pod);
      return;
    }
    case 'SYNC': {
      const pod = me.caches.pods.objects.get(event['pod'] as string) as Pod | undefined;
      if (pod !== undefined) sync(me, io, pod);
      return;
    }
    case 'STEP': {
      const pod = me.caches.pods.objects.get(event['pod'] as string) as Pod | undefined;
      if (pod?.metadata.uid === event['uid'] && pod !== undefined) step(me, io, pod, event['step'] as string);
      return;
    }
    default:
      informers.event(me.caches, me.client, io, event, (_name, { type, object }) => {
        if (type !== 'deleted') sync(me, io, object as Pod);
      });
  }
}

/** What the pod's node would do next, if it were there. */
function sync(me: FakeKubelet, io: Io, pod: Pod): void {
  const node = pod.spec.nodeName ?? '';
  if (node === '' || me.silent.has(node)) return;
  const phase = pod.status?.phase ?? 'Pending';
  const ended = phase === 'Succeeded' || phase === 'Failed';
  if (pod.metadata.deletionTimestamp !== undefined) soon(io, pod, 'stop', ended ? 0.01 : me.stopSeconds);
  else if (phase === 'Pending') soon(io, pod, 'start', 0.5);
  else if (phase === 'Running') {
    const { ends } = behaviour(pod);
    if (ends !== undefined) soon(io, pod, 'end', ends);
    const ready = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
    if (ready !== wantsReady(me, pod)) soon(io, pod, 'report', 0.2);
  }
}

function soon(io: Io, pod: Pod, name: string, seconds: number): void {
  const event = { type: 'STEP', pod: keyOf(pod), uid: pod.metadata.uid, step: name };
  io.setTimer(`${name}:${pod.metadata.uid}`, Math.round(seconds * SECOND), event);
}

function behaviour(pod: Pod): { stuck: boolean; neverReady: boolean; exitCode: number; ends: number | undefined } {
  const image = pod.spec.containers[0]?.image ?? '';
  const exit = /^exit-(\d+)(?:-after-(\d+)s)?$/.exec(image);
  return {
    stuck: image === 'stuck',
    neverReady: image === 'never-ready',
    exitCode: Number(exit?.[1] ?? 0),
    ends: exit === null ? undefined : Number(exit[2] ?? 2),
  };
}

function wantsReady(me: FakeKubelet, pod: Pod): boolean {
  return !behaviour(pod).neverReady && !me.unready.has(keyOf(pod));
}

function step(me: FakeKubelet, io: Io, pod: Pod, name: string): void {
  if (me.silent.has(pod.spec.nodeName ?? '')) return;
  const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
  const now = formatTime(io.wallMs());
  const phaseNow = pod.status?.phase;
  if (name === 'stop' && phaseNow === 'Running') name = 'kill';
  if (name === 'stop') {
    send(me, io, 'DELETE', path, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } });
    return;
  }
  if (name === 'start' && behaviour(pod).stuck) return;
  if (pod.metadata.deletionTimestamp !== undefined && name !== 'kill') return;
  const ends = name === 'end' || name === 'kill';
  const ready = !ends && wantsReady(me, pod);
  const condition = (type: string): Condition => {
    const before = pod.status?.conditions?.find((known) => known.type === type);
    const status = ready ? 'True' : 'False';
    return { type, status, lastTransitionTime: before?.status === status ? before.lastTransitionTime : now };
  };
  const exitCode = name === 'kill' ? 143 : behaviour(pod).exitCode;
  const node = me.nodes.findIndex((known) => known.name === pod.spec.nodeName);
  const state = ends
    ? { terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', finishedAt: now } }
    : { running: { startedAt: now } };
  const podIP = pod.status?.podIP ?? `10.244.${node}.${(me.addresses++ % 250) + 2}`;
  const status = {
    phase: !ends ? 'Running' : exitCode === 0 ? 'Succeeded' : 'Failed',
    conditions: [condition('Ready'), condition('ContainersReady')],
    podIP,
    podIPs: [{ ip: podIP }],
    startTime: pod.status?.startTime ?? now,
    containerStatuses: pod.spec.containers.map((container) => ({
      name: container.name,
      state,
      ready,
      restartCount: 0,
      image: container.image ?? '',
      imageID: '',
    })),
  };
  send(me, io, 'PATCH', `${path}/status`, { metadata: { uid: pod.metadata.uid }, status }, STRATEGIC);
}
