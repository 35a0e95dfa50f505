import { describe, expect, it } from 'vitest';
import { defaultConfiguration } from '../../src/sim/scheduler/configuration.ts';
import { explain } from '../../src/sim/scheduler/explain.ts';
import { failedCycle, filterNode, runPreFilter } from '../../src/sim/scheduler/filtering.ts';
import type { Cycle } from '../../src/sim/scheduler/framework.ts';
import { newPodInfo } from '../../src/sim/scheduler/node-info.ts';
import { findCandidates, mayNotPreempt } from '../../src/sim/scheduler/plugins/default-preemption.ts';
import { pluginsOf } from '../../src/sim/scheduler/profile-plugins.ts';
import type { Status, StatusCode } from '../../src/sim/scheduler/status.ts';
import { onlyPlugins, oracleCases, snapshotOfCase } from './oracle-cases.ts';

describe('DefaultPreemption', () => {
  it.each(oracleCases('DefaultPreemption').map((each) => [each.id, each] as const))(
    '%s answers as the real plugin',
    (_id, each) => {
      const configuration = onlyPlugins(
        [...(each.filterPlugins ?? []), 'DefaultPreemption'],
        'DefaultPreemption',
        each,
      );
      const plugins = pluginsOf(configuration.profiles[0]!);
      const cluster = snapshotOfCase(each);
      const cycle: Cycle = { cluster, gates: configuration.gates, now: '2026-01-01T00:00:00Z', random: () => 0 };
      const pod = newPodInfo(each.pod);
      const preparation = runPreFilter(plugins, cycle, pod);
      const given = each.given?.filterStatuses;
      const statuses = new Map<string, Status | undefined>(
        [...cluster.nodes.values()].map((node) => [
          node.name,
          given?.[node.name] === undefined
            ? filterNode(plugins, cycle, pod, node, preparation)
            : { code: given[node.name]!.code as StatusCode, reasons: [], plugin: '' },
        ]),
      );
      const failed = failedCycle(plugins, cycle, pod, preparation, (node) => statuses.get(node));
      const { expect: expected } = each;
      const names = (victims: readonly { pod: { metadata: { name: string } } }[]) =>
        victims.map((victim) => victim.pod.metadata.name);
      if (expected.eligible !== undefined) expect(mayNotPreempt(failed) === undefined).toBe(expected.eligible);
      if (expected.candidates !== undefined) {
        const { candidates } = findCandidates(failed, each.args ?? {});
        const found = Object.fromEntries(
          candidates.map((each) => [
            each.node,
            { victims: names(each.victims).sort(), pdbViolations: each.budgetViolations },
          ]),
        );
        const wanted = Object.fromEntries(
          Object.entries(expected.candidates).map(([node, each]) => [
            node,
            { ...each, victims: [...each.victims].sort() },
          ]),
        );
        expect(found).toEqual(wanted);
      }
      const answer = plugins.postFilter[0]?.postFilter?.(failed);
      if (expected.nominatedNode !== undefined) expect(answer?.nominatedNode ?? '').toBe(expected.nominatedNode);
      if (expected.nominatedNodeAnyOf !== undefined)
        expect(expected.nominatedNodeAnyOf).toContain(answer?.nominatedNode);
      if (expected.victims !== undefined)
        expect(names(answer?.victims ?? []).sort()).toEqual([...expected.victims].sort());
      if (expected.message !== undefined) expect(answer?.status?.reasons.join(', ')).toBe(expected.message);
    },
  );
});

describe('the default profile', () => {
  it.each(oracleCases('full-profile').map((each) => [each.id, each] as const))(
    '%s decides as the real scheduler',
    (_id, each) => {
      const configuration = defaultConfiguration();
      const explanation = explain(each.pod, snapshotOfCase(each), configuration);
      const { expect: expected } = each;
      for (const [node, reasons] of Object.entries(expected.filter ?? {})) {
        const row = explanation.filters[node] ?? {};
        const failure = Object.entries(row).find(([, answer]) => answer !== true);
        if (reasons === true) expect(failure, node).toBeUndefined();
        else {
          expect(failure?.[0], node).toBe(expected.failedPlugin?.[node]);
          expect([...((failure?.[1] ?? []) as readonly string[])].sort(), node).toEqual(
            (typeof reasons === 'string' ? [reasons] : [...reasons]).sort(),
          );
        }
      }
      if (expected.scores) expect(explanation.scores).toEqual(expected.scores);
      if (expected.total) expect(explanation.totals).toEqual(expected.total);
      if (expected.bestNodes) expect([...explanation.best].sort()).toEqual([...expected.bestNodes].sort());
      if (expected.message !== undefined) expect(explanation.message).toBe(expected.message);
      if (expected.nominatedNode !== undefined) expect(explanation.nominatedNode).toBe(expected.nominatedNode);
      if (expected.victims !== undefined) {
        expect(explanation.victims.map((name) => name.slice(name.indexOf('/') + 1)).sort()).toEqual(
          [...expected.victims].sort(),
        );
      }
    },
  );
});
