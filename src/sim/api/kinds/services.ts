import { defineKind } from '../kind.ts';
import { mapSame, withFields } from '../map-same.ts';
import { nameIsDns1035Label } from '../names.ts';
import { validateService, validateServiceUpdate } from '../service-validation.ts';
import { age, columns, formatLabels } from '../table.ts';
import type { Service, ServicePort } from '../types.ts';

/** @source pkg/registry/core/service/strategy.go, pkg/apis/core/v1/defaults.go */
export const services = defineKind<Service>({
  kind: 'Service',
  plural: 'services',
  shortNames: ['svc'],
  categories: ['all'],
  namespaced: true,
  subresources: ['proxy', 'status'],
  storagePrefix: '/registry/services/specs',
  schema: 'core.Service',
  validateName: nameIsDns1035Label,
  createOnUpdate: true,
  initialStatus: { loadBalancer: {} },
  defaults: defaultService,
  prepareCreate(service) {
    const { clusterIP, clusterIPs } = service.spec;
    if (!clusterIP || (clusterIPs?.length ?? 0) > 0) return service;
    return { ...service, spec: { ...service.spec, clusterIPs: [clusterIP] } };
  },
  prepareUpdate: keepAllocations,
  validate: validateService,
  validateUpdate: validateServiceUpdate,
  columns: columns('Name,Type,Cluster-IP,External-IP,Port(s),Age|Selector'),
  row: (service, nowMs, wide) => [
    service.metadata.name,
    service.spec.type ?? '',
    service.spec.clusterIPs?.[0] ?? '<none>',
    externalIps(service, wide),
    (service.spec.ports ?? []).map(portText).join(',') || '<none>',
    age(service, nowMs),
    formatLabels(service.spec.selector),
  ],
  fieldLabels: ['spec.clusterIP', 'spec.type'],
  selectableFields: (service) => ({
    'spec.clusterIP': service.spec.clusterIP ?? '',
    'spec.type': service.spec.type ?? '',
  }),
});

function defaultService(service: Service): Service {
  const { spec } = service;
  const type = spec.type ?? 'ClusterIP';
  const sessionAffinity = spec.sessionAffinity ?? 'None';
  let next = withFields(spec, { type, sessionAffinity });
  if (sessionAffinity === 'None' && next.sessionAffinityConfig !== undefined) {
    const { sessionAffinityConfig: _none, ...rest } = next;
    next = rest;
  }
  if (sessionAffinity === 'ClientIP' && next.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined) {
    next = { ...next, sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } };
  }
  if (next.ports !== undefined) next = withFields(next, { ports: mapSame(next.ports, defaultPort) });
  const external = type === 'NodePort' || type === 'LoadBalancer' || (type === 'ClusterIP' && next.externalIPs?.length);
  if (external && next.externalTrafficPolicy === undefined) next = { ...next, externalTrafficPolicy: 'Cluster' };
  if (type !== 'ExternalName' && next.internalTrafficPolicy === undefined) {
    if (type === 'ClusterIP' || external) next = { ...next, internalTrafficPolicy: 'Cluster' };
  }
  if (type === 'LoadBalancer') {
    next = withFields(next, { allocateLoadBalancerNodePorts: next.allocateLoadBalancerNodePorts ?? true });
  }
  return withFields(service, { spec: next });
}

function defaultPort(port: ServicePort): ServicePort {
  const { protocol, targetPort } = port;
  const missing = targetPort === undefined || targetPort === 0 || targetPort === '';
  return withFields(port, { protocol: protocol ?? 'TCP', targetPort: missing ? port.port : targetPort });
}

/**
 * What was allocated stays when an update leaves it out: cluster IPs, node ports (by port or by name) and the health check
 * port. What the type does not have goes away.
 * @source pkg/registry/core/service/strategy.go patchAllocatedValues, dropTypeDependentFields
 */
function keepAllocations(service: Service, old: Service): Service {
  let spec = service.spec;
  const clustered = (type: string | undefined): boolean => type !== undefined && type !== 'ExternalName';
  if (clustered(spec.type) && clustered(old.spec.type)) {
    if (!spec.clusterIP && old.spec.clusterIP !== undefined) spec = { ...spec, clusterIP: old.spec.clusterIP };
    if ((spec.clusterIPs?.length ?? 0) === 0 && spec.clusterIP === old.spec.clusterIP) {
      spec = withFields(spec, { clusterIPs: old.spec.clusterIPs });
    }
    spec = withFields(spec, {
      ipFamilies: spec.ipFamilies ?? old.spec.ipFamilies,
      ipFamilyPolicy: spec.ipFamilyPolicy ?? old.spec.ipFamilyPolicy,
    });
  }
  const hasNodePorts = spec.type === 'NodePort' || spec.type === 'LoadBalancer';
  const hadNodePorts = old.spec.type === 'NodePort' || old.spec.type === 'LoadBalancer';
  if (spec.ports !== undefined) {
    const known = new Map((old.spec.ports ?? []).map((port) => [`${port.protocol}/${port.port}`, port.nodePort]));
    const taken = new Set(spec.ports.map((port) => port.nodePort));
    const unchanged = mapSame(spec.ports, (port) => {
      if (hasNodePorts && hadNodePorts && !port.nodePort) {
        const nodePort = known.get(`${port.protocol}/${port.port}`);
        return nodePort === undefined || taken.has(nodePort) ? port : { ...port, nodePort };
      }
      const sameAsOld = old.spec.ports?.some((before) => before.nodePort === port.nodePort);
      if (!hasNodePorts && hadNodePorts && port.nodePort !== undefined && sameAsOld) {
        const { nodePort: _dropped, ...rest } = port;
        return rest;
      }
      return port;
    });
    spec = withFields(spec, { ports: unchanged });
  }
  if (spec.externalTrafficPolicy === 'Local' && spec.type === 'LoadBalancer' && !spec.healthCheckNodePort) {
    spec = withFields(spec, { healthCheckNodePort: old.spec.healthCheckNodePort });
  }
  if (spec.type === 'ExternalName' && old.spec.type !== 'ExternalName') {
    const { clusterIP: _ip, clusterIPs: _ips, ipFamilies: _families, ipFamilyPolicy: _policy, ...rest } = spec;
    if (spec.clusterIP === old.spec.clusterIP) spec = rest;
  }
  return withFields(service, { spec });
}

const CLIPPED_WIDTH = 16;

function externalIps(service: Service, wide: boolean): string {
  const { type, externalIPs = [], externalName } = service.spec;
  switch (type) {
    case 'ClusterIP':
    case 'NodePort':
      return externalIPs.join(',') || '<none>';
    case 'LoadBalancer': {
      const addresses = loadBalancerAddresses(service.status?.loadBalancer, wide);
      if (externalIPs.length > 0) return [...(addresses === '' ? [] : addresses.split(',')), ...externalIPs].join(',');
      return addresses || '<pending>';
    }
    case 'ExternalName':
      return externalName ?? '';
    default:
      return '<unknown>';
  }
}

/** The addresses of a load balancer, sorted; clipped to 16 characters unless wide. */
export function loadBalancerAddresses(
  status:
    | {
        readonly ingress?:
          | readonly { readonly ip?: string | undefined; readonly hostname?: string | undefined }[]
          | undefined;
      }
    | undefined,
  wide: boolean,
): string {
  const addresses = new Set((status?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || ''));
  addresses.delete('');
  const text = [...addresses].sort().join(',');
  return wide || text.length <= CLIPPED_WIDTH ? text : `${text.slice(0, CLIPPED_WIDTH - 3)}...`;
}

function portText({ port, nodePort, protocol }: ServicePort): string {
  return nodePort ? `${port}:${nodePort}/${protocol ?? ''}` : `${port}/${protocol ?? ''}`;
}
