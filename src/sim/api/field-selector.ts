/**
 * Field selectors: `spec.nodeName=node-1,status.phase!=Running`.
 * @source staging/src/k8s.io/apimachinery/pkg/fields/selector.go
 */
export interface FieldRequirement {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

/** All terms must hold; no terms select everything. */
export type FieldSelector = readonly FieldRequirement[];

export type FieldSelectorResult =
  | { readonly ok: true; readonly selector: FieldSelector }
  | { readonly ok: false; readonly error: string };

/** Parses a field selector; whether its fields exist for a kind is asked with `unsupportedField`. */
export function parseFieldSelector(text: string): FieldSelectorResult {
  const terms: FieldRequirement[] = [];
  for (const part of splitTerms(text).sort()) {
    if (part === '') continue;
    const match = /^(.*?)(!=|==|=)(.*)$/s.exec(part);
    if (match === null) return { ok: false, error: `invalid selector: '${text}'; can't understand '${part}'` };
    const value = unescapeValue(match[3] ?? '');
    if (!value.ok) return value;
    terms.push({ field: match[1] ?? '', equal: match[2] !== '!=', value: value.value });
  }
  return { ok: true, selector: terms };
}

/** Whether an object's selectable fields satisfy every term. */
export function matchesFields(selector: FieldSelector, fields: Readonly<Record<string, string>>): boolean {
  for (const { field, equal, value } of selector) if (((fields[field] ?? '') === value) !== equal) return false;
  return true;
}

/** The value a selector demands of a field, when it demands one. */
export function exactFieldValue(selector: FieldSelector, field: string): string | undefined {
  return selector.find((term) => term.field === field && term.equal)?.value;
}

/** `a=b,c!=d` */
export function formatFieldSelector(selector: FieldSelector): string {
  return selector
    .map(({ field, equal, value }) => `${field}${equal ? '=' : '!='}${value.replace(/[\\,=]/g, '\\$&')}`)
    .join(',');
}

function splitTerms(text: string): string[] {
  if (text === '') return [];
  const terms: string[] = [];
  let term = '';
  let escaped = false;
  for (const char of text) {
    if (char === ',' && !escaped) {
      terms.push(term);
      term = '';
      continue;
    }
    escaped = char === '\\' && !escaped;
    term += char;
  }
  return [...terms, term];
}

function unescapeValue(text: string): { ok: true; value: string } | { ok: false; error: string } {
  let value = '';
  let escaped = false;
  for (const char of text) {
    if (escaped) {
      if (char !== '\\' && char !== ',' && char !== '=') {
        return { ok: false, error: `invalid field selector: invalid escape sequence: \\${char}` };
      }
      value += char;
      escaped = false;
    } else if (char === '\\') {
      escaped = true;
    } else if (char === ',' || char === '=') {
      return { ok: false, error: `invalid field selector: unescaped character in value: ${char.charCodeAt(0)}` };
    } else {
      value += char;
    }
  }
  if (escaped) return { ok: false, error: 'invalid field selector: invalid escape sequence: \\' };
  return { ok: true, value };
}
