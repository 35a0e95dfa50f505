/**
 * Service-account tokens: JSON Web Tokens whose payload anybody can read and whose signature only the holder of the key can make.
 * @source pkg/serviceaccount/claims.go, pkg/serviceaccount/jwt.go
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToBase64Url, decodeBase64, encodeBase64Url, utf8Bytes } from './base64.ts';

export interface TokenReference {
  readonly name: string;
  readonly uid: string;
}

/** What a service-account token says; times in seconds since the epoch. */
export interface TokenClaims {
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly iss: string;
  readonly jti: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly node?: TokenReference | undefined;
    readonly pod?: TokenReference | undefined;
    readonly secret?: TokenReference | undefined;
    readonly serviceaccount: TokenReference;
    readonly warnafter?: number | undefined;
  };
  readonly nbf: number;
  readonly sub: string;
}

export interface ParsedToken {
  readonly claims: TokenClaims;
  /** `header.payload`, what the signature covers. */
  readonly signed: string;
  readonly signature: string;
}

/** `header.payload.signature`, signed with the key of this id. */
export function signToken(claims: TokenClaims, keyId: string): string {
  const signed = `${encodeBase64Url(JSON.stringify({ alg: 'RS256', kid: keyId }))}.${encodeBase64Url(JSON.stringify(claims))}`;
  return `${signed}.${signatureOf(signed, keyId)}`;
}

/** Reads a token without trusting it; undefined when it is no service-account token at all. */
export function parseToken(token: string): ParsedToken | undefined {
  const parts = token.split('.');
  if (parts.length !== 3) return undefined;
  try {
    const claims: unknown = JSON.parse(decodeBase64(parts[1]!) ?? '');
    if (!isClaims(claims)) return undefined;
    return { claims, signed: `${parts[0]}.${parts[1]}`, signature: parts[2]! };
  } catch {
    return undefined;
  }
}

/** Whether one of these keys made the signature. */
export function isSignedBy(token: ParsedToken, keyIds: readonly string[]): boolean {
  return keyIds.some((keyId) => signatureOf(token.signed, keyId) === token.signature);
}

function signatureOf(signed: string, keyId: string): string {
  return bytesToBase64Url(sha256(utf8Bytes(`${keyId}\n${signed}`)));
}

function isClaims(value: unknown): value is TokenClaims {
  if (typeof value !== 'object' || value === null || !('iss' in value) || !('kubernetes.io' in value)) return false;
  const own = value['kubernetes.io'];
  return typeof own === 'object' && own !== null && 'serviceaccount' in own;
}
