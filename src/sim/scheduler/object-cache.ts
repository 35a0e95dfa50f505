/**
 * The other objects that plugins look up, by kind and then by `namespace/name` (or `name` where there is no namespace).
 */
import type {
  KubeObject,
  PersistentVolume,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  ReplicaSet,
  Service,
} from '../api/types.ts';
import type {
  CsiDriver,
  CsiNode,
  CsiStorageCapacity,
  Selecting,
  StorageClass,
  VolumeAttachment,
} from './storage-types.ts';

export interface ObjectCache {
  readonly Namespace: Map<string, KubeObject>;
  readonly Service: Map<string, Service>;
  readonly ReplicationController: Map<string, Selecting>;
  readonly ReplicaSet: Map<string, ReplicaSet>;
  readonly StatefulSet: Map<string, Selecting>;
  readonly PersistentVolumeClaim: Map<string, PersistentVolumeClaim>;
  readonly PersistentVolume: Map<string, PersistentVolume>;
  readonly StorageClass: Map<string, StorageClass>;
  readonly CSINode: Map<string, CsiNode>;
  readonly CSIDriver: Map<string, CsiDriver>;
  readonly CSIStorageCapacity: Map<string, CsiStorageCapacity>;
  readonly VolumeAttachment: Map<string, VolumeAttachment>;
  readonly PodDisruptionBudget: Map<string, PodDisruptionBudget>;
  /** Namespace → name → Service, so that a pod finds its services without reading all. */
  readonly servicesByNamespace: Map<string, Map<string, Service>>;
  /** Node name → names of VolumeAttachments. */
  readonly attachmentsByNode: Map<string, Set<string>>;
}

export type CachedKind = Exclude<keyof ObjectCache, 'servicesByNamespace' | 'attachmentsByNode'>;

export const CACHED_KINDS: readonly CachedKind[] = [
  'Namespace',
  'Service',
  'ReplicationController',
  'ReplicaSet',
  'StatefulSet',
  'PersistentVolumeClaim',
  'PersistentVolume',
  'StorageClass',
  'CSINode',
  'CSIDriver',
  'CSIStorageCapacity',
  'VolumeAttachment',
  'PodDisruptionBudget',
];

export function isCachedKind(kind: string): kind is CachedKind {
  return CACHED_KINDS.some((each) => each === kind);
}

export function newObjectCache(): ObjectCache {
  return {
    Namespace: new Map(),
    Service: new Map(),
    ReplicationController: new Map(),
    ReplicaSet: new Map(),
    StatefulSet: new Map(),
    PersistentVolumeClaim: new Map(),
    PersistentVolume: new Map(),
    StorageClass: new Map(),
    CSINode: new Map(),
    CSIDriver: new Map(),
    CSIStorageCapacity: new Map(),
    VolumeAttachment: new Map(),
    PodDisruptionBudget: new Map(),
    servicesByNamespace: new Map(),
    attachmentsByNode: new Map(),
  };
}

/** `namespace/name`, or `name` for objects without a namespace. */
export function objectKey(object: KubeObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined || namespace === '' ? name : `${namespace}/${name}`;
}

/** Remembers an object of a cached kind in its newest version; gives the version before. */
export function putObject(cache: ObjectCache, kind: CachedKind, object: KubeObject): KubeObject | undefined {
  const key = objectKey(object);
  const before = cache[kind].get(key);
  if (before !== undefined) leaveIndexes(cache, kind, key, before);
  // The kind of an object is the key of its map: the one place where the two meet.
  (cache[kind] as Map<string, KubeObject>).set(key, object);
  enterIndexes(cache, kind, key);
  return before;
}

/** Forgets an object; gives its last version, or undefined when it was not known. */
export function removeObject(cache: ObjectCache, kind: CachedKind, key: string): KubeObject | undefined {
  const before = cache[kind].get(key);
  if (before === undefined) return undefined;
  leaveIndexes(cache, kind, key, before);
  cache[kind].delete(key);
  return before;
}

function enterIndexes(cache: ObjectCache, kind: CachedKind, key: string): void {
  if (kind === 'Service') {
    const service = cache.Service.get(key);
    if (service === undefined) return;
    const namespace = service.metadata.namespace ?? '';
    const services = cache.servicesByNamespace.get(namespace) ?? new Map<string, Service>();
    services.set(service.metadata.name, service);
    cache.servicesByNamespace.set(namespace, services);
  } else if (kind === 'VolumeAttachment') {
    const node = cache.VolumeAttachment.get(key)?.spec?.nodeName ?? '';
    const names = cache.attachmentsByNode.get(node) ?? new Set<string>();
    names.add(key);
    cache.attachmentsByNode.set(node, names);
  }
}

function leaveIndexes(cache: ObjectCache, kind: CachedKind, key: string, before: KubeObject): void {
  if (kind === 'Service') {
    cache.servicesByNamespace.get(before.metadata.namespace ?? '')?.delete(before.metadata.name);
  } else if (kind === 'VolumeAttachment') {
    const node = cache.VolumeAttachment.get(key)?.spec?.nodeName ?? '';
    cache.attachmentsByNode.get(node)?.delete(key);
  }
}
