/** A port of a Service as kube-proxy sees it: one address family, parsed and freed of what cannot be used. */
import { type Cidr, canonicalIp, formatCidr, parseCidr, parseIp } from '../api/address.ts';
import type { Service } from '../api/types.ts';

export type IpFamily = 'IPv4' | 'IPv6';

export interface ServicePortInfo {
  /** `namespace/name:port/PROTOCOL`; service ports are known by it. */
  readonly key: string;
  /** `namespace/name` */
  readonly service: string;
  /** `namespace/name:port`, or `namespace/name` when the port has no name. */
  readonly name: string;
  /** Lower case, as in a rule. */
  readonly protocol: string;
  readonly clusterIP: string;
  readonly port: number;
  /** 0 = none */
  readonly nodePort: number;
  readonly externalIPs: readonly string[];
  /** Addresses of load balancers that deliver packets unchanged (ipMode VIP). */
  readonly loadBalancerVIPs: readonly string[];
  /** Empty = everybody. */
  readonly sourceRanges: readonly Cidr[];
  /** 0 = none */
  readonly healthCheckNodePort: number;
  /** Seconds that a client stays with its endpoint; 0 = no session affinity. */
  readonly stickySeconds: number;
  readonly externalPolicyLocal: boolean;
  readonly internalPolicyLocal: boolean;
}

/**
 * The ports of a Service that are proxied; none for headless and ExternalName services, or of another family.
 * @source pkg/proxy/serviceport.go newBaseServiceInfo, pkg/proxy/servicechangetracker.go serviceToServiceMap
 */
export function servicePorts(service: Service, family: IpFamily): readonly ServicePortInfo[] {
  const { spec, metadata } = service;
  if (spec.clusterIP === undefined || spec.clusterIP === '' || spec.clusterIP === 'None') return [];
  if (spec.type === 'ExternalName') return [];
  const clusterIP = canonicalIp(clusterIpOfFamily(service, family));
  if (clusterIP === undefined) return [];
  const service_ = `${metadata.namespace ?? 'default'}/${metadata.name}`;
  const sticky = spec.sessionAffinity === 'ClientIP';
  const externalPolicyLocal = isExternallyAccessible(service) && spec.externalTrafficPolicy === 'Local';
  const needsHealthCheck = spec.type === 'LoadBalancer' && externalPolicyLocal;
  const shared = {
    service: service_,
    clusterIP,
    externalIPs: ofFamily(spec.externalIPs ?? [], family),
    loadBalancerVIPs: ofFamily(vips(service), family),
    sourceRanges: sourceRanges(spec.loadBalancerSourceRanges ?? [], family),
    healthCheckNodePort: needsHealthCheck ? (spec.healthCheckNodePort ?? 0) : 0,
    stickySeconds: sticky ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800) : 0,
    externalPolicyLocal,
    internalPolicyLocal: spec.internalTrafficPolicy === 'Local',
  };
  return (spec.ports ?? []).map((port) => {
    const name = port.name === undefined || port.name === '' ? service_ : `${service_}:${port.name}`;
    const protocol = port.protocol ?? 'TCP';
    return {
      key: servicePortKey(service_, port.name ?? '', protocol),
      name,
      protocol: protocol.toLowerCase(),
      port: port.port,
      nodePort: port.nodePort ?? 0,
      ...shared,
    };
  });
}

/** What a service port is known by. */
export function servicePortKey(service: string, portName: string, protocol: string): string {
  return `${service}:${portName}/${protocol}`;
}

/** Whether something else than the cluster IP leads to the port. */
export function externallyAccessible(port: ServicePortInfo): boolean {
  return port.nodePort !== 0 || port.loadBalancerVIPs.length > 0 || port.externalIPs.length > 0;
}

/** Whether traffic may go to any endpoint: policy Cluster, or external traffic that comes from the cluster itself. */
export function usesClusterEndpoints(port: ServicePortInfo): boolean {
  return !port.internalPolicyLocal || externallyAccessible(port);
}

/** Whether some traffic may only go to endpoints on this node. */
export function usesLocalEndpoints(port: ServicePortInfo): boolean {
  return port.internalPolicyLocal || (port.externalPolicyLocal && externallyAccessible(port));
}

function isExternallyAccessible({ spec }: Service): boolean {
  return (
    spec.type === 'LoadBalancer' ||
    spec.type === 'NodePort' ||
    ((spec.type ?? 'ClusterIP') === 'ClusterIP' && (spec.externalIPs ?? []).length > 0)
  );
}

function clusterIpOfFamily({ spec }: Service, family: IpFamily): string {
  const families = spec.ipFamilies ?? [];
  const clusterIP = spec.clusterIP ?? '';
  if (families.length === 0) return clusterIP.includes(':') === (family === 'IPv6') ? clusterIP : '';
  const index = families.indexOf(family);
  if (index < 0) return '';
  return spec.clusterIPs?.[index] ?? (index === 0 ? clusterIP : '');
}

function vips({ status }: Service): string[] {
  const result: string[] = [];
  for (const { ip, ipMode } of status?.loadBalancer?.ingress ?? [])
    if (ip !== undefined && ip !== '' && (ipMode === undefined || ipMode === 'VIP')) result.push(ip);
  return result;
}

function ofFamily(addresses: readonly string[], family: IpFamily): string[] {
  const result: string[] = [];
  for (const text of addresses) {
    const ip = parseIp(text);
    if (ip !== undefined && (ip.family === 4) === (family === 'IPv4')) result.push(canonicalIp(text)!);
  }
  return result;
}

/** A range of prefix 0 admits everybody, as no range does. */
function sourceRanges(ranges: readonly string[], family: IpFamily): Cidr[] {
  const result: Cidr[] = [];
  for (const text of ranges) {
    const cidr = parseCidr(text.trim());
    if (cidr !== undefined && (cidr.family === 4) === (family === 'IPv4')) result.push(cidr);
  }
  return result.some((cidr) => cidr.prefix === 0) ? [] : result;
}

/** The text of a range in a rule. */
export function rangeText(range: Cidr): string {
  return formatCidr(range);
}
