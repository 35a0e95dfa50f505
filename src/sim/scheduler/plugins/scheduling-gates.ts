/**
 * SchedulingGates: a pod with `spec.schedulingGates` does not even enter the queue.
 * @source pkg/scheduler/framework/plugins/schedulinggates/scheduling_gates.go
 */

import type { Plugin } from '../framework.ts';
import { podKey } from '../node-info.ts';
import { unresolvable } from '../status.ts';

export const schedulingGates: Plugin = {
  name: 'SchedulingGates',
  preEnqueue(pod) {
    const gates = pod.pod.spec.schedulingGates ?? [];
    if (gates.length === 0) return undefined;
    return unresolvable(`waiting for scheduling gates: [${gates.map((gate) => gate.name).join(' ')}]`);
  },
  events: [
    {
      kind: 'Pod',
      actions: ['UpdatePodSchedulingGatesEliminated'],
      hint: (_cycle, pod, event) =>
        event.kind === 'Pod' && event.after !== undefined && podKey(event.after) === pod.key ? 'Queue' : 'Skip',
    },
  ],
};
