/**
 * `-v=6` and up: what goes over the wire, as klog prints it on standard error.
 * @source staging/src/k8s.io/client-go/transport/round_trippers.go
 */
import { type ApiConnection, type HttpRequest, isFailure } from './client.ts';
import { compactJson } from './json.ts';

/** The connection itself below level 6, otherwise one that tells about each request. */
export function withRequestLog(connection: ApiConnection, level: number, write: (text: string) => void): ApiConnection {
  if (level < 6) return connection;
  const log = (text: string): void => write(`${logPrefix('I', connection.now())} ${text}\n`);
  const before = (request: HttpRequest): number => {
    if (level >= 9) log(`round_trippers.go:527] "Request" curlCommand=<\n\t${curlOf(connection, request)}\n >`);
    else if (level >= 7) {
      const url = JSON.stringify(urlOf(connection.server, request));
      log(`round_trippers.go:527] "Request" verb="${request.method}" url=${url} headers=<\n${headerLines(request)} >`);
    }
    if (level >= 8 && request.body !== undefined)
      log(`request.go:1212] "Request Body" body=${bodyText(request.body, level)}`);
    return connection.now();
  };
  const after = (request: HttpRequest, startedMs: number, status: number): void => {
    const url =
      level === 6 || level >= 9
        ? `verb="${request.method}" url=${JSON.stringify(urlOf(connection.server, request))} `
        : '';
    const ms = Math.floor(connection.now() - startedMs);
    log(`round_trippers.go:632] "Response" ${url}status="${statusText(status)}" milliseconds=${ms}`);
  };
  return {
    ...connection,
    async request(request) {
      const startedMs = before(request);
      const answer = await connection.request(request);
      after(request, startedMs, isFailure(answer) ? 0 : answer.status);
      if (level >= 8 && !isFailure(answer))
        log(`request.go:1212] "Response Body" body=${bodyText(answer.body, level)}`);
      return answer;
    },
    async *watch(request, signal) {
      after(request, before(request), 200);
      yield* connection.watch(request, signal);
    },
    async *stream(request, signal) {
      after(request, before(request), 200);
      yield* connection.stream(request, signal);
    },
  };
}

/** `I0101 09:00:00.000000    4242`. */
export function logPrefix(severity: 'I' | 'W' | 'E', nowMs: number): string {
  const iso = new Date(nowMs).toISOString();
  return `${severity}${iso.slice(5, 7)}${iso.slice(8, 10)} ${iso.slice(11, 23)}000    4242`;
}

export function urlOf(server: string, request: Pick<HttpRequest, 'path' | 'query'>): string {
  const query = Object.entries(request.query ?? {}).map(([key, value]) => `${key}=${encodeURIComponent(value)}`);
  return `${server}${request.path}${query.length === 0 ? '' : `?${query.join('&')}`}`;
}

function headersOf(request: HttpRequest): [string, string][] {
  const table =
    'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';
  const headers = new Map([
    ['Accept', request.accept === 'table' ? table : 'application/json'],
    ['User-Agent', 'kubectl/v1.36.2 (linux/amd64) kubernetes/0000000'],
    ...(request.body === undefined ? [] : [['Content-Type', request.contentType ?? 'application/json'] as const]),
    ...Object.entries(request.headers ?? {}),
  ]);
  return [...headers].sort(([a], [b]) => (a < b ? -1 : 1));
}

const headerLines = (request: HttpRequest): string =>
  headersOf(request)
    .map(([name, value]) => `\t${name}: ${value}\n`)
    .join('');

function curlOf(connection: ApiConnection, request: HttpRequest): string {
  const headers = headersOf(request).map(([name, value]) => ` -H "${name}: ${value}"`);
  return `curl -v -X${request.method} ${headers.join('')} '${urlOf(connection.server, request)}'`;
}

function bodyText(body: unknown, level: number): string {
  const text = typeof body === 'string' ? body : `${compactJson(body)}\n`;
  const limit = level >= 10 ? Number.POSITIVE_INFINITY : level === 9 ? 10_240 : 1024;
  const shown = text.length > limit ? `${text.slice(0, limit)} [truncated ${text.length - limit} chars]` : text;
  return shown.includes('\n') ? `<\n\t${shown.trimEnd().replaceAll('\n', '\n\t')}\n >` : JSON.stringify(shown);
}

function statusText(status: number): string {
  const words: Readonly<Record<number, string>> = {
    200: 'OK',
    201: 'Created',
    202: 'Accepted',
    400: 'Bad Request',
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'Not Found',
    405: 'Method Not Allowed',
    409: 'Conflict',
    415: 'Unsupported Media Type',
    422: 'Unprocessable Entity',
    429: 'Too Many Requests',
    500: 'Internal Server Error',
    503: 'Service Unavailable',
    504: 'Gateway Timeout',
  };
  return status === 0 ? '' : `${status} ${words[status] ?? ''}`.trimEnd();
}
