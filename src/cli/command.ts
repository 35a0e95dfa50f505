/** What every command of the command line is made of. */
import type { Flag, Parsed } from './flags.ts';

/** Exit statuses, the same for every command. */
export const exitStatus = { good: 0, failed: 1, usage: 2, notSimulated: 64, bug: 70, interrupted: 130 } as const;

export interface Command {
  readonly name: string;
  /** One line for the list of commands. */
  readonly about: string;
  /** What stands after the name in the usage line. */
  readonly usage: string;
  readonly flags: readonly Flag[];
  readonly operandLimit: number;
  readonly example: string;
  /** What its --help says beside its flags. */
  readonly more?: () => Promise<string>;
  /** Loaded only when asked for. */
  readonly load: () => Promise<CommandRun>;
}

export type CommandRun = (parsed: Parsed, context: CommandContext) => Promise<number>;

/** The process as a command sees it; tests pass their own. */
export interface CommandContext {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: { readonly isTTY: boolean };
  readonly stdout: { readonly isTTY: boolean; write(text: string): void };
  readonly stderr: { write(text: string): void };
  /** Keeps compiled code for the next start; cheap when there is nothing to keep. */
  readonly keepCompiledCode: () => void;
}

/** Says on stderr what is wrong and what to do. @returns the status */
export function complain(context: CommandContext, sentence: string, status: number): number {
  context.stderr.write(`k8s-descompuesto: ${sentence}\n`);
  return status;
}
