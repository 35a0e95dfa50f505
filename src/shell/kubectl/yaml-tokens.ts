/**
 * The tokens of a YAML text as Go's reader sees them, up to its first complaint.
 * A reader of our own: neither what js-yaml accepts nor what it complains about is what kubectl does.
 * @source vendor/go.yaml.in/yaml/v2/scannerc.go
 */

import { folded, isBlank, isBlankOrEnd, isBreak, isWordCharacter, type Place, YamlCursor } from './yaml-cursor.ts';

export type TokenKind =
  | 'stream end'
  | 'document start'
  | 'document end'
  | 'directive'
  | 'block sequence'
  | 'block mapping'
  | 'block end'
  | 'flow sequence'
  | 'flow mapping'
  | 'flow sequence end'
  | 'flow mapping end'
  | 'flow entry'
  | 'block entry'
  | 'key'
  | 'value'
  | 'alias'
  | 'anchor'
  | 'tag'
  | 'scalar';

export interface Token {
  readonly kind: TokenKind;
  /** Line of its first character, from 0. */
  readonly line: number;
  /** Of aliases, anchors, tags and scalars. */
  readonly text: string;
  /** A scalar without quotes, whose type is in its text. */
  readonly plain: boolean;
}

/** Text that could turn out to be a key once a colon follows it on the same line. */
interface PossibleKey extends Place {
  readonly number: number;
  readonly required: boolean;
}

const keyLength = 1024;
const indicators = '-?:,[]{}#&*!|>\'"%@`';

export class YamlTokens extends YamlCursor {
  private indent = -1;
  private readonly indents: number[] = [];
  private keyAllowed = true;
  /** One for the block context and one for each flow collection around the current place. */
  private readonly keys: (PossibleKey | undefined)[] = [undefined];
  private queue: Token[] = [];
  private taken = 0;

  peek(): Token {
    for (;;) {
      const head = this.queue[0];
      if (head !== undefined && !this.keys.some((key) => key?.number === this.taken && this.stillPossible(key)))
        return head;
      this.fetch();
    }
  }

  next(): Token {
    const token = this.peek();
    if (token.kind !== 'stream end') {
      this.queue.shift();
      this.taken++;
    }
    return token;
  }

  private get inFlow(): boolean {
    return this.keys.length > 1;
  }

  private push(kind: TokenKind, line: number, text = '', plain = false): void {
    this.queue.push({ kind, line, text, plain });
  }

  private fetch(): void {
    this.skipToToken();
    this.unroll(this.column);
    const character = this.at();
    if (character === '') this.fetchStreamEnd();
    else if (this.column === 0 && character === '%') this.fetchDirective();
    else if (this.atDocumentMark()) this.fetchDocumentMark();
    else if ('[{'.includes(character)) this.fetchFlowStart(character);
    else if (']}'.includes(character)) this.fetchFlowEnd(character);
    else if (character === ',') this.fetchFlowEntry();
    else if (character === '-' && isBlankOrEnd(this.at(1))) this.fetchBlockEntry();
    else if (character === '?' && (this.inFlow || isBlankOrEnd(this.at(1)))) this.fetchKey();
    else if (character === ':' && (this.inFlow || isBlankOrEnd(this.at(1)))) this.fetchValue();
    else if ('*&'.includes(character)) this.fetchAnchor(character === '*' ? 'alias' : 'anchor');
    else if (character === '!') this.fetchTag();
    else if ('|>'.includes(character) && !this.inFlow) this.fetchBlockScalar();
    else this.fetchScalar(character);
  }

  private fetchDocumentMark(): void {
    const { line } = this;
    const kind = this.at() === '-' ? 'document start' : 'document end';
    this.leaveBlocks();
    this.skip(3);
    this.push(kind, line);
  }

  private fetchFlowStart(character: string): void {
    this.saveKey();
    this.keys.push(undefined);
    this.keyAllowed = true;
    this.pushIndicator(character === '[' ? 'flow sequence' : 'flow mapping');
  }

  private fetchFlowEnd(character: string): void {
    this.dropKey();
    if (this.inFlow) this.keys.pop();
    this.keyAllowed = false;
    this.pushIndicator(character === ']' ? 'flow sequence end' : 'flow mapping end');
  }

  private fetchFlowEntry(): void {
    this.dropKey();
    this.keyAllowed = true;
    this.pushIndicator('flow entry');
  }

  private pushIndicator(kind: TokenKind): void {
    this.push(kind, this.line);
    this.skip();
  }

  private skipToToken(): void {
    for (;;) {
      if (this.column === 0 && this.at() === '\uFEFF') this.skip();
      this.skipWhile((each) => each === ' ' || (each === '\t' && (this.inFlow || !this.keyAllowed)));
      if (this.at() === '#') this.skipWhile((each) => !isBreak(each));
      if (!isBreak(this.at())) return;
      this.skip();
      if (!this.inFlow) this.keyAllowed = true;
    }
  }

  private stillPossible(key: PossibleKey): boolean {
    if (key.line === this.line && key.index + keyLength >= this.index) return true;
    if (key.required) throw this.complaint("could not find expected ':'");
    const at = this.keys.indexOf(key);
    if (at !== -1) this.keys[at] = undefined;
    return false;
  }

  private saveKey(): void {
    if (!this.keyAllowed) return;
    const { line, column, index } = this;
    const required = !this.inFlow && this.indent === column;
    this.dropKey();
    this.keys[this.keys.length - 1] = { number: this.taken + this.queue.length, line, column, index, required };
  }

  private dropKey(): void {
    if (this.keys.at(-1)?.required === true) throw this.complaint("could not find expected ':'");
    this.keys[this.keys.length - 1] = undefined;
  }

  /** Opens a block collection that starts at this column; `number` is where its token belongs. */
  private roll(kind: TokenKind, place: Place = this, number = this.taken + this.queue.length): void {
    const { line, column } = place;
    if (this.inFlow || this.indent >= column) return;
    this.indents.push(this.indent);
    this.indent = column;
    this.queue.splice(number - this.taken, 0, { kind, line, text: '', plain: false });
  }

  private unroll(column: number): void {
    if (this.inFlow) return;
    while (this.indent > column) {
      this.push('block end', this.line);
      this.indent = this.indents.pop() ?? -1;
    }
  }

  private leaveBlocks(): void {
    this.unroll(-1);
    this.dropKey();
    this.keyAllowed = false;
  }

  private fetchStreamEnd(): void {
    if (this.column !== 0) {
      this.column = 0;
      this.line++;
    }
    this.leaveBlocks();
    this.push('stream end', this.line);
  }

  private fetchDirective(): void {
    this.leaveBlocks();
    const { line } = this;
    this.skip();
    const name = this.skipWhile(isWordCharacter);
    if (name === '') throw this.complaint('could not find expected directive name');
    if (!isBlankOrEnd(this.at())) throw this.complaint('found unexpected non-alphabetical character');
    if (name !== 'YAML' && name !== 'TAG') throw this.complaint('found unknown directive name');
    this.skipWhile((each) => !isBreak(each));
    this.push('directive', line, name);
  }

  private fetchBlockEntry(): void {
    if (!this.inFlow) {
      if (!this.keyAllowed) throw this.complaint('block sequence entries are not allowed in this context');
      this.roll('block sequence');
    }
    this.dropKey();
    this.keyAllowed = true;
    this.pushIndicator('block entry');
  }

  private fetchKey(): void {
    if (!this.inFlow) {
      if (!this.keyAllowed) throw this.complaint('mapping keys are not allowed in this context');
      this.roll('block mapping');
    }
    this.dropKey();
    this.keyAllowed = !this.inFlow;
    this.pushIndicator('key');
  }

  private fetchValue(): void {
    const key = this.keys.at(-1);
    if (key !== undefined && this.stillPossible(key)) {
      this.queue.splice(key.number - this.taken, 0, {
        kind: 'key',
        line: key.line,
        text: '',
        plain: false,
      });
      this.roll('block mapping', key, key.number);
      this.keys[this.keys.length - 1] = undefined;
      this.keyAllowed = false;
    } else {
      if (!this.inFlow) {
        if (!this.keyAllowed) throw this.complaint('mapping values are not allowed in this context');
        this.roll('block mapping');
      }
      this.keyAllowed = !this.inFlow;
    }
    this.pushIndicator('value');
  }

  private fetchAnchor(kind: 'alias' | 'anchor'): void {
    this.saveKey();
    this.keyAllowed = false;
    const { line } = this;
    this.skip();
    const name = this.skipWhile(isWordCharacter);
    if (name === '' || !(isBlankOrEnd(this.at()) || '?:,]}%@`'.includes(this.at()))) {
      throw this.complaint('did not find expected alphabetic or numeric character');
    }
    this.push(kind, line, name);
  }

  private fetchTag(): void {
    this.saveKey();
    this.keyAllowed = false;
    const { line } = this;
    const tag = this.skipWhile((each) => !isBlank(each) && !isBreak(each));
    const handle = /^!\w+!/.exec(tag)?.[0];
    const odd = tag.startsWith('!<') ? tag.indexOf('>') : tag.search(/[^\w!\-;/?:@&=+$,.~*'()[\]%]/);
    if (tag.startsWith('!<') ? odd !== tag.length - 1 : odd !== -1) {
      throw this.complaint('did not find expected whitespace or line break');
    }
    this.push('tag', line, handle ?? tag);
  }

  private fetchScalar(character: string): void {
    const quoted = character === '"' || character === "'";
    const plain = !isBlankOrEnd(character) && !indicators.includes(character);
    const dash = character === '-' && !isBlank(this.at(1));
    const other = !this.inFlow && (character === '?' || character === ':');
    if (!quoted && !plain && !dash && !other) throw this.complaint('found character that cannot start any token');
    this.saveKey();
    this.keyAllowed = false;
    const { line } = this;
    this.push('scalar', line, quoted ? this.scanQuoted(character) : this.scanPlain(), !quoted);
  }

  private fetchBlockScalar(): void {
    this.dropKey();
    this.keyAllowed = true;
    const { line } = this;
    const folds = this.at() === '>';
    this.skip();
    const header = /^(?:[+-](\d?)|(\d)[+-]?)?/.exec(this.text.slice(this.index, this.index + 2));
    const increment = header?.[1] || header?.[2] || '';
    if (increment === '0') throw this.complaint('found an indentation indicator equal to 0');
    this.skip(header?.[0].length ?? 0);
    this.skipWhile(isBlank);
    if (this.at() === '#') this.skipWhile((each) => !isBreak(each));
    if (this.at() !== '' && !isBreak(this.at())) throw this.complaint('did not find expected comment or line break');
    if (this.at() !== '') this.skip();
    const strip = header?.[0].includes('-') === true;
    const keep = header?.[0].includes('+') === true;
    let { indent, breaks } = this.skipIndentation(increment === '' ? 0 : Math.max(this.indent, 0) + Number(increment));
    let text = '';
    let lineBreak = '';
    let wasBlank = false;
    while (this.column === indent && this.at() !== '') {
      const startsBlank = isBlank(this.at());
      const joins = folds && lineBreak !== '' && !wasBlank && !startsBlank;
      text += (joins ? (breaks === '' ? ' ' : '') : lineBreak) + breaks;
      wasBlank = startsBlank;
      text += this.skipWhile((each) => !isBreak(each));
      lineBreak = this.at() === '' ? '' : '\n';
      if (lineBreak !== '') this.skip();
      ({ indent, breaks } = this.skipIndentation(indent));
    }
    this.push('scalar', line, text + (strip ? '' : lineBreak) + (keep ? breaks : ''));
  }

  /** Skips empty lines and the indentation of a block scalar, which is found out when it is 0. */
  private skipIndentation(indent: number): { indent: number; breaks: string } {
    let deepest = 0;
    let breaks = '';
    for (;;) {
      while ((indent === 0 || this.column < indent) && this.at() === ' ') this.skip();
      deepest = Math.max(deepest, this.column);
      if ((indent === 0 || this.column < indent) && this.at() === '\t') {
        throw this.complaint('found a tab character where an indentation space is expected');
      }
      if (!isBreak(this.at())) break;
      this.skip();
      breaks += '\n';
    }
    return { indent: indent === 0 ? Math.max(deepest, this.indent + 1, 1) : indent, breaks };
  }

  private scanPlain(): string {
    const indent = this.indent + 1;
    const from = this.index;
    let end = this.index;
    let newLine = false;
    for (;;) {
      if (this.atDocumentMark() || this.at() === '#') break;
      while (!isBlankOrEnd(this.at())) {
        if (this.at() === ':' && isBlankOrEnd(this.at(1))) break;
        if (this.inFlow && ',?[]{}'.includes(this.at())) break;
        newLine = false;
        this.skip();
        end = this.index;
      }
      if (!isBlank(this.at()) && !isBreak(this.at())) break;
      while (isBlank(this.at()) || isBreak(this.at())) {
        if (newLine && this.column < indent && this.at() === '\t') {
          throw this.complaint('found a tab character that violates indentation');
        }
        if (isBreak(this.at())) newLine = true;
        this.skip();
      }
      if (!this.inFlow && this.column < indent) break;
    }
    if (newLine) this.keyAllowed = true;
    return folded(this.text.slice(from, end));
  }
}
