import type { FieldError } from './field-error.ts';
export function validateAutoscaler(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
