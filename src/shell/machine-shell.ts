/**
 * bash on one machine, with what a bash keeps from one line to the next: variables, functions, arrays, aliases, options, the working
 * directory and the last exit status. just-bash forgets them after each `exec`, so they are kept here and put back.
 */
import type { Bash, Command, CommandName, IFileSystem, ScriptNode, StatementNode, WordNode } from 'just-bash';
import { cleanText } from './clean-text.ts';
import { type CommandIo, INTERRUPTED, type ShellCommand } from './command.ts';
import type { Gateway } from './gateway.ts';
import { createHostFiles } from './host-files.ts';
import { LIVE, literalOf, printLive, simpleCommands } from './live-output.ts';
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
const NO_STATUS = '__k8sd_status';
const END = '__k8sd_end';

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
  };
  let cwd = home;
  let status = 0;
  const functions = new Map<string, StatementNode>();
  const arrays = new Map<string, readonly string[]>();
  let screen: Screen = { out: () => {}, err: () => {} };
  let signal: AbortSignal = new AbortController().signal;
  let reachedEnd = false;
  let bash: Promise<{ readonly bash: Bash; readonly module: JustBash }> | undefined;
  let pending: ScriptNode | undefined;
  let names: ReadonlySet<string> = new Set(commands.keys());

  const fs = createHostFiles({
    gateway,
    host,
    marks: marksOf(memory, host),
    programs: () => names,
    devices: { out: (text) => screen.out(cleanText(text)), err: (text) => screen.err(cleanText(text)) },
  });

  function open() {
    bash ??= loadBash().then((module) => {
      const builtIn = module.getCommandNames().filter((name) => !ABSENT.includes(name)) as CommandName[];
      names = new Set([...builtIn, ...commands.keys()]);
      const made = new module.Bash({
        fs,
        cwd: home,
        env,
        commands: builtIn,
        customCommands: [...commands.values()].map((command) => toBash(module, command)).concat(ownCommands()),
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

  /** The exit status of the line before; the end of a line; what an array holds. */
  function ownCommands(): Command[] {
    const done = (exitCode: number) => ({ stdout: '', stderr: '', exitCode });
    return [
      { name: NO_STATUS, execute: async ([code = '0']) => done(Number(code)) },
      {
        name: END,
        execute: async ([code = '0']) => {
          reachedEnd = true;
          return done(Number(code));
        },
      },
      {
        name: '__k8sd_array',
        execute: async ([name = '', ...values]) => {
          arrays.set(name, values);
          return done(0);
        },
      },
    ];
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
          original: async (given) =>
            (await context.origCommand?.([...given])) ?? { stdout: '', stderr: '', exitCode: 127 },
          run: async (line) =>
            (await context.exec?.(line, { cwd: context.cwd, signal })) ?? { stdout: '', stderr: '', exitCode: 127 },
        };
        const exitCode = signal.aborted ? INTERRUPTED : await command.run(args, io);
        return { stdout, stderr, exitCode: signal.aborted ? INTERRUPTED : exitCode, stdoutKind: 'text' };
      },
    };
  }

  function aliasOf(module: JustBash, name: string): readonly WordNode[] | undefined {
    const text = env[`BASH_ALIAS_${name}`];
    if (text === undefined) return undefined;
    const command = module.parse(text).statements[0]?.pipelines[0]?.commands[0];
    return command?.type === 'SimpleCommand' && command.name !== null ? [command.name, ...command.args] : undefined;
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
    commandNames: () => [...names].sort(),
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
      original: async () => ({ stdout: '', stderr: '', exitCode: 127 }),
      run: async () => ({ stdout: '', stderr: '', exitCode: 127 }),
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
      const mayExit = [...simpleCommands(script.statements)].some(({ name }) =>
        /^(exit|logout)$/.test(literalOf(name) ?? ''),
      );
      printLive(script, {
        isOurs: (name) => commands.has(name) && !functions.has(name),
        alias: (name) => (functions.has(name) ? undefined : aliasOf(module, name)),
      });
      const [outerScreen, outerSignal] = [screen, signal];
      screen = givenScreen;
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
          if (result.stderr !== '') givenScreen.err(cleanText(result.stderr));
          status = result.exitCode;
        }
        keep(result.env);
        return { exitCode: status, exited: mayExit && !reachedEnd && !givenSignal.aborted, incomplete: false };
      } catch (error) {
        if (!givenSignal.aborted) throw error;
        status = INTERRUPTED;
        return { exitCode: INTERRUPTED, exited: false, incomplete: false };
      } finally {
        pending = undefined;
        screen = outerScreen;
        signal = outerSignal;
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

function statementOf(command: StatementNode['pipelines'][number]['commands'][number]): StatementNode {
  const pipeline = { type: 'Pipeline', commands: [command], negated: false } as const;
  return { type: 'Statement', pipelines: [{ ...pipeline, commands: [command] }], operators: [], background: false };
}

function arrayNames(script: ScriptNode): string[] {
  const found = new Set<string>();
  for (const { assignments } of simpleCommands(script.statements))
    for (const { name, array } of assignments) {
      const base = /^[A-Za-z_]\w*/.exec(name)?.[0];
      if (base !== undefined && (array !== null || name.includes('['))) found.add(base);
    }
  return [...found];
}

/** An open quote, here-document or compound command wants more lines, as the prompt `>` shows. */
function isUnfinished(text: string, message: string): boolean {
  if (/(^|[^\\])(\\\\)*\\$/.test(text)) return true;
  const heredoc = /<<-?\s*(['"]?)([A-Za-z_]\w*)\1/.exec(text);
  if (heredoc !== null) return !new RegExp(`^\\t*${heredoc[2]}$`, 'm').test(text.slice(heredoc.index));
  const token = /unexpected token `(\w+)'/.exec(message)?.[1];
  if (token !== undefined && !new RegExp(`\\b${token}\\b`).test(text)) return true;
  return /unexpected EOF|got EOF/.test(message);
}

function syntaxText(message: string): string {
  const text = message.replace(/^(Parse error at \d+:\d+|line \d+): /, '');
  const size = /Input too large: (\d+) bytes exceeds limit of (\d+)/.exec(text);
  if (size !== null) return `${size[1]} bytes are too many for one command: at most ${size[2]}`;
  if (text.startsWith('syntax error')) return cleanText(text);
  return cleanText(/got EOF/.test(text) ? 'syntax error: unexpected end of file' : `syntax error: ${text}`);
}

/** A word as a single argument of bash. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
