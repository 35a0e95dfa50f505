/**
 * ResourceQuotas and LimitRanges.
 * @source pkg/apis/core/validation/validation.go ValidateResourceQuotaSpec, ValidateLimitRange
 */
import { duplicate, type FieldError, forbiddenField, invalid, required } from './field-error.ts';
import { pushComplaints } from './metadata.ts';
import { isQualifiedName } from './names.ts';
import { canonicalQuantity, compareQuantities, quantityMilliValue } from './quantity.ts';
import { validateResourceName, validateResourceQuantity } from './resource-validation.ts';
import type { LimitRange, LimitRangeItem, Quantity, ResourceQuota } from './types.ts';

const SCOPES = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
];

export function validateResourceQuota(quota: ResourceQuota): readonly FieldError[] {
  const errors: FieldError[] = [];
  const hard = quota.spec?.hard ?? {};
  for (const name in hard) {
    const field = `spec.hard[${name}]`;
    validateQuotaName(errors, name, field);
    validateResourceQuantity(errors, name, hard[name] ?? 0, field);
  }
  const scopes = quota.spec?.scopes ?? [];
  for (const scope of scopes) {
    if (!SCOPES.includes(scope)) errors.push(invalid('spec.scopes', scopes, 'unsupported scope'));
  }
  for (const [one, other] of [
    ['BestEffort', 'NotBestEffort'],
    ['Terminating', 'NotTerminating'],
  ]) {
    if (scopes.includes(one ?? '') && scopes.includes(other ?? '')) {
      errors.push(invalid('spec.scopes', scopes, 'conflicting scopes'));
    }
  }
  return errors;
}

const QUOTA_ONLY = /^(count\/|requests\.|[^/]+\.storageclass\.storage\.k8s\.io\/)/;

function validateQuotaName(errors: FieldError[], name: string, field: string): void {
  if (QUOTA_ONLY.test(name)) {
    pushComplaints(errors, field, name, isQualifiedName(name));
    return;
  }
  const before = errors.length;
  validateResourceName(errors, name, field);
  const last = errors[errors.length - 1];
  if (errors.length > before && last?.body.includes('must be a standard resource type')) {
    errors[errors.length - 1] = invalid(field, name, 'must be a standard resource for quota');
  }
}

const LIMIT_TYPES = ['Pod', 'Container', 'PersistentVolumeClaim'];

export function validateLimitRange(range: LimitRange): readonly FieldError[] {
  const errors: FieldError[] = [];
  const types = new Set<string>();
  range.spec.limits.forEach((item, i) => {
    const field = `spec.limits[${i}]`;
    if (!item.type?.includes('/') && !LIMIT_TYPES.includes(item.type)) {
      const wrong = isQualifiedName(item.type ?? '');
      const complaints = wrong.length > 0 ? wrong : ['must be a standard limit type or fully qualified'];
      pushComplaints(errors, `${field}.type`, item.type ?? '', complaints);
    }
    if (types.has(item.type)) errors.push(duplicate(`${field}.type`, item.type));
    types.add(item.type);
    validateItem(errors, item, field);
  });
  return errors;
}

const LISTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;

function validateItem(errors: FieldError[], item: LimitRangeItem, field: string): void {
  const names = new Set<string>();
  for (const list of LISTS) {
    const amounts = item[list];
    if (amounts === undefined) continue;
    if (item.type === 'Pod' && (list === 'default' || list === 'defaultRequest')) {
      if (Object.keys(amounts).length > 0) {
        errors.push(forbiddenField(`${field}.${list}`, "may not be specified when `type` is 'Pod'"));
      }
      continue;
    }
    for (const name in amounts) {
      validateResourceName(errors, name, `${field}.${list}[${name}]`);
      names.add(name);
    }
  }
  const noStorage = item.min?.['storage'] === undefined && item.max?.['storage'] === undefined;
  if (item.type === 'PersistentVolumeClaim' && noStorage) {
    const detail = 'either minimum or maximum storage value is required, but neither was provided';
    errors.push(required(`${field}.limits`, detail));
  }
  for (const name of names) validateBounds(errors, item, name, field);
}

function validateBounds(errors: FieldError[], item: LimitRangeItem, name: string, field: string): void {
  const [min, max] = [item.min?.[name], item.max?.[name]];
  const plain = item.type !== 'Pod';
  const limit = plain ? item.default?.[name] : undefined;
  const request = plain ? item.defaultRequest?.[name] : undefined;
  const greater = (a: Quantity | undefined, b: Quantity | undefined): boolean =>
    a !== undefined && b !== undefined && compareQuantities(a, b) > 0;
  const say = (list: string, shown: Quantity | undefined, detail: string): void => {
    errors.push(invalid(`${field}.${list}[${name}]`, text(shown), detail));
  };
  if (greater(min, max)) say('min', min, `min value ${text(min)} is greater than max value ${text(max)}`);
  if (greater(min, request)) {
    say('defaultRequest', request, `min value ${text(min)} is greater than default request value ${text(request)}`);
  }
  if (greater(request, max)) {
    say('defaultRequest', request, `default request value ${text(request)} is greater than max value ${text(max)}`);
  }
  if (greater(request, limit)) {
    const detail = `default request value ${text(request)} is greater than default limit value ${text(limit)}`;
    say('defaultRequest', request, detail);
  }
  if (greater(min, limit)) say('default', min, `min value ${text(min)} is greater than default value ${text(limit)}`);
  if (greater(limit, max)) say('default', max, `default value ${text(limit)} is greater than max value ${text(max)}`);
  const ratio = item.maxLimitRequestRatio?.[name];
  if (ratio === undefined) return;
  if (compareQuantities(ratio, '1') < 0) say('maxLimitRequestRatio', ratio, `ratio ${text(ratio)} is less than 1`);
  if (min === undefined || max === undefined) return;
  const most = quantityMilliValue(max) / quantityMilliValue(min);
  if (quantityMilliValue(ratio) / 1000 > most) {
    say('maxLimitRequestRatio', ratio, `ratio ${text(ratio)} is greater than max/min = ${most.toFixed(6)}`);
  }
}

function text(value: Quantity | undefined): string {
  return canonicalQuantity(value ?? 0);
}
