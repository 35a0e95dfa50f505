/**
 * From arguments to objects: `pods`, `pods web`, `pods,svc`, `deploy/web svc/web`, `-l app=web`, `--all`, `-f FILE`.
 * @source staging/src/k8s.io/cli-runtime/pkg/resource/builder.go
 */
import { matchesSelector, parseSelector } from '../../sim/api/selector.ts';
import { validationOf } from './changes.ts';
import type { JsonObject } from './client.ts';
import { apiVersionOf, pathOf, type Resource } from './discovery.ts';
import { KubectlError, StatusError, UnreachableError } from './errors.ts';
import { list, nameOf, namespaceOf, objects, record, text, withField } from './fields.ts';
import { readManifests } from './manifest.ts';
import type { Session } from './session.ts';
import { askForSchema } from './validation.ts';

export interface Info {
  readonly resource: Resource;
  /** '' for cluster-wide objects and, in lists, for all namespaces. */
  readonly namespace: string;
  readonly name: string;
  /** The object, or the Table the server answered. */
  readonly object: JsonObject;
  /** Where a manifest came from, or ''. */
  readonly source: string;
}

export interface Query {
  readonly args: readonly string[];
  readonly files?: readonly string[];
  readonly recursive?: boolean;
  readonly selector?: string;
  readonly fieldSelector?: string;
  readonly all?: boolean;
  readonly allNamespaces?: boolean;
  /** May a bare type mean all its objects? (get, describe). */
  readonly bareTypes?: boolean;
  /** `table` fetches Tables, `object` objects, `none` leaves named objects unfetched. */
  readonly fetch?: 'object' | 'table' | 'none';
  /** Objects of -f are fetched from the server rather than taken as written. */
  readonly latest?: boolean;
  readonly subresource?: string;
  /** A bare name means this type (`kubectl logs web`). */
  readonly defaultType?: string;
  readonly singleType?: boolean;
  readonly query?: Readonly<Record<string, string>>;
  readonly chunk?: number;
}

export interface Selection {
  readonly infos: readonly Info[];
  readonly errors: readonly KubectlError[];
  /** One object was asked for by name, so it is not wrapped in a List. */
  readonly single: boolean;
  /** The Lists or Tables behind selectors, with their resourceVersion. */
  readonly lists: readonly { readonly resource: Resource; readonly namespace: string; readonly list: JsonObject }[];
}

const missing = `You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'`;

export async function select(session: Session, query: Query): Promise<Selection> {
  const files = query.files ?? [];
  if (files.length > 0) {
    if (query.args.length > 0) {
      throw new KubectlError(
        'when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well',
      );
    }
    return fromFiles(session, query, files);
  }
  const args = await expandCategories(session, query);
  const named = args.some((arg) => arg.includes('/'));
  if (named) return byTuples(session, query, args);
  const [types = '', ...names] = args;
  if (types === '') throw new KubectlError(missing);
  const words = [...new Set(types.split(','))];
  const selecting = query.all === true || query.selector !== undefined || query.fieldSelector !== undefined;
  if (names.length > 0) {
    if (selecting) throw new KubectlError('name cannot be provided when a selector is specified');
    if (words.length > 1) throw new KubectlError('you must specify only one resource');
    return byNames(session, query, await session.mapping(types), names);
  }
  const resources = await mappings(session, words);
  if (query.singleType === true && resources.length > 1)
    throw new KubectlError('you may only specify a single resource type');
  if (selecting || query.bareTypes === true) return bySelector(session, query, resources);
  throw new KubectlError('resource(s) were provided, but no name was specified');
}

/** The same, but any error ends the command, as commands that change one object want it. */
export async function selectAll(session: Session, query: Query): Promise<readonly Info[]> {
  const { infos, errors } = await select(session, query);
  const [first] = errors;
  if (first !== undefined && infos.length === 0) throw first;
  return infos;
}

async function expandCategories(session: Session, query: Query): Promise<readonly string[]> {
  const { args, defaultType } = query;
  const [first] = args;
  if (first === undefined || args.some((arg) => arg.includes('/'))) return args;
  if (defaultType !== undefined && args.length === 1) return [defaultType, first];
  if (args.length !== 1) return args;
  const words: string[] = [];
  for (const word of first.split(',')) {
    const category = /^[a-z-]+$/.test(word) ? (await session.discovery()).category(word) : undefined;
    words.push(...(category?.map((each) => `${each.name}.${each.version}.${each.group}`) ?? [word]));
  }
  return [words.join(',')];
}

async function mappings(session: Session, words: readonly string[]): Promise<Resource[]> {
  const resources: Resource[] = [];
  for (const word of words) {
    const found = await session.mapping(word);
    if (!resources.some((each) => each.kind === found.kind && each.group === found.group)) resources.push(found);
  }
  return resources;
}

async function byTuples(session: Session, query: Query, args: readonly string[]): Promise<Selection> {
  const tuples: [Resource, string][] = [];
  for (const arg of args) {
    const [word = '', name = '', more] = arg.split('/');
    if (more !== undefined) throw new KubectlError('arguments in resource/name form may not have more than one slash');
    if (!arg.includes('/')) {
      throw new KubectlError(
        "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
      );
    }
    if (word === '' || name === '' || word.split(',').length !== 1) {
      throw new KubectlError('arguments in resource/name form must have a single resource and name');
    }
    if (query.all === true || (query.selector ?? query.fieldSelector) !== undefined) {
      throw new KubectlError('selectors and the all flag cannot be used when passing resource/name arguments');
    }
    tuples.push([await session.mapping(word), name]);
  }
  if (query.singleType === true && new Set(tuples.map(([resource]) => resource.kind)).size > 1) {
    throw new KubectlError('you may only specify a single resource type');
  }
  return named(session, query, tuples);
}

async function byNames(
  session: Session,
  query: Query,
  resource: Resource,
  names: readonly string[],
): Promise<Selection> {
  return named(
    session,
    query,
    names.map((name) => [resource, name]),
  );
}

async function named(
  session: Session,
  query: Query,
  tuples: readonly (readonly [Resource, string])[],
): Promise<Selection> {
  const infos: Info[] = [];
  const errors: KubectlError[] = [];
  for (const [resource, name] of tuples) {
    if (resource.namespaced && query.allNamespaces === true) {
      throw new KubectlError('a resource cannot be retrieved by name across all namespaces');
    }
    const namespace = resource.namespaced ? session.namespace : '';
    await collect(errors, async () => {
      infos.push({
        resource,
        namespace,
        name,
        object: await fetchOne(session, query, resource, namespace, name),
        source: '',
      });
    });
  }
  return { infos, errors, single: tuples.length === 1, lists: [] };
}

async function fetchOne(
  session: Session,
  query: Query,
  resource: Resource,
  namespace: string,
  name: string,
): Promise<JsonObject> {
  if (query.fetch === 'none') return shell(resource, namespace, name);
  return session.object({
    method: 'GET',
    path: pathOf(resource, namespace, name, query.subresource),
    query: query.query ?? {},
    ...(query.fetch === 'table' ? { accept: 'table' as const } : {}),
  });
}

function shell(resource: Resource, namespace: string, name: string): JsonObject {
  const metadata = namespace === '' ? { name } : { name, namespace };
  return { apiVersion: apiVersionOf(resource), kind: resource.kind, metadata };
}

async function bySelector(session: Session, query: Query, resources: readonly Resource[]): Promise<Selection> {
  if (query.subresource !== undefined && query.subresource !== '') {
    throw new KubectlError('subresource cannot be used when bulk resources are specified');
  }
  const infos: Info[] = [];
  const errors: KubectlError[] = [];
  const lists: { resource: Resource; namespace: string; list: JsonObject }[] = [];
  for (const resource of resources) {
    const namespace = query.allNamespaces === true || !resource.namespaced ? '' : session.namespace;
    await collect(errors, async () => {
      const found = await listAll(session, query, resource, namespace);
      lists.push({ resource, namespace, list: found });
      if (query.fetch === 'table') {
        infos.push({ resource, namespace, name: '', object: found, source: '' });
        return;
      }
      for (const item of objects(found, 'items')) {
        const object = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...item };
        infos.push({ resource, namespace: namespaceOf(item), name: nameOf(item), object, source: '' });
      }
    });
  }
  return { infos, errors, single: false, lists };
}

/** A whole list, fetched in pieces of --chunk-size. */
export async function listAll(
  session: Session,
  query: Query,
  resource: Resource,
  namespace: string,
): Promise<JsonObject> {
  const selectors: Record<string, string> = { ...query.query };
  if (query.selector !== undefined && query.selector !== '') selectors['labelSelector'] = query.selector;
  if (query.fieldSelector !== undefined && query.fieldSelector !== '') selectors['fieldSelector'] = query.fieldSelector;
  const limit = query.chunk ?? 500;
  if (limit > 0) selectors['limit'] = String(limit);
  const path = pathOf(resource, namespace);
  const accept = query.fetch === 'table' ? { accept: 'table' as const } : {};
  try {
    let page = await session.object({ method: 'GET', path, query: selectors, ...accept });
    const field = Array.isArray(page['rows']) ? 'rows' : 'items';
    const rows = [...list(page, field)];
    const first = page;
    while (text(page, 'metadata', 'continue') !== '') {
      page = await session.object({
        method: 'GET',
        path,
        query: { ...selectors, continue: text(page, 'metadata', 'continue') },
        ...accept,
      });
      rows.push(...list(page, field));
    }
    return rows.length === list(first, field).length
      ? first
      : { ...first, metadata: record(page, 'metadata'), [field]: rows };
  } catch (error) {
    throw listError(error, resource, query);
  }
}

function listError(error: unknown, resource: Resource, query: Query): unknown {
  if (!(error instanceof StatusError) || !['BadRequest', 'NotFound'].includes(error.reason)) return error;
  const name = `"${resource.group}/${resource.version}, Resource=${resource.name}"`;
  const labels = query.selector ?? '';
  const fields = query.fieldSelector ?? '';
  const prefix =
    labels === '' && fields === ''
      ? `Unable to list ${name}: `
      : `Unable to find ${name} that match label selector "${labels}", field selector "${fields}": `;
  return new StatusError({ ...error.status, message: prefix + text(error.status, 'message') });
}

/** The commands that look at a manifest before they send it. */
const validating = new Set(['kubectl create', 'kubectl apply', 'kubectl replace']);

async function fromFiles(session: Session, query: Query, files: readonly string[]): Promise<Selection> {
  const validate = validating.has(session.command) && validationOf(session) !== 'Ignore';
  const manifests = await readManifests(session.context, files, { recursive: query.recursive === true, validate });
  const infos: Info[] = [];
  const errors: KubectlError[] = [];
  const selector = query.selector === undefined || query.selector === '' ? undefined : parseSelector(query.selector);
  if (selector !== undefined && !selector.ok) {
    throw new KubectlError(`the provided selector "${query.selector}" is not valid: ${selector.error}`);
  }
  for (const manifest of manifests) {
    if (manifest instanceof KubectlError) {
      errors.push(manifest);
      continue;
    }
    const { object, source } = manifest;
    if (selector?.ok === true && !matchesSelector(selector.selector, labelsOf(object))) continue;
    await collect(errors, async () => {
      if (validate) await askForSchema(session, source);
      const resource = await session.mappingForObject(object, source);
      const namespace = session.flags.is('local') ? namespaceOf(object) : placeOf(session, resource, object);
      const name = nameOf(object);
      const placed = namespace === '' ? object : withField(object, ['metadata', 'namespace'], namespace);
      const fetched = query.latest === true ? await fetchOne(session, query, resource, namespace, name) : placed;
      infos.push({ resource, namespace, name, object: fetched, source });
    });
  }
  const single = manifests.length === 1 && files.length === 1 && files[0] !== '-';
  return { infos, errors, single, lists: [] };
}

function labelsOf(object: JsonObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(record(object, 'metadata', 'labels')).map(([key, value]) => [key, String(value)]),
  );
}

/** The namespace a manifest goes to; a manifest may not contradict --namespace. */
function placeOf(session: Session, resource: Resource, object: JsonObject): string {
  if (!resource.namespaced) return '';
  const own = namespaceOf(object);
  if (own === '') return session.namespace;
  if (session.explicitNamespace && own !== session.namespace) {
    throw new KubectlError(
      `the namespace from the provided object "${own}" does not match the namespace "${session.namespace}". You must pass '--namespace=${own}' to perform this operation.`,
    );
  }
  return own;
}

/** Runs one step; an expected error is kept, the rest of the objects go on. */
export async function collect(errors: KubectlError[], step: () => Promise<void>): Promise<void> {
  try {
    await step();
  } catch (error) {
    if (!(error instanceof KubectlError) || error instanceof UnreachableError) throw error;
    errors.push(error);
  }
}

/** The flags every command has that picks objects. */
export function queryOf(session: Session, args: readonly string[]): Query {
  const { flags } = session;
  return {
    args,
    files: flags.list('filename'),
    recursive: flags.is('recursive'),
    ...(flags.text('selector') === '' ? {} : { selector: flags.text('selector') }),
    ...(flags.text('field-selector') === '' ? {} : { fieldSelector: flags.text('field-selector') }),
    all: flags.is('all'),
    allNamespaces: flags.is('all-namespaces'),
  };
}
