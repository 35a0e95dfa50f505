/**
 * kubectl as the learner types it: finds the command, reads its flags, runs it, prints errors as the real one does.
 * Everything it knows of the cluster it asks of the API server through the connection.
 */
import type { CommandContext } from './client.ts';
import { commandFacts, resolveCommand, subcommandsOf } from './command-facts.ts';
import { handlers } from './commands.ts';
import { errorText, KubectlError, notSimulated, RawExit, usageError } from './errors.ts';
import { type Flags, globalFlags, parseFlags, parseSpecs } from './flags.ts';
import { commandHelp, optionsHelp, rootHelp } from './help.ts';
import { Session } from './session.ts';

/**
 * Runs one command line (without the word `kubectl`).
 * @returns the exit status: 0, 1, 64 for what is not simulated, or the status of the command run by `exec`
 */
export async function runKubectl(argv: readonly string[], context: CommandContext): Promise<number> {
  try {
    return await dispatch(argv, context);
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    context.stderr(errorText(error));
    return error.exitCode;
  }
}

async function dispatch(argv: readonly string[], context: CommandContext): Promise<number> {
  const { path, rest, unknown } = findCommand(argv);
  if (path === '') {
    if (unknown !== undefined) throw unknownCommand(unknown);
    context.stdout(rootHelp());
    return 0;
  }
  if (path === 'options') {
    context.stdout(optionsHelp());
    return 0;
  }
  if (path === 'help') {
    context.stdout(commandHelp(helpPath(rest)));
    return 0;
  }
  const facts = commandFacts(path);
  const handler = handlers[path];
  let flags: Flags;
  try {
    flags = parseFlags([...parseSpecs(facts?.flags ?? ''), ...parseSpecs(globalFlags)], rest);
  } catch (error) {
    if (!(error instanceof KubectlError)) throw error;
    throw new KubectlError(`${error.message}\nSee 'kubectl ${path} --help' for usage.`);
  }
  if (flags.is('help')) {
    context.stdout(commandHelp(path));
    return 0;
  }
  for (const note of flags.notes) context.stderr(`${note}\n`);
  if (handler === undefined) {
    if (subcommandsOf(path).length === 0) throw notSimulated(path);
    const [word] = flags.args;
    if (word !== undefined && path !== 'certificate') throw usageError(`kubectl ${path}`, `unknown command "${word}"`);
    context.stdout(commandHelp(path));
    return 0;
  }
  const session = await Session.open(context, flags, `kubectl ${path}`);
  return (await handler(session)) ?? 0;
}

interface FoundCommand {
  readonly path: string;
  /** The words that are not the command: flags and arguments. */
  readonly rest: readonly string[];
  readonly unknown: string | undefined;
}

const globals = parseSpecs(globalFlags);

function findCommand(argv: readonly string[]): FoundCommand {
  let path = '';
  const rest: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? '';
    if (word === '--') {
      rest.push(...argv.slice(i));
      break;
    }
    if (word.startsWith('-') && word !== '-') {
      rest.push(word);
      if (takesNext(word, path)) {
        const next = argv[++i];
        if (next !== undefined) rest.push(next);
      }
      continue;
    }
    if (path === '' && word === 'help') return { path: 'help', rest: argv.slice(i + 1), unknown: undefined };
    const found = resolveCommand(path, word);
    if (found === undefined) {
      if (path === '') return { path, rest, unknown: word };
      rest.push(...argv.slice(i));
      break;
    }
    path = found;
  }
  if (path === '' && rest.some((word) => word === '-h' || word === '--help')) return { path, rest, unknown: undefined };
  return { path, rest, unknown: undefined };
}

/** Does this flag take the next word as its value? Needed to tell values from command names. */
function takesNext(word: string, path: string): boolean {
  if (word.includes('=')) return false;
  const specs = [...parseSpecs(commandFacts(path)?.flags ?? ''), ...globals];
  const spec = word.startsWith('--')
    ? specs.find((each) => each.name === word.slice(2))
    : specs.find((each) => each.short === word.slice(1));
  return spec !== undefined && spec.kind !== 'switch' && !['dry-run', 'cascade', 'validate'].includes(spec.name);
}

function helpPath(words: readonly string[]): string {
  let path = '';
  for (const word of words) path = resolveCommand(path, word) ?? path;
  return path;
}

function unknownCommand(word: string): RawExit {
  const close = subcommandsOf('').filter(
    (name) => name.startsWith(word.toLowerCase()) || distance(name, word.toLowerCase()) <= 2,
  );
  const hint =
    close.length === 0
      ? ''
      : `\n\nDid you mean this?\n${close
          .sort()
          .map((name) => `\t${name}\n`)
          .join('')}`;
  return new RawExit(`error: unknown command "${word}" for "kubectl"${hint}`);
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_each, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
