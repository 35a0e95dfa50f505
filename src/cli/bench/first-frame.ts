/** How long until something is to be seen, against the least that Node itself takes. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Benchmark, type Measured, median } from './benchmark.ts';
import { firstFrameVariable } from './first-frame-variable.ts';

const rounds = 9;

export const firstFrameWarm: Benchmark = {
  name: 'first-frame-warm',
  about:
    'from starting the process until the tutor has written its first frame, with a living cluster in it, from the second start on',
  unit: 'ms',
  measure: () => measureFirstFrame(false, 2),
};

export const firstFrameCold: Benchmark = {
  name: 'first-frame-cold',
  about: 'the same on the very first start, when no compiled code is kept yet',
  unit: 'ms',
  measure: () => measureFirstFrame(true, 3),
};

async function measureFirstFrame(isCold: boolean, factor: number): Promise<Measured> {
  const cache = mkdtempSync(join(tmpdir(), 'k8sd-bench-'));
  const script = process.argv[1] ?? '';
  const ours: number[] = [];
  const bare: number[] = [];
  try {
    if (!isCold) await start([script], cache);
    for (let round = 0; round < rounds; round++) {
      bare.push(await start(['-e', '0'], cache));
      const fresh = isCold ? join(cache, String(round)) : cache;
      ours.push(await start([script], fresh));
    }
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
  const value = median(ours);
  const peer = { name: 'node -e 0', value: median(bare) };
  return { value, peer, goal: `≤ ${factor} × node -e 0`, ok: value <= factor * peer.value };
}

/** @returns milliseconds from the start of the process to its first output, or to its end when it writes nothing */
function start(args: readonly string[], cache: string): Promise<number> {
  const from = performance.now();
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, [firstFrameVariable]: '120x40', XDG_CACHE_HOME: cache, XDG_STATE_HOME: cache },
  });
  let seenAt: number | undefined;
  child.stdout.on('data', () => {
    seenAt ??= performance.now();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () => resolve((seenAt ?? performance.now()) - from));
  });
}
