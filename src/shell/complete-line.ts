/** Tab: command names first, then whatever the command at hand knows, then files. */
import type { ShellCommand } from './command.ts';
import { parentOf, resolvePath } from './file-content.ts';
import type { MachineShell } from './machine-shell.ts';

export interface Completion {
  readonly from: number;
  readonly candidates: readonly string[];
}

export async function completeLine(
  line: string,
  cursor: number,
  machine: MachineShell,
  commands: ReadonlyMap<string, ShellCommand>,
): Promise<Completion> {
  const before = line.slice(0, cursor);
  const from = startOfWord(before);
  const word = before.slice(from).replace(/\\(.)/g, '$1');
  const words = wordsOfCommand(before.slice(0, from));
  const done = (candidates: readonly string[]): Completion => ({ from, candidates: [...new Set(candidates)].sort() });
  if (words.length === 0) {
    if (word.includes('/')) return done(await files(machine, word));
    return done(machine.commandNames().filter((name) => name.startsWith(word)));
  }
  const name = machine.env.get(`BASH_ALIAS_${words[0]}`)?.split(' ')[0] ?? words[0] ?? '';
  const own = commands.get(name)?.complete;
  if (own !== undefined) {
    const found = await own([...words, word], machine.io(new AbortController().signal));
    if (found.length > 0) return done(found);
  }
  return done(await files(machine, word));
}

function startOfWord(text: string): number {
  let from = text.length;
  while (from > 0 && !/[\s|;&<>(=]/.test(text[from - 1] ?? '')) from--;
  return from;
}

/** The words of the command being typed, up to the word under the cursor. */
function wordsOfCommand(text: string): string[] {
  const command = text.split(/\|\||&&|[|;&(]|\$\(/).at(-1) ?? '';
  const words = [...command.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    (match) => match[1] ?? match[2] ?? match[3] ?? '',
  );
  while (/^[A-Za-z_]\w*=/.test(words[0] ?? '') || words[0] === 'sudo' || words[0] === 'time' || words[0] === 'watch')
    words.shift();
  return words;
}

async function files({ fs, cwd }: MachineShell, word: string): Promise<string[]> {
  const expanded = word.startsWith('~/') ? `/root/${word.slice(2)}` : word;
  const path = resolvePath(cwd, expanded.endsWith('/') || expanded === '' ? `${expanded}x` : expanded);
  const directory = parentOf(path);
  const shown = word.slice(0, word.lastIndexOf('/') + 1);
  const start = word.slice(shown.length);
  if (!(await fs.exists(directory)) || !(await fs.stat(directory)).isDirectory) return [];
  const candidates: string[] = [];
  for (const name of await fs.readdir(directory)) {
    if (!name.startsWith(start) || (name.startsWith('.') && !start.startsWith('.'))) continue;
    const isDirectory = (await fs.stat(resolvePath(directory, name))).isDirectory;
    candidates.push(`${shown}${name}${isDirectory ? '/' : ''}`);
  }
  return candidates;
}
