/**
 * What the API server demands of metadata and label selectors.
 * @source staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go, pkg/apis/meta/v1/validation/validation.go
 */
import { semanticEqual } from './equal.ts';
import { type FieldError, forbiddenField, goQuote, invalid, required, tooLong } from './field-error.ts';
import { isDnsLabel, isLabelValue, isQualifiedName } from './names.ts';
import type { LabelSelector, ObjectMeta, OwnerReference, StringMap } from './types.ts';

const ANNOTATIONS_LIMIT_BYTES = 256 * 1024;
export const FIELD_IMMUTABLE = 'field is immutable';

/** Metadata of a new object. */
export function validateMetadata(
  metadata: ObjectMeta,
  namespaced: boolean,
  validateName: (name: string, isPrefix: boolean) => readonly string[],
): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { name, generateName, namespace } = metadata;
  if (generateName !== undefined && generateName !== '') {
    pushComplaints(errors, 'metadata.generateName', generateName, validateName(generateName, true));
  }
  if (name === undefined || name === '') errors.push(required('metadata.name', 'name or generateName is required'));
  else pushComplaints(errors, 'metadata.name', name, validateName(name, false));
  if (namespaced) {
    if (namespace === undefined || namespace === '') errors.push(required('metadata.namespace'));
    else pushComplaints(errors, 'metadata.namespace', namespace, isDnsLabel(namespace));
  } else if (namespace !== undefined && namespace !== '') {
    errors.push(forbiddenField('metadata.namespace', 'not allowed on this type'));
  }
  if ((metadata.generation ?? 0) < 0) {
    errors.push(invalid('metadata.generation', metadata.generation, 'must be greater than or equal to 0'));
  }
  validateCommon(errors, metadata);
  if (metadata.finalizers !== undefined) validateFinalizers(errors, metadata.finalizers);
  return errors;
}

/** Metadata of a changed object. */
export function validateMetadataUpdate(metadata: ObjectMeta, old: ObjectMeta): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp !== undefined) {
    const known = new Set(old.finalizers ?? []);
    const added = (metadata.finalizers ?? []).filter((finalizer) => !known.has(finalizer)).sort();
    if (added.length > 0) {
      const list = added.map(goQuote).join(', ');
      const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
      errors.push(forbiddenField('metadata.finalizers', detail));
    }
  }
  if (metadata.resourceVersion === undefined || metadata.resourceVersion === '') {
    errors.push(invalid('metadata.resourceVersion', '', 'must be specified for an update'));
  }
  if ((metadata.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalid('metadata.generation', metadata.generation ?? 0, 'must not be decremented'));
  }
  for (const field of IMMUTABLE_METADATA) {
    if (metadata[field] !== old[field]) errors.push(invalid(`metadata.${field}`, metadata[field], FIELD_IMMUTABLE));
  }
  validateCommon(errors, metadata);
  return errors;
}

const IMMUTABLE_METADATA = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const;

function validateCommon(errors: FieldError[], metadata: ObjectMeta): void {
  if (metadata.labels !== undefined) validateLabels(errors, metadata.labels, 'metadata.labels');
  if (metadata.annotations !== undefined) validateAnnotations(errors, metadata.annotations, 'metadata.annotations');
  if (metadata.ownerReferences !== undefined) validateOwners(errors, metadata.ownerReferences);
}

/** Keys and values of labels. */
export function validateLabels(errors: FieldError[], labels: StringMap, field: string): void {
  for (const key of Object.keys(labels)) {
    pushComplaints(errors, field, key, isQualifiedName(key));
    const value = labels[key] ?? '';
    pushComplaints(errors, field, value, isLabelValue(value));
  }
}

/** Keys of annotations, and the size of them all. */
export function validateAnnotations(errors: FieldError[], annotations: StringMap, field: string): void {
  let size = 0;
  for (const key of Object.keys(annotations)) {
    pushComplaints(errors, field, key, isQualifiedName(key.toLowerCase()));
    size += key.length + (annotations[key] ?? '').length;
  }
  if (size > ANNOTATIONS_LIMIT_BYTES) errors.push(tooLong(field, ANNOTATIONS_LIMIT_BYTES));
}

function validateOwners(errors: FieldError[], owners: readonly OwnerReference[]): void {
  const field = 'metadata.ownerReferences';
  let controller = '';
  for (const owner of owners) {
    if (owner.apiVersion === '') errors.push(invalid(`${field}.apiVersion`, '', 'version must not be empty'));
    for (const name of ['kind', 'name', 'uid'] as const) {
      if ((owner[name] ?? '') === '') errors.push(invalid(`${field}.${name}`, '', 'must not be empty'));
    }
    if (owner.apiVersion === 'v1' && owner.kind === 'Event') {
      errors.push(invalid(field, owner, '/v1, Kind=Event is disallowed from being an owner'));
    }
    if (owner.controller !== true) continue;
    const current = `${owner.kind}/${owner.name}`;
    if (controller === '') controller = current;
    else {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${current}`;
      errors.push(invalid(field, owners, detail));
    }
  }
}

function validateFinalizers(errors: FieldError[], finalizers: readonly string[]): void {
  const field = 'metadata.finalizers';
  for (const finalizer of finalizers) {
    pushComplaints(errors, field, finalizer, isQualifiedName(finalizer));
  }
  if (finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')) {
    errors.push(invalid(field, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
}

/** A LabelSelector's keys, operators and values. */
export function validateLabelSelector(
  errors: FieldError[],
  selector: LabelSelector | null | undefined,
  field: string,
): void {
  if (selector === null || selector === undefined) return;
  if (selector.matchLabels !== undefined) validateLabels(errors, selector.matchLabels, `${field}.matchLabels`);
  selector.matchExpressions?.forEach(({ key, operator, values = [] }, i) => {
    const path = `${field}.matchExpressions[${i}]`;
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0) {
        errors.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      }
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0) {
        const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
        errors.push(forbiddenField(`${path}.values`, detail));
      }
    } else {
      errors.push(invalid(`${path}.operator`, operator ?? '', 'not a valid selector operator'));
    }
    pushComplaints(errors, `${path}.key`, key ?? '', isQualifiedName(key ?? ''));
    values.forEach((value, j) => {
      pushComplaints(errors, `${path}.values[${j}]`, value, isLabelValue(value));
    });
  });
}

/** `Invalid value: <new>: field is immutable`, unless nothing changed. */
export function validateImmutable(errors: FieldError[], value: unknown, old: unknown, field: string): void {
  if (!semanticEqual(value, old)) errors.push(invalid(field, value, FIELD_IMMUTABLE));
}

/** One `Invalid value` for each complaint. */
export function pushComplaints(
  errors: FieldError[],
  field: string,
  value: unknown,
  complaints: readonly string[],
): void {
  for (const complaint of complaints) errors.push(invalid(field, value, complaint));
}

/** `must be greater than or equal to 0` */
export function validateNonNegative(errors: FieldError[], value: number | undefined, field: string): void {
  if (value !== undefined && value < 0) errors.push(invalid(field, value, 'must be greater than or equal to 0'));
}
