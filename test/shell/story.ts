/**
 * Golden stories: a command, `----`, what it printed, an empty line. Lines that start with `#` before a command are its comment;
 * at the top of the file `# cluster: ha`, `# seed: 3` and `# boot: 90s` say where it plays. UPDATE_GOLDEN=1 writes the answers anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createGateway } from '../../src/shell/gateway.ts';
import { createShell, type Shell } from '../../src/shell/shell.ts';
import { createWorld, parseClusterSpec, type World } from '../../src/sim/world.ts';

export interface Scene {
  /** Comment lines, with their `#`. */
  readonly comment: string;
  readonly command: string;
  readonly output: string;
}

export interface Story {
  readonly heading: string;
  readonly cluster: string;
  readonly seed: number;
  readonly bootSeconds: number;
  readonly scenes: readonly Scene[];
}

const RULE = '----';

export function parseStory(text: string): Story {
  const setting = (name: string) => new RegExp(`^# ${name}: *(\\S+)$`, 'm').exec(text)?.[1];
  const lines = text.split('\n');
  const rules = lines.flatMap((line, index) => (line === RULE ? [index] : []));
  const scenes: Scene[] = [];
  let heading = '';
  rules.forEach((rule, i) => {
    // A command is the paragraph before its rule; its answer goes to the paragraph of the next one.
    let start = rule;
    while (start > 0 && lines[start - 1] !== '') start--;
    const paragraph = lines.slice(start, rule);
    const firstLine = paragraph.findIndex((line) => !line.startsWith('#'));
    if (i === 0) heading = lines.slice(0, start).join('\n').trim();
    const next = rules[i + 1];
    let end = next ?? lines.length;
    while (next !== undefined && end > rule + 1 && lines[end - 1] !== '') end--;
    scenes.push({
      comment: paragraph.slice(0, firstLine).join('\n'),
      command: paragraph.slice(firstLine).join('\n'),
      output: lines
        .slice(rule + 1, end)
        .join('\n')
        .replace(/\n+$/, ''),
    });
  });
  return {
    heading,
    cluster: setting('cluster') ?? 'single',
    seed: Number(setting('seed') ?? 1),
    bootSeconds: Number.parseInt(setting('boot') ?? '60', 10),
    scenes,
  };
}

export function formatStory({ heading, scenes }: Story): string {
  const parts = scenes.map(
    ({ comment, command, output }) =>
      `${comment === '' ? '' : `${comment}\n`}${command}\n${RULE}\n${output}${output === '' ? '' : '\n'}`,
  );
  return `${heading === '' ? '' : `${heading}\n\n`}${parts.join('\n')}`;
}

export interface Stage {
  readonly world: World;
  readonly shell: Shell;
}

/** A booted cluster with somebody at its laptop. */
export function openStage({ cluster, seed, bootSeconds }: Pick<Story, 'cluster' | 'seed' | 'bootSeconds'>): Stage {
  const parsed = parseClusterSpec(cluster);
  if (!parsed.ok) throw new Error(`no cluster ${cluster}: ${parsed.errors.join(', ')}`);
  const world = createWorld(parsed.spec, seed);
  world.advance(bootSeconds * 1_000_000);
  return { world, shell: createShell(createGateway(world)) };
}

/** What a line prints in this shell, with its exit status when that is not 0. */
export async function say(shell: Shell, line: string): Promise<string> {
  let output = '';
  const status = await shell.run(
    line,
    (text) => {
      output += text;
    },
    new AbortController().signal,
  );
  if (status !== 0) output += `${output === '' || output.endsWith('\n') ? '' : '\n'}[exit ${status}]\n`;
  // Empty lines would end the answer.
  return output.replace(/\n+$/, '').replace(/^\s*$/gm, ' ').trimEnd();
}

/** Plays a story from a file. @returns what the file says and what was said now; equal when all is well */
export async function playStory(path: string): Promise<{ readonly wanted: string; readonly said: string }> {
  const wanted = readFileSync(path, 'utf8');
  const story = parseStory(wanted);
  const { shell } = openStage(story);
  const scenes: Scene[] = [];
  for (const scene of story.scenes) scenes.push({ ...scene, output: await say(shell, scene.command) });
  const said = formatStory({ ...story, scenes });
  if (process.env['UPDATE_GOLDEN'] === '1' && said !== wanted) {
    writeFileSync(path, said);
    return { wanted: said, said };
  }
  return { wanted, said };
}
