/**
 * Paths on a node or inside a volume.
 * @source pkg/apis/core/validation/validation.go validatePathNoBacksteps, validateHostPathVolumeSource
 */
import { type FieldError, invalid, notSupported, required } from './field-error.ts';

type Fields = Readonly<Record<string, unknown>>;

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

/** A path inside something: relative, and never upwards. */
export function validateDescendingPath(errors: FieldError[], path: string, field: string): void {
  if (path.startsWith('/')) errors.push(invalid(field, path, 'must be a relative path'));
  validateNoBacksteps(errors, path, field);
}

export function validateNoBacksteps(errors: FieldError[], path: string, field: string): void {
  if (path.split('/').includes('..')) errors.push(invalid(field, path, "must not contain '..'"));
}

/** A directory or file of the node. */
export function validateHostPath(errors: FieldError[], given: Fields, field: string): void {
  const path = String(given['path'] ?? '');
  if (path === '') {
    errors.push(required(`${field}.path`));
    return;
  }
  validateNoBacksteps(errors, path, `${field}.path`);
  const type = given['type'];
  if (typeof type === 'string' && !HOST_PATH_TYPES.includes(type)) {
    errors.push(notSupported(`${field}.type`, type, HOST_PATH_TYPES));
  }
}
