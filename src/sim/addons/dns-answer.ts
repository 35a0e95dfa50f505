/** What the cluster's services are called: CoreDNS' kubernetes plugin as a pure function. @source coredns plugin/kubernetes */
import { parseIp } from '../api/address.ts';
import type { DnsAnswer, DnsQuestion, DnsRecord } from '../api/dns.ts';
import type { Endpoint, EndpointSlice, Service } from '../api/types.ts';

/** What CoreDNS has seen of the cluster. */
export interface DnsView {
  namespaceExists(name: string): boolean;
  /** By `namespace/name`. */
  service(key: string): Service | undefined;
  /** Slices of a service, by `namespace/name`. */
  slices(service: string): readonly EndpointSlice[];
  /** Services with this cluster IP. */
  serviceWithIp(ip: string): Service | undefined;
  /** Slices with an endpoint of this address. */
  slicesWithIp(ip: string): readonly EndpointSlice[];
}

export interface KubernetesZone {
  /** `cluster.local` */
  readonly zone: string;
  readonly ttlSeconds: number;
  /** `pods insecure`: any address spelled with dashes is a pod. */
  readonly pods: 'disabled' | 'insecure';
}

export const NX_DOMAIN: DnsAnswer = Object.freeze({ code: 'NXDOMAIN', authoritative: true, answers: [] });
const NO_DATA: DnsAnswer = Object.freeze({ code: 'NOERROR', authoritative: true, answers: [] });

/** One thing that a name leads to. */
interface Target {
  readonly host: string;
  readonly port: number;
  /** The name that an SRV record gives to the host. */
  readonly name: string;
}

/** @param question  a name in the zone, lower case */
export function answerKubernetes(view: DnsView, { name, type }: DnsQuestion, zone: KubernetesZone): DnsAnswer {
  const prefix = name === zone.zone ? '' : name.slice(0, -zone.zone.length - 1);
  if (prefix === '') return NO_DATA;
  if (prefix === 'dns-version') return type === 'TXT' ? found([record(name, 'TXT', '1.1.0', zone)]) : NO_DATA;
  const labels = prefix.split('.');
  const kind = labels.pop();
  if (kind !== 'svc' && kind !== 'pod') return NX_DOMAIN;
  const namespace = labels.pop();
  if (namespace === undefined) return NO_DATA;
  if (!view.namespaceExists(namespace)) return NX_DOMAIN;
  const own = labels.pop();
  if (own === undefined) return NO_DATA;
  if (kind === 'pod') return labels.length > 0 ? NX_DOMAIN : answerPod(name, own, type, zone);
  const service = view.service(`${namespace}/${own}`);
  if (service === undefined) return NX_DOMAIN;
  return answerService(view, service, labels, name, type, zone);
}

function answerService(
  view: DnsView,
  service: Service,
  labels: readonly string[],
  name: string,
  type: DnsQuestion['type'],
  zone: KubernetesZone,
): DnsAnswer {
  const full = `${service.metadata.name}.${service.metadata.namespace}.svc.${zone.zone}`;
  const [port, protocol] = labels.length === 2 ? labels.map((label) => label.replace(/^_/, '')) : [];
  const endpoint = labels.length === 1 ? labels[0] : undefined;
  if (labels.length > 2) return NX_DOMAIN;
  if (service.spec.type === 'ExternalName') {
    if (labels.length > 0) return NX_DOMAIN;
    return found([record(name, 'CNAME', (service.spec.externalName ?? '').replace(/\.$/, ''), zone)]);
  }
  const fits = (portName: string | undefined, portProtocol: string | undefined) =>
    (port === undefined || port === (portName ?? '').toLowerCase()) &&
    (protocol === undefined || protocol === (portProtocol ?? 'TCP').toLowerCase());
  const targets: Target[] = [];
  if (service.spec.clusterIP === 'None' || endpoint !== undefined) {
    const key = `${service.metadata.namespace}/${service.metadata.name}`;
    for (const slice of view.slices(key))
      for (const one of slice.endpoints ?? []) {
        const host = endpointName(one);
        if (one.conditions?.ready === false || (endpoint !== undefined && endpoint !== host)) continue;
        for (const address of one.addresses)
          for (const { name: portName, protocol: portProtocol, port: number } of slice.ports?.length
            ? slice.ports
            : [{ port: -1 }])
            if (fits(portName, portProtocol))
              targets.push({ host: address, port: number ?? -1, name: `${host}.${full}` });
      }
  } else {
    for (const one of service.spec.ports ?? [])
      if (fits(one.name, one.protocol))
        for (const ip of service.spec.clusterIPs ?? [service.spec.clusterIP ?? ''])
          targets.push({ host: ip, port: one.port, name: full });
  }
  if (targets.length === 0) return NX_DOMAIN;
  return found(recordsOf(name, type, targets, zone));
}

function recordsOf(
  name: string,
  type: DnsQuestion['type'],
  targets: readonly Target[],
  zone: KubernetesZone,
): DnsRecord[] {
  switch (type) {
    case 'A':
    case 'AAAA': {
      const family = type === 'A' ? 4 : 6;
      const addresses = new Set(targets.filter(({ host }) => parseIp(host)?.family === family).map(({ host }) => host));
      return [...addresses].map((address) => record(name, type, address, zone));
    }
    case 'SRV': {
      const weight = Math.floor(100 / targets.length);
      return targets
        .filter(({ port }) => port > 0)
        .map((target) => record(name, 'SRV', `0 ${weight} ${target.port} ${target.name}.`, zone));
    }
    default:
      return [];
  }
}

function answerPod(name: string, dashed: string, type: DnsQuestion['type'], zone: KubernetesZone): DnsAnswer {
  if (zone.pods === 'disabled') return NX_DOMAIN;
  const ip = dashed.replaceAll('-', '.');
  if (parseIp(ip)?.family !== 4) return NX_DOMAIN;
  return type === 'A' ? found([record(name, 'A', ip, zone)]) : NO_DATA;
}

/** `10.0.96.10.in-addr.arpa` → the service or endpoints behind the address; undefined = not ours. */
export function answerReverse(view: DnsView, { name, type }: DnsQuestion, zone: KubernetesZone): DnsAnswer | undefined {
  const ip = name
    .replace(/\.in-addr\.arpa$/, '')
    .split('.')
    .reverse()
    .join('.');
  if (parseIp(ip) === undefined || type !== 'PTR') return undefined;
  const service = view.serviceWithIp(ip);
  if (service !== undefined)
    return found([
      record(name, 'PTR', `${service.metadata.name}.${service.metadata.namespace}.svc.${zone.zone}.`, zone),
    ]);
  const names: DnsRecord[] = [];
  for (const slice of view.slicesWithIp(ip)) {
    const owner = slice.metadata.labels?.['kubernetes.io/service-name'];
    for (const one of slice.endpoints ?? [])
      if (one.addresses.includes(ip) && owner !== undefined)
        names.push(
          record(name, 'PTR', `${endpointName(one)}.${owner}.${slice.metadata.namespace}.svc.${zone.zone}.`, zone),
        );
  }
  return names.length === 0 ? undefined : found(names);
}

/** An endpoint is called by its hostname, or by its address with dashes. */
function endpointName({ hostname, addresses }: Endpoint): string {
  if (hostname !== undefined && hostname !== '') return hostname;
  return (addresses[0] ?? '').replaceAll('.', '-').replaceAll(':', '-');
}

function record(name: string, type: DnsRecord['type'], data: string, { ttlSeconds }: KubernetesZone): DnsRecord {
  return { name, type, ttlSeconds, data };
}

function found(answers: readonly DnsRecord[]): DnsAnswer {
  return { code: 'NOERROR', authoritative: true, answers };
}
