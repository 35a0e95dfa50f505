/** Every benchmark there is. */
import type { Benchmark } from './benchmark.ts';
import { firstFrameBenchmarks } from './first-frame.ts';
import { frameBenchmarks } from './frame.ts';
import { simulationBenchmarks } from './simulation.ts';

export const benchmarks: readonly Benchmark[] = [...firstFrameBenchmarks, ...frameBenchmarks, ...simulationBenchmarks];
