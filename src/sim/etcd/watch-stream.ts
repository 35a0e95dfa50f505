/** Watches as streams to clients. @source etcd:server/etcdserver/api/v3rpc/watch.go */
import { etcdErrors, type WatchRequest, type WatchResponse } from '../api/etcd.ts';
import type { CallId, Io } from '../kernel/io.ts';
import { NONE } from './raft-message.ts';
import { answer, headerFor, refuse, type Server } from './server-memory.ts';
import { addWatcher, catchUp, type Delivery, idleWatchers, removeWatcher, type Watcher } from './watch.ts';

export function openWatch(server: Server, io: Io, call: CallId, from: string, request: WatchRequest): void {
  if (request.requireLeader === true && server.raft.lead === NONE) {
    refuse(io, call, etcdErrors.noLeader);
    return;
  }
  const watcher = addWatcher(server.hub, request, call, from, server.disk.store.mvcc);
  io.push(call, response(server, watcher, { created: true }));
  syncWatcher(server, io, watcher);
  if (watcher.progressNotify && !server.progressArmed) armProgress(server, io);
}

export function deliver(server: Server, io: Io, { watcher, events }: Delivery): void {
  io.push(watcher.call, response(server, watcher, { events }));
}

/** Gives a watcher the past it asked for, or tells it that it is too late. */
function syncWatcher(server: Server, io: Io, watcher: Watcher): void {
  for (;;) {
    const past = catchUp(watcher, server.disk.store.mvcc);
    if (past.kind === 'synced') return;
    if (past.kind === 'compacted') {
      cancelWatch(server, io, watcher, etcdErrors.compacted.message, past.compactRevision);
      return;
    }
    io.push(watcher.call, response(server, watcher, { events: past.events }));
  }
}

export function syncWatchers(server: Server, io: Io): void {
  for (const watcher of [...server.hub.watchers.values()]) if (!watcher.synced) syncWatcher(server, io, watcher);
}

function cancelWatch(server: Server, io: Io, watcher: Watcher, cancelReason: string, compactRevision: number): void {
  removeWatcher(server.hub, watcher.call);
  io.push(watcher.call, response(server, watcher, { canceled: true, cancelReason, compactRevision }));
  refuse(io, watcher.call, { code: compactRevision > 0 ? 'OutOfRange' : 'Unavailable', message: cancelReason });
}

/** There has been no leader for a while: those who insist on one are sent away. */
export function cancelLeaderless(server: Server, io: Io): void {
  for (const watcher of [...server.hub.watchers.values()]) {
    if (watcher.requireLeader) cancelWatch(server, io, watcher, etcdErrors.noLeader.message, 0);
  }
}

/** The interval is over: bookmarks for those who were sent nothing meanwhile. */
export function progressRound(server: Server, io: Io): void {
  for (const watcher of idleWatchers(server.hub)) io.push(watcher.call, response(server, watcher, {}));
  server.progressArmed = false;
  for (const watcher of server.hub.watchers.values()) {
    if (!watcher.progressNotify) continue;
    armProgress(server, io);
    return;
  }
}

function armProgress(server: Server, io: Io): void {
  server.progressArmed = true;
  io.setTimer('progress', server.config.watchProgressIntervalUs, { type: 'PROGRESS' });
}

/** A client asks for bookmarks on all its watches at once. */
export function progressNow(server: Server, io: Io, call: CallId, from: string): void {
  for (const watcher of server.hub.watchers.values()) {
    if (watcher.client === from && watcher.synced) io.push(watcher.call, response(server, watcher, {}));
  }
  answer(io, call, { header: headerFor(server)(server.disk.store.mvcc.revision) });
}

const noEvents: WatchResponse['events'] = Object.freeze([]);

function response(server: Server, watcher: Watcher, what: Partial<WatchResponse>): WatchResponse {
  return {
    header: headerFor(server)(server.disk.store.mvcc.revision),
    watchId: watcher.watchId,
    created: false,
    canceled: false,
    compactRevision: 0,
    events: noEvents,
    ...what,
  };
}
