/**
 * Nobody gives away permissions he does not have: roles and bindings are only written by those who hold every rule in them, or who may
 * `escalate` or `bind`.
 * @source pkg/registry/rbac/{role,rolebinding}/policybased/storage.go, pkg/registry/rbac/validation
 */
import type { Kind } from '../api/kind.ts';
import { forbidden, notFound } from '../api/status.ts';
import type { KubeObject, PolicyRule, RoleRef, Status } from '../api/types.ts';
import { authorize } from './authorization.ts';
import type { Attributes, Server, User } from './memory.ts';
import { ruleAllows, rulesFor, rulesIn, rulesOfRole } from './rbac.ts';

export function escalation(server: Server, user: User, kind: Kind, object: KubeObject): Status | undefined {
  if (kind.group !== 'rbac.authorization.k8s.io' || user.groups.includes('system:masters')) return undefined;
  const namespace = object.metadata.namespace ?? '';
  const resource = { group: kind.group, resource: kind.plural };
  let rules: readonly PolicyRule[];
  if (kind.plural === 'roles' || kind.plural === 'clusterroles') {
    if (may(server, user, 'escalate', kind.plural, namespace, object.metadata.name)) return undefined;
    rules = rulesIn(object);
  } else {
    const roleRef = object['roleRef'] as RoleRef | undefined;
    if (roleRef === undefined) return undefined;
    const plural = roleRef.kind === 'Role' ? 'roles' : 'clusterroles';
    if (may(server, user, 'bind', plural, namespace, roleRef.name)) return undefined;
    const found = rulesOfRole(server.me, roleRef, namespace);
    if (found === undefined) return notFound({ group: kind.group, resource: plural }, roleRef.name);
    rules = found;
  }
  const missing = uncovered(server, user, namespace, rules);
  if (missing.length === 0) return undefined;
  const groups = user.groups.map((group) => `"${group}"`).join(' ');
  const head = `user "${user.name}" (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:`;
  return forbidden(resource, object.metadata.name, `${head}\n${missing.join('\n')}`);
}

function may(server: Server, user: User, verb: string, resource: string, namespace: string, name: string): boolean {
  const group = 'rbac.authorization.k8s.io';
  const rest = { subresource: '', path: '', fields: [], version: 'v1' };
  return authorize(server.me, { user, verb, group, resource, namespace, name, ...rest }).allowed;
}

/** One line for each resource some verb of which the user does not hold himself. */
function uncovered(server: Server, user: User, namespace: string, rules: readonly PolicyRule[]): string[] {
  const own = rulesFor(server.me, user, namespace);
  const verbs = new Map<string, string[]>();
  const note = (key: string, verb: string) => {
    const known = verbs.get(key) ?? [];
    if (!known.includes(verb)) verbs.set(key, [...known, verb]);
  };
  for (const rule of rules) {
    for (const verb of rule.verbs) {
      for (const group of rule.apiGroups ?? []) {
        for (const full of rule.resources ?? []) {
          for (const name of names(rule)) {
            const [resource = '', subresource = ''] = full.split('/');
            const wanted: Attributes = {
              user,
              verb,
              group,
              version: '',
              resource,
              subresource,
              namespace,
              name,
              path: '',
              fields: [],
            };
            if (own.some((held) => ruleAllows(held, wanted))) continue;
            const only = name === '' ? '' : `, ResourceNames:["${name}"]`;
            note(`APIGroups:["${group}"], Resources:["${full}"]${only}`, verb);
          }
        }
      }
      for (const path of rule.nonResourceURLs ?? []) {
        const wanted: Attributes = {
          user,
          verb,
          group: '',
          version: '',
          resource: '',
          subresource: '',
          namespace: '',
          name: '',
          path,
          fields: [],
        };
        if (!own.some((held) => ruleAllows(held, wanted))) note(`NonResourceURLs:["${path}"]`, verb);
      }
    }
  }
  return [...verbs].map(([key, list]) => `{${key}, Verbs:[${list.map((verb) => `"${verb}"`).join(' ')}]}`).sort();
}

function names(rule: PolicyRule): readonly string[] {
  return rule.resourceNames === undefined || rule.resourceNames.length === 0 ? [''] : rule.resourceNames;
}
