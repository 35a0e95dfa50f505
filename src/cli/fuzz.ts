/** `fuzz`: random faults and work on random clusters, with the laws on. */
import { fuzzSeed, type SeedResult } from '../fuzz/fuzzer.ts';
import { type CommandRun, complain, exitStatus } from './command.ts';

export const runFuzz: CommandRun = async (parsed, context) => {
  const range = /^(\d+)(?:\.\.(\d+))?$/.exec(parsed.values.get('seeds') ?? '1..20');
  const minutes = Number(parsed.values.get('minutes') ?? Number.POSITIVE_INFINITY);
  if (range === null) return complain(context, '--seeds takes a range such as 1..100.', exitStatus.usage);
  if (!(minutes > 0)) return complain(context, '--minutes takes a number greater than 0.', exitStatus.usage);
  const [first, last] = [Number(range[1]), Number(range[2] ?? range[1])];
  const json = parsed.switches.has('json');
  const started = Date.now();
  const results: SeedResult[] = [];
  for (let seed = first; seed <= last && Date.now() - started < minutes * 60_000; seed++) {
    const result = fuzzSeed(seed);
    await new Promise<void>((resolve) => setImmediate(resolve));
    results.push(result);
    if (json) continue;
    const bad = result.violations.length + result.notConverged.length;
    context.stdout.write(
      `seed ${seed}: ${result.events} events, ${result.simulatedSeconds} s simulated, ${bad === 0 ? 'all laws hold' : 'BROKEN'}\n`,
    );
    for (const { law, at, detail, repro } of result.violations) {
      context.stdout.write(`  ${law} at ${(at / 1e6).toFixed(3)} s: ${detail}\n  see it again: ${repro}\n`);
    }
    for (const text of result.notConverged) context.stdout.write(`  not at rest: ${text}\n`);
  }
  const violations = results.flatMap((result) => result.violations);
  const notConverged = results.flatMap(({ seed, notConverged: texts }) => texts.map((detail) => ({ seed, detail })));
  const ok = violations.length === 0 && notConverged.length === 0;
  const total = (of: (result: SeedResult) => number) => results.reduce((sum, result) => sum + of(result), 0);
  if (json) {
    const report = {
      seeds: results.length,
      events: total(({ events }) => events),
      simulatedSeconds: total(({ simulatedSeconds }) => simulatedSeconds),
      violations,
      notConverged,
      reached: [...new Set(results.flatMap(({ reached }) => reached))].sort(),
      ok,
    };
    context.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  }
  return ok ? exitStatus.good : exitStatus.failed;
};
