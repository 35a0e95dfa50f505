/** The virtual network between hosts: latency, loss, cuts, and what TCP does about them. Pure functions over NetworkState. */
import type { QueueRow } from './queue.ts';
import { nextFloat, type RandomStream } from './random.ts';
import type { Link, NetworkState } from './state.ts';
import { MILLISECOND, type Us } from './units.ts';

/** A connection whose link stays cut this long is given up by both ends (HTTP/2 ping 30 s + 15 s). */
export const CONNECTION_LOST_US: Us = 45_000 * MILLISECOND;
const RETRANSMIT_US: Us = 200 * MILLISECOND;

export function createNetwork(latencyUs: Us, jitterUs: Us): NetworkState {
  return { latencyUs, jitterUs, loopbackUs: 30, links: new Map(), held: new Map() };
}

export function linkName(from: string, to: string): string {
  return `${from}>${to}`;
}

export function isCut(network: NetworkState, from: string, to: string): boolean {
  return network.links.size > 0 && network.links.get(linkName(from, to))?.cut === true;
}

/** One-way delay of a packet, or -1 when it is lost (datagram) or cannot pass (cut). */
export function datagramDelay(network: NetworkState, random: RandomStream, from: string, to: string): Us {
  const link = impairment(network, from, to);
  if (link !== undefined && (link.cut || (link.loss > 0 && nextFloat(random) < link.loss))) return -1;
  return baseDelay(network, random, from, to) + (link?.extraUs ?? 0);
}

/** One-way delay of a message on a connection: loss costs retransmissions instead. -1 = the link is cut: hold it. */
export function streamDelay(network: NetworkState, random: RandomStream, from: string, to: string): Us {
  const link = impairment(network, from, to);
  if (link === undefined) return baseDelay(network, random, from, to);
  if (link.cut) return -1;
  let delay = baseDelay(network, random, from, to) + link.extraUs;
  for (let wait = RETRANSMIT_US; link.loss > 0 && nextFloat(random) < link.loss && wait < CONNECTION_LOST_US; wait *= 2)
    delay += wait;
  return delay;
}

export function hold(network: NetworkState, from: string, to: string, row: QueueRow): void {
  const name = linkName(from, to);
  const rows = network.held.get(name);
  if (rows === undefined) network.held.set(name, [row]);
  else rows.push(row);
}

/** Takes out what waited for this link. */
export function release(network: NetworkState, from: string, to: string): QueueRow[] {
  const name = linkName(from, to);
  const rows = network.held.get(name) ?? [];
  network.held.delete(name);
  return rows;
}

/** Changes one direction of a link; an unimpaired link is forgotten. */
export function impair(network: NetworkState, from: string, to: string, change: Partial<Link>): void {
  const name = linkName(from, to);
  const link: Link = { cut: false, extraUs: 0, loss: 0, ...network.links.get(name), ...change };
  if (link.cut || link.extraUs > 0 || link.loss > 0) network.links.set(name, link);
  else network.links.delete(name);
}

function impairment(network: NetworkState, from: string, to: string): Link | undefined {
  return network.links.size === 0 ? undefined : network.links.get(linkName(from, to));
}

function baseDelay(network: NetworkState, random: RandomStream, from: string, to: string): Us {
  if (from === to) return network.loopbackUs;
  return network.latencyUs + Math.floor(nextFloat(random) * network.jitterUs);
}
