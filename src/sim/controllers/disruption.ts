/** Disruption controller: how many pods a PodDisruptionBudget lets go right now. Models pkg/controller/disruption. */
import { semanticEqual } from '../api/equal.ts';
import { matchesSelector, selectorOf } from '../api/selector.ts';
import { formatTime } from '../api/time.ts';
import type { Condition, Deployment, Pod, PodDisruptionBudget, ReplicaSet } from '../api/types.ts';
import { keyOf } from '../client/informer.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View } from './controller.ts';
import { share } from './deployment-status.ts';
import { controllerOf, isActive, isReady } from './pods.ts';
import { objectPath, resourceOfKind } from './resources.ts';

export const disruptionController: Controller = {
  name: 'disruption-controller',
  account: 'disruption-controller',
  eventSource: 'controllermanager',
  watches: ['poddisruptionbudgets', 'pods'],
  workers: 5,
  keysOf(resource, delta, view) {
    if (resource === 'poddisruptionbudgets') return [delta.key];
    const budgets = view.by('poddisruptionbudgets', 'byNamespace', delta.object.metadata.namespace ?? '');
    return budgets.filter((budget) => covers(budget as PodDisruptionBudget, delta.object as Pod)).map(keyOf);
  },
  reconcile,
};

function covers(budget: PodDisruptionBudget, pod: Pod): boolean {
  return budget.spec.selector !== undefined && matchesSelector(selectorOf(budget.spec.selector), pod.metadata.labels);
}

function reconcile(key: string, view: View): Outcome {
  const budget = view.get('poddisruptionbudgets', key) as PodDisruptionBudget | undefined;
  if (budget === undefined) return NOTHING_TO_DO;
  const all = view.by('pods', 'byNamespace', budget.metadata.namespace ?? '') as readonly Pod[];
  const pods = all.filter((pod) => covers(budget, pod) && isActive(pod));
  const currentHealthy = pods.filter(isReady).length;
  const { minAvailable, maxUnavailable } = budget.spec;
  let expectedPods = pods.length;
  let desiredHealthy: number;
  if (maxUnavailable !== undefined) {
    expectedPods = expectedCount(pods, view);
    desiredHealthy = Math.max(0, expectedPods - share(maxUnavailable, expectedPods, Math.ceil));
  } else if (typeof minAvailable === 'string') {
    expectedPods = expectedCount(pods, view);
    desiredHealthy = share(minAvailable, expectedPods, Math.ceil);
  } else desiredHealthy = minAvailable ?? 1;
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  const enough = disruptionsAllowed > 0;
  const conditions = [
    allowed(budget, enough ? 'True' : 'False', enough ? 'SufficientPods' : 'InsufficientPods', view.nowMs),
  ];
  const observedGeneration = budget.metadata.generation ?? 0;
  const disruptedPods = budget.status?.disruptedPods;
  const left = Object.fromEntries(
    Object.entries(disruptedPods ?? {}).filter(([name]) => pods.some((pod) => pod.metadata.name === name)),
  );
  const status = {
    ...(Object.keys(left).length === 0 ? {} : { disruptedPods: left }),
    observedGeneration,
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    conditions,
  };
  if (semanticEqual(status, budget.status)) return NOTHING_TO_DO;
  return {
    writes: [
      {
        request: {
          method: 'PUT',
          path: `${objectPath('poddisruptionbudgets', budget)}/status`,
          body: { ...budget, status },
        },
        tolerate: [404],
      },
    ],
  };
}

function allowed(budget: PodDisruptionBudget, status: Condition['status'], reason: string, nowMs: number): Condition {
  const before = (budget.status?.['conditions'] as readonly Condition[] | undefined)?.find(
    ({ type }) => type === 'DisruptionAllowed',
  );
  const observedGeneration = budget.metadata.generation ?? 0;
  if (before?.status === status && before.reason === reason && before.observedGeneration === observedGeneration)
    return before;
  const lastTransitionTime = before?.status === status ? before.lastTransitionTime : formatTime(nowMs);
  return { type: 'DisruptionAllowed', status, reason, message: '', lastTransitionTime, observedGeneration };
}

/** What the owners of the pods want, each owner once. */
function expectedCount(pods: readonly Pod[], view: View): number {
  const scales = new Map<string, number>();
  let bare = 0;
  for (const pod of pods) {
    const owner = controllerOf(pod);
    const resource = owner === undefined ? undefined : resourceOfKind(owner.kind);
    const object = resource === undefined ? undefined : view.get(resource, `${pod.metadata.namespace}/${owner?.name}`);
    if (object === undefined) {
      bare++;
      continue;
    }
    const above = controllerOf(object);
    const deployment =
      above?.kind === 'Deployment' ? view.get('deployments', `${pod.metadata.namespace}/${above.name}`) : undefined;
    const scaled = (deployment ?? object) as Deployment | ReplicaSet;
    scales.set(scaled.metadata.uid ?? '', scaled.spec.replicas ?? 1);
  }
  return bare + [...scales.values()].reduce((sum, n) => sum + n, 0);
}
