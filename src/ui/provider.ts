/** The real cluster behind the screens: a world, its clock in step with the learner's, and a shell on its laptop. */
import { createGateway, type Gateway } from '../shell/gateway.ts';
import { objectsOf } from '../sim/observe.ts';
import { traceRowsOf, wordsFor } from '../sim/trace-words.ts';
import type { World } from '../sim/world.ts';
import { clusterViewOf } from './cluster-view.ts';
import type { ClusterProvider, ClusterView, ShellSession } from './view.ts';
import { xrayViewOf } from './xray-view.ts';

/** A command that waits for something runs so far ahead at once: an ordinary one is answered long before. */
const freeUs = 2_000_000;
/** A clock that stands still must not hang a command that waits. */
const slowestWaitingSpeed = 1;
/** A step goes to the next thing worth showing, but in a quiet cluster no farther than this. */
const longestStepUs = 1_000_000;
/** A moment to go back to is kept when so much has passed, virtually and really. */
const keepEveryUs = 5_000_000;
const keepEveryMs = 1_500;
/** Nobody has much to press while the cluster comes up: it may take more of the time than later. */
const bootingShare = 2;
/** A cluster that is not up by then never will be. */
const bootLimitUs = 300_000_000;

export interface WorldProviderOptions {
  readonly world: World;
  /** Made by `prepare` together with a shell; else one is made here. */
  readonly gateway?: Gateway | undefined;
  /** Loaded only when somebody types. */
  readonly openShell: (gateway: Gateway) => ShellSession;
  readonly speed: number;
  /** Before this moment there is nothing to go back to. */
  readonly earliestUs: number;
}

export interface WorldProvider extends ClusterProvider {
  readonly world: World;
  readonly gateway: Gateway;
}

export function createWorldProvider(options: WorldProviderOptions): WorldProvider {
  const { world } = options;
  const gateway = options.gateway ?? createGateway(world);
  let speed = options.speed;
  let isPaused = false;
  let changes = 0;
  let shell: ShellSession | undefined;
  let running = 0;
  let cached: { readonly steps: number; readonly view: ClusterView } | undefined;
  /** Where the virtual clock should be by now; the world may lag behind it when it is busy. */
  let targetUs = world.now;

  gateway.pace = {
    limit: (from) => Math.max(from + freeUs, targetUs),
    turn: () => new Promise((resolve) => setTimeout(resolve, 15)),
  };

  let hasBooted = false;
  let keptAtUs = 0;
  let keptAtMs = performance.now();
  /** Going back must not take long enough to be felt: not too much may have to be run again. */
  const keepMoment = () => {
    if (world.now - keptAtUs < keepEveryUs || performance.now() - keptAtMs < keepEveryMs) return;
    world.keyframe();
    keptAtUs = world.now;
    keptAtMs = performance.now();
  };
  const isBooting = () => {
    hasBooted ||= world.now >= bootLimitUs || allNodesReady(world);
    return !hasBooted;
  };

  return {
    world,
    gateway,
    get revision() {
      return world.kernel.state.steps + changes;
    },
    get repro() {
      const { spec, seed, now, inputs } = world;
      return `cluster ${spec.name}, seed ${seed}, at ${now} µs, inputs ${JSON.stringify(inputs.slice(-20))}`;
    },
    cluster() {
      const { steps } = world.kernel.state;
      if (cached?.steps !== steps) cached = { steps, view: clusterViewOf(world) };
      return cached.view;
    },
    trace: (count) => traceRowsOf(world, count),
    clock: () => ({ atUs: world.now, isPaused, speed, earliestUs: options.earliestUs }),
    xray: (partId) => xrayViewOf(world, partId),
    shell() {
      if (!shell) {
        const opened = options.openShell(gateway);
        shell = {
          ...opened,
          async run(line, write, signal) {
            running++;
            try {
              return await opened.run(line, write, signal);
            } finally {
              running--;
              targetUs = Math.max(targetUs, world.now);
            }
          },
        };
      }
      return shell;
    },
    pass(elapsedMs, budgetMs) {
      const start = performance.now();
      const end = start + budgetMs;
      // A cluster that is still coming up is shown doing so, as fast as it goes.
      if (isBooting() && !isPaused) {
        runFor(world, Number.MAX_SAFE_INTEGER, start + budgetMs * bootingShare, () => world.now - targetUs > 1_000_000);
        targetUs = world.now;
        return;
      }
      const rate = isPaused ? (running > 0 ? slowestWaitingSpeed : 0) : speed;
      // A busy cluster falls behind rather than making the screen wait.
      targetUs = Math.min(targetUs + elapsedMs * 1_000 * rate, world.now + 1_000_000 * Math.max(1, rate));
      if (running > 0 || targetUs <= world.now) return;
      runFor(world, Math.floor(targetUs), end, () => false);
      keepMoment();
      changes++;
    },
    setPaused(paused) {
      isPaused = paused;
      targetUs = world.now;
      changes++;
    },
    setSpeed(next) {
      speed = next;
      targetUs = world.now;
      changes++;
    },
    step() {
      isPaused = true;
      const before = world.now;
      const latest = before + longestStepUs;
      while ((world.kernel.nextAt() ?? Number.POSITIVE_INFINITY) <= latest && world.step()) {
        const { rows, next, capacity } = world.kernel.trace;
        const newest = rows[rows.length < capacity ? rows.length - 1 : (next - 1 + rows.length) % rows.length];
        if (newest && wordsFor(newest, world.kernel.state)) break;
      }
      if (world.now === before) world.advance(longestStepUs);
      targetUs = world.now;
      changes++;
    },
    rewind(byUs) {
      isPaused = true;
      world.rewind(Math.max(options.earliestUs, world.now - byUs));
      targetUs = world.now;
      keptAtUs = world.now;
      cached = undefined;
      changes += 1_000_000;
    },
  };
}

function runFor(world: World, until: number, endMs: number, isEnough: () => boolean): void {
  world.runUntil(until, () => performance.now() > endMs || isEnough());
}

function allNodesReady(world: World): boolean {
  const { state } = world.kernel;
  const wanted = world.spec.controlPlanes + world.spec.workers;
  const nodes = objectsOf(state, 'nodes');
  return nodes.length >= wanted && nodes.every(isReady);
}

function isReady(node: { readonly [field: string]: unknown }): boolean {
  const { status } = node;
  if (typeof status !== 'object' || status === null || !('conditions' in status) || !Array.isArray(status.conditions))
    return false;
  return status.conditions.some(
    (condition: { type?: string; status?: string }) => condition.type === 'Ready' && condition.status === 'True',
  );
}
