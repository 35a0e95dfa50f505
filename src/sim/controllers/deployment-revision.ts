/**
 * Revisions of a Deployment: which ReplicaSet has its template, what number it carries, how a new one is made, how an old one comes back.
 * Models pkg/controller/deployment (sync.go getNewReplicaSet, rollback.go) and its util.
 */
import { deepEqual } from '../api/equal.ts';
import { templateHash } from '../api/hash.ts';
import type { Deployment, PodTemplateSpec, ReplicaSet, StringMap } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import type { EventSpec, Failure, Outcome, View, Write } from './controller.ts';
import { DESIRED, MAX, REVISION } from './deployment-annotations.ts';
import { byAge, newReplicas, sizeAnnotations } from './deployment-rollout.ts';
import { hasProgressDeadline, type Rollout, statusWith, withCondition } from './deployment-status.ts';
import { controllerOf, ownerReference } from './pods.ts';
import { collectionPath, objectPath } from './resources.ts';

const HASH = 'pod-template-hash';
const HISTORY = 'deployment.kubernetes.io/revision-history';
const ROLLBACK_TO = 'deprecated.deployment.rollback.to';
const MAX_HISTORY_CHARACTERS = 2_000;
const MAX_NAME = 253;
const NOT_INHERITED: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  HISTORY,
  DESIRED,
  MAX,
  ROLLBACK_TO,
]);

/** Equal but for the hash label that the controller itself adds. */
export function sameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return deepEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const labels = { ...template.metadata?.labels };
  delete labels[HASH];
  return { ...template, metadata: { ...template.metadata, creationTimestamp: undefined, labels } };
}

export function revisionOf(object: { readonly metadata: ReplicaSet['metadata'] }): number {
  const revision = Number(object.metadata.annotations?.[REVISION] ?? 0);
  return Number.isInteger(revision) ? revision : 0;
}

export function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  return revisionOf(a) - revisionOf(b) || byAge(a, b);
}

/** What has to be written first so that the new set carries the highest revision and the Deployment shows it. */
export function syncRevision(rollout: Rollout, nowMs: number): Write[] {
  const { deployment, newSet, old } = rollout;
  if (newSet === undefined) return [];
  const annotations = newAnnotations(deployment, newSet, Math.max(0, ...old.map(revisionOf)) + 1);
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  if (
    !deepEqual(annotations, newSet.metadata.annotations ?? {}) ||
    (newSet.spec.minReadySeconds ?? 0) !== minReadySeconds
  ) {
    const body = {
      ...newSet,
      metadata: { ...newSet.metadata, annotations },
      spec: { ...newSet.spec, minReadySeconds },
    };
    return [{ request: { method: 'PUT', path: objectPath('replicasets', newSet), body } }];
  }
  const revision = annotations[REVISION] ?? '';
  const known = deployment.status?.conditions?.some(({ type }) => type === 'Progressing') === true;
  const found = hasProgressDeadline(deployment) && !known;
  if (deployment.metadata.annotations?.[REVISION] === revision && !found) return [];
  let conditions = deployment.status?.conditions ?? [];
  if (found) {
    const message = `Found new replica set "${newSet.metadata.name}"`;
    const said = { type: 'Progressing', status: 'True', reason: 'FoundNewReplicaSet', message } as const;
    conditions = withCondition(conditions, said, nowMs);
  }
  return [statusWith(deployment, { ...deployment.status, conditions }, revision)];
}

function newAnnotations(deployment: Deployment, set: ReplicaSet, wanted: number): StringMap {
  const annotations: Record<string, string> = { ...set.metadata.annotations, ...inherited(deployment) };
  const before = annotations[REVISION];
  if (revisionOf(set) >= wanted) return annotations;
  annotations[REVISION] = String(wanted);
  if (before !== undefined) {
    // A set that comes back keeps the numbers it had.
    const history = (annotations[HISTORY] ?? '').split(',').filter((part) => part !== '');
    history.push(before);
    while (history.join(',').length > MAX_HISTORY_CHARACTERS) history.shift();
    annotations[HISTORY] = history.join(',');
  }
  return annotations;
}

/** What a ReplicaSet takes over of its Deployment's annotations. */
function inherited(deployment: Deployment): Record<string, string> {
  const entries = Object.entries(deployment.metadata.annotations ?? {});
  return Object.fromEntries(entries.filter(([name]) => !NOT_INHERITED.has(name)));
}

/** Creates the set of the present template. When the last try failed, first says why, or goes round a name that is taken. */
export function createNewSet(rollout: Rollout, view: View): Outcome {
  const { deployment, old, sets } = rollout;
  const { metadata, spec, status } = deployment;
  const hash = templateHash(spec.template, status?.collisionCount);
  const name = `${metadata.name.slice(0, MAX_NAME - 1 - hash.length)}-${hash}`;
  const path = collectionPath('replicasets', metadata.namespace);
  const failure = view.failure?.method === 'POST' && view.failure.path === path ? view.failure : undefined;
  if (failure?.reason === 'AlreadyExists') {
    const other = view.get('replicasets', `${metadata.namespace}/${name}`);
    if (other !== undefined && controllerOf(other)?.uid !== metadata.uid) {
      const collisionCount = (status?.collisionCount ?? 0) + 1;
      return { writes: [statusWith(deployment, { ...status, collisionCount })] };
    }
  }
  const labels = { ...spec.template.metadata?.labels, [HASH]: hash };
  const replicas = newReplicas(deployment, sets, 0);
  const revision = String(Math.max(0, ...old.map(revisionOf)) + 1);
  const about = referenceTo(deployment);
  const body = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: metadata.namespace,
      labels,
      annotations: { ...inherited(deployment), ...sizeAnnotations(deployment), [REVISION]: revision },
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
  const failed = `Failed to create new replica set "${name}": {error}`;
  const creation: Write = {
    request: { method: 'POST', path, body },
    ...(replicas > 0 ? { event: { about, type: 'Normal', reason: 'ScalingReplicaSet', message } } : {}),
    ...(failure?.reason === 'AlreadyExists'
      ? {}
      : { failureEvent: { about, type: 'Warning', reason: 'ReplicaSetCreateError', message: failed } }),
  };
  const writes: Write[] = [];
  const complaint = failure === undefined ? undefined : sayWhy(deployment, name, failure, view.nowMs);
  if (complaint !== undefined) writes.push(complaint);
  writes.push(creation);
  // The status is stale once the complaint has been written: the next look says the rest.
  if (complaint === undefined) {
    const said = {
      type: 'Progressing',
      status: 'True',
      reason: 'NewReplicaSetCreated',
      message: `Created new replica set "${name}"`,
    } as const;
    const before = status?.conditions ?? [];
    const conditions = hasProgressDeadline(deployment) ? withCondition(before, said, view.nowMs) : before;
    writes.push(statusWith(deployment, { ...status, conditions }, revision));
  }
  return { writes };
}

function sayWhy(deployment: Deployment, name: string, failure: Failure, nowMs: number): Write | undefined {
  if (!hasProgressDeadline(deployment) || failure.reason === 'AlreadyExists') return undefined;
  const message = `Failed to create new replica set "${name}": ${failure.message}`;
  const before = deployment.status?.conditions ?? [];
  const said = { type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError', message } as const;
  const conditions = withCondition(before, said, nowMs);
  return conditions === before ? undefined : statusWith(deployment, { ...deployment.status, conditions });
}

/** The old annotation that asks the controller to roll back (kubectl now does it by itself); undefined = not asked. */
export function rollback({ deployment, sets }: Rollout): Outcome | undefined {
  const asked = deployment.metadata.annotations?.[ROLLBACK_TO];
  if (asked === undefined || !/^\d+$/.test(asked)) return undefined;
  const revisions = sets.map(revisionOf).sort((a, b) => b - a);
  const wanted = Number(asked) === 0 ? (revisions[1] ?? 0) : Number(asked);
  const set = wanted === 0 ? undefined : sets.find((known) => revisionOf(known) === wanted);
  const annotations: Record<string, string> = { ...deployment.metadata.annotations };
  delete annotations[ROLLBACK_TO];
  const answer = (type: EventSpec['type'], reason: string, message: string, changed: Deployment): Outcome => ({
    writes: [
      {
        request: { method: 'PUT', path: objectPath('deployments', deployment), body: changed },
        event: { about: referenceTo(deployment), type, reason, message },
      },
    ],
  });
  const cleared = { ...deployment, metadata: { ...deployment.metadata, annotations } };
  if (set === undefined) {
    const message = wanted === 0 ? 'Unable to find last revision.' : 'Unable to find the revision to rollback to.';
    return answer('Warning', 'DeploymentRollbackRevisionNotFound', message, cleared);
  }
  if (sameTemplate(deployment.spec.template, set.spec.template)) {
    const message = `The rollback revision contains the same template as current deployment "${deployment.metadata.name}"`;
    return answer('Warning', 'DeploymentRollbackTemplateUnchanged', message, cleared);
  }
  const kept = Object.entries(annotations).filter(([name]) => NOT_INHERITED.has(name));
  const back = Object.entries(set.metadata.annotations ?? {}).filter(([name]) => !NOT_INHERITED.has(name));
  const template = withoutHash(set.spec.template);
  const message = `Rolled back deployment "${deployment.metadata.name}" to revision ${wanted}`;
  return answer('Normal', 'DeploymentRollback', message, {
    ...deployment,
    metadata: { ...deployment.metadata, annotations: Object.fromEntries([...kept, ...back]) },
    spec: { ...deployment.spec, template },
  });
}
