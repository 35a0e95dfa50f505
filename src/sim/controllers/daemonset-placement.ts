/** Where daemon pods belong. Models pkg/controller/daemon (NodeShouldRunDaemonPod) and its util. */
import { semanticEqual } from '../api/equal.ts';
import { matchesSelector, selectorOf } from '../api/selector.ts';
import type { Affinity, DaemonSet, Node, NodeSelectorTerm, Pod, Toleration } from '../api/types.ts';
import { tolerates } from './taints.ts';

export interface Placement {
  /** A pod is wanted here. */
  readonly shouldRun: boolean;
  /** A pod that is here already may stay. */
  readonly mayStay: boolean;
}

const NOWHERE: Placement = Object.freeze({ shouldRun: false, mayStay: false });

export function placementOn(set: DaemonSet, node: Node): Placement {
  const { spec } = set.spec.template;
  const { name, labels } = node.metadata;
  if ((spec.nodeName ?? '') !== '' && spec.nodeName !== name) return NOWHERE;
  const selected = Object.entries(spec.nodeSelector ?? {}).every(([key, value]) => labels?.[key] === value);
  if (!selected || !matchesAffinity(spec.affinity, node)) return NOWHERE;
  const tolerations = daemonTolerations(set);
  const untolerated = (node.spec?.taints ?? []).filter((taint) => !tolerations.some((one) => tolerates(one, taint)));
  return {
    shouldRun: !untolerated.some(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute'),
    mayStay: !untolerated.some(({ effect }) => effect === 'NoExecute'),
  };
}

/** Tolerated by every daemon pod, for as long as it takes. @source pkg/controller/daemon/util/daemonset_util.go */
export function daemonTolerations(set: DaemonSet): Toleration[] {
  const tolerations = [...(set.spec.template.spec.tolerations ?? [])];
  const always = (name: string, effect: string) => {
    const added: Toleration = { key: `node.kubernetes.io/${name}`, operator: 'Exists', effect };
    if (!tolerations.some((other) => semanticEqual(other, added))) tolerations.push(added);
  };
  always('not-ready', 'NoExecute');
  always('unreachable', 'NoExecute');
  always('disk-pressure', 'NoSchedule');
  always('memory-pressure', 'NoSchedule');
  always('pid-pressure', 'NoSchedule');
  always('unschedulable', 'NoSchedule');
  if (set.spec.template.spec.hostNetwork === true) always('network-unavailable', 'NoSchedule');
  return tolerations;
}

/** Pins a pod to a node, over whatever required node affinity it had. */
export function pinnedTo(affinity: Affinity | undefined, node: string): Affinity {
  const nodeSelectorTerms = [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }];
  const requiredDuringSchedulingIgnoredDuringExecution = { nodeSelectorTerms };
  return { ...affinity, nodeAffinity: { ...affinity?.nodeAffinity, requiredDuringSchedulingIgnoredDuringExecution } };
}

/** The node a daemon pod is bound to, or is meant for by its affinity; '' when neither. */
export function targetNode(pod: Pod): string {
  if ((pod.spec.nodeName ?? '') !== '') return pod.spec.nodeName ?? '';
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const { matchFields } of required?.nodeSelectorTerms ?? [])
    for (const { key, operator, values } of matchFields ?? [])
      if (key === 'metadata.name' && operator === 'In' && values?.length === 1) return values[0] ?? '';
  return '';
}

/** Whether a change of a node can change where daemons belong. */
export function sameForDaemons(old: Node, node: Node): boolean {
  return (
    semanticEqual(old.metadata.labels, node.metadata.labels) &&
    semanticEqual(
      old.spec?.taints?.map(({ key, value, effect }) => ({ key, value, effect })),
      node.spec?.taints?.map(({ key, value, effect }) => ({ key, value, effect })),
    )
  );
}

function matchesAffinity(affinity: Affinity | undefined, node: Node): boolean {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return required === undefined || required.some((term) => matchesTerm(term, node));
}

function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const { matchFields = [], matchExpressions = [] } = term;
  // A term that demands nothing matches nothing.
  if (matchFields.length === 0 && matchExpressions.length === 0) return false;
  const fields = matchFields.every(({ key, operator, values }) => {
    const same = key === 'metadata.name' && values?.includes(node.metadata.name) === true;
    return operator === 'NotIn' ? !same : same;
  });
  return fields && matchExpressions.every((requirement) => matchesRequirement(requirement, node));
}

function matchesRequirement(
  { key, operator, values }: { key: string; operator: string; values?: readonly string[] | undefined },
  node: Node,
): boolean {
  const labels = node.metadata.labels;
  if (operator === 'Gt' || operator === 'Lt') {
    const [have, limit] = [Number(labels?.[key] ?? Number.NaN), Number(values?.[0] ?? Number.NaN)];
    return operator === 'Gt' ? have > limit : have < limit;
  }
  return matchesSelector(selectorOf({ matchExpressions: [{ key, operator, values }] }), labels);
}
