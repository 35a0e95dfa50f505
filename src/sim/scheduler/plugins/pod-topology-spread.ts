/**
 * PodTopologySpread: keeps the number of matching pods even over zones, nodes or any other domains.
 * @source pkg/scheduler/framework/plugins/podtopologyspread/{filtering,scoring,plugin}.go
 */
import { semanticEqual } from '../../api/equal.ts';
import { matchesSelector } from '../../api/selector.ts';
import type { Node, Pod } from '../../api/types.ts';
import type { ClusterCache } from '../cluster-cache.ts';
import { type Cycle, MAX_NODE_SCORE, type Plugin } from '../framework.ts';
import { type NodeInfo, type PodInfo, podKey } from '../node-info.ts';
import { unresolvable, unschedulable } from '../status.ts';
import {
  type Constraint,
  constraintsOf,
  countByNode,
  hasAllKeys,
  isIncluded,
  isSystemDefaulted,
  type PodTopologySpreadArgs,
} from './spread-constraints.ts';

const MISMATCH = "node(s) didn't match pod topology spread constraints";
const HOSTNAME = 'kubernetes.io/hostname';

interface HardSpread {
  readonly constraints: readonly Constraint[];
  /** For each constraint: domain → matching pods. */
  readonly counts: readonly Map<string, number>[];
  /** For each constraint: the smallest count, worked out when asked; undefined after a change. */
  readonly smallest: (number | undefined)[];
}

interface SoftSpread {
  readonly constraints: readonly Constraint[];
  /** Nodes that lack a key: they score 0. */
  readonly ignored: ReadonlySet<string>;
  readonly counts: readonly ReadonlyMap<string, number>[];
  readonly weights: readonly number[];
}

export function podTopologySpread(args: PodTopologySpreadArgs): Plugin<HardSpread, SoftSpread> {
  const hard = (cluster: ClusterCache, pod: PodInfo) => constraintsOf(cluster, pod, 'DoNotSchedule', args);
  return {
    name: 'PodTopologySpread',
    preFilter(cycle, pod) {
      const constraints = hard(cycle.cluster, pod);
      return constraints.length === 0 ? { kind: 'skip' } : { kind: 'go', state: countDomains(cycle, pod, constraints) };
    },
    filter(_cycle, pod, node, state) {
      const labels = node.node.metadata.labels;
      for (let i = 0; i < state.constraints.length; i++) {
        const constraint = state.constraints[i];
        if (constraint === undefined) continue;
        const domain = labels?.[constraint.topologyKey];
        if (domain === undefined) return unresolvable(`${MISMATCH} (missing required label)`);
        const self = matchesSelector(constraint.selector, pod.pod.metadata.labels) ? 1 : 0;
        const skew = (state.counts[i]?.get(domain) ?? 0) + self - smallestCount(state, i, constraint.minDomains);
        if (skew > constraint.maxSkew) return unschedulable(MISMATCH);
      }
      return undefined;
    },
    addPod: (cycle, pod, state, other, node) => recount(cycle, pod, state, other, node, 1),
    removePod: (cycle, pod, state, other, node) => recount(cycle, pod, state, other, node, -1),
    cloneState: (state) => ({
      constraints: state.constraints,
      counts: state.counts.map((counts) => new Map(counts)),
      smallest: [...state.smallest],
    }),
    preScore(cycle, pod, nodes) {
      const constraints = constraintsOf(cycle.cluster, pod, 'ScheduleAnyway', args);
      if (constraints.length === 0) return { kind: 'skip' };
      const needsAllKeys = (pod.pod.spec.topologySpreadConstraints?.length ?? 0) > 0 || !isSystemDefaulted(args);
      return { kind: 'go', state: prepareScores(cycle, pod, nodes, constraints, needsAllKeys) };
    },
    score(_cycle, _pod, node, state) {
      if (state.ignored.has(node.name)) return 0;
      let score = 0;
      state.constraints.forEach(({ topologyKey, maxSkew }, i) => {
        const domain = node.node.metadata.labels?.[topologyKey];
        if (domain === undefined) return;
        const count = state.counts[i]?.get(topologyKey === HOSTNAME ? node.name : domain) ?? 0;
        score += count * (state.weights[i] ?? 0) + (maxSkew - 1);
      });
      return Math.round(score);
    },
    normalize(_cycle, _pod, state, nodes, scores) {
      let min = Number.MAX_SAFE_INTEGER;
      let max = 0;
      const isIgnored = (i: number) => state.ignored.has(nodes[i]?.name ?? '');
      scores.forEach((score, i) => {
        if (isIgnored(i)) return;
        if (score < min) min = score;
        if (score > max) max = score;
      });
      scores.forEach((score, i) => {
        if (isIgnored(i)) scores[i] = 0;
        else if (max === 0) scores[i] = MAX_NODE_SCORE;
        else scores[i] = Math.trunc((MAX_NODE_SCORE * (max + min - score)) / max);
      });
    },
    events: [
      {
        kind: 'Pod',
        actions: ['Add', 'UpdatePodLabel', 'UpdatePodToleration', 'Delete'],
        hint(cycle, pod, event) {
          if (event.kind !== 'Pod') return 'Skip';
          return podMatters(hard(cycle.cluster, pod), pod, event.before, event.after) ? 'Queue' : 'Skip';
        },
      },
      {
        kind: 'Node',
        actions: ['Add', 'Delete', 'UpdateNodeLabel', 'UpdateNodeTaint'],
        hint(cycle, pod, event) {
          if (event.kind !== 'Node') return 'Skip';
          return nodeMatters(hard(cycle.cluster, pod), event.before, event.after) ? 'Queue' : 'Skip';
        },
      },
    ],
  };
}

function countDomains(cycle: Cycle, pod: PodInfo, constraints: readonly Constraint[]): HardSpread {
  const { cluster, gates } = cycle;
  const byNode = constraints.map(({ selector }) => countByNode(cluster, pod.namespace, selector));
  const counts = constraints.map(() => new Map<string, number>());
  for (const info of cluster.nodes.values()) {
    if (!hasAllKeys(info.node, constraints)) continue;
    constraints.forEach((constraint, i) => {
      if (!isIncluded(constraint, pod, info.node, gates.TaintTolerationComparisonOperators)) return;
      const domain = info.node.metadata.labels?.[constraint.topologyKey] ?? '';
      const own = counts[i];
      own?.set(domain, (own.get(domain) ?? 0) + (byNode[i]?.get(info.name) ?? 0));
    });
  }
  return { constraints, counts, smallest: constraints.map(() => undefined) };
}

/** 0 when there are fewer domains than demanded: then every domain is too full that has more than the skew. */
function smallestCount(state: HardSpread, i: number, minDomains: number): number {
  const counts = state.counts[i];
  if (counts === undefined || counts.size < minDomains) return 0;
  let smallest = state.smallest[i];
  if (smallest === undefined) {
    smallest = 0x7fffffff;
    for (const count of counts.values()) if (count < smallest) smallest = count;
    state.smallest[i] = smallest;
  }
  return smallest;
}

function recount(cycle: Cycle, pod: PodInfo, state: HardSpread, other: PodInfo, info: NodeInfo, change: 1 | -1): void {
  if (other.namespace !== pod.namespace || !hasAllKeys(info.node, state.constraints)) return;
  state.constraints.forEach((constraint, i) => {
    if (!matchesSelector(constraint.selector, other.pod.metadata.labels)) return;
    if (!isIncluded(constraint, pod, info.node, cycle.gates.TaintTolerationComparisonOperators)) return;
    const domain = info.node.metadata.labels?.[constraint.topologyKey] ?? '';
    const counts = state.counts[i];
    counts?.set(domain, (counts.get(domain) ?? 0) + change);
    state.smallest[i] = undefined;
  });
}

function prepareScores(
  cycle: Cycle,
  pod: PodInfo,
  feasible: readonly NodeInfo[],
  constraints: readonly Constraint[],
  needsAllKeys: boolean,
): SoftSpread {
  const { cluster, gates } = cycle;
  const ignored = new Set<string>();
  const domains = constraints.map(() => new Map<string, number>());
  for (const info of feasible) {
    if (needsAllKeys && !hasAllKeys(info.node, constraints)) {
      ignored.add(info.name);
      continue;
    }
    constraints.forEach(({ topologyKey }, i) => {
      if (topologyKey !== HOSTNAME) domains[i]?.set(info.node.metadata.labels?.[topologyKey] ?? '', 0);
    });
  }
  const counts = constraints.map((constraint, i) => {
    const byNode = countByNode(cluster, pod.namespace, constraint.selector);
    if (constraint.topologyKey === HOSTNAME) return byNode;
    const byDomain = domains[i] ?? new Map<string, number>();
    for (const [name, count] of byNode) {
      const node = cluster.nodes.get(name)?.node;
      if (node === undefined || (needsAllKeys && !hasAllKeys(node, constraints))) continue;
      if (!isIncluded(constraint, pod, node, gates.TaintTolerationComparisonOperators)) continue;
      const domain = node.metadata.labels?.[constraint.topologyKey] ?? '';
      const known = byDomain.get(domain);
      if (known !== undefined) byDomain.set(domain, known + count);
    }
    return byDomain;
  });
  const weights = constraints.map(({ topologyKey }, i) => {
    const size = topologyKey === HOSTNAME ? feasible.length - ignored.size : (domains[i]?.size ?? 0);
    return Math.log(size + 2);
  });
  return { constraints, ignored, counts, weights };
}

function podMatters(
  constraints: readonly Constraint[],
  pod: PodInfo,
  before: Pod | undefined,
  after: Pod | undefined,
): boolean {
  const isInvolved = (other: Pod) =>
    podKey(other) === pod.key ||
    (Boolean(other.spec.nodeName || other.status?.nominatedNodeName) &&
      (other.metadata.namespace ?? '') === pod.namespace);
  if ((after !== undefined && !isInvolved(after)) || (before !== undefined && !isInvolved(before))) return false;
  const matches = (constraint: Constraint, other: Pod) => matchesSelector(constraint.selector, other.metadata.labels);
  if (before !== undefined && after !== undefined) {
    if (podKey(after) === pod.key && !semanticEqual(before.spec.tolerations, after.spec.tolerations)) {
      if (constraints.some(({ honorsTaints }) => honorsTaints)) return true;
    }
    return constraints.some((constraint) => matches(constraint, before) !== matches(constraint, after));
  }
  const other = after ?? before;
  return other !== undefined && constraints.some((constraint) => matches(constraint, other));
}

function nodeMatters(constraints: readonly Constraint[], before: Node | undefined, after: Node | undefined): boolean {
  const had = before !== undefined && hasAllKeys(before, constraints);
  const has = after !== undefined && hasAllKeys(after, constraints);
  if (before === undefined || after === undefined) return had || has;
  if (had !== has) return true;
  if (!has) return false;
  const moved = constraints.some(
    ({ topologyKey }) => before.metadata.labels?.[topologyKey] !== after.metadata.labels?.[topologyKey],
  );
  return moved || !semanticEqual(before.spec?.taints, after.spec?.taints);
}
