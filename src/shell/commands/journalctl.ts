/** `journalctl`: the journal of a machine's services. */
import { type JournalLine, journal, loadedUnits } from '../../sim/host/units.ts';
import { type CommandIo, fail, type ShellCommand } from '../command.ts';
import { formatDate, syslogTime } from '../date-format.ts';
import { machineOf } from '../machine-state.ts';
import { durationMs } from './clock.ts';

interface Query {
  readonly units: string[];
  follow: boolean;
  lines: number | undefined;
  since: number;
  until: number;
  output: string;
  reverse: boolean;
  kernel: boolean;
  grep: RegExp | undefined;
}

export const journalctl: ShellCommand = {
  name: 'journalctl',
  async run(args, io) {
    const query = readArguments(args, io);
    if (typeof query === 'string') return fail(io, query);
    let lines = select(query, io);
    const shown =
      query.lines === undefined
        ? query.follow
          ? lines.slice(-10)
          : lines
        : lines.slice(Math.max(0, lines.length - query.lines));
    if (shown.length === 0 && !query.follow) io.stdout('-- No entries --\n');
    for (const line of query.reverse ? [...shown].reverse() : shown) io.stdout(print(line, query.output, io.host));
    let last = lines.at(-1);
    while (query.follow && !io.signal.aborted) {
      let fresh: JournalLine[] = [];
      const steps = { seen: io.gateway.world.kernel.state.steps };
      const isMore = () => {
        const { state } = io.gateway.world.kernel;
        if (state.steps - steps.seen < 16) return false;
        steps.seen = state.steps;
        lines = select(query, io);
        fresh = after(lines, last);
        return fresh.length > 0;
      };
      if (!(await io.gateway.wait(isMore, io.signal))) return 0;
      for (const line of fresh) io.stdout(print(line, query.output, io.host));
      last = lines.at(-1);
    }
    return 0;
  },
  complete(words, io) {
    const word = words.at(-1) ?? '';
    const before = words.at(-2) ?? '';
    const names =
      before === '-u' || before === '--unit'
        ? loadedUnits(io.gateway.world.kernel, io.host)
        : ['-u', '-f', '-n', '--since', '--until', '-o', '-r', '-k', '--no-pager'];
    return names.filter((name) => name.startsWith(word));
  },
};

/** Lines of these units (of all, when there are none), oldest first. */
export function journalLines(io: CommandIo, units: readonly string[]): JournalLine[] {
  const { kernel } = io.gateway.world;
  if (units.length === 0) return journal(kernel, io.host);
  if (units.length === 1) return journal(kernel, io.host, units[0]);
  return units.flatMap((unit) => journal(kernel, io.host, unit)).sort((a, b) => a.wallMs - b.wallMs);
}

function select(query: Query, io: CommandIo): JournalLine[] {
  const lines = query.kernel
    ? (machineOf(io).logs.get('dmesg') ?? []).map(({ wallMs, text }) => ({ wallMs, identifier: 'kernel', text }))
    : journalLines(io, query.units);
  return lines.filter(
    ({ wallMs, text }) => wallMs >= query.since && wallMs <= query.until && (query.grep?.test(text) ?? true),
  );
}

function after(lines: readonly JournalLine[], last: JournalLine | undefined): JournalLine[] {
  if (last === undefined) return [...lines];
  const at = lines.findLastIndex(
    (line) => line.wallMs === last.wallMs && line.text === last.text && line.identifier === last.identifier,
  );
  return lines.slice(at + 1);
}

function print({ wallMs, identifier, text }: JournalLine, output: string, host: string): string {
  switch (output) {
    case 'cat':
      return `${text}\n`;
    case 'short-iso':
      return `${formatDate(wallMs, '%Y-%m-%dT%H:%M:%S+00:00')} ${host} ${identifier}: ${text}\n`;
    case 'short-precise':
      return `${formatDate(wallMs, '%b %d %H:%M:%S.%3N')}000 ${host} ${identifier}: ${text}\n`;
    case 'json': {
      const [name = '', pid] = identifier.replace(']', '').split('[');
      return `${JSON.stringify({ __REALTIME_TIMESTAMP: String(wallMs * 1_000), _HOSTNAME: host, SYSLOG_IDENTIFIER: name, ...(pid === undefined ? {} : { _PID: pid }), MESSAGE: text })}\n`;
    }
    default:
      return `${syslogTime(wallMs)} ${host} ${identifier}: ${text}\n`;
  }
}

const NO_VALUE = [
  '--no-pager',
  '-e',
  '--pager-end',
  '-x',
  '--catalog',
  '-a',
  '--all',
  '-q',
  '--quiet',
  '-l',
  '--full',
  '--no-hostname',
  '-m',
  '-b',
  '--boot',
];

function readArguments(args: readonly string[], io: CommandIo): Query | string {
  const query: Query = {
    units: [],
    follow: false,
    lines: undefined,
    since: 0,
    until: Number.POSITIVE_INFINITY,
    output: 'short',
    reverse: false,
    kernel: false,
    grep: undefined,
  };
  const words = args.flatMap((word) =>
    /^-[a-z]{2,}$/.test(word) && !/^-[nuopSUg]/.test(word) ? [...word.slice(1)].map((letter) => `-${letter}`) : [word],
  );
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const [, name = word, inline] = /^(--[a-z-]+)=(.*)$/s.exec(word) ?? /^(-[nuopSUg])(.+)$/s.exec(word) ?? [];
    const value = () => inline ?? words[++i] ?? '';
    if (NO_VALUE.includes(name)) continue;
    switch (name) {
      case '-f':
      case '--follow':
        query.follow = true;
        break;
      case '-r':
      case '--reverse':
        query.reverse = true;
        break;
      case '-k':
      case '--dmesg':
        query.kernel = true;
        break;
      case '-u':
      case '--unit': {
        const unit = value();
        query.units.push(unit.includes('.') ? unit : `${unit}.service`);
        break;
      }
      case '-n':
      case '--lines': {
        const count = value();
        if (count !== 'all' && !/^\+?\d+$/.test(count)) return `Failed to parse lines '${count}'`;
        query.lines = count === 'all' ? undefined : Number(count);
        break;
      }
      case '-o':
      case '--output':
        query.output = value();
        break;
      case '-p':
      case '--priority':
        value();
        break;
      case '-g':
      case '--grep':
        query.grep = new RegExp(value());
        break;
      case '-S':
      case '--since':
      case '-U':
      case '--until': {
        const text = value();
        const moment = momentOf(text, io.gateway.now(io.host));
        if (moment === undefined) return `Failed to parse timestamp: ${text}`;
        if (name === '-S' || name === '--since') query.since = moment;
        else query.until = moment;
        break;
      }
      default:
        if (word.startsWith('-')) return `journalctl: unrecognized option '${word}'`;
        return `Failed to add match '${word}': Invalid argument`;
    }
  }
  return query;
}

/** `5 min ago`, `-1h`, `10 minutes ago`, `today`, `2026-01-01 09:00`, `09:05`. */
function momentOf(text: string, nowMs: number): number | undefined {
  const day = nowMs - (nowMs % 86_400_000);
  if (text === 'now') return nowMs;
  if (text === 'today') return day;
  if (text === 'yesterday') return day - 86_400_000;
  const ago = /^-?(.+?)( ago)?$/.exec(text.trim());
  if (ago !== null && (text.startsWith('-') || ago[2] !== undefined)) {
    const short = (ago[1] ?? '')
      .replace(/\s+/g, '')
      .replace(/(\d)(seconds?|sec)/g, '$1s')
      .replace(/(\d)(minutes?|min)/g, '$1m')
      .replace(/(\d)(hours?|hr)/g, '$1h')
      .replace(/(\d)days?/g, '$1d');
    const ms = durationMs(short);
    return ms === undefined ? undefined : nowMs - ms;
  }
  const clock = /^(\d\d):(\d\d)(?::(\d\d))?$/.exec(text);
  if (clock !== null) return day + (Number(clock[1]) * 3_600 + Number(clock[2]) * 60 + Number(clock[3] ?? 0)) * 1_000;
  const parsed = Date.parse(`${text.replace(' ', 'T')}${/T|\s\d/.test(text) ? 'Z' : ''}`);
  return Number.isNaN(parsed) ? undefined : parsed;
}
