/** What commands read off a machine: its processes with their pids, its open ports. Nothing here changes it. */
import type { SystemdMemory } from '../sim/host/systemd.machine.ts';
import { EXTERNAL } from '../sim/kernel/kernel.ts';
import type { Process } from '../sim/kernel/state.ts';
import type { CommandIo } from './command.ts';

export function stateOf(io: CommandIo) {
  return io.gateway.world.kernel.state;
}

export function machineOf(io: CommandIo) {
  const host = stateOf(io).hosts.get(io.host);
  if (host === undefined) throw new Error(`no host ${io.host}`);
  return host;
}

/** Processes of this machine in the order in which they were started. */
export function processesOf(io: CommandIo): Process[] {
  return [...stateOf(io).processes.values()]
    .filter(({ host, program }) => host === io.host && program !== EXTERNAL)
    .sort((a, b) => a.life - b.life);
}

export function pidOf(io: CommandIo, process: Process): number {
  if (process.name === 'systemd') return 1;
  for (const unit of systemdOf(io)?.units.values() ?? []) if (unit.process === process.id) return unit.pid;
  return 1_000 + process.life;
}

export function systemdOf(io: CommandIo): SystemdMemory | undefined {
  return stateOf(io).processes.get(`${io.host}/systemd`)?.memory as SystemdMemory | undefined;
}

/** The command line as `ps` shows it. */
export function commandLineOf({ program, args, name }: Process): string {
  if (program === 'systemd') return '/sbin/init';
  if (program === 'containerd-shim') return `/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id ${name}`;
  const path = ['kubelet', 'containerd'].includes(program) ? `/usr/bin/${program}` : program;
  return [path, ...args].join(' ');
}

export interface OpenPort {
  readonly address: string;
  readonly port: number;
  readonly process: Process;
}

/** What listens in the machine's own network. */
export function openPorts(io: CommandIo): OpenPort[] {
  const state = stateOf(io);
  const { ip } = machineOf(io);
  const found: OpenPort[] = [];
  for (const process of processesOf(io)) {
    if (process.ownNetwork) continue;
    const byPort = new Map<number, string[]>();
    for (const key of process.ports) {
      const colon = key.lastIndexOf(':');
      const port = Number(key.slice(colon + 1));
      const address = key.slice(0, colon).replace(/^.*@/, '');
      byPort.set(port, [...(byPort.get(port) ?? []), address]);
    }
    for (const [port, addresses] of byPort) {
      if (addresses.includes(ip) && addresses.includes('127.0.0.1')) found.push({ address: '*', port, process });
      else for (const address of addresses) found.push({ address, port, process });
    }
  }
  void state;
  return found.sort((a, b) => a.port - b.port || (a.address < b.address ? -1 : 1));
}

/** Left-aligned columns, at least `gap` apart; the last one is not padded. */
export function columns(rows: readonly (readonly string[])[], gap = 2, least = 0): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length + gap, least);
    });
  return rows
    .map((row) => `${row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('')}\n`)
    .join('');
}

/** `5s`, `1min 2s`, `3h 4min` as systemctl writes an age. */
export function systemdAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}min${seconds % 60 === 0 ? '' : ` ${seconds % 60}s`}`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h ${Math.floor((seconds % 3_600) / 60)}min`;
  return `${Math.floor(seconds / 86_400)} days`;
}
