/** The closed list of what can be broken, each with its inverse. A fault is plain data; what follows from it follows from the machines. */
import { forgeCertificate } from './fault-files.ts';
import { editObject } from './fault-object.ts';
import type { InputResult } from './inputs.ts';
import type { Kernel } from './kernel/kernel.ts';
import { SECOND } from './kernel/units.ts';
import { powerOn } from './power.ts';
import { wireNetwork } from './routing.ts';
import type { ClusterSpec } from './spec.ts';

export type Fault =
  /** A process dies at once (SIGKILL); whoever supervises it may start it again. No inverse but time. */
  | { readonly kind: 'kill'; readonly process: string }
  /** SIGSTOP: it holds its connections and answers nothing. */
  | { readonly kind: 'pause'; readonly process: string }
  /** The machine loses power; heal = it boots again. */
  | { readonly kind: 'power'; readonly host: string }
  /** No packet passes between two hosts, one way or both. */
  | { readonly kind: 'cut'; readonly from: string; readonly to: string; readonly oneWay?: boolean | undefined }
  | { readonly kind: 'slow'; readonly from: string; readonly to: string; readonly extraMs: number }
  | { readonly kind: 'loss'; readonly from: string; readonly to: string; readonly share: number }
  /** These hosts hear only each other. */
  | { readonly kind: 'partition'; readonly hosts: readonly string[] }
  | { readonly kind: 'disk-full'; readonly host: string }
  | { readonly kind: 'slow-disk'; readonly host: string; readonly fsyncMs: number }
  | { readonly kind: 'clock-skew'; readonly host: string; readonly seconds: number }
  /** The certificate in this file ended yesterday. */
  | { readonly kind: 'expire-certificate'; readonly host: string; readonly path: string }
  /** Text in a file is replaced; heal = the file as it was. */
  | {
      readonly kind: 'edit-file';
      readonly host: string;
      readonly path: string;
      readonly find: string;
      readonly replace: string;
    }
  | { readonly kind: 'remove-file'; readonly host: string; readonly path: string }
  /** Somebody changes an object (`deployment/web`) by a JSON merge patch; heal = what stood there before. */
  | { readonly kind: 'edit-object'; readonly target: string; readonly patch: string };

export type FaultKind = Fault['kind'];

/** What each fault does, for `fault list`. */
export const FAULTS: readonly {
  readonly kind: FaultKind;
  readonly arguments: string;
  readonly what: string;
  readonly heals: string;
}[] = [
  { kind: 'kill', arguments: 'PROCESS', what: 'a process dies at once', heals: 'its supervisor starts it again' },
  { kind: 'pause', arguments: 'PROCESS', what: 'a process freezes', heals: 'it goes on' },
  { kind: 'power', arguments: 'HOST', what: 'a machine loses power', heals: 'it boots' },
  { kind: 'cut', arguments: 'HOST HOST', what: 'no packet passes between two machines', heals: 'packets pass' },
  {
    kind: 'slow',
    arguments: 'HOST HOST MS',
    what: 'packets between two machines take longer',
    heals: 'as fast as before',
  },
  {
    kind: 'loss',
    arguments: 'HOST HOST SHARE',
    what: 'packets between two machines get lost',
    heals: 'none gets lost',
  },
  {
    kind: 'partition',
    arguments: 'HOST…',
    what: 'these machines hear only each other',
    heals: 'everybody hears everybody',
  },
  { kind: 'disk-full', arguments: 'HOST', what: 'a disk is full', heals: 'there is room' },
  { kind: 'slow-disk', arguments: 'HOST MS', what: 'writes to a disk take long', heals: 'as fast as before' },
  { kind: 'clock-skew', arguments: 'HOST SECONDS', what: 'a clock is wrong', heals: 'it is right' },
  {
    kind: 'expire-certificate',
    arguments: 'HOST FILE',
    what: 'a certificate has expired',
    heals: 'the one before is back',
  },
  {
    kind: 'edit-file',
    arguments: 'HOST FILE FIND REPLACE',
    what: 'text in a file is another',
    heals: 'the file as it was',
  },
  { kind: 'remove-file', arguments: 'HOST FILE', what: 'a file is gone', heals: 'it is back' },
  { kind: 'edit-object', arguments: 'KIND/NAME PATCH', what: 'an object is changed', heals: 'it is as before' },
];

const DEFAULT_FSYNC_US = 800;

/** Breaks, or mends (`heal`). What cannot be done is said, and nothing has changed. */
export function applyFault(kernel: Kernel, spec: ClusterSpec, fault: Fault, heal: boolean): InputResult {
  const { state, calls, processes } = kernel;
  const unknown = namesOf(fault).find((name) => !state.hosts.has(name));
  if (unknown !== undefined) return { ok: false, error: `no machine is called ${unknown}` };
  switch (fault.kind) {
    case 'kill':
      if (heal) return { ok: true };
      if (!state.processes.has(fault.process)) return noProcess(fault.process);
      processes.signal(fault.process, 'SIGKILL');
      return { ok: true };
    case 'pause':
      if (!state.processes.has(fault.process)) return noProcess(fault.process);
      if (heal) processes.resume(fault.process);
      else processes.pause(fault.process);
      return { ok: true };
    case 'power':
      if (!heal) processes.powerOff(fault.host);
      else if (state.hosts.get(fault.host)?.powered === false) {
        processes.powerOn(fault.host);
        wireNetwork(kernel, spec, fault.host);
        powerOn(kernel, fault.host);
      }
      return { ok: true };
    case 'cut':
      calls.setLink(fault.from, fault.to, { cut: !heal });
      if (fault.oneWay !== true) calls.setLink(fault.to, fault.from, { cut: !heal });
      return { ok: true };
    case 'slow':
      both(kernel, fault, { extraUs: heal ? 0 : Math.max(0, fault.extraMs) * 1_000 });
      return { ok: true };
    case 'loss':
      both(kernel, fault, { loss: heal ? 0 : Math.min(1, Math.max(0, fault.share)) });
      return { ok: true };
    case 'partition':
      for (const inside of fault.hosts) {
        for (const outside of state.hosts.keys()) {
          if (fault.hosts.includes(outside)) continue;
          calls.setLink(inside, outside, { cut: !heal });
          calls.setLink(outside, inside, { cut: !heal });
        }
      }
      return { ok: true };
    case 'disk-full':
      state.hosts.get(fault.host)!.diskFull = !heal;
      return { ok: true };
    case 'slow-disk':
      state.hosts.get(fault.host)!.fsyncUs = heal ? DEFAULT_FSYNC_US : Math.max(0, fault.fsyncMs) * 1_000;
      return { ok: true };
    case 'clock-skew':
      state.hosts.get(fault.host)!.clockSkewMs = heal ? 0 : Math.round((fault.seconds * SECOND) / 1_000);
      return { ok: true };
    case 'expire-certificate':
      return changeFile(kernel, fault, heal, (content) => forgeCertificate(kernel, fault.host, content));
    case 'edit-file':
      return changeFile(kernel, fault, heal, (content) =>
        content.includes(fault.find)
          ? content.replace(fault.find, () => fault.replace)
          : `the text to replace is not in ${fault.path}`,
      );
    case 'edit-object':
      return editObject(kernel, fault.target, fault.patch, heal);
    case 'remove-file':
      return changeFile(kernel, fault, heal, () => undefined);
  }
}

/** `kill cp-1/etcd`, for the trace and for lists of what is broken. */
export function describeFault(fault: Fault): string {
  const { kind, ...rest } = fault;
  return `${kind} ${Object.values(rest).flat().map(String).join(' ')}`;
}

/** Whether a fault stays until it is healed. */
export function isLasting(fault: Fault): boolean {
  return fault.kind !== 'kill';
}

type FileFault = Extract<Fault, { path: string }>;

/** Where a changed file waits for its return. */
const BACKUP = '/.before-fault';

function changeFile(
  kernel: Kernel,
  fault: FileFault,
  heal: boolean,
  change: (content: string) => string | undefined,
): InputResult {
  const host = kernel.state.hosts.get(fault.host)!;
  const { files } = host;
  const backup = `${BACKUP}${fault.path}`;
  if (heal) {
    const before = files.get(backup);
    if (before === undefined) return { ok: true };
    files.delete(backup);
    // What is mended is mended, even while the disk is full.
    const { diskFull } = host;
    host.diskFull = false;
    kernel.files.writeHost(fault.host, fault.path, before.content);
    host.diskFull = diskFull;
    return { ok: true };
  }
  const current = files.get(fault.path);
  if (current === undefined) return { ok: false, error: `${fault.path}: no such file on ${fault.host}` };
  const changed = change(current.content);
  if (changed?.startsWith('the text to replace is not in') === true) return { ok: false, error: changed };
  if (!files.has(backup)) files.set(backup, current);
  if (changed === undefined) kernel.files.removeHost(fault.host, fault.path);
  else kernel.files.writeHost(fault.host, fault.path, changed);
  return { ok: true };
}

function both(
  kernel: Kernel,
  { from, to }: { readonly from: string; readonly to: string },
  change: { extraUs?: number; loss?: number },
): void {
  kernel.calls.setLink(from, to, change);
  kernel.calls.setLink(to, from, change);
}

function namesOf(fault: Fault): readonly string[] {
  switch (fault.kind) {
    case 'kill':
    case 'pause':
    case 'edit-object':
      return [];
    case 'cut':
    case 'slow':
    case 'loss':
      return [fault.from, fault.to];
    case 'partition':
      return fault.hosts;
    default:
      return [fault.host];
  }
}

function noProcess(process: string): InputResult {
  return { ok: false, error: `no process ${process} is running` };
}
