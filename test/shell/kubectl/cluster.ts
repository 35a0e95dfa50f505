/** A living cluster and a laptop where kubectl is typed. */
import { connectToApi } from '../../../src/shell/api-connection.ts';
import { createGateway, type Gateway } from '../../../src/shell/gateway.ts';
import type { CommandContext } from '../../../src/shell/kubectl/client.ts';
import { complete } from '../../../src/shell/kubectl/complete.ts';
import { runKubectl } from '../../../src/shell/kubectl/kubectl.ts';
import { kubeadmFiles } from '../../../src/sim/kubeadm/files.ts';
import { createWorld, NAMED_CLUSTERS, type World } from '../../../src/sim/world.ts';
import { words } from './words.ts';

export interface Output {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

export interface Cluster {
  readonly world: World;
  readonly gateway: Gateway;
  readonly files: Map<string, string>;
  /** What Tab offers at the end of a line. */
  complete(line: string): Promise<readonly string[]>;
  /** Runs one line; words are split at spaces, quotes keep them together. */
  kubectl(line: string, stdin?: string): Promise<Output>;
}

/** Two machines with everything that runs on them, two minutes after they were switched on. */
export async function startCluster(): Promise<Cluster> {
  const spec = NAMED_CLUSTERS['single'];
  if (spec === undefined) throw new Error('no single cluster');
  const world = createWorld(spec, 1);
  const gateway = createGateway(world);
  await gateway.sleep(120_000);
  const files = new Map(Object.entries(kubeadmFiles(spec).get('laptop') ?? {}));
  const silent = contextOf(gateway, files, { stdin: '', out: () => {}, err: () => {} });
  return {
    world,
    gateway,
    files,
    complete: (line) => complete(line.split(' '), silent),
    kubectl: (line, stdin) => run(gateway, files, line, stdin),
  };
}

async function run(gateway: Gateway, files: Map<string, string>, line: string, stdin = ''): Promise<Output> {
  let out = '';
  let err = '';
  const context = contextOf(gateway, files, {
    stdin,
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
  });
  const code = await runKubectl(words(line), context);
  return { out, err, code };
}

interface Terminal {
  readonly stdin: string;
  out(text: string): void;
  err(text: string): void;
}

function contextOf(gateway: Gateway, files: Map<string, string>, { stdin, out, err }: Terminal): CommandContext {
  return {
    fs: {
      readFile: async (path) => files.get(path) ?? '',
      writeFile: async (path, text) => void files.set(path, text),
      exists: async (path) => files.has(path) || [...files.keys()].some((each) => each.startsWith(`${path}/`)),
      isDirectory: async (path) => !files.has(path),
      list: async (path) => {
        const inside = [...files.keys()].filter((each) => each.startsWith(`${path}/`));
        return [...new Set(inside.map((each) => each.slice(path.length + 1).split('/')[0] ?? ''))].sort();
      },
    },
    env: { HOME: '/root' },
    cwd: '/root',
    readStdin: async () => stdin,
    stdout: out,
    stderr: err,
    connect: (target) => connectToApi(target, { gateway, host: 'laptop', signal: new AbortController().signal }),
  };
}
