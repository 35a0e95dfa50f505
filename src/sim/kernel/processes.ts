/** Processes: spawned by a parent on the same host, signalled, paused, ended; hosts that lose power and get it back. */
import type { SpawnOptions } from './io.ts';
import { EXTERNAL, hostOf, type Kernel } from './kernel.ts';
import { randomStream } from './random.ts';
import { chartOf, start } from './run-machine.ts';
import type { Process } from './state.ts';

export interface Processes {
  spawn(
    host: string,
    options: SpawnOptions,
    parent?: Process,
  ): { readonly ok: true; readonly process: string } | { readonly ok: false; readonly error: string };
  signal(id: string, signal: 'SIGTERM' | 'SIGKILL' | 'SIGHUP'): void;
  /** Ends a process; `silently` when its host lost power (nobody is told). */
  end(process: Process, exitCode: number, signal: string | undefined, silently: boolean): void;
  /** SIGSTOP: what comes meanwhile waits in the inbox. */
  pause(id: string): void;
  resume(id: string): void;
  /** Ends every process of the host without a word; files and disks stay. */
  powerOff(host: string): void;
  powerOn(host: string): void;
}

const KILLED = 137;

export function createProcesses(kernel: Kernel): Processes {
  const { state } = kernel;
  const processes: Processes = {
    spawn(hostName, options, parent) {
      const host = hostOf(state, hostName);
      const id = `${hostName}/${options.name}`;
      if (state.processes.has(id)) return { ok: false, error: `process ${id} is already running` };
      const program = kernel.programs.get(options.program);
      if (program === undefined && options.program !== EXTERNAL) {
        return { ok: false, error: `exec: "${options.program}": executable file not found in $PATH` };
      }
      const life = state.nextLife++;
      const process: Process = {
        id,
        name: options.name,
        host: hostName,
        program: options.program,
        args: options.args,
        env: options.env ?? {},
        ip: options.ip ?? host.ip,
        ownNetwork: options.ip !== undefined,
        mounts: options.mounts,
        log: options.log,
        parent: parent?.id ?? '',
        tag: options.tag,
        life,
        startedAt: state.now,
        random: randomStream(state.seed, `${id}#${life}`),
        config: options.config,
        state: '',
        memory: {},
        paused: false,
        inbox: [],
        timers: new Map(),
        calls: new Set(),
        ports: new Set(),
        connections: new Map(),
        flows: new Map(),
        exitCode: undefined,
      };
      state.processes.set(id, process);
      if (program === undefined) return { ok: true, process: id };
      const { ip, args, env, config } = process;
      process.memory = program.init({ id, host: hostName, ip, args, env, config });
      // The first step of its life is a row of its own, so that a parent never runs its child.
      kernel.enqueue(0, '', { type: 'SPAWNED', process: id, life });
      return { ok: true, process: id };
    },

    signal(id, signal) {
      const process = state.processes.get(id);
      if (process === undefined) return;
      if (signal === 'SIGKILL') processes.end(process, KILLED, 'SIGKILL', false);
      else kernel.enqueue(0, id, { type: signal }, { life: process.life });
    },

    end(process, exitCode, signal, silently) {
      if (state.processes.get(process.id) !== process) return;
      kernel.calls.closeAll(process, silently);
      state.processes.delete(process.id);
      kernel.files.unwatch(process);
      const parent = state.processes.get(process.parent);
      if (silently || parent === undefined) return;
      const end = {
        type: 'EXITED',
        process: process.id,
        tag: process.tag,
        exitCode,
        ...(signal === undefined ? {} : { signal }),
      };
      kernel.enqueue(0, parent.id, end, { from: process.id, life: parent.life });
    },

    pause(id) {
      const process = state.processes.get(id);
      if (process !== undefined) process.paused = true;
    },

    resume(id) {
      const process = state.processes.get(id);
      if (process === undefined || !process.paused) return;
      process.paused = false;
      for (const row of process.inbox) {
        const options = { from: row.from, life: row.life, timer: row.timer };
        if (row.timer !== undefined && process.timers.get(row.timer) !== row.seq) continue;
        const again = kernel.enqueue(0, id, row.event, options);
        if (row.timer !== undefined) process.timers.set(row.timer, again.seq);
      }
      process.inbox.length = 0;
    },

    powerOff(hostName) {
      const host = hostOf(state, hostName);
      host.powered = false;
      host.linux.clear();
      host.fileWatches.length = 0;
      for (const process of [...state.processes.values()]) {
        if (process.host === hostName && process.program !== EXTERNAL) processes.end(process, KILLED, undefined, true);
      }
    },

    powerOn(hostName) {
      hostOf(state, hostName).powered = true;
    },
  };
  return processes;
}

/** First step of a process: enters its chart's initial state. */
export function begin(kernel: Kernel, process: Process): void {
  const chart = chartOf(kernel.programs.get(process.program)!.machine);
  kernel.as(process, (io) => {
    start(
      chart,
      process,
      { me: process.memory, io },
      {
        arm: (key, delayUs, event) => io.setTimer(key, delayUs, event),
        disarm: (key) => io.clearTimer(key),
      },
    );
  });
}
