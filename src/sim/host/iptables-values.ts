/** The values of iptables' options: networks, ports, marks, states, and targets and matches as they are before their options. */
import { networkOf, parseCidr, parseIp, splitHostPort } from '../api/address.ts';
import {
  type ConntrackState,
  ICMP_TYPES,
  type Match,
  type NetMatch,
  PORT_NAMES,
  type Target,
} from './iptables-rule.ts';

/** A rule that could not be read; the text is what iptables prints after its version. */
export class RuleError extends Error {}

export type Draft<T> = { -readonly [K in keyof T]: T[K] };

export const ADDRESS_TYPES = [
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
];
const STATES: readonly ConntrackState[] = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED', 'SNAT', 'DNAT'];
const TCP_FLAGS = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];

export function freshTarget(name: string): Target {
  switch (name) {
    case 'ACCEPT':
    case 'DROP':
    case 'RETURN':
      return { target: name };
    case 'REJECT':
      return { target: 'REJECT', with: 'icmp-port-unreachable' };
    case 'DNAT':
    case 'SNAT':
      return { target: name, ip: '', port: undefined, lastPort: undefined };
    case 'REDIRECT':
      return { target: 'REDIRECT', port: 0 };
    case 'MASQUERADE':
      return { target: 'MASQUERADE', randomFully: false };
    case 'MARK':
      return { target: 'MARK', value: 0, mask: 0 };
    case 'LOG':
      return { target: 'LOG', prefix: '', level: 4 };
    default:
      return { target: 'jump', chain: name, goto: false };
  }
}

export function freshMatch(name: string): Draft<Match> | undefined {
  switch (name) {
    case 'tcp':
    case 'udp':
    case 'sctp':
      return { match: name, sourcePort: undefined, destinationPort: undefined, flags: undefined };
    case 'icmp':
      return { match: 'icmp', type: 255, not: false };
    case 'comment':
      return { match: 'comment', comment: '' };
    case 'conntrack':
    case 'state':
      return { match: name, states: [], not: false };
    case 'mark':
      return { match: 'mark', value: 0, mask: 0, not: false };
    case 'addrtype':
      return { match: 'addrtype', source: undefined, destination: undefined };
    case 'statistic':
      return { match: 'statistic', probability: 1, not: false };
    case 'recent':
      return { match: 'recent', name: 'DEFAULT', action: 'rcheck', not: false, seconds: 0, hits: 0, reap: false };
    case 'nfacct':
      return { match: 'nfacct', name: '' };
    case 'multiport':
      return { match: 'multiport', which: 'dports', ports: [], not: false };
    default:
      return undefined;
  }
}

export function checkComplete(match: Match): void {
  if (match.match === 'comment' && match.comment === '')
    throw new RuleError('comment: option "--comment" must be specified\n');
  if (match.match === 'conntrack' && match.states.length === 0)
    throw new RuleError('conntrack: At least one option is required');
  if (match.match === 'state' && match.states.length === 0)
    throw new RuleError('state: option "--state" must be specified');
  if (match.match === 'nfacct' && match.name === '')
    throw new RuleError('nfacct: option "--nfacct-name" must be specified');
  if (match.match === 'addrtype' && match.source === undefined && match.destination === undefined)
    throw new RuleError('addrtype: you must specify --src-type or --dst-type');
}

export function readNet(text: string): NetMatch['cidr'] | undefined {
  if (text.includes('/')) {
    const [address = '', mask = ''] = text.split('/');
    const bits = mask.includes('.') ? maskBits(mask) : mask;
    return bits === undefined ? undefined : parseCidr(`${address}/${bits}`);
  }
  const ip = parseIp(text);
  if (ip === undefined) return undefined;
  const prefix = ip.family === 4 ? 32 : 128;
  return { family: ip.family, words: networkOf(ip, prefix), prefix };
}

function maskBits(mask: string): number | undefined {
  const word = parseIp(mask)?.words[0];
  if (word === undefined) return undefined;
  const bits = Math.clz32(~word >>> 0);
  return word === (bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0) ? bits : undefined;
}

export function port(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0 && value <= 65535) return value;
  for (const [known, name] of PORT_NAMES) if (name === text) return known;
  throw new RuleError(`invalid port/service \`${text}' specified`);
}

export function number(text: string): number {
  const value = /^(0[xX][0-9a-fA-F]+|\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0 && value <= 0xffffffff) return value;
  throw new RuleError(`MARK: bad integer value for option "--set-mark", or out of range.\n`);
}

export function masked(text: string): [number, number] {
  const [value = '', mask] = text.split('/');
  return [number(value), mask === undefined ? 0xffffffff : number(mask)];
}

export function bitMark(option: string, bits: number): Target {
  if (option === '--or-mark') return { target: 'MARK', value: bits, mask: bits };
  if (option === '--xor-mark') return { target: 'MARK', value: bits, mask: 0 };
  return { target: 'MARK', value: 0, mask: ~bits >>> 0 };
}

export function states(text: string): readonly ConntrackState[] {
  const names = text.toUpperCase().split(',');
  for (const name of names) if (!STATES.some((state) => state === name)) throw new RuleError(`Bad ctstate "${name}"`);
  return STATES.filter((state) => names.includes(state));
}

export function flags(text: string): readonly string[] {
  if (text === 'ALL') return TCP_FLAGS;
  if (text === 'NONE') return [];
  const names = text.toUpperCase().split(',');
  for (const name of names) if (!TCP_FLAGS.includes(name)) throw new RuleError(`Unknown TCP flag \`${name}'`);
  return TCP_FLAGS.filter((flag) => names.includes(flag));
}

export function icmpType(text: string): number {
  const known = ICMP_TYPES.get(text) ?? (/^\d+$/.test(text) ? Number(text) : undefined);
  if (known === undefined) throw new RuleError(`Invalid ICMP type \`${text}'`);
  return known;
}

export function natRange(text: string): { ip: string; port: number | undefined; lastPort: number | undefined } {
  if (/^:\d/.test(text)) return { ip: '', ...portRange(text.slice(1)) };
  const ports = /:(\d+-\d+)$/.exec(text)?.[1];
  const { host, port: single } = splitHostPort(ports === undefined ? text : text.slice(0, -ports.length - 1));
  if (parseIp(host) === undefined) throw new RuleError(`Bad IP address "${host}"`);
  return ports === undefined ? { ip: host, port: single, lastPort: undefined } : { ip: host, ...portRange(ports) };
}

function portRange(text: string): { port: number; lastPort: number | undefined } {
  const [low = '', high] = text.split('-');
  return { port: port(low), lastPort: high === undefined ? undefined : port(high) };
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}
