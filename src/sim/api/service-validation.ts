/**
 * Services: ports, addresses, policies, and what stays once it is set.
 * @source pkg/apis/core/validation/validation.go validateService, ValidateServiceUpdate
 */
import { parseCidr, parseIp } from './address.ts';
import { CIDR_WRONG, IP_WRONG, validateEndpointIp } from './address-validation.ts';
import { PROTOCOLS } from './container-validation.ts';
import { duplicate, type FieldError, forbiddenField, invalid, notSupported, required } from './field-error.ts';
import { internalStruct } from './internal-form.ts';
import { pushComplaints, validateLabels } from './metadata.ts';
import { isDnsLabel, isDnsSubdomain, isPortNumber, isQualifiedName } from './names.ts';
import { validatePort } from './probe-validation.ts';
import type { Service, ServicePort } from './types.ts';

type ServiceSpec = Service['spec'];

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const AFFINITIES = ['ClientIP', 'None'];
const TRAFFIC_POLICIES = ['Cluster', 'Local'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const MAX_AFFINITY_SECONDS = 86_400;

export function validateService({ spec }: Service): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { type = '', ports = [], sessionAffinity = '' } = spec;
  const headless = isHeadless(spec);
  if (ports.length === 0 && !headless && type !== 'ExternalName') errors.push(required('spec.ports'));
  validateType(errors, spec, headless);
  const names = new Set<string>();
  ports.forEach((port, i) => {
    validateServicePort(errors, port, ports.length > 1, names, `spec.ports[${i}]`);
  });
  if (spec.selector !== undefined) validateLabels(errors, spec.selector, 'spec.selector');
  if (sessionAffinity === '') errors.push(required('spec.sessionAffinity'));
  else if (!AFFINITIES.includes(sessionAffinity)) {
    errors.push(notSupported('spec.sessionAffinity', sessionAffinity, AFFINITIES));
  }
  validateAffinityConfig(errors, spec);
  if (type !== 'ExternalName') validateClusterIps(errors, spec, headless);
  spec.externalIPs?.forEach((ip, i) => {
    const field = `spec.externalIPs[${i}]`;
    if (parseIp(ip) === undefined) errors.push(invalid(field, ip, IP_WRONG));
    else validateEndpointIp(errors, ip, field);
  });
  if (type === '') errors.push(required('spec.type'));
  else if (!TYPES.includes(type)) errors.push(notSupported('spec.type', type, TYPES));
  validatePortCombinations(errors, ports, type);
  validateLoadBalancer(errors, spec);
  validateTraffic(errors, spec);
  return errors;
}

function isHeadless(spec: ServiceSpec): boolean {
  return spec.clusterIP === 'None' || spec.clusterIPs?.[0] === 'None';
}

function validateType(errors: FieldError[], spec: ServiceSpec, headless: boolean): void {
  if (headless && (spec.type === 'LoadBalancer' || spec.type === 'NodePort')) {
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`));
  }
  if (spec.type !== 'ExternalName') return;
  const detail = 'may not be set for ExternalName services';
  if ((spec.clusterIPs?.length ?? 0) > 0 || spec.clusterIP) errors.push(forbiddenField('spec.clusterIPs', detail));
  if ((spec.ipFamilies?.length ?? 0) > 0) errors.push(forbiddenField('spec.ipFamilies', detail));
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbiddenField('spec.ipFamilyPolicy', detail));
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name === '') errors.push(required('spec.externalName'));
  else pushComplaints(errors, 'spec.externalName', name, isDnsSubdomain(name));
}

function validateServicePort(
  errors: FieldError[],
  port: ServicePort,
  needsName: boolean,
  names: Set<string>,
  field: string,
): void {
  if (port.name) {
    pushComplaints(errors, `${field}.name`, port.name, isDnsLabel(port.name));
    if (names.has(port.name)) errors.push(duplicate(`${field}.name`, port.name));
    names.add(port.name);
  } else if (needsName) {
    errors.push(required(`${field}.name`));
  }
  pushComplaints(errors, `${field}.port`, port.port ?? 0, isPortNumber(port.port ?? 0));
  if (!port.protocol) errors.push(required(`${field}.protocol`));
  else if (!PROTOCOLS.includes(port.protocol)) errors.push(notSupported(`${field}.protocol`, port.protocol, PROTOCOLS));
  validatePort(errors, port.targetPort ?? 0, `${field}.targetPort`);
  if (port.appProtocol !== undefined) {
    pushComplaints(errors, `${field}.appProtocol`, port.appProtocol, isQualifiedName(port.appProtocol));
  }
}

function validateAffinityConfig(errors: FieldError[], spec: ServiceSpec): void {
  const field = 'spec.sessionAffinityConfig';
  if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig !== undefined) {
    errors.push(forbiddenField(field, 'must not be set when session affinity is None'));
  }
  if (spec.sessionAffinity !== 'ClientIP') return;
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  if (seconds === undefined) errors.push(required(field, 'when session affinity type is ClientIP'));
  else if (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS) {
    const detail = `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`;
    errors.push(invalid(`${field}.clientIP.timeoutSeconds`, seconds, detail));
  }
}

function validateClusterIps(errors: FieldError[], spec: ServiceSpec, headless: boolean): void {
  const { clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  if (clusterIP !== '' && clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) {
    errors.push(invalid('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`'));
  } else if (clusterIP === '' && clusterIPs.length > 0) {
    errors.push(invalid('spec.clusterIPs', clusterIPs, 'must be empty when `clusterIP` is not specified'));
  }
  ipFamilies.forEach((family, i) => {
    const field = `spec.ipFamilies[${i}]`;
    if (family !== 'IPv4' && family !== 'IPv6') errors.push(notSupported(field, family, ['IPv4', 'IPv6']));
    if (ipFamilies.indexOf(family) < i) errors.push(duplicate(field, family));
  });
  if (ipFamilyPolicy !== undefined && !FAMILY_POLICIES.includes(ipFamilyPolicy)) {
    errors.push(notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, FAMILY_POLICIES));
  }
  const addresses = clusterIPs.length > 0 ? clusterIPs : clusterIP === '' ? [] : [clusterIP];
  if (headless) {
    if (addresses.length > 1) {
      errors.push(invalid('spec.clusterIPs', addresses, "'None' must be the first and only value"));
    }
    return;
  }
  addresses.forEach((address, i) => {
    const field = `spec.clusterIPs[${i}]`;
    const ip = parseIp(address);
    if (ip === undefined) errors.push(invalid(field, address, IP_WRONG));
    else if (ipFamilies[i] !== undefined && ipFamilies[i] !== `IPv${ip.family}`) {
      errors.push(invalid(field, address, `expected an ${ipFamilies[i]} value as indicated by \`ipFamilies[${i}]\``));
    }
  });
  if (addresses.length > 2) errors.push(invalid('spec.clusterIPs', addresses, 'may only hold up to 2 values'));
}

function validatePortCombinations(errors: FieldError[], ports: readonly ServicePort[], type: string): void {
  if (type === 'ClusterIP') {
    ports.forEach((port, i) => {
      if (!port.nodePort) return;
      errors.push(forbiddenField(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'"));
    });
  }
  const nodePorts = new Set<string>();
  ports.forEach(({ protocol, nodePort }, i) => {
    if (!nodePort) return;
    const key = `${protocol}/${nodePort}`;
    if (nodePorts.has(key)) errors.push(duplicate(`spec.ports[${i}].nodePort`, nodePort));
    nodePorts.add(key);
  });
  const taken = new Set<string>();
  ports.forEach(({ protocol, port }, i) => {
    const key = `${protocol}/${port}`;
    if (taken.has(key)) errors.push(duplicate(`spec.ports[${i}]`, internalStruct('ServicePort', { protocol, port })));
    taken.add(key);
  });
}

function validateLoadBalancer(errors: FieldError[], spec: ServiceSpec): void {
  const balanced = spec.type === 'LoadBalancer';
  const only = "may only be used when `type` is 'LoadBalancer'";
  const ranges = spec.loadBalancerSourceRanges ?? [];
  if (ranges.length > 0 && !balanced) errors.push(forbiddenField('spec.LoadBalancerSourceRanges', only));
  ranges.forEach((range, i) => {
    const text = range.trim();
    if (parseCidr(text) === undefined) errors.push(invalid(`spec.LoadBalancerSourceRanges[${i}]`, text, CIDR_WRONG));
  });
  if (spec.allocateLoadBalancerNodePorts !== undefined && !balanced) {
    errors.push(forbiddenField('spec.allocateLoadBalancerNodePorts', only));
  }
  if (spec.loadBalancerClass === undefined) return;
  if (!balanced) errors.push(forbiddenField('spec.loadBalancerClass', only));
  else
    pushComplaints(errors, 'spec.loadBalancerClass', spec.loadBalancerClass, isQualifiedName(spec.loadBalancerClass));
}

function validateTraffic(errors: FieldError[], spec: ServiceSpec): void {
  const { type, externalTrafficPolicy, internalTrafficPolicy, healthCheckNodePort, trafficDistribution } = spec;
  const external =
    type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0);
  if (!external) {
    if (externalTrafficPolicy) {
      const detail = 'may only be set for externally-accessible services';
      errors.push(invalid('spec.externalTrafficPolicy', externalTrafficPolicy, detail));
    }
  } else if (!externalTrafficPolicy) {
    errors.push(required('spec.externalTrafficPolicy'));
  } else if (!TRAFFIC_POLICIES.includes(externalTrafficPolicy)) {
    errors.push(notSupported('spec.externalTrafficPolicy', externalTrafficPolicy, TRAFFIC_POLICIES));
  }
  const needsHealthCheck = type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
  if (healthCheckNodePort && !needsHealthCheck) {
    const detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
    errors.push(invalid('spec.healthCheckNodePort', healthCheckNodePort, detail));
  } else if (healthCheckNodePort) {
    pushComplaints(errors, 'spec.healthCheckNodePort', healthCheckNodePort, isPortNumber(healthCheckNodePort));
  }
  if (internalTrafficPolicy !== undefined && !TRAFFIC_POLICIES.includes(internalTrafficPolicy)) {
    errors.push(notSupported('spec.internalTrafficPolicy', internalTrafficPolicy, TRAFFIC_POLICIES));
  }
  if (trafficDistribution !== undefined && !DISTRIBUTIONS.includes(trafficDistribution)) {
    errors.push(notSupported('spec.trafficDistribution', trafficDistribution, DISTRIBUTIONS));
  }
}

export function validateServiceUpdate(service: Service, old: Service): readonly FieldError[] {
  const errors: FieldError[] = [];
  const [spec, before] = [service.spec, old.spec];
  if (spec.type !== 'ExternalName' && before.type !== 'ExternalName' && !(isHeadless(spec) && isHeadless(before))) {
    const addresses = addressesOf(spec);
    addressesOf(before).forEach((ip, i) => {
      if (addresses[i] === ip) return;
      const detail = addresses.length === 0 ? 'primary clusterIP can not be unset' : 'may not change once set';
      if (addresses.length > 0 || i === 0) errors.push(invalid(`spec.clusterIPs[${i}]`, addresses, detail));
    });
    const [family] = before.ipFamilies ?? [];
    if (family !== undefined && spec.ipFamilies?.[0] !== undefined && spec.ipFamilies[0] !== family) {
      errors.push(invalid('spec.ipFamilies[0]', spec.ipFamilies, 'may not change once set'));
    }
  }
  const bothBalanced = spec.type === 'LoadBalancer' && before.type === 'LoadBalancer';
  if (bothBalanced && spec.loadBalancerClass !== before.loadBalancerClass) {
    errors.push(invalid('spec.loadBalancerClass', spec.loadBalancerClass ?? null, 'may not change once set'));
  }
  return errors;
}

function addressesOf(spec: ServiceSpec): readonly string[] {
  if (spec.clusterIP !== undefined && spec.clusterIP !== spec.clusterIPs?.[0]) return [spec.clusterIP];
  return spec.clusterIPs ?? [];
}
