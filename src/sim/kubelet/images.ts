/**
 * Images: when to pull, back-off when it fails, and the line in which pulls wait for each other.
 * @source pkg/kubelet/images/image_manager.go, puller.go
 */
import type { CriResult } from '../api/cri.ts';
import { imageTag } from '../api/pod-defaults.ts';
import { formatGoDuration } from '../api/time.ts';
import type { Container } from '../api/types.ts';
import type { Io } from '../kernel/io.ts';
import type { ContainerContext } from './container.machine.ts';
import type { KubeletMemory, PullJob } from './memory.ts';
import { recordContainerEvent } from './record.ts';
import { criRequest } from './runtime.ts';
import { tellContainer } from './tell.ts';
import type { ContainerWorker, PodWorker } from './worker.ts';

const FIRST_BACK_OFF_MS = 10_000;
const MAX_BACK_OFF_MS = 300_000;

/** Sees to it that the image is there: IMAGE_READY or IMAGE_FAILED follows. */
export function ensureImage({ me, io, pod, container }: ContainerContext, spec: Container): void {
  const image = spec.image ?? '';
  const wrong = invalidName(image);
  if (wrong !== undefined) {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": ${wrong}`;
    recordContainerEvent(me, io, pod, container, 'Warning', 'InspectFailed', message);
    container.next.push({ type: 'IMAGE_FAILED', reason: 'InvalidImageName', message });
    return;
  }
  if (policyOf(spec) === 'Always') {
    pull(me, io, pod, container, image);
    return;
  }
  const known = findLocal(me, image);
  // What was here a moment ago may have been removed: the runtime is asked unless it has just told.
  if (known !== undefined && !me.imagesChanged) imagePresent(me, io, pod, container, image, known, true);
  else
    criRequest<'ImageStatus'>(
      io,
      { method: 'ImageStatus', image: withTag(image) },
      { uid: pod.uid, container: container.name, detail: image },
    );
}

export function imageStatusAnswered(
  me: KubeletMemory,
  io: Io,
  pod: PodWorker,
  container: ContainerWorker,
  spec: Container,
  result: CriResult<'ImageStatus'>,
): void {
  const image = spec.image ?? '';
  if (!result.ok) {
    const message = `Failed to inspect image "": ${result.error}`;
    recordContainerEvent(me, io, pod, container, 'Warning', 'InspectFailed', message);
    tellContainer(me, io, pod, container, { type: 'IMAGE_FAILED', reason: 'ImageInspectError', message });
  } else if (result.image !== undefined) imagePresent(me, io, pod, container, image, result.image.id, false);
  else if (policyOf(spec) === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    recordContainerEvent(me, io, pod, container, 'Warning', 'ErrImageNeverPull', message);
    tellContainer(me, io, pod, container, { type: 'IMAGE_FAILED', reason: 'ErrImageNeverPull', message });
  } else {
    pull(me, io, pod, container, image);
    for (let own = container.next.shift(); own !== undefined; own = container.next.shift())
      tellContainer(me, io, pod, container, own);
  }
}

export function pullAnswered(me: KubeletMemory, io: Io, image: string, result: CriResult<'PullImage'>): void {
  const at = me.pulls.findIndex((job) => job.image === image && job.startedAtUs >= 0);
  const job = me.pulls[at];
  if (job === undefined) return;
  me.pulls.splice(at, 1);
  if (result.ok) refreshImages(me, io);
  for (const { uid, container: name, askedAtUs } of job.waiting) {
    const pod = me.pods.get(uid);
    const container = pod?.containers.find((candidate) => candidate.name === name);
    if (pod === undefined || container === undefined || container.state !== 'Pulling') continue;
    if (result.ok) {
      container.pullBackOffMs = 0;
      container.imageRef = result.imageRef;
      const took = duration(io.now - job.startedAtUs);
      const waited = duration(io.now - askedAtUs);
      const message = `Successfully pulled image "${image}" in ${took} (${waited} including waiting). Image size: ${result.sizeBytes} bytes.`;
      recordContainerEvent(me, io, pod, container, 'Normal', 'Pulled', message);
      tellContainer(me, io, pod, container, { type: 'IMAGE_READY' });
    } else pullFailed(me, io, pod, container, image, result.error);
  }
  startPulls(me, io);
}

/** Asks the runtime which images there are: for the node's status, and to know what need not be asked. */
export function refreshImages(me: KubeletMemory, io: Io): void {
  me.imagesChanged = true;
  criRequest<'ListImages'>(io, { method: 'ListImages' });
}

function pull(me: KubeletMemory, io: Io, pod: PodWorker, container: ContainerWorker, image: string): void {
  const sinceMs = io.wallMs() - container.pullBackOffAtMs;
  if (container.pullBackOffMs > 0 && sinceMs <= 2 * MAX_BACK_OFF_MS && sinceMs < container.pullBackOffMs) {
    const message = `Back-off pulling image "${image}"`;
    recordContainerEvent(me, io, pod, container, 'Normal', 'BackOff', message);
    const why = container.pullError === '' ? message : `${message}: ${container.pullError}`;
    container.next.push({ type: 'IMAGE_FAILED', reason: 'ImagePullBackOff', message: why });
    return;
  }
  recordContainerEvent(me, io, pod, container, 'Normal', 'Pulling', `Pulling image "${image}"`);
  const asking = { uid: pod.uid, container: container.name, askedAtUs: io.now };
  const job: PullJob = { image, waiting: [asking], startedAtUs: -1 };
  me.pulls.push(job);
  startPulls(me, io);
}

/** Pulls go one at a time unless the configuration says otherwise. */
function startPulls(me: KubeletMemory, io: Io): void {
  const { serializeImagePulls = true, maxParallelImagePulls = 0 } = me.config ?? {};
  const limit = serializeImagePulls ? 1 : maxParallelImagePulls || Number.MAX_SAFE_INTEGER;
  let running = me.pulls.filter(({ startedAtUs }) => startedAtUs >= 0).length;
  for (const job of me.pulls) {
    if (running >= limit) return;
    if (job.startedAtUs >= 0) continue;
    running++;
    job.startedAtUs = io.now;
    criRequest<'PullImage'>(io, { method: 'PullImage', image: withTag(job.image) }, { detail: job.image }, 0);
  }
}

function pullFailed(
  me: KubeletMemory,
  io: Io,
  pod: PodWorker,
  container: ContainerWorker,
  image: string,
  error: string,
): void {
  // A code that says nothing is left out.
  const text = error.replace(/^rpc error: code = Unknown desc = /, '');
  recordContainerEvent(me, io, pod, container, 'Warning', 'Failed', `Failed to pull image "${image}": ${text}`);
  const nowMs = io.wallMs();
  const isFresh = container.pullBackOffMs === 0 || nowMs - container.pullBackOffAtMs > 2 * MAX_BACK_OFF_MS;
  container.pullBackOffMs = isFresh ? FIRST_BACK_OFF_MS : Math.min(container.pullBackOffMs * 2, MAX_BACK_OFF_MS);
  container.pullBackOffAtMs = nowMs;
  container.pullError = `ErrImagePull: ${text}`;
  tellContainer(me, io, pod, container, { type: 'IMAGE_FAILED', reason: 'ErrImagePull', message: text });
}

function imagePresent(
  me: KubeletMemory,
  io: Io,
  pod: PodWorker,
  container: ContainerWorker,
  image: string,
  id: string,
  withinStep: boolean,
): void {
  container.imageRef = id;
  const message = `Container image "${image}" already present on machine and can be accessed by the pod`;
  recordContainerEvent(me, io, pod, container, 'Normal', 'Pulled', message);
  if (withinStep) container.next.push({ type: 'IMAGE_READY' });
  else tellContainer(me, io, pod, container, { type: 'IMAGE_READY' });
}

function findLocal(me: KubeletMemory, image: string): string | undefined {
  const name = withTag(image);
  const short = name.replace(/^docker\.io\//, '');
  for (const { id, repoTags } of me.images)
    if (repoTags.some((tag) => tag === name || tag === `docker.io/library/${short}` || tag === `docker.io/${short}`))
      return id;
  return undefined;
}

function withTag(image: string): string {
  if (image.includes('@')) return image;
  return image.lastIndexOf(':') > image.lastIndexOf('/') ? image : `${image}:latest`;
}

function policyOf(spec: Container): string {
  return spec.imagePullPolicy ?? (imageTag(spec.image) === 'latest' ? 'Always' : 'IfNotPresent');
}

function invalidName(image: string): string | undefined {
  const name = image.replace(/@.*$/, '').replace(/:[^/]*$/, '');
  const path = /^[^/]*[.:][^/]*\//.test(image) ? name.slice(name.indexOf('/') + 1) : name;
  if (path !== path.toLowerCase() && /^[A-Za-z0-9._/-]+$/.test(path))
    return `invalid reference format: repository name (${path.includes('/') ? path : `library/${path}`}) must be lowercase`;
  if (!/^[a-z0-9]+([._-]+[a-z0-9]+)*(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/.test(path)) return 'invalid reference format';
  if (/:[^/]*$/.test(image) && !image.includes('@') && !/:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(image))
    return 'invalid reference format';
  return undefined;
}

function duration(us: number): string {
  return formatGoDuration(Math.floor(us / 1_000) * 1_000);
}
