/**
 * Printing the server's Tables: hidden wide columns, namespace, kind and label columns, headers once.
 * @source staging/src/k8s.io/cli-runtime/pkg/printers/tableprinter.go
 */
import type { JsonObject } from './client.ts';
import { isObject, list, objects, record, sameValue, sortedEntries, text } from './fields.ts';
import { alignTabs, terminalSafe } from './tabwriter.ts';

export interface TableOptions {
  readonly wide: boolean;
  readonly noHeaders: boolean;
  readonly withNamespace: boolean;
  /** `pod`, `deployment.apps`, or '' for bare names. */
  readonly kind: string;
  readonly showLabels: boolean;
  readonly labelColumns: readonly string[];
}

export const isTable = (object: unknown): object is JsonObject => text(object, 'kind') === 'Table';

/** Collects rows of one or several Tables of the same kind and aligns them together. */
export class TablePrinter {
  private readonly options: TableOptions;
  private columns: readonly JsonObject[] = [];
  private headerPrinted = false;
  private lines: string[] = [];
  private widths: number[] = [];

  constructor(options: TableOptions) {
    this.options = options;
  }

  /** Rows of a Table. `event` adds the EVENT column of --output-watch-events. */
  add(table: JsonObject, event?: string): void {
    const own = objects(table, 'columnDefinitions');
    if (own.length > 0 && !sameValue(own, this.columns)) {
      this.columns = own;
      this.headerPrinted = false;
    }
    const rows = objects(table, 'rows');
    if (rows.length === 0) return;
    if (!this.headerPrinted && !this.options.noHeaders) this.lines.push(this.header(event));
    this.headerPrinted = true;
    for (const row of rows) this.lines.push(this.row(row, event));
  }

  /** Hands out the aligned lines collected so far. Column widths are remembered, so a watch stays in its columns. */
  flush(remember = false): string {
    if (this.lines.length === 0) return '';
    const widths = remember ? this.widths : [];
    const cells = this.lines.map((line) => line.split('\t'));
    cells.forEach((row) => {
      row.slice(0, -1).forEach((cell, i) => {
        widths[i] = Math.max(widths[i] ?? 6, [...cell].length + 3);
      });
    });
    const text = remember
      ? cells
          .map((row) => row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join(''))
          .join('\n')
      : alignTabs(this.lines.join('\n'));
    this.lines = [];
    return `${text}\n`;
  }

  private visible(): number[] {
    return this.columns.flatMap((column, i) => (this.options.wide || (column['priority'] ?? 0) === 0 ? [i] : []));
  }

  private header(event: string | undefined): string {
    const names = this.visible().map((i) => text(this.columns[i], 'name').toUpperCase());
    if (event !== undefined) names.unshift('EVENT');
    else if (this.options.withNamespace) names.unshift('NAMESPACE');
    if (event !== undefined && this.options.withNamespace) names.splice(1, 0, 'NAMESPACE');
    names.push(...this.options.labelColumns.map((label) => (label.split('/').at(-1) ?? label).toUpperCase()));
    if (this.options.showLabels) names.push('LABELS');
    return names.join('\t');
  }

  private row(row: JsonObject, event: string | undefined): string {
    const given = list(row, 'cells');
    const nameColumn = this.columns.findIndex((column) => column['format'] === 'name' && column['type'] === 'string');
    const cells = this.visible()
      .filter((i) => i < given.length)
      .map((i) =>
        i === nameColumn && this.options.kind !== ''
          ? `${this.options.kind}/${cellText(given[i])}`
          : cellText(given[i]),
      );
    const object = row['object'];
    if (this.options.withNamespace) cells.unshift(text(object, 'metadata', 'namespace'));
    if (event !== undefined) cells.unshift(event);
    const labels = record(object, 'metadata', 'labels');
    for (const label of this.options.labelColumns) cells.push(terminalSafe(text(labels, label)));
    if (this.options.showLabels) cells.push(terminalSafe(formatLabels(labels)));
    return cells.join('\t');
  }
}

/** One cell: the first line of text, with anything a terminal would obey made visible. */
export function cellText(cell: unknown): string {
  if (cell === null || cell === undefined) return '';
  const written = typeof cell === 'string' ? cell : isObject(cell) ? JSON.stringify(cell) : String(cell);
  const end = written.search(/[\f\n\r]/);
  const first = terminalSafe(end === -1 ? written : written.slice(0, end)).replaceAll('\t', ' ');
  return end === -1 ? first : `${first}...`;
}

export function formatLabels(labels: JsonObject): string {
  const entries = sortedEntries(labels);
  return entries.length === 0 ? '<none>' : entries.map(([key, value]) => `${key}=${String(value)}`).join(',');
}
