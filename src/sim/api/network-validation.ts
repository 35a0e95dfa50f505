/**
 * Ingresses and NetworkPolicies.
 * @source pkg/apis/networking/validation/validation.go
 */
import { contains, parseCidr, parseIp } from './address.ts';
import { CIDR_WRONG } from './address-validation.ts';
import { PROTOCOLS } from './container-validation.ts';
import { type FieldError, forbiddenField, invalid, notSupported, required } from './field-error.ts';
import { pushComplaints, validateLabelSelector } from './metadata.ts';
import { isDns1035Label, isDnsSubdomain, isPortName, isPortNumber, isWildcardDnsSubdomain } from './names.ts';
import type { Ingress, IngressBackend, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from './types.ts';

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const BAD_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const BAD_SUFFIXES = ['/..', '/.'];

export function validateIngress({ spec }: Ingress): readonly FieldError[] {
  const errors: FieldError[] = [];
  if ((spec.rules?.length ?? 0) === 0 && spec.defaultBackend === undefined) {
    errors.push(invalid('spec', null, 'either `defaultBackend` or `rules` must be specified'));
  }
  if (spec.defaultBackend !== undefined) validateBackend(errors, spec.defaultBackend, 'spec.defaultBackend');
  spec.rules?.forEach(({ host, http }, i) => {
    const field = `spec.rules[${i}]`;
    if (host) validateHost(errors, host, `${field}.host`);
    if (http === undefined) return;
    if ((http.paths?.length ?? 0) === 0) errors.push(required(`${field}.http.paths`));
    http.paths?.forEach((path, j) => {
      validatePath(errors, path, `${field}.http.paths[${j}]`);
    });
  });
  spec.tls?.forEach(({ hosts = [], secretName }, i) => {
    hosts.forEach((host, j) => {
      const wrong = host.includes('*') ? isWildcardDnsSubdomain(host) : isDnsSubdomain(host);
      pushComplaints(errors, `spec.tls[${i}].hosts[${j}]`, host, wrong);
    });
    if (secretName) pushComplaints(errors, `spec.tls[${i}].secretName`, secretName, isDnsSubdomain(secretName));
  });
  if (spec.ingressClassName !== undefined) {
    pushComplaints(errors, 'spec.ingressClassName', spec.ingressClassName, isDnsSubdomain(spec.ingressClassName));
  }
  return errors;
}

function validateHost(errors: FieldError[], host: string, field: string): void {
  if (parseIp(host) !== undefined) errors.push(invalid(field, host, 'must be a DNS name, not an IP address'));
  pushComplaints(errors, field, host, host.includes('*') ? isWildcardDnsSubdomain(host) : isDnsSubdomain(host));
}

function validatePath(
  errors: FieldError[],
  path: {
    readonly path?: string | undefined;
    readonly pathType?: string | undefined;
    readonly backend: IngressBackend;
  },
  field: string,
): void {
  const { path: text = '', pathType } = path;
  if (pathType === undefined) {
    errors.push(required(`${field}.pathType`, 'pathType must be specified'));
    return;
  }
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!text.startsWith('/')) errors.push(invalid(`${field}.path`, text, 'must be an absolute path'));
    for (const sequence of BAD_SEQUENCES) {
      if (text.includes(sequence)) errors.push(invalid(`${field}.path`, text, `must not contain '${sequence}'`));
    }
    for (const suffix of BAD_SUFFIXES) {
      if (text.endsWith(suffix)) errors.push(invalid(`${field}.path`, text, `cannot end with '${suffix}'`));
    }
  } else if (pathType === 'ImplementationSpecific') {
    if (text !== '' && !text.startsWith('/')) errors.push(invalid(`${field}.path`, text, 'must be an absolute path'));
  } else {
    errors.push(notSupported(`${field}.pathType`, pathType, PATH_TYPES));
  }
  validateBackend(errors, path.backend ?? {}, `${field}.backend`);
}

function validateBackend(errors: FieldError[], backend: IngressBackend, field: string): void {
  const { service, resource } = backend;
  if (service !== undefined && resource !== undefined) {
    errors.push(invalid(field, '', 'cannot set both resource and service backends'));
  } else if (resource === undefined && service === undefined) {
    errors.push(required(field, 'port name or number is required'));
  } else if (service !== undefined) {
    if (!service.name) errors.push(required(`${field}.service.name`));
    else pushComplaints(errors, `${field}.service.name`, service.name, isDns1035Label(service.name));
    const { name, number } = service.port ?? {};
    if (name && number) {
      errors.push(invalid(field, '', 'cannot set both port name & port number'));
    } else if (name) {
      pushComplaints(errors, `${field}.service.port.name`, name, isPortName(name));
    } else if (number) {
      pushComplaints(errors, `${field}.service.port.number`, number, isPortNumber(number));
    } else {
      errors.push(required(field, 'port name or number is required'));
    }
  }
}

const POLICY_TYPES = ['Ingress', 'Egress'];

export function validateNetworkPolicy({ spec }: NetworkPolicy): readonly FieldError[] {
  const errors: FieldError[] = [];
  validateLabelSelector(errors, spec.podSelector, 'spec.podSelector');
  spec.ingress?.forEach(({ from = [], ports = [] }, i) => {
    validateRule(errors, ports, from, `spec.ingress[${i}]`, 'from');
  });
  spec.egress?.forEach(({ to = [], ports = [] }, i) => {
    validateRule(errors, ports, to, `spec.egress[${i}]`, 'to');
  });
  const types = spec.policyTypes ?? [];
  if (types.length > 2) errors.push(invalid('spec.policyTypes', types, 'may not specify more than two policyTypes'));
  else {
    types.forEach((type, i) => {
      if (!POLICY_TYPES.includes(type)) errors.push(notSupported(`spec.policyTypes[${i}]`, type, POLICY_TYPES));
    });
  }
  return errors;
}

function validateRule(
  errors: FieldError[],
  ports: readonly NetworkPolicyPort[],
  peers: readonly NetworkPolicyPeer[],
  field: string,
  side: string,
): void {
  ports.forEach((port, i) => {
    validatePolicyPort(errors, port, `${field}.ports[${i}]`);
  });
  peers.forEach((peer, i) => {
    validatePeer(errors, peer, `${field}.${side}[${i}]`);
  });
}

function validatePolicyPort(errors: FieldError[], { protocol, port, endPort }: NetworkPolicyPort, field: string): void {
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
    errors.push(notSupported(`${field}.protocol`, protocol, PROTOCOLS));
  }
  if (typeof port === 'number') {
    pushComplaints(errors, `${field}.port`, port, isPortNumber(port));
    if (endPort === undefined) return;
    if (endPort < port) errors.push(invalid(`${field}.endPort`, port, 'must be greater than or equal to `port`'));
    pushComplaints(errors, `${field}.endPort`, endPort, isPortNumber(endPort));
  } else if (port !== undefined) {
    if (endPort !== undefined) {
      errors.push(invalid(`${field}.endPort`, endPort, 'may not be specified when `port` is non-numeric'));
    }
    pushComplaints(errors, `${field}.port`, port, isPortName(port));
  } else if (endPort !== undefined) {
    errors.push(invalid(`${field}.endPort`, endPort, 'may not be specified when `port` is not specified'));
  }
}

function validatePeer(errors: FieldError[], peer: NetworkPolicyPeer, field: string): void {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  validateLabelSelector(errors, podSelector, `${field}.podSelector`);
  validateLabelSelector(errors, namespaceSelector, `${field}.namespaceSelector`);
  if (ipBlock !== undefined) validateBlock(errors, ipBlock, `${field}.ipBlock`);
  const selected = podSelector !== undefined || namespaceSelector !== undefined;
  if (!selected && ipBlock === undefined) errors.push(required(field, 'must specify a peer'));
  else if (selected && ipBlock !== undefined) {
    errors.push(forbiddenField(field, 'may not specify both ipBlock and another peer'));
  }
}

function validateBlock(errors: FieldError[], block: NonNullable<NetworkPolicyPeer['ipBlock']>, field: string): void {
  if (!block.cidr) {
    errors.push(required(`${field}.cidr`));
    return;
  }
  const outer = parseCidr(block.cidr);
  if (outer === undefined) {
    errors.push(invalid(`${field}.cidr`, block.cidr, CIDR_WRONG));
    return;
  }
  block.except?.forEach((text, i) => {
    const inner = parseCidr(text);
    const path = `${field}.except[${i}]`;
    if (inner === undefined) errors.push(invalid(path, text, CIDR_WRONG));
    else if (!contains(outer, inner) || inner.prefix <= outer.prefix) {
      errors.push(invalid(path, text, 'must be a strict subset of `cidr`'));
    }
  });
}
