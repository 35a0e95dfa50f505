/** `kubectl version`, `cluster-info`, `api-resources`, `api-versions`: what the server is and has. */
import type { JsonObject } from './client.ts';
import { apiVersionOf, groupVersionsOf, pathOf, type Resource } from './discovery.ts';
import { KubectlError, notSimulated, UnreachableError, usageError } from './errors.ts';
import { compareText, list, nameOf, namespaceOf, objects, text } from './fields.ts';
import { sortByPath } from './get.ts';
import { outputPrinter } from './printers.ts';
import type { Session } from './session.ts';
import { alignTabs } from './tabwriter.ts';
import { toYaml } from './yaml.ts';

const clientVersion = {
  major: '1',
  minor: '36',
  gitVersion: 'v1.36.2',
  gitCommit: '0000000000000000000000000000000000000000',
  gitTreeState: 'clean',
  buildDate: '2026-06-10T00:00:00Z',
  goVersion: 'go1.26.10',
  compiler: 'gc',
  platform: 'linux/amd64',
};
const kustomizeVersion = 'v5.8.1';

export async function version(session: Session): Promise<undefined> {
  const { flags } = session;
  const output = flags.text('output');
  if (flags.args.length > 0) throw new KubectlError(`extra arguments: [${flags.args.join(' ')}]`);
  if (!['', 'yaml', 'json'].includes(output)) throw new KubectlError("--output must be 'yaml' or 'json'");
  let server: JsonObject | undefined;
  let failure: unknown;
  if (!flags.is('client')) {
    try {
      server = await session.object({ method: 'GET', path: '/version' });
    } catch (error) {
      if (!(error instanceof KubectlError)) throw error;
      failure = error;
    }
  }
  const all = { clientVersion, kustomizeVersion, ...(server === undefined ? {} : { serverVersion: server }) };
  if (output === 'json') session.out(`${JSON.stringify(all, null, 2)}\n`);
  else if (output === 'yaml') session.out(`${toYaml(all)}\n`);
  else {
    session.out(`Client Version: ${clientVersion.gitVersion}\nKustomize Version: ${kustomizeVersion}\n`);
    if (server !== undefined) session.out(`Server Version: ${text(server, 'gitVersion')}\n`);
  }
  if (failure !== undefined) throw failure;
  skewWarning(session, server);
  return undefined;
}

function skewWarning(session: Session, server: JsonObject | undefined): void {
  const minor = Number.parseInt(text(server, 'minor'), 10);
  if (Number.isNaN(minor) || Math.abs(minor - Number(clientVersion.minor)) <= 1) return;
  session.err(
    `WARNING: version difference between client (1.${clientVersion.minor}) and server (1.${minor}) exceeds the supported minor version skew of +/-1\n`,
  );
}

const hint = "\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n";

export async function clusterInfo(session: Session): Promise<undefined> {
  const { connection } = session;
  const namespace = session.flags.text('namespace') || 'kube-system';
  try {
    await session.discovery();
    const services = await session.mapping('services');
    const query = { labelSelector: 'kubernetes.io/cluster-service=true' };
    const found = await session.object({ method: 'GET', path: pathOf(services, namespace), query });
    session.out(`Kubernetes control plane is running at ${connection.server}\n`);
    for (const service of objects(found, 'items')) session.out(serviceLine(connection.server, service));
    session.out(hint);
  } catch (error) {
    if (error instanceof UnreachableError) session.out(hint);
    throw error;
  }
  return undefined;
}

function serviceLine(server: string, service: JsonObject): string {
  const [port] = objects(service, 'spec', 'ports');
  const https = text(port, 'name') === 'https' || text(port, 'port') === '443';
  const portName = text(port, 'name');
  const name = https
    ? `https:${nameOf(service)}:${portName}`
    : portName === ''
      ? nameOf(service)
      : `${nameOf(service)}:${portName}`;
  const title = text(service, 'metadata', 'labels', 'kubernetes.io/name') || nameOf(service);
  return `${title} is running at ${server}/api/v1/namespaces/${namespaceOf(service)}/services/${name}/proxy\n`;
}

export function clusterInfoDump(): Promise<undefined> {
  throw notSimulated('cluster-info dump');
}

export async function apiVersions(session: Session): Promise<undefined> {
  if (session.flags.args.length > 0)
    throw usageError(session.command, `unexpected arguments: [${session.flags.args.join(' ')}]`);
  try {
    const groups = await session.request({ method: 'GET', path: '/apis' });
    const core = await session.request({ method: 'GET', path: '/api' });
    const versions = [...groupVersionsOf(groups), ...list(core, 'versions').map(String)];
    session.out(`${[...new Set(versions)].sort(compareText).join('\n')}\n`);
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    throw new KubectlError(
      `couldn't get available api versions from server: ${error.message.replace('/apis"', '/api?timeout=32s"')}`,
    );
  }
  return undefined;
}

export async function apiResources(session: Session): Promise<undefined> {
  const { flags } = session;
  if (flags.args.length > 0) throw usageError(session.command, `unexpected arguments: [${flags.args.join(' ')}]`);
  const output = flags.text('output');
  const discovery = await session.discovery(!flags.is('cached'));
  const verbs = flags.list('verbs');
  const categories = flags.list('categories');
  const wanted = discovery.resources.filter((each, i, all) => {
    const preferred = all.findIndex((other) => other.group === each.group && other.name === each.name) === i;
    if (!preferred || each.verbs.length === 0) return false;
    if (flags.changed('api-group') && each.group !== flags.text('api-group')) return false;
    if (flags.changed('namespaced') && each.namespaced !== flags.is('namespaced')) return false;
    return (
      verbs.every((verb) => each.verbs.includes(verb)) &&
      categories.every((category) => each.categories.includes(category))
    );
  });
  const sorted = sortResources(wanted, flags.text('sort-by'));
  if (output === 'name') {
    session.out(sorted.map((each) => `${each.name}${each.group === '' ? '' : `.${each.group}`}\n`).join(''));
    return undefined;
  }
  if (output !== '' && output !== 'wide') {
    const printer = await outputPrinter(session);
    if (printer !== undefined)
      session.out(
        printer({ kind: 'APIResourceList', apiVersion: 'v1', groupVersion: '', resources: sorted.map(documentOf) }),
      );
    return undefined;
  }
  const wide = output === 'wide';
  const rows = sorted.map((each) => {
    const cells = [each.name, each.shortNames.join(','), apiVersionOf(each), String(each.namespaced), each.kind];
    return (wide ? [...cells, [...each.verbs].join(','), each.categories.join(',')] : cells).join('\t');
  });
  if (!flags.is('no-headers'))
    rows.unshift(`NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND${wide ? '\tVERBS\tCATEGORIES' : ''}`);
  session.out(`${alignTabs(rows.join('\n'))}\n`);
  return undefined;
}

function sortResources(resources: readonly Resource[], sortBy: string): readonly Resource[] {
  if (sortBy === 'name' || sortBy === 'kind') {
    return sortByPath(resources, sortBy === 'name' ? '.name' : '.kind', (each) => ({
      name: each.name,
      kind: each.kind,
    }));
  }
  if (sortBy !== '') throw new KubectlError(`--sort-by accepts only name or kind`);
  return [...resources].sort((a, b) => compareText(a.group, b.group) || compareText(a.name, b.name));
}

function documentOf(resource: Resource): JsonObject {
  const { categories, group, kind, name, namespaced, shortNames, singular, verbs, version: apiVersion } = resource;
  return {
    ...(categories.length === 0 ? {} : { categories }),
    ...(group === '' ? {} : { group }),
    kind,
    name,
    namespaced,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    singularName: singular,
    verbs,
    version: apiVersion,
  };
}
