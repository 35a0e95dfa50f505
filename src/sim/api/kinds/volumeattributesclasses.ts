import { semanticEqual } from '../equal.ts';
import { type FieldError, forbiddenField, invalid, required } from '../field-error.ts';
import { defineKind } from '../kind.ts';
import { age, columns } from '../table.ts';
import type { KubeObject, StringMap } from '../types.ts';
import { validateProvisioner } from '../volume-validation.ts';

export interface VolumeAttributesClass extends KubeObject {
  readonly driverName?: string;
  readonly parameters?: StringMap;
}

/** @source pkg/registry/storage/volumeattributesclass/strategy.go, pkg/apis/storage/validation/validation.go */
export const volumeattributesclasses = defineKind<VolumeAttributesClass>({
  group: 'storage.k8s.io',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  shortNames: ['vac'],
  namespaced: false,
  schema: 'storage.VolumeAttributesClass',
  createOnUpdate: true,
  validate(volumeClass) {
    const errors: FieldError[] = [];
    validateProvisioner(errors, volumeClass.driverName ?? '', 'driverName');
    const parameters = Object.keys(volumeClass.parameters ?? {});
    if (parameters.length === 0) errors.push(required('parameters', 'must contain at least one key/value pair'));
    if (parameters.includes('')) errors.push(invalid('parameters', '', 'field can not be empty.'));
    return errors;
  },
  validateUpdate(volumeClass, old) {
    const errors: FieldError[] = [];
    if (volumeClass.driverName !== old.driverName) {
      errors.push(forbiddenField('driverName', 'updates to driverName are forbidden.'));
    }
    if (!semanticEqual(volumeClass.parameters, old.parameters)) {
      errors.push(forbiddenField('parameters', 'updates to parameters are forbidden.'));
    }
    return errors;
  },
  columns: columns('Name,DriverName,Age'),
  row: (volumeClass, nowMs) => [volumeClass.metadata.name, volumeClass.driverName ?? '', age(volumeClass, nowMs)],
});
