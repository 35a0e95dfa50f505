/** The kernel's question «where does a connection to this address end?», answered by the hosts' routes and netfilter. */

import { NETWORK, networkOf as networkOfHost, viewOf, walkConnection } from './host/net-hook.ts';
import { addPeer, type HostNetwork, newHostNetwork } from './host/net-host.ts';
import type { NetView } from './host/net-journey.ts';
import type { RouteOutcome } from './host/network.ts';
import type { Kernel } from './kernel/kernel.ts';
import type { Process } from './kernel/state.ts';
import { type ClusterSpec, hostsOf } from './spec.ts';

export { NETWORK, routeConnection } from './host/net-hook.ts';

/** What packets meet in this world, right now. */
export function netView(kernel: Kernel): NetView {
  return viewOf(kernel.state);
}

/** A connection with every station on the way, for people. It leaves its traces in conntrack, as a real probe does. */
export function tracePacket(
  kernel: Kernel,
  from: Pick<Process, 'host' | 'ip' | 'ownNetwork'>,
  ip: string,
  port: number,
  protocol: 'tcp' | 'udp' | 'icmp' = 'tcp',
): RouteOutcome {
  return walkConnection(kernel.state, from, ip, port, protocol, true);
}

/** Gives every machine its interfaces and routes, as they are after boot: pods of another node are reached through that node. */
export function wireNetwork(kernel: Kernel, spec: ClusterSpec, only?: string): void {
  const hosts = hostsOf(spec);
  const nodes = hosts.filter(({ podCidr }) => podCidr !== '');
  for (const { name, ip, podCidr } of hosts) {
    if (only !== undefined && only !== name) continue;
    const host = kernel.state.hosts.get(name);
    if (host === undefined) continue;
    const network = newHostNetwork(name, ip, podCidr === '' ? undefined : podCidr);
    host.linux.set(NETWORK, network);
    if (podCidr === '') continue;
    for (const node of nodes) if (node.name !== name) addPeer(network, node.podCidr, node.ip);
  }
}

export function networkOf(kernel: Kernel, name: string): HostNetwork | undefined {
  return kernel.state.hosts.has(name) ? networkOfHost(kernel.state, name) : undefined;
}
