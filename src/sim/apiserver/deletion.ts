/**
 * DELETE: at once, gracefully, or only marked while finalizers hold the object; one object or a whole collection.
 * @source staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go, pkg/registry/generic/registry/store.go
 */

import { notSupported } from '../api/field-error.ts';
import { parseFieldSelector } from '../api/field-selector.ts';
import type { Kind } from '../api/kind.ts';
import { EVERYTHING, parseSelector } from '../api/selector.ts';
import { badRequest, conflict, invalidObject, notFound, success } from '../api/status.ts';
import { formatTime, parseTime } from '../api/time.ts';
import type { KubeObject, ObjectMeta } from '../api/types.ts';
import type { ApiRequest, Change, Server } from './memory.ts';
import { existingOf } from './proposal.ts';
import { answer, refuse, storageKey } from './request.ts';
import { selectObjects } from './watchers.ts';

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: string | undefined;
  readonly orphanDependents?: boolean | undefined;
  readonly preconditions?:
    | { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined }
    | undefined;
  readonly dryRun?: readonly string[] | undefined;
}

/** Kinds whose deletion answers the object rather than a Status. */
const ANSWER_OBJECT: ReadonlySet<string> = new Set([
  'Namespace',
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Pod',
  'PodTemplate',
  'ResourceQuota',
  'Service',
  'ServiceAccount',
  'CSIDriver',
  'CSINode',
  'StorageClass',
  'VolumeAttachment',
]);

export function proposeDelete(server: Server, request: ApiRequest, kind: Kind): undefined {
  const { attributes } = request;
  const key = storageKey(kind, attributes.namespace, attributes.name);
  const old = existingOf(server, request, kind, key);
  const resource = { group: kind.group, resource: kind.plural };
  if (old === undefined) return refuse(request, notFound(resource, attributes.name));
  const options = deleteOptions(request);
  const wrong = wrongOptions(options);
  if (wrong !== undefined) return refuse(request, wrong);
  const { uid, resourceVersion } = options.preconditions ?? {};
  if (uid !== undefined && uid !== old.metadata.uid) {
    const detail = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`;
    return refuse(request, conflict(resource, attributes.name, detail));
  }
  if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
    const detail = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${old.metadata.resourceVersion}). The object might have been modified`;
    return refuse(request, conflict({ group: kind.group, resource: kind.kind }, attributes.name, detail));
  }
  request.change = deletionOf(kind, key, old, options, server.io.wallMs());
  if (request.change === undefined) answer(request, 200, old);
}

/** What a deletion does to an object: takes it away, marks it, or nothing when it is marked already. */
export function deletionOf(
  kind: Kind,
  key: string,
  old: KubeObject,
  options: DeleteOptions,
  nowMs: number,
): Change | undefined {
  const base = { operation: 'DELETE', prefix: kind.storagePrefix, subresource: '', key, old, status: 200 } as const;
  const finalizers = finalizersAfter(old.metadata, options);
  const grace = graceOf(kind, old, options);
  const marked = old.metadata.deletionTimestamp !== undefined;
  const held = finalizers.length > 0 || namespaceHeld(old);
  if (!held && grace === 0) {
    const { name, uid } = old.metadata;
    const details = {
      name,
      ...(kind.group !== '' && { group: kind.group }),
      kind: kind.plural,
      ...(uid !== undefined && { uid }),
    };
    const reply = ANSWER_OBJECT.has(kind.kind) ? undefined : success(details);
    return {
      ...base,
      object: terminating(old, finalizers, 0, nowMs),
      remove: true,
      ...(reply !== undefined && { reply }),
    };
  }
  const sooner = marked && grace < (old.metadata.deletionGracePeriodSeconds ?? 0);
  if (marked && !sooner && sameList(finalizers, old.metadata.finalizers ?? [])) return undefined;
  return { ...base, object: terminating(old, finalizers, grace, nowMs, marked && !sooner), remove: false };
}

/** DELETE of a collection: one deletion for each object that is selected; the server asks itself. */
export function proposeDeleteCollection(server: Server, request: ApiRequest, kind: Kind): undefined {
  const query = request.http.query ?? {};
  const labels = parseSelector(query['labelSelector'] ?? '');
  const fields = parseFieldSelector(query['fieldSelector'] ?? '');
  if (!labels.ok) return refuse(request, badRequest(labels.error));
  if (!fields.ok) return refuse(request, badRequest(fields.error));
  const { namespace } = request.attributes;
  const objects = selectObjects(server, {
    prefix: kind.storagePrefix,
    namespace,
    labels: labels.selector.requirements.length === 0 ? EVERYTHING : labels.selector,
    fields: fields.selector,
  });
  if (objects.length === 0) return answerCollection(request, kind, []);
  request.step = 'children';
  request.children = objects.length;
  request.childObjects = [...objects];
  server.io.raise({ type: 'CHILDREN', request: request.call });
}

export function answerCollection(request: ApiRequest, kind: Kind, objects: readonly KubeObject[]): undefined {
  if (request.childFailure !== undefined) return refuse(request, request.childFailure);
  answer(request, 200, {
    kind: kind.listKind,
    apiVersion: kind.apiVersion,
    metadata: { resourceVersion: '' },
    items: objects,
  });
}

/** From the body and the query; the body wins. */
export function deleteOptions({ http }: ApiRequest): DeleteOptions {
  const body = typeof http.body === 'object' && http.body !== null ? (http.body as DeleteOptions) : {};
  const query = http.query ?? {};
  const grace = query['gracePeriodSeconds'];
  const policy = query['propagationPolicy'];
  const orphan = query['orphanDependents'];
  return {
    ...(grace !== undefined && { gracePeriodSeconds: Number(grace) }),
    ...(policy !== undefined && { propagationPolicy: policy }),
    ...(orphan !== undefined && { orphanDependents: orphan === 'true' }),
    ...body,
  };
}

function wrongOptions(options: DeleteOptions) {
  const { propagationPolicy: policy } = options;
  if (policy === undefined || ['Orphan', 'Background', 'Foreground'].includes(policy)) return undefined;
  const error = notSupported('propagationPolicy', policy, ['Foreground', 'Background', 'Orphan', 'nil']);
  return invalidObject({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', [error]);
}

function graceOf(kind: Kind, old: KubeObject, options: DeleteOptions): number {
  if (old.metadata.deletionTimestamp !== undefined) {
    const left = old.metadata.deletionGracePeriodSeconds ?? 0;
    return Math.min(left, options.gracePeriodSeconds === undefined ? left : Math.max(0, options.gracePeriodSeconds));
  }
  return kind.deletionGraceSeconds(old, options.gracePeriodSeconds) ?? 0;
}

/** Orphaning and foreground deletion are finalizers that the garbage collector takes away when it is done. */
function finalizersAfter(metadata: ObjectMeta, options: DeleteOptions): readonly string[] {
  const finalizers = metadata.finalizers ?? [];
  const orphan = options.propagationPolicy === 'Orphan' || options.orphanDependents === true;
  const foreground = options.propagationPolicy === 'Foreground';
  const background = options.propagationPolicy === 'Background' || options.orphanDependents === false;
  if (!orphan && !foreground && !background) return finalizers;
  const kept = finalizers.filter((name) => name !== 'orphan' && name !== 'foregroundDeletion');
  if (orphan) return [...kept, 'orphan'];
  return foreground ? [...kept, 'foregroundDeletion'] : kept;
}

function terminating(
  old: KubeObject,
  finalizers: readonly string[],
  graceSeconds: number,
  nowMs: number,
  keepTime = false,
): KubeObject {
  const { finalizers: _old, ...metadata } = old.metadata;
  const before = parseTime(metadata.deletionTimestamp);
  const marked = before !== undefined;
  const raised = metadata.generation === undefined || marked ? {} : { generation: metadata.generation + 1 };
  const startMs = marked ? before - (metadata.deletionGracePeriodSeconds ?? 0) * 1_000 : nowMs;
  const time = keepTime
    ? {}
    : { deletionTimestamp: formatTime(startMs + graceSeconds * 1_000), deletionGracePeriodSeconds: graceSeconds };
  const object = {
    ...old,
    metadata: { ...metadata, ...raised, ...time, ...(finalizers.length > 0 && { finalizers }) },
  };
  if (old.kind !== 'Namespace') return object;
  const { deletionGracePeriodSeconds: _grace, ...own } = object.metadata;
  return { ...object, metadata: own, status: { ...(old['status'] as object | undefined), phase: 'Terminating' } };
}

function namespaceHeld(object: KubeObject): boolean {
  if (object.kind !== 'Namespace') return false;
  const spec = object['spec'] as { readonly finalizers?: readonly string[] } | undefined;
  return (spec?.finalizers?.length ?? 0) > 0;
}

function sameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item, i) => item === right[i]);
}
