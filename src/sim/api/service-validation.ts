import type { FieldError } from './field-error.ts';
export function validateService(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateServiceUpdate(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
