/** Our output stage must write the very bytes that Ink's own writes. */
import fc from 'fast-check';
import stockWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import StockOutput from '../../node_modules/ink/build/output.js';
import stockSanitize from '../../node_modules/ink/build/sanitize-ansi.js';
import { Output } from '../../src/ui/ink/output.ts';
import { sanitizeAnsi } from '../../src/ui/ink/sanitize-ansi.ts';
import { stringWidth } from '../../src/ui/ink/string-width.ts';
import { composeScreen } from '../../src/ui/screens/compose.ts';
import { createTheme } from '../../src/ui/theme.ts';
import { madeUpLesson, madeUpScene } from './made-up.ts';

type Write = readonly [x: number, y: number, text: string];

function both(width: number, height: number, draw: (output: Output | StockOutput) => void): [string, string] {
  const ours = new Output({ width, height });
  const stock = new StockOutput({ width, height });
  draw(ours);
  draw(stock);
  return [ours.get().output, stock.get().output];
}

function same(width: number, height: number, writes: readonly Write[]): void {
  const [ours, stock] = both(width, height, (output) => {
    for (const [x, y, text] of writes) output.write(x, y, text, { transformers: [] });
  });
  expect(ours).toBe(stock);
}

const green = (text: string) => `\x1b[32m${text}\x1b[39m`;

describe('the same bytes as stock Ink', () => {
  test('plain, padded and empty rows', () =>
    same(20, 4, [
      [0, 0, 'hello'],
      [3, 2, 'indented'],
      [0, 3, '   '],
    ]));
  test('colours, bold and dim together, trailing coloured space', () =>
    same(30, 3, [
      [0, 0, `\x1b[1m\x1b[2mboth\x1b[22m plain ${green('ok')}`],
      [0, 1, `\x1b[44m  \x1b[49m`],
      [0, 2, '\x1b[1;31mx\x1b[0my'],
    ]));
  test('compound and extended colours', () =>
    same(30, 1, [[0, 0, '\x1b[38;5;200;1mpink\x1b[39m bold \x1b[48;2;1;2;3mbg\x1b[0m']]));
  test('CJK, emoji, flags, combining marks', () =>
    same(30, 6, [
      [0, 0, '日本語 text'],
      [0, 1, '👩‍👩‍👧 family'],
      [0, 2, '🇪🇸 España'],
      [0, 3, 'e\u0301tcd'],
      [0, 4, '✅ ❤️ ©'],
      [0, 5, `${green('漢')}字`],
    ]));
  test('boxes and accents', () =>
    same(24, 3, [
      [0, 0, '╭──── Título ────────╮'],
      [0, 1, `│ ${green('● Ejecutándose')}   │`],
      [0, 2, '╰────────────────────╯'],
    ]));
  test('longer than the row', () =>
    same(10, 2, [
      [0, 0, 'abcdefghijklmno'],
      [5, 1, green('abcdefghij')],
    ]));
  test('two texts in a row, the second over the first', () =>
    same(20, 1, [
      [0, 0, '日本語日本語'],
      [3, 0, 'xy'],
    ]));
  test('several lines in one text', () => same(20, 4, [[1, 1, `${green('one\ntwo')}\nthree`]]));
  test('outside of the screen', () =>
    same(10, 2, [
      [0, -1, 'above'],
      [0, 2, 'below'],
      [-2, 0, 'left'],
    ]));
  test('clipping in both directions, through wide characters', () => {
    for (let x1 = 0; x1 < 6; x1++) {
      const [ours, stock] = both(12, 3, (output) => {
        output.clip({ x1, x2: x1 + 5, y1: 1, y2: 2 });
        output.write(0, 0, '日本語日本語\n日本語日本語\nlast', { transformers: [] });
        output.unclip();
        output.write(0, 2, 'free', { transformers: [] });
      });
      expect(ours).toBe(stock);
    }
  });
  test('transformers', () => {
    const [ours, stock] = both(12, 2, (output) =>
      output.write(0, 0, 'shout', { transformers: [(text: string) => text.toUpperCase()] }),
    );
    expect(ours).toBe(stock);
  });
  test('a real screen, row by row', () => {
    const theme = createTheme({ hasColour: true, isAscii: false });
    const lines = composeScreen(
      madeUpScene({ screen: 'lesson', focus: 'shell', width: 120, height: 40 }, { theme, lesson: madeUpLesson }),
    );
    same(
      120,
      40,
      lines.map((line, row): Write => [0, row, line]),
    );
  });
  test('any text at all', () => {
    const piece = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
      fc.constantFrom(
        '\x1b[31m',
        '\x1b[39m',
        '\x1b[1m',
        '\x1b[2m',
        '\x1b[22m',
        '\x1b[7m',
        '\x1b[27m',
        '\x1b[0m',
        '\x1b[m',
        '\x1b[1;33;44m',
        '─│╭●◐',
        '漢字',
        '👍🏽',
        'ñ',
      ),
    );
    const text = fc.array(piece, { maxLength: 10 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.integer({ min: -1, max: 4 }), text), { maxLength: 5 }),
        (writes) => same(24, 4, writes),
      ),
      { numRuns: 400 },
    );
    fc.assert(
      fc.property(text, (line) => sanitizeAnsi(line) === stockSanitize(line)),
      { numRuns: 400 },
    );
    fc.assert(
      fc.property(text, (line) => stringWidth(line) === stockWidth(line)),
      { numRuns: 400 },
    );
  });
  test('every character called narrow is one cell for Ink as well', () => {
    for (let code = 0x20; code < 0x2900; code++) {
      const character = String.fromCharCode(code);
      expect([code, stringWidth(character)]).toEqual([code, stockWidth(character)]);
    }
  });
});
