/** Reads fields out of a YAML document, collecting complaints that name file, line and field. */
import { load } from 'js-yaml';

export interface Complaint {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly field: string;
  readonly message: string;
}

const MAX_BYTES = 256 * 1024;

/** A place in a YAML document, with typed ways to look into it. */
export class Fields {
  readonly #file: string;
  readonly #lines: readonly string[];
  readonly #path: readonly string[];
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #complaints: Complaint[];

  constructor(
    file: string,
    lines: readonly string[],
    path: readonly string[],
    value: Readonly<Record<string, unknown>>,
    complaints: Complaint[],
  ) {
    this.#file = file;
    this.#lines = lines;
    this.#path = path;
    this.#value = value;
    this.#complaints = complaints;
  }

  has(name: string): boolean {
    return this.#value[name] !== undefined && this.#value[name] !== null;
  }

  names(): string[] {
    return Object.keys(this.#value);
  }

  raw(name: string): unknown {
    return this.#value[name];
  }

  /** Complains about every field that is not among these. */
  only(names: readonly string[]): void {
    for (const name of this.names()) {
      if (!names.includes(name)) this.complain(name, `unknown field; known here: ${names.join(', ')}`);
    }
  }

  text(name: string, fallback?: string): string {
    const value = this.#value[name];
    if (value === undefined || value === null) {
      if (fallback === undefined) this.complain(name, 'is missing');
      return fallback ?? '';
    }
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    this.complain(name, 'must be text');
    return '';
  }

  number(name: string, low: number, high: number, fallback?: number): number {
    const value = this.#value[name];
    if (value === undefined && fallback !== undefined) return fallback;
    if (typeof value === 'number' && value >= low && value <= high) return value;
    this.complain(name, value === undefined ? 'is missing' : `must be a number from ${low} to ${high}`);
    return low;
  }

  /** `10s`, `2m`, or a number of seconds. */
  seconds(name: string, fallback: number): number {
    const value = this.#value[name];
    if (value === undefined) return fallback;
    if (typeof value === 'number' && value >= 0) return value;
    const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(value) : null;
    if (match === null) {
      this.complain(name, 'must be a time such as 10s or 2m');
      return fallback;
    }
    return Number(match[1]) * { ms: 0.001, s: 1, m: 60, h: 3_600 }[match[2] as 'ms' | 's' | 'm' | 'h'];
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#value[name];
    if (value === undefined) return fallback;
    if (typeof value !== 'boolean') this.complain(name, 'must be true or false');
    return value === true;
  }

  texts(name: string): string[] {
    const value = this.#value[name];
    if (value === undefined || value === null) return [];
    if (Array.isArray(value) && value.every((item) => typeof item === 'string' || typeof item === 'number'))
      return value.map(String);
    this.complain(name, 'must be a list of texts');
    return [];
  }

  choice<T extends string>(name: string, choices: readonly T[], fallback?: T): T {
    const value = this.#value[name];
    if (value === undefined && fallback !== undefined) return fallback;
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    this.complain(name, value === undefined ? 'is missing' : `must be one of ${choices.join(', ')}`);
    return choices[0]!;
  }

  fields(name: string): Fields {
    return this.at(name, this.#value[name]);
  }

  list(name: string): Fields[] {
    const value = this.#value[name];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) {
      this.complain(name, 'must be a list');
      return [];
    }
    return value.map((item, index) => this.at(`${name}[${index}]`, item));
  }

  at(name: string, value: unknown): Fields {
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isMap && value !== undefined) this.complain(name, 'must have fields');
    return new Fields(
      this.#file,
      this.#lines,
      [...this.#path, name],
      isMap ? (value as Record<string, unknown>) : {},
      this.#complaints,
    );
  }

  complain(name: string, message: string): void {
    const path = name === '' ? this.#path : [...this.#path, name];
    this.#complaints.push({ file: this.#file, line: lineOf(this.#lines, path), field: path.join('.'), message });
  }
}

/** Parses a YAML text into fields; undefined when it is not YAML or not a map (and a complaint says so). */
export function readFields(file: string, text: string, complaints: Complaint[]): Fields | undefined {
  if (text.length > MAX_BYTES) {
    complaints.push({ file, line: 1, field: '', message: 'is larger than 256 kB' });
    return undefined;
  }
  let value: unknown;
  try {
    value = load(text, { maxDepth: 30 });
  } catch (problem) {
    const message = problem instanceof Error ? problem.message : String(problem);
    const line = Number(/\((\d+):\d+\)/.exec(message)?.[1] ?? 1);
    complaints.push({ file, line, field: '', message: `is not YAML: ${message.split('\n')[0]}` });
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    complaints.push({ file, line: 1, field: '', message: 'must be a map of fields' });
    return undefined;
  }
  return new Fields(file, text.split('\n'), [], value as Record<string, unknown>, complaints);
}

/** The line where a path begins, as far as it can be followed by its keys; from 1. */
function lineOf(lines: readonly string[], path: readonly string[]): number {
  let line = 0;
  for (const part of path) {
    const [, key = '', index] = /^(.*?)(?:\[(\d+)\])?$/.exec(part) ?? [];
    const at = find(lines, line, new RegExp(`(^|[\\s{,-])"?${key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}"?:`));
    if (at < 0) break;
    line = at;
    if (index === undefined) continue;
    for (let n = -1, i = line + 1; i < lines.length; i++) {
      if (/^\s*- /.test(lines[i]!) && ++n === Number(index)) {
        line = i;
        break;
      }
    }
  }
  return line + 1;
}

function find(lines: readonly string[], from: number, pattern: RegExp): number {
  for (let i = from; i < lines.length; i++) if (pattern.test(lines[i]!)) return i;
  return -1;
}
