/** The kernel's question «where does a connection to this address end?», answered by the hosts' routes and netfilter. */

import { addPeer, type HostNetwork, newHostNetwork } from './host/net-host.ts';
import type { NetView } from './host/net-journey.ts';
import { type RouteOutcome, route } from './host/network.ts';
import { type Kernel, type KernelHooks, linuxData, type RouteResult } from './kernel/kernel.ts';
import { isCut } from './kernel/network.ts';
import { nextFloat } from './kernel/random.ts';
import type { Process } from './kernel/state.ts';
import { type ClusterSpec, hostsOf } from './spec.ts';

export const NETWORK = 'network';

/** The machines' networks of a kernel; the map is made once, because those who walk packets index it. */
const networks = new WeakMap<Kernel, Map<string, HostNetwork>>();

function networksOf(kernel: Kernel): Map<string, HostNetwork> {
  let map = networks.get(kernel);
  if (map === undefined) {
    map = new Map();
    for (const host of kernel.state.hosts.values())
      map.set(
        host.name,
        linuxData(host, NETWORK, () => newHostNetwork(host.name, host.ip)),
      );
    networks.set(kernel, map);
  }
  return map;
}

/** What packets meet in this world, right now. */
export function netView(kernel: Kernel): NetView {
  const { state } = kernel;
  return {
    hosts: networksOf(kernel),
    hostByIp: state.hostByIp,
    nowUs: state.now,
    random: () => nextFloat(state.random),
    linkUp: (from, to) => state.hosts.get(to)?.powered === true && !isCut(state.network, from, to),
    listens: (host, ip, port) => state.listeners.has(listenerKey(host, ip, port)),
    kernelLog: (host, line) => kernel.files.log(host, 'kernel', line),
  };
}

/** Answers for `KernelHooks.route`. */
export const routeConnection: NonNullable<KernelHooks['route']> = (kernel, from, ip, port) =>
  resultOf(walk(kernel, from, ip, port, false), ip);

/** The same with every station on the way, for people. Opens no connection but leaves its traces in conntrack, as a real probe does. */
export function tracePacket(
  kernel: Kernel,
  from: Pick<Process, 'host' | 'ip' | 'ownNetwork'>,
  ip: string,
  port: number,
): RouteOutcome {
  return walk(kernel, from, ip, port, true);
}

/** Gives every machine its interfaces and routes, as they are after boot. */
export function wireNetwork(kernel: Kernel, spec: ClusterSpec, only?: string): void {
  const hosts = hostsOf(spec);
  const ranges = hosts.filter(({ podCidr }) => podCidr !== '').map(({ podCidr }) => podCidr);
  for (const { name, ip, podCidr } of hosts) {
    if (only !== undefined && only !== name) continue;
    const host = kernel.state.hosts.get(name);
    if (host === undefined) continue;
    const network = newHostNetwork(name, ip, podCidr === '' ? undefined : podCidr);
    host.linux.set(NETWORK, network);
    networks.delete(kernel);
    if (podCidr !== '') for (const range of ranges) if (range !== podCidr) addPeer(network, range);
  }
}

export function networkOf(kernel: Kernel, name: string): HostNetwork | undefined {
  return networksOf(kernel).get(name);
}

function walk(
  kernel: Kernel,
  from: Pick<Process, 'host' | 'ip' | 'ownNetwork'>,
  ip: string,
  port: number,
  trace: boolean,
): RouteOutcome {
  const departure = { host: from.host, destination: { ip, port }, ...(from.ownNetwork ? { podIp: from.ip } : {}) };
  return route(netView(kernel), departure, { trace, close: true });
}

function resultOf(outcome: RouteOutcome, ip: string): RouteResult {
  switch (outcome.outcome) {
    case 'delivered':
      return { to: 'listener', host: outcome.host, key: listenerKey(outcome.host, outcome.ip, outcome.port) };
    case 'refused':
    case 'rejected':
      return { to: 'refused' };
    case 'dropped':
      return { to: 'dropped' };
    case 'noRoute':
      return { to: 'unreachable', error: ip === '' ? outcome.why : 'connect: no route to host' };
  }
}

function listenerKey(host: string, ip: string, port: number): string {
  return ip.startsWith('127.') ? `${host}@127.0.0.1:${port}` : `${ip}:${port}`;
}
