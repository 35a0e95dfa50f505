/** Which bindings name which subject, kept up as roles and bindings change, so that authorizing costs no scan. */
import type { KubeObject, RbacSubject } from '../api/types.ts';
import type { ApiServer } from './memory.ts';

export const ROLES = '/registry/roles';
export const CLUSTER_ROLES = '/registry/clusterroles';
export const ROLE_BINDINGS = '/registry/rolebindings';
export const CLUSTER_ROLE_BINDINGS = '/registry/clusterrolebindings';

/** Told of every change in the cache; cheap for what is no role and no binding. */
export function rbacObjectChanged(
  me: ApiServer,
  prefix: string,
  key: string,
  before: KubeObject | undefined,
  after: KubeObject | undefined,
): undefined {
  switch (prefix) {
    case ROLES:
    case CLUSTER_ROLES:
      me.rbac.users.clear();
      return;
    case ROLE_BINDINGS:
    case CLUSTER_ROLE_BINDINGS: {
      const { bindings, users } = me.rbac;
      users.clear();
      const namespace = prefix === ROLE_BINDINGS ? key.slice(0, key.indexOf('/')) : '';
      const name = prefix === ROLE_BINDINGS ? key : `/${key}`;
      for (const subject of subjectsOf(before)) bindings.get(subjectKey(subject, namespace))?.delete(name);
      for (const subject of subjectsOf(after)) {
        const at = subjectKey(subject, namespace);
        const known = bindings.get(at);
        if (known === undefined) bindings.set(at, new Set([name]));
        else known.add(name);
      }
    }
  }
}

export function subjectsOf(binding: KubeObject | undefined): readonly RbacSubject[] {
  return (binding?.['subjects'] as readonly RbacSubject[] | undefined) ?? [];
}

/** `u:jane`, `g:system:masters`; service accounts are users by their long name. */
function subjectKey(subject: RbacSubject, namespace: string): string {
  if (subject.kind === 'Group') return `g:${subject.name}`;
  if (subject.kind !== 'ServiceAccount') return `u:${subject.name}`;
  return `u:system:serviceaccount:${subject.namespace ?? namespace}:${subject.name}`;
}
