import { defineKind } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { defaultResources } from '../pod-defaults.ts';
import { canonicalQuantity } from '../quantity.ts';
import { age, columns } from '../table.ts';
import type { PersistentVolumeClaim, ResourceList } from '../types.ts';
import { validateClaim, validateClaimUpdate } from '../volume-validation.ts';
import { accessModesText, textOr } from './persistentvolumes.ts';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** @source pkg/registry/core/persistentvolumeclaim/strategy.go */
export const persistentvolumeclaims = defineKind<PersistentVolumeClaim>({
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  namespaced: true,
  subresources: ['status'],
  schema: 'core.PersistentVolumeClaim',
  initialStatus: { phase: 'Pending' },
  defaults: defaultClaim,
  validate: validateClaim,
  validateUpdate: validateClaimUpdate,
  columns: columns('Name,Status,Volume,Capacity,Access Modes,StorageClass,VolumeAttributesClass,Age|VolumeMode'),
  row(claim, nowMs) {
    const { spec, status } = claim;
    const bound = (spec.volumeName ?? '') !== '';
    const capacity = status?.['capacity'] as ResourceList | undefined;
    return [
      claim.metadata.name,
      claim.metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating',
      spec.volumeName ?? '',
      bound ? canonicalQuantity(capacity?.['storage'] ?? 0) : '',
      bound ? accessModesText(status?.['accessModes'] as readonly string[] | undefined) : '',
      claim.metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? '',
      textOr(spec['volumeAttributesClassName'], '<unset>'),
      age(claim, nowMs),
      spec.volumeMode ?? '<unset>',
    ];
  },
});

/** A claim, or the template of one. */
export function defaultClaim(claim: PersistentVolumeClaim): PersistentVolumeClaim {
  const { spec, status } = claim;
  return withFields(claim, {
    spec: withFields(spec, {
      volumeMode: spec.volumeMode ?? 'Filesystem',
      resources: spec.resources && defaultResources(spec.resources),
    }),
    status: status?.phase === undefined ? { ...status, phase: 'Pending' } : status,
  });
}
