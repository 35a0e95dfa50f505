/** The binary `kube-apiserver`. */
import type { Program } from '../kernel/kernel.ts';
import { apiserverMachine } from './apiserver.machine.ts';
import { createMemory } from './memory.ts';
import { NO_OPTIONS } from './options.ts';

export const apiserverProgram: Program = {
  name: 'kube-apiserver',
  machine: apiserverMachine,
  init: (start) => createMemory(start, NO_OPTIONS),
};
