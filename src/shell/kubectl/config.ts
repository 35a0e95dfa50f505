/**
 * `kubectl config`: reads and writes the kubeconfig file; asks no server.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/config
 */
import { encodeBase64 } from '../../sim/api/base64.ts';
import type { JsonObject } from './client.ts';
import { KubectlError, throwAll, usageError } from './errors.ts';
import { compareText, isObject, objects, record, text, withField } from './fields.ts';
import { saveKubeconfig } from './kubeconfig.ts';
import { resolvePath } from './paths.ts';
import { outputPrinter } from './printers.ts';
import type { Session } from './session.ts';
import { alignTabs } from './tabwriter.ts';
import { toYaml } from './yaml.ts';

type ListName = 'contexts' | 'clusters' | 'users';

const fieldOf: Readonly<Record<ListName, string>> = { contexts: 'context', clusters: 'cluster', users: 'user' };

const configOf = (session: Session): JsonObject => session.kubeconfig.config;

async function save(session: Session, config: JsonObject): Promise<void> {
  await saveKubeconfig(session.context, { ...session.kubeconfig, config });
}

function names(config: JsonObject, list: ListName): string[] {
  return objects(config, list)
    .map((entry) => text(entry, 'name'))
    .sort(compareText);
}

function entryOf(config: JsonObject, list: ListName, name: string): JsonObject | undefined {
  const entry = objects(config, list).find((each) => text(each, 'name') === name);
  return entry === undefined ? undefined : record(entry, fieldOf[list]);
}

function withEntry(config: JsonObject, list: ListName, name: string, value: JsonObject | undefined): JsonObject {
  const others = objects(config, list).filter((each) => text(each, 'name') !== name);
  const all = value === undefined ? others : [...others, { name, [fieldOf[list]]: value }];
  return { ...config, [list]: all.sort((a, b) => compareText(text(a, 'name'), text(b, 'name'))) };
}

function oneArgument(session: Session): string {
  const [name, ...more] = session.flags.args;
  if (name === undefined || more.length > 0)
    throw usageError(session.command, `Unexpected args: [${session.flags.args.join(' ')}]`);
  return name;
}

export async function currentContext(session: Session): Promise<undefined> {
  const name = text(configOf(session), 'current-context');
  if (name === '') throw new KubectlError('current-context is not set');
  session.out(`${name}\n`);
  return undefined;
}

export async function useContext(session: Session): Promise<undefined> {
  const name = oneArgument(session);
  if (entryOf(configOf(session), 'contexts', name) === undefined)
    throw new KubectlError(`no context exists with the name: "${name}"`);
  await save(session, { ...configOf(session), 'current-context': name });
  session.out(`Switched to context "${name}".\n`);
  return undefined;
}

export async function getContexts(session: Session): Promise<undefined> {
  const { flags } = session;
  const config = configOf(session);
  const wanted = flags.args.length === 0 ? names(config, 'contexts') : flags.args;
  const current = text(config, 'current-context');
  const rows: string[] = [];
  const failures: KubectlError[] = [];
  const onlyNames = flags.text('output') === 'name';
  if (!onlyNames && !flags.is('no-headers')) rows.push('CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE');
  for (const name of wanted) {
    const entry = entryOf(config, 'contexts', name);
    if (entry === undefined) failures.push(new KubectlError(`context ${name} not found`));
    else if (onlyNames) rows.push(name);
    else
      rows.push(
        [name === current ? '*' : '', name, text(entry, 'cluster'), text(entry, 'user'), text(entry, 'namespace')].join(
          '\t',
        ),
      );
  }
  if (rows.length > 0) session.out(`${alignTabs(rows.join('\n'))}\n`);
  throwAll(failures);
  return undefined;
}

export async function getClusters(session: Session): Promise<undefined> {
  session.out(
    `NAME\n${names(configOf(session), 'clusters')
      .map((name) => `${name}\n`)
      .join('')}`,
  );
  return undefined;
}

export async function getUsers(session: Session): Promise<undefined> {
  session.out(
    `NAME\n${names(configOf(session), 'users')
      .map((name) => `${name}\n`)
      .join('')}`,
  );
  return undefined;
}

export async function setContext(session: Session): Promise<undefined> {
  const { flags } = session;
  const config = configOf(session);
  const name = flags.is('current') ? text(config, 'current-context') : (flags.args[0] ?? '');
  if (flags.is('current') && name === '') throw new KubectlError('no current context is set');
  if (name === '') throw new KubectlError('you must specify a non-empty context name or --current');
  const existing = entryOf(config, 'contexts', name);
  const changed: JsonObject = { ...existing };
  for (const [flag, field] of [
    ['cluster', 'cluster'],
    ['user', 'user'],
    ['namespace', 'namespace'],
  ] as const) {
    if (flags.changed(flag)) changed[field] = flags.text(flag);
  }
  const complete = { cluster: '', user: '', ...changed };
  await save(session, withEntry(config, 'contexts', name, complete));
  session.out(`Context "${name}" ${existing === undefined ? 'created' : 'modified'}.\n`);
  return undefined;
}

async function embedded(session: Session, flag: string): Promise<JsonObject> {
  const { flags } = session;
  if (!flags.changed(flag)) return {};
  const path = flags.text(flag);
  if (!flags.is('embed-certs')) return { [flag]: path };
  const resolved = resolvePath(session.context, path);
  if (!(await session.context.fs.exists(resolved))) {
    throw new KubectlError(`could not stat ${flag} file ${path}: stat ${path}: no such file or directory`);
  }
  return { [`${flag}-data`]: encodeBase64(await session.context.fs.readFile(resolved)) };
}

export async function setCluster(session: Session): Promise<undefined> {
  const { flags } = session;
  const name = oneArgument(session);
  const config = configOf(session);
  const value: JsonObject = {
    ...entryOf(config, 'clusters', name),
    ...(await embedded(session, 'certificate-authority')),
  };
  if (flags.changed('server')) value['server'] = flags.text('server');
  if (flags.changed('insecure-skip-tls-verify'))
    value['insecure-skip-tls-verify'] = flags.is('insecure-skip-tls-verify');
  if (flags.changed('tls-server-name')) value['tls-server-name'] = flags.text('tls-server-name');
  if (flags.changed('proxy-url')) value['proxy-url'] = flags.text('proxy-url');
  await save(session, withEntry(config, 'clusters', name, value));
  session.out(`Cluster "${name}" set.\n`);
  return undefined;
}

export async function setCredentials(session: Session): Promise<undefined> {
  const { flags } = session;
  const name = oneArgument(session);
  const config = configOf(session);
  const value: JsonObject = {
    ...entryOf(config, 'users', name),
    ...(await embedded(session, 'client-certificate')),
    ...(await embedded(session, 'client-key')),
  };
  for (const field of ['token', 'username', 'password']) if (flags.changed(field)) value[field] = flags.text(field);
  await save(session, withEntry(config, 'users', name, value));
  session.out(`User "${name}" set.\n`);
  return undefined;
}

export async function deleteContext(session: Session): Promise<undefined> {
  if (session.flags.args[0] === text(configOf(session), 'current-context')) {
    session.err(
      'warning: this removed your active context, use "kubectl config use-context" to select a different one\n',
    );
  }
  return remove(session, 'contexts', 'context');
}

export async function deleteCluster(session: Session): Promise<undefined> {
  return remove(session, 'clusters', 'cluster');
}

export async function deleteUser(session: Session): Promise<undefined> {
  return remove(session, 'users', 'user');
}

async function remove(session: Session, list: ListName, word: string): Promise<undefined> {
  const name = oneArgument(session);
  const config = configOf(session);
  const { path } = session.kubeconfig;
  if (entryOf(config, list, name) === undefined)
    throw new KubectlError(`cannot delete ${word} ${name}, not in ${path}`);
  await save(session, withEntry(config, list, name, undefined));
  session.out(`deleted ${word} ${name} from ${path}\n`);
  return undefined;
}

export async function renameContext(session: Session): Promise<undefined> {
  const [from, to, ...more] = session.flags.args;
  if (from === undefined || to === undefined || more.length > 0)
    throw usageError(session.command, `Unexpected args: [${session.flags.args.join(' ')}]`);
  const config = configOf(session);
  const { path } = session.kubeconfig;
  const entry = entryOf(config, 'contexts', from);
  if (entry === undefined) throw new KubectlError(`cannot rename the context "${from}", it's not in ${path}`);
  if (entryOf(config, 'contexts', to) !== undefined) {
    throw new KubectlError(`cannot rename the context "${from}", the context "${to}" already exists in ${path}`);
  }
  const renamed = withEntry(withEntry(config, 'contexts', from, undefined), 'contexts', to, entry);
  const current = text(config, 'current-context') === from ? to : text(config, 'current-context');
  await save(session, { ...renamed, 'current-context': current });
  session.out(`Context "${from}" renamed to "${to}".\n`);
  return undefined;
}

/** `contexts.NAME.namespace`, `clusters.NAME.server`, `current-context`. */
export async function setProperty(session: Session): Promise<undefined> {
  const [property, value, ...more] = session.flags.args;
  if (property === undefined || value === undefined || more.length > 0)
    throw usageError(session.command, `Unexpected args: [${session.flags.args.join(' ')}]`);
  await save(session, changedProperty(session, property, value));
  session.out(`Property "${property}" set.\n`);
  return undefined;
}

export async function unsetProperty(session: Session): Promise<undefined> {
  const property = oneArgument(session);
  await save(session, changedProperty(session, property, undefined));
  session.out(`Property "${property}" unset.\n`);
  return undefined;
}

const properties = [
  'apiVersion',
  'kind',
  'preferences',
  'clusters',
  'users',
  'contexts',
  'current-context',
  'extensions',
];

function changedProperty(session: Session, property: string, value: string | undefined): JsonObject {
  const config = configOf(session);
  const [first = '', ...rest] = property.split('.');
  if (!properties.includes(first)) throw new KubectlError(`unable to parse ${property} after [] at api.Config`);
  if (first !== 'contexts' && first !== 'clusters' && first !== 'users') return { ...config, [first]: value ?? '' };
  const entries = names(config, first);
  const joined = rest.join('.');
  const name = entries.find((each) => joined === each || joined.startsWith(`${each}.`)) ?? rest[0] ?? '';
  const field = joined.slice(name.length + 1);
  if (field === '')
    return withEntry(config, first, name, value === undefined ? undefined : (entryOf(config, first, name) ?? {}));
  const entry = entryOf(config, first, name) ?? {};
  return withEntry(config, first, name, withField(entry, [field], value));
}

export async function view(session: Session): Promise<undefined> {
  const { flags } = session;
  if (flags.args.length > 0) throw usageError(session.command, `unexpected arguments: [${flags.args.join(' ')}]`);
  const whole = flags.is('minify') ? minified(session) : configOf(session);
  const shown = flags.is('raw') ? whole : redacted(whole);
  const output = flags.text('output');
  const printer = output === 'yaml' ? undefined : await outputPrinter(session);
  session.out(printer === undefined ? toYaml(shown) : printer(shown));
  return undefined;
}

function minified(session: Session): JsonObject {
  const config = configOf(session);
  const name = session.choice.contextName;
  const entry = entryOf(config, 'contexts', name);
  if (entry === undefined) throw new KubectlError('current-context must exist in order to minify');
  const only = (list: ListName, wanted: string): JsonObject[] =>
    objects(config, list).filter((each) => text(each, 'name') === wanted);
  return {
    ...config,
    'current-context': name,
    contexts: only('contexts', name),
    clusters: orNull(only('clusters', text(entry, 'cluster'))),
    users: orNull(only('users', text(entry, 'user'))),
  };
}

const orNull = (list: readonly JsonObject[]): readonly JsonObject[] | null => (list.length === 0 ? null : list);

/** Certificates and secrets are not for showing. */
function redacted(value: JsonObject): JsonObject {
  const hidden: JsonObject = {};
  for (const [key, each] of Object.entries(value)) {
    if (key === 'certificate-authority-data' || key === 'client-certificate-data' || key === 'client-key-data')
      hidden[key] = 'DATA+OMITTED';
    else if (key === 'token' || key === 'password') hidden[key] = 'REDACTED';
    else if (Array.isArray(each)) hidden[key] = each.map((item) => (isObject(item) ? redacted(item) : item));
    else hidden[key] = isObject(each) ? redacted(each) : each;
  }
  return hidden;
}
