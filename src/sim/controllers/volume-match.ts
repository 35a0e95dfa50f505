/** Which PersistentVolume suits a claim best. @source staging/src/k8s.io/component-helpers/storage/volume/pv_helpers.go FindMatchingVolume */
import { quantityValue } from '../api/quantity.ts';
import { matchesSelector, selectorOf } from '../api/selector.ts';
import type { PersistentVolume, PersistentVolumeClaim } from '../api/types.ts';

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

export function classOfClaim({ metadata, spec }: PersistentVolumeClaim): string {
  return metadata.annotations?.[BETA_CLASS] ?? spec.storageClassName ?? '';
}

export function classOfVolume({ metadata, spec }: PersistentVolume): string {
  return metadata.annotations?.[BETA_CLASS] ?? spec.storageClassName ?? '';
}

/** The volume was bound to exactly this claim, or meant for it before either existed. */
export function isBoundTo({ spec }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const reference = spec.claimRef;
  if (reference === undefined) return false;
  const { namespace, name, uid } = claim.metadata;
  const named = reference.name === name && reference.namespace === namespace;
  return named && ((reference.uid ?? '') === '' || reference.uid === uid);
}

/** Why a volume that a claim names cannot be its volume; undefined = it can. */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (capacityOf(volume) < requestOf(claim)) return 'requested PV is too small';
  if (classOfVolume(volume) !== classOfClaim(claim)) return 'storageClassName does not match';
  if (modeOf(volume.spec) !== modeOf(claim.spec)) return 'incompatible volumeMode';
  return hasModes(volume, claim) ? undefined : 'incompatible accessMode';
}

/** The smallest one that is free and big enough; one that is meant for the claim above all. While binding waits for a pod only such ones. */
export function bestMatch(
  volumes: Iterable<PersistentVolume>,
  claim: PersistentVolumeClaim,
  delayed: boolean,
): PersistentVolume | undefined {
  const selector = claim.spec.selector === undefined ? undefined : selectorOf(claim.spec.selector);
  let best: PersistentVolume | undefined;
  for (const volume of volumes) {
    if (volume.metadata.deletionTimestamp !== undefined || modeOf(volume.spec) !== modeOf(claim.spec)) continue;
    if (isBoundTo(volume, claim)) {
      if (capacityOf(volume) >= requestOf(claim)) return volume;
      continue;
    }
    if (delayed || volume.spec.claimRef !== undefined || volume.status?.phase !== 'Available') continue;
    if (selector !== undefined && !matchesSelector(selector, volume.metadata.labels)) continue;
    if (classOfVolume(volume) !== classOfClaim(claim) || !hasModes(volume, claim)) continue;
    if (capacityOf(volume) < requestOf(claim)) continue;
    if (best === undefined || capacityOf(volume) < capacityOf(best)) best = volume;
  }
  return best;
}

function capacityOf({ spec }: PersistentVolume): number {
  return quantityValue(spec.capacity?.['storage'] ?? 0);
}

function requestOf({ spec }: PersistentVolumeClaim): number {
  return quantityValue(spec.resources?.requests?.['storage'] ?? 0);
}

function modeOf(spec: { readonly volumeMode?: string | undefined }): string {
  return spec.volumeMode ?? 'Filesystem';
}

function hasModes(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode) === true);
}
