/** The command line: finds the command, checks its flags, runs it, and turns every way of ending into an exit status. */
import { type Command, type CommandContext, complain, exitStatus } from './command.ts';
import { commands, tutorCommand } from './commands.ts';
import { didYouMean, parseFlags } from './flags.ts';
import { commandHelp, generalHelp } from './help.ts';

declare const K8SD_VERSION: string;

/** Called by bin/k8s-descompuesto.cjs. Sets the exit status instead of exiting, so that output is never cut off. */
export async function run(words: readonly string[], keepCompiledCode: () => void): Promise<void> {
  const context: CommandContext = {
    environment: process.env,
    stdin: { isTTY: process.stdin.isTTY === true },
    stdout: { isTTY: process.stdout.isTTY === true, write: (text) => process.stdout.write(text) },
    stderr: { write: (text) => process.stderr.write(text) },
    keepCompiledCode,
  };
  // A reader that went away (`| head`) is no error of ours.
  process.stdout.on('error', () => process.exit(0));
  try {
    process.exitCode = await runWords(words, context);
  } catch (error) {
    process.exitCode = reportBug(error, words, context);
  }
}

/** @returns the exit status */
export async function runWords(words: readonly string[], context: CommandContext): Promise<number> {
  const [first = ''] = words;
  if (first === '--version' || first === '-V') {
    context.stdout.write(`${typeof K8SD_VERSION === 'string' ? K8SD_VERSION : '0.0.0'}\n`);
    return exitStatus.good;
  }
  if (first === '--help' || first === '-h' || first === 'help') {
    const asked = commands.find((command) => command.name === words[1]);
    context.stdout.write(asked ? await commandHelp(asked) : generalHelp(commands));
    return exitStatus.good;
  }
  const named = commands.find((command) => command.name === first);
  if (!named && first !== '' && !first.startsWith('-')) {
    const hint = didYouMean(
      first,
      commands.map((command) => command.name),
    );
    return complain(
      context,
      `there is no command ${JSON.stringify(first)}${hint || '; --help lists them.'}`,
      exitStatus.usage,
    );
  }
  return runCommand(named ?? tutorCommand, named ? words.slice(1) : words, context);
}

async function runCommand(command: Command, words: readonly string[], context: CommandContext): Promise<number> {
  const isHelpAsked = words
    .slice(0, words.includes('--') ? words.indexOf('--') : undefined)
    .some((word) => word === '--help' || word === '-h');
  if (isHelpAsked) {
    context.stdout.write(command === tutorCommand ? generalHelp(commands) : await commandHelp(command));
    return exitStatus.good;
  }
  const result = parseFlags(command.flags, words, command.operandLimit);
  if (!result.ok) {
    const how = command === tutorCommand ? 'k8s-descompuesto --help' : `k8s-descompuesto ${command.name} --help`;
    return complain(
      context,
      `${result.message}${result.message.endsWith('?') ? '' : '.'} See ${how}`,
      exitStatus.usage,
    );
  }
  const start = await command.load();
  return start(result.parsed, context);
}

function reportBug(error: unknown, words: readonly string[], context: CommandContext): number {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  context.stderr.write(
    `k8s-descompuesto: this is our bug, sorry: ${message}\nPlease report it with the command line: k8s-descompuesto ${words.join(' ')}\n`,
  );
  return exitStatus.bug;
}
