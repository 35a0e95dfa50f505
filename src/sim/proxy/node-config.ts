/** What a kube-proxy knows about its node and its own configuration, as far as the rules depend on it. */
import { type Cidr, contains, formatIp, isLoopback, parseCidr, parseIp } from '../api/address.ts';
import type { NodePlace } from './endpoints.ts';
import type { IpFamily } from './service-port.ts';

/** How kube-proxy tells that a packet comes from a pod of this node or cluster (`detectLocalMode`). */
export type LocalDetector =
  | { readonly by: 'none' }
  | { readonly by: 'cidr'; readonly cidr: string }
  | { readonly by: 'bridge'; readonly interface: string }
  | { readonly by: 'interfaceNamePrefix'; readonly prefix: string };

export interface ProxyNodeConfig extends NodePlace {
  readonly nodeIP: string;
  /** Every address of the node's interfaces. */
  readonly localIPs: readonly string[];
  readonly ipFamily: IpFamily;
  readonly localDetector: LocalDetector;
  readonly masqueradeAll: boolean;
  /** As written into the rules, such as `0x4000`. */
  readonly masqueradeMark: string;
  /** The node's iptables knows `--random-fully`. */
  readonly randomFully: boolean;
  /** The node's kernel knows accounting objects (nfacct), so that kube-proxy counts some packets. */
  readonly nfacct: boolean;
  /** Whether node ports answer on 127.0.0.1, as asked for; see {@link localhostNodePorts}. */
  readonly localhostNodePorts: boolean;
  /** CIDRs of the node addresses on which node ports answer; empty = all. */
  readonly nodePortAddresses: readonly string[];
  /** sysctl nf_conntrack_tcp_be_liberal is set: packets in state INVALID are not dropped. */
  readonly conntrackTCPBeLiberal: boolean;
}

/** The arguments that match packets of local pods, or of everybody else; undefined when nothing can tell. */
export function localMatch(detector: LocalDetector, local: boolean): string | undefined {
  const not = local ? '' : '! ';
  switch (detector.by) {
    case 'none':
      return undefined;
    case 'cidr':
      return `${not}-s ${detector.cidr}`;
    case 'bridge':
      return `${not}-i ${detector.interface}`;
    case 'interfaceNamePrefix':
      return `${not}-i ${detector.prefix}+`;
  }
}

/** Node ports on loopback need IPv4 and a node port address range that holds 127.0.0.1. */
export function localhostNodePorts(config: ProxyNodeConfig): boolean {
  return config.localhostNodePorts && config.ipFamily === 'IPv4' && nodePortRanges(config).some(holdsLoopback);
}

/** All addresses serve node ports, or only these. */
export type NodePortAddresses = 'all' | readonly string[];

/** @source pkg/proxy/util/nodeport_addresses.go */
export function nodePortAddresses(config: ProxyNodeConfig): NodePortAddresses {
  const ranges = nodePortRanges(config);
  if (ranges.some((range) => range.prefix === 0)) return 'all';
  const withLoopback = localhostNodePorts(config);
  const result = new Set<string>();
  for (const range of ranges)
    for (const text of config.localIPs) {
      const ip = parseIp(text);
      if (ip === undefined || !contains(range, ip)) continue;
      if (isLoopback(ip) && !withLoopback) continue;
      result.add(formatIp(ip));
    }
  return [...result];
}

const EVERYWHERE: Readonly<Record<IpFamily, string>> = { IPv4: '0.0.0.0/0', IPv6: '::/0' };

/** Ranges of the other family do not count; without any of this family node ports answer everywhere. */
function nodePortRanges({ ipFamily, nodePortAddresses }: ProxyNodeConfig): Cidr[] {
  const ranges: Cidr[] = [];
  for (const text of nodePortAddresses) {
    const range = parseCidr(text);
    if (range !== undefined && (range.family === 4) === (ipFamily === 'IPv4')) ranges.push(range);
  }
  return ranges.length > 0 ? ranges : [parseCidr(EVERYWHERE[ipFamily])!];
}

function holdsLoopback(range: Cidr): boolean {
  return range.family === 4 && (range.words[0]! >>> 24 === 127 || contains(range, { family: 4, words: [0x7f000000] }));
}
