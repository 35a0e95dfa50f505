/**
 * The watch cache: all of /registry/ as of one revision, kept up by one etcd watch, and for every resource a window of
 * recent changes from which watches resume.
 * @source staging/src/k8s.io/apiserver/pkg/storage/cacher/watch_cache.go
 */
import type { EtcdEvent, EtcdKeyValue } from '../api/etcd.ts';
import type { KubeObject } from '../api/types.ts';
import type { Us } from '../kernel/units.ts';
import type { ApiServer, CacheEvent, ResourceCache, WatchCache } from './memory.ts';
import { rbacObjectChanged } from './rbac-index.ts';
import { isKindPrefix } from './resources.ts';

/** The window holds at least 100 and at most 102,400 changes; it grows while they are younger than 75 s. */
const MIN_CAPACITY = 100;
const MAX_CAPACITY = 102_400;
const FRESH_US = 75_000_000;

export const MASTER_LEASES = '/registry/masterleases/';
export const IP_ADDRESSES = '/registry/ipaddresses/';
export const NODE_PORT_RANGE = '/registry/ranges/servicenodeports';

/** The cache of one resource; made on first use. */
export function resourceCache(cache: WatchCache, prefix: string): ResourceCache {
  let resource = cache.resources.get(prefix);
  if (resource === undefined) {
    resource = {
      prefix,
      objects: new Map(),
      keys: [],
      byNode: new Map(),
      events: [],
      head: 0,
      capacity: MIN_CAPACITY,
      since: cache.revision,
      watchers: { all: new Set(), byNamespace: new Map(), byKey: new Map(), byNode: new Map() },
    };
    cache.resources.set(prefix, resource);
  }
  return resource;
}

/** The object under `namespace/name` (or `name`), if there is one. */
export function cached(me: ApiServer, prefix: string, key: string): KubeObject | undefined {
  return me.cache.resources.get(prefix)?.objects.get(key);
}

/** Objects of a namespace ('' for all), in the order of their keys. */
export function cachedIn(me: ApiServer, prefix: string, namespace: string): readonly KubeObject[] {
  const resource = me.cache.resources.get(prefix);
  if (resource === undefined) return [];
  const items: KubeObject[] = [];
  if (namespace === '') {
    for (const key of resource.keys) items.push(resource.objects.get(key)!);
    return items;
  }
  const start = `${namespace}/`;
  for (let i = lowerBound(resource.keys, start); i < resource.keys.length; i++) {
    const key = resource.keys[i]!;
    if (!key.startsWith(start)) break;
    items.push(resource.objects.get(key)!);
  }
  return items;
}

/** Pods of a node, in the order of their keys. */
export function cachedOnNode(me: ApiServer, prefix: string, node: string): readonly KubeObject[] {
  const resource = me.cache.resources.get(prefix);
  const keys = resource?.byNode.get(node);
  if (resource === undefined || keys === undefined) return [];
  return [...keys].sort().map((key) => resource.objects.get(key)!);
}

/** What etcd stores, as the API shows it: with the revision of its last change. */
export function decodeStored(kv: EtcdKeyValue): KubeObject {
  return withRevision(kv.value as KubeObject, kv.modRevision);
}

export function withRevision(stored: KubeObject, revision: number): KubeObject {
  return Object.freeze({ ...stored, metadata: { ...stored.metadata, resourceVersion: String(revision) } });
}

/**
 * Takes everything that is below /registry/ as of a revision: the first load, or after a compaction overtook the watch.
 * @returns changes to tell watchers about, as if they had been watched
 */
export function loadCache(me: ApiServer, kvs: readonly EtcdKeyValue[], revision: number, now: Us): undefined {
  const { cache } = me;
  const first = !cache.synced;
  const seen = new Set<string>();
  for (const kv of kvs) {
    seen.add(kv.key);
    const place = placeOf(kv.key);
    if (place === undefined) special(me, kv.key, kv);
    else put(me, place, kv, now, first);
  }
  if (!first) {
    for (const resource of cache.resources.values()) {
      for (const key of [...resource.keys]) {
        if (!seen.has(`${resource.prefix}/${key}`)) drop(me, resource, key, revision, now);
      }
      // What happened in between is not known one by one: watches from before must start again.
      resource.events.length = 0;
      resource.head = 0;
      resource.since = revision;
    }
    for (const address of [...cache.masters.keys()]) {
      if (!seen.has(MASTER_LEASES + address)) cache.masters.delete(address);
    }
  }
  cache.revision = Math.max(cache.revision, revision);
  if (first) for (const resource of cache.resources.values()) resource.since = revision;
  cache.synced = true;
}

/** One change from etcd's watch. Returns it with its resource, or undefined when it concerns no resource. */
export function applyEvent(
  me: ApiServer,
  event: EtcdEvent,
  now: Us,
): { readonly resource: ResourceCache; readonly event: CacheEvent } | undefined {
  const { kv } = event;
  const { cache } = me;
  if (kv.modRevision <= cache.revision) return undefined;
  const place = placeOf(kv.key);
  if (place === undefined) {
    special(me, kv.key, event.type === 'PUT' ? kv : undefined);
    return undefined;
  }
  const changed =
    event.type === 'PUT'
      ? put(me, place, kv, now, false)
      : drop(me, resourceCache(cache, place.prefix), place.key, kv.modRevision, now);
  return changed === undefined ? undefined : { resource: resourceCache(cache, place.prefix), event: changed };
}

interface Place {
  readonly prefix: string;
  readonly key: string;
}

/** `/registry/pods/default/web` → `/registry/pods`, `default/web`; undefined for what is no resource. */
function placeOf(key: string): Place | undefined {
  const second = key.indexOf('/', 10);
  if (second < 0) return undefined;
  const short = key.slice(0, second);
  if (isKindPrefix(short)) return { prefix: short, key: key.slice(second + 1) };
  const third = key.indexOf('/', second + 1);
  if (third < 0) return undefined;
  const long = key.slice(0, third);
  return isKindPrefix(long) ? { prefix: long, key: key.slice(third + 1) } : undefined;
}

function put(me: ApiServer, place: Place, kv: EtcdKeyValue, now: Us, silent: boolean): CacheEvent | undefined {
  const resource = resourceCache(me.cache, place.prefix);
  const previous = resource.objects.get(place.key);
  const revision = String(kv.modRevision);
  if (previous !== undefined && previous.metadata.resourceVersion === revision) return undefined;
  const object = decodeStored(kv);
  if (previous === undefined) insertSorted(resource.keys, place.key);
  resource.objects.set(place.key, object);
  indexNode(resource, place.key, previous, object);
  rbacObjectChanged(me, place.prefix, place.key, previous, object);
  if (silent) return undefined;
  const type = previous === undefined ? 'ADDED' : 'MODIFIED';
  return remember(resource, {
    revision: kv.modRevision,
    at: now,
    key: place.key,
    type,
    object,
    previous,
    wire: wire(type, object),
  });
}

function drop(me: ApiServer, resource: ResourceCache, key: string, revision: number, now: Us): CacheEvent | undefined {
  const previous = resource.objects.get(key);
  if (previous === undefined) return undefined;
  resource.objects.delete(key);
  const at = lowerBound(resource.keys, key);
  if (resource.keys[at] === key) resource.keys.splice(at, 1);
  indexNode(resource, key, previous, undefined);
  rbacObjectChanged(me, resource.prefix, key, previous, undefined);
  const object = withRevision(previous, revision);
  return remember(resource, {
    revision,
    at: now,
    key,
    type: 'DELETED',
    object,
    previous,
    wire: wire('DELETED', object),
  });
}

function wire(type: CacheEvent['type'], object: KubeObject) {
  return Object.freeze({ type, object });
}

function remember(resource: ResourceCache, event: CacheEvent): CacheEvent {
  const { events } = resource;
  const frozen = Object.freeze(event);
  events.push(frozen);
  if (events.length - resource.head > resource.capacity) {
    const oldest = events[resource.head]!;
    if (event.at - oldest.at < FRESH_US && resource.capacity < MAX_CAPACITY) resource.capacity *= 2;
    else {
      resource.since = oldest.revision;
      resource.head++;
      if (resource.capacity > MIN_CAPACITY && events.length - resource.head < resource.capacity / 4) {
        resource.capacity /= 2;
      }
    }
    // The array is cut now and then rather than each time.
    if (resource.head > 256 && resource.head > events.length / 2) {
      events.splice(0, resource.head);
      resource.head = 0;
    }
  }
  return frozen;
}

function special(me: ApiServer, key: string, kv: EtcdKeyValue | undefined): undefined {
  const { cache } = me;
  if (key.startsWith(MASTER_LEASES)) {
    const address = key.slice(MASTER_LEASES.length);
    if (kv === undefined) cache.masters.delete(address);
    else cache.masters.set(address, kv.modRevision);
  } else if (key === NODE_PORT_RANGE) {
    const value = kv?.value as { readonly ports?: readonly number[] } | undefined;
    cache.nodePorts = { revision: kv?.modRevision ?? 0, used: new Set(value?.ports ?? []) };
  }
}

function indexNode(
  resource: ResourceCache,
  key: string,
  previous: KubeObject | undefined,
  object: KubeObject | undefined,
): undefined {
  if (resource.prefix !== '/registry/pods') return;
  const before = nodeOf(previous);
  const after = nodeOf(object);
  if (before === after) return;
  if (before !== '') {
    const keys = resource.byNode.get(before);
    keys?.delete(key);
    if (keys?.size === 0) resource.byNode.delete(before);
  }
  if (after === '') return;
  const keys = resource.byNode.get(after);
  if (keys === undefined) resource.byNode.set(after, new Set([key]));
  else keys.add(key);
}

/** `spec.nodeName` of a pod, '' when it has none. */
export function nodeOf(pod: KubeObject | undefined): string {
  const spec = pod?.['spec'] as { readonly nodeName?: string } | undefined;
  return spec?.nodeName ?? '';
}

function insertSorted(keys: string[], key: string): undefined {
  const last = keys[keys.length - 1];
  if (last === undefined || last < key) keys.push(key);
  else keys.splice(lowerBound(keys, key), 0, key);
}

/** Index of the first key that is not below `wanted`. */
export function lowerBound(keys: readonly string[], wanted: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index in the window of the first change after a revision. */
export function firstEventAfter(resource: ResourceCache, revision: number): number {
  let low = resource.head;
  let high = resource.events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (resource.events[middle]!.revision <= revision) low = middle + 1;
    else high = middle;
  }
  return low;
}
