/**
 * NodeUnschedulable: a cordoned node takes no new pods, unless they tolerate just that.
 * @source pkg/scheduler/framework/plugins/nodeunschedulable/node_unschedulable.go
 */

import type { Plugin } from '../framework.ts';
import { podKey } from '../node-info.ts';
import { unresolvable } from '../status.ts';
import { isTolerated } from '../tolerations.ts';

const CORDONED = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  filter(cycle, pod, node) {
    if (node.node.spec?.unschedulable !== true) return undefined;
    const tolerated = isTolerated(CORDONED, pod.pod.spec.tolerations, cycle.gates.TaintTolerationComparisonOperators);
    return tolerated ? undefined : unresolvable('node(s) were unschedulable');
  },
  events: [
    {
      kind: 'Node',
      actions: ['Add', 'UpdateNodeTaint'],
      hint(_cycle, _pod, event) {
        if (event.kind !== 'Node' || event.after?.spec?.unschedulable === true) return 'Skip';
        return event.before === undefined || event.before.spec?.unschedulable === true ? 'Queue' : 'Skip';
      },
    },
    {
      kind: 'Pod',
      actions: ['UpdatePodToleration'],
      hint(cycle, pod, event) {
        if (event.kind !== 'Pod' || event.after === undefined || podKey(event.after) !== pod.key) return 'Skip';
        const tolerations = event.after.spec.tolerations;
        return isTolerated(CORDONED, tolerations, cycle.gates.TaintTolerationComparisonOperators) ? 'Queue' : 'Skip';
      },
    },
  ],
};
