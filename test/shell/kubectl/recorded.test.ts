/** The same commands give the same words as the real kubectl, which was recorded on a machine without a cluster. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ApiConnection, CommandContext } from '../../../src/shell/kubectl/client.ts';
import { runKubectl } from '../../../src/shell/kubectl/kubectl.ts';
import { words } from './words.ts';

const directory = new URL('./files/', import.meta.url);
const files = new Map(readdirSync(directory).map((name) => [`/files/${name}`, read(new URL(name, directory))]));
files.set('/etc/hosts', '127.0.0.1 localhost\n');

for (const name of ['commands', 'kubeconfig', 'local', 'templates', 'yaml']) {
  describe(`recorded ${name}`, () => {
    for (const story of storiesIn(read(new URL(`./recorded-${name}.txt`, import.meta.url)))) {
      test(story.line, async () => {
        expect(await typed(story.line)).toBe(story.printed);
      });
    }
  });
}

interface Story {
  readonly line: string;
  readonly printed: string;
}

function storiesIn(text: string): Story[] {
  return text
    .split(/^(?=\$ kubectl )/m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return { line: part.slice('$ kubectl '.length, end), printed: part.slice(end + 1).replace(/\n+$/, '\n') };
    });
}

/** Runs a line and writes down what it prints in the form of the recordings. */
async function typed(line: string): Promise<string> {
  const [command = '', input = ''] = line.split(' <<< ');
  let out = '';
  let err = '';
  const context: CommandContext = {
    fs: {
      readFile: async (path) => files.get(path) ?? '',
      writeFile: async () => {},
      exists: async (path) => files.has(path),
      isDirectory: async () => false,
      list: async () => [],
    },
    env: { HOME: '/home' },
    cwd: '/files',
    readStdin: async () => input.replaceAll('\\n', '\n'),
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
    connect: ({ server }) => nobody(server),
  };
  const code = await runKubectl(words(command), context);
  const said = err.replace(/^[EW]\d{4} .*\n/gm, '').replace(/^(?=.|\n)/gm, '! ');
  return `${ended(out)}${ended(said)}[${code}]\n`;
}

const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}⏎\n`);

/** A server that refuses every connection. */
function nobody(server: string): ApiConnection {
  const refused = { error: 'dial tcp 127.0.0.1:8080: connect: connection refused' };
  return {
    server,
    request: async () => refused,
    async *watch() {
      yield refused;
    },
    async *stream() {
      yield refused;
    },
    exec: async () => refused,
    now: () => 0,
    sleep: async () => {},
  };
}

function read(url: URL): string {
  return readFileSync(url, 'utf8');
}
