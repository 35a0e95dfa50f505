import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeObject } from '../../src/sim/api/decode.ts';
import { fieldErrorText } from '../../src/sim/api/field-error.ts';
import {
  allKinds,
  findKind,
  kindOfResource,
  kindsOfCategory,
  parseStorageKey,
  storageKey,
} from '../../src/sim/api/kinds.ts';
import { type FieldSchema, mustTypeSchema, objectTypeOf, type TypeRef } from '../../src/sim/api/schema.ts';
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

  test('have schemas whose every type has a name', () => {
    const seen = new Set<string>();
    const visit = (typeName: string): void => {
      if (seen.has(typeName)) return;
      seen.add(typeName);
      for (const field of mustTypeSchema(typeName).fields) {
        expect(field.type.goName, `${typeName}.${field.name}`).toMatch(/^(\[\]|map\[string\])*(v[12]\.)?[A-Za-z]\w+$/);
        const inner = objectTypeOf(field.type);
        if (inner !== undefined) visit(inner);
      }
    };
    for (const kind of allKinds) visit(kind.schema);
    expect(seen.size).toBeGreaterThan(300);
  });

  test('tell a custom resource what its fields may be', () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'crontabs.stable.example.com' },
      spec: {
        group: 'stable.example.com',
        scope: 'Namespaced',
        names: { plural: 'crontabs', kind: 'CronTab' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: {
                  spec: { type: 'object', additionalProperties: { type: 'string' } },
                  tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
                },
              },
            },
          },
        ],
      },
    };
    const decoded = decodeObject('apiextensions.CustomResourceDefinition', definition);
    if (!decoded.ok) throw new Error(decoded.error);
    expect(decoded.unknownFields).toEqual([]);
    expect(decoded.value).toMatchObject(definition);
    const crd = findKind('crd');
    expect(crd?.validate(crd.defaults(decoded.value))).toEqual([]);
  });

  test('print flow schemas in the order they are tried', () => {
    const flowSchemas = findKind('flowschemas');
    const schema = (name: string, matchingPrecedence: number): KubeObject => ({
      apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
      kind: 'FlowSchema',
      metadata: { name },
      spec: { matchingPrecedence, priorityLevelConfiguration: { name: 'workload-low' } },
    });
    const schemas = [schema('catch-all', 10_000), schema('exempt', 1), schema('probes', 2)];
    const sorted = schemas.sort((left, right) => flowSchemas?.compareRows?.(left, right) ?? 0);
    expect(sorted.map(({ metadata }) => metadata.name)).toEqual(['exempt', 'probes', 'catch-all']);
    expect(flowSchemas?.row(schema('exempt', 1), 0)).toEqual(['exempt', 'workload-low', 1, '<none>', '<unknown>', '?']);
    expect(flowSchemas?.validate(schema('mine', 1)).map(fieldErrorText)).toEqual([
      `spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1`,
    ]);
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
