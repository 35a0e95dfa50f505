/**
 * The kubeconfig file: finding it, reading it, choosing context, cluster, user and namespace, writing it back.
 * @source staging/src/k8s.io/client-go/tools/clientcmd
 */
import { decodeBase64 } from '../../sim/api/base64.ts';
import type { CommandContext, ConnectionTarget, JsonObject } from './client.ts';
import { KubectlError, RawExit } from './errors.ts';
import { at, isObject, objects, text } from './fields.ts';
import type { Flags } from './flags.ts';
import { resolvePath } from './paths.ts';
import { toYaml } from './yaml.ts';
import { parseYaml } from './yaml-values.ts';

export interface Kubeconfig {
  readonly path: string;
  readonly config: JsonObject;
}

const empty: JsonObject = {
  apiVersion: 'v1',
  clusters: null,
  contexts: null,
  'current-context': '',
  kind: 'Config',
  users: null,
};

/** The file named by --kubeconfig, else $KUBECONFIG, else ~/.kube/config; an empty config when there is no such file. */
export async function loadKubeconfig(context: CommandContext, flags: Flags): Promise<Kubeconfig> {
  const explicit = flags.text('kubeconfig');
  const named = explicit !== '' ? explicit : (context.env['KUBECONFIG'] ?? '').split(':').find((each) => each !== '');
  const path = resolvePath(context, named ?? '~/.kube/config');
  if (!(await context.fs.exists(path))) {
    if (explicit !== '') throw new KubectlError(`stat ${explicit}: no such file or directory`);
    return { path, config: empty };
  }
  const content = await context.fs.readFile(path);
  let parsed: unknown;
  try {
    parsed = content.trim() === '' ? {} : parseYaml(content);
  } catch (error) {
    throw new KubectlError(`error loading config file "${path}": ${error instanceof Error ? error.message : ''}`);
  }
  if (!isObject(parsed))
    throw new KubectlError(`error loading config file "${path}": couldn't get version/kind; json parse error`);
  return { path, config: { ...empty, ...parsed } };
}

export async function saveKubeconfig(context: CommandContext, { path, config }: Kubeconfig): Promise<void> {
  await context.fs.writeFile(path, toYaml(config));
}

export interface Choice {
  readonly target: ConnectionTarget;
  readonly namespace: string;
  readonly contextName: string;
}

/** What the flags and the config together say about server, credentials and namespace. */
export async function choose(context: CommandContext, { config }: Kubeconfig, flags: Flags): Promise<Choice> {
  const contextName = flags.text('context') === '' ? text(config, 'current-context') : flags.text('context');
  const chosen = named(config, 'contexts', contextName, 'context');
  if (chosen === undefined && flags.text('context') !== '') {
    throw new RawExit(`Error in configuration: context was not found for specified context: ${contextName}`);
  }
  const clusterName = globalText(flags, 'cluster') || text(chosen, 'cluster');
  const userName = globalText(flags, 'user') || text(chosen, 'user');
  const cluster = named(config, 'clusters', clusterName, 'cluster');
  const user = named(config, 'users', userName, 'user');
  if (globalText(flags, 'cluster') !== '' && cluster === undefined)
    throw new KubectlError(`cluster "${clusterName}" does not exist`);
  if (globalText(flags, 'user') !== '' && user === undefined)
    throw new KubectlError(`auth info "${userName}" does not exist`);
  const server = globalText(flags, 'server') || text(cluster, 'server') || 'http://localhost:8080';
  const read = (owner: unknown, field: string, flag: string): Promise<string | undefined> =>
    pem(context, owner, field, globalText(flags, flag));
  const target: ConnectionTarget = {
    server: server.includes('://') ? server : `http://${server}`,
    insecureSkipTlsVerify: flags.is('insecure-skip-tls-verify') || at(cluster, 'insecure-skip-tls-verify') === true,
    certificateAuthority: await read(cluster, 'certificate-authority', 'certificate-authority'),
    clientCertificate: await read(user, 'client-certificate', 'client-certificate'),
    clientKey: await read(user, 'client-key', 'client-key'),
    token: globalText(flags, 'token') || text(user, 'token') || undefined,
  };
  return { target, namespace: text(chosen, 'namespace') || 'default', contextName };
}

/** A global flag, unless the command uses the same name for a list of its own (`--user` of rolebindings). */
function globalText(flags: Flags, name: string): string {
  return flags.find(name)?.kind === 'text' ? flags.text(name) : '';
}

async function pem(context: CommandContext, owner: unknown, field: string, flag: string): Promise<string | undefined> {
  const data = text(owner, `${field}-data`);
  if (flag === '' && data !== '') return decodeBase64(data);
  const path = flag === '' ? text(owner, field) : flag;
  if (path === '') return undefined;
  const resolved = resolvePath(context, path);
  if (!(await context.fs.exists(resolved))) {
    throw new RawExit(
      `Error in configuration: unable to read ${field} ${path} due to open ${path}: no such file or directory`,
    );
  }
  return context.fs.readFile(resolved);
}

export function named(config: JsonObject, listName: string, name: string, field: string): JsonObject | undefined {
  const found = objects(config, listName).find((entry) => text(entry, 'name') === name);
  const value = found?.[field];
  return isObject(value) ? value : undefined;
}
