/**
 * What `wget`, `curl`, `nslookup`, `ping` and `nc` do on the network: look a name up as /etc/resolv.conf says, connect, ask,
 * print as the real tool prints.
 */
import type { DnsAnswer, DnsQuestion } from '../../api/dns.ts';
import type { AppRequest, AppResponse } from '../../api/http.ts';
import type { Io } from '../../kernel/io.ts';
import type { KernelEvent } from '../../kernel/queue.ts';
import type { AppletResult } from './applets.ts';

/** One use of the network that goes on. Plain data. */
export interface Fetch {
  readonly tool: 'wget' | 'curl' | 'nslookup' | 'nc' | 'ping';
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly request: AppRequest;
  readonly timeoutMs: number;
  readonly quiet: boolean;
  /** wget: where to write; `-` prints. curl: '' prints. */
  readonly output: string;
  readonly headersToo: boolean;
  readonly bodyToo: boolean;
  /** curl -f, -w */
  readonly failOnError: boolean;
  readonly writeOut: string;
  /** Names still to be tried. */
  readonly names: string[];
  nameserver: string;
  ip: string;
  readonly startedAt: number;
}

export type UrlParts = {
  readonly secure: boolean;
  readonly host: string;
  readonly port: number;
  readonly path: string;
};

export function parseUrl(url: string): UrlParts | undefined {
  const match = /^(?:(https?):\/\/)?([^/:?#[\]]+)(?::(\d+))?(\/[^#]*|\?[^#]*)?(?:#.*)?$/.exec(url);
  if (match === null) return undefined;
  const secure = match[1] === 'https';
  const path = match[4] ?? '/';
  return {
    secure,
    host: match[2]!,
    port: Number(match[3] ?? (secure ? 443 : 80)),
    path: path.startsWith('/') ? path : `/${path}`,
  };
}

/** Begins: answers at once (a result) or goes on (undefined). */
export function startFetch(fetch: Fetch, io: Io): AppletResult | undefined {
  const known = /^[\d.]+$/.test(fetch.host) ? fetch.host : hostsEntry(io, fetch.host);
  if (known !== undefined && fetch.tool !== 'nslookup') {
    connect(fetch, io, known);
    return undefined;
  }
  const resolver = readResolver(io);
  fetch.nameserver = resolver.nameserver;
  if (fetch.nameserver === '') return unresolved(fetch, 'timeout');
  fetch.names.push(...searchNames(fetch.host, resolver));
  ask(fetch, io);
  return undefined;
}

/** A REPLY for it: the end of it (a result), or the next step (undefined). */
export function continueFetch(fetch: Fetch, io: Io, event: KernelEvent): AppletResult | undefined {
  if (fetch.ip === '') return answered(fetch, io, event);
  if (event['ok'] !== true) return unconnected(fetch, io, String(event['error']));
  return received(fetch, io, event['body'] as AppResponse);
}

interface Resolver {
  readonly nameserver: string;
  readonly search: readonly string[];
  readonly ndots: number;
}

export function readResolver(io: Io): Resolver {
  const text = io.readFile('/etc/resolv.conf') ?? '';
  return {
    nameserver: /^nameserver\s+(\S+)/m.exec(text)?.[1] ?? '',
    search: (/^search\s+(.*)$/m.exec(text)?.[1] ?? '').split(/\s+/).filter((domain) => domain !== '' && domain !== '.'),
    ndots: Number(/ndots:(\d+)/.exec(text)?.[1] ?? 1),
  };
}

/** Names in the order in which a resolver tries them. */
function searchNames(host: string, { search, ndots }: Resolver): string[] {
  if (host.endsWith('.')) return [host.slice(0, -1)];
  const dots = host.split('.').length - 1;
  const longer = search.map((domain) => `${host}.${domain}`);
  return dots >= ndots ? [host, ...longer] : [...longer, host];
}

function hostsEntry(io: Io, host: string): string | undefined {
  if (host === 'localhost') return '127.0.0.1';
  for (const line of (io.readFile('/etc/hosts') ?? '').split('\n')) {
    const [ip, ...names] = line.replace(/#.*/, '').trim().split(/\s+/);
    if (ip?.includes('.') === true && names.includes(host)) return ip;
  }
  return undefined;
}

function ask(fetch: Fetch, io: Io): void {
  const question: DnsQuestion = { name: fetch.names[0] ?? '', type: 'A' };
  io.request(`${fetch.nameserver}:53`, question, { tag: 'fetch', timeoutMs: 5_000, protocol: 'udp' });
}

function answered(fetch: Fetch, io: Io, event: KernelEvent): AppletResult | undefined {
  if (event['ok'] !== true) return unresolved(fetch, 'timeout');
  const answer = event['body'] as DnsAnswer;
  const name = fetch.names.shift() ?? '';
  const addresses = answer.answers.filter((record) => record.type === 'A').map((record) => record.data);
  if (addresses.length === 0) {
    if (fetch.names.length === 0) return unresolved(fetch, answer.code, name);
    ask(fetch, io);
    return undefined;
  }
  if (fetch.tool === 'nslookup') {
    const server = `Server:\t\t${fetch.nameserver}\nAddress:\t${fetch.nameserver}:53\n\n`;
    return { status: 0, out: `${server}${addresses.map((ip) => `Name:\t${name}\nAddress: ${ip}\n`).join('')}\n` };
  }
  connect(fetch, io, addresses[0]!);
  return undefined;
}

function connect(fetch: Fetch, io: Io, ip: string): void {
  fetch.ip = ip;
  const tls = fetch.secure ? { tls: { insecureSkipVerify: true, serverName: fetch.host } } : {};
  io.request(`${ip}:${fetch.port}`, fetch.request, { tag: 'fetch', timeoutMs: fetch.timeoutMs, ...tls });
}

function unresolved(fetch: Fetch, why: string, last = fetch.host): AppletResult {
  switch (fetch.tool) {
    case 'nslookup': {
      if (why === 'timeout') return { status: 1, out: ';; connection timed out; no servers could be reached\n\n' };
      const server = `Server:\t\t${fetch.nameserver}\nAddress:\t${fetch.nameserver}:53\n\n`;
      return { status: 1, out: `${server}** server can't find ${last}: ${why === 'NOERROR' ? 'No answer' : why}\n\n` };
    }
    case 'curl':
      return { status: 6, err: fetch.quiet ? '' : `curl: (6) Could not resolve host: ${fetch.host}\n` };
    default:
      return { status: 1, err: `${fetch.tool}: bad address '${fetch.host}'\n` };
  }
}

function unconnected(fetch: Fetch, io: Io, error: string): AppletResult {
  const ms = Math.round((io.now - fetch.startedAt) / 1_000);
  const refused = error.includes('refused');
  const timedOut = error.includes('timeout') || error.includes('deadline');
  const how = refused
    ? 'Connection refused'
    : timedOut
      ? 'Operation timed out'
      : error.includes('no route')
        ? 'No route to host'
        : 'Connection reset by peer';
  switch (fetch.tool) {
    case 'curl': {
      const out = fetch.writeOut === '' ? '' : writeOutText(fetch, '000');
      if (timedOut)
        return {
          status: 28,
          out,
          err: fetch.quiet ? '' : `curl: (28) Connection timed out after ${ms} milliseconds\n`,
        };
      const text = `curl: (7) Failed to connect to ${fetch.host} port ${fetch.port} after ${ms} ms: Could not connect to server\n`;
      return { status: 7, out, err: fetch.quiet ? '' : text };
    }
    case 'nc':
      return { status: 1, err: `nc: ${fetch.host} (${fetch.ip}:${fetch.port}): ${how}\n` };
    default:
      if (timedOut && fetch.timeoutMs < 30_000) return { status: 1, err: 'wget: download timed out\n' };
      return {
        status: 1,
        err: `${connecting(fetch)}wget: can't connect to remote host (${fetch.ip}): ${how}\n`,
      };
  }
}

function connecting(fetch: Fetch): string {
  return fetch.quiet
    ? ''
    : `Connecting to ${fetch.host}${fetch.port === 80 ? '' : `:${fetch.port}`} (${fetch.ip}:${fetch.port})\n`;
}

function received(fetch: Fetch, io: Io, response: AppResponse): AppletResult {
  const reason = REASONS[response.status] ?? '';
  const body = typeof response.body === 'string' ? response.body : JSON.stringify(response.body);
  if (fetch.tool === 'nc') return { status: 0, err: `${fetch.host} (${fetch.ip}:${fetch.port}) open\n` };
  if (fetch.tool === 'wget') {
    if (response.status >= 400)
      return {
        status: 1,
        err: `${connecting(fetch)}wget: server returned error: HTTP/1.1 ${response.status} ${reason}\n`,
      };
    if (!fetch.bodyToo) return { status: 0, err: fetch.quiet ? '' : `${connecting(fetch)}remote file exists\n` };
    if (fetch.output === '-') return { status: 0, out: body, err: connecting(fetch) };
    io.writeFile(fetch.output, body);
    return {
      status: 0,
      err: fetch.quiet ? '' : `${connecting(fetch)}saving to '${fetch.output}'\n'${fetch.output}' saved\n`,
    };
  }
  const head = fetch.headersToo ? headersText(response, reason, body) : '';
  const shown = fetch.bodyToo && !(fetch.failOnError && response.status >= 400) ? body : '';
  const written = writeOutText(fetch, String(response.status));
  const failed = fetch.failOnError && response.status >= 400;
  const err = failed && !fetch.quiet ? `curl: (22) The requested URL returned error: ${response.status}\n` : '';
  if (fetch.output === '') return { status: failed ? 22 : 0, out: head + shown + written, err };
  if (fetch.output !== '/dev/null') io.writeFile(fetch.output, head + shown);
  return { status: failed ? 22 : 0, out: written, err };
}

function headersText(response: AppResponse, reason: string, body: string): string {
  const headers = Object.entries(response.headers ?? {}).map(([name, value]) => `${name}: ${value}\n`);
  return `HTTP/1.1 ${response.status} ${reason}\n${headers.join('')}Content-Length: ${body.length}\n\n`;
}

function writeOutText(fetch: Fetch, status: string): string {
  return fetch.writeOut
    .replaceAll('%{http_code}', status)
    .replaceAll('%{response_code}', status)
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t');
}

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};
