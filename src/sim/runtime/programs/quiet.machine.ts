/** Programs that only exist, or count: pause, redis-server, stress, perl's famous digits of pi. */
import { setup } from 'xstate';
import type { Io } from '../../kernel/io.ts';
import type { ProcessStart, Program } from '../../kernel/kernel.ts';
import { type Context, givenByKernel } from '../../kernel/run-machine.ts';
import { SECOND } from '../../kernel/units.ts';
import { type ContainerProcessConfig, containerConfigOf, takeMemory } from '../container-process.ts';
import { formatDate } from './applets-system.ts';

interface QuietMemory {
  readonly kind: 'pause' | 'redis-server' | 'stress' | 'perl';
  readonly args: readonly string[];
  readonly config: ContainerProcessConfig | undefined;
}

type QuietEvent = { type: 'SIGTERM' } | { type: 'GROW' } | { type: 'DONE' };

export const quietMachine = setup({
  types: {} as { context: Context<QuietMemory, Io>; events: QuietEvent },
  actions: {
    begin: ({ context: { me, io } }) => begin(me, io),
    grow: ({ context: { me, io } }) => takeMemory(io, me.config, stressBytes(me.args)),
    finish: ({ context: { io } }) => {
      io.log(PI);
      io.exit(0);
    },
    stop: ({ context: { me, io } }) => {
      if (me.kind === 'redis-server')
        io.log(`1:signal-handler (${Math.floor(io.wallMs() / 1_000)}) Received SIGTERM scheduling shutdown...`);
      if (me.kind === 'pause' || me.kind === 'redis-server') io.exit(0);
    },
  },
}).createMachine({
  id: 'quiet',
  context: givenByKernel,
  initial: 'Running',
  states: {
    Running: {
      entry: 'begin',
      on: { SIGTERM: { actions: 'stop' }, GROW: { actions: 'grow' }, DONE: { actions: 'finish' } },
    },
  },
});

export const quietPrograms: readonly Program[] = (['pause', 'redis-server', 'stress', 'perl'] as const).map((kind) => ({
  name: kind,
  machine: quietMachine,
  init: ({ args, config }: ProcessStart): QuietMemory => ({ kind, args, config: containerConfigOf(config) }),
}));

const PI =
  '3.141592653589793238462643383279502884197169399375105820974944592307816406286208998628034825342117067982148086513282306647';

function begin(me: QuietMemory, io: Io): void {
  switch (me.kind) {
    case 'pause':
      return;
    case 'redis-server': {
      const at = me.args.indexOf('--port');
      io.listen(at < 0 ? 6379 : Number(me.args[at + 1]));
      io.log(`1:M ${formatDate(io.wallMs(), '%d %b %Y %T')}.000 * Ready to accept connections tcp`);
      return;
    }
    case 'stress': {
      const workers = (flag: string) => flagValue(me.args, flag) ?? '0';
      io.log(
        `stress: info: [1] dispatching hogs: ${workers('--cpu')} cpu, ${workers('--io')} io, ${workers('--vm')} vm, 0 hdd`,
      );
      io.setTimer('grow', SECOND, { type: 'GROW' });
      return;
    }
    case 'perl':
      if (me.args.some((arg) => arg.includes('bpi'))) {
        io.setTimer('done', 4 * SECOND, { type: 'DONE' });
        return;
      }
      io.log('not simulated: perl other than bpi');
      io.exit(64);
  }
}

function stressBytes(args: readonly string[]): number {
  const workers = Number(flagValue(args, '--vm') ?? flagValue(args, '-m') ?? 0);
  const match = /^(\d+)([BKMG]?)$/i.exec(flagValue(args, '--vm-bytes') ?? '256M');
  if (match === null) return 0;
  const unit = { '': 1, B: 1, K: 1_024, M: 1_048_576, G: 1_073_741_824 }[match[2]!.toUpperCase()] ?? 1;
  return workers * Number(match[1]) * unit;
}

function flagValue(args: readonly string[], flag: string): string | undefined {
  const at = args.findIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
  if (at < 0) return undefined;
  return args[at]!.includes('=') ? args[at]!.slice(flag.length + 1) : args[at + 1];
}
