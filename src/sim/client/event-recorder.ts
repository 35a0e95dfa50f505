/**
 * Events about objects: merged when they repeat, throttled when an object is too loud. Models client-go/tools/record
 * (aggregation by object, reason and message; 25 at once, then one every five minutes for each source and object).
 */
import { formatTime } from '../api/time.ts';
import type { KubeEvent, KubeObject, ObjectReference } from '../api/types.ts';
import type { Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { SECOND } from '../kernel/units.ts';
import { type ApiClient, apiRequest, readReply } from './api-client.ts';

export interface EventRecorder {
  readonly component: string;
  readonly host: string;
  /** object|type|reason|message → the event that stands for it. Oldest first; bounded. */
  readonly seen: Map<string, SeenEvent>;
  /** Tokens left a source object. */
  readonly buckets: Map<string, { tokens: number; at: number }>;
  nextId: number;
}

interface SeenEvent {
  readonly name: string;
  readonly namespace: string;
  count: number;
}

const CACHE = 4_096;
const BURST = 25;
const REFILL_US = 300 * SECOND;

export function createEventRecorder(component: string, host = ''): EventRecorder {
  return { component, host, seen: new Map(), buckets: new Map(), nextId: 0 };
}

export function referenceTo(object: KubeObject, fieldPath?: string): ObjectReference {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    namespace,
    name,
    uid,
    resourceVersion,
    ...(fieldPath === undefined ? {} : { fieldPath }),
  };
}

/** Records `reason: message` about an object. Never fails; what cannot be written is lost, as in the real thing. */
export function recordEvent(
  recorder: EventRecorder,
  client: ApiClient,
  io: Io,
  about: ObjectReference,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): void {
  const source = `${about.namespace}/${about.kind}/${about.name}/${about.uid}`;
  const key = `${source}|${about.fieldPath ?? ''}|${type}|${reason}|${message}`;
  io.note(message);
  if (!allow(recorder, source, io.now)) return;
  const now = formatTime(io.wallMs());
  const known = recorder.seen.get(key);
  if (known !== undefined) {
    known.count++;
    recorder.seen.delete(key);
    recorder.seen.set(key, known);
    const path = `/api/v1/namespaces/${known.namespace}/events/${known.name}`;
    const body = { count: known.count, lastTimestamp: now };
    const tag = { event: key };
    apiRequest(client, io, { method: 'PATCH', path, body, contentType: 'application/strategic-merge-patch+json' }, tag);
    return;
  }
  const namespace = about.namespace === undefined || about.namespace === '' ? 'default' : about.namespace;
  const name = `${about.name}.${(BigInt(io.wallMs()) * 1_000_000n + BigInt(recorder.nextId++ % 1_000_000)).toString(16)}`;
  recorder.seen.set(key, { name, namespace, count: 1 });
  if (recorder.seen.size > CACHE) recorder.seen.delete(recorder.seen.keys().next().value!);
  const event: KubeEvent = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace },
    involvedObject: about,
    reason,
    message,
    source:
      recorder.host === '' ? { component: recorder.component } : { component: recorder.component, host: recorder.host },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
    type,
    eventTime: null,
    reportingComponent: recorder.component,
    reportingInstance: recorder.host,
  };
  apiRequest(
    client,
    io,
    { method: 'POST', path: `/api/v1/namespaces/${namespace}/events`, body: event },
    { event: key },
  );
}

/** Give every event here; true when it answered a write of the recorder. */
export function eventRecorderEvent(recorder: EventRecorder, event: KernelEvent): boolean {
  if (event.type !== 'REPLY') return false;
  const tag = event['tag'] as { event?: string } | undefined;
  if (typeof tag?.event !== 'string') return false;
  // A patched event may have expired: the next repetition is then a new one.
  if (!readReply(event).ok) recorder.seen.delete(tag.event);
  return true;
}

function allow(recorder: EventRecorder, source: string, now: number): boolean {
  const bucket = recorder.buckets.get(source) ?? { tokens: BURST, at: now };
  bucket.tokens = Math.min(BURST, bucket.tokens + (now - bucket.at) / REFILL_US);
  bucket.at = now;
  recorder.buckets.delete(source);
  recorder.buckets.set(source, bucket);
  if (recorder.buckets.size > CACHE) recorder.buckets.delete(recorder.buckets.keys().next().value!);
  if (bucket.tokens < 1) return false;
  bucket.tokens--;
  return true;
}
