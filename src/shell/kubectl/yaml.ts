/**
 * Objects as YAML, character for character as sigs.k8s.io/yaml prints them: keys in natural order, sequences not indented,
 * strings quoted when a YAML 1.1 reader would take them for something else, and folded past column 80.
 * @source vendor/go.yaml.in/yaml/v2 (encode.go, emitterc.go, sorter.go, resolve.go)
 */
import { isObject } from './fields.ts';

const foldColumn = 80;

export function toYaml(value: unknown): string {
  const out = new Emitter();
  if (isObject(value) && keysOf(value).length > 0) out.mapping(value, 0);
  else if (Array.isArray(value) && value.length > 0) out.sequence(value, 0);
  else out.scalar(value, 2, true);
  return out.finish();
}

class Emitter {
  private text = '';
  private column = 0;

  finish(): string {
    return this.text.endsWith('\n') ? this.text : `${this.text}\n`;
  }

  /** The cursor stands where the first key goes; the other keys go to column `indent`. */
  mapping(map: Record<string, unknown>, indent: number): void {
    let first = true;
    for (const key of keysOf(map)) {
      if (!first) this.newLine(indent);
      first = false;
      const simple = !key.includes('\n') && utf8Length(key) <= 128;
      if (!simple) {
        this.put('?');
        this.scalar(key, indent + 2, true);
        this.newLine(indent);
      } else this.key(key);
      this.put(':');
      this.child(map[key], indent, false);
    }
  }

  sequence(items: readonly unknown[], indent: number): void {
    let first = true;
    for (const item of items) {
      if (!first) this.newLine(indent);
      first = false;
      this.put('-');
      this.child(item, indent, true);
    }
  }

  private child(value: unknown, indent: number, inSequence: boolean): void {
    if (isObject(value) && keysOf(value).length > 0) {
      if (inSequence) this.put(' ');
      else this.newLine(indent + 2);
      this.mapping(value, indent + 2);
    } else if (Array.isArray(value) && value.length > 0) {
      if (inSequence) this.put(' ');
      else this.newLine(indent);
      this.sequence(value, inSequence ? indent + 2 : indent);
    } else this.scalar(value, indent + 2, false);
  }

  private key(key: string): void {
    const style = key === '' ? 'double' : styleOf(key);
    if (style === 'plain') this.put(key);
    else if (style === 'single') this.put(`'${key.replaceAll("'", "''")}'`);
    else this.put(`"${[...key].map(escaped).join('')}"`);
  }

  /** A scalar after `key:` or `-`; continuation lines are indented by `indent`. */
  scalar(value: unknown, indent: number, atStart: boolean): void {
    if (!atStart) this.put(' ');
    if (typeof value !== 'string') {
      this.put(literalOf(value));
      return;
    }
    const style = styleOf(value);
    if (style === 'literal') this.literal(value, indent);
    else if (style === 'plain') this.folded(value, indent, 'plain');
    else if (style === 'single') this.folded(value, indent, 'single');
    else this.double(value, indent);
  }

  private folded(value: string, indent: number, style: 'plain' | 'single'): void {
    if (style === 'single') this.put("'");
    const characters = [...value];
    let spaces = false;
    characters.forEach((character, i) => {
      if (character !== ' ') {
        spaces = false;
        this.put(character === "'" && style === 'single' ? "''" : character);
        return;
      }
      const inside = style === 'plain' || (i > 0 && i < characters.length - 1);
      if (!spaces && this.column > foldColumn && inside && characters[i + 1] !== ' ') this.newLine(indent);
      else this.put(' ');
      spaces = true;
    });
    if (style === 'single') this.put("'");
  }

  private double(value: string, indent: number): void {
    this.put('"');
    const characters = [...value];
    let spaces = false;
    characters.forEach((character, i) => {
      if (character === ' ' && !spaces && this.column > foldColumn && i > 0 && i < characters.length - 1) {
        this.newLine(indent);
        if (characters[i + 1] === ' ') this.put('\\');
        spaces = true;
        return;
      }
      spaces = character === ' ';
      this.put(escaped(character));
    });
    this.put('"');
  }

  private literal(value: string, indent: number): void {
    const hint = value.startsWith(' ') || value.startsWith('\n') ? '2' : '';
    const chomp = value.endsWith('\n') ? (value === '\n' || value.endsWith('\n\n') ? '+' : '') : '-';
    this.put(`|${hint}${chomp}`);
    for (const line of value.replace(/\n$/, '').split('\n')) {
      this.newLine(0);
      if (line !== '') this.put(' '.repeat(indent) + line);
    }
    if (chomp === '+' && value !== '\n') this.newLineOnce();
  }

  private newLineOnce(): void {
    // A kept trailing break is already there: the next key starts on its own line anyway.
    this.column = 0;
  }

  private newLine(indent: number): void {
    this.text += `\n${' '.repeat(indent)}`;
    this.column = indent;
  }

  private put(text: string): void {
    this.text += text;
    this.column += [...text].length;
  }
}

function keysOf(map: Record<string, unknown>): string[] {
  return Object.keys(map)
    .filter((key) => map[key] !== undefined)
    .sort(naturalOrder);
}

function literalOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return '[]';
  if (typeof value === 'object') return '{}';
  if (typeof value === 'number' && !Number.isInteger(value)) return String(value);
  return String(value);
}

type Style = 'plain' | 'single' | 'double' | 'literal';

/** Which of YAML's four ways the Go emitter picks for a string. */
function styleOf(value: string): Style {
  const facts = analyze(value);
  if (value.includes('\n')) return facts.blockAllowed ? 'literal' : 'double';
  if (looksLikeSomethingElse(value)) return 'double';
  if (value === '') return 'double';
  if (facts.plainAllowed) return 'plain';
  return facts.singleAllowed ? 'single' : 'double';
}

function analyze(value: string): { plainAllowed: boolean; singleAllowed: boolean; blockAllowed: boolean } {
  const characters = [...value];
  let indicators = value.startsWith('---') || value.startsWith('...');
  let special = false;
  let breakSpace = false;
  let spaceBreak = false;
  let afterBlank = true;
  characters.forEach((character, i) => {
    const next = characters[i + 1];
    const beforeBlank = next === undefined || next === ' ' || next === '\t';
    if (i === 0) {
      if ('#,[]{}&*!|>\'"%@`'.includes(character)) indicators = true;
      if ('?:-'.includes(character) && beforeBlank) indicators = true;
    } else {
      if (character === ':' && beforeBlank) indicators = true;
      if (character === '#' && afterBlank) indicators = true;
    }
    if (!isPrintable(character)) special = true;
    const previous = characters[i - 1];
    if (character === ' ' && previous !== undefined && isBreak(previous)) breakSpace = true;
    if (isBreak(character) && previous === ' ') spaceBreak = true;
    afterBlank = character === ' ' || character === '\t' || isBreak(character);
  });
  const first = characters[0] ?? '';
  const last = characters.at(-1) ?? '';
  const edges = first === ' ' || last === ' ' || isBreak(first) || isBreak(last);
  const lineBreaks = characters.some(isBreak);
  return {
    plainAllowed: !indicators && !special && !breakSpace && !spaceBreak && !edges && !lineBreaks,
    singleAllowed: !special && !breakSpace && !spaceBreak,
    blockAllowed: !special && !spaceBreak && last !== ' ',
  };
}

function isBreak(character: string): boolean {
  return ['\n', '\r', '\u0085', '\u2028', '\u2029'].includes(character);
}

function isPrintable(character: string): boolean {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x0a || (code >= 0x20 && code <= 0x7e)) return true;
  return code >= 0xa0 && code <= 0xfffd && code !== 0xfeff && !(code >= 0xd800 && code <= 0xdfff);
}

const shortEscapes: Readonly<Record<number, string>> = {
  0: '\\0',
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  27: '\\e',
  34: '\\"',
  92: '\\\\',
  133: '\\N',
  160: '\\_',
  8232: '\\L',
  8233: '\\P',
};

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const mustEscape = !isPrintable(character) || isBreak(character) || character === '"' || character === '\\';
  if (!mustEscape) return character;
  const short = shortEscapes[code];
  if (short !== undefined) return short;
  const [letter, width] = code <= 0xff ? ['x', 2] : code <= 0xffff ? ['u', 4] : ['U', 8];
  return `\\${letter}${code.toString(16).toUpperCase().padStart(Number(width), '0')}`;
}

const words = new Set(
  [
    'y',
    'Y',
    'yes',
    'Yes',
    'YES',
    'true',
    'True',
    'TRUE',
    'on',
    'On',
    'ON',
    'n',
    'N',
    'no',
    'No',
    'NO',
    'false',
    'False',
  ]
    .concat([
      'FALSE',
      'off',
      'Off',
      'OFF',
      '',
      '~',
      'null',
      'Null',
      'NULL',
      '.nan',
      '.NaN',
      '.NAN',
      '.inf',
      '.Inf',
      '.INF',
    ])
    .concat(['+.inf', '+.Inf', '+.INF', '-.inf', '-.Inf', '-.INF']),
);

/** Would a YAML 1.1 reader take this plain text for a number, a bool, null or a time? */
function looksLikeSomethingElse(value: string): boolean {
  if (words.has(value)) return true;
  if (/^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(value)) return true;
  if (/^[-+0-9]/.test(value)) {
    const plain = value.replaceAll('_', '');
    if (/^[-+]?(0|[1-9][0-9]*|0[0-7]+|0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(plain)) return true;
    if (/^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/.test(plain)) return true;
    return /^\d{4}-\d{1,2}-\d{1,2}([Tt ]\s*\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?\s*(Z|[-+]\d{1,2}(:\d{2})?)?)?$/.test(value);
  }
  return value.startsWith('.') && /^\.[0-9]+([eE][-+]?[0-9]+)?$/.test(value);
}

/** Letters by code point, digits before letters, runs of digits by value. */
export function naturalOrder(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const x = left[i] ?? '';
    const y = right[i] ?? '';
    if (x === y) continue;
    const xIsLetter = /\p{L}/u.test(x);
    const yIsLetter = /\p{L}/u.test(y);
    if (xIsLetter && yIsLetter) return codeOf(x) - codeOf(y);
    if (xIsLetter || yIsLetter) return yIsLetter ? -1 : 1;
    return digitOrder(left, right, i);
  }
  return left.length - right.length;
}

function digitOrder(left: readonly string[], right: readonly string[], i: number): number {
  let seed = 0;
  if (left[i] === '0' || right[i] === '0') {
    for (let j = i - 1; j >= 0 && isDigit(left[j]); j--) {
      if (left[j] === '0') continue;
      seed = 1;
      break;
    }
  }
  const [xValue, xEnd] = digitsFrom(left, i, seed);
  const [yValue, yEnd] = digitsFrom(right, i, seed);
  if (xValue !== yValue) return xValue < yValue ? -1 : 1;
  return xEnd !== yEnd ? xEnd - yEnd : codeOf(left[i] ?? '') - codeOf(right[i] ?? '');
}

function digitsFrom(characters: readonly string[], start: number, seed: number): [number, number] {
  let value = seed;
  let end = start;
  while (isDigit(characters[end])) {
    value = value * 10 + Number(characters[end]);
    end++;
  }
  return [value, end];
}

function isDigit(character: string | undefined): boolean {
  return character !== undefined && character >= '0' && character <= '9';
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

function utf8Length(value: string): number {
  return new TextEncoder().encode(value).length;
}
