import { describe, expect, it } from 'vitest';
import { listNodes } from '../../src/sim/scheduler/cluster-cache.ts';
import { explain } from '../../src/sim/scheduler/explain.ts';
import { filterNode, runPreFilter } from '../../src/sim/scheduler/filtering.ts';
import type { Cycle } from '../../src/sim/scheduler/framework.ts';
import { newPodInfo } from '../../src/sim/scheduler/node-info.ts';
import { pluginsOf } from '../../src/sim/scheduler/profile-plugins.ts';
import { scoreNodes } from '../../src/sim/scheduler/scoring.ts';
import { onlyPlugins, oracleCases, reasonsOf, snapshotOfCase } from './oracle-cases.ts';

const PLUGINS = [
  'ImageLocality',
  'InterPodAffinity',
  'NodeAffinity',
  'NodeName',
  'NodePorts',
  'NodeResourcesBalancedAllocation',
  'NodeResourcesFit',
  'NodeUnschedulable',
  'NodeVolumeLimits',
  'PodTopologySpread',
  'TaintToleration',
  'VolumeBinding',
  'VolumeRestrictions',
  'VolumeZone',
];

for (const plugin of PLUGINS) {
  describe(plugin, () => {
    it.each(oracleCases(plugin).map((each) => [each.id, each] as const))(
      '%s answers as the real plugin',
      (_id, each) => {
        const configuration = onlyPlugins([plugin], plugin, each);
        const profile = configuration.profiles[0]!;
        const plugins = pluginsOf(profile);
        const cluster = snapshotOfCase(each);
        const cycle: Cycle = { cluster, gates: configuration.gates, now: '2026-01-01T00:00:00Z', random: () => 0 };
        const pod = newPodInfo(each.pod);
        const preparation = runPreFilter(plugins, cycle, pod);
        if (each.expect.preFilterSkipped) expect([...preparation.skipped]).toEqual([plugin]);
        if (each.expect.preFilter) {
          expect({ code: preparation.rejection?.code, reasons: preparation.rejection?.reasons }).toEqual(
            each.expect.preFilter,
          );
        }
        const statuses = new Map(
          listNodes(cluster).map((node) => [
            node.name,
            preparation.rejection ?? filterNode(plugins, cycle, pod, node, preparation),
          ]),
        );
        for (const [node, reasons] of Object.entries(each.expect.filter ?? {})) {
          const status = statuses.get(node);
          const expected = reasonsOf(reasons);
          if (expected === true) expect(status, node).toBeUndefined();
          else expect([...(status?.reasons ?? [])].sort(), node).toEqual([...expected].sort());
        }
        for (const [node, code] of Object.entries(each.expect.codes ?? {})) expect(statuses.get(node)?.code).toBe(code);
        if (each.expect.score || each.expect.scoreSkipped) {
          const nodes = listNodes(cluster).filter(({ name }) => each.candidates?.includes(name) ?? true);
          const scores = scoreNodes(plugins, profile, cycle, pod, nodes, preparation.states);
          if (each.expect.scoreSkipped) expect(scores.plugins).toEqual([]);
          else
            for (const [node, score] of Object.entries(each.expect.score ?? {}))
              expect(scores.totals.get(node), node).toBe(score);
        }
        const explanation = explain(each.pod, cluster, configuration);
        for (const [node, reasons] of Object.entries(each.expect.filter ?? {})) {
          const answer = explanation.filters[node]?.[plugin];
          expect(Array.isArray(answer) ? [...answer].sort() : answer, node).toEqual(
            reasonsOf(reasons) === true ? true : [...(reasonsOf(reasons) as readonly string[])].sort(),
          );
        }
      },
    );
  });
}
