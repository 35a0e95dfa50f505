/**
 * Which volumes a pod's claims would be bound to on a given node, or why that cannot be.
 * @source pkg/scheduler/framework/plugins/volumebinding/binder.go, staging/src/k8s.io/component-helpers/storage/volume/pv_helpers.go
 */
import { quantityValue } from '../../api/quantity.ts';
import { matchesSelector, selectorOf } from '../../api/selector.ts';
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../../api/types.ts';
import { classOfClaim, classOfVolume } from '../claims.ts';
import type { ClusterCache } from '../cluster-cache.ts';
import { volumeAffinity } from '../in-tree-volumes.ts';
import { matchesTermsByLabels } from '../node-selector.ts';
import type { CsiStorageCapacity, StorageClass } from '../storage-types.ts';

export interface PodClaims {
  readonly bound: readonly PersistentVolumeClaim[];
  /** WaitForFirstConsumer and not bound yet. */
  readonly delayed: readonly PersistentVolumeClaim[];
}

export interface PodVolumes {
  readonly bindings: readonly { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[];
  readonly provisions: readonly {
    readonly claim: PersistentVolumeClaim;
    readonly capacity: CsiStorageCapacity | undefined;
  }[];
}

export type Found =
  | { readonly kind: 'found'; readonly volumes: PodVolumes }
  | { readonly kind: 'rejected'; readonly reasons: readonly string[] }
  | { readonly kind: 'error'; readonly message: string };

const NODE_CONFLICT = "node(s) didn't match PersistentVolume's node affinity";
const BIND_CONFLICT = "node(s) didn't find available persistent volumes to bind";
const NOT_ENOUGH_SPACE = 'node(s) did not have enough free storage';
const NO_SUCH_VOLUME = 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)';

export function findPodVolumes(cluster: ClusterCache, claims: PodClaims, node: Node, _pod: Pod): Found {
  const reasons: string[] = [];
  let volumeIsMissing = false;
  for (const claim of claims.bound) {
    const volume = cluster.objects.PersistentVolume.get(claim.spec.volumeName ?? '');
    if (volume === undefined) {
      volumeIsMissing = true;
      break;
    }
    if (isReachable(cluster, volume, node)) continue;
    reasons.push(NODE_CONFLICT);
    break;
  }
  const delayed = placeDelayed(cluster, claims.delayed, node);
  if (delayed.kind === 'error') return delayed;
  if (delayed.kind === 'rejected') reasons.push(...delayed.reasons);
  if (volumeIsMissing) reasons.push(NO_SUCH_VOLUME);
  return reasons.length > 0 ? { kind: 'rejected', reasons } : delayed;
}

function placeDelayed(cluster: ClusterCache, claims: readonly PersistentVolumeClaim[], node: Node): Found {
  const toProvision: PersistentVolumeClaim[] = [];
  const toMatch: PersistentVolumeClaim[] = [];
  for (const claim of claims) {
    const selected = claim.metadata.annotations?.['volume.kubernetes.io/selected-node'];
    if (selected === undefined) toMatch.push(claim);
    else if (selected !== node.metadata.name) return { kind: 'rejected', reasons: [BIND_CONFLICT] };
    else toProvision.push(claim);
  }
  toMatch.sort((a, b) => requestOf(a) - requestOf(b));
  const bindings: { claim: PersistentVolumeClaim; volume: PersistentVolume }[] = [];
  const chosen = new Set<string>();
  for (const claim of toMatch) {
    const volume = findMatchingVolume(cluster, claim, node, chosen);
    if (volume === undefined) {
      toProvision.push(claim);
      continue;
    }
    chosen.add(volume.metadata.name);
    bindings.push({ claim, volume });
  }
  const provisions: { claim: PersistentVolumeClaim; capacity: CsiStorageCapacity | undefined }[] = [];
  for (const claim of toProvision) {
    const className = classOfClaim(claim);
    if (className === '') {
      return {
        kind: 'error',
        message: `no class for claim "${claim.metadata.namespace ?? ''}/${claim.metadata.name}"`,
      };
    }
    const storageClass = cluster.objects.StorageClass.get(className);
    if (storageClass === undefined) return { kind: 'error', message: `failed to find storage class "${className}"` };
    if (!canProvision(storageClass, node)) return { kind: 'rejected', reasons: [BIND_CONFLICT] };
    const room = findCapacity(cluster, claim, storageClass, node);
    if (room === 'none') return { kind: 'rejected', reasons: [NOT_ENOUGH_SPACE] };
    provisions.push({ claim, capacity: room === 'not tracked' ? undefined : room });
  }
  return { kind: 'found', volumes: { bindings, provisions } };
}

/** The smallest free volume that has all the claim asks for and that the node can reach; the claim's own if it has one. */
function findMatchingVolume(
  cluster: ClusterCache,
  claim: PersistentVolumeClaim,
  node: Node,
  chosen: ReadonlySet<string>,
): PersistentVolume | undefined {
  const className = classOfClaim(claim);
  const selector = claim.spec.selector ? selectorOf(claim.spec.selector) : undefined;
  const wanted = requestOf(claim);
  let smallest: PersistentVolume | undefined;
  let smallestBytes = 0;
  for (const volume of cluster.objects.PersistentVolume.values()) {
    if (classOfVolume(volume) !== className || chosen.has(volume.metadata.name)) continue;
    const isOurs = isBoundTo(volume, claim);
    if (volume.spec.claimRef && !isOurs) continue;
    const bytes = quantityValue(volume.spec.capacity?.['storage'] ?? 0);
    if (bytes < wanted || (claim.spec.volumeMode ?? 'Filesystem') !== (volume.spec.volumeMode ?? 'Filesystem'))
      continue;
    if ((claim.spec['volumeAttributesClassName'] ?? '') !== (volume.spec['volumeAttributesClassName'] ?? '')) continue;
    if (volume.metadata.deletionTimestamp) continue;
    const reachable = isReachable(cluster, volume, node);
    if (isOurs) return reachable ? volume : undefined;
    if (volume.status?.phase !== 'Available' || !reachable) continue;
    if (selector !== undefined && !matchesSelector(selector, volume.metadata.labels)) continue;
    if (!(claim.spec.accessModes ?? []).every((mode) => volume.spec.accessModes?.includes(mode))) continue;
    if (smallest === undefined || bytes < smallestBytes) {
      smallest = volume;
      smallestBytes = bytes;
    }
  }
  return smallest;
}

function isBoundTo(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const reference = volume.spec.claimRef;
  if (!reference || reference.name !== claim.metadata.name) return false;
  if ((reference.namespace ?? '') !== (claim.metadata.namespace ?? '')) return false;
  return !reference.uid || reference.uid === claim.metadata.uid;
}

function isReachable(cluster: ClusterCache, volume: PersistentVolume, node: Node): boolean {
  const terms = volumeAffinity(volume, cluster.objects.CSINode.get(node.metadata.name));
  return terms === undefined || matchesTermsByLabels(terms, node.metadata.labels);
}

function canProvision(storageClass: StorageClass, node: Node): boolean {
  if (!storageClass.provisioner || storageClass.provisioner === 'kubernetes.io/no-provisioner') return false;
  const terms = storageClass.allowedTopologies ?? [];
  if (terms.length === 0) return true;
  return terms.some(({ matchLabelExpressions: expressions = [] }) => {
    if (expressions.length === 0) return false;
    return expressions.every(({ key, values }) => values?.includes(node.metadata.labels?.[key] ?? '\u0000') ?? false);
  });
}

function findCapacity(
  cluster: ClusterCache,
  claim: PersistentVolumeClaim,
  storageClass: StorageClass,
  node: Node,
): CsiStorageCapacity | 'none' | 'not tracked' {
  if (claim.spec.resources?.requests?.['storage'] === undefined) return 'not tracked';
  const driver = cluster.objects.CSIDriver.get(storageClass.provisioner ?? '');
  if (driver?.spec?.storageCapacity !== true) return 'not tracked';
  const wanted = requestOf(claim);
  for (const capacity of cluster.objects.CSIStorageCapacity.values()) {
    if (capacity.storageClassName !== storageClass.metadata.name || !capacity.nodeTopology) continue;
    const limit = volumeLimit(capacity);
    if (limit === undefined || limit < wanted) continue;
    if (matchesSelector(selectorOf(capacity.nodeTopology), node.metadata.labels)) return capacity;
  }
  return 'none';
}

/** The largest volume that fits, in bytes. */
export function volumeLimit(capacity: CsiStorageCapacity): number | undefined {
  const limit = capacity.maximumVolumeSize ?? capacity.capacity;
  return limit === undefined ? undefined : quantityValue(limit);
}

function requestOf(claim: PersistentVolumeClaim): number {
  return quantityValue(claim.spec.resources?.requests?.['storage'] ?? 0);
}
