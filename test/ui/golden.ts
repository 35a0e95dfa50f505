/** Compares text with a file beside the tests; UPDATE_GOLDEN=1 writes the file anew, and the diff is reviewed. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import xterm from '@xterm/headless';
import { expect } from 'vitest';
import { plainFrame } from '../../src/ui/painter.ts';

export function expectGolden(name: string, actual: string): void {
  const path = join(import.meta.dirname, 'golden', `${name}.txt`);
  if (process.env['UPDATE_GOLDEN'] || !existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
  }
  expect(actual).toBe(readFileSync(path, 'utf8'));
}

/** @returns what a terminal of this size shows after the frame was written to it, one row a line */
export async function onTerminal(lines: readonly string[], width: number, height: number): Promise<string> {
  const terminal = new xterm.Terminal({ cols: width, rows: height, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(plainFrame(lines), resolve));
  return screenText(terminal);
}

export function screenText(terminal: xterm.Terminal): string {
  const buffer = terminal.buffer.active;
  const rows = Array.from(
    { length: terminal.rows },
    (_, row) => buffer.getLine(buffer.baseY + row)?.translateToString(true) ?? '',
  );
  return `${rows.join('\n')}\n`;
}
