/**
 * NodeAffinity: `nodeSelector` and node affinity of the pod, and what the configuration adds to every pod's affinity.
 * @source pkg/scheduler/framework/plugins/nodeaffinity/node_affinity.go
 */
import type { Affinity, Node, NodeSelectorTerm } from '../../api/types.ts';
import { normalizeByHighest, type Plugin } from '../framework.ts';
import type { PodInfo } from '../node-info.ts';
import { matchesNodeSelectorTerms, matchesRequiredNodeAffinity, preferenceScore } from '../node-selector.ts';
import { unresolvable } from '../status.ts';

export interface NodeAffinityArgs {
  readonly addedAffinity?: Affinity['nodeAffinity'] | null | undefined;
}

type Preferences = readonly { readonly weight: number; readonly preference: NodeSelectorTerm }[];

export function nodeAffinity(args: NodeAffinityArgs): Plugin<undefined, Preferences> {
  const added = args.addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const addedPreferences = args.addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const matches = (pod: PodInfo, node: Node) =>
    (added === undefined || matchesNodeSelectorTerms(added, node)) && matchesRequiredNodeAffinity(pod.pod, node);
  return {
    name: 'NodeAffinity',
    preFilter(_cycle, pod) {
      const required = pod.pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
      const terms = required?.nodeSelectorTerms ?? [];
      if (!required && added === undefined && !pod.pod.spec.nodeSelector) return { kind: 'skip' };
      const nodeNames = terms.length === 0 ? undefined : namedNodes(terms);
      if (nodeNames === undefined) return { kind: 'go', state: undefined };
      if (nodeNames.size === 0) return { kind: 'rejected', status: unresolvable('pod affinity terms conflict') };
      return { kind: 'go', state: undefined, nodeNames };
    },
    filter(_cycle, pod, node) {
      if (added !== undefined && !matchesNodeSelectorTerms(added, node.node)) {
        return unresolvable("node(s) didn't match scheduler-enforced node affinity");
      }
      if (matchesRequiredNodeAffinity(pod.pod, node.node)) return undefined;
      return unresolvable("node(s) didn't match Pod's node affinity/selector");
    },
    preScore(_cycle, pod) {
      const own = pod.pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution;
      if (!own && addedPreferences.length === 0) return { kind: 'skip' };
      return { kind: 'go', state: [...addedPreferences, ...(own ?? [])] };
    },
    score(_cycle, _pod, node, preferences) {
      return preferenceScore(preferences, node.node);
    },
    normalize(_cycle, _pod, _state, _nodes, scores) {
      normalizeByHighest(scores, false);
    },
    events: [
      {
        kind: 'Node',
        actions: ['Add', 'UpdateNodeLabel'],
        hint(_cycle, pod, event) {
          if (event.kind !== 'Node' || event.after === undefined || !matches(pod, event.after)) return 'Skip';
          return event.before === undefined || !matchesRequiredNodeAffinity(pod.pod, event.before) ? 'Queue' : 'Skip';
        },
      },
    ],
  };
}

/** The only nodes that the terms allow by name; undefined when some term does not name any. */
function namedNodes(terms: readonly NodeSelectorTerm[]): Set<string> | undefined {
  const names = new Set<string>();
  for (const term of terms) {
    let own: Set<string> | undefined;
    for (const { key, operator, values } of term.matchFields ?? []) {
      if (key !== 'metadata.name' || operator !== 'In') continue;
      const these = new Set(values ?? []);
      own = own === undefined ? these : new Set([...own].filter((name) => these.has(name)));
    }
    if (own === undefined) return undefined;
    for (const name of own) names.add(name);
  }
  return names;
}
