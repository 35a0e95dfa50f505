/**
 * VolumeZone: a volume labelled with a zone or region can only be used by nodes there.
 * @source pkg/scheduler/framework/plugins/volumezone/volume_zone.go
 */
import { semanticEqual } from '../../api/equal.ts';
import type { KubeObject } from '../../api/types.ts';
import { classOfClaim, usesClaim } from '../claims.ts';
import type { Plugin, PreFilterAnswer } from '../framework.ts';
import { unresolvable } from '../status.ts';
import type { StorageClass } from '../storage-types.ts';

interface VolumeTopology {
  readonly key: string;
  readonly values: readonly string[];
}

const TO_CURRENT: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
};
const TOPOLOGY_LABELS = [
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
];

export const volumeZone: Plugin<readonly VolumeTopology[]> = {
  name: 'VolumeZone',
  preFilter(cycle, pod) {
    const { objects } = cycle.cluster;
    const topologies: VolumeTopology[] = [];
    for (const volume of pod.pod.spec.volumes ?? []) {
      if (!volume.persistentVolumeClaim) continue;
      const name = volume.persistentVolumeClaim.claimName;
      if (!name) return rejected('PersistentVolumeClaim had no name');
      const claim = objects.PersistentVolumeClaim.get(`${pod.namespace}/${name}`);
      if (claim === undefined) return rejected(`persistentvolumeclaim "${name}" not found`);
      const volumeName = claim.spec.volumeName;
      if (!volumeName) {
        const className = classOfClaim(claim);
        if (className === '') return rejected('PersistentVolumeClaim had no pv name and storageClass name');
        const found = objects.StorageClass.get(className);
        if (found === undefined) return rejected(`storageclass.storage.k8s.io "${className}" not found`);
        if (!found.volumeBindingMode) return rejected(`VolumeBindingMode not set for StorageClass "${className}"`);
        if (found.volumeBindingMode === 'WaitForFirstConsumer') continue;
        return rejected('PersistentVolume had no name');
      }
      const bound = objects.PersistentVolume.get(volumeName);
      if (bound === undefined) return rejected(`persistentvolume "${volumeName}" not found`);
      topologies.push(...topologiesOf(bound));
    }
    return topologies.length === 0 ? { kind: 'skip' } : { kind: 'go', state: topologies };
  },
  filter(_cycle, _pod, node, topologies) {
    const labels = node.node.metadata.labels ?? {};
    if (!TOPOLOGY_LABELS.some((key) => labels[key] !== undefined)) return undefined;
    for (const { key, values } of topologies) {
      const value = labels[key] ?? labels[TO_CURRENT[key] ?? key];
      if (value === undefined || !values.includes(value)) return unresolvable('node(s) had no available volume zone');
    }
    return undefined;
  },
  events: [
    {
      kind: 'StorageClass',
      actions: ['Add'],
      hint: (_cycle, _pod, event) =>
        (event.after as StorageClass | undefined)?.volumeBindingMode === 'WaitForFirstConsumer' ? 'Queue' : 'Skip',
    },
    { kind: 'Node', actions: ['Add', 'UpdateNodeLabel'] },
    {
      kind: 'PersistentVolumeClaim',
      actions: ['Add', 'Update'],
      hint: (_cycle, pod, event) => (event.after && usesClaim(pod.pod, event.after) ? 'Queue' : 'Skip'),
    },
    {
      kind: 'PersistentVolume',
      actions: ['Add', 'Update'],
      hint(_cycle, _pod, event) {
        if (event.before === undefined || event.after === undefined) return 'Queue';
        return semanticEqual(topologiesOf(event.before), topologiesOf(event.after)) ? 'Skip' : 'Queue';
      },
    },
  ],
};

function rejected(reason: string): PreFilterAnswer<never> {
  return { kind: 'rejected', status: unresolvable(reason) };
}

/** `zone-a__zone-b` names two zones; a label with an empty zone in it is ignored. */
function topologiesOf(volume: KubeObject): VolumeTopology[] {
  const topologies: VolumeTopology[] = [];
  for (const key of TOPOLOGY_LABELS) {
    const label = volume.metadata.labels?.[key];
    if (label === undefined) continue;
    const values = label.split('__').map((zone) => zone.trim());
    if (values.every((value) => value !== '')) topologies.push({ key, values });
  }
  return topologies;
}
