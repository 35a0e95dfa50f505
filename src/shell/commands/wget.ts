/** `wget`, as GNU's. */
import { type CommandIo, fail, INTERRUPTED, type ShellCommand } from '../command.ts';
import { formatDate } from '../date-format.ts';
import { resolvePath } from '../file-content.ts';
import { fetchUrl, parseUrl, reasonOf } from '../http-fetch.ts';

interface WgetOptions {
  quiet: boolean;
  output: string;
  timeoutMs: number;
  insecure: boolean;
  spider: boolean;
  tries: number;
  readonly headers: Record<string, string>;
}

export const wget: ShellCommand = {
  name: 'wget',
  async run(args, io) {
    const options: WgetOptions = {
      quiet: false,
      output: '',
      timeoutMs: 0,
      insecure: false,
      spider: false,
      tries: 20,
      headers: { 'User-Agent': 'Wget/1.25.0' },
    };
    const urls: string[] = [];
    for (let i = 0; i < args.length; i++) {
      const word = args[i] ?? '';
      const [, name = word, inline] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? [];
      const value = () => inline ?? args[++i] ?? '';
      if (/^-q?O/.test(word)) {
        options.quiet ||= word.startsWith('-q');
        const rest = word.replace(/^-q?O/, '');
        options.output = rest === '' ? (args[++i] ?? '-') : rest;
      } else if (name === '--output-document') options.output = value();
      else if (word === '-q' || word === '--quiet') options.quiet = true;
      else if (name === '-T' || name === '--timeout') options.timeoutMs = Number(value()) * 1_000;
      else if (name === '-t' || name === '--tries') options.tries = Number(value()) || 1;
      else if (name === '--header') {
        const [key = '', ...rest] = value().split(':');
        options.headers[key] = rest.join(':').trim();
      } else if (word === '--no-check-certificate') options.insecure = true;
      else if (word === '--spider') options.spider = true;
      else if (word === '-S' || word === '-nv' || word === '--server-response') continue;
      else if (word.startsWith('-'))
        return fail(
          io,
          `wget: unrecognized option '${word}'\nUsage: wget [OPTION]... [URL]...\n\nTry \`wget --help' for more options.`,
          2,
        );
      else urls.push(word);
    }
    if (urls.length === 0)
      return fail(io, "wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.");
    let exitCode = 0;
    for (const url of urls) exitCode = (await download(url, options, io)) || exitCode;
    return io.signal.aborted ? INTERRUPTED : exitCode;
  },
};

async function download(text: string, options: WgetOptions, io: CommandIo): Promise<number> {
  const say = (line: string) => {
    if (!options.quiet) io.stderr(line);
  };
  const url = parseUrl(text);
  if (url === undefined) return fail(io, `${text}: Invalid host name.`);
  const stamp = () => formatDate(io.gateway.now(io.host), '%Y-%m-%d %H:%M:%S');
  say(`--${stamp()}--  ${url.scheme}://${url.host}${[80, 443].includes(url.port) ? '' : `:${url.port}`}${url.path}\n`);
  const result = await fetchUrl(io, url, {
    method: options.spider ? 'HEAD' : 'GET',
    headers: options.headers,
    body: undefined,
    insecure: options.insecure,
    ca: undefined,
    certificate: undefined,
    key: undefined,
    maxTimeMs: options.timeoutMs,
    connectTimeoutMs: 0,
    address: undefined,
  });
  if (!result.ok && result.failure === 'resolve') {
    say(
      `Resolving ${url.host} (${url.host})... failed: Name or service not known.\nwget: unable to resolve host address '${url.host}'\n`,
    );
    return 4;
  }
  say(`Connecting to ${url.host} (${url.host})|${result.ip}|:${url.port}... `);
  if (!result.ok) {
    const why = {
      refused: 'Connection refused',
      unreachable: 'No route to host',
      timeout: 'Connection timed out',
      giveUp: 'Connection timed out',
      reset: 'Connection reset by peer',
      tls: '',
      resolve: '',
    }[result.failure];
    if (result.failure === 'tls') {
      say(
        `connected.\nERROR: cannot verify ${url.host}'s certificate: Unable to locally verify the issuer's authority.\nTo connect to ${url.host} insecurely, use \`--no-check-certificate'.\n`,
      );
      return 5;
    }
    say(`failed: ${why}.\n`);
    return 4;
  }
  const { answer } = result;
  say(`connected.\nHTTP request sent, awaiting response... ${answer.status} ${reasonOf(answer.status)}\n`);
  if (answer.status >= 400) {
    say(`${stamp()} ERROR ${answer.status}: ${reasonOf(answer.status)}.\n\n`);
    return 8;
  }
  if (options.spider) {
    say('Remote file exists.\n\n');
    return 0;
  }
  const name = options.output || url.path.split('?')[0]?.split('/').at(-1) || 'index.html';
  say(
    `Length: ${answer.body.length} [${answer.headers['Content-Type'] ?? 'text/plain'}]\nSaving to: '${name === '-' ? 'STDOUT' : name}'\n\n`,
  );
  if (name === '-') io.stdout(answer.body);
  else await io.fs.writeFile(resolvePath(io.cwd, name), answer.body);
  say(`\n${stamp()} - '${name === '-' ? '-' : name}' saved [${answer.body.length}/${answer.body.length}]\n\n`);
  return 0;
}
