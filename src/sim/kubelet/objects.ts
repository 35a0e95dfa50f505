/** ConfigMaps, Secrets and tokens that pods use, read from the API when they are needed and again while they are mounted. */
import type { KubeObject, Service } from '../api/types.ts';
import { type ApiReply, apiRequest, readReply } from '../client/api-client.ts';
import type { Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { SECOND } from '../kernel/units.ts';
import type { EnvironmentView } from './environment.ts';
import type { KubeletMemory } from './memory.ts';
import { tellContainer, tellPod } from './tell.ts';
import { refreshedObjects, setUpVolumes, tokenSource } from './volumes.ts';
import type { PodWorker } from './worker.ts';

/** For whom an object was asked: the pod's volumes (`''`), a container's environment, or a refresh. */
interface ObjectTag {
  readonly object: string;
  readonly uid: string;
  readonly purpose: string;
}

const ROOT_CA = 'configmap/kube-root-ca.crt';
const ROOT_CA_MS = 60_000;
const REFRESH_US = 60 * SECOND;
/** What part of a token's life passes before a new one is asked for. */
const TOKEN_SHARE = 0.8;
const VOLUMES = '';
const REFRESH = '*';

export function environmentView(me: KubeletMemory, pod: PodWorker): EnvironmentView {
  return {
    nodeName: me.config?.nodeName ?? '',
    hostIp: me.config?.nodeIp ?? me.ip,
    podIp: pod.pod.spec.hostNetwork === true ? (me.config?.nodeIp ?? me.ip) : pod.ip,
    objects: pod.objects,
    services: pod.isStatic ? [] : ([...me.informers.services.objects.values()] as Service[]),
    nodeCpuMillis: me.machine?.cpuMillis ?? 0,
    nodeMemoryBytes: me.machine?.memoryBytes ?? 0,
  };
}

/** Asks for all of them; when the last answer is in, the volumes or the container go on. */
export function fetchObjects(
  me: KubeletMemory,
  io: Io,
  pod: PodWorker,
  names: readonly string[],
  container = VOLUMES,
): void {
  let asked = false;
  for (const name of new Set(names)) {
    const key = `${container}|${name}`;
    if (pod.wanted.has(key)) {
      asked = true;
      continue;
    }
    const known = name === ROOT_CA ? me.rootCas.get(pod.pod.metadata.namespace ?? '') : undefined;
    if (known !== undefined && io.wallMs() - known.atMs < ROOT_CA_MS) {
      pod.objects.set(name, known.object);
      continue;
    }
    asked = true;
    pod.wanted.add(key);
    ask(me, io, pod, name, container);
  }
  if (!asked && container === VOLUMES) pod.next.push({ type: 'VOLUMES_READY' });
}

/** True: the event was the answer to one of these questions. */
export function objectAnswered(me: KubeletMemory, io: Io, event: KernelEvent): boolean {
  const tag = event['tag'] as Partial<ObjectTag> | undefined;
  if (event.type !== 'REPLY' || typeof tag?.object !== 'string') return false;
  const { object, uid = '', purpose = VOLUMES } = tag;
  const pod = me.pods.get(uid);
  if (pod === undefined) return true;
  store(pod, object, readReply(event));
  const found = pod.objects.get(object);
  if (object === ROOT_CA && typeof found === 'object')
    me.rootCas.set(pod.pod.metadata.namespace ?? '', { object: found, atMs: io.wallMs() });
  if (object.startsWith('token/')) armTokenRefresh(io, pod, object);
  pod.wanted.delete(`${purpose}|${object}`);
  if ([...pod.wanted].some((key) => key.startsWith(`${purpose}|`))) return true;
  if (purpose === VOLUMES) tellPod(me, io, pod, { type: 'VOLUMES_READY' });
  else if (purpose === REFRESH) setUpVolumes(io, pod, environmentView(me, pod));
  else {
    const container = pod.containers.find(({ name }) => name === purpose);
    if (container !== undefined) tellContainer(me, io, pod, container, { type: 'OBJECTS_READY' });
  }
  return true;
}

/** Mounted ConfigMaps and Secrets follow their objects, within a minute or so. */
export function armRefresh(io: Io, pod: PodWorker): void {
  if (refreshedObjects(pod.pod).length === 0) return;
  const delayUs = REFRESH_US * (1 + io.random() / 2);
  io.setTimer(`pod/${pod.uid}/refresh`, delayUs, { type: 'REFRESH_OBJECTS', uid: pod.uid });
}

export function refreshObjects(me: KubeletMemory, io: Io, pod: PodWorker): void {
  if (pod.state === 'Terminating' || pod.state === 'Terminated') return;
  fetchObjects(me, io, pod, refreshedObjects(pod.pod), REFRESH);
  armRefresh(io, pod);
}

export function refreshToken(me: KubeletMemory, io: Io, pod: PodWorker, object: string): void {
  if (pod.state === 'Terminating' || pod.state === 'Terminated') return;
  fetchObjects(me, io, pod, [object], REFRESH);
}

function ask(me: KubeletMemory, io: Io, pod: PodWorker, object: string, purpose: string): void {
  const tag: ObjectTag = { object, uid: pod.uid, purpose };
  if (me.client === undefined) {
    io.setTimer(`object/${pod.uid}/${object}`, 0, {
      type: 'REPLY',
      tag,
      ok: false,
      error: 'kubernetes client is not set',
    });
    return;
  }
  const { namespace = 'default' } = pod.pod.metadata;
  const [kind, ...rest] = object.split('/');
  if (kind !== 'token') {
    const plural = kind === 'configmap' ? 'configmaps' : 'secrets';
    apiRequest(
      me.client,
      io,
      { method: 'GET', path: `/api/v1/namespaces/${namespace}/${plural}/${rest.join('/')}` },
      tag,
      10_000,
    );
    return;
  }
  const { audience, expirationSeconds } = tokenSource(pod.pod, object);
  const account = pod.pod.spec.serviceAccountName ?? 'default';
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: {},
    spec: {
      audiences: audience === undefined || audience === '' ? [] : [audience],
      expirationSeconds,
      boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: pod.pod.metadata.name, uid: pod.uid },
    },
  };
  apiRequest(
    me.client,
    io,
    { method: 'POST', path: `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`, body },
    tag,
    10_000,
  );
}

function store(pod: PodWorker, object: string, reply: ApiReply): void {
  if (reply.ok) {
    pod.objects.set(object, reply.body as KubeObject);
    return;
  }
  const [kind, name] = object.split('/');
  // A refresh that fails keeps what was there; only an object that is gone is gone.
  if (reply.status === 0 && typeof pod.objects.get(object) === 'object') return;
  if (reply.status === 404 && kind !== 'token') pod.objects.set(object, `${kind} "${name}" not found`);
  else if (reply.status === 0)
    pod.objects.set(object, `failed to sync ${kind} cache: timed out waiting for the condition`);
  else pod.objects.set(object, reply.error);
}

function armTokenRefresh(io: Io, pod: PodWorker, object: string): void {
  if (typeof pod.objects.get(object) !== 'object') return;
  const lifeUs = tokenSource(pod.pod, object).expirationSeconds * SECOND;
  const delayUs = lifeUs * TOKEN_SHARE + io.random() * 10 * SECOND;
  io.setTimer(`pod/${pod.uid}/${object}`, delayUs, { type: 'REFRESH_TOKEN', uid: pod.uid, object });
}
