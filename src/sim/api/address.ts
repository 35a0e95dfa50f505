/**
 * IP addresses and CIDRs of both families. Reading is as lenient as Kubernetes' own (leading zeros in IPv4 are decimal),
 * writing is canonical (RFC 5952 for IPv6).
 * @source k8s.io/utils/internal/third_party/forked/golang/net, Go's net.IP.String
 */

/** An address as unsigned 32-bit words: one for IPv4, four for IPv6. */
export interface Ip {
  readonly family: 4 | 6;
  readonly words: readonly number[];
}

/** A network: its address with the host bits cleared, and the length of the prefix. */
export interface Cidr {
  readonly family: 4 | 6;
  readonly words: readonly number[];
  readonly prefix: number;
}

/** Reads an address; undefined when it is none. An IPv4-mapped IPv6 address is the IPv4 address. */
export function parseIp(text: string): Ip | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/** The canonical text of an address. */
export function formatIp(ip: Ip): string {
  return ip.family === 4 ? formatIpv4(ip.words[0]!) : formatIpv6(ip.words);
}

/** The canonical text of an address that may be written sloppily; undefined when it is none. */
export function canonicalIp(text: string): string | undefined {
  const ip = parseIp(text);
  return ip === undefined ? undefined : formatIp(ip);
}

/** Reads `address/prefix`; undefined when it is none. Host bits are cleared. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  if (slash < 0) return undefined;
  const ip = parseIp(text.slice(0, slash));
  const digits = text.slice(slash + 1);
  if (ip === undefined || !/^\d{1,3}$/.test(digits)) return undefined;
  const prefix = Number(digits);
  if (prefix > (ip.family === 4 ? 32 : 128)) return undefined;
  return { family: ip.family, words: networkOf(ip, prefix), prefix };
}

/** The canonical text of a network. */
export function formatCidr(cidr: Cidr): string {
  return `${formatIp(cidr)}/${cidr.prefix}`;
}

/** Whether the address lies in the network; never across families. */
export function contains(cidr: Cidr, ip: Ip): boolean {
  if (cidr.family !== ip.family) return false;
  let bits = cidr.prefix;
  for (let i = 0; bits > 0; i++, bits -= 32) {
    const mask = maskOf(bits);
    if (((ip.words[i]! ^ cidr.words[i]!) & mask) !== 0) return false;
  }
  return true;
}

/** The words of the network that holds the address. */
export function networkOf(ip: Ip, prefix: number): number[] {
  return ip.words.map((word, i) => (word & maskOf(prefix - i * 32)) >>> 0);
}

/** Whether the address belongs to the host itself: 127.0.0.0/8 or ::1. */
export function isLoopback(ip: Ip): boolean {
  if (ip.family === 4) return ip.words[0]! >>> 24 === 127;
  return ip.words[0] === 0 && ip.words[1] === 0 && ip.words[2] === 0 && ip.words[3] === 1;
}

/** `address:port`, with brackets around an IPv6 address. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The address and the port of `address:port` or `[address]:port`; the port is undefined when there is none. */
export function splitHostPort(text: string): { host: string; port: number | undefined } {
  const bracket = text.startsWith('[') ? text.indexOf(']') : -1;
  if (bracket > 0) {
    const rest = text.slice(bracket + 1);
    return { host: text.slice(1, bracket), port: rest.startsWith(':') ? Number(rest.slice(1)) : undefined };
  }
  const colon = text.indexOf(':');
  if (colon < 0 || text.indexOf(':', colon + 1) >= 0) return { host: text, port: undefined };
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}

function maskOf(bits: number): number {
  if (bits >= 32) return 0xffffffff;
  return bits <= 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
}

function parseIpv4(text: string): Ip | undefined {
  let word = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 46) {
      if (digits === 0 || ++dots > 3) return undefined;
      word = word * 256 + part;
      part = 0;
      digits = 0;
    } else if (code >= 48 && code <= 57) {
      part = part * 10 + (code - 48);
      digits++;
      if (part > 255) return undefined;
    } else return undefined;
  }
  if (dots !== 3 || digits === 0) return undefined;
  return { family: 4, words: [word * 256 + part] };
}

function parseIpv6(text: string): Ip | undefined {
  let tail: number[] = [];
  let source = text;
  const lastColon = text.lastIndexOf(':');
  if (text.includes('.')) {
    const v4 = parseIpv4(text.slice(lastColon + 1));
    if (v4 === undefined) return undefined;
    tail = [v4.words[0]! >>> 16, v4.words[0]! & 0xffff];
    source = text.slice(0, lastColon + 1);
    if (!source.endsWith('::')) source = source.slice(0, -1);
  }
  const halves = source.split('::');
  if (halves.length > 2) return undefined;
  const left = groupsOf(halves[0]!);
  const right = halves.length === 2 ? groupsOf(halves[1]!) : [];
  if (left === undefined || right === undefined) return undefined;
  const missing = 8 - left.length - right.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...left, ...new Array<number>(missing).fill(0), ...right, ...tail];
  const words = [0, 2, 4, 6].map((i) => ((groups[i]! << 16) | groups[i + 1]!) >>> 0);
  if (words[0] === 0 && words[1] === 0 && words[2] === 0xffff) return { family: 4, words: [words[3]!] };
  return { family: 6, words };
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  for (const group of text.split(':')) {
    if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
    groups.push(Number.parseInt(group, 16));
  }
  return groups;
}

function formatIpv4(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

/** RFC 5952: the longest run of two or more zero groups becomes `::`. */
function formatIpv6(words: readonly number[]): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
    if (end > i) i = end;
  }
  const hex = groups.map((group) => group.toString(16));
  if (start < 0) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}
