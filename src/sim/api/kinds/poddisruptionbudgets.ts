import { type FieldError, invalid, notSupported } from '../field-error.ts';
import { validateIntOrPercent, validatePercentAtMost100 } from '../int-or-percent.ts';
import { defineKind, specChanged } from '../kind.ts';
import { validateLabelSelector } from '../metadata.ts';
import { age, columns } from '../table.ts';
import type { PodDisruptionBudget } from '../types.ts';

/** @source pkg/registry/policy/poddisruptionbudget/strategy.go, pkg/apis/policy/validation/validation.go */
export const poddisruptionbudgets = defineKind<PodDisruptionBudget>({
  group: 'policy',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  namespaced: true,
  subresources: ['status'],
  schema: 'policy.PodDisruptionBudget',
  initialStatus: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
  raisesGeneration: specChanged,
  validate(budget) {
    const errors: FieldError[] = [];
    const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = budget.spec;
    if (minAvailable !== undefined && maxUnavailable !== undefined) {
      const value = {
        MinAvailable: minAvailable,
        Selector: selector ?? null,
        MaxUnavailable: maxUnavailable,
        UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy ?? null,
      };
      errors.push(invalid('spec', value, 'minAvailable and maxUnavailable cannot be both set'));
    }
    for (const [field, value] of [
      ['spec.minAvailable', minAvailable],
      ['spec.maxUnavailable', maxUnavailable],
    ] as const) {
      if (value === undefined) continue;
      validateIntOrPercent(errors, value, field);
      validatePercentAtMost100(errors, value, field);
    }
    validateLabelSelector(errors, selector, 'spec.selector');
    const policies = ['AlwaysAllow', 'IfHealthyBudget'];
    if (unhealthyPodEvictionPolicy !== undefined && !policies.includes(unhealthyPodEvictionPolicy)) {
      errors.push(notSupported('spec.unhealthyPodEvictionPolicy', unhealthyPodEvictionPolicy, policies));
    }
    return errors;
  },
  columns: columns('Name,Min Available,Max Unavailable,#Allowed Disruptions,Age'),
  row: (budget, nowMs) => [
    budget.metadata.name,
    String(budget.spec?.minAvailable ?? 'N/A'),
    String(budget.spec?.maxUnavailable ?? 'N/A'),
    budget.status?.disruptionsAllowed ?? 0,
    age(budget, nowMs),
  ],
});
