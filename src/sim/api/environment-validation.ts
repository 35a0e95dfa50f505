/**
 * Environment variables and where their values come from.
 * @source pkg/apis/core/validation/validation.go ValidateEnv, ValidateEnvFrom
 */
import { type FieldError, invalid, notSupported, required } from './field-error.ts';
import { pushComplaints } from './metadata.ts';
import { isConfigMapKey, isDnsSubdomain, isEnvironmentName, isQualifiedName } from './names.ts';
import { canonicalQuantity } from './quantity.ts';
import type { Container, EnvVar, Quantity } from './types.ts';

const ENVIRONMENT_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
/** Fields of a pod that have a name for the downward API; not all of them are offered everywhere. */
const DOWNWARD_FIELDS = new Set([
  ...ENVIRONMENT_FIELDS,
  'metadata.annotations',
  'metadata.labels',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);
const RESOURCE_FIELDS = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const BYTE_DIVISORS = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'];

export function validateEnvironment(errors: FieldError[], container: Container, path: string): void {
  container.env?.forEach((variable, i) => {
    const field = `${path}.env[${i}]`;
    if (!variable.name) errors.push(required(`${field}.name`));
    else pushComplaints(errors, `${field}.name`, variable.name, isEnvironmentName(variable.name));
    if (variable.valueFrom !== undefined) validateValueFrom(errors, variable, `${field}.valueFrom`);
  });
  container.envFrom?.forEach(({ prefix, configMapRef, secretRef }, i) => {
    const field = `${path}.envFrom[${i}]`;
    if (prefix) pushComplaints(errors, `${field}.prefix`, prefix, isEnvironmentName(prefix));
    if (configMapRef !== undefined) validateReference(errors, configMapRef.name, `${field}.configMapRef.name`);
    if (secretRef !== undefined) validateReference(errors, secretRef.name, `${field}.secretRef.name`);
    if (configMapRef === undefined && secretRef === undefined) {
      errors.push(invalid(`${path}.envFrom`, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (configMapRef !== undefined && secretRef !== undefined) {
      errors.push(invalid(`${path}.envFrom`, '', 'may not have more than one field specified at a time'));
    }
  });
}

function validateReference(errors: FieldError[], name: string | undefined, field: string): void {
  if (!name) errors.push(required(field));
  else pushComplaints(errors, field, name, isDnsSubdomain(name));
}

function validateValueFrom(errors: FieldError[], variable: EnvVar, field: string): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, ...others } = variable.valueFrom ?? {};
  let sources = Object.keys(others).length;
  if (fieldRef !== undefined) {
    sources++;
    validateFieldRef(errors, fieldRef, ENVIRONMENT_FIELDS, `${field}.fieldRef`);
  }
  if (resourceFieldRef !== undefined) {
    sources++;
    validateResourceFieldRef(errors, resourceFieldRef, false, `${field}.resourceFieldRef`);
  }
  for (const [name, reference] of [
    ['configMapKeyRef', configMapKeyRef],
    ['secretKeyRef', secretKeyRef],
  ] as const) {
    if (reference === undefined) continue;
    sources++;
    const object = reference.name ?? '';
    pushComplaints(errors, `${field}.${name}.name`, object, isDnsSubdomain(object));
    if (!reference.key) errors.push(required(`${field}.${name}.key`));
    else pushComplaints(errors, `${field}.${name}.key`, reference.key, isConfigMapKey(reference.key));
  }
  if (sources === 0) {
    const names = '`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    errors.push(invalid(field, '', `must specify one of: ${names}`));
  } else if (variable.value) {
    errors.push(invalid(field, '', 'may not be specified when `value` is not empty'));
  } else if (sources > 1) {
    errors.push(invalid(field, '', 'may not have more than one field specified at a time'));
  }
}

/** A field of the pod, for a variable or a file of the downward API. */
export function validateFieldRef(
  errors: FieldError[],
  reference: { readonly apiVersion?: string | undefined; readonly fieldPath?: string | undefined },
  offered: readonly string[],
  field: string,
): void {
  const { apiVersion, fieldPath } = reference;
  if (!apiVersion) {
    errors.push(required(`${field}.apiVersion`));
    return;
  }
  if (!fieldPath) {
    errors.push(required(`${field}.fieldPath`));
    return;
  }
  const [, name = fieldPath, subscript] = /^([^[]+)\['(.*)'\]$/.exec(fieldPath) ?? [];
  if (apiVersion !== 'v1' || !DOWNWARD_FIELDS.has(name)) {
    const reason =
      apiVersion !== 'v1' ? `unsupported pod version: ${apiVersion}` : `field label not supported: ${name}`;
    errors.push(invalid(`${field}.fieldPath`, fieldPath, `error converting fieldPath: ${reason}`));
  } else if (subscript !== undefined) {
    if (name === 'metadata.annotations' || name === 'metadata.labels') {
      const key = name === 'metadata.labels' ? subscript : subscript.toLowerCase();
      pushComplaints(errors, field, key, isQualifiedName(key));
    } else {
      errors.push(invalid(field, name, 'does not support subscript'));
    }
  } else if (!offered.includes(name)) {
    errors.push(notSupported(`${field}.fieldPath`, name, offered));
  }
}

/** A request or limit of a container, divided by something. */
export function validateResourceFieldRef(
  errors: FieldError[],
  reference: {
    readonly resource?: string | undefined;
    readonly containerName?: string | undefined;
    readonly divisor?: Quantity | undefined;
  },
  inVolume: boolean,
  field: string,
): void {
  const { resource = '', containerName, divisor } = reference;
  if (inVolume && !containerName) errors.push(required(`${field}.containerName`));
  else if (resource === '') errors.push(required(`${field}.resource`));
  else if (!RESOURCE_FIELDS.includes(resource) && !/^(requests|limits)\.hugepages-/.test(resource)) {
    errors.push(notSupported(`${field}.resource`, resource, RESOURCE_FIELDS));
  }
  if (divisor === undefined || canonicalQuantity(divisor) === '0') return;
  const text = canonicalQuantity(divisor);
  const allowed = resource.endsWith('.cpu') ? ['1m', '1'] : BYTE_DIVISORS;
  if (allowed.includes(text)) return;
  const unit = resource.endsWith('.cpu') ? '1m, 1' : '1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei';
  const kind = resource.endsWith('.cpu') ? 'cpu' : resource.endsWith('.memory') ? 'memory' : 'ephemeral-storage';
  errors.push(
    invalid(`${field}.divisor`, resource, `only divisor's values ${unit} are supported with the ${kind} resource`),
  );
}
