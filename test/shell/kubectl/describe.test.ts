/** `kubectl describe` of recorded objects, against what the real one printed. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { CommandContext } from '../../../src/shell/kubectl/client.ts';
import { runKubectl } from '../../../src/shell/kubectl/kubectl.ts';
import { parseManifests } from '../../../src/shell/kubectl/manifest.ts';
import { replay } from './replay.ts';
import { words } from './words.ts';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');
const objects = parseManifests(read('described.yaml'), 'described.yaml').map(({ object }) => object);

for (const part of read('recorded-describe.txt')
  .split(/^(?=\$ kubectl )/m)
  .slice(1)) {
  const end = part.indexOf('\n');
  const [, line = '', time = ''] = /^\$ kubectl (.*?) +# (\S+)$/.exec(part.slice(0, end)) ?? [];
  test(line, async () => {
    expect(await printed(line, Date.parse(`2026-11-22T${time}Z`))).toBe(part.slice(end + 1).replace(/\n+$/, '\n'));
  });
}

async function printed(line: string, nowMs: number): Promise<string> {
  let text = '';
  const print = (more: string): void => {
    text += more;
  };
  const context: CommandContext = {
    fs: {
      readFile: async () => '',
      writeFile: async () => {},
      exists: async () => false,
      isDirectory: async () => false,
      list: async () => [],
    },
    env: { HOME: '/root' },
    cwd: '/root',
    readStdin: async () => '',
    stdout: print,
    stderr: print,
    connect: () => replay(objects, nowMs),
  };
  await runKubectl(words(line), context);
  return text;
}
