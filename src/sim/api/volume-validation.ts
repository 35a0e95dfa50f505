import type { FieldError } from './field-error.ts';
export function validatePersistentVolume(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validatePersistentVolumeUpdate(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateClaim(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateClaimUpdate(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
