/**
 * Random clusters, random work, random faults; the laws are asked after every step. In the end everything is healed and the cluster must
 * come to rest in a state where the quiet laws hold. A seed is all it takes to see a run again.
 */
import { asAdmin } from '../lessons/goals.ts';
import { bootUntilReady } from '../lessons/prepare.ts';
import { createGateway, type Gateway } from '../shell/gateway.ts';
import { checkQuiet, checkStep, checkUnique, createLaws, type Laws, type Violation } from '../sim/invariants.ts';
import { nextFloat, nextInt, type RandomStream, randomStream } from '../sim/kernel/random.ts';
import { newestFirst } from '../sim/kernel/trace.ts';
import { objectsOf, truth } from '../sim/observe.ts';
import { type ClusterSpec, createWorld, describeFault, NAMED_CLUSTERS, type World } from '../sim/world.ts';
import { type Breakage, randomFault } from './random-fault.ts';
import { randomWork } from './random-work.ts';

export interface SeedResult {
  readonly seed: number;
  readonly events: number;
  readonly simulatedSeconds: number;
  readonly violations: readonly {
    readonly seed: number;
    readonly law: string;
    readonly at: number;
    readonly detail: string;
    readonly repro: string;
  }[];
  /** Laws of the quiet that still did not hold when the patience ended. */
  readonly notConverged: readonly string[];
  /** Kinds of faults and of work that were reached. */
  readonly reached: readonly string[];
}

const SECOND = 1_000_000;
const STORM_SECONDS = 90;
const PATIENCE_SECONDS = 900;
const MAX_VIOLATIONS = 5;

export async function fuzzSeed(seed: number): Promise<SeedResult> {
  const random = randomStream(seed, 'fuzz');
  const world = createWorld(randomSpec(random), seed);
  const gateway = createGateway(world);
  const laws = createLaws();
  const reached = new Set<string>();
  const violations: { law: string; at: number; detail: string }[] = [];
  const note = (found: readonly Violation[]) => {
    for (const { law, detail } of found) {
      if (violations.length < MAX_VIOLATIONS && !violations.some((known) => known.law === law))
        violations.push({ law, detail, at: world.now });
    }
  };
  await bootUntilReady(world);
  const watched = (until: number) => runWatched(world, laws, until, note);
  watched(world.now);

  const broken: Breakage[] = [];
  const end = world.now + STORM_SECONDS * SECOND;
  while (world.now < end && violations.length === 0) {
    await act(gateway, random, broken, reached);
    watched(world.now + nextInt(random, 200_000, 8 * SECOND));
    note(checkUnique(world.kernel.state));
  }
  for (const { heal } of broken.splice(0)) heal();
  const notConverged = violations.length > 0 ? [] : await settle(world, watched);
  const repro = `k8s-descompuesto fuzz --seeds ${seed}..${seed}`;
  return {
    seed,
    events: world.kernel.state.steps,
    simulatedSeconds: Math.round(world.now / SECOND),
    violations: violations.map((violation) => ({ seed, ...violation, repro })),
    notConverged,
    reached: [...reached].sort(),
  };
}

function randomSpec(random: RandomStream): ClusterSpec {
  const controlPlanes = [1, 1, 3, 3, 3][nextInt(random, 0, 5)]!;
  return { ...NAMED_CLUSTERS.small, name: 'fuzz', controlPlanes, workers: nextInt(random, 1, 4) };
}

async function act(gateway: Gateway, random: RandomStream, broken: Breakage[], reached: Set<string>): Promise<void> {
  const dice = nextFloat(random);
  if (dice < 0.45) {
    reached.add(`work ${await randomWork(gateway, random, asAdmin)}`);
  } else if (dice < 0.8 || broken.length === 0) {
    const fault = randomFault(gateway.world, random);
    const result = gateway.inject({ type: 'fault', fault, heal: false });
    if (!result.ok) return;
    reached.add(`fault ${fault.kind}`);
    broken.push({ name: describeFault(fault), heal: () => gateway.inject({ type: 'fault', fault, heal: true }) });
  } else {
    broken.splice(nextInt(random, 0, broken.length), 1)[0]?.heal();
  }
}

/** Runs the world and asks the laws after every row that a member of etcd has run. */
function runWatched(world: World, laws: Laws, until: number, note: (found: readonly Violation[]) => void): void {
  let rows = 0;
  let stop = false;
  world.runUntil(until, () => {
    const newest = newestFirst(world.kernel.trace).next().value;
    rows++;
    if (newest?.row.to.endsWith('/etcd') !== true && (rows & 15) !== 0) return stop;
    const found = checkStep(laws, world.kernel);
    if (found.length > 0) {
      note(found);
      stop = true;
    }
    return stop;
  });
}

/** Until the quiet laws hold and nobody writes any more (heartbeats and events apart); else what is still wrong. */
async function settle(world: World, watched: (until: number) => void): Promise<string[]> {
  const end = world.now + PATIENCE_SECONDS * SECOND;
  let wrong: string[] = [];
  while (world.now < end) {
    const before = lastWrite(world);
    watched(world.now + 20 * SECOND);
    const isStill = lastWrite(world) === before;
    wrong = checkQuiet(world.kernel).map(({ law, detail }) => `${law}: ${detail}`);
    const nodes = objectsOf(world.kernel.state, 'nodes')
      .filter((node) => !isReady(node))
      .map(({ metadata }) => `node ${metadata.name} is not Ready`);
    wrong.push(...nodes);
    if (wrong.length === 0 && isStill) return [];
    if (wrong.length === 0) wrong = ['the cluster keeps writing although nothing happens'];
    await Promise.resolve();
  }
  return wrong;
}

/** Revision of the newest change that is neither a heartbeat nor an event nor an API server's own lease. */
function lastWrite(world: World): number {
  const store = truth(world.kernel.state);
  if (store === undefined) return 0;
  for (let i = store.log.length - 1; i >= 0; i--) {
    const { key, modRevision } = store.log[i]!;
    if (!/^\/registry\/(leases|events|masterleases|minions)\//.test(key)) return modRevision;
  }
  return 0;
}

function isReady(node: { readonly [field: string]: unknown }): boolean {
  const status = node['status'] as { conditions?: { type: string; status: string }[] } | undefined;
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true;
}
