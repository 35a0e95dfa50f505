import { describe, expect, it } from 'vitest';
import { objectNamed } from '../../src/sim/observe.ts';
import { createWorld, type Fault, NAMED_CLUSTERS } from '../../src/sim/world.ts';

const SECOND = 1_000_000;
const MANIFEST = '/etc/kubernetes/manifests/kube-scheduler.yaml';

describe('faults and their inverses', () => {
  const world = createWorld(NAMED_CLUSTERS.single, 5);
  world.advance(30 * SECOND);
  const apply = (fault: Fault, heal: boolean) => {
    const result = world.inject({ type: 'fault', fault, heal });
    world.advance(2 * SECOND);
    return result;
  };
  const file = () => world.kernel.state.hosts.get('cp-1')?.files.get(MANIFEST)?.content;
  const unschedulable = () =>
    (objectNamed(world.kernel.state, 'node/node-1')?.['spec'] as { unschedulable?: boolean } | undefined)
      ?.unschedulable;

  it('edit-object changes an object through the API and puts back what stood there', () => {
    const fault: Fault = { kind: 'edit-object', target: 'node/node-1', patch: '{"spec":{"unschedulable":true}}' };
    expect(apply(fault, false)).toEqual({ ok: true });
    expect(unschedulable()).toBe(true);
    apply(fault, true);
    expect(unschedulable()).toBeUndefined();
  });

  it('edit-file and remove-file give the file back as it was', () => {
    const before = file();
    const edit: Fault = { kind: 'edit-file', host: 'cp-1', path: MANIFEST, find: 'kind: Pod', replace: 'kind: Pdo' };
    apply(edit, false);
    expect(file()).toContain('kind: Pdo');
    apply(edit, true);
    expect(file()).toBe(before);
    const remove: Fault = { kind: 'remove-file', host: 'cp-1', path: MANIFEST };
    apply(remove, false);
    expect(file()).toBeUndefined();
    apply(remove, true);
    expect(file()).toBe(before);
  });

  it('says in one sentence what it cannot do', () => {
    const say = (fault: Fault) => apply(fault, false);
    expect(say({ kind: 'edit-object', target: 'node/nobody', patch: '{}' })).toMatchObject({
      ok: false,
      error: expect.stringContaining('there is no object'),
    });
    expect(say({ kind: 'edit-object', target: 'node/node-1', patch: '[' })).toMatchObject({ ok: false });
    expect(say({ kind: 'power', host: 'node-9' })).toEqual({ ok: false, error: 'no machine is called node-9' });
    expect(say({ kind: 'kill', process: 'cp-1/nothing' })).toEqual({
      ok: false,
      error: 'no process cp-1/nothing is running',
    });
  });
});
