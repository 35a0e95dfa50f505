/** `ps`, `kill`, `pkill`, `pgrep`, `ss`, `netstat`, `top`: the processes of a machine and their ports. */
import type { Signal } from '../../sim/inputs.ts';
import type { Process } from '../../sim/kernel/state.ts';
import { type CommandIo, fail, type ShellCommand } from '../command.ts';
import { formatDate } from '../date-format.ts';
import { columns, commandLineOf, openPorts, pidOf, processesOf } from '../machine-state.ts';

const SIGNALS: Readonly<Record<string, Signal>> = {
  1: 'SIGHUP',
  9: 'SIGKILL',
  15: 'SIGTERM',
  18: 'SIGCONT',
  19: 'SIGSTOP',
  HUP: 'SIGHUP',
  KILL: 'SIGKILL',
  TERM: 'SIGTERM',
  CONT: 'SIGCONT',
  STOP: 'SIGSTOP',
};

const ps: ShellCommand = {
  name: 'ps',
  run(args, io) {
    const flags = args.join('').replaceAll('-', '');
    const processes = processesOf(io);
    const started = (process: Process) =>
      formatDate(Math.round(io.gateway.now(io.host) - (io.gateway.world.now - process.startedAt) / 1_000), '%H:%M');
    const state = (process: Process) => (process.paused ? 'T' : 'Ss');
    if (flags.includes('e') && flags.includes('f')) {
      const rows = processes.map((process) => [
        'root',
        String(pidOf(io, process)),
        String(parentPid(io, process)),
        '0',
        started(process),
        '?',
        '00:00:00',
        commandLineOf(process),
      ]);
      io.stdout(columns([['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'], ...rows], 1));
      return 0;
    }
    if (flags.includes('a') || flags.includes('x')) {
      const rows = processes.map((process) => [
        'root',
        String(pidOf(io, process)),
        '0.0',
        '0.1',
        '0',
        '0',
        '?',
        state(process),
        started(process),
        '0:00',
        commandLineOf(process),
      ]);
      io.stdout(
        columns([['USER', 'PID', '%CPU', '%MEM', 'VSZ', 'RSS', 'TTY', 'STAT', 'START', 'TIME', 'COMMAND'], ...rows], 1),
      );
      return 0;
    }
    io.stdout('    PID TTY          TIME CMD\n   1042 pts/0    00:00:00 bash\n   1043 pts/0    00:00:00 ps\n');
    return 0;
  },
};

function parentPid(io: CommandIo, process: Process): number {
  const parent = processesOf(io).find(({ id }) => id === process.parent);
  return parent === undefined ? (process.name === 'systemd' ? 0 : 1) : pidOf(io, parent);
}

/** The signal among the words, or why there is none. */
function signalOf(words: readonly string[]): { readonly signal: Signal; readonly rest: readonly string[] } | string {
  const [first = '', second = '', ...others] = words;
  const name = first === '-s' ? second : /^-(\w+)$/.exec(first)?.[1];
  if (name === undefined) return { signal: 'SIGTERM', rest: words };
  const signal = SIGNALS[name.toUpperCase().replace(/^SIG/, '')];
  if (signal === undefined) return name;
  return { signal, rest: first === '-s' ? others : words.slice(1) };
}

const kill: ShellCommand = {
  name: 'kill',
  async run(args, io) {
    const read = signalOf(args);
    if (typeof read === 'string') return fail(io, `bash: kill: ${read}: invalid signal specification`);
    if (read.rest.length === 0)
      return fail(
        io,
        'kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]',
        2,
      );
    let exitCode = 0;
    for (const word of read.rest) {
      const process = processesOf(io).find((each) => String(pidOf(io, each)) === word);
      if (!/^\d+$/.test(word)) {
        io.stderr(`bash: kill: ${word}: arguments must be process or job IDs\n`);
        exitCode = 1;
      } else if (process === undefined) {
        io.stderr(`bash: kill: (${word}) - No such process\n`);
        exitCode = 1;
      } else io.gateway.inject({ type: 'signal', process: process.id, signal: read.signal });
    }
    await io.gateway.sleep(5, io.signal);
    return exitCode;
  },
};

/** @param args  `-f` looks at the whole command line */
function matching(args: readonly string[], io: CommandIo): Process[] {
  const words = args.filter((word) => !word.startsWith('-'));
  const isFull = args.some((word) => /^-\w*f/.test(word));
  const isExact = args.some((word) => /^-\w*x/.test(word));
  const pattern = new RegExp(isExact ? `^(${words[0] ?? ''})$` : (words[0] ?? ''));
  return processesOf(io).filter((process) =>
    pattern.test(isFull ? commandLineOf(process) : process.program.slice(0, 15)),
  );
}

const pkill: ShellCommand = {
  name: 'pkill',
  async run(args, io) {
    const read = signalOf(args);
    const { signal, rest } = typeof read === 'string' ? { signal: 'SIGTERM' as const, rest: args } : read;
    if (rest.every((word) => word.startsWith('-')))
      return fail(io, "pkill: no matching criteria specified\nTry `pkill --help' for more information.", 2);
    const found = matching(rest, io);
    for (const { id } of found) io.gateway.inject({ type: 'signal', process: id, signal });
    await io.gateway.sleep(5, io.signal);
    return found.length === 0 ? 1 : 0;
  },
};

const killall: ShellCommand = {
  name: 'killall',
  async run(args, io) {
    const read = signalOf(args);
    if (typeof read === 'string') return fail(io, `${read}: unknown signal; killall -l lists signals.`);
    const [name = ''] = read.rest;
    const found = matching(['-x', name], io);
    if (found.length === 0) return fail(io, `${name}: no process found`);
    for (const { id } of found) io.gateway.inject({ type: 'signal', process: id, signal: read.signal });
    await io.gateway.sleep(5, io.signal);
    return 0;
  },
};

const pgrep: ShellCommand = {
  name: 'pgrep',
  run(args, io) {
    const found = matching(args, io);
    const isLong = args.some((word) => /^-\w*[al]/.test(word));
    io.stdout(
      found
        .map(
          (process) =>
            `${pidOf(io, process)}${isLong ? ` ${args.some((word) => /^-\w*a/.test(word)) ? commandLineOf(process) : process.program}` : ''}\n`,
        )
        .join(''),
    );
    return found.length === 0 ? 1 : 0;
  },
};

const ss: ShellCommand = {
  name: 'ss',
  run(args, io) {
    const flags = args.join('');
    if (!flags.includes('l')) {
      io.stdout('State  Recv-Q Send-Q  Local Address:Port    Peer Address:Port Process\n');
      return 0;
    }
    const withProcess = flags.includes('p');
    const rows = openPorts(io).map(({ address, port, process }) => [
      'LISTEN',
      '0',
      '4096',
      `${address}:${port}`,
      `${address === '*' ? '*' : '0.0.0.0'}:*`,
      withProcess ? `users:(("${process.program.slice(0, 15)}",pid=${pidOf(io, process)},fd=7))` : '',
    ]);
    io.stdout(
      columns([['State', 'Recv-Q', 'Send-Q', 'Local Address:Port', 'Peer Address:Port', 'Process'], ...rows], 1),
    );
    return 0;
  },
};

const netstat: ShellCommand = {
  name: 'netstat',
  run(_args, io) {
    const rows = openPorts(io).map(({ address, port, process }) => [
      address === '*' ? 'tcp6' : 'tcp',
      '0',
      '0',
      `${address === '*' ? '::' : address}${address === '*' ? ':' : ':'}${port}`,
      address === '*' ? ':::*' : '0.0.0.0:*',
      'LISTEN',
      `${pidOf(io, process)}/${process.program}`,
    ]);
    io.stdout(
      `Active Internet connections (only servers)\n${columns([['Proto', 'Recv-Q', 'Send-Q', 'Local Address', 'Foreign Address', 'State', 'PID/Program name'], ...rows], 1)}`,
    );
    return 0;
  },
};

export const processCommands: readonly ShellCommand[] = [ps, kill, pkill, killall, pgrep, ss, netstat];
