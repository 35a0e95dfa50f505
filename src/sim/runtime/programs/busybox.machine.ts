/** What `sh -c …`, `sleep 3600` and other small commands run as: one binary with many names, like busybox. */
import { setup } from 'xstate';
import type { Io } from '../../kernel/io.ts';
import type { Program } from '../../kernel/kernel.ts';
import type { KernelEvent } from '../../kernel/queue.ts';
import { type Context, givenByKernel } from '../../kernel/run-machine.ts';
import { containerConfigOf } from '../container-process.ts';
import { continueFetch } from './http-client.ts';
import { finishWait, loadCommand, runShell, runTrap, type ShellMemory } from './shell.ts';

type BusyboxEvent =
  | { type: 'WOKEN' }
  | { type: 'CPU' }
  | { type: 'REPLY'; call: number; tag: unknown; ok: boolean }
  | { type: 'SIGTERM' }
  /** Whoever typed into it has gone: a shell or a `cat` that reads has read the end. */
  | { type: 'STDIN_EOF' };

type Args = { context: Context<ShellMemory, Io>; event: BusyboxEvent };

export const busyboxMachine = setup({
  types: {} as { context: Context<ShellMemory, Io>; events: BusyboxEvent },
  actions: {
    run: ({ context: { me, io } }) => runShell(me, io),
    wake: ({ context: { me, io } }) => finishWait(me, io, { status: 0 }),
    goOn: ({ context: { me, io } }) => {
      me.wait = undefined;
      runShell(me, io);
    },
    answer: ({ context: { me, io }, event }: Args) => {
      if (me.wait?.k !== 'fetch') return;
      const result = continueFetch(me.wait.fetch, io, event as unknown as KernelEvent);
      if (result !== undefined) finishWait(me, io, result);
    },
    inputEnded: ({ context: { me, io } }) => {
      if (me.wait?.k === 'forever' && me.config?.keepsStdin === true) finishWait(me, io, { status: 0 });
    },
    terminate: ({ context: { me, io } }) => {
      if (runTrap(me, io, 'TERM')) return;
      // The kernel spares the first process of a container: without a handler, SIGTERM does nothing to it.
      if (me.config?.isInit !== true) io.exit(143);
    },
  },
}).createMachine({
  id: 'busybox',
  context: givenByKernel,
  initial: 'Running',
  states: {
    Running: {
      entry: 'run',
      on: {
        WOKEN: { actions: 'wake' },
        CPU: { actions: 'goOn' },
        REPLY: { actions: 'answer' },
        SIGTERM: { actions: 'terminate' },
        STDIN_EOF: { actions: 'inputEnded' },
      },
    },
  },
});

export const busyboxProgram: Program = {
  name: 'busybox',
  machine: busyboxMachine,
  init: ({ args, env, config }): ShellMemory => {
    const memory: ShellMemory = {
      config: containerConfigOf(config),
      frames: [],
      status: 0,
      vars: { ...env },
      args: [],
      cwd: '/',
      captures: [],
      partial: '',
      stdin: undefined,
      traps: {},
      background: [],
      wait: undefined,
      burst: 0,
      memoryBytes: 0,
    };
    loadCommand(memory, args);
    return memory;
  },
};
