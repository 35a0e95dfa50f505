import { describe, expect, it } from 'vitest';
import { setup } from 'xstate';
import { clonePlain } from '../../src/sim/kernel/clone.ts';
import { hashPlain, hex } from '../../src/sim/kernel/hash.ts';
import type { CallId, Io } from '../../src/sim/kernel/io.ts';
import { addHost, createKernel, createKernelState, type Kernel, type Program } from '../../src/sim/kernel/kernel.ts';
import { type Context, givenByKernel } from '../../src/sim/kernel/run-machine.ts';
import { SECOND } from '../../src/sim/kernel/units.ts';

interface ServerMemory {
  asked: number;
}
type ServerEvent = { type: 'REQUEST'; call: CallId; body: unknown } | { type: 'CANCELLED'; call: CallId };

const echoMachine = setup({ types: {} as { context: Context<ServerMemory, Io>; events: ServerEvent } }).createMachine({
  id: 'echo',
  context: givenByKernel,
  initial: 'Serving',
  states: {
    Serving: {
      entry: ({ context }) => context.io.listen(80),
      on: {
        REQUEST: {
          actions: ({ context, event }) => {
            context.me.asked++;
            context.io.push(event.call, 'first');
            context.io.reply(event.call, event.body);
          },
        },
      },
    },
  },
});

interface ClientMemory {
  seen: string[];
  address: string;
}
type ClientEvent =
  | { type: 'REPLY'; ok: boolean; body?: unknown; error?: string }
  | { type: 'STREAM'; item: unknown }
  | { type: 'AGAIN' };

const ask = ({ context }: { context: Context<ClientMemory, Io> }) =>
  context.io.request(context.me.address, 'hello', { timeoutMs: 2_000 });
const askerMachine = setup({ types: {} as { context: Context<ClientMemory, Io>; events: ClientEvent } }).createMachine({
  id: 'asker',
  context: givenByKernel,
  initial: 'Asking',
  states: {
    Asking: {
      entry: ask,
      on: {
        STREAM: { actions: ({ context, event }) => context.me.seen.push(`item ${String(event.item)}`) },
        REPLY: {
          target: 'Resting',
          actions: ({ context, event }) =>
            context.me.seen.push(event.ok ? `reply ${String(event.body)}` : `error ${event.error}`),
        },
      },
    },
    Resting: { after: { 1000: 'Asking' } },
  },
});

const programs = new Map<string, Program>([
  ['echo', { name: 'echo', machine: echoMachine, init: () => ({ asked: 0 }) }],
  ['asker', { name: 'asker', machine: askerMachine, init: (p) => ({ seen: [], address: p.args[0] ?? '' }) }],
]);

function world(address = '10.0.0.2:80'): Kernel {
  const state = createKernelState(7);
  addHost(state, 'a', '10.0.0.1');
  addHost(state, 'b', '10.0.0.2');
  const kernel = createKernel(state, programs);
  kernel.processes.spawn('b', { name: 'echo', program: 'echo', args: [], log: 'echo' });
  kernel.processes.spawn('a', { name: 'asker', program: 'asker', args: [address], log: 'asker' });
  return kernel;
}

const seen = (kernel: Kernel) => (kernel.state.processes.get('a/asker')!.memory as ClientMemory).seen;

describe('a call over the virtual network', () => {
  it('is answered, with streamed items first', () => {
    const kernel = world();
    kernel.runUntil(SECOND / 2);
    expect(seen(kernel)).toEqual(['item first', 'reply hello']);
  });

  it('is refused where nobody listens, and unknown names do not resolve', () => {
    const refused = world('10.0.0.2:81');
    refused.runUntil(SECOND / 2);
    expect(seen(refused)).toEqual(['error dial tcp 10.0.0.2:81: connect: connection refused']);
    const lost = world('nowhere:80');
    lost.runUntil(SECOND / 2);
    expect(seen(lost)).toEqual(['error dial tcp: lookup nowhere: no such host']);
  });

  it('times out while the link is cut, and works again when it heals', () => {
    const kernel = world();
    kernel.calls.setLink('a', 'b', { cut: true });
    kernel.runUntil(2.5 * SECOND);
    expect(seen(kernel)).toEqual(['error dial tcp 10.0.0.2:80: i/o timeout']);
    kernel.calls.setLink('a', 'b', { cut: false });
    kernel.runUntil(4 * SECOND);
    expect(seen(kernel).slice(1)).toEqual(['item first', 'reply hello']);
  });

  it('exceeds its deadline while the server is paused, and the server hears that the caller has gone', () => {
    const kernel = world();
    kernel.runUntil(0);
    kernel.processes.pause('b/echo');
    kernel.runUntil(2.5 * SECOND);
    expect(seen(kernel)).toEqual(['error dial tcp 10.0.0.2:80: i/o timeout']);
    kernel.processes.resume('b/echo');
    kernel.runUntil(4 * SECOND);
    expect(seen(kernel).at(-1)).toBe('reply hello');
  });

  it('is refused once the server has been killed', () => {
    const kernel = world();
    kernel.runUntil(SECOND / 2);
    kernel.processes.signal('b/echo', 'SIGKILL');
    kernel.runUntil(2 * SECOND);
    expect(seen(kernel).at(-1)).toBe('error dial tcp 10.0.0.2:80: connect: connection refused');
  });
});

describe('the world as data', () => {
  it('gives the same hash chain for the same seed', () => {
    const [one, two] = [world(), world()];
    one.runUntil(30 * SECOND);
    two.runUntil(30 * SECOND);
    expect(hex(one.state.hashLow, one.state.hashHigh)).toBe(hex(two.state.hashLow, two.state.hashHigh));
    expect(hashPlain(one.state)).toBe(hashPlain(two.state));
  });

  it('goes on from a copy exactly as the original does', () => {
    const original = world();
    original.runUntil(3 * SECOND);
    const copy = createKernel(clonePlain(original.state), programs);
    original.runUntil(20 * SECOND);
    copy.runUntil(20 * SECOND);
    expect(hashPlain(copy.state)).toBe(hashPlain(original.state));
    expect(copy.state.steps).toBeGreaterThan(50);
  });

  it('shares what is frozen and refuses what is not data', () => {
    const pod = Object.freeze({ kind: 'Pod' });
    const copy = clonePlain({ a: pod, b: [pod], c: new Map([['x', { n: 1 }]]) });
    expect(copy.a).toBe(pod);
    expect(() => clonePlain({ f: () => 1 })).toThrow('plain data');
  });
});
