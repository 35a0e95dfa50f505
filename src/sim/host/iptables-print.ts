/** Prints rules as iptables-save (`-A CHAIN …`) and as `iptables -L` do. */
import { formatCidr, formatIp, joinHostPort } from '../api/address.ts';
import {
  type Match,
  type NameMatch,
  type NetMatch,
  PORT_NAMES,
  type PortMatch,
  PROTOCOLS,
  type Rule,
  type Target,
} from './iptables-rule.ts';

/** The rule as iptables-save prints it, without `-A CHAIN `; '' for a rule that says nothing. */
export function printRule(rule: Rule, counters = ''): string {
  const parts: string[] = [];
  if (rule.source !== undefined) parts.push(`${not(rule.source)}-s ${formatCidr(rule.source.cidr)}`);
  if (rule.destination !== undefined) parts.push(`${not(rule.destination)}-d ${formatCidr(rule.destination.cidr)}`);
  if (rule.inInterface !== undefined) parts.push(`${not(rule.inInterface)}-i ${rule.inInterface.name}`);
  if (rule.outInterface !== undefined) parts.push(`${not(rule.outInterface)}-o ${rule.outInterface.name}`);
  if (rule.protocol !== undefined) parts.push(`${not(rule.protocol)}-p ${rule.protocol.name}`);
  for (const match of rule.matches) parts.push(printMatch(match));
  if (counters !== '') parts.push(counters);
  if (rule.target !== undefined) parts.push(printTarget(rule.target));
  return parts.join(' ');
}

function not(match: { readonly not: boolean }): string {
  return match.not ? '! ' : '';
}

function printMatch(match: Match): string {
  switch (match.match) {
    case 'tcp':
    case 'udp':
    case 'sctp': {
      let text = `-m ${match.match}`;
      if (match.sourcePort !== undefined) text += ` ${not(match.sourcePort)}--sport ${range(match.sourcePort)}`;
      if (match.destinationPort !== undefined)
        text += ` ${not(match.destinationPort)}--dport ${range(match.destinationPort)}`;
      if (match.flags !== undefined)
        text += ` ${not(match.flags)}--tcp-flags ${flagList(match.flags.mask)} ${flagList(match.flags.set)}`;
      return text;
    }
    case 'icmp':
      return match.type === 255 ? '-m icmp --icmp-type any' : `-m icmp ${not(match)}--icmp-type ${match.type}`;
    case 'comment':
      return `-m comment --comment ${quote(match.comment)}`;
    case 'conntrack':
      return `-m conntrack ${not(match)}--ctstate ${match.states.join(',')}`;
    case 'state':
      return `-m state ${not(match)}--state ${match.states.join(',')}`;
    case 'mark':
      return `-m mark ${not(match)}--mark ${maskedHex(match.value, match.mask)}`;
    case 'addrtype': {
      let text = '-m addrtype';
      if (match.source !== undefined) text += ` ${not(match.source)}--src-type ${match.source.types.join(',')}`;
      if (match.destination !== undefined)
        text += ` ${not(match.destination)}--dst-type ${match.destination.types.join(',')}`;
      return text;
    }
    case 'statistic':
      return `-m statistic --mode random ${not(match)}--probability ${match.probability.toFixed(11)}`;
    case 'recent': {
      let text = `-m recent ${not(match)}--${match.action}`;
      if (match.seconds > 0) text += ` --seconds ${match.seconds}`;
      if (match.reap) text += ' --reap';
      if (match.hits > 0) text += ` --hitcount ${match.hits}`;
      return `${text} --name ${match.name} --mask 255.255.255.255 --rsource`;
    }
    case 'nfacct':
      return `-m nfacct --nfacct-name ${match.name}`;
    case 'multiport':
      return `-m multiport ${not(match)}--${match.which} ${match.ports.map(range).join(',')}`;
  }
}

function printTarget(target: Target): string {
  switch (target.target) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
      return `-j ${target.target}`;
    case 'jump':
      return `${target.goto ? '-g' : '-j'} ${target.chain}`;
    case 'REJECT':
      return `-j REJECT --reject-with ${target.with}`;
    case 'DNAT':
    case 'SNAT':
      return `-j ${target.target} --to-${target.target === 'DNAT' ? 'destination' : 'source'} ${natText(target)}`;
    case 'REDIRECT':
      return target.port === 0 ? '-j REDIRECT' : `-j REDIRECT --to-ports ${target.port}`;
    case 'MASQUERADE':
      return target.randomFully ? '-j MASQUERADE --random-fully' : '-j MASQUERADE';
    case 'MARK':
      return `-j MARK --set-xmark ${hex(target.value)}/${hex(target.mask)}`;
    case 'LOG':
      return `-j LOG${target.prefix === '' ? '' : ` --log-prefix ${quote(target.prefix)}`}${target.level === 4 ? '' : ` --log-level ${target.level}`}`;
  }
}

function natText(target: Extract<Target, { target: 'DNAT' | 'SNAT' }>): string {
  if (target.port === undefined) return target.ip;
  const text = target.ip === '' ? `:${target.port}` : joinHostPort(target.ip, target.port);
  return target.lastPort === undefined ? text : `${text}-${target.lastPort}`;
}

function range({ low, high }: { readonly low: number; readonly high: number }): string {
  return low === high ? `${low}` : `${low}:${high}`;
}

function flagList(flags: readonly string[]): string {
  return flags.length === 0 ? 'NONE' : flags.join(',');
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

function maskedHex(value: number, mask: number): string {
  return mask === 0xffffffff ? hex(value) : `${hex(value)}/${hex(mask)}`;
}

function quote(text: string): string {
  return /^[A-Za-z0-9_-]+$/.test(text) ? text : `"${text.replace(/["'\\]/g, '\\$&')}"`;
}

/* ------------------------------------------------------------------ iptables -L */

export interface ListOptions {
  readonly numeric: boolean;
  readonly verbose: boolean;
  readonly lineNumbers: boolean;
}

/** The heading of the columns. */
export function listHeading({ verbose, lineNumbers }: ListOptions): string {
  const numbers = lineNumbers ? 'num  ' : '';
  if (verbose)
    return `${numbers} pkts bytes target     prot opt in     out     source               destination         `;
  return `${numbers}target     prot opt source               destination         `;
}

/** One line of `iptables -L`. @param number counted from 1 */
export function listRule(rule: Rule, number: number, packets: number, options: ListOptions): string {
  const { numeric, verbose } = options;
  let line = options.lineNumbers ? `${String(number).padEnd(4)} ` : '';
  if (verbose) line += `${count(packets).padStart(5)} ${count(packets * PACKET_BYTES).padStart(5)} `;
  line += `${targetName(rule.target).padEnd(9)} ${rule.protocol?.not === true ? '!' : ' '}`;
  line += `${protocolName(rule.protocol, numeric).padEnd(4)} -- `;
  if (verbose) line += ` ${interfaceName(rule.inInterface, numeric)} ${interfaceName(rule.outInterface, numeric)} `;
  line += netName(rule.source, numeric) + netName(rule.destination, numeric);
  const details = [...rule.matches.map((match) => describeMatch(match, numeric)), describeTarget(rule.target)];
  return `${line}${details
    .filter((text) => text !== '')
    .map((text) => ` ${text}`)
    .join('')}`;
}

/** What a TCP SYN weighs. */
const PACKET_BYTES = 60;

function count(value: number): string {
  if (value > 99999 * 1000) return `${Math.round(value / 1_000_000)}M`;
  return value > 99999 ? `${Math.round(value / 1000)}K` : `${value}`;
}

function targetName(target: Target | undefined): string {
  if (target === undefined) return '';
  return target.target === 'jump' ? target.chain : target.target;
}

function protocolName(protocol: NameMatch | undefined, numeric: boolean): string {
  if (protocol === undefined) return numeric ? '0' : 'all';
  return numeric ? String(PROTOCOLS.get(protocol.name) ?? protocol.name) : protocol.name;
}

function interfaceName(match: NameMatch | undefined, numeric: boolean): string {
  if (match === undefined) return (numeric ? '*' : 'any').padEnd(6);
  return `${match.not ? '!' : ''}${match.name}`.padEnd(6);
}

function netName(match: NetMatch | undefined, numeric: boolean): string {
  const sign = match?.not === true ? '!' : ' ';
  if (match === undefined || match.cidr.prefix === 0)
    return `${sign}${(numeric ? '0.0.0.0/0' : 'anywhere').padEnd(19)} `;
  const { cidr } = match;
  const whole = cidr.prefix === (cidr.family === 4 ? 32 : 128);
  const address = !numeric && cidr.family === 4 && cidr.words[0] === 0x7f000000 && !whole ? 'loopback' : formatIp(cidr);
  return `${sign}${(whole ? address : `${address}/${cidr.prefix}`).padEnd(19)} `;
}

function describeMatch(match: Match, numeric: boolean): string {
  switch (match.match) {
    case 'tcp':
    case 'udp':
    case 'sctp': {
      let text = match.match as string;
      if (match.sourcePort !== undefined) text += ` ${describePort('spt', match.sourcePort, numeric)}`;
      if (match.destinationPort !== undefined) text += ` ${describePort('dpt', match.destinationPort, numeric)}`;
      if (match.flags !== undefined)
        text += ` flags:${match.flags.not ? '!' : ''}${numeric ? `${flagHex(match.flags.mask)}/${flagHex(match.flags.set)}` : `${flagList(match.flags.mask)}/${flagList(match.flags.set)}`}`;
      return text;
    }
    case 'icmp':
      return match.type === 255 ? '' : `icmp${match.not ? ' !' : ''}type ${match.type}`;
    case 'comment':
      return `/* ${match.comment} */`;
    case 'conntrack':
      return `${not(match)}ctstate ${match.states.join(',')}`;
    case 'state':
      return `${not(match)}state ${match.states.join(',')}`;
    case 'mark':
      return `mark match ${not(match)}${maskedHex(match.value, match.mask)}`;
    case 'addrtype': {
      let text = 'ADDRTYPE match';
      if (match.source !== undefined) text += ` src-type ${match.source.not ? '!' : ''}${match.source.types.join(',')}`;
      if (match.destination !== undefined)
        text += ` dst-type ${match.destination.not ? '!' : ''}${match.destination.types.join(',')}`;
      return text;
    }
    case 'statistic':
      return `statistic mode random ${not(match)}probability ${match.probability.toFixed(11)}`;
    case 'recent': {
      const action = { set: 'SET', rcheck: 'CHECK', update: 'UPDATE', remove: 'REMOVE' }[match.action];
      let text = `recent: ${not(match)}${action}`;
      if (match.seconds > 0) text += ` seconds: ${match.seconds}`;
      if (match.reap) text += ' reap';
      if (match.hits > 0) text += ` hit_count: ${match.hits}`;
      return `${text} name: ${match.name} side: source mask: 255.255.255.255`;
    }
    case 'nfacct':
      return `nfacct-name  ${match.name}`;
    case 'multiport':
      return `multiport ${match.which} ${match.not ? '!' : ''}${match.ports
        .map(({ low, high }) =>
          low === high ? portName(low, numeric) : `${portName(low, numeric)}:${portName(high, numeric)}`,
        )
        .join(',')}`;
  }
}

function describePort(label: string, match: PortMatch, numeric: boolean): string {
  const sign = match.not ? '!' : '';
  if (match.low === match.high) return `${label}:${sign}${portName(match.low, numeric)}`;
  return `${label}s:${sign}${portName(match.low, numeric)}:${portName(match.high, numeric)}`;
}

function portName(port: number, numeric: boolean): string {
  return numeric ? `${port}` : (PORT_NAMES.get(port) ?? `${port}`);
}

const FLAG_BITS: Readonly<Record<string, number>> = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32 };

function flagHex(flags: readonly string[]): string {
  let bits = 0;
  for (const flag of flags) bits |= FLAG_BITS[flag] ?? 0;
  return `0x${bits.toString(16).padStart(2, '0').toUpperCase()}`;
}

function describeTarget(target: Target | undefined): string {
  switch (target?.target) {
    case 'REJECT':
      return `reject-with ${target.with}`;
    case 'DNAT':
    case 'SNAT':
      return `to:${natText(target)}`;
    case 'REDIRECT':
      return target.port === 0 ? '' : `redir ports ${target.port}`;
    case 'MASQUERADE':
      return target.randomFully ? 'random-fully' : '';
    case 'MARK':
      return markText(target.value, target.mask);
    case 'LOG':
      return `LOG flags 0 level ${target.level}${target.prefix === '' ? '' : ` prefix "${target.prefix}"`}`;
    case 'jump':
      return target.goto ? '[goto] ' : '';
    default:
      return '';
  }
}

function markText(value: number, mask: number): string {
  if (mask === 0) return `MARK xor ${hex(value)}`;
  if (mask === value) return `MARK or ${hex(value)}`;
  if (value === 0) return `MARK and ${hex(~mask >>> 0)}`;
  return mask === 0xffffffff ? `MARK set ${hex(value)}` : `MARK xset ${hex(value)}/${hex(mask)}`;
}
