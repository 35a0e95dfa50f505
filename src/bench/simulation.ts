/** Benchmarks of the simulation itself. */
import { fuzzSeed } from '../fuzz/fuzzer.ts';
import { asAdmin, look } from '../lessons/goals.ts';
import { bootUntilReady } from '../lessons/prepare.ts';
import { createGateway } from '../shell/gateway.ts';
import { createWorld, NAMED_CLUSTERS, type World } from '../sim/world.ts';
import { atLeast, atMost, type Benchmark, cpuMs, median } from './benchmark.ts';

const SECOND = 1_000_000;

const bootHa: Benchmark = {
  name: 'boot-ha',
  what: 'CPU time from an empty world until all six nodes of the cluster `ha` are Ready: what a learner waits for at most.',
  async run() {
    const times: number[] = [];
    for (let seed = 1; seed <= 7; seed++) {
      times.push(
        await cpuMs(() => {
          const world = createWorld(NAMED_CLUSTERS.ha, seed);
          while (!look(world, { kind: 'nodesReady', count: 6 }).met) world.advance(SECOND / 2);
        }),
      );
    }
    return atMost('boot-ha', median(times), 'ms CPU', 150);
  },
};

const idleHa: Benchmark = {
  name: 'idle-ha',
  what: 'Simulated seconds of an idle cluster `ha` for one second of CPU: heartbeats, leases and probes are all that happens.',
  async run() {
    const world = createWorld(NAMED_CLUSTERS.ha, 1);
    await bootUntilReady(world);
    world.advance(60 * SECOND);
    const rates: number[] = [];
    for (let i = 0; i < 5; i++) {
      const ms = await cpuMs(() => world.advance(300 * SECOND));
      rates.push(300_000 / ms);
    }
    return atLeast('idle-ha', median(rates), '× real time', 1_000);
  },
};

async function deployPods(pods: number): Promise<number> {
  const world = createWorld(NAMED_CLUSTERS.big, 1);
  await bootUntilReady(world);
  return cpuMs(() => runDeployment(world, pods));
}

async function runDeployment(world: World, pods: number): Promise<void> {
  const labels = { app: 'bench' };
  const container = { name: 'web', image: 'nginx:1.27', resources: { requests: { cpu: '10m', memory: '16Mi' } } };
  const spec = {
    replicas: pods,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [container] } },
  };
  const body = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'bench' }, spec };
  const answer = await asAdmin(createGateway(world), {
    method: 'POST',
    path: '/apis/apps/v1/namespaces/default/deployments',
    body,
  });
  if (answer?.status !== 201) throw new Error('the Deployment was not accepted');
  const goal = { kind: 'podsReady', namespace: 'default', selector: 'app=bench', count: pods } as const;
  for (let second = 0; second < 600 && !look(world, goal).met; second += 2) world.advance(2 * SECOND);
}

const deploy1000: Benchmark = {
  name: 'deploy-1000',
  what: 'CPU time until a Deployment of 1,000 pods runs on the 100 nodes of the cluster `big`.',
  run: async () => atMost('deploy-1000', (await deployPods(1_000)) / 1_000, 's CPU', 5),
};

const deployScaling: Benchmark = {
  name: 'deploy-scaling',
  what: 'Cost of a pod in a Deployment of 1,000 over that in one of 100: how the cost of an event grows with the cluster.',
  async run() {
    const small = (await deployPods(100)) / 100;
    const large = (await deployPods(1_000)) / 1_000;
    const result = atMost('deploy-scaling', large / small, '×', 2);
    return { ...result, peer: { name: 'ms a pod at 100 pods', value: small }, ratio: result.value };
  },
};

const fuzzRate: Benchmark = {
  name: 'fuzz-rate',
  what: 'Seeds of the fuzzer in a minute of CPU, with every law on.',
  async run() {
    const seeds = 8;
    const ms = await cpuMs(async () => {
      for (let seed = 1; seed <= seeds; seed++) await fuzzSeed(seed);
    });
    return atLeast('fuzz-rate', (seeds * 60_000) / ms, 'seeds/min', 20);
  },
};

export const simulationBenchmarks: readonly Benchmark[] = [bootHa, idleHa, deploy1000, deployScaling, fuzzRate];
