import { semanticEqual } from '../equal.ts';
import { type FieldError, invalid } from '../field-error.ts';
import { defineKind } from '../kind.ts';
import { FIELD_IMMUTABLE, pushComplaints, validateLabelSelector } from '../metadata.ts';
import { isDnsSubdomain } from '../names.ts';
import { compareQuantities } from '../quantity.ts';
import { columns } from '../table.ts';
import type { KubeObject, LabelSelector, Quantity } from '../types.ts';

export interface CSIStorageCapacity extends KubeObject {
  readonly nodeTopology?: LabelSelector;
  readonly storageClassName?: string;
  readonly capacity?: Quantity;
  readonly maximumVolumeSize?: Quantity;
}

/** @source pkg/registry/storage/csistoragecapacity/strategy.go, pkg/apis/storage/validation/validation.go */
export const csistoragecapacities = defineKind<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  singular: 'csistoragecapacity',
  namespaced: true,
  schema: 'storage.CSIStorageCapacity',
  validate(capacity) {
    const errors: FieldError[] = [];
    const { nodeTopology, storageClassName = '', capacity: free } = capacity;
    if (nodeTopology !== undefined) validateLabelSelector(errors, nodeTopology, 'nodeTopology');
    pushComplaints(errors, 'storageClassName', storageClassName, isDnsSubdomain(storageClassName));
    if (free !== undefined && compareQuantities(free, '0') < 0) {
      errors.push(invalid('capacity', free, 'must be greater than or equal to 0'));
    }
    return errors;
  },
  revalidateOnUpdate: false,
  validateUpdate(capacity, old) {
    const errors: FieldError[] = [];
    if (!semanticEqual(capacity.nodeTopology, old.nodeTopology)) {
      errors.push(invalid('nodeTopology', capacity.nodeTopology, FIELD_IMMUTABLE));
    }
    if (capacity.storageClassName !== old.storageClassName) {
      errors.push(invalid('storageClassName', capacity.storageClassName, FIELD_IMMUTABLE));
    }
    return errors;
  },
  columns: columns('Name,StorageClassName,Capacity'),
  row: (capacity) => [capacity.metadata.name, capacity.storageClassName ?? '', capacity.capacity ?? '<unset>'],
});
