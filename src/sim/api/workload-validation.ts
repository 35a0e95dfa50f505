/**
 * Deployments, ReplicaSets, StatefulSets, DaemonSets and ReplicationControllers: what they must say, and what may change.
 * @source pkg/apis/apps/validation/validation.go, pkg/apis/core/validation/validation.go
 */
import { semanticEqual } from './equal.ts';
import { type FieldError, forbiddenField, invalid, notSupported, required, sortedMap } from './field-error.ts';
import { intOrPercentValue, validateIntOrPercent, validatePercentAtMost100 } from './int-or-percent.ts';
import { pushComplaints, validateImmutable, validateLabelSelector, validateNonNegative } from './metadata.ts';
import { isDnsLabel } from './names.ts';
import { validateTemplate } from './pod-validation.ts';
import { matchesSelector, type Selector, selectorOf, selectorOfMap } from './selector.ts';
import type {
  DaemonSet,
  Deployment,
  LabelSelector,
  PodTemplateSpec,
  ReplicaSet,
  ReplicationController,
  StatefulSet,
  StringMap,
} from './types.ts';
import { validateClaimSpec } from './volume-validation.ts';

const NO_MATCH = '`selector` does not match template `labels`';

export function validateDeployment({ spec }: Deployment): readonly FieldError[] {
  const errors: FieldError[] = [];
  validateNonNegative(errors, spec.replicas, 'spec.replicas');
  if (validateSelector(errors, spec.selector, 'deployment', 'invalid label selector')) {
    validateReplicatedTemplate(errors, spec.template, selectorOrAll(spec.selector), 'ReplicaSet');
  }
  validateDeploymentStrategy(errors, spec.strategy ?? {});
  validateNonNegative(errors, spec.minReadySeconds, 'spec.minReadySeconds');
  validateNonNegative(errors, spec.revisionHistoryLimit, 'spec.revisionHistoryLimit');
  const deadline = spec.progressDeadlineSeconds;
  validateNonNegative(errors, deadline, 'spec.progressDeadlineSeconds');
  if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0)) {
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  }
  return errors;
}

export function validateDeploymentUpdate(deployment: Deployment, old: Deployment): readonly FieldError[] {
  const errors: FieldError[] = [];
  validateImmutable(errors, deployment.spec.selector, old.spec.selector, 'spec.selector');
  return errors;
}

function validateDeploymentStrategy(errors: FieldError[], strategy: NonNullable<Deployment['spec']['strategy']>): void {
  const field = 'spec.strategy';
  const { type = '', rollingUpdate } = strategy;
  if (type === 'Recreate') {
    if (rollingUpdate !== undefined) {
      const detail = "may not be specified when strategy `type` is 'Recreate'";
      errors.push(forbiddenField(`${field}.rollingUpdate`, detail));
    }
    return;
  }
  if (type !== 'RollingUpdate') {
    const shown = { Type: type, RollingUpdate: rollingUpdate ?? null };
    errors.push(notSupported(field, shown, ['Recreate', 'RollingUpdate']));
    return;
  }
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
  const path = `${field}.rollingUpdate`;
  validateIntOrPercent(errors, maxUnavailable, `${path}.maxUnavailable`);
  validateIntOrPercent(errors, maxSurge, `${path}.maxSurge`);
  if (intOrPercentValue(maxUnavailable) === 0 && intOrPercentValue(maxSurge) === 0) {
    errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  validatePercentAtMost100(errors, maxUnavailable, `${path}.maxUnavailable`);
}

export function validateReplicaSet({ spec }: ReplicaSet): readonly FieldError[] {
  const errors: FieldError[] = [];
  validateNonNegative(errors, spec.replicas, 'spec.replicas');
  validateNonNegative(errors, spec.minReadySeconds, 'spec.minReadySeconds');
  if (validateSelector(errors, spec.selector, 'deployment', 'invalid label selector')) {
    validateReplicatedTemplate(errors, spec.template, selectorOrAll(spec.selector), 'ReplicaSet');
  }
  return errors;
}

export function validateReplicaSetUpdate(set: ReplicaSet, old: ReplicaSet): readonly FieldError[] {
  const errors: FieldError[] = [];
  validateImmutable(errors, set.spec.selector, old.spec.selector, 'spec.selector');
  return errors;
}

export function validateReplicationController({ spec }: ReplicationController): readonly FieldError[] {
  const errors: FieldError[] = [];
  validateNonNegative(errors, spec.minReadySeconds, 'spec.minReadySeconds');
  if (Object.keys(spec.selector ?? {}).length === 0) errors.push(required('spec.selector'));
  validateNonNegative(errors, spec.replicas, 'spec.replicas');
  if (spec.template === undefined) errors.push(required('spec.template'));
  else validateReplicatedTemplate(errors, spec.template, selectorOfMap(spec.selector), 'ReplicationController');
  return errors;
}

/** Selector and template fit together, and the template is one of a pod that always restarts. */
function validateReplicatedTemplate(
  errors: FieldError[],
  template: PodTemplateSpec,
  selector: Selector,
  kind: string,
): void {
  const labels = template.metadata?.labels;
  if (!matchesSelector(selector, labels)) errors.push(noMatch('spec.template.metadata.labels', labels));
  validateTemplate(errors, template, 'spec.template');
  validateAlwaysRestarts(errors, template, kind);
}

function validateAlwaysRestarts(errors: FieldError[], template: PodTemplateSpec, kind: string): void {
  const { restartPolicy = '', activeDeadlineSeconds } = template.spec;
  if (restartPolicy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']));
  }
  if (activeDeadlineSeconds !== undefined) {
    const detail = `activeDeadlineSeconds in ${kind} is not Supported`;
    errors.push(forbiddenField('spec.template.spec.activeDeadlineSeconds', detail));
  }
}

function noMatch(field: string, labels: StringMap | undefined): FieldError {
  const shown = labels === undefined ? null : sortedMap(labels);
  return invalid(field, shown, NO_MATCH);
}

/** False: the selector cannot be understood, so nothing can be compared with it. */
function validateSelector(
  errors: FieldError[],
  selector: LabelSelector | undefined,
  kind: string,
  unreadable: string,
): boolean {
  if (selector === undefined) {
    errors.push(required('spec.selector'));
    return true;
  }
  const before = errors.length;
  validateLabelSelector(errors, selector, 'spec.selector');
  if (Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions?.length ?? 0) === 0) {
    errors.push(invalid('spec.selector', selector, `empty selector is invalid for ${kind}`));
  }
  if (errors.length > before && (selector.matchExpressions?.length ?? 0) > 0) {
    errors.push(invalid('spec.selector', selector, unreadable));
    return false;
  }
  return true;
}

/** An absent selector matches nothing, an empty one everything. */
function selectorOrAll(selector: LabelSelector | undefined): Selector {
  return selectorOf(selector);
}

export function validateStatefulSet(set: StatefulSet): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { spec } = set;
  const { podManagementPolicy = '', updateStrategy } = spec;
  if (podManagementPolicy === '') errors.push(required('spec.podManagementPolicy'));
  else if (podManagementPolicy !== 'OrderedReady' && podManagementPolicy !== 'Parallel') {
    errors.push(invalid('spec.podManagementPolicy', podManagementPolicy, "must be 'OrderedReady' or 'Parallel'"));
  }
  validateStatefulStrategy(errors, updateStrategy ?? {});
  for (const moment of ['whenDeleted', 'whenScaled'] as const) {
    const policy = spec.persistentVolumeClaimRetentionPolicy?.[moment];
    if (policy !== undefined && policy !== 'Retain' && policy !== 'Delete') {
      errors.push(notSupported(`spec.persistentVolumeClaimRetentionPolicy.${moment}`, policy, ['Retain', 'Delete']));
    }
  }
  spec.volumeClaimTemplates?.forEach((claim, i) => {
    validateClaimSpec(errors, claim.spec, `spec.volumeClaimTemplates[${i}].spec`);
  });
  validateNonNegative(errors, spec.replicas, 'spec.replicas');
  validateNonNegative(errors, spec.minReadySeconds, 'spec.minReadySeconds');
  validateNonNegative(errors, spec.ordinals?.start, 'spec.ordinals.start');
  if (spec.serviceName) pushComplaints(errors, 'spec.serviceName', spec.serviceName, isDnsLabel(spec.serviceName));
  if (validateSelector(errors, spec.selector, 'statefulset', '')) {
    const labels = spec.template.metadata?.labels;
    if (!matchesSelector(selectorOrAll(spec.selector), labels))
      errors.push(noMatch('spec.template.metadata.labels', labels));
    validateTemplate(errors, withClaimVolumes(spec), 'spec.template');
  }
  validateAlwaysRestarts(errors, spec.template, 'StatefulSet');
  return errors;
}

/** The template with the volumes its claims will become, so that mounts find them. */
function withClaimVolumes({ template, volumeClaimTemplates = [] }: StatefulSet['spec']): PodTemplateSpec {
  if (volumeClaimTemplates.length === 0) return template;
  const names = new Set(volumeClaimTemplates.map(({ metadata }) => metadata.name));
  const claims = [...names].map((name) => ({ name, persistentVolumeClaim: { claimName: name } }));
  const others = (template.spec.volumes ?? []).filter(({ name }) => !names.has(name));
  return { ...template, spec: { ...template.spec, volumes: [...claims, ...others] } };
}

function validateStatefulStrategy(
  errors: FieldError[],
  strategy: NonNullable<StatefulSet['spec']['updateStrategy']>,
): void {
  const { type = '', rollingUpdate } = strategy;
  const field = 'spec.updateStrategy';
  if (type === '') errors.push(required(field));
  else if (type === 'OnDelete') {
    if (rollingUpdate === undefined) return;
    const shown = { Partition: rollingUpdate.partition ?? 0, MaxUnavailable: rollingUpdate.maxUnavailable ?? null };
    errors.push(invalid(`${field}.rollingUpdate`, shown, "only allowed for updateStrategy 'RollingUpdate'"));
  } else if (type === 'RollingUpdate') {
    validateNonNegative(errors, rollingUpdate?.partition, `${field}.rollingUpdate.partition`);
    const maxUnavailable = rollingUpdate?.maxUnavailable;
    if (maxUnavailable === undefined) return;
    validateIntOrPercent(errors, maxUnavailable, `${field}.rollingUpdate.maxUnavailable`);
    if (intOrPercentValue(maxUnavailable) === 0) {
      errors.push(invalid(`${field}.rollingUpdate.maxUnavailable`, maxUnavailable, 'cannot be 0'));
    }
    validatePercentAtMost100(errors, maxUnavailable, `${field}.rollingUpdate.maxUnavailable`);
  } else {
    const shown = { Type: type, RollingUpdate: rollingUpdate ?? null };
    errors.push(invalid(field, shown, "must be 'RollingUpdate' or 'OnDelete'"));
  }
}

const STATEFUL_CHANGES =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

export function validateStatefulSetUpdate(set: StatefulSet, old: StatefulSet): readonly FieldError[] {
  const fixed = {
    ...set.spec,
    replicas: old.spec.replicas,
    template: old.spec.template,
    updateStrategy: old.spec.updateStrategy,
    minReadySeconds: old.spec.minReadySeconds,
    ordinals: old.spec.ordinals,
    revisionHistoryLimit: old.spec.revisionHistoryLimit,
    persistentVolumeClaimRetentionPolicy: old.spec.persistentVolumeClaimRetentionPolicy,
  };
  return semanticEqual(fixed, old.spec) ? [] : [forbiddenField('spec', STATEFUL_CHANGES)];
}

export function validateDaemonSet({ spec }: DaemonSet): readonly FieldError[] {
  const errors: FieldError[] = [];
  validateLabelSelector(errors, spec.selector, 'spec.selector');
  const labels = spec.template.metadata?.labels;
  if (errors.length === 0 && !matchesSelector(selectorOf(spec.selector), labels)) {
    errors.push(noMatch('spec.template.metadata.labels', labels));
  }
  const { matchLabels = {}, matchExpressions = [] } = spec.selector ?? {};
  if (spec.selector !== undefined && Object.keys(matchLabels).length + matchExpressions.length === 0) {
    errors.push(invalid('spec.selector', spec.selector, 'empty selector is invalid for daemonset'));
  }
  validateTemplate(errors, spec.template, 'spec.template');
  validateAlwaysRestarts(errors, spec.template, 'DaemonSet');
  validateNonNegative(errors, spec.minReadySeconds, 'spec.minReadySeconds');
  validateDaemonStrategy(errors, spec.updateStrategy ?? {});
  validateNonNegative(errors, spec.revisionHistoryLimit, 'spec.revisionHistoryLimit');
  return errors;
}

function validateDaemonStrategy(
  errors: FieldError[],
  strategy: NonNullable<DaemonSet['spec']['updateStrategy']>,
): void {
  const field = 'spec.updateStrategy';
  if (strategy.type === 'OnDelete') return;
  if (strategy.type !== 'RollingUpdate') {
    errors.push(notSupported(`${field}.type`, strategy.type ?? '', ['RollingUpdate', 'OnDelete']));
    return;
  }
  const { maxUnavailable = 0, maxSurge = 0 } = strategy.rollingUpdate ?? {};
  const path = `${field}.rollingUpdate`;
  validateIntOrPercent(errors, maxUnavailable, `${path}.maxUnavailable`);
  validateIntOrPercent(errors, maxSurge, `${path}.maxSurge`);
  validatePercentAtMost100(errors, maxUnavailable, `${path}.maxUnavailable`);
  validatePercentAtMost100(errors, maxSurge, `${path}.maxSurge`);
  const [unavailable, surge] = [intOrPercentValue(maxUnavailable) !== 0, intOrPercentValue(maxSurge) !== 0];
  if (unavailable && surge) {
    errors.push(invalid(`${path}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  } else if (!unavailable && !surge) {
    errors.push(required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  }
}

export function validateDaemonSetUpdate(set: DaemonSet, old: DaemonSet): readonly FieldError[] {
  const errors: FieldError[] = [];
  validateImmutable(errors, set.spec.selector, old.spec.selector, 'spec.selector');
  return errors;
}
