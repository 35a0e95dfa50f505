/** `kubectl`: the program itself is in src/shell/kubectl; here it gets a machine, files, a terminal and a network. */
import { connectToApi, type RunInPod } from '../api-connection.ts';
import type { CommandIo, ShellCommand } from '../command.ts';
import { resolvePath } from '../file-content.ts';
import type { CommandContext, ExecRequest } from '../kubectl/client.ts';
import { complete } from '../kubectl/complete.ts';
import { runKubectl } from '../kubectl/kubectl.ts';

export const kubectl: ShellCommand = {
  name: 'kubectl',
  run: (args, io) => runKubectl(args, contextOf(io)),
  complete: (words, io) => complete(words.slice(1), contextOf(io)),
};

function contextOf(io: CommandIo): CommandContext {
  const { gateway, host, fs, signal, memory } = io;
  const absolute = (path: string) => resolvePath(io.cwd, path);
  const isTerminal = io.isTerminal && io.isInteractive && io.stdin === '';
  return {
    fs: {
      readFile: (path) => fs.readFile(absolute(path)),
      async writeFile(path, text) {
        const target = absolute(path);
        await fs.mkdir(target.slice(0, target.lastIndexOf('/')) || '/', { recursive: true });
        await fs.writeFile(target, text);
      },
      exists: (path) => fs.exists(absolute(path)),
      isDirectory: async (path) => (await fs.exists(absolute(path))) && (await fs.stat(absolute(path))).isDirectory,
      list: async (path) => [...(await fs.readdir(absolute(path)))].sort(),
    },
    env: Object.fromEntries(io.env),
    cwd: io.cwd,
    readStdin: async () => io.stdin,
    stdinIsTerminal: isTerminal,
    stdout: (text) => io.stdout(text),
    stderr: (text) => io.stderr(text),
    connect: (target) =>
      connectToApi(target, {
        gateway,
        host,
        signal,
        ...(isTerminal ? { enterPod: (request, run) => enterPod(io, request, run) } : {}),
      }),
    ...(memory.edit === undefined ? {} : { edit: async (text, path) => (await memory.edit?.(text, path)) ?? text }),
    signal,
  };
}

const SHELL = /^(\/bin\/|\/usr\/bin\/)?(ba|a)?sh$/;

/** A terminal in a pod: each line runs there by itself, in the directory and with the variables the lines before have left. */
function enterPod(io: CommandIo, request: ExecRequest, run: RunInPod): Promise<number> | undefined {
  const [program = '', ...rest] = request.command;
  const isAttach = request.path.endsWith('/attach');
  const isShell = SHELL.test(program) && rest.every((word) => word === '-i' || word === '-l');
  if (!request.tty || io.memory.enter === undefined || !(isShell || isAttach)) return undefined;
  if (isAttach && !attachesToShell(io)) return undefined;
  const kept: string[] = [];
  const stay = io.memory.enter({
    kind: 'pod',
    name: /\/pods\/([^/]+)\//.exec(request.path)?.[1] ?? 'pod',
    async run(line, stdout, stderr, signal) {
      const result = await run([...kept, line].join('\n'), { stdout, stderr }, signal);
      if ('exitCode' in result) {
        kept.push(...lasting(line));
        return result.exitCode;
      }
      stderr(`error: ${'error' in result ? result.error : String(result.status['message'] ?? '')}\n`);
      return 1;
    },
  });
  if (!isAttach) return stay;
  return stay.then((exitCode) => {
    closeInput(io, request);
    return exitCode;
  });
}

/** A shell that was attached to, not started for the occasion, ends when its input ends. */
function closeInput(io: CommandIo, { path, container = '' }: ExecRequest): void {
  const [, namespace, pod] = /\/namespaces\/([^/]+)\/pods\/([^/]+)\//.exec(path) ?? [];
  for (const { id } of io.gateway.world.kernel.state.processes.values()) {
    const isIt = id.includes(`/${namespace}/${pod}/`) && !id.includes('/exec-');
    if (isIt && (container === '' || id.includes(`/${container}`)))
      io.gateway.inject({ type: 'end-input', process: id });
  }
}

/** `kubectl run -it x --image=busybox -- sh`, or without a command, where the image's own is a shell. */
function attachesToShell(io: CommandIo): boolean {
  const typed = io.memory.history.at(-1) ?? '';
  const command = / -- (.*)$/.exec(typed)?.[1]?.trim();
  return command === undefined
    ? /busybox|alpine|ubuntu|debian/.test(typed)
    : SHELL.test(command.split(/[\s;|&]/)[0] ?? '') && !/ -c /.test(command);
}

/** The parts of a line that later lines depend on: where one is, and what variables hold. */
function lasting(line: string): string[] {
  return line
    .split(/;|&&/)
    .map((part) => part.trim())
    .filter((part) => /^(cd\b|export\b|unset\b|alias\b|umask\b|\w+=\S*$)/.test(part) && !part.includes('|'));
}
