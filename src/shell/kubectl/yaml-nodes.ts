/**
 * A YAML document as a tree of scalars, sequences and mappings, or what Go's reader says when it is none:
 * `line 3: did not find expected key`.
 * @source vendor/go.yaml.in/yaml/v2/parserc.go
 */
import { YamlComplaint } from './yaml-cursor.ts';
import { type TokenKind, YamlTokens } from './yaml-tokens.ts';

export type YamlNode = (
  | { readonly kind: 'scalar'; readonly text: string; readonly plain: boolean }
  | { readonly kind: 'sequence'; readonly items: readonly YamlNode[] }
  | { readonly kind: 'mapping'; readonly entries: readonly (readonly [YamlNode, YamlNode])[] }
) & { /** As written: `!!str`; '' without one. */ readonly tag: string };

const empty: YamlNode = { kind: 'scalar', text: '', plain: true, tag: '' };

/**
 * Reads the first document; what stands after its end is not looked at.
 * @throws YamlComplaint
 */
export function readYaml(text: string): YamlNode {
  if (/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u0084\u0086-\u009F\uFFFE\uFFFF]/.test(text)) {
    throw new YamlComplaint('control characters are not allowed', 0);
  }
  return new Reader(new YamlTokens(text)).document();
}

class Reader {
  private readonly tokens: YamlTokens;
  private readonly anchors = new Map<string, YamlNode>();

  constructor(tokens: YamlTokens) {
    this.tokens = tokens;
  }

  document(): YamlNode {
    let first = this.tokens.peek();
    if (first.kind === 'stream end') return empty;
    if (first.kind === 'directive' || first.kind === 'document start') {
      while (this.tokens.peek().kind === 'directive') this.tokens.next();
      first = this.tokens.peek();
      if (first.kind !== 'document start')
        throw new YamlComplaint('did not find expected <document start>', first.line);
      this.tokens.next();
      if (this.isNext('directive', 'document start', 'document end', 'stream end')) return empty;
    }
    const node = this.node(true, false);
    this.tokens.peek();
    return node;
  }

  private isNext(...kinds: readonly TokenKind[]): boolean {
    return kinds.includes(this.tokens.peek().kind);
  }

  private node(block: boolean, indentless: boolean): YamlNode {
    const { line } = this.tokens.peek();
    if (this.isNext('alias')) {
      const { text } = this.tokens.next();
      const node = this.anchors.get(text);
      if (node === undefined) throw new YamlComplaint(`unknown anchor '${text}' referenced`, 0);
      return node;
    }
    let tag = '';
    let anchor = '';
    while (this.isNext('anchor', 'tag')) {
      const mark = this.tokens.next();
      if (mark.kind === 'anchor') anchor = mark.text;
      else tag = mark.text;
      if (/^!\w+!/.test(tag)) throw new YamlComplaint('found undefined tag handle', mark.line);
    }
    const content = this.content(block, indentless);
    if (content === undefined && tag === '' && anchor === '') {
      const token = this.tokens.peek();
      throw new YamlComplaint('did not find expected node content', token.line === 0 ? line : token.line);
    }
    const node = tag === '' ? (content ?? empty) : { ...(content ?? empty), tag };
    if (anchor !== '') this.anchors.set(anchor, node);
    return node;
  }

  private content(block: boolean, indentless: boolean): YamlNode | undefined {
    switch (this.tokens.peek().kind) {
      case 'scalar': {
        const { text, plain } = this.tokens.next();
        return { kind: 'scalar', text, plain, tag: '' };
      }
      case 'flow sequence':
        return this.flowSequence();
      case 'flow mapping':
        return this.flowMapping();
      case 'block entry':
        return indentless ? this.indentlessSequence() : undefined;
      case 'block sequence':
        return block ? this.blockSequence() : undefined;
      case 'block mapping':
        return block ? this.blockMapping() : undefined;
      default:
        return undefined;
    }
  }

  private blockSequence(): YamlNode {
    const items: YamlNode[] = [];
    const { line } = this.tokens.next();
    while (this.isNext('block entry')) {
      this.tokens.next();
      items.push(this.isNext('block entry', 'block end') ? empty : this.node(true, false));
    }
    this.close('block end', "did not find expected '-' indicator", line);
    return { kind: 'sequence', items, tag: '' };
  }

  private indentlessSequence(): YamlNode {
    const items: YamlNode[] = [];
    while (this.isNext('block entry')) {
      this.tokens.next();
      items.push(this.isNext('block entry', 'key', 'value', 'block end') ? empty : this.node(true, false));
    }
    return { kind: 'sequence', items, tag: '' };
  }

  private blockMapping(): YamlNode {
    const entries: [YamlNode, YamlNode][] = [];
    const { line } = this.tokens.next();
    const half = (): YamlNode => {
      this.tokens.next();
      return this.isNext('key', 'value', 'block end') ? empty : this.node(true, true);
    };
    while (this.isNext('key')) {
      const key = half();
      entries.push([key, this.isNext('value') ? half() : empty]);
    }
    this.close('block end', 'did not find expected key', line);
    return { kind: 'mapping', entries, tag: '' };
  }

  private flowSequence(): YamlNode {
    const items: YamlNode[] = [];
    const { line } = this.tokens.next();
    while (!this.isNext('flow sequence end')) {
      if (items.length > 0) this.separator("did not find expected ',' or ']'", line);
      if (this.isNext('flow sequence end')) break;
      if (!this.isNext('key')) items.push(this.node(false, false));
      else items.push({ kind: 'mapping', entries: [this.flowPair('flow sequence end')], tag: '' });
    }
    this.tokens.next();
    return { kind: 'sequence', items, tag: '' };
  }

  private flowMapping(): YamlNode {
    const entries: [YamlNode, YamlNode][] = [];
    const { line } = this.tokens.next();
    while (!this.isNext('flow mapping end')) {
      if (entries.length > 0) this.separator("did not find expected ',' or '}'", line);
      if (this.isNext('flow mapping end')) break;
      entries.push(this.isNext('key') ? this.flowPair('flow mapping end') : [this.node(false, false), empty]);
    }
    this.tokens.next();
    return { kind: 'mapping', entries, tag: '' };
  }

  private flowPair(end: TokenKind): [YamlNode, YamlNode] {
    this.tokens.next();
    const key = this.isNext('value', 'flow entry', end) ? empty : this.node(false, false);
    if (!this.isNext('value')) return [key, empty];
    this.tokens.next();
    return [key, this.isNext('flow entry', end) ? empty : this.node(false, false)];
  }

  private separator(problem: string, opened: number): void {
    this.close('flow entry', problem, opened);
  }

  private close(kind: TokenKind, problem: string, opened: number): void {
    const token = this.tokens.peek();
    if (token.kind !== kind) throw new YamlComplaint(problem, token.line === 0 ? opened : token.line);
    this.tokens.next();
  }
}
