import { describe, expect, it } from 'vitest';
import { handshake, issue, privateKeyPem, verify } from '../../src/sim/api/certificate.ts';
import { isSignedBy, parseToken, signToken } from '../../src/sim/api/service-account-token.ts';
import { epochMsOf } from '../../src/sim/api/time.ts';

const start = epochMsOf(2026, 1, 1);
const end = epochMsOf(2027, 1, 1);
const now = epochMsOf(2026, 6, 1);
const later = epochMsOf(2027, 6, 1);

function authority(keyId: string) {
  const subject = { cn: 'kubernetes' };
  const certificate = issue('self', { subject, keyId, notBefore: start, notAfter: epochMsOf(2036, 1, 1), isCa: true });
  return { certificate, key: privateKeyPem(keyId) };
}
const ca = authority('ca');
const serving = issue(ca, {
  subject: { cn: 'kube-apiserver' },
  keyId: 'server',
  notBefore: start,
  notAfter: end,
  sans: ['cp-1', 'kubernetes', '10.96.0.1', '192.168.56.11'],
  usages: ['server auth'],
});
const admin = issue(ca, {
  subject: { cn: 'kubernetes-admin', o: ['system:masters'] },
  keyId: 'admin',
  notBefore: start,
  notAfter: end,
  usages: ['client auth'],
});

describe('a certificate', () => {
  it('is fine for its names while it is valid', () => {
    expect(verify(serving, { roots: ca.certificate, nowMs: now, name: '192.168.56.11' })).toBeUndefined();
    expect(verify(serving, { roots: ca.certificate, nowMs: now, name: 'kubernetes' })).toBeUndefined();
  });

  it('is refused in the words of Go', () => {
    const options = { roots: ca.certificate, nowMs: now };
    expect(verify(serving, { ...options, nowMs: later })).toBe(
      'x509: certificate has expired or is not yet valid: current time 2027-06-01T00:00:00Z is after 2027-01-01T00:00:00Z',
    );
    expect(verify(serving, { ...options, name: '1.2.3.4' })).toBe(
      'x509: certificate is valid for 10.96.0.1, 192.168.56.11, not 1.2.3.4',
    );
    expect(verify(serving, { ...options, name: 'lb' })).toBe('x509: certificate is valid for cp-1, kubernetes, not lb');
    expect(verify(serving, { ...options, roots: '' })).toBe('x509: certificate signed by unknown authority');
    expect(verify(serving, { ...options, roots: authority('other').certificate })).toBe(
      'x509: certificate signed by unknown authority (possibly because of "crypto/rsa: verification error" while trying to verify candidate authority certificate "kubernetes")',
    );
    expect(verify(admin, { ...options, usage: 'server auth' })).toBe(
      'x509: certificate specifies an incompatible key usage',
    );
  });

  it('decides a handshake on both sides', () => {
    const server = { certificate: serving, clientCa: ca.certificate, clientAuth: 'require' } as const;
    const client = { ca: ca.certificate, certificate: admin, key: privateKeyPem('admin') };
    expect(handshake(client, server, 'cp-1', now, now)).toBeUndefined();
    expect(handshake(client, server, 'cp-1', later, now)).toBe(
      'tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2027-06-01T00:00:00Z is after 2027-01-01T00:00:00Z',
    );
    expect(handshake(client, server, 'cp-1', now, later)).toBe('remote error: tls: expired certificate');
    expect(handshake({ ca: ca.certificate }, server, 'cp-1', now, now)).toBe('remote error: tls: certificate required');
    expect(handshake({ ...client, key: privateKeyPem('x') }, server, 'cp-1', now, now)).toBe(
      'tls: private key does not match public key',
    );
  });
});

describe('a service-account token', () => {
  it('can be read by anybody and signed only with the key', () => {
    const claims = {
      aud: ['a'],
      exp: 2,
      iat: 1,
      iss: 'i',
      jti: 'j',
      nbf: 1,
      sub: 'system:serviceaccount:default:ñandú',
      'kubernetes.io': { namespace: 'default', serviceaccount: { name: 'x', uid: 'u' } },
    };
    const token = parseToken(signToken(claims, 'sa'))!;
    expect(token.claims).toEqual(claims);
    expect(isSignedBy(token, ['other', 'sa'])).toBe(true);
    expect(isSignedBy(token, ['other'])).toBe(false);
    expect(parseToken('abc')).toBeUndefined();
  });
});
