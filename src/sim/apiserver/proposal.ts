/**
 * From the body of a write to the object it would store: decoding, system metadata, patches, and which part of the object a
 * subresource may change.
 * @source staging/src/k8s.io/apiserver/pkg/endpoints/handlers/{create,update,patch}.go, pkg/registry/rest/{create,update}.go
 */
import { cannotBeHandled, decodeObject, strictDecodingError } from '../api/decode.ts';
import { goQuote, invalid, notSupported } from '../api/field-error.ts';
import type { Kind } from '../api/kind.ts';
import { generateName } from '../api/names.ts';
import { patchedObjectInvalid } from '../api/patch.ts';
import { badRequest, conflict, invalidObject, notFound, unknownError, unsupportedMediaType } from '../api/status.ts';
import { formatTime } from '../api/time.ts';
import type { KubeObject, ObjectMeta, Status } from '../api/types.ts';
import type { ApiRequest, Server } from './memory.ts';
import { patchObject } from './patching.ts';
import { isTrue, newUid, refuse, storageKey } from './request.ts';
import { cached } from './watch-cache.ts';

export type Decoded =
  | { readonly ok: true; readonly object: KubeObject }
  | { readonly ok: false; readonly status: Status };

/** POST to a collection. */
export function proposeCreate(server: Server, request: ApiRequest, kind: Kind): undefined {
  const decoded = decodeBody(request, kind, request.http.body, kind.schema);
  if (!decoded.ok) return refuse(request, decoded.status);
  const { namespace } = request.attributes;
  const given = decoded.object.metadata;
  if (kind.namespaced && (given.namespace ?? '') !== '' && given.namespace !== namespace)
    return refuse(request, wrongNamespace());
  if ((given.resourceVersion ?? '') !== '' && given.resourceVersion !== '0') {
    return refuse(request, unknownError('resourceVersion should not be set on objects to be created'));
  }
  const metadata = newMetadata(server, kind, namespace, given);
  const object = kind.defaults({ ...decoded.object, metadata });
  request.change = {
    operation: 'CREATE',
    prefix: kind.storagePrefix,
    subresource: '',
    key: storageKey(kind, namespace, metadata.name),
    old: undefined,
    object,
    remove: false,
    status: 201,
  };
}

/** PUT and PATCH of an object or of one of its subresources that look like it. */
export function proposeUpdate(server: Server, request: ApiRequest, kind: Kind): undefined {
  const { attributes, http } = request;
  const key = storageKey(kind, attributes.namespace, attributes.name);
  const old = existingOf(server, request, kind, key);
  const patching = http.method === 'PATCH';
  if (old === undefined) {
    const apply = http.contentType === 'application/apply-patch+yaml';
    if (attributes.subresource === '' && (patching ? apply : kind.createOnUpdate)) {
      return createByUpdate(server, request, kind, key);
    }
    return refuse(request, notFound({ group: kind.group, resource: kind.plural }, attributes.name));
  }
  const wanted = patching
    ? patchedObject(server, request, kind, old)
    : decodeBody(request, kind, http.body, kind.schema);
  if (!wanted.ok) return refuse(request, wanted.status);
  const given = wanted.object.metadata;
  if (given.name !== undefined && given.name !== '' && given.name !== attributes.name) {
    const text = `the name of the object (${given.name}) does not match the name on the URL (${attributes.name})`;
    return refuse(request, badRequest(text));
  }
  if (kind.namespaced && (given.namespace ?? '') !== '' && given.namespace !== attributes.namespace) {
    return refuse(request, wrongNamespace());
  }
  const version = given.resourceVersion ?? '';
  const unset = version === '' || version === '0';
  if (unset && !kind.unconditionalUpdate && !patching) {
    const error = invalid('metadata.resourceVersion', '0x0', 'must be specified for an update');
    return refuse(request, invalidObject({ group: kind.group, kind: kind.kind }, attributes.name, [error]));
  }
  if (!unset && version !== old.metadata.resourceVersion) {
    return refuse(request, conflict({ group: kind.group, resource: kind.plural }, attributes.name));
  }
  if ((given.uid ?? '') !== '' && given.uid !== old.metadata.uid) {
    const detail = `Precondition failed: UID in precondition: ${given.uid}, UID in object meta: ${old.metadata.uid}`;
    return refuse(request, conflict({ group: kind.group, resource: kind.plural }, attributes.name, detail));
  }
  const object = kind.defaults({ ...wanted.object, metadata: keptMetadata(given, old.metadata) });
  request.change = {
    operation: 'UPDATE',
    prefix: kind.storagePrefix,
    subresource: attributes.subresource,
    key,
    old,
    object,
    remove: false,
    status: 200,
  };
}

/** The object a change starts from: as the cache has it, until a failed attempt has read it from etcd. */
export function existingOf(server: Server, request: ApiRequest, kind: Kind, key: string): KubeObject | undefined {
  request.existing ??= { object: cached(server.me, kind.storagePrefix, key), fresh: false };
  return request.existing.object;
}

/** Decodes a body as an object of a schema; unknown fields are refused, warned of or ignored as `fieldValidation` says. */
export function decodeBody(
  request: ApiRequest,
  kind: { kind: string; version: string; apiVersion: string },
  body: unknown,
  schema: string,
): Decoded {
  const { contentType, method } = request.http;
  if (contentType !== undefined && method !== 'PATCH' && !BODY_TYPES.has(contentType)) {
    const text =
      'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf';
    return { ok: false, status: unsupportedMediaType(text) };
  }
  if (body === undefined || body === null) {
    const text = `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)`;
    return { ok: false, status: badRequest(text) };
  }
  if (typeof body !== 'object' || Array.isArray(body)) {
    const what = Array.isArray(body) ? 'array' : typeof body;
    const text = `the object provided is unrecognized (must be of type ${kind.kind}): couldn't get version/kind; json parse error: json: cannot unmarshal ${what} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (${hexStart(body)})`;
    return { ok: false, status: badRequest(text) };
  }
  const given = body as Readonly<Record<string, unknown>>;
  const givenKind = given['kind'] ?? kind.kind;
  if (givenKind !== kind.kind) {
    const error = `converting (${kind.version}.${String(givenKind)}) to (core.${kind.kind}): unknown conversion`;
    return {
      ok: false,
      status: badRequest(
        `${String(givenKind)} in version ${goQuote(kind.version)} cannot be handled as a ${kind.kind}: ${error}`,
      ),
    };
  }
  const apiVersion = given['apiVersion'] ?? kind.apiVersion;
  if (apiVersion !== kind.apiVersion) {
    const text = `the API version in the data (${String(apiVersion)}) does not match the expected API version (${kind.apiVersion})`;
    return { ok: false, status: badRequest(text) };
  }
  const decoded = decodeObject(schema, given);
  if (!decoded.ok) return { ok: false, status: badRequest(cannotBeHandled(kind.kind, kind.version, decoded.error)) };
  const refused = unknownFieldsRefused(request, kind, decoded.unknownFields);
  if (refused !== undefined) return { ok: false, status: refused };
  const object = decoded.value;
  if (object.kind === kind.kind && object.apiVersion === kind.apiVersion) return { ok: true, object };
  const { kind: _kind, apiVersion: _version, ...rest } = object;
  return { ok: true, object: { kind: kind.kind, apiVersion: kind.apiVersion, ...rest } };
}

const BODY_TYPES: ReadonlySet<string> = new Set([
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
]);

/** Refused with Strict, warned of with Warn (the default), passed over with Ignore. */
function unknownFieldsRefused(
  request: ApiRequest,
  kind: { kind: string; version: string },
  unknown: readonly string[],
): Status | undefined {
  const mode = request.http.query?.['fieldValidation'] ?? 'Warn';
  if (!['Strict', 'Warn', 'Ignore', ''].includes(mode)) {
    const error = notSupported('fieldValidation', mode, ['', 'Ignore', 'Strict', 'Warn']);
    return invalidObject({ group: 'meta.k8s.io', kind: optionsKind(request) }, '', [error]);
  }
  if (unknown.length === 0 || mode === 'Ignore') return undefined;
  if (mode === 'Strict') return badRequest(cannotBeHandled(kind.kind, kind.version, strictDecodingError(unknown)));
  for (const field of unknown) {
    const text = `unknown field "${field}"`;
    if (!request.warnings.includes(text)) request.warnings.push(text);
  }
  return undefined;
}

/** `dryRun` may only say All. */
export function wrongDryRun(request: ApiRequest): Status | undefined {
  const dryRun = request.http.query?.['dryRun'];
  if (dryRun === undefined || dryRun === '' || dryRun === 'All') return undefined;
  const error = notSupported('dryRun', [dryRun], ['All']);
  return invalidObject({ group: 'meta.k8s.io', kind: optionsKind(request) }, '', [error]);
}

function optionsKind({ http }: ApiRequest): string {
  switch (http.method) {
    case 'POST':
      return 'CreateOptions';
    case 'PUT':
      return 'UpdateOptions';
    case 'PATCH':
      return 'PatchOptions';
    default:
      return 'DeleteOptions';
  }
}

function createByUpdate(server: Server, request: ApiRequest, kind: Kind, key: string): undefined {
  const { attributes, http } = request;
  const decoded = decodeBody(request, kind, http.body, kind.schema);
  if (!decoded.ok) return refuse(request, decoded.status);
  const given = { ...decoded.object.metadata, name: decoded.object.metadata.name || attributes.name };
  if (given.name !== attributes.name) {
    const text = `the name of the object (${given.name}) does not match the name on the URL (${attributes.name})`;
    return refuse(request, badRequest(text));
  }
  if ((given.uid ?? '') !== '') {
    const detail = `Precondition failed: UID in precondition: ${given.uid}, UID in object meta: `;
    return refuse(request, conflict({ group: kind.group, resource: kind.plural }, attributes.name, detail));
  }
  if ((given.resourceVersion ?? '') !== '' && given.resourceVersion !== '0') {
    return refuse(request, notFound({ group: kind.group, resource: kind.plural }, attributes.name));
  }
  const metadata = newMetadata(server, kind, attributes.namespace, given);
  request.change = {
    operation: 'CREATE',
    prefix: kind.storagePrefix,
    subresource: '',
    key,
    old: undefined,
    object: kind.defaults({ ...decoded.object, metadata }),
    remove: false,
    status: 201,
  };
}

function patchedObject(server: Server, request: ApiRequest, kind: Kind, old: KubeObject): Decoded {
  const { http, attributes } = request;
  const manager = http.query?.['fieldManager'] ?? managerOf(http.userAgent);
  const force = isTrue(http.query?.['force'] ?? 'false');
  const time = formatTime(server.io.wallMs());
  const patched = patchObject(http.contentType ?? '', http.body, old, kind, {
    manager,
    force,
    time,
    subresource: attributes.subresource,
  });
  if (!patched.ok) return patched;
  if (patched.object === old) return { ok: true, object: old };
  const decoded = decodeBody(request, kind, patched.object, kind.schema);
  if (decoded.ok || decoded.status.code !== 400 || decoded.status.message?.includes('strict decoding') === true)
    return decoded;
  const head = ` cannot be handled as a ${kind.kind}: `;
  const text = decoded.status.message ?? '';
  const error = text.slice(text.indexOf(head) + head.length);
  return { ok: false, status: patchedObjectInvalid(patched.object, error) };
}

/** `kubectl/v1.36.0 (linux/amd64)` → `kubectl` */
export function managerOf(userAgent: string | undefined): string {
  return (userAgent ?? 'unknown').split('/')[0] || 'unknown';
}

/** Metadata of a new object: namespace, name, uid and time are the server's to give. */
function newMetadata(server: Server, kind: Kind, namespace: string, given: ObjectMeta): ObjectMeta {
  const {
    resourceVersion: _version,
    deletionTimestamp: _at,
    deletionGracePeriodSeconds: _grace,
    ...rest
  } = given ?? {};
  let name = rest.name ?? '';
  const prefix = rest.generateName ?? '';
  if (name === '' && prefix !== '') name = generateName(prefix, (n) => Math.floor(server.io.random() * n));
  const { namespace: _given, ...own } = rest;
  return {
    ...own,
    name,
    ...(kind.namespaced ? { namespace } : (_given ?? '') !== '' ? { namespace: _given } : {}),
    uid: newUid(server),
    creationTimestamp: formatTime(server.io.wallMs()),
  };
}

/** Metadata of a changed object: what a client may not change is as it was. */
function keptMetadata(given: ObjectMeta, old: ObjectMeta): ObjectMeta {
  if (given === old) return old;
  const kept: ObjectMeta = {
    ...given,
    name: old.name,
    resourceVersion: old.resourceVersion,
    uid: old.uid,
    creationTimestamp: old.creationTimestamp,
    ...(old.namespace !== undefined && { namespace: old.namespace }),
    ...(old.generateName !== undefined && { generateName: old.generateName }),
    ...(old.generation !== undefined && { generation: old.generation }),
    ...(old.deletionTimestamp !== undefined && { deletionTimestamp: old.deletionTimestamp }),
    ...(old.deletionGracePeriodSeconds !== undefined && { deletionGracePeriodSeconds: old.deletionGracePeriodSeconds }),
  };
  if (old.deletionTimestamp === undefined && kept.deletionTimestamp !== undefined) {
    const { deletionTimestamp: _at, deletionGracePeriodSeconds: _grace, ...rest } = kept;
    return rest;
  }
  return kept;
}

function wrongNamespace(): Status {
  return badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

function hexStart(body: unknown): string {
  const text = JSON.stringify(body).slice(0, 40);
  let hex = '';
  for (let i = 0; i < text.length; i++) hex += text.charCodeAt(i).toString(16).padStart(2, '0');
  return hex;
}
