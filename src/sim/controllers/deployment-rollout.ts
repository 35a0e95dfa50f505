/** How many replicas each ReplicaSet of a Deployment is to have now. Models pkg/controller/deployment (rolling.go, recreate.go, sync.go scale). */
import type { Deployment, ReplicaSet } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import type { View, Write } from './controller.ts';
import { DESIRED, MAX } from './deployment-annotations.ts';
import { type Rollout, surgeAndUnavailable } from './deployment-status.ts';
import { objectPath } from './resources.ts';

/** Oldest first. */
export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const [x, y] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  if (x !== y) return x < y ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** Replicas that the new set may have now. @source pkg/controller/deployment/util NewRSNewReplicas */
export function newReplicas(deployment: Deployment, sets: readonly ReplicaSet[], current: number): number {
  const wanted = deployment.spec.replicas ?? 1;
  if (deployment.spec.strategy?.type === 'Recreate') return wanted;
  const maxTotal = wanted + surgeAndUnavailable(deployment).surge;
  const total = sum(sets, replicasOf);
  if (total >= maxTotal) return current;
  return current + Math.min(maxTotal - total, wanted - current);
}

export function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const replicas = deployment.spec.replicas ?? 1;
  return { [DESIRED]: String(replicas), [MAX]: String(replicas + surgeAndUnavailable(deployment).surge) };
}

/** One set to a size. `force` brings its annotations up to date even if the size is right. */
export function scale(rollout: Rollout, set: ReplicaSet, replicas: number, force = false): Write | undefined {
  const from = replicasOf(set);
  if (from === replicas && !force) return undefined;
  const sizes = sizeAnnotations(rollout.deployment);
  const annotated = Object.entries(sizes).every(([name, value]) => set.metadata.annotations?.[name] === value);
  if (from === replicas && annotated) return undefined;
  const metadata = { ...set.metadata, annotations: { ...set.metadata.annotations, ...sizes } };
  const body = { ...set, metadata, spec: { ...set.spec, replicas } };
  const direction = replicas > from ? 'up' : 'down';
  const message = `Scaled ${direction} replica set ${set.metadata.name} from ${from} to ${replicas}`;
  const about = referenceTo(rollout.deployment);
  return {
    request: { method: 'PUT', path: objectPath('replicasets', set), body },
    ...(from === replicas ? {} : { event: { about, type: 'Normal', reason: 'ScalingReplicaSet', message } }),
  };
}

/** One step of a rolling update: the new set grows, or the old ones shrink. */
export function rollingStep(rollout: Rollout): Write[] {
  const grown = growNew(rollout);
  return grown === undefined ? shrinkOld(rollout) : [grown];
}

function growNew(rollout: Rollout): Write | undefined {
  const { deployment, newSet, sets } = rollout;
  if (newSet === undefined) return undefined;
  const current = replicasOf(newSet);
  const wanted = deployment.spec.replicas ?? 1;
  if (current === wanted) return undefined;
  return scale(rollout, newSet, current > wanted ? wanted : newReplicas(deployment, sets, current));
}

/** First the old pods that are not even available, then as many more as availability allows. @source rolling.go */
function shrinkOld(rollout: Rollout): Write[] {
  const { deployment, newSet, old, sets } = rollout;
  if (sum(old, replicasOf) === 0) return [];
  const minAvailable = (deployment.spec.replicas ?? 1) - surgeAndUnavailable(deployment).unavailable;
  const newUnavailable = newSet === undefined ? 0 : replicasOf(newSet) - availableOf(newSet);
  const maxDown = sum(sets, replicasOf) - minAvailable - newUnavailable;
  if (maxDown <= 0) return [];
  const size = new Map(old.map((set) => [set, replicasOf(set)]));
  let cleaned = 0;
  for (const set of old) {
    const unhealthy = Math.min(maxDown - cleaned, replicasOf(set) - availableOf(set));
    if (replicasOf(set) === 0 || unhealthy <= 0) continue;
    size.set(set, replicasOf(set) - unhealthy);
    cleaned += unhealthy;
  }
  let spare = sum(sets, availableOf) - minAvailable;
  for (const set of old) {
    const down = Math.min(size.get(set)!, spare);
    if (down <= 0) continue;
    size.set(set, size.get(set)! - down);
    spare -= down;
  }
  return present(old.map((set) => scale(rollout, set, size.get(set)!)));
}

/** Recreate: everything old goes first. */
export function emptyOld(rollout: Rollout): Write[] {
  return present(rollout.old.map((set) => scale(rollout, set, 0)));
}

/** Whether a pod of an old set is still there. */
export function oldPodsRun({ old }: Rollout, view: View): boolean {
  if (sum(old, (set) => set.status?.replicas ?? 0) > 0) return true;
  return old.some((set) =>
    view.by('pods', 'byOwner', set.metadata.uid ?? '').some((pod) => {
      const phase = (pod['status'] as { phase?: string } | undefined)?.phase;
      return phase !== 'Failed' && phase !== 'Succeeded';
    }),
  );
}

/** The number of replicas has been changed, rather than the template. @source sync.go isScalingEvent */
export function isScaling({ deployment, sets }: Rollout): boolean {
  const wanted = deployment.spec.replicas ?? 1;
  return sets.some((set) => {
    const desired = set.metadata.annotations?.[DESIRED];
    return replicasOf(set) > 0 && desired !== undefined && /^\d+$/.test(desired) && Number(desired) !== wanted;
  });
}

/** The one active set takes a change of size, several share it in proportion. @source sync.go scale */
export function scaleAll(rollout: Rollout): Write[] {
  const { deployment, sets, newSet, old } = rollout;
  const wanted = deployment.spec.replicas ?? 1;
  const active = sets.filter((set) => replicasOf(set) > 0);
  if (active.length <= 1) {
    const only = active[0] ?? newSet ?? sets.at(-1);
    return only === undefined ? [] : present([scale(rollout, only, wanted)]);
  }
  if (isSaturated(newSet, wanted)) return present(old.map((set) => scale(rollout, set, 0)));
  if (deployment.spec.strategy?.type === 'Recreate') return [];
  const { surge } = surgeAndUnavailable(deployment);
  const toAdd = (wanted > 0 ? wanted + surge : 0) - sum(active, replicasOf);
  const order = [...active].sort((a, b) => replicasOf(b) - replicasOf(a) || (toAdd > 0 ? -byAge(a, b) : byAge(a, b)));
  let added = 0;
  const sizes = order.map((set) => {
    const left = toAdd - added;
    const share = left === 0 ? 0 : fractionOf(set, deployment, wanted + surge);
    const change = toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
    added += change;
    return replicasOf(set) + change;
  });
  sizes[0] = Math.max(0, sizes[0]! + toAdd - added);
  return present(order.map((set, i) => scale(rollout, set, sizes[i]!, true)));
}

function isSaturated(set: ReplicaSet | undefined, wanted: number): boolean {
  return (
    set !== undefined &&
    replicasOf(set) === wanted &&
    Number(set.metadata.annotations?.[DESIRED]) === wanted &&
    availableOf(set) === wanted
  );
}

/** By how much a set changes when the whole goes from what it was allowed before to what it is allowed now. */
function fractionOf(set: ReplicaSet, deployment: Deployment, allowed: number): number {
  const size = replicasOf(set);
  if ((deployment.spec.replicas ?? 1) === 0) return -size;
  const annotated = Number(set.metadata.annotations?.[MAX] ?? 0);
  const before = Number.isInteger(annotated) && annotated > 0 ? annotated : (deployment.status?.replicas ?? 0);
  return before === 0 ? 0 : Math.round((size * allowed) / before) - size;
}

function replicasOf(set: ReplicaSet): number {
  return set.spec.replicas ?? 0;
}

function availableOf(set: ReplicaSet): number {
  return set.status?.availableReplicas ?? 0;
}

function sum(sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number): number {
  return sets.reduce((total, set) => total + of(set), 0);
}

function present(writes: readonly (Write | undefined)[]): Write[] {
  return writes.filter((write) => write !== undefined);
}
