/** `bench`: the figures we hold ourselves to, measured here and now. */
import { cpus } from 'node:os';
import type { Benchmark, Measured } from './bench/benchmark.ts';
import { deployManyPods, haBoot, haIdle } from './bench/cluster.ts';
import { firstFrameCold, firstFrameWarm } from './bench/first-frame.ts';
import { frameBytes, frameCpu } from './bench/frame.ts';
import { type CommandRun, complain, exitStatus } from './command.ts';
import { didYouMean } from './flags.ts';

export const benchmarks: readonly Benchmark[] = [
  firstFrameWarm,
  firstFrameCold,
  frameCpu,
  frameBytes,
  haBoot,
  haIdle,
  deployManyPods,
];

export const runBench: CommandRun = async (parsed, context) => {
  const names = benchmarks.map(({ name }) => name);
  const unknown = parsed.operands.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    return complain(
      context,
      `there is no benchmark ${JSON.stringify(unknown)}${didYouMean(unknown, names) || `; there are ${names.join(', ')}.`}`,
      exitStatus.usage,
    );
  }
  const isJson = parsed.switches.has('json');
  const results: (Measured & { name: string; unit: string; ratio?: number })[] = [];
  for (const benchmark of benchmarks) {
    if (parsed.operands.length > 0 && !parsed.operands.includes(benchmark.name)) continue;
    const { name, unit } = benchmark;
    const measured = await benchmark.measure();
    const value = rounded(measured.value);
    const { peer } = measured;
    const result = {
      name,
      unit,
      ...measured,
      value,
      ...(peer ? { peer: { ...peer, value: rounded(peer.value) }, ratio: rounded(measured.value / peer.value) } : {}),
    };
    results.push(result);
    if (isJson) continue;
    const against = peer
      ? ` (${peer.name}: ${rounded(peer.value)} ${unit}; ${rounded(measured.value / peer.value)} ×)`
      : '';
    context.stdout.write(`${measured.ok ? 'ok ' : 'BAD'} ${name}: ${value} ${unit}${against}; goal ${measured.goal}\n`);
  }
  if (isJson) {
    const cpu = cpus()[0]?.model ?? 'unknown';
    context.stdout.write(`${JSON.stringify({ node: process.version, cpu, results }, undefined, 2)}\n`);
  }
  return results.every(({ ok }) => ok) ? exitStatus.good : exitStatus.failed;
};

/** Three figures are all that a measurement on a shared machine is worth. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
