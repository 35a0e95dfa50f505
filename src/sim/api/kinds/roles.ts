import { defineKind } from '../kind.ts';
import { nameIsPathSegment } from '../names.ts';
import { validateRole } from '../rbac-validation.ts';
import type { RoleObject } from '../types.ts';

/** @source pkg/registry/rbac/role/strategy.go */
export const roles = defineKind<RoleObject>({
  group: 'rbac.authorization.k8s.io',
  kind: 'Role',
  plural: 'roles',
  namespaced: true,
  schema: 'rbac.Role',
  createOnUpdate: true,
  validateName: nameIsPathSegment,
  validate: validateRole,
});
