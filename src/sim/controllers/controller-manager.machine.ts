/**
 * kube-controller-manager: waits for the Lease, fills its caches, then keeps reconciling what its watches tell it.
 * Models cmd/kube-controller-manager and the loops of pkg/controller. A lost Lease ends the process, as in the real one.
 */
import { setup } from 'xstate';
import { type ApiClient, apiClientEvent, configFromKubeconfig, createApiClient } from '../client/api-client.ts';
import { createEventRecorder, type EventRecorder, eventRecorderEvent } from '../client/event-recorder.ts';
import { flagBool, flagInt, flagList, flagMs, flagText, type ParsedFlags, parseFlags } from '../client/flags.ts';
import type { Delta, InformerSet } from '../client/informer.ts';
import { klog } from '../client/klog.ts';
import { createElection, type Election, electionEvent, startElection } from '../client/leader-election.ts';
import { add, createWorkQueue, WORK_DUE, type WorkQueue } from '../client/work-queue.ts';
import type { CallId, Io } from '../kernel/io.ts';
import type { Program } from '../kernel/kernel.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { type Context, givenByKernel } from '../kernel/run-machine.ts';
import { MILLISECOND } from '../kernel/units.ts';
import type { Controller, Failure } from './controller.ts';
import { controllers } from './controllers.ts';
import { controllerManagerFlags } from './flags.ts';
import { identityEvent, startIdentities } from './identities.ts';
import { type InFlight, pump, seen, type Unseen, viewOf, writeAnswered } from './reconciling.ts';
import { type ResourceName, resourceNames, resources } from './resources.ts';

export interface ControllerManager {
  readonly args: readonly string[];
  flags: ParsedFlags | undefined;
  client: ApiClient | undefined;
  election: Election | undefined;
  readonly caches: InformerSet<ResourceName>;
  /** Clients by ServiceAccount, see identities.ts. */
  readonly identities: Map<string, ApiClient>;
  /** By controller name; only those that --controllers asks for. */
  readonly queues: Map<string, WorkQueue>;
  readonly own: Map<string, unknown>;
  readonly recorders: Map<string, EventRecorder>;
  /** `controller|key` → the writes of its last reconcile that are still going on. */
  readonly inFlight: Map<string, InFlight>;
  readonly unseen: Unseen;
  /** `controller|key` → names in `unseen` that it waits for. */
  readonly waitingFor: Map<string, Set<string>>;
  /** `controller|key` → how its last look failed; it is due again. */
  readonly failures: Map<string, Failure>;
  /** `controller|key` of what waits for more changes to come, see Controller.delayMs. */
  readonly delayed: Set<string>;
  /** Keys that came up while they were waiting. */
  readonly blocked: Set<string>;
}

type Ctx = Context<ControllerManager, Io>;
type Args = { context: Ctx; event: KernelEvent };
type Events = KernelEvent;

const PERIOD = 'CONTROLLER_PERIOD';
const HEALTH_PORT = 10_257;

const watchers = new Map<ResourceName, readonly Controller[]>(
  resourceNames.map((resource) => [
    resource,
    controllers.filter((controller) => controller.watches.includes(resource)),
  ]),
);

export const controllerManagerMachine = setup({
  types: {} as { context: Ctx; events: Events },
  actions: {
    readFlags,
    startElecting: ({ context }) => {
      const { me, io } = context;
      if (me.election === undefined || me.client === undefined) return;
      klog(
        io,
        'I',
        'leaderelection.go:258',
        `"Attempting to acquire leader lease..." lock="kube-system/${me.election.name}"`,
      );
      startElection(me.election, me.client, io);
    },
    fillCaches: ({ context: { me, io } }) => {
      klog(
        io,
        'I',
        'leaderelection.go:272',
        `"Successfully acquired lease" lock="kube-system/kube-controller-manager"`,
      );
      if (me.client !== undefined) resources.start(me.caches, me.client, io);
      startIdentities(me, io);
    },
    startPeriods: ({ context: { me, io } }) => {
      for (const controller of running(me)) if (controller.every !== undefined) period(controller, me, io);
      pump(me, io);
    },
    work,
    stop: ({ context: { io } }) => io.exit(0),
    leaderLost: ({ context: { io } }) => {
      klog(io, 'E', 'leaderelection.go:340', '"Leader election lost" err="leaderelection lost"');
      io.exit(1);
    },
  },
  guards: {
    electing: ({ context }) => context.me.election !== undefined,
    started: ({ context }) => context.me.client !== undefined,
    synced: ({ context }) => resources.synced(context.me.caches),
  },
}).createMachine({
  id: 'kube-controller-manager',
  context: givenByKernel,
  initial: 'starting',
  states: {
    starting: {
      entry: 'readFlags',
      always: [
        {
          guard: ({ context }) => context.me.client !== undefined && context.me.election !== undefined,
          target: 'standby',
        },
        { guard: 'started', target: 'syncing' },
      ],
    },
    /** Another instance holds the Lease. */
    standby: {
      entry: 'startElecting',
      on: { LEADER_ELECTED: 'syncing', SIGTERM: { actions: 'stop' }, '*': { actions: 'work' } },
    },
    /** Leader; the first lists are under way. */
    syncing: {
      entry: 'fillCaches',
      always: { guard: 'synced', target: 'running' },
      on: { LEADER_LOST: { actions: 'leaderLost' }, SIGTERM: { actions: 'stop' }, '*': { actions: 'work' } },
    },
    running: {
      entry: 'startPeriods',
      on: { LEADER_LOST: { actions: 'leaderLost' }, SIGTERM: { actions: 'stop' }, '*': { actions: 'work' } },
    },
  },
});

export const controllerManagerProgram: Program = {
  name: 'kube-controller-manager',
  machine: controllerManagerMachine,
  init: (start): ControllerManager => ({
    args: start.args,
    flags: undefined,
    client: undefined,
    election: undefined,
    caches: resources.create(),
    identities: new Map(),
    queues: new Map(),
    own: new Map(),
    recorders: new Map(),
    inFlight: new Map(),
    unseen: new Map(),
    waitingFor: new Map(),
    failures: new Map(),
    delayed: new Set(),
    blocked: new Set(),
  }),
};

function readFlags({ context: { me, io } }: Args): void {
  const parsed = parseFlags(controllerManagerFlags, me.args);
  if (!parsed.ok) {
    die(io, parsed.error);
    return;
  }
  const { flags } = parsed;
  me.flags = flags;
  for (const name of ['client-ca-file', 'root-ca-file', 'service-account-private-key-file']) {
    const path = flagText(flags, name);
    if (path !== '' && io.readFile(path) === undefined) {
      die(io, `open ${path}: no such file or directory`);
      return;
    }
  }
  const path = flagText(flags, 'kubeconfig');
  const config = configFromKubeconfig(io.readFile(path), path, 'kube-controller-manager');
  if (!config.ok) {
    die(io, config.error);
    return;
  }
  io.listen(HEALTH_PORT, { ip: '127.0.0.1' });
  for (const controller of wanted(flags)) {
    me.queues.set(controller.name, createWorkQueue(controller.name));
    me.recorders.set(controller.name, createEventRecorder(controller.eventSource ?? controller.name));
    if (controller.createOwn !== undefined) me.own.set(controller.name, controller.createOwn());
  }
  me.client = createApiClient(config.config, flagInt(flags, 'kube-api-qps'), flagInt(flags, 'kube-api-burst'));
  if (flagBool(flags, 'leader-elect')) {
    const id = `${io.host}_${Math.floor(io.random() * 0xffffffff)
      .toString(16)
      .padStart(8, '0')}`;
    me.election = createElection(
      'kube-controller-manager',
      id,
      flagMs(flags, 'leader-elect-lease-duration'),
      flagMs(flags, 'leader-elect-renew-deadline'),
      flagMs(flags, 'leader-elect-retry-period'),
    );
  }
}

function die(io: Io, error: string): void {
  io.log(`Error: ${error}`);
  io.exit(1);
}

/** `*` = all that are on by default, `foo` = also foo, `-foo` = not foo. */
function wanted(flags: ParsedFlags): Controller[] {
  const list = flagList(flags, 'controllers');
  return controllers.filter(({ name, onlyWhenNamed }) => {
    const names = [name, ...(ALIASES[name] ?? [])];
    if (names.some((known) => list.includes(`-${known}`))) return false;
    if (names.some((known) => list.includes(known))) return true;
    return onlyWhenNamed !== true && (list.includes('*') || list.length === 0);
  });
}

/** Names that controllers had before v1.28. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  'serviceaccount-controller': ['serviceaccount'],
  'replicaset-controller': ['replicaset'],
  'replicationcontroller-controller': ['replicationcontroller'],
  'deployment-controller': ['deployment'],
  'daemonset-controller': ['daemonset'],
  'statefulset-controller': ['statefulset'],
  'job-controller': ['job'],
  'cronjob-controller': ['cronjob'],
  'disruption-controller': ['disruption'],
  'endpoints-controller': ['endpoint'],
  'endpointslice-controller': ['endpointslice'],
  'endpointslice-mirroring-controller': ['endpointslicemirroring'],
  'garbage-collector-controller': ['garbagecollector'],
  'horizontal-pod-autoscaler-controller': ['horizontalpodautoscaling'],
  'namespace-controller': ['namespace'],
  'node-ipam-controller': ['nodeipam'],
  'node-lifecycle-controller': ['nodelifecycle'],
  'persistentvolume-binder-controller': ['persistentvolume-binder'],
  'pod-garbage-collector-controller': ['podgc'],
  'resourcequota-controller': ['resourcequota'],
  'root-ca-certificate-publisher-controller': ['root-ca-cert-publisher'],
  'certificatesigningrequest-approving-controller': ['csrapproving'],
  'certificatesigningrequest-signing-controller': ['csrsigning'],
  'certificatesigningrequest-cleaner-controller': ['csrcleaner'],
  'clusterrole-aggregation-controller': ['clusterrole-aggregation'],
  'bootstrap-signer-controller': ['bootstrapsigner'],
  'token-cleaner-controller': ['tokencleaner'],
  'ttl-after-finished-controller': ['ttl-after-finished'],
  'persistentvolume-protection-controller': ['pv-protection'],
  'persistentvolumeclaim-protection-controller': ['pvc-protection'],
};

function running(me: ControllerManager): Controller[] {
  return controllers.filter((controller) => me.queues.has(controller.name));
}

/** Everything that is not a change of state: answers, watch events, timers; then whatever has become ready is reconciled. */
function work({ context: { me, io }, event }: Args): void {
  const { client, election } = me;
  if (event.type === 'REQUEST') io.reply(event['call'] as CallId, { status: 200, body: 'ok' });
  if (client === undefined) return;
  if (apiClientEvent(client, io, event)) return;
  if (identityEvent(me, io, event)) {
    if (resources.synced(me.caches)) pump(me, io);
    return;
  }
  if (election !== undefined && electionEvent(election, client, io, event)) return;
  const changed = (resource: ResourceName, delta: Delta) => {
    seen(me, resource, delta);
    for (const controller of watchers.get(resource)!) {
      const queue = me.queues.get(controller.name);
      if (queue === undefined) continue;
      const view = viewOf(me, io, controller);
      const keys = controller.keysOf(resource, delta, view);
      if (keys.length === 0) continue;
      for (const key of keys) {
        const delayMs = controller.delayMs?.(resource, key, view) ?? 0;
        if (delayMs > 0) addLater(me, io, controller.name, key, delayMs);
        else add(queue, key);
      }
    }
  };
  if (!resources.event(me.caches, client, io, event, changed) && !answered(me, io, event)) {
    if (event.type === WORK_DUE) {
      const [queue, key] = [me.queues.get(event['queue'] as string), event['key'] as string];
      if (event['batch'] === true) me.delayed.delete(`${event['queue']}|${key}`);
      if (queue !== undefined) add(queue, key);
    } else if (event.type === PERIOD) {
      const controller = controllers.find(({ name }) => name === event['controller']);
      if (controller !== undefined) period(controller, me, io);
    }
  }
  if (resources.synced(me.caches)) pump(me, io);
}

/** The first change decides when; later ones join it. */
function addLater(me: ControllerManager, io: Io, queue: string, key: string, delayMs: number): void {
  const id = `${queue}|${key}`;
  if (me.delayed.has(id)) return;
  me.delayed.add(id);
  io.setTimer(`batch:${id}`, delayMs * MILLISECOND, { type: WORK_DUE, queue, key, batch: true });
}

function answered(me: ControllerManager, io: Io, event: KernelEvent): boolean {
  if (writeAnswered(me, io, event)) return true;
  let known = false;
  for (const recorder of me.recorders.values()) if (eventRecorderEvent(recorder, event)) known = true;
  return known;
}

function period(controller: Controller, me: ControllerManager, io: Io): void {
  const { every } = controller;
  const queue = me.queues.get(controller.name);
  if (every === undefined || queue === undefined) return;
  for (const key of every.keys(viewOf(me, io, controller))) add(queue, key);
  const flagged = every.flag === undefined || me.flags === undefined ? 0 : flagMs(me.flags, every.flag);
  const periodMs = flagged > 0 ? flagged : every.periodMs;
  io.setTimer(`period:${controller.name}`, periodMs * MILLISECOND, { type: PERIOD, controller: controller.name });
}
