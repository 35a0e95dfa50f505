/**
 * NodeResourcesFit: the pod's requests must fit into what the node has left; scores by how full the node would be.
 * @source pkg/scheduler/framework/plugins/noderesources/fit.go
 */
import type { Node, Pod } from '../../api/types.ts';
import type { Plugin } from '../framework.ts';
import { type NodeInfo, newNodeInfo, type PodInfo, podKey } from '../node-info.ts';
import { isExtendedResourceName, podRequests, type Resource } from '../resources.ts';
import type { Status } from '../status.ts';
import {
  allocations,
  DEFAULT_RESOURCES,
  leastAllocated,
  mostAllocated,
  podRequestList,
  type ResourceSpec,
  requestedToCapacityRatio,
  type UtilizationPoint,
} from './resource-scoring.ts';

export interface NodeResourcesFitArgs {
  readonly ignoredResources?: readonly string[] | undefined;
  readonly ignoredResourceGroups?: readonly string[] | undefined;
  readonly scoringStrategy?:
    | {
        readonly type?: string | undefined;
        readonly resources?: readonly ResourceSpec[] | undefined;
        readonly requestedToCapacityRatio?: { readonly shape?: readonly UtilizationPoint[] | undefined } | undefined;
      }
    | undefined;
}

export function nodeResourcesFit(args: NodeResourcesFitArgs): Plugin<Resource, readonly number[]> {
  const strategy = args.scoringStrategy;
  const resources = strategy?.resources?.length ? strategy.resources : DEFAULT_RESOURCES;
  const shape = strategy?.requestedToCapacityRatio?.shape ?? [];
  return {
    name: 'NodeResourcesFit',
    preFilter(_cycle, pod) {
      return { kind: 'go', state: pod.request };
    },
    filter(_cycle, _pod, node, wanted) {
      return lacking(wanted, node, args);
    },
    preScore(_cycle, pod) {
      return { kind: 'go', state: podRequestList(pod, resources, 'as default') };
    },
    score(_cycle, _pod, node, wanted) {
      const allocated = allocations(node, resources, wanted, 'as default');
      if (strategy?.type === 'MostAllocated') return mostAllocated(allocated);
      if (strategy?.type === 'RequestedToCapacityRatio') return requestedToCapacityRatio(allocated, shape);
      return leastAllocated(allocated);
    },
    events: [
      {
        kind: 'Pod',
        actions: ['Delete', 'UpdatePodScaleDown'],
        hint(_cycle, pod, event) {
          if (event.kind !== 'Pod') return 'Skip';
          if (event.action === 'Delete') {
            return event.before?.spec.nodeName || event.before?.status?.nominatedNodeName ? 'Queue' : 'Skip';
          }
          return event.before && event.after && freesSomething(pod, event.before, event.after) ? 'Queue' : 'Skip';
        },
      },
      {
        kind: 'Node',
        actions: ['Add', 'UpdateNodeAllocatable'],
        hint(_cycle, pod, event) {
          if (event.kind !== 'Node' || event.after === undefined) return 'Skip';
          const after = newNodeInfo(event.after);
          if (lacking(pod.request, after, {}) !== undefined) return 'Skip';
          return event.before === undefined || hasGrown(pod.request, event.before, after) ? 'Queue' : 'Skip';
        },
      },
    ],
  };
}

/** What the node is short of: every resource, each with a reason of its own. */
function lacking(wanted: Resource, node: NodeInfo, args: NodeResourcesFitArgs): Status | undefined {
  const { allocatable, requested } = node;
  let reasons: string[] | undefined;
  let isHopeless = false;
  const check = (name: string, want: number, capacity: number, used: number) => {
    if (want <= 0 || want <= capacity - used) return;
    reasons ??= [];
    reasons.push(`Insufficient ${name}`);
    if (want > capacity) isHopeless = true;
  };
  if (node.pods.size + 1 > allocatable.pods) reasons = ['Too many pods'];
  check('cpu', wanted.milliCpu, allocatable.milliCpu, requested.milliCpu);
  check('memory', wanted.memory, allocatable.memory, requested.memory);
  check('ephemeral-storage', wanted.ephemeralStorage, allocatable.ephemeralStorage, requested.ephemeralStorage);
  for (const [name, want] of wanted.scalars) {
    if (isIgnored(name, args)) continue;
    check(name, want, allocatable.scalars.get(name) ?? 0, requested.scalars.get(name) ?? 0);
  }
  if (reasons === undefined) return undefined;
  return { code: isHopeless ? 'UnschedulableAndUnresolvable' : 'Unschedulable', reasons, plugin: '' };
}

function isIgnored(name: string, args: NodeResourcesFitArgs): boolean {
  if (!args.ignoredResources?.length && !args.ignoredResourceGroups?.length) return false;
  if (!isExtendedResourceName(name)) return false;
  const group = name.slice(0, name.indexOf('/'));
  return (args.ignoredResources?.includes(name) || args.ignoredResourceGroups?.includes(group)) ?? false;
}

/** Whether the change of another pod (or of the pod itself) lets go of something that the pod wants. */
function freesSomething(pod: PodInfo, before: Pod, after: Pod): boolean {
  if (podKey(after) === pod.key) return true;
  if (!after.spec.nodeName) return false;
  const had = podRequests(before);
  const has = podRequests(after);
  for (const [name, want] of podRequests(pod.pod)) {
    if (want > 0 && (had.get(name) ?? 0) > (has.get(name) ?? 0)) return true;
  }
  return false;
}

function hasGrown(wanted: Resource, before: Node, after: NodeInfo): boolean {
  const was = newNodeInfo(before).allocatable;
  const is = after.allocatable;
  if (is.pods > was.pods) return true;
  if (wanted.milliCpu > 0 && is.milliCpu > was.milliCpu) return true;
  if (wanted.memory > 0 && is.memory > was.memory) return true;
  if (wanted.ephemeralStorage > 0 && is.ephemeralStorage > was.ephemeralStorage) return true;
  for (const [name, want] of wanted.scalars) {
    if (want > 0 && (is.scalars.get(name) ?? 0) > (was.scalars.get(name) ?? 0)) return true;
  }
  return false;
}
