/**
 * get, list and watch: from the cache when the client accepts any or a given revision, through etcd when it wants the newest.
 * @source staging/src/k8s.io/apiserver/pkg/endpoints/handlers/get.go, pkg/storage/cacher, pkg/storage/etcd3/store.go
 */
import { decodeBase64, encodeBase64Url } from '../api/base64.ts';
import { etcdErrors, prefixRangeEnd, type RangeResponse } from '../api/etcd.ts';
import { forbiddenField, notSupported } from '../api/field-error.ts';
import { type FieldSelector, parseFieldSelector } from '../api/field-selector.ts';
import type { Kind } from '../api/kind.ts';
import { EVERYTHING, parseSelector, type Selector } from '../api/selector.ts';
import {
  badRequest,
  continueExpired,
  expired,
  invalidObject,
  methodNotAllowed,
  notFound,
  resourceNotFound,
  tooLargeResourceVersion,
  unknownError,
} from '../api/status.ts';
import type { KubeObject, ListMeta } from '../api/types.ts';
import { askEtcd, type EtcdAnswer, etcdFailure } from './etcd-connection.ts';
import type { ApiRequest, Server } from './memory.ts';
import { answer, isTrue, kindOf, refuse, storageKey } from './request.ts';
import { tableOf } from './tables.ts';
import { cached, decodeStored } from './watch-cache.ts';
import { isSelected, openWatch, selectObjects } from './watchers.ts';

/** How long a list waits for the cache to see the revision it needs. */
export const FRESH_TIMEOUT_US = 3_000_000;

interface ListOptions {
  readonly labels: Selector;
  readonly fields: FieldSelector;
  readonly limit: number;
  readonly continue: string;
  /** '' = unset */
  readonly resourceVersion: string;
  readonly match: string;
}

/** get, list or watch of a stored kind. */
export function read(server: Server, request: ApiRequest): undefined {
  const kind = kindOf(request);
  const { attributes } = request;
  if (kind === undefined || (!kind.namespaced && attributes.namespace !== '' && kind.plural !== 'namespaces')) {
    refuse(request, resourceNotFound());
  } else if (!kind.stored || !kind.verbs.includes(attributes.verb)) refuse(request, methodNotAllowed());
  else if (attributes.verb === 'get') get(server, request, kind);
  else if (attributes.verb === 'list') list(server, request, kind);
  else watch(server, request, kind);
}

/** What etcd answered to a read. */
export function readAnswered(server: Server, request: ApiRequest, reply: EtcdAnswer): undefined {
  const kind = kindOf(request);
  if (kind === undefined) return;
  if (!reply.ok) {
    const compacted = reply.message === etcdErrors.compacted.message;
    if (compacted && request.step === 'page') refusePage(request);
    else if (compacted) refuse(request, expired('The resourceVersion for the provided list is too old.'));
    else request.answer = etcdFailure(reply);
    return;
  }
  const body = reply.body as RangeResponse;
  switch (request.step) {
    case 'get': {
      const kv = body.kvs[0];
      showObject(server, request, kind, kv === undefined ? undefined : decodeStored(kv));
      return;
    }
    case 'revision':
      waitForRevision(server, request, body.header.revision);
      return;
    default:
      listRange(server, request, kind, body);
  }
}

/** The cache has seen the revision the request was waiting for; or it has waited in vain. */
export function readFresh(server: Server, request: ApiRequest, revision: number): undefined {
  const kind = kindOf(request);
  if (kind === undefined) return;
  if (server.me.cache.revision < revision) {
    refuse(request, tooLargeResourceVersion(revision, server.me.cache.revision));
  } else if (request.attributes.verb === 'watch') watchNow(server, request, kind);
  else if (request.attributes.verb === 'get') getCached(server, request, kind);
  else listCached(server, request, kind);
}

function get(server: Server, request: ApiRequest, kind: Kind): undefined {
  const wanted = request.http.query?.['resourceVersion'] ?? '';
  const { attributes } = request;
  const subresource = attributes.subresource;
  if (
    subresource !== '' &&
    (!kind.subresources.includes(subresource) || (subresource !== 'status' && subresource !== 'scale'))
  ) {
    refuse(request, kind.subresources.includes(subresource) ? methodNotAllowed() : resourceNotFound());
    return;
  }
  if (wanted === '') {
    request.step = 'get';
    const key = `${kind.storagePrefix}/${storageKey(kind, attributes.namespace, attributes.name)}`;
    const call = { method: 'Range', key } as const;
    request.backend = askEtcd(server, call, { for: 'request', request: request.call, call, tries: 0 });
  } else {
    const revision = parseRevision(request, wanted);
    if (revision === undefined) return;
    if (revision > server.me.cache.revision) waitForRevision(server, request, revision);
    else getCached(server, request, kind);
  }
}

function getCached(server: Server, request: ApiRequest, kind: Kind): undefined {
  const key = storageKey(kind, request.attributes.namespace, request.attributes.name);
  showObject(server, request, kind, cached(server.me, kind.storagePrefix, key));
}

function showObject({ io }: Server, request: ApiRequest, kind: Kind, object: KubeObject | undefined): undefined {
  const { attributes, http } = request;
  if (object === undefined) {
    refuse(request, notFound({ group: kind.group, resource: kind.plural }, attributes.name));
    return;
  }
  const shown = attributes.subresource === 'scale' ? scaleOf(kind, object) : object;
  if (http.accept !== 'table' || attributes.subresource === 'scale') answer(request, 200, shown);
  else {
    const whole = http.query?.['includeObject'] === 'Object';
    answer(
      request,
      200,
      tableOf(kind, [object], { resourceVersion: object.metadata.resourceVersion }, io.wallMs(), whole),
    );
  }
}

/** The autoscaling/v1 Scale of an object. */
export function scaleOf(kind: Kind, object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = kind.scale?.selector(object) ?? '';
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: kind.scale?.replicas(object) ?? 0 },
    status: { replicas: kind.scale?.statusReplicas(object) ?? 0, ...(selector !== '' && { selector }) },
  };
}

function list(server: Server, request: ApiRequest, kind: Kind): undefined {
  const options = listOptions(request, kind);
  if (options === undefined) return;
  const { resourceVersion, match } = options;
  if (options.continue !== '') {
    nextPage(server, request, kind, options);
    return;
  }
  if (match === 'Exact') {
    request.step = 'exact';
    askRange(server, request, kind.storagePrefix, '', Number(resourceVersion));
  } else if (resourceVersion === '') {
    // The newest: etcd says which revision that is, the cache answers once it has seen it.
    request.step = 'revision';
    const call = { method: 'Range', key: 'compact_rev_key' } as const;
    request.backend = askEtcd(server, call, { for: 'request', request: request.call, call, tries: 0 });
  } else {
    const revision = Number(resourceVersion);
    if (revision > server.me.cache.revision) waitForRevision(server, request, revision);
    else listCached(server, request, kind);
  }
}

function listCached(server: Server, request: ApiRequest, kind: Kind): undefined {
  const options = listOptions(request, kind);
  if (options === undefined) return;
  const { namespace } = request.attributes;
  const objects = selectObjects(server, { prefix: kind.storagePrefix, namespace, ...options });
  const limit = options.resourceVersion === '0' ? 0 : options.limit;
  showList(server, request, kind, options, objects, server.me.cache.revision, limit);
}

function nextPage(server: Server, request: ApiRequest, kind: Kind, options: ListOptions): undefined {
  const token = parseContinue(options.continue);
  if (token === undefined) {
    refuse(request, badRequest('continue key is not valid: encoding error'));
    return;
  }
  request.step = 'page';
  request.scratch = token.start;
  askRange(server, request, kind.storagePrefix, token.start, Math.max(token.revision, 0));
}

function askRange(server: Server, request: ApiRequest, prefix: string, start: string, revision: number): undefined {
  const base = basePrefix(request, prefix);
  const call = { method: 'Range', key: base + start, rangeEnd: prefixRangeEnd(base), revision } as const;
  request.backend = askEtcd(server, call, { for: 'request', request: request.call, call, tries: 0 });
}

function basePrefix({ attributes }: ApiRequest, prefix: string): string {
  return attributes.namespace === '' || attributes.resource === 'namespaces'
    ? `${prefix}/`
    : `${prefix}/${attributes.namespace}/`;
}

function listRange(server: Server, request: ApiRequest, kind: Kind, body: RangeResponse): undefined {
  const options = listOptions(request, kind);
  if (options === undefined) return;
  const { labels, fields, limit, resourceVersion } = options;
  const objects = body.kvs.map(decodeStored).filter((object) => isSelected(kind.storagePrefix, labels, fields, object));
  const token = parseContinue(options.continue);
  const revision =
    token !== undefined && token.revision > 0 ? token.revision : Number(resourceVersion) || body.header.revision;
  showList(server, request, kind, options, objects, revision, limit);
}

function showList(
  { io }: Server,
  request: ApiRequest,
  kind: Kind,
  { labels, fields }: ListOptions,
  objects: readonly KubeObject[],
  revision: number,
  limit: number,
): undefined {
  const items = limit > 0 && objects.length > limit ? objects.slice(0, limit) : objects;
  const metadata: ListMeta = { resourceVersion: String(revision) };
  let meta = metadata;
  if (items.length < objects.length) {
    const last = items[items.length - 1]!.metadata;
    const inOneNamespace = !kind.namespaced || request.attributes.namespace !== '';
    const start = inOneNamespace ? last.name : `${last.namespace}/${last.name}`;
    meta = { ...metadata, continue: formatContinue(revision, `/${start}\0`) };
    if (labels === EVERYTHING && fields.length === 0)
      meta = { ...meta, remainingItemCount: objects.length - items.length };
  }
  if (request.http.accept === 'table') {
    const whole = request.http.query?.['includeObject'] === 'Object';
    answer(request, 200, tableOf(kind, items, meta, io.wallMs(), whole));
  } else answer(request, 200, { kind: kind.listKind, apiVersion: kind.apiVersion, metadata: meta, items });
}

function watch(server: Server, request: ApiRequest, kind: Kind): undefined {
  const options = listOptions(request, kind);
  if (options === undefined) return;
  const revision = Number(options.resourceVersion || '0');
  if (revision > server.me.cache.revision) waitForRevision(server, request, revision);
  else if (options.resourceVersion === '' && isTrue(request.http.query?.['sendInitialEvents'] ?? 'false')) {
    request.step = 'revision';
    const call = { method: 'Range', key: 'compact_rev_key' } as const;
    request.backend = askEtcd(server, call, { for: 'request', request: request.call, call, tries: 0 });
  } else watchNow(server, request, kind);
}

function watchNow(server: Server, request: ApiRequest, kind: Kind): undefined {
  const options = listOptions(request, kind);
  if (options === undefined) return;
  const { http, attributes } = request;
  const query = http.query ?? {};
  const initialEvents = isTrue(query['sendInitialEvents'] ?? 'false');
  const fromNow = options.resourceVersion === '' || options.resourceVersion === '0';
  const { minRequestTimeoutSeconds } = server.me.options;
  const seconds = Number(query['timeoutSeconds'] ?? 0) || minRequestTimeoutSeconds * (1 + server.io.random());
  const fields =
    attributes.name === '' || options.fields.length > 0
      ? options.fields
      : [{ field: 'metadata.name', equal: true, value: attributes.name }];
  request.step = 'streaming';
  openWatch(server, request.call, {
    prefix: kind.storagePrefix,
    namespace: kind.namespaced ? attributes.namespace : '',
    labels: options.labels,
    fields,
    from: initialEvents || fromNow ? undefined : Number(options.resourceVersion),
    initialEvents: initialEvents && isTrue(query['allowWatchBookmarks'] ?? 'false'),
    bookmarks: isTrue(query['allowWatchBookmarks'] ?? 'false'),
    timeoutMs: Math.round(seconds * 1_000),
    table: http.accept === 'table',
    wholeObject: query['includeObject'] === 'Object',
  });
}

/** Goes on at once when the cache is there already; else when it is, or after three seconds in vain. */
export function waitForRevision(server: Server, request: ApiRequest, revision: number): undefined {
  const { me, io } = server;
  if (me.cache.revision >= revision) {
    readFresh(server, request, revision);
    return;
  }
  request.step = 'waiting';
  me.waiting.push({ revision, request: request.call, since: io.now });
  if (me.waiting.length === 1) io.raise({ type: 'ASK_PROGRESS' });
}

function listOptions(request: ApiRequest, kind: Kind): ListOptions | undefined {
  const query = request.http.query ?? {};
  const labels = selectorOption(request, query['labelSelector']);
  const fields = fieldOption(request, kind, query['fieldSelector']);
  if (labels === undefined || fields === undefined) return undefined;
  const limitText = query['limit'] ?? '0';
  for (const number of [limitText, query['timeoutSeconds'] ?? '0']) {
    if (/^-?\d+$/.test(number)) continue;
    refuse(request, badRequest(`strconv.ParseInt: parsing "${number}": invalid syntax`));
    return undefined;
  }
  const resourceVersion = query['resourceVersion'] ?? '';
  const match = query['resourceVersionMatch'] ?? '';
  const next = query['continue'] ?? '';
  if (next !== '' && resourceVersion !== '' && resourceVersion !== '0') {
    refuse(request, badRequest('specifying resource version is not allowed when using continue'));
    return undefined;
  }
  if (!validMatch(request, match, resourceVersion, query['sendInitialEvents'])) return undefined;
  if (resourceVersion !== '' && parseRevision(request, resourceVersion) === undefined) return undefined;
  return { labels, fields, limit: Math.max(0, Number(limitText)), continue: next, resourceVersion, match };
}

function validMatch(request: ApiRequest, match: string, resourceVersion: string, initial: string | undefined): boolean {
  const wrong = (error: Parameters<typeof invalidObject>[2][number]) => {
    refuse(request, invalidObject({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [error]));
    return false;
  };
  const field = 'resourceVersionMatch';
  if (initial !== undefined) {
    if (match !== 'NotOlderThan') {
      return wrong(forbiddenField(field, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
    }
    return true;
  }
  if (match === '') return true;
  if (resourceVersion === '') {
    return wrong(forbiddenField(field, 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
  }
  if (match !== 'Exact' && match !== 'NotOlderThan')
    return wrong(notSupported(field, match, ['Exact', 'NotOlderThan', '']));
  if (match === 'Exact' && resourceVersion === '0') {
    return wrong(forbiddenField(field, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
  }
  return true;
}

function selectorOption(request: ApiRequest, text: string | undefined): Selector | undefined {
  if (text === undefined || text === '') return EVERYTHING;
  const parsed = parseSelector(text);
  if (parsed.ok) return parsed.selector;
  refuse(
    request,
    badRequest(`unable to parse requirement: ${parsed.error}`.replace('unable to parse requirement: unable', 'unable')),
  );
  return undefined;
}

function fieldOption(request: ApiRequest, kind: Kind, text: string | undefined): FieldSelector | undefined {
  if (text === undefined || text === '') return [];
  const parsed = parseFieldSelector(text);
  if (!parsed.ok) {
    refuse(request, badRequest(parsed.error));
    return undefined;
  }
  for (const { field } of parsed.selector) {
    const error = kind.unselectable(field);
    if (error === undefined) continue;
    refuse(request, badRequest(error));
    return undefined;
  }
  return parsed.selector;
}

function parseRevision(request: ApiRequest, text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const problem = `strconv.ParseUint: parsing "${text}": invalid syntax`;
  const invalidVersion = `resourceVersion: Invalid value: "${text}": ${problem}`;
  const watching = request.attributes.verb === 'watch';
  refuse(request, watching ? unknownError(invalidVersion) : badRequest(`invalid resource version: ${invalidVersion}`));
  return undefined;
}

/** The token behind `continue`: revision and first key of the next page; revision -1 = the newest, consistent or not. */
function formatContinue(revision: number, start: string): string {
  return encodeBase64Url(`{"v":"meta.k8s.io/v1","rv":${revision},"start":${JSON.stringify(start)}}`);
}

function parseContinue(text: string): { revision: number; start: string } | undefined {
  try {
    const token: unknown = JSON.parse(decodeBase64(text) ?? '');
    if (typeof token !== 'object' || token === null || !('rv' in token) || !('start' in token)) return undefined;
    return { revision: Number(token.rv), start: String(token.start).replace(/^\//, '') };
  } catch {
    return undefined;
  }
}

function refusePage(request: ApiRequest): undefined {
  const status = continueExpired();
  const start = typeof request.scratch === 'string' ? request.scratch : '';
  refuse(request, { ...status, metadata: { ...status.metadata, continue: formatContinue(-1, start) } });
}
