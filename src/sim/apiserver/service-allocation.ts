/**
 * Cluster IPs and node ports. An address is taken by creating its IPAddress, a port by changing the shared allocation map, both in the
 * very transaction that stores the Service: two API servers can never hand out the same one.
 * @source pkg/registry/core/service/storage/alloc.go, pkg/registry/core/service/ipallocator, portallocator
 */
import { type Cidr, contains, formatIp, type Ip, parseCidr, parseIp } from '../api/address.ts';
import type { TxnCompare, TxnOp } from '../api/etcd.ts';
import { type FieldError, invalid } from '../api/field-error.ts';
import type { Kind } from '../api/kind.ts';
import { formatTime } from '../api/time.ts';
import type { KubeObject, Service, ServicePort } from '../api/types.ts';
import { klog } from '../client/klog.ts';
import type { Change, Server } from './memory.ts';
import { newUid } from './request.ts';
import { cached, IP_ADDRESSES, NODE_PORT_RANGE } from './watch-cache.ts';

export interface Allocation {
  readonly object: KubeObject;
  readonly errors: readonly FieldError[];
  readonly also: Change['also'];
}

interface Taking {
  readonly server: Server;
  readonly errors: FieldError[];
  readonly compare: TxnCompare[];
  readonly success: TxnOp[];
}

/** Fills in addresses and ports of a Service that is about to be stored; other kinds pass through. */
export function allocateService(
  server: Server,
  kind: Kind,
  object: KubeObject,
  old: KubeObject | undefined,
): Allocation {
  if (kind.plural !== 'services' || kind.group !== '') return { object, errors: [], also: undefined };
  const taking: Taking = { server, errors: [], compare: [], success: [] };
  const before = old as Service | undefined;
  let service = withClusterIp(taking, object as Service, before);
  service = withNodePorts(taking, service, before);
  const { compare, success, errors } = taking;
  return { object: service, errors, also: compare.length + success.length === 0 ? undefined : { compare, success } };
}

/** What else goes when a Service is deleted: its addresses and ports. */
export function releaseService(server: Server, object: KubeObject): Change['also'] {
  const service = object as Service;
  const taking: Taking = { server, errors: [], compare: [], success: [] };
  for (const ip of service.spec.clusterIPs ?? []) {
    if (ip !== '' && ip !== 'None') taking.success.push({ method: 'DeleteRange', key: IP_ADDRESSES + ip });
  }
  const ports = portsOf(service);
  if (ports.length > 0) changePorts(taking, [], ports);
  return taking.success.length === 0 ? undefined : { compare: taking.compare, success: taking.success };
}

function withClusterIp(taking: Taking, service: Service, old: Service | undefined): Service {
  const { spec } = service;
  if (spec.type === 'ExternalName') {
    for (const ip of old?.spec.clusterIPs ?? []) {
      if (ip !== 'None') taking.success.push({ method: 'DeleteRange', key: IP_ADDRESSES + ip });
    }
    return service;
  }
  const families = { ipFamilies: spec.ipFamilies ?? ['IPv4'], ipFamilyPolicy: spec.ipFamilyPolicy ?? 'SingleStack' };
  const wanted = (spec.clusterIP ?? '') === '' ? (spec.clusterIPs?.[0] ?? '') : (spec.clusterIP ?? '');
  if (wanted === 'None') {
    const headless = { clusterIP: 'None', clusterIPs: ['None'] };
    const policy =
      spec.selector === undefined && spec.ipFamilyPolicy === undefined
        ? { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }
        : families;
    return { ...service, spec: { ...spec, ...headless, ...policy } };
  }
  if (wanted !== '' && wanted === old?.spec.clusterIP) {
    return spec.clusterIPs?.[0] === wanted ? service : { ...service, spec: { ...spec, clusterIPs: [wanted] } };
  }
  const ip = wanted === '' ? freeIp(taking) : takeIp(taking, wanted);
  if (ip === undefined) return service;
  const key = IP_ADDRESSES + ip;
  taking.compare.push({ key, target: 'MOD', result: 'EQUAL', operand: 0 });
  taking.success.push({ method: 'Put', key, value: ipAddress(taking.server, service.metadata, ip) });
  const { namespace, name } = service.metadata;
  klog(
    taking.server.io,
    'I',
    'alloc.go:330',
    `"allocated clusterIPs" service="${namespace}/${name}" clusterIPs={"IPv4":"${ip}"}`,
  );
  return { ...service, spec: { ...spec, clusterIP: ip, clusterIPs: [ip], ...families } };
}

function takeIp({ server, errors }: Taking, wanted: string): string | undefined {
  const range = rangeOf(server);
  const ip = parseIp(wanted);
  const fail = (why: string) => {
    errors.push(invalid('spec.clusterIPs', [wanted], `failed to allocate IP ${wanted}: ${why}`));
    return undefined;
  };
  if (ip === undefined) return undefined;
  if (!contains(range, ip)) {
    return fail(
      `the provided IP (${wanted}) is not in the valid range. The range of valid IPs is ${server.me.options.serviceClusterIpRange}`,
    );
  }
  const text = formatIp(ip);
  return isTaken(server, text) ? fail('provided IP is already allocated') : text;
}

/** A random free address of the upper part of the range: the lower part is left to those who ask for one. */
function freeIp(taking: Taking): string | undefined {
  const { server, errors } = taking;
  const range = rangeOf(server);
  const size = 2 ** (32 - range.prefix);
  const reserved = size <= 16 ? 0 : Math.min(256, Math.max(16, Math.floor(size / 16)));
  const first = range.words[0] ?? 0;
  const from = Math.max(1, reserved);
  for (let attempt = 0; attempt < 64; attempt++) {
    const offset = from + Math.floor(server.io.random() * (size - 1 - from));
    const text = formatIp(ipAt(first, offset));
    if (!isTaken(server, text)) return text;
  }
  for (let offset = 1; offset < size - 1; offset++) {
    const text = formatIp(ipAt(first, offset));
    if (!isTaken(server, text)) return text;
  }
  errors.push({
    type: 'InternalError',
    field: 'spec.clusterIPs',
    body: 'Internal error: failed to allocate a serviceIP: range is full',
  });
  return undefined;
}

function ipAt(first: number, offset: number): Ip {
  return { family: 4, words: [(first + offset) >>> 0] };
}

function isTaken({ me }: Server, ip: string): boolean {
  return cached(me, '/registry/ipaddresses', ip) !== undefined;
}

function rangeOf({ me }: Server): Cidr {
  return parseCidr(me.options.serviceClusterIpRange) ?? { family: 4, words: [0x0a000000], prefix: 24 };
}

/** The object whose existence means that the address is taken. */
export function ipAddress(server: Server, owner: KubeObject['metadata'], ip: string): KubeObject {
  return Object.freeze({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: {
      name: ip,
      uid: newUid(server),
      creationTimestamp: formatTime(server.io.wallMs()),
      labels: {
        'ipaddress.kubernetes.io/ip-family': 'IPv4',
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
      },
    },
    spec: { parentRef: { group: '', resource: 'services', namespace: owner.namespace, name: owner.name } },
  });
}

function withNodePorts(taking: Taking, service: Service, old: Service | undefined): Service {
  const { spec } = service;
  const needed =
    spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);
  const before = old === undefined ? [] : portsOf(old);
  const { used } = taking.server.me.cache.nodePorts;
  const { from, to } = taking.server.me.options.nodePorts;
  const taken: number[] = [];
  const kept: number[] = [];
  const ports = spec.ports?.map((port, i): ServicePort => {
    const wanted = port.nodePort ?? 0;
    if (wanted > 0) {
      // TCP and UDP of one Service may share a port.
      if (before.includes(wanted) || taken.includes(wanted)) kept.push(wanted);
      else if (wanted < from || wanted > to) {
        const text = `provided port is not in the valid range. The range of valid ports is ${from}-${to}`;
        taking.errors.push(invalid(`spec.ports[${i}].nodePort`, wanted, text));
      } else if (used.has(wanted)) {
        taking.errors.push(invalid(`spec.ports[${i}].nodePort`, wanted, 'provided port is already allocated'));
      } else taken.push(wanted);
      return port;
    }
    if (!needed) return port;
    const nodePort = freePort(taking, taken);
    if (nodePort === undefined) return port;
    taken.push(nodePort);
    return { ...port, nodePort };
  });
  const freed = before.filter((port) => !kept.includes(port));
  if (taken.length + freed.length > 0) changePorts(taking, taken, freed);
  return ports === undefined || taken.length === 0 ? service : { ...service, spec: { ...spec, ports } };
}

function freePort({ server, errors }: Taking, taken: readonly number[]): number | undefined {
  const { from, to } = server.me.options.nodePorts;
  const { used } = server.me.cache.nodePorts;
  const size = to - from + 1;
  const reserved = Math.min(128, Math.max(0, Math.floor(size / 32)));
  const isFree = (port: number) => !used.has(port) && !taken.includes(port);
  for (let attempt = 0; attempt < 64; attempt++) {
    const port = from + reserved + Math.floor(server.io.random() * (size - reserved));
    if (isFree(port)) return port;
  }
  for (let port = from; port <= to; port++) if (isFree(port)) return port;
  errors.push({
    type: 'InternalError',
    field: 'spec.ports[0].nodePort',
    body: 'Internal error: failed to allocate a nodePort: range is full',
  });
  return undefined;
}

/** The allocation map with some ports more and some less, if nobody else has changed it meanwhile. */
function changePorts(taking: Taking, more: readonly number[], less: readonly number[]): undefined {
  const { nodePorts } = taking.server.me.cache;
  const ports = [...nodePorts.used]
    .filter((port) => !less.includes(port))
    .concat(more)
    .sort((a, b) => a - b);
  const { from, to } = taking.server.me.options.nodePorts;
  const value = Object.freeze({
    kind: 'RangeAllocation',
    apiVersion: 'v1',
    metadata: {},
    range: `${from}-${to}`,
    ports,
  });
  taking.compare.push({ key: NODE_PORT_RANGE, target: 'MOD', result: 'EQUAL', operand: nodePorts.revision });
  taking.success.push({ method: 'Put', key: NODE_PORT_RANGE, value });
}

function portsOf({ spec }: Service): number[] {
  return [...new Set((spec.ports ?? []).map(({ nodePort }) => nodePort ?? 0))].filter((port) => port > 0);
}
