/** What a benchmark is and how its figure is judged: CPU medians in one process, or ratios to a peer measured in the same run. */

export interface BenchResult {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly peer?: { readonly name: string; readonly value: number } | undefined;
  readonly ratio?: number | undefined;
  /** In words: `≤ 150`, `≥ 1000`. */
  readonly goal: string;
  readonly ok: boolean;
}

export interface Benchmark {
  readonly name: string;
  /** One sentence: what is measured and why. */
  readonly what: string;
  run(): Promise<BenchResult>;
}

/** CPU milliseconds of this process that `work` takes. */
export async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function atMost(name: string, value: number, unit: string, limit: number): BenchResult {
  return { name, value: round(value), unit, goal: `≤ ${limit}`, ok: value <= limit };
}

export function atLeast(name: string, value: number, unit: string, limit: number): BenchResult {
  return { name, value: round(value), unit, goal: `≥ ${limit}`, ok: value >= limit };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
