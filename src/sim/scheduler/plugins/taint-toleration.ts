/**
 * TaintToleration: NoSchedule and NoExecute taints keep pods away; every untolerated PreferNoSchedule taint costs score.
 * @source pkg/scheduler/framework/plugins/tainttoleration/taint_toleration.go
 */
import type { Node, Toleration } from '../../api/types.ts';
import { normalizeByHighest, type Plugin } from '../framework.ts';
import { podKey } from '../node-info.ts';
import { unresolvable } from '../status.ts';
import { firstUntoleratedTaint, isTolerated } from '../tolerations.ts';

export const taintToleration: Plugin<undefined, readonly Toleration[]> = {
  name: 'TaintToleration',
  filter(cycle, pod, node) {
    const comparison = cycle.gates.TaintTolerationComparisonOperators;
    const taint = firstUntoleratedTaint(node.node, pod.pod.spec.tolerations, comparison);
    return taint === undefined ? undefined : unresolvable('node(s) had untolerated taint(s)');
  },
  preScore(_cycle, pod) {
    const tolerations = pod.pod.spec.tolerations ?? [];
    return { kind: 'go', state: tolerations.filter(({ effect }) => !effect || effect === 'PreferNoSchedule') };
  },
  score(cycle, _pod, node, tolerations) {
    let untolerated = 0;
    for (const taint of node.node.spec?.taints ?? []) {
      if (taint.effect !== 'PreferNoSchedule') continue;
      if (!isTolerated(taint, tolerations, cycle.gates.TaintTolerationComparisonOperators)) untolerated++;
    }
    return untolerated;
  },
  normalize(_cycle, _pod, _state, _nodes, scores) {
    normalizeByHighest(scores, true);
  },
  events: [
    {
      kind: 'Node',
      actions: ['Add', 'UpdateNodeTaint'],
      hint(cycle, pod, event) {
        if (event.kind !== 'Node' || event.after === undefined) return 'Skip';
        const comparison = cycle.gates.TaintTolerationComparisonOperators;
        const tolerations = pod.pod.spec.tolerations;
        const kept = (node: Node | undefined) =>
          node === undefined || firstUntoleratedTaint(node, tolerations, comparison) !== undefined;
        return kept(event.before) && !kept(event.after) ? 'Queue' : 'Skip';
      },
    },
    {
      kind: 'Pod',
      actions: ['UpdatePodToleration'],
      hint: (_cycle, pod, event) =>
        event.kind === 'Pod' && event.after !== undefined && podKey(event.after) === pod.key ? 'Queue' : 'Skip',
    },
  ],
};
