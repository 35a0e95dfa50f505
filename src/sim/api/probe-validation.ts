/**
 * Probes and lifecycle hooks: exactly one handler, with what it needs.
 * @source pkg/apis/core/validation/validation.go validateProbe, validateHandler
 */
import { type FieldError, forbiddenField, invalid, notSupported, required } from './field-error.ts';
import { pushComplaints, validateNonNegative } from './metadata.ts';
import { isHttpHeaderName, isPortName, isPortNumber } from './names.ts';
import type { Probe, ProbeHandler } from './types.ts';

type Handler = ProbeHandler & { readonly sleep?: { readonly seconds: number } | undefined };

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;

export function validateProbe(
  errors: FieldError[],
  probe: Probe,
  field: string,
  purpose: 'liveness' | 'readiness' | 'startup',
): void {
  validateHandler(errors, probe, field, undefined);
  validateNonNegative(errors, probe.initialDelaySeconds, `${field}.initialDelaySeconds`);
  validateNonNegative(errors, probe.timeoutSeconds, `${field}.timeoutSeconds`);
  validateNonNegative(errors, probe.periodSeconds, `${field}.periodSeconds`);
  validateNonNegative(errors, probe.successThreshold, `${field}.successThreshold`);
  validateNonNegative(errors, probe.failureThreshold, `${field}.failureThreshold`);
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    errors.push(invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  }
  if (purpose === 'readiness') {
    if (grace !== undefined) {
      const detail = 'must not be set for readinessProbes';
      errors.push(invalid(`${field}.terminationGracePeriodSeconds`, grace, detail));
    }
  } else if (probe.successThreshold !== 1) {
    errors.push(invalid(`${field}.successThreshold`, probe.successThreshold, 'must be 1'));
  }
}

/** @param graceSeconds  the pod's termination grace period: no hook may sleep longer */
export function validateHandler(
  errors: FieldError[],
  handler: Handler,
  field: string,
  graceSeconds: number | undefined,
): void {
  let found = 0;
  for (const type of HANDLERS) {
    if (handler[type] === undefined) continue;
    if (found++ > 0) errors.push(forbiddenField(`${field}.${type}`, 'may not specify more than 1 handler type'));
    else validateHandlerType(errors, handler, type, `${field}.${type}`, graceSeconds);
  }
  if (found === 0) errors.push(required(field, 'must specify a handler type'));
}

function validateHandlerType(
  errors: FieldError[],
  handler: Handler,
  type: (typeof HANDLERS)[number],
  field: string,
  graceSeconds: number | undefined,
): void {
  switch (type) {
    case 'exec':
      if ((handler.exec?.command?.length ?? 0) === 0) errors.push(required(`${field}.command`));
      return;
    case 'httpGet':
      validateHttpGet(errors, handler.httpGet ?? { port: 0 }, field);
      return;
    case 'tcpSocket':
      validatePort(errors, handler.tcpSocket?.port ?? 0, `${field}.port`);
      return;
    case 'grpc':
      validatePort(errors, handler.grpc?.port ?? 0, `${field}.port`);
      return;
    case 'sleep': {
      const seconds = handler.sleep?.seconds ?? 0;
      if (graceSeconds !== undefined && (seconds < 0 || seconds > graceSeconds)) {
        const detail = `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`;
        errors.push(invalid(field, seconds, detail));
      }
      return;
    }
  }
}

function validateHttpGet(errors: FieldError[], get: NonNullable<Handler['httpGet']>, field: string): void {
  if (!get.path) errors.push(required(`${field}.path`));
  validatePort(errors, get.port, `${field}.port`);
  if (get.scheme !== 'HTTP' && get.scheme !== 'HTTPS') {
    errors.push(notSupported(`${field}.scheme`, get.scheme ?? '', ['HTTP', 'HTTPS']));
  }
  const headers: unknown = 'httpHeaders' in get ? get.httpHeaders : undefined;
  if (!Array.isArray(headers)) return;
  for (const { name } of headers as readonly { readonly name: string }[]) {
    pushComplaints(errors, `${field}.httpHeaders`, name, isHttpHeaderName(name));
  }
}

/** A number from 1 to 65535, or the name of a port. */
export function validatePort(errors: FieldError[], port: number | string, field: string): void {
  pushComplaints(errors, field, port, typeof port === 'number' ? isPortNumber(port) : isPortName(port));
}
