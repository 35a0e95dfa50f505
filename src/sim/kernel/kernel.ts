/**
 * The kernel: takes the earliest due row, runs the machine it is meant for, queues what that sends. No clock but its own.
 * Processes, calls and files live here because they are how components meet; what they mean is the components' business.
 */
import type { AnyStateMachine } from 'xstate';
import { type Calls, createCalls } from './calls.ts';
import { createFiles, type Files } from './files.ts';
import { hashText, mix } from './hash.ts';
import type { ClientTls, Io, ServerTls, SpawnOptions } from './io.ts';
import { createNetwork } from './network.ts';
import { begin, createProcesses, type Processes } from './processes.ts';
import { type KernelEvent, peek, pop, push, type QueueRow } from './queue.ts';
import { nextFloat, randomStream } from './random.ts';
import { chartOf, dispatch, type Timers } from './run-machine.ts';
import type { Host, KernelState, LogLine, Process } from './state.ts';
import { createTrace, NO_NOTES, record, type Trace } from './trace.ts';
import { EPOCH_MS, type Us } from './units.ts';

/** A binary that processes run: its statechart and its fresh memory. */
export interface Program {
  readonly name: string;
  readonly machine: AnyStateMachine;
  /** Memory of a process that has just started; the initial state's entry actions run right after. */
  init(process: ProcessStart): object;
}

export interface ProcessStart {
  readonly id: string;
  readonly host: string;
  readonly ip: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly config: unknown;
}

/** Where a connection goes; decided by the host room (routes, netfilter). */
export type RouteResult =
  | { readonly to: 'listener'; readonly host: string; readonly key: string }
  | { readonly to: 'refused' }
  | { readonly to: 'dropped' }
  | { readonly to: 'unreachable'; readonly error: string };

export interface KernelHooks {
  /** Decides where a connection from this process to ip:port really ends. Absent: hosts' own addresses only. */
  route?(kernel: Kernel, from: Process, ip: string, port: number, protocol: 'tcp' | 'udp'): RouteResult;
  /** Checks a TLS handshake; an error text as the client would print it, or undefined. Wall clocks in epoch ms. */
  handshake?(
    client: ClientTls,
    server: ServerTls,
    serverName: string,
    clientMs: number,
    serverMs: number,
  ): string | undefined;
  /** Whatever leaves the world: events for processes of program `external`. */
  external?(process: Process, event: KernelEvent): void;
}

export interface Kernel {
  readonly state: KernelState;
  readonly programs: ReadonlyMap<string, Program>;
  readonly hooks: KernelHooks;
  readonly trace: Trace;
  readonly io: Io;
  readonly calls: Calls;
  readonly processes: Processes;
  readonly files: Files;
  /** Queues a row; `cause` is the row being executed. */
  enqueue(
    delayUs: Us,
    to: string,
    event: KernelEvent,
    options?: { from?: string; life?: number; timer?: string | undefined },
  ): QueueRow;
  /** Executes the earliest row. False when the queue is empty. */
  step(): boolean;
  /** Executes everything due up to and including this time, and sets the clock to it. */
  runUntil(time: Us): void;
  nextAt(): Us | undefined;
  /** Runs `action` as this process (for rooms that need Io on behalf of a process, such as tests and inputs). */
  as(process: Process, action: (io: Io) => void): void;
}

const NO_LINES: readonly LogLine[] = Object.freeze([]);

/** Rows addressed to the program `external` leave the world through the hook. */
export const EXTERNAL = 'external';

export function createKernelState(seed: number, network = createNetwork(300, 200)): KernelState {
  return {
    now: 0,
    nextSeq: 1,
    steps: 0,
    hashLow: 0x811c9dc5,
    hashHigh: 0x01000193,
    nextCall: 1,
    nextLife: 1,
    seed,
    queue: { heap: [] },
    random: randomStream(seed, 'kernel'),
    hosts: new Map(),
    hostByIp: new Map(),
    processes: new Map(),
    listeners: new Map(),
    calls: new Map(),
    deadlines: new Map(),
    network,
  };
}

export function addHost(state: KernelState, name: string, ip: string, zone = ''): Host {
  const host: Host = {
    name,
    ip,
    zone,
    powered: true,
    clockSkewMs: 0,
    fsyncUs: 800,
    diskFull: false,
    files: new Map(),
    disks: new Map(),
    logs: new Map(),
    fileWatches: [],
    linux: new Map(),
  };
  state.hosts.set(name, host);
  state.hostByIp.set(ip, name);
  return host;
}

export function createKernel(
  state: KernelState,
  programs: ReadonlyMap<string, Program>,
  hooks: KernelHooks = {},
  trace: Trace = createTrace(20_000),
): Kernel {
  let current: Process | undefined;
  let currentSeq = 0;
  let notes: string[] | undefined;
  const raised: KernelEvent[] = [];
  const typeHashes = new Map<string, number>();

  const running = (): Process => {
    if (current === undefined) throw new Error('io used outside of a step');
    return current;
  };

  const timers: Timers = {
    arm: (key, delayUs, event) => kernel.io.setTimer(key, delayUs, event),
    disarm: (key) => kernel.io.clearTimer(key),
  };

  function run(process: Process, action: () => void): void {
    const previous = current;
    current = process;
    try {
      action();
      for (let i = 0; i < raised.length; i++) {
        if (i > 1_000) throw new Error(`${process.id}: raised events never end (${raised[i]?.type})`);
        dispatch(chartFor(process), process, contextFor(process), raised[i]!, timers);
      }
      raised.length = 0;
    } finally {
      current = previous;
    }
    if (process.exitCode !== undefined && kernel.state.processes.get(process.id) === process) {
      kernel.processes.end(process, process.exitCode, undefined, false);
    }
  }

  const chartFor = (process: Process) => chartOf(programs.get(process.program)!.machine);
  const contextFor = (process: Process) => ({ me: process.memory, io: kernel.io });

  function execute(row: QueueRow): void {
    state.now = row.at;
    state.steps++;
    currentSeq = row.seq;
    notes = undefined;
    if (row.to === '') {
      chain(row);
      kernelRow(row);
      return;
    }
    const process = state.processes.get(row.to);
    if (process === undefined || (row.life !== 0 && row.life !== process.life)) return;
    if (row.timer !== undefined) {
      if (process.timers.get(row.timer) !== row.seq) return;
      if (!process.paused) process.timers.delete(row.timer);
    }
    if (process.paused) {
      process.inbox.push(row);
      return;
    }
    chain(row);
    if (process.program === EXTERNAL) {
      kernel.calls.arrived(row);
      hooks.external?.(process, row.event);
      record(trace, { row, before: '', after: '', notes: NO_NOTES });
      return;
    }
    const before = process.state;
    run(process, () => {
      if (!kernel.calls.arrived(row)) return;
      if (
        !dispatch(chartFor(process), process, contextFor(process), row.event, timers) &&
        row.event.type === 'SIGTERM'
      ) {
        process.exitCode = 143;
      }
    });
    record(trace, { row, before, after: process.state, notes: notes ?? NO_NOTES });
  }

  function kernelRow(row: QueueRow): void {
    if (row.event.type !== 'SPAWNED') {
      kernel.calls.kernelEvent(row.event);
      return;
    }
    const process = state.processes.get(row.event['process'] as string);
    if (process === undefined || process.life !== row.event['life']) return;
    begin(kernel, process);
    record(trace, { row, before: '', after: process.state, notes: notes ?? NO_NOTES });
  }

  function chain(row: QueueRow): void {
    let type = typeHashes.get(row.event.type);
    if (type === undefined) {
      type = hashText(row.event.type);
      typeHashes.set(row.event.type, type);
    }
    state.hashLow = mix(mix(state.hashLow, row.seq), type);
    state.hashHigh = mix(mix(state.hashHigh, row.at | 0), row.to.length + row.cause);
  }

  const io: Io = {
    get now() {
      return state.now;
    },
    get self() {
      return running().id;
    },
    get host() {
      return running().host;
    },
    get ip() {
      return running().ip;
    },
    wallMs: () => wallMs(state, running().host),
    random: () => nextFloat(running().random),
    log: (line) => kernel.files.log(running().host, running().log, line),
    note: (text) => {
      if (notes === undefined) notes = [text];
      else notes.push(text);
    },
    raise: (event) => {
      raised.push(event);
    },
    setTimer: (key, delayUs, event) => {
      const process = running();
      const row = kernel.enqueue(delayUs, process.id, event, { life: process.life, timer: key });
      process.timers.set(key, row.seq);
    },
    clearTimer: (key) => {
      running().timers.delete(key);
    },
    send: (to, event) => kernel.calls.send(running(), to, event),
    post: (address, event) => kernel.calls.post(running(), address, event),
    request: (address, body, options) => kernel.calls.request(running(), address, body, options ?? {}),
    reply: (call, body) => kernel.calls.reply(running(), call, body),
    push: (call, item) => kernel.calls.push(running(), call, item),
    cancel: (call, error) => kernel.calls.cancel(running(), call, error),
    isOpen: (call) => state.calls.has(call) && running().calls.has(call),
    listen: (port, options) => kernel.calls.listen(running(), port, options ?? {}),
    unlisten: (port) => kernel.calls.unlisten(running(), port),
    forwardTo: (port, addresses) => kernel.calls.forwardTo(running(), port, addresses),
    connect: (address, options) => kernel.calls.connect(running(), address, options ?? {}),
    spawn: (options: SpawnOptions) => kernel.processes.spawn(running().host, options, running()),
    kill: (process, signal) => kernel.processes.signal(process, signal),
    exit: (code) => {
      running().exitCode = code;
    },
    readFile: (path) => kernel.files.read(running(), path),
    writeFile: (path, content) => kernel.files.write(running(), path, content),
    removeFile: (path) => kernel.files.remove(running(), path),
    listFiles: (directory) => kernel.files.list(running(), directory),
    watchFiles: (path) => kernel.files.watch(running(), path),
    unwatchFiles: (path) => kernel.files.unwatch(running(), path),
    readLog: (name) => hostOf(state, running().host).logs.get(name) ?? NO_LINES,
    removeLog: (name) => {
      hostOf(state, running().host).logs.delete(name);
    },
    disk: (path, fresh) => kernel.files.disk(running().host, kernel.files.hostPath(running(), path), fresh),
    linux: (name, fresh) => linuxData(hostOf(state, running().host), name, fresh),
    dropDisk: (path) => {
      hostOf(state, running().host).disks.delete(kernel.files.hostPath(running(), path));
    },
    fsync: (tag) => {
      const process = running();
      kernel.enqueue(hostOf(state, process.host).fsyncUs, process.id, { type: 'FSYNCED', tag }, { life: process.life });
    },
    diskIsFull: () => hostOf(state, running().host).diskFull,
  };

  const kernel: Kernel = {
    state,
    programs,
    hooks,
    trace,
    io,
    calls: undefined as unknown as Calls,
    processes: undefined as unknown as Processes,
    files: undefined as unknown as Files,
    enqueue(delayUs, to, event, options) {
      const row: QueueRow = {
        at: state.now + Math.max(0, Math.round(delayUs)),
        seq: state.nextSeq++,
        to,
        event,
        from: options?.from ?? '',
        cause: currentSeq,
        life: options?.life ?? 0,
        timer: options?.timer,
      };
      push(state.queue, row);
      return row;
    },
    step() {
      const row = pop(state.queue);
      if (row === undefined) return false;
      execute(row);
      currentSeq = 0;
      return true;
    },
    runUntil(time) {
      for (let row = peek(state.queue); row !== undefined && row.at <= time; row = peek(state.queue)) {
        pop(state.queue);
        execute(row);
      }
      currentSeq = 0;
      if (time > state.now) state.now = time;
    },
    nextAt: () => peek(state.queue)?.at,
    as: (process, action) => run(process, () => action(io)),
  };
  Object.assign(kernel, { calls: createCalls(kernel), processes: createProcesses(kernel), files: createFiles(kernel) });
  return kernel;
}

export function hostOf(state: KernelState, name: string): Host {
  const host = state.hosts.get(name);
  if (host === undefined) throw new Error(`no host ${name}`);
  return host;
}

/** See Io.linux; for rooms that look at a machine from outside. */
export function linuxData<T>(host: Host, name: string, fresh: () => T): T {
  let data = host.linux.get(name) as T | undefined;
  if (data === undefined) {
    data = fresh();
    host.linux.set(name, data);
  }
  return data;
}

/** A host's wall clock in epoch milliseconds, its skew included. */
export function wallMs(state: KernelState, host: string): number {
  return EPOCH_MS + Math.floor(state.now / 1_000) + (state.hosts.get(host)?.clockSkewMs ?? 0);
}
