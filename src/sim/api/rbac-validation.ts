/**
 * Roles and bindings: what they must say, and how a binding's subjects print.
 * @source pkg/apis/rbac/validation/validation.go, pkg/apis/rbac/v1/defaults.go, pkg/apis/rbac/helpers.go
 */
import { semanticEqual } from './equal.ts';
import { type FieldError, forbiddenField, invalid, notSupported, required } from './field-error.ts';
import { mapSame, withFields } from './map-same.ts';
import { pushComplaints, validateLabelSelector } from './metadata.ts';
import { isDnsSubdomain, isPathSegmentName } from './names.ts';
import type { PolicyRule, RbacSubject, RoleBindingObject, RoleObject } from './types.ts';

const RBAC_GROUP = 'rbac.authorization.k8s.io';

export function validateRole(role: RoleObject): readonly FieldError[] {
  const errors: FieldError[] = [];
  role.rules?.forEach((rule, i) => {
    validateRule(errors, rule, true, `rules[${i}]`);
  });
  return errors;
}

export function validateClusterRole(role: RoleObject): readonly FieldError[] {
  const errors: FieldError[] = [];
  role.rules?.forEach((rule, i) => {
    validateRule(errors, rule, false, `rules[${i}]`);
  });
  const selectors = role.aggregationRule?.clusterRoleSelectors;
  if (role.aggregationRule !== undefined && (selectors?.length ?? 0) === 0) {
    errors.push(
      required(
        'aggregationRule.clusterRoleSelectors',
        'at least one clusterRoleSelector required if aggregationRule is non-nil',
      ),
    );
  }
  selectors?.forEach((selector, i) => {
    validateLabelSelector(errors, selector, `aggregationRule.clusterRoleSelectors[${i}]`);
  });
  return errors;
}

function validateRule(errors: FieldError[], rule: PolicyRule, namespaced: boolean, field: string): void {
  if ((rule.verbs?.length ?? 0) === 0) errors.push(required(`${field}.verbs`, 'verbs must contain at least one value'));
  const urls = rule.nonResourceURLs ?? [];
  if (urls.length > 0) {
    if (namespaced) {
      errors.push(invalid(`${field}.nonResourceURLs`, urls, 'namespaced rules cannot apply to non-resource URLs'));
    }
    if ((rule.apiGroups?.length ?? 0) + (rule.resources?.length ?? 0) + (rule.resourceNames?.length ?? 0) > 0) {
      const detail = 'rules cannot apply to both regular resources and non-resource URLs';
      errors.push(invalid(`${field}.nonResourceURLs`, urls, detail));
    }
    return;
  }
  if ((rule.apiGroups?.length ?? 0) === 0) {
    errors.push(required(`${field}.apiGroups`, 'resource rules must supply at least one api group'));
  }
  if ((rule.resources?.length ?? 0) === 0) {
    errors.push(required(`${field}.resources`, 'resource rules must supply at least one resource'));
  }
}

/** The API groups that go without saying. */
export function defaultBinding(binding: RoleBindingObject): RoleBindingObject {
  const { roleRef, subjects } = binding;
  let next = binding;
  if (roleRef !== undefined)
    next = withFields(next, { roleRef: withFields(roleRef, { apiGroup: roleRef.apiGroup || RBAC_GROUP }) });
  if (subjects === undefined) return next;
  const changed = mapSame(subjects, (subject) => {
    const implied = subject.kind === 'User' || subject.kind === 'Group' ? RBAC_GROUP : subject.apiGroup;
    return subject.apiGroup ? subject : withFields(subject, { apiGroup: implied });
  });
  return withFields(next, { subjects: changed });
}

export function validateBinding(binding: RoleBindingObject, namespaced: boolean): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { apiGroup, kind = '', name = '' } = binding.roleRef ?? {};
  if (apiGroup !== RBAC_GROUP) errors.push(notSupported('roleRef.apiGroup', apiGroup ?? '', [RBAC_GROUP]));
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds));
  if (name === '') errors.push(required('roleRef.name'));
  else pushComplaints(errors, 'roleRef.name', name, isPathSegmentName(name));
  binding.subjects?.forEach((subject, i) => {
    validateSubject(errors, subject, namespaced, `subjects[${i}]`);
  });
  return errors;
}

function validateSubject(errors: FieldError[], subject: RbacSubject, namespaced: boolean, field: string): void {
  const { kind, name, namespace, apiGroup = '' } = subject;
  if (!name) errors.push(required(`${field}.name`));
  switch (kind) {
    case 'ServiceAccount':
      if (name) pushComplaints(errors, `${field}.name`, name, isDnsSubdomain(name));
      if (apiGroup !== '') errors.push(notSupported(`${field}.apiGroup`, apiGroup, ['']));
      if (!namespaced && !namespace) errors.push(required(`${field}.namespace`));
      return;
    case 'User':
    case 'Group':
      if (apiGroup !== RBAC_GROUP) errors.push(notSupported(`${field}.apiGroup`, apiGroup, [RBAC_GROUP]));
      if (namespace) errors.push(forbiddenField(`${field}.namespace`, `namespace is not allowed for ${kind}s`));
      return;
    default:
      errors.push(notSupported(`${field}.kind`, kind ?? '', ['ServiceAccount', 'User', 'Group']));
  }
}

/** What a binding grants can never be changed: delete it and make another. */
export function validateBindingUpdate(binding: RoleBindingObject, old: RoleBindingObject): readonly FieldError[] {
  if (semanticEqual(binding.roleRef, old.roleRef)) return [];
  const { apiGroup = '', kind, name } = binding.roleRef;
  return [invalid('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef')];
}

/** The USERS, GROUPS and SERVICEACCOUNTS cells. */
export function subjectCells(subjects: readonly RbacSubject[] | undefined): readonly [string, string, string] {
  const of = (kind: string): readonly RbacSubject[] => (subjects ?? []).filter((subject) => subject.kind === kind);
  const names = (kind: string): string =>
    of(kind)
      .map(({ name }) => name)
      .join(', ');
  const accounts = of('ServiceAccount').map(({ namespace, name }) => (namespace ? `${namespace}/${name}` : name));
  return [names('User'), names('Group'), accounts.join(', ')];
}
