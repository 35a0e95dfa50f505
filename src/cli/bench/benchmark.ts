/** What one benchmark is: measured alone or with the others, told in the same shape. */
export interface Benchmark {
  readonly name: string;
  /** What it measures, and why that matters: one sentence. */
  readonly about: string;
  readonly unit: string;
  /** Measures; slow ones say so in `about`. */
  readonly measure: () => Promise<Measured>;
}

export interface Measured {
  readonly value: number;
  /** Measured in the same run, to compare with. */
  readonly peer?: { readonly name: string; readonly value: number };
  /** What is to be reached, as people say it. */
  readonly goal: string;
  readonly ok: boolean;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** CPU time of this process spent in `work`, milliseconds. */
export async function cpuMs(work: () => void | Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
