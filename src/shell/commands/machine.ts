/** Small commands about the machine itself: its name, its disk, its kernel's messages, its power. */

import { quote } from '../bash-text.ts';
import { type CommandIo, fail, notSimulated, type ShellCommand } from '../command.ts';
import { formatDate } from '../date-format.ts';
import { columns, machineOf, processesOf } from '../machine-state.ts';
import { durationMs } from './clock.ts';

const hostname: ShellCommand = {
  name: 'hostname',
  run(args, io) {
    const [flag] = args;
    if (flag === '-i' || flag === '-I' || flag === '--ip-address') io.stdout(`${machineOf(io).ip}\n`);
    else if (flag !== undefined && !flag.startsWith('-'))
      return fail(io, 'not simulated: giving a machine another name', 64);
    else io.stdout(`${io.host}\n`);
    return 0;
  },
};

const whoami: ShellCommand = {
  name: 'whoami',
  run(_args, io) {
    io.stdout(`${io.user}\n`);
    return 0;
  },
};

const id: ShellCommand = {
  name: 'id',
  run(args, io) {
    if (args[0] === '-u') io.stdout(io.user === 'root' ? '0\n' : '1000\n');
    else if (args[0] === '-un') io.stdout(`${io.user}\n`);
    else
      io.stdout(
        io.user === 'root'
          ? 'uid=0(root) gid=0(root) groups=0(root)\n'
          : `uid=1000(${io.user}) gid=1000(${io.user}) groups=1000(${io.user})\n`,
      );
    return 0;
  },
};

const uname: ShellCommand = {
  name: 'uname',
  run(args, io) {
    const release = machineOf(io).files.get('/proc/sys/kernel/osrelease')?.content.trim() ?? '6.12.48+deb13-amd64';
    const parts: Readonly<Record<string, string>> = {
      s: 'Linux',
      n: io.host,
      r: release,
      v: '#1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20)',
      m: 'x86_64',
      o: 'GNU/Linux',
    };
    const asked = args.join('').replaceAll('-', '') || 's';
    const letters = asked.includes('a') ? 'snrvmo' : asked;
    io.stdout(
      `${[...'snrvmo']
        .filter((letter) => letters.includes(letter))
        .map((letter) => parts[letter])
        .join(' ')}\n`,
    );
    return 0;
  },
};

const uptime: ShellCommand = {
  name: 'uptime',
  run(_args, io) {
    const first = processesOf(io)[0]?.startedAt ?? 0;
    const minutes = Math.floor((io.gateway.world.now - first) / 60e6);
    const up = minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
    io.stdout(
      ` ${formatDate(io.gateway.now(io.host), '%H:%M:%S')} up ${up},  1 user,  load average: 0.00, 0.00, 0.00\n`,
    );
    return 0;
  },
};

const df: ShellCommand = {
  name: 'df',
  run(args, io) {
    const machine = machineOf(io);
    const blocks = Number(
      /\s(\d+)\s+vda$/m.exec(machine.files.get('/proc/partitions')?.content ?? '')?.[1] ?? 62_914_560,
    );
    let bytes = 0;
    for (const { content } of machine.files.values()) bytes += content.length;
    const used = machine.diskFull ? blocks : Math.min(blocks, 2_400_000 + Math.ceil(bytes / 1_024));
    const size = (kilobytes: number) =>
      args.some((word) => word.includes('h')) ? human(kilobytes) : String(kilobytes);
    const heading = args.some((word) => word.includes('h'))
      ? ['Filesystem', 'Size', 'Used', 'Avail', 'Use%', 'Mounted on']
      : ['Filesystem', '1K-blocks', 'Used', 'Available', 'Use%', 'Mounted on'];
    io.stdout(
      columns(
        [
          heading,
          ['/dev/vda1', size(blocks), size(used), size(blocks - used), `${Math.ceil((used / blocks) * 100)}%`, '/'],
        ],
        1,
      ),
    );
    return 0;
  },
};

function human(kilobytes: number): string {
  if (kilobytes === 0) return '0';
  const units = ['K', 'M', 'G', 'T'];
  let value = kilobytes;
  let unit = 0;
  for (; value >= 1_024 && unit < units.length - 1; unit++) value /= 1_024;
  return `${value < 10 ? (Math.ceil(value * 10) / 10).toFixed(1) : Math.ceil(value)}${units[unit]}`;
}

const dmesg: ShellCommand = {
  name: 'dmesg',
  run(args, io) {
    const isReadable = args.some((word) => word.includes('T'));
    for (const { at, wallMs, text } of machineOf(io).logs.get('dmesg') ?? []) {
      const stamp = isReadable ? formatDate(wallMs, '%a %b %e %H:%M:%S %Y') : (at / 1e6).toFixed(6).padStart(12);
      io.stdout(`[${stamp}] ${text}\n`);
    }
    return 0;
  },
};

const reboot: ShellCommand = {
  name: 'reboot',
  async run(_args, io) {
    if (io.host === 'laptop') return notSimulated(io, 'reboot of the laptop');
    const { host } = io;
    io.gateway.inject({ type: 'fault', fault: { kind: 'power', host }, heal: false });
    await io.gateway.sleep(15_000, io.signal);
    io.gateway.inject({ type: 'fault', fault: { kind: 'power', host }, heal: true });
    io.stderr(`Connection to ${host} closed by remote host.\n`);
    return 255;
  },
};

const poweroff: ShellCommand = {
  name: 'poweroff',
  run(_args, io) {
    if (io.host === 'laptop') return notSimulated(io, 'poweroff of the laptop');
    const fault = { kind: 'power', host: io.host } as const;
    io.gateway.inject({ type: 'fault', fault, heal: false });
    io.memory.faults.push({ fault, atUs: io.gateway.world.now });
    io.stderr(`Connection to ${io.host} closed by remote host.\n`);
    return 255;
  },
};

/** Everybody is root already. */
const sudo: ShellCommand = {
  name: 'sudo',
  async run(args, io) {
    const words = args.filter((word, i) => !(i === 0 && /^-[EnSi]$/.test(word)));
    if (words.length === 0) return fail(io, 'usage: sudo command');
    const { stdout, stderr, exitCode } = await io.run(io.line(words));
    io.stdout(stdout);
    io.stderr(stderr);
    return exitCode;
  },
};

const timeout: ShellCommand = {
  name: 'timeout',
  async run(args, io) {
    let keepsStatus = false;
    let at = 0;
    for (; args[at]?.startsWith('-') === true; at++) {
      if (args[at] === '--preserve-status') keepsStatus = true;
      else if (args[at] === '-s' || args[at] === '-k') at++;
    }
    const [duration = '', ...words] = args.slice(at);
    const ms = durationMs(duration);
    if (words.length === 0)
      return fail(io, "timeout: missing operand\nTry 'timeout --help' for more information.", 125);
    if (ms === undefined)
      return fail(io, `timeout: invalid time interval '${duration}'\nTry 'timeout --help' for more information.`, 125);
    const { stdout, stderr, exitCode, timedOut } = await io.runFor(scriptOf(words) ?? io.line(words), ms);
    io.stdout(stdout);
    if (!timedOut) io.stderr(stderr);
    return timedOut ? (keepsStatus ? 143 : 124) : exitCode;
  },
};

/** `sh -c SCRIPT` is that script, in a shell of its own. */
function scriptOf([name = '', flag, script, ...rest]: readonly string[]): string | undefined {
  return /^(\/bin\/)?(ba)?sh$/.test(name) && flag === '-c' && script !== undefined && rest.length === 0
    ? `(${script}\n)`
    : undefined;
}

/** just-bash's own takes `-n 1`, not `-n1`. */
const xargs: ShellCommand = {
  name: 'xargs',
  async run(args, io) {
    const words = args.flatMap((word) => {
      const match = /^(-[nILPsd])(.+)$/.exec(word);
      return match === null ? [word] : [match[1] ?? '', match[2] ?? ''];
    });
    const { stdout, stderr, exitCode } = await io.original(words);
    io.stdout(stdout);
    io.stderr(stderr);
    return exitCode;
  },
};

/** The screen is the tutor's to clear. */
const clear: ShellCommand = { name: 'clear', run: () => 0 };

/** just-bash's own, with the owner that files have here. */
const ls: ShellCommand = {
  name: 'ls',
  async run(args, io) {
    const { stdout, stderr, exitCode } = await io.original(args);
    io.stdout(stdout.replace(/^(\S{10} +\d+) user user /gm, '$1 root root '));
    io.stderr(
      stderr.replace(/^ls: (.*): (No such file or directory|Not a directory)$/gm, "ls: cannot access '$1': $2"),
    );
    return exitCode;
  },
};

const watch: ShellCommand = {
  name: 'watch',
  async run(args, io) {
    let seconds = 2;
    let at = 0;
    for (; at < args.length && args[at]?.startsWith('-'); at++) {
      const inline = /^(?:-n|--interval=)(\d+(?:\.\d+)?)$/.exec(args[at] ?? '')?.[1];
      if (inline !== undefined) seconds = Number(inline);
      else if (args[at] === '-n') seconds = Number(args[++at]);
    }
    const words = args.slice(at);
    if (words.length === 0 || Number.isNaN(seconds)) return fail(io, 'Usage:\n watch [options] command');
    const line = words.length === 1 ? (words[0] ?? '') : words.map(quote).join(' ');
    while (!io.signal.aborted) {
      const { stdout, stderr } = await io.run(line);
      io.stdout(
        `Every ${seconds.toFixed(1)}s: ${words.join(' ')}    ${io.host}: ${formatDate(io.gateway.now(io.host), '%a %b %e %H:%M:%S %Y')}\n\n${stdout}${stderr}\n`,
      );
      if (!io.isTerminal) return 0;
      const next = io.gateway.world.now + seconds * 1e6;
      await io.gateway.wait(() => io.gateway.world.now >= next, io.signal);
    }
    return 0;
  },
};

const editor = (name: string): ShellCommand => ({
  name,
  async run(args, io) {
    const path = args.filter((word) => !word.startsWith('-') && !word.startsWith('+')).at(-1);
    if (path === undefined) return fail(io, `${name}: say which file: ${name} FILE`);
    if (io.memory.edit === undefined)
      return fail(io, `${name}: there is no editor here; change the file with sed -i, cat > FILE or a here-document`);
    const full = io.fs.resolvePath(io.cwd, path);
    const before = (await io.fs.exists(full)) ? await io.fs.readFile(full) : '';
    const after = await io.memory.edit(before, full);
    if (after !== undefined && after !== before) await io.fs.writeFile(full, after);
    return 0;
  },
});

export const machineCommands: readonly ShellCommand[] = [
  hostname,
  whoami,
  id,
  uname,
  uptime,
  df,
  dmesg,
  reboot,
  poweroff,
  sudo,
  timeout,
  xargs,
  clear,
  ls,
  watch,
  ...['vi', 'vim', 'nano', 'edit'].map(editor),
];

export type { CommandIo };
