/**
 * Watches of clients: opened on the cache, fed from it, told only of what they asked for. A change costs as much as there are watchers
 * that are interested: kubelets watching their own node's pods are found by node, a watch of one object by its key.
 * @source staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go, cache_watcher.go
 */
import { exactFieldValue, type FieldSelector, matchesFields } from '../api/field-selector.ts';
import { matchesSelector, type Selector } from '../api/selector.ts';
import { expired } from '../api/status.ts';
import type { KubeObject, Pod, WatchEvent } from '../api/types.ts';
import type { CallId } from '../kernel/io.ts';
import { MILLISECOND, SECOND } from '../kernel/units.ts';
import type { CacheEvent, ResourceCache, Server, Watcher, WatcherIndex } from './memory.ts';
import { kindByPrefix } from './resources.ts';
import { tableOf } from './tables.ts';
import { cachedIn, cachedOnNode, firstEventAfter, nodeOf, resourceCache, withRevision } from './watch-cache.ts';

export interface WatchOptions {
  readonly prefix: string;
  readonly namespace: string;
  readonly labels: Selector;
  readonly fields: FieldSelector;
  /** Revision to go on from; undefined: the newest state first, then what changes ("get state and start at any"). */
  readonly from: number | undefined;
  /** Send the state first, then a bookmark that says so. */
  readonly initialEvents: boolean;
  readonly bookmarks: boolean;
  readonly timeoutMs: number;
  readonly table: boolean;
  readonly wholeObject: boolean;
}

const BOOKMARK_TIMER = 'bookmarks';
const BOOKMARK_PERIOD_US = 60 * SECOND;
const INITIAL_EVENTS_END = { 'k8s.io/initial-events-end': 'true' };

/** Answers a watch: initial events at once, then the call stays open. */
export function openWatch(server: Server, call: CallId, options: WatchOptions): undefined {
  const { me, io } = server;
  const resource = resourceCache(me.cache, options.prefix);
  if (options.from !== undefined && options.from < resource.since) {
    const status = expired(`too old resource version: ${options.from} (${resource.since})`);
    io.push(call, [{ type: 'ERROR', object: status }]);
    io.reply(call, { status: 200, body: '' });
    return;
  }
  const { index, value } = placeOfWatcher(options);
  const watcher: Watcher = {
    call,
    prefix: options.prefix,
    index,
    value,
    namespace: options.namespace,
    labels: options.labels,
    fields: options.fields,
    bookmarks: options.bookmarks,
    table: options.table,
    wholeObject: options.wholeObject,
    sentColumns: false,
    pending: [],
    from: me.cache.revision,
    told: me.cache.revision,
  };
  me.watchers.set(call, watcher);
  addTo(resource.watchers, watcher);
  const pending: WatchEvent[] = watcher.pending;
  if (options.from === undefined) {
    for (const object of selectObjects(server, options)) pending.push({ type: 'ADDED', object });
    if (options.initialEvents) pending.push(bookmark(watcher, me.cache.revision, INITIAL_EVENTS_END));
  } else {
    for (let i = firstEventAfter(resource, options.from); i < resource.events.length; i++) {
      const event = seenBy(watcher, resource.events[i]!);
      if (event !== undefined) pending.push(event);
    }
    watcher.from = Math.max(options.from, me.cache.revision);
  }
  flush(server, watcher);
  io.setTimer(timerOf(call), options.timeoutMs * MILLISECOND, { type: 'WATCH_TIMEOUT', call });
  if (watcher.bookmarks) armBookmarks(server);
}

/** Objects a list or watch selects, from the cache, using an index where one answers. */
export function selectObjects(
  { me }: Server,
  options: {
    readonly prefix: string;
    readonly namespace: string;
    readonly labels: Selector;
    readonly fields: FieldSelector;
  },
): readonly KubeObject[] {
  const { prefix, namespace, labels, fields } = options;
  const node = exactFieldValue(fields, 'spec.nodeName');
  let objects: readonly KubeObject[];
  if (prefix === '/registry/pods' && node !== undefined && node !== '') {
    objects = cachedOnNode(me, prefix, node).filter((pod) => namespace === '' || pod.metadata.namespace === namespace);
  } else {
    const name = exactFieldValue(fields, 'metadata.name');
    const kind = kindByPrefix(prefix);
    if (name !== undefined && (namespace !== '' || kind?.namespaced === false)) {
      const object = me.cache.resources
        .get(prefix)
        ?.objects.get(kind?.namespaced === false ? name : `${namespace}/${name}`);
      objects = object === undefined ? [] : [object];
    } else {
      objects = cachedIn(me, prefix, namespace);
    }
  }
  if (labels.requirements.length === 0 && !labels.nothing && fields.length === 0) return objects;
  return objects.filter((object) => isSelected(prefix, labels, fields, object));
}

/** Hands changes to whoever watches them; everything of one etcd response goes out as one batch a watcher. */
export function fanOut(
  server: Server,
  changes: readonly { readonly resource: ResourceCache; readonly event: CacheEvent }[],
): undefined {
  const touched: Watcher[] = [];
  for (const { resource, event } of changes) {
    const { watchers } = resource;
    offer(server, watchers.all, event, touched);
    if (watchers.byNamespace.size > 0) {
      const slash = event.key.indexOf('/');
      offer(server, watchers.byNamespace.get(slash < 0 ? '' : event.key.slice(0, slash)), event, touched);
    }
    if (watchers.byKey.size > 0) offer(server, watchers.byKey.get(event.key), event, touched);
    if (watchers.byNode.size > 0) {
      const after = nodeOf(event.object);
      const before = nodeOf(event.previous);
      offer(server, watchers.byNode.get(after), event, touched);
      if (before !== after) offer(server, watchers.byNode.get(before), event, touched);
    }
  }
  for (const watcher of touched) flush(server, watcher);
}

/** The watch has lived long enough, or its client is gone. */
export function closeWatch({ me, io }: Server, call: CallId, reply: boolean): undefined {
  const watcher = me.watchers.get(call);
  if (watcher === undefined) return;
  me.watchers.delete(call);
  removeFrom(resourceCache(me.cache, watcher.prefix).watchers, watcher);
  io.clearTimer(timerOf(call));
  if (reply) io.reply(call, { status: 200, body: '' });
}

/** Ends every watch from before a revision whose changes are not known: the clients list again. */
export function expireWatches(server: Server): undefined {
  for (const call of [...server.me.watchers.keys()]) closeWatch(server, call, true);
}

/** About every minute, to those who asked and have not been told anything newer meanwhile. */
export function sendBookmarks(server: Server): undefined {
  const { me } = server;
  let wanted = false;
  me.bookmarksArmed = false;
  for (const watcher of me.watchers.values()) {
    if (!watcher.bookmarks) continue;
    wanted = true;
    if (watcher.told >= me.cache.revision) continue;
    watcher.pending.push(bookmark(watcher, me.cache.revision, undefined));
    flush(server, watcher);
  }
  if (wanted) armBookmarks(server);
}

function armBookmarks({ me, io }: Server): undefined {
  if (me.bookmarksArmed) return;
  me.bookmarksArmed = true;
  io.setTimer(BOOKMARK_TIMER, BOOKMARK_PERIOD_US, { type: 'BOOKMARKS' });
}

function offer(
  server: Server,
  calls: ReadonlySet<CallId> | undefined,
  change: CacheEvent,
  touched: Watcher[],
): undefined {
  if (calls === undefined) return;
  for (const call of calls) {
    const watcher = server.me.watchers.get(call)!;
    if (change.revision <= watcher.from) continue;
    const event = seenBy(watcher, change);
    if (event === undefined) continue;
    if (watcher.pending.length === 0) touched.push(watcher);
    watcher.pending.push(event);
  }
}

/** A change as a watcher with selectors sees it: what no longer matches is deleted for it. */
function seenBy(watcher: Watcher, change: CacheEvent): WatchEvent | undefined {
  const { labels, fields, prefix, namespace, index, value } = watcher;
  if (index === 'byNamespace' || namespace !== '') {
    if (change.object.metadata.namespace !== namespace) return undefined;
  }
  if (index === 'byKey' && change.key !== value) return undefined;
  if (labels.requirements.length === 0 && !labels.nothing && fields.length === 0) return change.wire;
  const { type, object, previous, revision } = change;
  const now = type !== 'DELETED' && isSelected(prefix, labels, fields, object);
  const before = previous !== undefined && isSelected(prefix, labels, fields, previous);
  if (now)
    return before
      ? type === 'MODIFIED'
        ? change.wire
        : { type: 'MODIFIED', object }
      : type === 'ADDED'
        ? change.wire
        : { type: 'ADDED', object };
  if (!before) return undefined;
  return type === 'DELETED' ? change.wire : { type: 'DELETED', object: withRevision(previous, revision) };
}

export function isSelected(prefix: string, labels: Selector, fields: FieldSelector, object: KubeObject): boolean {
  if (!matchesSelector(labels, object.metadata.labels)) return false;
  for (const { field, equal, value } of fields) {
    const cheap = cheapField(prefix, field, object);
    // The kind knows the rest of its fields.
    if (cheap === undefined) return matchesFields(fields, kindByPrefix(prefix)?.selectableFields(object) ?? {});
    if ((cheap === value) !== equal) return false;
  }
  return true;
}

/** Fields that nearly every field selector is about. */
function cheapField(prefix: string, field: string, object: KubeObject): string | undefined {
  if (field === 'metadata.name') return object.metadata.name;
  if (field === 'metadata.namespace') return object.metadata.namespace ?? '';
  if (prefix !== '/registry/pods') return undefined;
  if (field === 'spec.nodeName') return nodeOf(object);
  return field === 'status.phase' ? ((object as Pod).status?.phase ?? '') : undefined;
}

function flush({ me, io }: Server, watcher: Watcher): undefined {
  if (watcher.pending.length === 0) return;
  let batch: readonly WatchEvent[] = watcher.pending.slice();
  watcher.pending.length = 0;
  watcher.told = me.cache.revision;
  if (watcher.table) {
    batch = batch.map((event) => asTable(watcher, event, io.wallMs()));
    watcher.sentColumns = true;
  }
  io.push(watcher.call, batch);
}

function asTable(watcher: Watcher, event: WatchEvent, nowMs: number): WatchEvent {
  const kind = kindByPrefix(watcher.prefix);
  if (kind === undefined || event.type === 'ERROR' || event.type === 'BOOKMARK') return event;
  const table = tableOf(kind, [event.object], event.object.metadata, nowMs, watcher.wholeObject, !watcher.sentColumns);
  watcher.sentColumns = true;
  return { type: event.type, object: table };
}

function bookmark(
  watcher: Watcher,
  revision: number,
  annotations: Readonly<Record<string, string>> | undefined,
): WatchEvent {
  const kind = kindByPrefix(watcher.prefix);
  const object = {
    apiVersion: kind?.apiVersion ?? 'v1',
    kind: kind?.kind ?? '',
    metadata: { name: '', resourceVersion: String(revision), ...(annotations !== undefined && { annotations }) },
  };
  return { type: 'BOOKMARK', object };
}

function placeOfWatcher(options: WatchOptions): { index: keyof WatcherIndex; value: string } {
  const { prefix, namespace, fields } = options;
  const name = exactFieldValue(fields, 'metadata.name');
  const namespaced = kindByPrefix(prefix)?.namespaced !== false;
  if (name !== undefined && (namespace !== '' || !namespaced)) {
    return { index: 'byKey', value: namespaced ? `${namespace}/${name}` : name };
  }
  const node = exactFieldValue(fields, 'spec.nodeName');
  if (prefix === '/registry/pods' && node !== undefined) return { index: 'byNode', value: node };
  return namespace === '' ? { index: 'all', value: '' } : { index: 'byNamespace', value: namespace };
}

function addTo(index: WatcherIndex, watcher: Watcher): undefined {
  if (watcher.index === 'all') {
    index.all.add(watcher.call);
    return;
  }
  const map = index[watcher.index];
  const calls = map.get(watcher.value);
  if (calls === undefined) map.set(watcher.value, new Set([watcher.call]));
  else calls.add(watcher.call);
}

function removeFrom(index: WatcherIndex, watcher: Watcher): undefined {
  if (watcher.index === 'all') {
    index.all.delete(watcher.call);
    return;
  }
  const calls = index[watcher.index].get(watcher.value);
  calls?.delete(watcher.call);
  if (calls?.size === 0) index[watcher.index].delete(watcher.value);
}

function timerOf(call: CallId): string {
  return `watch-${call}`;
}
