/** The recorded answers of the real kube-proxy (v1.36.2), and how to ask ours the same. */
import { readFileSync } from 'node:fs';
import type { EndpointSlice, KubeObject, Service } from '../../src/sim/api/types.ts';
import type { ProxyNodeConfig } from '../../src/sim/proxy/node-config.ts';

export interface OracleCase {
  readonly id: string;
  readonly test: string;
  readonly objects: readonly KubeObject[];
  readonly node: OracleNode;
  readonly expect: { readonly iptables_save?: string; readonly kind: 'asserted' | 'full-dump' };
  readonly flows: readonly {
    readonly from: string;
    readonly to: string;
    readonly expect: string;
    readonly masquerade: boolean;
  }[];
}

interface OracleNode {
  readonly name: string;
  readonly nodeIP: string;
  readonly localIPs: readonly string[];
  readonly ipFamily: 'IPv4' | 'IPv6';
  readonly clusterCIDR: string;
  readonly masqueradeAll: boolean;
  readonly masqueradeMark: string;
  readonly localhostNodePorts: boolean;
  readonly nodePortAddresses: readonly string[];
  readonly conntrackTCPBeLiberal: boolean;
}

export function oracle(): readonly OracleCase[] {
  return JSON.parse(readFileSync(new URL('../oracles/proxy/iptables.json', import.meta.url), 'utf8')).cases;
}

export function configOf(node: OracleNode): ProxyNodeConfig {
  return {
    nodeName: node.name,
    zone: '',
    nodeIP: node.nodeIP,
    localIPs: node.localIPs,
    ipFamily: node.ipFamily,
    localDetector: node.clusterCIDR === '' ? { by: 'none' } : { by: 'cidr', cidr: node.clusterCIDR },
    masqueradeAll: node.masqueradeAll,
    masqueradeMark: node.masqueradeMark,
    randomFully: false,
    nfacct: true,
    localhostNodePorts: node.localhostNodePorts,
    nodePortAddresses: node.nodePortAddresses,
    conntrackTCPBeLiberal: node.conntrackTCPBeLiberal,
  };
}

export function servicesOf({ objects }: OracleCase): Service[] {
  return objects.filter((object): object is Service => object.kind === 'Service');
}

export function slicesOf({ objects }: OracleCase): EndpointSlice[] {
  return objects.filter((object): object is EndpointSlice => object.kind === 'EndpointSlice');
}
