/** Commands that frame a line for just-bash and are never typed: they carry the exit status, keep arrays, measure `time`. */
import type { Command } from 'just-bash';
import { TIMED } from './live-output.ts';

export const NO_STATUS = '__k8sd_status';
export const END = '__k8sd_end';

export interface OwnCommandsOptions {
  /** Virtual time, microseconds. */
  now(): number;
  keepArray(name: string, values: readonly string[]): void;
  /** The end of the line was reached: nothing has called `exit`. */
  ended(): void;
}

/** The exit status of the line before; the end of a line; what an array holds. */
export function ownCommands({ now, keepArray, ended }: OwnCommandsOptions): Command[] {
  const began: number[] = [];
  const done = (exitCode: number) => ({ stdout: '', stderr: '', exitCode });
  return [
    { name: NO_STATUS, execute: async ([code = '0']) => done(Number(code)) },
    {
      name: END,
      execute: async ([code = '0']) => {
        ended();
        return done(Number(code));
      },
    },
    {
      name: TIMED,
      execute: async ([code]) => {
        if (code === undefined) began.push(now());
        const us = now() - (began.at(-1) ?? 0);
        if (code !== undefined) began.pop();
        const seconds = us / 1e6;
        const real = `${Math.floor(seconds / 60)}m${(seconds % 60).toFixed(3)}s`;
        const stderr = code === undefined ? '' : `\nreal\t${real}\nuser\t0m0.000s\nsys\t0m0.000s\n`;
        return { stdout: '', stderr, exitCode: Number(code ?? 0) };
      },
    },
    {
      name: '__k8sd_array',
      execute: async ([name = '', ...values]) => {
        keepArray(name, values);
        return done(0);
      },
    },
  ];
}
