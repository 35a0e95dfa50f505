import { encodeBase64 } from '../base64.ts';
import { defineKind } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { validateSecret, validateSecretUpdate } from '../secret-validation.ts';
import { age, columns } from '../table.ts';
import type { Secret } from '../types.ts';

/** @source pkg/registry/core/secret/strategy.go */
export const secrets = defineKind<Secret>({
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
  schema: 'core.Secret',
  defaults: (secret) => mergeStringData(withFields(secret, { type: secret.type ?? 'Opaque' })),
  prepareUpdate: (secret, old) => (secret.type ? secret : withFields(secret, { type: old.type })),
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  columns: columns('Name,Type,Data,Age'),
  row: (secret, nowMs) => [
    secret.metadata.name,
    secret.type ?? '',
    Object.keys(secret.data ?? {}).length,
    age(secret, nowMs),
  ],
  fieldLabels: ['type'],
  selectableFields: (secret) => ({ type: secret.type ?? '' }),
});

/** `stringData` is for writing only: it becomes `data`. */
function mergeStringData(secret: Secret): Secret {
  const { stringData, ...rest } = secret;
  if (stringData === undefined) return secret;
  const data: Record<string, string> = { ...rest['data'] };
  for (const key of Object.keys(stringData)) data[key] = encodeBase64(stringData[key] ?? '');
  return { ...rest, kind: 'Secret', metadata: secret.metadata, apiVersion: secret.apiVersion, data };
}
