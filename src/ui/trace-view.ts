/** The kernel's trace in words: who asked whom for what, who changed its state, what failed. Heartbeats are left out. */
import type { KernelState } from '../sim/kernel/state.ts';
import { type TraceRow as KernelRow, newestFirst } from '../sim/kernel/trace.ts';
import type { World } from '../sim/world.ts';
import type { TraceRow } from './view.ts';

/** How far back a look for rows worth showing goes: a quiet cluster says little else than heartbeats. */
const usualLookBack = 4_000;

/** @returns up to `count` rows worth showing, the newest last */
export function traceRowsOf(world: World, count: number, lookBack = usualLookBack): TraceRow[] {
  const rows: TraceRow[] = [];
  let looked = 0;
  for (const kernelRow of newestFirst(world.kernel.trace)) {
    if (rows.length >= count || ++looked > lookBack) break;
    const row = wordsFor(kernelRow, world.kernel.state);
    if (row) rows.push(row);
  }
  return rows.reverse();
}

/** @returns undefined for what nobody needs to see */
export function wordsFor({ row, before, after, notes }: KernelRow, state: KernelState): TraceRow | undefined {
  const { event } = row;
  const from = nameOf(row.from, state);
  const to = nameOf(row.to, state);
  const make = (
    kind: TraceRow['kind'],
    what: string,
    between: { from: string; to: string } = { from, to },
  ): TraceRow => ({ atUs: row.at, ...between, what, kind });
  if (notes.length > 0) return make('note', notes.join('; '), { from: to, to: '' });
  if (event.type === 'REQUEST') {
    const what = requestWords(event['body']);
    return what === undefined ? undefined : make(row.cause === 0 ? 'input' : 'call', what);
  }
  if (event.type === 'SPAWNED')
    return make('event', 'starts', { from: nameOf(String(event['process']), state), to: '' });
  if (event.type === 'EXITED')
    return make('fault', `${nameOf(String(event['process']), state)} ended (${String(event['code'])})`, {
      from: to,
      to: '',
    });
  if (before !== after && before !== '' && isShownState(before, after))
    return make('state', `${before} → ${after}`, { from: to, to: '' });
  if (event.type === 'REPLY' && event['ok'] === false)
    return make('fault', String(event['error']), { from: to, to: '' });
  if (event.type === 'STREAM') {
    const what = batchWords(event['item']);
    return what === undefined ? undefined : make('event', what);
  }
  return undefined;
}

/** `kubelet@node-1`; of a container, the program that runs in it. */
function nameOf(processId: string, state: KernelState): string {
  if (processId === '') return '';
  const slash = processId.indexOf('/');
  const host = processId.slice(0, slash);
  const process = state.processes.get(processId);
  if (process?.program === 'external') return 'you';
  return `${process?.program ?? processId.slice(slash + 1)}@${host}`;
}

/** Moves between waiting and resting are the same every second; they are no news. */
function isShownState(before: string, after: string): boolean {
  const restless = /^(waiting|resting|checking|serving|idle|filtering|scoring|binding|running)$/;
  return !(restless.test(before) && restless.test(after));
}

function requestWords(body: unknown): string | undefined {
  if (!isRecord(body)) return undefined;
  const { method, path } = body;
  if (typeof method === 'string' && typeof path === 'string') {
    const query = isRecord(body['query']) ? body['query'] : {};
    const verb = query['watch'] !== undefined ? 'WATCH' : method;
    return `${verb} ${path}`;
  }
  if (typeof method === 'string') {
    const key = isRecord(body['request']) ? body['request']['key'] : body['key'];
    return typeof key === 'string' ? `${method} ${key}` : method;
  }
  return typeof body['type'] === 'string' ? body['type'] : undefined;
}

/** A watch's batch: `MODIFIED Pod default/web-x +2`. */
function batchWords(item: unknown): string | undefined {
  const events = Array.isArray(item) ? item : [item];
  const first: unknown = events.find((event) => isRecord(event) && event['type'] !== 'BOOKMARK');
  if (!isRecord(first) || !isRecord(first['object'])) return undefined;
  const { kind, metadata } = first['object'];
  if (!isRecord(metadata) || kind === 'Lease') return undefined;
  const namespace = typeof metadata['namespace'] === 'string' ? `${metadata['namespace']}/` : '';
  const more = events.length > 1 ? ` +${events.length - 1}` : '';
  return `${String(first['type'])} ${String(kind ?? '')} ${namespace}${String(metadata['name'])}${more}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
