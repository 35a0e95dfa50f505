/** A cluster with a control plane and no kubelets, and a laptop where kubectl is typed. */
import { load } from 'js-yaml';
import { connectToApi } from '../../../src/shell/api-connection.ts';
import { createGateway, type Gateway } from '../../../src/shell/gateway.ts';
import type { CommandContext } from '../../../src/shell/kubectl/client.ts';
import { isObject, objects, texts } from '../../../src/shell/kubectl/fields.ts';
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
  /** Runs one line; words are split at spaces, quotes keep them together. */
  kubectl(line: string, stdin?: string): Promise<Output>;
}

/** Starts etcd and the three control plane parts from kubeadm's own manifests, without waiting for a kubelet to do it. */
export async function startCluster(parts: readonly string[] = ['etcd', 'kube-apiserver']): Promise<Cluster> {
  const spec = NAMED_CLUSTERS['single'];
  if (spec === undefined) throw new Error('no single cluster');
  const world = createWorld(spec, 1);
  const manifests = kubeadmFiles(spec).get('cp-1') ?? {};
  for (const part of parts) {
    const manifest: unknown = load(manifests[`/etc/kubernetes/manifests/${part}.yaml`] ?? '');
    const container = isObject(manifest) ? objects(manifest, 'spec', 'containers')[0] : undefined;
    const [program = part, ...args] = texts(container, 'command');
    world.kernel.processes.spawn('cp-1', { name: part, program, args, log: part });
  }
  const gateway = createGateway(world);
  await gateway.sleep(10_000);
  const files = new Map(Object.entries(kubeadmFiles(spec).get('laptop') ?? {}));
  return { world, gateway, files, kubectl: (line, stdin) => run(gateway, files, line, stdin) };
}

async function run(gateway: Gateway, files: Map<string, string>, line: string, stdin = ''): Promise<Output> {
  let out = '';
  let err = '';
  const context: CommandContext = {
    fs: {
      readFile: async (path) => files.get(path) ?? '',
      writeFile: async (path, text) => void files.set(path, text),
      exists: async (path) => files.has(path) || [...files.keys()].some((each) => each.startsWith(`${path}/`)),
      isDirectory: async (path) => !files.has(path),
      list: async (path) =>
        [
          ...new Set(
            [...files.keys()]
              .filter((each) => each.startsWith(`${path}/`))
              .map((each) => each.slice(path.length + 1).split('/')[0] ?? ''),
          ),
        ].sort(),
    },
    env: { HOME: '/root' },
    cwd: '/root',
    readStdin: async () => stdin,
    stdout: (text) => {
      out += text;
    },
    stderr: (text) => {
      err += text;
    },
    connect: (target) => connectToApi(target, { gateway, host: 'laptop', signal: new AbortController().signal }),
  };
  const code = await runKubectl(words(line), context);
  return { out, err, code };
}
