/** What a program that runs in a container is told about itself beside its arguments, and what it may tell. */
import type { Io } from '../kernel/io.ts';

export interface ContainerProcessConfig {
  /** The process that holds its cgroup. */
  readonly shim: string;
  readonly container: string;
  /** The first process of its container: signals without a handler do nothing to it. */
  readonly isInit: boolean;
  /** Standard input stays open. */
  readonly keepsStdin: boolean;
  /** What was piped into `exec`. */
  readonly stdin?: string;
}

/** Reads the configuration that a shim gives; undefined for a process outside of containers. */
export function containerConfigOf(config: unknown): ContainerProcessConfig | undefined {
  return typeof config === 'object' && config !== null && 'shim' in config && 'container' in config
    ? (config as ContainerProcessConfig)
    : undefined;
}

/** Memory that the program has taken beyond what its image always needs; too much and the kernel kills it. */
export function takeMemory(io: Io, config: ContainerProcessConfig | undefined, bytes: number): void {
  if (config !== undefined) io.send(config.shim, { type: 'MEMORY', container: config.container, bytes });
}
