/**
 * Stands in for Ink's output stage. Ink tokenises every text of the screen anew each frame; ours composes one text a
 * row, so a row is worked out once and remembered. Whatever is not one plain text in a row goes through the stock
 * stage, which also produces every row that holds more than one-cell characters: the bytes are the same by
 * construction, and a golden test compares them.
 */
import {
  type StyledChar,
  styledCharsFromTokens,
  styledCharsToString,
  type Token,
  tokenize,
} from '@alcalzone/ansi-tokenize';
import StockOutput from '../../../node_modules/ink/build/output.js';
import { narrowWidth, sgrEnd } from '../narrow.ts';

type Transformer = (text: string, index: number) => string;
interface Clip {
  x1: number | undefined;
  x2: number | undefined;
  y1: number | undefined;
  y2: number | undefined;
}
type Operation =
  | {
      readonly type: 'write';
      readonly x: number;
      readonly y: number;
      readonly text: string;
      readonly transformers: Transformer[];
    }
  | { readonly type: 'clip'; readonly clip: Clip }
  | { readonly type: 'unclip' };

const rememberedRows = 2_000;
const rows = new Map<string, string>();
const sgrTokens = new Map<string, readonly Token[]>();
const blank: StyledChar = { type: 'char', value: ' ', fullWidth: false, styles: [] };

export class Output {
  readonly width: number;
  readonly height: number;
  private readonly operations: Operation[] = [];
  private isPlain = true;

  constructor(options: { width: number; height: number }) {
    this.width = options.width;
    this.height = options.height;
  }

  write(x: number, y: number, text: string, options: { transformers: Transformer[] }): void {
    if (text === '') return;
    if (options.transformers.length > 0 || x < 0 || text.includes('\n')) this.isPlain = false;
    this.operations.push({ type: 'write', x, y, text, transformers: options.transformers });
  }

  clip(clip: Clip): void {
    this.isPlain = false;
    this.operations.push({ type: 'clip', clip });
  }

  unclip(): void {
    this.operations.push({ type: 'unclip' });
  }

  get(): { output: string; height: number } {
    if (this.isPlain) {
      const lines = this.plainRows();
      if (lines) return { output: lines.join('\n'), height: this.height };
    }
    const stock = new StockOutput({ width: this.width, height: this.height });
    for (const operation of this.operations) {
      if (operation.type === 'write') {
        stock.write(operation.x, operation.y, operation.text, { transformers: operation.transformers });
      } else if (operation.type === 'clip') {
        stock.clip(operation.clip);
      } else {
        stock.unclip();
      }
    }
    return stock.get();
  }

  /** One string a row; undefined when two texts share a row, for then one may overwrite the other. */
  private plainRows(): string[] | undefined {
    const lines: (string | undefined)[] = new Array(this.height).fill(undefined);
    for (const operation of this.operations) {
      if (operation.type !== 'write' || operation.y < 0 || operation.y >= this.height) continue;
      if (lines[operation.y] !== undefined) return undefined;
      lines[operation.y] = row(this.width, operation.x, operation.text);
    }
    return lines.map((line) => line ?? '');
  }
}

function row(width: number, x: number, text: string): string {
  const key = `${width} ${x} ${text}`;
  let line = rows.get(key);
  if (line === undefined) {
    if (rows.size >= rememberedRows) rows.clear();
    line = narrowWidth(text) === undefined ? undefined : narrowRow(width, x, text);
    line ??= stockRow(width, x, text);
    rows.set(key, line);
  }
  return line;
}

function stockRow(width: number, x: number, text: string): string {
  const stock = new StockOutput({ width, height: 1 });
  stock.write(x, 0, text, { transformers: [] });
  return stock.get().output;
}

/** Undefined when a code is set that is set already: stock then orders them anew, in a way of its own. */
function narrowRow(width: number, x: number, text: string): string | undefined {
  const tokens: Token[] = [];
  const active = new Map<string, string>();
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) === 0x1b) {
      const end = sgrEnd(text, index);
      const codes = tokensOf(text.slice(index, end + 1));
      if (setsAgain(active, codes)) return undefined;
      tokens.push(...codes);
      index = end;
    } else {
      tokens.push({ type: 'char', value: text.charAt(index), fullWidth: false });
    }
  }
  const cells: StyledChar[] = new Array(x).fill(blank);
  cells.push(...styledCharsFromTokens(tokens));
  while (cells.length < width) cells.push(blank);
  return styledCharsToString(cells).trimEnd();
}

/** @param active  what is set now, by the code that ends it; brought up to date */
function setsAgain(active: Map<string, string>, codes: readonly Token[]): boolean {
  for (const token of codes) {
    if (token.type !== 'ansi') continue;
    if (token.code === token.endCode) active.delete(token.endCode);
    else if (active.get(token.endCode) === token.code) return true;
    else active.set(token.endCode, token.code);
    if (token.code === '\x1b[0m') active.clear();
  }
  return false;
}

function tokensOf(sgr: string): readonly Token[] {
  let tokens = sgrTokens.get(sgr);
  if (!tokens) {
    tokens = tokenize(sgr);
    sgrTokens.set(sgr, tokens);
  }
  return tokens;
}
