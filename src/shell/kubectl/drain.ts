/**
 * `kubectl cordon`, `uncordon` and `drain`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/drain, pkg/drain
 */
import { dryRunOf, patchObject, resultPrinter, writeQuery } from './changes.ts';
import type { JsonObject } from './client.ts';
import { pathOf } from './discovery.ts';
import { DrainList } from './drain-filters.ts';
import { KubectlError, lineFor, ManyErrors, RawExit, StatusError, usageError } from './errors.ts';
import { at, has, nameOf, namespaceOf, objects, text } from './fields.ts';
import { type Info, selectAll } from './resources.ts';
import type { Session } from './session.ts';
import { goDuration } from './time-text.ts';

export async function cordon(session: Session): Promise<undefined> {
  await setUnschedulable(session, await nodesOf(session), true);
  return undefined;
}

export async function uncordon(session: Session): Promise<undefined> {
  await setUnschedulable(session, await nodesOf(session), false);
  return undefined;
}

async function nodesOf(session: Session): Promise<readonly Info[]> {
  const { flags } = session;
  const verb = session.command.split(' ').at(-1) ?? '';
  const selector = flags.text('selector');
  if (flags.args.length === 0 && selector === '') throw usageError(session.command, `USAGE: ${verb} NODE [flags]`);
  if (flags.args.length > 0 && selector !== '') {
    throw usageError(session.command, 'error: cannot specify both a node name and a --selector option');
  }
  const names = flags.args.map((arg) => arg.replace(/^(nodes?|no)\//, ''));
  return selectAll(session, { args: ['nodes', ...names], ...(selector === '' ? {} : { selector }) });
}

async function setUnschedulable(session: Session, nodes: readonly Info[], desired: boolean): Promise<void> {
  const print = await resultPrinter(session);
  const word = desired ? 'cordon' : 'uncordon';
  for (const node of nodes) {
    const current = at(node.object, 'spec', 'unschedulable') === true;
    if (current === desired) {
      print(node.object, `already ${word}ed`, node.resource);
      continue;
    }
    try {
      const body = { spec: { unschedulable: desired ? true : null } };
      const changed =
        dryRunOf(session) === 'client'
          ? node.object
          : await patchObject(session, node.resource, node, { kind: 'strategic', body, query: writeQuery(session) });
      print(changed, `${word}ed`, node.resource);
    } catch (error) {
      if (!(error instanceof KubectlError)) throw error;
      session.err(`error: unable to ${word} node "${node.name}": ${error.message}\n`);
    }
  }
}

export async function drain(session: Session): Promise<undefined> {
  const nodes = await nodesOf(session);
  await setUnschedulable(session, nodes, true);
  const print = await resultPrinter(session);
  const failures: KubectlError[] = [];
  const remaining: string[] = [];
  for (const node of nodes) {
    try {
      await emptyNode(session, node.name);
      print(node.object, 'drained', node.resource);
    } catch (error) {
      if (!(error instanceof KubectlError)) throw error;
      session.err(`error: unable to drain node "${node.name}" due to error: ${error.message}, continuing command...\n`);
      failures.push(error);
      remaining.push(node.name);
    }
  }
  if (remaining.length === 0) return undefined;
  session.err(`There are pending nodes to be drained:\n${remaining.map((name) => ` ${name}\n`).join('')}`);
  const flat = failures.flatMap((error) => (error instanceof ManyErrors ? error.errors : [error]));
  throw new RawExit(flat.map((error) => lineFor(error)).join('\n'), 1);
}

async function emptyNode(session: Session, node: string): Promise<void> {
  const list = await DrainList.load(session, node);
  const problems = list.errors();
  if (problems.length > 0)
    throw problems.length === 1 ? (problems[0] ?? new KubectlError('')) : new ManyErrors(problems);
  const warnings = list.warnings();
  if (warnings !== '') session.err(`Warning: ${warnings}\n`);
  const pods = list.pods();
  if (dryRunOf(session) === 'client') {
    for (const pod of pods) session.out(`evicting pod ${namespaceOf(pod)}/${nameOf(pod)} (dry run)\n`);
    return;
  }
  try {
    await evictAll(session, pods);
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    const pending = (await DrainList.load(session, node)).pods();
    if (pending.length > 0) {
      session.err(`There are pending pods in node "${node}" when an error occurred: ${error.message}\n`);
      for (const pod of pending) session.err(`pod/${nameOf(pod)}\n`);
    }
    throw error;
  }
}

interface Leaving {
  readonly pod: JsonObject;
  /** Next eviction attempt, or undefined once the pod is on its way. */
  nextMs: number | undefined;
}

/** All pods at once; refused evictions are tried again every five seconds until --timeout. */
async function evictAll(session: Session, pods: readonly JsonObject[]): Promise<void> {
  const { connection, flags } = session;
  const timeoutMs = flags.durationMs('timeout');
  const deadlineMs = timeoutMs === 0 ? Number.POSITIVE_INFINITY : connection.now() + timeoutMs;
  const failures: KubectlError[] = [];
  let leaving: Leaving[] = pods.map((pod) => ({ pod, nextMs: connection.now() }));
  const deleting = flags.is('disable-eviction');
  while (leaving.length > 0 && session.context.signal?.aborted !== true) {
    const still: Leaving[] = [];
    for (const each of leaving) if (await advance(session, each, deleting, deadlineMs, failures)) still.push(each);
    leaving = still;
    if (leaving.length > 0) await connection.sleep(1000, session.context.signal);
  }
  if (failures.length > 0)
    throw failures.length === 1 ? (failures[0] ?? new KubectlError('')) : new ManyErrors(failures);
}

/** One look at one pod; false when it is done with, one way or the other. */
async function advance(
  session: Session,
  each: Leaving,
  deleting: boolean,
  deadlineMs: number,
  failures: KubectlError[],
): Promise<boolean> {
  const { pod } = each;
  const nowMs = session.connection.now();
  const server = dryRunOf(session) === 'server';
  if (each.nextMs !== undefined && nowMs >= each.nextMs) {
    if (!deleting) session.out(`evicting pod ${namespaceOf(pod)}/${nameOf(pod)}${server ? ' (server dry run)' : ''}\n`);
    if (nowMs >= deadlineMs) {
      const limit = goDuration(session.flags.durationMs('timeout'));
      failures.push(
        new KubectlError(
          `error when evicting pods/"${nameOf(pod)}" -n "${namespaceOf(pod)}": global timeout reached: ${limit}`,
        ),
      );
      return false;
    }
    const outcome = await evict(session, pod, deleting);
    if (outcome === 'gone') return false;
    if (outcome === 'retry') {
      each.nextMs = nowMs + 5000;
      return true;
    }
    if (outcome instanceof KubectlError) {
      failures.push(outcome);
      return false;
    }
    each.nextMs = undefined;
    if (server) return false;
  }
  if (each.nextMs !== undefined) return true;
  return waitGone(session, pod, deleting, deadlineMs, failures);
}

async function evict(
  session: Session,
  pod: JsonObject,
  deleting: boolean,
): Promise<'started' | 'gone' | 'retry' | KubectlError> {
  const resource = await session.mapping('pods');
  const grace = session.flags.number('grace-period');
  const deleteOptions = {
    ...(grace >= 0 ? { gracePeriodSeconds: grace } : {}),
    ...(dryRunOf(session) === 'server' ? { dryRun: ['All'] } : {}),
  };
  const path = pathOf(resource, namespaceOf(pod), nameOf(pod), deleting ? '' : 'eviction');
  const metadata = { name: nameOf(pod), namespace: namespaceOf(pod) };
  try {
    if (deleting)
      await session.object({
        method: 'DELETE',
        path,
        body: { kind: 'DeleteOptions', apiVersion: 'v1', ...deleteOptions },
      });
    else
      await session.object({
        method: 'POST',
        path,
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata, deleteOptions },
      });
    return 'started';
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    if (error.isNotFound) return 'gone';
    const subject = `error when evicting pods/"${nameOf(pod)}" -n "${namespaceOf(pod)}"`;
    if (error.reason === 'TooManyRequests') {
      session.err(`${subject} (will retry after 5s): ${error.message}\n`);
      return 'retry';
    }
    const terminating = objects(error.status, 'details', 'causes').some(
      (cause) => text(cause, 'reason') === 'NamespaceTerminating',
    );
    if (error.reason === 'Forbidden' && terminating) {
      if (has(pod, 'metadata', 'deletionTimestamp')) return 'started';
      session.err(
        `error when evicting pod "${nameOf(pod)}" from terminating namespace "${namespaceOf(pod)}" (will retry after 5s): ${error.message}\n`,
      );
      return 'retry';
    }
    return new KubectlError(`${subject}: ${error.message}`);
  }
}

async function waitGone(
  session: Session,
  pod: JsonObject,
  deleting: boolean,
  deadlineMs: number,
  failures: KubectlError[],
): Promise<boolean> {
  const resource = await session.mapping('pods');
  try {
    const current = await session.get(resource, namespaceOf(pod), nameOf(pod));
    const skip = session.flags.number('skip-wait-for-delete-timeout');
    const deletedAt = Date.parse(text(current, 'metadata', 'deletionTimestamp'));
    const skipped = skip > 0 && session.connection.now() - deletedAt > skip * 1000;
    if (text(current, 'metadata', 'uid') === text(pod, 'metadata', 'uid') && !skipped) {
      if (session.connection.now() < deadlineMs) return true;
      failures.push(
        new KubectlError(
          `error when waiting for pod "${nameOf(pod)}" in namespace "${namespaceOf(pod)}" to terminate: global timeout reached: ${goDuration(session.flags.durationMs('timeout'))}`,
        ),
      );
      return false;
    }
  } catch (error) {
    if (!(error instanceof StatusError) || !error.isNotFound) throw error;
  }
  session.out(`pod/${nameOf(pod)} ${deleting ? 'deleted' : 'evicted'}\n`);
  return false;
}
