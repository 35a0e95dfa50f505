/** The routing table of a host: the longest prefix that holds the destination wins. */
import { type Ip, networkOf, parseCidr } from '../api/address.ts';
import { ipOf } from './net-packet.ts';

export interface Route {
  /** A CIDR; `0.0.0.0/0` is the default route. */
  readonly to: string;
  /** Address of the next hop; absent = the destination itself is on this link. */
  readonly via?: string | undefined;
  readonly dev: string;
  /** Source address of packets that this host sends along here. */
  readonly src?: string | undefined;
  readonly protocol?: 'kernel' | 'static' | 'boot' | undefined;
}

interface Lookup {
  /** Longest prefix first. */
  readonly prefixes: readonly {
    readonly family: 4 | 6;
    readonly prefix: number;
    readonly routes: ReadonlyMap<string, Route>;
  }[];
}

const lookups = new WeakMap<readonly Route[], Lookup>();

/** The route to an address. @param routes  an array that is replaced, never changed */
export function findRoute(routes: readonly Route[], destination: string): Route | undefined {
  const ip = ipOf(destination);
  for (const { family, prefix, routes: byNetwork } of lookupOf(routes).prefixes) {
    if (family !== ip.family) continue;
    const route = byNetwork.get(networkKey(ip, prefix));
    if (route !== undefined) return route;
  }
  return undefined;
}

/** The lines of `ip route`. */
export function printRoutes(routes: readonly Route[]): string {
  return routes.map((route) => `${printRoute(route)}\n`).join('');
}

function printRoute({ to, via, dev, src, protocol }: Route): string {
  let text = to === '0.0.0.0/0' ? 'default' : to.replace(/\/32$/, '');
  if (via !== undefined) text += ` via ${via}`;
  text += ` dev ${dev}`;
  if (protocol === 'kernel') text += ' proto kernel scope link';
  if (src !== undefined) text += ` src ${src}`;
  return `${text} `;
}

function networkKey(ip: Ip, prefix: number): string {
  return ip.family === 4
    ? String(prefix === 0 ? 0 : (ip.words[0]! & (0xffffffff << (32 - prefix))) >>> 0)
    : networkOf(ip, prefix).join();
}

function lookupOf(routes: readonly Route[]): Lookup {
  let lookup = lookups.get(routes);
  if (lookup !== undefined) return lookup;
  const byPrefix = new Map<string, { family: 4 | 6; prefix: number; routes: Map<string, Route> }>();
  for (const route of routes) {
    const cidr = parseCidr(route.to);
    if (cidr === undefined) continue;
    const key = `${cidr.family} ${cidr.prefix}`;
    const entry = byPrefix.get(key) ?? { family: cidr.family, prefix: cidr.prefix, routes: new Map<string, Route>() };
    const network = networkKey(cidr, cidr.prefix);
    if (!entry.routes.has(network)) entry.routes.set(network, route);
    byPrefix.set(key, entry);
  }
  lookup = { prefixes: [...byPrefix.values()].sort((a, b) => b.prefix - a.prefix) };
  lookups.set(routes, lookup);
  return lookup;
}
