import type { FieldError } from './field-error.ts';
export function validateSecret(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateSecretUpdate(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
