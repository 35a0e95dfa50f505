/**
 * bash on one machine, with what a bash keeps from one line to the next: variables, functions, arrays, aliases, options, the working
 * directory and the last exit status. just-bash forgets them after each `exec`, so they are kept here and put back.
 */

import type { Bash, Command, CommandName, IFileSystem, ScriptNode, StatementNode, WordNode } from 'just-bash';
import {
  arrayNames,
  callsExit,
  isUnfinished,
  ownHelp,
  quote,
  statementOf,
  syntaxText,
  withReason,
} from './bash-text.ts';
import { exportsOf } from './bashrc.ts';
import { cleanText } from './clean-text.ts';
import { type CommandIo, INTERRUPTED, type ShellCommand } from './command.ts';
import type { Gateway } from './gateway.ts';
import { createHostFiles } from './host-files.ts';
import { LIVE, type LiveOptions, printLive } from './live-output.ts';
import { END, NO_STATUS, ownCommands } from './own-commands.ts';
import { marksOf, type SessionMemory } from './session-memory.ts';

export interface Screen {
  out(text: string): void;
  err(text: string): void;
}

export interface RunResult {
  readonly exitCode: number;
  /** `exit` was called. */
  readonly exited: boolean;
  /** The text ends in the middle of something: more lines are needed. */
  readonly incomplete: boolean;
}

export interface MachineShell {
  readonly host: string;
  readonly user: string;
  readonly fs: IFileSystem;
  readonly cwd: string;
  readonly env: ReadonlyMap<string, string>;
  readonly status: number;
  run(text: string, screen: Screen, signal: AbortSignal, options?: RunOptions): Promise<RunResult>;
  /** What a command gets, for completion. */
  io(signal: AbortSignal): CommandIo;
  commandNames(): string[];
}

export interface RunOptions {
  readonly stdin?: string | undefined;
  /** An unfinished line is an error, not a question for more. */
  readonly isScript?: boolean | undefined;
  readonly args?: readonly string[] | undefined;
}

export interface MachineOptions {
  readonly gateway: Gateway;
  readonly host: string;
  readonly user: string;
  readonly memory: SessionMemory;
  readonly commands: ReadonlyMap<string, ShellCommand>;
}

type JustBash = typeof import('just-bash');

let loading: Promise<JustBash> | undefined;

/** just-bash is large: it is loaded once, when a shell is first needed. */
export function loadBash(): Promise<JustBash> {
  loading ??= import('just-bash');
  return loading;
}

/** Commands of just-bash that a cluster's machines do not have. */
const ABSENT = ['html-to-markdown', 'js-exec', 'node', 'python', 'python3', 'sqlite3', 'xan'];
const UNLIMITED = 1_000_000_000;
/** Real time in which a command that was stopped may still give back what it has printed. */
const STOP_MS = 20;
const NOTHING = Object.freeze({ stdout: '', stderr: '', exitCode: 127 });

export function createMachineShell(options: MachineOptions): MachineShell {
  const { gateway, host, user, memory, commands } = options;
  const home = '/root';
  let env: Record<string, string> = {
    HOME: home,
    USER: user,
    LOGNAME: user,
    SHELL: '/bin/bash',
    TERM: 'xterm-256color',
    HOSTNAME: host,
    EDITOR: 'vi',
    LANG: 'C.UTF-8',
    PATH: '/usr/local/bin:/usr/bin:/bin',
    PWD: home,
    ...exportsOf(gateway, host),
  };
  let cwd = home;
  let status = 0;
  const functions = new Map<string, StatementNode>();
  const arrays = new Map<string, readonly string[]>();
  let screen: Screen = { out: () => {}, err: () => {} };
  let signal: AbortSignal = new AbortController().signal;
  /** Files that found no room on the disk; just-bash's commands say of every failure that there is no such file. */
  const unwritten = new Set<string>();
  let reachedEnd = false;
  let isInteractive = false;
  let bash: Promise<{ readonly bash: Bash; readonly module: JustBash }> | undefined;
  let pending: ScriptNode | undefined;
  let names: ReadonlySet<string> = new Set(commands.keys());

  const fs = createHostFiles({
    gateway,
    host,
    marks: marksOf(memory, host),
    programs: () => names,
    devices: {
      out: (text) => screen.out(cleanText(text)),
      err: (text) => screen.err(cleanText(text)),
      full: (path) => unwritten.add(path),
    },
  });

  function open() {
    bash ??= loadBash().then((module) => {
      const builtIn = module.getCommandNames().filter((name) => !ABSENT.includes(name)) as CommandName[];
      names = new Set([...builtIn, ...commands.keys()].filter((name) => !name.startsWith('__')));
      const made = new module.Bash({
        fs,
        cwd: home,
        env,
        commands: builtIn,
        customCommands: [...commands.values()]
          .map((command) => toBash(module, command))
          .concat(
            ownCommands({
              now: () => gateway.world.now,
              keepArray: (name, values) => arrays.set(name, values),
              ended: () => {
                reachedEnd = true;
              },
            }),
          ),
        defenseInDepth: false,
        sleep: (ms) => gateway.sleep(ms, signal),
        executionLimits: {
          maxExecutionTimeMs: Number.POSITIVE_INFINITY,
          maxCommandCount: UNLIMITED,
          maxWorkUnits: UNLIMITED,
        },
        processInfo: { pid: 1_042, ppid: 1_000, uid: 0, gid: 0 },
      });
      made.registerTransformPlugin({
        name: 'k8s-descompuesto',
        transform: ({ ast }) => {
          const replaced = pending ?? ast;
          pending = undefined;
          return { ast: replaced };
        },
      });
      return { bash: made, module };
    });
    return bash;
  }

  function toBash(module: JustBash, command: ShellCommand): Command {
    return {
      name: command.name,
      async execute(words, context) {
        const isTerminal = words[0] === LIVE;
        const args = isTerminal ? words.slice(1) : words;
        let stdout = '';
        let stderr = '';
        const io: CommandIo = {
          gateway,
          host,
          user,
          memory,
          fs: context.fs,
          cwd: context.cwd,
          env: context.env,
          stdin: module.decodeBytesToUtf8(context.stdin),
          isTerminal,
          signal,
          stdout: (text) => {
            if (isTerminal) screen.out(cleanText(text));
            else stdout += text;
          },
          stderr: (text) => {
            if (isTerminal) screen.err(cleanText(text));
            else stderr += text;
          },
          original: async (given) => (await context.origCommand?.([...given])) ?? NOTHING,
          isInteractive,
          line: (given) => lineOf(given, isTerminal),
          runFor: async (line, ms) => {
            const outer = signal;
            const controller = new AbortController();
            const stopping = new AbortController();
            let timedOut = false;
            const stop = () => {
              controller.abort();
              if (isTerminal) stopping.abort();
              // What it has printed comes back first; then nothing more of it runs.
              else setTimeout(() => stopping.abort(), STOP_MS);
            };
            outer.addEventListener('abort', stop, { once: true });
            const disarm = gateway.alarm(gateway.world.now + ms * 1_000, () => {
              timedOut = true;
              stop();
            });
            signal = controller.signal;
            // What a command that is stopped has collected is lost; what it has shown is not.
            if (isTerminal) pending = printLive(module.parse(line), liveOptions(module));
            try {
              const result = await context.exec?.(line, { cwd: context.cwd, signal: stopping.signal });
              return { ...(result ?? NOTHING), timedOut };
            } finally {
              disarm();
              outer.removeEventListener('abort', stop);
              signal = outer;
            }
          },
          run: async (line) => (await context.exec?.(line, { cwd: context.cwd, signal })) ?? NOTHING,
        };
        // A loop of commands that all end at once must still let the event loop have its turn.
        if (signal.aborted) await new Promise((resolve) => setImmediate(resolve));
        const exitCode = signal.aborted ? INTERRUPTED : await command.run(args, io);
        return { stdout, stderr, exitCode: signal.aborted ? INTERRUPTED : exitCode, stdoutKind: 'text' };
      },
    };
  }

  function lineOf(words: readonly string[], isTerminal: boolean): string {
    const [name = '', ...rest] = words;
    return [name, ...(isTerminal && commands.has(name) ? [LIVE] : []), ...rest].map(quote).join(' ');
  }

  function aliasOf(module: JustBash, name: string): readonly WordNode[] | undefined {
    const text = env[`BASH_ALIAS_${name}`];
    if (text === undefined) return undefined;
    const command = module.parse(text).statements[0]?.pipelines[0]?.commands[0];
    return command?.type === 'SimpleCommand' && command.name !== null ? [command.name, ...command.args] : undefined;
  }

  function liveOptions(module: JustBash): LiveOptions {
    return {
      isOurs: (name) => commands.has(name) && !functions.has(name),
      alias: (name) => (functions.has(name) ? undefined : aliasOf(module, name)),
    };
  }

  /** What the line starts from, and what is kept of it. */
  function framed(module: JustBash, script: ScriptNode): ScriptNode {
    const parse = (text: string) => module.parse(text).statements;
    for (const { pipelines } of script.statements)
      for (const { commands: list } of pipelines)
        for (const command of list) {
          if (command.type !== 'FunctionDef') continue;
          functions.set(command.name, statementOf(command));
        }
    const before: StatementNode[] = [...functions.values()];
    for (const [name, values] of arrays) before.push(...parse(`${name}=(${values.map(quote).join(' ')})`));
    const set = (env['SHELLOPTS'] ?? '')
      .split(':')
      .filter((name) => ['errexit', 'nounset', 'pipefail', 'xtrace'].includes(name));
    for (const name of set) if (name !== 'errexit') before.push(...parse(`set -o ${name}`));
    const shopt = (env['BASHOPTS'] ?? '').split(':').filter((name) => name !== '' && name !== 'globskipdots');
    for (const name of shopt) before.push(...parse(`shopt -s ${name}`));
    before.push(...parse(`${NO_STATUS} ${status}`));
    const after: StatementNode[] = [];
    for (const name of arrayNames(script))
      after.push(
        ...parse(`__k8sd_status_of=$?; __k8sd_array ${name} "\${${name}[@]}"; ${NO_STATUS} $__k8sd_status_of`),
      );
    after.push(...parse(`${END} $?`));
    return { ...script, statements: [...before, ...script.statements, ...after] };
  }

  const machine: MachineShell = {
    host,
    user,
    fs,
    get cwd() {
      return cwd;
    },
    get env() {
      return new Map(Object.entries(env));
    },
    get status() {
      return status;
    },
    commandNames: () => [...names, 'help'].sort(),
    io: (given) => ({
      gateway,
      host,
      user,
      memory,
      fs,
      cwd,
      env: new Map(Object.entries(env)),
      stdin: '',
      isTerminal: false,
      signal: given,
      stdout: () => {},
      stderr: () => {},
      isInteractive: false,
      line: (words) => lineOf(words, false),
      runFor: async () => ({ ...NOTHING, timedOut: false }),
      original: async () => NOTHING,
      run: async () => NOTHING,
    }),
    async run(text, givenScreen, givenSignal, { stdin, isScript = false } = {}) {
      const { bash: made, module } = await open();
      let script: ScriptNode;
      try {
        script = module.parse(text);
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (!isScript && isUnfinished(text, message)) return { exitCode: status, exited: false, incomplete: true };
        givenScreen.err(`bash: ${syntaxText(message)}\n`);
        status = 2;
        return { exitCode: 2, exited: false, incomplete: false };
      }
      if (!isScript && isUnfinished(text, '')) return { exitCode: status, exited: false, incomplete: true };
      if (script.statements.some(({ background }) => background)) {
        givenScreen.err('not simulated: jobs in the background (&)\n');
        status = 64;
        return { exitCode: 64, exited: false, incomplete: false };
      }
      const mayExit = callsExit(script);
      ownHelp(script);
      printLive(script, liveOptions(module));
      const outer = { screen, signal, isInteractive };
      isInteractive = !isScript;
      screen = { out: givenScreen.out, err: (text) => givenScreen.err(withReason(text, unwritten)) };
      unwritten.clear();
      signal = givenSignal;
      reachedEnd = false;
      pending = framed(module, script);
      try {
        const result = await made.exec('__k8sd_line', {
          env: { ...env, PWD: cwd },
          cwd,
          replaceEnv: true,
          rawScript: true,
          signal: givenSignal,
          ...(stdin === undefined ? {} : { stdin }),
        });
        if (givenSignal.aborted) status = INTERRUPTED;
        else {
          if (result.stdout !== '') givenScreen.out(cleanText(result.stdout));
          if (result.stderr !== '') screen.err(cleanText(result.stderr));
          status = result.exitCode;
        }
        keep(result.env);
        return { exitCode: status, exited: mayExit && !reachedEnd && !givenSignal.aborted, incomplete: false };
      } catch (error) {
        const [path] = unwritten;
        if (!givenSignal.aborted && path === undefined) throw error;
        if (path !== undefined && !givenSignal.aborted) {
          givenScreen.err(`bash: ${path}: No space left on device\n`);
          status = 1;
          return { exitCode: 1, exited: false, incomplete: false };
        }
        status = INTERRUPTED;
        return { exitCode: INTERRUPTED, exited: false, incomplete: false };
      } finally {
        pending = undefined;
        ({ screen, signal, isInteractive } = outer);
      }
    },
  };

  function keep(after: Record<string, string> | undefined): void {
    if (after?.['PWD'] === undefined) return;
    const { '?': _status, __k8sd_status_of: _kept, ...rest } = after;
    env = { ...rest };
    cwd = env['PWD'] ?? cwd;
  }

  return machine;
}
