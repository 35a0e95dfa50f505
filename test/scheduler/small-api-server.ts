/** As much of an API server as the scheduler talks to: collections in memory, watches, bindings, status patches, Leases. */
import { setup } from 'xstate';
import type { HttpRequest } from '../../src/sim/api/http.ts';
import type { KubeObject, Pod } from '../../src/sim/api/types.ts';
import type { CallId, Io } from '../../src/sim/kernel/io.ts';
import { addHost, createKernel, createKernelState, type Kernel, type Program } from '../../src/sim/kernel/kernel.ts';
import type { KernelEvent } from '../../src/sim/kernel/queue.ts';
import { type Context, givenByKernel } from '../../src/sim/kernel/run-machine.ts';
import type { Scheduler } from '../../src/sim/scheduler/memory.ts';
import { schedulerProgram } from '../../src/sim/scheduler/scheduler.machine.ts';

export interface SmallApiServer {
  revision: number;
  /** Collection path without namespace → key → object. */
  readonly collections: Map<string, Map<string, KubeObject>>;
  readonly watches: { readonly call: CallId; readonly collection: string }[];
  /** Bindings are refused with this text when it is set. */
  refusal: string;
}

type Args = { context: Context<SmallApiServer, Io>; event: KernelEvent };

const machine = setup({ types: {} as { context: Context<SmallApiServer, Io>; events: KernelEvent } }).createMachine({
  id: 'small-api-server',
  context: givenByKernel,
  initial: 'Serving',
  states: {
    Serving: {
      entry: ({ context }) => context.io.listen(6443),
      on: {
        REQUEST: { actions: serve },
        PUT: { actions: ({ context, event }) => put(context.me, context.io, event['object'] as KubeObject) },
        REMOVE: {
          actions: ({ context, event }) =>
            remove(context.me, context.io, event['collection'] as string, event['key'] as string),
        },
      },
    },
  },
});

const program: Program = {
  name: 'small-api-server',
  machine,
  init: (): SmallApiServer => ({ revision: 1, collections: new Map(), watches: [], refusal: '' }),
};

const PLURALS: Readonly<Record<string, string>> = {
  Pod: '/api/v1/pods',
  Node: '/api/v1/nodes',
  Namespace: '/api/v1/namespaces',
  PersistentVolume: '/api/v1/persistentvolumes',
  PersistentVolumeClaim: '/api/v1/persistentvolumeclaims',
  StorageClass: '/apis/storage.k8s.io/v1/storageclasses',
  ReplicaSet: '/apis/apps/v1/replicasets',
  Lease: '/apis/coordination.k8s.io/v1/leases',
  Event: '/api/v1/events',
};

function put(me: SmallApiServer, io: Io, object: KubeObject): KubeObject {
  const collection = PLURALS[object.kind] ?? '';
  const { namespace, name } = object.metadata;
  const objects = me.collections.get(collection) ?? new Map<string, KubeObject>();
  me.collections.set(collection, objects);
  const key = namespace === undefined ? name : `${namespace}/${name}`;
  const type = objects.has(key) ? 'MODIFIED' : 'ADDED';
  const stored = Object.freeze({ ...object, metadata: { ...object.metadata, resourceVersion: String(++me.revision) } });
  objects.set(key, stored);
  for (const watch of me.watches) if (watch.collection === collection) io.push(watch.call, [{ type, object: stored }]);
  return stored;
}

function remove(me: SmallApiServer, io: Io, collection: string, key: string): boolean {
  const object = me.collections.get(collection)?.get(key);
  if (object === undefined) return false;
  me.collections.get(collection)?.delete(key);
  const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(++me.revision) } };
  for (const watch of me.watches)
    if (watch.collection === collection) io.push(watch.call, [{ type: 'DELETED', object: last }]);
  return true;
}

function serve({ context: { me, io }, event }: Args): void {
  const call = event['call'] as CallId;
  const request = event['body'] as HttpRequest;
  const match = /^(\/api\/v1|\/apis\/[^/]+\/v1)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
    request.path,
  );
  const [, prefix = '', namespace, plural = '', name, subresource] = match ?? [];
  const isNamespaceItself = plural === 'namespaces' || match === null;
  const collection = isNamespaceItself ? request.path : `${prefix}/${plural}`;
  const objects = me.collections.get(collection) ?? new Map<string, KubeObject>();
  const key = namespace === undefined ? (name ?? '') : `${namespace}/${name}`;
  const known = objects.get(key);
  const answer = (status: number, body: unknown) => io.reply(call, { status, body });
  const fail = (code: number, message: string) =>
    answer(code, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code });
  if (request.query?.['watch'] === 'true') {
    me.watches.push({ call, collection });
    return;
  }
  if (request.method === 'GET') {
    if (name === undefined || name === '')
      answer(200, { kind: 'List', metadata: { resourceVersion: String(me.revision) }, items: [...objects.values()] });
    else if (known === undefined) fail(404, 'not found');
    else answer(200, known);
  } else if (request.method === 'POST' && subresource === 'binding') {
    const target = (request.body as { target: { name: string } }).target.name;
    if (me.refusal !== '') fail(500, me.refusal);
    else if (known === undefined) fail(404, `pods "${name}" not found`);
    else answer(201, put(me, io, { ...known, spec: { ...(known as Pod).spec, nodeName: target } }));
  } else if (request.method === 'POST' || request.method === 'PUT') {
    answer(200, put(me, io, request.body as KubeObject));
  } else if (known === undefined) {
    fail(404, 'not found');
  } else if (request.method === 'DELETE') {
    remove(me, io, collection, key);
    answer(200, known);
  } else if (subresource === 'status') {
    const patch = (request.body as { status: Record<string, unknown> }).status;
    answer(200, put(me, io, { ...known, status: { ...(known as Pod).status, ...patch } }));
  } else {
    answer(200, put(me, io, { ...known, ...(request.body as object) }));
  }
}

const KUBECONFIG = `
current-context: c
contexts: [{ name: c, context: { cluster: k, user: u } }]
clusters: [{ name: k, cluster: { server: "https://10.0.0.1:6443", insecure-skip-tls-verify: true } }]
users: [{ name: u, user: {} }]
`;

/** A control plane with one scheduler (or several), driven by hand. */
export class ControlPlane {
  readonly kernel: Kernel;
  private seconds = 0;

  constructor(args: readonly string[] = ['--leader-elect=false'], files: Readonly<Record<string, string>> = {}) {
    const state = createKernelState(7);
    addHost(state, 'cp-1', '10.0.0.1');
    this.kernel = createKernel(
      state,
      new Map([
        ['small-api-server', program],
        ['kube-scheduler', schedulerProgram],
      ]),
    );
    this.kernel.processes.spawn('cp-1', { name: 'api', program: 'small-api-server', args: [], log: 'api' });
    this.kernel.runUntil(0);
    this.kernel.as(this.process('api'), (io) => {
      io.writeFile('/etc/kubernetes/scheduler.conf', KUBECONFIG);
      for (const [path, content] of Object.entries(files)) io.writeFile(path, content);
    });
    this.start('scheduler', args);
  }

  start(name: string, args: readonly string[]): void {
    const all = ['--kubeconfig=/etc/kubernetes/scheduler.conf', ...args];
    this.kernel.processes.spawn('cp-1', { name, program: 'kube-scheduler', args: all, log: name });
  }

  create(...objects: readonly KubeObject[]): void {
    for (const object of objects) this.kernel.enqueue(0, 'cp-1/api', { type: 'PUT', object });
  }

  remove(collection: string, key: string): void {
    this.kernel.enqueue(0, 'cp-1/api', { type: 'REMOVE', collection, key });
  }

  advance(seconds: number): void {
    this.seconds += seconds;
    this.kernel.runUntil(Math.round(this.seconds * 1_000_000));
  }

  get api(): SmallApiServer {
    return this.process('api').memory as SmallApiServer;
  }

  get scheduler(): Scheduler {
    return this.process('scheduler').memory as unknown as Scheduler;
  }

  stateOf(name: string): string {
    return this.kernel.state.processes.get(`cp-1/${name}`)?.state ?? 'gone';
  }

  log(name: string): string[] {
    return (this.kernel.state.hosts.get('cp-1')?.logs.get(name) ?? []).map((line) => line.text);
  }

  objects(collection: string): KubeObject[] {
    return [...(this.api.collections.get(collection)?.values() ?? [])];
  }

  pod(name: string): Pod {
    return this.api.collections.get('/api/v1/pods')?.get(`default/${name}`) as Pod;
  }

  events(reason: string): string[] {
    return this.objects('/api/v1/events')
      .filter((each) => each['reason'] === reason)
      .map((each) => String(each['message']));
  }

  private process(name: string) {
    const process = this.kernel.state.processes.get(`cp-1/${name}`);
    if (process === undefined) throw new Error(`${name} is not running`);
    return process;
  }
}

export function node(name: string, cpu = '4', labels: Readonly<Record<string, string>> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: name, labels: { 'kubernetes.io/hostname': name, ...labels } },
    status: { allocatable: { cpu, memory: '8Gi', pods: '110' } },
  };
}

export function pod(name: string, cpu = '1', spec: Readonly<Record<string, unknown>> = {}): KubeObject {
  const containers = [{ name: 'c', image: 'nginx', resources: { requests: { cpu } } }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: `uid-${name}`, generation: 1, labels: { app: name } },
    spec: { schedulerName: 'default-scheduler', containers, ...spec },
    status: { phase: 'Pending' },
  };
}
