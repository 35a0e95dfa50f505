/**
 * NodeName: a pod that names its node fits on that node only.
 * @source pkg/scheduler/framework/plugins/nodename/node_name.go
 */
import type { Plugin } from '../framework.ts';
import { unresolvable } from '../status.ts';

export const nodeName: Plugin = {
  name: 'NodeName',
  filter(_cycle, pod, node) {
    const wanted = pod.pod.spec.nodeName;
    return !wanted || wanted === node.name ? undefined : unresolvable("node(s) didn't match the requested node name");
  },
  events: [{ kind: 'Node', actions: ['Add'] }],
};
