/**
 * `kubectl get`: the server's tables, or objects in the format asked for; once or watched.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/get/get.go
 */
import { isFailure, type JsonObject } from './client.ts';
import { apiVersionOf, kindName, pathOf, type Resource } from './discovery.ts';
import { KubectlError, throwAll, usageError } from './errors.ts';
import { isObject, list, nameOf, objects, text } from './fields.ts';
import { JsonPathError, relaxedPath } from './jsonpath.ts';
import { findResults } from './jsonpath-eval.ts';
import { outputPrinter } from './printers.ts';
import { type Info, type Query, queryOf, select } from './resources.ts';
import type { Session } from './session.ts';
import { isTable, type TableOptions, TablePrinter } from './table.ts';
import { naturalOrder } from './yaml.ts';

export async function get(session: Session): Promise<number> {
  const { flags } = session;
  if (flags.text('raw') !== '') return raw(session);
  if (flags.args.length === 0 && flags.list('filename').length === 0) {
    session.err(
      'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported resources.\n\n',
    );
    throw usageError(
      session.command,
      'Required resource not specified.\nUse "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).',
    );
  }
  const output = flags.text('output');
  if (flags.is('show-labels') && output !== '' && output !== 'wide') {
    throw new KubectlError(`--show-labels option cannot be used with ${output} printer`);
  }
  const asTables = output === 'wide' || (output === '' && flags.text('template') === '');
  if (flags.is('watch') || flags.is('watch-only')) return watch(session, asTables);
  const query = {
    ...queryOf(session, flags.args),
    bareTypes: true,
    latest: true,
    chunk: flags.number('chunk-size'),
    subresource: flags.text('subresource'),
  };
  return asTables ? tables(session, query) : generic(session, query);
}

async function raw(session: Session): Promise<number> {
  const [path = '', queryText = ''] = session.flags.text('raw').split('?');
  const query: Record<string, string> = {};
  for (const pair of queryText.split('&').filter((each) => each !== '')) {
    const [key = '', value = ''] = pair.split('=');
    query[decodeURIComponent(key)] = decodeURIComponent(value);
  }
  if (!path.startsWith('/'))
    throw new KubectlError(`--raw must be a valid URL path: parse "${path}": invalid URI for request`);
  const request = { method: 'GET' as const, path, query };
  if ('watch' in query) {
    for await (const event of session.connection.watch(
      { ...request, headers: session.headers },
      session.context.signal,
    )) {
      if (isFailure(event)) return 1;
      session.out(`${JSON.stringify(event)}\n`);
    }
    return 0;
  }
  const body = await session.request(request);
  session.out(typeof body === 'string' ? body : `${JSON.stringify(body)}\n`);
  return 0;
}

async function tables(session: Session, query: Query): Promise<number> {
  const { flags } = session;
  const sortBy = flags.text('sort-by');
  const { infos, errors } = await select(session, {
    ...query,
    fetch: 'table',
    ...(sortBy === '' ? {} : { query: { includeObject: 'Object' } }),
  });
  const failures = errors.filter(
    (error) => !(flags.is('ignore-not-found') && 'isNotFound' in error && error.isNotFound === true),
  );
  const kinds = new Set(infos.map((info) => `${info.resource.group}/${info.resource.kind}`));
  let written = '';
  let allNamespaced = !flags.is('all-namespaces');
  let last: Resource | undefined;
  let printer: TablePrinter | undefined;
  const flush = (): void => {
    const lines = printer?.flush() ?? '';
    if (lines !== '' && written !== '' && !flags.is('no-headers')) session.out('\n');
    session.out(lines);
    written += lines;
  };
  for (const info of infos) {
    allNamespaced = allNamespaced && info.resource.namespaced;
    if (printer === undefined || last !== info.resource) {
      flush();
      printer = new TablePrinter(tableOptions(session, info.resource, kinds.size > 1));
      last = info.resource;
    }
    printer.add(sorted(asTable(info), sortBy));
  }
  flush();
  if (written === '' && !flags.is('ignore-not-found') && failures.length === 0) {
    session.err(allNamespaced ? `No resources found in ${session.namespace} namespace.\n` : 'No resources found\n');
  }
  throwAll(failures);
  return 0;
}

export function tableOptions(session: Session, resource: Resource, withKind: boolean): TableOptions {
  const { flags } = session;
  return {
    wide: flags.text('output') === 'wide',
    noHeaders: flags.is('no-headers'),
    withNamespace: flags.is('all-namespaces') && resource.namespaced,
    kind: withKind || flags.is('show-kind') ? kindName(resource) : '',
    showLabels: flags.is('show-labels'),
    labelColumns: flags.list('label-columns'),
  };
}

/** Servers that make no Table leave the client with names and ages. */
function asTable(info: Info): JsonObject {
  if (isTable(info.object)) return info.object;
  const items = Array.isArray(info.object['items']) ? objects(info.object, 'items') : [info.object];
  return {
    kind: 'Table',
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name' },
      { name: 'Created At', type: 'string' },
    ],
    rows: items.map((item) => ({ cells: [nameOf(item), text(item, 'metadata', 'creationTimestamp')], object: item })),
  };
}

function sorted(table: JsonObject, sortBy: string): JsonObject {
  if (sortBy === '') return table;
  const rows = list(table, 'rows').filter(isObject);
  return { ...table, rows: sortByPath(rows, sortBy, (row) => row['object']) };
}

/** Sorts by a JSONPath expression as --sort-by does: numbers, quantities and names each in their own order. */
export function sortByPath<T>(items: readonly T[], sortBy: string, objectOf: (item: T) => unknown): T[] {
  let path: string;
  try {
    path = relaxedPath(sortBy);
  } catch (error) {
    throw new KubectlError(error instanceof JsonPathError ? error.message : String(error));
  }
  const keyed = items.map((item) => ({ item, key: findResults(path, objectOf(item), true).flat()[0] }));
  if (items.length > 0 && keyed.every(({ key }) => key === undefined)) {
    throw new KubectlError(`couldn't find any field with path "${path}" in the list of objects`);
  }
  return keyed.sort((a, b) => compareKeys(a.key, b.key)).map(({ item }) => item);
}

function compareKeys(a: unknown, b: unknown): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return naturalOrder(String(a), String(b));
}

async function generic(session: Session, query: Query): Promise<number> {
  const { flags } = session;
  const { infos, errors, single } = await select(session, query);
  const ignore = flags.is('ignore-not-found');
  const failures = errors.filter((error) => !(ignore && 'isNotFound' in error && error.isNotFound === true));
  if (single && failures.length > 0) throwAll(failures);
  if (infos.length === 0 && ignore) {
    throwAll(failures);
    return 0;
  }
  const printer = (await outputPrinter(session, { columns: true })) ?? (() => '');
  const [only] = infos;
  if (single && only !== undefined) session.out(printer(only.object, only.resource));
  else {
    const sortBy = flags.text('sort-by');
    const items = infos.map((info) => info.object);
    const ordered = sortBy === '' ? items : sortByPath(items, sortBy, (item) => item);
    session.out(printer({ apiVersion: 'v1', items: ordered, kind: 'List', metadata: { resourceVersion: '' } }));
  }
  throwAll(failures);
  return 0;
}

async function watch(session: Session, asTables: boolean): Promise<number> {
  const { flags } = session;
  if (flags.text('sort-by') !== '') {
    session.err(
      flags.is('watch')
        ? 'warning: --watch requested, --sort-by will be ignored for watch events received\n'
        : 'warning: --watch-only requested, --sort-by will be ignored\n',
    );
  }
  const fetch = asTables ? 'table' : 'object';
  const query: Query = { ...queryOf(session, flags.args), bareTypes: true, latest: true, singleType: true, fetch };
  const { infos, errors, lists } = await select(session, query);
  const failures = errors.filter(
    (error) => !(flags.is('ignore-not-found') && 'isNotFound' in error && error.isNotFound === true),
  );
  throwAll(failures);
  const resource = lists[0]?.resource ?? infos[0]?.resource;
  if (resource === undefined) return 0;
  if (lists.length === 0 && infos.length !== 1) {
    throw new KubectlError(
      `watch is only supported on individual resources and resource collections - ${infos.length} resources were found`,
    );
  }
  const printer = await outputPrinter(session, { columns: true });
  const table = new TablePrinter(tableOptions(session, resource, false));
  const events = flags.is('output-watch-events');
  const show = (object: JsonObject, type: string): void => {
    if (printer === undefined) {
      const info = { resource, namespace: '', name: '', object, source: '' };
      table.add(asTable(info), events ? type : undefined);
      session.out(table.flush(true));
    } else session.out(printer(events ? { type, object } : object, resource));
  };
  if (!flags.is('watch-only'))
    for (const info of infos)
      if (!isTable(info.object) || list(info.object, 'rows').length > 0) show(info.object, 'ADDED');
  const [single] = infos;
  const source = lists[0]?.list ?? single?.object;
  await follow(session, query, resource, {
    namespace: lists[0]?.namespace ?? single?.namespace ?? '',
    name: lists.length === 0 ? (single?.name ?? '') : '',
    resourceVersion: text(source, 'metadata', 'resourceVersion'),
    table: asTables,
    show,
  });
  return 0;
}

interface Following {
  readonly namespace: string;
  readonly name: string;
  readonly resourceVersion: string;
  readonly table: boolean;
  readonly show: (object: JsonObject, type: string) => void;
}

async function follow(session: Session, query: Query, resource: Resource, what: Following): Promise<void> {
  const selectors = [query.fieldSelector ?? '', what.name === '' ? '' : `metadata.name=${what.name}`].filter(
    (each) => each !== '',
  );
  const timeoutMs = session.requestTimeoutMs;
  const request = {
    method: 'GET' as const,
    path: pathOf(resource, what.namespace),
    headers: session.headers,
    query: {
      watch: 'true',
      resourceVersion: what.resourceVersion,
      ...(query.selector === undefined ? {} : { labelSelector: query.selector }),
      ...(selectors.length === 0 ? {} : { fieldSelector: selectors.join(',') }),
      ...(timeoutMs === undefined ? {} : { timeoutSeconds: String(Math.ceil(timeoutMs / 1000)) }),
    },
    ...(what.table ? { accept: 'table' as const } : {}),
  };
  for await (const event of session.connection.watch(request, session.context.signal)) {
    if (isFailure(event)) return;
    if (event.type === 'BOOKMARK') continue;
    if (event.type === 'ERROR') throw new KubectlError(text(event.object, 'message') || 'watch closed');
    what.show(
      what.table ? event.object : { apiVersion: apiVersionOf(resource), kind: resource.kind, ...event.object },
      event.type,
    );
  }
}
