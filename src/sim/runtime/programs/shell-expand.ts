/** Expansion of shell words: variables, command substitutions already run, arithmetic, field splitting. Pure. */
import type { Word, WordPart } from './shell-parse.ts';

export interface Variables {
  readonly vars: Readonly<Record<string, string>>;
  readonly status: number;
  readonly args: readonly string[];
}

/** Words to fields: unquoted expansions are split at white space, and vanish when empty. */
export function expandWords(words: readonly Word[], scope: Variables, subs: readonly string[]): string[] {
  return words.flatMap((word) => expandWord(word, scope, subs));
}

/** One word to one text, as in an assignment. */
export function expandText(word: Word, scope: Variables, subs: readonly string[]): string {
  return word.map((part) => partText(part, scope, subs)).join('');
}

function expandWord(word: Word, scope: Variables, subs: readonly string[]): string[] {
  const fields: string[] = [];
  let current = '';
  let open = false;
  for (const part of word) {
    if (part.k === 'var' && part.quoted && part.name === '@') {
      const [first, ...others] = scope.args;
      current += first ?? '';
      open ||= first !== undefined;
      for (const other of others) {
        fields.push(current);
        current = other;
      }
      continue;
    }
    const text = partText(part, scope, subs);
    const splits = (part.k === 'var' || part.k === 'sub') && !part.quoted;
    if (!splits) {
      current += text;
      open ||= part.k !== 'text' || part.quoted || text !== '';
      continue;
    }
    const pieces = text.split(/[ \t\n]+/);
    for (const [index, piece] of pieces.entries()) {
      if (index > 0 && (open || current !== '')) {
        fields.push(current);
        current = '';
        open = false;
      }
      current += piece;
      open ||= piece !== '';
    }
  }
  if (open || current !== '') fields.push(current);
  return fields;
}

function partText(part: WordPart, scope: Variables, subs: readonly string[]): string {
  switch (part.k) {
    case 'text':
      return part.text;
    case 'sub':
      return (subs[part.index] ?? '').replace(/\n+$/, '');
    case 'math':
      return String(evaluate(part.text, scope));
    case 'var':
      return modified(part, variable(part.name, scope));
  }
}

function modified(part: Extract<WordPart, { k: 'var' }>, value: string | undefined): string {
  const isEmpty = value === undefined || value === '';
  switch (part.op) {
    case ':-':
    case ':=':
      return isEmpty ? part.word : value;
    case '-':
    case '=':
      return value ?? part.word;
    case ':+':
      return isEmpty ? '' : part.word;
    case '+':
      return value === undefined ? '' : part.word;
    case '#':
    case '##':
      return trimmed(value ?? '', part.word, true, part.op === '##');
    case '%':
    case '%%':
      return trimmed(value ?? '', part.word, false, part.op === '%%');
    default:
      return value ?? '';
  }
}

function trimmed(value: string, pattern: string, front: boolean, longest: boolean): string {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const whole = new RegExp(`^${source}$`, 's');
  let best: string | undefined;
  for (let cut = 0; cut <= value.length; cut++) {
    const piece = front ? value.slice(0, cut) : value.slice(value.length - cut);
    if (!whole.test(piece)) continue;
    best = front ? value.slice(cut) : value.slice(0, value.length - cut);
    if (!longest) break;
  }
  return best ?? value;
}

export function variable(name: string, { vars, status, args }: Variables): string | undefined {
  switch (name) {
    case '?':
      return String(status);
    case '$':
      return '1';
    case '#':
      return String(args.length);
    case '@':
    case '*':
      return args.join(' ');
    case '0':
      return 'sh';
  }
  if (/^[1-9]$/.test(name)) return args[Number(name) - 1];
  return Object.hasOwn(vars, name) ? vars[name] : undefined;
}

/** Integer arithmetic of `$((…))`: + - * / % comparisons and parentheses. */
export function evaluate(text: string, scope: Variables): number {
  const tokens = text.match(/\d+|[A-Za-z_]\w*|<=|>=|==|!=|&&|\|\||[-+*/%()<>!]/g) ?? [];
  let at = 0;
  const levels: readonly (readonly string[])[] = [
    ['||'],
    ['&&'],
    ['==', '!='],
    ['<', '>', '<=', '>='],
    ['+', '-'],
    ['*', '/', '%'],
  ];
  const level = (depth: number): number => {
    if (depth === levels.length) return unary();
    let left = level(depth + 1);
    while (levels[depth]!.includes(tokens[at] ?? '')) left = apply(tokens[at++]!, left, level(depth + 1));
    return left;
  };
  const unary = (): number => {
    const token = tokens[at++];
    if (token === '-') return -unary();
    if (token === '+') return unary();
    if (token === '!') return unary() === 0 ? 1 : 0;
    if (token === '(') {
      const value = level(0);
      at++;
      return value;
    }
    if (token === undefined) return 0;
    const number = /^\d/.test(token) ? Number(token) : Number(variable(token, scope) ?? 0);
    return Number.isFinite(number) ? Math.trunc(number) : 0;
  };
  return level(0);
}

function apply(op: string, left: number, right: number): number {
  switch (op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0 ? 0 : Math.trunc(left / right);
    case '%':
      return right === 0 ? 0 : left % right;
    case '<':
      return left < right ? 1 : 0;
    case '>':
      return left > right ? 1 : 0;
    case '<=':
      return left <= right ? 1 : 0;
    case '>=':
      return left >= right ? 1 : 0;
    case '==':
      return left === right ? 1 : 0;
    case '!=':
      return left !== right ? 1 : 0;
    case '&&':
      return left !== 0 && right !== 0 ? 1 : 0;
    default:
      return left !== 0 || right !== 0 ? 1 : 0;
  }
}
