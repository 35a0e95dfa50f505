/** A component's way to the API server: where it is, who we are, how fast we may ask. Models client-go's rest.Config and rate limiter. */
import { load } from 'js-yaml';
import { decodeBase64 } from '../api/base64.ts';
import type { HttpRequest, HttpResponse } from '../api/http.ts';
import { memoByText } from '../api/memo.ts';
import { isFailure } from '../api/status.ts';
import type { Address, ClientTls, Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { SECOND } from '../kernel/units.ts';

export interface ApiConfig {
  /** `host:port` of the API server or its balancer. */
  readonly server: Address;
  readonly tls: ClientTls;
  readonly token?: string | undefined;
  /** Read anew at each request, because the kubelet renews it. */
  readonly tokenFile?: string | undefined;
  readonly userAgent: string;
}

/** Memory of a client. */
export interface ApiClient {
  /** Tells the clients of one process apart. */
  readonly name: string;
  readonly config: ApiConfig;
  /** Requests a second that may be sent, and how many at once after a quiet time; 0 = no limit. */
  readonly qps: number;
  readonly burst: number;
  tokens: number;
  filledAtUs: number;
  /** Waiting for a token. */
  readonly waiting: { readonly request: HttpRequest; readonly tag: unknown; readonly timeoutMs: number | undefined }[];
}

export type ConfigResult =
  | { readonly ok: true; readonly config: ApiConfig }
  | { readonly ok: false; readonly error: string };

/** What a REPLY event to a request of this client means. */
export type ApiReply =
  | { readonly ok: true; readonly status: number; readonly body: unknown }
  /** `status` 0: no answer came at all, `error` is the transport's. */
  | {
      readonly ok: false;
      readonly status: number;
      readonly reason: string;
      readonly error: string;
      readonly body: unknown;
    };

export const TOKENS_EVENT = 'API_TOKENS';
const TOKENS_TIMER = 'api-tokens';
const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

export function createApiClient(config: ApiConfig, qps = 0, burst = 0, name = ''): ApiClient {
  return { name, config, qps, burst, tokens: burst, filledAtUs: 0, waiting: [] };
}

/**
 * Sends a request to the API server; the answer is a REPLY event with this tag (a watch: STREAM events first).
 * When the client's rate limit is used up the request waits its turn.
 */
export function apiRequest(client: ApiClient, io: Io, request: HttpRequest, tag: unknown, timeoutMs?: number): void {
  // A watch never waits for its turn.
  if (client.qps > 0 && request.query?.['watch'] !== 'true') {
    refill(client, io);
    if (client.tokens < 1 || client.waiting.length > 0) {
      client.waiting.push({ request, tag, timeoutMs });
      if (client.waiting.length === 1) waitForToken(client, io);
      return;
    }
    client.tokens--;
  }
  sendNow(client, io, request, tag, timeoutMs);
}

/** Give every event here first. True: it was the client's own (a token has come) and is dealt with. */
export function apiClientEvent(client: ApiClient, io: Io, event: KernelEvent): boolean {
  if (event.type !== TOKENS_EVENT || event['client'] !== client.name) return false;
  refill(client, io);
  let sent = 0;
  while (client.tokens >= 1 && sent < client.waiting.length) {
    client.tokens--;
    const { request, tag, timeoutMs } = client.waiting[sent++]!;
    sendNow(client, io, request, tag, timeoutMs);
  }
  client.waiting.splice(0, sent);
  if (client.waiting.length > 0) waitForToken(client, io);
  return true;
}

/** Reads a REPLY event. */
export function readReply(event: KernelEvent): ApiReply {
  if (event['ok'] !== true) return { ok: false, status: 0, reason: '', error: String(event['error']), body: undefined };
  const { status, body } = event['body'] as HttpResponse;
  if (status < 400) return { ok: true, status, body };
  if (isFailure(body)) return { ok: false, status, reason: body.reason ?? '', error: body.message ?? '', body };
  return { ok: false, status, reason: '', error: String(body), body };
}

/** Reads a kubeconfig file; `path` only for the error text. */
export function configFromKubeconfig(text: string | undefined, path: string, userAgent: string): ConfigResult {
  if (text === undefined) return { ok: false, error: `stat ${path}: no such file or directory` };
  return configs(`${path}\n${userAgent}\n${text}`);
}

const configs = memoByText(256, (key): ConfigResult => {
  const [path = '', userAgent = ''] = key.split('\n', 2);
  return readKubeconfig(key.slice(path.length + userAgent.length + 2), path, userAgent);
});

function readKubeconfig(text: string, path: string, userAgent: string): ConfigResult {
  let parsed: unknown;
  try {
    parsed = load(text);
  } catch (problem) {
    return {
      ok: false,
      error: `error loading config file "${path}": yaml: ${problem instanceof Error ? problem.message : String(problem)}`,
    };
  }
  const root = record(parsed);
  const wanted = root?.['current-context'];
  const context = record(named(root?.['contexts'], wanted)?.['context']);
  const cluster = record(named(root?.['clusters'], context?.['cluster'])?.['cluster']);
  const user = record(named(root?.['users'], context?.['user'])?.['user']);
  if (cluster === undefined)
    return {
      ok: false,
      error:
        'invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable',
    };
  const server = String(cluster['server'] ?? '').replace(/^https?:\/\//, '');
  return {
    ok: true,
    config: Object.freeze({
      server: server.includes(':') ? server : `${server}:443`,
      tls: {
        ca: base64(cluster['certificate-authority-data']),
        certificate: base64(user?.['client-certificate-data']),
        key: base64(user?.['client-key-data']),
        insecureSkipVerify: cluster['insecure-skip-tls-verify'] === true,
        serverName: textOf(cluster['tls-server-name']),
      },
      token: textOf(user?.['token']),
      tokenFile: textOf(user?.['tokenFile']),
      userAgent,
    }),
  };
}

/** What a pod finds in its environment and its mounted token. */
export function inClusterConfig(io: Io, env: Readonly<Record<string, string>>, userAgent: string): ConfigResult {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  if (host === undefined || port === undefined) {
    return {
      ok: false,
      error:
        'unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined',
    };
  }
  if (io.readFile(`${SERVICE_ACCOUNT}/token`) === undefined) {
    return { ok: false, error: `open ${SERVICE_ACCOUNT}/token: no such file or directory` };
  }
  const ca = io.readFile(`${SERVICE_ACCOUNT}/ca.crt`);
  return {
    ok: true,
    config: { server: `${host}:${port}`, tls: { ca }, tokenFile: `${SERVICE_ACCOUNT}/token`, userAgent },
  };
}

function sendNow(client: ApiClient, io: Io, request: HttpRequest, tag: unknown, timeoutMs: number | undefined): void {
  const { config } = client;
  const token = config.tokenFile === undefined ? config.token : io.readFile(config.tokenFile)?.trim();
  const body: HttpRequest = { ...request, userAgent: config.userAgent, ...(token === undefined ? {} : { token }) };
  io.request(config.server, body, { tag, tls: config.tls, timeoutMs });
}

function refill(client: ApiClient, io: Io): void {
  const gained = ((io.now - client.filledAtUs) * client.qps) / SECOND;
  client.tokens = Math.min(client.burst, client.tokens + gained);
  client.filledAtUs = io.now;
}

function waitForToken(client: ApiClient, io: Io): void {
  const missing = Math.max(0, 1 - client.tokens);
  const event = { type: TOKENS_EVENT, client: client.name };
  io.setTimer(`${TOKENS_TIMER}:${client.name}`, Math.ceil((missing * SECOND) / client.qps) + 1, event);
}

function named(list: unknown, name: unknown): Record<string, unknown> | undefined {
  if (!Array.isArray(list)) return undefined;
  return list.map(record).find((item) => item?.['name'] === name);
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function base64(value: unknown): string | undefined {
  return typeof value === 'string' ? decodeBase64(value) : undefined;
}
