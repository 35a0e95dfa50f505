/**
 * The way of a packet through the cluster: out of a pod or a process, through the netfilter of every host on the way (which may
 * translate, refuse or lose it), along routes, to whatever listens; and the way of the answer back.
 * Works on plain data; models Linux netfilter hooks, conntrack, bridges and routes.
 */
import { isLoopback } from '../api/address.ts';
import { closeConnection } from './net-conntrack.ts';
import { freshPort, type HostNetwork, isOwn, UPLINK } from './net-host.ts';
import { type Ended, type Hop, type Journey, type NetView, NO_HOPS } from './net-journey.ts';
import { type Endpoint, ipOf, newPacket, type Protocol } from './net-packet.ts';
import { findRoute } from './net-routes.ts';
import { travel } from './net-travel.ts';

export interface Departure {
  readonly host: string;
  /** The pod's address when it leaves a pod with its own network; absent = a process on the host. */
  readonly podIp?: string | undefined;
  readonly protocol?: Protocol | undefined;
  /** Absent = a fresh port. */
  readonly sourcePort?: number | undefined;
  readonly destination: Endpoint;
}

export type RouteOutcome =
  | {
      readonly outcome: 'delivered';
      readonly host: string;
      /** Whether it went into a pod; otherwise to a process in the host's network. */
      readonly toPod: boolean;
      readonly ip: string;
      readonly port: number;
      /** Who the receiver believes has called. */
      readonly source: Endpoint;
      readonly hops: readonly Hop[];
    }
  /** Nothing listens there: RST. */
  | { readonly outcome: 'refused'; readonly host: string; readonly why: string; readonly hops: readonly Hop[] }
  /** A REJECT rule answered. */
  | { readonly outcome: 'rejected'; readonly host: string; readonly why: string; readonly hops: readonly Hop[] }
  /** Lost without an answer: the caller waits for its timeout. */
  | { readonly outcome: 'dropped'; readonly host: string; readonly why: string; readonly hops: readonly Hop[] }
  | { readonly outcome: 'noRoute'; readonly host: string; readonly why: string; readonly hops: readonly Hop[] };

export interface RouteOptions {
  /** Collect hops and rules; costs time. */
  readonly trace?: boolean | undefined;
  /** The connection ends with its first answer, so that the tracking tables forget it soon. */
  readonly close?: boolean | undefined;
}

/** Sends the first packet of a connection and lets the answer come back. */
export function route(view: NetView, departure: Departure, options: RouteOptions = {}): RouteOutcome {
  const host = view.host(departure.host);
  if (host === undefined) throw new Error(`no host ${departure.host}`);
  const protocol = departure.protocol ?? 'tcp';
  const destination = departure.destination;
  const journey: Journey = { view, hops: options.trace === true ? [] : undefined, touched: [], ended: undefined };
  const source = sourceOf(host, departure);
  if (source === undefined) {
    const why = `no route to ${destination.ip}`;
    return {
      outcome: 'noRoute',
      host: host.name,
      why: 'connect: network is unreachable',
      hops: [{ host: host.name, at: 'route', what: why, rules: [] }],
    };
  }
  const packet = newPacket(protocol, { ip: source, port: departure.sourcePort ?? freshPort(host) }, destination);
  const asked: Endpoint = { ip: packet.source, port: packet.sourcePort };
  travel(journey, host, departure.podIp, packet);
  const arrival = journey.ended;
  if (arrival === undefined || arrival.outcome !== 'delivered') return finish(journey);
  const seen: Endpoint = { ip: packet.source, port: packet.sourcePort };

  const listens = view.listens === undefined || view.listens(arrival.host, arrival.ip, arrival.port, arrival.toPod);
  journey.ended = undefined;
  const receiver = view.host(arrival.host)!;
  const answer = newPacket(protocol, { ip: arrival.ip, port: arrival.port }, seen, false);
  travel(journey, receiver, arrival.toPod ? arrival.ip : undefined, answer);
  const back = journey.ended as Ended | undefined;
  if (back === undefined || back.outcome !== 'delivered')
    return finish({
      ...journey,
      ended: { outcome: 'dropped', host: back?.host ?? receiver.name, why: `the answer was lost: ${back?.why ?? ''}` },
    });
  if (
    answer.source !== destination.ip ||
    answer.sourcePort !== destination.port ||
    back.ip !== asked.ip ||
    back.port !== asked.port
  ) {
    const why = `the answer came from ${answer.source}:${answer.sourcePort}, which nobody had called`;
    return finish({ ...journey, ended: { outcome: 'dropped', host: back.host, why } });
  }
  if (options.close === true || !listens)
    for (const connection of journey.touched) closeConnection(connection, !listens, view.nowUs);
  if (!listens)
    return finish({
      ...journey,
      ended: { outcome: 'refused', host: arrival.host, why: `nothing listens on ${arrival.ip}:${arrival.port}` },
    });
  return { ...arrival, source: seen, hops: journey.hops ?? NO_HOPS };
}

function finish(journey: Journey): RouteOutcome {
  const { ended } = journey;
  const hops = journey.hops ?? NO_HOPS;
  if (ended === undefined || ended.outcome === 'delivered') throw new Error('a packet neither arrived nor got lost');
  return { outcome: ended.outcome, host: ended.host, why: ended.why, hops };
}

/** The address a process gets when it connects: that of the interface the packet will leave by, before any translation. */
function sourceOf(host: HostNetwork, { podIp, destination }: Departure): string | undefined {
  if (podIp !== undefined) return isLoopback(ipOf(destination.ip)) ? destination.ip : podIp;
  if (isOwn(host, destination.ip)) return destination.ip;
  const way = findRoute(host.routes, destination.ip);
  return way === undefined ? undefined : (way.src ?? host.interfaces.get(way.dev) ?? host.interfaces.get(UPLINK));
}
