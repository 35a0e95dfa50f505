/**
 * Random clusters, random work, random faults; the laws are asked after every step. In the end everything is healed and the cluster must
 * come to rest in a state where the quiet laws hold. A seed is all it takes to see a run again.
 */

import type { EndpointSlice, Node, Service } from '../sim/api/types.ts';
import { checkMoment, checkStep, createLaws, type Laws, type Violation } from '../sim/invariants.ts';
import type { Program } from '../sim/kernel/kernel.ts';
import { nextFloat, nextInt, type RandomStream, randomStream } from '../sim/kernel/random.ts';
import { objectsOf, truth } from '../sim/observe.ts';
import { checkQuiet } from '../sim/quiet-laws.ts';
import {
  type ClusterSpec,
  createWorld,
  describeFault,
  type Fault,
  NAMED_CLUSTERS,
  replaySession,
  type World,
} from '../sim/world.ts';
import { FAULT_KINDS, randomFault } from './random-fault.ts';
import { randomWork, WORK_KINDS } from './random-work.ts';

export interface FuzzOptions {
  /** What processes run; a bug is planted here to see that it is found. */
  readonly binaries?: ReadonlyMap<string, Program> | undefined;
  readonly stormSeconds?: number | undefined;
  /** Told what is done, and when, as it is done. */
  readonly tell?: ((line: string) => void) | undefined;
  /** Given the world before anything happens in it. */
  readonly look?: ((world: World) => void) | undefined;
}

export interface SeedResult {
  readonly seed: number;
  readonly events: number;
  readonly simulatedSeconds: number;
  readonly violations: readonly {
    readonly seed: number;
    readonly law: string;
    /** Virtual microseconds. */
    readonly at: number;
    readonly detail: string;
    readonly repro: string;
  }[];
  /** Laws of the quiet that still did not hold when the patience ended. */
  readonly notConverged: readonly string[];
  /** Kinds of faults and of work that were reached. */
  readonly reached: readonly string[];
  /** What was done to the cluster, in order. */
  readonly history: readonly string[];
}

interface Run {
  readonly world: World;
  readonly random: RandomStream;
  readonly laws: Laws;
  readonly violations: { law: string; at: number; detail: string }[];
  readonly reached: Set<string>;
  readonly history: string[];
  readonly broken: Fault[];
  /** What this run draws from: some seeds know no faults of some kind, so that others come to their full effect. */
  readonly faults: readonly Fault['kind'][];
  readonly works: readonly (typeof WORK_KINDS)[number][];
  /** The longest pause between two acts. */
  readonly pauseUs: number;
  readonly tell: (line: string) => void;
}

const SECOND = 1_000_000;
const STORM_SECONDS = 120;
const BOOT_SECONDS = 180;
const PATIENCE_SECONDS = 900;
/** So long nobody may write before we believe that nothing moves any more. */
const STILL_SECONDS = 40;
/** Nothing that rests is told more things a second; an etcd leader of three, with its heartbeats, hears some fifty. */
const MAX_IDLE_ROWS = 80;
/** Which seeds are lived twice, to see that they are the same. */
const REPLAY_EVERY = 10;

export function fuzzSeed(seed: number, options: FuzzOptions = {}): SeedResult {
  const run = begin(seed, options);
  const { world, violations } = run;
  options.look?.(world);
  let notConverged: string[] = [];
  try {
    notConverged = live(run, options.stormSeconds ?? STORM_SECONDS);
    if (violations.length === 0 && seed % REPLAY_EVERY === 0 && options.binaries === undefined) replay(run);
  } catch (error) {
    // A component that throws is a bug of ours; which one it was, the stack says.
    const lines = error instanceof Error ? (error.stack ?? error.message).split('\n') : [String(error)];
    violations.push({
      law: 'X',
      at: world.now,
      detail: lines
        .slice(0, 4)
        .map((line) => line.trim())
        .join(' '),
    });
  }
  const repro = `k8s-descompuesto fuzz --seeds ${seed}..${seed}`;
  return {
    seed,
    events: world.kernel.state.steps,
    simulatedSeconds: Math.round(world.now / SECOND),
    violations: violations.map((violation) => ({ seed, ...violation, repro })),
    notConverged: violations.length > 0 ? [] : notConverged,
    reached: [...run.reached].sort(),
    history: run.history,
  };
}

/** From power-on to rest, storm and rest again. @returns what is not as it should be at rest */
function live(run: Run, stormSeconds: number): string[] {
  const early = settle(run, BOOT_SECONDS);
  if (early.length > 0) return early.map((text) => `before the storm: ${text}`);
  storm(run, stormSeconds);
  const late = settle(run, PATIENCE_SECONDS);
  return late.length > 0 ? late : [...hotLoops(run.world), ...deadServices(run.world)];
}

function begin(seed: number, { binaries, tell }: FuzzOptions): Run {
  const random = randomStream(seed, 'fuzz');
  const world = createWorld(randomSpec(random), seed, binaries);
  const history: string[] = [];
  return {
    world,
    random,
    laws: createLaws(),
    violations: [],
    reached: new Set(),
    history,
    broken: [],
    faults: some(random, FAULT_KINDS),
    works: some(random, WORK_KINDS),
    pauseUs: nextInt(random, 1, 9) * SECOND,
    tell: (line) => {
      const text = `${(world.now / SECOND).toFixed(3)} s  ${line}`;
      history.push(text);
      tell?.(text);
    },
  };
}

function randomSpec(random: RandomStream): ClusterSpec {
  const controlPlanes = [1, 1, 3, 3, 3][nextInt(random, 0, 5)]!;
  return { ...NAMED_CLUSTERS.small, name: 'fuzz', controlPlanes, workers: nextInt(random, 1, 4) };
}

/** About two thirds of them, at least one. */
function some<T>(random: RandomStream, all: readonly T[]): T[] {
  const chosen = all.filter(() => nextFloat(random) < 0.67);
  return chosen.length > 0 ? chosen : [...all];
}

/** Breaks, mends and works at random; in the end everything is mended. */
function storm(run: Run, seconds: number): void {
  const { world, random, violations } = run;
  const end = world.now + seconds * SECOND;
  while (world.now < end && violations.length === 0) {
    act(run);
    watched(run, world.now + nextInt(random, 50_000, run.pauseUs));
    note(run, checkMoment(run.laws, world.kernel.state));
  }
  for (const fault of run.broken.splice(0)) heal(run, fault);
  run.tell('all is healed');
}

function act(run: Run): void {
  const { world, random, broken, reached, tell } = run;
  const dice = nextFloat(random);
  if (dice < 0.5) {
    const kind = run.works[nextInt(random, 0, run.works.length)]!;
    const done = randomWork(world, random, kind);
    if (done === undefined) return;
    reached.add(`work ${kind}`);
    tell(done);
  } else if (dice < 0.8 || broken.length === 0) {
    const fault = randomFault(world, random, run.faults[nextInt(random, 0, run.faults.length)]!);
    if (fault === undefined || !world.inject({ type: 'fault', fault, heal: false }).ok) return;
    reached.add(`fault ${fault.kind}`);
    broken.push(fault);
    tell(describeFault(fault));
  } else {
    heal(run, broken.splice(nextInt(random, 0, broken.length), 1)[0]!);
  }
}

function heal({ world, tell }: Run, fault: Fault): void {
  world.inject({ type: 'fault', fault, heal: true });
  tell(`heal ${describeFault(fault)}`);
  // Whoever has read a wrong kubeconfig or authority keeps it in mind: as after a renewal, these are to be restarted.
  if (!('path' in fault) || !READ_ONCE.test(fault.path)) return;
  for (const name of ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'etcd', 'kubelet'])
    world.inject({ type: 'signal', process: `${fault.host}/${name}`, signal: 'SIGKILL' });
}

/** Files that are read only when a process starts. */
const READ_ONCE = /\.conf$|\/ca\.(crt|key)$|front-proxy|\/sa\.|kubelet-client-current/;

/** Runs the world and asks the laws after every row that a member of etcd has run. */
function watched(run: Run, until: number): void {
  const { world, laws } = run;
  let rows = 0;
  world.runUntil(until, () => {
    const { trace } = world.kernel;
    const newest = trace.rows[(trace.next + trace.rows.length - 1) % trace.rows.length];
    if (newest?.row.to.endsWith('etcd') !== true && (++rows & 15) !== 0) return false;
    const found = checkStep(laws, world.kernel);
    note(run, found);
    return found.length > 0;
  });
}

function note({ violations, world }: Run, found: readonly Violation[]): void {
  for (const { law, detail } of found) {
    if (!violations.some((known) => known.law === law)) violations.push({ law, detail, at: world.now });
  }
}

/** Until the quiet laws hold and nobody writes any more (heartbeats and events apart); else what is still wrong. */
function settle(run: Run, seconds: number): string[] {
  const { world, violations } = run;
  const end = world.now + seconds * SECOND;
  let wrong: string[] = [];
  let written = -1;
  let stillSince = world.now;
  while (world.now < end && violations.length === 0) {
    watched(run, world.now + 10 * SECOND);
    const newest = lastWrite(world);
    if (newest !== written) stillSince = world.now;
    written = newest;
    note(run, checkMoment(run.laws, world.kernel.state));
    wrong = missingNodes(world);
    if (wrong.length > 0) continue;
    wrong = checkQuiet(world.kernel).map(({ law, detail }) => `${law}: ${detail}`);
    if (wrong.length > 0) continue;
    if (world.now - stillSince >= STILL_SECONDS * SECOND) return [];
    wrong = ['the cluster keeps writing although nothing happens'];
  }
  return wrong;
}

/** Key of the newest change that is neither a heartbeat nor an event nor an API server's own lease. */
function lastWrite(world: World): number {
  const store = truth(world.kernel.state);
  if (store === undefined) return 0;
  for (let i = store.log.length - 1; i >= 0; i--) {
    const { key, modRevision } = store.log[i]!;
    if (!/^\/registry\/(leases|events|masterleases|minions)\//.test(key)) return modRevision;
  }
  return 0;
}

function missingNodes({ kernel, spec }: World): string[] {
  const missing = spec.controlPlanes + spec.workers - objectsOf(kernel.state, 'nodes').length;
  return missing > 0 ? [`L1: ${missing} nodes are not there`] : [];
}

/** Processes that are busy although nothing happens. */
function hotLoops({ kernel, now }: World): string[] {
  const from = now - STILL_SECONDS * SECOND;
  const counts = new Map<string, number>();
  for (const { row } of kernel.trace.rows) if (row.at > from) counts.set(row.to, (counts.get(row.to) ?? 0) + 1);
  return [...counts]
    .filter(([process, count]) => process !== '' && count > MAX_IDLE_ROWS * STILL_SECONDS)
    .map(([process, count]) => `L6: ${process} was told ${count} things in ${STILL_SECONDS} s of rest`);
}

/** K15 from end to end: every Service with ready endpoints is reached from every machine of the cluster. */
function deadServices(world: World): string[] {
  const { state } = world.kernel;
  const slices = objectsOf(state, 'endpointslices') as EndpointSlice[];
  const machines = (objectsOf(state, 'nodes') as Node[]).map(({ metadata }) => metadata.name);
  return (objectsOf(state, 'services') as Service[]).flatMap(({ metadata, spec }) => {
    const isReady = slices.some(
      (slice) =>
        slice.metadata.namespace === metadata.namespace &&
        slice.metadata.labels?.['kubernetes.io/service-name'] === metadata.name &&
        slice.endpoints?.some(({ conditions }) => conditions?.ready === true),
    );
    const port = spec.ports?.[0];
    if (!isReady || port === undefined || spec.clusterIP === undefined || spec.clusterIP === 'None') return [];
    return machines.flatMap((host) => {
      const protocol = port.protocol === 'UDP' ? 'udp' : 'tcp';
      const result = world.inject({ type: 'packet', host, to: spec.clusterIP ?? '', port: port.port, protocol });
      if (result.ok && result.route?.outcome === 'delivered') return [];
      return [`K15: ${metadata.namespace}/${metadata.name} is not reached from ${host}`];
    });
  });
}

/** The same seed, spec and inputs live the same life, from the beginning and from a keyframe in the middle. */
function replay({ world, random, violations }: Run): void {
  const session = world.save();
  const again = replaySession(session);
  const differ = (what: string) => violations.push({ law: 'D', at: world.now, detail: `${what} lived another life` });
  if (again.hashChain() !== world.hashChain() || again.hashState() !== world.hashState()) differ('the same session');
  const middle = nextInt(random, 1, world.now);
  const fork = world.fork(middle);
  const fresh = replaySession(session, middle);
  for (const copy of [fork, fresh]) copy.advance(20 * SECOND);
  if (fork.hashChain() !== fresh.hashChain() || storeHash(fork) !== storeHash(fresh)) differ(`a fork at ${middle}`);
}

function storeHash({ kernel }: World): number | undefined {
  return truth(kernel.state)?.hash;
}
