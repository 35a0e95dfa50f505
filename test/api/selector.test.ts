import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatFieldSelector, matchesFields, parseFieldSelector } from '../../src/sim/api/field-selector.ts';
import {
  exactValue,
  formatLabelSelector,
  formatSelector,
  matchesSelector,
  parseSelector,
  type Selector,
  selectorOf,
} from '../../src/sim/api/selector.ts';

function selector(text: string): Selector {
  const parsed = parseSelector(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.selector;
}

describe('a label selector', () => {
  const labels = { app: 'web', tier: 'front', size: '3' };

  test.each([
    ['', true],
    ['app=web', true],
    ['app==web,tier!=back', true],
    ['app!=web', false],
    ['app in (web, db)', true],
    ['app notin (db),tier', true],
    ['!zone', true],
    ['!app', false],
    ['zone notin (a)', true],
    ['size>2,size<4', true],
    ['size>3', false],
    ['app in ()', false],
  ])('%s matches the web front end: %s', (text, matches) => {
    expect(matchesSelector(selector(text), labels)).toBe(matches);
  });

  test.each([
    ['a in', "unable to parse requirement: found '' expected: '('"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['a=b,', "found '', expected: identifier after ','"],
    ['=b', "found '=', expected: !, identifier, or 'end of string'"],
    ['a%=b', 'unable to parse requirement: <nil>: Invalid value: "a%": name part must consist of'],
    ['a=b!', "found '!', expected: ',' or 'end of string'"],
    ['a>b', "values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer"],
  ])('%s is refused: %s', (text, error) => {
    const parsed = parseSelector(text);
    expect(parsed.ok ? 'accepted' : parsed.error).toContain(error);
  });

  test('of an object selects nothing when absent and everything when empty', () => {
    expect(matchesSelector(selectorOf(undefined), labels)).toBe(false);
    expect(matchesSelector(selectorOf({}), labels)).toBe(true);
    const some = {
      matchLabels: { app: 'web' },
      matchExpressions: [{ key: 'tier', operator: 'In', values: ['front', 'a'] }],
    };
    expect(matchesSelector(selectorOf(some), labels)).toBe(true);
    expect(formatLabelSelector(some)).toBe('app=web,tier in (a,front)');
    expect(formatLabelSelector({})).toBe('<none>');
    expect(exactValue(selectorOf(some), 'app')).toBe('web');
  });

  const name = fc
    .stringMatching(/^[a-z]([a-z0-9.-]{0,8}[a-z0-9])?$/)
    .filter((text) => text !== 'in' && text !== 'notin');
  const requirement = fc.oneof(
    fc.tuple(name, fc.constantFrom('=', '==', '!='), name).map((parts) => parts.join('')),
    fc
      .tuple(name, fc.constantFrom(' in ', ' notin '), fc.uniqueArray(name, { minLength: 1, maxLength: 3 }))
      .map(([key, operator, values]) => `${key}${operator}(${values.join(',')})`),
    name,
    name.map((key) => `!${key}`),
  );

  test('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 4 }), (requirements) => {
        const once = formatSelector(selector(requirements.join(',')));
        expect(formatSelector(selector(once))).toBe(once);
      }),
    );
  });

  test('and its negation never both match', () => {
    fc.assert(
      fc.property(name, name, fc.dictionary(name, name, { maxKeys: 3 }), (key, value, some) => {
        const isIn = matchesSelector(selector(`${key} in (${value})`), some);
        expect(matchesSelector(selector(`${key} notin (${value})`), some)).toBe(!isIn);
        expect(matchesSelector(selector(key), some)).toBe(!matchesSelector(selector(`!${key}`), some));
      }),
    );
  });
});

describe('a field selector', () => {
  test('compares fields, and understands escapes', () => {
    const parsed = parseFieldSelector('spec.nodeName=node-1,status.phase!=Running');
    if (!parsed.ok) throw new Error(parsed.error);
    expect(matchesFields(parsed.selector, { 'spec.nodeName': 'node-1', 'status.phase': 'Pending' })).toBe(true);
    expect(matchesFields(parsed.selector, { 'spec.nodeName': 'node-1', 'status.phase': 'Running' })).toBe(false);
    expect(formatFieldSelector(parsed.selector)).toBe('spec.nodeName=node-1,status.phase!=Running');
    expect(parseFieldSelector('a=b\\,c')).toEqual({ ok: true, selector: [{ field: 'a', equal: true, value: 'b,c' }] });
    expect(parseFieldSelector('metadata.name')).toEqual({
      ok: false,
      error: "invalid selector: 'metadata.name'; can't understand 'metadata.name'",
    });
  });
});
