/** One HTTP request from a machine: a name is looked up, a connection made, an answer waited for. For curl and wget. */
import type { AppRequest, AppResponse, HttpRequest, HttpResponse } from '../sim/api/http.ts';
import type { CommandIo } from './command.ts';
import { addressFor } from './resolver.ts';

export interface Url {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
  /** With its query. */
  readonly path: string;
}

export interface FetchOptions {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly insecure: boolean;
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** 0: none. */
  readonly maxTimeMs: number;
  readonly connectTimeoutMs: number;
  /** Instead of looking the host up. */
  readonly address: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type FetchResult =
  | { readonly ok: true; readonly answer: HttpAnswer; readonly ip: string; readonly tookMs: number }
  | {
      readonly ok: false;
      /** `giveUp`: the kernel's own patience with a silent machine is at its end. */
      readonly failure: 'resolve' | 'refused' | 'unreachable' | 'timeout' | 'giveUp' | 'reset' | 'tls';
      readonly error: string;
      readonly exitCode: number;
      readonly connected: boolean;
      readonly ip: string;
      readonly tookMs: number;
    };

/** Linux tries a connection for about so long. */
const KERNEL_PATIENCE_MS = 130_000;
const ANSWER_LIMIT_MS = 300_000;
/** Ports at which components of Kubernetes speak HTTP. */
const COMPONENT_PORTS = [2379, 2381, 6443, 10_248, 10_249, 10_250, 10_256, 10_257, 10_259];

export function parseUrl(text: string): Url | undefined {
  const match = /^(?:(\w+):\/\/)?(?:[^/@]*@)?([^/:?#]+)(?::(\d+))?([/?][^#]*)?/.exec(text);
  if (match === null) return undefined;
  const scheme = (match[1] ?? 'http').toLowerCase();
  const port = Number(match[3] ?? (scheme === 'https' ? 443 : 80));
  const path = match[4] ?? '/';
  if (port > 65_535) return undefined;
  return { scheme, host: match[2] ?? '', port, path: path.startsWith('/') ? path : `/${path}` };
}

export async function fetchUrl(io: CommandIo, url: Url, options: FetchOptions): Promise<FetchResult> {
  const { gateway } = io;
  const began = gateway.world.now;
  const tookMs = () => Math.round((gateway.world.now - began) / 1_000);
  const failed = (
    failure: Exclude<FetchResult, { ok: true }>['failure'],
    error: string,
    ip: string,
    connected = false,
    exitCode = 1,
  ): FetchResult => ({
    ok: false,
    failure,
    error,
    exitCode,
    connected,
    ip,
    tookMs: tookMs(),
  });
  const ip = options.address ?? (await addressFor(io, url.host));
  if (ip === undefined) return failed('resolve', '', '');
  const patience = options.connectTimeoutMs || KERNEL_PATIENCE_MS;
  const timeoutMs = options.maxTimeMs || Math.max(patience, ANSWER_LIMIT_MS);
  const tls =
    url.scheme === 'https'
      ? {
          ca: options.ca,
          certificate: options.certificate,
          key: options.key,
          insecureSkipVerify: options.insecure,
          serverName: url.host,
        }
      : undefined;
  const call = () =>
    gateway.call(`${ip}:${url.port}`, bodyFor(url, options), {
      host: io.host,
      tls,
      timeoutMs: Math.min(timeoutMs, silent ? patience : timeoutMs),
      signal: io.signal,
    });
  const silent = await isSilent(io, ip, url.port);
  const answer = await call();
  if (answer.ok) return { ok: true, answer: answerOf(answer.body), ip, tookMs: tookMs() };
  const { error } = answer;
  if (error.includes('connection refused')) return failed('refused', error, ip);
  if (/no route|unreachable/.test(error)) return failed('unreachable', error, ip);
  if (error.includes('i/o timeout'))
    return failed(options.maxTimeMs > 0 || options.connectTimeoutMs > 0 ? 'timeout' : 'giveUp', error, ip);
  if (error.includes('deadline exceeded')) return failed('timeout', error, ip, true);
  if (/tls:|x509:/.test(error)) return failed('tls', error, ip, true, error.startsWith('remote error') ? 56 : 60);
  return failed('reset', error, ip, true);
}

/** Whether nothing will ever answer there: then the connection, not the answer, is what is waited for. */
async function isSilent(io: CommandIo, ip: string, port: number): Promise<boolean> {
  const result = io.gateway.inject({ type: 'packet', host: io.host, to: ip, port, protocol: 'tcp' });
  return result.ok && result.route?.outcome === 'dropped';
}

function bodyFor(url: Url, { method, headers, body }: FetchOptions): HttpRequest | AppRequest {
  const isComponent = url.scheme === 'https' || COMPONENT_PORTS.includes(url.port);
  if (!isComponent) return { method, path: url.path, headers: { Host: url.host, ...headers }, body };
  const [path = '/', search = ''] = url.path.split('?');
  const query = Object.fromEntries(new URLSearchParams(search));
  const bearer = /^Bearer (.+)$/.exec(headers['Authorization'] ?? '')?.[1];
  const contentType = headers['Content-Type'];
  return {
    method: method as HttpRequest['method'],
    path,
    query,
    ...(body === undefined ? {} : { body: jsonOf(body) }),
    ...(contentType === undefined ? {} : { contentType }),
    ...(bearer === undefined ? {} : { token: bearer }),
    userAgent: headers['User-Agent'],
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function answerOf(body: unknown): HttpAnswer {
  if (typeof body !== 'object' || body === null || !('status' in body)) return { status: 400, headers: {}, body: '' };
  const response = body as AppResponse | HttpResponse;
  const given = 'headers' in response ? (response.headers ?? {}) : {};
  const isText = typeof response.body === 'string';
  const text = isText
    ? String(response.body)
    : response.body === undefined
      ? ''
      : `${JSON.stringify(response.body, undefined, 2)}\n`;
  const headers = {
    ...(given['Content-Type'] === undefined
      ? { 'Content-Type': isText ? 'text/plain; charset=utf-8' : 'application/json' }
      : {}),
    ...given,
    'Content-Length': String(Buffer.byteLength(text)),
  };
  return { status: response.status, headers, body: text };
}

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  304: 'Not Modified',
  307: 'Temporary Redirect',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

export function reasonOf(status: number): string {
  return REASONS[status] ?? '';
}
