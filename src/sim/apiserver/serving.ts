/** Requests in flight: taken in, told what they waited for, answered; and those the server makes of itself. */
import type { HttpRequest } from '../api/http.ts';
import { formatApiPath } from '../api/path.ts';
import { isFailure } from '../api/status.ts';
import type { KubeObject } from '../api/types.ts';
import type { CallId } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { chartOf, dispatch, start, type Timers } from '../kernel/run-machine.ts';
import { MILLISECOND } from '../kernel/units.ts';
import type { ComponentTag } from './component-status.ts';
import { answerCollection } from './deletion.ts';
import { askEtcd, type EtcdTag, readEtcd, tryNextEndpoint } from './etcd-connection.ts';
import { eventLeaseAnswered } from './event-leases.ts';
import type { KubeletTag } from './kubelet-proxy.ts';
import type { ApiRequest, Server, User } from './memory.ts';
import { FRESH_TIMEOUT_US } from './reads.ts';
import { type RequestContext, type RequestEvent, requestMachine } from './request.machine.ts';
import { createRequest, kindOf } from './request.ts';
import { closeWatch } from './watchers.ts';

/** As whom the server calls itself (the loopback client). */
export const SELF: User = Object.freeze({
  name: 'system:apiserver',
  uid: '',
  groups: ['system:masters', 'system:authenticated'],
  extra: {},
});

const NO_TIMERS: Timers = { arm: () => undefined, disarm: () => undefined };
const FRESH_TICK_US = 100 * MILLISECOND;

export function takeRequest(
  server: Server,
  event: {
    readonly call: CallId;
    readonly body: unknown;
    readonly fromIp: string;
    readonly clientCertificate?: string;
  },
): undefined {
  const { me, io } = server;
  if (!me.cache.synced) {
    io.cancel(event.call, 'connection reset by peer');
    return;
  }
  run(server, createRequest(event.call, event.body as HttpRequest, event.fromIp, event.clientCertificate));
}

/** A request of the server's own, in the name of `user`. */
export function askSelf(server: Server, http: HttpRequest, user: User, parent?: ApiRequest['parent']): undefined {
  const call = server.me.nextInternal--;
  const request = createRequest(call, http, server.me.ip, undefined, parent);
  request.attributes = { ...request.attributes, user };
  run(server, request);
}

/** The caller has gone: nothing of his is worth going on with. */
export function callerGone(server: Server, call: CallId): undefined {
  const { me, io } = server;
  closeWatch(server, call, false);
  const request = me.requests.get(call);
  if (request === undefined) return;
  me.requests.delete(call);
  if (request.step === 'kubelet' && request.backend !== 0) io.cancel(request.backend);
}

/** A REPLY to a call made on behalf of a request. True when it was one. */
export function backendReplied(server: Server, event: KernelEvent): boolean {
  const tag = event['tag'] as EtcdTag | KubeletTag | ComponentTag | undefined;
  if (tag === undefined || !('request' in tag)) return false;
  const request = server.me.requests.get(tag.request);
  if (tag.for === 'kubelet') {
    if (request === undefined) return true;
    request.backend = 0;
    const ok = event['ok'] === true;
    tell(server, request, { type: 'KUBELET', tag, ok, body: ok ? event['body'] : event['error'] });
    return true;
  }
  if (tag.for === 'component') {
    const ok = event['ok'] === true;
    if (request !== undefined)
      tell(server, request, { type: 'COMPONENT', tag, ok, body: ok ? event['body'] : event['error'] });
    return true;
  }
  const reply = readEtcd(server, event);
  const again = request === undefined ? 0 : tryNextEndpoint(server, reply, tag);
  if (request === undefined) return true;
  request.backend = again;
  if (again === 0) tell(server, request, { type: 'ETCD', reply });
  return true;
}

/** A piece of a stream that the kubelet sends for a request: handed through. */
export function backendStreamed({ me, io }: Server, event: KernelEvent): boolean {
  const tag = event['tag'] as KubeletTag | undefined;
  if (tag?.for !== 'kubelet') return false;
  if (me.requests.has(tag.request)) io.push(tag.request, event['item']);
  else io.cancel(Number(event['call']));
  return true;
}

export function retryRequest(server: Server, id: number): undefined {
  const request = server.me.requests.get(id);
  if (request !== undefined) tell(server, request, { type: 'RETRY' });
}

export function eventLeaseGranted(server: Server, event: KernelEvent): undefined {
  const reply = readEtcd(server, event);
  for (const id of eventLeaseAnswered(server, reply)) {
    const request = server.me.requests.get(id);
    if (request !== undefined) tell(server, request, { type: 'LEASE', reply });
  }
}

/** The cache has moved on: whoever waited for that goes on. */
export function wakeWaiting(server: Server, late = false): undefined {
  const { me, io } = server;
  if (me.waiting.length === 0) return;
  const ready = me.waiting.filter(
    ({ revision, since }) => revision <= me.cache.revision || (late && io.now - since >= FRESH_TIMEOUT_US),
  );
  if (ready.length === 0) return;
  const left = me.waiting.filter((one) => !ready.includes(one));
  me.waiting.length = 0;
  me.waiting.push(...left);
  for (const { request: id, revision } of ready) {
    const request = me.requests.get(id);
    if (request !== undefined) tell(server, request, { type: 'FRESH', revision });
  }
}

/** Asks etcd how far it is, so that a cache that merely sees no changes knows that it is up to date. */
export function askProgress(server: Server): undefined {
  const { me, io } = server;
  wakeWaiting(server, true);
  if (me.waiting.length === 0) return;
  if (me.etcd.watchCall !== 0) askEtcd(server, { method: 'WatchProgress' }, { for: 'progress', what: '', tries: 0 });
  io.setTimer('fresh', FRESH_TICK_US, { type: 'ASK_PROGRESS' });
}

/** The deletions that a deletion of a collection is made of. */
export function deleteChildren(server: Server, id: number): undefined {
  const request = server.me.requests.get(id);
  const kind = request === undefined ? undefined : kindOf(request);
  if (request === undefined || kind === undefined) return;
  const { labelSelector: _labels, fieldSelector: _fields, ...query } = request.http.query ?? {};
  const { user } = request.attributes;
  for (const { metadata } of [...request.childObjects]) {
    const path = formatApiPath({
      group: kind.group,
      version: kind.version,
      resource: kind.plural,
      namespace: metadata.namespace,
      name: metadata.name,
    });
    askSelf(server, { method: 'DELETE', path, query, body: request.http.body }, user, {
      request: id,
      tag: metadata.name,
    });
  }
}

function run(server: Server, request: ApiRequest): undefined {
  server.me.requests.set(request.call, request);
  start(chartOf(requestMachine), request, contextOf(server, request), NO_TIMERS);
  settled(server, request);
}

function tell(server: Server, request: ApiRequest, event: RequestEvent): undefined {
  dispatch(chartOf(requestMachine), request, contextOf(server, request), event, NO_TIMERS);
  settled(server, request);
}

function settled({ me }: Server, request: ApiRequest): undefined {
  if (request.state === 'responding' || request.state === 'streaming') me.requests.delete(request.call);
}

function contextOf(server: Server, request: ApiRequest): RequestContext {
  return { server, request, respond };
}

function respond(server: Server, request: ApiRequest): undefined {
  const { me, io } = server;
  if (request.call > 0) {
    io.reply(request.call, request.answer);
    return;
  }
  const { parent } = request;
  const waiting = parent === undefined ? undefined : me.requests.get(parent.request);
  if (waiting === undefined) return;
  const body = request.answer?.body;
  if (isFailure(body) && body.code !== 404) waiting.childFailure ??= body;
  waiting.children--;
  if (waiting.children > 0) return;
  const kind = kindOf(waiting);
  if (kind !== undefined) answerCollection(waiting, kind, waiting.childObjects as readonly KubeObject[]);
  tell(server, waiting, { type: 'CHILD' });
}
