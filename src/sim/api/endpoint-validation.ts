import type { FieldError } from './field-error.ts';
export function validateEndpointSlice(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateEndpointSliceUpdate(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
