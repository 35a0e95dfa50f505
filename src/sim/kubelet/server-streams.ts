/** Logs that are followed, commands that run: what the kubelet's server streams. @source pkg/kubelet/server/server.go, pkg/kubelet/kuberuntime/logs */
import type { CriResult } from '../api/cri.ts';
import type { HttpRequest, HttpResponse } from '../api/http.ts';
import { badRequest, internalError, notFound, success } from '../api/status.ts';
import { formatTime } from '../api/time.ts';
import type { Io } from '../kernel/io.ts';
import type { LogLine } from '../kernel/state.ts';
import { logDirectory } from './container-config.ts';
import type { KubeletMemory, ServedCall } from './memory.ts';
import { criRequest, description } from './runtime.ts';
import type { ContainerWorker, PodWorker } from './worker.ts';

export function serveLog(
  me: KubeletMemory,
  io: Io,
  served: ServedCall,
  pod: PodWorker,
  container: ContainerWorker,
  request: HttpRequest,
): void {
  const query = request.query ?? {};
  const { name } = pod.pod.metadata;
  // While it waits to be started again, the instance that ended is both the newest and the one before.
  const waits = container.waiting !== undefined && container.current?.state === 'CONTAINER_EXITED';
  const instance = query['previous'] === 'true' && !waits ? container.previous : container.current;
  if (instance === undefined) {
    const message =
      query['previous'] === 'true'
        ? `previous terminated container "${container.name}" in pod "${name}" not found`
        : `container "${container.name}" in pod "${name}" is waiting to start: ${waitingText(pod, container)}`;
    finish(me, io, served, { status: 400, body: badRequest(message) });
    return;
  }
  const log = `${logDirectory(pod.pod)}/${instance.config.logPath}`;
  const lines = io.readLog(log);
  const text = selected(lines, query, io.wallMs())
    .map((line) => lineText(line, query))
    .join('');
  if (query['follow'] !== 'true' || instance.state !== 'CONTAINER_RUNNING') {
    const limit = Number(query['limitBytes'] ?? 0);
    finish(me, io, served, { status: 200, body: limit > 0 ? text.slice(0, limit) : text });
    return;
  }
  if (text !== '') io.push(served.call, text);
  served.log = log;
  served.sent = lines.at(-1)?.at ?? -1;
  io.watchFiles(log);
}

/** A log has grown: its followers get the new lines. */
export function logGrew(me: KubeletMemory, io: Io, path: string): void {
  for (const served of me.served.values()) {
    if (served.log !== path) continue;
    const query = (served.request as HttpRequest).query ?? {};
    const fresh = newLines(io.readLog(path), served.sent);
    if (fresh.length === 0) continue;
    served.sent = fresh.at(-1)!.at;
    io.push(served.call, fresh.map((line) => lineText(line, query)).join(''));
  }
}

/** The container has ended: so do those who follow its log. */
export function endFollowers(me: KubeletMemory, io: Io, pod: PodWorker): void {
  if (me.served.size === 0) return;
  for (const served of [...me.served.values()]) {
    if (!served.log.startsWith(`${logDirectory(pod.pod)}/`)) continue;
    const ended = pod.containers.some(
      ({ current }) =>
        current !== undefined &&
        served.log.endsWith(`/${current.config.logPath}`) &&
        current.state === 'CONTAINER_EXITED',
    );
    if (!ended) continue;
    logGrew(me, io, served.log);
    finish(me, io, served, { status: 200, body: '' });
  }
}

export function serveExec(
  me: KubeletMemory,
  io: Io,
  id: number,
  served: ServedCall,
  container: ContainerWorker,
  request: HttpRequest,
): void {
  const body = (request.body ?? {}) as { readonly command?: readonly string[]; readonly stdin?: string };
  if (container.current?.state !== 'CONTAINER_RUNNING') {
    finish(me, io, served, { status: 500, body: internalError(`container not found ("${container.name}")`) });
    return;
  }
  const command = body.command ?? (request.query?.['command'] === undefined ? [] : [request.query['command']]);
  const exec = { method: 'ExecSync', id: container.current.id, command } as const;
  criRequest<'ExecSync'>(
    io,
    body.stdin === undefined ? exec : { ...exec, stdin: body.stdin },
    { detail: `serve/${id}` },
    0,
  );
}

export function execAnswered(me: KubeletMemory, io: Io, id: number, result: CriResult<'ExecSync'>): void {
  const served = me.served.get(id);
  if (served === undefined) return;
  if (!result.ok) {
    finish(me, io, served, {
      status: 500,
      body: internalError(
        `Internal error occurred: error executing command in container: ${description(result.error)}`,
      ),
    });
    return;
  }
  if (result.stdout !== '') io.push(served.call, { stdout: result.stdout });
  const { exitCode } = result;
  const body =
    exitCode === 0
      ? success()
      : {
          apiVersion: 'v1',
          kind: 'Status',
          metadata: {},
          status: 'Failure',
          message: `command terminated with non-zero exit code: command terminated with exit code ${exitCode}`,
          reason: 'NonZeroExitCode',
          details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
          code: 500,
        };
  finish(me, io, served, { status: 200, body });
}

export function finish(me: KubeletMemory, io: Io, served: ServedCall, response: HttpResponse): void {
  for (const [id, candidate] of me.served) if (candidate === served) me.served.delete(id);
  if (served.log !== '' && ![...me.served.values()].some(({ log }) => log === served.log)) io.unwatchFiles(served.log);
  io.reply(served.call, response);
}

export function podNotFound(namespace: string, name: string): HttpResponse {
  return { status: 404, body: notFound({ group: '', resource: 'pods' }, `${namespace}/${name}`) };
}

function waitingText(pod: PodWorker, { name }: ContainerWorker): string {
  const all = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  const reason = all.find((status) => status.name === name)?.state?.waiting?.reason ?? 'ContainerCreating';
  if (reason === 'ErrImagePull') return "image can't be pulled";
  return reason === 'ImagePullBackOff' ? 'trying and failing to pull image' : reason;
}

function selected(
  lines: readonly LogLine[],
  query: Readonly<Record<string, string>>,
  nowMs: number,
): readonly LogLine[] {
  let result = lines;
  const since = query['sinceSeconds'] !== undefined ? nowMs - Number(query['sinceSeconds']) * 1_000 : undefined;
  if (since !== undefined) result = result.filter(({ wallMs }) => wallMs >= since);
  const time = query['sinceTime'];
  if (time !== undefined) result = result.filter(({ wallMs }) => formatTime(wallMs) >= time);
  const tail = query['tailLines'];
  if (tail !== undefined) result = Number(tail) === 0 ? [] : result.slice(-Number(tail));
  return result;
}

function newLines(lines: readonly LogLine[], since: number): LogLine[] {
  const fresh: LogLine[] = [];
  for (let i = lines.length - 1; i >= 0 && lines[i]!.at > since; i--) fresh.unshift(lines[i]!);
  return fresh;
}

function lineText({ at, wallMs, text }: LogLine, query: Readonly<Record<string, string>>): string {
  if (query['timestamps'] !== 'true') return `${text}\n`;
  const nanos = (((wallMs % 1_000) + 1_000) % 1_000) * 1_000_000 + (at % 1_000) * 1_000;
  return `${formatTime(wallMs).replace('Z', '')}.${String(nanos).padStart(9, '0')}Z ${text}\n`;
}
