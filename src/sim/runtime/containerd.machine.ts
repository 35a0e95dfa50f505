/**
 * containerd with its CRI plugin: images, sandboxes and containers for the kubelet and crictl.
 * What runs belongs to shims (one a pod), so a restart of containerd stops nothing: it reads its disk and asks the shims.
 * Models containerd 2.x internal/cri/server.
 */
import { setup } from 'xstate';
import { CRI_PORT, type CriRequest } from '../api/cri.ts';
import type { CallId, Io } from '../kernel/io.ts';
import type { Program } from '../kernel/kernel.ts';
import { type Context, givenByKernel } from '../kernel/run-machine.ts';
import { containerdDisk } from './containerd-state.ts';
import { recoverContainers, shimAnswered, stopTimedOut, taskEnded, taskFailed, taskStarted } from './containers.ts';
import { answerCri, forgetCall } from './cri-server.ts';
import { execDone } from './exec.ts';
import { CNI_DIRECTORY, type CniConfig, readCniConfig } from './ipam.ts';
import { pulled } from './pulls.ts';
import { sandboxStarted, shimDied } from './sandboxes.ts';

export interface ContainerdMemory {
  /** Shims that have answered since this life began. */
  readonly shims: Set<string>;
  cni: CniConfig;
  registryBytesPerSecond: number;
  /** `disabled_plugins = ["cri"]`: the classic of a distribution's own package. */
  criDisabled: boolean;
  /** Container → who waits for its start. */
  readonly starts: Map<string, CallId>;
  /** Container → who waits for its end. */
  readonly stops: Map<string, CallId[]>;
  /** Container → when its time is over, virtual microseconds. */
  readonly stopDeadlines: Map<string, number>;
  /** Sandbox → who waits for its network. */
  readonly sandboxStarts: Map<string, CallId>;
  /** Sandbox → who waits for its containers to be gone. */
  readonly sandboxStops: Map<string, CallId[]>;
  /** Image → who waits for it. */
  readonly pulls: Map<string, CallId[]>;
  readonly execs: Map<number, CallId>;
  readonly watchers: CallId[];
  nextExec: number;
}

export type ShimTask = {
  readonly container: string;
  readonly process: string;
  readonly running: boolean;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly finishedAtMs: number;
};

type ContainerdEvent =
  | { type: 'REQUEST'; call: CallId; body: CriRequest }
  | { type: 'CANCELLED'; call: CallId }
  | { type: 'SHIM_TASKS'; sandbox: string; tasks: readonly ShimTask[] }
  | { type: 'TASK_STARTED'; container: string; process: string }
  | { type: 'TASK_FAILED'; container: string; error: string }
  | { type: 'TASK_EXIT'; container: string; exitCode: number; oomKilled: boolean; finishedAtMs: number }
  | { type: 'EXEC_DONE'; id: number; stdout: string; exitCode: number }
  | { type: 'SANDBOX_NETWORK'; sandbox: string }
  | { type: 'PULLED'; image: string }
  | { type: 'STOP_TIMEOUT'; container: string }
  | { type: 'TASK_MEMORY'; container: string; bytes: number }
  | { type: 'EXITED'; process: string }
  | { type: 'FILE_CHANGED'; path: string }
  | { type: 'SIGTERM' };

export const containerdMachine = setup({
  types: {} as { context: Context<ContainerdMemory, Io>; events: ContainerdEvent },
  actions: {
    load: ({ context: { me, io } }) => load(me, io),
    recover: ({ context: { me, io } }) => recoverContainers(me, io),
    serve: ({ context: { io } }) => {
      io.listen(CRI_PORT, { ip: '127.0.0.1' });
      log(io, 'info', 'containerd successfully booted in 0.300000s');
    },
  },
}).createMachine({
  id: 'containerd',
  context: givenByKernel,
  initial: 'starting',
  on: {
    SHIM_TASKS: { actions: ({ context, event }) => shimAnswered(context.me, context.io, event.sandbox, event.tasks) },
    TASK_EXIT: { actions: ({ context, event }) => taskEnded(context.me, context.io, event) },
    TASK_MEMORY: {
      actions: ({ context, event }) => {
        const container = containerdDisk(context.io).containers.get(event.container);
        if (container !== undefined) container.memoryBytes = event.bytes;
      },
    },
    EXITED: { actions: ({ context, event }) => shimDied(context.me, context.io, event.process) },
  },
  states: {
    starting: { entry: 'load', after: { 300: 'serving' } },
    serving: {
      entry: ['recover', 'serve'],
      on: {
        REQUEST: { actions: ({ context, event }) => answerCri(context.me, context.io, event.call, event.body) },
        CANCELLED: { actions: ({ context, event }) => forgetCall(context.me, event.call) },
        TASK_STARTED: {
          actions: ({ context, event }) => taskStarted(context.me, context.io, event.container, event.process),
        },
        TASK_FAILED: {
          actions: ({ context, event }) => taskFailed(context.me, context.io, event.container, event.error),
        },
        EXEC_DONE: { actions: ({ context, event }) => execDone(context.me, context.io, event) },
        SANDBOX_NETWORK: { actions: ({ context, event }) => sandboxStarted(context.me, context.io, event.sandbox) },
        PULLED: { actions: ({ context, event }) => pulled(context.me, context.io, event.image) },
        STOP_TIMEOUT: { actions: ({ context, event }) => stopTimedOut(context.io, event.container) },
        FILE_CHANGED: {
          actions: ({ context }) => {
            context.me.cni = readCniConfig(context.io);
          },
        },
      },
    },
  },
});

export const containerdProgram: Program = {
  name: 'containerd',
  machine: containerdMachine,
  init: (): ContainerdMemory => ({
    shims: new Set(),
    cni: { ok: false, error: 'cni plugin not initialized' },
    registryBytesPerSecond: 50_000_000,
    criDisabled: false,
    starts: new Map(),
    stops: new Map(),
    stopDeadlines: new Map(),
    sandboxStarts: new Map(),
    sandboxStops: new Map(),
    pulls: new Map(),
    execs: new Map(),
    watchers: [],
    nextExec: 1,
  }),
};

/** One line as logrus prints it. */
export function log(io: Io, level: 'info' | 'warning' | 'error', message: string): void {
  io.log(`level=${level} msg=${JSON.stringify(message)}`);
}

function load(me: ContainerdMemory, io: Io): void {
  log(io, 'info', 'starting containerd version=v2.2.1');
  const config = io.readFile('/etc/containerd/config.toml') ?? '';
  const problem = tomlProblem(config);
  if (problem !== undefined) {
    io.log(`containerd: failed to load TOML: /etc/containerd/config.toml: ${problem}`);
    io.exit(1);
    return;
  }
  me.registryBytesPerSecond = Number(/registry_megabytes_per_second\s*=\s*(\d+)/.exec(config)?.[1] ?? 50) * 1_000_000;
  me.criDisabled =
    /^\s*disabled_plugins\s*=\s*\[[^\]]*["'](cri|io\.containerd\.(grpc\.v1\.cri|cri\.v1\.runtime))["']/m.test(config);
  me.cni = readCniConfig(io);
  io.watchFiles(CNI_DIRECTORY);
  for (const sandbox of containerdDisk(io).sandboxes.values())
    if (sandbox.ready) io.send(sandbox.shim, { type: 'CONNECT' });
  if (!me.cni.ok)
    log(
      io,
      'error',
      `failed to load cni during init, please check CRI plugin status before setting up network for pods: no network config found in ${CNI_DIRECTORY}: cni plugin not initialized`,
    );
}

/** The first line that is neither a comment, nor a table, nor a setting. */
function tomlProblem(text: string): string | undefined {
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const trimmed = line.replace(/#.*$/, '').trim();
    if (trimmed === '' || /^\[\[?[^\]]+\]\]?$/.test(trimmed) || /^("[^"]*"|'[^']*'|[\w.-]+)\s*=\s*\S/.test(trimmed))
      continue;
    if (/^[\]"'}]/.test(trimmed)) continue;
    return `toml: line ${index + 1}: expected newline but got U+${(trimmed.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  }
  return undefined;
}
