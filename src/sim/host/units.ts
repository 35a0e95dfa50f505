/** What `systemctl` and `journalctl` do on a machine, from outside of the simulation: ask systemd, read its state, read the journal. */
import type { Kernel } from '../kernel/kernel.ts';
import { ENABLED, type SystemdMemory, type Unit } from './systemd.machine.ts';
import { readService, type ServiceDefinition } from './unit-file.ts';

export type UnitVerb = 'start' | 'stop' | 'restart' | 'reset-failed';

export interface UnitStatus {
  readonly name: string;
  readonly definition: ServiceDefinition;
  /** As systemctl prints it: `active (running)`, `inactive (dead)`, `activating (auto-restart)`, `failed`, `deactivating (stop-sigterm)`. */
  readonly active: string;
  readonly result: Unit['result'];
  readonly enabled: boolean;
  readonly stale: boolean;
  readonly pid: number;
  readonly process: string;
  readonly exitCode: number;
  readonly signal: string;
  /** Since when it has been in this state, and when it was started last; epoch milliseconds of the machine's clock. */
  readonly sinceMs: number;
  readonly startedAtMs: number;
  readonly restarts: number;
}

export interface JournalLine {
  readonly wallMs: number;
  /** `kubelet[734]` or `systemd[1]`. */
  readonly identifier: string;
  readonly text: string;
}

/** Asks systemd. The result shows in `unitStatus` once the world has gone on for a moment. An error text as systemctl prints it. */
export function askUnit(kernel: Kernel, host: string, verb: UnitVerb, unit: string): string | undefined {
  const name = fullName(unit);
  if (unitStatus(kernel, host, name) === undefined) {
    return verb === 'start' || verb === 'restart'
      ? `Failed to ${verb} ${name}: Unit ${name} not found.`
      : `Failed to ${verb} ${name}: Unit ${name} not loaded.`;
  }
  const type = { start: 'START', stop: 'STOP', restart: 'RESTART', 'reset-failed': 'RESET_FAILED' }[verb];
  kernel.enqueue(0, `${host}/systemd`, { type, unit: name });
  return undefined;
}

/** `systemctl daemon-reload` */
export function reloadUnits(kernel: Kernel, host: string): void {
  kernel.enqueue(0, `${host}/systemd`, { type: 'DAEMON_RELOAD' });
}

/** Whether it starts at boot. An error text when there is no such unit. */
export function enableUnit(kernel: Kernel, host: string, unit: string, enabled: boolean): string | undefined {
  const name = fullName(unit);
  const status = unitStatus(kernel, host, name);
  if (status === undefined) return `Failed to ${enabled ? 'enable' : 'disable'} unit: Unit ${name} does not exist`;
  const link = `${ENABLED}/${name}`;
  if (!enabled) {
    kernel.files.removeHost(host, link);
    return undefined;
  }
  return kernel.files.writeHost(host, link, `${status.definition.path}\n`);
}

/** State of a unit; undefined when no such unit file exists (or the machine is off). */
export function unitStatus(kernel: Kernel, host: string, unit: string): UnitStatus | undefined {
  const name = fullName(unit);
  const systemd = memoryOf(kernel, host);
  const files = kernel.state.hosts.get(host)?.files;
  if (systemd === undefined || files === undefined) return undefined;
  const enabled = files.has(`${ENABLED}/${name}`);
  const known = systemd.units.get(name);
  if (known !== undefined) {
    const { definition, result, stale, pid, process, exitCode, signal, sinceMs, startedAtMs, restarts } = known;
    const active = activeText(known);
    return {
      name,
      definition,
      active,
      result,
      enabled,
      stale,
      pid,
      process,
      exitCode,
      signal,
      sinceMs,
      startedAtMs,
      restarts,
    };
  }
  const list = (directory: string) => [...files.keys()].filter((path) => path.startsWith(`${directory}/`)).sort();
  const read = readService(name, (path) => files.get(path)?.content, list);
  if (!read.ok) return undefined;
  return {
    name,
    definition: read.definition,
    active: 'inactive (dead)',
    result: 'success',
    enabled,
    stale: false,
    pid: 0,
    process: '',
    exitCode: 0,
    signal: '',
    sinceMs: 0,
    startedAtMs: 0,
    restarts: 0,
  };
}

/** Names of the services that systemd has loaded on this machine. */
export function loadedUnits(kernel: Kernel, host: string): string[] {
  return [...(memoryOf(kernel, host)?.units.keys() ?? [])].sort();
}

/** The journal of a unit: its own lines and what systemd said about it, in order; without a unit, of all services. */
export function journal(kernel: Kernel, host: string, unit?: string): JournalLine[] {
  const logs = kernel.state.hosts.get(host)?.logs;
  if (logs === undefined) return [];
  const names = unit === undefined ? [...logs.keys()].filter((name) => name.endsWith('.service')) : [fullName(unit)];
  const lines: (JournalLine & { readonly at: number })[] = [];
  for (const name of names) {
    const pids = memoryOf(kernel, host)?.units.get(name)?.pids ?? [];
    const short = name.replace(/\.service$/, '');
    let next = 0;
    for (const { at, wallMs, text } of logs.get(name) ?? []) {
      while (next < pids.length && pids[next]!.atUs <= at) next++;
      const pid = pids[Math.max(0, next - 1)]?.pid ?? 700;
      lines.push({ at, wallMs, identifier: `${short}[${pid}]`, text });
    }
  }
  for (const { at, wallMs, text } of logs.get('systemd') ?? []) {
    if (unit === undefined || text.includes(fullName(unit))) lines.push({ at, wallMs, identifier: 'systemd[1]', text });
  }
  // Of what happened at one moment, a start comes before what was started says something, an end after it.
  const rank = ({ identifier, text }: JournalLine) =>
    identifier !== 'systemd[1]' ? 1 : /exited|Deactivated|Stopped|Failed/.test(text) ? 2 : 0;
  return lines
    .sort((a, b) => a.at - b.at || rank(a) - rank(b))
    .map(({ wallMs, identifier, text }) => ({ wallMs, identifier, text }));
}

function memoryOf(kernel: Kernel, host: string): SystemdMemory | undefined {
  return kernel.state.processes.get(`${host}/systemd`)?.memory as SystemdMemory | undefined;
}

function activeText(unit: Unit): string {
  switch (unit.state) {
    case 'active':
      return 'active (running)';
    case 'activating':
      return 'activating (auto-restart)';
    case 'deactivating':
      return 'deactivating (stop-sigterm)';
    case 'failed':
      return 'failed';
    default:
      return 'inactive (dead)';
  }
}

function fullName(unit: string): string {
  return unit.includes('.') ? unit : `${unit}.service`;
}
