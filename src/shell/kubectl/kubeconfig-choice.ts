/**
 * Which server, as whom and in which namespace: what the kubeconfig and the flags say together, and what is wrong with it.
 * @source staging/src/k8s.io/client-go/tools/clientcmd/client_config.go, validation.go
 */
import { decodeBase64 } from '../../sim/api/base64.ts';
import type { CommandContext, ConnectionTarget, JsonObject } from './client.ts';
import { KubectlError, RawExit } from './errors.ts';
import { at, text } from './fields.ts';
import type { Flags } from './flags.ts';
import { type Kubeconfig, named } from './kubeconfig.ts';
import { resolvePath } from './paths.ts';

export interface Choice {
  readonly target: ConnectionTarget;
  readonly namespace: string;
  readonly contextName: string;
  /** Why nothing can be asked with this configuration. */
  readonly problem: KubectlError | undefined;
}

export async function choose(context: CommandContext, { config }: Kubeconfig, flags: Flags): Promise<Choice> {
  const contextName = flags.text('context') || text(config, 'current-context');
  const chosen = named(config, 'contexts', contextName, 'context');
  const clusterName = globalText(flags, 'cluster') || text(chosen, 'cluster');
  const userName = globalText(flags, 'user') || text(chosen, 'user');
  const cluster = withFlags(named(config, 'clusters', clusterName, 'cluster'), flags, clusterFlags);
  const user = withFlags(named(config, 'users', userName, 'user'), flags, userFlags);
  const missing = new MissingParts(config, flags);
  const problems = [
    ...(contextName !== '' && chosen === undefined ? [new ContextNotFound(contextName)] : []),
    ...(await userProblems(context, userName, user)),
    ...(await clusterProblems(
      context,
      clusterName,
      missing.cluster ? {} : { server: 'http://localhost:8080', ...cluster },
    )),
  ];
  const server = text(cluster, 'server') || 'http://localhost:8080';
  const target: ConnectionTarget = {
    server: server.includes('://') ? server : `http://${server}`,
    insecureSkipTlsVerify: at(cluster, 'insecure-skip-tls-verify') === true,
    certificateAuthority: await pem(context, cluster, 'certificate-authority'),
    clientCertificate: await pem(context, user, 'client-certificate'),
    clientKey: await pem(context, user, 'client-key'),
    token: text(user, 'token') || undefined,
  };
  const problem = together(problems) ?? missing.problem(userName) ?? targetProblem(server, target, flags);
  return { target, namespace: text(chosen, 'namespace') || 'default', contextName, problem };
}

/** `context was not found for specified context: x`. */
class ContextNotFound extends KubectlError {
  constructor(name: string) {
    super(`context was not found for specified context: ${name}`);
  }
}

function together(problems: readonly KubectlError[]): KubectlError | undefined {
  const [first] = problems;
  if (problems.length > 1)
    return new RawExit(`Error in configuration: \n${problems.map((each) => `* ${each.message}`).join('\n')}`);
  return first instanceof ContextNotFound ? new RawExit(`Error in configuration: ${first.message}`) : first;
}

/** Clusters and users that a flag names and the file does not have. */
class MissingParts {
  readonly cluster: boolean;
  private readonly user: boolean;
  constructor(config: JsonObject, flags: Flags) {
    const isMissing = (flag: string, list: string): boolean => {
      const name = globalText(flags, flag);
      return name !== '' && named(config, list, name, flag) === undefined;
    };
    this.cluster = isMissing('cluster', 'clusters');
    this.user = isMissing('user', 'users');
  }
  problem(userName: string): KubectlError | undefined {
    return this.user ? new KubectlError(`auth info "${userName}" does not exist`) : undefined;
  }
}

const clusterFlags = ['server', 'certificate-authority', 'insecure-skip-tls-verify', 'tls-server-name'];
const userFlags = ['client-certificate', 'client-key', 'token', 'username', 'password'];

/** Flags win over the file; a file named by a flag wins over the data in the kubeconfig. */
function withFlags(entry: JsonObject | undefined, flags: Flags, names: readonly string[]): JsonObject {
  const merged: JsonObject = { ...entry };
  for (const name of names) {
    const given = globalText(flags, name);
    if (flags.find(name)?.kind === 'switch' ? !flags.changed(name) : given === '') continue;
    merged[name] = flags.find(name)?.kind === 'switch' ? flags.is(name) : given;
    delete merged[`${name}-data`];
    if (name === 'insecure-skip-tls-verify') {
      delete merged['certificate-authority'];
      delete merged['certificate-authority-data'];
    }
    if (name === 'certificate-authority') delete merged['insecure-skip-tls-verify'];
  }
  return merged;
}

/** A global flag, unless the command uses the same name for a list of its own (`--user` of rolebindings). */
function globalText(flags: Flags, name: string): string {
  return flags.find(name)?.kind === 'text' ? flags.text(name) : '';
}

async function userProblems(context: CommandContext, name: string, user: JsonObject): Promise<KubectlError[]> {
  const [certificate, certificateData] = [text(user, 'client-certificate'), text(user, 'client-certificate-data')];
  const [key, keyData] = [text(user, 'client-key'), text(user, 'client-key-data')];
  if (certificate === '' && certificateData === '') return [];
  const problems: string[] = [];
  if (certificate !== '' && certificateData !== '')
    problems.push(`client-cert-data and client-cert are both specified for ${name}. client-cert-data will override.`);
  if (key !== '' && keyData !== '')
    problems.push(`client-key-data and client-key are both specified for ${name}; client-key-data will override`);
  if (key === '' && keyData === '') {
    problems.push(
      `client-key-data or client-key must be specified for ${name} to use the clientCert authentication method.`,
    );
  }
  problems.push(...(await unreadable(context, 'client-cert', certificate, name)));
  problems.push(...(await unreadable(context, 'client-key', key, name)));
  return problems.map((problem) => new KubectlError(problem));
}

async function clusterProblems(context: CommandContext, name: string, cluster: JsonObject): Promise<KubectlError[]> {
  const problems: string[] = [];
  const authority = text(cluster, 'certificate-authority');
  if (text(cluster, 'server') === '') problems.push(`no server found for cluster "${name}"`);
  if (authority !== '' && text(cluster, 'certificate-authority-data') !== '') {
    problems.push(
      `certificate-authority-data and certificate-authority are both specified for ${name}. certificate-authority-data will override.`,
    );
  }
  problems.push(...(await unreadable(context, 'certificate-authority', authority, name)));
  return problems.map((problem) => new KubectlError(problem));
}

async function unreadable(context: CommandContext, what: string, path: string, name: string): Promise<string[]> {
  if (path === '' || (await context.fs.exists(resolvePath(context, path)))) return [];
  return [`unable to read ${what} ${path} for ${name} due to open ${path}: no such file or directory`];
}

/** What only shows when a client is made of it. */
function targetProblem(server: string, target: ConnectionTarget, flags: Flags): KubectlError | undefined {
  const timeout = flags.text('request-timeout') || '0';
  if (!/^\d+$|^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(timeout)) {
    return new KubectlError(
      'Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a corresponding time unit (e.g. 1s | 2m | 3h)',
    );
  }
  const scheme = /^(\w+):\/\//.exec(server)?.[1] ?? 'http';
  if (/^\w+:\/\/$/.test(server)) return new KubectlError(`host must be a URL or a host:port pair: "${server}"`);
  if (scheme !== 'http' && scheme !== 'https')
    return new RawExit(`Unable to connect to the server: unsupported protocol scheme "${scheme}"`);
  if (scheme === 'http') return undefined;
  const isPem = (part: string | undefined): boolean => part === undefined || part.includes('-----BEGIN ');
  if (target.certificateAuthority !== undefined && target.insecureSkipTlsVerify === true)
    return new KubectlError('specifying a root certificates file with the insecure flag is not allowed');
  if (!isPem(target.certificateAuthority))
    return new KubectlError('unable to load root certificates: unable to parse bytes as PEM block');
  if (!isPem(target.clientCertificate))
    return new KubectlError('tls: failed to find any PEM data in certificate input');
  return isPem(target.clientKey) ? undefined : new KubectlError('tls: failed to find any PEM data in key input');
}

async function pem(context: CommandContext, owner: JsonObject, field: string): Promise<string | undefined> {
  const data = text(owner, `${field}-data`);
  if (data !== '') return decodeBase64(data);
  const path = text(owner, field);
  if (path === '') return undefined;
  const resolved = resolvePath(context, path);
  return (await context.fs.exists(resolved)) ? context.fs.readFile(resolved) : undefined;
}
