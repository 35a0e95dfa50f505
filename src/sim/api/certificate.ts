/**
 * X.509 certificates and keys as data: PEM texts whose payload is base64 JSON. Nothing is encrypted, but everything that
 * goes wrong with certificates goes wrong here: they expire, are signed by the wrong authority, name the wrong host, or
 * do not belong to their key. The error texts are those of Go's crypto/x509 and crypto/tls.
 * A private key is known by its `keyId`; whoever holds the PEM of the private key can sign in its name.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { canonicalIp } from './address.ts';
import { bytesToBase64Url, decodeBase64, encodeBase64, utf8Bytes } from './base64.ts';
import { goQuote } from './field-error.ts';
import { formatTime } from './time.ts';

export interface DistinguishedName {
  readonly cn: string;
  readonly o: readonly string[];
}

export type KeyUsage = 'client auth' | 'server auth';

export interface Certificate {
  readonly subject: DistinguishedName;
  readonly issuer: DistinguishedName;
  /** Epoch milliseconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** DNS names and IP addresses, in the order of the certificate. */
  readonly sans: readonly string[];
  /** Hexadecimal. */
  readonly serial: string;
  readonly isCa: boolean;
  readonly usages: readonly KeyUsage[];
  /** The certified public key. */
  readonly keyId: string;
  /** The key that signed it. */
  readonly signedBy: string;
  /** Made with the signing key over everything above. */
  readonly signature: string;
}

/** What to put into a new certificate. */
export interface CertificateRequest {
  readonly subject: { readonly cn: string; readonly o?: readonly string[] };
  readonly keyId: string;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly sans?: readonly string[];
  readonly serial?: string;
  readonly isCa?: boolean;
  readonly usages?: readonly KeyUsage[];
}

export interface Authority {
  /** PEM of the authority's own certificate. */
  readonly certificate: string;
  /** PEM of its private key. */
  readonly key: string;
}

export interface VerifyOptions {
  /** PEM bundle of trusted authorities. */
  readonly roots: string;
  readonly nowMs: number;
  /** DNS name or IP the certificate must be valid for; absent: not checked. */
  readonly name?: string | undefined;
  readonly usage?: KeyUsage | undefined;
}

/** What a client shows and demands; PEM texts. */
export interface HandshakeClient {
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  readonly serverName?: string | undefined;
  readonly insecureSkipVerify?: boolean | undefined;
}

/** What a server shows and demands; PEM texts. */
export interface HandshakeServer {
  readonly certificate: string;
  readonly clientCa?: string | undefined;
  readonly clientAuth: 'none' | 'request' | 'require';
}

/** A key's name: 16 hexadecimal digits from the caller's random stream. */
export function newKeyId(random: () => number): string {
  let id = '';
  for (let i = 0; i < 4; i++) {
    id += Math.floor(random() * 0x10000)
      .toString(16)
      .padStart(4, '0');
  }
  return id;
}

/** PEM of the private half of a key. */
export function privateKeyPem(keyId: string): string {
  return pemBlock('RSA PRIVATE KEY', JSON.stringify({ privateKey: keyId }));
}

/** PEM of the public half of a key (`sa.pub`). */
export function publicKeyPem(keyId: string): string {
  return pemBlock('PUBLIC KEY', JSON.stringify({ publicKey: keyId }));
}

/** The key in a PEM text, private or public; undefined when there is none. */
export function keyIdOf(pem: string): string | undefined {
  return privateKeyIdOf(pem) ?? publicKeyIdsOf(pem)[0];
}

const privateKeys = new Map<string, string | undefined>();

/** The private key in a PEM text; undefined when there is none. */
export function privateKeyIdOf(pem: string): string | undefined {
  if (privateKeys.has(pem)) return privateKeys.get(pem);
  const id = findPrivateKey(pem);
  if (privateKeys.size > MEMO_LIMIT) privateKeys.clear();
  privateKeys.set(pem, id);
  return id;
}

function findPrivateKey(pem: string): string | undefined {
  for (const block of pemBlocks(pem)) {
    const payload = recordOf(block.text);
    if (block.type.endsWith('PRIVATE KEY') && typeof payload?.['privateKey'] === 'string') return payload['privateKey'];
  }
  return undefined;
}

/** Every key a PEM text lets one verify with: public keys, and the public halves of private keys and certificates. */
export function publicKeyIdsOf(pem: string): string[] {
  const ids: string[] = [];
  for (const block of pemBlocks(pem)) {
    const payload = recordOf(block.text);
    const id = payload?.['publicKey'] ?? payload?.['privateKey'] ?? payload?.['keyId'];
    if (typeof id === 'string') ids.push(id);
  }
  return ids;
}

/** A certificate signed by an authority, as PEM. `'self'`: signed with its own key, as an authority's own is. */
export function issue(ca: Authority | 'self', request: CertificateRequest): string {
  const subject = { cn: request.subject.cn, o: request.subject.o ?? [] };
  const authority = ca === 'self' ? undefined : parseCertificates(ca.certificate)[0];
  const signedBy = ca === 'self' ? request.keyId : (privateKeyIdOf(ca.key) ?? '');
  const unsigned = {
    subject,
    issuer: ca === 'self' ? subject : (authority?.subject ?? { cn: '', o: [] }),
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    sans: request.sans ?? [],
    serial: request.serial ?? serialOf(`${request.keyId}/${request.subject.cn}/${request.notBefore}`),
    isCa: request.isCa === true,
    usages: request.usages ?? [],
    keyId: request.keyId,
    signedBy,
  };
  return pemBlock('CERTIFICATE', JSON.stringify({ ...unsigned, signature: sign(JSON.stringify(unsigned), signedBy) }));
}

/** What a certificate signing request asks for. */
export interface SigningRequest {
  readonly subject: { readonly cn: string; readonly o: readonly string[] };
  readonly sans: readonly string[];
  readonly keyId: string;
}

/** PEM of a certificate signing request, as `openssl req -new` writes it. */
export function signingRequestPem(request: SigningRequest): string {
  return pemBlock('CERTIFICATE REQUEST', JSON.stringify(request));
}

/** The request in a PEM text; undefined when there is none that can be read. */
export function parseSigningRequest(pem: string): SigningRequest | undefined {
  const block = pemBlocks(pem).find(({ type }) => type === 'CERTIFICATE REQUEST' || type === 'NEW CERTIFICATE REQUEST');
  const value = block === undefined ? undefined : recordOf(block.text);
  const subject = value?.['subject'] as { readonly cn?: string; readonly o?: readonly string[] } | undefined;
  if (typeof value?.['keyId'] !== 'string' || subject === undefined) return undefined;
  const sans = Array.isArray(value['sans']) ? (value['sans'] as string[]) : [];
  return { subject: { cn: subject.cn ?? '', o: subject.o ?? [] }, sans, keyId: value['keyId'] };
}

/** What was read once is not read again: handshakes are many, certificates few. */
const MEMO_LIMIT = 5_000;
const parsed = new Map<string, readonly Certificate[]>();
const soundness = new WeakMap<Certificate, boolean>();

/** The readable certificates of a PEM bundle, in order. */
export function parseCertificates(pem: string): readonly Certificate[] {
  const known = parsed.get(pem);
  if (known !== undefined) return known;
  const certificates: Certificate[] = [];
  for (const block of pemBlocks(pem)) {
    if (block.type !== 'CERTIFICATE') continue;
    const certificate = recordOf(block.text);
    if (isCertificate(certificate)) certificates.push(Object.freeze(certificate));
  }
  if (parsed.size > MEMO_LIMIT) parsed.clear();
  parsed.set(pem, certificates);
  return certificates;
}

/** `X509SHA256=…`, the credential id of a client certificate. */
export function certificateFingerprint(pem: string): string {
  return hexOf(sha256(utf8Bytes(pem.trim())));
}

/**
 * Checks a certificate and its key as they are loaded into a server.
 * @returns the error text of Go's tls.LoadX509KeyPair, or undefined
 */
export function checkKeyPair(certificatePem: string, keyPem: string): string | undefined {
  if (!certificatePem.includes('-----BEGIN')) return 'tls: failed to find any PEM data in certificate input';
  const certificate = parseCertificates(certificatePem)[0];
  if (certificate === undefined) return 'x509: malformed certificate';
  if (!keyPem.includes('-----BEGIN')) return 'tls: failed to find any PEM data in key input';
  const keyId = privateKeyIdOf(keyPem);
  if (keyId === undefined) return 'tls: failed to parse private key';
  return keyId === certificate.keyId ? undefined : 'tls: private key does not match public key';
}

/**
 * Whether the first certificate of a PEM chain is signed by a trusted authority (perhaps through the others), valid now, for this name
 * and this use.
 * @returns the error text of Go's x509.Certificate.Verify (`x509: …`), or undefined
 */
export function verify(chainPem: string, options: VerifyOptions): string | undefined {
  const [leaf, ...intermediates] = parseCertificates(chainPem);
  if (leaf === undefined) return 'x509: malformed certificate';
  const late = outOfDate(leaf, options.nowMs);
  if (late !== undefined) return late;
  if (options.name !== undefined) {
    const wrong = wrongName(leaf, options.name);
    if (wrong !== undefined) return wrong;
  }
  const roots = parseCertificates(options.roots);
  const broken = brokenChain(leaf, intermediates, roots, options.nowMs, 0);
  if (broken !== undefined) return broken;
  if (options.usage !== undefined && leaf.usages.length > 0 && !leaf.usages.includes(options.usage)) {
    return 'x509: certificate specifies an incompatible key usage';
  }
  return undefined;
}

/**
 * A TLS handshake: the client checks the server, then the server the client, each by its own clock.
 * @returns the error as the client prints it, or undefined
 */
export function handshake(
  client: HandshakeClient,
  server: HandshakeServer,
  serverName: string,
  clientMs: number,
  serverMs: number,
): string | undefined {
  if (client.insecureSkipVerify !== true) {
    const name = client.serverName ?? serverName;
    const options = { roots: client.ca ?? '', nowMs: clientMs, name, usage: 'server auth' } as const;
    const error = verify(server.certificate, options);
    if (error !== undefined) return `tls: failed to verify certificate: ${error}`;
  }
  if (client.certificate !== undefined && client.key !== undefined) {
    const error = checkKeyPair(client.certificate, client.key);
    if (error !== undefined) return error;
  }
  if (server.clientAuth !== 'require') return undefined;
  if (client.certificate === undefined) return 'remote error: tls: certificate required';
  const error = verify(client.certificate, { roots: server.clientCa ?? '', nowMs: serverMs, usage: 'client auth' });
  if (error === undefined) return undefined;
  if (error.includes('unknown authority')) return 'remote error: tls: unknown certificate authority';
  return error.includes('expired') ? 'remote error: tls: expired certificate' : 'remote error: tls: bad certificate';
}

function brokenChain(
  certificate: Certificate,
  intermediates: readonly Certificate[],
  roots: readonly Certificate[],
  nowMs: number,
  depth: number,
): string | undefined {
  let hint: string | undefined;
  let late: string | undefined;
  const isSelf = (c: Certificate) => c.keyId === certificate.keyId && c.signature === certificate.signature;
  if (roots.some(isSelf)) return undefined;
  for (const authority of [...roots, ...intermediates]) {
    if (authority.subject.cn !== certificate.issuer.cn) continue;
    if (!signedWith(certificate, authority.keyId)) {
      hint ??= `"crypto/rsa: verification error" while trying to verify candidate authority certificate ${goQuote(authority.subject.cn)}`;
      continue;
    }
    late = outOfDate(authority, nowMs);
    if (late !== undefined || !authority.isCa) continue;
    if (roots.includes(authority)) return undefined;
    if (depth < 4 && brokenChain(authority, intermediates, roots, nowMs, depth + 1) === undefined) return undefined;
  }
  if (late !== undefined) return late;
  const unknown = 'x509: certificate signed by unknown authority';
  return hint === undefined ? unknown : `${unknown} (possibly because of ${hint})`;
}

function signedWith(certificate: Certificate, keyId: string): boolean {
  if (certificate.signedBy !== keyId) return false;
  let sound = soundness.get(certificate);
  if (sound === undefined) {
    const { signature, ...unsigned } = certificate;
    sound = sign(JSON.stringify(unsigned), keyId) === signature;
    soundness.set(certificate, sound);
  }
  return sound;
}

function outOfDate(certificate: Certificate, nowMs: number): string | undefined {
  const head = `x509: certificate has expired or is not yet valid: current time ${formatTime(nowMs)} is`;
  if (nowMs < certificate.notBefore) return `${head} before ${formatTime(certificate.notBefore)}`;
  return nowMs > certificate.notAfter ? `${head} after ${formatTime(certificate.notAfter)}` : undefined;
}

function wrongName(certificate: Certificate, name: string): string | undefined {
  const ip = canonicalIp(name);
  const ips = certificate.sans.filter((san) => canonicalIp(san) !== undefined);
  if (ip !== undefined) {
    if (ips.length === 0) return `x509: cannot validate certificate for ${ip} because it doesn't contain any IP SANs`;
    if (ips.some((san) => canonicalIp(san) === ip)) return undefined;
    return `x509: certificate is valid for ${ips.join(', ')}, not ${ip}`;
  }
  const names = certificate.sans.filter((san) => canonicalIp(san) === undefined);
  const wanted = name.toLowerCase().replace(/\.$/, '');
  if (names.some((pattern) => matchesHost(pattern.toLowerCase(), wanted))) return undefined;
  if (certificate.sans.length === 0 && certificate.subject.cn.includes('.')) {
    return 'x509: certificate relies on legacy Common Name field, use SANs instead';
  }
  if (names.length === 0) return `x509: certificate is not valid for any names, but wanted to match ${name}`;
  return `x509: certificate is valid for ${names.join(', ')}, not ${name}`;
}

function matchesHost(pattern: string, name: string): boolean {
  if (pattern === name) return true;
  const dot = name.indexOf('.');
  return pattern.startsWith('*.') && dot > 0 && name.slice(dot) === pattern.slice(1);
}

function sign(text: string, keyId: string): string {
  return bytesToBase64Url(sha256(utf8Bytes(`${keyId}\n${text}`)));
}

function serialOf(text: string): string {
  return hexOf(sha256(utf8Bytes(text)).slice(0, 8));
}

function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

function isCertificate(value: unknown): value is Certificate {
  if (typeof value !== 'object' || value === null) return false;
  return 'subject' in value && 'issuer' in value && 'sans' in value && 'keyId' in value && 'signature' in value;
}

function pemBlock(type: string, text: string): string {
  const lines = encodeBase64(text).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${type}-----\n${lines.join('\n')}\n-----END ${type}-----\n`;
}

function pemBlocks(pem: string): { type: string; text: string }[] {
  const blocks: { type: string; text: string }[] = [];
  for (const match of pem.matchAll(/-----BEGIN ([A-Z ]+)-----([^-]*)-----END \1-----/g)) {
    blocks.push({ type: match[1]!, text: decodeBase64(match[2]!.replace(/\s/g, '')) ?? '' });
  }
  return blocks;
}

function recordOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
