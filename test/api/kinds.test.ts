import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeObject } from '../../src/sim/api/decode.ts';
import {
  allKinds,
  findKind,
  kindOfResource,
  kindsOfCategory,
  parseStorageKey,
  storageKey,
} from '../../src/sim/api/kinds.ts';
import { type FieldSchema, mustTypeSchema, type TypeRef } from '../../src/sim/api/schema.ts';
import type { KubeObject } from '../../src/sim/api/types.ts';

describe('the kinds', () => {
  test('are found by every name a person may use', () => {
    for (const name of ['pods', 'pod', 'po', 'Pods', 'pods.v1']) expect(findKind(name)?.kind).toBe('Pod');
    expect(findKind('deploy')?.apiVersion).toBe('apps/v1');
    expect(findKind('deployments.apps')?.kind).toBe('Deployment');
    expect(findKind('deployments.v1.apps')?.kind).toBe('Deployment');
    expect(findKind('hpa')?.apiVersion).toBe('autoscaling/v2');
    expect(findKind('nope')).toBeUndefined();
    expect(kindOfResource('', 'nodes')?.namespaced).toBe(false);
  });

  test('of category all are what kubectl get all shows', () => {
    expect(kindsOfCategory('all').map(({ plural }) => plural)).toEqual([
      'pods',
      'replicationcontrollers',
      'services',
      'daemonsets',
      'deployments',
      'replicasets',
      'statefulsets',
      'horizontalpodautoscalers',
      'cronjobs',
      'jobs',
    ]);
  });

  test('lie in etcd where the real ones lie', () => {
    const key = (resource: string): string => {
      const kind = findKind(resource);
      return kind === undefined ? '' : storageKey(kind, 'ns', 'x');
    };
    expect(key('pods')).toBe('/registry/pods/ns/x');
    expect(key('services')).toBe('/registry/services/specs/ns/x');
    expect(key('endpoints')).toBe('/registry/services/endpoints/ns/x');
    expect(key('nodes')).toBe('/registry/minions/x');
    expect(key('leases')).toBe('/registry/leases/ns/x');
    expect(key('crd')).toBe('/registry/apiextensions.k8s.io/customresourcedefinitions/x');
    expect(parseStorageKey('/registry/services/specs/ns/x')?.kind.kind).toBe('Service');
    expect(parseStorageKey('/registry/minions/x')).toMatchObject({ namespace: '', name: 'x' });
    expect(parseStorageKey('/elsewhere')).toBeUndefined();
  });

  test('have a schema each, and columns for every cell', () => {
    for (const kind of allKinds) {
      mustTypeSchema(kind.schema);
      const object = emptyObject(kind.apiVersion, kind.kind);
      const decoded = decodeObject(kind.schema, object);
      if (!decoded.ok) throw new Error(`${kind.kind}: ${decoded.error}`);
      expect(kind.row(decoded.value, 0), kind.kind).toHaveLength(kind.columns.length);
    }
  });
});

describe('whatever an author writes', () => {
  test('is decoded, defaulted, validated, printed and selected without a crash', () => {
    const stored = allKinds.filter((kind) => kind.stored).map(({ plural }) => plural);
    fc.assert(
      fc.property(fc.constantFrom(...stored), fc.infiniteStream(fc.nat(1000)), (plural, stream) => {
        const kind = findKind(plural);
        if (kind === undefined) throw new Error(plural);
        const dice = stream[Symbol.iterator]();
        const below = (n: number): number => (dice.next().value ?? 0) % n;
        const object = {
          ...(randomStruct(kind.schema, below, 0) as Record<string, unknown>),
          apiVersion: kind.apiVersion,
          kind: kind.kind,
          metadata: { name: 'x', namespace: 'ns', resourceVersion: '1' },
        };
        const decoded = decodeObject(kind.schema, object);
        if (!decoded.ok) throw new Error(`${kind.kind}: ${decoded.error}`);
        expect(decoded.unknownFields).toEqual([]);
        const made = kind.prepareCreate(kind.defaults(decoded.value));
        kind.validate(made);
        kind.warnings(made);
        kind.row(made, 0);
        kind.selectableFields(made);
        const updated = kind.prepareUpdate(kind.defaults({ ...made }), made);
        kind.validateUpdate(updated, made);
        expect(kind.defaults(made), `${kind.kind}: defaulting twice changes nothing`).toEqual(made);
        const again = decodeObject(kind.schema, decoded.value);
        expect(again.ok && again.value, `${kind.kind}: decoding twice changes nothing`).toEqual(decoded.value);
      }),
      { numRuns: 1000 },
    );
  });
});

function emptyObject(apiVersion: string, kind: string): KubeObject {
  return { apiVersion, kind, metadata: { name: 'x' } };
}

const DEPTH = 6;

function randomStruct(typeName: string, below: (n: number) => number, depth: number): unknown {
  const value: Record<string, unknown> = {};
  for (const field of mustTypeSchema(typeName).fields) {
    if (field.name === 'metadata' || below(3) === 0 || depth > DEPTH) continue;
    value[field.name] = randomValue(field, field.type, below, depth);
  }
  return value;
}

function randomValue(field: FieldSchema, type: TypeRef, below: (n: number) => number, depth: number): unknown {
  switch (type.form) {
    case 'object':
      return randomStruct(type.typeName, below, depth + 1);
    case 'list':
      return Array.from({ length: below(3) }, () => randomValue(field, type.of, below, depth + 1));
    case 'map':
      return Object.fromEntries(
        Array.from({ length: below(3) }, () => [
          pick(['a', 'cpu', 'storage'], below),
          randomValue(field, type.of, below, depth + 1),
        ]),
      );
    case 'scalar':
      return randomScalar(type.scalar, below);
  }
}

function randomScalar(scalar: string, below: (n: number) => number): unknown {
  switch (scalar) {
    case 'string':
      return pick(['', 'a', 'Bad_Name!', 'Always', 'x'.repeat(70), '10.0.0.1', '10.0.0.0/8', '* * * * *', 'In'], below);
    case 'bool':
      return below(2) === 0;
    case 'int32':
    case 'int64':
      return pick([-1, 0, 1, 80, 70_000], below);
    case 'float64':
      return 1.5;
    case 'bytes':
      return pick(['', 'YQ=='], below);
    case 'Quantity':
      return pick(['0', '1', '-1', '100m', '1Gi', '1.5'], below);
    case 'IntOrString':
      return pick([0, 80, -1, '25%', 'http', ''], below);
    case 'Time':
      return '2026-01-01T00:00:00Z';
    case 'MicroTime':
      return '2026-01-01T00:00:00.000000Z';
    case 'Duration':
      return '30s';
    default:
      return {};
  }
}

function pick<T>(options: readonly T[], below: (n: number) => number): T | undefined {
  return options[below(options.length)];
}
