/**
 * The volumes of a pod: a name, and exactly one source.
 * @source pkg/apis/core/validation/validation.go ValidateVolumes, validateVolumeSource
 */
import { validateFieldRef, validateResourceFieldRef } from './environment-validation.ts';
import { duplicate, type FieldError, forbiddenField, invalid, required } from './field-error.ts';
import { pushComplaints, validateAnnotations, validateLabels } from './metadata.ts';
import { isDnsLabel } from './names.ts';
import { validateDescendingPath, validateHostPath } from './path-validation.ts';
import { mustParseQuantity } from './quantity.ts';
import type { PersistentVolumeClaim, StringMap, Volume } from './types.ts';
import { validateClaimSpec } from './volume-validation.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The order in which the server looks: the first source counts, every further one is an error. */
const SOURCES = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
];
const VOLUME_FIELDS = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];
const MODE_WRONG = 'must be a number between 0 and 0777 (octal), both inclusive';

/** @returns  the names of the volumes that are right, for the mounts to refer to */
export function validateVolumes(
  errors: FieldError[],
  volumes: readonly Volume[] | undefined,
  field: string,
): ReadonlySet<string> {
  const names = new Set<string>();
  volumes?.forEach((volume, i) => {
    const path = `${field}[${i}]`;
    const own: FieldError[] = [];
    validateVolumeSource(own, volume, path);
    if (!volume.name) own.push(required(`${path}.name`));
    else pushComplaints(own, `${path}.name`, volume.name, isDnsLabel(volume.name));
    if (names.has(volume.name)) own.push(duplicate(`${path}.name`, volume.name));
    if (own.length === 0) names.add(volume.name);
    else errors.push(...own);
  });
  return names;
}

function validateVolumeSource(errors: FieldError[], volume: Volume, path: string): void {
  const given: string[] = [];
  for (const key in volume) if (key !== 'name' && volume[key] !== undefined) given.push(key);
  if (given.length === 0) {
    errors.push(required(path, 'must specify a volume type'));
    return;
  }
  const sources = given.length === 1 ? given : SOURCES.filter((source) => given.includes(source));
  sources.forEach((source, i) => {
    if (i > 0) errors.push(forbiddenField(`${path}.${source}`, 'may not specify more than 1 volume type'));
    else validateSource(errors, source, volume[source] as Fields, `${path}.${source}`);
  });
}

function validateSource(errors: FieldError[], source: string, given: Fields, field: string): void {
  switch (source) {
    case 'emptyDir': {
      const limit = given['sizeLimit'];
      if ((typeof limit === 'string' || typeof limit === 'number') && mustParseQuantity(limit).nanos < 0n) {
        errors.push(forbiddenField(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
      }
      return;
    }
    case 'hostPath':
      validateHostPath(errors, given, field);
      return;
    case 'secret':
    case 'configMap':
      if (!given[source === 'secret' ? 'secretName' : 'name']) {
        errors.push(required(`${field}.${source === 'secret' ? 'secretName' : 'name'}`));
      }
      validateMode(errors, given['defaultMode'], `${field}.defaultMode`);
      validateItems(errors, given['items'], `${field}.items`);
      return;
    case 'persistentVolumeClaim':
      if (!given['claimName']) errors.push(required(`${field}.claimName`));
      return;
    case 'nfs':
      if (!given['server']) errors.push(required(`${field}.server`));
      if (!given['path']) errors.push(required(`${field}.path`));
      else if (!String(given['path']).startsWith('/')) {
        errors.push(invalid(`${field}.path`, given['path'], 'must be an absolute path'));
      }
      return;
    case 'downwardAPI':
      validateMode(errors, given['defaultMode'], `${field}.defaultMode`);
      validateDownwardFiles(errors, given['items'], field);
      return;
    case 'projected':
      validateMode(errors, given['defaultMode'], `${field}.defaultMode`);
      validateProjections(errors, given['sources'], field);
      return;
    case 'csi':
      if (!given['driver']) errors.push(required(`${field}.driver`));
      return;
    case 'ephemeral':
      validateEphemeral(errors, given['volumeClaimTemplate'], `${field}.volumeClaimTemplate`);
      return;
    default:
  }
}

function validateMode(errors: FieldError[], mode: unknown, field: string): void {
  if (typeof mode === 'number' && (mode > 0o777 || mode < 0)) errors.push(invalid(field, mode, MODE_WRONG));
}

function validateItems(errors: FieldError[], items: unknown, field: string): void {
  if (!Array.isArray(items)) return;
  (items as readonly Fields[]).forEach((item, i) => {
    const path = String(item['path'] ?? '');
    if (!item['key']) errors.push(required(`${field}[${i}].key`));
    if (path === '') errors.push(required(`${field}[${i}].path`));
    validateLocalPath(errors, path, `${field}[${i}].path`);
    validateMode(errors, item['mode'], `${field}[${i}].mode`);
  });
}

function validateLocalPath(errors: FieldError[], path: string, field: string): void {
  validateDescendingPath(errors, path, field);
  if (path.startsWith('..') && !path.startsWith('../')) errors.push(invalid(field, path, "must not start with '..'"));
}

function validateDownwardFiles(errors: FieldError[], items: unknown, field: string): void {
  if (!Array.isArray(items)) return;
  for (const item of items as readonly Fields[]) {
    const path = String(item['path'] ?? '');
    if (path === '') errors.push(required(`${field}.path`));
    validateLocalPath(errors, path, `${field}.path`);
    const fieldRef = item['fieldRef'] as { apiVersion?: string; fieldPath?: string } | undefined;
    const resourceRef = item['resourceFieldRef'] as { resource?: string; containerName?: string } | undefined;
    if (fieldRef !== undefined) {
      validateFieldRef(errors, fieldRef, VOLUME_FIELDS, `${field}.fieldRef`);
      if (resourceRef !== undefined) {
        const detail = 'fieldRef and resourceFieldRef can not be specified simultaneously';
        errors.push(invalid(field, 'resource', detail));
      }
    } else if (resourceRef !== undefined) {
      validateResourceFieldRef(errors, resourceRef, true, `${field}.resourceFieldRef`);
    } else {
      errors.push(required(field, 'one of fieldRef and resourceFieldRef is required'));
    }
    validateMode(errors, item['mode'], `${field}.mode`);
  }
}

const TEN_MINUTES = 600;

function validateProjections(errors: FieldError[], sources: unknown, field: string): void {
  if (!Array.isArray(sources)) return;
  const paths = new Set<string>();
  (sources as readonly Readonly<Record<string, Fields | undefined>>[]).forEach((source, i) => {
    const at = `${field}.sources[${i}]`;
    for (const type of ['secret', 'configMap'] as const) {
      const given = source[type];
      if (given === undefined) continue;
      if (!given['name']) errors.push(required(`${at}.${type}.name`));
      validateItems(errors, given['items'], `${at}.${type}.items`);
      for (const item of (given['items'] as readonly Fields[] | undefined) ?? []) take(item['path'], given['name']);
    }
    const { downwardAPI, serviceAccountToken } = source;
    if (downwardAPI !== undefined) {
      validateDownwardFiles(errors, downwardAPI['items'], `${at}.downwardAPI`);
      for (const item of (downwardAPI['items'] as readonly Fields[] | undefined) ?? [])
        take(item['path'], item['path']);
    }
    if (serviceAccountToken !== undefined) {
      const seconds = Number(serviceAccountToken['expirationSeconds'] ?? 0);
      const expiry = `${at}.serviceAccountToken.expirationSeconds`;
      if (seconds < TEN_MINUTES) {
        errors.push(invalid(expiry, seconds, 'may not specify a duration less than 10 minutes'));
      } else if (seconds > 2 ** 32) {
        errors.push(invalid(expiry, seconds, 'may not specify a duration larger than 2^32 seconds'));
      }
      const path = String(serviceAccountToken['path'] ?? '');
      if (path === '') errors.push(required(`${field}.path`));
      else validateLocalPath(errors, path, `${field}.path`);
    }
    if (Object.keys(source).length > 1) {
      errors.push(forbiddenField(at, 'may not specify more than 1 volume type per source'));
    }
  });

  function take(path: unknown, name: unknown): void {
    if (typeof path !== 'string' || path === '') return;
    if (paths.has(path)) errors.push(invalid(field, name, 'conflicting duplicate paths'));
    paths.add(path);
  }
}

function validateEphemeral(errors: FieldError[], template: unknown, field: string): void {
  if (template === undefined || template === null) {
    errors.push(required(field));
    return;
  }
  const { metadata, spec } = template as { metadata?: Fields; spec?: PersistentVolumeClaim['spec'] };
  if (metadata?.['annotations'] !== undefined) {
    validateAnnotations(errors, metadata['annotations'] as StringMap, `${field}.metadata.annotations`);
  }
  if (metadata?.['labels'] !== undefined) {
    validateLabels(errors, metadata['labels'] as StringMap, `${field}.metadata.labels`);
  }
  for (const key in metadata) {
    if (key !== 'labels' && key !== 'annotations')
      errors.push(forbiddenField(`${field}.metadata.${key}`, 'cannot be set'));
  }
  validateClaimSpec(errors, spec ?? {}, `${field}.spec`);
}
