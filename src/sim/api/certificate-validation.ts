/**
 * CertificateSigningRequests.
 * @source pkg/apis/certificates/validation/validation.go
 */
import { decodeBase64 } from './base64.ts';
import { type FieldError, invalid, notSupported, required } from './field-error.ts';
import { isDnsSubdomain } from './names.ts';
import type { CertificateSigningRequest } from './types.ts';

const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];
const MIN_EXPIRATION_SECONDS = 600;

export function validateSigningRequest({ spec }: CertificateSigningRequest): readonly FieldError[] {
  const errors: FieldError[] = [];
  const pem = decodeBase64(spec.request ?? '') ?? '';
  if (!/-----BEGIN (NEW )?CERTIFICATE REQUEST-----[\s\S]+-----END (NEW )?CERTIFICATE REQUEST-----/.test(pem)) {
    errors.push(invalid('spec.request', spec.request ?? '', 'PEM block type must be CERTIFICATE REQUEST'));
  }
  if ((spec.usages?.length ?? 0) === 0) errors.push(required('spec.usages'));
  spec.usages?.forEach((usage, i) => {
    if (!USAGES.includes(usage)) errors.push(notSupported(`spec.usages[${i}]`, usage, USAGES));
    if (spec.usages?.indexOf(usage) !== i) {
      errors.push({ type: 'FieldValueDuplicate', field: `spec.usages[${i}]`, body: `Duplicate value: "${usage}"` });
    }
  });
  validateSignerName(errors, spec.signerName ?? '');
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < MIN_EXPIRATION_SECONDS) {
    const detail = `may not specify a duration less than ${MIN_EXPIRATION_SECONDS} seconds (10 minutes)`;
    errors.push(invalid('spec.expirationSeconds', spec.expirationSeconds, detail));
  }
  return errors;
}

function validateSignerName(errors: FieldError[], name: string): void {
  const field = 'spec.signerName';
  if (name === '') {
    errors.push(required(field));
    return;
  }
  const [domain = '', path = '', ...more] = name.split('/');
  if (path === '' || more.length > 0) {
    const detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    errors.push(invalid(field, name, detail));
    return;
  }
  for (const complaint of isDnsSubdomain(domain)) {
    errors.push(invalid(field, domain, `validating label "${domain}": ${complaint}`));
  }
  if (!domain.includes('.')) {
    errors.push(invalid(field, domain, 'should be a domain with at least two segments separated by dots'));
  }
}
