/** The endpoints of a service port, gathered from EndpointSlices, and which of them this node may use. */
import { canonicalIp, joinHostPort } from '../api/address.ts';
import type { EndpointSlice } from '../api/types.ts';
import {
  type IpFamily,
  type ServicePortInfo,
  servicePortKey,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from './service-port.ts';

export interface EndpointInfo {
  /** `ip:port` */
  readonly name: string;
  readonly ip: string;
  readonly port: number;
  readonly nodeName: string | undefined;
  /** Ready and not terminating (or the service publishes addresses that are not ready). */
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** Zones and nodes that should use this endpoint; empty = no hint. */
  readonly zoneHints: readonly string[];
  readonly nodeHints: readonly string[];
}

/** The label that says which Service a slice belongs to. */
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** `namespace/name` of the Service of a slice; undefined when the label is missing. */
export function serviceOfSlice(slice: EndpointSlice): string | undefined {
  const name = slice.metadata.labels?.[SERVICE_NAME_LABEL];
  return name === undefined || name === '' ? undefined : `${slice.metadata.namespace ?? 'default'}/${name}`;
}

/**
 * The endpoints in the slices of one Service, by service port, sorted by `ip:port`. An address that occurs twice is taken from the
 * slice in which it is not terminating.
 * @source pkg/proxy/endpointslicecache.go
 */
export function endpointsByPort(
  service: string,
  slices: readonly EndpointSlice[],
  family: IpFamily,
): ReadonlyMap<string, readonly EndpointInfo[]> {
  const byPort = new Map<string, Map<string, EndpointInfo>>();
  for (const slice of slices) {
    if (slice.addressType !== family) continue;
    for (const { name, protocol, port } of slice.ports ?? []) {
      if (port === undefined || port === 0) continue;
      const key = servicePortKey(service, name ?? '', protocol ?? 'TCP');
      let endpoints = byPort.get(key);
      if (endpoints === undefined) {
        endpoints = new Map();
        byPort.set(key, endpoints);
      }
      addEndpoints(endpoints, slice, port);
    }
  }
  const result = new Map<string, readonly EndpointInfo[]>();
  for (const [key, endpoints] of byPort) {
    if (endpoints.size === 0) continue;
    result.set(
      key,
      [...endpoints.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    );
  }
  return result;
}

function addEndpoints(endpoints: Map<string, EndpointInfo>, slice: EndpointSlice, port: number): void {
  for (const endpoint of slice.endpoints ?? []) {
    const ip = endpoint.addresses[0] === undefined ? undefined : canonicalIp(endpoint.addresses[0]);
    if (ip === undefined) continue;
    const name = joinHostPort(ip, port);
    const terminating = endpoint.conditions?.terminating === true;
    if (terminating && endpoints.has(name)) continue;
    endpoints.set(name, {
      name,
      ip,
      port,
      nodeName: endpoint.nodeName,
      ready: endpoint.conditions?.ready !== false,
      serving: endpoint.conditions?.serving !== false,
      terminating,
      zoneHints: hintNames(endpoint.hints?.['forZones']),
      nodeHints: hintNames(endpoint.hints?.['forNodes']),
    });
  }
}

const NO_HINTS: readonly string[] = [];

function hintNames(hints: unknown): readonly string[] {
  if (!Array.isArray(hints) || hints.length === 0) return NO_HINTS;
  return hints.map((hint: { readonly name?: string }) => hint.name ?? '');
}

/** Where a kube-proxy runs. */
export interface NodePlace {
  readonly nodeName: string;
  /** The node's label topology.kubernetes.io/zone; '' = none. */
  readonly zone: string;
}

export interface CategorizedEndpoints {
  /** For traffic under policy Cluster. */
  readonly cluster: readonly EndpointInfo[];
  /** For traffic under policy Local. */
  readonly local: readonly EndpointInfo[];
  /** Both together: the endpoints that need a chain. */
  readonly reachable: readonly EndpointInfo[];
  /** Whether the service has a usable endpoint on any node. */
  readonly any: boolean;
}

/**
 * Which endpoints this node may send to. Endpoints that terminate but still serve are used only when no ready one is left.
 * @source pkg/proxy/topology.go CategorizeEndpoints
 */
export function categorizeEndpoints(
  all: readonly EndpointInfo[],
  port: ServicePortInfo,
  place: NodePlace,
): CategorizedEndpoints {
  let cluster: readonly EndpointInfo[] = [];
  let any = false;
  let topology: Topology = 'any';
  if (usesClusterEndpoints(port)) {
    topology = topologyFromHints(all, place);
    cluster = all.filter((endpoint) => endpoint.ready && availableIn(topology, endpoint, place));
    if (cluster.length === 0) cluster = all.filter(servesWhileTerminating);
    any = cluster.length > 0;
  }
  if (!usesLocalEndpoints(port)) return { cluster, local: [], reachable: cluster, any };

  const isLocal = (endpoint: EndpointInfo) => place.nodeName !== '' && endpoint.nodeName === place.nodeName;
  any ||= all.some((endpoint) => endpoint.ready || servesWhileTerminating(endpoint));
  let local = all.filter((endpoint) => isLocal(endpoint) && endpoint.ready);
  const onlyTerminating = local.length === 0;
  if (onlyTerminating)
    local = all.filter((endpoint) => isLocal(endpoint) && !endpoint.ready && servesWhileTerminating(endpoint));
  if (!usesClusterEndpoints(port)) return { cluster, local, reachable: local, any };
  if (topology === 'any' && !(onlyTerminating && local.length > 0)) return { cluster, local, reachable: cluster, any };
  const chosen = new Set([...cluster, ...local]);
  return { cluster, local, reachable: all.filter((endpoint) => chosen.has(endpoint)), any };
}

function servesWhileTerminating(endpoint: EndpointInfo): boolean {
  return endpoint.serving && endpoint.terminating;
}

type Topology = 'any' | 'sameNode' | 'sameZone';

/** Hints count only when every ready endpoint carries them and one of them is for this node or zone. */
function topologyFromHints(all: readonly EndpointInfo[], { nodeName, zone }: NodePlace): Topology {
  const ready = all.filter((endpoint) => endpoint.ready);
  if (ready.length === 0) return 'any';
  if (
    ready.every(({ nodeHints }) => nodeHints.length > 0) &&
    ready.some(({ nodeHints }) => nodeHints.includes(nodeName))
  )
    return 'sameNode';
  if (ready.every(({ zoneHints }) => zoneHints.length > 0) && ready.some(({ zoneHints }) => zoneHints.includes(zone)))
    return 'sameZone';
  return 'any';
}

function availableIn(topology: Topology, endpoint: EndpointInfo, { nodeName, zone }: NodePlace): boolean {
  if (topology === 'sameNode') return endpoint.nodeHints.includes(nodeName);
  if (topology === 'sameZone') return endpoint.zoneHints.includes(zone);
  return true;
}
