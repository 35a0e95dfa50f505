/**
 * Programs that look at a machine's network and change it: `iptables`, `iptables-save`, `iptables-restore`, `conntrack`, `ip`, `sysctl`.
 * Each runs once, prints and exits. kube-proxy runs iptables-restore too, and hands it data instead of a text.
 */
import { setup } from 'xstate';
import type { NetfilterChange } from '../api/netfilter.ts';
import { civilTime } from '../api/time.ts';
import type { Io } from '../kernel/io.ts';
import type { Kernel, Program } from '../kernel/kernel.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { type Context, givenByKernel } from '../kernel/run-machine.ts';
import type { Process } from '../kernel/state.ts';
import { type CommandResult, iptables, iptablesSave } from './iptables-command.ts';
import { applyChange, iptablesRestore, setSysctl } from './iptables-restore.ts';
import { conntrackCommand } from './net-conntrack-command.ts';
import { networkOfProcess } from './net-hook.ts';
import type { HostNetwork } from './net-host.ts';
import { printRoutes } from './net-routes.ts';

interface OneShot {
  readonly args: readonly string[];
  readonly stdin: string;
  readonly change: NetfilterChange | undefined;
}

type Ctx = Context<OneShot, Io>;
type Command = (network: HostNetwork, me: OneShot, io: Io) => CommandResult;

/** `iptables-restore` of a few thousand rules takes tens of milliseconds; of a few, this. */
const RESTORE_MS = 8;

function oneShot(name: string, delayMs: number, command: Command): Program {
  const run = ({ context: { me, io } }: { context: Ctx }) => {
    const { stdout, stderr, exitCode } = command(networkOfProcess(io), me, io);
    for (const text of [stdout, stderr])
      if (text !== '') for (const line of text.replace(/\n$/, '').split('\n')) io.log(line);
    io.exit(exitCode);
  };
  const machine = setup({ types: {} as { context: Ctx; events: KernelEvent }, actions: { run } }).createMachine({
    id: name,
    context: givenByKernel,
    initial: delayMs === 0 ? 'running' : 'starting',
    states: { starting: { after: { [delayMs]: 'running' } }, running: { entry: 'run' } },
  });
  return {
    name,
    machine,
    init: ({ args, config }): OneShot => ({ args, stdin: textOf(config, 'stdin'), change: changeOf(config) }),
  };
}

const commands = {
  iptables: ({ netfilter }: HostNetwork, { args }: OneShot) => iptables(netfilter, args),
  'iptables-save': ({ netfilter }: HostNetwork, { args }: OneShot, io: Io) =>
    iptablesSave(netfilter, args, dateText(io.wallMs())),
  'iptables-restore': (network: HostNetwork, { args, stdin, change }: OneShot) => {
    if (change === undefined) return iptablesRestore(network.netfilter, args, stdin);
    const refusal = applyChange(network, change);
    return {
      stdout: '',
      stderr: refusal === undefined ? '' : `iptables-restore: ${refusal}\n`,
      exitCode: refusal === undefined ? 0 : 1,
    };
  },
  conntrack: ({ conntrack }: HostNetwork, { args }: OneShot, io: Io) => conntrackCommand(conntrack, args, io.now),
  ip: (network: HostNetwork, { args }: OneShot) => ipCommand(network, args),
  sysctl: (network: HostNetwork, { args }: OneShot) => sysctl(network, args),
} satisfies Record<string, Command>;

export type NetworkCommand = keyof typeof commands;

export const networkPrograms: readonly Program[] = Object.entries(commands).map(([name, command]) =>
  oneShot(name, name === 'iptables-restore' ? RESTORE_MS : 0, command),
);

/** What such a program prints when somebody at a terminal runs it: at once, as the process that stands for that terminal. */
export function runNetworkCommand(
  kernel: Kernel,
  terminal: Process,
  name: NetworkCommand,
  args: readonly string[],
  stdin: string,
): CommandResult {
  let result: CommandResult = { stdout: '', stderr: '', exitCode: 0 };
  kernel.as(terminal, (io) => {
    result = commands[name](networkOfProcess(io), { args, stdin, change: undefined }, io);
  });
  return result;
}

/** `ip route`, `ip addr`: showing, and adding and deleting routes. */
function ipCommand(network: HostNetwork, args: readonly string[]): CommandResult {
  const words = args.filter((arg) => arg !== '-4' && arg !== '-br');
  const [object = '', verb = 'show', ...rest] = words;
  if (/^r(o(u(te?)?)?)?$/.test(object)) return ipRoute(network, verb, rest);
  if (/^a(d(d(r(ess)?)?)?)?$/.test(object)) return success(addresses(network));
  return { stdout: '', stderr: `not simulated: ip ${words.join(' ')}\n`, exitCode: 64 };
}

function ipRoute(network: HostNetwork, verb: string, words: readonly string[]): CommandResult {
  if (verb === 'show' || verb === 'list' || verb === 'ls') return success(printRoutes(network.routes));
  const to = words[0] === 'default' ? '0.0.0.0/0' : (words[0] ?? '');
  const cidr = to.includes('/') ? to : `${to}/32`;
  const option = (name: string) => {
    const at = words.indexOf(name);
    return at < 0 ? undefined : words[at + 1];
  };
  const known = network.routes.some((route) => route.to === cidr);
  if (verb === 'add' || verb === 'replace') {
    if (known && verb === 'add') return { stdout: '', stderr: 'RTNETLINK answers: File exists\n', exitCode: 2 };
    const route = { to: cidr, via: option('via'), dev: option('dev') ?? 'eth0' };
    network.routes = Object.freeze([...network.routes.filter((other) => other.to !== cidr), route]);
    return success('');
  }
  if (verb === 'del' || verb === 'delete') {
    if (!known) return { stdout: '', stderr: 'RTNETLINK answers: No such process\n', exitCode: 2 };
    network.routes = Object.freeze(network.routes.filter((other) => other.to !== cidr));
    return success('');
  }
  return { stdout: '', stderr: `not simulated: ip route ${verb}\n`, exitCode: 64 };
}

function addresses({ interfaces }: HostNetwork): string {
  let text = '';
  let number = 1;
  for (const [name, ip] of interfaces) {
    const loopback = name === 'lo';
    const flags = loopback ? 'LOOPBACK,UP,LOWER_UP' : 'BROADCAST,MULTICAST,UP,LOWER_UP';
    text += `${number++}: ${name}: <${flags}> mtu ${loopback ? 65536 : 1500} qdisc noqueue state ${loopback ? 'UNKNOWN' : 'UP'} group default qlen 1000\n`;
    text += `    inet ${ip}/${loopback ? 8 : 24} scope ${loopback ? 'host' : 'global'} ${name}\n       valid_lft forever preferred_lft forever\n`;
  }
  return text;
}

function sysctl(network: HostNetwork, args: readonly string[]): CommandResult {
  let stdout = '';
  for (const word of args.filter((arg) => !arg.startsWith('-'))) {
    const [name = '', value] = word.split('=').map((part) => part.trim());
    const key = name.replaceAll('/', '.');
    if (!network.sysctls.has(key))
      return {
        stdout,
        stderr: `sysctl: cannot stat /proc/sys/${key.replaceAll('.', '/')}: No such file or directory\n`,
        exitCode: 1,
      };
    if (value !== undefined) setSysctl(network, key, Number(value));
    stdout += `${key} = ${network.sysctls.get(key)}\n`;
  }
  return success(stdout);
}

function success(stdout: string): CommandResult {
  return { stdout, stderr: '', exitCode: 0 };
}

const DAYS = ['Thu', 'Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** As `date` prints it: `Thu Jan  1 09:00:00 2026`. */
function dateText(wallMs: number): string {
  const t = civilTime(wallMs);
  const two = (n: number) => String(n).padStart(2, '0');
  const day = DAYS[Math.floor(wallMs / 86_400_000) % 7];
  return `${day} ${MONTHS[t.month - 1]} ${String(t.day).padStart(2)} ${two(t.hour)}:${two(t.minute)}:${two(t.second)} ${t.year}`;
}

function changeOf(config: unknown): NetfilterChange | undefined {
  return typeof config === 'object' && config !== null && 'change' in config
    ? (config as { readonly change: NetfilterChange }).change
    : undefined;
}

function textOf(config: unknown, name: string): string {
  const value =
    typeof config === 'object' && config !== null ? (config as Readonly<Record<string, unknown>>)[name] : undefined;
  return typeof value === 'string' ? value : '';
}
