/**
 * kube-scheduler: waits for the Lease, then gives one pod after the other a node: filters (the slides' *predicates*), scores
 * (*priorities*), assumes and binds; or preempts and says why nothing fits. Models cmd/kube-scheduler and pkg/scheduler.
 */
import { setup } from 'xstate';
import { apiClientEvent, readReply } from '../client/api-client.ts';
import { eventRecorderEvent, recordEvent, referenceTo } from '../client/event-recorder.ts';
import { klog } from '../client/klog.ts';
import { electionEvent, startElection } from '../client/leader-election.ts';
import type { Io } from '../kernel/io.ts';
import type { Program } from '../kernel/kernel.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { type Context, givenByKernel } from '../kernel/run-machine.ts';
import { SECOND } from '../kernel/units.ts';
import { assumeAndBind, BIND_TIMEOUT, type BindTag, bindingAnswered, bindTimedOut, claimChanged } from './binding.ts';
import { informers } from './caches.ts';
import { newClusterCache } from './cluster-cache.ts';
import { recordDecision } from './decision-record.ts';
import { handleDelta } from './event-handlers.ts';
import { failScheduling, preempt, type VictimTag, victimAnswered } from './failing.ts';
import { cycleOf, profileOf, queueContext, type Scheduler } from './memory.ts';
import { numFeasibleNodesToFind, schedulePod } from './schedule-pod.ts';
import { FLUSH_PERIOD, flushBackoff, flushLeftovers, hasPod, newSchedulingQueue, takePod } from './scheduling-queue.ts';
import { answerHealth, releaseLease } from './serving.ts';
import { startUp } from './startup.ts';

type Ctx = Context<Scheduler, Io>;
type Args = { context: Ctx; event: KernelEvent };

const BACKOFF_OVER = 'BACKOFF_OVER';
const FLUSH = 'FLUSH_UNSCHEDULABLE';
const LEASE_RELEASED = 'LEASE_RELEASED';

export const schedulerMachine = setup({
  types: {} as { context: Ctx; events: KernelEvent },
  actions: {
    readFlags: ({ context: { me, io } }) => startUp(me, io),
    fillCaches: ({ context: { me, io } }) => {
      klog(io, 'I', 'server.go:175', '"Starting Kubernetes Scheduler" version="v1.36.2"');
      if (me.freeClient !== undefined) informers.start(me.caches, me.freeClient, io);
    },
    startElecting: ({ context: { me, io } }) => {
      if (me.election === undefined || me.freeClient === undefined) return;
      const lock = `lock="${me.election.namespace}/${me.election.name}"`;
      klog(io, 'I', 'leaderelection.go:258', `"Attempting to acquire leader lease..." ${lock}`);
      startElection(me.election, me.freeClient, io);
    },
    elected: ({ context: { me, io } }) => {
      const lock = `lock="${me.election?.namespace}/${me.election?.name}"`;
      klog(io, 'I', 'leaderelection.go:272', `"Successfully acquired lease" ${lock}`);
    },
    leaderLost: ({ context: { io } }) => {
      klog(io, 'E', 'server.go:316', '"Leaderelection lost"');
      io.exit(1);
    },
    takeAndFilter,
    bind: ({ context: { me, io } }) => {
      const { current } = me;
      me.current = undefined;
      if (current?.decision !== undefined) assumeAndBind(me, io, current.pod, current.decision);
      setTimers(me, io);
    },
    giveUp,
    work,
    terminate: ({ context: { me, io } }) => {
      klog(io, 'I', 'server.go:313', '"Requested to terminate, exiting"');
      if (!releaseLease(me, io)) io.exit(0);
      else io.setTimer('release', SECOND, { type: LEASE_RELEASED });
    },
    exit: ({ context: { io } }) => io.exit(0),
  },
  guards: {
    hasStarted: ({ context: { me } }) => me.client !== undefined,
    isSynced: ({ context: { me } }) => informers.synced(me.caches),
    isSyncedAlone: ({ context: { me } }) => me.election === undefined && informers.synced(me.caches),
    hasPod: ({ context: { me } }) => hasPod(me.queue),
    nothingToDo: ({ context: { me } }) => me.current?.decision === undefined,
    fitsSomewhere: ({ context: { me } }) => me.current?.decision?.node !== '',
  },
  delays: {
    /** A quarter of a millisecond and some microseconds a node, in milliseconds. */
    filtering: ({ context: { me } }) => 0.25 + 0.003 * (me.current?.decision?.processed ?? 0),
    scoring: ({ context: { me } }) => 0.1 + 0.003 * (me.current?.decision?.feasible.length ?? 0),
  },
}).createMachine({
  id: 'kube-scheduler',
  context: givenByKernel,
  initial: 'starting',
  on: {
    LEADER_LOST: { actions: 'leaderLost' },
    SIGTERM: { actions: 'terminate' },
    [LEASE_RELEASED]: { actions: 'exit' },
    '*': { actions: 'work' },
  },
  states: {
    starting: { entry: 'readFlags', always: { guard: 'hasStarted', target: 'syncing' } },
    /** The first lists are under way. */
    syncing: {
      entry: 'fillCaches',
      always: [
        { guard: 'isSyncedAlone', target: 'idle' },
        { guard: 'isSynced', target: 'standby' },
      ],
    },
    /** Caches and queue are kept current, but another instance holds the Lease (or the API server does not answer). */
    standby: { entry: 'startElecting', on: { LEADER_ELECTED: { target: 'idle', actions: 'elected' } } },
    /** No pod to schedule. */
    idle: { always: { guard: 'hasPod', target: 'filtering' } },
    /** Predicates: which nodes could take the pod? */
    filtering: {
      entry: 'takeAndFilter',
      after: {
        filtering: [
          { guard: 'nothingToDo', target: 'idle' },
          { guard: 'fitsSomewhere', target: 'scoring' },
          { target: 'preempting' },
        ],
      },
    },
    /** Priorities: which of them is the best? */
    scoring: { after: { scoring: 'binding' } },
    /** The pod is assumed to be on its node; the API server is told, and meanwhile the next pod has its turn. */
    binding: { entry: 'bind', always: 'idle' },
    /** Nothing fits: victims are asked to go if that helps, and the pod goes back into the queue. */
    preempting: { entry: 'giveUp', always: 'idle' },
  },
});

export const schedulerProgram: Program = {
  name: 'kube-scheduler',
  machine: schedulerMachine,
  init: (start): Scheduler => ({
    args: start.args,
    env: start.env,
    settings: undefined,
    client: undefined,
    freeClient: undefined,
    election: undefined,
    caches: informers.create(),
    cluster: newClusterCache(),
    queue: newSchedulingQueue(SECOND, 10 * SECOND, 300 * SECOND),
    current: undefined,
    assumed: new Set(),
    bindings: new Map(),
    preemptions: new Map(),
    recorders: new Map(),
    startIndex: 0,
    backoffTimerUs: 0,
    flushTimerIsSet: false,
    decisions: [],
    counts: { attempts: 0, scheduled: 0, unschedulable: 0, errors: 0 },
  }),
};

/** One scheduling decision, as of now; what follows only carries it out. */
function takeAndFilter({ context: { me, io } }: Args): void {
  const pod = takePod(me.queue);
  me.current = undefined;
  const profile = pod === undefined ? undefined : profileOf(me, pod.info);
  if (pod === undefined || profile === undefined || me.settings === undefined) return;
  if (me.assumed.has(pod.key)) return;
  if (pod.info.pod.metadata.deletionTimestamp) {
    const recorder = me.recorders.get(profile.schedulerName);
    const text = `skip schedule deleting pod: ${pod.info.name}`;
    if (recorder === undefined || me.freeClient === undefined) return;
    recordEvent(recorder, me.freeClient, io, referenceTo(pod.info.pod), 'Warning', 'FailedScheduling', text);
    return;
  }
  const nodeCount = me.cluster.nodes.size;
  const percentage = profile.percentageOfNodesToScore ?? me.settings.configuration.percentageOfNodesToScore;
  const search = { startIndex: me.startIndex, enough: numFeasibleNodesToFind(nodeCount, percentage) };
  const decision = schedulePod(profile, cycleOf(me, io), pod.info, search);
  me.counts.attempts++;
  if (nodeCount > 0) me.startIndex = (me.startIndex + decision.processed) % nodeCount;
  recordDecision(me.decisions, io.now, pod, decision);
  me.current = { pod, decision, events: [] };
}

function giveUp({ context: { me, io } }: Args): void {
  const { current } = me;
  me.current = undefined;
  if (current?.decision === undefined) return;
  const { pod, decision, events } = current;
  preempt(me, io, pod.info, decision);
  failScheduling(me, io, pod, {
    message: decision.message,
    reason: decision.reason === 'SchedulerError' ? 'SchedulerError' : 'Unschedulable',
    rejectors: [...decision.rejectors],
    nominatedNode: decision.nominatedNode,
    meanwhile: events,
  });
  setTimers(me, io);
}

/** Everything that is not a change of state: answers, watch events, timers, probes. */
function work({ context: { me, io }, event }: Args): void {
  if (event.type === 'REQUEST') {
    answerHealth(me, io, event);
    return;
  }
  const { client, freeClient, election } = me;
  if (client === undefined || freeClient === undefined || apiClientEvent(client, io, event)) return;
  if (election !== undefined && electionEvent(election, freeClient, io, event)) return;
  const handled = informers.event(me.caches, freeClient, io, event, (name, delta) => {
    handleDelta(me, io, name, delta);
    if (name === 'persistentvolumeclaims') claimChanged(me, io, delta.key);
  });
  if (!handled) answered(me, io, event);
  setTimers(me, io);
}

function answered(me: Scheduler, io: Io, event: KernelEvent): void {
  switch (event.type) {
    case 'REPLY': {
      for (const recorder of me.recorders.values()) if (eventRecorderEvent(recorder, event)) return;
      const tag = event['tag'] as BindTag | VictimTag | { readonly scheduler?: 'status' | 'release' } | undefined;
      switch (tag?.scheduler) {
        case 'bind':
        case 'volume':
          bindingAnswered(me, io, tag, readReply(event));
          return;
        case 'victim-condition':
        case 'victim-delete':
          victimAnswered(me, io, tag, readReply(event));
          return;
        case 'release':
          io.exit(0);
      }
      return;
    }
    case BIND_TIMEOUT:
      bindTimedOut(me, io, String(event['key']));
      return;
    case BACKOFF_OVER:
      me.backoffTimerUs = 0;
      return;
    case FLUSH:
      me.flushTimerIsSet = false;
      flushLeftovers(me.queue, queueContext(me, io));
  }
}

/** Pods whose back-off is over become active; timers run only while somebody waits for them. */
function setTimers(me: Scheduler, io: Io): void {
  const { queue } = me;
  if (queue.backoff.items.length > 0 || queue.errorBackoff.items.length > 0) {
    const next = flushBackoff(queue, io.now);
    if (next !== undefined && (me.backoffTimerUs === 0 || next < me.backoffTimerUs)) {
      me.backoffTimerUs = next;
      io.setTimer('backoff', next - io.now, { type: BACKOFF_OVER });
    }
  }
  if (queue.unschedulable.size > 0 && !me.flushTimerIsSet) {
    me.flushTimerIsSet = true;
    io.setTimer('flush', FLUSH_PERIOD, { type: FLUSH });
  }
}
