/**
 * Whether a pod may run here, judged again on the node: the scheduler may have been wrong, late, or left out.
 * @source pkg/kubelet/lifecycle/predicate.go
 */
import { type Amounts, podRequests } from '../api/pod-resources.ts';
import { quantityMilliValue, quantityValue } from '../api/quantity.ts';
import type { NodeSelectorRequirement, NodeSelectorTerm, StringMap } from '../api/types.ts';
import type { KubeletMemory } from './memory.ts';
import { nodeCapacity } from './node-status.ts';
import type { PodWorker } from './worker.ts';

export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

export function admit(me: KubeletMemory, worker: PodWorker): Rejection | undefined {
  const others = [...me.pods.values()].filter(
    (other) => other !== worker && !other.finished && other.verdict === undefined,
  );
  return resources(me, worker, others) ?? affinity(me, worker) ?? ports(worker, others) ?? diskPressure(me, worker);
}

function resources(me: KubeletMemory, worker: PodWorker, others: readonly PodWorker[]): Rejection | undefined {
  const { allocatable } = nodeCapacity(me);
  const maxPods = me.config?.maxPods ?? 110;
  if (others.length + 1 > maxPods) return lacking('pods', 1, others.length, maxPods);
  const wanted = podRequests(worker.pod.spec);
  const used: Record<string, number> = {};
  for (const other of others) add(used, podRequests(other.pod.spec));
  for (const resource of Object.keys(wanted)) {
    const amount = wanted[resource] ?? 0;
    const quantity = allocatable[resource];
    if (quantity === undefined && resource !== 'cpu' && resource !== 'memory') continue;
    const capacity = resource === 'cpu' ? quantityMilliValue(quantity ?? 0) : quantityValue(quantity ?? 0);
    if (amount > 0 && amount + (used[resource] ?? 0) > capacity) {
      // The control plane's own pods are worth more than those of users.
      if (isCritical(worker)) continue;
      return lacking(resource, amount, used[resource] ?? 0, capacity);
    }
  }
  return undefined;
}

function lacking(resource: string, requested: number, used: number, capacity: number): Rejection {
  const message = `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`;
  return { reason: `OutOf${resource}`, message };
}

function affinity(me: KubeletMemory, { pod, isStatic }: PodWorker): Rejection | undefined {
  const labels = me.node?.metadata.labels;
  if (isStatic || labels === undefined) return undefined;
  const selector = pod.spec.nodeSelector ?? {};
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const name = me.config?.nodeName ?? '';
  const fits =
    Object.entries(selector).every(([key, value]) => labels[key] === value) &&
    (required === undefined || required.some((term) => matchesTerm(term, labels, name)));
  return fits
    ? undefined
    : {
        reason: 'NodeAffinity',
        message: "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
      };
}

function ports(worker: PodWorker, others: readonly PodWorker[]): Rejection | undefined {
  const wanted = hostPorts(worker);
  if (wanted.size === 0) return undefined;
  for (const other of others) {
    if (other.state === 'Terminating' || other.state === 'Terminated') continue;
    for (const port of hostPorts(other))
      if (wanted.has(port))
        return {
          reason: 'NodePorts',
          message: "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
        };
  }
  return undefined;
}

/** @source pkg/kubelet/eviction/eviction_manager.go Admit */
function diskPressure(me: KubeletMemory, worker: PodWorker): Rejection | undefined {
  if (me.nodeConditions.get('DiskPressure')?.status !== 'True' || isCritical(worker)) return undefined;
  return { reason: 'Evicted', message: 'The node had condition: [DiskPressure]. ' };
}

export function isCritical({ pod, isStatic }: PodWorker): boolean {
  return isStatic || (pod.spec.priority ?? 0) >= 2_000_000_000;
}

function hostPorts({ pod }: PodWorker): Set<string> {
  const used = new Set<string>();
  for (const container of pod.spec.containers)
    for (const { hostPort, protocol = 'TCP' } of container.ports ?? [])
      if (hostPort !== undefined && hostPort > 0) used.add(`${protocol}:${hostPort}`);
  return used;
}

function matchesTerm(term: NodeSelectorTerm, labels: StringMap, name: string): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return false;
  return (
    expressions.every((r) => holds(r, labels[r.key])) &&
    fields.every((r) => holds(r, r.key === 'metadata.name' ? name : undefined))
  );
}

function holds({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}

function add(to: Record<string, number>, amounts: Amounts): void {
  for (const resource of Object.keys(amounts)) to[resource] = (to[resource] ?? 0) + (amounts[resource] ?? 0);
}
