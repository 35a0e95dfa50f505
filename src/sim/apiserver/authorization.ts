/**
 * Whether the user may do it: the authorizers of --authorization-mode in order, the first that allows it decides.
 * @source staging/src/k8s.io/apiserver/pkg/authorization, endpoints/handlers/responsewriters/errors.go
 */
import { goQuote } from '../api/field-error.ts';
import { forbidden } from '../api/status.ts';
import type { Status } from '../api/types.ts';
import type { ApiServer, Attributes } from './memory.ts';
import { authorizeNode } from './node-authorizer.ts';
import { authorizeRbac, type Decision } from './rbac.ts';

const ALLOWED: Decision = { allowed: true, reason: '' };

export function authorize(me: ApiServer, attributes: Attributes): Decision {
  if (attributes.user.groups.includes('system:masters')) return ALLOWED;
  const reasons: string[] = [];
  for (const mode of me.options.authorizationModes) {
    const decision = byMode(me, mode, attributes);
    if (decision.allowed) return decision;
    if (decision.reason !== '') reasons.push(decision.reason);
  }
  return { allowed: false, reason: reasons.join('\n') };
}

function byMode(me: ApiServer, mode: string, attributes: Attributes): Decision {
  switch (mode) {
    case 'AlwaysAllow':
      return ALLOWED;
    case 'AlwaysDeny':
      return { allowed: false, reason: 'Everything is forbidden.' };
    case 'Node':
      return authorizeNode(me, attributes);
    case 'RBAC':
      return authorizeRbac(me, attributes);
    default:
      return { allowed: false, reason: '' };
  }
}

/** 403: `pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"`. */
export function forbiddenStatus(attributes: Attributes, reason: string): Status {
  const { group, resource, name } = attributes;
  const detail = reason === '' ? cannot(attributes) : `${cannot(attributes)}: ${reason}`;
  return attributes.path === ''
    ? forbidden({ group, resource }, name, detail)
    : forbidden({ group: '', resource: '' }, '', detail);
}

function cannot({ user, verb, group, resource, subresource, namespace, path }: Attributes): string {
  if (path !== '') return `User ${goQuote(user.name)} cannot ${verb} path ${goQuote(path)}`;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${goQuote(namespace)}`;
  return `User ${goQuote(user.name)} cannot ${verb} resource ${goQuote(full)} in API group ${goQuote(group)} ${where}`;
}
