/**
 * kube-proxy in iptables mode: watches Services, EndpointSlices and its own Node, and writes the node's netfilter through
 * iptables-restore. When it dies the rules stay as they are. Models cmd/kube-proxy/app and pkg/proxy/iptables.
 */
import { setup } from 'xstate';
import type { EndpointSlice, Service } from '../api/types.ts';
import {
  type ApiClient,
  apiClientEvent,
  configFromKubeconfig,
  createApiClient,
  inClusterConfig,
} from '../client/api-client.ts';
import { flagBool, parseFlags } from '../client/flags.ts';
import type { Delta } from '../client/informer.ts';
import { klog } from '../client/klog.ts';
import type { Io } from '../kernel/io.ts';
import type { Program } from '../kernel/kernel.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { type Context, givenByKernel } from '../kernel/run-machine.ts';
import { MILLISECOND, SECOND } from '../kernel/units.ts';
import { readConfiguration } from './configuration.ts';
import { proxyFlags, RETIRED_FLAGS } from './flags.ts';
import { answerHealth, listenForHealth } from './health.ts';
import { informers, type KubeProxy, nodeOf, type ProxyInformer } from './memory.ts';
import { configOf } from './node-settings.ts';
import { deleteService, deleteSlice, newRuleSet, putService, putSlice, reconfigure } from './rules.ts';
import { cleanup, restored, SYNC, sync, wantSync } from './sync.ts';

type Ctx = Context<KubeProxy, Io>;
type Args = { context: Ctx; event: KernelEvent };

const CANARY = 'KUBE-PROXY-CANARY';
const CANARY_DUE = 'CANARY_DUE';
const FULL_SYNC_DUE = 'FULL_SYNC_DUE';
/** @source pkg/proxy/util/utils.go FullSyncPeriod */
const FULL_SYNC_US = 3_600 * SECOND;
/** How long it waits for its Node to have an address. */
const NODE_TIMEOUT_MS = 30_000;
const NOT_SIMULATED = 64;

/** What ends it in any state; a state's `*` would otherwise take these too. */
const ENDINGS = { SIGTERM: { actions: 'terminated' }, FILE_CHANGED: { actions: 'configurationChanged' } } as const;

export const proxyMachine = setup({
  types: {} as { context: Ctx; events: KernelEvent },
  actions: {
    readFlags,
    watchNode: ({ context: { me, io } }) => informers.start(me.caches, clientOf(me), io, ['nodes']),
    nodeTimedOut: ({ context: { me, io } }) => {
      const what = nodeOf(me) === undefined ? 'to exist' : 'to be assigned IPs';
      klog(io, 'E', 'node.go:130', `"Timed out waiting for node ${what}" node="${me.nodeName}"`);
    },
    createProxier,
    watchServices: ({ context: { me, io } }) => {
      klog(io, 'I', 'shared_informer.go:349', '"Waiting for caches to sync" controller="service config"');
      klog(io, 'I', 'shared_informer.go:349', '"Waiting for caches to sync" controller="endpoint slice config"');
      informers.start(me.caches, clientOf(me), io, ['services', 'endpointslices']);
    },
    firstSync: ({ context: { me, io } }) => {
      klog(io, 'I', 'shared_informer.go:356', '"Caches are synced" controller="service config"');
      klog(io, 'I', 'shared_informer.go:356', '"Caches are synced" controller="endpoint slice config"');
      io.setTimer(CANARY_DUE, (me.configuration?.syncPeriodMs ?? 0) * MILLISECOND, { type: CANARY_DUE });
      io.setTimer(FULL_SYNC_DUE, FULL_SYNC_US, { type: FULL_SYNC_DUE });
      sync(me, io);
    },
    cleanUp: ({ context: { me, io } }) => cleanup(me, io),
    cleanedUp: ({ context: { io }, event }) => io.exit(event['exitCode'] === 0 ? 0 : 1),
    work,
    syncNow: ({ context: { me, io } }) => sync(me, io),
    fullSync: ({ context: { me, io } }) => {
      io.setTimer(FULL_SYNC_DUE, FULL_SYNC_US, { type: FULL_SYNC_DUE });
      if (me.rules?.largeCluster === true) return;
      me.needFullSync = true;
      wantSync(me, io);
    },
    lookForCanary,
    processEnded,
    terminated: ({ context: { io } }) => io.exit(143),
    configurationChanged: ({ context: { io } }) => {
      klog(
        io,
        'E',
        'server.go:137',
        `"Error running ProxyServer" err="content of the proxy server's configuration file was updated"`,
      );
      io.log("Error: content of the proxy server's configuration file was updated");
      io.exit(1);
    },
  },
  guards: {
    cleaning: ({ context: { me } }) => me.cleanup,
    started: ({ context: { me } }) => me.client !== undefined,
    nodeHasAddress: ({ context: { me } }) =>
      (nodeOf(me)?.status?.addresses ?? []).some(({ type }) => type === 'InternalIP'),
    synced: ({ context: { me } }) => informers.synced(me.caches),
  },
}).createMachine({
  id: 'kube-proxy',
  context: givenByKernel,
  initial: 'starting',
  states: {
    starting: {
      entry: 'readFlags',
      always: [
        { guard: 'cleaning', target: 'cleaningUp' },
        { guard: 'started', target: 'waitingForNode' },
      ],
    },
    /** `--cleanup`: takes its rules out of the node and ends. */
    cleaningUp: { entry: 'cleanUp', on: { EXITED: { actions: 'cleanedUp' } } },
    waitingForNode: {
      entry: 'watchNode',
      always: { guard: 'nodeHasAddress', target: 'waitingForCaches' },
      after: { [NODE_TIMEOUT_MS]: { target: 'waitingForCaches', actions: 'nodeTimedOut' } },
      on: { ...ENDINGS, '*': { actions: 'work' } },
    },
    /** Nothing is written before both lists are known: half of the services would look as if they had no endpoints. */
    waitingForCaches: {
      entry: ['createProxier', 'watchServices'],
      always: { guard: 'synced', target: 'running' },
      on: { ...ENDINGS, '*': { actions: 'work' } },
    },
    running: {
      entry: 'firstSync',
      on: {
        [SYNC]: { actions: 'syncNow' },
        [FULL_SYNC_DUE]: { actions: 'fullSync' },
        [CANARY_DUE]: { actions: 'lookForCanary' },
        EXITED: { actions: 'processEnded' },
        ...ENDINGS,
        '*': { actions: 'work' },
      },
    },
  },
});

export const proxyProgram: Program = {
  name: 'kube-proxy',
  machine: proxyMachine,
  init: ({ args }): KubeProxy => ({
    args,
    configuration: undefined,
    cleanup: false,
    nodeName: '',
    client: undefined,
    caches: informers.create(),
    rules: undefined,
    needFullSync: true,
    dirty: true,
    restoring: false,
    restores: 0,
    lastSyncUs: -1,
    lastFullSyncUs: -1,
    queuedAtUs: -1,
    lastUpdatedMs: 0,
    udpChanged: false,
    healthPorts: new Map(),
  }),
};

function readFlags({ context: { me, io } }: Args): void {
  const parsed = parseFlags(proxyFlags, me.args);
  if (!parsed.ok) {
    const flag = /^unknown flag: --(\S+)$/.exec(parsed.error)?.[1];
    const instead = flag === undefined ? undefined : RETIRED_FLAGS[flag];
    if (instead !== undefined) io.note(instead);
    fail(io, parsed.error);
    return;
  }
  const { flags } = parsed;
  const path = flags.values.get('config') ?? '';
  if (path !== '') io.watchFiles(path);
  const read = readConfiguration(flags, (file) => io.readFile(file));
  if (!read.ok) {
    fail(io, read.error);
    return;
  }
  const { configuration } = read;
  me.configuration = configuration;
  me.nodeName = configuration.hostnameOverride === '' ? io.host : configuration.hostnameOverride;
  me.cleanup = flagBool(flags, 'cleanup');
  if (me.cleanup) return;
  if (configuration.mode === 'ipvs' || configuration.mode === 'nftables') {
    io.log(`not simulated: proxy mode ${configuration.mode}`);
    io.exit(NOT_SIMULATED);
    return;
  }
  const text = configuration.kubeconfig === '' ? undefined : io.readFile(configuration.kubeconfig);
  const config =
    configuration.kubeconfig === ''
      ? inClusterConfig(io, {}, 'kube-proxy')
      : configFromKubeconfig(text, configuration.kubeconfig, 'kube-proxy');
  if (!config.ok) {
    klog(io, 'E', 'server.go:137', `"Error running ProxyServer" err="${config.error}"`);
    fail(io, config.error);
    return;
  }
  const caFile = /certificate-authority:\s*(\S+)/.exec(text ?? '')?.[1];
  const ca = config.config.tls.ca ?? (caFile === undefined ? undefined : io.readFile(caFile));
  me.client = createApiClient(
    { ...config.config, tls: { ...config.config.tls, ca } },
    configuration.qps,
    configuration.burst,
  );
  me.caches.nodes.extraQuery = { fieldSelector: `metadata.name=${me.nodeName}` };
  listenForHealth(me, io);
}

function fail(io: Io, error: string): void {
  io.log(`Error: ${error}`);
  io.exit(1);
}

function clientOf(me: KubeProxy): ApiClient {
  if (me.client === undefined) throw new Error('kube-proxy runs without a client');
  return me.client;
}

function createProxier({ context: { me, io } }: Args): void {
  const config = configOf(me, io);
  klog(io, 'I', 'server.go:217', `"Successfully retrieved NodeIPs" NodeIPs=["${config.nodeIP}"]`);
  if (config.nodePortAddresses.length === 0)
    klog(
      io,
      'E',
      'server.go:254',
      '"Kube-proxy configuration may be incomplete or incorrect" err="nodePortAddresses is unset; NodePort connections will be accepted on all local IPs. Consider using `--nodeport-addresses primary`"',
    );
  klog(io, 'I', 'server.go:263', '"kube-proxy running in single-stack mode" ipFamily="IPv4"');
  klog(io, 'I', 'server_linux.go:132', '"Using iptables Proxier"');
  if (config.localDetector.by === 'none')
    klog(
      io,
      'I',
      'server_linux.go:305',
      '"Detect-local-mode set to ClusterCIDR, but no cluster CIDR specified for primary IP family" ipFamily="IPv4" clusterCIDRs=null',
    );
  me.rules = newRuleSet(config);
}

/** Whatever is not a change of state: watch events, health checks, API answers. */
function work({ context: { me, io }, event }: Args): void {
  const { client } = me;
  if (event.type === 'REQUEST') answerHealth(me, io, event);
  if (client === undefined || apiClientEvent(client, io, event)) return;
  let changed = false;
  const seen = (name: ProxyInformer, delta: Delta) => {
    changed = take(me, io, name, delta) || changed;
  };
  if (!informers.event(me.caches, client, io, event, seen)) return;
  if (changed && me.lastSyncUs >= 0) wantSync(me, io);
}

/** @returns whether the rules may have to change */
function take(me: KubeProxy, io: Io, name: ProxyInformer, { type, object }: Delta): boolean {
  const { rules } = me;
  if (rules === undefined) return false;
  switch (name) {
    case 'services':
      if (type === 'deleted') deleteService(rules, object as Service);
      else putService(rules, object as Service);
      return rules.pending.size > 0;
    case 'endpointslices': {
      const slice = object as EndpointSlice;
      if (type === 'deleted') deleteSlice(rules, slice);
      else putSlice(rules, slice);
      if ((slice.ports ?? []).some(({ protocol }) => protocol === 'UDP')) me.udpChanged = true;
      return rules.pending.size > 0;
    }
    case 'nodes': {
      const config = configOf(me, io);
      if (config.zone === rules.config.zone) return false;
      reconfigure(rules, config);
      me.needFullSync = true;
      return true;
    }
  }
}

/** Somebody may have flushed everything: as long as its own empty chain is there, nobody has. */
function lookForCanary({ context: { me, io } }: Args): void {
  io.setTimer(CANARY_DUE, (me.configuration?.syncPeriodMs ?? 0) * MILLISECOND, { type: CANARY_DUE });
  io.spawn({
    name: `${io.self.slice(io.host.length + 1)}/iptables`,
    program: 'iptables',
    args: ['-w', '-S', CANARY, '-t', 'mangle'],
    log: 'kube-proxy-canary',
    tag: 'canary',
  });
}

function processEnded({ context: { me, io }, event }: Args): void {
  if (event['tag'] !== 'canary') {
    restored(me, io, event);
    return;
  }
  io.removeLog('kube-proxy-canary');
  if (event['exitCode'] === 0 || me.restoring) return;
  klog(io, 'I', 'iptables.go:534', '"Iptables canary was deleted, reloading" table="mangle" chain="KUBE-PROXY-CANARY"');
  me.needFullSync = true;
  sync(me, io);
}
