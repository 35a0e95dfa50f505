/**
 * What may change in a pod once it exists: very little.
 * @source pkg/apis/core/validation/validation.go ValidatePodUpdate
 */
import { semanticEqual } from './equal.ts';
import { type FieldError, forbiddenField, invalid, required } from './field-error.ts';
import { internalPodSpec } from './internal-form.ts';
import { mapSame } from './map-same.ts';
import { validateOnlyAddedTolerations } from './placement-validation.ts';
import { validatePodSpec } from './pod-validation.ts';
import type { Container, Pod, PodSpec } from './types.ts';
import { unifiedDiff } from './unified-diff.ts';

const CHANGEABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');
const MAX_INT32 = 2_147_483_647;

export function validatePodUpdate(pod: Pod, old: Pod): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (pod.spec === old.spec) return errors;
  validatePodSpec(errors, pod.spec, 'spec', { annotations: pod.metadata.annotations, isPod: true });
  for (const list of ['containers', 'initContainers'] as const) {
    if (!validateContainerChanges(errors, pod.spec[list] ?? [], old.spec[list] ?? [], `spec.${list}`)) return errors;
  }
  if (!validateDeadline(errors, pod.spec, old.spec)) return errors;
  validateOnlyAddedTolerations(errors, pod.spec.tolerations ?? [], old.spec.tolerations ?? [], 'spec.tolerations');
  validateOnlyRemovedGates(errors, pod.spec, old.spec);
  const rest = withoutChangeable(pod.spec, old.spec);
  if (!semanticEqual(rest, old.spec)) {
    const before = JSON.stringify(internalPodSpec(old.spec), undefined, 1);
    const after = JSON.stringify(internalPodSpec(rest), undefined, 1);
    const detail = `pod updates may not change fields other than ${CHANGEABLE}\n${unifiedDiff(before, after)}`;
    errors.push(forbiddenField('spec', detail));
  }
  return errors;
}

/** False: there is no point in looking further. */
function validateContainerChanges(
  errors: FieldError[],
  containers: readonly Container[],
  old: readonly Container[],
  field: string,
): boolean {
  if (containers.length !== old.length) {
    errors.push(forbiddenField(field, 'pod updates may not add or remove containers'));
    return false;
  }
  containers.forEach(({ image = '' }, i) => {
    if (image === '') errors.push(required(`${field}[${i}].image`));
    if (image !== image.trim()) {
      errors.push(invalid(`${field}[${i}].image`, image, 'must not have leading or trailing whitespace'));
    }
  });
  return true;
}

function validateDeadline(errors: FieldError[], spec: PodSpec, old: PodSpec): boolean {
  const field = 'spec.activeDeadlineSeconds';
  const [seconds, before] = [spec.activeDeadlineSeconds, old.activeDeadlineSeconds];
  if (seconds === undefined) {
    if (before !== undefined) {
      errors.push(invalid(field, null, 'must not update from a positive integer to nil value'));
    }
    return true;
  }
  if (seconds < 0 || seconds > MAX_INT32) {
    errors.push(invalid(field, seconds, `must be between 0 and ${MAX_INT32}, inclusive`));
    return false;
  }
  if (before !== undefined && before < seconds) {
    errors.push(invalid(field, seconds, 'must be less than or equal to previous value'));
    return false;
  }
  return true;
}

function validateOnlyRemovedGates(errors: FieldError[], spec: PodSpec, old: PodSpec): void {
  const known = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  spec.schedulingGates?.forEach(({ name }, i) => {
    if (known.has(name)) return;
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`;
    errors.push(forbiddenField(`spec.schedulingGates[${i}].name`, detail));
  });
}

/** The new specification with the old one's value wherever a change is allowed. */
function withoutChangeable(spec: PodSpec, old: PodSpec): PodSpec {
  const withImages = (containers: readonly Container[], before: readonly Container[]): readonly Container[] =>
    mapSame(containers, (container, i) => ({ ...container, image: before[i]?.image }));
  const { activeDeadlineSeconds: _deadline, schedulingGates: _gates, tolerations: _tolerations, ...rest } = spec;
  const negative = (old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1;
  const gated = (old.schedulingGates?.length ?? 0) > 0;
  return {
    ...rest,
    containers: withImages(spec.containers, old.containers),
    ...(spec.initContainers && { initContainers: withImages(spec.initContainers, old.initContainers ?? []) }),
    ...(old.activeDeadlineSeconds !== undefined && { activeDeadlineSeconds: old.activeDeadlineSeconds }),
    ...(old.schedulingGates !== undefined && { schedulingGates: old.schedulingGates }),
    ...(old.tolerations !== undefined && { tolerations: old.tolerations }),
    ...(negative && { terminationGracePeriodSeconds: old.terminationGracePeriodSeconds }),
    ...(gated && { nodeSelector: old.nodeSelector, affinity: old.affinity }),
  };
}
