/** `rewind` and `fork`: going back, and trying something without consequences. */

import { quote } from '../bash-text.ts';
import { type CommandIo, fail, type ShellCommand } from '../command.ts';
import { createGateway } from '../gateway.ts';
import { durationMs } from './clock.ts';

const rewind: ShellCommand = {
  name: 'rewind',
  run(args, io) {
    const ms = durationMs(args.join(''));
    if (ms === undefined || ms <= 0) return fail(io, 'rewind: say by how much: rewind 30s', 2);
    const { world } = io.gateway;
    const from = world.now;
    const to = Math.max(0, from - ms * 1_000);
    world.rewind(to);
    const { faults } = io.memory;
    for (let i = faults.length - 1; i >= 0; i--) if (faults[i]!.atUs > to) faults.splice(i, 1);
    io.stdout(
      `It is ${(world.now / 1e6).toFixed(3)} s since the cluster was made; the ${((from - world.now) / 1e6).toFixed(3)} s after that have not happened.\n`,
    );
    return 0;
  },
};

const fork: ShellCommand = {
  name: 'fork',
  async run(args, io) {
    if (args.length === 0)
      return fail(
        io,
        "usage: fork COMMAND…: runs it in a copy of the cluster and throws the copy away: fork 'kubectl delete node node-1; sleep 60; kubectl get pods'",
        2,
      );
    const copy = createGateway(io.gateway.world.fork());
    const machine = io.memory.open(io.host, io.user, copy);
    const line = args.length === 1 ? (args[0] ?? '') : args.map(quote).join(' ');
    const { exitCode } = await machine.run(
      `cd ${quote(io.cwd)}; ${line}`,
      { out: (text) => io.stdout(text), err: (text) => io.stderr(text) },
      io.signal,
      { isScript: true },
    );
    return exitCode;
  },
};

export const timeTravel: readonly ShellCommand[] = [rewind, fork];

export type { CommandIo };
