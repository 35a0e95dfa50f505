/** A fault drawn at random, of every kind there is, somewhere where it can happen. */
import { nextFloat, nextInt, type RandomStream } from '../sim/kernel/random.ts';
import { FAULTS, type Fault, type World } from '../sim/world.ts';

export const FAULT_KINDS: readonly Fault['kind'][] = FAULTS.map(({ kind }) => kind);

const MANIFEST = /\/etc\/kubernetes\/manifests\/.*\.yaml$/;

/** Slips of an administrator in a file: the text is in most manifests, in few kubeconfigs. */
const SLIPS: readonly (readonly [find: string, replace: string])[] = [
  ['kind: Pod', 'kind: Pdo'],
  ['    - --', '    - --x'],
  ['spec:', 'spec'],
  ['image: ', 'image: no-such-'],
  ['127.0.0.1', '127.0.0.9'],
  ['cpu: ', 'cpu: 1000'],
  ['hostNetwork: true', 'hostNetwork: false'],
];

/** @returns undefined where a fault of this kind cannot happen at the moment */
export function randomFault(world: World, random: RandomStream, kind: Fault['kind']): Fault | undefined {
  const { state } = world.kernel;
  const pick = <T>(items: readonly T[]): T => items[nextInt(random, 0, items.length)]!;
  const machines = [...state.hosts.keys()].filter((name) => name !== 'laptop');
  const nodes = machines.filter((name) => name !== 'lb');
  const two = () => {
    const from = pick(machines);
    return { from, to: pick(machines.filter((name) => name !== from)) };
  };
  switch (kind) {
    case 'kill':
    case 'pause': {
      const running = [...state.processes.values()].filter(
        ({ host, program }) => nodes.includes(host) && program !== 'external' && program !== 'systemd',
      );
      return running.length === 0 ? undefined : { kind, process: pick(running).id };
    }
    case 'power':
      return { kind, host: pick(machines) };
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
    case 'expire-certificate': {
      const found = file(/\/pki\/.*\.(crt|pem)$|\/etc\/kubernetes\/.*\.conf$/);
      return found === undefined ? undefined : { kind, ...found };
    }
    case 'edit-object':
      return { kind, target: `node/${pick(nodes)}`, patch: '{"spec":{"unschedulable":true}}' };
    case 'edit-file': {
      const found = file(MANIFEST);
      const [find, replace] = pick(SLIPS);
      return found === undefined ? undefined : { kind, ...found, find, replace };
    }
    case 'remove-file': {
      const found = file(/\/manifests\/.*\.yaml$|\/cni\/net\.d\/|\/etc\/kubernetes\/(.*\.conf|pki\/.*)$/);
      return found === undefined ? undefined : { kind, ...found };
    }
  }

  function file(pattern: RegExp): { host: string; path: string } | undefined {
    const host = pick(nodes);
    const paths = [...state.hosts.get(host)!.files.keys()].filter(
      (path) => pattern.test(path) && !path.startsWith('/.before-fault'),
    );
    return paths.length === 0 ? undefined : { host, path: pick(paths) };
  }
}
