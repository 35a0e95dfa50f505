/** Which directories a machine has, and what is in them: follows from its files, logs, disks and programs. */
import type { KernelState } from '../sim/kernel/state.ts';
import { parentOf } from './file-content.ts';

export interface Listing {
  /** Directory → the names in it. */
  readonly directories: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Directories that are there whatever is in them. */
const ALWAYS = [
  '/dev',
  '/etc',
  '/etc/default',
  '/home',
  '/opt',
  '/proc/sys/net/ipv4',
  '/proc/sys/net/netfilter',
  '/root',
  '/run',
  '/srv',
  '/sys',
  '/tmp',
  '/usr/bin',
  '/usr/lib',
  '/usr/local/bin',
  '/usr/sbin',
  '/var/lib',
  '/var/log',
  '/var/tmp',
];
const ON_NODES = ['/etc/kubernetes/manifests', '/etc/systemd/system', '/var/lib/kubelet', '/var/log/pods'];
const DEVICES = ['null', 'tty', 'stdout', 'stderr'];

interface Cached {
  readonly key: string;
  readonly listing: Listing;
}

const cache = new WeakMap<KernelState, Map<string, Cached>>();

/** @param programs  names in /usr/bin */
export function cachedListing(
  state: KernelState,
  host: string,
  directories: ReadonlySet<string>,
  programs: ReadonlySet<string>,
): Listing {
  let byHost = cache.get(state);
  if (byHost === undefined) {
    byHost = new Map();
    cache.set(state, byHost);
  }
  const machine = state.hosts.get(host);
  const paths = [...(machine?.files.keys() ?? [])];
  const logs = [...(machine?.logs.keys() ?? [])].filter((name) => name.startsWith('/'));
  const disks = [...(machine?.disks.keys() ?? [])];
  const key = [paths.join(), logs.length, disks.join(), [...directories].join(), programs.size].join('|');
  const known = byHost.get(host);
  if (known?.key === key) return known.listing;
  const found = new Map<string, Set<string>>([['/', new Set()]]);
  const addDirectory = (path: string): Set<string> => {
    let names = found.get(path);
    if (names === undefined) {
      names = new Set();
      found.set(path, names);
      addDirectory(parentOf(path)).add(path.slice(path.lastIndexOf('/') + 1));
    }
    return names;
  };
  const addFile = (path: string) => {
    if (path.startsWith('/.before-fault/')) return;
    addDirectory(parentOf(path)).add(path.slice(path.lastIndexOf('/') + 1));
  };
  ALWAYS.forEach(addDirectory);
  if (paths.includes('/usr/lib/systemd/system/kubelet.service')) ON_NODES.forEach(addDirectory);
  directories.forEach(addDirectory);
  paths.forEach(addFile);
  logs.forEach(addFile);
  for (const disk of disks) {
    const names = addDirectory(disk);
    if (isEtcd(machine?.disks.get(disk))) {
      names.add('member');
      addDirectory(`${disk}/member/snap`);
      addDirectory(`${disk}/member/wal`);
    }
  }
  for (const name of DEVICES) addFile(`/dev/${name}`);
  for (const name of programs) addFile(`/usr/bin/${name}`);
  const sysctls = machine?.linux.get('network');
  if (typeof sysctls === 'object' && sysctls !== null && 'sysctls' in sysctls && sysctls.sysctls instanceof Map)
    for (const name of sysctls.sysctls.keys()) addFile(`/proc/sys/${String(name).replaceAll('.', '/')}`);
  const listing = { directories: found };
  byHost.set(host, { key, listing });
  return listing;
}

function isEtcd(disk: unknown): boolean {
  return typeof disk === 'object' && disk !== null && 'wal' in disk;
}
