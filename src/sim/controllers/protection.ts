/**
 * PVC protection: a claim that is being deleted stays while a pod uses it. Admission put the finalizer there; this takes it away.
 * Models pkg/controller/volume/pvcprotection and pvprotection.
 */
import type { KubeObject, Pod } from '../api/types.ts';
import { keyOf } from '../client/informer.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View } from './controller.ts';
import { objectPath, type ResourceName } from './resources.ts';

const CLAIM_FINALIZER = 'kubernetes.io/pvc-protection';
const VOLUME_FINALIZER = 'kubernetes.io/pv-protection';

export const claimProtectionController: Controller = {
  name: 'persistentvolumeclaim-protection-controller',
  account: 'pvc-protection-controller',
  watches: ['persistentvolumeclaims', 'pods'],
  workers: 1,
  keysOf(resource, delta, view) {
    if (resource === 'persistentvolumeclaims') return isHeld(delta.object, CLAIM_FINALIZER) ? [delta.key] : [];
    const pod = delta.object as Pod;
    if (delta.type !== 'deleted' && !hasEnded(pod)) return [];
    const { namespace } = pod.metadata;
    const claims = claimsOf(pod).map((name) => view.get('persistentvolumeclaims', `${namespace}/${name}`));
    return claims
      .filter((claim) => claim !== undefined && isHeld(claim, CLAIM_FINALIZER))
      .map((claim) => keyOf(claim!));
  },
  reconcile(key, view) {
    const claim = view.get('persistentvolumeclaims', key);
    if (claim === undefined || !isHeld(claim, CLAIM_FINALIZER)) return NOTHING_TO_DO;
    return isUsed(claim, view) ? NOTHING_TO_DO : release('persistentvolumeclaims', claim, CLAIM_FINALIZER);
  },
};

export const volumeProtectionController: Controller = {
  name: 'persistentvolume-protection-controller',
  account: 'pv-protection-controller',
  watches: ['persistentvolumes'],
  workers: 1,
  keysOf: (_resource, delta) => (isHeld(delta.object, VOLUME_FINALIZER) ? [delta.key] : []),
  reconcile(key, view) {
    const volume = view.get('persistentvolumes', key);
    if (volume === undefined || !isHeld(volume, VOLUME_FINALIZER)) return NOTHING_TO_DO;
    const phase = (volume['status'] as { readonly phase?: string } | undefined)?.phase;
    return phase === 'Bound' ? NOTHING_TO_DO : release('persistentvolumes', volume, VOLUME_FINALIZER);
  },
};

function isHeld({ metadata }: KubeObject, finalizer: string): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(finalizer) === true;
}

/** Pods that have ended do not count, nor do those that were never put on a node. */
function isUsed(claim: KubeObject, view: View): boolean {
  for (const object of view.by('pods', 'byNamespace', claim.metadata.namespace ?? '')) {
    const pod = object as Pod;
    if (!hasEnded(pod) && (pod.spec.nodeName ?? '') !== '' && claimsOf(pod).includes(claim.metadata.name)) return true;
  }
  return false;
}

function hasEnded({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

function claimsOf(pod: Pod): string[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => {
    if (volume['ephemeral'] !== undefined) return [`${pod.metadata.name}-${volume.name}`];
    return volume.persistentVolumeClaim === undefined ? [] : [volume.persistentVolumeClaim.claimName];
  });
}

function release(resource: ResourceName, object: KubeObject, finalizer: string): Outcome {
  const finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  const body = { ...object, metadata: { ...object.metadata, finalizers } };
  return { writes: [{ request: { method: 'PUT', path: objectPath(resource, object), body }, tolerate: [404] }] };
}
