import type { FieldError } from './field-error.ts';
export function validateSigningRequest(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
