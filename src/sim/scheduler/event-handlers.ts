/**
 * What the scheduler does when its watches tell it something: keeps the cluster cache and the queue current, and moves pods
 * that the change may help.
 * @source pkg/scheduler/eventhandlers.go
 */
import type { KubeObject, Node, Pod } from '../api/types.ts';
import type { Delta } from '../client/informer.ts';
import type { Io } from '../kernel/io.ts';
import { kindOf } from './caches.ts';
import { nominate, putNode, putPod, removeNode, removePod, unnominate } from './cluster-cache.ts';
import { type ClusterEvent, nodeChanges, podChanges, type StorageKind } from './cluster-events.ts';
import { queueContext, type Scheduler } from './memory.ts';
import { newPodInfo, type PodInfo, podKey } from './node-info.ts';
import { type CachedKind, objectKey, putObject, removeObject } from './object-cache.ts';
import { addPod, deletePod, moveAll, updatePod } from './scheduling-queue.ts';

const STORAGE_KINDS: ReadonlySet<string> = new Set<StorageKind>([
  'PersistentVolume',
  'PersistentVolumeClaim',
  'StorageClass',
  'CSINode',
  'CSIDriver',
  'CSIStorageCapacity',
  'VolumeAttachment',
]);

/** One change of one watched object. */
export function handleDelta(me: Scheduler, io: Io, informer: string, delta: Delta): void {
  const kind = kindOf(informer);
  if (kind === 'Pod') handlePod(me, io, delta);
  else if (kind === 'Node') handleNode(me, io, delta);
  else handleObject(me, io, kind, delta);
}

/** Tells the queue, and whoever is being scheduled right now, that something has changed. */
export function announce(me: Scheduler, io: Io, event: ClusterEvent, isCandidate?: (pod: PodInfo) => boolean): void {
  me.current?.events.push(event);
  if (me.queue.unschedulable.size > 0) moveAll(me.queue, queueContext(me, io), event, isCandidate);
}

function isAnybodyListening(me: Scheduler): boolean {
  return me.current !== undefined || me.queue.unschedulable.size > 0;
}

function handlePod(me: Scheduler, io: Io, delta: Delta): void {
  const pod = asPod(delta.object);
  const before = delta.old === undefined ? undefined : asPod(delta.old);
  if (delta.type === 'deleted' || isFinished(pod)) {
    podDeleted(me, io, before ?? pod);
  } else if (before === undefined || isFinished(before)) {
    podAdded(me, io, pod);
  } else if (podKey(before) !== podKey(pod)) {
    podDeleted(me, io, before);
    podAdded(me, io, pod);
  } else {
    podUpdated(me, io, before, pod);
  }
}

function podAdded(me: Scheduler, io: Io, pod: Pod): void {
  if (pod.spec.nodeName) {
    assign(me, newPodInfo(pod), pod.spec.nodeName);
    announce(me, io, { kind: 'Pod', action: 'Add', after: pod });
  } else if (isOurs(me, pod)) {
    const info = newPodInfo(pod);
    if (pod.status?.nominatedNodeName) nominate(me.cluster, info, pod.status.nominatedNodeName);
    addPod(me.queue, queueContext(me, io), info);
  }
}

function podUpdated(me: Scheduler, io: Io, before: Pod, pod: Pod): void {
  const nodeName = pod.spec.nodeName;
  if (nodeName) {
    assign(me, newPodInfo(pod), nodeName);
    if (!before.spec.nodeName) {
      deletePod(me.queue, podKey(pod));
      unnominate(me.cluster, podKey(pod));
      announce(me, io, { kind: 'Pod', action: 'Add', after: pod });
    } else if (isAnybodyListening(me)) {
      for (const event of podChanges(before, pod)) announce(me, io, event);
    }
    return;
  }
  if (isOurs(me, pod)) waitingPodUpdated(me, io, before, pod);
}

function waitingPodUpdated(me: Scheduler, io: Io, before: Pod, pod: Pod): void {
  const key = podKey(pod);
  if (me.assumed.has(key)) {
    if (pod.metadata.deletionTimestamp && !before.metadata.deletionTimestamp) forgetAssumed(me, io, pod);
    return;
  }
  const info = newPodInfo(pod);
  const was = before.status?.nominatedNodeName ?? '';
  const is = pod.status?.nominatedNodeName ?? '';
  if (is !== '') nominate(me.cluster, info, is);
  else if (was !== '') unnominate(me.cluster, key);
  const events = podChanges(before, pod);
  if (me.current?.pod.key === key) me.current.events.push(...events);
  else updatePod(me.queue, queueContext(me, io), info, events);
  // A place that was promised is free again for pods that are not more important.
  if (was !== '' && was !== is) {
    announce(me, io, { kind: 'Pod', action: 'Delete', before }, (other) => other.priority <= info.priority);
  }
}

function podDeleted(me: Scheduler, io: Io, pod: Pod): void {
  const key = podKey(pod);
  if (!pod.spec.nodeName) {
    deletePod(me.queue, key);
    unnominate(me.cluster, key);
    me.preemptions.delete(key);
    if (me.assumed.has(key)) forgetAssumed(me, io, pod);
    else if (pod.status?.nominatedNodeName) {
      const priority = pod.spec.priority ?? 0;
      announce(me, io, { kind: 'Pod', action: 'Delete', before: pod }, (other) => other.priority <= priority);
    }
    return;
  }
  me.assumed.delete(key);
  removePod(me.cluster, key);
  announce(me, io, { kind: 'Pod', action: 'Delete', before: pod });
}

/** The pod that we thought was on a node is not going to be there. */
export function forgetAssumed(me: Scheduler, io: Io, pod: Pod): void {
  const key = podKey(pod);
  me.assumed.delete(key);
  const known = removePod(me.cluster, key);
  announce(me, io, { kind: 'Pod', action: 'Delete', before: known?.pod ?? pod }, (other) => other.key !== key);
}

function assign(me: Scheduler, info: PodInfo, nodeName: string): void {
  me.assumed.delete(info.key);
  putPod(me.cluster, info, nodeName);
}

function handleNode(me: Scheduler, io: Io, delta: Delta): void {
  const node = asNode(delta.object);
  const before = delta.old === undefined ? undefined : asNode(delta.old);
  if (delta.type === 'deleted') {
    announce(me, io, { kind: 'Node', action: 'Delete', before: node });
    removeNode(me.cluster, node.metadata.name);
    return;
  }
  putNode(me.cluster, node);
  if (before === undefined) announce(me, io, { kind: 'Node', action: 'Add', after: node });
  else if (isAnybodyListening(me)) for (const event of nodeChanges(before, node)) announce(me, io, event);
}

function handleObject(me: Scheduler, io: Io, kind: CachedKind, delta: Delta): void {
  const isGone = delta.type === 'deleted';
  const { objects } = me.cluster;
  const before = isGone ? removeObject(objects, kind, objectKey(delta.object)) : putObject(objects, kind, delta.object);
  if (!isStorageKind(kind)) return;
  const after = isGone ? undefined : delta.object;
  const action = isGone ? 'Delete' : delta.old === undefined ? 'Add' : 'Update';
  announce(me, io, { kind, action, before: before ?? delta.old, after });
}

function isOurs(me: Scheduler, pod: Pod): boolean {
  const name = pod.spec.schedulerName ?? 'default-scheduler';
  return me.settings?.configuration.profiles.some(({ schedulerName }) => schedulerName === name) ?? false;
}

function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
}

function isStorageKind(kind: string): kind is StorageKind {
  return STORAGE_KINDS.has(kind);
}

/** The informer of pods holds pods. */
function asPod(object: KubeObject): Pod {
  return object as Pod;
}

function asNode(object: KubeObject): Node {
  return object as Node;
}
