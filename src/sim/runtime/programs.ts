/** Every binary of this room: the runtime's own, and those that images contain. */
import type { Program } from '../kernel/kernel.ts';
import { containerdProgram } from './containerd.machine.ts';
import { busyboxProgram } from './programs/busybox.machine.ts';
import { quietPrograms } from './programs/quiet.machine.ts';
import { webServerPrograms } from './programs/web-server.machine.ts';
import { shimProgram } from './shim.machine.ts';

export const runtimePrograms: readonly Program[] = [
  containerdProgram,
  shimProgram,
  busyboxProgram,
  ...webServerPrograms,
  ...quietPrograms,
];
