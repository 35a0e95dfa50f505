/**
 * The one place that runs XState. A statechart is XState's; running it is ours: the resolved definition of a flat machine is
 * read once into a table of (state, event) → guarded transitions, and an event is a look-up in that table. That is some
 * twenty times cheaper than XState's interpreter and keeps no hidden state; `test/kernel/run-machine.test.ts` proves that the table and
 * XState's own pure `transition()` choose the same state and the same actions for every machine that is registered.
 *
 * What a chart may use: flat states, `on` (also on the root, also `*`), `always`, `after` with named or numeric delays, `entry`, `exit`,
 * guards and actions by name or inline. Nothing nested, parallel or invoked; actions change `context.me` and speak through `context.io`.
 */
import type { AnyStateMachine } from 'xstate';
import type { KernelEvent } from './queue.ts';
import type { Us } from './units.ts';
import { MILLISECOND } from './units.ts';

/** What guards and actions are given: the component's memory, and its way to act on the world. */
export interface Context<Memory, Port> {
  readonly me: Memory;
  readonly io: Port;
}

/** The part of a running machine that is data. */
export interface Instance {
  /** Current state; '' before it has entered its initial state. */
  state: string;
}

/** Where `after` delays go: rows of the event queue, by key. */
export interface Timers {
  arm(key: string, delayUs: Us, event: KernelEvent): void;
  disarm(key: string): void;
}

type Args = { context: unknown; event: KernelEvent };
type Action = (args: Args, params?: unknown) => void;
type Guard = (args: Args, params?: unknown) => boolean;

interface Arrow {
  readonly guard: Guard | undefined;
  readonly target: string | undefined;
  readonly reenter: boolean;
  readonly actions: readonly Action[];
}

interface StateRow {
  readonly on: ReadonlyMap<string, readonly Arrow[]>;
  readonly always: readonly Arrow[];
  readonly entry: readonly Action[];
  readonly exit: readonly Action[];
  readonly after: readonly { readonly key: string; readonly delayUs: (args: Args) => Us }[];
}

/** A statechart made ready to run. */
export interface Chart {
  readonly id: string;
  readonly initial: string;
  readonly states: ReadonlyMap<string, StateRow>;
  readonly root: ReadonlyMap<string, readonly Arrow[]>;
}

/** Stands where XState wants an initial context: the kernel supplies the context at each event. */
export function givenByKernel(): never {
  throw new Error('a machine is run by the kernel, not by an actor');
}

/** Machines live as long as the program, so the charts may too. */
const charts = new Map<AnyStateMachine, Chart>();

/** The running table of a machine; made once a machine. */
export function chartOf(machine: AnyStateMachine): Chart {
  let chart = charts.get(machine);
  if (chart === undefined) {
    chart = compile(machine);
    charts.set(machine, chart);
  }
  return chart;
}

const START: KernelEvent = { type: 'xstate.init' };
const LIMIT = 100;

/** Enters the initial state. */
export function start(chart: Chart, instance: Instance, context: unknown, timers: Timers): void {
  enter(chart, instance, chart.initial, { context, event: START }, timers);
  settle(chart, instance, { context, event: START }, timers);
}

/**
 * Runs one event to completion (with the `always` transitions that follow).
 * @returns false when the machine has no transition for this event in its current state.
 */
export function dispatch(
  chart: Chart,
  instance: Instance,
  context: unknown,
  event: KernelEvent,
  timers: Timers,
): boolean {
  const row = chart.states.get(instance.state);
  if (row === undefined) return false;
  const args: Args = { context, event };
  const arrow = choose(row.on, args) ?? choose(chart.root, args);
  if (arrow === undefined) {
    settle(chart, instance, args, timers);
    return false;
  }
  follow(chart, instance, arrow, args, timers);
  settle(chart, instance, args, timers);
  return true;
}

function choose(on: ReadonlyMap<string, readonly Arrow[]>, args: Args): Arrow | undefined {
  return pick(on.get(args.event.type), args) ?? pick(on.get('*'), args);
}

function pick(arrows: readonly Arrow[] | undefined, args: Args): Arrow | undefined {
  if (arrows === undefined) return undefined;
  for (const arrow of arrows) if (arrow.guard === undefined || arrow.guard(args)) return arrow;
  return undefined;
}

function follow(chart: Chart, instance: Instance, arrow: Arrow, args: Args, timers: Timers): void {
  const leaves = arrow.target !== undefined && (arrow.reenter || arrow.target !== instance.state);
  if (leaves) leave(chart, instance, args, timers);
  for (const action of arrow.actions) action(args);
  if (leaves) enter(chart, instance, arrow.target!, args, timers);
}

function leave(chart: Chart, instance: Instance, args: Args, timers: Timers): void {
  const row = chart.states.get(instance.state)!;
  for (const delay of row.after) timers.disarm(delay.key);
  for (const action of row.exit) action(args);
}

function enter(chart: Chart, instance: Instance, state: string, args: Args, timers: Timers): void {
  instance.state = state;
  const row = chart.states.get(state)!;
  for (const action of row.entry) action(args);
  for (const delay of row.after) timers.arm(delay.key, delay.delayUs(args), { type: delay.key });
}

function settle(chart: Chart, instance: Instance, args: Args, timers: Timers): void {
  for (let i = 0; i < LIMIT; i++) {
    const arrow = pick(chart.states.get(instance.state)!.always, args);
    if (arrow === undefined) return;
    follow(chart, instance, arrow, args, timers);
  }
  throw new Error(`machine ${chart.id}: 'always' transitions never settle in state ${instance.state}`);
}

/* ------------------------------------------------------------------ reading XState's definition */

type Resolved = AnyStateMachine['root'];

function compile(machine: AnyStateMachine): Chart {
  const root = machine.root;
  const states = new Map<string, StateRow>();
  for (const [name, node] of Object.entries(root.states) as [string, Resolved][]) {
    if (Object.keys(node.states).length > 0) throw new Error(`machine ${machine.id}: state ${name} is not flat`);
    states.set(name, {
      on: arrowsOf(machine, node),
      always: (node.always ?? []).map((t) => arrowOf(machine, t)),
      entry: actionsOf(machine, node.entry),
      exit: actionsOf(machine, node.exit),
      after: node.after.map((t) => ({ key: t.eventType, delayUs: delayOf(machine, t.delay) })),
    });
  }
  const initial = root.initial.target[0]?.key;
  if (initial === undefined) throw new Error(`machine ${machine.id} has no initial state`);
  return { id: machine.id, initial, states, root: rootArrows(machine) };
}

/** A transition of the root leaves whatever state there is, even to come back to the same. */
function rootArrows(machine: AnyStateMachine): Map<string, Arrow[]> {
  const on = arrowsOf(machine, machine.root);
  for (const [type, arrows] of on)
    on.set(
      type,
      arrows.map((arrow) => ({ ...arrow, reenter: true })),
    );
  return on;
}

function arrowsOf(machine: AnyStateMachine, node: Resolved): Map<string, Arrow[]> {
  const on = new Map<string, Arrow[]>();
  for (const [type, transitions] of node.transitions)
    on.set(
      type,
      transitions.map((t) => arrowOf(machine, t)),
    );
  return on;
}

type ResolvedTransition = Resolved['after'][number] | NonNullable<Resolved['always']>[number];

function arrowOf(machine: AnyStateMachine, t: ResolvedTransition): Arrow {
  return {
    guard: guardOf(machine, t.guard),
    target: t.target?.[0]?.key,
    reenter: t.reenter,
    actions: actionsOf(machine, t.actions),
  };
}

function actionsOf(machine: AnyStateMachine, actions: readonly unknown[]): Action[] {
  const result: Action[] = [];
  for (const action of actions) {
    if (typeof action === 'function') {
      // `after` puts XState's own delayed raise among the entry actions, and its cancel among the exit actions; our timers do that.
      const type = (action as { type?: unknown }).type;
      if (type === 'xstate.raise' || type === 'xstate.cancel') continue;
      result.push(action as Action);
      continue;
    }
    const { name, params } = named(action);
    const implementation: unknown = machine.implementations.actions[name];
    if (typeof implementation !== 'function') throw new Error(`machine ${machine.id}: no action '${name}'`);
    result.push(params === undefined ? (implementation as Action) : (args) => (implementation as Action)(args, params));
  }
  return result;
}

function guardOf(machine: AnyStateMachine, guard: unknown): Guard | undefined {
  if (guard === undefined) return undefined;
  if (typeof guard === 'function') {
    if ('check' in guard)
      throw new Error(`machine ${machine.id}: and/or/not guards are not used; write a guard of its own`);
    return guard as Guard;
  }
  const { name, params } = named(guard);
  const implementation: unknown = machine.implementations.guards[name];
  if (typeof implementation !== 'function') throw new Error(`machine ${machine.id}: no guard '${name}'`);
  return params === undefined ? (implementation as Guard) : (args) => (implementation as Guard)(args, params);
}

/** XState's delays are milliseconds. */
function delayOf(machine: AnyStateMachine, delay: unknown): (args: Args) => Us {
  if (typeof delay === 'number') return () => delay * MILLISECOND;
  const implementation: unknown = machine.implementations.delays[String(delay)];
  if (typeof implementation === 'number') return () => implementation * MILLISECOND;
  if (typeof implementation !== 'function') throw new Error(`machine ${machine.id}: no delay '${String(delay)}'`);
  return (args) => Math.round((implementation as (args: Args) => number)(args) * MILLISECOND);
}

function named(reference: unknown): { name: string; params: unknown } {
  if (typeof reference === 'string') return { name: reference, params: undefined };
  const { type, params } = reference as { type: string; params?: unknown };
  return { name: type, params };
}
