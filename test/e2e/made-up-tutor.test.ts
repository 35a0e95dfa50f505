/** The screens in a real terminal, over a made-up cluster: journeys, and that the terminal always comes back. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { type Person, sitDown } from './terminal.ts';

const root = join(import.meta.dirname, '..', '..');
const place = mkdtempSync(join(tmpdir(), 'k8sd-e2e-'));
const env = { XDG_CACHE_HOME: join(place, 'cache'), XDG_STATE_HOME: join(place, 'state') };
let person: Person | undefined;

beforeAll(() => {
  mkdirSync(join(place, 'bin'));
  cpSync(join(root, 'bin/k8s-descompuesto.cjs'), join(place, 'bin/k8s-descompuesto.cjs'));
  execFileSync(process.execPath, ['scripts/build.mjs'], {
    cwd: root,
    env: { ...process.env, K8SD_ENTRY: 'test/ui/made-up-tutor.ts', K8SD_OUT: join(place, 'dist') },
  });
}, 60_000);

afterEach(() => person?.stop());

function open(size: { width?: number; height?: number } = {}): Person {
  person = sitDown(process.execPath, [join(place, 'bin/k8s-descompuesto.cjs')], { ...size, env });
  return person;
}

test('from the list of lessons through a question to the shell and out again', async () => {
  const app = open({ width: 120, height: 40 });
  await app.sees('continue here');
  app.press('down', 'enter');
  await app.sees('What do you expect to be wrong?');
  app.press('2');
  await app.sees('That is what happened.');
  app.press('n');
  await app.sees('Find out why, and repair it.');
  app.press('c');
  await app.sees('laptop:~$ kubectl get endpointslices');
  app.press('enter');
  await app.sees('you said kubectl get endpointslices');
  app.type('kubec');
  app.press('tab');
  app.type('x');
  app.press('enter');
  await app.sees('you said kubectl x');
  app.press('ctrl+r');
  app.type('endp');
  await app.sees("(search) 'endp': kubectl get endpointslices");
  app.press('enter');
  await app.escape();
  app.press('m');
  await app.sees('● well');
  app.press('enter');
  await app.sees('╔');
  app.press('l');
  await app.sees('Sus estados');
  app.press('q', 'q', 'q');
  await app.sees('sigue aquí');
  app.press('q');
  expect(await app.ended()).toMatchObject({ status: 0, restored: true });
});

test('each signal gives the terminal back and tells by its status', async () => {
  for (const [signal, status] of [
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const) {
    const app = open();
    await app.sees('Sandbox');
    process.kill(app.pid, signal);
    expect([signal, await app.ended()]).toEqual([signal, expect.objectContaining({ status, restored: true })]);
  }
});

test('a bug gives the terminal back, says what it was and how to report it, status 70', async () => {
  const app = open();
  await app.sees('Sandbox');
  app.press('s');
  await app.sees('laptop:~$');
  app.type('crash');
  app.press('enter');
  const { status, restored, screen } = await app.ended();
  expect({ status, restored }).toEqual({ status: 70, restored: true });
  expect(screen).toContain('this is our bug');
  expect(screen).toContain('made up');
});

test('Ctrl-Z hands the terminal back while stopped; after SIGCONT everything is drawn again', async () => {
  const app = open();
  await app.sees('Sandbox');
  app.press('ctrl+z');
  await app.sees(/^(?![\s\S]*Sandbox)/);
  // It stops itself right after it has given the terminal back.
  await new Promise((resolve) => setTimeout(resolve, 300));
  process.kill(app.pid, 'SIGCONT');
  await app.sees('Sandbox');
  app.press('q');
  expect(await app.ended()).toMatchObject({ status: 0, restored: true });
});

test('every size down to too small and back', async () => {
  const app = open({ width: 120, height: 40 });
  await app.sees('continue here');
  await app.resize(60, 16);
  await app.sees('k8s ·');
  await app.resize(30, 8);
  await app.sees('too small');
  await app.resize(80, 24);
  await app.sees('continue here');
  const rows = app.screen().split('\n');
  expect(rows[0]).toContain('k8s-descompuesto');
  expect(rows[23]).toContain('help');
  app.press('ctrl+c', 'ctrl+c');
  expect(await app.ended()).toMatchObject({ status: 0, restored: true });
});

test('a paste of 3 MB is refused in one sentence, and typing goes on', async () => {
  const app = open();
  await app.sees('Sandbox');
  app.press('s');
  await app.sees('laptop:~$');
  app.type(`\x1b[200~${'x'.repeat(3_000_000)}\x1b[201~`);
  await app.sees('3.0 MB', 15_000);
  app.type('still here');
  app.press('enter');
  await app.sees('you said still here');
});

test('a frame after one change writes less than 2 kB', async () => {
  const app = open({ width: 120, height: 40 });
  await app.sees('continue here');
  await new Promise((resolve) => setTimeout(resolve, 400));
  const before = app.written;
  app.press('down');
  await app.sees('▸ ○ A Service that leads nowhere');
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(app.written - before).toBeLessThan(2_048);
});
