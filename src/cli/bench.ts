/** `bench`: the figures the project promises, measured here and now. */
import { cpus } from 'node:os';
import type { BenchResult } from '../bench/benchmark.ts';
import { benchmarks } from '../bench/benchmarks.ts';
import { type CommandRun, complain, exitStatus } from './command.ts';
import { didYouMean } from './flags.ts';

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
  const json = parsed.switches.has('json');
  const results: BenchResult[] = [];
  for (const benchmark of benchmarks) {
    if (parsed.operands.length > 0 && !parsed.operands.includes(benchmark.name)) continue;
    const result = await benchmark.run();
    results.push(result);
    if (json) continue;
    const mark = result.ok ? 'ok ' : 'BAD';
    context.stdout.write(
      `${mark} ${result.name.padEnd(16)} ${String(result.value).padStart(10)} ${result.unit.padEnd(14)} goal ${result.goal}${against(result)}\n`,
    );
  }
  if (json) {
    context.stdout.write(
      `${JSON.stringify({ node: process.version, cpu: cpus()[0]?.model ?? 'unknown', results }, undefined, 2)}\n`,
    );
  }
  return results.every(({ ok }) => ok) ? exitStatus.good : exitStatus.failed;
};

function against({ peer, ratio }: BenchResult): string {
  return peer === undefined ? '' : ` (${peer.name}: ${peer.value}${ratio === undefined ? '' : `, ${ratio} ×`})`;
}
