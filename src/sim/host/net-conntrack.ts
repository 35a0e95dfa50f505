/** The connection tracking table of a host: what it translated, so that later packets and answers are treated alike. */
import type { Packet, Protocol } from './net-packet.ts';

export interface Tuple {
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly destinationPort: number;
}

export type TcpState = 'SYN_SENT' | 'ESTABLISHED' | 'TIME_WAIT' | 'CLOSE';

export interface Connection {
  readonly protocol: Protocol;
  readonly original: Tuple;
  /** The tuple of the answers; differs from the reverse of `original` where the connection is translated. */
  reply: Tuple;
  tcpState: TcpState | undefined;
  /** Answers were seen. */
  assured: boolean;
  expiresUs: number;
  dnat: boolean;
  snat: boolean;
}

export interface Conntrack {
  /** sysctl net.netfilter.nf_conntrack_max */
  max: number;
  /** By tuple, original and reply: each connection stands in it twice. */
  readonly byTuple: Map<string, Connection>;
  count: number;
  /** Statistics of `conntrack -S`. */
  insertFailed: number;
  dropped: number;
  /** Time before which nothing expires. */
  sweepAtUs: number;
  /** sysctl nf_conntrack_tcp_timeout_established, seconds. */
  tcpEstablishedSeconds: number;
}

/** Timeouts in seconds. @source Linux net/netfilter/nf_conntrack_proto_{tcp,udp,icmp}.c */
const SYN_SENT_SECONDS = 120;
const TIME_WAIT_SECONDS = 120;
const CLOSE_SECONDS = 10;
const UDP_SECONDS = 30;
const UDP_STREAM_SECONDS = 120;
const ICMP_SECONDS = 30;
const SECOND_US = 1_000_000;

export function newConntrack(max = 262_144): Conntrack {
  return {
    max,
    byTuple: new Map(),
    count: 0,
    insertFailed: 0,
    dropped: 0,
    sweepAtUs: 0,
    tcpEstablishedSeconds: 86_400,
  };
}

function keyOf(protocol: Protocol, tuple: Tuple): string {
  return `${protocol} ${tuple.source}:${tuple.sourcePort} ${tuple.destination}:${tuple.destinationPort}`;
}

export function reverse(tuple: Tuple): Tuple {
  return {
    source: tuple.destination,
    sourcePort: tuple.destinationPort,
    destination: tuple.source,
    destinationPort: tuple.sourcePort,
  };
}

/** The connection that the packet belongs to, and in which direction it goes. */
export function findConnection(
  conntrack: Conntrack,
  packet: Packet,
  nowUs: number,
): { readonly connection: Connection; readonly isReply: boolean } | undefined {
  if (conntrack.count === 0) return undefined;
  const key = keyOf(packet.protocol, packet);
  const connection = conntrack.byTuple.get(key);
  if (connection === undefined) return undefined;
  if (connection.expiresUs <= nowUs) {
    forget(conntrack, connection);
    return undefined;
  }
  return { connection, isReply: keyOf(connection.protocol, connection.original) !== key };
}

/** A connection that has just begun, not yet in the table: it is confirmed when its first packet leaves the host. */
export function newConnection(packet: Packet): Connection {
  const original: Tuple = {
    source: packet.source,
    sourcePort: packet.sourcePort,
    destination: packet.destination,
    destinationPort: packet.destinationPort,
  };
  return {
    protocol: packet.protocol,
    original,
    reply: reverse(original),
    tcpState: packet.protocol === 'tcp' ? 'SYN_SENT' : undefined,
    assured: false,
    expiresUs: 0,
    dnat: false,
    snat: false,
  };
}

/** Enters a new connection. False when the table is full: the packet is dropped and the kernel complains. */
export function confirm(conntrack: Conntrack, connection: Connection, nowUs: number): boolean {
  if (conntrack.count >= conntrack.max || nowUs >= conntrack.sweepAtUs) sweep(conntrack, nowUs);
  if (conntrack.count >= conntrack.max) {
    conntrack.dropped++;
    return false;
  }
  connection.expiresUs = nowUs + firstTimeout(connection.protocol) * SECOND_US;
  conntrack.byTuple.set(keyOf(connection.protocol, connection.original), connection);
  conntrack.byTuple.set(keyOf(connection.protocol, connection.reply), connection);
  conntrack.count++;
  return true;
}

/** Whether answers to this tuple would be taken for another connection's. */
export function isTaken(conntrack: Conntrack, protocol: Protocol, reply: Tuple): boolean {
  return conntrack.byTuple.has(keyOf(protocol, reply));
}

/** One more packet of a known connection. */
export function refresh(conntrack: Conntrack, connection: Connection, isReply: boolean, nowUs: number): void {
  if (isReply) {
    connection.assured = true;
    if (connection.tcpState === 'SYN_SENT') connection.tcpState = 'ESTABLISHED';
  }
  let seconds = firstTimeout(connection.protocol);
  if (connection.tcpState === 'ESTABLISHED') seconds = conntrack.tcpEstablishedSeconds;
  else if (connection.protocol === 'udp' && connection.assured) seconds = UDP_STREAM_SECONDS;
  connection.expiresUs = nowUs + seconds * SECOND_US;
}

/** A TCP connection has ended: in good order, or with a reset. */
export function closeConnection(connection: Connection, byReset: boolean, nowUs: number): void {
  if (connection.tcpState === undefined) return;
  connection.tcpState = byReset ? 'CLOSE' : 'TIME_WAIT';
  connection.expiresUs = nowUs + (byReset ? CLOSE_SECONDS : TIME_WAIT_SECONDS) * SECOND_US;
}

export function forget(conntrack: Conntrack, connection: Connection): void {
  if (conntrack.byTuple.delete(keyOf(connection.protocol, connection.original))) conntrack.count--;
  conntrack.byTuple.delete(keyOf(connection.protocol, connection.reply));
}

/** Every connection once, oldest first. */
export function connections(conntrack: Conntrack): Connection[] {
  return [...new Set(conntrack.byTuple.values())];
}

/**
 * Forgets UDP connections to service addresses whose endpoint no longer serves them: UDP has no end of its own, so a client that keeps
 * its port would talk to a dead pod for ever.
 * @param serving  `ip:port` of a service address → its endpoints as `ip:port`
 * @source pkg/proxy/conntrack/cleanup.go
 */
export function cleanStaleUdp(conntrack: Conntrack, serving: ReadonlyMap<string, ReadonlySet<string>>): number {
  let cleaned = 0;
  for (const connection of connections(conntrack)) {
    if (connection.protocol !== 'udp') continue;
    const { original, reply } = connection;
    const endpoints = serving.get(`${original.destination}:${original.destinationPort}`);
    if (endpoints === undefined || endpoints.has(`${reply.source}:${reply.sourcePort}`)) continue;
    forget(conntrack, connection);
    cleaned++;
  }
  return cleaned;
}

function firstTimeout(protocol: Protocol): number {
  if (protocol === 'udp') return UDP_SECONDS;
  return protocol === 'icmp' ? ICMP_SECONDS : SYN_SENT_SECONDS;
}

/** Now and then, so that the cost is spread over many connections. */
const SWEEP_US = 30 * SECOND_US;

function sweep(conntrack: Conntrack, nowUs: number): void {
  conntrack.sweepAtUs = nowUs + SWEEP_US;
  for (const connection of conntrack.byTuple.values()) if (connection.expiresUs <= nowUs) forget(conntrack, connection);
}
