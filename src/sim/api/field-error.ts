/**
 * What validation says about one field, in the API server's own words.
 * @source staging/src/k8s.io/apimachinery/pkg/util/validation/field/errors.go
 */
export type FieldErrorType =
  | 'FieldValueNotFound'
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTooFew'
  | 'FieldValueTypeInvalid'
  | 'FieldValueTooShort'
  | 'InternalError';

export interface FieldError {
  readonly type: FieldErrorType;
  /** `spec.containers[0].name` */
  readonly field: string;
  /** The text after the field: `Invalid value: "x": must be …`. */
  readonly body: string;
}

/** `Required value: detail` */
export function required(field: string, detail = ''): FieldError {
  return fieldError('FieldValueRequired', field, 'Required value', detail);
}

/** `Invalid value: <value>: detail`; objects print as JSON. */
export function invalid(field: string, value: unknown, detail: string): FieldError {
  return fieldError('FieldValueInvalid', field, `Invalid value: ${goValue(value)}`, detail);
}

/** `Duplicate value: <value>` */
export function duplicate(field: string, value: unknown): FieldError {
  return fieldError('FieldValueDuplicate', field, `Duplicate value: ${goValue(value)}`, '');
}

/** `Not found: <value>` */
export function notFoundField(field: string, value: unknown): FieldError {
  return fieldError('FieldValueNotFound', field, `Not found: ${goValue(value)}`, '');
}

/** `Unsupported value: "x": supported values: "A", "B"` */
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const detail = supported.length > 0 ? `supported values: ${supported.map(goQuote).join(', ')}` : '';
  return fieldError('FieldValueNotSupported', field, `Unsupported value: ${goValue(value)}`, detail);
}

/** `Forbidden: detail` */
export function forbiddenField(field: string, detail: string): FieldError {
  return fieldError('FieldValueForbidden', field, 'Forbidden', detail);
}

/** `Too long: may not be more than N bytes` */
export function tooLong(field: string, maxBytes: number): FieldError {
  return fieldError('FieldValueTooLong', field, 'Too long', `may not be more than ${maxBytes} bytes`);
}

/** `Too many: N: must have at most M items` */
export function tooMany(field: string, actual: number, max: number): FieldError {
  const items = max === 1 ? 'item' : 'items';
  return fieldError('FieldValueTooMany', field, `Too many: ${actual}`, `must have at most ${max} ${items}`);
}

/** `Too few: must have at least N items` */
export function tooFew(field: string, actual: number, min: number): FieldError {
  const items = min === 1 ? 'item' : 'items';
  return fieldError('FieldValueTooFew', field, `Too few: ${actual}`, `must have at least ${min} ${items}`);
}

/** `field: body`, as the message of a Status joins them. */
export function fieldErrorText(error: FieldError): string {
  return `${error.field}: ${error.body}`;
}

/** Go's aggregate: one error stands alone, several are `[a, b]`, repeated texts are said once. */
export function aggregateText(texts: readonly string[]): string {
  const unique = [...new Set(texts)];
  return unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`;
}

/** A value as Go prints it in such an error: strings quoted, the rest as JSON. */
export function goValue(value: unknown): string {
  if (typeof value === 'string') return goQuote(value);
  if (value === undefined) return 'null';
  return goJson(value);
}

/** JSON as Go's encoder writes it: `<`, `>` and `&` escaped. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, unicodeEscape);
}

/** Go's `%q`. */
export function goQuote(text: string): string {
  let quoted = '"';
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (char === '"' || char === '\\') quoted += `\\${char}`;
    else if (code >= 0x20 && code < 0x7f) quoted += char;
    else if (SHORT_ESCAPES[char] !== undefined) quoted += SHORT_ESCAPES[char];
    else if (code < 0x20 || code === 0x7f) quoted += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (code < 0xa0 || code === 0xad || code === 0x2028 || code === 0x2029) quoted += unicodeEscape(char);
    else quoted += char;
  }
  return `${quoted}"`;
}

/** A copy with its keys in order, as Go prints a map. */
export function sortedMap<T>(map: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  const sorted: Record<string, T> = {};
  for (const key of Object.keys(map).sort()) sorted[key] = map[key] as T;
  return sorted;
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\t': '\\t',
  '\r': '\\r',
  '\b': '\\b',
  '\f': '\\f',
  '\v': '\\v',
  '\x07': '\\a',
};

function unicodeEscape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function fieldError(type: FieldErrorType, field: string, head: string, detail: string): FieldError {
  return { type, field, body: detail === '' ? head : `${head}: ${detail}` };
}
