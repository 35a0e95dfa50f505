/** kubectl's connection to an API server, over the simulated network. */
import type { HttpRequest as WireRequest, HttpResponse as WireResponse } from '../sim/api/http.ts';
import type { ClientTls } from '../sim/kernel/io.ts';
import type { Answer, Gateway } from './gateway.ts';
import type {
  ApiConnection,
  ConnectionFailure,
  ConnectionTarget,
  ExecRequest,
  ExecResult,
  HttpRequest,
  HttpResponse,
  JsonObject,
  WatchEvent,
} from './kubectl/client.ts';

/** Runs a command line in the container that a request is about. */
export type RunInPod = (
  script: string,
  output: Pick<ExecRequest, 'stdout' | 'stderr'>,
  signal: AbortSignal,
) => Promise<ExecResult>;

export interface ConnectionOptions {
  readonly gateway: Gateway;
  readonly host: string;
  readonly signal: AbortSignal;
  /** `kubectl exec -it POD -- sh`: the terminal moves into the pod. @returns the exit status there; undefined: it does not move */
  readonly enterPod?: ((request: ExecRequest, run: RunInPod) => Promise<number> | undefined) | undefined;
}

/** An API server answers after a minute at the latest; one that is silent for longer fails the connection's health check. */
const REQUEST_TIMEOUT_MS = 75_000;

export function connectToApi(target: ConnectionTarget, options: ConnectionOptions): ApiConnection {
  const { gateway, host, signal } = options;
  const address = addressOf(target.server);
  const isSecure = target.server.startsWith('https://');
  const tls: ClientTls | undefined = isSecure
    ? {
        ca: target.certificateAuthority,
        certificate: target.clientCertificate,
        key: target.clientKey,
        insecureSkipVerify: target.insecureSkipTlsVerify,
      }
    : undefined;
  const call = (request: HttpRequest, timeoutMs: number, given: AbortSignal | undefined) =>
    gateway.stream(address, toWire(request, target.token), { host, tls, timeoutMs, signal: given ?? signal });

  const connection: ApiConnection = {
    server: target.server,
    async request(request) {
      for await (const piece of call(request, request.timeoutMs ?? REQUEST_TIMEOUT_MS, undefined)) {
        if ('end' in piece) return responseOf(piece.end, request.timeoutMs);
      }
      return { error: 'EOF' };
    },
    async *watch(request, given) {
      for await (const piece of call(request, 0, given)) {
        if ('item' in piece) {
          for (const event of Array.isArray(piece.item) ? piece.item : [piece.item]) yield event as WatchEvent;
          continue;
        }
        const end = responseOf(piece.end);
        if ('error' in end) {
          if (end.error !== 'interrupted') yield end;
        } else if (end.status >= 400) yield { type: 'ERROR', object: end.body as JsonObject };
      }
    },
    async *stream(request, given) {
      const isEndless = request.query?.['follow'] === 'true';
      let began = false;
      for await (const piece of call(request, isEndless ? 0 : REQUEST_TIMEOUT_MS, given)) {
        if ('item' in piece) {
          began = true;
          yield String(piece.item);
          continue;
        }
        const end = responseOf(piece.end);
        if ('error' in end) {
          if (end.error !== 'interrupted') yield end;
        } else if (end.status >= 400) yield end;
        else if (typeof end.body === 'string' && end.body !== '') yield end.body;
        else if (!began) yield '';
      }
    },
    async exec(request, given) {
      const inPod: RunInPod = (script, output, lineSignal) =>
        runExec(
          {
            ...request,
            ...output,
            path: request.path.replace(/\/attach$/, '/exec'),
            tty: false,
            stdin: undefined,
            command: ['sh', '-c', script],
          },
          lineSignal,
        );
      const stay = options.enterPod?.(request, inPod);
      return stay === undefined ? runExec(request, given) : { exitCode: await stay };
    },
    now: () => gateway.now(host),
    sleep: (ms, given) => gateway.sleep(ms, given ?? signal),
  };

  async function runExec(request: ExecRequest, given: AbortSignal | undefined): Promise<ExecResult> {
    const { path, container, command, stdin, tty, headers } = request;
    const wire: WireRequest = {
      ...toWire({ method: 'POST', path, ...(headers === undefined ? {} : { headers }) }, target.token),
      query: {
        ...(container === undefined ? {} : { container }),
        stdin: String(stdin !== undefined),
        stdout: 'true',
        stderr: 'true',
        tty: String(tty),
      },
      body: { container, command, stdin, tty },
    };
    for await (const piece of gateway.stream(address, wire, { host, tls, timeoutMs: 0, signal: given ?? signal })) {
      if ('item' in piece) printExec(piece.item, request);
      else return execEnd(responseOf(piece.end), request);
    }
    return { error: 'EOF' };
  }

  return connection;
}

/** `https://192.168.56.11:6443/prefix` → `192.168.56.11:6443`. */
export function addressOf(server: string): string {
  const match = /^(https?):\/\/([^/]+)/.exec(server);
  const authority = match?.[2] ?? server;
  return /:\d+$/.test(authority) ? authority : `${authority}:${match?.[1] === 'http' ? 80 : 443}`;
}

function toWire(request: HttpRequest, token: string | undefined): WireRequest {
  const { method, path, query, body, contentType, accept, headers } = request;
  const user = headers?.['Impersonate-User'];
  const groups = headers?.['Impersonate-Group'];
  const isDiscovery = headers?.['Accept']?.includes('apidiscovery.k8s.io') === true;
  return {
    method,
    path,
    query,
    body,
    contentType,
    accept: isDiscovery ? 'discovery' : accept === 'table' ? 'table' : 'json',
    token,
    userAgent: 'kubectl/v1.36.2',
    ...(user === undefined ? {} : { impersonate: { user, groups: groups?.split(',') } }),
  };
}

function responseOf(answer: Answer, timeoutMs?: number): HttpResponse | ConnectionFailure {
  if (!answer.ok) {
    if (answer.error !== 'context deadline exceeded') return { error: answer.error };
    return {
      error:
        timeoutMs === undefined
          ? 'http2: client connection lost'
          : 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    };
  }
  const { status, body, warnings } = answer.body as WireResponse;
  return { status, body, warnings: warnings ?? [] };
}

function printExec(item: unknown, request: ExecRequest): void {
  if (typeof item === 'string') request.stdout(item);
  if (typeof item !== 'object' || item === null) return;
  if ('stdout' in item && typeof item.stdout === 'string') request.stdout(item.stdout);
  if ('stderr' in item && typeof item.stderr === 'string') request.stderr(item.stderr);
}

function execEnd(end: HttpResponse | ConnectionFailure, request: ExecRequest): ExecResult {
  if ('error' in end) return end;
  const { body } = end;
  if (typeof body === 'object' && body !== null) {
    if (end.status < 400) printExec(body, request);
    if ('exitCode' in body && typeof body.exitCode === 'number') return { exitCode: body.exitCode };
    const status = body as JsonObject;
    if (status['reason'] === 'NonZeroExitCode') return { exitCode: exitCodeOf(status) };
    if (end.status >= 400 || status['status'] === 'Failure') return { status };
  }
  return { exitCode: 0 };
}

function exitCodeOf(status: JsonObject): number {
  const { details } = status;
  const causes = typeof details === 'object' && details !== null && 'causes' in details ? details.causes : undefined;
  const list: readonly { reason?: unknown; message?: unknown }[] = Array.isArray(causes) ? causes : [];
  return Number(list.find(({ reason }) => reason === 'ExitCode')?.message ?? 1);
}
