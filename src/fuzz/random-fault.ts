/** A fault drawn at random, of every kind there is, somewhere where it can happen. */
import { nextFloat, nextInt, type RandomStream } from '../sim/kernel/random.ts';
import { FAULTS, type Fault, type World } from '../sim/world.ts';

export interface Breakage {
  readonly name: string;
  heal(): void;
}

export function randomFault(world: World, random: RandomStream): Fault {
  const { state } = world.kernel;
  const pick = <T>(items: readonly T[]): T => items[nextInt(random, 0, items.length)]!;
  const machines = [...state.hosts.keys()].filter((name) => name !== 'laptop');
  const nodes = machines.filter((name) => name !== 'lb');
  const two = () => {
    const from = pick(machines);
    return { from, to: pick(machines.filter((name) => name !== from)) };
  };
  const process = () =>
    pick(
      [...state.processes.values()].filter(
        ({ host, program }) => nodes.includes(host) && program !== 'external' && program !== 'systemd',
      ),
    ).id;
  const file = (pattern: RegExp) => {
    const host = pick(nodes);
    const paths = [...state.hosts.get(host)!.files.keys()].filter((path) => pattern.test(path));
    return { host, path: paths.length === 0 ? '/nowhere' : pick(paths) };
  };
  const kind = pick(FAULTS).kind;
  switch (kind) {
    case 'kill':
    case 'pause':
      return { kind, process: process() };
    case 'power':
    case 'disk-full':
      return { kind, host: pick(nodes) };
    case 'cut':
      return { kind, ...two(), oneWay: nextFloat(random) < 0.3 };
    case 'slow':
      return { kind, ...two(), extraMs: nextInt(random, 5, 1_500) };
    case 'loss':
      return { kind, ...two(), share: nextFloat(random) * 0.6 };
    case 'partition':
      return { kind, hosts: [pick(nodes)] };
    case 'slow-disk':
      return { kind, host: pick(nodes), fsyncMs: nextInt(random, 5, 900) };
    case 'clock-skew':
      return { kind, host: pick(nodes), seconds: nextInt(random, -600, 600) };
    case 'expire-certificate':
      return { kind, ...file(/\/pki\/.*\.crt$/) };
    case 'edit-file':
      return { kind, ...file(/\/manifests\/.*\.yaml$/), find: 'kind: Pod', replace: 'kind: Pdo' };
    case 'remove-file':
      return { kind, ...file(/\/manifests\/.*\.yaml$|\/cni\/net\.d\//) };
  }
}
