/** HAProxy before the API servers: plain TCP, round robin over those that a connection check reaches (inter 2s fall 3 rise 2). Reads /etc/haproxy/haproxy.cfg. */
import { setup } from 'xstate';
import type { Io } from '../kernel/io.ts';
import type { Program } from '../kernel/kernel.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { type Context, givenByKernel } from '../kernel/run-machine.ts';

interface Backend {
  readonly name: string;
  readonly address: string;
  up: boolean;
  /** Checks in a row that say otherwise. */
  against: number;
  reason: string;
}

interface Haproxy {
  port: number;
  backends: Backend[];
}

type Ctx = Context<Haproxy, Io>;

const CONFIG = '/etc/haproxy/haproxy.cfg';
const FALL = 3;
const RISE = 2;

export const haproxyMachine = setup({
  types: {} as { context: Ctx; events: KernelEvent },
  actions: {
    readConfig: ({ context: { me, io } }) => {
      const text = io.readFile(CONFIG);
      if (text === undefined) {
        io.log(`[ALERT] Cannot open configuration file/directory ${CONFIG} : No such file or directory`);
        io.exit(1);
        return;
      }
      me.port = Number(/bind \*:(\d+)/.exec(text)?.[1] ?? 0);
      me.backends = [...text.matchAll(/^\s+server (\S+) (\S+) check/gm)].map(([, name = '', address = '']) => ({
        name,
        address,
        up: true,
        against: 0,
        reason: '',
      }));
      io.listen(me.port, { forward: me.backends.map(({ address }) => address) });
    },
    check: ({ context: { me, io } }) => {
      for (const { name, address } of me.backends) io.connect(address, { tag: name, timeoutMs: 2_000 });
    },
    checked: ({ context: { me, io }, event }) => {
      const backend = me.backends.find(({ name }) => name === event['tag']);
      if (backend === undefined) return;
      const ok = event['ok'] === true;
      backend.against = ok === backend.up ? 0 : backend.against + 1;
      if (backend.against < (backend.up ? FALL : RISE)) return;
      backend.up = ok;
      backend.against = 0;
      backend.reason = ok ? '' : String(event['error']);
      io.log(
        `Server control-planes/${backend.name} is ${ok ? 'UP' : 'DOWN'}, reason: ${ok ? 'Layer4 check passed' : 'Layer4 connection problem'}.`,
      );
      io.note(`lb: ${backend.name} is ${ok ? 'up' : 'down'}`);
      io.forwardTo(
        me.port,
        me.backends.filter(({ up }) => up).map(({ address }) => address),
      );
    },
  },
}).createMachine({
  id: 'haproxy',
  context: givenByKernel,
  initial: 'starting',
  states: {
    starting: { entry: 'readConfig', always: 'checking' },
    checking: {
      entry: 'check',
      after: { 2000: { target: 'checking', reenter: true } },
      on: { CONNECTED: { actions: 'checked' } },
    },
  },
});

export const haproxyProgram: Program = {
  name: 'haproxy',
  machine: haproxyMachine,
  init: (): Haproxy => ({ port: 0, backends: [] }),
};
