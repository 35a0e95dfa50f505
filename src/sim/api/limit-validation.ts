import type { FieldError } from './field-error.ts';
export function validateResourceQuota(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateLimitRange(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
