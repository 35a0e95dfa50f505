/**
 * The learner's shell: a terminal on the laptop that can move to other machines (`ssh NODE`) and into pods
 * (`kubectl exec -it POD -- sh`) and back (`exit`). Time in the cluster passes while a command waits for it.
 */
import { cleanText } from './clean-text.ts';
import { type CommandIo, INTERRUPTED, type ShellCommand } from './command.ts';
import { commandsFor } from './commands.ts';
import { completeLine } from './complete-line.ts';
import type { Gateway } from './gateway.ts';
import { createMachineShell, loadBash, type MachineShell, type RunResult, type Screen } from './machine-shell.ts';
import type { Place, SessionMemory } from './session-memory.ts';

export interface ShellOptions {
  /** Default `laptop`. */
  readonly host?: string | undefined;
  /** What an editor does: gives back the new text, or undefined when it was left without saving. */
  readonly edit?: ((text: string, path: string) => Promise<string | undefined>) | undefined;
}

export interface ScriptResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface Shell {
  prompt(): string;
  /** Runs a line, or asks for more lines when it is unfinished. @returns the exit status; never rejects */
  run(line: string, write: (text: string) => void, signal: AbortSignal): Promise<number>;
  complete(line: string, cursor: number): Promise<{ readonly from: number; readonly candidates: readonly string[] }>;
  /** Runs a script in a shell of its own on the laptop. Output also goes to `screen` as it comes. */
  runScript(
    text: string,
    options?: { readonly screen?: Screen; readonly signal?: AbortSignal; readonly stdin?: string },
  ): Promise<ScriptResult>;
  /** Lines typed so far, oldest first. */
  history(): readonly string[];
  forgetHistory(): void;
  /** Loads what the first command needs. */
  warmUp(): Promise<void>;
}

/** Where the terminal is: on a machine, or in a pod; below it, the line that led there and goes on when it is left. */
interface Terminal {
  readonly machine: MachineShell;
  readonly pod: Extract<Place, { kind: 'pod' }> | undefined;
  leave(exitCode: number): void;
  suspended: Running | undefined;
}

/** A line that is being run, and where its output goes: to whoever waits for it now. */
interface Running {
  readonly result: Promise<RunResult>;
  write(text: string): void;
  readonly controller: AbortController;
}

export const LEARNER = 'kubernetes-admin';

export function createShell(gateway: Gateway, options: ShellOptions = {}): Shell {
  const memory: SessionMemory = {
    history: [],
    faults: [],
    marks: new Map(),
    edit: options.edit,
    enter: undefined,
    open: (host, user, other) => open(host, user, other),
  };
  const firstHost = options.host ?? 'laptop';
  const open = (host: string, user: string, other: Gateway = gateway): MachineShell =>
    createMachineShell({ gateway: other, host, user, memory, commands: commandsFor(other.world, host) });
  const terminals: Terminal[] = [
    { machine: open(firstHost, userOn(firstHost)), pod: undefined, leave: () => {}, suspended: undefined },
  ];
  const last = (): Terminal => terminals.at(-1)!;
  let unfinished = '';

  /** Waits for a line to end, or to lead somewhere else; then the prompt is that place's. */
  async function follow(running: Running, write: (text: string) => void, signal: AbortSignal): Promise<number> {
    running.write = write;
    const abort = () => running.controller.abort();
    signal.addEventListener('abort', abort, { once: true });
    let arrived = () => {};
    const arrival = new Promise<undefined>((resolve) => {
      arrived = () => resolve(undefined);
    });
    memory.enter = (place) =>
      new Promise<number>((leave) => {
        const machine = place.kind === 'host' ? open(place.host, place.user) : last().machine;
        terminals.push({ machine, pod: place.kind === 'pod' ? place : undefined, leave, suspended: running });
        arrived();
      });
    const result = await Promise.race([running.result, arrival]);
    signal.removeEventListener('abort', abort);
    if (result === undefined) return 0;
    if (result.incomplete) return result.exitCode;
    return result.exited ? leave(result.exitCode, write, signal) : result.exitCode;
  }

  /** Back to where the terminal was before; what was left of the line there goes on. */
  async function leave(exitCode: number, write: (text: string) => void, signal: AbortSignal): Promise<number> {
    if (terminals.length === 1) return exitCode;
    const { machine, pod, suspended, leave: left } = last();
    terminals.pop();
    if (pod === undefined) write(`logout\nConnection to ${machine.host} closed.\n`);
    left(exitCode);
    return suspended === undefined ? exitCode : follow(suspended, write, signal);
  }

  async function runHere(text: string, write: (text: string) => void, signal: AbortSignal): Promise<number> {
    const { machine, pod, suspended, leave: left } = last();
    if (gateway.world.kernel.state.hosts.get(machine.host)?.powered === false && suspended !== undefined) {
      terminals.pop();
      write('client_loop: send disconnect: Broken pipe\n');
      left(255);
      return follow(suspended, write, signal);
    }
    if (pod !== undefined) {
      if (/^\s*(exit|logout)(\s+\d+)?\s*$/.test(text)) return leave(Number(/\d+/.exec(text)?.[0] ?? 0), write, signal);
      const clean = (output: string) => write(cleanText(output));
      return pod.run(text, clean, clean, signal);
    }
    const controller = new AbortController();
    const relay = { write };
    const screen = { out: (piece: string) => relay.write(piece), err: (piece: string) => relay.write(piece) };
    const result = machine.run(text, screen, controller.signal).then((ended) => {
      if (ended.incomplete) unfinished = text;
      return ended;
    });
    const running: Running = Object.assign(relay, { result, controller });
    return follow(running, write, signal);
  }

  const shell: Shell = {
    prompt() {
      if (unfinished !== '') return '> ';
      const { machine, pod } = last();
      if (pod !== undefined) return '/ # ';
      const where =
        machine.cwd === '/root' || machine.cwd.startsWith('/root/') ? `~${machine.cwd.slice(5)}` : machine.cwd;
      return `${machine.user}@${machine.host}:${where}${machine.user === 'root' ? '#' : '$'} `;
    },
    async run(line, write, signal) {
      if (line.trim() !== '') memory.history.push(line);
      const text = unfinished === '' ? line : `${unfinished}\n${line}`;
      unfinished = '';
      try {
        const status = text.trim() === '' ? last().machine.status : await runHere(text, write, signal);
        return signal.aborted ? INTERRUPTED : status;
      } catch (error) {
        if (signal.aborted) return INTERRUPTED;
        write(
          `bash: this is our bug, sorry: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
        );
        return 70;
      }
    },
    complete: async (line, cursor) => {
      const { machine, pod } = last();
      if (pod !== undefined) return { from: cursor, candidates: [] };
      return completeLine(line, cursor, machine, commandsFor(gateway.world, machine.host));
    },
    async runScript(text, { screen, signal = new AbortController().signal, stdin } = {}) {
      let stdout = '';
      let stderr = '';
      const collect: Screen = {
        out(piece) {
          stdout += piece;
          screen?.out(piece);
        },
        err(piece) {
          stderr += piece;
          screen?.err(piece);
        },
      };
      const machine = open(firstHost, userOn(firstHost));
      const { exitCode } = await machine.run(text, collect, signal, { isScript: true, stdin });
      return { stdout, stderr, exitCode };
    },
    history: () => memory.history,
    forgetHistory() {
      memory.history.length = 0;
    },
    async warmUp() {
      await loadBash();
      await open(firstHost, LEARNER).run(':', { out: () => {}, err: () => {} }, new AbortController().signal, {
        isScript: true,
      });
    },
  };
  return shell;
}

/** Who somebody is on a machine: the laptop's user has the cluster's admin credentials; on nodes one is root. */
export function userOn(host: string): string {
  return host === 'laptop' ? LEARNER : 'root';
}

export type { CommandIo, Screen, ShellCommand };
