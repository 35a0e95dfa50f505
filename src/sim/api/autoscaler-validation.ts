/**
 * HorizontalPodAutoscalers.
 * @source pkg/apis/autoscaling/validation/validation.go
 */
import { type FieldError, invalid, notSupported, required } from './field-error.ts';
import { pushComplaints } from './metadata.ts';
import { isPathSegmentName } from './names.ts';
import { mustParseQuantity } from './quantity.ts';
import type { HorizontalPodAutoscaler, MetricSpec, MetricTarget, ScalingRules } from './types.ts';

const METRIC_TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];
const SELECT_POLICIES = ['Disabled', 'Max', 'Min'];
const SOURCES: Readonly<Record<string, 'object' | 'pods' | 'resource' | 'containerResource' | 'external'>> = {
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
  External: 'external',
};
const MAX_WINDOW_SECONDS = 3600;
const MAX_PERIOD_SECONDS = 1800;

export function validateAutoscaler({ spec }: HorizontalPodAutoscaler): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { minReplicas, maxReplicas = 0, scaleTargetRef } = spec;
  if (minReplicas !== undefined && minReplicas < 1) {
    errors.push(invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'));
  }
  if (maxReplicas === 0) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'));
  else if (maxReplicas < 0) errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to 1'));
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'));
  }
  for (const name of ['kind', 'name'] as const) {
    const value = scaleTargetRef?.[name] ?? '';
    if (value === '') errors.push(required(`spec.scaleTargetRef.${name}`));
    else pushComplaints(errors, `spec.scaleTargetRef.${name}`, value, isPathSegmentName(value));
  }
  const apiVersion = scaleTargetRef?.apiVersion ?? '';
  const coreKind = scaleTargetRef?.kind === 'ReplicationController';
  if (!apiVersion.includes('/') && !coreKind) {
    errors.push(invalid('spec.scaleTargetRef.apiVersion', apiVersion, 'apiVersion must specify API group'));
  }
  spec.metrics?.forEach((metric, i) => {
    validateMetric(errors, metric, `spec.metrics[${i}]`);
  });
  validateRules(errors, spec.behavior?.scaleUp, 'spec.behavior.scaleUp');
  validateRules(errors, spec.behavior?.scaleDown, 'spec.behavior.scaleDown');
  return errors;
}

function validateMetric(errors: FieldError[], metric: MetricSpec, field: string): void {
  const source = SOURCES[metric.type];
  if (!metric.type) errors.push(required(`${field}.type`, 'must specify a metric source type'));
  else if (source === undefined) errors.push(notSupported(`${field}.type`, metric.type, METRIC_TYPES));
  if (source === undefined) return;
  const given = metric[source];
  if (given === undefined) {
    errors.push(required(`${field}.${source}`, 'must populate information for the given metric source'));
    return;
  }
  validateTarget(errors, given.target, source, `${field}.${source}`);
}

function validateTarget(errors: FieldError[], target: MetricTarget | undefined, source: string, field: string): void {
  if (target?.type === undefined || target.type === '') {
    errors.push(required(`${field}.target.type`, 'must specify a metric target type'));
    return;
  }
  if (!['Utilization', 'Value', 'AverageValue'].includes(target.type)) {
    const detail = 'must be either Utilization, Value, or AverageValue';
    errors.push(invalid(`${field}.target.type`, target.type, detail));
  }
  const { averageUtilization, averageValue, value } = target;
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(invalid(`${field}.target.averageUtilization`, averageUtilization, 'must be greater than 0'));
  }
  for (const [name, quantity] of [
    ['value', value],
    ['averageValue', averageValue],
  ] as const) {
    if (quantity !== undefined && mustParseQuantity(quantity).nanos <= 0n) {
      errors.push(invalid(`${field}.target.${name}`, String(quantity), 'must be positive'));
    }
  }
  if (source === 'resource' || source === 'containerResource') {
    if (averageUtilization === undefined && averageValue === undefined) {
      const detail = 'must set either a target raw value or a target utilization';
      errors.push(required(`${field}.target.averageUtilization`, detail));
    }
  } else if (source === 'pods') {
    if (averageValue === undefined) {
      errors.push(required(`${field}.target.averageValue`, 'must specify a positive target averageValue'));
    }
  } else if (value === undefined && averageValue === undefined) {
    const detail = 'must set either a target value for metric or a per-pod target';
    errors.push(required(`${field}.target.averageValue`, detail));
  }
}

function validateRules(errors: FieldError[], rules: ScalingRules | undefined, field: string): void {
  if (rules === undefined) return;
  const { stabilizationWindowSeconds: seconds, selectPolicy, policies = [] } = rules;
  if (seconds !== undefined && seconds < 0) {
    errors.push(invalid(`${field}.stabilizationWindowSeconds`, seconds, 'must be greater than or equal to zero'));
  }
  if (seconds !== undefined && seconds > MAX_WINDOW_SECONDS) {
    const detail = `must be less than or equal to ${MAX_WINDOW_SECONDS}`;
    errors.push(invalid(`${field}.stabilizationWindowSeconds`, seconds, detail));
  }
  if (selectPolicy !== undefined && !SELECT_POLICIES.includes(selectPolicy)) {
    errors.push(notSupported(`${field}.selectPolicy`, selectPolicy, SELECT_POLICIES));
  }
  if (policies.length === 0) errors.push(required(`${field}.policies`, 'must specify at least one Policy'));
  policies.forEach(({ type, value, periodSeconds }, i) => {
    const path = `${field}.policies[${i}]`;
    if (type !== 'Pods' && type !== 'Percent') errors.push(notSupported(`${path}.type`, type, ['Percent', 'Pods']));
    if (!(value > 0)) errors.push(invalid(`${path}.value`, value ?? 0, 'must be greater than zero'));
    if (!(periodSeconds > 0)) {
      errors.push(invalid(`${path}.periodSeconds`, periodSeconds ?? 0, 'must be greater than zero'));
    } else if (periodSeconds > MAX_PERIOD_SECONDS) {
      const detail = `must be less than or equal to ${MAX_PERIOD_SECONDS}`;
      errors.push(invalid(`${path}.periodSeconds`, periodSeconds, detail));
    }
  });
}
