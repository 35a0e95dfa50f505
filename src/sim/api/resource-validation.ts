/**
 * Requests and limits: which resources there are, which may be overcommitted, and what the quantities may be.
 * @source pkg/apis/core/validation/validation.go validateResourceRequirements, pkg/apis/core/helper/helpers.go
 */
import { type FieldError, forbiddenField, invalid, notSupported, required } from './field-error.ts';
import { isQualifiedName } from './names.ts';
import { canonicalQuantity, compareQuantities, mustParseQuantity } from './quantity.ts';
import type { Quantity, ResourceList, ResourceRequirements } from './types.ts';

const CONTAINER_RESOURCES = new Set(['cpu', 'memory', 'ephemeral-storage']);
const STANDARD_RESOURCES = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
  'storage',
  'requests.storage',
]);
const INTEGER_RESOURCES = new Set([
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'persistentvolumeclaims',
  'configmaps',
  'services.nodeports',
  'services.loadbalancers',
]);

/** A container's requests and limits. */
export function validateContainerResources(errors: FieldError[], resources: ResourceRequirements, field: string): void {
  validateRequirements(errors, resources, field, validateContainerResourceName);
}

/** Pod-level requests and limits. */
export function validatePodLevelResources(errors: FieldError[], resources: ResourceRequirements, field: string): void {
  validateRequirements(errors, resources, field, (list, name, path) => {
    const before = list.length;
    validateResourceName(list, name, path);
    if (list.length === before && name !== 'cpu' && name !== 'memory' && !isHugePages(name)) {
      list.push(notSupported(path, name, ['cpu', 'hugepages-', 'memory']));
    }
  });
}

function validateRequirements(
  errors: FieldError[],
  { limits, requests }: ResourceRequirements,
  field: string,
  validateName: (errors: FieldError[], name: string, field: string) => void,
): void {
  for (const name in limits) {
    const path = `${field}.limits[${name}]`;
    validateName(errors, name, path);
    validateResourceQuantity(errors, name, limits[name] ?? 0, path);
  }
  for (const name in requests) {
    const path = `${field}.requests[${name}]`;
    const request = requests[name] ?? 0;
    validateName(errors, name, path);
    validateResourceQuantity(errors, name, request, path);
    const limit = limits?.[name];
    if (limit !== undefined) {
      const order = compareQuantities(request, limit);
      if (order !== 0 && !mayOvercommit(name)) {
        const detail = `must be equal to ${name} limit of ${canonicalQuantity(limit)}`;
        errors.push(invalid(`${field}.requests`, canonicalQuantity(request), detail));
      } else if (order > 0) {
        const detail = `must be less than or equal to ${name} limit of ${canonicalQuantity(limit)}`;
        errors.push(invalid(`${field}.requests`, canonicalQuantity(request), detail));
      }
    } else if (!mayOvercommit(name)) {
      errors.push(required(`${field}.limits`, 'Limit must be set for non overcommitable resources'));
    }
  }
  const hugePages = hasHugePages(limits) || hasHugePages(requests);
  if (hugePages && !hasComputeResource(limits) && !hasComputeResource(requests)) {
    errors.push(forbiddenField(field, 'HugePages require cpu or memory'));
  }
}

/** Not negative; whole for things that are counted. */
export function validateResourceQuantity(errors: FieldError[], name: string, value: Quantity, field: string): void {
  const { nanos } = mustParseQuantity(value);
  if (nanos < 0n) errors.push(invalid(field, canonicalQuantity(value), 'must be greater than or equal to 0'));
  if ((INTEGER_RESOURCES.has(name) || isExtendedResource(name)) && nanos % 1_000_000_000n !== 0n) {
    errors.push(invalid(field, canonicalQuantity(value), 'must be an integer'));
  }
}

function validateContainerResourceName(errors: FieldError[], name: string, field: string): void {
  if (CONTAINER_RESOURCES.has(name)) return;
  validateResourceName(errors, name, field);
  if (!name.includes('/')) {
    if (!isHugePages(name)) errors.push(invalid(field, name, 'must be a standard resource for containers'));
  } else if (!isNativeResource(name) && !isExtendedResource(name)) {
    errors.push(invalid(field, name, "doesn't follow extended resource name standard"));
  }
}

/** A qualified name, and one of the standard ones when it has no prefix. */
export function validateResourceName(errors: FieldError[], name: string, field: string): void {
  const wrong = isQualifiedName(name);
  for (const complaint of wrong) errors.push(invalid(field, name, complaint));
  if (wrong.length === 0 && !name.includes('/') && !isStandardResource(name)) {
    errors.push(invalid(field, name, 'must be a standard resource type or fully qualified'));
  }
}

/** `cpu`, `pods`, `hugepages-2Mi`, … */
export function isStandardResource(name: string): boolean {
  return STANDARD_RESOURCES.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-');
}

export function isHugePages(name: string): boolean {
  return name.startsWith('hugepages-');
}

function isNativeResource(name: string): boolean {
  return !name.includes('/') || name.includes('kubernetes.io/');
}

/** `example.com/gpu`: counted, not overcommitted. */
export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith('requests.')) return false;
  return isQualifiedName(`requests.${name}`).length === 0;
}

function mayOvercommit(name: string): boolean {
  return isNativeResource(name) && !isHugePages(name);
}

function hasHugePages(list: ResourceList | undefined): boolean {
  for (const name in list) if (isHugePages(name)) return true;
  return false;
}

function hasComputeResource(list: ResourceList | undefined): boolean {
  return list?.['cpu'] !== undefined || list?.['memory'] !== undefined;
}

/** `fractional byte value "100m" is invalid, must be an integer`, for memory and storage. */
export function resourceWarnings(resources: ResourceRequirements | undefined, field: string): readonly string[] {
  const warnings: string[] = [];
  for (const which of ['limits', 'requests'] as const) {
    for (const name of ['memory', 'ephemeral-storage']) {
      const value = resources?.[which]?.[name];
      if (value === undefined || mustParseQuantity(value).nanos % 1_000_000_000n === 0n) continue;
      const text = `fractional byte value ${JSON.stringify(canonicalQuantity(value))} is invalid, must be an integer`;
      warnings.push(`${field}.${which}[${name}]: ${text}`);
    }
  }
  return warnings;
}
