/** `crictl stop`, `rm`, `stopp`, `rmp`, `exec`, `pull`, `rmi`. */
import { type CommandIo, fail } from '../command.ts';
import { allContainers, allPods, ask, CrictlError, type CrictlFlags, containerOf, podOf } from './client.ts';

export async function eachContainer(verb: 'stop' | 'rm', flags: CrictlFlags, io: CommandIo): Promise<number> {
  const all = verb === 'rm' && flags.has('-a', '--all') ? await allContainers(io) : [];
  const targets =
    all.length > 0
      ? all.filter((container) => container.state !== 'CONTAINER_RUNNING')
      : await Promise.all(flags.words.map((id) => containerOf(id, io)));
  if (targets.length === 0) throw new CrictlError('ID cannot be empty');
  for (const { id, state } of targets) {
    if (verb === 'stop')
      await ask(io, 'StopContainer', {
        method: 'StopContainer',
        id,
        timeoutSeconds: Number(flags.value('-t', '--timeout') ?? 0),
      });
    else {
      if (state === 'CONTAINER_RUNNING') {
        if (!flags.has('-f', '--force')) throw new CrictlError(`container "${id}" is running, please stop it first`);
        await ask(io, 'StopContainer', { method: 'StopContainer', id, timeoutSeconds: 0 });
      }
      await ask(io, 'RemoveContainer', { method: 'RemoveContainer', id });
    }
    io.stdout(`${id}\n`);
  }
  return 0;
}

export async function eachPod(verb: 'stopp' | 'rmp', flags: CrictlFlags, io: CommandIo): Promise<number> {
  const targets = flags.has('-a', '--all')
    ? await allPods(io)
    : await Promise.all(flags.words.map((id) => podOf(id, io)));
  for (const { id, state } of targets) {
    if (verb === 'stopp') {
      await ask(io, 'StopPodSandbox', { method: 'StopPodSandbox', id });
      io.stdout(`Stopped sandbox ${id}\n`);
      continue;
    }
    if (state === 'SANDBOX_READY') {
      if (!flags.has('-f', '--force')) throw new CrictlError(`pod sandbox "${id}" is running, please stop it first`);
      await ask(io, 'StopPodSandbox', { method: 'StopPodSandbox', id });
    }
    await ask(io, 'RemovePodSandbox', { method: 'RemovePodSandbox', id });
    io.stdout(`Removed sandbox ${id}\n`);
  }
  return 0;
}

export async function exec(args: readonly string[], io: CommandIo): Promise<number> {
  const words = args.filter(
    (word, i) => !(word.startsWith('-') && args.slice(0, i).every((before) => before.startsWith('-'))),
  );
  const container = await containerOf(words[0], io);
  const command = words.slice(1).filter((word, i) => !(i === 0 && word === '--'));
  if (command.length === 0) throw new CrictlError('execing command in container: command cannot be empty');
  const { stdout, exitCode } = await ask(io, 'ExecSync', {
    method: 'ExecSync',
    id: container.id,
    command,
    ...(io.stdin === '' ? {} : { stdin: io.stdin }),
  });
  io.stdout(stdout);
  return exitCode === 0
    ? 0
    : fail(io, `FATA[0000] execing command in container: command terminated with exit code ${exitCode}`);
}

export async function pull(flags: CrictlFlags, io: CommandIo): Promise<number> {
  const [image = ''] = flags.words;
  const { imageRef } = await ask(io, 'PullImage', { method: 'PullImage', image });
  io.stdout(`Image is up to date for ${imageRef}\n`);
  return 0;
}

export async function removeImages(flags: CrictlFlags, io: CommandIo): Promise<number> {
  const { images } = await ask(io, 'ListImages', { method: 'ListImages' });
  for (const name of flags.words) {
    const image = images.find(
      ({ id, repoTags }) =>
        id.replace('sha256:', '').startsWith(name) || repoTags.some((tag) => tag === name || tag.endsWith(`/${name}`)),
    );
    if (image === undefined) throw new CrictlError(`unable to remove the image: no such image ${name}`);
    await ask(io, 'RemoveImage', { method: 'RemoveImage', image: image.repoTags[0] ?? image.id });
    io.stdout(image.repoTags.map((tag) => `Deleted: ${tag}\n`).join(''));
  }
  return 0;
}
