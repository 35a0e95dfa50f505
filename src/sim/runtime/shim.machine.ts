/**
 * The shim of one pod (containerd-shim-runc-v2): parent of the pod's processes, so that they outlive a restart of containerd.
 * It holds the pod's network and cgroup, stands for the pause container, remembers how tasks ended, and is where the kernel's
 * out-of-memory killer strikes.
 */
import { setup } from 'xstate';
import type { Io, Mount } from '../kernel/io.ts';
import type { ProcessStart, Program } from '../kernel/kernel.ts';
import { type Context, givenByKernel } from '../kernel/run-machine.ts';
import type { ContainerProcessConfig } from './container-process.ts';

/** What containerd asks its shim to run. */
export interface TaskSpec {
  readonly container: string;
  /** Candidate process names; the first that is free is taken. */
  readonly names: readonly string[];
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly log: string;
  readonly memoryLimitBytes: number;
  readonly memoryBytes: number;
  readonly stdin: boolean;
}

export interface Task {
  readonly container: string;
  readonly spec: TaskSpec;
  readonly process: string;
  memoryBytes: number;
  oomKilled: boolean;
  running: boolean;
  exitCode: number;
  finishedAtMs: number;
}

interface Exec {
  readonly id: number;
  readonly container: string;
  readonly log: string;
}

export interface ShimMemory {
  readonly sandbox: string;
  readonly containerd: string;
  /** The pod's own IP; empty on the host's network. */
  readonly ip: string;
  readonly tasks: Map<string, Task>;
  /** Process → what runs in it beside the containers' main processes. */
  readonly execs: Map<string, Exec>;
}

type ShimEvent =
  | { type: 'CONNECT' }
  | { type: 'START_TASK'; spec: TaskSpec }
  | { type: 'KILL_TASK'; container: string; signal: 'SIGTERM' | 'SIGKILL' }
  | { type: 'DELETE_TASK'; container: string }
  | { type: 'EXEC'; id: number; container: string; program: string; args: readonly string[]; stdin: string | undefined }
  | { type: 'MEMORY'; container: string; bytes: number }
  | { type: 'EXITED'; process: string; tag: unknown; exitCode: number; signal?: string }
  | { type: 'SHUTDOWN' }
  | { type: 'SIGTERM' };

type Args<E extends ShimEvent['type']> = { context: Context<ShimMemory, Io>; event: Extract<ShimEvent, { type: E }> };

export const shimMachine = setup({
  types: {} as { context: Context<ShimMemory, Io>; events: ShimEvent },
}).createMachine({
  id: 'containerd-shim',
  context: givenByKernel,
  initial: 'Running',
  on: { SIGTERM: {} },
  states: {
    Running: {
      on: {
        CONNECT: { actions: ({ context }) => report(context.me, context.io) },
        START_TASK: { actions: startTask },
        KILL_TASK: { actions: killTask },
        DELETE_TASK: { actions: ({ context, event }) => context.me.tasks.delete(event.container) },
        EXEC: { actions: exec },
        MEMORY: { actions: memoryUsed },
        EXITED: { actions: exited },
        SHUTDOWN: { actions: shutDown },
      },
    },
  },
});

export const shimProgram: Program = {
  name: 'containerd-shim',
  machine: shimMachine,
  init: ({ config }: ProcessStart): ShimMemory => ({
    ...(config as { sandbox: string; containerd: string; ip: string }),
    tasks: new Map(),
    execs: new Map(),
  }),
};

/** Everything about this pod, to a containerd that has just (re)started. */
function report(me: ShimMemory, io: Io): void {
  const tasks = [...me.tasks.values()].map(({ container, process, running, exitCode, oomKilled, finishedAtMs }) => ({
    container,
    process,
    running,
    exitCode,
    oomKilled,
    finishedAtMs,
  }));
  io.send(me.containerd, { type: 'SHIM_TASKS', sandbox: me.sandbox, tasks });
}

function startTask({ context: { me, io }, event: { spec } }: Args<'START_TASK'>): void {
  const config: ContainerProcessConfig = {
    shim: io.self,
    container: spec.container,
    isInit: true,
    keepsStdin: spec.stdin,
  };
  let error = '';
  for (const name of spec.names) {
    const result = io.spawn({
      name,
      program: spec.program,
      args: spec.args,
      env: spec.env,
      mounts: spec.mounts,
      log: spec.log,
      tag: spec.container,
      config,
      ...(me.ip === '' ? {} : { ip: me.ip }),
    });
    if (result.ok) {
      const task: Task = {
        container: spec.container,
        spec,
        process: result.process,
        memoryBytes: spec.memoryBytes,
        oomKilled: false,
        running: true,
        exitCode: 0,
        finishedAtMs: 0,
      };
      me.tasks.set(spec.container, task);
      io.send(me.containerd, { type: 'TASK_STARTED', container: spec.container, process: result.process });
      checkMemory(me, io, task);
      return;
    }
    error = result.error;
  }
  io.send(me.containerd, { type: 'TASK_FAILED', container: spec.container, error });
}

function killTask({ context: { me, io }, event }: Args<'KILL_TASK'>): void {
  const task = me.tasks.get(event.container);
  if (task === undefined || !task.running) return;
  io.kill(task.process, event.signal);
  if (event.signal === 'SIGKILL')
    for (const [process, { container }] of me.execs) if (container === event.container) io.kill(process, 'SIGKILL');
}

function exec({ context: { me, io }, event }: Args<'EXEC'>): void {
  const task = me.tasks.get(event.container);
  const answer = (stdout: string, exitCode: number) =>
    io.send(me.containerd, { type: 'EXEC_DONE', id: event.id, stdout, exitCode });
  if (task === undefined || !task.running) {
    answer('', -1);
    return;
  }
  const log = `exec/${me.sandbox.slice(0, 12)}/${event.id}`;
  const config: ContainerProcessConfig = {
    shim: io.self,
    container: event.container,
    isInit: false,
    keepsStdin: false,
    ...(event.stdin === undefined ? {} : { stdin: event.stdin }),
  };
  const result = io.spawn({
    name: `${task.process.slice(io.host.length + 1)}/exec-${event.id}`,
    program: event.program,
    args: event.args,
    env: task.spec.env,
    mounts: task.spec.mounts,
    log,
    config,
    ...(me.ip === '' ? {} : { ip: me.ip }),
  });
  if (result.ok) me.execs.set(result.process, { id: event.id, container: event.container, log });
  else answer(`${result.error}\n`, 126);
}

function memoryUsed({ context: { me, io }, event }: Args<'MEMORY'>): void {
  const task = me.tasks.get(event.container);
  if (task === undefined || !task.running) return;
  task.memoryBytes = event.bytes + task.spec.memoryBytes;
  io.send(me.containerd, { type: 'TASK_MEMORY', container: event.container, bytes: task.memoryBytes });
  checkMemory(me, io, task);
}

/** The memory controller of the container's cgroup: over the limit, its processes die. */
function checkMemory(_me: ShimMemory, io: Io, task: Task): void {
  const limit = task.spec.memoryLimitBytes;
  if (limit === 0 || task.memoryBytes <= limit || task.oomKilled) return;
  task.oomKilled = true;
  io.note(`out of memory: ${task.process} uses ${task.memoryBytes} bytes of ${limit}`);
  io.kill(task.process, 'SIGKILL');
}

function exited({ context: { me, io }, event }: Args<'EXITED'>): void {
  const command = me.execs.get(event.process);
  if (command !== undefined) {
    me.execs.delete(event.process);
    const stdout = io
      .readLog(command.log)
      .map((line) => `${line.text}\n`)
      .join('');
    io.removeLog(command.log);
    io.send(me.containerd, { type: 'EXEC_DONE', id: command.id, stdout, exitCode: event.exitCode });
    return;
  }
  const task = typeof event.tag === 'string' ? me.tasks.get(event.tag) : undefined;
  if (task === undefined || task.process !== event.process) return;
  task.running = false;
  task.exitCode = event.exitCode;
  task.finishedAtMs = io.wallMs();
  const { container, exitCode, oomKilled, finishedAtMs } = task;
  io.send(me.containerd, { type: 'TASK_EXIT', container, exitCode, oomKilled, finishedAtMs });
}

function shutDown({ context: { me, io } }: Args<'SHUTDOWN'>): void {
  for (const task of me.tasks.values()) if (task.running) io.kill(task.process, 'SIGKILL');
  for (const process of me.execs.keys()) io.kill(process, 'SIGKILL');
  io.exit(0);
}
