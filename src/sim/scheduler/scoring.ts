/**
 * Scoring (the slides' *priorities*): how good each feasible node would be, 0…100 per plugin times the plugin's weight.
 * @source pkg/scheduler/framework/runtime/framework.go RunPreScorePlugins, RunScorePlugins
 */
import type { Profile } from './configuration.ts';
import type { Cycle, Plugin } from './framework.ts';
import type { NodeInfo, PodInfo } from './node-info.ts';
import type { ProfilePlugins } from './profile-plugins.ts';

export interface Scores {
  /** The plugins that scored this pod, in order. */
  readonly plugins: readonly string[];
  /** Node → weighted scores in the order of `plugins`. */
  readonly byNode: ReadonlyMap<string, readonly number[]>;
  readonly totals: ReadonlyMap<string, number>;
  /** The nodes with the highest total. */
  readonly best: readonly string[];
}

export function scoreNodes(
  plugins: ProfilePlugins,
  profile: Profile,
  cycle: Cycle,
  pod: PodInfo,
  nodes: readonly NodeInfo[],
  filterStates: ReadonlyMap<string, unknown>,
): Scores {
  const columns: { plugin: Plugin; scores: number[] }[] = [];
  for (const plugin of plugins.score) {
    let state: unknown;
    if (plugin.preScore !== undefined) {
      const answer = plugin.preScore(cycle, pod, nodes, filterStates.get(plugin.name));
      if (answer.kind === 'skip') continue;
      state = answer.state;
    }
    const scores = nodes.map((node) => plugin.score?.(cycle, pod, node, state) ?? 0);
    plugin.normalize?.(cycle, pod, state, nodes, scores);
    columns.push({ plugin, scores });
  }
  const byNode = new Map<string, number[]>();
  const totals = new Map<string, number>();
  let highest = Number.NEGATIVE_INFINITY;
  nodes.forEach((node, i) => {
    const row = columns.map(({ plugin, scores }) => (scores[i] ?? 0) * (profile.weights[plugin.name] ?? 1));
    const total = plugins.score.length === 0 ? 1 : row.reduce((sum, score) => sum + score, 0);
    byNode.set(node.name, row);
    totals.set(node.name, total);
    if (total > highest) highest = total;
  });
  const best = nodes.filter((node) => totals.get(node.name) === highest).map((node) => node.name);
  return { plugins: columns.map(({ plugin }) => plugin.name), byNode, totals, best };
}
