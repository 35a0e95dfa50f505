import type { FieldError } from './field-error.ts';
export function validateCustomResourceDefinition(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
