/**
 * Label selectors: parsed once, matched many times.
 * @source staging/src/k8s.io/apimachinery/pkg/labels/selector.go, pkg/apis/meta/v1/helpers.go
 */
import { goQuote } from './field-error.ts';
import { isLabelValue, isQualifiedName } from './names.ts';
import type { LabelSelector, StringMap } from './types.ts';

export type SelectorOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | '>' | '<';

/** One condition on one label; values are sorted. */
export interface SelectorRequirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  readonly values: readonly string[];
}

/** All requirements must hold, in order of key; `nothing` matches no object at all. */
export interface Selector {
  readonly requirements: readonly SelectorRequirement[];
  readonly nothing: boolean;
}

export type SelectorResult =
  | { readonly ok: true; readonly selector: Selector }
  | { readonly ok: false; readonly error: string };

export const EVERYTHING: Selector = { requirements: [], nothing: false };
export const NOTHING: Selector = { requirements: [], nothing: true };

const NO_LABELS: StringMap = {};

/** Whether labels satisfy every requirement. */
export function matchesSelector(selector: Selector, labels: StringMap | undefined): boolean {
  if (selector.nothing) return false;
  const found = labels ?? NO_LABELS;
  for (const requirement of selector.requirements) if (!matchesRequirement(requirement, found)) return false;
  return true;
}

/** Parses `a=b,c!=d,e in (x,y),!f`. */
export function parseSelector(text: string): SelectorResult {
  const scan: Scan = { tokens: tokenize(text), position: 0 };
  const requirements: SelectorRequirement[] = [];
  for (;;) {
    const token = peek(scan);
    if (token.type === 'end') return { ok: true, selector: { requirements: sortByKey(requirements), nothing: false } };
    if (!startsRequirement(token)) {
      return { ok: false, error: `found '${token.text}', expected: !, identifier, or 'end of string'` };
    }
    const requirement = parseRequirement(scan);
    if (typeof requirement === 'string') return { ok: false, error: `unable to parse requirement: ${requirement}` };
    requirements.push(requirement);
    const after = next(scan);
    if (after.type === 'end') continue;
    if (after.text !== ',') return { ok: false, error: `found '${after.text}', expected: ',' or 'end of string'` };
    if (!startsRequirement(peek(scan))) {
      return { ok: false, error: `found '${peek(scan).text}', expected: identifier after ','` };
    }
  }
}

/** Selectors already compiled, by the very object they came from: objects are immutable and shared. */
const compiled = new WeakMap<LabelSelector, Selector>();

/** A selector from a LabelSelector object: absent selects nothing, empty everything. Wrong operators select nothing. */
export function selectorOf(labelSelector: LabelSelector | null | undefined): Selector {
  if (labelSelector === null || labelSelector === undefined) return NOTHING;
  let selector = compiled.get(labelSelector);
  if (selector === undefined) {
    selector = compile(labelSelector);
    compiled.set(labelSelector, selector);
  }
  return selector;
}

/** A selector from a plain map (Service, ReplicationController, nodeSelector): absent or empty selects everything. */
export function selectorOfMap(map: StringMap | undefined): Selector {
  if (map === undefined) return EVERYTHING;
  const requirements = Object.keys(map).map(
    (key): SelectorRequirement => ({ key, operator: '=', values: [map[key] ?? ''] }),
  );
  return { requirements: sortByKey(requirements), nothing: false };
}

/** As kubectl and a Scale's status print it: `app=web,tier in (a,b),!old`. */
export function formatSelector(selector: Selector): string {
  return selector.requirements.map(formatRequirement).join(',');
}

/** A LabelSelector in one line, `<none>` when it is empty and `<error>` when it cannot be understood. */
export function formatLabelSelector(labelSelector: LabelSelector | null | undefined): string {
  if (labelSelector === null || labelSelector === undefined) return '<none>';
  for (const { operator } of labelSelector.matchExpressions ?? []) {
    if (EXPRESSION_OPERATORS[operator] === undefined) return '<error>';
  }
  const text = formatSelector(selectorOf(labelSelector));
  return text === '' ? '<none>' : text;
}

/** The one value a selector demands of a label, when it demands exactly one: lets an index answer instead of a scan. */
export function exactValue(selector: Selector, key: string): string | undefined {
  for (const requirement of selector.requirements) {
    if (requirement.key !== key) continue;
    const exact = requirement.operator === '=' || requirement.operator === '==' || requirement.operator === 'in';
    return exact && requirement.values.length === 1 ? requirement.values[0] : undefined;
  }
  return undefined;
}

const EXPRESSION_OPERATORS: Readonly<Record<string, SelectorOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

function compile(labelSelector: LabelSelector): Selector {
  const requirements: SelectorRequirement[] = [];
  const labels = labelSelector.matchLabels ?? NO_LABELS;
  for (const key of Object.keys(labels)) requirements.push({ key, operator: '=', values: [labels[key] ?? ''] });
  for (const { key, operator, values } of labelSelector.matchExpressions ?? []) {
    const known = EXPRESSION_OPERATORS[operator];
    if (known === undefined) return NOTHING;
    requirements.push({ key, operator: known, values: [...new Set(values ?? [])].sort() });
  }
  return requirements.length === 0 ? EVERYTHING : { requirements: sortByKey(requirements), nothing: false };
}

function matchesRequirement({ key, operator, values }: SelectorRequirement, labels: StringMap): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    default: {
      if (value === undefined || !INTEGER.test(value)) return false;
      const wanted = BigInt(values[0] ?? '0');
      return operator === '>' ? BigInt(value) > wanted : BigInt(value) < wanted;
    }
  }
}

const INTEGER = /^-?\d+$/;

function formatRequirement({ key, operator, values }: SelectorRequirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.join(',')})`;
    default:
      return `${key}${operator}${values.join(',')}`;
  }
}

function sortByKey(requirements: SelectorRequirement[]): readonly SelectorRequirement[] {
  return requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

interface Token {
  readonly type: 'end' | 'word' | 'symbol' | 'error';
  readonly text: string;
}

interface Scan {
  readonly tokens: readonly Token[];
  position: number;
}

const END: Token = { type: 'end', text: '' };
const SYMBOLS = new Set([')', ',', '!', '==', '=', '>', '<', '!=', '(']);
const SPECIAL = /[=!(),><]/;

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text[at] ?? '';
    if (/[ \t\r\n]/.test(char)) {
      at++;
    } else if (SPECIAL.test(char)) {
      const two = text.slice(at, at + 2);
      const symbol = SYMBOLS.has(two) ? two : char;
      tokens.push({ type: 'symbol', text: symbol });
      at += symbol.length;
    } else {
      const start = at;
      while (at < text.length && !/[=!(),>< \t\r\n]/.test(text[at] ?? '')) at++;
      tokens.push({ type: 'word', text: text.slice(start, at) });
    }
  }
  return tokens;
}

function peek(scan: Scan): Token {
  return scan.tokens[scan.position] ?? END;
}

function next(scan: Scan): Token {
  const token = peek(scan);
  scan.position++;
  return token;
}

function startsRequirement(token: Token): boolean {
  return token.type === 'word' || token.text === '!';
}

function parseRequirement(scan: Scan): SelectorRequirement | string {
  const negated = peek(scan).text === '!';
  if (negated) next(scan);
  const keyToken = next(scan);
  if (keyToken.type !== 'word') return `found '${keyToken.text}', expected: identifier`;
  const key = keyToken.text;
  const wrongKey = isQualifiedName(key);
  if (wrongKey.length > 0) return `<nil>: Invalid value: ${goQuote(key)}: ${wrongKey.join('; ')}`;
  const following = peek(scan);
  if (negated) return { key, operator: '!', values: [] };
  if (following.type === 'end' || following.text === ',') return { key, operator: 'exists', values: [] };
  const operator = operatorOf(next(scan).text);
  if (operator === undefined) return `found '${following.text}', expected: in, notin, =, ==, !=, gt, lt`;
  const values = operator === 'in' || operator === 'notin' ? parseValues(scan) : parseExactValue(scan);
  if (typeof values === 'string') return values;
  return validated({ key, operator, values: [...new Set(values)].sort() });
}

function operatorOf(text: string): SelectorOperator | undefined {
  switch (text) {
    case 'in':
    case 'notin':
    case '=':
    case '==':
    case '!=':
    case '>':
    case '<':
      return text;
    default:
      return undefined;
  }
}

function validated(requirement: SelectorRequirement): SelectorRequirement | string {
  const { key, operator, values } = requirement;
  const errors: string[] = [];
  if (operator === '>' || operator === '<') {
    if (!INTEGER.test(values[0] ?? '')) {
      const text = "for 'Gt', 'Lt' operators, the value must be an integer";
      errors.push(`values[0]: Invalid value: ${goQuote(values[0] ?? '')}: ${text}`);
    }
  }
  values.forEach((value, i) => {
    const wrong = isLabelValue(value);
    if (wrong.length > 0) errors.push(`values[${i}][${key}]: Invalid value: ${goQuote(value)}: ${wrong.join('; ')}`);
  });
  if (errors.length === 0) return requirement;
  return errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`;
}

function parseExactValue(scan: Scan): readonly string[] | string {
  const token = peek(scan);
  if (token.type === 'end' || token.text === ',') return [''];
  next(scan);
  return token.type === 'word' ? [token.text] : `found '${token.text}', expected: identifier`;
}

/** The list behind `in`: empty places count as the empty string, as in `(a,,b)` and `()`. */
function parseValues(scan: Scan): readonly string[] | string {
  const open = next(scan);
  if (open.text !== '(') return `found '${open.text}' expected: '('`;
  const values: string[] = [];
  let pending = '';
  for (;;) {
    const token = next(scan);
    if (token.text === ')') return [...values, pending];
    if (token.text === ',') {
      values.push(pending);
      pending = '';
    } else if (token.type === 'word' && pending === '') {
      pending = token.text;
    } else if (token.type === 'word' || pending !== '') {
      return `found '${token.text}', expected: ',' or ')'`;
    } else {
      return `found '${token.text}', expected: ',', ')' or identifier`;
    }
  }
}
