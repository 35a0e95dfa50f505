/** Events about pods, containers and the node. Mirror pods stand for static ones. */
import type { ObjectReference } from '../api/types.ts';
import { recordEvent } from '../client/event-recorder.ts';
import type { Io } from '../kernel/io.ts';
import type { KubeletMemory } from './memory.ts';
import { type ContainerWorker, containerReference, type PodWorker, podReference } from './worker.ts';

export function recordContainerEvent(
  me: KubeletMemory,
  io: Io,
  pod: PodWorker,
  container: ContainerWorker,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): void {
  record(me, io, containerReference(pod, container), type, reason, message);
}

export function recordPodEvent(
  me: KubeletMemory,
  io: Io,
  pod: PodWorker,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): void {
  record(me, io, podReference(pod), type, reason, message);
}

export function recordNodeEvent(
  me: KubeletMemory,
  io: Io,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): void {
  const name = me.config?.nodeName ?? me.host;
  // The kubelet has always written its node's name where the UID belongs.
  record(me, io, { apiVersion: 'v1', kind: 'Node', name, uid: name }, type, reason, message);
}

function record(
  me: KubeletMemory,
  io: Io,
  about: ObjectReference,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): void {
  if (me.client === undefined) io.note(message);
  else recordEvent(me.recorder, me.client, io, about, type, reason, message);
}
