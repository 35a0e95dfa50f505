/**
 * Numbers that may be percentages: `3`, `"25%"`.
 * @source staging/src/k8s.io/apimachinery/pkg/util/intstr/intstr.go, pkg/apis/apps/validation/validation.go
 */
import { type FieldError, invalid } from './field-error.ts';
import { pushComplaints } from './metadata.ts';
import { isPercent } from './names.ts';

/**
 * The number a value stands for out of a total.
 * @returns  undefined when it is neither a number nor a percentage
 */
export function scaledValue(value: number | string, total: number, roundUp: boolean): number | undefined {
  if (typeof value === 'number') return value;
  if (!/^[-+]?\d+%$/.test(value)) return undefined;
  const exact = (Number.parseInt(value, 10) * total) / 100;
  return roundUp ? Math.ceil(exact) : Math.floor(exact);
}

/** Demands a percentage of a text and no negative number. */
export function validateIntOrPercent(errors: FieldError[], value: number | string, field: string): void {
  if (typeof value === 'string') pushComplaints(errors, field, value, isPercent(value));
  else if (value < 0) errors.push(invalid(field, value, 'must be greater than or equal to 0'));
}

/** `must not be greater than 100%` */
export function validatePercentAtMost100(errors: FieldError[], value: number | string, field: string): void {
  const percent = percentOf(value);
  if (percent !== undefined && percent > 100) errors.push(invalid(field, value, 'must not be greater than 100%'));
}

function percentOf(value: number | string): number | undefined {
  return typeof value === 'string' && /^[0-9]+%$/.test(value) ? Number.parseInt(value, 10) : undefined;
}

/** The number, or the number of percents; 0 for anything else. */
export function intOrPercentValue(value: number | string | undefined): number {
  if (value === undefined) return 0;
  return typeof value === 'number' ? value : (percentOf(value) ?? 0);
}
