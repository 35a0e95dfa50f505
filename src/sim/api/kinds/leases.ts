import { type FieldError, invalid } from '../field-error.ts';
import { defineKind } from '../kind.ts';
import { age, columns } from '../table.ts';
import type { Lease } from '../types.ts';

/** @source pkg/registry/coordination/lease/strategy.go */
export const leases = defineKind<Lease>({
  group: 'coordination.k8s.io',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
  schema: 'coordination.Lease',
  createOnUpdate: true,
  unconditionalUpdate: false,
  validate(lease) {
    const errors: FieldError[] = [];
    const { leaseDurationSeconds, leaseTransitions } = lease.spec ?? {};
    if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
      errors.push(invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0'));
    }
    if (leaseTransitions !== undefined && leaseTransitions < 0) {
      errors.push(invalid('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0'));
    }
    return errors;
  },
  columns: columns('Name,Holder,Age'),
  row: (lease, nowMs) => [lease.metadata.name, lease.spec?.holderIdentity ?? '', age(lease, nowMs)],
});
