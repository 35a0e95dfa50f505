import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextCronTime, parseCron } from '../../src/sim/api/cron-schedule.ts';
import { semanticEqual } from '../../src/sim/api/equal.ts';
import { exactFieldValue, matchesFields, parseFieldSelector } from '../../src/sim/api/field-selector.ts';
import { fnv32a, safeEncode, templateHash } from '../../src/sim/api/hash.ts';
import { scaledValue } from '../../src/sim/api/int-or-percent.ts';
import {
  generateName,
  isDns1035Label,
  isDnsLabel,
  isDnsSubdomain,
  isLabelValue,
  isQualifiedName,
  NAME_ALPHABET,
} from '../../src/sim/api/names.ts';
import { formatApiPath, parseApiPath } from '../../src/sim/api/path.ts';
import { formatTime, parseTime } from '../../src/sim/api/time.ts';

describe('a name', () => {
  test('may be a label, a subdomain, a qualified name', () => {
    for (const good of ['a', 'web-1', '0', 'x'.repeat(63)]) expect(isDnsLabel(good), good).toEqual([]);
    for (const bad of ['', 'Web', 'a.b', '-a', 'a-', 'x'.repeat(64)]) expect(isDnsLabel(bad), bad).not.toEqual([]);
    for (const good of ['a.b', 'example.com', `${'x'.repeat(63)}.y`]) expect(isDnsSubdomain(good), good).toEqual([]);
    for (const bad of ['a..b', '.a', 'A.b', 'x'.repeat(254)]) expect(isDnsSubdomain(bad), bad).not.toEqual([]);
    expect(isDns1035Label('1a')).not.toEqual([]);
    for (const good of ['app', 'app.kubernetes.io/name', 'A_b.c']) expect(isQualifiedName(good), good).toEqual([]);
    for (const bad of ['', '/name', 'a/', 'a/b/c', '_a']) expect(isQualifiedName(bad), bad).not.toEqual([]);
    expect(isLabelValue('')).toEqual([]);
    expect(isLabelValue('two words')).not.toEqual([]);
  });

  test('is completed with five letters that spell no word', () => {
    const name = generateName('web-7c5ddbdf54-', (n) => n - 1);
    expect(name).toBe('web-7c5ddbdf54-99999');
    expect(generateName('x'.repeat(100), () => 0)).toHaveLength(63);
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 5, maxLength: 5 }), (dice) => {
        let i = 0;
        const made = generateName('p-', (n) => (dice[i++] ?? 0) % n);
        expect(made).toMatch(new RegExp(`^p-[${NAME_ALPHABET}]{5}$`));
        expect(isDnsLabel(made)).toEqual([]);
      }),
    );
  });
});

describe('the hash of a template', () => {
  test('is FNV-1a, as others compute it', () => {
    expect(fnv32a('')).toBe(0x811c9dc5);
    expect(fnv32a('a')).toBe(0xe40c292c);
    expect(fnv32a('foobar')).toBe(0xbf9cf968);
    expect(safeEncode('0123456789')).toBe('456789bcdf');
  });

  test('does not depend on the order of keys, but on values and collisions', () => {
    const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } };
    const shuffled = { spec: { containers: [{ image: 'nginx', name: 'c' }] }, metadata: { labels: { app: 'web' } } };
    expect(templateHash(shuffled)).toBe(templateHash(template));
    expect(templateHash(template, 1)).not.toBe(templateHash(template));
    expect(templateHash({ ...template, spec: {} })).not.toBe(templateHash(template));
    expect(templateHash(template)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{5,10}$/);
  });
});

describe('a path of the API', () => {
  test('names an object, a collection or a subresource', () => {
    expect(parseApiPath('/apis/apps/v1/namespaces/shop/deployments/web/scale')).toMatchObject({
      type: 'resource',
      group: 'apps',
      version: 'v1',
      namespace: 'shop',
      resource: 'deployments',
      name: 'web',
      subresource: 'scale',
    });
    expect(parseApiPath('/api/v1/namespaces/shop')).toMatchObject({ resource: 'namespaces', name: 'shop' });
    expect(parseApiPath('/api/v1/namespaces/shop/finalize')).toMatchObject({
      resource: 'namespaces',
      name: 'shop',
      subresource: 'finalize',
    });
    expect(parseApiPath('/api/v1/watch/pods')).toMatchObject({ resource: 'pods', watch: true });
    expect(parseApiPath('/api/v1/namespaces/a/pods/b/proxy/index.html')).toMatchObject({
      subresource: 'proxy',
      rest: 'index.html',
    });
    for (const path of ['/healthz', '/api', '/api/v1', '/apis/apps/v1', '/openapi/v3/api/v1']) {
      expect(parseApiPath(path), path).toEqual({ type: 'nonResource', path });
    }
  });

  test('can be written and read again', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/).filter((text) => text !== 'status' && text !== 'finalize');
    fc.assert(
      fc.property(
        fc.constantFrom('', 'apps', 'rbac.authorization.k8s.io'),
        word,
        word,
        fc.option(word),
        (group, resource, namespace, name) => {
          fc.pre(!['watch', 'proxy', 'namespaces'].includes(resource));
          const path = { group, version: 'v1', resource, namespace, name: name ?? '', subresource: '' };
          expect(parseApiPath(formatApiPath(path))).toMatchObject(path);
        },
      ),
    );
  });
});

describe('a field selector', () => {
  test('keeps what has the values it wants', () => {
    const parsed = parseFieldSelector('status.phase!=Running,spec.nodeName=node-1');
    if (!parsed.ok) throw new Error(parsed.error);
    expect(matchesFields(parsed.selector, { 'spec.nodeName': 'node-1', 'status.phase': 'Pending' })).toBe(true);
    expect(matchesFields(parsed.selector, { 'spec.nodeName': 'node-1', 'status.phase': 'Running' })).toBe(false);
    expect(matchesFields(parsed.selector, { 'status.phase': 'Pending' })).toBe(false);
    expect(exactFieldValue(parsed.selector, 'spec.nodeName')).toBe('node-1');
    expect(exactFieldValue(parsed.selector, 'status.phase')).toBeUndefined();
    expect(parseFieldSelector('nonsense')).toEqual({
      ok: false,
      error: "invalid selector: 'nonsense'; can't understand 'nonsense'",
    });
  });
});

describe('semantic equality', () => {
  test('does not tell absent from empty', () => {
    expect(semanticEqual({ a: [], b: {}, c: null }, {})).toBe(true);
    expect(semanticEqual({ a: [1, 2] }, { a: [2, 1] })).toBe(false);
    expect(semanticEqual({ a: 0 }, {})).toBe(false);
    expect(semanticEqual({ a: { b: [] } }, { a: {} })).toBe(true);
  });
});

describe('a number or a share', () => {
  test('is rounded up for a surge, down for what may be missing', () => {
    expect(scaledValue('25%', 3, true)).toBe(1);
    expect(scaledValue('25%', 3, false)).toBe(0);
    expect(scaledValue(2, 3, false)).toBe(2);
    expect(scaledValue('half', 3, false)).toBeUndefined();
  });
});

describe('a cron schedule', () => {
  const next = (schedule: string, after: string): string => {
    const parsed = parseCron(schedule);
    if (!parsed.ok) throw new Error(parsed.error);
    const at = nextCronTime(parsed.schedule, parseTime(after) ?? 0);
    return at === undefined ? 'never' : formatTime(at);
  };

  test('knows its next time', () => {
    expect(next('*/5 * * * *', '2026-11-22T10:01:00Z')).toBe('2026-11-22T10:05:00Z');
    expect(next('*/5 * * * *', '2026-11-22T10:05:00Z')).toBe('2026-11-22T10:10:00Z');
    expect(next('0 3 * * 1-5', '2026-11-20T04:00:00Z')).toBe('2026-11-23T03:00:00Z');
    expect(next('0 0 29 2 *', '2026-11-22T10:01:00Z')).toBe('2028-02-29T00:00:00Z');
    expect(next('@daily', '2026-12-31T10:01:00Z')).toBe('2027-01-01T00:00:00Z');
    expect(next('0 0 30 2 *', '2026-11-22T10:01:00Z')).toBe('never');
  });

  test('is refused when it is none', () => {
    for (const wrong of ['', '* * * *', '60 * * * *', '* * * * mon-xyz', '*/0 * * * *']) {
      expect(parseCron(wrong).ok, wrong).toBe(false);
    }
  });
});
