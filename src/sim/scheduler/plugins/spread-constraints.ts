/**
 * The topology spread constraints that hold for a pod: its own, or else the defaults for what its Service or controller selects.
 * @source pkg/scheduler/framework/plugins/podtopologyspread/common.go, plugins/helper/spread.go
 */
import { EVERYTHING, matchesSelector, type Selector, selectorOf, selectorOfMap } from '../../api/selector.ts';
import type { LabelSelector, Node, StringMap, TopologySpreadConstraint } from '../../api/types.ts';
import type { ClusterCache } from '../cluster-cache.ts';
import type { PodInfo } from '../node-info.ts';
import { matchesRequiredNodeAffinity } from '../node-selector.ts';
import { firstUntoleratedTaint } from '../tolerations.ts';

export interface PodTopologySpreadArgs {
  readonly defaultConstraints?: readonly TopologySpreadConstraint[] | undefined;
  /** `System` (the default) or `List`. */
  readonly defaultingType?: string | undefined;
}

export interface Constraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly selector: Selector;
  readonly minDomains: number;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}

export type Action = 'DoNotSchedule' | 'ScheduleAnyway';

const SYSTEM_DEFAULTS: readonly TopologySpreadConstraint[] = [
  { topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 3 },
  { topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', maxSkew: 5 },
];

export function isSystemDefaulted(args: PodTopologySpreadArgs): boolean {
  return (args.defaultingType ?? 'System') === 'System';
}

export function constraintsOf(
  cluster: ClusterCache,
  pod: PodInfo,
  action: Action,
  args: PodTopologySpreadArgs,
): Constraint[] {
  const own = pod.pod.spec.topologySpreadConstraints ?? [];
  if (own.length > 0) return select(own, pod, action);
  const defaults = isSystemDefaulted(args) ? SYSTEM_DEFAULTS : (args.defaultConstraints ?? []);
  const constraints = select(defaults, pod, action);
  if (constraints.length === 0) return constraints;
  const selector = selectorOfOwners(cluster, pod);
  return selector === undefined ? [] : constraints.map((constraint) => ({ ...constraint, selector }));
}

export function hasAllKeys(node: Node, constraints: readonly Constraint[]): boolean {
  const labels = node.metadata.labels;
  return constraints.every(({ topologyKey }) => labels?.[topologyKey] !== undefined);
}

/** Whether a node takes part in the counting at all. */
export function isIncluded(constraint: Constraint, pod: PodInfo, node: Node, comparison: boolean): boolean {
  if (constraint.honorsAffinity && !matchesRequiredNodeAffinity(pod.pod, node)) return false;
  return !constraint.honorsTaints || firstUntoleratedTaint(node, pod.pod.spec.tolerations, comparison) === undefined;
}

/** How many live pods of a namespace each node has that the selector means; nodes without any are left out. */
export function countByNode(cluster: ClusterCache, namespace: string, selector: Selector): Map<string, number> {
  const counts = new Map<string, number>();
  if (selector.nothing || selector.requirements.length === 0) return counts;
  for (const family of cluster.families.get(namespace)?.values() ?? []) {
    if (!matchesSelector(selector, family.example.pod.metadata.labels)) continue;
    for (const [node, count] of family.byNode) {
      const live = count - (family.terminatingByNode.get(node) ?? 0);
      if (live > 0) counts.set(node, (counts.get(node) ?? 0) + live);
    }
  }
  return counts;
}

function select(constraints: readonly TopologySpreadConstraint[], pod: PodInfo, action: Action): Constraint[] {
  const result: Constraint[] = [];
  for (const each of constraints) {
    if (each.whenUnsatisfiable !== action) continue;
    result.push({
      maxSkew: each.maxSkew,
      topologyKey: each.topologyKey,
      selector: withLabelKeys(selectorOf(each.labelSelector), each.matchLabelKeys, pod.pod.metadata.labels),
      minDomains: each.minDomains ?? 1,
      honorsAffinity: (each.nodeAffinityPolicy ?? 'Honor') === 'Honor',
      honorsTaints: (each.nodeTaintsPolicy ?? 'Ignore') === 'Honor',
    });
  }
  return result;
}

function withLabelKeys(
  selector: Selector,
  keys: readonly string[] | undefined,
  labels: StringMap | undefined,
): Selector {
  const own: Record<string, string> = {};
  for (const key of keys ?? []) {
    const value = labels?.[key];
    if (value !== undefined) own[key] = value;
  }
  return Object.keys(own).length === 0 || selector.nothing ? selector : both(selectorOfMap(own), selector);
}

/** What the Services that select the pod and its controller say together; undefined when nobody does. */
function selectorOfOwners(cluster: ClusterCache, pod: PodInfo): Selector | undefined {
  const { objects } = cluster;
  const labels = pod.pod.metadata.labels;
  let selector = EVERYTHING;
  for (const service of objects.servicesByNamespace.get(pod.namespace)?.values() ?? []) {
    const own = service.spec.selector;
    if (!own) continue;
    const wanted = selectorOfMap(own);
    if (matchesSelector(wanted, labels)) selector = both(selector, wanted);
  }
  const owner = pod.pod.metadata.ownerReferences?.find((each) => each.controller === true);
  if (owner !== undefined) {
    const key = `${pod.namespace}/${owner.name}`;
    if (owner.apiVersion === 'v1' && owner.kind === 'ReplicationController') {
      const controller = objects.ReplicationController.get(key);
      if (controller !== undefined)
        selector = both(selector, selectorOfMap(controller.spec?.selector as StringMap | undefined));
    } else if (owner.apiVersion === 'apps/v1' && owner.kind === 'ReplicaSet') {
      const controller = objects.ReplicaSet.get(key);
      if (controller !== undefined) selector = both(selector, selectorOf(controller.spec.selector));
    } else if (owner.apiVersion === 'apps/v1' && owner.kind === 'StatefulSet') {
      const controller = objects.StatefulSet.get(key);
      if (controller !== undefined)
        selector = both(selector, selectorOf(controller.spec?.selector as LabelSelector | undefined));
    }
  }
  return selector.requirements.length === 0 ? undefined : selector;
}

function both(left: Selector, right: Selector): Selector {
  return { requirements: [...left.requirements, ...right.requirements], nothing: left.nothing || right.nothing };
}
