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
      const after = balance(allocated, ({ requested }) => requested);
      const before = balance(allocated, (each) => each.allocated);
      return MAX_NODE_SCORE / 2 + Math.trunc((MAX_NODE_SCORE / 2 + after - before) / 2);
    },
  };
}

/** 100 × (1 − the standard deviation of the shares in use). */
function balance(resources: readonly Allocation[], used: (resource: Allocation) => number): number {
  const shares = resources.map((each) => Math.min(1, used(each) / each.allocatable));
  let deviation = 0;
  const [first = 0, second = 0] = shares;
  if (shares.length === 2) {
    deviation = Math.abs((first - second) / 2);
  } else if (shares.length > 2) {
    let total = 0;
    for (const share of shares) total += share;
    const mean = total / shares.length;
    let sum = 0;
    for (const share of shares) sum += (share - mean) * (share - mean);
    deviation = Math.sqrt(sum / shares.length);
  }
  return Math.trunc((1 - deviation) * MAX_NODE_SCORE);
}
