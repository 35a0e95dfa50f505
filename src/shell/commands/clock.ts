/** Commands about time: it is virtual, and passes when somebody waits. */

import { type CommandIo, fail, INTERRUPTED, type ShellCommand } from '../command.ts';
import { formatDate } from '../date-format.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, '': 1_000, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30`, `30s`, `1.5m`, `2h`, `1m30s` in milliseconds; undefined: not a duration. */
export function durationMs(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d)?)+$/.test(text)) return undefined;
  let total = 0;
  for (const [, number = '0', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)?/g))
    total += Number(number) * (UNITS[unit] ?? 0);
  return total;
}

async function wait(io: CommandIo, ms: number): Promise<number> {
  await io.gateway.sleep(ms, io.signal);
  return io.signal.aborted ? INTERRUPTED : 0;
}

const sleep: ShellCommand = {
  name: 'sleep',
  async run(args, io) {
    if (args.length === 0) return fail(io, "sleep: missing operand\nTry 'sleep --help' for more information.");
    if (args[0] === 'infinity') return wait(io, 1e12);
    let total = 0;
    for (const word of args) {
      const ms = durationMs(word);
      if (ms === undefined)
        return fail(io, `sleep: invalid time interval '${word}'\nTry 'sleep --help' for more information.`);
      total += ms;
    }
    return wait(io, total);
  },
};

const advance: ShellCommand = {
  name: 'advance',
  async run(args, io) {
    const ms = durationMs(args.join(''));
    if (ms === undefined) return fail(io, 'advance: say for how long: advance 30s', 2);
    return wait(io, ms);
  },
};

const clock: ShellCommand = {
  name: 'clock',
  run(_args, io) {
    const { world } = io.gateway;
    const seconds = (world.now / 1e6).toFixed(3);
    io.stdout(
      `${formatDate(io.gateway.now(io.host), '%Y-%m-%dT%H:%M:%S.%3NZ')}  ${seconds} s since the cluster was made\n`,
    );
    for (const { name, clockSkewMs } of world.kernel.state.hosts.values()) {
      if (clockSkewMs !== 0) io.stdout(`${name}: ${clockSkewMs > 0 ? '+' : ''}${clockSkewMs / 1_000} s off\n`);
    }
    return 0;
  },
};

const date: ShellCommand = {
  name: 'date',
  run(args, io) {
    let format = '%a %b %e %H:%M:%S UTC %Y';
    let atMs = io.gateway.now(io.host);
    for (let i = 0; i < args.length; i++) {
      const word = args[i] ?? '';
      const given = word === '-d' || word === '--date' ? args[++i] : /^--date=(.*)$/s.exec(word)?.[1];
      if (word.startsWith('+')) format = word.slice(1);
      else if (/^(-I|--iso-8601)/.test(word)) format = /sec/.test(word) ? '%Y-%m-%dT%H:%M:%S+00:00' : '%Y-%m-%d';
      else if (word === '-R') format = '%a, %d %b %Y %H:%M:%S +0000';
      else if (given !== undefined) {
        const parsed = momentOf(given, atMs);
        if (parsed === undefined) return fail(io, `date: invalid date '${given}'`);
        atMs = parsed;
      } else if (word === '-s' || word.startsWith('--set'))
        return fail(io, 'not simulated: date -s; use fault inject clock-skew', 64);
      else if (word !== '-u' && word !== '--utc')
        return fail(io, `date: invalid option -- '${word.replace(/^-+/, '')}'`);
    }
    io.stdout(`${formatDate(atMs, format)}\n`);
    return 0;
  },
};

function momentOf(text: string, nowMs: number): number | undefined {
  if (text.startsWith('@')) return Number(text.slice(1)) * 1_000;
  if (text === 'now') return nowMs;
  const relative = /^([+-]?\d+)\s*(second|sec|minute|min|hour|day|week)s?( ago)?$/.exec(text.trim());
  if (relative !== null) {
    const unit =
      { second: 1, sec: 1, minute: 60, min: 60, hour: 3_600, day: 86_400, week: 604_800 }[relative[2] ?? ''] ?? 1;
    return nowMs + Number(relative[1]) * unit * 1_000 * (relative[3] === undefined ? 1 : -1);
  }
  const parsed = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(parsed) ? undefined : parsed;
}

export const clockCommands: readonly ShellCommand[] = [sleep, advance, clock, date];
