import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deepEqual } from '../../src/sim/api/equal.ts';
import { applyJsonPatch, applyMergePatch, applyPatch, createMergePatch } from '../../src/sim/api/patch.ts';
import { createThreeWayPatch, createTwoWayPatch, isNoChange } from '../../src/sim/api/strategic-diff.ts';
import { applyStrategicPatch } from '../../src/sim/api/strategic-patch.ts';

type Fields = Readonly<Record<string, unknown>>;

const json = fc.letrec<{ value: unknown; map: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string({ maxLength: 3 }),
    fc.integer({ min: 0, max: 9 }),
    fc.boolean(),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('map'),
  ),
  map: fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), tie('value'), { maxKeys: 3 }),
}));

describe('a merge patch', () => {
  test('made from two documents turns the first into the second', () => {
    fc.assert(
      fc.property(json.map, json.map, (from, to) => {
        const patch = createMergePatch(from, to);
        expect(applyMergePatch(from, patch ?? {})).toEqual(to);
      }),
    );
  });

  test('applied twice changes nothing the second time, and leaves the original alone', () => {
    fc.assert(
      fc.property(json.map, json.map, (document, patch) => {
        const before = JSON.stringify(document);
        const once = applyMergePatch(document, patch);
        expect(applyMergePatch(once, patch)).toEqual(once);
        expect(JSON.stringify(document)).toBe(before);
      }),
    );
  });

  test('removes with null', () => {
    expect(applyMergePatch({ a: { b: 1, c: 2 } }, { a: { b: null } })).toEqual({ a: { c: 2 } });
  });
});

describe('a JSON patch', () => {
  const apply = (document: unknown, ...operations: readonly unknown[]): unknown => {
    const result = applyJsonPatch(document, operations);
    return result.ok ? result.value : result.status.message;
  };
  const REFUSED = 'the server rejected our request due to an error in our request';

  test('adds, replaces, removes, moves, copies and tests', () => {
    expect(apply({ a: [1, 2] }, { op: 'add', path: '/a/1', value: 9 })).toEqual({ a: [1, 9, 2] });
    expect(apply({ a: [1, 2] }, { op: 'add', path: '/a/-', value: 9 })).toEqual({ a: [1, 2, 9] });
    expect(apply({ 'a/b': 1 }, { op: 'replace', path: '/a~1b', value: 2 })).toEqual({ 'a/b': 2 });
    expect(apply({ a: 1, b: 2 }, { op: 'remove', path: '/a' })).toEqual({ b: 2 });
    expect(apply({ a: 1 }, { op: 'move', from: '/a', path: '/b' })).toEqual({ b: 1 });
    expect(apply({ a: 1 }, { op: 'copy', from: '/a', path: '/b' })).toEqual({ a: 1, b: 1 });
    expect(apply({ a: 1 }, { op: 'test', path: '/a', value: 1 })).toEqual({ a: 1 });
  });

  test('that does not fit is refused as a whole', () => {
    expect(apply({ a: 1 }, { op: 'test', path: '/a', value: 2 })).toBe(REFUSED);
    expect(apply({ a: 1 }, { op: 'remove', path: '/b' })).toBe(REFUSED);
    expect(apply({ a: 1 }, { op: 'replace', path: '/b/c', value: 1 })).toBe(REFUSED);
    expect(apply({ a: [] }, { op: 'add', path: '/a/3', value: 1 })).toBe(REFUSED);
    expect(apply({ a: 1 }, { op: 'add', path: 'a', value: 1 })).toBe(REFUSED);
    const notAList = applyJsonPatch({}, {});
    expect(notAList.ok ? '' : notAList.status.message).toBe(
      'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
    );
  });

  test('add then remove is nothing', () => {
    fc.assert(
      fc.property(json.map, json.value, (document, value) => {
        const added = apply(document, { op: 'add', path: '/z', value }, { op: 'remove', path: '/z' });
        expect(added).toEqual(document);
      }),
    );
  });
});

describe('a strategic merge patch', () => {
  const web = {
    spec: {
      template: {
        spec: {
          containers: [
            { name: 'web', image: 'nginx:1', ports: [{ containerPort: 80 }] },
            { name: 'log', image: 'busybox' },
          ],
          volumes: [{ name: 'tmp', emptyDir: {} }],
          tolerations: [{ key: 'a' }],
        },
      },
    },
  };
  const patched = (patch: Fields): Fields => {
    const result = applyStrategicPatch('apps.Deployment', web, { spec: { template: { spec: patch } } });
    if (!result.ok) throw new Error(result.error);
    return (result.value as typeof web).spec.template.spec;
  };

  test('merges containers by name', () => {
    expect(patched({ containers: [{ name: 'web', image: 'nginx:2' }] })['containers']).toEqual([
      { name: 'web', image: 'nginx:2', ports: [{ containerPort: 80 }] },
      { name: 'log', image: 'busybox' },
    ]);
  });

  test('deletes, replaces and orders by directive', () => {
    expect(patched({ containers: [{ name: 'web', $patch: 'delete' }] })['containers']).toEqual([
      { name: 'log', image: 'busybox' },
    ]);
    expect(patched({ containers: [{ $patch: 'replace' }, { name: 'new', image: 'x' }] })['containers']).toEqual([
      { name: 'new', image: 'x' },
    ]);
    const order = { '$setElementOrder/containers': [{ name: 'log' }, { name: 'web' }] };
    expect((patched(order)['containers'] as { name: string }[]).map(({ name }) => name)).toEqual(['log', 'web']);
  });

  test('keeps only the retained keys of a volume', () => {
    const volumes = [{ name: 'tmp', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }];
    expect(patched({ volumes })['volumes']).toEqual([{ name: 'tmp', hostPath: { path: '/x' } }]);
  });

  test('replaces lists that have no merge key', () => {
    expect(patched({ tolerations: [{ key: 'b' }] })['tolerations']).toEqual([{ key: 'b' }]);
  });

  test('needs the key of what it changes', () => {
    const result = applyPatch(
      'strategic',
      web,
      { spec: { template: { spec: { containers: [{ image: 'x' }] } } } },
      'apps.Deployment',
    );
    expect(result.ok ? '' : result.status.message).toBe('map: map[image:x] does not contain declared merge key: name');
  });

  test('merges finalizers as a set, and takes values out of it', () => {
    const object = { metadata: { finalizers: ['a', 'b'] } };
    const add = applyStrategicPatch('core.Pod', object, { metadata: { finalizers: ['c', 'a'] } });
    expect(add.ok && (add.value as typeof object).metadata.finalizers.toSorted()).toEqual(['a', 'b', 'c']);
    const take = applyStrategicPatch('core.Pod', object, {
      metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] },
    });
    expect(take).toEqual({ ok: true, value: { metadata: { finalizers: ['b'] } } });
  });

  const image = fc.constantFrom('a', 'b', 'c');
  const container = fc.record(
    {
      name: fc.constantFrom('one', 'two', 'three', 'four'),
      image,
      args: fc.array(image, { minLength: 1, maxLength: 2 }),
      env: fc.uniqueArray(fc.record({ name: image, value: image }), {
        minLength: 1,
        maxLength: 3,
        selector: (e) => e.name,
      }),
    },
    { requiredKeys: ['name', 'image'] },
  );
  const deployment = fc.record({
    metadata: fc.record(
      { labels: fc.dictionary(image, image), finalizers: fc.uniqueArray(image, { minLength: 1 }) },
      { requiredKeys: [] },
    ),
    spec: fc.record({
      replicas: fc.integer({ min: 0, max: 3 }),
      template: fc.record({
        spec: fc.record({
          containers: fc.uniqueArray(container, { minLength: 1, maxLength: 4, selector: (c) => c.name }),
        }),
      }),
    }),
  });

  test('made from two objects turns the first into the second', () => {
    fc.assert(
      fc.property(deployment, deployment, (from, to) => {
        const patch = createTwoWayPatch('apps.Deployment', from, to);
        const result = applyStrategicPatch('apps.Deployment', from, patch);
        expect(result.ok && sortedSets(result.value)).toEqual(sortedSets(to));
        expect(isNoChange('apps.Deployment', to, createTwoWayPatch('apps.Deployment', to, to))).toBe(true);
      }),
    );
  });

  test('of kubectl apply changes nothing the second time', () => {
    fc.assert(
      fc.property(deployment, deployment, deployment, (lastApplied, manifest, live) => {
        const patch = createThreeWayPatch('apps.Deployment', lastApplied, manifest, live);
        const result = applyStrategicPatch('apps.Deployment', live, patch);
        if (!result.ok) throw new Error(result.error);
        const again = createThreeWayPatch('apps.Deployment', manifest, manifest, result.value as Fields);
        const settled = applyStrategicPatch('apps.Deployment', result.value, again);
        expect(settled.ok && deepEqual(settled.value, result.value)).toBe(true);
      }),
    );
  });

  /** Finalizers are a set: their order is nobody's business. */
  function sortedSets(value: unknown): unknown {
    const object = value as { metadata: { finalizers?: string[] } };
    const { finalizers } = object.metadata;
    return finalizers === undefined
      ? value
      : { ...object, metadata: { ...object.metadata, finalizers: finalizers.toSorted() } };
  }
});
