/**
 * The web servers among our images: nginx, httpd, http-echo, agnhost netexec, python -m http.server. One statechart, and a pure
 * function each for what they answer.
 */
import { setup } from 'xstate';
import type { AppRequest, AppResponse } from '../../api/http.ts';
import type { CallId, Io } from '../../kernel/io.ts';
import type { ProcessStart, Program } from '../../kernel/kernel.ts';
import { type Context, givenByKernel } from '../../kernel/run-machine.ts';
import { agnhostPorts, answerAgnhost } from './agnhost.ts';
import { formatDate } from './applets-system.ts';

export type ServerKind = 'nginx' | 'httpd' | 'http-echo' | 'agnhost' | 'python';

export interface WebServerMemory {
  readonly kind: ServerKind;
  readonly args: readonly string[];
  readonly hostname: string;
  ports: number[];
  /** http-echo's text; nginx's document root. */
  text: string;
  root: string;
  served: number;
}

type WebServerEvent =
  | { type: 'REQUEST'; call: CallId; fromIp: string; body: AppRequest }
  | { type: 'SIGTERM' }
  | { type: 'WORK'; call: CallId; response: AppResponse };
type Args = { context: Context<WebServerMemory, Io>; event: Extract<WebServerEvent, { type: 'REQUEST' }> };

export const webServerMachine = setup({
  types: {} as { context: Context<WebServerMemory, Io>; events: WebServerEvent },
  actions: {
    listen: ({ context: { me, io } }) => listen(me, io),
    stop: ({ context: { me, io } }) => {
      if (me.kind === 'nginx') notice(io, 'signal 15 (SIGTERM) received from 0, exiting');
      // Python as the first process of a container has no handler for it.
      if (me.kind !== 'python') io.exit(me.kind === 'agnhost' ? 2 : 0);
    },
  },
}).createMachine({
  id: 'web-server',
  context: givenByKernel,
  initial: 'Serving',
  on: { SIGTERM: { actions: 'stop' } },
  states: {
    Serving: {
      entry: 'listen',
      on: {
        REQUEST: { actions: serve },
        WORK: { actions: ({ context, event }) => context.io.reply(event.call, event.response) },
      },
    },
  },
});

export const webServerPrograms: readonly Program[] = (
  ['nginx', 'httpd', 'http-echo', 'agnhost', 'python'] as const
).map((kind) => ({
  name: kind,
  machine: webServerMachine,
  init: (start: ProcessStart): WebServerMemory => ({
    kind,
    args: start.args,
    hostname: start.env['HOSTNAME'] ?? start.host,
    ports: [],
    text: '',
    root: '',
    served: 0,
  }),
}));

function listen(me: WebServerMemory, io: Io): void {
  const problem = configure(me, io);
  if (problem !== undefined) {
    io.log(problem);
    io.exit(1);
    return;
  }
  for (const port of me.ports) {
    if (io.listen(port)) continue;
    io.log(portTaken(me.kind, port));
    io.exit(1);
    return;
  }
  if (me.kind === 'nginx') {
    io.log('/docker-entrypoint.sh: Configuration complete; ready for start up');
    notice(io, 'using the "epoll" event method');
    notice(io, 'nginx/1.29.4');
    notice(io, 'start worker processes');
  } else if (me.kind === 'httpd')
    io.log(
      `[${formatDate(io.wallMs(), '%a %b %e %T %Y')}] [core:notice] [pid 1:tid 1] AH00094: Command line: 'httpd -D FOREGROUND'`,
    );
  else if (me.kind === 'http-echo')
    io.log(`${formatDate(io.wallMs(), '%Y/%m/%d %T')} [INFO] server is listening on :${me.ports[0]}`);
  else if (me.kind === 'python')
    io.log(`Serving HTTP on 0.0.0.0 port ${me.ports[0]} (http://0.0.0.0:${me.ports[0]}/) ...`);
}

/** Reads flags and configuration; the error a server prints before it gives up, or undefined. */
function configure(me: WebServerMemory, io: Io): string | undefined {
  const flag = (name: string) => me.args.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1);
  switch (me.kind) {
    case 'nginx':
      return configureNginx(me, io);
    case 'httpd':
      me.ports = [80];
      me.root = '/usr/local/apache2/htdocs';
      return undefined;
    case 'http-echo':
      me.text = flag('-text') ?? flag('--text') ?? '';
      me.ports = [Number((flag('-listen') ?? flag('--listen') ?? ':5678').replace(/^.*:/, ''))];
      return me.text === '' ? 'Missing -text option!' : undefined;
    case 'agnhost': {
      const result = agnhostPorts(me.args);
      if (typeof result === 'string') return result;
      me.ports = result;
      return undefined;
    }
    case 'python': {
      const at = me.args.indexOf('http.server');
      if (at < 1) return 'not simulated: python other than `-m http.server`';
      me.root = '/';
      me.ports = [Number(me.args[at + 1] ?? 8000)];
      return undefined;
    }
  }
}

function configureNginx(me: WebServerMemory, io: Io): string | undefined {
  me.root = '/usr/share/nginx/html';
  me.ports = [80];
  const texts: string[] = [];
  for (const path of io.listFiles('/etc/nginx/conf.d')) if (path.endsWith('.conf')) texts.push(io.readFile(path) ?? '');
  const main = io.readFile('/etc/nginx/nginx.conf');
  if (main !== undefined) texts.push(main);
  if (texts.length === 0) return undefined;
  const config = texts.join('\n').replace(/#.*$/gm, '');
  const depth = [...config].reduce((sum, c) => sum + (c === '{' ? 1 : c === '}' ? -1 : 0), 0);
  if (depth !== 0) return `nginx: [emerg] unexpected end of file, expecting "}" in /etc/nginx/conf.d/default.conf`;
  const bad =
    /^\s*(?!listen|server|root|index|location|return|http|events|worker|error|access|include|default|sendfile|keepalive|user|pid|log|types|proxy|upstream|gzip|tcp|add_header|try|rewrite|set|if|alias|autoindex|deny|allow|stub|client|resolver|daemon|map)([a-z_]+)\s[^{};]*[;{]/m.exec(
      config,
    );
  if (bad !== null) return `nginx: [emerg] unknown directive "${bad[1]}" in /etc/nginx/conf.d/default.conf`;
  const ports = [...config.matchAll(/\blisten\s+(?:\[::\]:|[\d.]+:)?(\d+)/g)].map((match) => Number(match[1]));
  if (ports.length > 0) me.ports = [...new Set(ports)];
  me.root = /\broot\s+([^;\s]+)/.exec(config)?.[1] ?? me.root;
  const answer = /\breturn\s+200\s+(?:"([^"]*)"|'([^']*)'|([^;]+));/.exec(config);
  if (answer !== null)
    me.text = (answer[1] ?? answer[2] ?? answer[3] ?? '').replaceAll('\\n', '\n').replaceAll('$hostname', me.hostname);
  return undefined;
}

function serve({ context: { me, io }, event }: Args): void {
  const request = event.body;
  if (typeof request.path !== 'string') {
    io.cancel(event.call, 'malformed HTTP response');
    return;
  }
  me.served++;
  const answer = answerTo(me, io, request, event.fromIp);
  if (answer.exitCode !== undefined) {
    io.reply(event.call, answer.response);
    io.exit(answer.exitCode);
    return;
  }
  access(me, io, request, answer.response, event.fromIp);
  if (answer.delayUs > 0)
    io.setTimer(`work/${event.call}`, answer.delayUs, { type: 'WORK', call: event.call, response: answer.response });
  else io.reply(event.call, answer.response);
}

export interface ServerAnswer {
  readonly response: AppResponse;
  readonly delayUs: number;
  readonly exitCode?: number | undefined;
}

function answerTo(me: WebServerMemory, io: Io, request: AppRequest, fromIp: string): ServerAnswer {
  switch (me.kind) {
    case 'http-echo':
      return { response: page(200, `${me.text}\n`, 'text/plain; charset=utf-8'), delayUs: 0 };
    case 'agnhost':
      return answerAgnhost(me, request, fromIp);
    default:
      return { response: fileAnswer(me, io, request), delayUs: 0 };
  }
}

function fileAnswer(me: WebServerMemory, io: Io, request: AppRequest): AppResponse {
  if (me.text !== '') return page(200, me.text, 'text/plain');
  const path = request.path.split('?')[0]!;
  const file = path.endsWith('/') ? `${path}index.html` : path;
  const content = io.readFile(`${me.root === '/' ? '' : me.root}${file}`);
  if (content !== undefined) return page(200, content, 'text/html');
  // A volume mounted over the document root hides the page that the image brings.
  const isCovered = io.listFiles(me.root).length > 0;
  if (path === '/' && me.kind === 'httpd' && !isCovered)
    return page(200, '<html><body><h1>It works!</h1></body></html>\n', 'text/html');
  if (path === '/' && me.kind === 'nginx' && !isCovered) return page(200, WELCOME, 'text/html');
  if (path === '/' && me.kind === 'nginx') return page(403, errorPage('403 Forbidden'), 'text/html');
  return page(404, errorPage('404 Not Found'), 'text/html');
}

function page(status: number, body: string, type: string): AppResponse {
  return { status, headers: { 'Content-Type': type }, body };
}

function errorPage(title: string): string {
  return `<html>\n<head><title>${title}</title></head>\n<body>\n<center><h1>${title}</h1></center>\n<hr><center>nginx/1.29.4</center>\n</body>\n</html>\n`;
}

const WELCOME = `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
<style>
html { color-scheme: light dark; }
body { width: 35em; margin: 0 auto;
font-family: Tahoma, Verdana, Arial, sans-serif; }
</style>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, nginx is successfully installed and working.</p>
</body>
</html>
`;

function access(me: WebServerMemory, io: Io, request: AppRequest, response: AppResponse, fromIp: string): void {
  const agent = request.headers?.['User-Agent'] ?? '-';
  // A kubelet asks every few seconds; the log keeps what people ask.
  if (me.kind === 'agnhost' || agent.startsWith('kube-probe')) return;
  const line = `"${request.method} ${request.path} HTTP/1.1" ${response.status}`;
  const when = formatDate(io.wallMs(), '%d/%b/%Y:%T %z');
  if (me.kind === 'nginx') io.log(`${fromIp} - - [${when}] ${line} ${response.body.length} "-" "${agent}" "-"`);
  else if (me.kind === 'httpd') io.log(`${fromIp} - - [${when}] ${line} ${response.body.length}`);
  else if (me.kind === 'python') io.log(`${fromIp} - - [${formatDate(io.wallMs(), '%d/%b/%Y %T')}] ${line} -`);
  else
    io.log(
      `${formatDate(io.wallMs(), '%Y/%m/%d %T')} ${request.headers?.['Host'] ?? ''} ${fromIp} ${line} ${response.body.length} "${agent}"`,
    );
}

function notice(io: Io, text: string): void {
  io.log(`${formatDate(io.wallMs(), '%Y/%m/%d %T')} [notice] 1#1: ${text}`);
}

function portTaken(kind: ServerKind, port: number): string {
  switch (kind) {
    case 'nginx':
      return `nginx: [emerg] bind() to 0.0.0.0:${port} failed (98: Address already in use)`;
    case 'httpd':
      return `(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:${port}`;
    case 'python':
      return 'OSError: [Errno 98] Address already in use';
    default:
      return `listen tcp :${port}: bind: address already in use`;
  }
}
