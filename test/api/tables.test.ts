import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { allKinds } from '../../src/sim/api/kinds.ts';
import { parseTime } from '../../src/sim/api/time.ts';
import type { KubeObject } from '../../src/sim/api/types.ts';

interface Case {
  readonly id: string;
  readonly kind: string;
  readonly wide: boolean;
  readonly now: string;
  readonly object: KubeObject;
  readonly expect: { readonly cells: readonly unknown[] };
}

const oracle: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('../oracles/kubectl/get-rows.json', import.meta.url), 'utf8'),
);

describe('a row of kubectl get, against real answers', () => {
  for (const { id, kind: kindName, wide, now, object, expect: wanted } of oracle.cases) {
    test(`${id} ${kindName} ${object.metadata?.name ?? ''}${wide ? ' -o wide' : ''}`, () => {
      const kind = allKinds.find((candidate) => candidate.kind === kindName);
      if (kind === undefined) throw new Error(`no kind ${kindName}`);
      const cells = kind.row(object, parseTime(now) ?? 0, wide);
      const whole = wide || wanted.cells.length === kind.columns.length;
      expect(whole ? cells : cells.filter((_, i) => kind.columns[i]?.priority === 0)).toEqual(wanted.cells);
    });
  }
});
