/** From a lesson to the moment at which the learner enters: the cluster has booted, the manifests are in, what breaks has broken. */
import { createGateway, type Gateway } from '../shell/gateway.ts';
import { createShell, type Shell, type ShellOptions } from '../shell/shell.ts';
import { objectsOf } from '../sim/observe.ts';
import { createWorld, NAMED_CLUSTERS, parseClusterSpec, type World } from '../sim/world.ts';
import { look } from './goals.ts';
import type { Lesson } from './lesson.ts';

export interface Prepared {
  readonly world: World;
  readonly gateway: Gateway;
  readonly shell: Shell;
}

const SECOND = 1_000_000;
const PIECE_US = 250_000;
/** A cluster that is not ready by then never will be. */
const BOOT_LIMIT_SECONDS = 300;

/** Boots the lesson's cluster with this seed, in virtual time as it comes. */
export async function prepare(lesson: Lesson, seed = lesson.world.seed, options: ShellOptions = {}): Promise<Prepared> {
  const { cluster } = lesson.world;
  const parsed = parseClusterSpec(cluster);
  const world = createWorld(parsed.ok ? parsed.spec : NAMED_CLUSTERS.small, seed);
  await bootUntilReady(world);
  const prepared = enter(world, options);
  const { gateway, shell } = prepared;
  for (const [name, text] of Object.entries(lesson.world.files)) {
    gateway.inject({ type: 'write-file', host: 'laptop', path: `/root/${name}`, content: text });
  }
  for (const { name, text } of lesson.world.manifests) {
    gateway.inject({ type: 'write-file', host: 'laptop', path: `/root/${name}`, content: text });
    const { exitCode, stderr } = await shell.runScript(`kubectl apply -f /root/${name}`);
    if (exitCode !== 0) throw new Error(`${lesson.id}: ${name} cannot be applied: ${stderr.trim()}`);
  }
  await pass(world, lesson.world.settleSeconds * SECOND);
  const from = world.now;
  for (const { atSeconds, fault, run } of lesson.world.timeline) {
    const at = from + atSeconds * SECOND;
    if (at > world.now) await pass(world, at - world.now);
    if (fault !== undefined) {
      const result = gateway.inject({ type: 'fault', fault, heal: false });
      if (!result.ok) throw new Error(`${lesson.id}: the fault ${fault.kind} cannot be injected: ${result.error}`);
    }
    if (run !== undefined) await shell.runScript(run);
  }
  await pass(world, lesson.world.settleSeconds * SECOND);
  shell.forgetHistory();
  return prepared;
}

/** A shell and a gateway for a world that is ready. */
export function enter(world: World, options: ShellOptions = {}): Prepared {
  const gateway = createGateway(world);
  return { world, gateway, shell: createShell(gateway, options) };
}

/** Lets virtual time pass in pieces, so that a screen goes on living meanwhile. */
async function pass(world: World, us: number): Promise<void> {
  const end = world.now + us;
  while (world.now < end) {
    world.advance(Math.min(PIECE_US, end - world.now));
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** Lets the cluster boot until every node is Ready and CoreDNS answers. */
export async function bootUntilReady(world: World): Promise<void> {
  const nodes = world.spec.controlPlanes + world.spec.workers;
  const dns = world.spec.addons.coredns === false ? 0 : world.spec.addons.coredns.replicas;
  for (let second = 0; second < BOOT_LIMIT_SECONDS; second++) {
    await pass(world, SECOND);
    if (!look(world, { kind: 'nodesReady', count: nodes }).met) continue;
    if (look(world, { kind: 'podsReady', namespace: 'kube-system', selector: 'k8s-app=kube-dns', count: dns }).met)
      return;
  }
  const ready = objectsOf(world.kernel.state, 'nodes').length;
  throw new Error(
    `the cluster ${world.spec.name} did not come up within ${BOOT_LIMIT_SECONDS} s (${ready} nodes; seed ${world.seed})`,
  );
}
