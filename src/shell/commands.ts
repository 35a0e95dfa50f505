/** Which commands of ours there are on which machine; bash's own text tools come on top. */
import { hostsOf, type World } from '../sim/world.ts';
import type { ShellCommand } from './command.ts';
import { clockCommands } from './commands/clock.ts';
import { crictl } from './commands/crictl.ts';
import { curl } from './commands/curl.ts';
import { etcdctl, etcdutl } from './commands/etcdctl.ts';
import { fault } from './commands/fault.ts';
import { helpCommands } from './commands/help.ts';
import { journalctl } from './commands/journalctl.ts';
import { kubeadm } from './commands/kubeadm.ts';
import { kubectl } from './commands/kubectl.ts';
import { machineCommands } from './commands/machine.ts';
import { nameCommands } from './commands/names.ts';
import { networkTools } from './commands/network-tools.ts';
import { openssl } from './commands/openssl.ts';
import { ping } from './commands/ping.ts';
import { processCommands } from './commands/processes.ts';
import { ssh } from './commands/ssh.ts';
import { systemctl } from './commands/systemctl.ts';
import { timeTravel } from './commands/time-travel.ts';
import { traceCommands } from './commands/trace.ts';
import { wget } from './commands/wget.ts';

const all: readonly ShellCommand[] = [
  kubectl,
  etcdctl,
  etcdutl,
  ssh,
  systemctl,
  journalctl,
  crictl,
  kubeadm,
  ...networkTools,
  curl,
  wget,
  ...nameCommands,
  ping,
  openssl,
  ...processCommands,
  ...machineCommands,
  ...clockCommands,
  fault,
  ...traceCommands,
  ...timeTravel,
  ...helpCommands,
];

const cache = new WeakMap<World, Map<string, ReadonlyMap<string, ShellCommand>>>();

export function commandsFor(world: World, host: string): ReadonlyMap<string, ShellCommand> {
  let byHost = cache.get(world);
  if (byHost === undefined) {
    byHost = new Map();
    cache.set(world, byHost);
  }
  let commands = byHost.get(host);
  if (commands === undefined) {
    const role = hostsOf(world.spec).find(({ name }) => name === host)?.role ?? 'laptop';
    const isThere = ({ on }: ShellCommand) => {
      switch (on) {
        case undefined:
          return true;
        case 'laptop':
          return role === 'laptop';
        case 'controlPlanes':
          return role === 'controlPlane';
        case 'nodes':
          return role === 'controlPlane' || role === 'worker';
        case 'cluster':
          return role !== 'laptop';
      }
    };
    commands = new Map(all.filter(isThere).map((command) => [command.name, command]));
    byHost.set(host, commands);
  }
  return commands;
}
