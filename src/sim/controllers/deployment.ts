/**
 * Deployment controller: one ReplicaSet a pod template, and a rollout that moves replicas from the old ones to the new one within
 * maxSurge and maxUnavailable. Models pkg/controller/deployment (sync.go, rolling.go, recreate.go).
 */
import { deepEqual } from '../api/equal.ts';
import { templateHash } from '../api/hash.ts';
import type { Deployment, Pod, PodTemplateSpec, ReplicaSet } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { deploymentStatus, isComplete, type Rollout, surgeAndUnavailable } from './deployment-status.ts';
import { controllerOf, isTerminating, ownerReference } from './pods.ts';
import { collectionPath, objectPath } from './resources.ts';

const HASH = 'pod-template-hash';
export const REVISION = 'deployment.kubernetes.io/revision';
const DESIRED = 'deployment.kubernetes.io/desired-replicas';
const MAX = 'deployment.kubernetes.io/max-replicas';

export const deploymentController: Controller = {
  name: 'deployment-controller',
  account: 'deployment-controller',
  watches: ['deployments', 'replicasets', 'pods'],
  workers: 5,
  keysOf(resource, delta, view) {
    if (resource === 'deployments') return [delta.key];
    if (resource === 'replicasets') return ownerKey(delta.object as ReplicaSet);
    // A pod that is gone may let a Recreate rollout go on.
    if (delta.type !== 'deleted') return [];
    const owner = controllerOf(delta.object);
    const set =
      owner?.kind === 'ReplicaSet'
        ? view.get('replicasets', `${delta.object.metadata.namespace}/${owner.name}`)
        : undefined;
    return set === undefined ? [] : ownerKey(set as ReplicaSet);
  },
  reconcile,
};

function ownerKey(set: ReplicaSet): readonly string[] {
  const owner = controllerOf(set);
  return owner?.kind === 'Deployment' ? [`${set.metadata.namespace}/${owner.name}`] : [];
}

function reconcile(key: string, view: View): Outcome {
  const deployment = view.get('deployments', key) as Deployment | undefined;
  if (deployment === undefined) return NOTHING_TO_DO;
  const rollout = rolloutOf(deployment, view);
  if (deployment.metadata.deletionTimestamp !== undefined) return withStatus(rollout, view, []);
  if (deployment.spec.paused === true) return withStatus(rollout, view, scaleAll(rollout));
  const synced = syncRevision(rollout);
  if (synced.length > 0) return { writes: synced };
  if (isScaling(rollout)) return withStatus(rollout, view, scaleAll(rollout));
  if (deployment.spec.strategy?.type === 'Recreate') return recreate(rollout, view);
  const { newSet } = rollout;
  if (newSet === undefined) return { writes: [createNewSet(rollout)] };
  const grown = growNew(rollout);
  if (grown !== undefined) return withStatus(rollout, view, [grown]);
  const shrunk = shrinkOld(rollout);
  if (shrunk.length > 0) return withStatus(rollout, view, shrunk);
  return withStatus(rollout, view, isComplete(rollout) ? cleanUp(rollout) : []);
}

function rolloutOf(deployment: Deployment, view: View): Rollout {
  const sets = (view.by('replicasets', 'byOwner', deployment.metadata.uid ?? '') as readonly ReplicaSet[])
    .filter((set) => controllerOf(set)?.uid === deployment.metadata.uid)
    .sort(byAge);
  const newSet = sets.find((set) => sameTemplate(set.spec.template, deployment.spec.template));
  const old = sets.filter((set) => set !== newSet);
  let terminating = 0;
  for (const set of sets) {
    for (const pod of view.by('pods', 'byOwner', set.metadata.uid ?? '')) if (isTerminating(pod as Pod)) terminating++;
  }
  return { deployment, sets, newSet, old, terminating };
}

/** Oldest first. */
function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const [x, y] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  if (x !== y) return x < y ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** Equal but for the hash label that the controller itself adds. */
function sameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return deepEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const labels = { ...template.metadata?.labels };
  delete labels[HASH];
  return { ...template, metadata: { ...template.metadata, creationTimestamp: undefined, labels } };
}

function revisionOf(object: { readonly metadata: ReplicaSet['metadata'] }): number {
  return Number(object.metadata.annotations?.[REVISION] ?? 0);
}

/** The new ReplicaSet carries the highest revision, and the Deployment shows it. */
function syncRevision({ deployment, newSet, old }: Rollout): Write[] {
  if (newSet === undefined) return [];
  const highestOld = Math.max(0, ...old.map(revisionOf));
  const wanted = Math.max(revisionOf(newSet), highestOld + 1);
  const writes: Write[] = [];
  const inherited = annotationsFor(deployment);
  const missing = Object.entries(inherited).some(([name, value]) => newSet.metadata.annotations?.[name] !== value);
  const minReady = deployment.spec.minReadySeconds ?? 0;
  if (revisionOf(newSet) !== wanted || missing || (newSet.spec.minReadySeconds ?? 0) !== minReady) {
    const annotations = { ...newSet.metadata.annotations, ...inherited, [REVISION]: String(wanted) };
    const body = {
      ...newSet,
      metadata: { ...newSet.metadata, annotations },
      spec: { ...newSet.spec, minReadySeconds: minReady },
    };
    writes.push({ request: { method: 'PUT', path: objectPath('replicasets', newSet), body } });
  }
  if (revisionOf(deployment) !== wanted) {
    const annotations = { ...deployment.metadata.annotations, [REVISION]: String(wanted) };
    const body = { ...deployment, metadata: { ...deployment.metadata, annotations } };
    writes.push({ request: { method: 'PUT', path: objectPath('deployments', deployment), body } });
  }
  return writes;
}

/** What a ReplicaSet inherits of its Deployment's annotations. */
function annotationsFor(deployment: Deployment): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const [name, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!NOT_INHERITED.has(name)) inherited[name] = value;
  }
  return inherited;
}

const NOT_INHERITED: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  'deployment.kubernetes.io/revision-history',
  DESIRED,
  MAX,
  'deprecated.deployment.rollback.to',
]);

function createNewSet({ deployment, old, sets }: Rollout): Write {
  const hash = templateHash(deployment.spec.template, deployment.status?.collisionCount);
  const { metadata, spec } = deployment;
  const name = `${metadata.name}-${hash}`;
  const labels = { ...spec.template.metadata?.labels, [HASH]: hash };
  const replicas = newReplicas(deployment, sets, 0);
  const revision = Math.max(0, ...old.map(revisionOf)) + 1;
  const about = referenceTo(deployment);
  const body = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: metadata.namespace,
      labels,
      annotations: { ...annotationsFor(deployment), ...sizeAnnotations(deployment), [REVISION]: String(revision) },
      ownerReferences: [ownerReference(deployment)],
    },
    spec: {
      replicas,
      ...(spec.minReadySeconds === undefined ? {} : { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [HASH]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
  const message = `Scaled up replica set ${name} from 0 to ${replicas}`;
  return {
    request: { method: 'POST', path: collectionPath('replicasets', metadata.namespace), body },
    ...(replicas > 0 ? { event: { about, type: 'Normal', reason: 'ScalingReplicaSet', message } } : {}),
    failureEvent: {
      about,
      type: 'Warning',
      reason: 'ReplicaSetCreateError',
      message: `Failed to create new replica set "${name}": {error}`,
    },
  };
}

function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const replicas = deployment.spec.replicas ?? 1;
  const { surge } = surgeAndUnavailable(deployment);
  return { [DESIRED]: String(replicas), [MAX]: String(replicas + surge) };
}

/** Replicas that the new set may have now. @source pkg/controller/deployment/util NewRSNewReplicas */
function newReplicas(deployment: Deployment, sets: readonly ReplicaSet[], current: number): number {
  const wanted = deployment.spec.replicas ?? 1;
  if (deployment.spec.strategy?.type === 'Recreate') return wanted;
  const maxTotal = wanted + surgeAndUnavailable(deployment).surge;
  const total = sum(sets, (set) => set.spec.replicas ?? 0);
  if (total >= maxTotal) return current;
  return current + Math.min(maxTotal - total, wanted - current);
}

function scale(rollout: Rollout, set: ReplicaSet, replicas: number): Write | undefined {
  const sizes = sizeAnnotations(rollout.deployment);
  const from = set.spec.replicas ?? 0;
  const annotated = Object.entries(sizes).every(([name, value]) => set.metadata.annotations?.[name] === value);
  if (from === replicas && annotated) return undefined;
  const body = {
    ...set,
    metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...sizes } },
    spec: { ...set.spec, replicas },
  };
  const direction = replicas > from ? 'up' : 'down';
  const message = `Scaled ${direction} replica set ${set.metadata.name} from ${from} to ${replicas}`;
  const about = referenceTo(rollout.deployment);
  return {
    request: { method: 'PUT', path: objectPath('replicasets', set), body },
    ...(from === replicas ? {} : { event: { about, type: 'Normal', reason: 'ScalingReplicaSet', message } }),
  };
}

function growNew(rollout: Rollout): Write | undefined {
  const { deployment, newSet, sets } = rollout;
  if (newSet === undefined) return undefined;
  const current = newSet.spec.replicas ?? 0;
  const wanted = deployment.spec.replicas ?? 1;
  if (current === wanted) return undefined;
  return scale(rollout, newSet, current > wanted ? wanted : newReplicas(deployment, sets, current));
}

/** First the old pods that are not even available, then as many more as availability allows. @source rolling.go */
function shrinkOld(rollout: Rollout): Write[] {
  const { deployment, newSet, old, sets } = rollout;
  const replicas = (set: ReplicaSet) => set.spec.replicas ?? 0;
  const available = (set: ReplicaSet) => set.status?.availableReplicas ?? 0;
  if (sum(old, replicas) === 0) return [];
  const minAvailable = (deployment.spec.replicas ?? 1) - surgeAndUnavailable(deployment).unavailable;
  const newUnavailable = newSet === undefined ? 0 : replicas(newSet) - available(newSet);
  const maxDown = sum(sets, replicas) - minAvailable - newUnavailable;
  if (maxDown <= 0) return [];
  const size = new Map(old.map((set) => [set, replicas(set)]));
  let cleaned = 0;
  for (const set of old) {
    const unhealthy = Math.min(maxDown - cleaned, replicas(set) - available(set));
    if (replicas(set) === 0 || unhealthy <= 0) continue;
    size.set(set, replicas(set) - unhealthy);
    cleaned += unhealthy;
  }
  let spare = sum(sets, available) - minAvailable;
  for (const set of old) {
    const down = Math.min(size.get(set)!, spare);
    if (down <= 0) continue;
    size.set(set, size.get(set)! - down);
    spare -= down;
  }
  return present(old.map((set) => (size.get(set) === replicas(set) ? undefined : scale(rollout, set, size.get(set)!))));
}

function recreate(rollout: Rollout, view: View): Outcome {
  const { old, newSet, deployment } = rollout;
  const shrink = present(old.filter((set) => (set.spec.replicas ?? 0) > 0).map((set) => scale(rollout, set, 0)));
  if (shrink.length > 0) return withStatus(rollout, view, shrink);
  for (const set of old) {
    const pods = view.by('pods', 'byOwner', set.metadata.uid ?? '') as readonly Pod[];
    if (pods.some((pod) => pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded'))
      return withStatus(rollout, view, []);
  }
  if (newSet === undefined) return { writes: [createNewSet(rollout)] };
  const grow = scale(rollout, newSet, deployment.spec.replicas ?? 1);
  return withStatus(rollout, view, grow === undefined ? (isComplete(rollout) ? cleanUp(rollout) : []) : [grow]);
}

function isScaling({ deployment, sets }: Rollout): boolean {
  const wanted = String(deployment.spec.replicas ?? 1);
  return sets.some((set) => (set.spec.replicas ?? 0) > 0 && set.metadata.annotations?.[DESIRED] !== wanted);
}

/** A change of size, not of template: the one active set takes it all, several share in proportion. @source sync.go scale */
function scaleAll(rollout: Rollout): Write[] {
  const { deployment, sets, newSet, old } = rollout;
  const wanted = deployment.spec.replicas ?? 1;
  const active = sets.filter((set) => (set.spec.replicas ?? 0) > 0);
  if (active.length <= 1) {
    const only = active[0] ?? newSet ?? sets.at(-1);
    return only === undefined ? [] : present([scale(rollout, only, wanted)]);
  }
  const saturated =
    newSet !== undefined && newSet.spec.replicas === wanted && newSet.status?.availableReplicas === wanted;
  if (saturated) return present(old.map((set) => ((set.spec.replicas ?? 0) > 0 ? scale(rollout, set, 0) : undefined)));
  if (deployment.spec.strategy?.type === 'Recreate') return [];
  const total = sum(active, (set) => set.spec.replicas ?? 0);
  const allowed = wanted > 0 ? wanted + surgeAndUnavailable(deployment).surge : 0;
  let toAdd = allowed - total;
  const order = [...active].sort(
    (a, b) => (b.spec.replicas ?? 0) - (a.spec.replicas ?? 0) || (toAdd > 0 ? -byAge(a, b) : byAge(a, b)),
  );
  const sizes = order.map((set) => {
    const size = set.spec.replicas ?? 0;
    const before = Number(set.metadata.annotations?.[MAX] ?? total) || total;
    const share = toAdd === 0 ? 0 : Math.round((size * allowed) / before) - size;
    const change = toAdd > 0 ? Math.min(Math.max(share, 0), toAdd) : Math.max(Math.min(share, 0), toAdd);
    toAdd -= change;
    return size + change;
  });
  if (sizes[0] !== undefined) sizes[0] = Math.max(0, sizes[0] + toAdd);
  return present(order.map((set, i) => scale(rollout, set, sizes[i]!)));
}

/** Old sets beyond revisionHistoryLimit that are empty and done. */
function cleanUp({ deployment, old }: Rollout): Write[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  const surplus = old.length - limit;
  if (surplus <= 0) return [];
  return [...old]
    .sort((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, surplus)
    .filter(
      (set) => set.status?.replicas === 0 && set.spec.replicas === 0 && set.metadata.deletionTimestamp === undefined,
    )
    .map((set) => ({ request: { method: 'DELETE', path: objectPath('replicasets', set) }, tolerate: [404] }));
}

function withStatus(rollout: Rollout, view: View, writes: Write[]): Outcome {
  const { status, requeueAfterMs } = deploymentStatus(rollout, view.nowMs);
  const { deployment } = rollout;
  if (status !== undefined) {
    const path = `${objectPath('deployments', deployment)}/status`;
    writes.push({ request: { method: 'PUT', path, body: { ...deployment, status } }, tolerate: [404] });
  }
  return { writes, requeueAfterMs };
}

function sum(sets: readonly ReplicaSet[], of: (set: ReplicaSet) => number): number {
  return sets.reduce((total, set) => total + of(set), 0);
}

function present(writes: readonly (Write | undefined)[]): Write[] {
  return writes.filter((write) => write !== undefined);
}
