/**
 * Waiting until an object is gone or looks a certain way: GET, then watch, until a deadline in virtual time.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/wait
 */
import { isFailure, type JsonObject } from './client.ts';
import { apiVersionOf, pathOf, type Resource } from './discovery.ts';
import { KubectlError, StatusError } from './errors.ts';
import { integer, text } from './fields.ts';
import type { Session } from './session.ts';

const weekMs = 168 * 3600 * 1000;

export interface Waiter {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  /** Virtual wall clock after which the wait has failed. */
  readonly deadlineMs: number;
}

/** Zero means for ever, which is a week. */
export function deadlineAfter(session: Session, timeoutMs: number): number {
  return session.connection.now() + (timeoutMs <= 0 ? weekMs : timeoutMs);
}

export type Verdict = 'done' | 'keep waiting';

/**
 * Calls `check` with the object (undefined when it does not exist) now and after every change.
 * @returns the object of the last check, or 'timeout'
 */
export async function waitFor(
  session: Session,
  waiter: Waiter,
  check: (object: JsonObject | undefined) => Verdict,
): Promise<JsonObject | undefined | 'timeout'> {
  const { connection } = session;
  for (;;) {
    const startedMs = connection.now();
    const current = await getOrNothing(session, waiter);
    if (check(current) === 'done') return current;
    if (connection.now() >= waiter.deadlineMs || session.context.signal?.aborted === true) return 'timeout';
    const found = await followOnce(session, waiter, current, check);
    if (found !== 'again') return found;
    if (connection.now() >= waiter.deadlineMs) return 'timeout';
    if (connection.now() === startedMs) await connection.sleep(500, session.context.signal);
  }
}

async function getOrNothing(session: Session, { resource, namespace, name }: Waiter): Promise<JsonObject | undefined> {
  try {
    return await session.get(resource, namespace, name);
  } catch (error) {
    if (error instanceof StatusError && error.isNotFound) return undefined;
    throw error;
  }
}

async function followOnce(
  session: Session,
  waiter: Waiter,
  current: JsonObject | undefined,
  check: (object: JsonObject | undefined) => Verdict,
): Promise<JsonObject | undefined | 'again' | 'timeout'> {
  const { connection } = session;
  const remainingMs = waiter.deadlineMs - connection.now();
  const resourceVersion = text(current, 'metadata', 'resourceVersion');
  const request = {
    method: 'GET' as const,
    path: pathOf(waiter.resource, waiter.namespace),
    headers: session.headers,
    query: {
      watch: 'true',
      fieldSelector: `metadata.name=${waiter.name}`,
      timeoutSeconds: String(Math.max(1, Math.ceil(remainingMs / 1000))),
      ...(resourceVersion === '' ? {} : { resourceVersion }),
    },
  };
  for await (const event of connection.watch(request, session.context.signal)) {
    if (isFailure(event) || event.type === 'ERROR') return 'again';
    if (event.type === 'BOOKMARK') continue;
    const object = { apiVersion: apiVersionOf(waiter.resource), kind: waiter.resource.kind, ...event.object };
    if (check(event.type === 'DELETED' ? undefined : object) === 'done')
      return event.type === 'DELETED' ? undefined : object;
    if (connection.now() >= waiter.deadlineMs) return 'timeout';
  }
  return session.context.signal?.aborted === true ? 'timeout' : 'again';
}

/** Waits until the object (with this uid, if given) is gone. */
export async function waitDeleted(session: Session, waiter: Waiter, uid: string): Promise<void> {
  const gone = (object: JsonObject | undefined): Verdict =>
    object === undefined || (uid !== '' && text(object, 'metadata', 'uid') !== uid) ? 'done' : 'keep waiting';
  const result = await waitFor(session, waiter, gone);
  if (result === 'timeout') throw timedOut(waiter);
}

export function timedOut({ resource, name }: Waiter): KubectlError {
  return new KubectlError(`timed out waiting for the condition on ${resource.name}/${name}`);
}

/** Has the controller seen the latest spec? */
export function isObserved(object: JsonObject, observed: unknown): boolean {
  return (
    observed === undefined || typeof observed !== 'number' || observed >= integer(object, 'metadata', 'generation')
  );
}
