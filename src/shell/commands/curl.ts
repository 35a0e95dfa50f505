/** `curl`: HTTP and HTTPS to whatever answers at an address of the simulated network, with curl's own errors. */
import { type CommandIo, fail, INTERRUPTED, type ShellCommand } from '../command.ts';
import { resolvePath } from '../file-content.ts';
import { fetchUrl, type HttpAnswer, parseUrl, reasonOf } from '../http-fetch.ts';

interface CurlOptions {
  method: string;
  body: string | undefined;
  readonly headers: Record<string, string>;
  readonly urls: string[];
  silent: boolean;
  showError: boolean;
  verbose: boolean;
  include: boolean;
  failOnError: boolean;
  insecure: boolean;
  follow: boolean;
  output: string;
  writeOut: string;
  cacert: string;
  cert: string;
  key: string;
  maxTimeMs: number;
  connectTimeoutMs: number;
  readonly resolve: Map<string, string>;
}

const VALUES: Readonly<Record<string, string>> = {
  '--request': '-X',
  '--data': '-d',
  '--data-raw': '-d',
  '--data-binary': '-d',
  '--header': '-H',
  '--output': '-o',
  '--write-out': '-w',
  '--max-time': '-m',
  '--cert': '-E',
  '--user-agent': '-A',
  '--user': '-u',
};
const SWITCHES: Readonly<Record<string, string>> = {
  '--silent': 's',
  '--show-error': 'S',
  '--verbose': 'v',
  '--include': 'i',
  '--head': 'I',
  '--fail': 'f',
  '--insecure': 'k',
  '--location': 'L',
  '--ipv4': '4',
};

export const curl: ShellCommand = {
  name: 'curl',
  async run(args, io) {
    const options = await readArguments(args, io);
    if (typeof options === 'string') return fail(io, options, 2);
    if (options.urls.length === 0)
      return fail(io, "curl: (2) no URL specified\ncurl: try 'curl --help' or 'curl --manual' for more information", 2);
    let exitCode = 0;
    for (const url of options.urls) exitCode = await transfer(url, options, io);
    return io.signal.aborted ? INTERRUPTED : exitCode;
  },
};

async function transfer(url: string, options: CurlOptions, io: CommandIo, redirects = 0): Promise<number> {
  const complain = (code: number, text: string): number => {
    if (!options.silent || options.showError) io.stderr(`curl: (${code}) ${text}\n`);
    if (options.writeOut !== '') io.stdout(written(options.writeOut, undefined, 0, url));
    return code;
  };
  const target = parseUrl(url);
  if (target === undefined)
    return complain(
      3,
      `URL rejected: ${/^https?:/.test(url) ? 'No host part in the URL' : 'Malformed input to a URL function'}`,
    );
  if (target.scheme !== 'http' && target.scheme !== 'https')
    return complain(1, `Protocol "${target.scheme}" not supported`);
  const result = await fetchUrl(io, target, {
    method: options.method === '' ? (options.body === undefined ? 'GET' : 'POST') : options.method,
    headers: { 'User-Agent': 'curl/8.14.1', Accept: '*/*', ...options.headers },
    body: options.body,
    insecure: options.insecure,
    ca: await pem(io, options.cacert),
    certificate: await pem(io, options.cert),
    key: await pem(io, options.key),
    maxTimeMs: options.maxTimeMs,
    connectTimeoutMs: options.connectTimeoutMs,
    address: options.resolve.get(`${target.host}:${target.port}`),
  });
  const note = (text: string) => {
    if (options.verbose) io.stderr(text);
  };
  if (!result.ok) {
    const { failure, tookMs } = result;
    switch (failure) {
      case 'resolve':
        return complain(6, `Could not resolve host: ${target.host}`);
      case 'timeout':
        return complain(
          28,
          result.connected
            ? `Operation timed out after ${tookMs} milliseconds with 0 bytes received`
            : `Connection timed out after ${tookMs} milliseconds`,
        );
      case 'giveUp':
        return complain(
          28,
          `Failed to connect to ${target.host} port ${target.port} after ${tookMs} ms: Could not connect to server`,
        );
      case 'reset':
        return complain(56, 'Recv failure: Connection reset by peer');
      case 'tls':
        return complain(result.exitCode, tlsText(result.error));
      default:
        note(
          `* connect to ${result.ip} port ${target.port} from ${io.host} failed: ${failure === 'unreachable' ? 'No route to host' : 'Connection refused'}\n`,
        );
        return complain(
          7,
          `Failed to connect to ${target.host} port ${target.port} after ${tookMs} ms: Could not connect to server`,
        );
    }
  }
  const { answer, ip } = result;
  note(
    `*   Trying ${ip}:${target.port}...\n* Connected to ${target.host} (${ip}) port ${target.port}\n> ${options.method || 'GET'} ${target.path} HTTP/1.1\n> Host: ${target.host}${[80, 443].includes(target.port) ? '' : `:${target.port}`}\n> User-Agent: curl/8.14.1\n> Accept: */*\n> \n`,
  );
  const version = target.scheme === 'https' ? 'HTTP/2' : 'HTTP/1.1';
  const head = `${version} ${answer.status}${version === 'HTTP/2' ? '' : ` ${reasonOf(answer.status)}`}\n${Object.entries(
    answer.headers,
  )
    .map(([name, value]) => `${version === 'HTTP/2' ? name.toLowerCase() : name}: ${value}\n`)
    .join('')}\n`;
  note(head.replace(/^/gm, '< ').replace(/< $/, ''));
  const location = answer.headers['Location'] ?? answer.headers['location'];
  if (options.follow && location !== undefined && answer.status >= 300 && answer.status < 400 && redirects < 50) {
    return transfer(new URL(location, url).href, options, io, redirects + 1);
  }
  const failed = options.failOnError && answer.status >= 400;
  const body = options.method === 'HEAD' || failed ? '' : answer.body;
  const text = `${options.include || options.method === 'HEAD' ? head : ''}${body}`;
  if (options.output === '' || options.output === '-') io.stdout(text);
  else if (options.output !== '/dev/null') await io.fs.writeFile(resolvePath(io.cwd, options.output), text);
  if (options.writeOut !== '') io.stdout(written(options.writeOut, answer, result.tookMs, url, ip));
  if (failed) {
    if (!options.silent || options.showError)
      io.stderr(`curl: (22) The requested URL returned error: ${answer.status}\n`);
    return 22;
  }
  return 0;
}

function tlsText(error: string): string {
  if (error.includes('unknown authority')) {
    return 'SSL certificate problem: unable to get local issuer certificate\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore could not\nestablish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the webpage mentioned above.';
  }
  if (error.includes('expired')) return 'SSL certificate problem: certificate has expired';
  if (error.includes('not valid for') || error.includes('is valid for'))
    return 'SSL: no alternative certificate subject name matches target host name';
  if (error.startsWith('remote error'))
    return `OpenSSL SSL_read: OpenSSL/3.5.1: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0`;
  return `TLS connect error: ${error}`;
}

function written(format: string, answer: HttpAnswer | undefined, tookMs: number, url: string, ip = ''): string {
  const values: Readonly<Record<string, string>> = {
    http_code: String(answer?.status ?? 0).padStart(3, '0'),
    response_code: String(answer?.status ?? 0).padStart(3, '0'),
    time_total: (tookMs / 1_000).toFixed(6),
    size_download: String(answer?.body.length ?? 0),
    remote_ip: ip,
    url_effective: url,
    content_type: answer?.headers['Content-Type'] ?? '',
  };
  return format
    .replace(/%\{(\w+)\}/g, (_all, name: string) => values[name] ?? '')
    .replaceAll('\\n', '\n')
    .replaceAll('\\t', '\t')
    .replaceAll('\\r', '');
}

async function pem(io: CommandIo, path: string): Promise<string | undefined> {
  const resolved = resolvePath(io.cwd, path);
  return path !== '' && (await io.fs.exists(resolved)) ? io.fs.readFile(resolved) : undefined;
}

async function readArguments(args: readonly string[], io: CommandIo): Promise<CurlOptions | string> {
  const options: CurlOptions = {
    method: '',
    body: undefined,
    headers: {},
    urls: [],
    silent: false,
    showError: false,
    verbose: false,
    include: false,
    failOnError: false,
    insecure: false,
    follow: false,
    output: '',
    writeOut: '',
    cacert: '',
    cert: '',
    key: '',
    maxTimeMs: 0,
    connectTimeoutMs: 0,
    resolve: new Map(),
  };
  for (let i = 0; i < args.length; i++) {
    const word = args[i] ?? '';
    if (!word.startsWith('-') || word === '-') {
      options.urls.push(word);
      continue;
    }
    if (word.startsWith('--')) {
      const name = VALUES[word] ?? word;
      if (SWITCHES[word] !== undefined) setSwitch(options, SWITCHES[word]);
      else if (VALUES[word] !== undefined || LONG_VALUES.includes(word)) {
        const problem = await setValue(options, name, args[++i], io);
        if (problem !== undefined) return problem;
      } else if (!IGNORED.includes(word))
        return `curl: option ${word}: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information`;
      continue;
    }
    for (let at = 1; at < word.length; at++) {
      const letter = word[at] ?? '';
      if ('XdHowmEAuTbcK'.includes(letter)) {
        const problem = await setValue(
          options,
          `-${letter}`,
          at + 1 < word.length ? word.slice(at + 1) : args[++i],
          io,
        );
        if (problem !== undefined) return problem;
        break;
      }
      if (!'sSviIfkL4gN#'.includes(letter))
        return `curl: option -${letter}: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information`;
      setSwitch(options, letter);
    }
  }
  return options;
}

const LONG_VALUES = [
  '--cacert',
  '--key',
  '--connect-timeout',
  '--resolve',
  '--retry',
  '--retry-delay',
  '--max-redirs',
  '--interface',
];
const IGNORED = [
  '--compressed',
  '--http1.1',
  '--http2',
  '--no-progress-meter',
  '--tlsv1.2',
  '--tlsv1.3',
  '--globoff',
  '--no-buffer',
  '--fail-with-body',
  '--retry-connrefused',
];

function setSwitch(options: CurlOptions, letter: string): void {
  if (letter === 's') options.silent = true;
  if (letter === 'S') options.showError = true;
  if (letter === 'v') options.verbose = true;
  if (letter === 'i') options.include = true;
  if (letter === 'I') options.method = 'HEAD';
  if (letter === 'f') options.failOnError = true;
  if (letter === 'k') options.insecure = true;
  if (letter === 'L') options.follow = true;
}

async function setValue(
  options: CurlOptions,
  name: string,
  value: string | undefined,
  io: CommandIo,
): Promise<string | undefined> {
  if (value === undefined)
    return `curl: option ${name}: requires parameter\ncurl: try 'curl --help' or 'curl --manual' for more information`;
  switch (name) {
    case '-X':
      options.method = value;
      break;
    case '-d':
      options.body = value.startsWith('@')
        ? value === '@-'
          ? io.stdin
          : ((await pem(io, value.slice(1))) ?? '')
        : value;
      break;
    case '-H': {
      const [key = '', ...rest] = value.split(':');
      options.headers[key.trim()] = rest.join(':').trim();
      break;
    }
    case '-A':
      options.headers['User-Agent'] = value;
      break;
    case '-u':
      options.headers['Authorization'] = `Basic ${Buffer.from(value).toString('base64')}`;
      break;
    case '-o':
      options.output = value;
      break;
    case '-w':
      options.writeOut = value;
      break;
    case '-m':
      options.maxTimeMs = Number(value) * 1_000;
      break;
    case '--connect-timeout':
      options.connectTimeoutMs = Number(value) * 1_000;
      break;
    case '--cacert':
      options.cacert = value;
      break;
    case '-E':
      options.cert = value;
      break;
    case '--key':
      options.key = value;
      break;
    case '--resolve': {
      const [host = '', port = '', ip = ''] = value.split(':');
      options.resolve.set(`${host}:${port}`, ip);
    }
  }
  return undefined;
}
