/**
 * ControllerRevisions: the past and present pod templates of a DaemonSet or StatefulSet, each an object of its own.
 * Models pkg/controller/history and the history part of pkg/controller/daemon/update.go.
 */
import { semanticEqual } from '../api/equal.ts';
import type { ControllerRevision, KubeObject, PodTemplateSpec, StringMap } from '../api/types.ts';
import type { View, Write } from './controller.ts';
import { controllerOf, ownerReference } from './pods.ts';
import { collectionPath, objectPath } from './resources.ts';

export interface History {
  /** The revision of the present template; absent while it is being written. */
  readonly current: ControllerRevision | undefined;
  /** The others, oldest first. */
  readonly old: readonly ControllerRevision[];
  /** To be written before anything else. */
  readonly writes: readonly Write[];
  /** Somebody else has the name: another collisionCount is needed. */
  readonly collision: boolean;
}

/** What a revision stores: enough to bring the template back by a strategic merge patch. */
export function revisionData(template: PodTemplateSpec): unknown {
  return { spec: { template: { ...template, $patch: 'replace' } } };
}

/** Finds, renumbers or makes the revision of the present template. `hashLabel` marks it with `hash`. */
export function historyOf(
  owner: KubeObject & { readonly spec: { readonly template: PodTemplateSpec } },
  known: readonly ControllerRevision[],
  hash: string,
  hashLabel: string,
  view: View,
): History {
  const data = revisionData(owner.spec.template);
  const sorted = [...known].sort(byNumber);
  const current = sorted.findLast((revision) => semanticEqual(revision.data, data));
  const old = sorted.filter((revision) => revision !== current);
  const number = Math.max(0, ...old.map(({ revision }) => revision)) + 1;
  if (current !== undefined) {
    if (current.revision >= number) return { current, old, writes: [], collision: false };
    const body = { ...current, revision: number };
    const write: Write = { request: { method: 'PUT', path: objectPath('controllerrevisions', current), body } };
    return { current, old, writes: [write], collision: false };
  }
  const { namespace, annotations } = owner.metadata;
  const name = `${owner.metadata.name}-${hash}`;
  const path = collectionPath('controllerrevisions', namespace);
  if (view.failure?.reason === 'AlreadyExists' && view.failure.path === path) {
    const other = view.get('controllerrevisions', `${namespace}/${name}`);
    if (other !== undefined && controllerOf(other)?.uid !== owner.metadata.uid)
      return { current, old, writes: [], collision: true };
  }
  const labels: StringMap = { ...owner.spec.template.metadata?.labels, [hashLabel]: hash };
  const body: ControllerRevision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name, namespace, labels, annotations, ownerReferences: [ownerReference(owner)] },
    data,
    revision: number,
  };
  return { current, old, writes: [{ request: { method: 'POST', path, body } }], collision: false };
}

/** Deletes the oldest ones beyond the limit that nothing uses. */
export function truncate(
  old: readonly ControllerRevision[],
  limit: number,
  isUsed: (revision: ControllerRevision) => boolean,
): Write[] {
  const surplus = old.length - limit;
  if (surplus <= 0) return [];
  return old
    .filter((revision) => !isUsed(revision))
    .slice(0, surplus)
    .map((revision) => ({
      request: { method: 'DELETE', path: objectPath('controllerrevisions', revision) },
      tolerate: [404],
    }));
}

function byNumber(a: ControllerRevision, b: ControllerRevision): number {
  return a.revision - b.revision || (a.metadata.name < b.metadata.name ? -1 : 1);
}
