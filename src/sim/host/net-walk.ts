/** Walks one packet through the chains of a host's netfilter, rule by rule, as the kernel does. */
import { contains, formatIp, isLoopback } from '../api/address.ts';
import type { Chain, Netfilter, TableName } from './iptables.ts';
import type { Match, NameMatch, NetMatch, PortMatch, RecentMatch, Rule, TypeMatch } from './iptables-rule.ts';
import { ipOf, type Packet } from './net-packet.ts';

/** What a host's netfilter decided, with what is needed to act on it. */
export type Verdict =
  | { readonly verdict: 'ACCEPT' }
  | { readonly verdict: 'DROP' }
  | { readonly verdict: 'REJECT'; readonly with: string }
  | { readonly verdict: 'DNAT' | 'SNAT'; readonly ip: string; readonly port: number | undefined }
  | { readonly verdict: 'REDIRECT'; readonly port: number }
  | { readonly verdict: 'MASQUERADE' };

/** A rule that the packet matched. */
export interface MatchedRule {
  readonly table: TableName;
  readonly chain: string;
  /** Counted from 1; 0 = the chain's policy. */
  readonly number: number;
  readonly rule: Rule | undefined;
}

/** The surroundings of a walk. */
export interface WalkContext {
  readonly netfilter: Netfilter;
  /** Addresses of the host's interfaces, loopback not counted. */
  isLocal(ip: string): boolean;
  readonly nowUs: number;
  random(): number;
  /** Filled with the rules that matched, when given. */
  readonly trace: MatchedRule[] | undefined;
  /** Called for LOG. */
  log?(line: string): void;
}

const ACCEPT: Verdict = Object.freeze({ verdict: 'ACCEPT' });
const DROP: Verdict = Object.freeze({ verdict: 'DROP' });

/** Runs the packet through one table at one hook; a host without that table accepts. */
export function walkTable(context: WalkContext, table: TableName, hook: string, packet: Packet): Verdict {
  const chain = context.netfilter.tables.get(table)?.chains.get(hook);
  if (chain === undefined || (chain.rules.length === 0 && chain.policy === 'ACCEPT')) return ACCEPT;
  const verdict = walkChain(context, table, hook, chain, packet, 0);
  if (verdict !== undefined) return verdict;
  countPacket(context.netfilter, table, hook, chain.rules.length);
  if (chain.policy !== 'DROP') return ACCEPT;
  context.trace?.push({ table, chain: hook, number: 0, rule: undefined });
  return DROP;
}

/** Chains deeper than this are a loop; the kernel refuses to load those. */
const DEPTH = 64;

/** @returns undefined when the packet came to the end of the chain, or RETURN */
function walkChain(
  context: WalkContext,
  table: TableName,
  name: string,
  chain: Chain,
  packet: Packet,
  depth: number,
): Verdict | undefined {
  const { rules } = chain;
  const index = rules.length > INDEXED_FROM ? indexOf(rules) : undefined;
  if (index === undefined) {
    for (let i = 0; i < rules.length; i++) {
      const verdict = tryRule(context, table, name, rules, i, packet, depth);
      if (verdict === NEXT) continue;
      return verdict === RETURN ? undefined : verdict;
    }
    return undefined;
  }
  const byAddress = index.byDestination.get(packet.destination) ?? NONE;
  const byPort = index.byPort.get(packet.destinationPort) ?? NONE;
  const others = index.others;
  for (let a = 0, b = 0, c = 0; ; ) {
    const x = byAddress[a] ?? END;
    const y = byPort[b] ?? END;
    const z = others[c] ?? END;
    const i = Math.min(x, y, z);
    if (i === END) return undefined;
    if (i === x) a++;
    else if (i === y) b++;
    else c++;
    const verdict = tryRule(context, table, name, rules, i, packet, depth);
    if (verdict === NEXT) continue;
    return verdict === RETURN ? undefined : verdict;
  }
}

const NEXT = 1;
const RETURN = 2;

function tryRule(
  context: WalkContext,
  table: TableName,
  name: string,
  rules: readonly Rule[],
  i: number,
  packet: Packet,
  depth: number,
): Verdict | typeof NEXT | typeof RETURN {
  const rule = rules[i]!;
  if (!matches(context, rule, packet)) return NEXT;
  countPacket(context.netfilter, table, name, i);
  context.trace?.push({ table, chain: name, number: i + 1, rule });
  const { target } = rule;
  switch (target?.target) {
    case undefined:
      return NEXT;
    case 'ACCEPT':
      return ACCEPT;
    case 'DROP':
      return DROP;
    case 'RETURN':
      return RETURN;
    case 'REJECT':
      return { verdict: 'REJECT', with: target.with };
    case 'MASQUERADE':
      return { verdict: 'MASQUERADE' };
    case 'REDIRECT':
      return { verdict: 'REDIRECT', port: target.port === 0 ? packet.destinationPort : target.port };
    case 'DNAT':
    case 'SNAT': {
      const spread = target.port === undefined || target.lastPort === undefined ? 0 : target.lastPort - target.port + 1;
      const port = spread === 0 ? target.port : target.port! + Math.floor(context.random() * spread);
      return { verdict: target.target, ip: target.ip, port };
    }
    case 'MARK':
      packet.mark = ((packet.mark & ~target.mask) ^ target.value) >>> 0;
      return NEXT;
    case 'LOG':
      context.log?.(
        `${target.prefix}IN=${packet.inInterface} OUT=${packet.outInterface} SRC=${packet.source} DST=${packet.destination} PROTO=${packet.protocol.toUpperCase()} SPT=${packet.sourcePort} DPT=${packet.destinationPort}`,
      );
      return NEXT;
    case 'jump': {
      const chain = context.netfilter.tables.get(table)?.chains.get(target.chain);
      if (chain === undefined || depth >= DEPTH) return NEXT;
      const verdict = walkChain(context, table, target.chain, chain, packet, depth + 1);
      if (verdict !== undefined) return verdict;
      return target.goto ? RETURN : NEXT;
    }
  }
}

function countPacket(netfilter: Netfilter, table: TableName, chain: string, index: number): void {
  const key = counterKey(table, chain);
  let counters = netfilter.counters.get(key);
  if (counters === undefined) {
    counters = [];
    netfilter.counters.set(key, counters);
  }
  while (counters.length <= index) counters.push(0);
  counters[index]!++;
}

const counterKeys: Record<TableName, Map<string, string>> = {
  filter: new Map(),
  nat: new Map(),
  mangle: new Map(),
  raw: new Map(),
  security: new Map(),
};

/** Strings that are made once hash once. */
function counterKey(table: TableName, chain: string): string {
  const keys = counterKeys[table];
  let key = keys.get(chain);
  if (key === undefined) {
    key = `${table} ${chain}`;
    if (keys.size > 100_000) keys.clear();
    keys.set(chain, key);
  }
  return key;
}

/* ------------------------------------------------------------------ matching */

function matches(context: WalkContext, rule: Rule, packet: Packet): boolean {
  if (rule.protocol !== undefined && (rule.protocol.name === packet.protocol) === rule.protocol.not) return false;
  if (rule.destination !== undefined && !inNet(rule.destination, packet.destination)) return false;
  if (rule.source !== undefined && !inNet(rule.source, packet.source)) return false;
  if (rule.inInterface !== undefined && !isInterface(rule.inInterface, packet.inInterface)) return false;
  if (rule.outInterface !== undefined && !isInterface(rule.outInterface, packet.outInterface)) return false;
  for (const match of rule.matches) if (!matchesOne(context, match, packet)) return false;
  return true;
}

function inNet(match: NetMatch, ip: string): boolean {
  return contains(match.cidr, ipOf(ip)) !== match.not;
}

function isInterface(match: NameMatch, name: string): boolean {
  const same = match.name.endsWith('+') ? name.startsWith(match.name.slice(0, -1)) : name === match.name;
  return same !== match.not;
}

function matchesOne(context: WalkContext, match: Match, packet: Packet): boolean {
  switch (match.match) {
    case 'comment':
    case 'nfacct':
      return true;
    case 'tcp':
    case 'udp':
    case 'sctp':
      if (packet.protocol !== match.match) return false;
      if (match.destinationPort !== undefined && !isPort(match.destinationPort, packet.destinationPort)) return false;
      if (match.sourcePort !== undefined && !isPort(match.sourcePort, packet.sourcePort)) return false;
      return match.flags === undefined || hasFlags(match.flags, packet) !== match.flags.not;
    case 'icmp':
      return packet.protocol === 'icmp' && (match.type === 255 || (match.type === packet.icmpType) !== match.not);
    case 'conntrack':
    case 'state':
      return match.states.some((state) => isState(state, packet)) !== match.not;
    case 'mark':
      return ((packet.mark & match.mask) >>> 0 === match.value) !== match.not;
    case 'addrtype':
      return (
        (match.source === undefined || isType(context, match.source, packet.source)) &&
        (match.destination === undefined || isType(context, match.destination, packet.destination))
      );
    case 'statistic':
      return context.random() < match.probability !== match.not;
    case 'recent':
      return recently(context, match, packet.source) !== match.not;
    case 'multiport': {
      const inList = (port: number) => match.ports.some(({ low, high }) => port >= low && port <= high);
      const source = match.which !== 'dports' && inList(packet.sourcePort);
      const destination = match.which !== 'sports' && inList(packet.destinationPort);
      return (source || destination) !== match.not;
    }
  }
}

function isPort(match: PortMatch, port: number): boolean {
  return (port >= match.low && port <= match.high) !== match.not;
}

function hasFlags(
  flags: { readonly mask: readonly string[]; readonly set: readonly string[] },
  packet: Packet,
): boolean {
  const own = packet.syn ? ['SYN'] : ['ACK'];
  return flags.mask.every((flag) => own.includes(flag) === flags.set.includes(flag));
}

function isState(state: string, packet: Packet): boolean {
  if (state === 'DNAT') return packet.dnat;
  if (state === 'SNAT') return packet.snat;
  return packet.state === state;
}

function isType(context: WalkContext, match: TypeMatch, ip: string): boolean {
  return match.types.includes(addressType(context, ip)) !== match.not;
}

function addressType(context: WalkContext, text: string): string {
  if (context.isLocal(text)) return 'LOCAL';
  const ip = ipOf(text);
  if (isLoopback(ip)) return 'LOCAL';
  const first = ip.words[0]!;
  if (ip.family === 4) return first === 0xffffffff ? 'BROADCAST' : first >>> 28 === 14 ? 'MULTICAST' : 'UNICAST';
  return first >>> 24 === 0xff ? 'MULTICAST' : 'UNICAST';
}

function recently(context: WalkContext, match: RecentMatch, ip: string): boolean {
  const { recent } = context.netfilter;
  let list = recent.get(match.name);
  if (list === undefined) {
    list = new Map();
    recent.set(match.name, list);
  }
  const since = context.nowUs - match.seconds * 1_000_000;
  if (match.reap && match.seconds > 0)
    for (const [address, times] of list) if (times[times.length - 1]! < since) list.delete(address);
  const times = list.get(ip);
  switch (match.action) {
    case 'set':
      remember(list, ip, context.nowUs);
      return true;
    case 'remove':
      return list.delete(ip);
    default: {
      if (times === undefined) return false;
      const hits = match.seconds === 0 ? times.length : times.filter((time) => time >= since).length;
      const seen = hits > 0 && hits >= match.hits;
      if (seen && match.action === 'update') remember(list, ip, context.nowUs);
      return seen;
    }
  }
}

/** The kernel remembers the last 20 packets of 100 addresses a list. */
const PACKETS_KEPT = 20;
const ADDRESSES_KEPT = 100;

function remember(list: Map<string, number[]>, ip: string, now: number): void {
  const times = list.get(ip) ?? [];
  list.delete(ip);
  times.push(now);
  if (times.length > PACKETS_KEPT) times.shift();
  list.set(ip, times);
  if (list.size > ADDRESSES_KEPT) for (const oldest of list.keys()) return void list.delete(oldest);
}

/* ------------------------------------------------------------------ long chains */

/**
 * KUBE-SERVICES has a rule or more a service. Rules that name one destination address, or one destination port, are found by it; the
 * order of the chain is kept, so the answer is that of trying them one by one.
 */
interface ChainIndex {
  readonly byDestination: ReadonlyMap<string, readonly number[]>;
  readonly byPort: ReadonlyMap<number, readonly number[]>;
  readonly others: readonly number[];
}

const INDEXED_FROM = 16;
const END = 0x7fffffff;
const NONE: readonly number[] = [];
const indexes = new WeakMap<readonly Rule[], ChainIndex>();

function indexOf(rules: readonly Rule[]): ChainIndex {
  let index = indexes.get(rules);
  if (index !== undefined) return index;
  const byDestination = new Map<string, number[]>();
  const byPort = new Map<number, number[]>();
  const others: number[] = [];
  rules.forEach((rule, i) => {
    const destination = wholeAddress(rule.destination);
    const port = destination === undefined ? onlyPort(rule) : undefined;
    if (destination !== undefined) put(byDestination, destination, i);
    else if (port !== undefined) put(byPort, port, i);
    else others.push(i);
  });
  index = { byDestination, byPort, others };
  indexes.set(rules, index);
  return index;
}

function put<K>(map: Map<K, number[]>, key: K, i: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [i]);
  else list.push(i);
}

function wholeAddress(match: NetMatch | undefined): string | undefined {
  if (match === undefined || match.not || match.cidr.prefix !== (match.cidr.family === 4 ? 32 : 128)) return undefined;
  return formatIp(match.cidr);
}

function onlyPort(rule: Rule): number | undefined {
  for (const match of rule.matches) {
    if (match.match !== 'tcp' && match.match !== 'udp' && match.match !== 'sctp') continue;
    const port = match.destinationPort;
    if (port !== undefined && !port.not && port.low === port.high) return port.low;
  }
  return undefined;
}
