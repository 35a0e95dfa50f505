/** `crictl logs`, `inspect`, `inspectp`, `inspecti`, `info`. */
import type { CommandIo } from '../command.ts';
import { machineOf } from '../machine-state.ts';
import { ask, CrictlError, type CrictlFlags, containerOf, podOf, short } from './client.ts';

export async function showLogs(flags: CrictlFlags, io: CommandIo): Promise<number> {
  const container = await containerOf(flags.words[0], io);
  const pod = await podOf(container.sandboxId, io);
  const path = `${pod.config.logDirectory}/${container.config.logPath}`;
  const read = () => machineOf(io).logs.get(path) ?? [];
  const tail = flags.value('--tail', '-t');
  const lines = read();
  const first = tail === undefined || Number(tail) < 0 ? 0 : Math.max(0, lines.length - Number(tail));
  io.stdout(
    lines
      .slice(first)
      .map(({ text }) => `${text}\n`)
      .join(''),
  );
  let last = lines.at(-1);
  while (flags.has('-f', '--follow') && !io.signal.aborted) {
    if (!(await io.gateway.wait(() => read().at(-1) !== last, io.signal))) return 0;
    const now = read();
    io.stdout(
      now
        .slice(last === undefined ? 0 : now.lastIndexOf(last) + 1)
        .map(({ text }) => `${text}\n`)
        .join(''),
    );
    last = now.at(-1);
  }
  return 0;
}

export function isoTime(ms: number): string {
  return ms === 0 ? '0001-01-01T00:00:00Z' : new Date(ms).toISOString();
}

export async function inspect(flags: CrictlFlags, io: CommandIo): Promise<number> {
  const container = await containerOf(flags.words[0], io);
  const { config } = container;
  const status = {
    id: container.id,
    metadata: { attempt: config.attempt, name: config.name },
    state: container.state,
    createdAt: isoTime(container.createdAtMs),
    startedAt: isoTime(container.startedAtMs),
    finishedAt: isoTime(container.finishedAtMs),
    exitCode: container.exitCode,
    reason: container.reason,
    message: container.message,
    image: { image: config.image },
    imageRef: config.imageRef,
    labels: config.labels,
    annotations: config.annotations,
    mounts: config.mounts.map(({ containerPath, hostPath, readOnly }) => ({
      containerPath,
      hostPath,
      readonly: readOnly,
    })),
    logPath: config.logPath,
    resources: { linux: { memoryLimitInBytes: String(config.memoryLimitBytes) } },
  };
  const runtime = {
    sandboxID: container.sandboxId,
    config: {
      command: config.command,
      args: config.args,
      working_dir: config.workingDir,
      envs: config.env.map(({ name, value }) => ({ key: name, value })),
    },
  };
  io.stdout(`${JSON.stringify({ info: runtime, status }, undefined, 2)}\n`);
  return 0;
}

export async function inspectPod(flags: CrictlFlags, io: CommandIo): Promise<number> {
  const { id, config, state, createdAtMs, ip } = await podOf(flags.words[0], io);
  const status = {
    id,
    metadata: { attempt: config.attempt, name: config.name, namespace: config.namespace, uid: config.uid },
    state,
    createdAt: isoTime(createdAtMs),
    network: { additionalIps: [], ip },
    linux: { namespaces: { options: { network: config.hostNetwork ? 'NODE' : 'POD' } } },
    labels: config.labels,
    annotations: config.annotations,
    runtimeHandler: '',
  };
  io.stdout(
    `${JSON.stringify({ info: { config: { hostname: config.hostname, log_directory: config.logDirectory } }, status }, undefined, 2)}\n`,
  );
  return 0;
}

export async function inspectImage(flags: CrictlFlags, io: CommandIo): Promise<number> {
  const [name = ''] = flags.words;
  const { image } = await ask(io, 'ImageStatus', { method: 'ImageStatus', image: name });
  const { images } = await ask(io, 'ListImages', { method: 'ListImages' });
  const found = image ?? images.find(({ id }) => short(id).startsWith(name) || id.startsWith(name));
  if (found === undefined) throw new CrictlError(`no such image "${name}" present`);
  io.stdout(
    `${JSON.stringify({ status: { id: found.id, pinned: found.pinned, repoDigests: found.repoDigests, repoTags: found.repoTags, size: String(found.sizeBytes) } }, undefined, 2)}\n`,
  );
  return 0;
}

export async function info(io: CommandIo): Promise<number> {
  const { conditions } = await ask(io, 'Status', { method: 'Status' });
  io.stdout(
    `${JSON.stringify({ status: { conditions: conditions.map(({ type, status, reason, message }) => ({ message, reason, status, type })) } }, undefined, 2)}\n`,
  );
  return 0;
}
