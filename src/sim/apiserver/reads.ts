/**
 * get, list and watch: from the cache when the client accepts any or a given revision, through etcd when it wants the newest.
 * @source staging/src/k8s.io/apiserver/pkg/endpoints/handlers/get.go, pkg/storage/cacher, pkg/storage/etcd3/store.go
 */
import { etcdErrors, prefixRangeEnd, type RangeResponse } from '../api/etcd.ts';
import type { Kind } from '../api/kind.ts';
import { EVERYTHING } from '../api/selector.ts';
import {
  badRequest,
  continueExpired,
  expired,
  methodNotAllowed,
  notFound,
  resourceNotFound,
  tooLargeResourceVersion,
} from '../api/status.ts';
import type { KubeObject, ListMeta } from '../api/types.ts';
import { probeComponents } from './component-status.ts';
import { askEtcd, type EtcdAnswer, etcdFailure } from './etcd-connection.ts';
import { formatContinue, type ListOptions, listOptions, parseContinue, parseRevision } from './list-options.ts';
import type { ApiRequest, Server } from './memory.ts';
import { answer, isTrue, kindOf, refuse, storageKey, warnOfDeprecation } from './request.ts';
import { tableOf } from './tables.ts';
import { cached, decodeStored } from './watch-cache.ts';
import { isSelected, openWatch, selectObjects } from './watchers.ts';

/** How long a list waits for the cache to see the revision it needs. */
export const FRESH_TIMEOUT_US = 3_000_000;

/** get, list or watch of a stored kind. */
export function read(server: Server, request: ApiRequest): undefined {
  const kind = kindOf(request);
  const { attributes } = request;
  if (kind === undefined || (!kind.namespaced && attributes.namespace !== '' && kind.plural !== 'namespaces')) {
    refuse(request, resourceNotFound());
    return;
  }
  warnOfDeprecation(request, kind);
  if (kind.plural === 'componentstatuses' && attributes.verb !== 'watch') probeComponents(server, request);
  else if (!kind.stored || !kind.verbs.includes(attributes.verb)) refuse(request, methodNotAllowed());
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

function refusePage(request: ApiRequest): undefined {
  const status = continueExpired();
  const start = typeof request.scratch === 'string' ? request.scratch : '';
  refuse(request, { ...status, metadata: { ...status.metadata, continue: formatContinue(-1, start) } });
}
