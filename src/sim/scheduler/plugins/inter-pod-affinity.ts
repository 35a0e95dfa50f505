/**
 * InterPodAffinity: where other pods are decides where this one may or would like to be; and the terms of pods already
 * running count as well (a running pod's anti-affinity keeps newcomers away).
 * @source pkg/scheduler/framework/plugins/interpodaffinity/{filtering,scoring,plugin}.go
 */
import type { Node, Pod } from '../../api/types.ts';
import { type AffinityTerm, termMatches, type WeightedAffinityTerm } from '../affinity-terms.ts';
import { type ClusterCache, namespaceLabels } from '../cluster-cache.ts';
import { MAX_NODE_SCORE, type Plugin } from '../framework.ts';
import { newPodInfo, type PodInfo, podKey } from '../node-info.ts';
import { unresolvable, unschedulable } from '../status.ts';

export interface InterPodAffinityArgs {
  /** 0…100, default 1: what a running pod's required affinity to this pod is worth. */
  readonly hardPodAffinityWeight?: number | undefined;
  readonly ignorePreferredTermsOfExistingPods?: boolean | undefined;
}

/** Topology key → domain → how many (or how much). */
type ByDomain = Map<string, Map<string, number>>;

interface Hard {
  /** Pods whose own anti-affinity means this pod. */
  readonly againstUs: ByDomain;
  /** Pods that this pod wants near; every one matches all terms. */
  readonly wanted: ByDomain;
  /** Pods that this pod wants far. */
  readonly unwanted: ByDomain;
}

export function interPodAffinity(args: InterPodAffinityArgs): Plugin<Hard, ByDomain> {
  const hardWeight = args.hardPodAffinityWeight ?? 1;
  return {
    name: 'InterPodAffinity',
    preFilter(cycle, pod) {
      if (pod.parseError !== undefined)
        return { kind: 'rejected', status: unresolvable(`parsing pod: ${pod.parseError}`) };
      const state = countTerms(cycle.cluster, pod);
      const hasTerms = pod.requiredAffinity.length > 0 || pod.requiredAntiAffinity.length > 0;
      return state.againstUs.size === 0 && !hasTerms ? { kind: 'skip' } : { kind: 'go', state };
    },
    filter(_cycle, pod, info, state) {
      const node = info.node;
      if (!affinityHolds(state, pod, node, _cycle.cluster))
        return unresolvable("node(s) didn't match pod affinity rules");
      for (const { topologyKey } of pod.requiredAntiAffinity) {
        if (countAt(state.unwanted, topologyKey, node) > 0)
          return unschedulable("node(s) didn't match pod anti-affinity rules");
      }
      for (const key of state.againstUs.keys()) {
        if (countAt(state.againstUs, key, node) > 0) {
          return unschedulable("node(s) didn't satisfy existing pods anti-affinity rules");
        }
      }
      return undefined;
    },
    addPod: (cycle, pod, state, other, node) => recount(cycle.cluster, pod, state, other, node.node, 1),
    removePod: (cycle, pod, state, other, node) => recount(cycle.cluster, pod, state, other, node.node, -1),
    cloneState: ({ againstUs, wanted, unwanted }) => ({
      againstUs: cloneCounts(againstUs),
      wanted: cloneCounts(wanted),
      unwanted: cloneCounts(unwanted),
    }),
    preScore(cycle, pod) {
      const hasOwn = pod.preferredAffinity.length > 0 || pod.preferredAntiAffinity.length > 0;
      if (args.ignorePreferredTermsOfExistingPods === true && !hasOwn) return { kind: 'skip' };
      const scores = scoreTerms(cycle.cluster, pod, hasOwn, hardWeight);
      return scores.size === 0 ? { kind: 'skip' } : { kind: 'go', state: scores };
    },
    score(_cycle, _pod, info, scores) {
      let score = 0;
      for (const key of scores.keys()) score += countAt(scores, key, info.node);
      return score;
    },
    normalize(_cycle, _pod, _state, _nodes, scores) {
      let min = Number.MAX_SAFE_INTEGER;
      let max = Number.MIN_SAFE_INTEGER;
      for (const score of scores) {
        if (score > max) max = score;
        if (score < min) min = score;
      }
      const range = max - min;
      scores.forEach((score, i) => {
        scores[i] = range > 0 ? Math.trunc(MAX_NODE_SCORE * ((score - min) / range)) : 0;
      });
    },
    events: [
      {
        kind: 'Pod',
        actions: ['Add', 'UpdatePodLabel', 'Delete'],
        hint: (cycle, pod, event) =>
          event.kind === 'Pod' && podMatters(cycle.cluster, pod, event.before, event.after) ? 'Queue' : 'Skip',
      },
      {
        kind: 'Node',
        actions: ['Add', 'UpdateNodeLabel'],
        hint: (_cycle, pod, event) =>
          event.kind === 'Node' && nodeMatters(pod, event.before, event.after) ? 'Queue' : 'Skip',
      },
    ],
  };
}

function matches(cluster: ClusterCache, term: AffinityTerm, pod: PodInfo): boolean {
  return termMatches(term, pod.namespace, pod.pod.metadata.labels, namespaceLabels(cluster, pod.namespace));
}

function matchesAll(cluster: ClusterCache, terms: readonly AffinityTerm[], pod: PodInfo): boolean {
  return terms.length > 0 && terms.every((term) => matches(cluster, term, pod));
}

/** Families decide: what is true for one of their pods is true for all. */
function countTerms(cluster: ClusterCache, pod: PodInfo): Hard {
  const state: Hard = { againstUs: new Map(), wanted: new Map(), unwanted: new Map() };
  const spread = (into: ByDomain, term: AffinityTerm, byNode: ReadonlyMap<string, number>) => {
    for (const [name, count] of byNode) {
      const node = cluster.nodes.get(name)?.node;
      if (node !== undefined) add(into, term.topologyKey, node, count);
    }
  };
  for (const { example, byNode } of cluster.familiesWithAffinity.values()) {
    for (const term of example.requiredAntiAffinity)
      if (matches(cluster, term, pod)) spread(state.againstUs, term, byNode);
  }
  if (pod.requiredAffinity.length === 0 && pod.requiredAntiAffinity.length === 0) return state;
  for (const families of cluster.families.values()) {
    for (const { example, byNode } of families.values()) {
      if (matchesAll(cluster, pod.requiredAffinity, example)) {
        for (const term of pod.requiredAffinity) spread(state.wanted, term, byNode);
      }
      for (const term of pod.requiredAntiAffinity)
        if (matches(cluster, term, example)) spread(state.unwanted, term, byNode);
    }
  }
  return state;
}

function recount(cluster: ClusterCache, pod: PodInfo, state: Hard, other: PodInfo, node: Node, change: 1 | -1): void {
  for (const term of other.requiredAntiAffinity)
    if (matches(cluster, term, pod)) add(state.againstUs, term.topologyKey, node, change);
  if (matchesAll(cluster, pod.requiredAffinity, other)) {
    for (const term of pod.requiredAffinity) add(state.wanted, term.topologyKey, node, change);
  }
  for (const term of pod.requiredAntiAffinity)
    if (matches(cluster, term, other)) add(state.unwanted, term.topologyKey, node, change);
}

/** The first pod of a group that wants to be near itself may go anywhere that has the keys. */
function affinityHolds(state: Hard, pod: PodInfo, node: Node, cluster: ClusterCache): boolean {
  let found = true;
  for (const { topologyKey } of pod.requiredAffinity) {
    if (node.metadata.labels?.[topologyKey] === undefined) return false;
    if (countAt(state.wanted, topologyKey, node) <= 0) found = false;
  }
  return found || (state.wanted.size === 0 && matchesAll(cluster, pod.requiredAffinity, pod));
}

function scoreTerms(cluster: ClusterCache, pod: PodInfo, hasOwn: boolean, hardWeight: number): ByDomain {
  const scores: ByDomain = new Map();
  const spread = ({ term, weight }: WeightedAffinityTerm, byNode: ReadonlyMap<string, number>) => {
    for (const [name, count] of byNode) {
      const value = cluster.nodes.get(name)?.node.metadata.labels?.[term.topologyKey];
      if (value === undefined) continue;
      const domains = scores.get(term.topologyKey) ?? new Map<string, number>();
      domains.set(value, (domains.get(value) ?? 0) + weight * count);
      scores.set(term.topologyKey, domains);
    }
  };
  const negative = ({ term, weight }: WeightedAffinityTerm) => ({ term, weight: -weight });
  if (hasOwn) {
    for (const families of cluster.families.values()) {
      for (const { example, byNode } of families.values()) {
        for (const each of pod.preferredAffinity) if (matches(cluster, each.term, example)) spread(each, byNode);
        for (const each of pod.preferredAntiAffinity)
          if (matches(cluster, each.term, example)) spread(negative(each), byNode);
      }
    }
  }
  for (const { example, byNode } of cluster.familiesWithAffinity.values()) {
    if (hardWeight > 0) {
      for (const term of example.requiredAffinity)
        if (matches(cluster, term, pod)) spread({ term, weight: hardWeight }, byNode);
    }
    for (const each of example.preferredAffinity) if (matches(cluster, each.term, pod)) spread(each, byNode);
    for (const each of example.preferredAntiAffinity)
      if (matches(cluster, each.term, pod)) spread(negative(each), byNode);
  }
  return scores;
}

function add(counts: ByDomain, key: string, node: Node, change: number): void {
  const value = node.metadata.labels?.[key];
  if (value === undefined) return;
  const domains = counts.get(key) ?? new Map<string, number>();
  const count = (domains.get(value) ?? 0) + change;
  if (count === 0) domains.delete(value);
  else domains.set(value, count);
  if (domains.size === 0) counts.delete(key);
  else counts.set(key, domains);
}

function countAt(counts: ByDomain, key: string, node: Node): number {
  const value = node.metadata.labels?.[key];
  return value === undefined ? 0 : (counts.get(key)?.get(value) ?? 0);
}

function cloneCounts(counts: ByDomain): ByDomain {
  const copy: ByDomain = new Map();
  for (const [key, domains] of counts) copy.set(key, new Map(domains));
  return copy;
}

function podMatters(cluster: ClusterCache, pod: PodInfo, before: Pod | undefined, after: Pod | undefined): boolean {
  if (before !== undefined && after !== undefined && podKey(after) === pod.key) return true;
  const isPlaced = (other: Pod) => Boolean(other.spec.nodeName || other.status?.nominatedNodeName);
  if ((after !== undefined && !isPlaced(after)) || (before !== undefined && !isPlaced(before))) return false;
  const was = before === undefined ? undefined : newPodInfo(before);
  const is = after === undefined ? undefined : newPodInfo(after);
  const near = (other: PodInfo) => matchesAll(cluster, pod.requiredAffinity, other);
  const far = (other: PodInfo) => matchesAll(cluster, pod.requiredAntiAffinity, other);
  if (was !== undefined && is !== undefined) return (!near(was) && near(is)) || (far(was) && !far(is));
  if (is !== undefined) return near(is);
  return was !== undefined && (far(was) || matchesAll(cluster, was.requiredAntiAffinity, pod));
}

function nodeMatters(pod: PodInfo, before: Node | undefined, after: Node | undefined): boolean {
  if (after === undefined) return false;
  const was = (key: string) => before?.metadata.labels?.[key];
  const is = (key: string) => after.metadata.labels?.[key];
  for (const { topologyKey } of pod.requiredAffinity) {
    if (is(topologyKey) !== undefined && is(topologyKey) !== was(topologyKey)) return true;
  }
  for (const { topologyKey } of pod.requiredAntiAffinity) {
    if (before === undefined) return true;
    if (was(topologyKey) !== undefined && was(topologyKey) !== is(topologyKey)) return true;
  }
  return false;
}
