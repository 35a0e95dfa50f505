/**
 * What a pod requests and may use: containers together, or the largest init step if that is more; sidecars count beside both.
 * @source staging/src/k8s.io/component-helpers/resource/helpers.go
 */
import { addQuantities, compareQuantities } from '../../sim/api/quantity.ts';
import type { JsonObject } from './client.ts';
import { objects, record, text } from './fields.ts';

export type Totals = Map<string, string>;

export function podTotals(pod: JsonObject, field: 'requests' | 'limits'): Totals {
  const spec = record(pod, 'spec');
  const total: Totals = new Map();
  for (const container of objects(spec, 'containers')) add(total, quantities(container, field));
  const sidecars: Totals = new Map();
  const largestInit: Totals = new Map();
  for (const container of objects(spec, 'initContainers')) {
    const own = quantities(container, field);
    if (text(container, 'restartPolicy') === 'Always') {
      add(total, own);
      add(sidecars, own);
      raise(largestInit, sidecars);
    } else raise(largestInit, sum(own, sidecars));
  }
  raise(total, largestInit);
  for (const [name, quantity] of quantities(spec, field)) total.set(name, quantity);
  const overhead = new Map(Object.entries(record(spec, 'overhead')).map(([name, value]) => [name, String(value)]));
  for (const [name, quantity] of overhead) {
    if (field === 'requests' || total.has(name)) total.set(name, addQuantities(total.get(name) ?? '0', quantity));
  }
  return total;
}

function quantities(holder: JsonObject, field: string): Totals {
  return new Map(Object.entries(record(holder, 'resources', field)).map(([name, value]) => [name, String(value)]));
}

export function add(total: Totals, more: Totals): void {
  for (const [name, quantity] of more)
    total.set(name, total.has(name) ? addQuantities(total.get(name) ?? '0', quantity) : quantity);
}

function sum(a: Totals, b: Totals): Totals {
  const total = new Map(a);
  add(total, b);
  return total;
}

function raise(total: Totals, other: Totals): void {
  for (const [name, quantity] of other) {
    if (!total.has(name) || compareQuantities(quantity, total.get(name) ?? '0') > 0) total.set(name, quantity);
  }
}
