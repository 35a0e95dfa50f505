/** The part of the POSIX shell's grammar that pods use: lists, pipes, loops, conditions, quotes, expansions. Pure. */
import { type RawPart, SyntaxProblem, type Token, tokensOf } from './shell-tokens.ts';

export type Word = readonly WordPart[];
export type WordPart =
  | { readonly k: 'text'; readonly text: string; readonly quoted: boolean }
  | { readonly k: 'var'; readonly name: string; readonly op: string; readonly word: string; readonly quoted: boolean }
  /** Index into the command's substitutions. */
  | { readonly k: 'sub'; readonly index: number; readonly quoted: boolean }
  | { readonly k: 'math'; readonly text: string };

export interface Redirect {
  readonly kind: '>' | '>>' | '<' | '2>' | '2>&1';
  readonly target: Word;
}

export type Node =
  | { readonly k: 'list'; readonly items: readonly Node[] }
  | { readonly k: 'and' | 'or'; readonly left: Node; readonly right: Node }
  | { readonly k: 'not' | 'background'; readonly body: Node }
  | { readonly k: 'pipe'; readonly items: readonly Node[] }
  | { readonly k: 'while'; readonly until: boolean; readonly condition: Node; readonly body: Node }
  | {
      readonly k: 'for';
      readonly name: string;
      readonly words: readonly Word[];
      readonly subs: readonly Node[];
      readonly body: Node;
    }
  | { readonly k: 'if'; readonly condition: Node; readonly then: Node; readonly otherwise: Node | undefined }
  | Command;

export interface Command {
  readonly k: 'command';
  readonly assigns: readonly { readonly name: string; readonly value: Word }[];
  readonly words: readonly Word[];
  readonly redirects: readonly Redirect[];
  readonly subs: readonly Node[];
}

export type ParseResult = { readonly ok: true; readonly node: Node } | { readonly ok: false; readonly error: string };

const parsedBefore = new Map<string, ParseResult>();

/** Parses a script. `error` is what the shell prints after `sh: `; what is valid but not simulated says so. */
export function parseShell(script: string): ParseResult {
  let result = parsedBefore.get(script);
  if (result === undefined) {
    try {
      const parser = new Parser(tokensOf(script));
      result = { ok: true, node: deepFreeze(parser.program()) };
    } catch (problem) {
      if (!(problem instanceof SyntaxProblem)) throw problem;
      result = { ok: false, error: problem.message };
    }
    if (parsedBefore.size > 500) parsedBefore.clear();
    parsedBefore.set(script, result);
  }
  return result;
}

const KEYWORDS: ReadonlySet<string> = new Set(['then', 'else', 'elif', 'fi', 'do', 'done', '}', 'esac']);

class Parser {
  private at = 0;
  private readonly tokens: readonly Token[];

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  program(): Node {
    const node = this.list(() => false);
    if (this.at < this.tokens.length) throw this.unexpected();
    return node;
  }

  private list(ends: (keyword: string) => boolean): Node {
    const items: Node[] = [];
    for (;;) {
      while (this.isOp(';') || this.isOp('\n')) this.at++;
      const token = this.tokens[this.at];
      if (token === undefined || this.isOp(')')) break;
      const keyword = this.keyword();
      if (keyword !== undefined && (ends(keyword) || KEYWORDS.has(keyword))) break;
      const node = this.andOr();
      if (this.isOp('&')) {
        this.at++;
        items.push({ k: 'background', body: node });
      } else items.push(node);
    }
    return { k: 'list', items };
  }

  private andOr(): Node {
    let left = this.pipeline();
    while (this.isOp('&&') || this.isOp('||')) {
      const k = this.isOp('&&') ? 'and' : 'or';
      this.at++;
      while (this.isOp('\n')) this.at++;
      left = { k, left, right: this.pipeline() };
    }
    return left;
  }

  private pipeline(): Node {
    if (this.keyword() === '!') {
      this.at++;
      return { k: 'not', body: this.pipeline() };
    }
    const items = [this.simple()];
    while (this.isOp('|')) {
      this.at++;
      while (this.isOp('\n')) this.at++;
      items.push(this.simple());
    }
    return items.length === 1 ? items[0]! : { k: 'pipe', items };
  }

  private simple(): Node {
    if (this.isOp('(')) {
      this.at++;
      const body = this.list(() => false);
      if (!this.isOp(')')) throw this.unexpected(')');
      this.at++;
      return body;
    }
    switch (this.keyword()) {
      case '{':
        this.at++;
        return this.until(
          this.list((word) => word === '}'),
          '}',
        );
      case 'while':
      case 'until': {
        const isUntil = this.keyword() === 'until';
        this.at++;
        const condition = this.until(
          this.list((word) => word === 'do'),
          'do',
        );
        return {
          k: 'while',
          until: isUntil,
          condition,
          body: this.until(
            this.list((word) => word === 'done'),
            'done',
          ),
        };
      }
      case 'for':
        return this.forLoop();
      case 'if':
        this.at++;
        return this.condition();
      case 'case':
      case 'function':
        throw new SyntaxProblem(`not simulated: ${this.keyword()}`);
    }
    return this.command();
  }

  private forLoop(): Node {
    this.at++;
    const name = this.keyword() ?? '';
    this.at++;
    const subs: Node[] = [];
    const words: Word[] = [];
    if (this.keyword() === 'in') {
      this.at++;
      for (let token = this.tokens[this.at]; token?.t === 'word'; token = this.tokens[++this.at])
        words.push(wordOf(token.parts, subs));
    }
    while (this.isOp(';') || this.isOp('\n')) this.at++;
    this.expect('do');
    return {
      k: 'for',
      name,
      words,
      subs,
      body: this.until(
        this.list((word) => word === 'done'),
        'done',
      ),
    };
  }

  private condition(): Node {
    const condition = this.until(
      this.list((word) => word === 'then'),
      'then',
    );
    const then = this.list((word) => word === 'fi' || word === 'else' || word === 'elif');
    const next = this.keyword();
    this.at++;
    if (next === 'elif') return { k: 'if', condition, then, otherwise: this.condition() };
    if (next === 'else')
      return {
        k: 'if',
        condition,
        then,
        otherwise: this.until(
          this.list((word) => word === 'fi'),
          'fi',
        ),
      };
    if (next !== 'fi') {
      this.at--;
      throw this.unexpected('fi');
    }
    return { k: 'if', condition, then, otherwise: undefined };
  }

  private command(): Node {
    const subs: Node[] = [];
    const words: Word[] = [];
    const assigns: { name: string; value: Word }[] = [];
    const redirects: Redirect[] = [];
    for (let token = this.tokens[this.at]; token !== undefined; token = this.tokens[this.at]) {
      if (token.t === 'word') {
        const assign = words.length === 0 ? assignmentOf(token.parts) : undefined;
        if (assign !== undefined) assigns.push({ name: assign.name, value: wordOf(assign.parts, subs) });
        else words.push(wordOf(token.parts, subs));
        this.at++;
      } else if (['>', '>>', '<', '2>', '&>'].includes(token.op)) {
        const target = this.tokens[this.at + 1];
        if (target?.t !== 'word') throw this.unexpected();
        const kind = token.op === '&>' ? '>' : (token.op as '>' | '>>' | '<' | '2>');
        redirects.push({ kind, target: wordOf(target.parts, subs) });
        this.at += 2;
      } else if (['2>&1', '>&2', '1>&2'].includes(token.op)) {
        redirects.push({ kind: '2>&1', target: [] });
        this.at++;
      } else break;
    }
    if (words.length === 0 && assigns.length === 0 && redirects.length === 0) throw this.unexpected();
    const body = this.isOp('(') ? this.tokens[this.at + 1] : undefined;
    if (body?.t === 'op' && body.op === ')') throw new SyntaxProblem('not simulated: shell functions');
    return { k: 'command', assigns, words, redirects, subs };
  }

  private until(node: Node, keyword: string): Node {
    this.expect(keyword);
    return node;
  }

  private expect(keyword: string): void {
    if (this.keyword() !== keyword) throw this.unexpected(keyword);
    this.at++;
  }

  private isOp(op: string): boolean {
    const token = this.tokens[this.at];
    return token?.t === 'op' && token.op === op;
  }

  private keyword(): string | undefined {
    const token = this.tokens[this.at];
    return token?.t === 'word' ? token.plain : undefined;
  }

  private unexpected(wanted?: string): SyntaxProblem {
    const token = this.tokens[this.at];
    const expecting = wanted === undefined ? '' : ` (expecting "${wanted}")`;
    if (token === undefined) return new SyntaxProblem(`syntax error: unexpected end of file${expecting}`);
    if (token.t === 'op' && token.op === '\n') return new SyntaxProblem(`syntax error: unexpected newline${expecting}`);
    const text = token.t === 'op' ? token.op : (token.plain ?? 'word');
    return new SyntaxProblem(`syntax error: unexpected "${text}"${expecting}`);
  }
}

function assignmentOf(parts: readonly RawPart[]): { name: string; parts: readonly RawPart[] } | undefined {
  const first = parts[0];
  if (first === undefined || !('k' in first) || first.k !== 'text' || first.quoted) return undefined;
  const match = /^([A-Za-z_]\w*)=(.*)$/s.exec(first.text);
  if (match === null) return undefined;
  return { name: match[1]!, parts: [{ k: 'text', text: match[2]!, quoted: false }, ...parts.slice(1)] };
}

function wordOf(parts: readonly RawPart[], subs: Node[]): Word {
  return parts.map((part) => {
    if ('k' in part) return part;
    const parser = new Parser(tokensOf(part.script));
    subs.push(parser.program());
    return {
      k: 'sub',
      index: subs.length - 1,
      quoted: part.quoted,
    } as const;
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const key of Object.keys(value)) deepFreeze((value as Record<string, unknown>)[key]);
  return Object.freeze(value);
}
