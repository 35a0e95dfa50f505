/**
 * A cluster for stories about controllers: etcd, API server, controller manager and scheduler are the real programs with kubeadm's files and
 * flags, nodes are played by fake-kubelet.ts. Booted once for each shape; every story starts from a copy.
 */
import { load } from 'js-yaml';
import { handshake } from '../../src/sim/api/certificate.ts';
import type { HttpRequest, HttpResponse } from '../../src/sim/api/http.ts';
import { findKind } from '../../src/sim/api/kinds.ts';
import type { KubeEvent, KubeObject, Pod } from '../../src/sim/api/types.ts';
import { apiRequest, configFromKubeconfig, createApiClient, readReply } from '../../src/sim/client/api-client.ts';
import type { ControllerManager } from '../../src/sim/controllers/controller-manager.machine.ts';
import { clonePlain } from '../../src/sim/kernel/clone.ts';
import {
  addHost,
  createKernel,
  createKernelState,
  type Kernel,
  type KernelHooks,
} from '../../src/sim/kernel/kernel.ts';
import type { KernelState } from '../../src/sim/kernel/state.ts';
import { SECOND } from '../../src/sim/kernel/units.ts';
import { kubeadmFiles } from '../../src/sim/kubeadm/files.ts';
import { objectNamed, objectsOf, revisionOf } from '../../src/sim/observe.ts';
import { programs } from '../../src/sim/programs.ts';
import { routeConnection, wireNetwork } from '../../src/sim/routing.ts';
import { type ClusterSpec, hostsOf, NAMED_CLUSTERS } from '../../src/sim/spec.ts';
import { type FakeKubelet, type FakeNode, fakeKubeletProgram } from './fake-kubelet.ts';

export interface TestCluster {
  readonly kernel: Kernel;
  run(seconds: number): void;
  /** Lets time pass until it is so; fails after `limitSeconds`. Returns the seconds that have passed. */
  until(what: () => boolean, limitSeconds?: number): number;
  /** A request of the administrator; time passes until it is answered. */
  ask(method: HttpRequest['method'], path: string, body?: unknown, contentType?: string): HttpResponse;
  /** Creates; `default` when it names no namespace. Fails loudly. */
  create(object: object): KubeObject;
  /** `deployment/web`; merge patch. Fails loudly. */
  patch(target: string, body: object, subresource?: string): KubeObject;
  delete(target: string, options?: object): HttpResponse;
  get<T extends KubeObject = KubeObject>(target: string): T | undefined;
  list<T extends KubeObject = KubeObject>(kind: string, namespace?: string): T[];
  pods(): Pod[];
  /** `Normal SuccessfulCreate Created pod: web-x` of one object, in the order of their first occurrence. */
  events(target: string): string[];
  /** Revision of the store. */
  revision(): number;
  /** Changes of objects other than Leases and Events in so many seconds. */
  writesIn(seconds: number): string[];
  readonly kubelet: FakeKubelet;
  readonly manager: ControllerManager;
  silence(...nodes: string[]): void;
  wake(...nodes: string[]): void;
  /** The pod's readiness from now on. */
  setReady(pod: string, ready: boolean): void;
  managerLog(): string[];
}

export interface Shape {
  readonly nodes?: number;
  readonly zones?: readonly string[];
  readonly managers?: number;
  /** Flags of the controller manager beside kubeadm's. */
  readonly flags?: readonly string[];
}

const all = new Map([...programs, ['fake-kubelet', fakeKubeletProgram]]);
const booted = new Map<string, KernelState>();
const ADMIN = 'laptop/admin';

export function createCluster(shape: Shape = {}): TestCluster {
  const name = JSON.stringify(shape);
  let state = booted.get(name);
  if (state === undefined) {
    state = boot(shape);
    booted.set(name, state);
  }
  return clusterOf(clonePlain(state), shape.managers ?? 1);
}

function boot({ nodes = 3, zones = [], managers = 1, flags = [] }: Shape): KernelState {
  const spec: ClusterSpec = { ...NAMED_CLUSTERS.single, controlPlanes: 1, workers: 0 };
  const state = createKernelState(1);
  const hosts = hostsOf(spec);
  for (const host of hosts) addHost(state, host.name, host.ip, host.zone);
  for (const [host, files] of kubeadmFiles(spec))
    for (const [path, content] of Object.entries(files))
      state.hosts.get(host)!.files.set(path, Object.freeze({ content, modifiedMs: 0 }));
  for (let i = 2; i <= managers; i++) {
    addHost(state, `cp-${i}`, `192.168.56.${10 + i}`);
    for (const [path, file] of state.hosts.get('cp-1')!.files) state.hosts.get(`cp-${i}`)!.files.set(path, file);
  }
  // kubeadm's own binding of its administrators is not made here.
  const admin = state.hosts.get('cp-1')!.files.get('/etc/kubernetes/super-admin.conf')!;
  state.hosts.get('laptop')!.files.set('/root/.kube/config', admin);
  const kernel = createKernel(
    state,
    all,
    hooks(() => undefined),
  );
  wireNetwork(kernel, spec);
  const spawn = (host: string, component: string, more: readonly string[] = []) => {
    const manifest = state.hosts.get('cp-1')!.files.get(`/etc/kubernetes/manifests/${component}.yaml`)!.content;
    const { spec: pod } = load(manifest) as { spec: { containers: { command: string[] }[] } };
    const [program = '', ...args] = pod.containers[0]!.command;
    kernel.processes.spawn(host, { name: component, program, args: [...args, ...more], log: component });
  };
  spawn('cp-1', 'etcd');
  spawn('cp-1', 'kube-apiserver');
  spawn('cp-1', 'kube-scheduler');
  kernel.runUntil(SECOND);
  for (let i = 1; i <= managers; i++) {
    spawn(`cp-${i}`, 'kube-controller-manager', flags);
    kernel.runUntil((1 + i) * SECOND);
  }
  const config: FakeNode[] = Array.from({ length: nodes }, (_, i) => ({
    name: `node-${i + 1}`,
    zone: zones[i % Math.max(1, zones.length)] ?? '',
  }));
  kernel.processes.spawn('laptop', { name: 'kubelets', program: 'fake-kubelet', args: [], log: 'kubelets', config });
  kernel.processes.spawn('laptop', { name: 'admin', program: 'external', args: [], log: 'admin' });
  kernel.runUntil(25 * SECOND);
  return state;
}

function hooks(answered: (tag: unknown, reply: HttpResponse) => void): KernelHooks {
  return {
    route: routeConnection,
    handshake,
    external: (_process, event) => {
      if (event.type !== 'REPLY') return;
      const reply = readReply(event);
      answered(event['tag'], { status: reply.status, body: reply.body });
    },
  };
}

function clusterOf(state: KernelState, managers: number): TestCluster {
  const replies = new Map<unknown, HttpResponse>();
  const kernel = createKernel(
    state,
    all,
    hooks((tag, reply) => replies.set(tag, reply)),
  );
  const config = configFromKubeconfig(
    state.hosts.get('laptop')!.files.get('/root/.kube/config')!.content,
    '',
    'kubectl',
  );
  if (!config.ok) throw new Error(config.error);
  const client = createApiClient(config.config);
  const kubelets = () => state.processes.get('laptop/kubelets')!;
  let asked = 0;

  const run = (seconds: number) => kernel.runUntil(state.now + Math.round(seconds * SECOND));
  const until = (what: () => boolean, limitSeconds = 120) => {
    const start = state.now;
    while (!what()) {
      if (state.now - start > limitSeconds * SECOND) throw new Error(`not so after ${limitSeconds} s: ${what}`);
      run(0.1);
    }
    return (state.now - start) / SECOND;
  };
  const ask: TestCluster['ask'] = (method, path, body, contentType) => {
    const tag = `ask-${asked++}`;
    kernel.as(state.processes.get(ADMIN)!, (io) => apiRequest(client, io, { method, path, body, contentType }, tag));
    while (!replies.has(tag) && kernel.step());
    return replies.get(tag)!;
  };
  const must = (response: HttpResponse): KubeObject => {
    if (response.status >= 400 || response.status === 0) throw new Error(JSON.stringify(response.body));
    return response.body as KubeObject;
  };
  const tell = (event: { type: string; [field: string]: unknown }) => kernel.enqueue(0, 'laptop/kubelets', event);

  return {
    kernel,
    run,
    until,
    ask,
    create: (object) => {
      const { kind, metadata } = object as KubeObject;
      return must(ask('POST', collection(kind, metadata.namespace ?? 'default'), object));
    },
    patch: (target, body, subresource) =>
      must(
        ask(
          'PATCH',
          pathOf(target) + (subresource === undefined ? '' : `/${subresource}`),
          body,
          'application/merge-patch+json',
        ),
      ),
    delete: (target, options) => ask('DELETE', pathOf(target), options),
    get: <T extends KubeObject>(target: string) => objectNamed(state, target) as T | undefined,
    list: <T extends KubeObject>(kind: string, namespace = 'default') => objectsOf(state, kind, namespace) as T[],
    pods: () => objectsOf(state, 'pods', 'default') as Pod[],
    events: (target) => {
      const [kind, name] = target.split('/');
      return (objectsOf(state, 'events') as KubeEvent[])
        .filter(({ involvedObject: about }) => about.kind?.toLowerCase() === kind && about.name === name)
        .sort((a, b) => Number(a.metadata.uid?.length) - Number(b.metadata.uid?.length) || created(a) - created(b))
        .map(
          ({ type, reason, message, count }) => `${type} ${reason} ${message}${(count ?? 1) > 1 ? ` (x${count})` : ''}`,
        );
    },
    revision: () => revisionOf(state),
    writesIn: (seconds) => {
      const before = snapshot(state);
      run(seconds);
      return changes(before, snapshot(state));
    },
    get kubelet() {
      return kubelets().memory as FakeKubelet;
    },
    get manager() {
      for (let i = 1; i <= managers; i++) {
        const memory = state.processes.get(`cp-${i}/kube-controller-manager`)?.memory as ControllerManager | undefined;
        if (memory?.election?.leading === true) return memory;
      }
      throw new Error('no leader');
    },
    silence: (...nodes) => {
      for (const node of nodes) (kubelets().memory as FakeKubelet).silent.add(node);
    },
    wake: (...nodes) => {
      for (const node of nodes) tell({ type: 'WAKE', node });
    },
    setReady: (pod, ready) => {
      const { unready } = kubelets().memory as FakeKubelet;
      if (ready) unready.delete(pod);
      else unready.add(pod);
      tell({ type: 'SYNC', pod });
    },
    managerLog: () => (state.hosts.get('cp-1')!.logs.get('kube-controller-manager') ?? []).map(({ text }) => text),
  };
}

/** Order of recording: the name of an event ends in the time of its birth in nanoseconds, hexadecimal. */
function created(event: KubeEvent): number {
  return Number.parseInt(event.metadata.name.slice(event.metadata.name.lastIndexOf('.') + 1), 16);
}

function collection(kindName: string, namespace: string): string {
  const kind = findKind(kindName);
  if (kind === undefined) throw new Error(`no kind ${kindName}`);
  const root = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  return kind.namespaced ? `${root}/namespaces/${namespace}/${kind.plural}` : `${root}/${kind.plural}`;
}

function pathOf(target: string): string {
  const parts = target.split('/');
  const [namespace, name] = parts.length > 2 ? [parts[1]!, parts[2]!] : ['default', parts[1]!];
  return `${collection(parts[0]!, namespace)}/${name}`;
}

const WATCHED = [
  ...['pods', 'nodes', 'namespaces', 'services', 'endpoints', 'endpointslices', 'serviceaccounts', 'configmaps'],
  ...['deployments', 'replicasets', 'statefulsets', 'daemonsets', 'controllerrevisions', 'jobs', 'cronjobs'],
  ...['poddisruptionbudgets', 'resourcequotas', 'clusterroles', 'persistentvolumes', 'persistentvolumeclaims'],
  ...['horizontalpodautoscalers', 'certificatesigningrequests', 'secrets', 'events'],
];

/** Objects are immutable: another metadata is another revision. */
function snapshot(state: KernelState): Map<string, object> {
  const seen = new Map<string, object>();
  for (const kind of WATCHED)
    for (const { metadata } of objectsOf(state, kind))
      seen.set(`${kind}/${metadata.namespace ?? ''}/${metadata.name}`, metadata);
  return seen;
}

function changes(before: Map<string, object>, after: Map<string, object>): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort();
}

/** A pod template of one container. */
export function template(app: string, image = 'nginx:1.29', more: object = {}): object {
  return { metadata: { labels: { app } }, spec: { containers: [{ name: 'main', image }], ...more } };
}

export function deployment(name: string, replicas: number, spec: object = {}, image?: string): object {
  const selector = { matchLabels: { app: name } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas, selector, template: template(name, image), ...spec },
  };
}
