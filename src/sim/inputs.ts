/**
 * Everything that reaches the world from outside. An input is plain data and is logged with the step before which it came: seed, spec and
 * the log of inputs are the whole of a session.
 */
import { type RestoreOptions, readSnapshot, restoredDisk } from './etcd/restore.ts';
import { applyFault, type Fault } from './faults.ts';
import { type NetworkCommand, runNetworkCommand } from './host/iptables.machine.ts';
import type { CommandResult } from './host/iptables-command.ts';
import type { RouteOutcome } from './host/network.ts';
import { askUnit, enableUnit, reloadUnits, type UnitVerb } from './host/units.ts';
import type { Address, CallId, ClientTls } from './kernel/io.ts';
import type { Kernel } from './kernel/kernel.ts';
import { tracePacket } from './routing.ts';
import type { ClusterSpec } from './spec.ts';
import { terminal } from './terminal.ts';

export type Input =
  /** Somebody at a terminal of this host (or in a pod: its IP) calls an address. */
  | {
      readonly type: 'request';
      readonly host: string;
      readonly ip?: string | undefined;
      readonly address: Address;
      readonly body: unknown;
      readonly tls?: ClientTls | undefined;
      readonly timeoutMs?: number | undefined;
      readonly protocol?: 'tcp' | 'udp' | undefined;
    }
  | { readonly type: 'cancel'; readonly call: CallId }
  | { readonly type: 'write-file'; readonly host: string; readonly path: string; readonly content: string }
  | { readonly type: 'remove-file'; readonly host: string; readonly path: string }
  /** Durable data is thrown away with its directory: `rm -rf /var/lib/etcd`. */
  | { readonly type: 'remove-disk'; readonly host: string; readonly path: string }
  /** `mv /var/lib/etcd /var/lib/etcd.old` */
  | { readonly type: 'move-disk'; readonly host: string; readonly path: string; readonly to: string }
  /** `etcdutl snapshot restore FILE --data-dir PATH` */
  | {
      readonly type: 'restore-etcd';
      readonly host: string;
      readonly file: string;
      readonly path: string;
      readonly options: RestoreOptions;
    }
  /** A program that looks at a machine's network or changes it, run once: `iptables -A …`, `ip route del …`. */
  | {
      readonly type: 'run';
      readonly host: string;
      readonly program: NetworkCommand;
      readonly args: readonly string[];
      readonly stdin: string;
    }
  /** `systemctl` */
  | {
      readonly type: 'unit';
      readonly host: string;
      readonly verb: UnitVerb | 'enable' | 'disable' | 'daemon-reload';
      readonly unit: string;
    }
  /** The terminal at which somebody typed into a process is closed. */
  | { readonly type: 'end-input'; readonly process: string }
  | { readonly type: 'signal'; readonly process: string; readonly signal: Signal }
  /** One packet to an address and its answer, with every station on the way; ping, ssh and `trace packet` look so. */
  | {
      readonly type: 'packet';
      readonly host: string;
      readonly ip?: string | undefined;
      readonly to: string;
      readonly port: number;
      readonly protocol: 'tcp' | 'udp' | 'icmp';
    }
  | { readonly type: 'fault'; readonly fault: Fault; readonly heal: boolean };

export type Signal = 'SIGTERM' | 'SIGKILL' | 'SIGHUP' | 'SIGSTOP' | 'SIGCONT';

export interface LoggedInput {
  /** Rows executed before it. */
  readonly step: number;
  /** Virtual time at which it came, microseconds. */
  readonly at: number;
  readonly input: Input;
}

/** What an input gives back at once: the call it opened, or why it was refused. */
export type InputResult =
  | {
      readonly ok: true;
      readonly call?: CallId;
      readonly output?: CommandResult;
      readonly route?: RouteOutcome;
    }
  | { readonly ok: false; readonly error: string };

export function applyInput(kernel: Kernel, spec: ClusterSpec, input: Input): InputResult {
  switch (input.type) {
    case 'request': {
      const from = terminal(kernel, input.host, input.ip);
      if (from === undefined) return { ok: false, error: `no host ${input.host}` };
      const { address, body, tls, timeoutMs, protocol } = input;
      return { ok: true, call: kernel.calls.request(from, address, body, { tls, timeoutMs, protocol }) };
    }
    case 'cancel': {
      const call = kernel.state.calls.get(input.call);
      const caller = call === undefined ? undefined : kernel.state.processes.get(call.caller);
      if (caller !== undefined) kernel.calls.cancel(caller, input.call);
      return { ok: true };
    }
    case 'write-file': {
      if (!kernel.state.hosts.has(input.host)) return { ok: false, error: `no host ${input.host}` };
      const error = kernel.files.writeHost(input.host, input.path, input.content);
      return error === undefined ? { ok: true } : { ok: false, error };
    }
    case 'remove-file':
      if (!kernel.state.hosts.has(input.host)) return { ok: false, error: `no host ${input.host}` };
      kernel.files.removeHost(input.host, input.path);
      return { ok: true };
    case 'remove-disk':
      kernel.state.hosts.get(input.host)?.disks.delete(input.path);
      return { ok: true };
    case 'move-disk': {
      const disks = kernel.state.hosts.get(input.host)?.disks;
      const disk = disks?.get(input.path);
      if (disks === undefined || disk === undefined) return { ok: false, error: 'No such file or directory' };
      disks.delete(input.path);
      disks.set(input.to, disk);
      return { ok: true };
    }
    case 'restore-etcd': {
      const host = kernel.state.hosts.get(input.host);
      const blob = readSnapshot(host?.files.get(input.file)?.content ?? '');
      if (host === undefined || blob === undefined) return { ok: false, error: 'invalid database' };
      if (host.disks.has(input.path)) return { ok: false, error: `data-dir "${input.path}" exists` };
      host.disks.set(input.path, restoredDisk(blob, input.options));
      return { ok: true };
    }
    case 'run': {
      const from = terminal(kernel, input.host, undefined);
      if (from === undefined) return { ok: false, error: `no host ${input.host}` };
      return { ok: true, output: runNetworkCommand(kernel, from, input.program, input.args, input.stdin) };
    }
    case 'unit': {
      const error = toUnit(kernel, input.host, input.verb, input.unit);
      return error === undefined ? { ok: true } : { ok: false, error };
    }
    case 'signal': {
      const { processes, state } = kernel;
      if (!state.processes.has(input.process)) return { ok: false, error: 'No such process' };
      if (input.signal === 'SIGSTOP') processes.pause(input.process);
      else if (input.signal === 'SIGCONT') processes.resume(input.process);
      else processes.signal(input.process, input.signal);
      return { ok: true };
    }
    case 'end-input':
      kernel.enqueue(0, input.process, { type: 'STDIN_EOF' });
      return { ok: true };
    case 'packet': {
      const { host, ip } = input;
      if (!kernel.state.hosts.has(host)) return { ok: false, error: `no host ${host}` };
      const from = { host, ip: ip ?? '', ownNetwork: ip !== undefined };
      return { ok: true, route: tracePacket(kernel, from, input.to, input.port, input.protocol) };
    }
    case 'fault':
      return applyFault(kernel, spec, input.fault, input.heal);
  }
}

function toUnit(
  kernel: Kernel,
  host: string,
  verb: UnitVerb | 'enable' | 'disable' | 'daemon-reload',
  unit: string,
): string | undefined {
  switch (verb) {
    case 'daemon-reload':
      reloadUnits(kernel, host);
      return undefined;
    case 'enable':
    case 'disable':
      return enableUnit(kernel, host, unit, verb === 'enable');
    default:
      return askUnit(kernel, host, verb, unit);
  }
}
