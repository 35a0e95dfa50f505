/**
 * POST serviceaccounts/NAME/token: a signed token, perhaps bound to a pod.
 * @source pkg/registry/core/serviceaccount/storage/token.go, pkg/serviceaccount/claims.go
 */
import { invalid } from '../api/field-error.ts';
import { signToken, type TokenClaims } from '../api/service-account-token.ts';
import { badRequest, conflict, invalidObject, notFound } from '../api/status.ts';
import { formatTime } from '../api/time.ts';
import type { Pod } from '../api/types.ts';
import { serviceAccountUser } from './authentication.ts';
import type { ApiRequest, Server } from './memory.ts';
import { answer, newUid, refuse } from './request.ts';
import { cached } from './watch-cache.ts';

interface TokenRequestSpec {
  readonly audiences?: readonly string[] | null;
  readonly expirationSeconds?: number | null;
  readonly boundObjectRef?: {
    readonly kind?: string;
    readonly apiVersion?: string;
    readonly name?: string;
    readonly uid?: string;
  } | null;
}

/** What projected tokens ask for: these live a year, so that old clients do not fail at once. */
const WARN_ONLY_BOUND_SECONDS = 3_607;
const EXTENDED_SECONDS = 365 * 24 * 3_600;

export function answerTokenRequest(server: Server, request: ApiRequest): undefined {
  const { me, io } = server;
  const { namespace, name } = request.attributes;
  const body = request.http.body as { readonly spec?: TokenRequestSpec } | undefined;
  const spec = body?.spec ?? {};
  const account = cached(me, '/registry/serviceaccounts', `${namespace}/${name}`);
  if (account === undefined) return refuse(request, notFound({ group: '', resource: 'serviceaccounts' }, name));
  const expirationSeconds = spec.expirationSeconds ?? 3_600;
  if (expirationSeconds < 600) {
    const error = invalid(
      'spec.expirationSeconds',
      expirationSeconds,
      'may not specify a duration less than 10 minutes',
    );
    return refuse(request, invalidObject({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [error]));
  }
  const bound = spec.boundObjectRef;
  const pod =
    bound?.kind === 'Pod' ? (cached(me, '/registry/pods', `${namespace}/${bound.name}`) as Pod | undefined) : undefined;
  if (bound?.kind === 'Pod') {
    if (pod === undefined) return refuse(request, notFound({ group: '', resource: 'pods' }, bound.name ?? ''));
    if ((bound.uid ?? '') !== '' && bound.uid !== pod.metadata.uid) {
      const detail = `the UID in the bound object reference (${bound.uid}) does not match the UID in record. The object might have been deleted and then recreated`;
      return refuse(request, conflict({ group: '', resource: 'pods' }, bound.name ?? '', detail));
    }
    if (pod.spec.serviceAccountName !== name) {
      return refuse(
        request,
        badRequest(`cannot bind token for serviceaccount "${name}" to pod running with different serviceaccount name.`),
      );
    }
  } else if (bound?.kind !== undefined && bound.kind !== 'Secret' && bound.kind !== 'Node') {
    return refuse(
      request,
      badRequest(`cannot bind token to object of type ${bound.apiVersion ?? ''}, Kind=${bound.kind}`),
    );
  }
  const audiences =
    spec.audiences !== undefined && spec.audiences !== null && spec.audiences.length > 0
      ? spec.audiences
      : me.options.apiAudiences;
  const now = Math.floor(io.wallMs() / 1_000);
  const extended =
    me.options.extendTokenExpiration &&
    pod !== undefined &&
    expirationSeconds === WARN_ONLY_BOUND_SECONDS &&
    isDefault(audiences, me.options.apiAudiences);
  const node = pod?.spec.nodeName === undefined ? undefined : cached(me, '/registry/minions', pod.spec.nodeName);
  const claims: TokenClaims = {
    aud: audiences,
    exp: now + (extended ? EXTENDED_SECONDS : expirationSeconds),
    iat: now,
    iss: me.options.serviceAccountIssuers[0] ?? '',
    jti: newUid(server),
    'kubernetes.io': {
      namespace,
      ...(node !== undefined && { node: { name: node.metadata.name, uid: node.metadata.uid ?? '' } }),
      ...(pod !== undefined && { pod: { name: pod.metadata.name, uid: pod.metadata.uid ?? '' } }),
      ...(bound?.kind === 'Secret' && { secret: { name: bound.name ?? '', uid: bound.uid ?? '' } }),
      serviceaccount: { name, uid: account.metadata.uid ?? '' },
      ...(extended && { warnafter: now + WARN_ONLY_BOUND_SECONDS }),
    },
    nbf: now,
    sub: serviceAccountUser(namespace, name),
  };
  answer(request, 201, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: formatTime(io.wallMs()) },
    spec: { audiences, expirationSeconds, boundObjectRef: bound ?? null },
    status: {
      token: signToken(claims, me.credentials.signingKey),
      expirationTimestamp: formatTime((now + expirationSeconds) * 1_000),
    },
  });
}

function isDefault(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((item, i) => item === right[i]);
}
