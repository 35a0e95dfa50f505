import type { FieldError } from './field-error.ts';
export function validateNode(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateNodeUpdate(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
