/**
 * How full a node would be with the pod on it, and what that is worth: the arithmetic that NodeResourcesFit and
 * NodeResourcesBalancedAllocation share. All divisions are whole-number divisions.
 * @source pkg/scheduler/framework/plugins/noderesources/{resource_allocation,least_allocated,most_allocated,requested_to_capacity_ratio}.go
 */
import { MAX_NODE_SCORE } from '../framework.ts';
import type { NodeInfo, PodInfo } from '../node-info.ts';
import { isScalarResourceName, podRequests } from '../resources.ts';

export interface ResourceSpec {
  readonly name: string;
  readonly weight?: number | undefined;
}

export interface UtilizationPoint {
  /** 0…100 */
  readonly utilization: number;
  /** 0…10 */
  readonly score: number;
}

export const DEFAULT_RESOURCES: readonly ResourceSpec[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
];

/** One resource of a node, in base units. */
export interface Allocation {
  readonly weight: number;
  /** Without the pod. */
  readonly allocated: number;
  /** With the pod. */
  readonly requested: number;
  /** Never 0: resources that the node does not have are left out. */
  readonly allocatable: number;
}

/** What the pod asks of each resource; `counting` as for `podRequests`. */
export function podRequestList(
  pod: PodInfo,
  resources: readonly ResourceSpec[],
  counting: 'as zero' | 'as default',
): number[] {
  const requests = podRequests(pod.pod, counting);
  return resources.map(({ name }) => requests.get(name) ?? 0);
}

/**
 * The node's resources that count for this pod: those it has, and extended ones only when the pod wants them.
 * @param counting whether pods without requests count with the defaults
 */
export function allocations(
  node: NodeInfo,
  resources: readonly ResourceSpec[],
  wanted: readonly number[],
  counting: 'as zero' | 'as default',
): Allocation[] {
  const result: Allocation[] = [];
  for (let i = 0; i < resources.length; i++) {
    const resource = resources[i];
    const want = wanted[i] ?? 0;
    if (resource === undefined || (want === 0 && isScalarResourceName(resource.name))) continue;
    const { allocatable, allocated } = nodeResource(node, resource.name, counting);
    if (allocatable === 0) continue;
    result.push({ weight: resource.weight || 1, allocated, requested: allocated + want, allocatable });
  }
  return result;
}

function nodeResource(
  node: NodeInfo,
  name: string,
  counting: 'as zero' | 'as default',
): { allocatable: number; allocated: number } {
  const { allocatable, requested } = node;
  switch (name) {
    case 'cpu':
      return {
        allocatable: allocatable.milliCpu,
        allocated: counting === 'as zero' ? requested.milliCpu : node.nonZeroMilliCpu,
      };
    case 'memory':
      return {
        allocatable: allocatable.memory,
        allocated: counting === 'as zero' ? requested.memory : node.nonZeroMemory,
      };
    case 'ephemeral-storage':
      return { allocatable: allocatable.ephemeralStorage, allocated: requested.ephemeralStorage };
    default:
      return { allocatable: allocatable.scalars.get(name) ?? 0, allocated: requested.scalars.get(name) ?? 0 };
  }
}

/**
 * Share of a node that would be free after placing the pod.
 * @returns 0…100, the weighted mean; 0 where a resource is over-committed
 */
export function leastAllocated(resources: readonly Allocation[]): number {
  return weightedMean(resources, ({ requested, allocatable }) =>
    requested > allocatable ? 0 : Math.trunc(((allocatable - requested) * MAX_NODE_SCORE) / allocatable),
  );
}

/** Share of a node that would be in use after placing the pod, 0…100: packs nodes full. */
export function mostAllocated(resources: readonly Allocation[]): number {
  return weightedMean(resources, ({ requested, allocatable }) =>
    Math.trunc((Math.min(requested, allocatable) * MAX_NODE_SCORE) / allocatable),
  );
}

/** A broken line over the utilization, drawn by the configuration; resources that score 0 do not count in the mean. */
export function requestedToCapacityRatio(resources: readonly Allocation[], shape: readonly UtilizationPoint[]): number {
  let sum = 0;
  let weights = 0;
  for (const { requested, allocatable, weight } of resources) {
    const score = brokenLine(shape, utilization(requested, allocatable));
    if (score <= 0) continue;
    sum += score * weight;
    weights += weight;
  }
  return weights === 0 ? 0 : Math.round(sum / weights);
}

/** Percent in use, at most 100. */
export function utilization(requested: number, capacity: number): number {
  return capacity === 0 || requested > capacity ? 100 : Math.trunc((requested * 100) / capacity);
}

/** The value at `at` of the line through the points; scores 0…10 become 0…100. @source plugins/helper/shape_score.go */
export function brokenLine(shape: readonly UtilizationPoint[], at: number): number {
  const scale = MAX_NODE_SCORE / 10;
  let before: UtilizationPoint | undefined;
  for (const point of shape) {
    if (at <= point.utilization) {
      if (before === undefined) return point.score * scale;
      const rise = (point.score - before.score) * scale * (at - before.utilization);
      return before.score * scale + Math.trunc(rise / (point.utilization - before.utilization));
    }
    before = point;
  }
  return (before?.score ?? 0) * scale;
}

function weightedMean(resources: readonly Allocation[], score: (resource: Allocation) => number): number {
  let sum = 0;
  let weights = 0;
  for (const resource of resources) {
    sum += score(resource) * resource.weight;
    weights += resource.weight;
  }
  return weights === 0 ? 0 : Math.trunc(sum / weights);
}
