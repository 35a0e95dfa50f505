import type { FieldError } from './field-error.ts';
export function validateDeployment(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateDeploymentUpdate(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateReplicaSet(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateReplicaSetUpdate(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateStatefulSet(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateStatefulSetUpdate(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateDaemonSet(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateDaemonSetUpdate(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
export function validateReplicationController(..._args: readonly unknown[]): readonly FieldError[] {
  return [];
}
