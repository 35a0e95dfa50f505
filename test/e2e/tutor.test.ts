/** A learner's first minutes with the real thing: built, in a real terminal, over the real cluster. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { kubeadmFiles } from '../../src/sim/kubeadm/files.ts';
import { NAMED_CLUSTERS } from '../../src/sim/world.ts';
import { type Person, sitDown } from './terminal.ts';

const root = join(import.meta.dirname, '..', '..');
const bin = join(root, 'bin/k8s-descompuesto.cjs');
let person: Person | undefined;

beforeAll(() => {
  if (!existsSync(join(root, 'dist/main.cjs'))) execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: root });
}, 60_000);

afterEach(() => person?.stop());

function open(
  args: readonly string[],
  home: string,
  size = { width: 120, height: 40 },
  env: Record<string, string> = {},
): Person {
  person = sitDown(process.execPath, [bin, ...args], {
    ...size,
    env: { XDG_CACHE_HOME: home, XDG_STATE_HOME: home, ...env },
  });
  return person;
}

test('what the build has worked out is what would be worked out now', () => {
  const files = JSON.parse(readFileSync(join(root, 'dist/small-cluster.json'), 'utf8'));
  expect(files).toEqual(Object.fromEntries(kubeadmFiles({ ...NAMED_CLUSTERS.small })));
});

test('the first broken thing is fixed, and progress survives', async () => {
  const home = mkdtempSync(join(tmpdir(), 'k8sd-e2e-'));
  const app = open([], home);
  await app.sees('start here');
  await app.sees(/node-3 +● Ready/, 30_000);
  app.press('enter');
  await app.sees('step 1 of 5', 30_000);
  app.press('c');
  await app.sees('$ kubectl get nodes');
  app.press('enter');
  await app.sees(/node-3 +Ready +<none>/, 15_000);
  await app.escape();
  app.press('n');
  await app.sees('step 2 of 5');
  app.press('2');
  await app.sees('(your answer)');
  app.press('n');
  await app.sees('step 3 of 5');
  app.press('c');
  await app.sees('--replicas=3');
  app.press('enter');
  await app.sees('deployment.apps/web scaled', 15_000);
  await app.sees('● met', 30_000);
  await app.sees('That is what happened.');
  app.press('f6');
  await app.sees('step 4 of 5');
  app.press('n');
  await app.sees('step 5 of 5');
  await app.sees('finished and saved');
  app.press('q');
  await app.sees('1 of 9 done');
  app.press('q');
  expect(await app.ended()).toMatchObject({ status: 0, restored: true });
  const { lessons } = JSON.parse(readFileSync(join(home, 'k8s-descompuesto/progress.json'), 'utf8'));
  expect(lessons['first-look']).toMatchObject({ done: true, unaided: [1] });
}, 120_000);

test('the sandbox: a part watched, time stopped, stepped and turned back', async () => {
  const home = mkdtempSync(join(tmpdir(), 'k8sd-e2e-'));
  mkdirSync(join(home, 'k8s-descompuesto'));
  writeFileSync(join(home, 'k8s-descompuesto/progress.json'), '{"version":');
  const app = open(['--lang', 'es'], home, { width: 100, height: 30 });
  await app.sees('progress.json.damaged-1');
  await app.sees(/node-3 +● Ready/, 30_000);
  app.press('s');
  await app.sees('kubernetes-admin@laptop:~$');
  app.type('echo hola | tr a-z A-Z');
  app.press('enter');
  await app.sees('HOLA', 15_000);
  await app.escape();
  app.press('m');
  await app.sees('● bien');
  app.press('x');
  await app.sees('● leader · ahora');
  app.type(' ');
  await app.sees('parado');
  app.type('.');
  app.type(',');
  await app.sees('atrás');
  app.press('ctrl+q');
  expect(await app.ended()).toMatchObject({ status: 0, restored: true });
}, 90_000);

test('in plain lines, for a screen reader', async () => {
  const home = mkdtempSync(join(tmpdir(), 'k8sd-e2e-'));
  const app = open(['--screen-reader'], home, { width: 100, height: 40 });
  await app.sees('1. Nobody home.');
  app.type('s');
  app.press('enter');
  await app.sees('kubernetes-admin@laptop:~$');
  app.type(':cluster');
  app.press('enter');
  await app.sees('Node node-3:');
  expect(app.screen()).not.toMatch(/[│╭●]/);
  app.type(':quit');
  app.press('enter');
  expect(await app.ended()).toMatchObject({ status: 0, restored: true });
}, 60_000);
