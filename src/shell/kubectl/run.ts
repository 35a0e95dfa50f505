/**
 * `kubectl run`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/run/run.go, pkg/generate/versioned/run.go
 */
import { applyMergePatch } from '../../sim/api/patch.ts';
import { dryRunOf, resultPrinter, withCause, withLastApplied, writeQuery } from './changes.ts';
import type { JsonObject } from './client.ts';
import { equalities } from './create-generators.ts';
import { requestDeletion } from './delete.ts';
import { builtinResource, pathOf } from './discovery.ts';
import { KubectlError, RawExit, usageError } from './errors.ts';
import { attachOrLog, printLog } from './exec.ts';
import { isObject, nameOf, objects, record, text, withField } from './fields.ts';
import type { Session } from './session.ts';
import { applyLocally } from './strategic.ts';
import { isFinished, isReady } from './target-pod.ts';
import { deadlineAfter, waitDeleted, waitFor } from './waiting.ts';
import { parseYaml } from './yaml-values.ts';

export async function run(session: Session): Promise<number> {
  const { flags } = session;
  if (!flags.changed('image')) throw new KubectlError('required flag(s) "image" not set');
  const [name, ...args] = flags.args;
  if (name === undefined || flags.argsBeforeDash === 0) throw usageError(session.command, 'NAME is required for run');
  checkFlags(session);
  const attaching =
    flags.is('attach') ||
    (flags.is('stdin') && !flags.changed('attach')) ||
    (flags.is('tty') && !flags.changed('attach'));
  const dryRun = dryRunOf(session);
  if (flags.is('rm') && !attaching)
    throw usageError(session.command, '--rm should only be used for attached containers');
  if (attaching && dryRun !== 'none') {
    throw usageError(
      session.command,
      "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
    );
  }
  const pod = overridden(session, podOf(session, name, args));
  const print = await resultPrinter(session, true);
  if (flags.is('expose')) await exposePod(session, name, print);
  const created = dryRun === 'client' ? placed(session, pod) : await createObject(session, pod);
  if (!attaching) {
    print(created, 'created');
    return 0;
  }
  try {
    return await attachAndWait(session, created);
  } finally {
    if (flags.is('rm')) await removePod(session, created);
  }
}

function checkFlags(session: Session): void {
  const { flags } = session;
  const wrong = (message: string): KubectlError => usageError(session.command, message);
  if (flags.text('image') === '') throw new KubectlError('--image is required');
  if (
    !/^[a-z0-9]+([._-]*[a-z0-9]+|[:/.][a-zA-Z0-9._-]+|@sha256:[a-f0-9]{64})*$/i.test(flags.text('image')) ||
    /^[^/]*[A-Z][^/:]*$/.test(flags.text('image'))
  ) {
    throw new KubectlError(`Invalid image name ${JSON.stringify(flags.text('image'))}: invalid reference format`);
  }
  if (flags.is('tty') && !flags.is('stdin')) throw wrong('-i/--stdin is required for containers with -t/--tty=true');
  if (flags.is('expose') && flags.text('port') === '') throw wrong('--port must be set when exposing a service');
  if (!['Always', 'OnFailure', 'Never', ''].includes(flags.text('restart')))
    throw wrong(`invalid restart policy: ${flags.text('restart')}`);
  if (!['', 'Always', 'IfNotPresent', 'Never'].includes(flags.text('image-pull-policy'))) {
    throw wrong(`invalid image pull policy: ${flags.text('image-pull-policy')}`);
  }
}

/** The pod, in the order of the API's structs. */
function podOf(session: Session, name: string, args: readonly string[]): JsonObject {
  const { flags } = session;
  const labels = flags.text('labels') === '' ? { run: name } : equalities(flags.text('labels'));
  const annotations = Object.fromEntries(
    flags.list('annotations').map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]),
  );
  const port = flags.text('port');
  const env = flags.list('env').map((each) => {
    const equals = each.indexOf('=');
    if (equals === -1) throw new KubectlError(`invalid env: ${each}`);
    return { name: each.slice(0, equals), value: each.slice(equals + 1) };
  });
  const policy = flags.text('image-pull-policy');
  const interactive = flags.is('stdin');
  const container: JsonObject = {
    name,
    image: flags.text('image'),
    ...(args.length === 0 ? {} : flags.is('command') ? { command: args } : { args }),
    ...(port === '' ? {} : { ports: [{ containerPort: Number(port) }] }),
    ...(env.length === 0 ? {} : { env }),
    resources: {},
    ...(policy === '' ? {} : { imagePullPolicy: policy }),
    ...(flags.is('privileged') ? { securityContext: { privileged: true } } : {}),
    ...(interactive ? { stdin: true } : {}),
    ...(interactive && !flags.is('leave-stdin-open') ? { stdinOnce: true } : {}),
    ...(flags.is('tty') ? { tty: true } : {}),
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: { containers: [container], restartPolicy: flags.text('restart') || 'Always', dnsPolicy: 'ClusterFirst' },
    status: {},
  };
}

/** --overrides laid over an object, in the way --override-type says. */
export function overridden(session: Session, object: JsonObject): JsonObject {
  const written = session.flags.text('overrides');
  if (written === '') return object;
  let patch: unknown;
  try {
    patch = parseYaml(written);
  } catch (error) {
    throw new KubectlError(
      `unable to parse ${JSON.stringify(written)}: ${error instanceof Error ? error.message : ''}`,
    );
  }
  const type = session.flags.text('override-type');
  if (type === 'merge') {
    const merged = applyMergePatch(object, patch);
    return isObject(merged) ? merged : object;
  }
  if (type === 'strategic' || type === 'json') return applyLocally(builtinResource(object), object, type, patch);
  throw new KubectlError(`invalid override type: ${type}, expected one of: merge, strategic, json`);
}

function placed(session: Session, object: JsonObject): JsonObject {
  return session.explicitNamespace ? withField(object, ['metadata', 'namespace'], session.namespace) : object;
}

export async function createObject(session: Session, object: JsonObject): Promise<JsonObject> {
  const body = withCause(session, session.flags.is('save-config') ? withLastApplied(object) : object);
  const namespace = text(object, 'metadata', 'namespace') || session.namespace;
  return session.object({
    method: 'POST',
    path: pathOf(builtinResource(object), namespace),
    query: writeQuery(session),
    body,
  });
}

async function exposePod(
  session: Session,
  name: string,
  print: Awaited<ReturnType<typeof resultPrinter>>,
): Promise<void> {
  const port = Number(session.flags.text('port'));
  const labels = session.flags.text('labels') === '' ? { run: name } : equalities(session.flags.text('labels'));
  const own = session.flags.text('labels') === '' ? {} : { labels };
  const service: JsonObject = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, ...own },
    spec: { ports: [{ protocol: 'TCP', port, targetPort: port }], selector: labels },
    status: { loadBalancer: {} },
  };
  print(dryRunOf(session) === 'client' ? placed(session, service) : await createObject(session, service), 'created');
  if (session.flags.text('output') === 'yaml' && dryRunOf(session) === 'client') return;
}

async function attachAndWait(session: Session, created: JsonObject): Promise<number> {
  const resource = await session.mapping('pods');
  const namespace = text(created, 'metadata', 'namespace') || session.namespace;
  const name = nameOf(created);
  const deadlineMs = deadlineAfter(session, session.flags.durationMs('pod-running-timeout'));
  const waiter = { resource, namespace, name, deadlineMs };
  const ready = await waitFor(session, waiter, (pod) => {
    if (pod === undefined) throw new KubectlError(`pods "${name}" not found`);
    return isFinished(pod) || (text(pod, 'status', 'phase') === 'Running' && isReady(pod)) ? 'done' : 'keep waiting';
  });
  if (ready === 'timeout' || ready === undefined) throw new KubectlError('timed out waiting for the condition');
  const container = text(objects(ready, 'spec', 'containers')[0], 'name');
  await printLog(session, ready, container);
  if (!isFinished(ready)) await attachOrLog(session, ready, container);
  const policy = session.flags.text('restart');
  if (session.flags.is('leave-stdin-open') || (policy !== 'Never' && policy !== 'OnFailure')) return 0;
  const ended = await waitFor(
    session,
    { ...waiter, deadlineMs: deadlineAfter(session, session.flags.durationMs('pod-running-timeout')) },
    (pod) => {
      const phase = text(pod, 'status', 'phase');
      return pod === undefined || phase === 'Succeeded' || (policy === 'Never' && phase === 'Failed')
        ? 'done'
        : 'keep waiting';
    },
  );
  if (ended === 'timeout') throw new KubectlError('timed out waiting for the condition');
  return exitStatus(ended, namespace, name);
}

function exitStatus(pod: JsonObject | undefined, namespace: string, name: string): number {
  if (pod === undefined || text(pod, 'status', 'phase') === 'Succeeded') return 0;
  const state = record(objects(pod, 'status', 'containerStatuses')[0], 'state', 'terminated');
  const code = Number(state['exitCode'] ?? 0);
  if (code === 0) throw new KubectlError(`pod ${namespace}/${name} failed with unknown exit code`);
  throw new RawExit(`pod ${namespace}/${name} terminated (${text(state, 'reason')})\n${text(state, 'message')}`, code);
}

async function removePod(session: Session, created: JsonObject): Promise<void> {
  const resource = await session.mapping('pods');
  const namespace = text(created, 'metadata', 'namespace') || session.namespace;
  const name = nameOf(created);
  try {
    const uid = await requestDeletion(
      session,
      { resource, namespace, name },
      { gracePeriod: -1, force: false, cascade: 'Background', dryRun: 'none' },
    );
    if (!session.flags.is('quiet')) session.out(`pod "${name}" deleted from ${namespace} namespace\n`);
    if (session.flags.is('wait'))
      await waitDeleted(session, { resource, namespace, name, deadlineMs: deadlineAfter(session, 0) }, uid);
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
  }
}
