/** What the simulated cluster costs. */
import { bootUntilReady, enter } from '../../lessons/prepare.ts';
import { objectsOf } from '../../sim/observe.ts';
import { type ClusterSpec, createWorld, NAMED_CLUSTERS, type World } from '../../sim/world.ts';
import { type Benchmark, cpuMs, type Measured, median } from './benchmark.ts';

const idleSeconds = 600;
const bootRounds = 5;
const bootGoalMs = 150;
const idleGoal = 1_000;
const manyPods = 1_000;
const fewPods = 100;
const deployGoalMs = 5_000;

export const haBoot: Benchmark = {
  name: 'ha-boot',
  about:
    'CPU time to bring up three control planes and three nodes, from nothing to all Ready; every lesson with that cluster starts so',
  unit: 'ms',
  async measure() {
    const times: number[] = [];
    for (let seed = 1; seed <= bootRounds; seed++)
      times.push(await cpuMs(() => bootUntilReady(createWorld(NAMED_CLUSTERS.ha, seed))));
    const value = median(times);
    return { value, goal: `≤ ${bootGoalMs} ms`, ok: value <= bootGoalMs };
  },
};

export const haIdle: Benchmark = {
  name: 'ha-idle',
  about:
    'how many times faster than real time an idle ha cluster runs on one core; rewind, replay and proofs are made of this',
  unit: '× real time',
  async measure() {
    const world = createWorld(NAMED_CLUSTERS.ha, 1);
    await bootUntilReady(world);
    const spent = await cpuMs(() => world.advance(idleSeconds * 1_000_000));
    const value = (idleSeconds * 1_000) / spent;
    return { value, goal: `≥ ${idleGoal} ×`, ok: value >= idleGoal };
  },
};

export const deployManyPods: Benchmark = {
  name: 'deploy-1000-pods',
  about:
    'CPU time until a Deployment of 1,000 pods runs on 100 nodes, and what a pod costs compared with one of 100 pods',
  unit: 'ms',
  async measure(): Promise<Measured> {
    const few = await deployMs(fewPods);
    const value = await deployMs(manyPods);
    const costRatio = value / manyPods / (few / fewPods);
    const ok = value <= deployGoalMs && costRatio <= 2;
    return {
      value,
      peer: { name: `the same with ${fewPods} pods`, value: few },
      goal: `≤ ${deployGoalMs} ms, a pod costs ≤ 2 × (here ${costRatio.toFixed(1)} ×)`,
      ok,
    };
  },
};

async function deployMs(pods: number): Promise<number> {
  const spec: ClusterSpec = { ...NAMED_CLUSTERS.big, name: 'bench' };
  const world = createWorld(spec, 1);
  await bootUntilReady(world);
  const { shell } = enter(world);
  await shell.warmUp();
  return cpuMs(async () => {
    await shell.runScript(`kubectl create deployment web --image=nginx:1.27 --replicas=${pods}`);
    for (let second = 0; second < 600 && runningPods(world) < pods; second++) world.advance(1_000_000);
    if (runningPods(world) < pods)
      throw new Error(`only ${runningPods(world)} of ${pods} pods run after ten simulated minutes`);
  });
}

function runningPods(world: World): number {
  return objectsOf(world.kernel.state, 'pods', 'default').filter(
    (pod) => (pod['status'] as { phase?: string } | undefined)?.phase === 'Running',
  ).length;
}
