/** Objects as Go's encoding/json writes them. */
import { compareText, isObject } from './fields.ts';

/** `-o json`: four spaces, keys sorted; `<`, `>` and `&` escaped as Go does. */
export function toJson(value: unknown): string {
  return `${goEscape(JSON.stringify(sortKeys(value), null, 4))}\n`;
}

/** One line without spaces, keys sorted; what the jsonpath printer and last-applied annotations use. */
export function compactJson(value: unknown): string {
  return goEscape(JSON.stringify(sortKeys(value)) ?? 'null');
}

export function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isObject(value)) return value;
  const keys = Object.keys(value).sort(compareText);
  const sorted: [string, unknown][] = [];
  for (const key of keys) if (value[key] !== undefined) sorted.push([key, sortKeys(value[key])]);
  return Object.fromEntries(sorted);
}

export function goEscape(json: string): string {
  return json
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('&', '\\u0026')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029')
    .replaceAll('\u007f', '\u007f');
}

/** A Go-quoted string (%q). */
export function goQuote(value: string): string {
  const escapes: Readonly<Record<string, string>> = {
    '"': '\\"',
    '\\': '\\\\',
    '\n': '\\n',
    '\t': '\\t',
    '\r': '\\r',
    '\u0007': '\\a',
    '\b': '\\b',
    '\f': '\\f',
    '\v': '\\v',
  };
  const body = [...value].map((character) => {
    const short = escapes[character];
    if (short !== undefined) return short;
    const code = character.codePointAt(0) ?? 0;
    return code < 0x20 || code === 0x7f ? `\\x${code.toString(16).padStart(2, '0')}` : character;
  });
  return `"${body.join('')}"`;
}
