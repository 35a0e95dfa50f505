/** Splits a shell script into operators and words, with quotes and expansions told apart. Pure. */
import type { WordPart } from './shell-parse.ts';

export class SyntaxProblem extends Error {}

/** The script of a command substitution, not parsed yet. */
export interface RawSub {
  readonly script: string;
  readonly quoted: boolean;
}
export type RawPart = WordPart | RawSub;
export type Token =
  | { readonly t: 'op'; readonly op: string }
  | { readonly t: 'word'; readonly parts: readonly RawPart[]; readonly plain: string | undefined };

const OPERATORS = [
  '&&',
  '||',
  ';;',
  '>>',
  '<<',
  '2>&1',
  '2>',
  '>&2',
  '1>&2',
  '&>',
  ';',
  '&',
  '|',
  '>',
  '<',
  '(',
  ')',
  '\n',
];

export function tokensOf(script: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < script.length) {
    const rest = script.slice(at);
    if (rest.startsWith('\\\n')) {
      at += 2;
      continue;
    }
    if (/^[ \t\r]/.test(rest)) {
      at++;
      continue;
    }
    if (rest.startsWith('#')) {
      const end = script.indexOf('\n', at);
      at = end < 0 ? script.length : end;
      continue;
    }
    const op = OPERATORS.find((candidate) => rest.startsWith(candidate));
    if (op !== undefined) {
      if (op === '<<' || op === ';;') throw new SyntaxProblem(`not simulated: ${op}`);
      tokens.push({ t: 'op', op });
      at += op.length;
      continue;
    }
    const word = readWord(script, at);
    tokens.push(word.token);
    at = word.end;
  }
  return tokens;
}

function readWord(script: string, from: number): { token: Token; end: number } {
  const parts: RawPart[] = [];
  let at = from;
  let plain: string | undefined = '';
  const text = (piece: string, quoted: boolean) => {
    const last = parts.at(-1);
    if (last !== undefined && 'k' in last && last.k === 'text' && last.quoted === quoted)
      parts[parts.length - 1] = { k: 'text', text: last.text + piece, quoted };
    else parts.push({ k: 'text', text: piece, quoted });
  };
  while (at < script.length) {
    const c = script[at]!;
    if (/[\s;&|<>()]/.test(c)) break;
    if (c === '\\') {
      text(script[at + 1] ?? '', true);
      plain = undefined;
      at += 2;
    } else if (c === "'") {
      const end = script.indexOf("'", at + 1);
      if (end < 0) throw new SyntaxProblem('syntax error: unterminated quoted string');
      text(script.slice(at + 1, end), true);
      plain = undefined;
      at = end + 1;
    } else if (c === '"') {
      at = readDouble(script, at + 1, parts, text);
      plain = undefined;
    } else if (c === '$' || c === '`') {
      const expansion = readExpansion(script, at, false);
      if (expansion === undefined) text(c, false);
      else parts.push(expansion.part);
      plain = undefined;
      at = expansion?.end ?? at + 1;
    } else {
      text(c, false);
      if (plain !== undefined) plain += c;
      at++;
    }
  }
  return { token: { t: 'word', parts, plain }, end: at };
}

function readDouble(
  script: string,
  from: number,
  parts: RawPart[],
  text: (piece: string, quoted: boolean) => void,
): number {
  let at = from;
  text('', true);
  while (at < script.length && script[at] !== '"') {
    const c = script[at]!;
    if (c === '\\' && '"\\$`\n'.includes(script[at + 1] ?? ' ')) {
      if (script[at + 1] !== '\n') text(script[at + 1]!, true);
      at += 2;
    } else if (c === '$' || c === '`') {
      const expansion = readExpansion(script, at, true);
      if (expansion === undefined) text(c, true);
      else parts.push(expansion.part);
      at = expansion?.end ?? at + 1;
    } else {
      text(c, true);
      at++;
    }
  }
  if (at >= script.length) throw new SyntaxProblem('syntax error: unterminated quoted string');
  return at + 1;
}

function readExpansion(script: string, at: number, quoted: boolean): { part: RawPart; end: number } | undefined {
  if (script[at] === '`') {
    const end = script.indexOf('`', at + 1);
    if (end < 0) throw new SyntaxProblem('syntax error: EOF in backquote substitution');
    return { part: { script: script.slice(at + 1, end), quoted }, end: end + 1 };
  }
  if (script.startsWith('$((', at)) {
    const end = closing(script, at + 1);
    return { part: { k: 'math', text: script.slice(at + 3, end - 1) }, end: end + 1 };
  }
  if (script[at + 1] === '(') {
    const end = closing(script, at + 1);
    return { part: { script: script.slice(at + 2, end), quoted }, end: end + 1 };
  }
  if (script[at + 1] === '{') {
    const end = script.indexOf('}', at);
    const match = /^\$\{([A-Za-z_]\w*|[?$#@*0-9])(?:(:?[-=+?])(.*)|(##?|%%?)(.*))?\}$/s.exec(script.slice(at, end + 1));
    if (match === null) throw new SyntaxProblem(`not simulated: ${script.slice(at, end + 1)}`);
    const [, name, op, word, trim, pattern] = match;
    return { part: { k: 'var', name: name!, op: op ?? trim ?? '', word: word ?? pattern ?? '', quoted }, end: end + 1 };
  }
  const match = /^\$([A-Za-z_]\w*|[?$#@*!0-9])/.exec(script.slice(at));
  if (match === null) return undefined;
  return { part: { k: 'var', name: match[1]!, op: '', word: '', quoted }, end: at + match[0].length };
}

/** Index of the parenthesis that closes the one at `open`. */
function closing(script: string, open: number): number {
  let depth = 0;
  let quote = '';
  for (let i = open; i < script.length; i++) {
    const c = script[i]!;
    if (quote !== '') {
      if (c === '\\' && quote === '"') i++;
      else if (c === quote) quote = '';
    } else if (c === "'" || c === '"') quote = c;
    else if (c === '\\') i++;
    else if (c === '(') depth++;
    else if (c === ')' && --depth === 0) return i;
  }
  throw new SyntaxProblem('syntax error: unexpected end of file (expecting ")")');
}
