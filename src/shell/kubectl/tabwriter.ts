/**
 * Go's text/tabwriter: cells end with a tab, and a column is as wide as its widest cell over consecutive lines.
 * Widths count characters, as Go counts runes.
 * @source vendor/github.com/liggitt/tabwriter
 */
export interface TabwriterOptions {
  readonly minWidth: number;
  readonly padding: number;
}

const printerOptions: TabwriterOptions = { minWidth: 6, padding: 3 };
export const describeOptions: TabwriterOptions = { minWidth: 0, padding: 2 };

/** Lines with tabs in, aligned text out. A line's last cell (after its last tab) is not part of a column. */
export function alignTabs(text: string, options: TabwriterOptions = printerOptions): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const widths: number[][] = lines.map(() => []);
  fill(lines, widths, 0, lines.length, 0, options);
  return lines
    .map((cells, row) =>
      cells
        .map((cell, column) => {
          const width = widths[row]?.[column];
          return width === undefined ? cell : cell + ' '.repeat(Math.max(0, width - length(cell)));
        })
        .join(''),
    )
    .join('\n');
}

function fill(
  lines: readonly string[][],
  widths: number[][],
  from: number,
  to: number,
  column: number,
  options: TabwriterOptions,
): void {
  let row = from;
  while (row < to) {
    if ((lines[row]?.length ?? 0) - 1 <= column) {
      row++;
      continue;
    }
    let end = row;
    let width = options.minWidth;
    while (end < to && (lines[end]?.length ?? 0) - 1 > column) {
      const cell = lines[end]?.[column] ?? '';
      width = Math.max(width, length(cell) + options.padding);
      end++;
    }
    for (let i = row; i < end; i++) {
      const own = widths[i];
      if (own !== undefined) own[column] = width;
    }
    fill(lines, widths, row, end, column + 1, options);
    row = end;
  }
}

export function length(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** Keeps a terminal safe from what an object carries: escape sequences show, carriage returns and bells too. */
export function terminalSafe(text: string): string {
  return text.replaceAll('\u001b', '^[').replaceAll('\r', '\\r');
}
