/**
 * VolumeBinding: the pod's claims must be bound to volumes that the node can reach, or it must be possible to bind or to
 * provision volumes for them there (WaitForFirstConsumer).
 * @source pkg/scheduler/framework/plugins/volumebinding/volume_binding.go
 */
import { semanticEqual } from '../../api/equal.ts';
import { quantityValue } from '../../api/quantity.ts';
import type { PersistentVolumeClaim } from '../../api/types.ts';
import { claimOf, classOfClaim, foreignClaim, usesClaim } from '../claims.ts';
import type { Cycle, Plugin } from '../framework.ts';
import type { PodInfo } from '../node-info.ts';
import { failure, unresolvable } from '../status.ts';
import type { CsiDriver, CsiStorageCapacity, StorageClass } from '../storage-types.ts';
import { brokenLine, type UtilizationPoint, utilization } from './resource-scoring.ts';
import { findPodVolumes, type PodClaims, type PodVolumes, volumeLimit } from './volume-binder.ts';

export interface VolumeBindingArgs {
  readonly bindTimeoutSeconds?: number | undefined;
  readonly shape?: readonly UtilizationPoint[] | undefined;
}

/** What the pod's claims need, and for every node that passed what would be bound there. */
export interface VolumePlan {
  readonly claims: PodClaims;
  readonly byNode: Map<string, PodVolumes>;
}

const DEFAULT_SHAPE: readonly UtilizationPoint[] = [
  { utilization: 0, score: 10 },
  { utilization: 100, score: 0 },
];

export const VOLUME_BINDING = 'VolumeBinding';

export function volumeBinding(args: VolumeBindingArgs): Plugin<VolumePlan, VolumePlan> {
  const shape = args.shape?.length ? args.shape : DEFAULT_SHAPE;
  return {
    name: VOLUME_BINDING,
    preFilter(cycle, pod) {
      const claims: PersistentVolumeClaim[] = [];
      for (const volume of pod.pod.spec.volumes ?? []) {
        const claimed = claimOf(pod.pod, volume);
        if (claimed === undefined) continue;
        const name = claimed.claimName;
        const claim = cycle.cluster.objects.PersistentVolumeClaim.get(`${pod.namespace}/${name}`);
        const wrong =
          claim === undefined ? missing(name, claimed.isEphemeral) : complaint(pod, claim, claimed.isEphemeral);
        if (wrong !== undefined) return { kind: 'rejected', status: unresolvable(wrong) };
        if (claim !== undefined) claims.push(claim);
      }
      if (claims.length === 0) return { kind: 'skip' };
      return sortClaims(cycle, claims);
    },
    filter(cycle, pod, node, plan) {
      const found = findPodVolumes(cycle.cluster, plan.claims, node.node, pod.pod);
      if (found.kind === 'error') return failure(found.message);
      if (found.kind === 'rejected') return unresolvable(...found.reasons);
      plan.byNode.set(node.name, found.volumes);
      return undefined;
    },
    preScore(cycle, _pod, _nodes, plan) {
      // Without the gate the real plugin has no scorer and never scores.
      if (!cycle.gates.StorageCapacityScoring || plan === undefined) return { kind: 'skip' };
      return { kind: 'go', state: plan };
    },
    score(_cycle, _pod, node, plan) {
      const volumes = plan.byNode.get(node.name);
      return volumes === undefined ? 0 : capacityScore(volumes, shape);
    },
    events: [
      {
        kind: 'StorageClass',
        actions: ['Add', 'Update'],
        hint(_cycle, _pod, event) {
          const before = event.before as StorageClass | undefined;
          const after = event.after as StorageClass | undefined;
          return before === undefined || !semanticEqual(before.allowedTopologies, after?.allowedTopologies)
            ? 'Queue'
            : 'Skip';
        },
      },
      {
        kind: 'PersistentVolumeClaim',
        actions: ['Add', 'Update'],
        hint: (_cycle, pod, event) => (event.after && usesClaim(pod.pod, event.after) ? 'Queue' : 'Skip'),
      },
      { kind: 'PersistentVolume', actions: ['Add', 'Update'] },
      { kind: 'Node', actions: ['Add', 'UpdateNodeLabel'] },
      {
        kind: 'CSINode',
        actions: ['Add', 'Update'],
        hint(_cycle, _pod, event) {
          const key = 'storage.alpha.kubernetes.io/migrated-plugins';
          if (event.before === undefined) return 'Queue';
          return event.before.metadata.annotations?.[key] !== event.after?.metadata.annotations?.[key]
            ? 'Queue'
            : 'Skip';
        },
      },
      {
        kind: 'CSIDriver',
        actions: ['Update'],
        hint(_cycle, pod, event) {
          const before = event.before as CsiDriver | undefined;
          const after = event.after as CsiDriver | undefined;
          const isUsed = pod.pod.spec.volumes?.some((each) => driverOf(each['csi']) === after?.metadata.name);
          const stopped = before?.spec?.storageCapacity === true && after?.spec?.storageCapacity !== true;
          return isUsed && stopped ? 'Queue' : 'Skip';
        },
      },
      {
        kind: 'CSIStorageCapacity',
        actions: ['Add', 'Update'],
        hint(_cycle, _pod, event) {
          if (event.before === undefined) return 'Queue';
          const before = volumeLimit(event.before as CsiStorageCapacity);
          const after = volumeLimit(event.after as CsiStorageCapacity);
          return after !== undefined && (before === undefined || after > before) ? 'Queue' : 'Skip';
        },
      },
    ],
  };
}

function missing(name: string, isEphemeral: boolean): string {
  const waiting = `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`;
  return isEphemeral ? waiting : `persistentvolumeclaim "${name}" not found`;
}

function complaint(pod: PodInfo, claim: PersistentVolumeClaim, isEphemeral: boolean): string | undefined {
  const name = claim.metadata.name;
  if (claim.status?.phase === 'Lost') {
    return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName ?? ''}"`;
  }
  if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`;
  return isEphemeral ? foreignClaim(pod.pod, claim) : undefined;
}

/** Claims that are bound, claims that wait for this very pod, and claims that somebody else has yet to bind. */
function sortClaims(
  cycle: Cycle,
  claims: readonly PersistentVolumeClaim[],
): ReturnType<NonNullable<Plugin<VolumePlan>['preFilter']>> {
  const { objects } = cycle.cluster;
  const bound: PersistentVolumeClaim[] = [];
  const delayed: PersistentVolumeClaim[] = [];
  let immediate = 0;
  for (const claim of claims) {
    if (claim.spec.volumeName && claim.metadata.annotations?.['pv.kubernetes.io/bind-completed'] !== undefined) {
      bound.push(claim);
      continue;
    }
    const className = classOfClaim(claim);
    const storageClass = className === '' ? undefined : objects.StorageClass.get(className);
    if (storageClass !== undefined && !storageClass.volumeBindingMode) {
      return { kind: 'rejected', status: failure(`VolumeBindingMode not set for StorageClass "${className}"`) };
    }
    if (storageClass?.volumeBindingMode === 'WaitForFirstConsumer' && !claim.spec.volumeName) delayed.push(claim);
    else immediate++;
  }
  if (immediate > 0) {
    return { kind: 'rejected', status: unresolvable('pod has unbound immediate PersistentVolumeClaims') };
  }
  return { kind: 'go', state: { claims: { bound, delayed }, byNode: new Map() } };
}

/** How well the volumes fit what is asked: by class, along the configured line. */
function capacityScore(volumes: PodVolumes, shape: readonly UtilizationPoint[]): number {
  const classes = new Map<string, { requested: number; capacity: number }>();
  const ofClass = (name: string) => {
    const known = classes.get(name) ?? { requested: 0, capacity: 0 };
    classes.set(name, known);
    return known;
  };
  if (volumes.bindings.length > 0) {
    for (const { claim, volume } of volumes.bindings) {
      const sums = ofClass(volume.spec.storageClassName ?? '');
      sums.requested += storageOf(claim);
      sums.capacity += quantityValue(volume.spec.capacity?.['storage'] ?? 0);
    }
  } else {
    for (const { claim, capacity } of volumes.provisions) {
      if (capacity === undefined) continue;
      const sums = ofClass(claim.spec.storageClassName ?? '');
      sums.capacity = quantityValue(capacity.capacity ?? 0);
      sums.requested += storageOf(claim);
    }
  }
  if (classes.size === 0) return 0;
  let score = 0;
  for (const { requested, capacity } of classes.values()) score += brokenLine(shape, utilization(requested, capacity));
  return Math.round(score / classes.size);
}

function storageOf(claim: PersistentVolumeClaim): number {
  return quantityValue(claim.spec.resources?.requests?.['storage'] ?? 0);
}

function driverOf(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null ? (value as { readonly driver?: string }).driver : undefined;
}
