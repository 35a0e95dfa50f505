/** Every benchmark there is. */
import type { Benchmark } from './benchmark.ts';
import { simulationBenchmarks } from './simulation.ts';

export const benchmarks: readonly Benchmark[] = [...simulationBenchmarks];
