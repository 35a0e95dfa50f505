/** Roles and bindings as `kubectl create` makes them. */
import type { JsonObject } from './client.ts';
import { equalities } from './create-generators.ts';
import { KubectlError } from './errors.ts';
import type { Session } from './session.ts';

const rbac = 'rbac.authorization.k8s.io';

interface Wanted {
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
}

function verbsOf({ flags }: Session): string[] {
  const verbs = [...new Set(flags.list('verb'))];
  return verbs.includes('*') ? ['*'] : verbs;
}

function resourcesOf({ flags }: Session): Wanted[] {
  return flags.list('resource').map((written) => {
    const slash = written.indexOf('/');
    const name = slash === -1 ? written : written.slice(0, slash);
    const dot = name.indexOf('.');
    return {
      resource: dot === -1 ? name : name.slice(0, dot),
      group: dot === -1 ? '' : name.slice(dot + 1),
      subresource: slash === -1 ? '' : written.slice(slash + 1),
    };
  });
}

/** Rules grouped by API group, as the real command writes them. */
async function rulesOf(session: Session, verbs: readonly string[], wanted: readonly Wanted[]): Promise<JsonObject[]> {
  const names = [...new Set(session.flags.list('resource-name'))];
  const byGroup = new Map<string, string[]>();
  for (const each of wanted) {
    if (each.resource === '') throw new KubectlError('resource must be specified if apiGroup/subresource specified');
    let { group, resource } = each;
    if (resource !== '*') {
      const found = await session.mapping(group === '' ? resource : `${resource}.${group}`);
      group = found.group;
      resource = found.name;
    }
    const full = each.subresource === '' ? resource : `${resource}/${each.subresource}`;
    const list = byGroup.get(group) ?? [];
    if (!list.includes(full)) list.push(full);
    byGroup.set(group, list);
  }
  return [...byGroup]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, resources]) => ({
      verbs: [...verbs],
      apiGroups: [group],
      resources,
      ...(names.length === 0 ? {} : { resourceNames: names }),
    }));
}

export async function roleOf(session: Session, name: string): Promise<JsonObject> {
  const verbs = verbsOf(session);
  const wanted = resourcesOf(session);
  if (verbs.length === 0) throw new KubectlError('at least one verb must be specified');
  if (wanted.length === 0) throw new KubectlError('at least one resource must be specified');
  return { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name }, rules: await rulesOf(session, verbs, wanted) };
}

export async function clusterRoleOf(session: Session, name: string): Promise<JsonObject> {
  const { flags } = session;
  const verbs = verbsOf(session);
  const wanted = resourcesOf(session);
  const urls = flags.list('non-resource-url');
  const aggregation = flags.list('aggregation-rule');
  const base = { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name } };
  if (aggregation.length > 0) {
    if (urls.length > 0 || verbs.length > 0 || wanted.length > 0) {
      throw new KubectlError(
        'aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames',
      );
    }
    return {
      ...base,
      rules: null,
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: equalities(aggregation.join(',')) }] },
    };
  }
  if (verbs.length === 0) throw new KubectlError('at least one verb must be specified');
  if (wanted.length === 0 && urls.length === 0)
    throw new KubectlError('one of resource or nonResourceURL must be specified');
  for (const url of urls) {
    if (url !== '*' && !url.startsWith('/')) throw new KubectlError('nonResourceURL should start with /');
    if (url.slice(0, -1).includes('*'))
      throw new KubectlError("nonResourceURL only supports wildcard matches when '*' is at the end");
  }
  const rules = await rulesOf(session, verbs, wanted);
  return { ...base, rules: urls.length === 0 ? rules : [...rules, { verbs, nonResourceURLs: urls }] };
}

export function roleBindingOf(session: Session, name: string): JsonObject {
  const { flags } = session;
  const cluster = session.command.endsWith('clusterrolebinding');
  const role = flags.text('role');
  const clusterRole = flags.text('clusterrole');
  if (!cluster && (role === '') === (clusterRole === ''))
    throw new KubectlError('exactly one of clusterrole or role must be specified');
  if (cluster && clusterRole === '') throw new KubectlError('required flag(s) "clusterrole" not set');
  const subjects: JsonObject[] = [
    ...flags.list('user').map((user) => ({ kind: 'User', apiGroup: rbac, name: user })),
    ...flags.list('group').map((group) => ({ kind: 'Group', apiGroup: rbac, name: group })),
    ...flags.list('serviceaccount').map(serviceAccount),
  ];
  return {
    apiVersion: `${rbac}/v1`,
    kind: cluster ? 'ClusterRoleBinding' : 'RoleBinding',
    metadata: { name },
    ...(subjects.length === 0 ? {} : { subjects }),
    roleRef: { apiGroup: rbac, kind: role === '' ? 'ClusterRole' : 'Role', name: role || clusterRole },
  };
}

export function serviceAccount(written: string): JsonObject {
  const [namespace = '', name = '', more] = written.split(':');
  if (namespace === '' || name === '' || more !== undefined)
    throw new KubectlError('serviceaccount must be <namespace>:<name>');
  return { kind: 'ServiceAccount', name, namespace };
}
