/**
 * Role-based access control: whether some role bound to the user or one of his groups allows what he asks.
 * Rules are worked out once a user and dropped when a role or binding changes; a decision is then a look-up.
 * @source plugin/pkg/auth/authorizer/rbac/rbac.go, pkg/registry/rbac/validation/rule.go
 */
import type { KubeObject, PolicyRule, RoleRef } from '../api/types.ts';
import type { ApiServer, Attributes, HeldRule, User, UserRules } from './memory.ts';
import { CLUSTER_ROLE_BINDINGS, CLUSTER_ROLES, ROLE_BINDINGS, ROLES } from './rbac-index.ts';
import { cached } from './watch-cache.ts';

export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

const NO_OPINION: Decision = { allowed: false, reason: '' };

export function authorizeRbac(me: ApiServer, attributes: Attributes): Decision {
  const rules = rulesOf(me, attributes.user);
  const { verb, group, resource, subresource, namespace, name, path } = attributes;
  const key = path === '' ? `${verb} ${group}/${resource}/${subresource} ${namespace}` : `${verb} ${path}`;
  let by = rules.decisions.get(key);
  if (by === undefined) {
    by = allowedBy(rules, { ...attributes, name: '' });
    rules.decisions.set(key, by);
  }
  if (by === '' && name !== '' && path === '') by = allowedBy(rules, attributes);
  if (by !== '') return { allowed: true, reason: `RBAC: allowed by ${by}` };
  const missing = [...(rules.missing.get('') ?? []), ...(namespace === '' ? [] : (rules.missing.get(namespace) ?? []))];
  return missing.length === 0 ? NO_OPINION : { allowed: false, reason: `RBAC: ${aggregate(missing)}` };
}

/** Every rule that holds for a user in a namespace ('' = cluster-wide only), and roles that should be there but are not. */
export function rulesFor(me: ApiServer, user: User, namespace: string): readonly PolicyRule[] {
  const rules = rulesOf(me, user);
  const held = namespace === '' ? rules.everywhere : [...rules.everywhere, ...(rules.inNamespace.get(namespace) ?? [])];
  return held.map(({ rule }) => rule);
}

/** Whether one rule allows it. */
export function ruleAllows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if (attributes.path !== '') return matchesUrl(rule.nonResourceURLs, attributes.path);
  if (!has(rule.apiGroups, attributes.group)) return false;
  const { resource, subresource, name } = attributes;
  if (!matchesResource(rule.resources, resource, subresource)) return false;
  const names = rule.resourceNames;
  return names === undefined || names.length === 0 || (name !== '' && names.includes(name));
}

/** The rules of the role a binding refers to; undefined when there is no such role. */
export function rulesOfRole(me: ApiServer, roleRef: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
  const role =
    roleRef.kind === 'Role'
      ? cached(me, ROLES, `${namespace}/${roleRef.name}`)
      : cached(me, CLUSTER_ROLES, roleRef.name);
  return role === undefined ? undefined : rulesIn(role);
}

export function rulesIn(role: KubeObject): readonly PolicyRule[] {
  return (role['rules'] as readonly PolicyRule[] | null | undefined) ?? [];
}

function rulesOf(me: ApiServer, user: User): UserRules {
  const id = `${user.name}\n${user.groups.join('\n')}`;
  const known = me.rbac.users.get(id);
  if (known !== undefined) return known;
  const everywhere: HeldRule[] = [];
  const rules: UserRules = { everywhere, inNamespace: new Map(), missing: new Map(), decisions: new Map() };
  const seen = new Set<string>();
  for (const subject of [`u:${user.name}`, ...user.groups.map((group) => `g:${group}`)]) {
    const to = subject.startsWith('g:') ? `Group "${subject.slice(2)}"` : userText(user.name);
    for (const key of me.rbac.bindings.get(subject) ?? []) {
      if (seen.has(key)) continue;
      seen.add(key);
      addBinding(me, rules, everywhere, key, to);
    }
  }
  if (me.rbac.users.size > 10_000) me.rbac.users.clear();
  me.rbac.users.set(id, rules);
  return rules;
}

function addBinding(me: ApiServer, rules: UserRules, everywhere: HeldRule[], key: string, to: string): undefined {
  const slash = key.indexOf('/');
  const namespace = key.slice(0, slash);
  const binding = namespace === '' ? cached(me, CLUSTER_ROLE_BINDINGS, key.slice(1)) : cached(me, ROLE_BINDINGS, key);
  const roleRef = binding?.['roleRef'] as RoleRef | undefined;
  if (roleRef === undefined) return;
  const found = rulesOfRole(me, roleRef, namespace);
  if (found === undefined) {
    const text = `${roleRef.kind.toLowerCase()}.rbac.authorization.k8s.io "${roleRef.name}" not found`;
    rules.missing.set(namespace, [...(rules.missing.get(namespace) ?? []), text]);
    return;
  }
  const name = binding?.metadata.name ?? '';
  const what = namespace === '' ? `ClusterRoleBinding "${name}"` : `RoleBinding "${name}/${namespace}"`;
  const by = `${what} of ${roleRef.kind} "${roleRef.name}" to ${to}`;
  const held = found.map((rule): HeldRule => Object.freeze({ rule, by }));
  if (namespace === '') everywhere.push(...held);
  else rules.inNamespace.set(namespace, [...(rules.inNamespace.get(namespace) ?? []), ...held]);
}

function allowedBy(rules: UserRules, attributes: Attributes): string {
  for (const { rule, by } of rules.everywhere) if (ruleAllows(rule, attributes)) return by;
  if (attributes.namespace === '' || attributes.path !== '') return '';
  for (const { rule, by } of rules.inNamespace.get(attributes.namespace) ?? [])
    if (ruleAllows(rule, attributes)) return by;
  return '';
}

function userText(name: string): string {
  const account = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(name);
  return account === null ? `User "${name}"` : `ServiceAccount "${account[2]}/${account[1]}"`;
}

function has(list: readonly string[] | undefined, wanted: string): boolean {
  return list !== undefined && (list.includes(wanted) || list.includes('*'));
}

function matchesResource(list: readonly string[] | undefined, resource: string, subresource: string): boolean {
  if (list === undefined) return false;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  return list.some((item) => item === '*' || item === full || (subresource !== '' && item === `*/${subresource}`));
}

function matchesUrl(list: readonly string[] | undefined, path: string): boolean {
  if (list === undefined) return false;
  return list.some((url) => url === '*' || url === path || (url.endsWith('*') && path.startsWith(url.slice(0, -1))));
}

function aggregate(errors: readonly string[]): string {
  const unique = [...new Set(errors)];
  return unique.length === 1 ? unique[0]! : `[${unique.join(', ')}]`;
}
