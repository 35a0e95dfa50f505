/**
 * `kubectl set env`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/set/set_env.go
 */
import { decodeBase64 } from '../../sim/api/base64.ts';
import type { JsonObject } from './client.ts';
import { KubectlError, throwAll } from './errors.ts';
import { at, has, objects, record, sortedEntries, text, withField } from './fields.ts';
import { type Info, queryOf, select, selectAll } from './resources.ts';
import type { Session } from './session.ts';
import { changeEach, matchesContainer, podSpecPath } from './set.ts';

interface Changes {
  readonly set: readonly JsonObject[];
  readonly remove: readonly string[];
}

export async function setEnv(session: Session): Promise<undefined> {
  const { flags } = session;
  const isPair = (arg: string): boolean => arg.includes('=') || (arg.endsWith('-') && arg !== '-');
  const resources = flags.args.filter((arg) => !isPair(arg) && arg !== '-');
  const changes = await changesOf(session, flags.args.filter(isPair));
  if (flags.is('list')) return listing(session, resources);
  if (changes.set.length === 0 && changes.remove.length === 0) {
    const { errors } = await select(session, { ...queryOf(session, resources), latest: true });
    throwAll(errors);
    throw new KubectlError('at least one environment variable must be provided');
  }
  return changeEach(
    session,
    resources,
    'env updated',
    (info) => changed(session, info, changes),
    'failed to patch env update to pod template: ',
  );
}

async function changesOf(session: Session, pairs: readonly string[]): Promise<Changes> {
  const { flags } = session;
  const set: JsonObject[] = [];
  const remove: string[] = [];
  for (const pair of [...pairs, ...flags.list('env')]) {
    const equals = pair.indexOf('=');
    if (equals === -1) remove.push(pair.slice(0, -1));
    else if (equals === 0) throw new KubectlError(`invalid environment variable: ${pair}`);
    else set.push({ name: pair.slice(0, equals), value: pair.slice(equals + 1) });
  }
  const prefix = flags.text('prefix');
  const from = flags.text('from') === '' ? [] : await fromSource(session, flags.text('from'));
  const named = [...set, ...from].map((each) =>
    prefix === '' ? each : { ...each, name: prefix + text(each, 'name') },
  );
  return { set: named, remove };
}

/** Variables that refer to every key of a ConfigMap or Secret. */
async function fromSource(session: Session, source: string): Promise<JsonObject[]> {
  const [info] = await selectAll(session, { args: [source] });
  if (info === undefined || !['Secret', 'ConfigMap'].includes(info.resource.kind))
    throw new KubectlError('unsupported resource specified in --from');
  const reference = info.resource.kind === 'Secret' ? 'secretKeyRef' : 'configMapKeyRef';
  const wanted = session.flags.list('keys');
  return sortedEntries(record(info.object, 'data'))
    .filter(([key]) => wanted.length === 0 || wanted.includes(key))
    .map(([key]) => ({
      name: key.toUpperCase().replace(/[^A-Z0-9_]/g, '_'),
      valueFrom: { [reference]: { name: info.name, key } },
    }));
}

function changed(session: Session, info: Info, changes: Changes): JsonObject {
  const path = podSpecPath(info.object);
  const pattern = session.flags.text('containers');
  let after = info.object;
  let matched = false;
  for (const list of ['containers', 'initContainers']) {
    const containers = objects(at(after, ...path), list).map((container) => {
      if (!matchesContainer(pattern, text(container, 'name'))) return container;
      matched = true;
      return withEnv(session, container, changes);
    });
    if (containers.length > 0) after = withField(after, [...path, list], containers);
  }
  if (!matched) session.warn(`${info.resource.kind}/${info.name} does not have any containers matching "${pattern}"`);
  return after;
}

function withEnv(session: Session, container: JsonObject, { set, remove }: Changes): JsonObject {
  const existing = objects(container, 'env');
  if (!session.flags.is('overwrite')) {
    const clash = set.find((each) => existing.some((other) => text(other, 'name') === text(each, 'name')));
    if (clash !== undefined) {
      const held = existing.find((other) => text(other, 'name') === text(clash, 'name'));
      throw new KubectlError(
        `'${text(clash, 'name')}' already has a value (${text(held, 'value')}), and --overwrite is false`,
      );
    }
  }
  const kept = existing.filter((each) => !remove.includes(text(each, 'name')));
  const replaced = kept.map((each) => set.find((other) => text(other, 'name') === text(each, 'name')) ?? each);
  const fresh = set.filter((each) => !kept.some((other) => text(other, 'name') === text(each, 'name')));
  const env = [...replaced, ...fresh];
  return withField(container, ['env'], env.length === 0 ? undefined : env);
}

async function listing(session: Session, resources: readonly string[]): Promise<undefined> {
  const infos = await selectAll(session, { ...queryOf(session, resources), latest: !session.flags.is('local') });
  for (const info of infos) {
    const spec = at(info.object, ...podSpecPath(info.object));
    for (const container of [...objects(spec, 'containers'), ...objects(spec, 'initContainers')]) {
      if (!matchesContainer(session.flags.text('containers'), text(container, 'name'))) continue;
      session.out(`# ${info.resource.kind} ${info.name}, container ${text(container, 'name')}\n`);
      for (const variable of objects(container, 'env')) session.out(await variableLine(session, info, variable));
    }
  }
  return undefined;
}

async function variableLine(session: Session, info: Info, variable: JsonObject): Promise<string> {
  const name = text(variable, 'name');
  const from = record(variable, 'valueFrom');
  if (!has(variable, 'valueFrom')) return `${name}=${text(variable, 'value')}\n`;
  for (const [field, type] of [
    ['secretKeyRef', 'secret'],
    ['configMapKeyRef', 'configmap'],
  ] as const) {
    if (!has(from, field)) continue;
    const holder = text(from, field, 'name');
    const key = text(from, field, 'key');
    if (!session.flags.is('resolve')) return `# ${name} from ${type} ${holder}, key ${key}\n`;
    const found = await session.get(await session.mapping(`${type}s`), info.namespace, holder);
    const value = text(found, 'data', key);
    return `${name}=${type === 'secret' ? (decodeBase64(value) ?? '') : value}\n`;
  }
  if (has(from, 'fieldRef')) return `# ${name} from field path ${text(from, 'fieldRef', 'fieldPath')}\n`;
  return `# ${name} from resource field ${text(from, 'resourceFieldRef', 'resource')}\n`;
}
