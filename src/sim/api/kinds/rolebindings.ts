import { defineKind } from '../kind.ts';
import { nameIsPathSegment } from '../names.ts';
import { defaultBinding, subjectCells, validateBinding, validateBindingUpdate } from '../rbac-validation.ts';
import { age, columns } from '../table.ts';
import type { RoleBindingObject } from '../types.ts';

/** @source pkg/registry/rbac/rolebinding/strategy.go */
export const rolebindings = defineKind<RoleBindingObject>({
  group: 'rbac.authorization.k8s.io',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  namespaced: true,
  schema: 'rbac.RoleBinding',
  createOnUpdate: true,
  validateName: nameIsPathSegment,
  defaults: defaultBinding,
  validate: (binding) => validateBinding(binding, true),
  validateUpdate: validateBindingUpdate,
  columns: columns('Name,Role,Age|Users,Groups,ServiceAccounts'),
  row: (binding, nowMs) => [
    binding.metadata.name,
    `${binding.roleRef?.kind ?? ''}/${binding.roleRef?.name ?? ''}`,
    age(binding, nowMs),
    ...subjectCells(binding.subjects),
  ],
});
