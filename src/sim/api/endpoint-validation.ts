/**
 * EndpointSlices.
 * @source pkg/apis/discovery/validation/validation.go
 */
import { parseIp } from './address.ts';
import { IP_WRONG, validateEndpointIp } from './address-validation.ts';
import { PROTOCOLS } from './container-validation.ts';
import { duplicate, type FieldError, invalid, notSupported, required, tooMany } from './field-error.ts';
import { pushComplaints, validateImmutable } from './metadata.ts';
import { isDnsLabel, isDnsSubdomain } from './names.ts';
import type { Endpoint, EndpointSlice } from './types.ts';

const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;

export function validateEndpointSlice(slice: EndpointSlice): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { addressType = '', endpoints, ports } = slice;
  if (addressType === '') errors.push(required('addressType'));
  else if (!ADDRESS_TYPES.includes(addressType)) errors.push(notSupported('addressType', addressType, ADDRESS_TYPES));
  validatePorts(errors, ports ?? []);
  const list = endpoints ?? [];
  if (list.length > MAX_ENDPOINTS) errors.push(tooMany('endpoints', list.length, MAX_ENDPOINTS));
  else {
    list.forEach((endpoint, i) => {
      validateEndpoint(errors, endpoint, addressType, `endpoints[${i}]`);
    });
  }
  return errors;
}

export function validateEndpointSliceUpdate(slice: EndpointSlice, old: EndpointSlice): readonly FieldError[] {
  const errors: FieldError[] = [];
  validateImmutable(errors, slice.addressType, old.addressType, 'addressType');
  return errors;
}

function validatePorts(errors: FieldError[], ports: NonNullable<EndpointSlice['ports']>): void {
  if (ports.length > MAX_PORTS) {
    errors.push(tooMany('ports', ports.length, MAX_PORTS));
    return;
  }
  const names = new Set<string>();
  ports.forEach(({ name = '', protocol = '' }, i) => {
    if (name !== '') pushComplaints(errors, `ports[${i}].name`, name, isDnsLabel(name));
    if (names.has(name)) errors.push(duplicate(`ports[${i}].name`, name));
    names.add(name);
    if (!PROTOCOLS.includes(protocol)) errors.push(notSupported(`ports[${i}].protocol`, protocol, PROTOCOLS));
  });
}

function validateEndpoint(errors: FieldError[], endpoint: Endpoint, addressType: string, field: string): void {
  const addresses = endpoint.addresses ?? [];
  if (addresses.length === 0) errors.push(required(`${field}.addresses`, 'must contain at least 1 address'));
  else if (addresses.length > MAX_ADDRESSES) {
    errors.push(tooMany(`${field}.addresses`, addresses.length, MAX_ADDRESSES));
  }
  if (addressType === 'IPv4' || addressType === 'IPv6') {
    addresses.forEach((address, i) => {
      const ip = parseIp(address);
      if (ip === undefined) {
        errors.push(invalid(`${field}.addresses[${i}]`, address, IP_WRONG));
        return;
      }
      if (`IPv${ip.family}` !== addressType) {
        errors.push(invalid(`${field}.addresses`, address, `must be an ${addressType} address`));
      }
      validateEndpointIp(errors, address, `${field}.addresses[${i}]`);
    });
  }
  if (endpoint.nodeName !== undefined) {
    pushComplaints(errors, `${field}.nodeName`, endpoint.nodeName, isDnsSubdomain(endpoint.nodeName));
  }
  if (endpoint.hostname !== undefined) {
    pushComplaints(errors, `${field}.hostname`, endpoint.hostname, isDnsLabel(endpoint.hostname));
  }
}
