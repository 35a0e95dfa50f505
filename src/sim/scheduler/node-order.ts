/**
 * The order in which nodes are looked at: one of each zone in turn, so that a search that stops early has seen every zone.
 * @source pkg/scheduler/backend/cache/node_tree.go
 */
import type { Node } from '../api/types.ts';
import type { NodeInfo } from './node-info.ts';

/** Region and zone as one key; '' for a node without either. */
export function zoneOf(node: Node): string {
  const labels = node.metadata.labels;
  if (labels === undefined) return '';
  const zone = labels['failure-domain.beta.kubernetes.io/zone'] ?? labels['topology.kubernetes.io/zone'] ?? '';
  const region = labels['failure-domain.beta.kubernetes.io/region'] ?? labels['topology.kubernetes.io/region'] ?? '';
  return zone === '' && region === '' ? '' : `${region}:\u0000:${zone}`;
}

export function orderNodes(
  zones: ReadonlyMap<string, readonly string[]>,
  nodes: ReadonlyMap<string, NodeInfo>,
): NodeInfo[] {
  const ordered: NodeInfo[] = [];
  for (let round = 0; ordered.length < nodes.size; round++) {
    let found = false;
    for (const names of zones.values()) {
      const name = names[round];
      if (name === undefined) continue;
      found = true;
      const info = nodes.get(name);
      if (info !== undefined) ordered.push(info);
    }
    if (!found) break;
  }
  return ordered;
}
