import { describe, expect, it } from 'vitest';
import type { KubeObject, Pod } from '../../src/sim/api/types.ts';
import { listNodes } from '../../src/sim/scheduler/cluster-cache.ts';
import { defaultConfiguration, resolveConfiguration } from '../../src/sim/scheduler/configuration.ts';
import { explain, snapshotOf } from '../../src/sim/scheduler/explain.ts';
import { PLUGINS } from '../../src/sim/scheduler/registry.ts';
import { numFeasibleNodesToFind } from '../../src/sim/scheduler/schedule-pod.ts';
import { node, pod } from './small-api-server.ts';

const asPod = (object: KubeObject) => object as Pod;

describe('how many feasible nodes are enough', () => {
  it.each([
    [10, 0, 10],
    [1000, 0, 420],
    [1000, 40, 400],
    [6000, 0, 300],
    [6000, 40, 2400],
    [100, 5, 100],
    [50, 5, 50],
  ])('%i nodes at %i %% → %i', (nodes, percentage, enough) => {
    expect(numFeasibleNodesToFind(nodes, percentage)).toBe(enough);
  });
});

describe('the order of nodes', () => {
  it('takes one of each zone in turn', () => {
    const inZone = (name: string, zone: string) => node(name, '1', { 'topology.kubernetes.io/zone': zone });
    const snapshot = snapshotOf([
      inZone('a1', 'a'),
      inZone('a2', 'a'),
      inZone('a3', 'a'),
      inZone('b1', 'b'),
      node('none'),
    ]);
    expect(listNodes(snapshot).map(({ name }) => name)).toEqual(['a1', 'b1', 'none', 'a2', 'a3']);
  });
});

describe('the message', () => {
  const nodes = [node('n1'), node('n2'), node('n3')];
  const named = (...names: string[]) => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchFields: names.map((name) => ({ key: 'metadata.name', operator: 'In', values: [name] })) },
          ],
        },
      },
    },
  });

  it('counts the nodes that a PreFilter plugin has ruled out', () => {
    const { message } = explain(asPod(pod('p', '9', named('n1'))), snapshotOf(nodes), defaultConfiguration());
    expect(message).toBe(
      "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity]. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.",
    );
  });

  it('is that of PreFilter when it turns the pod away', () => {
    const { message, filters } = explain(
      asPod(pod('p', '1', named('n1', 'n2'))),
      snapshotOf(nodes),
      defaultConfiguration(),
    );
    expect(message).toBe(
      '0/3 nodes are available: pod affinity terms conflict. no new claims to deallocate, preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.',
    );
    expect(filters['n1']).toEqual({ NodeAffinity: ['pod affinity terms conflict'] });
  });

  it('is short without nodes', () => {
    expect(explain(asPod(pod('p')), snapshotOf([]), defaultConfiguration()).message).toBe(
      'no nodes available to schedule pods',
    );
  });
});

describe('explain', () => {
  it('asks plugins in order until one says no, and scores what is left', () => {
    const cordoned = { ...node('n3'), spec: { unschedulable: true } };
    const result = explain(
      asPod(pod('p')),
      snapshotOf([node('n1'), node('n2', '2'), cordoned]),
      defaultConfiguration(),
    );
    expect(result.filters['n3']).toEqual({ NodeUnschedulable: ['node(s) were unschedulable'] });
    expect(Object.values(result.filters['n1'] ?? {}).every((answer) => answer === true)).toBe(true);
    expect(Object.keys(result.scores)).toEqual(['n1', 'n2']);
    expect(result.best).toEqual(['n1']);
    expect(result.node).toBe('n1');
  });

  it('runs one plugin alone', () => {
    const result = resolveConfiguration({
      profiles: [
        { plugins: { multiPoint: { disabled: [{ name: '*' }], enabled: [{ name: 'ImageLocality', weight: 5 }] } } },
      ],
    });
    if (!result.ok) throw new Error(result.error);
    const { scores, filters } = explain(asPod(pod('p', '99')), snapshotOf([node('n1')]), result.configuration);
    expect(filters).toEqual({ n1: {} });
    expect(scores).toEqual({ n1: { ImageLocality: 0 } });
  });
});

describe('the configuration', () => {
  it.each([
    [{ profiles: [{}, {}] }, 'profiles[0].schedulerName: Required value'],
    [{ profiles: [{ schedulerName: 'a' }, { schedulerName: 'a' }] }, 'profiles[1].schedulerName: Duplicate value: "a"'],
    [
      { profiles: [{ plugins: { multiPoint: { enabled: [{ name: 'X' }] } } }] },
      'initializing profiles: creating profile for scheduler name default-scheduler: PreFilterPlugin "X" does not exist',
    ],
    [
      { profiles: [{ plugins: { score: { enabled: [{ name: 'NodeName' }] } } }] },
      'initializing profiles: creating profile for scheduler name default-scheduler: plugin "NodeName" does not extend ScorePlugin plugin',
    ],
  ])('refuses %j', (given, error) => {
    expect(resolveConfiguration(given)).toEqual({ ok: false, error });
  });

  it('disables a score plugin and re-weights another', () => {
    const result = resolveConfiguration({
      profiles: [
        {
          plugins: {
            score: { disabled: [{ name: 'ImageLocality' }], enabled: [{ name: 'NodeResourcesFit', weight: 7 }] },
          },
        },
      ],
    });
    const profile = result.ok ? result.configuration.profiles[0] : undefined;
    expect(profile?.points.score).not.toContain('ImageLocality');
    expect(profile?.points.score[0]).toBe('NodeResourcesFit');
    expect(profile?.weights['NodeResourcesFit']).toBe(7);
    expect(profile?.points.filter).toContain('NodeResourcesFit');
  });
});

describe('the words', () => {
  it('knows the predicates and priorities of the slides', () => {
    const former = (word: string) =>
      [...PLUGINS.values()].find(({ predicates = [], priorities = [] }) =>
        [...predicates, ...priorities].includes(word),
      )?.name;
    expect(former('PodFitsResources')).toBe('NodeResourcesFit');
    expect(former('LeastRequestedPriority')).toBe('NodeResourcesFit');
    expect(former('PodToleratesNodeTaints')).toBe('TaintToleration');
    expect(former('NoDiskConflict')).toBe('VolumeRestrictions');
    expect(former('SelectorSpreadPriority')).toBe('PodTopologySpread');
  });
});
