/**
 * DefaultPreemption: when a pod fits nowhere, looks for a node where it would fit if pods of lower priority went, and picks the
 * node where that hurts least.
 * @source pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go, pkg/scheduler/framework/preemption/preemption.go
 */
import { matchesSelector, selectorOf } from '../../api/selector.ts';
import type { PodDisruptionBudget } from '../../api/types.ts';
import { type ClusterCache, listNodes } from '../cluster-cache.ts';
import { fitErrorMessage } from '../fit-error.ts';
import type { FailedCycle, Plugin } from '../framework.ts';
import type { NodeInfo, PodInfo } from '../node-info.ts';
import { type Status, unresolvable, unschedulable } from '../status.ts';

export interface DefaultPreemptionArgs {
  readonly minCandidateNodesPercentage?: number | undefined;
  readonly minCandidateNodesAbsolute?: number | undefined;
}

export interface Candidate {
  readonly node: string;
  /** Most important first. */
  readonly victims: readonly PodInfo[];
  readonly budgetViolations: number;
}

export const NOT_HELPFUL = unresolvable('Preemption is not helpful for scheduling');

export function defaultPreemption(args: DefaultPreemptionArgs): Plugin {
  return {
    name: 'DefaultPreemption',
    postFilter(failed) {
      const refusal = mayNotPreempt(failed);
      if (refusal !== undefined) return { victims: [], status: unschedulable(`preemption: ${refusal}`) };
      const { candidates, statuses } = findCandidates(failed, args);
      if (candidates.length === 0) {
        const nodeCount = failed.cycle.cluster.nodes.size;
        const message = fitErrorMessage({ nodeCount, statuses, absent: NOT_HELPFUL });
        return { nominatedNode: '', victims: [], status: unschedulable(`preemption: ${message}`) };
      }
      const best = pickCandidate(candidates);
      return { nominatedNode: best.node, victims: best.victims };
    },
    events: [{ kind: 'Pod', actions: ['Delete'], hint: () => 'Skip' }],
  };
}

/** Why a pod may not preempt at all; undefined when it may. */
export function mayNotPreempt({ cycle, pod, statusOf }: FailedCycle): string | undefined {
  if (pod.pod.spec.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.';
  const nominated = pod.pod.status?.nominatedNodeName;
  if (!nominated || statusOf(nominated)?.code === 'UnschedulableAndUnresolvable') return undefined;
  for (const other of cycle.cluster.nodes.get(nominated)?.pods.values() ?? []) {
    if (other.priority < pod.priority && isTerminatingByPreemption(other)) {
      return 'not eligible due to a terminating pod on the nominated node.';
    }
  }
  return undefined;
}

/** Tries every node where removing pods could help; stops when there are enough candidates. */
export function findCandidates(
  failed: FailedCycle,
  args: DefaultPreemptionArgs,
): { candidates: Candidate[]; statuses: Map<string, Status> } {
  const { cycle, statusOf } = failed;
  const nodes = listNodes(cycle.cluster).filter((node) => statusOf(node.name)?.code === 'Unschedulable');
  const statuses = new Map<string, Status>();
  const gentle: Candidate[] = [];
  const violating: Candidate[] = [];
  if (nodes.length === 0) return { candidates: [], statuses };
  const percentage = args.minCandidateNodesPercentage ?? 10;
  const atLeast = args.minCandidateNodesAbsolute ?? 100;
  const enough = Math.min(nodes.length, Math.max(atLeast, Math.trunc((nodes.length * percentage) / 100)));
  const offset = cycle.random(nodes.length);
  const budgets = [...cycle.cluster.objects.PodDisruptionBudget.values()];
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[(offset + i) % nodes.length];
    if (node === undefined) continue;
    const result = selectVictims(failed, node, budgets);
    if ('code' in result) statuses.set(node.name, result);
    else if (result.budgetViolations === 0) gentle.push(result);
    else if (violating.length < enough) violating.push(result);
    if (gentle.length > 0 && gentle.length + violating.length >= enough) break;
  }
  return { candidates: [...gentle, ...violating], statuses };
}

/** Removes all less important pods, then takes back as many as fit, the most important first. */
function selectVictims(
  failed: FailedCycle,
  node: NodeInfo,
  budgets: readonly PodDisruptionBudget[],
): Candidate | Status {
  const { pod, cycle } = failed;
  const potential = [...node.pods.values()].filter((other) => other.priority < pod.priority);
  if (potential.length === 0) return unresolvable('No preemption victims found for incoming pod');
  const trial = failed.dryRun(node);
  for (const other of potential) trial.remove(other);
  const stillRejected = trial.filter();
  if (stillRejected !== undefined) return stillRejected;
  potential.sort((a, b) => compareImportance(a, b, cycle.now));
  const { violating, others } = splitByBudgets(potential, budgets);
  const victims: PodInfo[] = [];
  const reprieve = (other: PodInfo): boolean => {
    trial.add(other);
    if (trial.filter() === undefined) return true;
    trial.remove(other);
    victims.push(other);
    return false;
  };
  let budgetViolations = 0;
  for (const other of violating) if (!reprieve(other)) budgetViolations++;
  for (const other of others) reprieve(other);
  if (violating.length > 0 && others.length > 0) victims.sort((a, b) => compareImportance(a, b, cycle.now));
  if (victims.length === 0)
    return { code: 'Error', reasons: [`expected at least one victim pod on node "${node.name}"`], plugin: '' };
  return { node: node.name, victims, budgetViolations };
}

/** Pods whose eviction a PodDisruptionBudget does not allow, counted off as the budget is used up. */
function splitByBudgets(
  pods: readonly PodInfo[],
  budgets: readonly PodDisruptionBudget[],
): { violating: PodInfo[]; others: PodInfo[] } {
  const allowed = budgets.map((budget) => budget.status?.disruptionsAllowed ?? 0);
  const violating: PodInfo[] = [];
  const others: PodInfo[] = [];
  for (const pod of pods) {
    const labels = pod.pod.metadata.labels ?? {};
    let isViolated = false;
    if (Object.keys(labels).length > 0) {
      budgets.forEach((budget, i) => {
        if ((budget.metadata.namespace ?? '') !== pod.namespace) return;
        const selector = selectorOf(budget.spec.selector);
        if ((selector.requirements.length === 0 && !selector.nothing) || !matchesSelector(selector, labels)) return;
        if (budget.status?.disruptedPods?.[pod.pod.metadata.name] !== undefined) return;
        const left = (allowed[i] ?? 0) - 1;
        allowed[i] = left;
        if (left < 0) isViolated = true;
      });
    }
    (isViolated ? violating : others).push(pod);
  }
  return { violating, others };
}

/** Fewest budget violations, lowest top priority, smallest sum of priorities, fewest victims, latest start; else the first. */
export function pickCandidate(candidates: readonly Candidate[]): Candidate {
  const scores: ((candidate: Candidate) => number | string)[] = [
    ({ budgetViolations }) => -budgetViolations,
    ({ victims }) => -(victims[0]?.priority ?? 0),
    ({ victims }) => -victims.reduce((sum, { priority }) => sum + priority + 2 ** 31, 0),
    ({ victims }) => -victims.length,
    ({ victims }) => earliestStart(victims),
  ];
  let left = candidates;
  for (const score of scores) {
    let best: number | string | undefined;
    let selected: Candidate[] = [];
    for (const candidate of left) {
      const own = score(candidate);
      if (best === undefined || own > best) {
        best = own;
        selected = [];
      }
      if (own === best) selected.push(candidate);
    }
    left = selected;
    if (left.length === 1) break;
  }
  const picked = left[0];
  if (picked === undefined) throw new Error('no candidate to pick from');
  return picked;
}

const NOT_STARTED = '9999-12-31T23:59:59Z';

/** The start of the longest-running victim among the most important ones; times as RFC 3339 compare as texts. */
function earliestStart(victims: readonly PodInfo[]): string {
  const top = Math.max(...victims.map(({ priority }) => priority));
  let earliest = NOT_STARTED;
  for (const victim of victims) {
    const start = victim.pod.status?.startTime ?? NOT_STARTED;
    if (victim.priority === top && start < earliest) earliest = start;
  }
  return earliest;
}

/** Negative when `a` is the more important pod: higher priority, or running for longer. */
function compareImportance(a: PodInfo, b: PodInfo, now: string): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  const startOfA = a.pod.status?.startTime ?? now;
  const startOfB = b.pod.status?.startTime ?? now;
  return startOfA < startOfB ? -1 : startOfA > startOfB ? 1 : 0;
}

function isTerminatingByPreemption({ pod }: PodInfo): boolean {
  if (!pod.metadata.deletionTimestamp) return false;
  const target = pod.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');
  return target?.status === 'True' && target.reason === 'PreemptionByScheduler';
}

/** Pods of lower priority that are promised this node and must give way. */
export function lowerNominated(cluster: ClusterCache, node: string, priority: number): PodInfo[] {
  return [...(cluster.nominated.get(node)?.values() ?? [])].filter((pod) => pod.priority < priority);
}
