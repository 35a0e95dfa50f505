/** Commands about the machine and the moment: date, hostname, env, id, ps, kill. */
import { civilTime } from '../../api/time.ts';
import type { Applet } from './applets.ts';
import { absolute } from './shell.ts';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Text of a moment by a format of strftime. */
export function formatDate(epochMs: number, format: string): string {
  const t = civilTime(epochMs);
  const two = (n: number) => String(n).padStart(2, '0');
  const weekday = DAYS[(((Math.floor(epochMs / 86_400_000) + 4) % 7) + 7) % 7]!;
  const month = MONTHS[t.month - 1]!;
  const time = `${two(t.hour)}:${two(t.minute)}:${two(t.second)}`;
  const parts: Readonly<Record<string, string>> = {
    Y: String(t.year),
    m: two(t.month),
    d: two(t.day),
    e: String(t.day).padStart(2),
    H: two(t.hour),
    M: two(t.minute),
    S: two(t.second),
    s: String(Math.floor(epochMs / 1_000)),
    T: time,
    F: `${t.year}-${two(t.month)}-${two(t.day)}`,
    a: weekday,
    b: month,
    Z: 'UTC',
    z: '+0000',
    n: '\n',
    '%': '%',
  };
  return format.replace(/%([A-Za-z%])/g, (all, letter: string) => parts[letter] ?? all);
}

const date: Applet = (_me, io, args) => {
  const format = args.find((arg) => arg.startsWith('+'))?.slice(1) ?? '%a %b %e %T UTC %Y';
  return { status: 0, out: `${formatDate(io.wallMs(), format)}\n` };
};

const env: Applet = (me) => ({
  status: 0,
  out: Object.keys(me.vars)
    .sort()
    .map((name) => `${name}=${me.vars[name]}\n`)
    .join(''),
});

const kill: Applet = (me, io, args) => {
  const target = args.find((arg) => !arg.startsWith('-'));
  if (target !== '1' || me.config === undefined)
    return { status: 1, err: `sh: can't kill pid ${target}: No such process\n` };
  // The first process of a container cannot be killed from inside, only asked.
  if (!args.some((arg) => /^-(9|KILL|SIGKILL)$/.test(arg)))
    io.send(me.config.shim, { type: 'KILL_TASK', container: me.config.container, signal: 'SIGTERM' });
  return { status: 0 };
};

export const CLOCK_APPLETS: Readonly<Record<string, Applet>> = {
  date,
  env,
  printenv: (me, io, args) =>
    args[0] === undefined
      ? env(me, io, args)
      : {
          status: me.vars[args[0]] === undefined ? 1 : 0,
          out: me.vars[args[0]] === undefined ? '' : `${me.vars[args[0]]}\n`,
        },
  kill,
  hostname: (me, io, args) => ({
    status: 0,
    out: `${args.includes('-i') ? io.ip : (me.vars['HOSTNAME'] ?? io.host)}\n`,
  }),
  whoami: () => ({ status: 0, out: 'root\n' }),
  id: () => ({ status: 0, out: 'uid=0(root) gid=0(root) groups=0(root),10(wheel)\n' }),
  pwd: (me) => ({ status: 0, out: `${me.cwd}\n` }),
  uname: (me, io, args) => ({
    status: 0,
    out: args.includes('-a')
      ? `Linux ${me.vars['HOSTNAME'] ?? io.host} 6.12.48+deb13-amd64 #1 SMP x86_64 GNU/Linux\n`
      : args.includes('-r')
        ? '6.12.48+deb13-amd64\n'
        : args.includes('-n')
          ? `${me.vars['HOSTNAME'] ?? io.host}\n`
          : 'Linux\n',
  }),
  which: (_me, _io, args) => ({ status: 0, out: args.map((arg) => `/bin/${arg}\n`).join('') }),
  ps: () => ({ status: 0, out: "PID   USER     TIME  COMMAND\n    1 root      0:00 (the container's main process)\n" }),
  mount: (me, io) => ({ status: 0, out: io.readFile(absolute(me, '/proc/mounts')) ?? '' }),
};
