/**
 * NodeVolumeLimits: a CSI driver attaches only so many volumes to a node (CSINode `spec.drivers[].allocatable.count`).
 * @source pkg/scheduler/framework/plugins/nodevolumelimits/csi.go
 */
import type { PersistentVolumeClaim, Pod } from '../../api/types.ts';
import { claimOf, classOfClaim, foreignClaim, usesClaim } from '../claims.ts';
import type { ClusterCache } from '../cluster-cache.ts';
import type { Plugin } from '../framework.ts';
import { csiDriverOf, inTreeVolume, isInTreePlugin, isMigrationOn, zoneLabelOf } from '../in-tree-volumes.ts';
import { failure, type Status, unresolvable, unschedulable } from '../status.ts';
import type { CsiNode } from '../storage-types.ts';

/** `driver/handle` → driver */
type Attachments = Map<string, string>;

export const nodeVolumeLimits: Plugin<undefined> = {
  name: 'NodeVolumeLimits',
  preFilter(_cycle, pod) {
    const volumes = pod.pod.spec.volumes ?? [];
    const isLimited = volumes.some(
      (volume) => claimOf(pod.pod, volume) !== undefined || inTreeVolume(volume) !== undefined,
    );
    return isLimited ? { kind: 'go', state: undefined } : { kind: 'skip' };
  },
  filter(cycle, pod, node) {
    const { cluster } = cycle;
    const csiNode = cluster.objects.CSINode.get(node.name);
    const wanted: Attachments = new Map();
    const wrong = collect(cluster, pod.pod, csiNode, true, wanted);
    if (wrong !== undefined) return wrong;
    if (wanted.size === 0) return undefined;
    if (cycle.gates.VolumeLimitScaling) {
      for (const driver of wanted.values()) {
        const isDemanded = cluster.objects.CSIDriver.get(driver)?.spec?.preventPodSchedulingIfMissing === true;
        if (!isDemanded || csiNode?.spec?.drivers?.some(({ name }) => name === driver)) continue;
        return unschedulable(`${driver} CSI driver is not installed on the node`);
      }
    }
    const limits = limitsOf(csiNode);
    if (limits.size === 0) return undefined;

    const attached: Attachments = new Map();
    for (const other of node.pods.values()) {
      const bad = collect(cluster, other.pod, csiNode, false, attached);
      if (bad !== undefined) return bad;
    }
    const inUse = new Map<string, number>();
    for (const [volume, driver] of attached) {
      wanted.delete(volume);
      inUse.set(driver, (inUse.get(driver) ?? 0) + 1);
    }
    for (const [volume, driver] of stillAttached(cluster, node.name)) {
      if (!attached.has(volume)) inUse.set(driver, (inUse.get(driver) ?? 0) + 1);
    }
    const more = new Map<string, number>();
    for (const driver of wanted.values()) more.set(driver, (more.get(driver) ?? 0) + 1);
    for (const [driver, count] of more) {
      const limit = limits.get(driver);
      if (limit !== undefined && (inUse.get(driver) ?? 0) + count > limit) {
        return unschedulable('node(s) exceed max volume count');
      }
    }
    return undefined;
  },
  events: [
    { kind: 'CSINode', actions: ['Add'] },
    {
      kind: 'CSINode',
      actions: ['Update'],
      hint(_cycle, _pod, event) {
        const before = limitsOf(event.before as CsiNode | undefined);
        for (const [driver, limit] of limitsOf(event.after as CsiNode | undefined)) {
          if (limit > (before.get(driver) ?? 0)) return 'Queue';
        }
        return 'Skip';
      },
    },
    {
      kind: 'Pod',
      actions: ['Delete'],
      hint(_cycle, _pod, event) {
        if (event.kind !== 'Pod' || event.before === undefined) return 'Skip';
        const gone = event.before;
        if (!gone.spec.nodeName && !gone.status?.nominatedNodeName) return 'Skip';
        const volumes = gone.spec.volumes ?? [];
        return volumes.some((each) => claimOf(gone, each) !== undefined || inTreeVolume(each) !== undefined)
          ? 'Queue'
          : 'Skip';
      },
    },
    {
      kind: 'PersistentVolumeClaim',
      actions: ['Add'],
      hint: (_cycle, pod, event) => (event.after && usesClaim(pod.pod, event.after) ? 'Queue' : 'Skip'),
    },
    {
      kind: 'VolumeAttachment',
      actions: ['Delete'],
      hint: (_cycle, pod) =>
        pod.pod.spec.volumes?.some((each) => claimOf(pod.pod, each) || inTreeVolume(each)) ? 'Queue' : 'Skip',
    },
  ],
};

/** Adds the pod's attachable volumes to `into`; a status when that cannot be done. */
function collect(
  cluster: ClusterCache,
  pod: Pod,
  csiNode: CsiNode | undefined,
  isNew: boolean,
  into: Attachments,
): Status | undefined {
  const namespace = pod.metadata.namespace ?? '';
  for (const volume of pod.spec.volumes ?? []) {
    const claimed = claimOf(pod, volume);
    if (claimed === undefined) {
      const inline = inTreeVolume(volume);
      if (inline && isMigrationOn(csiNode, inline.plugin)) into.set(`${inline.driver}/${inline.handle}`, inline.driver);
      continue;
    }
    if (claimed.claimName === '') return failure('PersistentVolumeClaim had no name');
    const claim = cluster.objects.PersistentVolumeClaim.get(`${namespace}/${claimed.claimName}`);
    if (claim === undefined) {
      if (!isNew) continue;
      const name = claimed.claimName;
      return unresolvable(`looking up PVC ${namespace}/${name}: persistentvolumeclaim "${name}" not found`);
    }
    const foreign = claimed.isEphemeral ? foreignClaim(pod, claim) : undefined;
    if (foreign !== undefined) return failure(foreign);
    const attachment = attachmentOf(cluster, csiNode, claim);
    if (attachment !== undefined) into.set(`${attachment.driver}/${attachment.handle}`, attachment.driver);
  }
  return undefined;
}

function attachmentOf(
  cluster: ClusterCache,
  csiNode: CsiNode | undefined,
  claim: PersistentVolumeClaim,
): { driver: string; handle: string } | undefined {
  const volume = claim.spec.volumeName ? cluster.objects.PersistentVolume.get(claim.spec.volumeName) : undefined;
  if (volume === undefined) return attachmentToCome(cluster, csiNode, claim);
  const csi = volume.spec['csi'];
  if (isCsiSource(csi))
    return csi.driver && csi.volumeHandle ? { driver: csi.driver, handle: csi.volumeHandle } : undefined;
  const inTree = inTreeVolume(volume.spec, zoneLabelOf(volume));
  return inTree !== undefined && isMigrationOn(csiNode, inTree.plugin) ? inTree : undefined;
}

/** A claim without a volume will get one from its class's provisioner: it counts as one volume of its own. */
function attachmentToCome(
  cluster: ClusterCache,
  csiNode: CsiNode | undefined,
  claim: PersistentVolumeClaim,
): { driver: string; handle: string } | undefined {
  const className = classOfClaim(claim);
  const provisioner = className === '' ? undefined : cluster.objects.StorageClass.get(className)?.provisioner;
  if (!provisioner) return undefined;
  const handle = `to come-${claim.metadata.namespace ?? ''}/${claim.metadata.name}`;
  if (!isInTreePlugin(provisioner)) return { driver: provisioner, handle };
  return isMigrationOn(csiNode, provisioner) ? { driver: csiDriverOf(provisioner), handle } : undefined;
}

/** Volumes that are attached to the node although no pod there uses them (any more). */
function stillAttached(cluster: ClusterCache, node: string): Attachments {
  const result: Attachments = new Map();
  for (const name of cluster.objects.attachmentsByNode.get(node) ?? []) {
    const spec = cluster.objects.VolumeAttachment.get(name)?.spec;
    const volume = cluster.objects.PersistentVolume.get(spec?.source?.persistentVolumeName ?? '');
    const csi = volume?.spec['csi'];
    if (spec?.attacher && isCsiSource(csi)) result.set(`${spec.attacher}/${csi.volumeHandle ?? ''}`, spec.attacher);
  }
  return result;
}

function limitsOf(csiNode: CsiNode | undefined): Map<string, number> {
  const limits = new Map<string, number>();
  for (const { name, allocatable } of csiNode?.spec?.drivers ?? []) {
    if (allocatable?.count !== undefined && allocatable.count !== null) limits.set(name, allocatable.count);
  }
  return limits;
}

function isCsiSource(value: unknown): value is { readonly driver?: string; readonly volumeHandle?: string } {
  return typeof value === 'object' && value !== null;
}
