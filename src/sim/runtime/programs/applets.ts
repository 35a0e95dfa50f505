/** The commands of busybox that pods use, and the shell's own. What is missing says `not simulated`. */
import type { Io } from '../../kernel/io.ts';
import { SECOND } from '../../kernel/units.ts';
import { takeMemory } from '../container-process.ts';
import { NETWORK_APPLETS } from './applets-network.ts';
import { CLOCK_APPLETS } from './applets-system.ts';
import { TEXT_APPLETS } from './applets-text.ts';
import { absolute, leave, loadScript, notSimulated, type ShellMemory, unwindLoop, type Wait } from './shell.ts';

export interface AppletResult {
  readonly status: number;
  readonly out?: string;
  readonly err?: string;
  /** Not done yet: goes on when this is over. */
  readonly wait?: Wait;
}

export type Applet = (me: ShellMemory, io: Io, args: readonly string[]) => AppletResult;

export const DONE: AppletResult = Object.freeze({ status: 0 });

export function runApplet(me: ShellMemory, io: Io, argv: readonly string[]): AppletResult {
  const [first = '', ...args] = argv;
  const name = first.slice(first.lastIndexOf('/') + 1);
  const applet = Object.hasOwn(APPLETS, name) ? APPLETS[name] : undefined;
  if (applet !== undefined) return applet(me, io, args);
  if (io.readFile(absolute(me, first)) !== undefined && first.includes('/'))
    return runScriptFile(me, io, [first, ...args]);
  if (KNOWN_ELSEWHERE.has(name)) {
    notSimulated(me, io, name);
    return { status: 64 };
  }
  return { status: 127, err: `sh: ${first}: not found\n` };
}

/** Real commands that this world does not have: better to say so than to claim they do not exist. */
const KNOWN_ELSEWHERE: ReadonlySet<string> = new Set([
  'awk', 'sed', 'cut', 'tr', 'find', 'xargs', 'vi', 'tar', 'gzip', 'apt', 'apt-get', 'apk', 'pip', 'npm', 'node', 'openssl',
  'redis-cli', 'psql', 'mysql', 'telnet', 'traceroute', 'netstat', 'ss', 'iptables', 'chmod', 'chown', 'cp', 'mv', 'ln', 'httpd',
]); // biome-ignore format: a list of names reads best as running text

function runScriptFile(me: ShellMemory, io: Io, argv: readonly string[]): AppletResult {
  const script = io.readFile(absolute(me, argv[0] ?? ''));
  if (script === undefined) return { status: 127, err: `sh: can't open '${argv[0]}'\n` };
  me.frames.pop();
  loadScript(me, io, script);
  return { status: me.status };
}

const shell: Applet = (me, io, args) => {
  const at = args.findIndex((arg) => /^-[a-z]*c$/.test(arg));
  if (at >= 0) {
    me.frames.pop();
    loadScript(me, io, args[at + 1] ?? '');
    return { status: me.status };
  }
  const file = args.find((arg) => !arg.startsWith('-'));
  if (file !== undefined) return runScriptFile(me, io, [file]);
  if (me.stdin !== undefined || me.config?.stdin !== undefined) {
    const script = me.stdin ?? me.config?.stdin ?? '';
    me.stdin = undefined;
    me.frames.pop();
    loadScript(me, io, script);
    return { status: me.status };
  }
  // Without a terminal, a shell reads the end of its input and is done.
  return me.config?.keepsStdin === true ? { status: 0, wait: { k: 'forever' } } : DONE;
};

const sleep: Applet = (_me, _io, args) => {
  let us = 0;
  for (const arg of args) {
    if (arg === 'infinity') return { status: 0, wait: { k: 'forever' } };
    const match = /^(\d+(?:\.\d+)?)([smhd]?)$/.exec(arg);
    if (match === null) return { status: 1, err: `sleep: invalid number '${arg}'\n` };
    us += Number(match[1]) * SECOND * ({ s: 1, m: 60, h: 3_600, d: 86_400 }[match[2] ?? ''] ?? 1);
  }
  if (args.length === 0) return { status: 1, err: 'BusyBox v1.37.0 multi-call binary.\n\nUsage: sleep [N]...\n' };
  return { status: 0, wait: { k: 'sleep', us: Math.round(us) } };
};

const BUILTINS: Readonly<Record<string, Applet>> = {
  sh: shell,
  ash: shell,
  bash: shell,
  sleep,
  exec: (me, io, args) => runApplet(me, io, args),
  true: () => DONE,
  ':': () => DONE,
  false: () => ({ status: 1 }),
  exit: (me, io, args) => {
    leave(me, io, args[0] === undefined ? me.status : Number(args[0]) & 255);
    return { status: 0 };
  },
  return: (me) => {
    me.frames.length = 0;
    return DONE;
  },
  break: (me) => {
    unwindLoop(me, false);
    return DONE;
  },
  continue: (me) => {
    unwindLoop(me, true);
    return DONE;
  },
  cd: (me, _io, args) => {
    me.cwd = absolute(me, args[0] ?? '/root');
    return DONE;
  },
  export: (me, _io, args) => {
    for (const arg of args) {
      const at = arg.indexOf('=');
      if (at > 0) me.vars[arg.slice(0, at)] = arg.slice(at + 1);
    }
    return DONE;
  },
  set: () => DONE,
  unset: (me, _io, args) => {
    for (const arg of args) delete me.vars[arg];
    return DONE;
  },
  trap: (me, _io, args) => {
    for (const signal of args.slice(1)) me.traps[signal.replace(/^SIG/, '').replace(/^15$/, 'TERM')] = args[0] ?? '';
    return DONE;
  },
  wait: (me, io) => {
    const until = Math.max(0, ...me.background.splice(0));
    if (until <= io.now) return DONE;
    return {
      status: 0,
      wait: until === Number.MAX_SAFE_INTEGER ? { k: 'forever' } : { k: 'sleep', us: until - io.now },
    };
  },
  read: (me, _io, args) => {
    if (me.stdin === undefined || me.stdin === '') return { status: 1 };
    const [line = '', ...rest] = me.stdin.split('\n');
    me.stdin = rest.join('\n');
    me.vars[args.find((arg) => !arg.startsWith('-')) ?? 'REPLY'] = line;
    return DONE;
  },
  tail: (me, io, args) => {
    if (args.includes('/dev/zero')) {
      // It keeps looking for the end of a line that never ends.
      takeMemory(io, me.config, Number.MAX_SAFE_INTEGER / 2);
      return { status: 0, wait: { k: 'forever' } };
    }
    const follows = args.some((arg) => /^-\w*[fF]/.test(arg));
    const result = TEXT_APPLETS['tail']!(
      me,
      io,
      args.filter((arg) => !/^-[fF]$/.test(arg)),
    );
    return follows ? { ...result, wait: { k: 'forever' } } : result;
  },
  yes: () => ({ status: 0, wait: { k: 'forever' } }),
  top: () => ({ status: 0, wait: { k: 'forever' } }),
};

const APPLETS: Readonly<Record<string, Applet>> = {
  ...TEXT_APPLETS,
  ...CLOCK_APPLETS,
  ...NETWORK_APPLETS,
  ...BUILTINS,
};
