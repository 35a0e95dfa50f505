import { describe, expect, it } from 'vitest';
import { objectsOf } from '../../src/sim/observe.ts';
import { createWorld, NAMED_CLUSTERS } from '../../src/sim/world.ts';

const SECOND = 1_000_000;

describe('going back in time', () => {
  it('lives the same again, and another life after another input', () => {
    const world = createWorld(NAMED_CLUSTERS.small, 3);
    world.advance(150 * SECOND);
    const before = world.hashState();
    world.inject({ type: 'fault', fault: { kind: 'power', host: 'node-2' }, heal: false });
    world.advance(120 * SECOND);
    const after = world.hashState();
    const ready = () =>
      objectsOf(world.kernel.state, 'nodes').map((node) =>
        JSON.stringify(node['status']).includes('NodeStatusUnknown'),
      );
    expect(ready()).toContain(true);

    world.rewind(150 * SECOND);
    expect(world.hashState()).toBe(before);
    expect(world.inputs).toEqual([]);
    expect(ready()).not.toContain(true);

    world.inject({ type: 'fault', fault: { kind: 'power', host: 'node-2' }, heal: false });
    world.advance(120 * SECOND);
    expect(world.hashState()).toBe(after);
  });

  it('forks: both lives go on, neither knows of the other', () => {
    const world = createWorld(NAMED_CLUSTERS.single, 4);
    world.advance(90 * SECOND);
    const fork = world.fork();
    fork.inject({ type: 'fault', fault: { kind: 'power', host: 'node-1' }, heal: false });
    fork.advance(60 * SECOND);
    const twin = world.fork(60 * SECOND);
    twin.advance(90 * SECOND);
    world.advance(60 * SECOND);
    expect(twin.hashState()).toBe(world.hashState());
    expect(fork.hashState()).not.toBe(world.hashState());
  });
});
