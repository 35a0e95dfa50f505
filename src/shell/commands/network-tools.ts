/** `iptables`, `iptables-save`, `iptables-restore`, `conntrack`, `ip`, `sysctl`: the machine's own programs, run once. */
import type { NetworkCommand } from '../../sim/host/iptables.machine.ts';
import { type CommandIo, fail, type ShellCommand } from '../command.ts';
import { resolvePath } from '../file-content.ts';

async function runTool(
  program: NetworkCommand,
  args: readonly string[],
  io: CommandIo,
  stdin = io.stdin,
): Promise<number> {
  const result = io.gateway.inject({ type: 'run', host: io.host, program, args: [...args], stdin });
  if (!result.ok) return fail(io, result.error);
  const { stdout, stderr, exitCode } = result.output ?? { stdout: '', stderr: '', exitCode: 0 };
  io.stdout(stdout);
  io.stderr(stderr);
  return exitCode;
}

const tool = (name: NetworkCommand): ShellCommand => ({ name, run: (args, io) => runTool(name, args, io) });

const restore: ShellCommand = {
  name: 'iptables-restore',
  async run(args, io) {
    const file = args.find((word) => !word.startsWith('-'));
    if (file === undefined) return runTool('iptables-restore', args, io);
    const path = resolvePath(io.cwd, file);
    if (!(await io.fs.exists(path))) return fail(io, `Can't open ${file}: No such file or directory`);
    return runTool(
      'iptables-restore',
      args.filter((word) => word !== file),
      io,
      await io.fs.readFile(path),
    );
  },
};

export const networkTools: readonly ShellCommand[] = [
  tool('iptables'),
  tool('iptables-save'),
  restore,
  tool('conntrack'),
  tool('ip'),
  tool('sysctl'),
];
