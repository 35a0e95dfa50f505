/**
 * `kubectl exec` and `kubectl attach`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/exec/exec.go, attach/attach.go
 */
import { isFailure, type JsonObject } from './client.ts';
import { pathOf } from './discovery.ts';
import { KubectlError, RawExit, StatusError, UnreachableError, usageError } from './errors.ts';
import { nameOf, namespaceOf, objects, record, text } from './fields.ts';
import type { Session } from './session.ts';
import { containerFor, containersOf, isFinished, oneObject, podFor } from './target-pod.ts';

export async function exec(session: Session): Promise<number> {
  const { flags } = session;
  const { args, argsBeforeDash } = flags;
  const target = argsBeforeDash === 0 ? '' : (args[0] ?? '');
  const command = argsBeforeDash > -1 ? args.slice(argsBeforeDash) : [];
  if (argsBeforeDash === -1 && args.length > 1) {
    throw usageError(
      session.command,
      'exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead',
    );
  }
  if (target === '' && flags.list('filename').length === 0)
    throw new KubectlError('pod, type/name or --filename must be specified');
  if (command.length === 0) throw new KubectlError('you must specify at least one command for the container');
  const info = await oneObject(session, { args: target === '' ? [] : [target], files: flags.list('filename') });
  const pod = await podFor(session, info);
  if (isFinished(pod)) {
    throw new KubectlError(
      `cannot exec into a container in a completed pod; current phase is ${text(pod, 'status', 'phase')}`,
    );
  }
  const container = containerFor(session, pod, flags.text('container'), flags.is('quiet'));
  return stream(session, {
    pod,
    container,
    command,
    subresource: 'exec',
    stdin: flags.is('stdin'),
    tty: flags.is('tty'),
  });
}

export interface StreamOptions {
  readonly pod: JsonObject;
  readonly container: string;
  readonly command: readonly string[];
  readonly subresource: 'exec' | 'attach';
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** Runs the stream to its end; answers the exit status of the process. */
export async function stream(session: Session, options: StreamOptions): Promise<number> {
  const { context } = session;
  let tty = options.tty && options.stdin;
  if (tty && context.stdinIsTerminal !== true) {
    tty = false;
    if (!session.flags.is('quiet'))
      session.err('Unable to use a TTY - input is not a terminal or the right kind of file\n');
  }
  const resource = await session.mapping('pods');
  const path = pathOf(
    resource,
    namespaceOf(options.pod) || session.namespace,
    nameOf(options.pod),
    options.subresource,
  );
  const result = await session.connection.exec(
    {
      path,
      container: options.container,
      command: options.command,
      stdin: options.stdin ? await context.readStdin() : undefined,
      tty,
      headers: session.headers,
      stdout: (output) => session.out(output),
      stderr: (output) => (tty ? session.out(output) : session.err(output)),
    },
    context.signal,
  );
  if ('exitCode' in result) {
    if (result.exitCode === 0) return 0;
    throw new RawExit(`command terminated with exit code ${result.exitCode}`, result.exitCode);
  }
  if (isFailure(result))
    throw new UnreachableError(result.error, session.connection.server, 'POST', session.connection.server + path);
  const refused = new StatusError(result.status);
  throw refused.reason === 'InternalError' ? new KubectlError(refused.message) : refused;
}

export async function attach(session: Session): Promise<number> {
  const { flags } = session;
  if (flags.args.length === 0) throw new KubectlError('at least 1 argument is required for attach');
  if (flags.args.length > 2)
    throw new KubectlError(
      `expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw ${flags.args.length}: [${flags.args.join(' ')}]`,
    );
  const info = await oneObject(session, { args: flags.args });
  const pod = await podFor(session, info);
  if (isFinished(pod))
    throw new KubectlError(
      `cannot attach a container in a completed pod; current phase is ${text(pod, 'status', 'phase')}`,
    );
  const container = containerFor(session, pod, flags.text('container'), flags.is('quiet'));
  return attachTo(session, pod, container);
}

/** Attaches to a running container; one that has ended already, or refuses, leaves its log. */
export async function attachOrLog(session: Session, pod: JsonObject, container: string): Promise<number> {
  if (stateOf(pod, container) === 'terminated') return printLog(session, pod, container);
  try {
    return await attachTo(session, pod, container);
  } catch (error) {
    if (!(error instanceof KubectlError) || error instanceof RawExit) throw error;
    session.err(`warning: couldn't attach to pod/${nameOf(pod)}, falling back to streaming logs: ${error.message}\n`);
    return printLog(session, pod, container);
  }
}

/** `waiting`, `running`, `terminated`, or '' before the kubelet has said anything. */
export function stateOf(pod: JsonObject | undefined, container: string): string {
  const lists = ['containerStatuses', 'ephemeralContainerStatuses', 'initContainerStatuses'];
  const status = lists.flatMap((list) => objects(pod, 'status', list)).find((each) => text(each, 'name') === container);
  return Object.keys(record(status, 'state'))[0] ?? '';
}

/** What the container has written so far. */
export async function printLog(session: Session, pod: JsonObject, container: string): Promise<number> {
  const path = pathOf(await session.mapping('pods'), namespaceOf(pod) || session.namespace, nameOf(pod), 'log');
  const body = await session.request({ method: 'GET', path, query: { container } });
  if (typeof body === 'string') session.out(body);
  return 0;
}

async function attachTo(session: Session, pod: JsonObject, container: string): Promise<number> {
  const { flags, context } = session;
  const quiet = flags.is('quiet');
  const place = containersOf(pod).find((each) => each.name === container);
  const allocated = place?.spec['tty'] === true;
  if (flags.is('tty') && !allocated && !quiet)
    session.err(`error: Unable to use a TTY - container ${container} did not allocate one\n`);
  const stdin = flags.is('stdin');
  const tty = stdin && allocated && context.stdinIsTerminal === true;
  if (stdin && allocated && !tty && !quiet)
    session.err('Unable to use a TTY - input is not a terminal or the right kind of file\n');
  if (!quiet) {
    session.err(
      'All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\n',
    );
    session.err("If you don't see a command prompt, try pressing enter.\n");
  }
  const code = await stream(session, { pod, container, command: [], subresource: 'attach', stdin, tty });
  if (tty && !quiet) session.out(reattachMessage(session, pod, container, place?.list === 'ephemeralContainers'));
  return code;
}

function reattachMessage(session: Session, pod: JsonObject, container: string, ephemeral: boolean): string {
  const command = `'kubectl attach ${nameOf(pod)} -c ${container} -n ${namespaceOf(pod) || session.namespace} -i -t'`;
  return ephemeral
    ? `Session ended, the ephemeral container will not be restarted but may be reattached using ${command} if it is still running\n`
    : `Session ended, resume using ${command} command\n`;
}
