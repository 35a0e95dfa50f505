/** `kubectl`: the program itself is in src/shell/kubectl; here it gets a machine, files, a terminal and a network. */
import { connectToApi } from '../api-connection.ts';
import type { CommandIo, ShellCommand } from '../command.ts';
import { resolvePath } from '../file-content.ts';
import type { ApiConnection, CommandContext, ExecRequest } from '../kubectl/client.ts';
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
  const isTerminal = io.isTerminal && io.stdin === '';
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
        ...(isTerminal ? { enterPod: (request, run, connection) => enterPod(io, request, run, connection) } : {}),
      }),
    ...(memory.edit === undefined ? {} : { edit: async (text, path) => (await memory.edit?.(text, path)) ?? text }),
    signal,
  };
}

const SHELL = /^(\/bin\/|\/usr\/bin\/)?(ba|a)?sh$/;

/** A terminal in a pod: each line runs there by itself, in the directory and with the variables the lines before have left. */
function enterPod(
  io: CommandIo,
  request: ExecRequest,
  asScript: (script: string) => ExecRequest,
  connection: ApiConnection,
): boolean {
  const [program = '', ...rest] = request.command;
  if (!request.tty || !SHELL.test(program) || rest.some((word) => word !== '-i' && word !== '-l')) return false;
  const pod = /\/pods\/([^/]+)\//.exec(request.path)?.[1] ?? 'pod';
  const kept: string[] = [];
  io.memory.enter = {
    kind: 'pod',
    name: pod,
    async run(line, out, err, signal) {
      const script = [...kept, line].join('\n');
      const result = await connection.exec({ ...asScript(script), stdout: out, stderr: err }, signal);
      if ('exitCode' in result) {
        kept.push(...lasting(line));
        return result.exitCode;
      }
      err(`error: ${'error' in result ? result.error : String(result.status['message'] ?? '')}\n`);
      return 1;
    },
  };
  return true;
}

/** The parts of a line that later lines depend on: where one is, and what variables hold. */
function lasting(line: string): string[] {
  return line
    .split(/;|&&/)
    .map((part) => part.trim())
    .filter((part) => /^(cd\b|export\b|unset\b|alias\b|umask\b|\w+=\S*$)/.test(part) && !part.includes('|'));
}
