/**
 * NodeResourcesBalancedAllocation: prefers nodes on which the pod makes the use of CPU and memory more even.
 * Since 1.36 it is the change that counts: 75 is neutral, 100 fully evened out, 50 fully unbalanced.
 * @source pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go
 */
import { MAX_NODE_SCORE, type Plugin } from '../framework.ts';
import {
  type Allocation,
  allocations,
  DEFAULT_RESOURCES,
  podRequestList,
  type ResourceSpec,
} from './resource-scoring.ts';

export interface NodeResourcesBalancedAllocationArgs {
  readonly resources?: readonly ResourceSpec[] | undefined;
}

export function nodeResourcesBalancedAllocation(
  args: NodeResourcesBalancedAllocationArgs,
): Plugin<undefined, readonly number[]> {
  const resources = args.resources?.length ? args.resources : DEFAULT_RESOURCES;
  return {
    name: 'NodeResourcesBalancedAllocation',
    preScore(_cycle, pod) {
      const wanted = podRequestList(pod, resources, 'as zero');
      return wanted.every((amount) => amount === 0) ? { kind: 'skip' } : { kind: 'go', state: wanted };
    },
    score(_cycle, _pod, node, wanted) {
      const allocated = allocations(node, resources, wanted, 'as zero');
      const after = balance(allocated, 'requested');
      const before = balance(allocated, 'allocated');
      return MAX_NODE_SCORE / 2 + Math.trunc((MAX_NODE_SCORE / 2 + after - before) / 2);
    },
  };
}

/** 100 × (1 − the standard deviation of the shares in use). */
function balance(resources: readonly Allocation[], used: 'requested' | 'allocated'): number {
  const [first, second] = resources;
  let deviation = 0;
  if (resources.length === 2 && first !== undefined && second !== undefined) {
    deviation = Math.abs((share(first, used) - share(second, used)) / 2);
  } else if (resources.length > 2) {
    let total = 0;
    for (const resource of resources) total += share(resource, used);
    const mean = total / resources.length;
    let sum = 0;
    for (const resource of resources) sum += (share(resource, used) - mean) * (share(resource, used) - mean);
    deviation = Math.sqrt(sum / resources.length);
  }
  return Math.trunc((1 - deviation) * MAX_NODE_SCORE);
}

function share(resource: Allocation, used: 'requested' | 'allocated'): number {
  return Math.min(1, resource[used] / resource.allocatable);
}
