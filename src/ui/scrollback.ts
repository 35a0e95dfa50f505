/** What the shell has printed: lines that can be scrolled back to. */
import { cells, neutralise, splitAt } from './line.ts';

const lineLimit = 5_000;
const lengthLimit = 10_000;
const clearScreen = /\x1b\[[0-3]?J|\x1bc/;

export interface Scrollback {
  /** Finished lines and, last, the one still being written. */
  readonly lines: string[];
  /** Rows that the view is scrolled up from the bottom. */
  offset: number;
}

export function createScrollback(): Scrollback {
  return { lines: [''], offset: 0 };
}

/** Adds printed text; control characters are made harmless, a clear-screen sequence clears. */
export function print(scrollback: Scrollback, text: string): void {
  const cleared = text.split(clearScreen);
  if (cleared.length > 1) clear(scrollback);
  const safe = neutralise((cleared.at(-1) ?? '').replaceAll('\r\n', '\n'), true);
  const [first = '', ...rest] = safe.split('\n');
  const { lines } = scrollback;
  lines[lines.length - 1] = cutLong(`${lines.at(-1) ?? ''}${first}`);
  for (const line of rest) lines.push(cutLong(line));
  if (lines.length > lineLimit) lines.splice(0, lines.length - lineLimit);
}

/** Makes sure that what is printed next starts a line. */
export function freshLine(scrollback: Scrollback): void {
  if (scrollback.lines.at(-1) !== '') scrollback.lines.push('');
}

export function clear(scrollback: Scrollback): void {
  scrollback.lines.splice(0, scrollback.lines.length, '');
  scrollback.offset = 0;
}

/**
 * @param extra  rows below the printed ones: the prompt
 * @returns the last rows as seen at `width`, at most `height` of them, scrolled up by the offset; and whether more are above
 */
export function visibleRows(scrollback: Scrollback, extra: readonly string[], width: number, height: number): string[] {
  const wanted = height + scrollback.offset;
  const rows: string[] = [];
  const add = (line: string) => {
    for (const row of wrapHard(line, width).reverse()) rows.push(row);
  };
  for (let index = extra.length - 1; index >= 0 && rows.length < wanted; index--) add(extra[index] ?? '');
  const { lines } = scrollback;
  const last = lines.at(-1) === '' ? lines.length - 2 : lines.length - 1;
  for (let index = last; index >= 0 && rows.length < wanted; index--) add(lines[index] ?? '');
  scrollback.offset = Math.max(0, Math.min(scrollback.offset, rows.length - height));
  return rows.slice(scrollback.offset, scrollback.offset + height).reverse();
}

/** @returns the rows of one printed line, broken wherever the edge is, as a terminal does */
export function wrapHard(line: string, width: number): string[] {
  const rows: string[] = [];
  let rest = line;
  while (width > 0 && cells(rest) > width) {
    const [head, tail] = splitAt(rest, width);
    if (head === '') break;
    rows.push(head);
    rest = tail;
  }
  rows.push(rest);
  return rows;
}

function cutLong(line: string): string {
  return line.length > lengthLimit ? `${line.slice(0, lengthLimit)}…` : line;
}
