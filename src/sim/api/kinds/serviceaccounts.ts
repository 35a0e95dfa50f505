import { defineKind } from '../kind.ts';
import { age, columns } from '../table.ts';
import type { ServiceAccount } from '../types.ts';

/** @source pkg/registry/core/serviceaccount/strategy.go */
export const serviceaccounts = defineKind<ServiceAccount>({
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  namespaced: true,
  subresources: ['token'],
  schema: 'core.ServiceAccount',
  columns: columns('Name,Age'),
  row: (account, nowMs) => [account.metadata.name, age(account, nowMs)],
});
