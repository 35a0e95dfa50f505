import { semanticEqual } from '../equal.ts';
import { type FieldError, forbiddenField, notSupported } from '../field-error.ts';
import { defineKind } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { validateImmutable } from '../metadata.ts';
import { age, columns } from '../table.ts';
import type { KubeObject, StorageClass } from '../types.ts';
import { validateProvisioner } from '../volume-validation.ts';

/** @source pkg/registry/storage/storageclass/strategy.go, pkg/apis/storage/validation/validation.go */
export const storageclasses = defineKind<StorageClass>({
  group: 'storage.k8s.io',
  kind: 'StorageClass',
  plural: 'storageclasses',
  shortNames: ['sc'],
  namespaced: false,
  schema: 'storage.StorageClass',
  createOnUpdate: true,
  defaults: (storageClass) =>
    withFields(storageClass, {
      reclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      volumeBindingMode: storageClass.volumeBindingMode ?? 'Immediate',
    }),
  validate(storageClass) {
    const errors: FieldError[] = [];
    const { provisioner, reclaimPolicy, volumeBindingMode } = storageClass;
    validateProvisioner(errors, provisioner ?? '', 'provisioner');
    if (reclaimPolicy !== undefined && reclaimPolicy !== 'Delete' && reclaimPolicy !== 'Retain') {
      errors.push(notSupported('reclaimPolicy', reclaimPolicy, ['Delete', 'Retain']));
    }
    if (volumeBindingMode !== 'Immediate' && volumeBindingMode !== 'WaitForFirstConsumer') {
      errors.push(notSupported('volumeBindingMode', volumeBindingMode, ['Immediate', 'WaitForFirstConsumer']));
    }
    return errors;
  },
  validateUpdate(storageClass, old) {
    const errors: FieldError[] = [];
    const locked = 'updates to parameters are forbidden.';
    if (!semanticEqual(storageClass.parameters, old.parameters)) errors.push(forbiddenField('parameters', locked));
    if (storageClass.provisioner !== old.provisioner) {
      errors.push(forbiddenField('provisioner', 'updates to provisioner are forbidden.'));
    }
    if (storageClass.reclaimPolicy !== old.reclaimPolicy) {
      errors.push(forbiddenField('reclaimPolicy', 'updates to reclaimPolicy are forbidden.'));
    }
    validateImmutable(errors, storageClass.volumeBindingMode, old.volumeBindingMode, 'volumeBindingMode');
    return errors;
  },
  columns: columns('Name,Provisioner,ReclaimPolicy,VolumeBindingMode,AllowVolumeExpansion,Age'),
  row: (storageClass, nowMs) => [
    isDefaultClass(storageClass) ? `${storageClass.metadata.name} (default)` : storageClass.metadata.name,
    storageClass.provisioner ?? '',
    storageClass.reclaimPolicy ?? 'Delete',
    storageClass.volumeBindingMode ?? 'Immediate',
    storageClass.allowVolumeExpansion ?? false,
    age(storageClass, nowMs),
  ],
});

/** Whether an annotation makes it the default class (of storage). */
export function isDefaultClass(object: KubeObject): boolean {
  const annotations = object.metadata.annotations ?? {};
  return (
    annotations['storageclass.kubernetes.io/is-default-class'] === 'true' ||
    annotations['storageclass.beta.kubernetes.io/is-default-class'] === 'true'
  );
}
