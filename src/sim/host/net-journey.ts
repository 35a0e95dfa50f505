/** A packet's journey: what it may meet, the stations it has passed, and how it ended. */

import type { Connection } from './net-conntrack.ts';
import type { HostNetwork } from './net-host.ts';
import type { Packet } from './net-packet.ts';
import type { MatchedRule } from './net-walk.ts';

/** Everything that a packet may meet. */
export interface NetView {
  host(name: string): HostNetwork | undefined;
  /** Host by its address on the underlay. */
  readonly hostByIp: ReadonlyMap<string, string>;
  readonly nowUs: number;
  /** For `-m statistic` and ports. */
  random(): number;
  /** Whether a pod with this address hangs on the host's bridge. */
  podIsHere(host: string, ip: string): boolean;
  /** The wire between two hosts: cut, or ending at a machine without power. Absent = all well. */
  link?(from: string, to: string): 'up' | 'cut' | 'off';
  /** Whether something accepts on the address, in the pod with that IP or on the host itself. Absent = yes. */
  listens?(host: string, ip: string, port: number, toPod: boolean): boolean;
  /** A line for the kernel log of a host (`dmesg`). */
  kernelLog?(host: string, line: string): void;
}

/** One station of a packet. */
export interface Hop {
  readonly host: string;
  /** `PREROUTING`, `route`, `wire`, … */
  readonly at: string;
  /** What happened, for people: `DNAT to 10.244.1.4:8080`, `via 192.168.56.22 dev eth0`. */
  readonly what: string;
  /** Rules that matched, when a table was walked. */
  readonly rules: readonly MatchedRule[];
}

export type Ended =
  | {
      readonly outcome: 'delivered';
      readonly host: string;
      readonly toPod: boolean;
      readonly ip: string;
      readonly port: number;
      readonly why?: undefined;
    }
  | { readonly outcome: 'refused' | 'rejected' | 'dropped' | 'noRoute'; readonly host: string; readonly why: string };

export interface Journey {
  readonly view: NetView;
  readonly hops: Hop[] | undefined;
  /** Connections that this packet made or used. */
  readonly touched: Connection[];
  ended: Ended | undefined;
}

export const NO_HOPS: readonly Hop[] = Object.freeze([]);

export function deliver(journey: Journey, host: HostNetwork, toPod: boolean, packet: Packet): void {
  if (journey.hops !== undefined)
    hop(
      journey,
      host,
      toPod ? 'pod' : 'process',
      `${packet.destination}:${packet.destinationPort} from ${packet.source}:${packet.sourcePort}`,
    );
  journey.ended = {
    outcome: 'delivered',
    host: host.name,
    toPod,
    ip: packet.destination,
    port: packet.destinationPort,
  };
}

export function lose(
  journey: Journey,
  host: HostNetwork,
  outcome: 'rejected' | 'dropped' | 'noRoute',
  why: string,
  rules: readonly MatchedRule[] = NO_RULES,
): void {
  hop(journey, host, outcome, why, rules);
  journey.ended = { outcome, host: host.name, why };
}

export function hop(
  journey: Journey,
  host: HostNetwork,
  at: string,
  what: string,
  rules: readonly MatchedRule[] = NO_RULES,
): void {
  journey.hops?.push({ host: host.name, at, what, rules });
}

export const NO_RULES: readonly MatchedRule[] = Object.freeze([]);
