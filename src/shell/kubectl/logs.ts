/**
 * `kubectl logs`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/logs/logs.go, polymorphichelpers/logsforobject.go
 */
import { isFailure, type JsonObject } from './client.ts';
import { pathOf } from './discovery.ts';
import { KubectlError, StatusError, throwAll, UnreachableError, usageError } from './errors.ts';
import { nameOf, namespaceOf } from './fields.ts';
import { select } from './resources.ts';
import { refusal, type Session } from './session.ts';
import { containerFor, containersOf, podSelector, podsOf } from './target-pod.ts';

interface Source {
  readonly pod: JsonObject;
  readonly container: string;
}

export async function logs(session: Session): Promise<undefined> {
  const { flags } = session;
  checkFlags(session);
  const sources = await sourcesOf(session);
  const follow = flags.is('follow');
  if (follow && sources.length > flags.number('max-log-requests')) {
    throw new KubectlError(
      `you are attempting to follow ${sources.length} log streams, but maximum allowed concurrency is ${flags.number('max-log-requests')}, use --max-log-requests to increase the limit`,
    );
  }
  if (follow && sources.length > 1) {
    await Promise.all(sources.map((source) => consume(session, source)));
    return undefined;
  }
  for (const source of sources) await consume(session, source);
  return undefined;
}

function checkFlags(session: Session): void {
  const { flags } = session;
  const { args } = flags;
  const selector = flags.text('selector');
  const usage =
    "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command";
  if (args.length === 0 && selector === '') throw usageError(session.command, usage);
  if (args.length === 1 && selector !== '')
    throw usageError(session.command, 'only a selector (-l) or a POD name is allowed');
  if (args.length > 2) throw usageError(session.command, usage);
  if (args.length === 2 && flags.changed('container'))
    throw new KubectlError('only one of -c or an inline [CONTAINER] arg is allowed');
  if (flags.text('since-time') !== '' && flags.durationMs('since') !== 0) {
    throw new KubectlError('at most one of `sinceTime` or `sinceSeconds` may be specified');
  }
  if (flags.is('all-containers') && flags.text('container') !== '') {
    throw new KubectlError(
      `--all-containers=true should not be specified with container name ${flags.text('container')}`,
    );
  }
  if (flags.durationMs('since') < 0) throw new KubectlError('--since must be greater than 0');
  if (flags.number('limit-bytes') < 0) throw new KubectlError('--limit-bytes must be greater than 0');
  if (flags.number('tail') < -1) throw new KubectlError('--tail must be greater than or equal to -1');
}

async function sourcesOf(session: Session): Promise<Source[]> {
  const { flags } = session;
  const selector = flags.text('selector');
  const [target = '', inline = ''] = flags.args;
  const wanted = flags.text('container') || inline;
  let pods: JsonObject[];
  if (selector !== '') {
    pods = await podsOf(session, session.namespace, selector);
    if (pods.length === 0) session.err(`No resources found in ${session.namespace} namespace.\n`);
  } else pods = await podsOfTarget(session, target);
  const all = flags.is('all-pods');
  return pods.flatMap((pod) => {
    if (!flags.is('all-containers')) return [{ pod, container: containerFor(session, pod, wanted, all) }];
    const places = containersOf(pod);
    const ordered = ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
      places.filter((place) => place.list === list),
    );
    return ordered.map((place) => ({ pod, container: place.name }));
  });
}

async function podsOfTarget(session: Session, target: string): Promise<JsonObject[]> {
  const { infos, errors } = await select(session, { args: [target], defaultType: 'pods', latest: true });
  const [error] = errors;
  if (error instanceof StatusError && error.isNotFound) {
    throw new KubectlError(`error from server (NotFound): ${error.message} in namespace "${session.namespace}"`);
  }
  throwAll(errors);
  const [info] = infos;
  if (info === undefined) throw new KubectlError('expected a resource');
  if (info.resource.kind === 'Pod') return [info.object];
  const selector = podSelector(info);
  if (selector === undefined)
    throw new KubectlError(
      `cannot get the logs from *unstructured.Unstructured: selector for ${info.resource.kind} not implemented`,
    );
  const deadlineMs = session.connection.now() + session.flags.durationMs('pod-running-timeout');
  for (;;) {
    const pods = await podsOf(session, info.namespace, selector);
    const [first] = pods;
    if (first !== undefined) {
      if (pods.length === 1 || session.flags.is('all-pods')) return pods;
      session.err(`Found ${pods.length} pods, using pod/${nameOf(first)}\n`);
      return [first];
    }
    if (session.connection.now() >= deadlineMs) throw new KubectlError('timed out waiting for the condition');
    await session.connection.sleep(1000, session.context.signal);
  }
}

function queryOf(session: Session, container: string): Record<string, string> {
  const { flags } = session;
  const query: Record<string, string> = { container };
  for (const name of ['follow', 'previous', 'timestamps']) if (flags.is(name)) query[name] = 'true';
  const tail = flags.number('tail');
  if (flags.text('selector') !== '' && !flags.changed('tail')) query['tailLines'] = '10';
  else if (tail !== -1) query['tailLines'] = String(tail);
  if (flags.durationMs('since') !== 0) query['sinceSeconds'] = String(Math.round(flags.durationMs('since') / 1000));
  if (flags.text('since-time') !== '') query['sinceTime'] = flags.text('since-time');
  if (flags.number('limit-bytes') !== 0) query['limitBytes'] = String(flags.number('limit-bytes'));
  return query;
}

async function consume(session: Session, { pod, container }: Source): Promise<void> {
  const { flags } = session;
  const resource = await session.mapping('pods');
  const prefixed = flags.is('prefix') || flags.is('all-pods');
  const prefix = prefixed ? `[pod/${nameOf(pod)}/${container}] ` : '';
  const print = linePrinter(session, prefix);
  const request = {
    method: 'GET' as const,
    path: pathOf(resource, namespaceOf(pod) || session.namespace, nameOf(pod), 'log'),
    query: queryOf(session, container),
  };
  try {
    if (!flags.is('follow')) {
      const body = await session.request(request);
      print(typeof body === 'string' ? body : '');
      return;
    }
    for await (const chunk of session.connection.stream(
      { ...request, headers: session.headers },
      session.context.signal,
    )) {
      if (typeof chunk === 'string') print(chunk);
      else if (isFailure(chunk))
        throw new UnreachableError(chunk.error, session.connection.server, 'GET', request.path);
      else throw refusal(chunk);
    }
  } catch (error) {
    if (!flags.is('ignore-errors') || !(error instanceof KubectlError)) throw error;
    session.out(`error: ${error.message}\n`);
  }
}

/** Puts the prefix before every line, also when a line comes in pieces. */
function linePrinter(session: Session, prefix: string): (chunk: string) => void {
  let atStart = true;
  return (chunk) => {
    if (chunk === '') return;
    if (prefix === '') {
      session.out(chunk);
      return;
    }
    const lines = chunk.split('\n');
    const last = lines.pop() ?? '';
    let output = '';
    for (const line of lines) {
      output += `${atStart ? prefix : ''}${line}\n`;
      atStart = true;
    }
    if (last !== '') {
      output += (atStart ? prefix : '') + last;
      atStart = false;
    }
    session.out(output);
  };
}
