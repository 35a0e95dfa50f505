/**
 * How the controller manager runs a reconcile: takes keys from the queues, sends the writes, retries with back-off, and does not look at
 * a key again before its cache has seen what the last look wrote (client-go's expectations, made general).
 */
import { isFailure } from '../api/status.ts';
import type { KubeList, KubeObject } from '../api/types.ts';
import { type ApiClient, apiRequest, readReply } from '../client/api-client.ts';
import { recordEvent } from '../client/event-recorder.ts';
import { flagInt, flagText } from '../client/flags.ts';
import { type Delta, indexed, keyOf } from '../client/informer.ts';
import { klog } from '../client/klog.ts';
import { add, addAfter, addRateLimited, done, forget, take } from '../client/work-queue.ts';
import type { Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { MILLISECOND, SECOND, type Us } from '../kernel/units.ts';
import type { Controller, EventSpec, Failure, View, Write } from './controller.ts';
import type { ControllerManager } from './controller-manager.machine.ts';
import { controllers } from './controllers.ts';
import { clientOf } from './identities.ts';
import { collectionPath, type ResourceName, resourceNames } from './resources.ts';

/** The writes of one reconcile that are still going on. */
export interface InFlight {
  readonly controller: string;
  readonly key: string;
  readonly writes: readonly Write[];
  readonly slowStart: boolean;
  readonly requeueAfterMs: number | undefined;
  readonly alsoKeys: readonly string[];
  next: number;
  pending: number;
  batch: number;
  failure: Failure | undefined;
  /** The rest is not to be sent. */
  stopped: boolean;
}

/** `resource|object key` → what was written and by which keys, until the cache has it. */
export type Unseen = Map<string, { revision: number; until: Us; readonly waiting: Set<string> }>;

interface Tag {
  readonly write: string;
  readonly index: number;
}

/** A cache that never shows a write (a lost watch) holds a key back no longer than this. */
const UNSEEN_LIMIT_US = 300 * SECOND;

const resourceOfPath = new Map<string, ResourceName>(resourceNames.map((name) => [collectionPath(name), name]));

export function viewOf(me: ControllerManager, io: Io, controller: Controller, id = ''): View {
  return {
    failure: me.failures.get(id),
    nowMs: io.wallMs(),
    get: (resource, key) => me.caches[resource].objects.get(key),
    list: (resource) => me.caches[resource].objects.values(),
    by: (resource, index, value) => indexed(me.caches[resource], index, value),
    random: () => io.random(),
    flag: (name) => (me.flags === undefined ? '' : flagText(me.flags, name)),
    readFile: (path) => io.readFile(path),
    own: me.own.get(controller.name),
    log: (message) => klog(io, 'I', `${controller.name}.go:1`, message),
  };
}

/** Reconciles every ready key there is a worker for. */
export function pump(me: ControllerManager, io: Io): void {
  for (const controller of controllers) {
    const queue = me.queues.get(controller.name);
    if (queue === undefined || queue.ready.length === 0 || clientOf(me, controller) === undefined) continue;
    let looked = queue.ready.length;
    const workers = workersOf(me, controller);
    while (looked-- > 0 && queue.processing.size < workers) {
      const key = take(queue);
      if (key === undefined) break;
      const id = `${controller.name}|${key}`;
      if (isWaiting(me, io, id)) {
        done(queue, key);
        addAfter(queue, io, key, UNSEEN_LIMIT_US);
        me.blocked.add(id);
        continue;
      }
      reconcile(me, io, controller, key, id);
    }
  }
}

function workersOf(me: ControllerManager, { workers, workersFlag }: Controller): number {
  return workersFlag === undefined || me.flags === undefined ? workers : Math.max(1, flagInt(me.flags, workersFlag));
}

function reconcile(me: ControllerManager, io: Io, controller: Controller, key: string, id: string): void {
  const outcome = controller.reconcile(key, viewOf(me, io, controller, id));
  for (const event of outcome.events ?? []) announce(me, io, controller.name, event);
  const flight: InFlight = {
    controller: controller.name,
    key,
    writes: outcome.writes,
    slowStart: outcome.slowStart === true,
    requeueAfterMs: outcome.requeueAfterMs,
    alsoKeys: outcome.alsoKeys ?? [],
    next: 0,
    pending: 0,
    batch: 1,
    failure: undefined,
    stopped: false,
  };
  if (flight.writes.length === 0) finish(me, io, flight, id);
  else {
    me.inFlight.set(id, flight);
    sendBatch(me, io, flight, id);
  }
}

function sendBatch(me: ControllerManager, io: Io, flight: InFlight, id: string): void {
  const size = flight.slowStart ? flight.batch : 1;
  for (let i = 0; i < size && flight.next < flight.writes.length; i++) {
    const tag: Tag = { write: id, index: flight.next };
    apiRequest(clientNamed(me, flight.controller), io, flight.writes[flight.next]!.request, tag);
    flight.next++;
    flight.pending++;
  }
  flight.batch *= 2;
}

/** Give every REPLY here; true when it answered a write of a reconcile. */
export function writeAnswered(me: ControllerManager, io: Io, event: KernelEvent): boolean {
  if (event.type !== 'REPLY') return false;
  const tag = event['tag'] as Partial<Tag> | undefined;
  if (tag?.write === undefined) return false;
  const flight = me.inFlight.get(tag.write);
  if (flight === undefined) return true;
  const write = flight.writes[tag.index!]!;
  const reply = readReply(event);
  flight.pending--;
  if (write.goOnIf !== undefined && reply.ok) {
    if (!answers(write.goOnIf, reply.body)) flight.next = flight.writes.length;
  } else if (reply.ok) {
    const object = reply.body as KubeObject | undefined;
    if (object?.kind !== 'Status') expect(me, io, tag.write, write, object);
    if (write.event !== undefined)
      announce(me, io, flight.controller, fill(write.event, '{name}', object?.metadata?.name ?? ''));
  } else if (!isTolerated(write, reply)) {
    const { status, reason, error: message } = reply;
    const { method, path } = write.request;
    flight.failure ??= { method, path, status, reason, message };
    if (write.goOnAfterFailure !== true) flight.stopped = true;
    if (write.failureEvent !== undefined)
      announce(me, io, flight.controller, fill(write.failureEvent, '{error}', message));
  }
  if (flight.pending > 0) return true;
  if (!flight.stopped && flight.next < flight.writes.length) sendBatch(me, io, flight, tag.write);
  else finish(me, io, flight, tag.write);
  return true;
}

function isTolerated(write: Write, reply: { readonly status: number; readonly body: unknown }): boolean {
  if (write.tolerate?.includes(reply.status) === true) return true;
  if (write.goOnIf !== undefined && reply.status === 404) return true;
  // Nothing can be created any more where everything is being deleted.
  const causes = isFailure(reply.body) ? reply.body.details?.causes : undefined;
  return write.request.method === 'POST' && causes?.some(({ reason }) => reason === 'NamespaceTerminating') === true;
}

function answers(question: NonNullable<Write['goOnIf']>, body: unknown): boolean {
  if (question === 'missing') return false;
  if (question === 'allowed') return (body as { readonly status: { readonly allowed: boolean } }).status.allowed;
  if (question === 'empty') return (body as KubeList).items.length === 0;
  return (body as KubeObject).metadata.uid !== question.gone;
}

function finish(me: ControllerManager, io: Io, flight: InFlight, id: string): void {
  me.inFlight.delete(id);
  const queue = me.queues.get(flight.controller);
  if (queue === undefined) return;
  done(queue, flight.key);
  for (const key of flight.alsoKeys) {
    // They see what was written before they are looked at.
    const waiting = me.waitingFor.get(id);
    const other = `${flight.controller}|${key}`;
    for (const name of waiting ?? []) {
      me.unseen.get(name)?.waiting.add(other);
      me.waitingFor.set(other, (me.waitingFor.get(other) ?? new Set()).add(name));
    }
    add(queue, key);
  }
  const { failure } = flight;
  if (failure !== undefined) {
    me.failures.set(id, failure);
    klog(io, 'E', `${flight.controller}.go:1`, `"Unhandled Error" err="syncing ${flight.key}: ${failure.message}"`);
    addRateLimited(queue, io, flight.key);
    return;
  }
  me.failures.delete(id);
  forget(queue, flight.key);
  if (flight.requeueAfterMs !== undefined) addAfter(queue, io, flight.key, flight.requeueAfterMs * MILLISECOND);
}

function clientNamed(me: ControllerManager, name: string): ApiClient {
  const controller = controllers.find((other) => other.name === name);
  return (controller === undefined ? undefined : clientOf(me, controller)) ?? me.client!;
}

function announce(me: ControllerManager, io: Io, controller: string, event: EventSpec): void {
  const recorder = me.recorders.get(controller);
  if (recorder !== undefined)
    recordEvent(recorder, clientNamed(me, controller), io, event.about, event.type, event.reason, event.message);
}

function fill(event: EventSpec, place: string, text: string): EventSpec {
  return { ...event, message: event.message.replace(place, text) };
}

/** Remembers that the cache must show this object at this revision before the key is looked at again. */
function expect(me: ControllerManager, io: Io, id: string, write: Write, object: KubeObject | undefined): void {
  if (object?.metadata?.resourceVersion === undefined) return;
  const resource = resourceOf(write.request.path, write.request.method);
  if (resource === undefined) return;
  const key = keyOf(object);
  const revision = Number(object.metadata.resourceVersion);
  // The watch may have been faster than the answer.
  if (Number(me.caches[resource].resourceVersion) >= revision) return;
  const name = `${resource}|${key}`;
  const entry = me.unseen.get(name);
  if (entry === undefined) me.unseen.set(name, { revision, until: io.now + UNSEEN_LIMIT_US, waiting: new Set([id]) });
  else {
    entry.revision = Math.max(entry.revision, revision);
    entry.waiting.add(id);
  }
  me.waitingFor.set(id, (me.waitingFor.get(id) ?? new Set()).add(name));
}

/** A cache has changed: keys that waited for exactly this may go on. */
export function seen(me: ControllerManager, resource: ResourceName, delta: Delta): void {
  const name = `${resource}|${delta.key}`;
  const entry = me.unseen.get(name);
  if (entry === undefined) return;
  if (delta.type !== 'deleted' && Number(delta.object.metadata.resourceVersion) < entry.revision) return;
  me.unseen.delete(name);
  for (const id of entry.waiting) release(me, id, name);
}

function release(me: ControllerManager, id: string, name: string): void {
  const names = me.waitingFor.get(id);
  names?.delete(name);
  if (names === undefined || names.size > 0) return;
  me.waitingFor.delete(id);
  if (!me.blocked.delete(id)) return;
  const bar = id.indexOf('|');
  const queue = me.queues.get(id.slice(0, bar));
  const key = id.slice(bar + 1);
  if (queue !== undefined && !queue.dirty.has(key)) {
    queue.dirty.add(key);
    queue.ready.push(key);
  }
}

function isWaiting(me: ControllerManager, io: Io, id: string): boolean {
  const names = me.waitingFor.get(id);
  if (names === undefined) return false;
  for (const name of [...names]) {
    const entry = me.unseen.get(name);
    if (entry === undefined || entry.until <= io.now) {
      me.unseen.delete(name);
      names.delete(name);
    }
  }
  if (names.size > 0) return true;
  me.waitingFor.delete(id);
  return false;
}

function resourceOf(path: string, method: string): ResourceName | undefined {
  // `/apis/apps/v1/namespaces/default/replicasets/web/status` → `/apis/apps/v1/replicasets`
  const parts = path.split('/');
  const start = parts[1] === 'api' ? 3 : 4;
  const rest = parts.slice(start);
  const namespaced = rest[0] === 'namespaces' && rest.length > 2;
  const plural = namespaced ? rest[2] : rest[0];
  const subresource = namespaced ? rest[4] : rest[2];
  if (subresource !== undefined && subresource !== 'status' && subresource !== 'scale' && method !== 'PATCH')
    return undefined;
  return resourceOfPath.get(`${parts.slice(0, start).join('/')}/${plural}`);
}
