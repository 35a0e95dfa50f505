/** What etcdctl prints: numbers, sizes, tables, headers, key-values, in its four formats. @source etcd:etcdctl/ctlv3/command/printer_*.go */
import type { EtcdKeyValue, EtcdValue, ResponseHeader } from '../../sim/api/etcd.ts';

/** A 64-bit id as a JSON number, which JavaScript's own numbers cannot hold. */
export function decimalId(id: string): string {
  return BigInt(`0x${id === '' ? '0' : id}`).toString();
}

export function paddedId(id: string): string {
  return id.padStart(16, '0');
}

export function valueText(value: EtcdValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `20 kB`, `2.1 GB`: powers of ten, one decimal below ten. */
export function humanBytes(bytes: number): string {
  if (bytes < 10) return `${bytes} B`;
  const exponent = Math.floor(Math.log10(bytes) / 3);
  const unit = ['B', 'kB', 'MB', 'GB', 'TB'][exponent] ?? 'PB';
  const value = Math.floor((bytes / 10 ** (3 * exponent)) * 10 + 0.5) / 10;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** A Go duration: `4.966041ms`. */
export function goDuration(us: number): string {
  if (us < 1_000) return `${us}µs`;
  if (us < 1_000_000) return `${Number((us / 1_000).toFixed(3))}ms`;
  return `${Number((us / 1_000_000).toFixed(6))}s`;
}

/** JSON whose 64-bit ids are numbers: ids travel as `#hex#` texts until here. */
export function toJson(value: unknown): string {
  return JSON.stringify(value).replace(/"#([0-9a-f]+)#"/g, (_all, hex: string) => decimalId(hex));
}

export function jsonId(id: string): string {
  return `#${id === '' ? '0' : id}#`;
}

/** Fields that are zero are left out, as Go's omitempty does. */
export function dense(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) =>
        value !== undefined &&
        value !== 0 &&
        value !== '' &&
        value !== false &&
        value !== '#0#' &&
        !(Array.isArray(value) && value.length === 0),
    ),
  );
}

export function jsonHeader({ clusterId, memberId, revision, raftTerm }: ResponseHeader): Record<string, unknown> {
  return dense({ cluster_id: jsonId(clusterId), member_id: jsonId(memberId), revision, raft_term: raftTerm });
}

export function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

export function jsonKv(kv: EtcdKeyValue): Record<string, unknown> {
  return dense({
    key: base64(kv.key),
    create_revision: kv.createRevision,
    mod_revision: kv.modRevision,
    version: kv.version,
    value: base64(valueText(kv.value)),
    lease: jsonId(kv.lease),
  });
}

export function fieldsHeader({ clusterId, memberId, revision, raftTerm }: ResponseHeader): string {
  return `"ClusterID" : ${decimalId(clusterId)}\n"MemberID" : ${decimalId(memberId)}\n"Revision" : ${revision}\n"RaftTerm" : ${raftTerm}\n`;
}

export function fieldsKv(kv: EtcdKeyValue, prefix = ''): string {
  return (
    `"${prefix}Key" : ${JSON.stringify(kv.key)}\n"${prefix}CreateRevision" : ${kv.createRevision}\n` +
    `"${prefix}ModRevision" : ${kv.modRevision}\n"${prefix}Version" : ${kv.version}\n` +
    `"${prefix}Value" : ${JSON.stringify(valueText(kv.value))}\n"${prefix}Lease" : ${decimalId(kv.lease)}\n`
  );
}

export interface SimpleOptions {
  readonly isHex: boolean;
  readonly valueOnly?: boolean;
}

export function simpleKv(kv: EtcdKeyValue, { isHex, valueOnly = false }: SimpleOptions): string {
  const shown = (text: string) =>
    isHex ? Array.from(Buffer.from(text, 'utf8'), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('') : text;
  return `${valueOnly ? '' : `${shown(kv.key)}\n`}${shown(valueText(kv.value))}\n`;
}

/** A grid with centred headings and cells to the right; a wide last column of errors is wrapped at 30 characters. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const titles = header.map((title) => title.toUpperCase().replaceAll('_', ' '));
  const cells = rows.map((row) => row.map(wrap));
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => Math.max(0, ...(row[column] ?? []).map((line) => line.length)))),
  );
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+\n`;
  const centred = (text: string, width: number) => {
    const left = Math.floor((width - text.length) / 2);
    return ' '.repeat(left) + text + ' '.repeat(width - text.length - left);
  };
  let text = `${rule}|${titles.map((title, column) => ` ${centred(title, widths[column] ?? 0)} `).join('|')}|\n${rule}`;
  for (const row of cells) {
    const height = Math.max(1, ...row.map((lines) => lines.length));
    for (let line = 0; line < height; line++) {
      text += `|${row.map((lines, column) => ` ${(lines[line] ?? '').padStart(widths[column] ?? 0)} `).join('|')}|\n`;
    }
  }
  return text + rule;
}

function wrap(cell: string): string[] {
  if (cell.length <= 30 || !cell.includes(' ')) return [cell];
  const lines: string[] = [''];
  for (const word of cell.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last === '') lines[lines.length - 1] = word;
    else if (last.length + 1 + word.length <= 30) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
