import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { decodeObject } from '../../src/sim/api/decode.ts';
import { kindOf } from '../../src/sim/api/kinds.ts';
import type { KubeObject } from '../../src/sim/api/types.ts';

const recorded = readFileSync(new URL('./recorded-defaults.txt', import.meta.url), 'utf8').replace(/^#.*\n/gm, '');

describe('what the API server makes of an object, against real answers', () => {
  for (const entry of recorded.trimEnd().split('\n\n')) {
    const [manifest = '', json = ''] = entry.split('\n----\n');
    const object = load(manifest) as KubeObject;
    const kind = kindOf(object.apiVersion, object.kind);
    test.skipIf(kind === undefined)(manifest.slice(0, 160), () => {
      if (kind === undefined) return;
      const decoded = decodeObject(kind.schema, object);
      if (!decoded.ok) throw new Error(decoded.error);
      const made = kind.prepareCreate(
        kind.defaults({ ...decoded.value, metadata: { ...decoded.value.metadata, uid: '1' } }),
      );
      const { name: _name, namespace: _namespace, generateName: _generate, uid: _uid, ...metadata } = made.metadata;
      expect(JSON.parse(JSON.stringify({ ...made, metadata }))).toEqual(JSON.parse(json));
      expect(kind.defaults(made), 'defaulting twice changes nothing').toBe(made);
    });
  }
});
