/**
 * CoreDNS: watches services, endpoints and namespaces, answers their names, and forwards all others. Models coredns v1.14 with the
 * plugins of kubeadm's Corefile.
 */
import { setup } from 'xstate';
import type { DnsAnswer, DnsQuestion, DnsRecord } from '../api/dns.ts';
import type { AppRequest, AppResponse } from '../api/http.ts';
import type { EndpointSlice, Service } from '../api/types.ts';
import { type ApiClient, apiClientEvent, createApiClient, inClusterConfig } from '../client/api-client.ts';
import { defineInformers, type InformerSet, indexed } from '../client/informer.ts';
import type { CallId, Io } from '../kernel/io.ts';
import type { Program } from '../kernel/kernel.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { type Context, givenByKernel } from '../kernel/run-machine.ts';
import { SECOND } from '../kernel/units.ts';
import { blockFor, isInZone, notSimulated, type PluginConfig, parseCorefile, type ServerBlock } from './corefile.ts';
import { answerKubernetes, answerReverse, type DnsView, type KubernetesZone } from './dns-answer.ts';

const informers = defineInformers({
  namespaces: { path: '/api/v1/namespaces' },
  services: { path: '/api/v1/services', indexes: { ip: (object) => clusterIps(object as Service) } },
  endpointslices: {
    path: '/apis/discovery.k8s.io/v1/endpointslices',
    indexes: {
      service: (object) => serviceOf(object as EndpointSlice),
      ip: (object) => addressesOf(object as EndpointSlice),
    },
  },
});

export interface CoreDns {
  readonly conf: string;
  readonly env: Readonly<Record<string, string>>;
  blocks: readonly ServerBlock[];
  client: ApiClient | undefined;
  readonly caches: InformerSet<'namespaces' | 'services' | 'endpointslices'>;
  /** Questions that were passed on: our call's tag → who asked, what, and the upstreams still to try. */
  readonly forwarded: Map<number, { readonly call: CallId; readonly question: DnsQuestion; readonly left: string[] }>;
  nextForward: number;
  /** The name by which the `loop` plugin would recognise its own question. */
  probe: string;
  lameDuck: boolean;
}

type Ctx = Context<CoreDns, Io>;
type Args = { context: Ctx; event: KernelEvent };

const HEALTH_PORT = 8080;
const READY_PORT = 8181;
const METRICS_PORT = 9153;
const VERSION = 'CoreDNS-1.14.2';
const NOT_SIMULATED = 64;
/** It waits this long for the API before it serves regardless. */
const STARTUP_MS = 5_000;
const UPSTREAM_TIMEOUT_MS = 2_000;
const RELOAD = 'RELOAD';
const RELOAD_US = 30 * SECOND;
const TERMINATE = 'TERMINATE';
const SERVER_FAILURE: DnsAnswer = Object.freeze({ code: 'SERVFAIL', authoritative: false, answers: [] });

/** Taken in any state that has a `*`. */
const ALWAYS = {
  SIGTERM: { actions: 'goLame' },
  [TERMINATE]: { actions: 'terminate' },
  FILE_CHANGED: { actions: 'corefileChanged' },
  [RELOAD]: { actions: 'reload' },
} as const;

export const corednsMachine = setup({
  types: {} as { context: Ctx; events: KernelEvent },
  actions: {
    start,
    unsynced: ({ context: { io } }) =>
      io.log('[WARNING] plugin/kubernetes: starting server with unsynced Kubernetes API'),
    serve,
    work,
    goLame: ({ context: { me, io } }) => {
      me.lameDuck = true;
      io.log('[INFO] SIGTERM: Shutting down servers then terminating');
      const seconds = Number(/lameduck (\d+)s/.exec(optionsText(me, 'health'))?.[1] ?? 0);
      if (seconds > 0) io.log(`[INFO] plugin/health: Going into lameduck mode for ${seconds}s`);
      io.setTimer(TERMINATE, seconds * SECOND, { type: TERMINATE });
    },
    terminate: ({ context: { io } }) => io.exit(0),
    corefileChanged: ({ context: { me, io } }) => {
      if (plugin(me, 'reload') !== undefined) io.setTimer(RELOAD, RELOAD_US, { type: RELOAD });
    },
    reload,
  },
  guards: {
    hasCorefile: ({ context: { me } }) => me.blocks.length > 0,
    apiSynced: ({ context: { me } }) => me.client === undefined || informers.synced(me.caches),
  },
}).createMachine({
  id: 'coredns',
  context: givenByKernel,
  initial: 'starting',
  states: {
    starting: { entry: 'start', always: { guard: 'hasCorefile', target: 'waitingForKubernetes' } },
    waitingForKubernetes: {
      always: { guard: 'apiSynced', target: 'serving' },
      after: { [STARTUP_MS]: { target: 'serving', actions: 'unsynced' } },
      on: { ...ALWAYS, '*': { actions: 'work' } },
    },
    serving: { entry: 'serve', on: { ...ALWAYS, '*': { actions: 'work' } } },
  },
});

export const corednsProgram: Program = {
  name: 'coredns',
  machine: corednsMachine,
  init: ({ args, env }): CoreDns => {
    const at = args.indexOf('-conf');
    return {
      conf: at < 0 ? 'Corefile' : (args[at + 1] ?? ''),
      env,
      blocks: [],
      client: undefined,
      caches: informers.create(),
      forwarded: new Map(),
      nextForward: 0,
      probe: '',
      lameDuck: false,
    };
  },
};

function start({ context: { me, io } }: Args): void {
  const text = io.readFile(me.conf);
  if (text === undefined) {
    io.log(`open ${me.conf}: no such file or directory`);
    io.exit(1);
    return;
  }
  const parsed = parseCorefile(text, me.conf);
  const unknown = parsed.ok ? notSimulated(parsed.blocks) : undefined;
  if (!parsed.ok || unknown !== undefined) {
    io.log(parsed.ok ? `not simulated: CoreDNS plugin ${unknown}` : parsed.error);
    io.exit(parsed.ok ? NOT_SIMULATED : 1);
    return;
  }
  me.blocks = Object.freeze(parsed.blocks);
  io.watchFiles(me.conf);
  io.listen(HEALTH_PORT);
  io.listen(READY_PORT);
  if (plugin(me, 'kubernetes') === undefined) return;
  const config = inClusterConfig(io, me.env, 'coredns');
  if (!config.ok) {
    io.log(`plugin/kubernetes: ${config.error}`);
    io.exit(1);
    return;
  }
  me.client = createApiClient(config.config);
  informers.start(me.caches, me.client, io);
  io.log('[INFO] plugin/kubernetes: waiting for Kubernetes API before starting server');
}

function serve({ context: { me, io } }: Args): void {
  for (const { zones, port } of me.blocks) {
    io.listen(port);
    for (const zone of zones) io.log(`${zone}.:${port}`);
  }
  if (plugin(me, 'prometheus') !== undefined) io.listen(METRICS_PORT);
  io.log(VERSION);
  io.log('linux/amd64, go1.26.1, ');
  const upstream = plugin(me, 'loop') === undefined ? undefined : upstreamsOf(plugin(me, 'forward'), io)[0];
  if (upstream === undefined) return;
  me.probe = `${Math.floor(io.random() * 1e19)}.${Math.floor(io.random() * 1e19)}`;
  const question: DnsQuestion = { name: me.probe, type: 'HINFO' };
  io.request(upstream, question, { tag: { forward: -1 }, timeoutMs: UPSTREAM_TIMEOUT_MS, protocol: 'udp' });
}

/** Another Corefile takes effect only when it is right. */
function reload({ context: { me, io } }: Args): void {
  const parsed = parseCorefile(io.readFile(me.conf) ?? '', me.conf);
  const unknown = parsed.ok ? notSimulated(parsed.blocks) : undefined;
  if (!parsed.ok || unknown !== undefined) {
    io.log(`[ERROR] Restart failed: ${parsed.ok ? `not simulated: CoreDNS plugin ${unknown}` : parsed.error}`);
    return;
  }
  me.blocks = Object.freeze(parsed.blocks);
  io.log('[INFO] Reloading complete');
}

function work({ context: { me, io }, event }: Args): void {
  const { client } = me;
  if (
    client !== undefined &&
    (apiClientEvent(client, io, event) || informers.event(me.caches, client, io, event, () => {}))
  )
    return;
  if (event.type === 'REQUEST') request(me, io, event);
  else if (event.type === 'REPLY') answered(me, io, event);
}

function request(me: CoreDns, io: Io, event: KernelEvent): void {
  const call = event['call'] as CallId;
  switch (event['port']) {
    case HEALTH_PORT:
      io.reply(call, http(event['body'], '/health', 'OK'));
      return;
    case READY_PORT: {
      const ready = !me.lameDuck && (me.client === undefined || informers.synced(me.caches));
      const answer = http(event['body'], '/ready', ready ? 'OK' : 'kubernetes');
      io.reply(call, ready ? answer : { ...answer, status: 503 });
      return;
    }
    case METRICS_PORT:
      io.reply(call, http(event['body'], '/metrics', `coredns_build_info{goversion="go1.26.1",version="1.14.2"} 1\n`));
      return;
    default:
      ask(me, io, event, call);
  }
}

function ask(me: CoreDns, io: Io, event: KernelEvent, call: CallId): void {
  const asked = event['body'] as DnsQuestion;
  const question: DnsQuestion = { name: String(asked.name).replace(/\.$/, '').toLowerCase(), type: asked.type };
  if (me.probe !== '' && question.name === me.probe) {
    io.log(
      `[FATAL] plugin/loop: Loop (${String(event['fromIp'])}:53 -> :53) detected for zone ".", see https://coredns.io/plugins/loop#troubleshooting. Query: "HINFO ${me.probe}."`,
    );
    io.exit(1);
    return;
  }
  const block = blockFor(me.blocks, question.name);
  if (block === undefined) {
    io.reply(call, { code: 'REFUSED', authoritative: false, answers: [] });
    return;
  }
  const answer = ownAnswer(me, block, rewritten(block, question));
  if (answer !== undefined) {
    log(block, io, event, question, answer);
    io.reply(call, balanced(block, io, answer));
    return;
  }
  forward(me, io, block, call, question);
}

/** From the plugins that know names themselves; undefined = pass it on. */
function ownAnswer(me: CoreDns, block: ServerBlock, question: DnsQuestion): DnsAnswer | undefined {
  const hosts = block.plugins.get('hosts')?.options ?? [];
  const addresses = hosts
    .filter(([ip = '', ...names]) => /^[\d.]+$/.test(ip) && names.includes(question.name))
    .map(([ip = '']) => ip);
  if (addresses.length > 0 && question.type === 'A')
    return {
      code: 'NOERROR',
      authoritative: true,
      answers: addresses.map((data) => ({ name: question.name, type: 'A', ttlSeconds: 3600, data })),
    };
  const kubernetes = block.plugins.get('kubernetes');
  if (kubernetes === undefined) return undefined;
  const zones = kubernetes.args.map((zone) => zone.replace(/\.$/, ''));
  const zone = zones.find((candidate) => isInZone(question.name, candidate));
  if (zone === undefined) return undefined;
  const settings = zoneOf(kubernetes, zones.find((candidate) => !candidate.endsWith('.arpa')) ?? zone);
  const answer = zone.endsWith('.arpa')
    ? answerReverse(viewOf(me), question, settings)
    : answerKubernetes(viewOf(me), question, settings);
  // Before it knows the cluster it must not say that a name does not exist.
  if (answer?.code === 'NXDOMAIN' && !informers.synced(me.caches)) return SERVER_FAILURE;
  return answer;
}

function zoneOf({ options }: PluginConfig, zone: string): KubernetesZone {
  const option = (name: string) => options.find(([first]) => first === name)?.[1];
  return {
    zone,
    ttlSeconds: Number(option('ttl') ?? 5),
    pods: option('pods') === 'insecure' ? 'insecure' : 'disabled',
  };
}

/** `rewrite name FROM TO` */
function rewritten(block: ServerBlock, question: DnsQuestion): DnsQuestion {
  const words = (block.plugins.get('rewrite')?.args ?? []).filter((word) => word !== 'stop' && word !== 'exact');
  if (words[0] !== 'name' || words[1]?.replace(/\.$/, '') !== question.name) return question;
  return { ...question, name: (words[2] ?? question.name).replace(/\.$/, '') };
}

/* ------------------------------------------------------------------ forwarding */

function forward(me: CoreDns, io: Io, block: ServerBlock, call: CallId, question: DnsQuestion): void {
  const left = upstreamsOf(block.plugins.get('forward'), io);
  if (left.length === 0) {
    io.log(
      `[ERROR] plugin/errors: 2 ${question.name}. ${question.type}: plugin/loop: no next plugin found`.replace(
        'plugin/loop: ',
        '',
      ),
    );
    io.reply(call, SERVER_FAILURE);
    return;
  }
  const id = me.nextForward++;
  me.forwarded.set(id, { call, question, left });
  next(me, io, id);
}

function next(me: CoreDns, io: Io, id: number): void {
  const waiting = me.forwarded.get(id);
  const upstream = waiting?.left.shift();
  if (waiting === undefined || upstream === undefined) return;
  io.request(upstream, waiting.question, { tag: { forward: id }, timeoutMs: UPSTREAM_TIMEOUT_MS, protocol: 'udp' });
}

function answered(me: CoreDns, io: Io, event: KernelEvent): void {
  const tag = event['tag'] as { readonly forward?: number } | undefined;
  const id = tag?.forward;
  const waiting = id === undefined ? undefined : me.forwarded.get(id);
  if (id === undefined || waiting === undefined) return;
  if (event['ok'] !== true && waiting.left.length > 0) {
    next(me, io, id);
    return;
  }
  me.forwarded.delete(id);
  const { question, call } = waiting;
  if (event['ok'] !== true)
    io.log(`[ERROR] plugin/errors: 2 ${question.name}. ${question.type}: ${String(event['error'])}`);
  if (io.isOpen(call)) io.reply(call, event['ok'] === true ? (event['body'] as DnsAnswer) : SERVER_FAILURE);
}

/** `forward . 10.1.2.3` or `forward . /etc/resolv.conf` */
function upstreamsOf(config: PluginConfig | undefined, io: Io): string[] {
  const result: string[] = [];
  for (const word of config?.args.slice(1) ?? []) {
    if (word.startsWith('/')) {
      for (const match of (io.readFile(word) ?? '').matchAll(/^nameserver\s+(\S+)/gm)) result.push(`${match[1]}:53`);
    } else {
      const address = word.replace(/^(dns|tls):\/\//, '');
      result.push(address.includes(':') ? address : `${address}:53`);
    }
  }
  return result;
}

/* ------------------------------------------------------------------ small things */

/** `loadbalance`: the order of addresses changes from answer to answer. */
function balanced(block: ServerBlock, io: Io, answer: DnsAnswer): DnsAnswer {
  if (answer.answers.length < 2 || !block.plugins.has('loadbalance')) return answer;
  const answers: DnsRecord[] = [...answer.answers];
  for (let i = answers.length - 1; i > 0; i--) {
    const j = Math.floor(io.random() * (i + 1));
    [answers[i], answers[j]] = [answers[j]!, answers[i]!];
  }
  return { ...answer, answers };
}

function log(block: ServerBlock, io: Io, event: KernelEvent, { name, type }: DnsQuestion, { code }: DnsAnswer): void {
  if (!block.plugins.has('log')) return;
  io.log(
    `[INFO] ${String(event['fromIp'])}:0 - 1 "${type} IN ${name}. udp ${name.length + 18} false 512" ${code} qr,aa,rd ${2 * name.length + 30} 0.000100000s`,
  );
}

function http(body: unknown, path: string, text: string): AppResponse {
  const asked = typeof body === 'object' && body !== null && 'path' in body ? String((body as AppRequest).path) : '';
  return asked.split('?')[0] === path ? { status: 200, body: text } : { status: 404, body: '404 page not found\n' };
}

function plugin(me: CoreDns, name: string): PluginConfig | undefined {
  for (const { plugins } of me.blocks) if (plugins.has(name)) return plugins.get(name);
  return undefined;
}

function optionsText(me: CoreDns, name: string): string {
  return (plugin(me, name)?.options ?? []).map((words) => words.join(' ')).join('\n');
}

function viewOf({ caches }: CoreDns): DnsView {
  return {
    namespaceExists: (name) => caches.namespaces.objects.has(name),
    service: (key) => caches.services.objects.get(key) as Service | undefined,
    slices: (service) => indexed(caches.endpointslices, 'service', service) as EndpointSlice[],
    serviceWithIp: (ip) => indexed(caches.services, 'ip', ip)[0] as Service | undefined,
    slicesWithIp: (ip) => indexed(caches.endpointslices, 'ip', ip) as EndpointSlice[],
  };
}

function clusterIps({ spec }: Service): readonly string[] {
  return spec.clusterIP === undefined || spec.clusterIP === 'None' || spec.clusterIP === '' ? [] : [spec.clusterIP];
}

function serviceOf({ metadata }: EndpointSlice): readonly string[] {
  const name = metadata.labels?.['kubernetes.io/service-name'];
  return name === undefined ? [] : [`${metadata.namespace}/${name}`];
}

function addressesOf({ endpoints }: EndpointSlice): readonly string[] {
  return (endpoints ?? []).flatMap(({ addresses }) => addresses);
}
