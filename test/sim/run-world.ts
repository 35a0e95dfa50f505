/** Run as a program: lives a stormy two minutes of a cluster and prints the hashes of what came of it. */
import { createWorld, NAMED_CLUSTERS, replaySession } from '../../src/sim/world.ts';

const SECOND = 1_000_000;
const seed = Number(process.argv[2] ?? 1);
const world = createWorld(NAMED_CLUSTERS.ha, seed);
world.advance(40 * SECOND);
world.inject({ type: 'fault', fault: { kind: 'power', host: 'cp-2' }, heal: false });
world.advance(20 * SECOND);
world.inject({ type: 'fault', fault: { kind: 'loss', from: 'cp-1', to: 'cp-3', share: 0.3 }, heal: false });
world.advance(30 * SECOND);
world.inject({ type: 'fault', fault: { kind: 'power', host: 'cp-2' }, heal: true });
world.advance(30 * SECOND);
const again = replaySession(JSON.parse(JSON.stringify(world.save())));
process.stdout.write(
  `${JSON.stringify({ chain: world.hashChain(), state: world.hashState(), replayed: again.hashState() })}\n`,
);
