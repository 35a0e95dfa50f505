/**
 * VolumeRestrictions: some disks can be attached once only, and a ReadWriteOncePod claim belongs to one pod in the cluster.
 * @source pkg/scheduler/framework/plugins/volumerestrictions/volume_restrictions.go
 */
import type { Pod, Volume } from '../../api/types.ts';
import { usesClaim } from '../claims.ts';
import type { Plugin } from '../framework.ts';
import type { PodInfo } from '../node-info.ts';
import { unresolvable, unschedulable } from '../status.ts';

interface Restrictions {
  readonly oncePodClaims: ReadonlySet<string>;
  /** How many other uses there are of the pod's ReadWriteOncePod claims. */
  conflicts: number;
}

export const volumeRestrictions: Plugin<Restrictions> = {
  name: 'VolumeRestrictions',
  preFilter(cycle, pod) {
    const oncePodClaims = new Set<string>();
    let needsCheck = false;
    for (const volume of pod.pod.spec.volumes ?? []) {
      if (isRestricted(volume)) needsCheck = true;
      const name = volume.persistentVolumeClaim?.claimName;
      if (name === undefined) continue;
      const claim = cycle.cluster.objects.PersistentVolumeClaim.get(`${pod.namespace}/${name}`);
      if (claim === undefined)
        return { kind: 'rejected', status: unresolvable(`persistentvolumeclaim "${name}" not found`) };
      if (claim.spec.accessModes?.includes('ReadWriteOncePod')) oncePodClaims.add(name);
    }
    let conflicts = 0;
    for (const name of oncePodClaims) {
      const key = `${pod.namespace}/${name}`;
      for (const node of cycle.cluster.nodes.values()) {
        if (!node.claims.has(key)) continue;
        conflicts++;
        break;
      }
    }
    return needsCheck || conflicts > 0 ? { kind: 'go', state: { oncePodClaims, conflicts } } : { kind: 'skip' };
  },
  filter(_cycle, pod, node, state) {
    for (const volume of pod.pod.spec.volumes ?? []) {
      if (!isRestricted(volume)) continue;
      for (const other of node.pods.values()) {
        if (conflictsWith(volume, other.pod)) return unschedulable('node(s) had no available disk');
      }
    }
    if (state.conflicts === 0) return undefined;
    return unschedulable(
      'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
    );
  },
  addPod(_cycle, _pod, state, other) {
    state.conflicts += usesOf(state, other);
  },
  removePod(_cycle, _pod, state, other) {
    state.conflicts -= usesOf(state, other);
  },
  cloneState: (state) => ({ ...state }),
  events: [
    {
      kind: 'Pod',
      actions: ['Delete'],
      hint(_cycle, pod, event) {
        if (event.kind !== 'Pod' || event.before === undefined) return 'Skip';
        const gone = event.before;
        if ((gone.metadata.namespace ?? '') !== pod.namespace) return 'Skip';
        const volumes = pod.pod.spec.volumes ?? [];
        if (volumes.some((volume) => isRestricted(volume) && conflictsWith(volume, gone))) return 'Queue';
        const claims = new Set(volumes.map((volume) => volume.persistentVolumeClaim?.claimName));
        const shared = gone.spec.volumes?.some(
          ({ persistentVolumeClaim: claim }) => claim && claims.has(claim.claimName),
        );
        return shared ? 'Queue' : 'Skip';
      },
    },
    { kind: 'Node', actions: ['Add'] },
    {
      kind: 'PersistentVolumeClaim',
      actions: ['Add'],
      hint: (_cycle, pod, event) => (event.after && usesClaim(pod.pod, event.after) ? 'Queue' : 'Skip'),
    },
  ],
};

function usesOf(state: Restrictions, pod: PodInfo): number {
  let uses = 0;
  for (const volume of pod.pod.spec.volumes ?? []) {
    if (volume.persistentVolumeClaim && state.oncePodClaims.has(volume.persistentVolumeClaim.claimName)) uses++;
  }
  return uses;
}

type Disk = Readonly<Record<string, unknown>>;

function disk(volume: Volume, field: string): Disk | undefined {
  const value = volume[field];
  return typeof value === 'object' && value !== null ? (value as Disk) : undefined;
}

const RESTRICTED = ['gcePersistentDisk', 'awsElasticBlockStore', 'rbd', 'iscsi'];

function isRestricted(volume: Volume): boolean {
  return RESTRICTED.some((field) => disk(volume, field) !== undefined);
}

/** The same disk, unless both only read (an EBS disk never). */
function conflictsWith(volume: Volume, pod: Pod): boolean {
  return (pod.spec.volumes ?? []).some((other) =>
    RESTRICTED.some((field) => {
      const own = disk(volume, field);
      const theirs = disk(other, field);
      if (own === undefined || theirs === undefined) return false;
      if (field === 'awsElasticBlockStore') return (own['volumeID'] ?? '') === (theirs['volumeID'] ?? '');
      return !(own['readOnly'] === true && theirs['readOnly'] === true) && isSameDisk(field, own, theirs);
    }),
  );
}

function isSameDisk(field: string, own: Disk, theirs: Disk): boolean {
  if (field === 'gcePersistentDisk') return (own['pdName'] ?? '') === (theirs['pdName'] ?? '');
  if (field === 'iscsi') return (own['iqn'] ?? '') === (theirs['iqn'] ?? '');
  const monitors = own['monitors'];
  const others = theirs['monitors'];
  const overlap =
    Array.isArray(monitors) && Array.isArray(others) && monitors.some((monitor) => others.includes(monitor));
  return (
    overlap && (own['pool'] ?? 'rbd') === (theirs['pool'] ?? 'rbd') && (own['image'] ?? '') === (theirs['image'] ?? '')
  );
}
