/** A world of one etcd member, one API server, and clients that remember what they were answered. */
import { setup } from 'xstate';
import { handshake, issue, privateKeyPem, publicKeyPem } from '../../src/sim/api/certificate.ts';
import type { HttpRequest, HttpResponse } from '../../src/sim/api/http.ts';
import type { KubeObject, WatchEvent } from '../../src/sim/api/types.ts';
import { apiserverProgram } from '../../src/sim/apiserver/program.ts';
import { etcdProgram } from '../../src/sim/etcd/etcd.machine.ts';
import type { Io } from '../../src/sim/kernel/io.ts';
import { addHost, createKernel, createKernelState, type Kernel, type Program } from '../../src/sim/kernel/kernel.ts';
import { type Context, givenByKernel } from '../../src/sim/kernel/run-machine.ts';
import { EPOCH_MS, SECOND } from '../../src/sim/kernel/units.ts';

export interface Client {
  readonly replies: Map<string, { ok: boolean; body?: HttpResponse; error?: string }>;
  readonly streams: Map<string, WatchEvent<KubeObject>[]>;
}

const clientMachine = setup({
  types: {} as {
    context: Context<Client, Io>;
    events:
      | { type: 'REPLY'; tag: string; ok: boolean; body?: HttpResponse; error?: string }
      | { type: 'STREAM'; tag: string; item: readonly WatchEvent<KubeObject>[] };
  },
}).createMachine({
  id: 'client',
  context: givenByKernel,
  initial: 'Asking',
  on: {
    REPLY: { actions: ({ context, event }) => void context.me.replies.set(event.tag, event) },
    STREAM: {
      actions: ({ context, event }) => {
        const seen = context.me.streams.get(event.tag) ?? [];
        context.me.streams.set(event.tag, [...seen, ...event.item]);
      },
    },
  },
  states: { Asking: {} },
});

/** A kubelet that answers every request with what it was asked. */
const kubeletMachine = setup({
  types: {} as { context: Context<object, Io>; events: { type: 'REQUEST'; call: number; body: HttpRequest } },
}).createMachine({
  id: 'kubelet',
  context: givenByKernel,
  initial: 'Serving',
  states: {
    Serving: {
      entry: ({ context }) => context.io.listen(10250),
      on: {
        REQUEST: {
          actions: ({ context, event }) => {
            context.io.push(event.call, [`line of ${event.body.path}`]);
            context.io.reply(event.call, { status: 200, body: '' });
          },
        },
      },
    },
  },
});

const programs = new Map<string, Program>([
  ['etcd', etcdProgram],
  ['kube-apiserver', apiserverProgram],
  ['client', { name: 'client', machine: clientMachine, init: () => ({ replies: new Map(), streams: new Map() }) }],
  ['kubelet', { name: 'kubelet', machine: kubeletMachine, init: () => ({}) }],
]);

const YEAR_MS = 365 * 24 * 3_600_000;
const ca = {
  certificate: issue('self', {
    subject: { cn: 'kubernetes' },
    keyId: 'ca',
    notBefore: EPOCH_MS - 1_000,
    notAfter: EPOCH_MS + 10 * YEAR_MS,
    isCa: true,
  }),
  key: privateKeyPem('ca'),
};

const issued = new Map<string, { certificate: string; key: string }>();

export function clientCertificate(cn: string, ...o: string[]): { certificate: string; key: string } {
  const known = issued.get(`${cn}/${o.join('/')}`);
  if (known !== undefined) return known;
  const times = { notBefore: EPOCH_MS - 1_000, notAfter: EPOCH_MS + YEAR_MS };
  const pair = {
    certificate: issue(ca, { subject: { cn, o }, keyId: cn, ...times, usages: ['client auth'] }),
    key: privateKeyPem(cn),
  };
  issued.set(`${cn}/${o.join('/')}`, pair);
  return pair;
}

export const FLAGS = [
  '--advertise-address=192.168.56.11',
  '--allow-privileged=true',
  '--authorization-mode=Node,RBAC',
  '--client-ca-file=/etc/kubernetes/pki/ca.crt',
  '--enable-admission-plugins=NodeRestriction',
  '--enable-bootstrap-token-auth=true',
  '--etcd-servers=http://127.0.0.1:2379',
  '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
  '--secure-port=6443',
  '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
  '--service-account-key-file=/etc/kubernetes/pki/sa.pub',
  '--service-account-signing-key-file=/etc/kubernetes/pki/sa.key',
  '--service-cluster-ip-range=10.96.0.0/12',
  '--tls-cert-file=/etc/kubernetes/pki/apiserver.crt',
  '--tls-private-key-file=/etc/kubernetes/pki/apiserver.key',
];

export const ETCD_FLAGS = etcdFlags(1, 1);

function etcdFlags(member: number, members: number): string[] {
  const ip = (n: number) => `192.168.56.${10 + n}`;
  const all = Array.from({ length: members }, (_, i) => `cp-${i + 1}=http://${ip(i + 1)}:2380`);
  return [
    `--name=cp-${member}`,
    '--data-dir=/var/lib/etcd',
    `--listen-client-urls=http://127.0.0.1:2379,http://${ip(member)}:2379`,
    `--advertise-client-urls=http://${ip(member)}:2379`,
    `--listen-peer-urls=http://${ip(member)}:2380`,
    `--initial-advertise-peer-urls=http://${ip(member)}:2380`,
    `--initial-cluster=${all.join(',')}`,
  ];
}

export interface World {
  readonly kernel: Kernel;
  /** Sends a request and lets time pass until it is answered (at most two simulated minutes). */
  ask(request: Partial<HttpRequest> & { path: string }, user?: string): HttpResponse;
  get(path: string, query?: Record<string, string>): HttpResponse;
  post(path: string, body: unknown, query?: Record<string, string>): HttpResponse;
  put(path: string, body: unknown): HttpResponse;
  patch(path: string, body: unknown, contentType?: string): HttpResponse;
  delete(path: string, body?: unknown): HttpResponse;
  /** Opens a watch; what it has been told is in the array. */
  watch(path: string, query?: Record<string, string>): () => readonly WatchEvent<KubeObject>[];
  run(seconds: number): void;
  log(): string[];
  /** From now on ask the API server of this control plane. */
  use(controlPlane: number): void;
  /** Sends without waiting; the answer is there once time has passed. */
  send(request: Partial<HttpRequest> & { path: string }, controlPlane: number): () => HttpResponse | undefined;
}

export function createWorld(flags: readonly string[] = FLAGS, start = true, controlPlanes = 1): World {
  const state = createKernelState(7);
  addHost(state, 'laptop', '192.168.56.1');
  for (let i = 1; i <= controlPlanes; i++) addHost(state, `cp-${i}`, `192.168.56.${10 + i}`);
  addHost(state, 'node-1', '192.168.56.21');
  const kernel = createKernel(state, programs, { handshake });
  const times = { notBefore: EPOCH_MS - 1_000, notAfter: EPOCH_MS + YEAR_MS };
  const pki = '/etc/kubernetes/pki';
  const serving = {
    subject: { cn: 'kube-apiserver' },
    keyId: 'apiserver',
    ...times,
    sans: ['192.168.56.11', '192.168.56.12', '192.168.56.13', '10.96.0.1'],
  };
  const files: Record<string, string> = {
    'ca.crt': ca.certificate,
    'apiserver.crt': issue(ca, { ...serving, usages: ['server auth'] }),
    'apiserver.key': privateKeyPem('apiserver'),
    'sa.pub': publicKeyPem('sa'),
    'sa.key': privateKeyPem('sa'),
  };
  for (let i = 1; i <= controlPlanes; i++) {
    const host = `cp-${i}`;
    for (const [name, content] of Object.entries(files)) kernel.files.writeHost(host, `${pki}/${name}`, content);
    const args = flags.map((flag) => flag.replace('192.168.56.11', `192.168.56.${10 + i}`));
    kernel.processes.spawn(host, { name: 'etcd', program: 'etcd', args: etcdFlags(i, controlPlanes), log: 'etcd' });
    kernel.processes.spawn(host, { name: 'kube-apiserver', program: 'kube-apiserver', args, log: 'apiserver' });
  }
  kernel.processes.spawn('laptop', { name: 'client', program: 'client', args: [], log: 'client' });
  const client = () => kernel.state.processes.get('laptop/client')!;
  let asked = 0;
  let server = 1;
  const send = (request: HttpRequest, user: string, timeoutMs: number): string => {
    const tag = `t${asked++}`;
    const [cn = '', ...groups] = user.split('/');
    const tls = { ca: ca.certificate, ...(cn === '' ? {} : clientCertificate(cn, ...groups)) };
    kernel.as(client(), (io) => io.request(`192.168.56.${10 + server}:6443`, request, { tag, tls, timeoutMs }));
    return tag;
  };
  const memory = () => client().memory as Client;
  const ask: World['ask'] = (request, user = 'kubernetes-admin/system:masters') => {
    const tag = send({ method: 'GET', ...request }, user, 120_000);
    const until = kernel.state.now + 120 * SECOND;
    while (!memory().replies.has(tag) && kernel.state.now < until && kernel.step());
    const reply = memory().replies.get(tag);
    if (reply === undefined) throw new Error('no answer');
    memory().replies.delete(tag);
    if (!reply.ok) return { status: 0, body: reply.error };
    return reply.body!;
  };
  const world: World = {
    kernel,
    ask,
    get: (path, query) => ask({ path, query }),
    post: (path, body, query) => ask({ method: 'POST', path, body, query }),
    put: (path, body) => ask({ method: 'PUT', path, body }),
    patch: (path, body, contentType = 'application/merge-patch+json') =>
      ask({ method: 'PATCH', path, body, contentType }),
    delete: (path, body) => ask({ method: 'DELETE', path, body }),
    watch(path, query = {}) {
      const tag = send(
        { method: 'GET', path, query: { ...query, watch: 'true' } },
        'kubernetes-admin/system:masters',
        0,
      );
      return () => memory().streams.get(tag) ?? [];
    },
    run: (seconds) => kernel.runUntil(kernel.state.now + seconds * SECOND),
    use: (controlPlane) => {
      server = controlPlane;
    },
    send(request, controlPlane) {
      const before = server;
      server = controlPlane;
      const tag = send({ method: 'GET', ...request }, 'kubernetes-admin/system:masters', 120_000);
      server = before;
      return () => memory().replies.get(tag)?.body;
    },
    log: () => (kernel.state.hosts.get('cp-1')?.logs.get('apiserver') ?? []).map(({ text }) => text),
  };
  if (start) world.run(5);
  return world;
}

/** The message of a failure. */
export function message(response: HttpResponse): string {
  return (response.body as { message?: string }).message ?? String(response.body);
}
