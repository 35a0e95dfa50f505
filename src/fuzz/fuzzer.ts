/**
 * Random clusters, random work, random faults; the laws are asked after every step. In the end everything is healed and the cluster must
 * come to rest in a state where the quiet laws hold. A seed is all it takes to see a run again.
 */
import { checkQuiet, checkStep, checkUnique, createLaws, type Laws, type Violation } from '../sim/invariants.ts';
import type { Program } from '../sim/kernel/kernel.ts';
import { nextFloat, nextInt, type RandomStream, randomStream } from '../sim/kernel/random.ts';
import { objectsOf, truth } from '../sim/observe.ts';
import { type ClusterSpec, createWorld, describeFault, type Fault, NAMED_CLUSTERS, type World } from '../sim/world.ts';
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
  readonly tell: (line: string) => void;
}

const SECOND = 1_000_000;
const STORM_SECONDS = 120;
const BOOT_SECONDS = 180;
const PATIENCE_SECONDS = 900;
/** So long nobody may write before we believe that nothing moves any more. */
const STILL_SECONDS = 40;

export function fuzzSeed(seed: number, options: FuzzOptions = {}): SeedResult {
  const run = begin(seed, options);
  const { world, violations } = run;
  options.look?.(world);
  let notConverged = settle(run, BOOT_SECONDS).map((text) => `after the start: ${text}`);
  if (notConverged.length === 0 && violations.length === 0) {
    storm(run, options.stormSeconds ?? STORM_SECONDS);
    if (violations.length === 0) notConverged = settle(run, PATIENCE_SECONDS);
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
    watched(run, world.now + nextInt(random, 50_000, 6 * SECOND));
    note(run, checkUnique(world.kernel.state));
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
}

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
    wrong = notReady(world);
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

function notReady(world: World): string[] {
  const nodes = objectsOf(world.kernel.state, 'nodes');
  const { controlPlanes, workers } = world.spec;
  const missing = controlPlanes + workers - nodes.length;
  return [
    ...nodes.filter((node) => !isReady(node)).map(({ metadata }) => `node ${metadata.name} is not Ready`),
    ...(missing > 0 ? [`${missing} nodes are not there`] : []),
  ];
}

function isReady(node: { readonly [field: string]: unknown }): boolean {
  const status = node['status'] as { conditions?: { type: string; status: string }[] } | undefined;
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
}
