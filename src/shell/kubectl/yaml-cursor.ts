/**
 * A place in a YAML text that moves on, character by character, as Go's reader does.
 * @source vendor/go.yaml.in/yaml/v2/scannerc.go
 */

/** What is wrong, with the line that is printed; line 0 is not. */
export class YamlComplaint extends Error {
  constructor(problem: string, line: number) {
    super(line > 0 ? `line ${line}: ${problem}` : problem);
  }
}

export interface Place {
  readonly line: number;
  readonly column: number;
  readonly index: number;
}

export class YamlCursor implements Place {
  protected readonly text: string;
  index = 0;
  line = 0;
  column = 0;

  constructor(text: string) {
    this.text = text;
  }

  protected at(offset = 0): string {
    return this.text[this.index + offset] ?? '';
  }

  protected skip(count = 1): void {
    for (let i = 0; i < count; i++) {
      if (isBreak(this.at())) {
        if (this.at() === '\r' && this.at(1) === '\n') this.index++;
        this.line++;
        this.column = 0;
      } else this.column++;
      this.index++;
    }
  }

  protected skipWhile(matches: (character: string) => boolean): string {
    const from = this.index;
    while (this.at() !== '' && matches(this.at())) this.skip();
    return this.text.slice(from, this.index);
  }

  protected complaint(problem: string): YamlComplaint {
    return new YamlComplaint(problem, this.line === 0 ? 0 : this.line + 1);
  }

  protected atDocumentMark(): boolean {
    const mark = this.text.slice(this.index, this.index + 3);
    return this.column === 0 && (mark === '---' || mark === '...') && isBlankOrEnd(this.at(3));
  }

  protected scanQuoted(quote: string): string {
    this.skip();
    const from = this.index;
    for (;;) {
      if (this.atDocumentMark()) throw this.complaint('found unexpected document indicator');
      if (this.at() === '') throw this.complaint('found unexpected end of stream');
      if (this.at() === quote) {
        if (quote === '"' || this.at(1) !== "'") break;
        this.skip(2);
      } else if (quote === '"' && this.at() === '\\') this.skipEscape();
      else this.skip();
    }
    const written = this.text.slice(from, this.index);
    this.skip();
    return quote === '"' ? unescaped(written) : folded(written).replaceAll("''", "'");
  }

  private skipEscape(): void {
    const code = this.at(1);
    const digits = { x: 2, u: 4, U: 8 }[code] ?? 0;
    if (digits === 0 && !isBreak(code) && !'0abt\tnvfre "\'\\N_LP'.includes(code || '?')) {
      throw this.complaint('found unknown escape character');
    }
    this.skip(2);
    if (digits === 0) return;
    const hex = this.text.slice(this.index, this.index + digits);
    if (!/^[\da-fA-F]*$/.test(hex) || hex.length < digits) {
      throw this.complaint('did not find expected hexdecimal number');
    }
    const value = Number.parseInt(hex, 16);
    if ((value >= 0xd800 && value <= 0xdfff) || value > 0x10ffff) {
      throw this.complaint('found invalid Unicode character escape code');
    }
    this.skip(digits);
  }
}

export const isBlank = (character: string): boolean => character === ' ' || character === '\t';
export const isBreak = (character: string): boolean => character !== '' && '\r\n\u0085\u2028\u2029'.includes(character);
export const isBlankOrEnd = (character: string): boolean =>
  character === '' || isBlank(character) || isBreak(character);
export const isWordCharacter = (character: string): boolean => /[\w-]/.test(character);

/** A line break within a scalar is a space; empty lines are line breaks. */
export function folded(written: string): string {
  return written.replace(/[ \t]*\n((?:[ \t]*\n)*)[ \t]*/g, (_all, more: string) => breaks(more) || ' ');
}

const breaks = (text: string): string => text.replace(/[^\n]/g, '');

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1B',
  N: '\u0085',
  _: '\u00A0',
  L: '\u2028',
  P: '\u2029',
};

function unescaped(written: string): string {
  const parts = /\\\n((?:[ \t]*\n)*)[ \t]*|\\(?:x(..)|u(.{4})|U(.{8})|([\s\S]))|[ \t]*\n((?:[ \t]*\n)*)[ \t]*/g;
  return written.replace(
    parts,
    (_all, joined?: string, x?: string, u?: string, long?: string, one?: string, more?: string) => {
      const code = x ?? u ?? long;
      if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
      if (one !== undefined) return escapes[one] ?? one;
      return joined === undefined ? breaks(more ?? '') || ' ' : breaks(joined);
    },
  );
}
