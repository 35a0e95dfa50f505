import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Hashes {
  readonly chain: string;
  readonly state: string;
  readonly replayed: string;
}

const folder = mkdtempSync(join(tmpdir(), 'k8sd-determinism-'));
const program = join(folder, 'run-world.cjs');

beforeAll(() => {
  const entry = fileURLToPath(new URL('run-world.ts', import.meta.url));
  buildSync({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    outfile: program,
    logLevel: 'error',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Other Node binaries may be named in K8SD_NODES, separated by colons. */
const nodes = [process.execPath, ...(process.env['K8SD_NODES'] ?? '').split(':').filter((path) => path !== '')];

function live(seed: number, environment: Record<string, string> = {}, node = process.execPath): Hashes {
  const output = execFileSync(node, [program, String(seed)], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  });
  return JSON.parse(output) as Hashes;
}

describe('a world', () => {
  it('lives the same life wherever and whenever it is run', () => {
    const here = live(7);
    expect(live(7, { TZ: 'Pacific/Chatham', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' })).toEqual(here);
    for (const node of nodes.slice(1)) expect(live(7, {}, node), node).toEqual(here);
  });

  it('is the same again when its session is replayed', () => {
    const { state, replayed } = live(7);
    expect(replayed).toBe(state);
  });

  it('is another with another seed', () => {
    expect(live(8).chain).not.toBe(live(7).chain);
  });
});
