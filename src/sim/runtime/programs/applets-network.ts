/** Commands that use the network: wget, curl, nslookup, nc. */
import type { Io } from '../../kernel/io.ts';
import type { Applet, AppletResult } from './applets.ts';
import { type Fetch, parseUrl, startFetch, type UrlParts } from './http-client.ts';
import { absolute, type ShellMemory } from './shell.ts';

type Options = Partial<Omit<Fetch, 'host' | 'port' | 'secure' | 'names'>>;

function begin(tool: Fetch['tool'], url: UrlParts, options: Options, io: Io, method = 'GET'): AppletResult {
  const fetch: Fetch = {
    tool,
    host: url.host,
    port: url.port,
    secure: url.secure,
    request: { method, path: url.path, headers: { Host: url.host } },
    timeoutMs: 130_000,
    quiet: false,
    output: '',
    headersToo: false,
    bodyToo: true,
    failOnError: false,
    writeOut: '',
    nameserver: '',
    ip: '',
    startedAt: io.now,
    ...options,
    names: [],
  };
  return startFetch(fetch, io) ?? { status: 0, wait: { k: 'fetch', fetch } };
}

const wget: Applet = (me, io, args) => {
  let quiet = false;
  let output: string | undefined;
  let spider = false;
  let timeoutMs = 130_000;
  let body: string | undefined;
  let target: string | undefined;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (/^-[qO]+-?$/.test(arg) && arg.includes('O')) {
      quiet ||= arg.includes('q');
      output = arg.endsWith('-') ? '-' : (args[++i] ?? '-');
    } else if (arg === '-q' || arg === '-nv') quiet = true;
    else if (arg.startsWith('-O')) output = arg.slice(2);
    else if (arg === '--spider') spider = true;
    else if (arg === '-T' || arg === '--timeout') timeoutMs = Number(args[++i]) * 1_000;
    else if (/^(-T|--timeout=)\d+/.test(arg)) timeoutMs = Number(arg.replace(/^\D+/, '')) * 1_000;
    else if (arg.startsWith('--post-data=')) body = arg.slice(12);
    else if (arg === '-t' || arg === '--header' || arg === '-U') i++;
    else if (!arg.startsWith('-')) target = arg;
  }
  const url = target === undefined ? undefined : parseUrl(target);
  if (url === undefined) return { status: 1, err: `wget: bad address '${target ?? ''}'\n` };
  const name = url.path.split('?')[0]!.split('/').at(-1)!;
  const file = output === '-' ? '-' : absolute(me, output ?? (name === '' ? 'index.html' : name));
  const request = {
    method: body === undefined ? 'GET' : 'POST',
    path: url.path,
    headers: { Host: url.host, 'User-Agent': 'Wget' },
    body,
  };
  return begin('wget', url, { quiet, output: file, bodyToo: !spider, timeoutMs, request }, io);
};

const curl: Applet = (me, io, args) => {
  const options: { -readonly [K in keyof Options]: Options[K] } = {};
  let method = '';
  let body: string | undefined;
  let target: string | undefined;
  let silent = false;
  let showErrors = false;
  const headers: Record<string, string> = { 'User-Agent': 'curl/8.17.0' };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const long = LONG_OPTIONS[arg];
    if (!arg.startsWith('-') || arg === '-') {
      target = arg;
      continue;
    }
    if (arg.startsWith('--') && long === undefined) continue;
    for (const letter of long ?? arg.slice(1)) {
      switch (letter) {
        case 's':
          silent = true;
          break;
        case 'S':
          showErrors = true;
          break;
        case 'f':
          options.failOnError = true;
          break;
        case 'I':
          method = 'HEAD';
          options.headersToo = true;
          options.bodyToo = false;
          break;
        case 'i':
          options.headersToo = true;
          break;
        case 'o':
          options.output = outputPath(me, args[++i] ?? '');
          break;
        case 'w':
          options.writeOut = args[++i] ?? '';
          break;
        case 'm':
          options.timeoutMs = Number(args[++i]) * 1_000;
          break;
        case 'X':
          method = args[++i] ?? 'GET';
          break;
        case 'd':
          body = args[++i] ?? '';
          break;
        case 'H': {
          const [name = '', ...rest] = (args[++i] ?? '').split(':');
          headers[name] = rest.join(':').trim();
        }
      }
    }
  }
  const url = target === undefined ? undefined : parseUrl(target);
  if (target === undefined) return { status: 2, err: "curl: try 'curl --help' for more information\n" };
  if (url === undefined) return { status: 3, err: 'curl: (3) URL rejected: Malformed input to a URL function\n' };
  const request = {
    method: method === '' ? (body === undefined ? 'GET' : 'POST') : method,
    path: url.path,
    headers: { Host: url.host, ...headers },
    body,
  };
  return begin('curl', url, { ...options, quiet: silent && !showErrors, request }, io);
};

const LONG_OPTIONS: Readonly<Record<string, string>> = {
  '--silent': 's',
  '--show-error': 'S',
  '--fail': 'f',
  '--head': 'I',
  '--include': 'i',
  '--output': 'o',
  '--write-out': 'w',
  '--max-time': 'm',
  '--connect-timeout': 'm',
  '--request': 'X',
  '--data': 'd',
  '--header': 'H',
};

function outputPath(me: ShellMemory, path: string): string {
  return path === '/dev/null' ? path : absolute(me, path);
}

const nslookup: Applet = (_me, io, args) => {
  const host = args.find((arg) => !arg.startsWith('-'));
  if (host === undefined) return { status: 1, err: 'Usage: nslookup HOST [DNS_SERVER]\n' };
  return begin('nslookup', { host, port: 53, secure: false, path: '' }, {}, io);
};

const nc: Applet = (_me, io, args) => {
  const at = args.findIndex((arg) => /^-\w*w$/.test(arg));
  const timeoutMs = at < 0 ? 130_000 : Number(args[at + 1]) * 1_000;
  const [host, port] = args.filter((arg, i) => !arg.startsWith('-') && (at < 0 || i !== at + 1));
  if (host === undefined || port === undefined) return { status: 64, err: 'not simulated: nc as a listener\n' };
  return begin('nc', { host, port: Number(port), secure: false, path: '/' }, { timeoutMs }, io);
};

export const NETWORK_APPLETS: Readonly<Record<string, Applet>> = {
  wget,
  curl,
  nslookup,
  nc,
  ping: () => ({ status: 64, err: 'not simulated: ping from a container\n' }),
  ip: () => ({ status: 64, err: 'not simulated: ip in a container\n' }),
};
