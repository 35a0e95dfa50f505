/** One host's netfilter hooks: connection tracking, the filtering tables, and translation of addresses. */
import { type Connection, confirm, findConnection, isTaken, newConnection, refresh, reverse } from './net-conntrack.ts';
import { freshPort, type HostNetwork, isOwn, UPLINK } from './net-host.ts';
import { hop, type Journey, lose, NO_RULES } from './net-journey.ts';
import type { Packet } from './net-packet.ts';
import { type MatchedRule, type Verdict, type WalkContext, walkTable } from './net-walk.ts';

export interface Tracked {
  readonly connection: Connection;
  readonly isNew: boolean;
  readonly isReply: boolean;
}

/** What a packet brings from elsewhere is forgotten: marks do not travel over wires. */
export function enter(packet: Packet): void {
  packet.mark = 0;
  packet.inInterface = '';
  packet.outInterface = '';
  packet.state = 'NEW';
  packet.dnat = false;
  packet.snat = false;
}

export function track(journey: Journey, host: HostNetwork, packet: Packet): Tracked {
  const found = findConnection(host.conntrack, packet, journey.view.nowUs);
  if (found === undefined) {
    const connection = newConnection(packet);
    // An answer to a connection that nobody here has seen.
    packet.state = packet.protocol === 'tcp' && !packet.syn ? 'INVALID' : 'NEW';
    return { connection, isNew: true, isReply: false };
  }
  const { connection, isReply } = found;
  refresh(host.conntrack, connection, isReply, journey.view.nowUs);
  packet.state = connection.assured || isReply ? 'ESTABLISHED' : 'NEW';
  packet.dnat = connection.dnat;
  packet.snat = connection.snat;
  if (!journey.touched.includes(connection)) journey.touched.push(connection);
  return { connection, isNew: false, isReply };
}

type FilterTable = 'raw' | 'mangle' | 'filter';

/** False when the packet ended here. */
export function filterTables(
  journey: Journey,
  host: HostNetwork,
  hook: string,
  packet: Packet,
  tables: readonly FilterTable[],
): boolean {
  for (const table of tables) {
    if (!host.netfilter.tables.has(table)) continue;
    const { verdict, rules } = walk(journey, host, table, hook, packet);
    if (verdict.verdict === 'REJECT') {
      const why = `REJECT in ${table} ${hook}${lastRule(rules)}`;
      lose(journey, host, 'rejected', why, rules);
      return false;
    }
    if (verdict.verdict !== 'ACCEPT') {
      lose(journey, host, 'dropped', `DROP in ${table} ${hook}${lastRule(rules)}`, rules);
      return false;
    }
    if (rules.length > 0) hop(journey, host, `${table} ${hook}`, 'ACCEPT', rules);
  }
  return true;
}

/** Before routing: the first packet of a connection asks the nat table, later ones are treated like it. */
export function translateDestination(
  journey: Journey,
  host: HostNetwork,
  hook: string,
  packet: Packet,
  tracked: Tracked,
): boolean {
  const { connection, isNew, isReply } = tracked;
  if (packet.state === 'INVALID') return true;
  if (!isNew) {
    const target = isReply ? reverse(connection.original) : reverse(connection.reply);
    if (packet.destination === target.destination && packet.destinationPort === target.destinationPort) return true;
    setDestination(journey, host, hook, packet, target.destination, target.destinationPort, 'as the connection began');
    return true;
  }
  if (!host.netfilter.tables.has('nat')) return true;
  const { verdict, rules } = walk(journey, host, 'nat', hook, packet);
  if (verdict.verdict === 'DNAT' || verdict.verdict === 'REDIRECT') {
    const ip = verdict.verdict === 'DNAT' ? verdict.ip : (host.interfaces.get('lo') ?? packet.destination);
    const port = verdict.port ?? packet.destinationPort;
    setDestination(journey, host, hook, packet, ip === '' ? packet.destination : ip, port, '', rules);
    connection.reply = { ...connection.reply, source: packet.destination, sourcePort: packet.destinationPort };
    connection.dnat = true;
    packet.dnat = true;
    return true;
  }
  if (verdict.verdict === 'DROP') {
    lose(journey, host, 'dropped', `DROP in nat ${hook}${lastRule(rules)}`, rules);
    return false;
  }
  if (rules.length > 0) hop(journey, host, `nat ${hook}`, 'not translated', rules);
  return true;
}

/** After routing: masquerading and SNAT, or undoing what was done to the connection's first packet. */
export function translateSource(journey: Journey, host: HostNetwork, packet: Packet, tracked: Tracked): boolean {
  const { connection, isNew, isReply } = tracked;
  if (packet.state === 'INVALID') return true;
  if (!isNew) {
    const wanted = isReply ? reverse(connection.original) : reverse(connection.reply);
    packet.source = wanted.source;
    packet.sourcePort = wanted.sourcePort;
    return true;
  }
  if (!host.netfilter.tables.has('nat')) return true;
  const { verdict, rules } = walk(journey, host, 'nat', 'POSTROUTING', packet);
  if (verdict.verdict !== 'MASQUERADE' && verdict.verdict !== 'SNAT') {
    if (rules.length > 0) hop(journey, host, 'nat POSTROUTING', 'not translated', rules);
    return true;
  }
  const ip =
    verdict.verdict === 'SNAT'
      ? verdict.ip
      : (host.interfaces.get(packet.outInterface) ?? host.interfaces.get(UPLINK) ?? '');
  let reply = { ...connection.reply, destination: ip, destinationPort: packet.sourcePort };
  while (isTaken(host.conntrack, packet.protocol, reply)) reply = { ...reply, destinationPort: freshPort(host) };
  connection.reply = reply;
  connection.snat = true;
  if (journey.hops !== undefined)
    hop(
      journey,
      host,
      'nat POSTROUTING',
      `${verdict.verdict} ${packet.source}:${packet.sourcePort} to ${ip}:${reply.destinationPort}`,
      rules,
    );
  packet.source = ip;
  packet.sourcePort = reply.destinationPort;
  packet.snat = true;
  return true;
}

/** The first packet of a connection gets as far as leaving the host: now the connection is known. */
export function confirmed(journey: Journey, host: HostNetwork, { connection, isNew }: Tracked): boolean {
  if (!isNew || connection.expiresUs > 0) return true;
  if (confirm(host.conntrack, connection, journey.view.nowUs)) {
    journey.touched.push(connection);
    return true;
  }
  journey.view.kernelLog?.(host.name, 'nf_conntrack: nf_conntrack: table full, dropping packet');
  lose(journey, host, 'dropped', 'nf_conntrack: table full, dropping packet');
  return false;
}

function setDestination(
  journey: Journey,
  host: HostNetwork,
  hook: string,
  packet: Packet,
  ip: string,
  port: number,
  why: string,
  rules: readonly MatchedRule[] = NO_RULES,
): void {
  packet.destination = ip;
  packet.destinationPort = port;
  if (journey.hops !== undefined)
    if (journey.hops !== undefined)
      hop(journey, host, `nat ${hook}`, `DNAT to ${ip}:${port}${why === '' ? '' : `, ${why}`}`, rules);
}

function walk(
  journey: Journey,
  host: HostNetwork,
  table: 'raw' | 'mangle' | 'filter' | 'nat',
  hook: string,
  packet: Packet,
): { readonly verdict: Verdict; readonly rules: readonly MatchedRule[] } {
  const { view } = journey;
  const trace: MatchedRule[] | undefined = journey.hops === undefined ? undefined : [];
  const context: WalkContext = {
    netfilter: host.netfilter,
    isLocal: (ip) => isOwn(host, ip),
    nowUs: view.nowUs,
    random: () => view.random(),
    trace,
    log: (line) => view.kernelLog?.(host.name, line),
  };
  return { verdict: walkTable(context, table, hook, packet), rules: trace ?? NO_RULES };
}

function lastRule(rules: readonly MatchedRule[]): string {
  const last = rules[rules.length - 1];
  return last === undefined ? '' : ` (${last.chain} ${last.number === 0 ? 'policy' : `rule ${last.number}`})`;
}
