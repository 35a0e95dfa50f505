/** Mirror pods: what the API shows of static pods. Made again when somebody deletes them; never obeyed. @source pkg/kubelet/pod/mirror_client.go */

import { formatTime } from '../api/time.ts';
import type { KubeObject, Pod } from '../api/types.ts';
import { apiRequest, readReply } from '../client/api-client.ts';
import { klog } from '../client/klog.ts';
import type { Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { SECOND } from '../kernel/units.ts';
import type { KubeletMemory } from './memory.ts';
import { observedByApi } from './status-manager.ts';
import type { PodWorker } from './worker.ts';

interface MirrorTag {
  readonly mirror: string;
  readonly action: 'create' | 'delete';
}

const MIRROR = 'kubernetes.io/config.mirror';
const RETRY_US = 2 * SECOND;

export function reconcileMirrors(me: KubeletMemory, io: Io): void {
  for (const worker of me.pods.values()) if (worker.isStatic) reconcileMirror(me, io, worker);
}

/** Creates the mirror of a static pod, or replaces one of another version. Needs the node, its owner. */
export function reconcileMirror(me: KubeletMemory, io: Io, worker: PodWorker): void {
  if (me.client === undefined || me.node === undefined || !me.informers.pods.synced) return;
  if (worker.state === 'Terminating' || worker.state === 'Terminated') return;
  const known = me.mirrors.get(worker.key);
  if (known !== undefined) {
    if (known.hash !== worker.uid && !known.deleting) removeMirror(me, io, worker.key);
    return;
  }
  const tag: MirrorTag = { mirror: worker.key, action: 'create' };
  const { namespace = 'default' } = worker.pod.metadata;
  apiRequest(
    me.client,
    io,
    { method: 'POST', path: `/api/v1/namespaces/${namespace}/pods`, body: mirrorOf(me, io, worker, me.node) },
    tag,
    10_000,
  );
}

export function removeMirror(me: KubeletMemory, io: Io, key: string): void {
  const known = me.mirrors.get(key);
  if (known === undefined || me.client === undefined) return;
  me.mirrors.set(key, { ...known, deleting: true });
  const [namespace, name] = key.split('/');
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid: known.uid } };
  const tag: MirrorTag = { mirror: key, action: 'delete' };
  apiRequest(
    me.client,
    io,
    { method: 'DELETE', path: `/api/v1/namespaces/${namespace}/pods/${name}`, body },
    tag,
    10_000,
  );
}

export function mirrorChanged(me: KubeletMemory, io: Io, pod: Pod, hash: string): void {
  const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
  const uid = pod.metadata.uid ?? '';
  const before = me.mirrors.get(key);
  const deleting = pod.metadata.deletionTimestamp !== undefined;
  me.mirrors.set(key, { uid, hash, deleting: before?.uid === uid ? before.deleting : false });
  const worker = workerOf(me, key);
  if (before?.uid !== uid && worker !== undefined) {
    // A new object knows nothing yet.
    worker.reported = undefined;
    me.dirty.add(worker.uid);
  } else if (worker?.uid === hash) observedByApi(me, worker, pod);
  const isWanted = worker !== undefined && worker.uid === hash && !deleting;
  if (!isWanted && me.manifestsRead && me.mirrors.get(key)?.deleting !== true) removeMirror(me, io, key);
}

export function mirrorGone(me: KubeletMemory, io: Io, pod: Pod): void {
  const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
  if (me.mirrors.get(key)?.uid !== pod.metadata.uid) return;
  me.mirrors.delete(key);
  const worker = workerOf(me, key);
  if (worker !== undefined) reconcileMirror(me, io, worker);
}

/** True: the event was an answer about a mirror pod. */
export function mirrorAnswered(me: KubeletMemory, io: Io, event: KernelEvent): boolean {
  const tag = event['tag'] as Partial<MirrorTag> | undefined;
  if (event.type !== 'REPLY' || typeof tag?.mirror !== 'string') return false;
  const reply = readReply(event);
  if (reply.ok || reply.status === 404) return true;
  const known = me.mirrors.get(tag.mirror);
  if (tag.action === 'delete' && known !== undefined) me.mirrors.set(tag.mirror, { ...known, deleting: false });
  if (tag.action === 'create' && reply.status !== 409)
    klog(
      io,
      'E',
      'kubelet.go:3222',
      `"Failed creating a mirror pod" err=${JSON.stringify(reply.error)} pod="${tag.mirror}"`,
    );
  io.setTimer(`mirror/${tag.mirror}`, RETRY_US, { type: 'MIRROR_RETRY', key: tag.mirror });
  return true;
}

export function retryMirror(me: KubeletMemory, io: Io, key: string): void {
  const worker = workerOf(me, key);
  if (worker !== undefined) reconcileMirror(me, io, worker);
  else if (me.mirrors.get(key)?.deleting === false) removeMirror(me, io, key);
}

function workerOf(me: KubeletMemory, key: string): PodWorker | undefined {
  for (const uid of me.byName.get(key) ?? []) {
    const worker = me.pods.get(uid);
    if (worker?.isStatic === true && worker.state !== 'Terminating' && worker.state !== 'Terminated') return worker;
  }
  return undefined;
}

function mirrorOf(me: KubeletMemory, io: Io, worker: PodWorker, node: KubeObject): Pod {
  const { uid: _uid, ...metadata } = worker.pod.metadata;
  return {
    ...worker.pod,
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      annotations: {
        ...metadata.annotations,
        'kubernetes.io/config.seen': formatTime(worker.startedAtMs || io.wallMs()),
        [MIRROR]: worker.uid,
      },
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'Node',
          name: me.config?.nodeName ?? '',
          uid: node.metadata.uid ?? '',
          controller: true,
        },
      ],
    },
  };
}
