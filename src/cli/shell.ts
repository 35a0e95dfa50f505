/** `shell`: the bash of the cluster's laptop without the screens. Prints only what the commands print. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { bootUntilReady, enter } from '../lessons/prepare.ts';
import type { Shell } from '../shell/shell.ts';
import { createWorld, replaySession, type World } from '../sim/world.ts';
import { clusterFor } from './clusters.ts';
import { type CommandContext, type CommandRun, complain, exitStatus } from './command.ts';
import type { Parsed } from './flags.ts';
import { wholeNumber } from './numbers.ts';
import { readSession } from './replay.ts';

export const runShell: CommandRun = async (parsed, context) => {
  const script = await scriptOf(parsed, context);
  if (typeof script === 'object') return complain(context, script.problem, script.status);
  const world = await worldOf(parsed);
  if (typeof world === 'string') return complain(context, world, exitStatus.usage);
  const { shell } = enter(world);
  const status = script === undefined ? await converse(shell, context) : await runScript(shell, script, context);
  const file = parsed.values.get('state');
  const problem = file === undefined ? undefined : save(file, world);
  return problem === undefined ? status : complain(context, problem, exitStatus.failed);
};

type Problem = { readonly problem: string; readonly status: number };

/** @returns the script to run; undefined when somebody sits at the terminal */
async function scriptOf(
  { values, operands }: Parsed,
  { stdin }: CommandContext,
): Promise<string | undefined | Problem> {
  const given = values.get('c');
  const [file] = operands;
  if (given !== undefined)
    return file === undefined
      ? given
      : { problem: 'give either -c SCRIPT or a file, not both.', status: exitStatus.usage };
  if (file === '-' || (file === undefined && !stdin.isTTY)) return readFileSync(0, 'utf8');
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return { problem: `${file}: there is no such file, or it cannot be read.`, status: exitStatus.failed };
  }
}

/** A saved session as it was left, else a fresh cluster that has come up. */
async function worldOf({ values }: Parsed): Promise<World | string> {
  const state = values.get('state');
  const saved = state === undefined ? undefined : readSession(state);
  if (saved !== undefined && typeof saved !== 'string') return replaySession(saved);
  if (typeof saved === 'string' && !saved.endsWith('there is no such file.')) return saved;
  const seed = wholeNumber(values.get('seed') ?? '1', 0, Number.MAX_SAFE_INTEGER);
  if (seed === undefined) return `--seed takes a whole number, not ${JSON.stringify(values.get('seed'))}.`;
  const spec = clusterFor(values.get('cluster') ?? 'small');
  if (typeof spec === 'string') return spec;
  const world = createWorld(spec, seed);
  await bootUntilReady(world);
  return world;
}

async function runScript(shell: Shell, script: string, context: CommandContext): Promise<number> {
  const abort = new AbortController();
  const interrupt = () => abort.abort();
  process.on('SIGINT', interrupt);
  try {
    const { exitCode } = await shell.runScript(script, {
      screen: { out: (text) => context.stdout.write(text), err: (text) => context.stderr.write(text) },
      signal: abort.signal,
    });
    return abort.signal.aborted ? exitStatus.interrupted : exitCode;
  } finally {
    process.off('SIGINT', interrupt);
  }
}

/** A plain conversation, line by line, with the terminal's own editing. */
async function converse(shell: Shell, context: CommandContext): Promise<number> {
  let status = 0;
  let running: AbortController | undefined;
  const lines = createInterface({
    input: process.stdin,
    output: process.stdout,
    historySize: 1_000,
    completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
      void shell
        .complete(line, line.length)
        .then(({ from, candidates }) => done(null, [[...candidates], line.slice(from)]));
    },
  });
  const ask = () => {
    lines.setPrompt(shell.prompt());
    lines.prompt();
  };
  return new Promise((resolve) => {
    lines.on('SIGINT', () => {
      if (running) running.abort();
      else {
        context.stdout.write('^C\n');
        ask();
      }
    });
    lines.on('close', () => resolve(status));
    lines.on('line', (line) => {
      if (/^\s*(exit|logout)\s*$/.test(line) && shell.prompt().includes('@laptop')) return lines.close();
      running = new AbortController();
      lines.pause();
      void shell
        .run(line, (text) => context.stdout.write(text), running.signal)
        .then((code) => {
          status = code;
          running = undefined;
          lines.resume();
          ask();
        });
    });
    ask();
  });
}

/** @returns one sentence when it could not be saved */
function save(file: string, world: World): string | undefined {
  try {
    const temporary = `${file}.${process.pid}.tmp`;
    writeFileSync(temporary, `${JSON.stringify(world.save())}\n`);
    renameSync(temporary, file);
    return undefined;
  } catch (error) {
    return `${file} cannot be written: ${error instanceof Error ? error.message : String(error)}.`;
  }
}
