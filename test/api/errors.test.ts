import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { cannotBeHandled, decodeObject, strictDecodingError } from '../../src/sim/api/decode.ts';
import { aggregateText, fieldErrorText } from '../../src/sim/api/field-error.ts';
import { mustKindOf } from '../../src/sim/api/kinds.ts';
import type { KubeObject } from '../../src/sim/api/types.ts';

/** What kubectl prints when an object is created, as far as decoding and validation go. */
function create(manifest: KubeObject): string {
  const kind = mustKindOf(manifest);
  const namespaced = kind.namespaced ? { ...manifest, metadata: { namespace: 'err', ...manifest.metadata } } : manifest;
  const decoded = decodeObject(kind.schema, namespaced);
  const failed = (error: string): string =>
    `Error from server (BadRequest): error when creating "STDIN": ${cannotBeHandled(kind.kind, kind.version, error)}`;
  if (!decoded.ok) return failed(decoded.error);
  if (decoded.unknownFields.length > 0) return failed(strictDecodingError(decoded.unknownFields));
  const named = { ...decoded.value, metadata: { ...decoded.value.metadata, uid: '1' } };
  const errors = kind.validate(kind.prepareCreate(kind.defaults(named)));
  if (errors.length === 0) return `created`;
  const texts = [...new Set(errors.map(fieldErrorText))];
  const body = texts.length === 1 ? aggregateText(texts) : `\n${texts.map((text) => `* ${text}`).join('\n')}`;
  return `The ${kind.kind} "${manifest.metadata.name ?? ''}" is invalid: ${body}`;
}

const recorded = readFileSync(new URL('./recorded-errors.txt', import.meta.url), 'utf8').replace(/^#.*\n/gm, '');

describe('what the API server says about a bad object, against real answers', () => {
  for (const entry of recorded.trimEnd().split('\n\n')) {
    const [manifest = '', words = ''] = entry.split('\n----\n');
    test(manifest.slice(0, 160), () => {
      expect(create(load(manifest) as KubeObject)).toBe(words);
    });
  }
});
