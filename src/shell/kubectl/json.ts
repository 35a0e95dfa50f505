/** Objects as Go's encoding/json writes them. */
import { compareText, isObject } from './fields.ts';

/** `-o json`: four spaces, keys sorted; `<`, `>` and `&` escaped as Go does. */
export function toJson(value: unknown): string {
  return `${goEscape(written(value, 4, ''))}\n`;
}

/** One line without spaces, keys sorted; what the jsonpath printer and last-applied annotations use. */
export function compactJson(value: unknown): string {
  return goEscape(written(value, 0, ''));
}

/** Not JSON.stringify: a JavaScript object puts keys that look like numbers first. */
function written(value: unknown, indent: number, margin: string): string {
  const parts: string[] = [];
  const inner = margin + ' '.repeat(indent);
  const isList = Array.isArray(value);
  if (isList) for (const item of value) parts.push(written(item, indent, inner));
  else if (isObject(value)) {
    for (const key of Object.keys(value).sort(compareText)) {
      if (value[key] === undefined) continue;
      parts.push(`${JSON.stringify(key)}:${indent > 0 ? ' ' : ''}${written(value[key], indent, inner)}`);
    }
  } else return JSON.stringify(value) ?? 'null';
  const [open, close] = isList ? '[]' : '{}';
  if (parts.length === 0 || indent === 0) return `${open}${parts.join(',')}${close}`;
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${margin}${close}`;
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
