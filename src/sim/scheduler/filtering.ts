/**
 * Filtering (the slides' *predicates*): which nodes could take the pod, and why the others cannot.
 * @source pkg/scheduler/framework/runtime/framework.go RunPreFilterPlugins, RunFilterPluginsWithNominatedPods
 */
import type { Cycle, DryRun, FailedCycle, Plugin } from './framework.ts';
import { addPodToNode, cloneNodeInfo, type NodeInfo, type PodInfo, removePodFromNode } from './node-info.ts';
import type { ProfilePlugins } from './profile-plugins.ts';
import { type Status, saidBy, unresolvable } from './status.ts';

/** What the PreFilter plugins have worked out for this pod. */
export interface Preparation {
  /** Plugin → its state; a plugin that is not here is not asked about nodes. */
  readonly states: ReadonlyMap<string, unknown>;
  /** Filter plugins that had nothing to say about this pod. */
  readonly skipped: ReadonlySet<string>;
  /** The only nodes worth a look; absent = all. */
  readonly nodeNames: ReadonlySet<string> | undefined;
  /** The plugins that narrowed the nodes down. */
  readonly narrowedBy: readonly string[];
  /** Set when a PreFilter plugin turned the pod away. */
  readonly rejection: Status | undefined;
}

export function runPreFilter(plugins: ProfilePlugins, cycle: Cycle, pod: PodInfo): Preparation {
  const states = new Map<string, unknown>();
  const skipped = new Set<string>();
  const narrowedBy: string[] = [];
  let nodeNames: ReadonlySet<string> | undefined;
  let rejection: Status | undefined;
  const done = (status: Status | undefined): Preparation => ({
    states,
    skipped,
    nodeNames,
    narrowedBy,
    rejection: status,
  });
  const missing = plugins.filter.filter(
    (plugin) => plugin.preFilter !== undefined && !plugins.preFilter.includes(plugin),
  );
  for (const plugin of [...plugins.preFilter, ...missing]) {
    const answer = plugin.preFilter?.(cycle, pod);
    if (answer === undefined) continue;
    if (answer.kind === 'skip') {
      skipped.add(plugin.name);
    } else if (answer.kind === 'rejected') {
      const status = saidBy(plugin.name, answer.status);
      if (status.code === 'Error') {
        const reason = `running PreFilter plugin "${plugin.name}": ${status.reasons.join(', ')}`;
        return done({ ...status, reasons: [reason] });
      }
      if (status.code === 'UnschedulableAndUnresolvable') return done(status);
      rejection = status;
    } else {
      states.set(plugin.name, answer.state);
      if (answer.nodeNames === undefined) continue;
      const own = answer.nodeNames;
      narrowedBy.push(plugin.name);
      nodeNames = nodeNames === undefined ? own : new Set([...nodeNames].filter((name) => own.has(name)));
      if (nodeNames.size > 0) continue;
      const names = [...narrowedBy].sort();
      const text = names.length === 1 ? `plugin ${names[0]}` : `plugin(s) [${names.join(' ')}] simultaneously`;
      return done(unresolvable(`node(s) didn't satisfy ${text}`));
    }
  }
  return done(rejection);
}

/** Every Filter plugin in turn until one says no; pods that are promised the node are counted as if they were there. */
export function filterNode(
  plugins: ProfilePlugins,
  cycle: Cycle,
  pod: PodInfo,
  node: NodeInfo,
  { states, skipped }: Pick<Preparation, 'states' | 'skipped'>,
): Status | undefined {
  const promised = cycle.cluster.nominated.size === 0 ? undefined : cycle.cluster.nominated.get(node.name);
  if (promised !== undefined) {
    const rivals = [...promised.values()].filter((other) => other.priority >= pod.priority && other.key !== pod.key);
    if (rivals.length > 0) {
      const trial = thoughtExperiment(plugins, cycle, pod, node, { states, skipped });
      for (const rival of rivals) trial.add(rival);
      const status = runFilters(plugins, cycle, pod, trial.node, trial.states, skipped);
      if (status !== undefined) return status;
    }
  }
  return runFilters(plugins, cycle, pod, node, states, skipped);
}

/** What PostFilter plugins get to see of a cycle in which nothing fitted. */
export function failedCycle(
  plugins: ProfilePlugins,
  cycle: Cycle,
  pod: PodInfo,
  preparation: Pick<Preparation, 'states' | 'skipped'>,
  statusOf: (node: string) => Status | undefined,
): FailedCycle {
  const { skipped } = preparation;
  const dryRun = (node: NodeInfo): DryRun => {
    const trial = thoughtExperiment(plugins, cycle, pod, node, preparation);
    return { ...trial, filter: () => filterNode(plugins, cycle, pod, trial.node, { states: trial.states, skipped }) };
  };
  return { cycle, pod, statusOf, dryRun };
}

function runFilters(
  plugins: ProfilePlugins,
  cycle: Cycle,
  pod: PodInfo,
  node: NodeInfo,
  states: ReadonlyMap<string, unknown>,
  skipped: ReadonlySet<string>,
): Status | undefined {
  for (const plugin of plugins.filter) {
    if (skipped.has(plugin.name)) continue;
    const status = plugin.filter?.(cycle, pod, node, states.get(plugin.name));
    if (status === undefined) continue;
    if (status.code !== 'Error') return saidBy(plugin.name, status);
    const reason = `running "${plugin.name}" filter plugin: ${status.reasons.join(', ')}`;
    return { code: 'Error', reasons: [reason], plugin: plugin.name };
  }
  return undefined;
}

function thoughtExperiment(
  plugins: ProfilePlugins,
  cycle: Cycle,
  pod: PodInfo,
  node: NodeInfo,
  { states, skipped }: Pick<Preparation, 'states' | 'skipped'>,
) {
  const own = cloneNodeInfo(node);
  const ownStates = new Map<string, unknown>();
  const followers: Plugin[] = [];
  for (const [name, state] of states) {
    const plugin = plugins.byName.get(name);
    if (plugin?.addPod !== undefined && !skipped.has(name)) followers.push(plugin);
    ownStates.set(name, plugin?.cloneState === undefined ? state : plugin.cloneState(state));
  }
  return {
    node: own,
    states: ownStates,
    add(other: PodInfo) {
      addPodToNode(own, other);
      for (const plugin of followers) plugin.addPod?.(cycle, pod, ownStates.get(plugin.name), other, own);
    },
    remove(other: PodInfo) {
      removePodFromNode(own, other.key);
      for (const plugin of followers) plugin.removePod?.(cycle, pod, ownStates.get(plugin.name), other, own);
    },
  };
}
