/** From host to host: routing decisions, bridges and the wire between them. */
import { isLoopback } from '../api/address.ts';
import {
  confirmed,
  enter,
  filterTables,
  type Tracked,
  track,
  translateDestination,
  translateSource,
} from './net-hooks.ts';
import { BRIDGE, BRIDGE_NF_CALL, type HostNetwork, IP_FORWARD, isOwn, ROUTE_LOCALNET } from './net-host.ts';
import { deliver, hop, type Journey, lose } from './net-journey.ts';
import { ipOf, type Packet } from './net-packet.ts';
import { findRoute, type Route } from './net-routes.ts';

/** Packets that go in circles die of their TTL. */
const HOSTS_ON_THE_WAY = 16;

/** Moves the packet from a pod, or from a process on the host, until it is delivered or lost. */
export function travel(journey: Journey, start: HostNetwork, podIp: string | undefined, packet: Packet): void {
  if (podIp !== undefined) {
    const destination = ipOf(packet.destination);
    if (packet.destination === podIp || isLoopback(destination)) {
      deliver(journey, start, true, packet);
      return;
    }
    enter(packet);
    packet.inInterface = BRIDGE;
    if (bridged(journey, start, packet)) return;
    receive(journey, start, packet, 0);
    return;
  }
  send(journey, start, packet);
}

/** Between pods of one host the bridge switches frames itself; netfilter sees them only when the sysctl says so. */
function bridged(journey: Journey, host: HostNetwork, packet: Packet): boolean {
  if (host.sysctls.get(BRIDGE_NF_CALL) !== 0 || findRoute(host.routes, packet.destination)?.dev !== BRIDGE)
    return false;
  if (journey.hops !== undefined) hop(journey, host, 'bridge', `switched by ${BRIDGE}, unseen by netfilter`);
  deliver(journey, host, true, packet);
  return true;
}

/** A packet that a process on the host sends. */
function send(journey: Journey, host: HostNetwork, packet: Packet): void {
  enter(packet);
  const first = findRoute(host.routes, packet.destination);
  packet.outInterface = isOwn(host, packet.destination) ? 'lo' : (first?.dev ?? '');
  const connection = track(journey, host, packet);
  if (!filterTables(journey, host, 'OUTPUT', packet, ['raw', 'mangle'])) return;
  if (!translateDestination(journey, host, 'OUTPUT', packet, connection)) return;
  if (!filterTables(journey, host, 'OUTPUT', packet, ['filter'])) return;
  forwardTo(journey, host, packet, connection, true, 0);
}

/** A packet that comes in from a pod or from the wire. */
function receive(journey: Journey, host: HostNetwork, packet: Packet, count: number): void {
  const connection = track(journey, host, packet);
  if (!filterTables(journey, host, 'PREROUTING', packet, ['raw', 'mangle'])) return;
  if (!translateDestination(journey, host, 'PREROUTING', packet, connection)) return;
  forwardTo(journey, host, packet, connection, false, count);
}

/** The routing decision, and what follows from it. */
function forwardTo(
  journey: Journey,
  host: HostNetwork,
  packet: Packet,
  tracked: Tracked,
  own: boolean,
  count: number,
): void {
  if (isOwn(host, packet.destination)) {
    packet.outInterface = own ? 'lo' : '';
    if (own) packet.inInterface = 'lo';
    if (!filterTables(journey, host, 'INPUT', packet, ['mangle', 'filter'])) return;
    // Answers get back the address that was called here, at the latest.
    if ((own || !tracked.isNew) && !translateSource(journey, host, packet, tracked)) return;
    if (!confirmed(journey, host, tracked)) return;
    deliver(journey, host, false, packet);
    return;
  }
  const way = findRoute(host.routes, packet.destination);
  if (way === undefined) {
    lose(journey, host, 'noRoute', `no route to ${packet.destination}`);
    return;
  }
  packet.outInterface = way.dev;
  if (isLoopback(ipOf(packet.source)) && host.sysctls.get(ROUTE_LOCALNET) !== 1) {
    lose(journey, host, 'dropped', `martian source ${packet.source} (route_localnet is off)`);
    return;
  }
  if (journey.hops !== undefined)
    hop(
      journey,
      host,
      'route',
      `${packet.destination}${way.via === undefined ? '' : ` via ${way.via}`} dev ${way.dev}`,
    );
  if (!own) {
    if (host.sysctls.get(IP_FORWARD) === 0) {
      lose(journey, host, 'dropped', 'ip_forward is off');
      return;
    }
    if (!filterTables(journey, host, 'FORWARD', packet, ['mangle', 'filter'])) return;
  }
  if (!translateSource(journey, host, packet, tracked)) return;
  if (!confirmed(journey, host, tracked)) return;
  leave(journey, host, way, packet, count);
}

/** Out of an interface: to a pod of this host, or over the wire to another host. */
function leave(journey: Journey, host: HostNetwork, way: Route, packet: Packet, count: number): void {
  const { view } = journey;
  if (way.dev === BRIDGE) {
    if (!view.podIsHere(host.name, packet.destination)) {
      lose(journey, host, 'noRoute', `no pod with address ${packet.destination} on ${host.name}`);
      return;
    }
    if (
      packet.source === packet.destination ||
      (packet.inInterface === BRIDGE && !host.hairpin && isSameVeth(journey, packet))
    ) {
      lose(journey, host, 'dropped', `${packet.destination} would be its own caller (no hairpin masquerade)`);
      return;
    }
    deliver(journey, host, true, packet);
    return;
  }
  const nextHop = way.via ?? packet.destination;
  const next = view.hostByIp.get(nextHop);
  const there = next === undefined ? undefined : view.host(next);
  if (next === undefined || there === undefined) {
    lose(journey, host, 'noRoute', `${nextHop} is outside of the simulated network`);
    return;
  }
  const link = view.link?.(host.name, next) ?? 'up';
  if (link !== 'up') {
    lose(journey, host, link === 'off' ? 'noRoute' : 'dropped', `no answer from ${next}`);
    return;
  }
  if (count >= HOSTS_ON_THE_WAY) {
    lose(journey, host, 'dropped', 'TTL exceeded in transit');
    return;
  }
  if (journey.hops !== undefined) hop(journey, host, 'wire', `${way.dev} to ${next}`);
  enter(packet);
  packet.inInterface = way.dev;
  receive(journey, there, packet, count + 1);
}

/** Without hairpin mode a bridge never sends a frame back to where it came from. */
function isSameVeth(journey: Journey, packet: Packet): boolean {
  return journey.touched.some(({ original }) => original.source === packet.destination);
}
