/**
 * The pieces every description is made of: indented lines in tab-aligned columns, labels, annotations, taints, times, events.
 * @source staging/src/k8s.io/kubectl/pkg/describe/describe.go
 */
import { civilTime, humanDuration, parseMicroTime, parseTime } from '../../sim/api/time.ts';
import type { JsonObject } from './client.ts';
import { at, compareText, has, integer, isObject, objects, record, sortedEntries, text } from './fields.ts';
import { alignTabs, describeOptions, terminalSafe } from './tabwriter.ts';

export class DescribeWriter {
  /** Virtual wall clock, for ages. */
  readonly nowMs: number;
  private pending = '';
  private done = '';

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  /** Raw text with tabs and newlines, indented by two spaces a level. */
  write(level: number, output: string): void {
    this.pending += '  '.repeat(level) + terminalSafe(output);
  }

  /** `Name:<tab>value`. */
  field(name: string, value: unknown, level = 0): void {
    this.write(level, `${name}:\t${String(value)}\n`);
  }

  /** Cells of a table row. */
  row(level: number, ...cells: readonly unknown[]): void {
    this.write(level, `${cells.map(String).join('\t')}\n`);
  }

  /** What comes next is aligned on its own. */
  flush(): void {
    this.done += alignTabs(this.pending, describeOptions);
    this.pending = '';
  }

  /** What was written, tabs and all. */
  unaligned(): string {
    return this.done + this.pending;
  }

  finish(): string {
    this.flush();
    return this.done;
  }

  labels(title: string, map: JsonObject, indent = ''): void {
    this.write(0, `${indent}${title}:\t`);
    const entries = sortedEntries(map);
    if (entries.length === 0) this.write(0, '<none>\n');
    entries.forEach(([key, value], i) => {
      this.write(0, `${i === 0 ? '' : `${indent}\t`}${key}=${String(value)}\n`);
    });
  }

  annotations(title: string, map: JsonObject): void {
    const entries = sortedEntries(map).filter(([key]) => key !== 'kubectl.kubernetes.io/last-applied-configuration');
    this.write(0, `${title}:\t`);
    if (entries.length === 0) this.write(0, '<none>\n');
    entries.forEach(([key, raw], i) => {
      if (i > 0) this.write(0, '\t');
      const value = String(raw).replace(/\n$/, '');
      if (value.length + key.length + 2 <= 140 && !value.includes('\n')) {
        this.write(0, `${key}: ${value}\n`);
        return;
      }
      this.write(0, `${key}:\n`);
      for (const line of value.split('\n'))
        this.write(0, `\t  ${line.length > 138 ? `${line.slice(0, 138)}...` : line}\n`);
    });
  }

  metadata(object: JsonObject): void {
    this.labels('Labels', record(object, 'metadata', 'labels'));
    this.annotations('Annotations', record(object, 'metadata', 'annotations'));
  }

  tolerations(title: string, tolerations: readonly JsonObject[]): void {
    this.write(0, `${title}:\t`);
    if (tolerations.length === 0) this.write(0, '<none>\n');
    const sorted = [...tolerations].sort((a, b) => compareText(text(a, 'key'), text(b, 'key')));
    sorted.forEach((toleration, i) => {
      this.write(0, `${i === 0 ? '' : '\t'}${tolerationText(toleration)}\n`);
    });
  }

  conditions(object: JsonObject, columns: readonly string[], trailingSpaces: readonly number[]): void {
    const conditions = objects(object, 'status', 'conditions');
    if (conditions.length === 0) return;
    this.write(0, 'Conditions:\n');
    this.row(1, ...columns);
    if (columns.length > 2) this.row(1, ...columns.map((column) => '-'.repeat(dashes[column] ?? column.length)));
    for (const condition of conditions) {
      const cells = columns.map((column, i) => {
        const field = column[0]?.toLowerCase() + column.slice(1);
        const value = field.endsWith('Time') ? this.time(condition[field]) : text(condition, field);
        return trailingSpaces.includes(i) ? `${value} ` : value;
      });
      this.row(1, ...cells);
    }
  }

  /** `Sun, 22 Nov 2026 12:36:14 +0000`; the zero time when absent. */
  time(value: unknown): string {
    const ms = timeMs(value);
    return ms === undefined ? 'Mon, 01 Jan 0001 00:00:00 +0000' : rfc1123(ms);
  }

  /** `5m30s`, `<unknown>` for no time. */
  age(value: unknown): string {
    const ms = timeMs(value);
    return ms === undefined ? '<unknown>' : humanDuration(this.nowMs - ms);
  }

  events(events: readonly JsonObject[] | undefined): void {
    if (events === undefined) return;
    if (events.length === 0) {
      this.field('Events', '<none>');
      return;
    }
    this.flush();
    const sorted = [...events].sort((a, b) => (timeMs(a['lastTimestamp']) ?? 0) - (timeMs(b['lastTimestamp']) ?? 0));
    this.write(0, 'Events:\n');
    this.row(1, 'Type', 'Reason', 'Age', 'From', 'Message');
    this.row(1, '----', '------', '----', '----', '-------');
    for (const event of sorted) {
      const path = text(event, 'involvedObject', 'fieldPath');
      const message = text(event, 'message').trim();
      const source = text(event, 'source', 'component') || text(event, 'reportingComponent');
      this.row(
        1,
        text(event, 'type'),
        text(event, 'reason'),
        this.eventInterval(event),
        source,
        path === '' ? message : `${path}: ${message}`,
      );
    }
  }

  /** `16s`, or `12s (x2 over 19s)` for a repeated event. */
  eventInterval(event: JsonObject): string {
    const first = has(event, 'eventTime') ? this.age(event['eventTime']) : this.age(event['firstTimestamp']);
    if (has(event, 'series')) {
      return `${this.age(at(event, 'series', 'lastObservedTime'))} (x${integer(event, 'series', 'count')} over ${first})`;
    }
    const count = integer(event, 'count');
    return count > 1 ? `${this.age(event['lastTimestamp'])} (x${count} over ${first})` : first;
  }
}

const dashes: Readonly<Record<string, number>> = { LastHeartbeatTime: 17, LastTransitionTime: 18, LastProbeTime: 17 };

export function timeMs(value: unknown): number | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const micros = value.includes('.') ? parseMicroTime(value) : undefined;
  return micros === undefined ? parseTime(value) : micros / 1000;
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function rfc1123(epochMs: number): string {
  const time = civilTime(epochMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const weekday = weekdays[new Date(epochMs).getUTCDay()] ?? '';
  const clock = `${two(time.hour)}:${two(time.minute)}:${two(time.second)}`;
  return `${weekday}, ${two(time.day)} ${months[time.month - 1] ?? ''} ${time.year} ${clock} +0000`;
}

export function tolerationText(toleration: JsonObject): string {
  const key = text(toleration, 'key');
  const value = text(toleration, 'value');
  const effect = text(toleration, 'effect');
  let line = key + (value === '' ? '' : `=${value}`) + (effect === '' ? '' : `:${effect}`);
  if (text(toleration, 'operator') === 'Exists' && value === '')
    line += key !== '' || effect !== '' ? ' op=Exists' : 'op=Exists';
  return has(toleration, 'tolerationSeconds') ? `${line} for ${integer(toleration, 'tolerationSeconds')}s` : line;
}

export function taintText(taint: JsonObject): string {
  const value = text(taint, 'value');
  const effect = text(taint, 'effect');
  if (effect === '') return value === '' ? text(taint, 'key') : `${text(taint, 'key')}=${value}:`;
  return `${text(taint, 'key')}${value === '' ? '' : `=${value}`}:${effect}`;
}

/** `Kind/name` of the controlling owner, or ''. */
export function controllerOf(object: JsonObject): string {
  const owner = objects(object, 'metadata', 'ownerReferences').find((each) => each['controller'] === true);
  return owner === undefined ? '' : `${text(owner, 'kind')}/${text(owner, 'name')}`;
}

/** `a=b,c in (d,e)`, `<none>` for the empty selector: metav1.FormatLabelSelector. */
export function selectorText(selector: unknown): string {
  if (!isObject(selector)) return '<none>';
  const parts: [string, string][] = sortedEntries(record(selector, 'matchLabels')).map(([key, value]) => [
    key,
    `${key}=${String(value)}`,
  ]);
  for (const expression of objects(selector, 'matchExpressions')) {
    const key = text(expression, 'key');
    const values = [...(Array.isArray(expression['values']) ? expression['values'].map(String) : [])]
      .sort(compareText)
      .join(',');
    const operator = text(expression, 'operator');
    if (operator === 'Exists') parts.push([key, key]);
    else if (operator === 'DoesNotExist') parts.push([key, `!${key}`]);
    else parts.push([key, `${key} ${operator === 'In' ? 'in' : 'notin'} (${values})`]);
  }
  parts.sort(([a], [b]) => compareText(a, b));
  return parts.length === 0 ? '<none>' : parts.map(([, part]) => part).join(',');
}
