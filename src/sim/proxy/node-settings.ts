/** From configuration and Node to what the rules depend on. */
import type { Io } from '../kernel/io.ts';
import { type KubeProxy, nodeOf } from './memory.ts';
import type { LocalDetector, ProxyNodeConfig } from './node-config.ts';

const ZONE_LABEL = 'topology.kubernetes.io/zone';

export function configOf(me: KubeProxy, io: Io): ProxyNodeConfig {
  const { configuration } = me;
  if (configuration === undefined) throw new Error('kube-proxy runs without a configuration');
  const node = nodeOf(me);
  const nodeIP = (node?.status?.addresses ?? []).find(({ type }) => type === 'InternalIP')?.address ?? '127.0.0.1';
  const { nodePortAddresses } = configuration;
  return Object.freeze({
    nodeName: me.nodeName,
    zone: node?.metadata.labels?.[ZONE_LABEL] ?? '',
    nodeIP,
    localIPs: ['127.0.0.1', io.ip],
    ipFamily: 'IPv4',
    localDetector: detector(me, node?.spec?.podCIDR),
    masqueradeAll: configuration.masqueradeAll,
    masqueradeMark: `0x${(2 ** configuration.masqueradeBit).toString(16).padStart(6, '0')}`,
    randomFully: true,
    nfacct: true,
    localhostNodePorts: configuration.localhostNodePorts,
    nodePortAddresses: nodePortAddresses[0] === 'primary' ? [`${nodeIP}/32`] : nodePortAddresses,
    conntrackTCPBeLiberal: configuration.conntrackTCPBeLiberal,
  });
}

/** The sysctls that kube-proxy sets. @source pkg/proxy/conntrack/sysctls.go, pkg/proxy/iptables/proxier.go NewProxier */
export function sysctlsOf(me: KubeProxy): Record<string, number> {
  const { configuration } = me;
  const sysctls: Record<string, number> = {};
  if (configuration === undefined) return sysctls;
  const cores = Math.max(1, Math.floor(Number(nodeOf(me)?.status?.capacity?.['cpu'] ?? 1)));
  const max = Math.max(configuration.conntrackMaxPerCore * cores, configuration.conntrackMin);
  if (configuration.conntrackMaxPerCore > 0) sysctls['net.netfilter.nf_conntrack_max'] = max;
  if (configuration.conntrackTCPEstablishedSeconds > 0)
    sysctls['net.netfilter.nf_conntrack_tcp_timeout_established'] = configuration.conntrackTCPEstablishedSeconds;
  if (configuration.conntrackTCPBeLiberal) sysctls['net.netfilter.nf_conntrack_tcp_be_liberal'] = 1;
  if (configuration.localhostNodePorts) sysctls['net.ipv4.conf.all.route_localnet'] = 1;
  return sysctls;
}

function detector({ configuration }: KubeProxy, podCIDR: string | undefined): LocalDetector {
  switch (configuration?.detectLocalMode) {
    case 'NodeCIDR':
      return podCIDR === undefined ? { by: 'none' } : { by: 'cidr', cidr: podCIDR };
    case 'BridgeInterface':
      return { by: 'bridge', interface: configuration.bridgeInterface };
    case 'InterfaceNamePrefix':
      return { by: 'interfaceNamePrefix', prefix: configuration.interfaceNamePrefix };
    default: {
      const cidr = (configuration?.clusterCIDR ?? '').split(',').find((text) => text.includes('.'));
      return cidr === undefined ? { by: 'none' } : { by: 'cidr', cidr };
    }
  }
}
