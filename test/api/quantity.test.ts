import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addQuantities,
  canonicalQuantity,
  canonicalResource,
  compareQuantities,
  cpuMillicores,
  formatBytes,
  formatMilli,
  formatQuantity,
  memoryBytes,
  mustParseQuantity,
  parseQuantity,
  type QuantityFormat,
  subtractQuantities,
} from '../../src/sim/api/quantity.ts';

describe('a quantity', () => {
  test.each([
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1.5', '1500m'],
    ['2048Mi', '2Gi'],
    ['1500Ki', '1500Ki'],
    ['1024', '1024'],
    ['1024Ki', '1Mi'],
    ['1.5Gi', '1536Mi'],
    ['0.5Ki', '512'],
    ['1e3', '1e3'],
    ['12e2', '1200'],
    ['100k', '100k'],
    ['1000k', '1M'],
    ['0', '0'],
    ['0Mi', '0'],
    ['-1500m', '-1500m'],
    ['1n', '1n'],
    ['0.1n', '1n'],
    ['5.', '5'],
    ['.5', '500m'],
    ['1E', '1E'],
    ['1Ei', '1Ei'],
  ])('%s is written %s', (text, canonical) => {
    expect(canonicalQuantity(text)).toBe(canonical);
  });

  test('that is none says why, in the words of the API server', () => {
    const wrong = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    for (const text of ['', 'abc', '1x', '1.2.3', '1 Gi'])
      expect(parseQuantity(text)).toEqual({ ok: false, error: wrong });
    expect(parseQuantity('1KK')).toEqual({ ok: false, error: "unable to parse quantity's suffix" });
  });

  test('counts in millicores and bytes, rounded up', () => {
    expect(cpuMillicores('250m')).toBe(250);
    expect(cpuMillicores('1.0001')).toBe(1001);
    expect(cpuMillicores(undefined)).toBe(0);
    expect(memoryBytes('64Mi')).toBe(67_108_864);
    expect(memoryBytes('100m')).toBe(1);
    expect(formatMilli(1500)).toBe('1500m');
    expect(formatBytes(200 * 2 ** 20)).toBe('200Mi');
    expect(canonicalResource('0.0001')).toBe('1m');
  });

  const format = fc.constantFrom<QuantityFormat>('DecimalSI', 'BinarySI', 'DecimalExponent');
  const quantity = fc.record({ nanos: fc.bigInt(-(10n ** 24n), 10n ** 24n), format });

  test('reads back what it writes', () => {
    fc.assert(
      fc.property(quantity, (value) => {
        const text = formatQuantity(value);
        expect(mustParseQuantity(text).nanos).toBe(value.nanos);
        expect(canonicalQuantity(text)).toBe(text);
      }),
    );
  });

  test('is ordered like the number it stands for, whatever its suffix', () => {
    fc.assert(
      fc.property(quantity, quantity, (left, right) => {
        const order = left.nanos < right.nanos ? -1 : left.nanos > right.nanos ? 1 : 0;
        expect(compareQuantities(formatQuantity(left), formatQuantity(right))).toBe(order);
      }),
    );
  });

  test('plus another, less that other, is itself', () => {
    fc.assert(
      fc.property(quantity, quantity, (left, right) => {
        const [a, b] = [formatQuantity(left), formatQuantity(right)];
        expect(compareQuantities(subtractQuantities(addQuantities(a, b), b), a)).toBe(0);
      }),
    );
  });
});
