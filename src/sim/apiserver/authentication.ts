/**
 * Who is asking: a client certificate signed by --client-ca-file, a service-account token, or nobody in particular.
 * @source staging/src/k8s.io/apiserver/pkg/authentication, pkg/serviceaccount/jwt.go, pkg/serviceaccount/claims.go
 */
import { certificateFingerprint, parseCertificates, verify } from '../api/certificate.ts';
import { isSignedBy, parseToken, type TokenClaims } from '../api/service-account-token.ts';
import { formatTime } from '../api/time.ts';
import { klog } from '../client/klog.ts';
import type { ApiServer, Server, User } from './memory.ts';
import { cached } from './watch-cache.ts';

export type AuthenticationResult =
  | { readonly ok: true; readonly user: User }
  | { readonly ok: false; readonly errors: readonly string[] };

export const ANONYMOUS: User = Object.freeze({
  name: 'system:anonymous',
  uid: '',
  groups: ['system:unauthenticated'],
  extra: {},
});

/** The order of the real chain: client certificate, then bearer token, then anonymous. */
export function authenticate(
  server: Server,
  certificate: string | undefined,
  token: string | undefined,
): AuthenticationResult {
  const { me, io } = server;
  const errors: string[] = [];
  if (certificate !== undefined && me.credentials.clientCa !== '') {
    const error = verify(certificate, { roots: me.credentials.clientCa, nowMs: io.wallMs(), usage: 'client auth' });
    if (error === undefined) return { ok: true, user: userOfCertificate(certificate) };
    const serial = parseCertificates(certificate)[0]?.serial ?? '';
    errors.push(`verifying certificate SN=${BigInt(`0x${serial || '0'}`)}, SKID=, AKID= failed: ${error}`);
  }
  if (token !== undefined && token !== '') {
    const known = readToken(server, token);
    if (known.ok) return { ok: true, user: known.user };
    errors.push(...known.errors);
  }
  if (errors.length === 0 && me.options.anonymousAuth) return { ok: true, user: ANONYMOUS };
  return { ok: false, errors };
}

/** Logs why a request was answered 401. */
export function logRefusal({ io }: Server, errors: readonly string[]): undefined {
  const text = errors.length === 0 ? '' : ` err="[${errors.join(', ')}]"`;
  klog(io, 'E', 'authentication.go:75', `"Unable to authenticate the request"${text}`);
}

const users = new Map<string, User>();

/** CN is the name, O are the groups. */
function userOfCertificate(pem: string): User {
  let user = users.get(pem);
  if (user !== undefined) return user;
  const subject = parseCertificates(pem)[0]?.subject ?? { cn: '', o: [] };
  user = Object.freeze({
    name: subject.cn,
    uid: '',
    groups: [...subject.o, 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${certificateFingerprint(pem)}`] },
  });
  if (users.size > 5_000) users.clear();
  users.set(pem, user);
  return user;
}

/** A service-account token: its signature, issuer, audience, time, and that what it is bound to still exists. */
export function readToken(
  { me, io }: Server,
  text: string,
  audiences: readonly string[] = me.options.apiAudiences,
): AuthenticationResult {
  let claims = me.tokens.get(text);
  if (claims === undefined) {
    const token = parseToken(text);
    const signed = token !== undefined && isSignedBy(token, me.credentials.serviceAccountKeys);
    claims = signed ? token.claims : null;
    if (me.tokens.size > 10_000) me.tokens.clear();
    me.tokens.set(text, claims);
  }
  if (claims === null) return { ok: false, errors: ['invalid bearer token'] };
  const error = wrongClaims(me, claims, io.wallMs(), audiences);
  if (error !== undefined) return { ok: false, errors: ['invalid bearer token', error] };
  return { ok: true, user: userOfClaims(claims) };
}

function wrongClaims(
  me: ApiServer,
  claims: TokenClaims,
  nowMs: number,
  audiences: readonly string[],
): string | undefined {
  if (!me.options.serviceAccountIssuers.includes(claims.iss)) return 'invalid issuer';
  const now = Math.floor(nowMs / 1_000);
  if (now > claims.exp) {
    const stamp = formatTime(nowMs).replace('T', ' ').replace('Z', ' +0000 UTC');
    return `service account token has expired, current time: ${stamp}`;
  }
  if (now < claims.nbf) return 'service account token is not valid yet';
  if (!claims.aud.some((audience) => audiences.includes(audience))) {
    return `token audiences ${JSON.stringify(claims.aud)} is invalid for the target audiences ${JSON.stringify(audiences)}`;
  }
  if (!me.options.serviceAccountLookup) return undefined;
  const { namespace, serviceaccount, pod, secret, node } = claims['kubernetes.io'];
  const account = cached(me, '/registry/serviceaccounts', `${namespace}/${serviceaccount.name}`);
  if (account === undefined) return `serviceaccounts "${serviceaccount.name}" not found`;
  if (account.metadata.uid !== serviceaccount.uid) {
    return `service account UID (${account.metadata.uid}) does not match claim (${serviceaccount.uid})`;
  }
  if (
    secret !== undefined &&
    cached(me, '/registry/secrets', `${namespace}/${secret.name}`)?.metadata.uid !== secret.uid
  ) {
    return 'service account token has been invalidated';
  }
  if (pod !== undefined) {
    const bound = cached(me, '/registry/pods', `${namespace}/${pod.name}`);
    if (bound === undefined) return 'service account token has been invalidated';
    if (bound.metadata.uid !== pod.uid) {
      return `pod UID (${bound.metadata.uid}) does not match service account pod ref claim (${pod.uid})`;
    }
  }
  if (
    node !== undefined &&
    pod === undefined &&
    cached(me, '/registry/minions', node.name)?.metadata.uid !== node.uid
  ) {
    return 'service account token has been invalidated';
  }
  return undefined;
}

function userOfClaims(claims: TokenClaims): User {
  const { namespace, serviceaccount, pod, node } = claims['kubernetes.io'];
  return {
    name: serviceAccountUser(namespace, serviceaccount.name),
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: {
      'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`],
      ...(node !== undefined && {
        'authentication.kubernetes.io/node-name': [node.name],
        'authentication.kubernetes.io/node-uid': [node.uid],
      }),
      ...(pod !== undefined && {
        'authentication.kubernetes.io/pod-name': [pod.name],
        'authentication.kubernetes.io/pod-uid': [pod.uid],
      }),
    },
  };
}

export function serviceAccountUser(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}

/** The user a request wants to be, as written in Impersonate-User and Impersonate-Group. */
export function impersonated(user: string, groups: readonly string[] | undefined): User {
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user);
  const given =
    groups !== undefined && groups.length > 0
      ? groups
      : account === null
        ? []
        : ['system:serviceaccounts', `system:serviceaccounts:${account[1]}`];
  const anonymous = user === 'system:anonymous';
  const last = anonymous ? 'system:unauthenticated' : 'system:authenticated';
  return { name: user, uid: '', groups: given.includes(last) ? given : [...given, last], extra: {} };
}
