/**
 * The kubelet: sees to it that the pods of its machine run, those the API assigns to it and those its own files describe, and tells how they are.
 * Each pod and each container is a statechart of its own (pod.machine.ts, container.machine.ts) in the kubelet's memory.
 * Nothing is polled while nothing happens, but for the Lease, the node's status and what probes ask.
 * Models cmd/kubelet and pkg/kubelet.
 */
import { setup } from 'xstate';
import { parseCertificates } from '../api/certificate.ts';
import type { ContainerEvent as RuntimeEvent } from '../api/cri.ts';
import type { HttpRequest } from '../api/http.ts';
import { formatTime } from '../api/time.ts';
import type { Node } from '../api/types.ts';
import { apiClientEvent, configFromKubeconfig, createApiClient } from '../client/api-client.ts';
import { eventRecorderEvent } from '../client/event-recorder.ts';
import { klog } from '../client/klog.ts';
import type { CallId, Io } from '../kernel/io.ts';
import type { Program } from '../kernel/kernel.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { type Context, givenByKernel } from '../kernel/run-machine.ts';
import { readConfig } from './config.ts';
import { hookDone } from './container-actions.ts';
import { criAnswered } from './cri-answers.ts';
import { evict } from './eviction.ts';
import { readManifests, watchManifests } from './manifests.ts';
import { informers, type KubeletMemory, newKubelet } from './memory.ts';
import { mirrorAnswered, reconcileMirrors, retryMirror } from './mirrors.ts';
import { askRuntime, runtimeGone } from './node-runtime.ts';
import { readMachine } from './node-status.ts';
import { NODE_PERIOD_US, nodeAnswered, registerNode, renewLease } from './node-sync.ts';
import { objectAnswered, refreshObjects, refreshToken } from './objects.ts';
import { cleanUpOrphans, failPod, podDelta } from './pods.ts';
import { probeAnswered, probeDue } from './probes.ts';
import { recordNodeEvent } from './record.ts';
import { containersFound, findWhatRuns, relist, runtimeEvent, sandboxesFound } from './relist.ts';
import { criResult, criTagOf } from './runtime.ts';
import { accessAnswered, listenAll, served, unserved } from './server.ts';
import { endFollowers, logGrew } from './server-streams.ts';
import { flushStatuses, statusAnswered } from './status-manager.ts';
import { tellContainer, tellPod } from './tell.ts';
import type { ProbeKind } from './worker.ts';

type Args = { context: Context<KubeletMemory, Io>; event: KernelEvent };

export const kubeletMachine = setup({
  types: {} as { context: Context<KubeletMemory, Io>; events: KernelEvent },
  actions: {
    configure: ({ context: { me, io } }: Args) => configure(me, io),
    findWhatRuns: ({ context: { io } }: Args) => findWhatRuns(io),
    found: ({ context: { me, io }, event }: Args) => found(me, io, event),
    begin: ({ context: { me, io } }: Args) => begin(me, io),
    handle: ({ context: { me, io }, event }: Args) => {
      handle(me, io, event);
      flushStatuses(me, io);
    },
    unhealthy: ({ context: { io }, event }: Args) => refuse(io, event),
  },
}).createMachine({
  id: 'kubelet',
  context: givenByKernel,
  initial: 'starting',
  states: {
    /** Reading flags and files, connecting. */
    starting: { entry: 'configure', after: { 500: 'validating' } },
    /** The container runtime must be there, and says what runs already. */
    validating: {
      entry: 'findWhatRuns',
      on: { REPLY: { actions: 'found' }, RUNTIME_KNOWN: 'running', REQUEST: { actions: 'unhealthy' } },
    },
    running: { entry: 'begin', on: { '*': { actions: 'handle' } } },
  },
});

export const kubeletProgram: Program = {
  name: 'kubelet',
  machine: kubeletMachine,
  init: ({ args, host, ip }) => newKubelet(args, host, ip),
};

/** Flags, configuration file, kubeconfig: any of them wrong ends the process, with the reason as the last line of its log. */
function configure(me: KubeletMemory, io: Io): void {
  const result = readConfig(me.args, me.host, me.ip, io.readFile);
  if (!result.ok) {
    fail(io, result.error);
    return;
  }
  const { config } = result;
  me.config = config;
  me.startedAtMs = io.wallMs();
  for (const line of config.deprecations) io.log(line);
  klog(io, 'I', 'server.go:525', '"Kubelet version" kubeletVersion="v1.36.2"');
  me.machine = readMachine(io);
  if (config.kubeconfig === '') {
    klog(io, 'I', 'kubelet.go:410', '"Kubelet is running in standalone mode, will skip API server sync"');
    return;
  }
  const client = configFromKubeconfig(io.readFile(config.kubeconfig), config.kubeconfig, 'kubelet/v1.36.2');
  const file = client.ok ? certificateFile(io, config.kubeconfig) : undefined;
  const certificate = client.ok ? (client.config.tls.certificate ?? file) : undefined;
  const isExpired = certificate !== undefined && (parseCertificates(certificate)[0]?.notAfter ?? 0) < io.wallMs();
  if (isExpired)
    klog(
      io,
      'E',
      'bootstrap.go:266',
      `"Part of the existing bootstrap client certificate is expired" file="${config.kubeconfig}" notAfter="${formatTime(parseCertificates(certificate)[0]?.notAfter ?? 0)}"`,
    );
  if (!client.ok || isExpired || (certificate === undefined && client.config.token === undefined)) {
    const bootstrap = config.bootstrapKubeconfig;
    if (bootstrap !== '' && io.readFile(bootstrap) === undefined)
      fail(
        io,
        `failed to run Kubelet: unable to load bootstrap kubeconfig: stat ${bootstrap}: no such file or directory`,
      );
    else fail(io, `failed to run Kubelet: ${client.ok ? 'no client certificate' : client.error}`);
    return;
  }
  const tls = file === undefined ? client.config.tls : { ...client.config.tls, certificate: file, key: file };
  me.client = createApiClient({ ...client.config, tls }, 50, 100);
}

/** kubeadm's kubelet.conf names the file in which the rotated certificate and its key stand. */
function certificateFile(io: Io, kubeconfig: string): string | undefined {
  const path = /client-certificate:\s*(\S+)/.exec(io.readFile(kubeconfig) ?? '')?.[1];
  return path === undefined ? undefined : io.readFile(path);
}

function fail(io: Io, error: string): void {
  klog(io, 'E', 'run.go:72', `"command failed" err=${JSON.stringify(error)}`);
  io.exit(1);
}

function refuse(io: Io, event: KernelEvent): void {
  io.cancel(event['call'] as CallId, 'connection reset by peer');
}

function found(me: KubeletMemory, io: Io, event: KernelEvent): void {
  const tag = criTagOf(event);
  if (tag?.cri === 'ListPodSandbox') {
    const result = criResult<'ListPodSandbox'>(event);
    if (!result.ok) {
      fail(
        io,
        `failed to run Kubelet: validate service connection: validate CRI v1 runtime API for endpoint "unix:///run/containerd/containerd.sock": ${result.error}`,
      );
      return;
    }
    me.adopted = sandboxesFound(io, result);
    if (me.adopted?.size === 0) io.raise({ type: 'RUNTIME_KNOWN' });
  } else if (tag?.cri === 'ListContainers' && me.adopted !== undefined) {
    containersFound(me.adopted, event);
    io.raise({ type: 'RUNTIME_KNOWN' });
  }
}

function begin(me: KubeletMemory, io: Io): void {
  const { config } = me;
  if (config === undefined) return;
  listenAll(me, io);
  recordNodeEvent(me, io, 'Normal', 'Starting', 'Starting kubelet.');
  askRuntime(io);
  watchManifests(me, io);
  if (me.client !== undefined) {
    me.informers.pods.extraQuery = { fieldSelector: `spec.nodeName=${config.nodeName}` };
    me.informers.nodes.extraQuery = { fieldSelector: `metadata.name=${config.nodeName}` };
    informers.start(me.informers, me.client, io);
  } else cleanUpOrphans(me, io);
  io.setTimer('node', NODE_PERIOD_US * (1 - io.random() / 20), { type: 'NODE' });
  flushStatuses(me, io);
}

function handle(me: KubeletMemory, io: Io, event: KernelEvent): void {
  switch (event.type) {
    case 'REPLY':
    case 'STREAM':
      answered(me, io, event);
      return;
    case 'SIGTERM':
      // Its containers are not its children: they go on.
      io.exit(0);
      return;
    case 'SIGHUP':
      return;
    case 'CONNECTED':
      probeAnswered(me, io, event);
      return;
    case 'REQUEST':
      served(me, io, event as unknown as { call: CallId; body: HttpRequest });
      return;
    case 'CANCELLED':
      unserved(me, io, event['call'] as CallId);
      return;
    case 'FILE_CHANGED': {
      const path = String(event['path']);
      if (path.startsWith('/var/log/pods/')) logGrew(me, io, path);
      else readManifests(me, io);
      return;
    }
    default:
      due(me, io, event);
  }
}

/** Timers of the kubelet, its pods and its containers. */
function due(me: KubeletMemory, io: Io, event: KernelEvent): void {
  const pod = typeof event['uid'] === 'string' ? me.pods.get(event['uid']) : undefined;
  switch (event.type) {
    case 'PROBE_DUE':
      probeDue(me, io, event as unknown as { uid: string; container: string; probe: ProbeKind });
      return;
    case 'RELIST':
      relist(me, io);
      return;
    case 'POD_TIMER':
      if (pod !== undefined) tellPod(me, io, pod, { type: event['name'] as 'BEGIN' });
      return;
    case 'CONTAINER_TIMER': {
      const container = pod?.containers.find(({ name }) => name === event['container']);
      if (pod !== undefined && container !== undefined)
        tellContainer(me, io, pod, container, { type: event['name'] as 'START' });
      return;
    }
    case 'NODE':
      io.setTimer('node', NODE_PERIOD_US, { type: 'NODE' });
      askRuntime(io);
      renewLease(me, io);
      evict(me, io);
      return;
    case 'ASK_RUNTIME':
      askRuntime(io);
      return;
    case 'REGISTER':
      registerNode(me, io);
      return;
    case 'RENEW_LEASE':
      renewLease(me, io);
      return;
    case 'READ_MANIFESTS':
      readManifests(me, io);
      return;
    case 'MIRROR_RETRY':
      retryMirror(me, io, String(event['key']));
      return;
    case 'REFRESH_OBJECTS':
      if (pod !== undefined) refreshObjects(me, io, pod);
      return;
    case 'REFRESH_TOKEN':
      if (pod !== undefined) refreshToken(me, io, pod, String(event['object']));
      return;
    case 'STATUS_RETRY':
      if (pod !== undefined) me.dirty.add(pod.uid);
      return;
    case 'DEADLINE_EXCEEDED':
      if (pod !== undefined)
        failPod(
          me,
          io,
          pod,
          'DeadlineExceeded',
          'Pod was active on the node longer than the specified deadline',
          pod.pod.spec.terminationGracePeriodSeconds ?? 30,
        );
      return;
    case 'HOOK_DONE': {
      const container = pod?.containers.find(({ name }) => name === event['container']);
      if (pod !== undefined && container !== undefined) hookDone({ me, io, pod, container }, String(event['detail']));
      return;
    }
    default:
      if (me.client !== undefined && !apiClientEvent(me.client, io, event)) informerEvent(me, io, event);
  }
}

/** Answers, each to whom asked. */
function answered(me: KubeletMemory, io: Io, event: KernelEvent): void {
  const tag = criTagOf(event);
  if (tag?.cri === 'GetContainerEvents') {
    if (event.type === 'STREAM') runtimeEvent(me, io, event['item'] as RuntimeEvent);
    else runtimeGone(me, io);
    return;
  }
  if (tag !== undefined) {
    criAnswered(me, io, event);
    const pod = me.pods.get(tag.uid);
    if (pod !== undefined) endFollowers(me, io, pod);
    return;
  }
  if (probeAnswered(me, io, event) || informerEvent(me, io, event)) return;
  if (statusAnswered(me, io, event) || nodeAnswered(me, io, event) || eventRecorderEvent(me.recorder, event)) return;
  if (objectAnswered(me, io, event) || mirrorAnswered(me, io, event) || accessAnswered(me, io, event)) return;
  hookAnswered(me, io, event);
}

function informerEvent(me: KubeletMemory, io: Io, event: KernelEvent): boolean {
  if (me.client === undefined) return false;
  const hadPods = me.informers.pods.synced;
  const hadNode = me.node !== undefined;
  const mine = informers.event(me.informers, me.client, io, event, (name, delta) => {
    if (name === 'pods') podDelta(me, io, delta);
    else if (name === 'nodes') me.node = delta.type === 'deleted' ? undefined : (delta.object as Node);
  });
  if (!mine) return false;
  if (!hadPods && me.informers.pods.synced) cleanUpOrphans(me, io);
  if ((!hadPods && me.informers.pods.synced) || (!hadNode && me.node !== undefined)) reconcileMirrors(me, io);
  return true;
}

function hookAnswered(me: KubeletMemory, io: Io, event: KernelEvent): void {
  const hook = (
    event['tag'] as
      | { readonly hook?: { readonly uid: string; readonly container: string; readonly detail: string } }
      | undefined
  )?.hook;
  if (hook === undefined) return;
  const pod = me.pods.get(hook.uid);
  const container = pod?.containers.find(({ name }) => name === hook.container);
  if (pod !== undefined && container !== undefined) hookDone({ me, io, pod, container }, hook.detail);
}
