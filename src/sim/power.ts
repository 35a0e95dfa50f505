/** What a machine starts when it gets power: its first process, which starts the rest. */
import type { Kernel } from './kernel/kernel.ts';

export function powerOn(kernel: Kernel, host: string): void {
  const files = kernel.state.hosts.get(host)?.files;
  if (files?.has('/etc/haproxy/haproxy.cfg') === true) {
    kernel.processes.spawn(host, {
      name: 'haproxy',
      program: 'haproxy',
      args: ['-f', '/etc/haproxy/haproxy.cfg'],
      log: 'haproxy.service',
    });
  } else if (files?.has('/usr/lib/systemd/system/kubelet.service') === true) {
    kernel.processes.spawn(host, { name: 'systemd', program: 'systemd', args: [], log: 'systemd' });
  }
}
