import type { FieldError } from './field-error.ts';
export function validateNetworkPolicy(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateIngress(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
