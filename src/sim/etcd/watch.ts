/**
 * Watches: everybody who asked for a key or a range gets its changes, in order, once, all changes of a revision together.
 * Finding those who are interested costs what they are, not what there are.
 * @source etcd:server/storage/mvcc/watchable_store.go, watcher_group.go
 */
import { type EtcdEvent, prefixRangeEnd, type WatchRequest } from '../api/etcd.ts';
import { logPosition, type Mvcc, previousValue, type StoredKeyValue } from './mvcc.ts';

export interface Watcher {
  /** The call whose stream it is. */
  readonly call: number;
  /** Who asked. */
  readonly client: string;
  readonly watchId: number;
  readonly key: string;
  readonly rangeEnd: string;
  readonly prevKv: boolean;
  readonly noPut: boolean;
  readonly noDelete: boolean;
  readonly progressNotify: boolean;
  readonly requireLeader: boolean;
  /** The first revision that it has not been given yet. */
  nextRevision: number;
  /** False: it is being given the past, up to `nextRevision`. */
  synced: boolean;
  /** Anything sent since the last progress round? */
  recentlySent: boolean;
}

export interface WatchHub {
  watchers: Map<number, Watcher>;
  /** Calls by single key, by prefix ending in '/', and those of any other range. */
  byKey: Map<string, number[]>;
  byPrefix: Map<string, number[]>;
  others: number[];
}

/** Events for one watcher. */
export interface Delivery {
  readonly watcher: Watcher;
  readonly events: readonly EtcdEvent[];
}

/** A watcher that catches up gets at most so many revisions in one response. */
const MAX_REVISIONS_AT_ONCE = 1000;

export function createWatchHub(): WatchHub {
  return { watchers: new Map(), byKey: new Map(), byPrefix: new Map(), others: [] };
}

export function addWatcher(hub: WatchHub, request: WatchRequest, call: number, client: string, mvcc: Mvcc): Watcher {
  const start = request.startRevision ?? 0;
  const nextRevision = start > 0 ? start : mvcc.revision + 1;
  const watcher: Watcher = {
    call,
    client,
    watchId: request.watchId ?? 0,
    key: request.key === '' ? '\0' : request.key,
    rangeEnd: request.rangeEnd ?? '',
    prevKv: request.prevKv === true,
    noPut: request.filters?.includes('NOPUT') === true,
    noDelete: request.filters?.includes('NODELETE') === true,
    progressNotify: request.progressNotify === true,
    requireLeader: request.requireLeader === true,
    nextRevision,
    synced: nextRevision > mvcc.revision,
    recentlySent: false,
  };
  hub.watchers.set(call, watcher);
  const calls = bucketOf(hub, watcher);
  calls.push(call);
  return watcher;
}

export function removeWatcher(hub: WatchHub, call: number): Watcher | undefined {
  const watcher = hub.watchers.get(call);
  if (watcher === undefined) return undefined;
  hub.watchers.delete(call);
  const calls = bucketOf(hub, watcher);
  const at = calls.indexOf(call);
  if (at >= 0) calls.splice(at, 1);
  if (calls.length === 0 && hub.byKey.get(watcher.key) === calls) hub.byKey.delete(watcher.key);
  if (calls.length === 0 && hub.byPrefix.get(watcher.key) === calls) hub.byPrefix.delete(watcher.key);
  return watcher;
}

function bucketOf(hub: WatchHub, watcher: Watcher): number[] {
  let table: Map<string, number[]>;
  if (watcher.rangeEnd === '') table = hub.byKey;
  else if (watcher.key.endsWith('/') && watcher.rangeEnd === prefixRangeEnd(watcher.key)) table = hub.byPrefix;
  else return hub.others;
  let calls = table.get(watcher.key);
  if (calls === undefined) {
    calls = [];
    table.set(watcher.key, calls);
  }
  return calls;
}

/** The changes of one revision, for every synced watcher that wants any of them. */
export function notify(hub: WatchHub, mvcc: Mvcc, changes: readonly StoredKeyValue[]): readonly Delivery[] {
  if (hub.watchers.size === 0) return [];
  const collected = new Map<number, EtcdEvent[]>();
  for (const change of changes) {
    const shared: { plain?: EtcdEvent; withPrevious?: EtcdEvent } = {};
    visitInterested(hub, change.key, (watcher) => {
      if (!watcher.synced || change.modRevision < watcher.nextRevision || isFiltered(watcher, change)) return;
      const event = eventFor(watcher, mvcc, change, shared);
      const events = collected.get(watcher.call);
      if (events === undefined) collected.set(watcher.call, [event]);
      else events.push(event);
    });
  }
  const deliveries: Delivery[] = [];
  for (const [call, events] of collected) {
    const watcher = hub.watchers.get(call)!;
    watcher.nextRevision = events[0]!.kv.modRevision + 1;
    watcher.recentlySent = true;
    deliveries.push({ watcher, events });
  }
  return deliveries;
}

function visitInterested(hub: WatchHub, key: string, visit: (watcher: Watcher) => void): void {
  const visitAll = (calls: readonly number[] | undefined): void => {
    if (calls === undefined) return;
    for (const call of calls) visit(hub.watchers.get(call)!);
  };
  if (hub.byKey.size > 0) visitAll(hub.byKey.get(key));
  if (hub.byPrefix.size > 0) {
    for (let slash = key.indexOf('/'); slash >= 0; slash = key.indexOf('/', slash + 1)) {
      visitAll(hub.byPrefix.get(key.slice(0, slash + 1)));
    }
  }
  for (const call of hub.others) {
    const watcher = hub.watchers.get(call)!;
    if (covers(watcher, key)) visit(watcher);
  }
}

function covers(watcher: Watcher, key: string): boolean {
  if (watcher.rangeEnd === '') return key === watcher.key;
  return key >= watcher.key && (watcher.rangeEnd === '\0' || key < watcher.rangeEnd);
}

function isFiltered(watcher: Watcher, change: StoredKeyValue): boolean {
  return change.version === 0 ? watcher.noDelete : watcher.noPut;
}

function eventFor(
  watcher: Watcher,
  mvcc: Mvcc,
  change: StoredKeyValue,
  shared: { plain?: EtcdEvent; withPrevious?: EtcdEvent },
): EtcdEvent {
  const type = change.version === 0 ? 'DELETE' : 'PUT';
  if (!watcher.prevKv) {
    shared.plain ??= Object.freeze({ type, kv: change });
    return shared.plain;
  }
  if (shared.withPrevious === undefined) {
    const prevKv = previousValue(mvcc, change);
    shared.withPrevious = Object.freeze(prevKv === undefined ? { type, kv: change } : { type, kv: change, prevKv });
  }
  return shared.withPrevious;
}

export type CatchUp =
  | { readonly kind: 'events'; readonly events: readonly EtcdEvent[] }
  | { readonly kind: 'compacted'; readonly compactRevision: number }
  | { readonly kind: 'synced' };

/**
 * The next piece of the past for a watcher that is not synced; call until it says 'synced'. When what it wants is compacted
 * away, the watch must be cancelled.
 */
export function catchUp(watcher: Watcher, mvcc: Mvcc): CatchUp {
  if (watcher.synced) return { kind: 'synced' };
  if (watcher.nextRevision < mvcc.compactRevision) {
    return { kind: 'compacted', compactRevision: mvcc.compactRevision };
  }
  const events: EtcdEvent[] = [];
  let revisions = 0;
  let last = 0;
  let at = logPosition(mvcc, watcher.nextRevision);
  for (; at < mvcc.log.length; at++) {
    const change = mvcc.log[at]!;
    if (!covers(watcher, change.key) || isFiltered(watcher, change)) continue;
    if (change.modRevision !== last) {
      if (revisions === MAX_REVISIONS_AT_ONCE) break;
      revisions++;
      last = change.modRevision;
    }
    events.push(eventFor(watcher, mvcc, change, {}));
  }
  if (at === mvcc.log.length) {
    watcher.nextRevision = mvcc.revision + 1;
    watcher.synced = true;
  } else {
    watcher.nextRevision = last + 1;
  }
  if (events.length === 0) return { kind: 'synced' };
  watcher.recentlySent = true;
  return { kind: 'events', events };
}

/** The store was replaced by a snapshot: everybody who had all up to `before` may have missed what came since. */
export function unsyncAll(hub: WatchHub, before: number, mvcc: Mvcc): void {
  for (const watcher of hub.watchers.values()) {
    if (watcher.synced && watcher.nextRevision <= before) watcher.nextRevision = before + 1;
    watcher.synced = watcher.nextRevision > mvcc.revision;
  }
}

/** Watchers that asked for progress, are up to date, and were sent nothing since the last round. */
export function idleWatchers(hub: WatchHub): readonly Watcher[] {
  const idle: Watcher[] = [];
  for (const watcher of hub.watchers.values()) {
    if (watcher.progressNotify && watcher.synced && !watcher.recentlySent) idle.push(watcher);
    watcher.recentlySent = false;
  }
  return idle;
}
