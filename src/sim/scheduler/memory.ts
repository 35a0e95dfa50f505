/** The scheduler's memory between two events. Plain data. */

import { formatTime } from '../api/time.ts';
import type { ObjectReference } from '../api/types.ts';
import type { ApiClient } from '../client/api-client.ts';
import type { EventRecorder } from '../client/event-recorder.ts';
import type { ParsedFlags } from '../client/flags.ts';
import type { InformerSet } from '../client/informer.ts';
import type { Election } from '../client/leader-election.ts';
import type { Io } from '../kernel/io.ts';
import type { Us } from '../kernel/units.ts';
import type { ClusterCache } from './cluster-cache.ts';
import type { ClusterEvent } from './cluster-events.ts';
import { DEFAULT_SCHEDULER_NAME, type Profile, type SchedulerConfiguration } from './configuration.ts';
import type { DecisionRecord } from './decision-record.ts';
import type { Cycle } from './framework.ts';
import type { PodInfo } from './node-info.ts';
import { pluginsOf } from './profile-plugins.ts';
import type { Decision } from './schedule-pod.ts';
import type { QueueContext, QueuedPod, SchedulingQueue } from './scheduling-queue.ts';

/** What is known once flags and configuration have been read. */
export interface Settings {
  readonly flags: ParsedFlags;
  readonly configuration: SchedulerConfiguration;
}

/** The pod whose scheduling cycle is under way. */
export interface InFlight {
  readonly pod: QueuedPod;
  readonly decision: Decision | undefined;
  /** What has happened in the cluster since the cycle began. */
  readonly events: ClusterEvent[];
}

/** A pod that has its node and is being bound; many at a time. */
export interface BindingCycle {
  readonly pod: QueuedPod;
  readonly node: string;
  /** Claims that must be bound first: `namespace/name`. */
  readonly claims: readonly string[];
  /** Writes to volumes and claims that have not been answered. */
  pendingWrites: number;
  phase: 'PreBind' | 'Bind';
}

/** Victims on their way out for a pod that waits for their place. */
export interface Preemption {
  readonly node: string;
  readonly schedulerName: string;
  /** By key, until their deletion has been accepted. */
  readonly victims: Map<string, ObjectReference>;
}

export interface Scheduler {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  settings: Settings | undefined;
  /** Rate-limited as --kube-api-qps says: bindings and status. */
  client: ApiClient | undefined;
  /** Not limited: the Lease, watches, events. */
  freeClient: ApiClient | undefined;
  election: Election | undefined;
  readonly caches: InformerSet;
  readonly cluster: ClusterCache;
  queue: SchedulingQueue;
  current: InFlight | undefined;
  readonly assumed: Set<string>;
  readonly bindings: Map<string, BindingCycle>;
  readonly preemptions: Map<string, Preemption>;
  /** By scheduler name. */
  readonly recorders: Map<string, EventRecorder>;
  /** Where the next search for nodes begins. */
  startIndex: number;
  /** When the back-off timer is due; 0 = not set. */
  backoffTimerUs: Us;
  flushTimerIsSet: boolean;
  /** The last decisions, oldest first; bounded. */
  readonly decisions: DecisionRecord[];
  readonly counts: { attempts: number; scheduled: number; unschedulable: number; errors: number };
}

export function cycleOf(me: Scheduler, io: Io): Cycle {
  const { settings } = me;
  if (settings === undefined) throw new Error('the scheduler has not started');
  return {
    cluster: me.cluster,
    gates: settings.configuration.gates,
    now: formatTime(io.wallMs()),
    random: (below) => Math.floor(io.random() * below),
  };
}

/** The profile that is responsible for a pod; undefined when it is another scheduler's. */
export function profileOf(me: Scheduler, pod: PodInfo): Profile | undefined {
  const name = pod.pod.spec.schedulerName ?? DEFAULT_SCHEDULER_NAME;
  return me.settings?.configuration.profiles.find(({ schedulerName }) => schedulerName === name);
}

export function queueContext(me: Scheduler, io: Io): QueueContext {
  const pluginsFor = (pod: PodInfo) => {
    const profile = profileOf(me, pod);
    if (profile === undefined) throw new Error(`pod ${pod.name} is not ours`);
    return pluginsOf(profile);
  };
  return {
    nowUs: io.now,
    cycle: cycleOf(me, io),
    pluginsFor,
    gateOf(pod) {
      for (const plugin of pluginsFor(pod).preEnqueue) {
        if (plugin.preEnqueue?.(pod) !== undefined) return plugin.name;
        // While its victims are still being deleted, another try would only find more.
        if (plugin.name === 'DefaultPreemption' && me.preemptions.has(pod.key)) return plugin.name;
      }
      return '';
    },
  };
}
