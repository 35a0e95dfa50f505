/** How long until something is to be seen, against the least that Node itself takes. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atMost, type Benchmark, type BenchResult, median } from './benchmark.ts';
import { firstFrameVariable } from './first-frame-variable.ts';

const rounds = 9;

export const firstFrameBenchmarks: readonly Benchmark[] = [
  {
    name: 'first-frame-warm',
    what: 'Time from the start of the process to the first frame of the tutor, a living cluster in it, from the second start on.',
    run: () => measureFirstFrame('first-frame-warm', false, 2),
  },
  {
    name: 'first-frame-cold',
    what: 'The same on the very first start, when no compiled code is kept yet.',
    run: () => measureFirstFrame('first-frame-cold', true, 3),
  },
];

async function measureFirstFrame(name: string, isCold: boolean, limit: number): Promise<BenchResult> {
  const cache = mkdtempSync(join(tmpdir(), 'k8sd-bench-'));
  const script = process.argv[1] ?? '';
  const ours: number[] = [];
  const bare: number[] = [];
  try {
    if (!isCold) await start([script], cache);
    for (let round = 0; round < rounds; round++) {
      bare.push(await start(['-e', '0'], cache));
      ours.push(await start([script], isCold ? join(cache, String(round)) : cache));
    }
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
  const peer = { name: 'node -e 0', value: Math.round(median(bare)) };
  const ratio = median(ours) / median(bare);
  const judged = atMost(name, ratio, '× node -e 0', limit);
  return {
    ...judged,
    value: Math.round(median(ours)),
    unit: 'ms',
    peer,
    ratio: judged.value,
    goal: `≤ ${limit} × node -e 0`,
  };
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
