/** Go's text/template: from text to actions. */
export type Expression =
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'dot'; readonly fields: readonly string[] }
  | { readonly kind: 'variable'; readonly name: string; readonly fields: readonly string[] }
  | { readonly kind: 'group'; readonly inner: Expression; readonly fields: readonly string[] }
  | { readonly kind: 'assign'; readonly name: string; readonly value: Expression; readonly declares: boolean }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] };

export type ActionNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly expression: Expression; readonly silent: boolean }
  | Block<'if'>
  | Block<'with'>
  | (Block<'range'> & { readonly names: readonly string[] })
  | { readonly kind: 'break' }
  | { readonly kind: 'continue' }
  | { readonly kind: 'template'; readonly name: string; readonly dot: Expression };

export interface Template {
  readonly nodes: readonly ActionNode[];
  /** What `{{define}}` and `{{block}}` have named. */
  readonly named: ReadonlyMap<string, readonly ActionNode[]>;
}

interface Block<Kind extends string> {
  readonly kind: Kind;
  readonly condition: Expression;
  readonly body: readonly ActionNode[];
  readonly otherwise: readonly ActionNode[];
}

export class TemplateSyntaxError extends Error {
  readonly line: number;
  constructor(message: string, line = 1) {
    super(message);
    this.line = line;
  }
}

type Piece = { readonly text: string } | { readonly action: string; readonly line: number };

export function parseTemplate(template: string): Template {
  const named = new Map<string, readonly ActionNode[]>();
  const pieces = split(template);
  const [nodes] = block({ pieces, named }, 0, { root: true, inRange: false });
  return { nodes, named };
}

interface Source {
  readonly pieces: readonly Piece[];
  readonly named: Map<string, readonly ActionNode[]>;
}

interface Place {
  readonly root: boolean;
  readonly inRange: boolean;
}

function split(template: string): Piece[] {
  const pieces: Piece[] = [];
  let rest = template;
  let line = 1;
  for (;;) {
    const open = rest.indexOf('{{');
    if (open === -1) break;
    let text = rest.slice(0, open);
    line += text.split('\n').length - 1;
    const close = closing(rest, open + 2);
    if (close === -1) throw new TemplateSyntaxError('unclosed action', line);
    let action = rest.slice(open + 2, close);
    rest = rest.slice(close + 2);
    if (/^-\s/.test(action)) {
      action = action.slice(1);
      text = text.trimEnd();
    }
    if (/\s-$/.test(action)) {
      action = action.slice(0, -1);
      rest = rest.trimStart();
    }
    if (text !== '') pieces.push({ text });
    if (!action.trim().startsWith('/*')) pieces.push({ action: action.trim(), line });
  }
  if (rest !== '') pieces.push({ text: rest });
  return pieces;
}

/** Where `}}` stands, outside quotes. */
function closing(text: string, from: number): number {
  let quote = '';
  for (let i = from; i < text.length; i++) {
    const character = text[i] ?? '';
    if (quote !== '') {
      if (character === '\\' && quote !== '`') i++;
      else if (character === quote) quote = '';
    } else if ('"`\''.includes(character)) quote = character;
    else if (text.startsWith('}}', i)) return i;
  }
  return -1;
}

/** Nodes up to `end` or `else`; answers where it stopped. */
function block(source: Source, from: number, place: Place): [ActionNode[], number] {
  const nodes: ActionNode[] = [];
  let i = from;
  for (;;) {
    const piece = source.pieces[i];
    if (piece === undefined) break;
    if ('text' in piece) {
      nodes.push({ kind: 'text', text: piece.text });
      i++;
      continue;
    }
    const word = /^(if|range|with|end|else|define|block|template|break|continue)\b/.exec(piece.action)?.[1];
    const header = piece.action.slice(word?.length ?? 0).trim();
    if (word === 'end' || word === 'else') {
      if (place.root) throw new TemplateSyntaxError(`unexpected {{${word}}}`, piece.line);
      return [nodes, i];
    }
    i++;
    if (word === undefined) {
      nodes.push({ kind: 'print', expression: pipeline(piece.action), silent: /^\$\w*\s*:?=/.test(piece.action) });
    } else if (word === 'break' || word === 'continue') {
      if (!place.inRange) throw new TemplateSyntaxError(`{{${word}}} outside {{range}}`, piece.line);
      nodes.push({ kind: word });
    } else if (word === 'template') nodes.push(inclusion(header));
    else if (word === 'define' || word === 'block') {
      const [body, end] = block(source, i, { root: false, inRange: false });
      const included = inclusion(header);
      source.named.set(included.name, body);
      if (word === 'block') nodes.push(included);
      i = end + 1;
    } else {
      const [node, end] = construct(source, i, { word, header, inRange: place.inRange });
      nodes.push(node);
      i = end + 1;
    }
  }
  if (!place.root) throw new TemplateSyntaxError('unexpected EOF');
  return [nodes, i];
}

function inclusion(header: string): Extract<ActionNode, { kind: 'template' }> {
  const [name = '""', ...rest] = tokenize(header);
  const dot = rest.length === 0 ? ({ kind: 'literal', value: null } as const) : pipeline(rest.join(' '));
  return { kind: 'template', name: name.startsWith('`') ? name.slice(1, -1) : unquote(name), dot };
}

interface Opening {
  readonly word: string;
  readonly header: string;
  readonly inRange: boolean;
}

/** An if, range or with whose inside begins at `start`; answers where its `end` is. */
function construct(source: Source, start: number, { word, header, inRange }: Opening): [ActionNode, number] {
  const [body, stop] = block(source, start, { root: false, inRange: inRange || word === 'range' });
  let otherwise: readonly ActionNode[] = [];
  let end = stop;
  const piece = source.pieces[stop];
  if (piece !== undefined && 'action' in piece && piece.action.startsWith('else')) {
    const rest = piece.action.slice(4).trim();
    const next = /^(if|with)\b/.exec(rest)?.[1];
    if (next !== undefined) {
      const opening = { word: next, header: rest.slice(next.length).trim(), inRange };
      const [nested, nestedEnd] = construct(source, stop + 1, opening);
      otherwise = [nested];
      end = nestedEnd;
    } else [otherwise, end] = block(source, stop + 1, { root: false, inRange });
  }
  const names = /^(\$\w+)(?:\s*,\s*(\$\w+))?\s*:=\s*/.exec(header);
  if (word === 'range') {
    const condition = pipeline(names === null ? header : header.slice(names[0].length));
    const bound = names === null ? [] : [names[1], names[2]].filter((name) => name !== undefined);
    return [{ kind: 'range', condition, names: bound, body, otherwise }, end];
  }
  return [{ kind: word === 'with' ? 'with' : 'if', condition: pipeline(header), body, otherwise }, end];
}

function pipeline(source: string): Expression {
  const assign = /^(\$\w*)\s*(:?)=\s*/.exec(source);
  if (assign !== null) {
    const value = pipeline(source.slice(assign[0].length));
    return { kind: 'assign', name: assign[1] ?? '$', value, declares: assign[2] === ':' };
  }
  const tokens = tokenize(source);
  if (tokens.length === 0) throw new TemplateSyntaxError('missing value for command');
  const stages: string[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token === '(') depth++;
    if (token.startsWith(')')) depth--;
    if (token === '|' && depth === 0) stages.push([]);
    else stages.at(-1)?.push(token);
  }
  return stages.slice(1).reduce((value, stage) => command(stage, value), command(stages[0] ?? [], undefined));
}

function command(tokens: readonly string[], piped: Expression | undefined): Expression {
  const [first = ''] = tokens;
  const isFunction = /^[a-zA-Z_]\w*$/.test(first) && !['true', 'false', 'nil'].includes(first);
  const operands = operandsOf(isFunction ? tokens.slice(1) : tokens);
  if (!isFunction) return operands[0] ?? { kind: 'literal', value: null };
  return { kind: 'call', name: first, args: piped === undefined ? operands : [...operands, piped] };
}

function operandsOf(tokens: readonly string[]): Expression[] {
  const found: Expression[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] ?? '';
    if (token !== '(') {
      found.push(operand(token));
      continue;
    }
    let depth = 1;
    const start = i + 1;
    while (depth > 0 && i < tokens.length) {
      i++;
      if (tokens[i] === '(') depth++;
      if (tokens[i]?.startsWith(')')) depth--;
    }
    const fields = (tokens[i] ?? ')')
      .slice(1)
      .split('.')
      .filter((each) => each !== '');
    found.push({ kind: 'group', inner: pipeline(tokens.slice(start, i).join(' ')), fields });
  }
  return found;
}

function operand(token: string): Expression {
  if (token === '.') return { kind: 'dot', fields: [] };
  if (token.startsWith('.')) return { kind: 'dot', fields: token.slice(1).split('.') };
  if (token.startsWith('$')) {
    const [name = '$', ...fields] = token.split('.');
    return { kind: 'variable', name, fields };
  }
  if (token.startsWith('"')) return { kind: 'literal', value: unquote(token) };
  if (token.startsWith('`')) return { kind: 'literal', value: token.slice(1, -1) };
  if (token === 'true' || token === 'false') return { kind: 'literal', value: token === 'true' };
  if (token === 'nil') return { kind: 'literal', value: null };
  if (/^-?\d+(\.\d+)?$/.test(token)) return { kind: 'literal', value: Number(token) };
  if (/^[a-zA-Z_]\w*$/.test(token)) throw new TemplateSyntaxError(`function "${token}" not defined`);
  throw new TemplateSyntaxError(`unexpected "${token}" in operand`);
}

function unquote(token: string): string {
  try {
    const value: unknown = JSON.parse(token);
    return typeof value === 'string' ? value : token;
  } catch {
    return token.slice(1, -1);
  }
}

function tokenize(source: string): string[] {
  const pattern = /"(?:\\.|[^"\\])*"|`[^`]*`|\)(?:\.[\w.-]+)?|[(|]|[^\s()|"`]+/g;
  return source.match(pattern) ?? [];
}
