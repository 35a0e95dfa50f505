/**
 * Pod networking as the CNI plugins `bridge` and `host-local` do it: the configuration in /etc/cni/net.d, and the addresses handed
 * out from the node's slice, in turn, never the one that was given last.
 * @source containernetworking/plugins plugins/ipam/host-local/backend/allocator
 */
import { parseCidr } from '../api/address.ts';
import type { Io } from '../kernel/io.ts';

export const CNI_DIRECTORY = '/etc/cni/net.d';
export const CNI_BINARIES = '/opt/cni/bin';
/** Where host-local keeps its reservations, as durable data. */
export const IPAM_DISK = '/var/lib/cni/networks/podnet';
/** The pod network namespaces that exist now: what hangs on the host's bridge. Read by whoever routes packets. */
export const NETNS_DISK = '/run/netns';

export interface IpamState {
  last: number;
  /** IP → sandbox. */
  readonly reserved: Map<string, string>;
}

export interface NetworkNamespaces {
  readonly pods: Set<string>;
}

export type CniConfig =
  | { readonly ok: true; readonly network: string; readonly plugin: string; readonly subnet: string }
  | { readonly ok: false; readonly error: string };

export type AddressResult = { readonly ok: true; readonly ip: string } | { readonly ok: false; readonly error: string };

/** The first configuration in order of file name, as containerd loads it. */
export function readCniConfig(io: Io): CniConfig {
  for (const path of io.listFiles(CNI_DIRECTORY)) {
    if (!/\.(conf|conflist|json)$/.test(path)) continue;
    const config = parseCniConfig(io.readFile(path) ?? '');
    if (config !== undefined) return config;
  }
  return { ok: false, error: 'cni plugin not initialized' };
}

/** Takes the next free address. */
export function allocateAddress(io: Io, config: CniConfig, sandbox: string): AddressResult {
  if (!config.ok) return config;
  if (io.readFile(`${CNI_BINARIES}/${config.plugin}`) === undefined)
    return { ok: false, error: `failed to find plugin "${config.plugin}" in path [${CNI_BINARIES}]` };
  const cidr = parseCidr(config.subnet);
  if (cidr === undefined)
    return { ok: false, error: `plugin type="${config.plugin}" failed (add): invalid CIDR address: ${config.subnet}` };
  const prefix = Number(config.subnet.split('/')[1]);
  const base = ipNumber(config.subnet.split('/')[0]!);
  const last = base + 2 ** (32 - prefix) - 2;
  const state = io.disk(IPAM_DISK, freshIpam);
  const size = last - (base + 1);
  const from = state.last > base + 1 && state.last <= last ? state.last : base + 1;
  for (let step = 1; step <= size; step++) {
    const candidate = base + 2 + ((from - (base + 2) + step) % size);
    const ip = ipText(candidate);
    if (state.reserved.has(ip)) continue;
    state.reserved.set(ip, sandbox);
    state.last = candidate;
    io.disk(NETNS_DISK, freshNamespaces).pods.add(ip);
    return { ok: true, ip };
  }
  const range = `${ipText(base + 1)}-${ipText(last)}`;
  return {
    ok: false,
    error: `plugin type="${config.plugin}" failed (add): failed to allocate for range 0: no IP addresses available in range set: ${range}`,
  };
}

export function releaseAddress(io: Io, ip: string): void {
  io.disk(IPAM_DISK, freshIpam).reserved.delete(ip);
  io.disk(NETNS_DISK, freshNamespaces).pods.delete(ip);
}

function parseCniConfig(text: string): CniConfig | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const root = fieldsOf(parsed);
  const plugins = Array.isArray(root['plugins']) ? root['plugins'] : [root];
  const plugin = fieldsOf(plugins[0]);
  if (typeof plugin['type'] !== 'string') return undefined;
  const ipam = fieldsOf(plugin['ipam']);
  const ranges = Array.isArray(ipam['ranges']) ? (ipam['ranges'] as unknown[]) : [];
  const first: unknown = Array.isArray(ranges[0]) ? ranges[0][0] : undefined;
  const subnet = fieldsOf(first)['subnet'] ?? ipam['subnet'];
  return {
    ok: true,
    network: typeof root['name'] === 'string' ? root['name'] : 'podnet',
    plugin: plugin['type'],
    subnet: typeof subnet === 'string' ? subnet : '',
  };
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function freshIpam(): IpamState {
  return { last: 0, reserved: new Map() };
}

function freshNamespaces(): NetworkNamespaces {
  return { pods: new Set() };
}

function ipNumber(ip: string): number {
  return ip.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function ipText(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
