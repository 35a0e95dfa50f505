/** What a command of the virtual machine is, and what it gets to work with. */
import type { IFileSystem } from 'just-bash';
import type { Gateway } from './gateway.ts';
import type { SessionMemory } from './session-memory.ts';

export interface CommandOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface CommandIo {
  readonly gateway: Gateway;
  /** The machine on which it runs. */
  readonly host: string;
  readonly user: string;
  readonly fs: IFileSystem;
  readonly cwd: string;
  readonly env: ReadonlyMap<string, string>;
  /** Everything on standard input; '' when there is none. */
  readonly stdin: string;
  /** Somebody sits there: no script. */
  readonly isInteractive: boolean;
  /** Output goes straight to the screen: no pipe, no file. */
  readonly isTerminal: boolean;
  readonly signal: AbortSignal;
  readonly memory: SessionMemory;
  stdout(text: string): void;
  stderr(text: string): void;
  /** A command line of these words; a command of ours in it prints at once when this one does. */
  line(words: readonly string[]): string;
  /** Runs it for at most so much virtual time. */
  runFor(line: string, ms: number): Promise<CommandOutput & { readonly timedOut: boolean }>;
  /** Runs just-bash's own command of the same name. */
  original(args: readonly string[]): Promise<CommandOutput>;
  /** Runs another command line on this machine, as `xargs` or `watch` do. */
  run(line: string): Promise<CommandOutput>;
}

export interface ShellCommand {
  readonly name: string;
  /** Absent: on every machine. */
  readonly on?: 'nodes' | 'controlPlanes' | 'laptop' | 'cluster' | undefined;
  /** @returns the exit status */
  run(args: readonly string[], io: CommandIo): Promise<number> | number;
  /** Candidates for the word under the cursor: the last one of `words`. */
  complete?(words: readonly string[], io: CommandIo): Promise<readonly string[]> | readonly string[];
}

/** What a program of the real world says that is not here. */
export function notSimulated(io: CommandIo, what: string): number {
  io.stderr(`not simulated: ${what}\n`);
  return 64;
}

export function fail(io: CommandIo, message: string, exitCode = 1): number {
  io.stderr(`${message}\n`);
  return exitCode;
}

/** Ctrl-C. */
export const INTERRUPTED = 130;
