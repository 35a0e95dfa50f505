/**
 * `kubectl events`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/events
 */
import { isFailure, type JsonObject } from './client.ts';
import { DescribeWriter, timeMs } from './describe-writer.ts';
import { apiVersionOf, pathOf } from './discovery.ts';
import { KubectlError } from './errors.ts';
import { objects, text } from './fields.ts';
import { outputPrinter } from './printers.ts';
import type { Session } from './session.ts';
import { alignTabs, terminalSafe } from './tabwriter.ts';

export async function events(session: Session): Promise<undefined> {
  const { flags } = session;
  const types = flags.list('types');
  for (const type of types)
    if (!['normal', 'warning'].includes(type.toLowerCase()))
      throw new KubectlError('valid --types are Normal or Warning');
  const namespace = flags.is('all-namespaces') ? '' : session.namespace;
  const selector = await selectorFor(session);
  const resource = await session.mapping('events');
  const query = { limit: '500', ...(selector === '' ? {} : { fieldSelector: selector }) };
  const list = await session.object({ method: 'GET', path: pathOf(resource, namespace), query });
  const wanted = (event: JsonObject): boolean =>
    types.length === 0 || types.some((type) => type.toLowerCase() === text(event, 'type').toLowerCase());
  const found = objects(list, 'items')
    .filter(wanted)
    .sort((a, b) => seenMs(a) - seenMs(b));
  const printer = await outputPrinter(session);
  if (printer !== undefined) {
    const items = found.map((event) => ({ apiVersion: 'v1', kind: 'Event', ...event }));
    session.out(
      printer({
        apiVersion: 'v1',
        items,
        kind: 'EventList',
        metadata: { resourceVersion: text(list, 'metadata', 'resourceVersion') },
      }),
    );
    return undefined;
  }
  const watching = flags.is('watch');
  if (found.length === 0 && !watching) {
    session.err(
      flags.is('all-namespaces') ? 'No events found.\n' : `No events found in ${session.namespace} namespace.\n`,
    );
    return undefined;
  }
  const w = new DescribeWriter(session.connection.now());
  const header = flags.is('no-headers')
    ? []
    : [`${flags.is('all-namespaces') ? 'NAMESPACE\t' : ''}LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE`];
  session.out(`${alignTabs([...header, ...found.map((event) => line(session, w, event))].join('\n'))}\n`);
  if (!watching) return undefined;
  const request = {
    method: 'GET' as const,
    path: pathOf(resource, namespace),
    headers: session.headers,
    query: {
      watch: 'true',
      resourceVersion: text(list, 'metadata', 'resourceVersion'),
      ...(selector === '' ? {} : { fieldSelector: selector }),
    },
  };
  for await (const event of session.connection.watch(request, session.context.signal)) {
    if (isFailure(event) || event.type === 'ERROR') break;
    if (event.type !== 'ADDED' && event.type !== 'MODIFIED') continue;
    if (!wanted(event.object)) continue;
    session.out(`${alignTabs(line(session, new DescribeWriter(session.connection.now()), event.object))}\n`);
  }
  return undefined;
}

async function selectorFor(session: Session): Promise<string> {
  const target = session.flags.text('for');
  if (target === '') return '';
  const [type = '', name, more] = target.split('/');
  if (name === undefined || name === '' || more !== undefined)
    throw new KubectlError('--for must be in resource/name form');
  const resource = await session.mapping(type);
  return `involvedObject.kind=${resource.kind},involvedObject.name=${name},involvedObject.apiVersion=${apiVersionOf(resource)}`;
}

function seenMs(event: JsonObject): number {
  return (
    timeMs(text(event, 'series', 'lastObservedTime')) ??
    timeMs(event['lastTimestamp']) ??
    timeMs(event['eventTime']) ??
    timeMs(event['firstTimestamp']) ??
    0
  );
}

function line(session: Session, w: DescribeWriter, event: JsonObject): string {
  const object = `${text(event, 'involvedObject', 'kind')}/${text(event, 'involvedObject', 'name')}`;
  const cells = [
    w.eventInterval(event),
    text(event, 'type'),
    text(event, 'reason'),
    object,
    text(event, 'message').trim(),
  ];
  if (session.flags.is('all-namespaces')) cells.unshift(text(event, 'metadata', 'namespace'));
  return cells.map((cell) => terminalSafe(cell)).join('\t');
}
