/**
 * Addresses and networks that an object names.
 * @source pkg/apis/core/validation/validation.go ValidateEndpointIP, IsValidIPForLegacyField
 */
import { contains, isLoopback, parseCidr, parseIp } from './address.ts';
import { type FieldError, invalid } from './field-error.ts';

export const IP_WRONG = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
export const CIDR_WRONG = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
const LINK_LOCAL = ['169.254.0.0/16', 'fe80::/10'].flatMap((text) => parseCidr(text) ?? []);
const LINK_LOCAL_MULTICAST = ['224.0.0.0/24', 'ff02::/10'].flatMap((text) => parseCidr(text) ?? []);

/** An address that traffic from other machines can reach. */
export function validateEndpointIp(errors: FieldError[], address: string, field: string): void {
  const ip = parseIp(address);
  if (ip === undefined) {
    errors.push(invalid(field, address, IP_WRONG));
    return;
  }
  if (ip.words.every((word) => word === 0)) errors.push(invalid(field, address, `may not be unspecified (${address})`));
  if (isLoopback(ip)) errors.push(invalid(field, address, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'));
  if (LINK_LOCAL.some((range) => contains(range, ip))) {
    errors.push(invalid(field, address, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'));
  }
  if (LINK_LOCAL_MULTICAST.some((range) => contains(range, ip))) {
    errors.push(invalid(field, address, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'));
  }
}
