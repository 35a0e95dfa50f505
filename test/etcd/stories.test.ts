import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { newestFirst } from '../../src/sim/kernel/trace.ts';
import { EtcdWorld } from './etcd-world.ts';

const file = fileURLToPath(new URL('stories.txt', import.meta.url));

/** What the trace tells a person since the last time: changes of state, and the notes of the machines. */
class Story {
  text = '';
  private readonly seen = new Set<number>();

  constructor(readonly world: EtcdWorld) {}

  tell(command: string, action: () => void): void {
    action();
    const lines: string[] = [];
    for (const { row, before, after, notes } of newestFirst(this.world.kernel.trace)) {
      if (this.seen.has(row.seq)) break;
      const who = `${(row.at / 1e6).toFixed(3)}s  ${row.to === '' ? String(row.event['process'] ?? '') : row.to}`;
      const what = [...(before === after ? [] : [`${before === '' ? '' : `${before} → `}${after}`]), ...notes];
      for (const line of what.reverse()) lines.push(`${who}  ${line}`);
    }
    for (const { row } of newestFirst(this.world.kernel.trace)) this.seen.add(row.seq);
    this.text += `${command}\n----\n${lines.reverse().join('\n')}\n\n`;
  }
}

it('tells what happens when members come and go', () => {
  const world = new EtcdWorld(3);
  const story = new Story(world);
  story.tell('# Three members start.\nadvance 4s', () => world.run(4));
  story.tell('etcdctl put hello world', () =>
    world.good<'Put'>('cp-1', { method: 'Put', key: 'hello', value: 'world' }),
  );
  const old = world.leader();
  story.tell(`# The leader dies: the others elect another.\nkill ${old}; advance 4s`, () => {
    world.kill(old);
    world.run(4);
  });
  const next = world.leader();
  story.tell(`# Without a quorum nobody can be elected.\nkill ${next}; advance 4s`, () => {
    world.kill(next);
    world.run(4);
  });
  story.tell('# They come back.\nstart both; advance 4s', () => {
    world.start(old);
    world.start(next);
    world.run(4);
  });
  if (process.env['UPDATE_GOLDEN'] !== undefined) writeFileSync(file, story.text);
  expect(story.text).toBe(readFileSync(file, 'utf8'));
});
