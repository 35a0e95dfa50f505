/** What the scheduler watches. A kind that the API server does not serve is left out, or the scheduler would wait for it for ever. */
import { allKinds } from '../api/kinds.ts';
import { defineInformers, type InformerDefinition } from '../client/informer.ts';
import type { CachedKind } from './object-cache.ts';

interface Watched extends InformerDefinition {
  readonly kind: 'Pod' | 'Node' | CachedKind;
}

const definitions: Readonly<Record<string, Watched>> = {
  pods: {
    kind: 'Pod',
    path: '/api/v1/pods',
    query: { fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed' },
  },
  nodes: { kind: 'Node', path: '/api/v1/nodes' },
  namespaces: { kind: 'Namespace', path: '/api/v1/namespaces' },
  services: { kind: 'Service', path: '/api/v1/services' },
  replicationcontrollers: { kind: 'ReplicationController', path: '/api/v1/replicationcontrollers' },
  replicasets: { kind: 'ReplicaSet', path: '/apis/apps/v1/replicasets' },
  statefulsets: { kind: 'StatefulSet', path: '/apis/apps/v1/statefulsets' },
  persistentvolumeclaims: { kind: 'PersistentVolumeClaim', path: '/api/v1/persistentvolumeclaims' },
  persistentvolumes: { kind: 'PersistentVolume', path: '/api/v1/persistentvolumes' },
  storageclasses: { kind: 'StorageClass', path: '/apis/storage.k8s.io/v1/storageclasses' },
  csinodes: { kind: 'CSINode', path: '/apis/storage.k8s.io/v1/csinodes' },
  csidrivers: { kind: 'CSIDriver', path: '/apis/storage.k8s.io/v1/csidrivers' },
  csistoragecapacities: { kind: 'CSIStorageCapacity', path: '/apis/storage.k8s.io/v1/csistoragecapacities' },
  volumeattachments: { kind: 'VolumeAttachment', path: '/apis/storage.k8s.io/v1/volumeattachments' },
  poddisruptionbudgets: { kind: 'PodDisruptionBudget', path: '/apis/policy/v1/poddisruptionbudgets' },
};

const served: Record<string, Watched> = {};
for (const [plural, definition] of Object.entries(definitions)) {
  if (allKinds.some((kind) => kind.plural === plural)) served[plural] = definition;
}

export const informers = defineInformers<string>(served);

/** The kind behind an informer's name. */
export function kindOf(informer: string): Watched['kind'] {
  const kind = served[informer]?.kind;
  if (kind === undefined) throw new Error(`no such informer: ${informer}`);
  return kind;
}
