import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, setup, transition } from 'xstate';
import { chartOf, dispatch, givenByKernel, start, type Timers } from '../../src/sim/kernel/run-machine.ts';
import { programs } from '../../src/sim/programs.ts';

const NO_TIMERS: Timers = { arm: () => undefined, disarm: () => undefined };

const lightMachine = setup({
  types: {} as { context: { me: { allowed: boolean; log: string[] }; io: unknown } },
  guards: { allowed: ({ context }) => context.me.allowed },
  delays: { slow: 250 },
}).createMachine({
  id: 'light',
  context: givenByKernel,
  initial: 'red',
  states: {
    red: {
      entry: ({ context }) => context.me.log.push('enter red'),
      exit: ({ context }) => context.me.log.push('leave red'),
      on: { GO: { guard: 'allowed', target: 'green', actions: ({ context }) => context.me.log.push('go') } },
      after: { slow: 'green' },
    },
    green: {
      entry: ({ context }) => context.me.log.push('enter green'),
      always: { guard: ({ context }) => !context.me.allowed, target: 'red' },
      on: { '*': { actions: ({ context }) => context.me.log.push('anything') } },
    },
  },
  on: { STOP: '.red' },
});

describe('running a chart', () => {
  it('leaves, acts, enters; asks guards; arms and disarms delays', () => {
    const me = { allowed: false, log: [] as string[] };
    const timers: string[] = [];
    const port: Timers = {
      arm: (key, delayUs) => timers.push(`arm ${key} ${delayUs}`),
      disarm: (key) => timers.push(`disarm ${key}`),
    };
    const instance = { state: '' };
    const chart = chartOf(lightMachine as unknown as AnyStateMachine);
    start(chart, instance, { me, io: {} }, port);
    expect(dispatch(chart, instance, { me, io: {} }, { type: 'GO' }, port)).toBe(false);
    me.allowed = true;
    expect(dispatch(chart, instance, { me, io: {} }, { type: 'GO' }, port)).toBe(true);
    dispatch(chart, instance, { me, io: {} }, { type: 'WHATEVER' }, port);
    expect(instance.state).toBe('green');
    expect(me.log).toEqual(['enter red', 'leave red', 'go', 'enter green', 'anything']);
    expect(timers).toEqual(['arm xstate.after.slow.light.red 250000', 'disarm xstate.after.slow.light.red']);
  });
});

/** Something that can be asked anything and answers with itself: guards and actions of every machine run on it. */
function anything(): unknown {
  const target = () => proxy;
  const proxy: unknown = new Proxy(target, {
    get: (_, key) => {
      if (key === Symbol.toPrimitive) return () => 1;
      if (key === Symbol.iterator) return function* () {};
      if (key === 'length' || key === 'size') return 0;
      return proxy;
    },
    set: () => true,
    apply: () => proxy,
    construct: () => proxy as object,
  });
  return proxy;
}

/** What one event does, by our table and by XState: next state and actions, in order; or that a guard choked on our stand-in. */
function bothWays(machine: AnyStateMachine, state: string, type: string): [unknown, unknown] {
  const context = { me: anything(), io: anything() };
  const event = { type, ok: true, call: 1, tag: {}, body: {} };
  const ours = attempt(() => {
    const instance = { state };
    const ran: unknown[] = [];
    const chart = chartOf(machine);
    const spied = {
      ...chart,
      states: new Map([...chart.states].map(([name, row]) => [name, { ...row, ...spy(row, ran) }])),
    };
    const root = new Map([...chart.root].map(([name, arrows]) => [name, arrows.map((arrow) => spyArrow(arrow, ran))]));
    dispatch({ ...spied, root }, instance, context, event, NO_TIMERS);
    return { state: instance.state, ran };
  });
  const theirs = attempt(() => {
    // Our stand-in cannot reckon delays; how long they are makes no difference to what follows an event.
    const delays = Object.fromEntries(Object.keys(machine.implementations.delays).map((name) => [name, 1_000]));
    const timed = machine.provide({ delays });
    const snapshot = timed.resolveState({ value: state, context });
    const [next, actions] = transition(timed, snapshot, event);
    const ran = actions.filter((action) => !action.type.startsWith('xstate.')).map((action) => action.exec);
    return { state: next.value, ran };
  });
  return [ours, theirs];
}

type Row = ReturnType<typeof chartOf>['states'] extends ReadonlyMap<string, infer R> ? R : never;
type Arrow = Row['always'][number];

function spy(row: Row, ran: unknown[]): Partial<Row> {
  return {
    on: new Map([...row.on].map(([name, arrows]) => [name, arrows.map((arrow) => spyArrow(arrow, ran))])),
    always: row.always.map((arrow) => spyArrow(arrow, ran)),
    entry: row.entry.map((action) => () => ran.push(action)),
    exit: row.exit.map((action) => () => ran.push(action)),
    after: [],
  };
}

function spyArrow(arrow: Arrow, ran: unknown[]): Arrow {
  return { ...arrow, actions: arrow.actions.map((action) => () => ran.push(action)) };
}

function attempt(run: () => unknown): unknown {
  try {
    return run();
  } catch {
    return 'a guard or a loop choked on the stand-in';
  }
}

describe.each([...programs.values()].map(({ name, machine }) => [name, machine] as const))(
  'the chart of %s',
  (_name, machine) => {
    it('runs as XState itself would run it', () => {
      const chart = chartOf(machine);
      let compared = 0;
      for (const [state, row] of chart.states) {
        for (const type of new Set([...row.on.keys(), ...chart.root.keys(), 'SOMETHING_ELSE'])) {
          const [ours, theirs] = bothWays(machine, state, type === '*' ? 'ANYTHING' : type);
          expect(ours, `${state} on ${type}`).toEqual(theirs);
          compared++;
        }
      }
      expect(compared).toBeGreaterThan(0);
    });
  },
);
