/** The ReplicaSets of a Deployment: whose they are, which is current, their revisions. */
import type { JsonObject } from './client.ts';
import { selectorText } from './describe-writer.ts';
import { pathOf } from './discovery.ts';
import {
  at,
  compareText,
  isObject,
  nameOf,
  namespaceOf,
  objects,
  record,
  sameValue,
  text,
  withField,
} from './fields.ts';
import type { Session } from './session.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';

/** In order of creation. */
export async function ownedReplicaSets(session: Session, deployment: JsonObject): Promise<readonly JsonObject[]> {
  const resource = await session.mapping('replicasets.apps');
  const list = await session.object({
    method: 'GET',
    path: pathOf(resource, namespaceOf(deployment)),
    query: { labelSelector: selectorText(at(deployment, 'spec', 'selector')) },
  });
  const uid = text(deployment, 'metadata', 'uid');
  return objects(list, 'items')
    .filter((set) => objects(set, 'metadata', 'ownerReferences').some((owner) => text(owner, 'uid') === uid))
    .sort(byCreation)
    .map((set) => ({ apiVersion: 'apps/v1', kind: 'ReplicaSet', ...set }));
}

function byCreation(a: JsonObject, b: JsonObject): number {
  const order = compareText(text(a, 'metadata', 'creationTimestamp'), text(b, 'metadata', 'creationTimestamp'));
  return order === 0 ? compareText(nameOf(a), nameOf(b)) : order;
}

/** The oldest ReplicaSet whose template is the Deployment's. */
export function findNewReplicaSet(deployment: JsonObject, sets: readonly JsonObject[]): JsonObject | undefined {
  const wanted = withoutHash(record(deployment, 'spec', 'template'));
  return sets.find((set) => sameValue(withoutHash(record(set, 'spec', 'template')), wanted));
}

/** A pod template without the label that tells ReplicaSets apart and without empty leftovers. */
export function withoutHash(template: JsonObject): JsonObject {
  const labels = record(template, 'metadata', 'labels');
  const { 'pod-template-hash': _hash, ...kept } = labels;
  const { creationTimestamp: _created, ...metadata } = record(template, 'metadata');
  return withField({ ...template, metadata }, ['metadata', 'labels'], kept);
}

export function revisionOf(object: unknown): number {
  const annotations = isObject(object) ? record(object, 'metadata', 'annotations') : {};
  return Number(text(annotations, revisionAnnotation) || '0');
}
