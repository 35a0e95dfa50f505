/**
 * Deployment controller: one ReplicaSet a pod template, and a rollout that moves replicas from the old ones to the new one within
 * maxSurge and maxUnavailable. Models pkg/controller/deployment/deployment_controller.go.
 */
import { matchesSelector, selectorOf } from '../api/selector.ts';
import type { Deployment, ReplicaSet } from '../api/types.ts';
import { type Delta, keyOf } from '../client/informer.ts';
import { claim, controllerKeys } from './claim.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { byRevision, createNewSet, rollback, sameTemplate, syncRevision } from './deployment-revision.ts';
import { byAge, emptyOld, isScaling, oldPodsRun, rollingStep, scale, scaleAll } from './deployment-rollout.ts';
import { isComplete, pausedStatus, plainStatus, type Rollout, rolloutStatus, statusWith } from './deployment-status.ts';
import { controllerOf } from './pods.ts';
import { objectPath } from './resources.ts';

export const deploymentController: Controller = {
  name: 'deployment-controller',
  account: 'deployment-controller',
  watches: ['deployments', 'replicasets', 'pods'],
  workers: 5,
  workersFlag: 'concurrent-deployment-syncs',
  keysOf(resource, delta, view) {
    if (resource === 'deployments') return [delta.key];
    if (resource === 'replicasets') return keysOfSet(delta, view);
    // A pod that is gone may let a Recreate rollout go on.
    if (delta.type !== 'deleted') return [];
    const owner = controllerOf(delta.object);
    if (owner?.kind !== 'ReplicaSet') return [];
    const set = view.get('replicasets', `${delta.object.metadata.namespace}/${owner.name}`);
    const above = set === undefined ? undefined : controllerOf(set);
    if (above?.kind !== 'Deployment') return [];
    const key = `${delta.object.metadata.namespace}/${above.name}`;
    return (view.get('deployments', key) as Deployment | undefined)?.spec.strategy?.type === 'Recreate' ? [key] : [];
  },
  reconcile,
};

function keysOfSet(delta: Delta, view: View): readonly string[] {
  const keys = controllerKeys(delta, 'Deployment');
  const set = delta.object;
  if (controllerOf(set) !== undefined || set.metadata.deletionTimestamp !== undefined || delta.type === 'deleted')
    return keys;
  // An orphan: whoever selects it may adopt it.
  for (const object of view.by('deployments', 'byNamespace', set.metadata.namespace ?? ''))
    if (matchesSelector(selectorOf((object as Deployment).spec.selector), set.metadata.labels))
      keys.push(keyOf(object));
  return keys;
}

function reconcile(key: string, view: View): Outcome {
  const deployment = view.get('deployments', key) as Deployment | undefined;
  if (deployment === undefined) return NOTHING_TO_DO;
  const claimed = claim(deployment, 'replicasets', selectorOf(deployment.spec.selector), view);
  if (claimed.writes.length > 0) return { writes: claimed.writes };
  const rollout = rolloutOf(deployment, claimed.objects as ReplicaSet[]);
  if (deployment.metadata.deletionTimestamp !== undefined) return { writes: plain(rollout, view) };
  const paused = pausedStatus(deployment, view.nowMs);
  if (paused !== undefined) return { writes: [statusWith(deployment, paused)] };
  const synced = syncRevision(rollout, view.nowMs);
  if (synced.length > 0) return { writes: synced };
  if (deployment.spec.paused === true) {
    return { writes: [...scaleAll(rollout), ...cleanUp(rollout), ...plain(rollout, view)] };
  }
  const rolledBack = rollback(rollout);
  if (rolledBack !== undefined) return rolledBack;
  if (isScaling(rollout)) return { writes: [...scaleAll(rollout), ...plain(rollout, view)] };
  if (deployment.spec.strategy?.type === 'Recreate') return recreate(rollout, view);
  if (rollout.newSet === undefined) return createNewSet(rollout, view);
  return withStatus(rollout, view, rollingStep(rollout));
}

function recreate(rollout: Rollout, view: View): Outcome {
  const shrunk = emptyOld(rollout);
  if (shrunk.length > 0 || oldPodsRun(rollout, view)) return withStatus(rollout, view, shrunk, false);
  const { newSet, deployment } = rollout;
  if (newSet === undefined) return createNewSet(rollout, view);
  const grown = scale(rollout, newSet, deployment.spec.replicas ?? 1);
  return withStatus(rollout, view, grown === undefined ? [] : [grown]);
}

function rolloutOf(deployment: Deployment, claimed: readonly ReplicaSet[]): Rollout {
  const sets = [...claimed].sort(byAge);
  const newSet = sets.find((set) => sameTemplate(set.spec.template, deployment.spec.template));
  return { deployment, sets, newSet, old: sets.filter((set) => set !== newSet) };
}

function plain(rollout: Rollout, view: View): Write[] {
  const status = plainStatus(rollout, view.nowMs);
  return status === undefined ? [] : [statusWith(rollout.deployment, status)];
}

function withStatus(rollout: Rollout, view: View, steps: Write[], mayCleanUp = true): Outcome {
  const { status, requeueAfterMs } = rolloutStatus(rollout, view.nowMs);
  const writes = [...steps];
  const { deployment } = rollout;
  if (mayCleanUp && steps.length === 0 && isComplete(deployment, deployment.status)) writes.push(...cleanUp(rollout));
  if (status !== undefined) writes.push(statusWith(deployment, status));
  return { writes, requeueAfterMs };
}

/** Old sets beyond revisionHistoryLimit that are empty and done. */
function cleanUp({ deployment, old }: Rollout): Write[] {
  const alive = old.filter((set) => set.metadata.deletionTimestamp === undefined);
  const surplus = alive.length - (deployment.spec.revisionHistoryLimit ?? 10);
  if (surplus <= 0) return [];
  return alive
    .sort(byRevision)
    .slice(0, surplus)
    .filter(
      ({ status, spec, metadata }) =>
        (status?.replicas ?? 0) === 0 &&
        spec.replicas === 0 &&
        (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0),
    )
    .map((set) => ({ request: { method: 'DELETE', path: objectPath('replicasets', set) }, tolerate: [404] }));
}
