/**
 * CustomResourceDefinitions: names, versions, and the outline of their schemas.
 * @source staging/src/k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go
 */
import { duplicate, type FieldError, invalid, notSupported, required } from './field-error.ts';
import type { CustomResourceDefinition } from './kinds/customresourcedefinitions.ts';
import { pushComplaints } from './metadata.ts';
import { isDns1035Label, isDnsSubdomain } from './names.ts';

type Fields = Readonly<Record<string, unknown>>;

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];

export function validateCustomResourceDefinition(definition: CustomResourceDefinition): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { group = '', names, scope } = definition.spec;
  const versions = definition.spec.versions ?? [];
  const wanted = `${names?.plural ?? ''}.${group}`;
  if (definition.metadata.name !== wanted) {
    const detail = 'must be spec.names.plural+"."+spec.group';
    errors.push(invalid('metadata.name', definition.metadata.name, detail));
  }
  if (group === '') errors.push(required('spec.group'));
  else if (isDnsSubdomain(group).length > 0) pushComplaints(errors, 'spec.group', group, isDnsSubdomain(group));
  else if (!group.includes('.')) {
    errors.push(invalid('spec.group', group, 'should be a domain with at least one dot'));
  }
  if (scope !== 'Cluster' && scope !== 'Namespaced') {
    errors.push(notSupported('spec.scope', scope ?? '', ['Cluster', 'Namespaced']));
  }
  const stored = versions.filter(({ storage }) => storage);
  versions.forEach(({ name = '' }, i) => {
    pushComplaints(errors, `spec.versions[${i}].name`, name, isDns1035Label(name));
    if (versions.findIndex((version) => version.name === name) < i) {
      errors.push(duplicate(`spec.versions[${i}].name`, name));
    }
  });
  if (stored.length !== 1) {
    errors.push(invalid('spec.versions', versions, 'must have exactly one version marked as storage version'));
  }
  validateNames(errors, names);
  const several = versions.length > 1;
  versions.forEach(({ schema }, i) => {
    const field = several ? `spec.versions[${i}].schema.openAPIV3Schema` : 'spec.validation.openAPIV3Schema';
    const root = schema?.openAPIV3Schema;
    if (root === undefined) errors.push(required(`spec.versions[${i}].schema.openAPIV3Schema`, 'schemas are required'));
    else validateSchema(errors, root, field, true);
  });
  return errors;
}

function validateNames(errors: FieldError[], names: CustomResourceDefinition['spec']['names'] | undefined): void {
  for (const name of ['plural', 'singular'] as const) {
    const value = names?.[name] ?? '';
    pushComplaints(errors, `spec.names.${name}`, value, isDns1035Label(value));
  }
  for (const name of ['kind', 'listKind'] as const) {
    const value = names?.[name] ?? '';
    const wrong = isDns1035Label(value.toLowerCase());
    if (wrong.length > 0) {
      errors.push(
        invalid(`spec.names.${name}`, value, `may have mixed case, but should otherwise match: ${wrong.join(',')}`),
      );
    }
  }
}

function validateSchema(errors: FieldError[], schema: Fields, field: string, isRoot: boolean): void {
  const { type, properties, items, additionalProperties } = schema;
  const intOrString = schema['x-kubernetes-int-or-string'] === true;
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (type === undefined || type === '') {
    if (isRoot) errors.push(required(`${field}.type`, 'must not be empty at the root'));
    else if (!intOrString && !preserves)
      errors.push(required(`${field}.type`, 'must not be empty for specified object fields'));
  } else if (typeof type !== 'string' || !TYPES.includes(type)) {
    errors.push(notSupported(`${field}.type`, type, TYPES));
  } else if (isRoot && type !== 'object') {
    errors.push(invalid(`${field}.type`, type, 'must be object at the root'));
  }
  if (isFields(properties)) {
    for (const name of Object.keys(properties).sort()) {
      const property = properties[name];
      if (isFields(property)) validateSchema(errors, property, `${field}.properties[${name}]`, false);
    }
  }
  if (isFields(items)) validateSchema(errors, items, `${field}.items`, false);
  else if (type === 'array') errors.push(required(`${field}.items`, 'must be specified'));
  if (isFields(additionalProperties))
    validateSchema(errors, additionalProperties, `${field}.additionalProperties`, false);
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
