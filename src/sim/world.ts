/**
 * The only door to the simulation. A world is seed + spec + log of inputs; everything else follows. It can be stepped, asked, broken,
 * rewound and forked, because it can always be run again to any moment, from the nearest keyframe.
 */
import { handshake } from './api/certificate.ts';
import { applyInput, type Input, type InputResult, type LoggedInput } from './inputs.ts';
import { cloneState } from './kernel/clone.ts';
import { hashPlain, hex } from './kernel/hash.ts';
import type { CallId } from './kernel/io.ts';
import {
  addHost,
  createKernel,
  createKernelState,
  type Kernel,
  type KernelHooks,
  type Program,
} from './kernel/kernel.ts';
import { createNetwork } from './kernel/network.ts';
import type { KernelEvent } from './kernel/queue.ts';
import type { KernelState, Process } from './kernel/state.ts';
import { createTrace, type TraceRow } from './kernel/trace.ts';
import type { Us } from './kernel/units.ts';
import { kubeadmFiles } from './kubeadm/files.ts';
import { powerOn } from './power.ts';
import { programs } from './programs.ts';
import { routeConnection, wireNetwork } from './routing.ts';
import { type ClusterSpec, hostsOf } from './spec.ts';

export interface World {
  readonly spec: ClusterSpec;
  readonly seed: number;
  /** The running kernel. Another one after a rewind: do not keep it. */
  readonly kernel: Kernel;
  readonly inputs: readonly LoggedInput[];
  /** Virtual time, microseconds since the world began. */
  readonly now: Us;
  /** Executes the next row; false when nothing will ever happen again. */
  step(): boolean;
  /** Lets this much virtual time pass. */
  advance(us: Us): void;
  /** Runs until the time, or until `until` says so (asked after each row), whichever comes first. */
  runUntil(time: Us, until?: () => boolean): void;
  /** Something comes from outside, now. */
  inject(input: Input): InputResult;
  /** Calls back for every answer to a call that an input opened. Returns how to stop listening. */
  onAnswer(call: CallId, listener: (event: KernelEvent) => void): () => void;
  /** Makes going back to about this moment quick. */
  keyframe(): void;
  /** Goes back to a moment; what came after it is forgotten. */
  rewind(time: Us): void;
  /** Another world that has lived the same up to now (or up to an earlier moment). */
  fork(time?: Us): World;
  /** Over everything executed so far: equal for equal seeds, specs and inputs, wherever they run. */
  hashChain(): string;
  /** Over the whole present state; slow. */
  hashState(): string;
  /** The session as plain data. */
  save(): Session;
}

export interface Session {
  readonly format: 'k8s-descompuesto-session';
  readonly version: 1;
  readonly seed: number;
  readonly spec: ClusterSpec;
  readonly inputs: readonly LoggedInput[];
  /** Where it stood: rows executed, virtual microseconds, hash chain. */
  readonly step: number;
  readonly at: Us;
  readonly hash: string;
}

interface Keyframe {
  readonly state: KernelState;
  /** Things that were copied for it. */
  readonly size: number;
  readonly inputs: number;
  readonly trace: { readonly rows: readonly TraceRow[]; readonly next: number };
}

/** A keyframe is taken after so many rows, and never so often that copying costs more than running. */
const KEYFRAME_STEPS = 10_000;
const MAX_KEYFRAMES = 24;

/** `binaries` are what processes can run; others than the real ones only to plant a bug and see whether it is found. */
export function createWorld(spec: ClusterSpec, seed = 1, binaries: Binaries = programs): World {
  return liveWorld(Object.freeze(spec), seed, firstState(spec, seed, binaries), [], [], binaries);
}

/** Runs a saved session again, up to where it was saved or an earlier time. */
export function replaySession(session: Session, until: Us = session.at): World {
  const world = liveWorld(Object.freeze(session.spec), session.seed, firstState(session.spec, session.seed), []);
  runAgain(world, session.inputs, until, session.step);
  return world;
}

type Binaries = ReadonlyMap<string, Program>;

function firstState(spec: ClusterSpec, seed: number, binaries: Binaries = programs): KernelState {
  const { networkUs, jitterUs, fsyncUs } = spec.latencies;
  const state = createKernelState(seed, createNetwork(networkUs, jitterUs));
  for (const { name, ip, zone } of hostsOf(spec)) addHost(state, name, ip, zone).fsyncUs = fsyncUs;
  for (const [host, files] of kubeadmFiles(spec)) {
    const known = state.hosts.get(host)!.files;
    for (const [path, content] of Object.entries(files)) known.set(path, Object.freeze({ content, modifiedMs: 0 }));
  }
  const kernel = createKernel(state, binaries);
  wireNetwork(kernel, spec);
  for (const { name } of hostsOf(spec)) powerOn(kernel, name);
  kernel.processes.spawn('cp-1', { name: 'kubeadm', program: 'kubeadm', args: ['init'], log: 'kubeadm', config: spec });
  return state;
}

interface Replayable extends World {
  /** For running again: applies an input that is already in a log. */
  again(logged: LoggedInput): void;
}

function runAgain(world: World, inputs: readonly LoggedInput[], until: Us, steps: number): void {
  const replayable = world as Replayable;
  for (const logged of inputs) {
    if (logged.at > until || logged.step > steps) break;
    while (world.kernel.state.steps < logged.step && world.step());
    replayable.again(logged);
  }
  const { state } = world.kernel;
  for (
    let at = world.kernel.nextAt();
    at !== undefined && at <= until && state.steps < steps;
    at = world.kernel.nextAt()
  )
    world.step();
  if (state.now < until) state.now = until;
}

/** Whether a keyframe knows of something that had not happened at this time; one of that very moment may hold its inputs. */
function isAfter({ state, inputs }: Keyframe, time: Us): boolean {
  return state.now > time || (state.now === time && inputs > 0);
}

/** What came in at the very moment to which one goes back has not come in yet. */
function before(inputs: readonly LoggedInput[], time: Us): LoggedInput[] {
  return inputs.filter(({ at }) => at < time);
}

function liveWorld(
  spec: ClusterSpec,
  seed: number,
  firstOrKept: KernelState,
  keptInputs: LoggedInput[],
  earlier: readonly Keyframe[] = [],
  binaries: Binaries = programs,
): World {
  const listeners = new Map<CallId, (event: KernelEvent) => void>();
  const hooks: KernelHooks = {
    route: routeConnection,
    handshake,
    external: (_process: Process, event) => {
      if (event.type === 'REPLY' || event.type === 'STREAM') listeners.get(event['call'] as CallId)?.(event);
    },
  };
  let kernel = createKernel(firstOrKept, binaries, hooks);
  let inputs = keptInputs;
  const keyframes: Keyframe[] = [...earlier];
  if (earlier.length === 0) takeKeyframe();

  function takeKeyframe(): void {
    const { rows, next } = kernel.trace;
    const { state, size } = cloneState(kernel.state);
    keyframes.push({ state, size, inputs: inputs.length, trace: { rows: [...rows], next } });
    // Thin out the old ones: every second of the older half, but never the first.
    if (keyframes.length > MAX_KEYFRAMES) {
      const half = keyframes.length >> 1;
      const thinned = keyframes.filter((_, index) => index === 0 || index >= half || index % 2 === 0);
      keyframes.splice(0, keyframes.length, ...thinned);
    }
  }

  function keep(): void {
    const last = keyframes.at(-1)!;
    const sinceThen = kernel.state.steps - last.state.steps;
    if (sinceThen >= KEYFRAME_STEPS && sinceThen >= 4 * last.size) takeKeyframe();
  }

  function restore(keyframe: Keyframe): void {
    const trace = createTrace(kernel.trace.capacity);
    trace.rows.push(...keyframe.trace.rows);
    trace.next = keyframe.trace.next;
    kernel = createKernel(cloneState(keyframe.state).state, binaries, hooks, trace);
    inputs = inputs.slice(0, keyframe.inputs);
  }

  function record(input: Input): InputResult {
    const result = applyInput(kernel, spec, input);
    inputs.push({ step: kernel.state.steps, at: kernel.state.now, input });
    return result;
  }

  const world: Replayable = {
    spec,
    seed,
    get kernel() {
      return kernel;
    },
    get inputs() {
      return inputs;
    },
    get now() {
      return kernel.state.now;
    },
    step() {
      const stepped = kernel.step();
      keep();
      return stepped;
    },
    advance(us) {
      world.runUntil(kernel.state.now + us);
    },
    runUntil(time, until) {
      while (kernel.state.now < time) {
        const next = kernel.nextAt();
        if (next === undefined || next > time) break;
        kernel.step();
        if (until?.() === true) return;
        keep();
      }
      if (time < Number.MAX_SAFE_INTEGER) kernel.runUntil(time);
    },
    inject: record,
    again(logged) {
      if (kernel.state.now < logged.at) kernel.state.now = logged.at;
      record(logged.input);
    },
    onAnswer(call, listener) {
      listeners.set(call, listener);
      return () => listeners.delete(call);
    },
    keyframe: takeKeyframe,
    rewind(time) {
      const { steps } = kernel.state;
      const later = inputs;
      while (keyframes.length > 1 && isAfter(keyframes.at(-1)!, time)) keyframes.pop();
      const keyframe = keyframes.at(-1)!;
      restore(keyframe);
      listeners.clear();
      runAgain(world, before(later.slice(keyframe.inputs), time), Math.max(time, keyframe.state.now), steps);
    },
    fork(time = kernel.state.now) {
      const { steps, now } = kernel.state;
      if (time >= now) {
        const copy = liveWorld(spec, seed, cloneState(kernel.state).state, [...inputs], keyframes, binaries);
        copy.kernel.trace.rows.push(...kernel.trace.rows);
        copy.kernel.trace.next = kernel.trace.next;
        return copy;
      }
      const earlier = keyframes.filter((keyframe) => !isAfter(keyframe, time));
      const last = earlier.at(-1) ?? keyframes[0]!;
      const copy = liveWorld(spec, seed, cloneState(last.state).state, inputs.slice(0, last.inputs), earlier, binaries);
      runAgain(copy, before(inputs.slice(last.inputs), time), time, steps);
      return copy;
    },
    hashChain: () => hex(kernel.state.hashLow, kernel.state.hashHigh),
    hashState: () => hashPlain(kernel.state),
    save() {
      const { steps, now } = kernel.state;
      return {
        format: 'k8s-descompuesto-session',
        version: 1,
        seed,
        spec,
        inputs: [...inputs],
        step: steps,
        at: now,
        hash: world.hashChain(),
      };
    },
  };
  return world;
}

export type { Fault } from './faults.ts';
export { applyFault, describeFault, FAULTS, isLasting } from './faults.ts';
export type { Input, InputResult, LoggedInput } from './inputs.ts';
export { rememberKubeadmFiles } from './kubeadm/files.ts';
export { tracePacket } from './routing.ts';
export { type ClusterSpec, hostsOf, NAMED_CLUSTERS, parseClusterSpec } from './spec.ts';
