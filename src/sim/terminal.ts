import { EXTERNAL, type Kernel } from './kernel/kernel.ts';
import type { Process } from './kernel/state.ts';

/** The process that stands for people at a host, or in a pod's network. */
export function terminal(kernel: Kernel, host: string, ip: string | undefined): Process | undefined {
  if (!kernel.state.hosts.has(host)) return undefined;
  const name = ip === undefined ? 'terminal' : `terminal-${ip}`;
  const id = `${host}/${name}`;
  if (!kernel.state.processes.has(id))
    kernel.processes.spawn(host, { name, program: EXTERNAL, args: [], ip, log: name });
  return kernel.state.processes.get(id);
}
