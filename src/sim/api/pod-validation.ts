import type { FieldError } from './field-error.ts';
import type { PodSpec, StringMap } from './types.ts';

export interface PodContext {
  readonly annotations?: StringMap | undefined;
  readonly isPod: boolean;
}

export function validatePodSpec(_errors: FieldError[], _spec: PodSpec, _field: string, _context: PodContext): void {}
