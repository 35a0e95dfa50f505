import { defineKind } from '../kind.ts';
import { validateResourceQuota } from '../limit-validation.ts';
import { withFields } from '../map-same.ts';
import { defaultResourceList } from '../pod-defaults.ts';
import { canonicalQuantity } from '../quantity.ts';
import { age, columns } from '../table.ts';
import type { ResourceQuota } from '../types.ts';

/** @source pkg/registry/core/resourcequota/strategy.go */
export const resourcequotas = defineKind<ResourceQuota>({
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  shortNames: ['quota'],
  namespaced: true,
  subresources: ['status'],
  schema: 'core.ResourceQuota',
  createOnUpdate: true,
  initialStatus: {},
  defaults(quota) {
    const { spec } = quota;
    if (spec?.hard === undefined) return quota;
    return withFields(quota, { spec: withFields(spec, { hard: defaultResourceList(spec.hard) }) });
  },
  validate: validateResourceQuota,
  columns: columns('Name,Request,Limit,Age'),
  row(quota, nowMs) {
    const hard = quota.status?.hard ?? {};
    const used = quota.status?.used ?? {};
    const text = (limits: boolean): string =>
      Object.keys(hard)
        .sort()
        .filter((resource) => resource.startsWith('limits.') === limits)
        .map(
          (resource) =>
            `${resource}: ${canonicalQuantity(used[resource] ?? 0)}/${canonicalQuantity(hard[resource] ?? 0)}`,
        )
        .join(', ');
    return [quota.metadata.name, text(false), text(true), age(quota, nowMs)];
  },
});
