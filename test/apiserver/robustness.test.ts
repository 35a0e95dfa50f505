import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HttpRequest } from '../../src/sim/api/http.ts';
import { allKinds } from '../../src/sim/api/kinds.ts';
import { createWorld } from './world.ts';

const odd = fc.oneof(
  fc.constant(null),
  fc.constant([]),
  fc.constant({}),
  fc.constant('x'),
  fc.constant(-1),
  fc.constant(true),
  fc.constant([null]),
  fc.constant({ a: null }),
  fc.constant([{}]),
);
const fields = [
  'spec',
  'status',
  'data',
  'subjects',
  'roleRef',
  'rules',
  'target',
  'template',
  'selector',
  'containers',
  'ports',
  'limits',
  'hard',
  'volumes',
  'metadata',
  'clusterIP',
  'finalizers',
  'conditions',
  'replicas',
  'securityContext',
  'tolerations',
];
const tree = (depth: number): fc.Arbitrary<unknown> =>
  depth === 0
    ? odd
    : fc.oneof(
        odd,
        fc.dictionary(fc.constantFrom(...fields), tree(depth - 1), { maxKeys: 4 }),
        fc.array(tree(depth - 1), { maxLength: 2 }),
      );
const subresources = [
  '',
  '',
  '',
  'status',
  'scale',
  'binding',
  'eviction',
  'token',
  'finalize',
  'approval',
  'ephemeralcontainers',
  'resize',
  'log',
  'exec',
  'proxy',
  'nope',
];

const BASE_SPEC = {
  containers: [{ name: 'c', image: 'i' }],
  ports: [{ port: 80 }],
  selector: { matchLabels: { a: 'b' } },
  template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  hard: { configmaps: '1000' },
};

describe('whatever a client sends', () => {
  it('is answered, and the server lives', () => {
    const world = createWorld();
    world.post('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'default' } });
    for (const kind of allKinds) {
      const where = kind.namespaced ? '/namespaces/default' : '';
      const root = kind.group === '' ? '/api/v1' : `/apis/${kind.apiVersion}`;
      world.post(`${root}${where}/${kind.plural}`, {
        metadata: { name: 'x' },
        spec: BASE_SPEC,
      });
    }
    const request = fc.record({
      kind: fc.constantFrom(...allKinds),
      subresource: fc.constantFrom(...subresources),
      named: fc.boolean(),
      method: fc.constantFrom<HttpRequest['method']>('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
      contentType: fc.constantFrom(
        undefined,
        'application/json-patch+json',
        'application/merge-patch+json',
        'application/strategic-merge-patch+json',
        'application/apply-patch+yaml',
      ),
      accept: fc.constantFrom(undefined, 'table' as const),
      body: fc.oneof(
        tree(4),
        fc.record(
          {
            metadata: fc.oneof(fc.constant({ name: 'x' }), fc.constant({ generateName: 'y-' }), tree(2)),
            spec: tree(3),
            status: tree(2),
            data: tree(1),
            rules: tree(2),
            subjects: tree(2),
            roleRef: tree(1),
            target: tree(1),
          },
          { requiredKeys: [] },
        ),
      ),
      query: fc.dictionary(
        fc.constantFrom(
          'limit',
          'continue',
          'resourceVersion',
          'labelSelector',
          'fieldSelector',
          'dryRun',
          'fieldValidation',
          'gracePeriodSeconds',
          'propagationPolicy',
          'container',
        ),
        fc.constantFrom('', 'x', '0', '1', '-1', 'a=b', 'metadata.name=x', 'All', 'Strict', 'Orphan', 'Foreground'),
        { maxKeys: 2 },
      ),
    });
    fc.assert(
      fc.property(request, ({ kind, subresource, named, method, contentType, accept, body, query }) => {
        const where = kind.namespaced ? '/namespaces/default' : '';
        const root = kind.group === '' ? '/api/v1' : `/apis/${kind.apiVersion}`;
        const path = `${root}${where}/${kind.plural}${named ? `/x${subresource === '' ? '' : `/${subresource}`}` : ''}`;
        if (named) world.post(`${root}${where}/${kind.plural}`, { metadata: { name: 'x' }, spec: BASE_SPEC });
        const { status } = world.ask({ method, path, body, query, contentType, accept });
        expect(status).toBeGreaterThanOrEqual(200);
      }),
      { numRuns: Number(process.env['RUNS'] ?? 600), seed: Number(process.env['SEED'] ?? 1) },
    );
    expect(world.get('/readyz').status).toBe(200);
  });
});
