/**
 * `kubectl wait`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/wait
 */

import { resultPrinter } from './changes.ts';
import type { JsonObject } from './client.ts';
import { KubectlError, StatusError, throwAll } from './errors.ts';
import { at, integer, isObject, objects, text } from './fields.ts';
import { JsonPathError, parseJsonPath, relaxedPath } from './jsonpath.ts';
import { findResults, sprint } from './jsonpath-eval.ts';
import { collect, type Info, type Query, queryOf, select } from './resources.ts';
import type { Session } from './session.ts';
import { timedOut, type Verdict, waitDeleted, waitFor } from './waiting.ts';

type Condition =
  | { readonly kind: 'delete' }
  | { readonly kind: 'create' }
  | { readonly kind: 'met'; readonly check: (object: JsonObject) => boolean };

export async function wait(session: Session): Promise<undefined> {
  const { flags } = session;
  const conditions = flags.list('for').map(parseCondition);
  if (conditions.length === 0) throw new KubectlError('unrecognized condition: ""');
  const timeoutMs = flags.durationMs('timeout');
  const deadlineMs = session.connection.now() + (timeoutMs < 0 ? 168 * 3600 * 1000 : timeoutMs);
  const query = { ...queryOf(session, flags.args), latest: true };
  if (conditions.some((condition) => condition.kind === 'create')) await waitCreated(session, query, deadlineMs);
  const deleting = conditions.some((condition) => condition.kind === 'delete');
  const print = await resultPrinter(session);
  const { infos, errors } = await select(session, query);
  const failures = errors.filter((error) => !(deleting && error instanceof StatusError && error.isNotFound));
  for (const info of infos) {
    await collect(failures, async () => {
      for (const condition of conditions) {
        const final = await waitOne(session, info, condition, deadlineMs, timeoutMs === 0);
        print(final, 'condition met', info.resource);
      }
    });
  }
  throwAll(failures);
  if (infos.length === 0 && !deleting) throw new KubectlError('no matching resources found');
  return undefined;
}

async function waitOne(
  session: Session,
  info: Info,
  condition: Condition,
  deadlineMs: number,
  once: boolean,
): Promise<JsonObject> {
  const waiter = { ...info, deadlineMs };
  if (condition.kind === 'create') return info.object;
  if (condition.kind === 'delete') {
    await waitDeleted(session, waiter, text(info.object, 'metadata', 'uid'));
    return info.object;
  }
  if (once) {
    if (condition.check(info.object)) return info.object;
    throw new KubectlError(`condition not met for ${info.resource.name}/${info.name}`);
  }
  const verdict = (object: JsonObject | undefined): Verdict =>
    object !== undefined && condition.check(object) ? 'done' : 'keep waiting';
  const result = await waitFor(session, waiter, verdict);
  if (result === 'timeout' || result === undefined) throw timedOut(waiter);
  return result;
}

/** --for=create looks twice a second until the object is there. */
async function waitCreated(session: Session, query: Query, deadlineMs: number): Promise<void> {
  for (;;) {
    const { infos, errors } = await select(session, query);
    const other = errors.find((error) => !(error instanceof StatusError && error.isNotFound));
    if (other !== undefined) throw other;
    if (infos.length > 0 && errors.length === 0) return;
    if (session.connection.now() >= deadlineMs) throw new KubectlError('timed out waiting for the condition');
    await session.connection.sleep(500, session.context.signal);
  }
}

function parseCondition(written: string): Condition {
  const lower = written.toLowerCase();
  if (lower === 'delete' || lower === 'create') return { kind: lower };
  if (written.startsWith('condition=')) {
    const [name = '', ...rest] = written.slice('condition='.length).split('=');
    const wanted = rest.length === 0 ? 'true' : rest.join('=');
    return { kind: 'met', check: (object) => conditionHolds(object, name.toLowerCase(), wanted.toLowerCase()) };
  }
  if (written.startsWith('jsonpath=')) return pathCondition(written.slice('jsonpath='.length));
  throw new KubectlError(`unrecognized condition: ${JSON.stringify(written)}`);
}

function conditionHolds(object: JsonObject, name: string, wanted: string): boolean {
  const found = objects(object, 'status', 'conditions').find(
    (condition) => text(condition, 'type').toLowerCase() === name,
  );
  if (found === undefined) return false;
  const observed = found['observedGeneration'] ?? at(object, 'status', 'observedGeneration');
  if (typeof observed === 'number' && observed < integer(object, 'metadata', 'generation')) return false;
  return text(found, 'status').toLowerCase() === wanted;
}

function pathCondition(written: string): Condition {
  const parts = splitOnSingleEquals(written);
  if (parts.length > 2) {
    throw new KubectlError(
      "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or --for=jsonpath='{.status.readyReplicas}'",
    );
  }
  const [expression = '', value] = parts;
  const wanted = value?.replace(/^['"]+|['"]+$/g, '');
  if (wanted === '') {
    throw new KubectlError(
      "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
    );
  }
  if (expression === '') throw new KubectlError('jsonpath expression cannot be empty');
  let path: string;
  try {
    path = relaxedPath(expression);
    parseJsonPath(path);
  } catch (error) {
    throw new KubectlError(error instanceof JsonPathError ? error.message : String(error));
  }
  return { kind: 'met', check: (object) => pathHolds(object, path, wanted) };
}

function pathHolds(object: JsonObject, path: string, wanted: string | undefined): boolean {
  const found = findResults(path, object, true).flat();
  const [only] = found;
  if (found.length === 0) return false;
  if (wanted === undefined) return true;
  if (found.length > 1) throw new KubectlError('given jsonpath expression matches more than one value');
  if (isObject(only) || Array.isArray(only)) {
    throw new KubectlError('jsonpath leads to a nested object or list which is not supported');
  }
  return sprint(only) === wanted;
}

/** `a==b=c` → `a==b`, `c`. */
function splitOnSingleEquals(written: string): string[] {
  const parts = [''];
  for (let i = 0; i < written.length; i++) {
    const last = parts.length - 1;
    if (written[i] !== '=') parts[last] = (parts[last] ?? '') + (written[i] ?? '');
    else if (written[i + 1] === '=') {
      parts[last] = `${parts[last] ?? ''}==`;
      i++;
    } else parts.push('');
  }
  return parts;
}
