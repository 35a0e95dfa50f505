/** `crictl ps`, `pods`, `images`, `stats`. */
import type { CriContainer, Sandbox } from '../../sim/api/cri.ts';
import type { CommandIo } from '../command.ts';
import { ago, allContainers, allPods, ask, type CrictlFlags, short, tableText } from './client.ts';

export async function listContainers(flags: CrictlFlags, io: CommandIo): Promise<number> {
  const pods = new Map((await allPods(io)).map((pod) => [pod.id, pod]));
  const state = flags.value('--state', '-s')?.toLowerCase();
  const name = flags.value('--name');
  const wantedPod = flags.value('--pod', '-p');
  const found = (await allContainers(io)).filter((container) => {
    const word = stateWord(container);
    if (state !== undefined ? word.toLowerCase() !== state : !flags.has('-a', '--all') && word !== 'Running')
      return false;
    if (name !== undefined && !new RegExp(name).test(container.config.name)) return false;
    return wantedPod === undefined || container.sandboxId.startsWith(wantedPod);
  });
  if (flags.has('-q', '--quiet')) {
    io.stdout(found.map(({ id }) => `${id}\n`).join(''));
    return 0;
  }
  if (flags.value('-o', '--output') === 'json') {
    io.stdout(
      `${JSON.stringify({ containers: found.map((container) => ({ id: container.id, podSandboxId: container.sandboxId, metadata: { name: container.config.name, attempt: container.config.attempt }, image: { image: container.config.imageRef }, state: container.state, createdAt: String(container.createdAtMs * 1e6), labels: container.config.labels, annotations: container.config.annotations })) }, undefined, 2)}\n`,
    );
    return 0;
  }
  const rows = found.map((container) => {
    const pod = pods.get(container.sandboxId);
    return [
      short(container.id),
      short(container.config.imageRef),
      ago(io, container.createdAtMs),
      stateWord(container),
      container.config.name,
      String(container.config.attempt),
      short(container.sandboxId),
      pod?.config.name ?? 'unknown',
      pod?.config.namespace ?? 'unknown',
    ];
  });
  io.stdout(
    tableText([['CONTAINER', 'IMAGE', 'CREATED', 'STATE', 'NAME', 'ATTEMPT', 'POD ID', 'POD', 'NAMESPACE'], ...rows]),
  );
  return 0;
}

export function stateWord({ state }: CriContainer): string {
  return {
    CONTAINER_CREATED: 'Created',
    CONTAINER_RUNNING: 'Running',
    CONTAINER_EXITED: 'Exited',
    CONTAINER_UNKNOWN: 'Unknown',
  }[state];
}

export async function listPods(flags: CrictlFlags, io: CommandIo): Promise<number> {
  const name = flags.value('--name');
  const namespace = flags.value('--namespace', '-n');
  const state = flags.value('--state', '-s')?.toLowerCase();
  const word = (pod: Sandbox) => (pod.state === 'SANDBOX_READY' ? 'Ready' : 'NotReady');
  const found = (await allPods(io)).filter(
    (pod) =>
      (name === undefined || new RegExp(name).test(pod.config.name)) &&
      (namespace === undefined || pod.config.namespace === namespace) &&
      (state === undefined || word(pod).toLowerCase() === state),
  );
  if (flags.has('-q', '--quiet')) {
    io.stdout(found.map(({ id }) => `${id}\n`).join(''));
    return 0;
  }
  const rows = found.map((pod) => [
    short(pod.id),
    ago(io, pod.createdAtMs),
    word(pod),
    pod.config.name,
    pod.config.namespace,
    String(pod.config.attempt),
    '(default)',
  ]);
  io.stdout(tableText([['POD ID', 'CREATED', 'STATE', 'NAME', 'NAMESPACE', 'ATTEMPT', 'RUNTIME'], ...rows]));
  return 0;
}

export async function listImages(flags: CrictlFlags, io: CommandIo): Promise<number> {
  const { images } = await ask(io, 'ListImages', { method: 'ListImages' });
  if (flags.has('-q', '--quiet')) {
    io.stdout(images.map(({ id }) => `${id}\n`).join(''));
    return 0;
  }
  const [filter] = flags.words;
  const rows = images
    .flatMap((image) =>
      (image.repoTags.length === 0 ? ['<none>:<none>'] : image.repoTags).map((tag) => ({ tag, image })),
    )
    .filter(({ tag }) => filter === undefined || tag.startsWith(filter) || tag.includes(`/${filter}`))
    .sort((a, b) => (a.tag < b.tag ? -1 : 1))
    .map(({ tag, image }) => {
      const colon = tag.lastIndexOf(':');
      return [tag.slice(0, colon), tag.slice(colon + 1), short(image.id), `${sizeText(image.sizeBytes)}`];
    });
  io.stdout(tableText([['IMAGE', 'TAG', 'IMAGE ID', 'SIZE'], ...rows]));
  return 0;
}

/** Three digits, as docker's units have them. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1_000 && unit < units.length - 1; unit++) value /= 1_000;
  return `${Number(value.toPrecision(3))}${units[unit]}`;
}

export async function stats(flags: CrictlFlags, io: CommandIo): Promise<number> {
  const [wanted = ''] = flags.words;
  const rows = [['CONTAINER', 'NAME', 'CPU %', 'MEM', 'DISK', 'INODES']];
  for (const container of await allContainers(io)) {
    if (container.state !== 'CONTAINER_RUNNING' || !container.id.startsWith(wanted)) continue;
    const { memoryBytes, cpuMillis } = await ask(io, 'ContainerStats', { method: 'ContainerStats', id: container.id });
    rows.push([
      short(container.id),
      container.config.name,
      (cpuMillis / 10).toFixed(2),
      sizeText(memoryBytes),
      '0B',
      '0',
    ]);
  }
  io.stdout(tableText(rows));
  return 0;
}
