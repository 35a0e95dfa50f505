import type { FieldError } from '../field-error.ts';
import { defineKind, specChanged } from '../kind.ts';
import { mapSame, withFields } from '../map-same.ts';
import { isDnsLabel } from '../names.ts';
import { defaultPod } from '../pod-defaults.ts';
import { podQosClass } from '../pod-resources.ts';
import { podCells } from '../pod-row.ts';
import { validatePodUpdate } from '../pod-update.ts';
import { validatePodCreation, validatePodSpec } from '../pod-validation.ts';
import { resourceWarnings } from '../resource-validation.ts';
import { columns } from '../table.ts';
import type { Condition, LabelSelectorRequirement, Pod, PodAffinityTerm, TopologySpreadConstraint } from '../types.ts';

/** @source pkg/registry/core/pod/strategy.go */
export const pods = defineKind<Pod>({
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  subresources: [
    'attach',
    'binding',
    'ephemeralcontainers',
    'eviction',
    'exec',
    'log',
    'portforward',
    'proxy',
    'resize',
    'status',
  ],
  schema: 'core.Pod',
  defaults: defaultPod,
  prepareCreate(pod) {
    const prepared = withMatchLabelKeys(pod);
    return {
      ...prepared,
      status: {
        phase: 'Pending',
        qosClass: podQosClass(pod),
        ...((pod.spec.schedulingGates?.length ?? 0) > 0 && { conditions: [SCHEDULING_GATED] }),
      },
    };
  },
  raisesGeneration: specChanged,
  prepareStatusUpdate(pod, old) {
    const { ownerReferences: _own, deletionTimestamp: _at, ...metadata } = pod.metadata;
    const kept = {
      ...metadata,
      ...(old.metadata.ownerReferences !== undefined && { ownerReferences: old.metadata.ownerReferences }),
      ...(old.metadata.deletionTimestamp !== undefined && { deletionTimestamp: old.metadata.deletionTimestamp }),
    };
    return { ...pod, metadata: kept, status: keepObservedGeneration(pod, old) };
  },
  validate(pod) {
    const errors: FieldError[] = [];
    validatePodSpec(errors, pod.spec, 'spec', { annotations: pod.metadata.annotations, isPod: true });
    validatePodCreation(errors, pod.spec);
    return errors;
  },
  revalidateOnUpdate: false,
  validateUpdate: validatePodUpdate,
  warnings(pod, old) {
    if (old !== undefined) return [];
    const warnings: string[] = [];
    const wrong = isDnsLabel(pod.metadata.name ?? '');
    if (wrong.length > 0) {
      const text =
        "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended";
      warnings.push(`${text}: [${wrong.join(' ')}]`);
    }
    pod.spec.containers?.forEach(({ resources }, i) => {
      warnings.push(...resourceWarnings(resources, `spec.containers[${i}].resources`));
    });
    return warnings;
  },
  deletionGraceSeconds(pod, requestedSeconds) {
    const { phase } = pod.status ?? {};
    if ((pod.spec.nodeName ?? '') === '' || phase === 'Failed' || phase === 'Succeeded') return 0;
    const seconds = requestedSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 0;
    return seconds < 0 ? 1 : seconds;
  },
  columns: columns('Name,Ready,Status,Restarts,Age|IP,Node,Nominated Node,Readiness Gates'),
  row: podCells,
  fieldLabels: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'spec.hostNetwork',
    'status.phase',
    'status.podIP',
    'status.podIPs',
    'status.nominatedNodeName',
    'spec.host',
  ],
  selectableFields: (pod) => ({
    'spec.nodeName': pod.spec.nodeName ?? '',
    'spec.host': pod.spec.nodeName ?? '',
    'spec.restartPolicy': pod.spec.restartPolicy ?? '',
    'spec.schedulerName': pod.spec.schedulerName ?? '',
    'spec.serviceAccountName': pod.spec.serviceAccountName ?? '',
    'spec.hostNetwork': String(pod.spec.hostNetwork ?? false),
    'status.phase': pod.status?.phase ?? '',
    'status.podIP': pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? '',
    'status.nominatedNodeName': pod.status?.nominatedNodeName ?? '',
  }),
});

const SCHEDULING_GATED: Condition = {
  type: 'PodScheduled',
  status: 'False',
  lastProbeTime: null,
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
};

/** `matchLabelKeys` become requirements of the selector, with the pod's own values. */
function withMatchLabelKeys(pod: Pod): Pod {
  const labels = pod.metadata.labels ?? {};
  const { affinity, topologySpreadConstraints } = pod.spec;
  let spec = pod.spec;
  if (topologySpreadConstraints !== undefined) {
    const constraints = mapSame(topologySpreadConstraints, (constraint) =>
      withRequirements<TopologySpreadConstraint>(constraint, requirements(constraint.matchLabelKeys, 'In')),
    );
    spec = withFields(spec, { topologySpreadConstraints: constraints });
  }
  if (affinity?.podAffinity !== undefined || affinity?.podAntiAffinity !== undefined) {
    const changeTerm = (term: PodAffinityTerm): PodAffinityTerm =>
      withRequirements<PodAffinityTerm>(term, [
        ...requirements(term.matchLabelKeys, 'In'),
        ...requirements(term.mismatchLabelKeys, 'NotIn'),
      ]);
    let next = affinity;
    for (const side of ['podAffinity', 'podAntiAffinity'] as const) {
      const given = next[side];
      if (given === undefined) continue;
      let changed = given;
      const hard = given.requiredDuringSchedulingIgnoredDuringExecution;
      const soft = given.preferredDuringSchedulingIgnoredDuringExecution;
      if (hard !== undefined) {
        changed = withFields(changed, { requiredDuringSchedulingIgnoredDuringExecution: mapSame(hard, changeTerm) });
      }
      if (soft !== undefined) {
        const weighted = mapSame(soft, (term) =>
          withFields(term, { podAffinityTerm: changeTerm(term.podAffinityTerm) }),
        );
        changed = withFields(changed, { preferredDuringSchedulingIgnoredDuringExecution: weighted });
      }
      next = withFields(next, { [side]: changed });
    }
    spec = withFields(spec, { affinity: next });
  }
  return withFields(pod, { spec });

  function requirements(keys: readonly string[] | undefined, operator: string): LabelSelectorRequirement[] {
    return (keys ?? []).flatMap((key) => {
      const value = labels[key];
      return value === undefined ? [] : [{ key, operator, values: [value] }];
    });
  }
}

function withRequirements<T extends PodAffinityTerm | TopologySpreadConstraint>(
  term: T,
  added: readonly LabelSelectorRequirement[],
): T {
  if (added.length === 0 || term.labelSelector === undefined) return term;
  const matchExpressions = [...(term.labelSelector.matchExpressions ?? []), ...added];
  return { ...term, labelSelector: { ...term.labelSelector, matchExpressions } };
}

/** A status that leaves out `observedGeneration` keeps the old one; so does the QoS class. */
function keepObservedGeneration(pod: Pod, old: Pod): NonNullable<Pod['status']> {
  const status = pod.status ?? {};
  const before = old.status ?? {};
  const observedGeneration = status.observedGeneration || before.observedGeneration;
  const qosClass = status.qosClass ?? before.qosClass;
  let next = status;
  if (observedGeneration !== undefined) next = withFields(next, { observedGeneration });
  if (qosClass !== undefined) next = withFields(next, { qosClass });
  if (next.conditions === undefined) return next;
  const conditions = mapSame(next.conditions, (condition) => {
    if (condition.observedGeneration) return condition;
    const generation = before.conditions?.find(({ type }) => type === condition.type)?.observedGeneration;
    return generation === undefined ? condition : { ...condition, observedGeneration: generation };
  });
  return withFields(next, { conditions });
}
