/** Texts and trees of bash that the shells here need: what is unfinished, what a complaint says, how a word is quoted. */
import type { ScriptNode, StatementNode } from 'just-bash';
import { cleanText } from './clean-text.ts';
import { literalOf, simpleCommands } from './live-output.ts';

/** A statement that is only this command. */
export function statementOf(command: StatementNode['pipelines'][number]['commands'][number]): StatementNode {
  const pipeline = { type: 'Pipeline', commands: [command], negated: false } as const;
  return { type: 'Statement', pipelines: [{ ...pipeline, commands: [command] }], operators: [], background: false };
}

/** Arrays that a script gives values to. */
export function arrayNames(script: ScriptNode): string[] {
  const found = new Set<string>();
  for (const { assignments } of simpleCommands(script.statements))
    for (const { name, array } of assignments) {
      const base = /^[A-Za-z_]\w*/.exec(name)?.[0];
      if (base !== undefined && (array !== null || name.includes('['))) found.add(base);
    }
  return [...found];
}

/** An open quote, here-document or compound command wants more lines, as the prompt `>` shows. */
export function isUnfinished(text: string, message: string): boolean {
  if (/(^|[^\\])(\\\\)*\\$/.test(text)) return true;
  const heredoc = /<<-?\s*(['"]?)([A-Za-z_]\w*)\1/.exec(text);
  if (heredoc !== null) return !new RegExp(`^\\t*${heredoc[2]}$`, 'm').test(text.slice(heredoc.index));
  const token = /unexpected token `(\w+)'/.exec(message)?.[1];
  if (token !== undefined && !new RegExp(`\\b${token}\\b`).test(text)) return true;
  return /unexpected EOF|got EOF/.test(message);
}

/** A parser's complaint as bash words it. */
export function syntaxText(message: string): string {
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

/** just-bash's commands say of every file they cannot write that it does not exist. @param unwritten  those that found no room */

export function withReason(text: string, unwritten: ReadonlySet<string>): string {
  if (unwritten.size === 0) return text;
  return text.replace(/^(\w+: .*): No such file or directory$/gm, '$1: No space left on device');
}

/** bash's own `help` speaks of itself; ours of the machine. */
export function ownHelp(script: ScriptNode): void {
  for (const command of simpleCommands(script.statements)) {
    const isHelp = literalOf(command.name) === 'help' && command.args.length === 0;
    if (isHelp) command.name = { type: 'Word', parts: [{ type: 'Literal', value: HELP }] };
  }
}

export const HELP = '__k8sd_help';

/** Whether `exit` may be called on the way. */
export function callsExit(script: ScriptNode): boolean {
  return [...simpleCommands(script.statements)].some(({ name }) => /^(exit|logout)$/.test(literalOf(name) ?? ''));
}
