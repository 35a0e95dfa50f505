/** `ssh`: the terminal moves to another machine, or one command runs there. The way there is the simulated network's. */
import { type CommandIo, fail, INTERRUPTED, type ShellCommand } from '../command.ts';
import { addressFor } from '../resolver.ts';

/** Linux gives up connecting after six tries. */
const CONNECT_TIMEOUT_MS = 130_000;
const ROUND_TRIP_MS = 40;

export const ssh: ShellCommand = {
  name: 'ssh',
  async run(args, io) {
    const read = readArguments(args);
    if (typeof read === 'string') return fail(io, read, 255);
    const { target, command, connectTimeoutMs } = read;
    const host = await hostBehind(io, target);
    if (host === undefined) {
      return fail(io, `ssh: Could not resolve hostname ${target}: Name or service not known`, 255);
    }
    const refused = await unreachable(io, host, target, connectTimeoutMs);
    if (refused !== undefined) return fail(io, refused, io.signal.aborted ? INTERRUPTED : 255);
    const user = host === 'laptop' ? 'kubernetes-admin' : 'root';
    if (command.length === 0 && io.stdin === '') {
      const { enter } = io.memory;
      if (!io.isInteractive || !io.isTerminal || enter === undefined) {
        return fail(io, 'Pseudo-terminal will not be allocated because stdin is not a terminal.', 0);
      }
      return enter({ kind: 'host', host, user });
    }
    const machine = io.memory.open(host, user);
    const screen = { out: (text: string) => io.stdout(text), err: (text: string) => io.stderr(text) };
    const script = command.length === 0 ? io.stdin : command.join(' ');
    const options = command.length === 0 ? { isScript: true } : { isScript: true, stdin: io.stdin };
    return (await machine.run(script, screen, io.signal, options)).exitCode;
  },
  complete(words, io) {
    const word = words.at(-1) ?? '';
    if (words.length > 2) return [];
    return [...io.gateway.world.kernel.state.hosts.keys()].filter((name) => name !== io.host && name.startsWith(word));
  },
};

interface SshArguments {
  readonly target: string;
  readonly command: readonly string[];
  readonly connectTimeoutMs: number;
}

function readArguments(args: readonly string[]): SshArguments | string {
  let connectTimeoutMs = CONNECT_TIMEOUT_MS;
  let i = 0;
  for (; i < args.length; i++) {
    const word = args[i] ?? '';
    if (!word.startsWith('-')) break;
    if (word === '-o') {
      const timeout = /^ConnectTimeout=(\d+)$/i.exec(args[++i] ?? '')?.[1];
      if (timeout !== undefined) connectTimeoutMs = Number(timeout) * 1_000;
    } else if (/^-[ilpFJLRDEcmb]$/.test(word)) i++;
    else if (!/^-[46AaCfGgKkMNnqsTtVvXxYy]+$/.test(word))
      return `unknown option -- ${word.slice(1, 2)}\nusage: ssh [options] destination [command [argument ...]]`;
  }
  const target = args[i];
  if (target === undefined) return 'usage: ssh [options] destination [command [argument ...]]';
  return { target: target.replace(/^[^@]*@/, ''), command: args.slice(i + 1), connectTimeoutMs };
}

async function hostBehind(io: CommandIo, target: string): Promise<string | undefined> {
  const { state } = io.gateway.world.kernel;
  if (state.hosts.has(target)) return target;
  const ip = await addressFor(io, target);
  if (ip === '127.0.0.1') return io.host;
  return ip === undefined ? undefined : state.hostByIp.get(ip);
}

/** Why port 22 of the machine cannot be reached, as ssh says it; undefined: it can. Time passes as it would. */
async function unreachable(
  io: CommandIo,
  host: string,
  target: string,
  timeoutMs: number,
): Promise<string | undefined> {
  const { gateway } = io;
  const to = gateway.world.kernel.state.hosts.get(host)?.ip ?? '';
  if (host === io.host) return undefined;
  const result = gateway.inject({ type: 'packet', host: io.host, to, port: 22, protocol: 'tcp' });
  const connect = `ssh: connect to host ${target} port 22`;
  const route = result.ok ? result.route : undefined;
  switch (route?.outcome) {
    case 'noRoute':
      await gateway.sleep(3_000, io.signal);
      return `${connect}: No route to host`;
    case 'dropped':
      await gateway.sleep(timeoutMs, io.signal);
      return `${connect}: Connection timed out`;
    case 'rejected':
      return `${connect}: Connection refused`;
  }
  // sshd always runs; nothing of it is simulated but the door.
  await gateway.sleep(ROUND_TRIP_MS, io.signal);
  return undefined;
}
