import type { FieldError } from './field-error.ts';
export function validateJob(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateJobUpdate(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateCronJob(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
