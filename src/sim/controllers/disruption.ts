/** Disruption controller: how many pods a PodDisruptionBudget lets go right now. Models pkg/controller/disruption. */
import { semanticEqual } from '../api/equal.ts';
import { matchesSelector, selectorOf } from '../api/selector.ts';
import { formatTime, parseTime } from '../api/time.ts';
import type { Condition, Pod, PodDisruptionBudget } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import { keyOf } from '../client/informer.ts';
import { type Controller, type EventSpec, NOTHING_TO_DO, type Outcome, type View } from './controller.ts';
import { expectedOf, selectorText } from './disruption-scale.ts';
import { isReady } from './pods.ts';
import { objectPath } from './resources.ts';

/** An eviction that was allowed must have led to a deletion by then. */
const DELETION_TIMEOUT_MS = 120_000;

export const disruptionController: Controller = {
  name: 'disruption-controller',
  account: 'disruption-controller',
  eventSource: 'controllermanager',
  watches: ['poddisruptionbudgets', 'pods', 'deployments', 'statefulsets', 'replicasets', 'replicationcontrollers'],
  workers: 5,
  // A look at so many pods takes time: what comes meanwhile is seen in the next one.
  delayMs(resource, key, view) {
    if (resource !== 'pods') return 0;
    const budget = view.get('poddisruptionbudgets', key) as PodDisruptionBudget | undefined;
    const expected = Number(budget?.status?.['expectedPods'] ?? 0);
    return expected < 20 ? 0 : Math.min(1_000, expected);
  },
  keysOf(resource, { key, type, object, old }, view) {
    if (resource === 'poddisruptionbudgets') return [key];
    const budgets = view.by('poddisruptionbudgets', 'byNamespace', object.metadata.namespace ?? '');
    if (budgets.length === 0) return [];
    if (resource !== 'pods') return sizeOf(object) === sizeOf(old) ? [] : budgets.map(keyOf);
    const pod = object as Pod;
    const before = type === 'updated' ? (old as Pod | undefined) : undefined;
    if (before !== undefined && !matters(before, pod)) return [];
    const covered = (budget: PodDisruptionBudget) =>
      covers(budget, pod) || (before !== undefined && covers(budget, before));
    return budgets.filter((budget) => covered(budget as PodDisruptionBudget)).map(keyOf);
  },
  reconcile,
};

function sizeOf(object: { readonly [field: string]: unknown } | undefined): unknown {
  return (object?.['spec'] as { readonly replicas?: number } | undefined)?.replicas;
}

function matters(old: Pod, pod: Pod): boolean {
  return (
    isReady(old) !== isReady(pod) ||
    old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp ||
    old.metadata.labels !== pod.metadata.labels ||
    old.metadata.ownerReferences !== pod.metadata.ownerReferences
  );
}

function covers(budget: PodDisruptionBudget, pod: Pod): boolean {
  return budget.spec.selector !== undefined && matchesSelector(selectorOf(budget.spec.selector), pod.metadata.labels);
}

function reconcile(key: string, view: View): Outcome {
  const budget = view.get('poddisruptionbudgets', key) as PodDisruptionBudget | undefined;
  if (budget === undefined) return NOTHING_TO_DO;
  const all = view.by('pods', 'byNamespace', budget.metadata.namespace ?? '') as readonly Pod[];
  const pods = all.filter((pod) => covers(budget, pod));
  const about = referenceTo(budget);
  const events: EventSpec[] = [];
  if (pods.length === 0) events.push({ about, type: 'Normal', reason: 'NoPods', message: 'No matching pods found' });
  const expected = expectedOf(budget, pods, view);
  if (!expected.ok) {
    const message = `Failed to calculate the number of expected pods: ${expected.error}`;
    events.push({ about, type: 'Warning', reason: 'CalculateExpectedPodCountFailed', message });
    const status = {
      ...budget.status,
      disruptionsAllowed: 0,
      ...said(budget, 'False', 'SyncFailed', expected.error, view),
    };
    return write(budget, status, events);
  }
  if (expected.unmanaged) {
    const message =
      `Pods selected by this PodDisruptionBudget (selector: ${selectorText(budget)}) were found to be unmanaged. ` +
      'As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. ' +
      'To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.';
    events.push({ about, type: 'Warning', reason: 'UnmanagedPods', message });
  }
  const { disruptedPods, recheckMs, late } = disrupted(budget, pods, view);
  for (const pod of late) {
    const message = `Pod was expected by PDB ${key} to be deleted but it wasn't`;
    events.push({ about: referenceTo(pod), type: 'Warning', reason: 'NotDeleted', message });
  }
  const { expectedPods, desiredHealthy } = expected;
  const currentHealthy = pods.filter(
    (pod) => pod.metadata.deletionTimestamp === undefined && !(pod.metadata.name in disruptedPods) && isReady(pod),
  ).length;
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  const [is, reason] =
    disruptionsAllowed > 0 ? (['True', 'SufficientPods'] as const) : (['False', 'InsufficientPods'] as const);
  const status = {
    ...(Object.keys(disruptedPods).length === 0 ? {} : { disruptedPods }),
    observedGeneration: budget.metadata.generation ?? 0,
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    ...said(budget, is, reason, '', view),
  };
  return { ...write(budget, status, events), requeueAfterMs: recheckMs };
}

function write(budget: PodDisruptionBudget, status: object, events: EventSpec[]): Outcome {
  if (semanticEqual(status, budget.status)) return { writes: [], events };
  const path = `${objectPath('poddisruptionbudgets', budget)}/status`;
  return { writes: [{ request: { method: 'PUT', path, body: { ...budget, status } }, tolerate: [404, 409] }], events };
}

/** Pods whose eviction has been allowed and whose deletion is still to be seen. */
function disrupted(
  budget: PodDisruptionBudget,
  pods: readonly Pod[],
  view: View,
): { disruptedPods: Record<string, string>; recheckMs: number | undefined; late: Pod[] } {
  const disruptedPods: Record<string, string> = {};
  const late: Pod[] = [];
  let recheckMs: number | undefined;
  for (const pod of pods) {
    const since = budget.status?.disruptedPods?.[pod.metadata.name];
    if (since === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
    const leftMs = (parseTime(since) ?? 0) + DELETION_TIMEOUT_MS - view.nowMs;
    if (leftMs < 0) late.push(pod);
    else {
      disruptedPods[pod.metadata.name] = since;
      recheckMs = Math.min(recheckMs ?? leftMs, leftMs);
    }
  }
  return { disruptedPods, recheckMs, late };
}

function said(
  budget: PodDisruptionBudget,
  status: Condition['status'],
  reason: string,
  message: string,
  view: View,
): { conditions: Condition[] } {
  const type = 'DisruptionAllowed';
  const known = (budget.status?.['conditions'] as readonly Condition[] | undefined) ?? [];
  const before = known.find((condition) => condition.type === type);
  const observedGeneration = budget.metadata.generation ?? 0;
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : formatTime(view.nowMs);
  const condition: Condition = { type, status, observedGeneration, lastTransitionTime, reason, message };
  return { conditions: [...known.filter((other) => other.type !== type), condition] };
}
