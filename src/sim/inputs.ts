/**
 * Everything that reaches the world from outside. An input is plain data and is logged with the step before which it came: seed, spec and
 * the log of inputs are the whole of a session.
 */
import { applyFault, type Fault } from './faults.ts';
import type { Address, CallId, ClientTls } from './kernel/io.ts';
import { EXTERNAL, type Kernel } from './kernel/kernel.ts';
import type { Process } from './kernel/state.ts';
import type { ClusterSpec } from './spec.ts';

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
    }
  | { readonly type: 'cancel'; readonly call: CallId }
  | { readonly type: 'write-file'; readonly host: string; readonly path: string; readonly content: string }
  | { readonly type: 'remove-file'; readonly host: string; readonly path: string }
  | { readonly type: 'fault'; readonly fault: Fault; readonly heal: boolean };

export interface LoggedInput {
  /** Rows executed before it. */
  readonly step: number;
  /** Virtual time at which it came, microseconds. */
  readonly at: number;
  readonly input: Input;
}

/** What an input gives back at once: the call it opened, or why it was refused. */
export type InputResult =
  | { readonly ok: true; readonly call?: CallId }
  | { readonly ok: false; readonly error: string };

export function applyInput(kernel: Kernel, spec: ClusterSpec, input: Input): InputResult {
  switch (input.type) {
    case 'request': {
      const from = terminal(kernel, input.host, input.ip);
      if (from === undefined) return { ok: false, error: `no host ${input.host}` };
      const { address, body, tls, timeoutMs } = input;
      return { ok: true, call: kernel.calls.request(from, address, body, { tls, timeoutMs }) };
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
    case 'fault':
      return applyFault(kernel, spec, input.fault, input.heal);
  }
}

/** The process that stands for people at a host, or in a pod's network. */
function terminal(kernel: Kernel, host: string, ip: string | undefined): Process | undefined {
  if (!kernel.state.hosts.has(host)) return undefined;
  const name = ip === undefined ? 'terminal' : `terminal-${ip}`;
  const id = `${host}/${name}`;
  if (!kernel.state.processes.has(id))
    kernel.processes.spawn(host, { name, program: EXTERNAL, args: [], ip, log: name });
  return kernel.state.processes.get(id);
}
