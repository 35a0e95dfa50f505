/** ClusterRole aggregation: a role with an aggregationRule gets the rules of all roles that it selects. Models pkg/controller/clusterroleaggregation. */
import { semanticEqual } from '../api/equal.ts';
import { matchesSelector, selectorOf } from '../api/selector.ts';
import type { PolicyRule, RoleObject } from '../api/types.ts';
import { type Controller, NOTHING_TO_DO, type View } from './controller.ts';
import { objectPath } from './resources.ts';

export const clusterRoleAggregationController: Controller = {
  name: 'clusterrole-aggregation-controller',
  account: 'clusterrole-aggregation-controller',
  watches: ['clusterroles'],
  workers: 5,
  keysOf(_resource, { old, object, type }, view) {
    if (type === 'updated' && old !== undefined) {
      const [before, after] = [old as RoleObject, object as RoleObject];
      if (semanticEqual(before.rules, after.rules) && semanticEqual(before.metadata.labels, after.metadata.labels)) {
        return after.aggregationRule === undefined ? [] : [after.metadata.name];
      }
    }
    const keys: string[] = [];
    for (const role of view.list('clusterroles'))
      if ((role as RoleObject).aggregationRule !== undefined) keys.push(role.metadata.name);
    return keys;
  },
  reconcile(name, view) {
    const role = view.get('clusterroles', name) as RoleObject | undefined;
    if (role?.aggregationRule === undefined) return NOTHING_TO_DO;
    const rules = aggregated(role, view);
    if (semanticEqual(rules, role.rules)) return NOTHING_TO_DO;
    const request = { method: 'PUT', path: objectPath('clusterroles', role), body: { ...role, rules } } as const;
    return { writes: [{ request, tolerate: [404] }] };
  },
};

/** Selector by selector, role by role in the order of their names, each rule once. */
function aggregated(role: RoleObject, view: View): PolicyRule[] {
  const rules: PolicyRule[] = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const wanted = selectorOf(selector);
    const roles = [...view.list('clusterroles')].filter(
      ({ metadata }) => metadata.name !== role.metadata.name && matchesSelector(wanted, metadata.labels),
    ) as RoleObject[];
    roles.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
    for (const rule of roles.flatMap((selected) => selected.rules ?? []))
      if (!rules.some((known) => semanticEqual(known, rule))) rules.push(rule);
  }
  return rules;
}
