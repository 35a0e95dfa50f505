/** Faults inside files: a certificate that has run out, re-issued by the authority whose key lies somewhere in the cluster. */
import { decodeBase64, encodeBase64 } from './api/base64.ts';
import { type Authority, issue, parseCertificates, privateKeyIdOf } from './api/certificate.ts';
import { type Kernel, wallMs } from './kernel/kernel.ts';

const DAY_MS = 86_400_000;

/** The same file with its (first) certificate ended a day ago; unchanged where there is none or its authority is unknown. */
export function forgeCertificate(kernel: Kernel, host: string, content: string): string {
  const embedded = /(client-certificate-data: )(\S+)/.exec(content);
  if (embedded !== null) {
    const pem = decodeBase64(embedded[2]!);
    return pem === undefined
      ? content
      : content.replace(embedded[0], embedded[1]! + encodeBase64(expired(kernel, host, pem)));
  }
  return expired(kernel, host, content);
}

function expired(kernel: Kernel, host: string, pem: string): string {
  const certificate = parseCertificates(pem)[0];
  const authority = certificate === undefined ? undefined : authorityOf(kernel, certificate.signedBy);
  if (certificate === undefined || authority === undefined) return pem;
  const now = wallMs(kernel.state, host);
  const { subject, keyId, sans, serial, usages, isCa } = certificate;
  return issue(authority, {
    subject,
    keyId,
    sans,
    serial,
    usages,
    isCa,
    notBefore: now - 366 * DAY_MS,
    notAfter: now - DAY_MS,
  });
}

function authorityOf(kernel: Kernel, keyId: string): Authority | undefined {
  for (const { files } of kernel.state.hosts.values()) {
    for (const [path, { content }] of files) {
      if (!path.endsWith('.key') || privateKeyIdOf(content) !== keyId) continue;
      const certificate = files.get(`${path.slice(0, -4)}.crt`);
      if (certificate !== undefined) return { certificate: certificate.content, key: content };
    }
  }
  return undefined;
}
