/**
 * Questions about identity and permission: answered, never stored.
 * @source pkg/registry/authorization, pkg/registry/authentication
 */
import { type FieldError, invalid } from '../api/field-error.ts';
import type { Kind } from '../api/kind.ts';
import { badRequest, invalidObject } from '../api/status.ts';
import { formatTime } from '../api/time.ts';
import type { PolicyRule } from '../api/types.ts';
import { readToken } from './authentication.ts';
import { authorize } from './authorization.ts';
import type { ApiRequest, Attributes, Server, User } from './memory.ts';
import { rulesFor } from './rbac.ts';
import { answer, refuse } from './request.ts';

export function isReview(kind: Kind): boolean {
  return !kind.stored && kind.kind.endsWith('Review');
}

interface ResourceAttributes {
  readonly namespace?: string;
  readonly verb?: string;
  readonly group?: string;
  readonly version?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly name?: string;
}

interface AccessSpec {
  readonly resourceAttributes?: ResourceAttributes | null;
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string } | null;
  readonly user?: string;
  readonly uid?: string;
  readonly groups?: readonly string[] | null;
  readonly namespace?: string;
  readonly token?: string;
  readonly audiences?: readonly string[] | null;
}

export function answerReview(server: Server, request: ApiRequest, kind: Kind): undefined {
  const spec: AccessSpec = (request.http.body as { readonly spec?: AccessSpec } | undefined)?.spec ?? {};
  const { user } = request.attributes;
  const review = (answerSpec: unknown, status: unknown, metadata: object = {}) =>
    answer(request, 201, { kind: kind.kind, apiVersion: kind.apiVersion, metadata, spec: answerSpec, status });
  switch (kind.kind) {
    case 'SelfSubjectReview': {
      const extra = Object.keys(user.extra).length === 0 ? {} : { extra: user.extra };
      const info = { username: user.name, ...(user.uid !== '' && { uid: user.uid }), groups: user.groups, ...extra };
      const metadata = { creationTimestamp: formatTime(server.io.wallMs()) };
      return answer(request, 201, {
        kind: kind.kind,
        apiVersion: kind.apiVersion,
        metadata,
        status: { userInfo: info },
      });
    }
    case 'SelfSubjectAccessReview': {
      const errors = wrongAttributes(spec);
      if (errors.length > 0) return refuse(request, invalidObject({ group: kind.group, kind: '' }, '', errors));
      return review(spec, decision(server, user, spec));
    }
    case 'SubjectAccessReview':
    case 'LocalSubjectAccessReview': {
      const subject: User = { name: spec.user ?? '', uid: spec.uid ?? '', groups: spec.groups ?? [], extra: {} };
      const errors = wrongAccessSpec(spec);
      if (errors.length > 0) return refuse(request, invalidObject({ group: kind.group, kind: '' }, '', errors));
      return review(spec, decision(server, subject, spec));
    }
    case 'SelfSubjectRulesReview':
      if ((spec.namespace ?? '') === '') return refuse(request, badRequest('no namespace on request'));
      return review({}, rulesStatus(rulesFor(server.me, user, spec.namespace ?? ''), user));
    default:
      return review(spec, tokenStatus(server, spec));
  }
}

function wrongAccessSpec(spec: AccessSpec): readonly FieldError[] {
  const errors = [...wrongAttributes(spec)];
  if ((spec.user ?? '') === '' && (spec.groups?.length ?? 0) === 0) {
    errors.push(invalid('spec.user', '', 'at least one of user or group must be specified'));
  }
  return errors;
}

function wrongAttributes({ resourceAttributes, nonResourceAttributes }: AccessSpec): readonly FieldError[] {
  const given = [resourceAttributes, nonResourceAttributes].filter((one) => one !== undefined && one !== null);
  if (given.length === 1) return [];
  const text = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  if (given.length === 0) return [invalid('spec.resourceAttributes', null, text)];
  return [
    invalid(
      'spec.nonResourceAttributes',
      nonResourceAttributes,
      'cannot be specified in combination with resourceAttributes',
    ),
  ];
}

function decision(server: Server, user: User, spec: AccessSpec): { allowed: boolean; reason?: string } {
  const resource = spec.resourceAttributes;
  const attributes: Attributes = {
    user,
    verb: resource?.verb ?? spec.nonResourceAttributes?.verb ?? '',
    group: resource?.group ?? '',
    version: resource?.version ?? '',
    resource: resource?.resource ?? '',
    subresource: resource?.subresource ?? '',
    namespace: resource?.namespace ?? '',
    name: resource?.name ?? '',
    path: resource === undefined || resource === null ? (spec.nonResourceAttributes?.path ?? '/') : '',
    fields: [],
  };
  const decided = authorize(server.me, attributes);
  return { allowed: decided.allowed, ...(decided.reason !== '' && { reason: decided.reason }) };
}

function rulesStatus(rules: readonly PolicyRule[], user: User) {
  const all: readonly PolicyRule[] = user.groups.includes('system:masters')
    ? [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, { verbs: ['*'], nonResourceURLs: ['*'] }, ...rules]
    : rules;
  const resourceRules = all
    .filter((rule) => (rule.resources?.length ?? 0) > 0)
    .map(({ verbs, apiGroups = [], resources, resourceNames }) => ({
      verbs,
      apiGroups,
      resources,
      ...(resourceNames !== undefined && resourceNames.length > 0 && { resourceNames }),
    }));
  const nonResourceRules = all
    .filter((rule) => (rule.nonResourceURLs?.length ?? 0) > 0)
    .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs }));
  return { resourceRules, nonResourceRules, incomplete: false };
}

function tokenStatus(server: Server, spec: AccessSpec) {
  const audiences =
    spec.audiences !== undefined && spec.audiences !== null && spec.audiences.length > 0 ? spec.audiences : undefined;
  const read = readToken(server, spec.token ?? '', audiences);
  if (!read.ok) {
    return { user: {}, error: read.errors.length > 1 ? `[${read.errors.join(', ')}]` : read.errors[0] };
  }
  const { name, uid, groups, extra } = read.user;
  return {
    authenticated: true,
    user: { username: name, uid, groups, extra },
    audiences: audiences ?? server.me.options.apiAudiences,
  };
}
