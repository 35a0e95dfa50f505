/** The functions of Go templates, and kubectl's `exists` and `base64decode`. */
import { decodeBase64 } from '../../sim/api/base64.ts';
import { compareText, isObject } from './fields.ts';
import { goQuote } from './json.ts';
import { sprint } from './jsonpath-eval.ts';

export class GoTemplateError extends Error {
  readonly parsing: boolean;
  constructor(message: string, parsing: boolean) {
    super(message);
    this.parsing = parsing;
  }
}

/** A field that is not there. */
export const nothing = Symbol('no value');

/** An argument that is worked out when it is needed, as `and` and `or` want it. */
export type Lazy = () => unknown;

export function printed(value: unknown): string {
  if (value === nothing || value === undefined || value === null) return '<no value>';
  return sprint(value);
}

export function truth(value: unknown): boolean {
  if (value === nothing || value === null || value === undefined || value === false || value === 0 || value === '')
    return false;
  if (Array.isArray(value)) return value.length > 0;
  return isObject(value) ? Object.keys(value).length > 0 : true;
}

export function failure(message: string): GoTemplateError {
  return new GoTemplateError(`template: output:1: executing "output": ${message}`, false);
}

export function call(name: string, args: readonly Lazy[]): unknown {
  if (name === 'and') return shortCircuit(args, false);
  if (name === 'or') return shortCircuit(args, true);
  const values = args.map((arg) => arg());
  const [first, ...rest] = values;
  switch (name) {
    case 'not':
      return !truth(first);
    case 'len':
      if (typeof first === 'string' || Array.isArray(first)) return first.length;
      if (isObject(first)) return Object.keys(first).length;
      throw failure('error calling len: len of nil pointer');
    case 'index':
      return rest.reduce(indexed, first);
    case 'eq':
      return rest.some((value) => value === first);
    case 'ne':
      return rest[0] !== first;
    case 'lt':
    case 'le':
    case 'gt':
    case 'ge':
      return ordered(name, first, rest[0]);
    case 'print':
      return sprinted(values);
    case 'println':
      return `${values.map(printed).join(' ')}\n`;
    case 'printf':
      return format(String(first), rest);
    case 'html':
      return printed(first).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    case 'urlquery':
      return new URLSearchParams([['', printed(first)]]).toString().slice(1);
    case 'js':
      return scriptEscaped(printed(first));
    case 'base64decode':
      return decodeBase64(printed(first)) ?? '';
    case 'exists':
      return rest.reduce(indexed, first) !== nothing && values.length > 0;
    case 'slice':
      return typeof first === 'string' || Array.isArray(first)
        ? first.slice(Number(rest[0]), rest[1] === undefined ? undefined : Number(rest[1]))
        : nothing;
  }
  throw new GoTemplateError(`template: output:1: function "${name}" not defined`, true);
}

/** Go's Sprint: a space between two operands when neither is a string. */
function sprinted(values: readonly unknown[]): string {
  return values.reduce<string>((text, value, i) => {
    const spaced = i > 0 && typeof value !== 'string' && typeof values[i - 1] !== 'string';
    return `${text}${spaced ? ' ' : ''}${printed(value)}`;
  }, '');
}

function scriptEscaped(text: string): string {
  const short: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '"': '\\"' };
  return text.replace(/[\\'"<>&=\n\r\t]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    return short[character] ?? `\\u${code}`;
  });
}

function shortCircuit(args: readonly Lazy[], until: boolean): unknown {
  let value: unknown = nothing;
  for (const arg of args) {
    value = arg();
    if (truth(value) === until) return value;
  }
  return value;
}

function indexed(value: unknown, key: unknown): unknown {
  if (Array.isArray(value)) {
    const found = value[Number(key)];
    if (found === undefined) throw failure(`error calling index: index out of range: ${String(key)}`);
    return found;
  }
  if (isObject(value)) return value[String(key)] ?? nothing;
  throw failure('error calling index: index of untyped nil');
}

function ordered(name: string, left: unknown, right: unknown): boolean {
  const order =
    typeof left === 'number' && typeof right === 'number' ? left - right : compareText(String(left), String(right));
  if (name === 'lt') return order < 0;
  if (name === 'le') return order <= 0;
  return name === 'gt' ? order > 0 : order >= 0;
}

function format(pattern: string, values: readonly unknown[]): string {
  let next = 0;
  return pattern.replace(
    /%(-?)(\d*)(?:\.(\d+))?([svdqtfx%])/g,
    (_whole, left: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      const value = values[next++];
      const written =
        verb === 'q'
          ? goQuote(printed(value))
          : verb === 'f'
            ? Number(value).toFixed(Number(precision ?? 6))
            : printed(value);
      return left === '-' ? written.padEnd(Number(width)) : written.padStart(Number(width));
    },
  );
}
