/**
 * Changes in the cluster that may make an unschedulable pod schedulable, as plugins name them when they ask to be told.
 * @source pkg/scheduler/framework/events.go, staging/src/k8s.io/kube-scheduler/framework/types.go
 */

import { semanticEqual as sameData } from '../api/equal.ts';
import { canonicalQuantity } from '../api/quantity.ts';
import type { KubeObject, Node, Pod } from '../api/types.ts';
import { podRequests } from './resources.ts';

export type NodeAction =
  | 'Add'
  | 'Delete'
  | 'UpdateNodeAllocatable'
  | 'UpdateNodeLabel'
  | 'UpdateNodeTaint'
  | 'UpdateNodeCondition'
  | 'UpdateNodeAnnotation';

export type PodAction =
  | 'Add'
  | 'Delete'
  | 'UpdatePodLabel'
  | 'UpdatePodScaleDown'
  | 'UpdatePodToleration'
  | 'UpdatePodSchedulingGatesEliminated'
  | 'UpdatePodOther';

export type StorageKind =
  | 'PersistentVolume'
  | 'PersistentVolumeClaim'
  | 'StorageClass'
  | 'CSINode'
  | 'CSIDriver'
  | 'CSIStorageCapacity'
  | 'VolumeAttachment';

export type ClusterEvent =
  | {
      readonly kind: 'Node';
      readonly action: NodeAction;
      readonly before?: Node | undefined;
      readonly after?: Node | undefined;
    }
  | {
      readonly kind: 'Pod';
      readonly action: PodAction;
      readonly before?: Pod | undefined;
      readonly after?: Pod | undefined;
    }
  | {
      readonly kind: StorageKind;
      readonly action: 'Add' | 'Update' | 'Delete';
      readonly before?: KubeObject | undefined;
      readonly after?: KubeObject | undefined;
    };

/** `Queue`: worth another try; `Skip`: this event changes nothing for the pod. */
export type QueueingHint = 'Queue' | 'Skip';

/** What of a node changed that plugins ask for; empty when only a heartbeat came. */
export function nodeChanges(before: Node, after: Node): ClusterEvent[] {
  const events: ClusterEvent[] = [];
  const push = (action: NodeAction) => events.push({ kind: 'Node', action, before, after });
  if (!sameAllocatable(before, after)) push('UpdateNodeAllocatable');
  if (!sameData(before.metadata.labels, after.metadata.labels)) push('UpdateNodeLabel');
  const unschedulable = (node: Node) => node.spec?.unschedulable === true;
  if (!sameData(before.spec?.taints, after.spec?.taints) || unschedulable(before) !== unschedulable(after)) {
    push('UpdateNodeTaint');
  }
  if (!sameConditions(before, after)) push('UpdateNodeCondition');
  if (!sameData(before.metadata.annotations, after.metadata.annotations)) push('UpdateNodeAnnotation');
  return events;
}

/** What of a pod changed that plugins ask for. */
export function podChanges(before: Pod, after: Pod): ClusterEvent[] {
  const events: ClusterEvent[] = [];
  const push = (action: PodAction) => events.push({ kind: 'Pod', action, before, after });
  if (!sameData(before.metadata.labels, after.metadata.labels)) push('UpdatePodLabel');
  if (before.spec !== after.spec || before.status !== after.status) {
    if (hasShrunk(before, after)) push('UpdatePodScaleDown');
  }
  if (!sameData(before.spec.tolerations, after.spec.tolerations)) push('UpdatePodToleration');
  const gates = (pod: Pod) => pod.spec.schedulingGates?.length ?? 0;
  if (gates(before) > 0 && gates(after) === 0) push('UpdatePodSchedulingGatesEliminated');
  if (events.length === 0) push('UpdatePodOther');
  return events;
}

function sameAllocatable(before: Node, after: Node): boolean {
  const left = before.status?.allocatable ?? {};
  const right = after.status?.allocatable ?? {};
  if (left === right) return true;
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => {
    const a = left[name];
    const b = right[name];
    return a === b || (a !== undefined && b !== undefined && canonicalQuantity(a) === canonicalQuantity(b));
  });
}

function sameConditions(before: Node, after: Node): boolean {
  const left = before.status?.conditions ?? [];
  const right = after.status?.conditions ?? [];
  if (left.length !== right.length) return false;
  return left.every((each) => right.some((other) => other.type === each.type && other.status === each.status));
}

function hasShrunk(before: Pod, after: Pod): boolean {
  if (
    before.spec.containers === after.spec.containers &&
    before.status?.containerStatuses === after.status?.containerStatuses
  ) {
    return false;
  }
  const now = podRequests(after);
  for (const [name, amount] of podRequests(before)) if (amount > (now.get(name) ?? 0)) return true;
  return false;
}
