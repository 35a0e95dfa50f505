/**
 * NodePorts: two pods cannot have the same host port on one node.
 * @source pkg/scheduler/framework/plugins/nodeports/node_ports.go
 */

import type { Plugin } from '../framework.ts';
import { addPodToNode, hostPorts, isPortTaken, newNodeInfo, newPodInfo } from '../node-info.ts';
import { unschedulable } from '../status.ts';

export const nodePorts: Plugin<undefined> = {
  name: 'NodePorts',
  preFilter(_cycle, pod) {
    return pod.hostPorts.length === 0 ? { kind: 'skip' } : { kind: 'go', state: undefined };
  },
  filter(_cycle, pod, node) {
    for (const port of pod.hostPorts) {
      if (isPortTaken(node, port)) return unschedulable("node(s) didn't have free ports for the requested pod ports");
    }
    return undefined;
  },
  events: [
    {
      kind: 'Pod',
      actions: ['Delete'],
      hint(_cycle, pod, event) {
        if (event.kind !== 'Pod' || event.before === undefined) return 'Skip';
        const gone = event.before;
        if (!gone.spec.nodeName && !gone.status?.nominatedNodeName) return 'Skip';
        if (hostPorts(gone).length === 0) return 'Skip';
        const freed = newNodeInfo({ apiVersion: 'v1', kind: 'Node', metadata: { name: gone.spec.nodeName ?? '' } });
        addPodToNode(freed, newPodInfo(gone));
        return pod.hostPorts.some((port) => isPortTaken(freed, port)) ? 'Queue' : 'Skip';
      },
    },
    { kind: 'Node', actions: ['Add'] },
  ],
};
