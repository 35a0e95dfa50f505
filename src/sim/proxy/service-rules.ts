/** The iptables rules of one service port: what kube-proxy adds to its common chains, and the chains of the port and its endpoints. */
import { contains, parseIp } from '../api/address.ts';
import type { RuleLines } from '../api/netfilter.ts';
import { endpointChain, serviceChains } from './chain-names.ts';
import { categorizeEndpoints, type EndpointInfo } from './endpoints.ts';
import { localhostNodePorts, localMatch, type ProxyNodeConfig } from './node-config.ts';
import {
  externallyAccessible,
  rangeText,
  type ServicePortInfo,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from './service-port.ts';

export interface ServiceRules {
  /** What the port adds to the chains that all ports share. */
  readonly filter: {
    readonly services: RuleLines;
    readonly externalServices: RuleLines;
    readonly nodePorts: RuleLines;
    readonly proxyFirewall: RuleLines;
  };
  readonly nat: { readonly services: RuleLines; readonly nodePorts: RuleLines };
  /** The port's own chains in the nat table, in the order in which they are written. */
  readonly chains: ReadonlyMap<string, RuleLines>;
  /** Endpoints of the port, usable or not: they count towards large-cluster mode. */
  readonly endpointCount: number;
}

/** Counters in the kernel that kube-proxy exports as metrics. */
export const LOCALHOST_NODE_PORT_COUNTER = 'localhost_nps_accepted_pkts';
export const INVALID_DROPPED_COUNTER = 'ct_state_invalid_dropped_pkts';

/**
 * @param all           every endpoint of the port, sorted
 * @param largeCluster  more than 1,000 endpoints in the cluster: the rules of endpoints lose their comments
 * @param previous      the port's rules before: chains that did not change are handed on as they are
 * @source pkg/proxy/iptables/proxier.go syncProxyRules
 */
export function serviceRules(
  port: ServicePortInfo,
  all: readonly EndpointInfo[],
  config: ProxyNodeConfig,
  largeCluster: boolean,
  previous?: ServiceRules,
): ServiceRules {
  const { name, protocol } = port;
  const endpoints = categorizeEndpoints(all, port, config);
  const hasInternal = endpoints.any && !(port.internalPolicyLocal && endpoints.local.length === 0);
  const hasExternal = endpoints.any && !(port.externalPolicyLocal && endpoints.local.length === 0);
  const {
    'KUBE-SVC': clusterChain,
    'KUBE-SVL': localChain,
    'KUBE-EXT': externalChain,
    'KUBE-FW': firewallChain,
  } = serviceChains(name, protocol);
  const internalTarget = port.internalPolicyLocal ? localChain : clusterChain;
  const usesFirewall = endpoints.any && port.loadBalancerVIPs.length > 0 && port.sourceRanges.length > 0;

  const isProtocol = `-m ${protocol} -p ${protocol}`;
  const portal = (comment: string, ip: string) =>
    `-m comment --comment "${comment}" ${isProtocol} -d ${ip} --dport ${port.port}`;
  const refuse = endpoints.any
    ? { target: 'DROP', comment: `${name} has no local endpoints` }
    : { target: 'REJECT', comment: `${name} has no endpoints` };

  const filter = { services: lines(), externalServices: lines(), nodePorts: lines(), proxyFirewall: lines() };
  const nat = { services: lines(), nodePorts: lines() };

  if (hasInternal) nat.services.push(`${portal(`${name} cluster IP`, port.clusterIP)} -j ${internalTarget}`);
  else filter.services.push(`${portal(refuse.comment, port.clusterIP)} -j ${refuse.target}`);

  for (const ip of port.externalIPs) {
    if (endpoints.any) nat.services.push(`${portal(`${name} external IP`, ip)} -j ${externalChain}`);
    if (!hasExternal) filter.externalServices.push(`${portal(refuse.comment, ip)} -j ${refuse.target}`);
  }
  for (const ip of port.loadBalancerVIPs) {
    const target = usesFirewall ? firewallChain : externalChain;
    if (endpoints.any) nat.services.push(`${portal(`${name} loadbalancer IP`, ip)} -j ${target}`);
    if (usesFirewall)
      filter.proxyFirewall.push(`${portal(`${name} traffic not accepted by ${firewallChain}`, ip)} -j DROP`);
    if (!hasExternal) filter.externalServices.push(`${portal(refuse.comment, ip)} -j ${refuse.target}`);
  }
  if (port.nodePort !== 0) {
    if (endpoints.any) {
      const comment = `-m comment --comment ${name} ${isProtocol}`;
      if (config.nfacct && localhostNodePorts(config))
        nat.nodePorts.push(
          `${comment} -d 127.0.0.0/8 --dport ${port.nodePort} -m nfacct --nfacct-name ${LOCALHOST_NODE_PORT_COUNTER} -j ${externalChain}`,
        );
      nat.nodePorts.push(`${comment} --dport ${port.nodePort} -j ${externalChain}`);
    }
    if (!hasExternal)
      filter.externalServices.push(
        `-m comment --comment "${refuse.comment}" -m addrtype --dst-type LOCAL ${isProtocol} --dport ${port.nodePort} -j ${refuse.target}`,
      );
  }
  if (port.healthCheckNodePort !== 0)
    filter.nodePorts.push(
      `-m comment --comment "${name} health check node port" -m tcp -p tcp --dport ${port.healthCheckNodePort} -j ACCEPT`,
    );

  const chains = new Map<string, RuleLines>();
  const put = (chain: string, rules: RuleLines) => chains.set(chain, handOn(previous?.chains.get(chain), rules));

  const masquerade = hasInternal ? internalMasquerade(portal(`${name} cluster IP`, port.clusterIP), config) : [];
  if (endpoints.any && externallyAccessible(port))
    put(
      externalChain,
      externalRules(
        port,
        config,
        clusterChain,
        hasExternal ? (port.externalPolicyLocal ? localChain : clusterChain) : '',
      ),
    );
  if (usesFirewall) put(firewallChain, firewallRules(port, config, externalChain));

  const named = endpoints.reachable.map((endpoint) => ({
    endpoint,
    chain: endpointChain(name, protocol, endpoint.name),
  }));
  const chainOf = new Map(named.map(({ endpoint, chain }) => [endpoint, chain]));
  const policy = (chain: string, members: readonly EndpointInfo[]) =>
    put(chain, [...(chain === internalTarget ? masquerade : []), ...balance(port, members, chainOf, largeCluster)]);
  if (endpoints.cluster.length > 0 && usesClusterEndpoints(port)) policy(clusterChain, endpoints.cluster);
  if (endpoints.local.length > 0 && usesLocalEndpoints(port)) policy(localChain, endpoints.local);
  for (const { endpoint, chain } of named) put(chain, endpointRules(port, endpoint, chain, largeCluster));

  // Frozen: nodes share it, and it is never copied with the world.
  return Object.freeze({ filter, nat, chains, endpointCount: all.length });
}

/** Traffic to the cluster IP that does not come from a pod may have to leave the node again: the answer must come back here. */
function internalMasquerade(portal: string, config: ProxyNodeConfig): string[] {
  if (config.masqueradeAll) return [`${portal} -j KUBE-MARK-MASQ`];
  const notLocal = localMatch(config.localDetector, false);
  return notLocal === undefined ? [] : [`${portal} ${notLocal} -j KUBE-MARK-MASQ`];
}

/** KUBE-EXT: under policy Cluster everything is masqueraded; under policy Local pods and the node itself may still go anywhere. */
function externalRules(
  port: ServicePortInfo,
  config: ProxyNodeConfig,
  clusterChain: string,
  policyChain: string,
): string[] {
  const rules: string[] = [];
  const { name } = port;
  if (!port.externalPolicyLocal) {
    rules.push(`-m comment --comment "masquerade traffic for ${name} external destinations" -j KUBE-MARK-MASQ`);
  } else {
    const local = localMatch(config.localDetector, true);
    if (local !== undefined)
      rules.push(`-m comment --comment "pod traffic for ${name} external destinations" ${local} -j ${clusterChain}`);
    const fromNode = '-m addrtype --src-type LOCAL';
    rules.push(
      `-m comment --comment "masquerade LOCAL traffic for ${name} external destinations" ${fromNode} -j KUBE-MARK-MASQ`,
    );
    rules.push(
      `-m comment --comment "route LOCAL traffic for ${name} external destinations" ${fromNode} -j ${clusterChain}`,
    );
  }
  if (policyChain !== '') rules.push(`-j ${policyChain}`);
  return rules;
}

/** KUBE-FW: only the source ranges go on; the rest meets its end in KUBE-PROXY-FIREWALL. */
function firewallRules(port: ServicePortInfo, config: ProxyNodeConfig, externalChain: string): string[] {
  const comment = `-m comment --comment "${port.name} loadbalancer IP"`;
  const rules = port.sourceRanges.map((range) => `${comment} -s ${rangeText(range)} -j ${externalChain}`);
  const nodeIp = parseIp(config.nodeIP);
  const nodeAllowed = nodeIp !== undefined && port.sourceRanges.some((range) => contains(range, nodeIp));
  if (nodeAllowed) for (const ip of port.loadBalancerVIPs) rules.push(`${comment} -s ${ip} -j ${externalChain}`);
  rules.push(`-m comment --comment "other traffic to ${port.name} will be dropped by KUBE-PROXY-FIREWALL"`);
  return rules;
}

/** Clients that were here before go back to their endpoint; others are spread evenly: 1/n, then 1/(n-1) of the rest, and so on. */
function balance(
  port: ServicePortInfo,
  members: readonly EndpointInfo[],
  chainOf: ReadonlyMap<EndpointInfo, string>,
  largeCluster: boolean,
): string[] {
  const rules: string[] = [];
  const comment = (endpoint: EndpointInfo) =>
    largeCluster ? '' : `-m comment --comment "${port.name} -> ${endpoint.name}" `;
  if (port.stickySeconds > 0)
    for (const endpoint of members) {
      const chain = chainOf.get(endpoint)!;
      rules.push(
        `${comment(endpoint)}-m recent --name ${chain} --rcheck --seconds ${port.stickySeconds} --reap -j ${chain}`,
      );
    }
  members.forEach((endpoint, i) => {
    const left = members.length - i;
    const chance = left > 1 ? `-m statistic --mode random --probability ${probability(left)} ` : '';
    rules.push(`${comment(endpoint)}${chance}-j ${chainOf.get(endpoint)!}`);
  });
  return rules;
}

/** KUBE-SEP: a pod that reaches itself through the service is masqueraded; then the destination becomes the endpoint. */
function endpointRules(port: ServicePortInfo, endpoint: EndpointInfo, chain: string, largeCluster: boolean): string[] {
  const comment = largeCluster ? '' : `-m comment --comment ${port.name} `;
  const remember = port.stickySeconds > 0 ? `-m recent --name ${chain} --set ` : '';
  return [
    `${comment}-s ${endpoint.ip} -j KUBE-MARK-MASQ`,
    `${comment}${remember}-m ${port.protocol} -p ${port.protocol} -j DNAT --to-destination ${endpoint.name}`,
  ];
}

/** 1/n with ten decimals. */
export function probability(n: number): string {
  return (1 / n).toFixed(10);
}

function lines(): string[] {
  return [];
}

/** The old array when it says the same: whoever holds it sees at once that nothing changed. */
function handOn(old: RuleLines | undefined, now: RuleLines): RuleLines {
  return old !== undefined && old.length === now.length && old.every((line, i) => line === now[i]) ? old : now;
}
