/** Lines of the screen: strings with SGR colours, measured in terminal cells. */
import stringWidth from 'string-width';
import { narrowWidth, sgrEnd } from './narrow.ts';

/** Ends every style that a cut may have left open. */
const reset = '\x1b[0m';

/** @returns the terminal cells that `line` fills */
export function cells(line: string): number {
  return narrowWidth(line) ?? stringWidth(line);
}

/** @returns `line` cut and padded to exactly `width` cells; what was cut is marked with `…` */
export function toWidth(line: string, width: number): string {
  if (width <= 0) return '';
  const filled = cells(line);
  if (filled === width) return line;
  return filled < width ? line + ' '.repeat(width - filled) : clip(line, width);
}

/** @returns `line` cut to at most `width` cells, ending in `…` when something was cut */
export function clip(line: string, width: number): string {
  if (cells(line) <= width) return line;
  if (width <= 0) return '';
  const [head] = splitAt(line, width - 1);
  const cut = `${head}…${head.includes('\x1b') ? reset : ''}`;
  return cut + ' '.repeat(Math.max(0, width - cells(cut)));
}

/**
 * Splits a line after `width` cells.
 * @returns the two halves; SGR sequences stay where they stand, so the second half does not repeat open styles
 */
export function splitAt(line: string, width: number): [string, string] {
  let filled = 0;
  let index = 0;
  while (index < line.length) {
    if (line.charCodeAt(index) === 0x1b) {
      const end = sgrEnd(line, index);
      if (end !== -1) {
        index = end + 1;
        continue;
      }
    }
    const character = String.fromCodePoint(line.codePointAt(index) ?? 0);
    const step = narrowWidth(character) ?? stringWidth(character);
    if (filled + step > width) break;
    filled += step;
    index += character.length;
  }
  return [line.slice(0, index), line.slice(index)];
}

/** `left` at the start and `right` at the end of a row; the left gives way when both do not fit. */
export function ends(left: string, right: string, width: number): string {
  const room = width - cells(right);
  return room < 1 ? toWidth(left, width) : toWidth(left, room) + right;
}

/** Sets two blocks of equally wide lines side by side. */
export function beside(left: readonly string[], right: readonly string[]): string[] {
  const height = Math.max(left.length, right.length);
  return Array.from({ length: height }, (_, row) => (left[row] ?? '') + (right[row] ?? ''));
}

/** Cuts or fills a block to exactly `height` lines of `width` cells. */
export function block(lines: readonly string[], width: number, height: number): string[] {
  return Array.from({ length: Math.max(0, height) }, (_, row) => toWidth(lines[row] ?? '', width));
}

/**
 * Breaks plain text into lines of at most `width` cells, between words where it can.
 * @returns at least one line
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const candidate = line === '' ? word : `${line} ${word}`;
    if (cells(candidate) <= width) {
      line = candidate;
      continue;
    }
    if (line !== '') lines.push(line);
    let rest = word;
    while (cells(rest) > width && width > 0) {
      const [head, tail] = splitAt(rest, width);
      lines.push(head === '' ? tail : head);
      rest = head === '' ? '' : tail;
    }
    line = rest;
  }
  lines.push(line);
  return lines;
}

/**
 * @param keepColours  true for the output of our own shell, whose SGR colours are ours
 * @returns `text` with control characters (but newlines) shown as harmless symbols, so that it cannot steer a terminal
 */
export function neutralise(text: string, keepColours = false): string {
  return text.replace(/\x1b\[[0-9;]*m|[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, (found) => {
    if (found.length > 1) return keepColours ? found : `\u241b${found.slice(1)}`;
    if (found === '\t') return '    ';
    const code = found.charCodeAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\u2421';
  });
}
