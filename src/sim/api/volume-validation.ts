/**
 * PersistentVolumes and claims: what they must say, and what may change.
 * @source pkg/apis/core/validation/validation.go ValidatePersistentVolumeSpec, ValidatePersistentVolumeClaimSpec
 */
import { semanticEqual } from './equal.ts';
import { type FieldError, forbiddenField, invalid, notSupported, required } from './field-error.ts';
import { internalStruct } from './internal-form.ts';
import { pushComplaints, validateImmutable, validateLabelSelector } from './metadata.ts';
import { isDnsSubdomain, isQualifiedName } from './names.ts';
import { validateHostPath } from './path-validation.ts';
import { validateNodeSelector } from './placement-validation.ts';
import { canonicalQuantity, compareQuantities, mustParseQuantity } from './quantity.ts';
import { validateResourceQuantity } from './resource-validation.ts';
import type { PersistentVolume, PersistentVolumeClaim, Quantity, ResourceList } from './types.ts';
import { unifiedDiff } from './unified-diff.ts';

const ACCESS_MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain'];
const VOLUME_MODES = ['Block', 'Filesystem'];
/** Fields of a volume's specification that are no source. */
const PLAIN_FIELDS = new Set([
  'capacity',
  'accessModes',
  'claimRef',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'mountOptions',
  'volumeMode',
  'nodeAffinity',
  'volumeAttributesClassName',
]);

export function validatePersistentVolume({ spec }: PersistentVolume): readonly FieldError[] {
  const errors: FieldError[] = [];
  if ((spec.accessModes?.length ?? 0) === 0) errors.push(required('spec.accessModes'));
  validateAccessModes(errors, spec.accessModes, 'spec.accessModes');
  const capacity = spec.capacity ?? {};
  const names = Object.keys(capacity);
  if (names.length === 0) errors.push(required('spec.capacity'));
  if (capacity['storage'] === undefined || names.length > 1) {
    errors.push(notSupported('spec.capacity', spec.capacity ?? null, ['storage']));
  }
  for (const name of names) validatePositive(errors, capacity[name] ?? 0, `spec.capacity[${name}]`);
  const policy = spec.persistentVolumeReclaimPolicy;
  if (policy && !RECLAIM_POLICIES.includes(policy)) {
    errors.push(notSupported('spec.persistentVolumeReclaimPolicy', policy, RECLAIM_POLICIES));
  }
  const affinity = spec.nodeAffinity?.required;
  if (spec.nodeAffinity !== undefined && affinity === undefined) {
    errors.push(required('spec.nodeAffinity.required', 'must specify required node constraints'));
  } else if (affinity !== undefined) {
    validateNodeSelector(errors, affinity.nodeSelectorTerms, 'spec.nodeAffinity.required');
  }
  validateSources(errors, spec);
  if (spec.storageClassName) {
    pushComplaints(errors, 'spec.storageClassName', spec.storageClassName, isDnsSubdomain(spec.storageClassName));
  }
  if (spec.volumeMode !== undefined && !VOLUME_MODES.includes(spec.volumeMode)) {
    errors.push(notSupported('spec.volumeMode', spec.volumeMode, VOLUME_MODES));
  }
  return errors;
}

function validateSources(errors: FieldError[], spec: PersistentVolume['spec']): void {
  const sources = Object.keys(spec).filter((key) => !PLAIN_FIELDS.has(key) && spec[key] !== undefined);
  if (sources.length === 0) errors.push(required('spec', 'must specify a volume type'));
  sources.forEach((source, i) => {
    const given = spec[source] as Readonly<Record<string, unknown>>;
    const field = `spec.${source}`;
    if (i > 0) errors.push(forbiddenField(field, 'may not specify more than 1 volume type'));
    else if (source === 'hostPath') validateHostPath(errors, given, field);
    else if (source === 'local') {
      if (!given['path']) errors.push(required(`${field}.path`));
      if (spec.nodeAffinity === undefined) {
        errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'));
      }
    } else if (source === 'csi') {
      if (!given['driver']) errors.push(required(`${field}.driver`));
      if (!given['volumeHandle']) errors.push(required(`${field}.volumeHandle`));
    } else if (source === 'nfs') {
      if (!given['server']) errors.push(required(`${field}.server`));
      if (!given['path']) errors.push(required(`${field}.path`));
    }
  });
}

export function validatePersistentVolumeUpdate(volume: PersistentVolume, old: PersistentVolume): readonly FieldError[] {
  const errors: FieldError[] = [];
  const [after, before] = [sourceOf(volume.spec), sourceOf(old.spec)];
  if (!semanticEqual(after, before)) {
    const [oldText, newText] = [before, after].map((source) =>
      JSON.stringify(internalStruct('VolumeSource', source), undefined, 1),
    );
    const detail = `spec.persistentvolumesource is immutable after creation\n${unifiedDiff(oldText ?? '', newText ?? '')}`;
    errors.push(forbiddenField('spec.persistentvolumesource', detail));
  }
  validateImmutable(errors, volume.spec.volumeMode, old.spec.volumeMode, 'volumeMode');
  return errors;
}

function sourceOf(spec: PersistentVolume['spec']): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.keys(spec)
      .filter((key) => !PLAIN_FIELDS.has(key))
      .map((key) => [key, spec[key]]),
  );
}

export function validateClaim({ spec }: PersistentVolumeClaim): readonly FieldError[] {
  const errors: FieldError[] = [];
  validateClaimSpec(errors, spec, 'spec');
  return errors;
}

/** The specification of a claim, or of the template of one. */
export function validateClaimSpec(errors: FieldError[], spec: PersistentVolumeClaim['spec'], field: string): void {
  if ((spec.accessModes?.length ?? 0) === 0) {
    errors.push(required(`${field}.accessModes`, 'at least 1 access mode is required'));
  }
  validateLabelSelector(errors, spec.selector, `${field}.selector`);
  validateAccessModes(errors, spec.accessModes, `${field}.accessModes`);
  const storage = spec.resources?.requests?.['storage'];
  const path = `${field}.resources[storage]`;
  if (storage === undefined) errors.push(required(path));
  else if (!validatePositive(errors, storage, path)) validateResourceQuantity(errors, 'storage', storage, path);
  if (spec.storageClassName) {
    pushComplaints(errors, `${field}.storageClassName`, spec.storageClassName, isDnsSubdomain(spec.storageClassName));
  }
  if (spec.volumeMode !== undefined && !VOLUME_MODES.includes(spec.volumeMode)) {
    errors.push(notSupported(`${field}.volumeMode`, spec.volumeMode, VOLUME_MODES));
  }
}

export function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): readonly FieldError[] {
  const errors: FieldError[] = [];
  const bound = claim.status?.phase === 'Bound';
  const size = claim.spec.resources?.requests?.['storage'] ?? 0;
  const oldSize = old.spec.resources?.requests?.['storage'] ?? 0;
  const before = old.spec.volumeName ? old.spec : { ...old.spec, volumeName: claim.spec.volumeName };
  const named = old.spec.storageClassName === undefined ? { storageClassName: undefined } : {};
  const after = {
    ...claim.spec,
    ...named,
    ...(bound && { resources: withStorage(claim.spec.resources, oldSize) }),
    ...(bound && { volumeAttributesClassName: old.spec['volumeAttributesClassName'] }),
  };
  if (!semanticEqual(after, before)) {
    const [oldText, newText] = [before, after].map((spec) =>
      JSON.stringify(internalStruct('PersistentVolumeClaimSpec', spec), undefined, 1),
    );
    const detail = `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${unifiedDiff(oldText ?? '', newText ?? '')}`;
    errors.push(forbiddenField('spec', detail));
  }
  const capacity = old.status?.['capacity'] as ResourceList | undefined;
  if (compareQuantities(size, oldSize) < 0 && compareQuantities(size, capacity?.['storage'] ?? 0) <= 0) {
    errors.push(forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  }
  validateImmutable(errors, claim.spec.volumeMode, old.spec.volumeMode, 'volumeMode');
  return errors;
}

function withStorage(
  resources: PersistentVolumeClaim['spec']['resources'],
  storage: Quantity,
): PersistentVolumeClaim['spec']['resources'] {
  return resources && { ...resources, requests: { ...resources.requests, storage } };
}

function validateAccessModes(errors: FieldError[], modes: readonly string[] | undefined, field: string): void {
  for (const mode of modes ?? [])
    if (!ACCESS_MODES.includes(mode)) errors.push(notSupported(field, mode, ACCESS_MODES));
  const others = (modes ?? []).some((mode) => mode !== 'ReadWriteOncePod' && ACCESS_MODES.includes(mode));
  if (others && modes?.includes('ReadWriteOncePod')) {
    errors.push(forbiddenField(field, 'may not use ReadWriteOncePod with other access modes'));
  }
}

/** True: it said something. */
function validatePositive(errors: FieldError[], value: Quantity, field: string): boolean {
  if (mustParseQuantity(value).nanos > 0n) return false;
  errors.push(invalid(field, canonicalQuantity(value), 'must be greater than zero'));
  return true;
}

/** Provisioners and drivers are called by qualified names, in any case. */
export function validateProvisioner(errors: FieldError[], provisioner: string, field: string): void {
  if (provisioner === '') errors.push(required(field));
  else pushComplaints(errors, field, provisioner, isQualifiedName(provisioner.toLowerCase()));
}
