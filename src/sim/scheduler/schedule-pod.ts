/**
 * One scheduling decision: filter, score, choose; or, when nothing fits, preempt and say why.
 * @source pkg/scheduler/schedule_one.go
 */
import { listNodes } from './cluster-cache.ts';
import type { Profile } from './configuration.ts';
import { failedCycle, filterNode, type Preparation, runPreFilter } from './filtering.ts';
import { fitErrorMessage } from './fit-error.ts';
import type { Cycle } from './framework.ts';
import type { NodeInfo, PodInfo } from './node-info.ts';
import { type ProfilePlugins, pluginsOf } from './profile-plugins.ts';
import { type Scores, scoreNodes } from './scoring.ts';
import { type Status, unresolvable } from './status.ts';

export interface Decision {
  /** The node that was chosen, or '' when there is none. */
  readonly node: string;
  /** The configured Filter plugins in order, and those that had nothing to say about this pod. */
  readonly filters: readonly string[];
  readonly skipped: ReadonlySet<string>;
  /** Why nodes were rejected; the first Filter plugin that says no decides. */
  readonly statuses: ReadonlyMap<string, Status>;
  readonly feasible: readonly string[];
  /** Absent when fewer than two nodes were feasible: nothing to compare. */
  readonly scores: Scores | undefined;
  /** Nothing fits: the text of the FailedScheduling event; '' otherwise. */
  readonly message: string;
  /** `SchedulerError` when something was wrong other than the lack of a fitting node. */
  readonly reason: '' | 'Unschedulable' | 'SchedulerError';
  /** Undefined: leave the nomination as it is; '' clears it. */
  readonly nominatedNode: string | undefined;
  readonly victims: readonly PodInfo[];
  /** Plugins that turned the pod away: their events may bring it back. */
  readonly rejectors: ReadonlySet<string>;
  /** PreFilter's states, e.g. the volumes that VolumeBinding has planned for each node. */
  readonly states: ReadonlyMap<string, unknown>;
  /** How many nodes were looked at. */
  readonly processed: number;
}

export interface Search {
  /** Where in the order of nodes to begin. */
  readonly startIndex: number;
  /** Stop when so many feasible nodes are found. */
  readonly enough: number;
  /** Score even a single feasible node, which the real scheduler does not bother to do. */
  readonly scoreAlways?: boolean;
}

const NO_NODES = 'no nodes available to schedule pods';
const MIN_FEASIBLE = 100;
const MIN_PERCENTAGE = 5;

/** How many feasible nodes are enough: all below 100 nodes, then a falling share that is at least 5 %. */
export function numFeasibleNodesToFind(nodeCount: number, percentage: number): number {
  if (nodeCount < MIN_FEASIBLE) return nodeCount;
  const share = percentage === 0 ? Math.max(MIN_PERCENTAGE, 50 - Math.trunc(nodeCount / 125)) : percentage;
  return Math.max(MIN_FEASIBLE, Math.trunc((nodeCount * share) / 100));
}

export function schedulePod(profile: Profile, cycle: Cycle, pod: PodInfo, search: Search): Decision {
  const plugins = pluginsOf(profile);
  const nodes = listNodes(cycle.cluster);
  const nothing: Decision = {
    node: '',
    filters: plugins.filter.map(({ name }) => name),
    skipped: new Set(),
    statuses: new Map(),
    feasible: [],
    scores: undefined,
    message: NO_NODES,
    reason: 'Unschedulable',
    nominatedNode: '',
    victims: [],
    rejectors: new Set(),
    states: new Map(),
    processed: 0,
  };
  if (nodes.length === 0) return nothing;

  const preparation = runPreFilter(plugins, cycle, pod);
  const { rejection, states, skipped } = preparation;
  const prepared = { ...nothing, skipped, states };
  if (rejection?.code === 'Error')
    return { ...prepared, message: rejection.reasons.join(', '), reason: 'SchedulerError' };
  if (rejection !== undefined) {
    const rejectors = new Set([rejection.plugin, ...preparation.narrowedBy].filter((name) => name !== ''));
    const found = { statuses: new Map(), absent: rejection, rejectors, preFilterMessage: rejection.reasons.join(', ') };
    return giveUp(plugins, cycle, pod, preparation, { ...prepared, rejectors }, found);
  }

  const found = findFeasible(plugins, cycle, pod, preparation, nodes, search);
  const { feasible, statuses } = found;
  const processed = feasible.length + statuses.size;
  const looked = { ...prepared, statuses, rejectors: found.rejectors, processed };
  if (found.error !== undefined)
    return { ...looked, message: found.error.reasons.join(', '), reason: 'SchedulerError' };
  if (feasible.length === 0) return giveUp(plugins, cycle, pod, preparation, looked, found);

  const needsScores = feasible.length > 1 || search.scoreAlways === true;
  const scores = needsScores ? scoreNodes(plugins, profile, cycle, pod, feasible, states) : undefined;
  const best = scores?.best ?? feasible.map(({ name }) => name);
  const node = best[best.length > 1 ? cycle.random(best.length) : 0] ?? '';
  return {
    ...looked,
    node,
    feasible: feasible.map(({ name }) => name),
    scores,
    message: '',
    reason: '',
    nominatedNode: undefined,
  };
}

interface Found {
  readonly statuses: Map<string, Status>;
  /** What holds for nodes without a status of their own. */
  readonly absent: Status | undefined;
  readonly rejectors: ReadonlySet<string>;
  readonly preFilterMessage?: string;
}

function findFeasible(
  plugins: ProfilePlugins,
  cycle: Cycle,
  pod: PodInfo,
  preparation: Preparation,
  all: readonly NodeInfo[],
  search: Search,
): Found & { readonly feasible: readonly NodeInfo[]; readonly error?: Status } {
  const { nodeNames, narrowedBy } = preparation;
  const statuses = new Map<string, Status>();
  const rejectors = new Set<string>(narrowedBy);
  let absent: Status | undefined;
  const look = (nodes: readonly NodeInfo[], start: number, enough: number) => {
    const feasible: NodeInfo[] = [];
    for (let i = 0; i < nodes.length && feasible.length < enough; i++) {
      const node = nodes[(start + i) % nodes.length];
      if (node === undefined) continue;
      const status = filterNode(plugins, cycle, pod, node, preparation);
      if (status?.code === 'Error') return { feasible: [], error: status };
      if (status === undefined) feasible.push(node);
      else {
        statuses.set(node.name, status);
        rejectors.add(status.plugin);
      }
    }
    return { feasible };
  };

  const nominated = cycle.cluster.nodes.get(pod.pod.status?.nominatedNodeName ?? '');
  if (nominated !== undefined) {
    const first = look([nominated], 0, 1);
    if (first.feasible.length > 0) return { statuses, absent, rejectors, feasible: first.feasible };
  }
  let candidates = all;
  let start = search.startIndex;
  if (nodeNames !== undefined) {
    candidates = all.filter(({ name }) => nodeNames.has(name));
    start = 0;
    absent = unresolvable(`node(s) didn't satisfy plugin(s) [${[...narrowedBy].sort().join(' ')}]`);
  }
  const enough = plugins.score.length === 0 ? Math.min(1, search.enough) : search.enough;
  return {
    statuses,
    absent,
    rejectors,
    ...look(candidates, start, search.scoreAlways ? Number.MAX_SAFE_INTEGER : enough),
  };
}

/** Asks the PostFilter plugins for help and puts the message together. */
function giveUp(
  plugins: ProfilePlugins,
  cycle: Cycle,
  pod: PodInfo,
  preparation: Preparation,
  soFar: Decision,
  { statuses, absent, preFilterMessage }: Found,
): Decision {
  const failed = failedCycle(plugins, cycle, pod, preparation, (node) => statuses.get(node) ?? absent);
  const reasons: string[] = [];
  let nominatedNode: string | undefined = plugins.postFilter.length === 0 ? '' : undefined;
  let victims: readonly PodInfo[] = [];
  for (const plugin of plugins.postFilter) {
    const answer = plugin.postFilter?.(failed);
    if (answer === undefined) continue;
    if (answer.nominatedNode !== undefined) nominatedNode = answer.nominatedNode;
    if (answer.status === undefined) {
      victims = answer.victims;
      reasons.length = 0;
      break;
    }
    reasons.push(...answer.status.reasons);
  }
  const message = fitErrorMessage({
    nodeCount: cycle.cluster.nodes.size,
    statuses,
    absent,
    preFilterMessage,
    postFilterMessage: reasons.join(', '),
  });
  return { ...soFar, message, reason: 'Unschedulable', nominatedNode, victims };
}
