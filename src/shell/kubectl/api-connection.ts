/**
 * kubectl's connection over the simulated network: requests travel from a machine (or a pod) of the world to the address in the
 * kubeconfig, with its certificates, and time passes until they are answered.
 */
import type { HttpRequest as SimRequest } from '../../sim/api/http.ts';
import type { ClientTls } from '../../sim/kernel/io.ts';
import type { Answer, CallOptions, Gateway } from '../gateway.ts';
import type {
  ApiConnection,
  ConnectionFailure,
  ConnectionTarget,
  ExecRequest,
  ExecResult,
  HttpRequest,
  HttpResponse,
  WatchEvent,
} from './client.ts';
import { at, isObject, objects, text } from './fields.ts';

/** Where the caller sits: a host, or a pod on it with its own address. */
export interface Caller {
  readonly host: string;
  readonly ip?: string | undefined;
}

/** How long a connection may take to come about, and how long an answer may then take (the server gives up after 60 s itself). */
const dialMs = 30_000;
const answerMs = 65_000;

/** @param target  server and credentials as the kubeconfig gives them; certificates as PEM texts */
export function createApiConnection(gateway: Gateway, caller: Caller, target: ConnectionTarget): ApiConnection {
  const address = addressOf(target.server);
  const options = (timeoutMs: number, signal?: AbortSignal): CallOptions => ({
    host: caller.host,
    ip: caller.ip,
    tls: target.server.startsWith('http:') ? undefined : tlsOf(target, address),
    timeoutMs,
    signal,
  });
  const wire = (request: HttpRequest): SimRequest => toWire(request, target);
  return {
    server: target.server,
    async request(request) {
      if (request.path.endsWith('/log')) return collectLog(gateway, address, wire(request), options(answerMs));
      const first = request.method === 'GET' ? dialMs : answerMs;
      const answer = await gateway.call(address, wire(request), options(first));
      const slow = !answer.ok && answer.error === 'context deadline exceeded' && first === dialMs;
      return responseOf(slow ? await gateway.call(address, wire(request), options(answerMs)) : answer);
    },
    async *watch(request, signal) {
      for await (const piece of gateway.stream(address, wire(request), options(0, signal))) {
        if ('item' in piece) {
          yield* eventsOf(piece.item);
          continue;
        }
        const end = responseOf(piece.end);
        if ('error' in end) yield end;
        else if (end.status >= 400 && isObject(end.body)) yield { type: 'ERROR', object: end.body };
      }
    },
    async *stream(request, signal) {
      for await (const piece of gateway.stream(address, wire(request), options(0, signal))) {
        if ('item' in piece) {
          yield textOf(piece.item);
          continue;
        }
        const end = responseOf(piece.end);
        if ('error' in end || end.status >= 400) yield end;
        else if (typeof end.body === 'string' && end.body !== '') yield end.body;
      }
    },
    exec: (request, signal) => runExec(gateway, address, request, target, options(0, signal)),
    now: () => gateway.now(caller.host),
    sleep: (ms, signal) => gateway.sleep(ms, signal),
  };
}

function addressOf(server: string): string {
  const secure = !server.startsWith('http:');
  const host = server.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  return /:\d+$/.test(host) ? host : `${host}:${secure ? 443 : 80}`;
}

function tlsOf(target: ConnectionTarget, address: string): ClientTls {
  return {
    ca: target.certificateAuthority,
    certificate: target.clientCertificate,
    key: target.clientKey,
    serverName: address.replace(/:\d+$/, ''),
    insecureSkipVerify: target.insecureSkipTlsVerify,
  };
}

function toWire(request: HttpRequest, target: ConnectionTarget): SimRequest {
  const accept = request.headers?.['Accept']?.includes('apidiscovery') === true ? 'discovery' : request.accept;
  const user = request.headers?.['Impersonate-User'];
  const groups = request.headers?.['Impersonate-Group']?.split(',');
  return {
    method: request.method,
    path: request.path,
    query: request.query,
    body: request.body,
    contentType: request.contentType,
    accept: accept === 'application/json' ? 'json' : accept,
    token: target.token,
    userAgent: 'kubectl',
    ...(user === undefined ? {} : { impersonate: { user, groups } }),
  };
}

function responseOf(answer: Answer): HttpResponse | ConnectionFailure {
  if (!answer.ok) return { error: answer.error };
  const body = answer.body;
  if (!isObject(body) || typeof body['status'] !== 'number') return { error: 'malformed HTTP response' };
  const warnings = Array.isArray(body['warnings']) ? body['warnings'].map(String) : [];
  return { status: body['status'], body: body['body'], warnings };
}

/** A watch sends its events in batches. */
function* eventsOf(item: unknown): Generator<WatchEvent> {
  const batch: readonly unknown[] = Array.isArray(item) ? item : [item];
  for (const event of batch) {
    const type = text(event, 'type');
    const object = at(event, 'object');
    if (!isObject(object)) continue;
    if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK' || type === 'ERROR')
      yield { type, object };
  }
}

/** Text however the kubelet sends it: a string, lines, or `{stdout}`. */
function textOf(item: unknown): string {
  if (typeof item === 'string') return item;
  if (Array.isArray(item)) return item.map(textOf).join('');
  return text(item, 'text') || text(item, 'stdout') || text(item, 'stderr');
}

async function collectLog(
  gateway: Gateway,
  address: string,
  request: SimRequest,
  options: CallOptions,
): Promise<HttpResponse | ConnectionFailure> {
  let output = '';
  for await (const piece of gateway.stream(address, request, options)) {
    if ('item' in piece) {
      output += textOf(piece.item);
      continue;
    }
    const end = responseOf(piece.end);
    if ('error' in end || end.status >= 400) return end;
    return { ...end, body: output + (typeof end.body === 'string' ? end.body : '') };
  }
  return { error: 'unexpected EOF' };
}

/**
 * The request's body carries what the real protocol puts into its query and its streams: `{container, command, stdin, tty}`.
 * Output streams as `{stdout}` and `{stderr}`; the end is a Status as on the real error channel.
 */
async function runExec(
  gateway: Gateway,
  address: string,
  request: ExecRequest,
  target: ConnectionTarget,
  options: CallOptions,
): Promise<ExecResult> {
  const { container, command, stdin, tty } = request;
  const wire = toWire(
    {
      method: 'POST',
      path: request.path,
      query: {
        ...(container === undefined ? {} : { container }),
        stdout: 'true',
        stderr: String(!tty),
        ...(stdin === undefined ? {} : { stdin: 'true' }),
      },
      body: { container, command, stdin, tty },
      ...(request.headers === undefined ? {} : { headers: request.headers }),
    },
    target,
  );
  const show = (item: unknown): void => {
    if (Array.isArray(item)) for (const each of item) show(each);
    else if (typeof item === 'string') request.stdout(item);
    else if (isObject(item)) {
      if (text(item, 'stdout') !== '') request.stdout(text(item, 'stdout'));
      if (text(item, 'stderr') !== '') request.stderr(text(item, 'stderr'));
    }
  };
  for await (const piece of gateway.stream(address, wire, options)) {
    if ('item' in piece) {
      show(piece.item);
      continue;
    }
    const end = responseOf(piece.end);
    return 'error' in end ? end : resultOf(end, show);
  }
  return { error: 'unexpected EOF' };
}

function resultOf(end: HttpResponse, show: (item: unknown) => void): ExecResult {
  const body = end.body;
  if (!isObject(body)) {
    if (typeof body === 'string' && body !== '') show(body);
    return { exitCode: end.status < 400 ? 0 : 1 };
  }
  const exit = objects(body, 'details', 'causes').find((cause) => text(cause, 'reason') === 'ExitCode');
  if (exit !== undefined) return { exitCode: Number(text(exit, 'message')) };
  if (text(body, 'kind') === 'Status') return text(body, 'status') === 'Success' ? { exitCode: 0 } : { status: body };
  if (end.status >= 400) return { status: body };
  show(body);
  return { exitCode: Number(body['exitCode'] ?? 0) };
}
