/**
 * Secrets: keys, sizes, what each type must hold, and what never changes.
 * @source pkg/apis/core/validation/validation.go ValidateSecret
 */
import { decodeBase64 } from './base64.ts';
import { semanticEqual } from './equal.ts';
import { type FieldError, forbiddenField, invalid, required, tooLong } from './field-error.ts';
import { pushComplaints, validateImmutable } from './metadata.ts';
import { isConfigMapKey } from './names.ts';
import type { Secret } from './types.ts';

const MAX_SIZE_BYTES = 1024 * 1024;

export function validateSecret(secret: Secret): readonly FieldError[] {
  const errors: FieldError[] = [];
  const data = secret.data ?? {};
  let size = 0;
  for (const key of Object.keys(data)) {
    pushComplaints(errors, `data[${key}]`, key, isConfigMapKey(key));
    size += Math.floor(((data[key] ?? '').length * 3) / 4);
  }
  if (size > MAX_SIZE_BYTES) errors.push(tooLong('data', MAX_SIZE_BYTES));
  const demand = (key: string): void => {
    if (data[key] === undefined) errors.push(required(`data[${key}]`));
  };
  switch (secret.type) {
    case 'kubernetes.io/service-account-token':
      if (!secret.metadata.annotations?.['kubernetes.io/service-account.name']) {
        errors.push(required('metadata.annotations[kubernetes.io/service-account.name]'));
      }
      break;
    case 'kubernetes.io/dockercfg':
      validateDockerConfig(errors, data['.dockercfg'], 'data[.dockercfg]');
      break;
    case 'kubernetes.io/dockerconfigjson':
      validateDockerConfig(errors, data['.dockerconfigjson'], 'data[.dockerconfigjson]');
      break;
    case 'kubernetes.io/basic-auth':
      if (data['username'] === undefined && data['password'] === undefined) {
        demand('username');
        demand('password');
      }
      break;
    case 'kubernetes.io/ssh-auth':
      if (!data['ssh-privatekey']) errors.push(required('data[ssh-privatekey]'));
      break;
    case 'kubernetes.io/tls':
      demand('tls.crt');
      demand('tls.key');
      break;
    default:
  }
  return errors;
}

function validateDockerConfig(errors: FieldError[], encoded: string | undefined, field: string): void {
  if (encoded === undefined) {
    errors.push(required(field));
    return;
  }
  const text = decodeBase64(encoded) ?? '';
  if (isJsonObject(text)) return;
  const first = text.trim().charAt(0);
  const reason =
    first === ''
      ? 'unexpected end of JSON input'
      : `invalid character ${first === "'" ? `'\\''` : `'${first}'`} looking for beginning of value`;
  errors.push(invalid(field, '<secret contents redacted>', reason));
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

export function validateSecretUpdate(secret: Secret, old: Secret): readonly FieldError[] {
  const errors: FieldError[] = [];
  validateImmutable(errors, secret.type, old.type, 'type');
  if (old.immutable !== true) return errors;
  const locked = 'field is immutable when `immutable` is set';
  if (secret.immutable !== true) errors.push(forbiddenField('immutable', locked));
  if (!semanticEqual(secret.data, old.data)) errors.push(forbiddenField('data', locked));
  return errors;
}
