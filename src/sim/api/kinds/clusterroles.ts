import { defineKind } from '../kind.ts';
import { nameIsPathSegment } from '../names.ts';
import { validateClusterRole } from '../rbac-validation.ts';
import type { RoleObject } from '../types.ts';

/** @source pkg/registry/rbac/clusterrole/strategy.go */
export const clusterroles = defineKind<RoleObject>({
  group: 'rbac.authorization.k8s.io',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
  schema: 'rbac.ClusterRole',
  createOnUpdate: true,
  validateName: nameIsPathSegment,
  validate: validateClusterRole,
});
