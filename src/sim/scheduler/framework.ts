/**
 * The scheduling framework: the points at which a plugin may have its say about a pod and a node.
 * PreEnqueue → (queue) → PreFilter → Filter → [PostFilter when nothing fits] → PreScore → Score → NormalizeScore → bind.
 * In the slides' time Filter plugins were called *predicates* and Score plugins *priorities*.
 * @source staging/src/k8s.io/kube-scheduler/framework/interface.go, pkg/scheduler/framework/runtime/framework.go
 */
import type { ClusterCache } from './cluster-cache.ts';
import type { ClusterEvent, QueueingHint } from './cluster-events.ts';
import type { NodeInfo, PodInfo } from './node-info.ts';
import type { Status } from './status.ts';

/** The gates of kube-scheduler that have an effect here, with their defaults in v1.36. */
export interface FeatureGates {
  readonly TaintTolerationComparisonOperators: boolean;
  readonly StorageCapacityScoring: boolean;
  readonly VolumeLimitScaling: boolean;
  readonly DynamicResourceAllocation: boolean;
}

/** What a plugin sees of the world during one scheduling cycle. */
export interface Cycle {
  readonly cluster: ClusterCache;
  readonly gates: FeatureGates;
  /** The clock, RFC 3339 in whole seconds. */
  readonly now: string;
  /** A whole number in [0, below). */
  random(below: number): number;
}

export type PreFilterAnswer<Filtering> =
  /** This plugin has nothing to say about this pod: its Filter is not called. */
  | { readonly kind: 'skip' }
  | { readonly kind: 'rejected'; readonly status: Status }
  /** `nodeNames`: no other node needs to be looked at. */
  | { readonly kind: 'go'; readonly state: Filtering; readonly nodeNames?: ReadonlySet<string> };

export type PreScoreAnswer<Scoring> = { readonly kind: 'skip' } | { readonly kind: 'go'; readonly state: Scoring };

export interface PostFilterAnswer {
  /** Absent: no opinion; '' clears a nomination. */
  readonly nominatedNode?: string;
  readonly victims: readonly PodInfo[];
  /** Absent: the plugin has made room. */
  readonly status?: Status;
}

/** What PostFilter plugins may ask of the cycle that failed. */
export interface FailedCycle {
  readonly cycle: Cycle;
  readonly pod: PodInfo;
  readonly statusOf: (node: string) => Status | undefined;
  /** A throw-away copy of a node with the Filter states that belong to it. */
  dryRun(node: NodeInfo): DryRun;
}

export interface DryRun {
  readonly node: NodeInfo;
  add(pod: PodInfo): void;
  remove(pod: PodInfo): void;
  filter(): Status | undefined;
}

/** A plugin answers purely from its arguments; `Filtering` and `Scoring` are what it worked out once for all nodes. */
export interface Plugin<Filtering = unknown, Scoring = unknown> {
  readonly name: string;
  preEnqueue?(pod: PodInfo): Status | undefined;
  preFilter?(cycle: Cycle, pod: PodInfo): PreFilterAnswer<Filtering>;
  filter?(cycle: Cycle, pod: PodInfo, node: NodeInfo, state: Filtering): Status | undefined;
  /** Corrects the state for a pod that is added to or removed from a node in thought. */
  addPod?(cycle: Cycle, pod: PodInfo, state: Filtering, other: PodInfo, node: NodeInfo): void;
  removePod?(cycle: Cycle, pod: PodInfo, state: Filtering, other: PodInfo, node: NodeInfo): void;
  cloneState?(state: Filtering): Filtering;
  postFilter?(failed: FailedCycle): PostFilterAnswer;
  preScore?(cycle: Cycle, pod: PodInfo, nodes: readonly NodeInfo[], filtering: Filtering): PreScoreAnswer<Scoring>;
  score?(cycle: Cycle, pod: PodInfo, node: NodeInfo, state: Scoring): number;
  /** Brings the raw scores, in the order of `nodes`, to 0…100; in place. */
  normalize?(cycle: Cycle, pod: PodInfo, state: Scoring, nodes: readonly NodeInfo[], scores: number[]): void;
  /** The events that may make a pod fit that this plugin rejected. */
  readonly events?: readonly EventWithHint[];
}

export interface EventWithHint {
  readonly kind: ClusterEvent['kind'];
  readonly actions: readonly ClusterEvent['action'][];
  /** Absent: every such event is worth a try. */
  hint?(cycle: Cycle, pod: PodInfo, event: ClusterEvent): QueueingHint;
}

export const MAX_NODE_SCORE = 100;

/** Score × 100 / highest score; `reverse` turns it round. @source plugins/helper/normalize_score.go */
export function normalizeByHighest(scores: number[], reverse: boolean): void {
  let highest = 0;
  for (const score of scores) if (score > highest) highest = score;
  for (let i = 0; i < scores.length; i++) {
    const share = highest === 0 ? 0 : Math.trunc((MAX_NODE_SCORE * (scores[i] ?? 0)) / highest);
    scores[i] = reverse ? MAX_NODE_SCORE - share : share;
  }
}
