/**
 * The cloud disks that once were built into Kubernetes and are CSI drivers today: what they are called there, and how a volume
 * of the old kind is told apart.
 * @source staging/src/k8s.io/csi-translation-lib
 */
import type { NodeSelectorTerm, PersistentVolume } from '../api/types.ts';
import type { CsiNode } from './storage-types.ts';

export interface InTreeVolume {
  /** `kubernetes.io/aws-ebs` */
  readonly plugin: string;
  /** `ebs.csi.aws.com` */
  readonly driver: string;
  /** The handle under which the CSI driver knows the disk. */
  readonly handle: string;
}

interface InTreePlugin {
  /** The field of a volume or PersistentVolume. */
  readonly field: string;
  readonly plugin: string;
  readonly driver: string;
  readonly id: string;
  readonly topologyKey?: string;
}

const PLUGINS: readonly InTreePlugin[] = [
  {
    field: 'awsElasticBlockStore',
    plugin: 'kubernetes.io/aws-ebs',
    driver: 'ebs.csi.aws.com',
    id: 'volumeID',
    topologyKey: 'topology.ebs.csi.aws.com/zone',
  },
  {
    field: 'gcePersistentDisk',
    plugin: 'kubernetes.io/gce-pd',
    driver: 'pd.csi.storage.gke.io',
    id: 'pdName',
    topologyKey: 'topology.gke.io/zone',
  },
  { field: 'azureDisk', plugin: 'kubernetes.io/azure-disk', driver: 'disk.csi.azure.com', id: 'diskURI' },
  {
    field: 'cinder',
    plugin: 'kubernetes.io/cinder',
    driver: 'cinder.csi.openstack.org',
    id: 'volumeID',
    topologyKey: 'topology.cinder.csi.openstack.org/zone',
  },
  { field: 'portworxVolume', plugin: 'kubernetes.io/portworx-volume', driver: 'pxd.portworx.com', id: 'volumeID' },
  {
    field: 'vsphereVolume',
    plugin: 'kubernetes.io/vsphere-volume',
    driver: 'csi.vsphere.vmware.com',
    id: 'volumePath',
  },
  { field: 'azureFile', plugin: 'kubernetes.io/azure-file', driver: 'file.csi.azure.com', id: 'shareName' },
];

/** The kinds whose migration to CSI is finished for every node that has a CSINode. */
const MIGRATED = new Set([
  'kubernetes.io/aws-ebs',
  'kubernetes.io/gce-pd',
  'kubernetes.io/azure-disk',
  'kubernetes.io/cinder',
  'kubernetes.io/portworx-volume',
]);

/**
 * The in-tree disk that a pod's volume or a PersistentVolume's spec holds.
 * @param zone for a PersistentVolume: the zone label, which is part of a GCE disk's handle
 */
export function inTreeVolume(source: Readonly<Record<string, unknown>>, zone = ''): InTreeVolume | undefined {
  for (const { field, plugin, driver, id } of PLUGINS) {
    const value = source[field];
    if (typeof value !== 'object' || value === null) continue;
    const name = String((value as Readonly<Record<string, unknown>>)[id] ?? '');
    return { plugin, driver, handle: handleOf(field, name, zone) };
  }
  return undefined;
}

export function isInTreePlugin(name: string): boolean {
  return PLUGINS.some(({ plugin }) => plugin === name);
}

export function csiDriverOf(plugin: string): string {
  return PLUGINS.find((each) => each.plugin === plugin)?.driver ?? '';
}

export function isMigrationOn(node: CsiNode | undefined, plugin: string): boolean {
  return node !== undefined && MIGRATED.has(plugin);
}

/** The zone label of a PersistentVolume, old or new. */
export function zoneLabelOf(volume: PersistentVolume): string {
  const labels = volume.metadata.labels ?? {};
  return labels['failure-domain.beta.kubernetes.io/zone'] || labels['topology.kubernetes.io/zone'] || '';
}

const ZONE_KEYS = ['topology.kubernetes.io/zone', 'failure-domain.beta.kubernetes.io/zone'];

/**
 * The node affinity of a volume as its CSI driver would state it, on nodes that have migrated the driver.
 * @source staging/src/k8s.io/csi-translation-lib/plugins/in_tree_volume.go translateTopologyFromInTreeToCSI
 */
export function volumeAffinity(
  volume: PersistentVolume,
  node: CsiNode | undefined,
): readonly NodeSelectorTerm[] | undefined {
  const terms = volume.spec.nodeAffinity?.required?.nodeSelectorTerms;
  const own = PLUGINS.find(({ field }) => volume.spec[field] !== undefined && volume.spec[field] !== null);
  const topologyKey = own?.topologyKey;
  if (own === undefined || topologyKey === undefined || !MIGRATED.has(own.plugin)) return terms;
  const migrated = node?.metadata.annotations?.['storage.alpha.kubernetes.io/migrated-plugins'] ?? '';
  if (!migrated.split(',').includes(own.plugin)) return terms;
  const zoneKey = ZONE_KEYS.find((key) =>
    terms?.some((term) => term.matchExpressions?.some((each) => each.key === key)),
  );
  if (terms !== undefined && zoneKey !== undefined) return terms.map((term) => renameKey(term, zoneKey, topologyKey));
  const zones = zoneLabelOf(volume)
    .split('__')
    .filter((zone) => zone !== '');
  if (zones.length === 0) return terms;
  const demand = { key: topologyKey, operator: 'In', values: zones };
  return (terms ?? [{}]).map((term) => ({ ...term, matchExpressions: [...(term.matchExpressions ?? []), demand] }));
}

function renameKey(term: NodeSelectorTerm, from: string, to: string): NodeSelectorTerm {
  const matchExpressions = (term.matchExpressions ?? []).map((each) =>
    each.key === from ? { ...each, key: to } : each,
  );
  return { ...term, matchExpressions };
}

function handleOf(field: string, name: string, zone: string): string {
  if (field === 'gcePersistentDisk') {
    const zones = zone.split('__');
    if (zones.length > 1)
      return `projects/UNSPECIFIED/regions/${(zones[0] ?? '').replace(/-[^-]*$/, '')}/disks/${name}`;
    return `projects/UNSPECIFIED/zones/${zone || 'UNSPECIFIED'}/disks/${name}`;
  }
  if (field === 'awsElasticBlockStore' && name.startsWith('aws://')) return name.slice(6).replace(/^[^/]*\//, '');
  return name;
}
