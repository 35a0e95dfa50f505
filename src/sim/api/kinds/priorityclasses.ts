import { type FieldError, forbiddenField, invalid, notSupported } from '../field-error.ts';
import { defineKind } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { age, columns } from '../table.ts';
import type { PriorityClass } from '../types.ts';

const HIGHEST_USER_PRIORITY = 1_000_000_000;
const SYSTEM_CLASSES: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

/** @source pkg/registry/scheduling/priorityclass/strategy.go, pkg/apis/scheduling/validation/validation.go */
export const priorityclasses = defineKind<PriorityClass>({
  group: 'scheduling.k8s.io',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  shortNames: ['pc'],
  namespaced: false,
  schema: 'scheduling.PriorityClass',
  defaults: (priorityClass) =>
    withFields(priorityClass, { preemptionPolicy: priorityClass.preemptionPolicy ?? 'PreemptLowerPriority' }),
  raisesGeneration: () => false,
  validate(priorityClass) {
    const errors: FieldError[] = [];
    const { value = 0, preemptionPolicy } = priorityClass;
    const { name = '' } = priorityClass.metadata;
    if (name.startsWith('system-')) {
      if (SYSTEM_CLASSES[name] !== value) {
        const detail =
          "priority class names with 'system-' prefix are reserved for system use only. error: " +
          (SYSTEM_CLASSES[name] === undefined
            ? `${name} is not a known system priority class`
            : `value of ${name} PriorityClass must be ${SYSTEM_CLASSES[name]}`);
        errors.push(forbiddenField('metadata.name', detail));
      }
    } else if (value > HIGHEST_USER_PRIORITY) {
      const detail = `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`;
      errors.push(forbiddenField('value', detail));
    }
    if (preemptionPolicy !== undefined && preemptionPolicy !== 'PreemptLowerPriority' && preemptionPolicy !== 'Never') {
      errors.push(notSupported('preemptionPolicy', preemptionPolicy, ['PreemptLowerPriority', 'Never']));
    }
    return errors;
  },
  validateUpdate(priorityClass, old) {
    const errors: FieldError[] = [];
    if (priorityClass.value !== old.value) {
      errors.push(forbiddenField('value', 'may not be changed in an update.'));
    }
    if (priorityClass.preemptionPolicy !== old.preemptionPolicy) {
      errors.push(invalid('preemptionPolicy', priorityClass.preemptionPolicy, 'field is immutable'));
    }
    return errors;
  },
  columns: columns('Name,#Value,?Global-Default,Age,PreemptionPolicy'),
  row: (priorityClass, nowMs, wide) => [
    priorityClass.metadata.name,
    priorityClass.value ?? 0,
    priorityClass.globalDefault ?? false,
    age(priorityClass, nowMs),
    ...(wide ? [priorityClass.preemptionPolicy ?? ''] : []),
  ],
});
