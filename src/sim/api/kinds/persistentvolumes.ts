import { defineKind } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { defaultResourceList } from '../pod-defaults.ts';
import { canonicalQuantity } from '../quantity.ts';
import { age, columns } from '../table.ts';
import type { PersistentVolume } from '../types.ts';
import { validatePersistentVolume, validatePersistentVolumeUpdate } from '../volume-validation.ts';

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** @source pkg/registry/core/persistentvolume/strategy.go */
export const persistentvolumes = defineKind<PersistentVolume>({
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  shortNames: ['pv'],
  namespaced: false,
  subresources: ['status'],
  schema: 'core.PersistentVolume',
  initialStatus: { phase: 'Pending' },
  defaults(volume) {
    const { spec, status } = volume;
    return withFields(volume, {
      spec: withFields(spec, {
        capacity: spec.capacity && defaultResourceList(spec.capacity),
        persistentVolumeReclaimPolicy: spec.persistentVolumeReclaimPolicy ?? 'Retain',
        volumeMode: spec.volumeMode ?? 'Filesystem',
        ...(isUntyped(spec['hostPath']) && { hostPath: { ...spec['hostPath'], type: '' } }),
      }),
      status: status?.phase === undefined ? { ...status, phase: 'Pending' } : status,
    });
  },
  validate: validatePersistentVolume,
  validateUpdate: validatePersistentVolumeUpdate,
  columns: columns(
    'Name,Capacity,Access Modes,Reclaim Policy,Status,Claim,StorageClass,VolumeAttributesClass,Reason,Age|VolumeMode',
  ),
  row: (volume, nowMs) => [
    volume.metadata.name,
    canonicalQuantity(volume.spec.capacity?.['storage'] ?? 0),
    accessModesText(volume.spec.accessModes),
    volume.spec.persistentVolumeReclaimPolicy ?? '',
    volume.metadata.deletionTimestamp === undefined ? (volume.status?.phase ?? '') : 'Terminating',
    volume.spec.claimRef === undefined
      ? ''
      : `${volume.spec.claimRef.namespace ?? ''}/${volume.spec.claimRef.name ?? ''}`,
    volume.metadata.annotations?.[CLASS_ANNOTATION] ?? volume.spec.storageClassName ?? '',
    textOr(volume.spec['volumeAttributesClassName'], '<unset>'),
    textOr(volume.status?.['reason'], ''),
    age(volume, nowMs),
    volume.spec.volumeMode ?? '<unset>',
  ],
});

function isUntyped(hostPath: unknown): hostPath is Readonly<Record<string, unknown>> {
  return typeof hostPath === 'object' && hostPath !== null && !('type' in hostPath);
}

const SHORT_MODES: readonly (readonly [string, string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

/** `RWO,ROX`, always in the same order. */
export function accessModesText(modes: readonly string[] | undefined): string {
  return SHORT_MODES.filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',');
}

/** A text field that the types do not spell out. */
export function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
