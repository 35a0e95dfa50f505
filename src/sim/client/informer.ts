/**
 * List, then watch, and keep a cache that equals the store as of some revision; resume after a lost watch, list again after a 410.
 * Models client-go's Reflector and shared informer. The definition is code, the memory is plain data.
 */
import type { WatchBatch } from '../api/http.ts';
import type { KubeList, KubeObject } from '../api/types.ts';
import type { Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { MILLISECOND } from '../kernel/units.ts';
import { type ApiClient, apiRequest, readReply } from './api-client.ts';

export interface InformerDefinition {
  /** Collection path over all namespaces: `/api/v1/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Index name → values under which an object is found. */
  readonly indexes?: Readonly<Record<string, (object: KubeObject) => readonly string[]>> | undefined;
}

export type InformerDefinitions = Readonly<Record<string, InformerDefinition>>;

/** Memory of one informer. */
export interface Informer {
  /** What it lists and watches, as defined. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  state: 'stopped' | 'listing' | 'watching' | 'waiting';
  /** Bumped at each list or watch, so that answers of an earlier one are known as such. */
  generation: number;
  /** `namespace/name`, or `name` for cluster-wide objects → newest seen. */
  readonly objects: Map<string, KubeObject>;
  readonly indexes: Readonly<Record<string, Map<string, Set<string>>>>;
  resourceVersion: string;
  /** The first list has been seen. */
  synced: boolean;
  failures: number;
  /** Added to the definition's query; for what is only known at run time (`fieldSelector: spec.nodeName=…`). */
  extraQuery: Readonly<Record<string, string>>;
  lastError: string;
}

export type InformerSet<Name extends string = string> = Readonly<Record<Name, Informer>>;

export interface Delta {
  readonly type: 'added' | 'updated' | 'deleted';
  readonly key: string;
  /** Newest state; for a deletion the last one seen. */
  readonly object: KubeObject;
  /** The state before, for an update. */
  readonly old?: KubeObject | undefined;
}

interface Tag {
  readonly informer: string;
  readonly generation: number;
}

export const INFORMER_RETRY = 'INFORMER_RETRY';
const FIRST_BACKOFF_MS = 800;
const MAX_BACKOFF_MS = 30_000;

export interface Informers<Name extends string> {
  /** Fresh memory. */
  create(): InformerSet<Name>;
  /** Starts listing; `only` names a subset. */
  start(set: InformerSet<Name>, client: ApiClient, io: Io, only?: readonly Name[]): void;
  /**
   * Give every event here. True when it belonged to an informer; `handle` was then told what changed, in order.
   * A relist tells the differences to what the cache held.
   */
  event(
    set: InformerSet<Name>,
    client: ApiClient,
    io: Io,
    event: KernelEvent,
    handle: (name: Name, delta: Delta) => void,
  ): boolean;
  synced(set: InformerSet<Name>): boolean;
}

export function defineInformers<Name extends string>(
  definitions: Readonly<Record<Name, InformerDefinition>>,
): Informers<Name> {
  const names = Object.keys(definitions) as Name[];
  const isName = (name: string): name is Name => Object.hasOwn(definitions, name);

  function list(set: InformerSet<Name>, name: Name, client: ApiClient, io: Io): void {
    const informer = set[name];
    informer.state = 'listing';
    const tag: Tag = { informer: name, generation: ++informer.generation };
    // The first list may be as old as the server's cache. Later ones must not go back behind what has been seen: they ask etcd.
    const oldest: { readonly resourceVersion?: string } = informer.synced ? {} : { resourceVersion: '0' };
    const query = { ...definitions[name].query, ...informer.extraQuery, ...oldest };
    apiRequest(client, io, { method: 'GET', path: definitions[name].path, query }, tag);
  }

  function watch(set: InformerSet<Name>, name: Name, client: ApiClient, io: Io): void {
    const informer = set[name];
    informer.state = 'watching';
    const tag: Tag = { informer: name, generation: ++informer.generation };
    const query = {
      ...definitions[name].query,
      ...informer.extraQuery,
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: informer.resourceVersion,
      timeoutSeconds: String(300 + Math.floor(io.random() * 300)),
    };
    apiRequest(client, io, { method: 'GET', path: definitions[name].path, query }, tag, 0);
  }

  function retry(informer: Informer, name: Name, io: Io, error: string): void {
    informer.state = 'waiting';
    informer.lastError = error;
    const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** informer.failures++);
    const delayUs = Math.round(backoffMs * (1 + io.random()) * MILLISECOND);
    io.setTimer(`informer:${name}`, delayUs, { type: INFORMER_RETRY, informer: name });
  }

  function replace(
    informer: Informer,
    name: Name,
    items: readonly KubeObject[],
    handle: (name: Name, delta: Delta) => void,
  ): void {
    const kept = new Set<string>();
    for (const object of items) {
      kept.add(keyOf(object));
      store(informer, name, object, handle);
    }
    for (const key of [...informer.objects.keys()]) if (!kept.has(key)) remove(informer, name, key, undefined, handle);
  }

  function store(informer: Informer, name: Name, object: KubeObject, handle: (name: Name, delta: Delta) => void): void {
    const key = keyOf(object);
    const old = informer.objects.get(key);
    if (old === object || (old !== undefined && old.metadata.resourceVersion === object.metadata.resourceVersion))
      return;
    if (old !== undefined && old.metadata.uid !== object.metadata.uid) remove(informer, name, key, undefined, handle);
    const previous = informer.objects.get(key);
    index(informer, definitions[name], key, previous, object);
    informer.objects.set(key, object);
    handle(
      name,
      previous === undefined ? { type: 'added', key, object } : { type: 'updated', key, object, old: previous },
    );
  }

  function remove(
    informer: Informer,
    name: Name,
    key: string,
    last: KubeObject | undefined,
    handle: (name: Name, delta: Delta) => void,
  ): void {
    const old = informer.objects.get(key);
    if (old === undefined) return;
    index(informer, definitions[name], key, old, undefined);
    informer.objects.delete(key);
    handle(name, { type: 'deleted', key, object: last ?? old, old });
  }

  function streamed(
    set: InformerSet<Name>,
    name: Name,
    batch: WatchBatch,
    client: ApiClient,
    io: Io,
    handle: (name: Name, delta: Delta) => void,
  ): void {
    const informer = set[name];
    for (const { type, object } of batch) {
      if (type === 'ERROR') {
        // 410: what we were told last is too old to go on from. The end of this watch no longer matters.
        informer.resourceVersion = '';
        list(set, name, client, io);
        return;
      }
      informer.resourceVersion = object.metadata.resourceVersion ?? informer.resourceVersion;
      if (type === 'DELETED') remove(informer, name, keyOf(object), object, handle);
      else if (type !== 'BOOKMARK') store(informer, name, object, handle);
    }
    informer.failures = 0;
  }

  return {
    create() {
      const set: Record<string, Informer> = {};
      for (const name of names) {
        const indexes: Record<string, Map<string, Set<string>>> = {};
        for (const indexName of Object.keys(definitions[name].indexes ?? {})) indexes[indexName] = new Map();
        set[name] = {
          path: definitions[name].path,
          query: definitions[name].query ?? NO_QUERY,
          state: 'stopped',
          generation: 0,
          objects: new Map(),
          indexes,
          resourceVersion: '',
          synced: false,
          failures: 0,
          extraQuery: {},
          lastError: '',
        };
      }
      return set as InformerSet<Name>;
    },

    start(set, client, io, only) {
      for (const name of only ?? names) list(set, name, client, io);
    },

    event(set, client, io, event, handle) {
      if (event.type === INFORMER_RETRY) {
        const name = event['informer'] as string;
        if (!isName(name)) return false;
        if (set[name].resourceVersion === '') list(set, name, client, io);
        else watch(set, name, client, io);
        return true;
      }
      if (event.type !== 'REPLY' && event.type !== 'STREAM') return false;
      const tag = event['tag'] as Tag | undefined;
      const name = tag?.informer;
      if (tag === undefined || typeof name !== 'string' || !isName(name)) return false;
      const informer = set[name];
      if (tag.generation !== informer.generation) {
        // An earlier watch of ours that has been replaced.
        if (event.type === 'STREAM') io.cancel(event['call'] as number);
        return true;
      }
      if (event.type === 'STREAM') {
        streamed(set, name, event['item'] as WatchBatch, client, io, handle);
        return true;
      }
      const reply = readReply(event);
      if (informer.state === 'listing') {
        if (!reply.ok) {
          retry(informer, name, io, reply.error);
          return true;
        }
        const body = reply.body as KubeList;
        informer.resourceVersion = body.metadata.resourceVersion ?? '';
        informer.failures = 0;
        informer.lastError = '';
        replace(informer, name, body.items, handle);
        informer.synced = true;
        watch(set, name, client, io);
      } else if (reply.ok) {
        watch(set, name, client, io);
      } else if (reply.status === 410) {
        informer.resourceVersion = '';
        list(set, name, client, io);
      } else {
        retry(informer, name, io, reply.error);
      }
      return true;
    },

    synced: (set) => names.every((name) => set[name].synced),
  };
}

/** `namespace/name`, or `name`. */
export function keyOf(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** Objects under an index value, in the order in which they came under it. */
export function indexed(informer: Informer, indexName: string, value: string): KubeObject[] {
  const keys = informer.indexes[indexName]?.get(value);
  if (keys === undefined) return [];
  const objects: KubeObject[] = [];
  for (const key of keys) objects.push(informer.objects.get(key)!);
  return objects;
}

function index(
  informer: Informer,
  definition: InformerDefinition,
  key: string,
  old: KubeObject | undefined,
  object: KubeObject | undefined,
): void {
  if (definition.indexes === undefined) return;
  for (const [name, valuesOf] of Object.entries(definition.indexes)) {
    const table = informer.indexes[name]!;
    const before = old === undefined ? NONE : valuesOf(old);
    const after = object === undefined ? NONE : valuesOf(object);
    for (const value of before) {
      if (after.includes(value)) continue;
      const keys = table.get(value);
      keys?.delete(key);
      if (keys?.size === 0) table.delete(value);
    }
    for (const value of after) {
      const keys = table.get(value);
      if (keys === undefined) table.set(value, new Set([key]));
      else keys.add(key);
    }
  }
}

const NONE: readonly string[] = Object.freeze([]);
const NO_QUERY: Readonly<Record<string, string>> = Object.freeze({});
