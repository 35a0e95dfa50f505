/**
 * The PersistentVolumeClaims that a pod's volumes stand for: named ones, and those made for ephemeral volumes.
 * @source staging/src/k8s.io/component-helpers/storage/{volume,ephemeral}
 */
import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '../api/types.ts';

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';

export interface ClaimedVolume {
  readonly claimName: string;
  /** The claim was made from the pod's own template and must belong to it. */
  readonly isEphemeral: boolean;
}

/** The claim behind a volume; undefined for volumes of other kinds. */
export function claimOf(pod: Pod, volume: Volume): ClaimedVolume | undefined {
  if (volume.persistentVolumeClaim) return { claimName: volume.persistentVolumeClaim.claimName, isEphemeral: false };
  if (volume['ephemeral']) return { claimName: `${pod.metadata.name}-${volume.name}`, isEphemeral: true };
  return undefined;
}

/** Why an ephemeral volume's claim is not the pod's; undefined when it is. */
export function foreignClaim(pod: Pod, claim: PersistentVolumeClaim): string | undefined {
  const owner = claim.metadata.ownerReferences?.find((each) => each.controller === true);
  const isSameNamespace = (claim.metadata.namespace ?? '') === (pod.metadata.namespace ?? '');
  if (isSameNamespace && owner !== undefined && owner.uid === pod.metadata.uid) return undefined;
  const claimName = `${claim.metadata.namespace ?? ''}/${claim.metadata.name}`;
  return `PVC ${claimName} was not created for pod ${pod.metadata.namespace ?? ''}/${pod.metadata.name} (pod is not owner)`;
}

export function classOfClaim(claim: PersistentVolumeClaim): string {
  return claim.metadata.annotations?.[BETA_CLASS] ?? claim.spec.storageClassName ?? '';
}

export function classOfVolume(volume: PersistentVolume): string {
  return volume.metadata.annotations?.[BETA_CLASS] ?? volume.spec.storageClassName ?? '';
}

/** Whether an added or changed claim is one that the pod uses. */
export function usesClaim(
  pod: Pod,
  claim: { readonly metadata: { readonly namespace?: string | undefined; readonly name: string } },
): boolean {
  if ((claim.metadata.namespace ?? '') !== (pod.metadata.namespace ?? '')) return false;
  return (pod.spec.volumes ?? []).some((volume) => claimOf(pod, volume)?.claimName === claim.metadata.name);
}
