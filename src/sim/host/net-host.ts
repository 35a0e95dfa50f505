/** The network of one machine as data: its interfaces, routes, netfilter and the pods on its bridge. */
import { type Netfilter, newNetfilter } from './iptables.ts';
import { type Conntrack, newConntrack } from './net-conntrack.ts';
import type { Route } from './net-routes.ts';

/** The network of one machine; plain data, lost when it loses power. */
export interface HostNetwork {
  readonly name: string;
  readonly netfilter: Netfilter;
  readonly conntrack: Conntrack;
  /** Replaced as a whole when a route changes. */
  routes: readonly Route[];
  /** Address by interface, `lo` included. */
  readonly interfaces: Map<string, string>;
  readonly sysctls: Map<string, number>;
  /** A pod may reach itself through the bridge (hairpin mode of its port). */
  hairpin: boolean;
  nextPort: number;
}

export const BRIDGE = 'cni0';
export const UPLINK = 'eth0';
export const IP_FORWARD = 'net.ipv4.ip_forward';
export const ROUTE_LOCALNET = 'net.ipv4.conf.all.route_localnet';
export const BRIDGE_NF_CALL = 'net.bridge.bridge-nf-call-iptables';

/** A machine's network after boot, with its bridge when it has a range for pods. */
export function newHostNetwork(name: string, ip: string, podCIDR?: string): HostNetwork {
  const interfaces = new Map([
    ['lo', '127.0.0.1'],
    [UPLINK, ip],
  ]);
  const host: HostNetwork = {
    name,
    netfilter: newNetfilter(),
    conntrack: newConntrack(),
    routes: [
      { to: '0.0.0.0/0', via: gatewayOf(ip), dev: UPLINK },
      { to: subnetOf(ip), dev: UPLINK, src: ip, protocol: 'kernel' },
    ],
    interfaces,
    sysctls: new Map([
      [IP_FORWARD, 1],
      [ROUTE_LOCALNET, 0],
      [BRIDGE_NF_CALL, 1],
      ['net.netfilter.nf_conntrack_max', 262_144],
      ['net.netfilter.nf_conntrack_tcp_timeout_established', 432_000],
      ['net.netfilter.nf_conntrack_tcp_be_liberal', 0],
    ]),
    hairpin: true,
    nextPort: 0,
  };
  if (podCIDR !== undefined) attachBridge(host, podCIDR);
  return host;
}

/** What the CNI plugin does once the node has a pod range: a bridge with its address. */
export function attachBridge(host: HostNetwork, podCIDR: string): void {
  const base = podCIDR.slice(0, podCIDR.lastIndexOf('.'));
  host.interfaces.set(BRIDGE, `${base}.1`);
  host.routes = [
    ...host.routes.filter(({ dev }) => dev !== BRIDGE),
    { to: podCIDR, dev: BRIDGE, src: `${base}.1`, protocol: 'kernel' },
  ];
}

/** Pods of another node are reached through that node. */
export function addPeer(host: HostNetwork, podCIDR: string, nodeIp: string): void {
  if (host.routes.some(({ to }) => to === podCIDR)) return;
  host.routes = Object.freeze([...host.routes, { to: podCIDR, via: nodeIp, dev: UPLINK }]);
}

/** Whether the address is the machine's own. */
export function isOwn(host: HostNetwork, ip: string): boolean {
  for (const own of host.interfaces.values()) if (own === ip) return true;
  return ip.startsWith('127.') || ip === '::1';
}

/** sysctl net.ipv4.ip_local_port_range */
const FIRST_PORT = 32_768;
const PORTS = 28_232;

/** A port for an outgoing connection. */
export function freshPort(host: HostNetwork): number {
  host.nextPort = (host.nextPort + 1) % PORTS;
  return FIRST_PORT + host.nextPort;
}

function gatewayOf(ip: string): string {
  return `${ip.slice(0, ip.lastIndexOf('.'))}.1`;
}

function subnetOf(ip: string): string {
  return `${ip.slice(0, ip.lastIndexOf('.'))}.0/24`;
}
