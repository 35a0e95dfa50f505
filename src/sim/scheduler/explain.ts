/**
 * Why a pod would go where it goes: every filter and every score of every node, as `schedule -o json` prints it.
 * Pure: a snapshot of objects in, a table out. Objects are taken as they are; nothing is validated or defaulted.
 */
import type { KubeObject, Node, Pod } from '../api/types.ts';
import { type ClusterCache, newClusterCache, nominate, putNode, putPod } from './cluster-cache.ts';
import { DEFAULT_SCHEDULER_NAME, type Profile, type SchedulerConfiguration } from './configuration.ts';
import { filterNode, runPreFilter } from './filtering.ts';
import type { Cycle } from './framework.ts';
import { newPodInfo, type PodInfo } from './node-info.ts';
import { isCachedKind, putObject } from './object-cache.ts';
import { pluginsOf } from './profile-plugins.ts';
import { type Decision, schedulePod } from './schedule-pod.ts';

export interface Explanation {
  /** `namespace/name` */
  readonly pod: string;
  /** Where it would go; '' = nowhere. With several best nodes, the first of them. */
  readonly node: string;
  /** Node → plugin → true or its reasons; plugins after the first that says no are not asked. */
  readonly filters: Readonly<Record<string, Readonly<Record<string, true | readonly string[]>>>>;
  /** Feasible node → plugin → score times weight. */
  readonly scores: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly totals: Readonly<Record<string, number>>;
  /** The nodes with the highest total: the scheduler takes any of them. */
  readonly best: readonly string[];
  /** The FailedScheduling message; '' when the pod fits. */
  readonly message: string;
  /** The node on which preemption would make room; '' = none. */
  readonly nominatedNode: string;
  /** `namespace/name` of the pods that would have to go. */
  readonly victims: readonly string[];
}

/** Builds the scheduler's memory from objects: Nodes, Pods (with `nodeName`: on that node) and whatever plugins look up. */
export function snapshotOf(objects: readonly KubeObject[]): ClusterCache {
  const cache = newClusterCache();
  for (const object of objects) if (isNode(object)) putNode(cache, object);
  for (const object of objects) {
    if (isPod(object)) {
      const info = newPodInfo(object);
      if (object.spec.nodeName && !isFinished(object)) putPod(cache, info, object.spec.nodeName);
      else if (object.status?.nominatedNodeName) nominate(cache, info, object.status.nominatedNodeName);
    } else if (isCachedKind(object.kind)) {
      putObject(cache.objects, object.kind, object);
    }
  }
  return cache;
}

/**
 * @param snapshot made by `snapshotOf`; the pod itself need not be in it
 * @param now RFC 3339; counts for victims that have not started yet
 */
export function explain(
  pod: Pod,
  snapshot: ClusterCache,
  configuration: SchedulerConfiguration,
  now = '2026-01-01T09:00:00Z',
): Explanation {
  const info = newPodInfo(pod);
  const cycle: Cycle = { cluster: snapshot, gates: configuration.gates, now, random: () => 0 };
  const profile = profileFor(pod, configuration);
  if (profile === undefined) {
    const message = `no scheduler profile is named "${pod.spec.schedulerName ?? DEFAULT_SCHEDULER_NAME}"`;
    return { ...describe(info, emptyDecision, {}), message };
  }
  const gated = pluginsOf(profile)
    .preEnqueue.map((plugin) => plugin.preEnqueue?.(info))
    .find((status) => status !== undefined);
  if (gated !== undefined) return { ...describe(info, emptyDecision, {}), message: gated.reasons.join(', ') };
  const decision = schedulePod(profile, cycle, info, { startIndex: 0, enough: snapshot.nodes.size, scoreAlways: true });
  return describe(info, decision, filterTable(profile, cycle, info, decision));
}

/** Node → plugin → answer, for every node. */
export function filterTable(profile: Profile, cycle: Cycle, pod: PodInfo, decision: Decision): Explanation['filters'] {
  const plugins = pluginsOf(profile);
  const table: Record<string, Record<string, true | readonly string[]>> = {};
  const preparation = runPreFilter(plugins, cycle, pod);
  for (const node of cycle.cluster.nodes.values()) {
    const row: Record<string, true | readonly string[]> = {};
    const { rejection } = preparation;
    if (rejection !== undefined) {
      row[rejection.plugin || preparation.narrowedBy[0] || 'PreFilter'] = rejection.reasons;
    } else {
      const status = decision.statuses.get(node.name) ?? filterNode(plugins, cycle, pod, node, preparation);
      for (const name of decision.filters) {
        if (name !== status?.plugin) row[name] = true;
        else {
          row[name] = status.reasons;
          break;
        }
      }
    }
    table[node.name] = row;
  }
  return table;
}

const emptyDecision = { node: '', scores: undefined, message: '', nominatedNode: '', victims: [] };

function describe(
  pod: PodInfo,
  decision: Pick<Decision, 'node' | 'scores' | 'message' | 'nominatedNode' | 'victims'>,
  filters: Explanation['filters'],
): Explanation {
  const scores: Record<string, Record<string, number>> = {};
  const totals: Record<string, number> = {};
  for (const [node, row] of decision.scores?.byNode ?? []) {
    const own: Record<string, number> = {};
    decision.scores?.plugins.forEach((plugin, i) => {
      own[plugin] = row[i] ?? 0;
    });
    scores[node] = own;
    totals[node] = decision.scores?.totals.get(node) ?? 0;
  }
  return {
    pod: pod.name,
    node: decision.node,
    filters,
    scores,
    totals,
    best: decision.scores?.best ?? [],
    message: decision.message,
    nominatedNode: decision.nominatedNode ?? '',
    victims: decision.victims.map((victim) => victim.name),
  };
}

function profileFor(pod: Pod, configuration: SchedulerConfiguration): Profile | undefined {
  const wanted = pod.spec.schedulerName ?? DEFAULT_SCHEDULER_NAME;
  const named = configuration.profiles.find(({ schedulerName }) => schedulerName === wanted);
  if (named !== undefined || pod.spec.schedulerName !== undefined) return named;
  return configuration.profiles[0];
}

function isNode(object: KubeObject): object is Node {
  return object.kind === 'Node';
}

function isPod(object: KubeObject): object is Pod {
  return object.kind === 'Pod';
}

function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}
