/** A part opened up: its statechart read from the XState machine itself, what its process remembers, its last moves. */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import type { Process } from '../sim/kernel/state.ts';
import { newestFirst } from '../sim/kernel/trace.ts';
import type { World } from '../sim/world.ts';
import { partView, processOf } from './cluster-view.ts';
import type { StateView, TransitionView, XRayView } from './view.ts';

const movesShown = 30;
const lookBack = 20_000;
const memoryShown = 60;
const valueLength = 120;

/** What the transitions of the root are drawn as: a state that is every state. */
const everywhere = '*';

/** Machines never change while the program runs. */
const charts = new WeakMap<AnyStateMachine, readonly StateView[]>();

/** @returns undefined while the part has no process */
export function xrayViewOf(world: World, partId: string): XRayView | undefined {
  const { state, programs, trace } = world.kernel;
  const process = processOf(state, partId);
  const machine = process && programs.get(process.program)?.machine;
  if (!process || !machine) return undefined;
  const recent: XRayView['recent'][number][] = [];
  let looked = 0;
  for (const { row, before, after } of newestFirst(trace)) {
    if (recent.length >= movesShown || ++looked > lookBack) break;
    if (row.to === process.id && before !== after) {
      recent.push({ atUs: row.at, event: eventLabel(row.event.type), from: before || '·', to: after });
    }
  }
  return {
    part: partView(process.host, process.program, process, true, true),
    machine: machine.id,
    states: statesOf(machine),
    current: process.state,
    initial: initialOf(machine),
    recent,
    memory: memoryOf(process),
  };
}

/** @returns every state with its ways out, in the order of the definition; transitions of the root come last, from `*` */
export function statesOf(machine: AnyStateMachine): readonly StateView[] {
  let states = charts.get(machine);
  if (!states) {
    const always = transitionsOf(machine.root);
    states = Object.values(machine.root.states).map((node) => ({ name: node.key, transitions: transitionsOf(node) }));
    if (always.length > 0) states = [...states, { name: everywhere, transitions: always }];
    charts.set(machine, states);
  }
  return states;
}

function initialOf(machine: AnyStateMachine): string {
  return machine.root.initial?.target?.[0]?.key ?? '';
}

function transitionsOf(node: AnyStateNode): TransitionView[] {
  const delays = new Map(node.after.map((definition) => [definition.eventType, String(definition.delay)]));
  const views: TransitionView[] = [];
  const add = (definition: AnyTransitionDefinition, label: string) => {
    const target = definition.target?.[0]?.key ?? (node.parent ? node.key : everywhere);
    views.push({ label, guard: guardName(definition.guard), target });
  };
  for (const [eventType, definitions] of node.transitions) {
    const delay = delays.get(eventType);
    for (const definition of definitions) add(definition, delay === undefined ? eventType : `after ${delay}`);
  }
  for (const definition of node.always ?? []) add(definition, 'always');
  return views;
}

function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  if (typeof guard === 'function') return guard.name === 'guard' ? '' : guard.name;
  if (typeof guard === 'object' && guard !== null && 'type' in guard) return String(guard.type);
  return '';
}

/** `xstate.after.electionTimeout.etcd.follower` → `after electionTimeout`. */
function eventLabel(type: string): string {
  const timer = /^xstate\.after\.([^.]+)\./.exec(type);
  return timer ? `after ${timer[1]}` : type === 'xstate.init' ? 'start' : type;
}

function memoryOf({ memory, args }: Process): { key: string; value: string }[] {
  const rows: { key: string; value: string }[] = [];
  if (typeof memory === 'object' && memory !== null) {
    for (const [key, value] of Object.entries(memory)) if (value !== undefined) rows.push({ key, value: short(value) });
  }
  // Single values say most at a glance; collections stand below them.
  rows.sort((a, b) => Number(/^[[{(]/.test(a.value)) - Number(/^[[{(]/.test(b.value)));
  const flags = args.length > 1 ? [{ key: 'flags', value: args.slice(1).join(' ').slice(0, valueLength) }] : [];
  return [...rows.slice(0, memoryShown), ...flags];
}

function short(value: unknown): string {
  if (value instanceof Map)
    return `(${value.size}) ${[...value.keys()].slice(0, 4).map(String).join(' ')}`.slice(0, valueLength);
  if (value instanceof Set)
    return `(${value.size}) ${[...value].slice(0, 4).map(String).join(' ')}`.slice(0, valueLength);
  if (Array.isArray(value))
    return `[${value.length}] ${value
      .slice(0, 4)
      .map((item) => (typeof item === 'object' ? '…' : String(item)))
      .join(' ')}`.slice(0, valueLength);
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).slice(0, 5);
    return `{ ${fields.map(([key, field]) => (typeof field === 'object' && field !== null ? key : `${key}: ${String(field)}`)).join(', ')} }`.slice(
      0,
      valueLength,
    );
  }
  return String(value).slice(0, valueLength);
}
