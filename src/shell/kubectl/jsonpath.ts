/**
 * client-go's JSONPath: the parser. Text outside braces is copied; inside are fields, indexes, slices, unions,
 * filters, wildcards, recursive descent, quoted text and range … end.
 * @source staging/src/k8s.io/client-go/util/jsonpath/parser.go
 */
export type PathNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly nodes: readonly PathNode[] }
  | { readonly kind: 'field'; readonly name: string }
  | {
      readonly kind: 'slice';
      readonly start?: number;
      readonly end?: number;
      readonly step?: number;
      readonly single: boolean;
    }
  | { readonly kind: 'union'; readonly branches: readonly PathNode[] }
  | { readonly kind: 'filter'; readonly left: PathNode; readonly right: PathNode; readonly operator: string }
  | { readonly kind: 'wildcard' }
  | { readonly kind: 'recursive' }
  | { readonly kind: 'value'; readonly value: number | boolean }
  | { readonly kind: 'range' }
  | { readonly kind: 'end' };

export class JsonPathError extends Error {}

/** `name`, `.name`, `{name}` and `{.name}` all mean `{.name}`; used by custom-columns, --sort-by and wait. */
export function relaxedPath(expression: string): string {
  if (expression === '') return expression;
  const match = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(expression);
  if (match === null) {
    throw new JsonPathError(
      "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'",
    );
  }
  return `{.${match[1] ?? match[2] ?? ''}}`;
}

/** @throws JsonPathError with client-go's text. */
export function parseJsonPath(template: string): readonly PathNode[] {
  return new Parser(template).parse();
}

class Parser {
  private readonly input: string;
  private pos = 0;

  constructor(input: string) {
    this.input = input;
  }

  parse(): PathNode[] {
    const root: PathNode[] = [];
    while (this.pos < this.input.length) {
      const open = this.input.indexOf('{', this.pos);
      const until = open === -1 ? this.input.length : open;
      if (until > this.pos) root.push({ kind: 'text', text: this.input.slice(this.pos, until) });
      this.pos = until;
      if (open === -1) break;
      this.pos++;
      root.push({ kind: 'list', nodes: this.action() });
    }
    return root;
  }

  private action(): PathNode[] {
    const nodes: PathNode[] = [];
    for (;;) {
      const rest = this.input.slice(this.pos);
      const character = rest[0];
      if (character === undefined || character === '\n' || character === '\r')
        throw new JsonPathError('unclosed action');
      if (character === '}') {
        this.pos++;
        return nodes;
      }
      if (rest.startsWith('[?(')) nodes.push(this.filter());
      else if (rest.startsWith('..')) this.recursive(nodes);
      else if (character === ' ' || character === '@' || character === '$') this.pos++;
      else if (character === '[') nodes.push(...this.brackets());
      else if (character === '"' || character === "'") nodes.push(this.quoted(character));
      else if (character === '.') {
        this.pos++;
        nodes.push(this.field());
      } else if (/[-+\d]/.test(character)) nodes.push(this.number());
      else if (/[\p{L}_]/u.test(character)) nodes.push(this.identifier());
      else throw new JsonPathError(`unrecognized character in action: ${unicodeName(character)}`);
    }
  }

  private recursive(nodes: PathNode[]): void {
    if (nodes.at(-1)?.kind === 'recursive') throw new JsonPathError('invalid multiple recursive descent');
    this.pos += 2;
    nodes.push({ kind: 'recursive' });
    if (/[\p{L}\d_]/u.test(this.input[this.pos] ?? '')) nodes.push(this.field());
  }

  private field(): PathNode {
    let name = '';
    for (;;) {
      const character = this.input[this.pos];
      if (character === undefined || isTerminator(character)) break;
      if (character === '\\') {
        name += this.input[this.pos + 1] ?? '';
        this.pos += 2;
        continue;
      }
      name += character;
      this.pos++;
    }
    return name === '*' ? { kind: 'wildcard' } : { kind: 'field', name };
  }

  private identifier(): PathNode {
    const start = this.pos;
    while (this.pos < this.input.length && !isTerminator(this.input[this.pos] ?? '')) this.pos++;
    const word = this.input.slice(start, this.pos);
    if (word === 'true' || word === 'false') return { kind: 'value', value: word === 'true' };
    if (word === 'range' || word === 'end') return { kind: word };
    throw new JsonPathError(`unrecognized identifier ${word}`);
  }

  private number(): PathNode {
    const start = this.pos;
    this.pos++;
    while (/[\d.]/.test(this.input[this.pos] ?? '')) this.pos++;
    const written = this.input.slice(start, this.pos);
    const value = Number(written);
    if (Number.isNaN(value)) throw new JsonPathError(`cannot parse number ${written}`);
    return { kind: 'value', value };
  }

  private quoted(quote: string): PathNode {
    const start = this.pos;
    this.pos++;
    for (;;) {
      const character = this.input[this.pos];
      if (character === undefined || character === '\n') throw new JsonPathError('unterminated quoted string');
      this.pos++;
      if (character === quote && this.input[this.pos - 2] !== '\\') break;
    }
    return { kind: 'text', text: unescapeText(this.input.slice(start + 1, this.pos - 1)) };
  }

  private brackets(): readonly PathNode[] {
    const close = this.input.indexOf(']', this.pos);
    const inside = close === -1 ? '' : this.input.slice(this.pos + 1, close);
    if (close === -1 || inside.includes('\n')) throw new JsonPathError('unterminated array');
    this.pos = close + 1;
    const parts = inside === '*' ? [':'] : inside.split(',');
    if (parts.length > 1) {
      const branches = parts.map((part) => parseAction(`[${part.trim()}]`));
      return [{ kind: 'union', branches }];
    }
    const [text = ''] = parts;
    const key = /^'([^']*)'$/.exec(text);
    if (key !== null) {
      const inner = parseAction(`.${key[1]}`);
      return inner.kind === 'list' ? inner.nodes : [inner];
    }
    return [sliceOf(text)];
  }

  private filter(): PathNode {
    this.pos += 3;
    const start = this.pos;
    let opened = '';
    let closed = false;
    for (;;) {
      const character = this.input[this.pos];
      if (character === undefined || character === '\n') throw new JsonPathError('unterminated filter');
      this.pos++;
      if (character === '"' || character === "'") {
        if (opened === '') opened = character;
        else if (character === opened && this.input[this.pos - 2] !== '\\') closed = true;
      } else if (character === ')' && (opened !== '') === closed) break;
    }
    const text = this.input.slice(start, this.pos - 1);
    if (this.input[this.pos] !== ']') throw new JsonPathError('unclosed array expect ]');
    this.pos++;
    const match = /^([^!<>=]+)([!<>=]+)(.+?)$/.exec(text);
    if (match === null) {
      return { kind: 'filter', left: parseAction(text), right: { kind: 'list', nodes: [] }, operator: 'exists' };
    }
    return {
      kind: 'filter',
      left: parseAction(match[1] ?? ''),
      right: parseAction(match[3] ?? ''),
      operator: match[2] ?? '',
    };
  }
}

function parseAction(text: string): PathNode {
  return new Parser(`{${text}}`).parse()[0] ?? { kind: 'list', nodes: [] };
}

function sliceOf(text: string): PathNode {
  const match = /^(-?\d*)(:-?\d*)?(:-?\d*)?$/.exec(text);
  if (match === null) throw new JsonPathError(`invalid array index ${text}`);
  const [start, end, step] = [match[1], match[2]?.slice(1), match[3]?.slice(1)].map((part) =>
    part === undefined || part === '' ? undefined : Number(part),
  );
  return {
    kind: 'slice',
    single: match[2] === undefined,
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
    ...(step === undefined ? {} : { step }),
  };
}

function isTerminator(character: string): boolean {
  return ' \t\r\n.,[]$@{}'.includes(character);
}

function unescapeText(text: string): string {
  const escapes: Readonly<Record<string, string>> = {
    n: '\n',
    t: '\t',
    r: '\r',
    b: '\b',
    f: '\f',
    v: '\v',
    a: '\u0007',
  };
  return text.replace(/\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)/gs, (_whole, code: string) => {
    if (code.length > 1) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
    return escapes[code] ?? code;
  });
}

function unicodeName(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `U+${code} '${character}'`;
}
