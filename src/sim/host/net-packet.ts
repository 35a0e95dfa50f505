/** A packet on its way, as netfilter and the routes see it. */
import { type Ip, parseIp } from '../api/address.ts';
import type { ConntrackState } from './iptables-rule.ts';

export type Protocol = 'tcp' | 'udp' | 'sctp' | 'icmp';

/** Where a packet comes from or goes to; the address in canonical text. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

export interface Packet {
  readonly protocol: Protocol;
  source: string;
  sourcePort: number;
  destination: string;
  destinationPort: number;
  /** First packet of a TCP connection. */
  readonly syn: boolean;
  /** ICMP type; 8 = echo request. */
  readonly icmpType: number;
  /** What follows belongs to one pass through one host. */
  mark: number;
  inInterface: string;
  outInterface: string;
  state: ConntrackState;
  /** The connection's destination, or source, is translated on this host. */
  dnat: boolean;
  snat: boolean;
}

export function newPacket(protocol: Protocol, source: Endpoint, destination: Endpoint, syn = true): Packet {
  return {
    protocol,
    source: source.ip,
    sourcePort: source.port,
    destination: destination.ip,
    destinationPort: destination.port,
    syn,
    icmpType: 8,
    mark: 0,
    inInterface: '',
    outInterface: '',
    state: 'NEW',
    dnat: false,
    snat: false,
  };
}

const addresses = new Map<string, Ip>();
const ADDRESSES_KEPT = 100_000;

/** The address behind a canonical text; remembered, because the same ones come by again and again. */
export function ipOf(text: string): Ip {
  let ip = addresses.get(text);
  if (ip === undefined) {
    ip = parseIp(text);
    if (ip === undefined) throw new Error(`not an address: ${text}`);
    if (addresses.size >= ADDRESSES_KEPT) addresses.clear();
    addresses.set(text, ip);
  }
  return ip;
}
