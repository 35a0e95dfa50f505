/**
 * The kernel's trace as a story: what the learner asked, what was stored, who noticed, who did what about it, what went
 * wrong. Heartbeats, probes, leases and reads by components are left out: they never stop and say nothing new.
 */
import type { KernelState } from './kernel/state.ts';
import { type TraceRow as KernelRow, newestFirst, type Trace } from './kernel/trace.ts';

/** One message between two parts, as the trace keeps it. */
export interface TraceRow {
  readonly atUs: number;
  readonly from: string;
  readonly to: string;
  readonly what: string;
  readonly kind: 'call' | 'event' | 'fault' | 'input' | 'note' | 'state';
}

/** A world, or as much of one as this needs. */
interface Traced {
  readonly kernel: { readonly trace: Trace; readonly state: KernelState };
}

/** How far back a look for rows worth showing goes: a quiet cluster says little else than heartbeats. */
const usualLookBack = 4_000;

const parts = new Set([
  'containerd',
  'etcd',
  'haproxy',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-proxy',
  'kube-scheduler',
  'kubelet',
  'systemd',
  'kubeadm',
]);

/** What a kubelet has its runtime do; the rest is looking. */
const runtimeWork = /^(Run|Create|Start|Stop|Remove|Pull)/;

/** Moves between these are part of every round of work; they are no news. */
const restless = /^(waiting|resting|checking|serving|idle|filtering|scoring|binding|running)$/;

/** @returns up to `count` rows worth showing, the newest last; the same said several times in a row is one */
export function traceRowsOf(world: Traced, count: number, lookBack = usualLookBack): TraceRow[] {
  const rows: TraceRow[] = [];
  let looked = 0;
  let repeats = 1;
  for (const kernelRow of newestFirst(world.kernel.trace)) {
    if (rows.length > count || ++looked > lookBack) break;
    const row = wordsFor(kernelRow, world.kernel.state);
    if (!row) continue;
    const later = rows.at(-1);
    if (later && isSame(later, row, repeats)) {
      repeats++;
      rows[rows.length - 1] = { ...later, what: `${row.what} ×${repeats}` };
    } else {
      repeats = 1;
      rows.push(row);
    }
  }
  return rows.slice(0, count).reverse();
}

/** @returns undefined for what nobody needs to see */
export function wordsFor({ row, before, after, notes }: KernelRow, state: KernelState): TraceRow | undefined {
  const { event } = row;
  const from = nameOf(row.from, state);
  const to = nameOf(row.to, state);
  const alone = (kind: TraceRow['kind'], who: string, what: string): TraceRow => ({
    atUs: row.at,
    from: who,
    to: '',
    what,
    kind,
  });
  const told = notes.map(noteWords).filter((note) => note !== '');
  if (told.length > 0) return alone('note', to, told.join('; '));
  switch (event.type) {
    case 'REQUEST': {
      const what = requestWords(event['body'], from);
      return what === '' ? undefined : { atUs: row.at, from, to, what, kind: from === 'you' ? 'input' : 'call' };
    }
    case 'STREAM': {
      const what = batchWords(event['item'], row.to);
      return what === '' ? undefined : { atUs: row.at, from, to, what, kind: 'event' };
    }
    case 'SPAWNED': {
      const who = String(event['process']);
      return isHelper(who) || after === '' ? undefined : alone('event', nameOf(who, state), 'starts');
    }
    case 'EXITED': {
      const who = String(event['process']);
      if (isHelper(who)) return undefined;
      const code = String(event['signal'] ?? event['exitCode'] ?? '');
      return alone(code === '0' ? 'event' : 'fault', nameOf(who, state), `ends (${code})`);
    }
    case 'REPLY':
      if (event['ok'] === false) return alone('fault', to, String(event['error']));
  }
  const isNews =
    !isHelper(row.to) && before !== after && before !== '' && !(restless.test(before) && restless.test(after));
  return isNews ? alone('state', to, `${before} → ${after}`) : undefined;
}

/** `kubelet@node-1`; a container by its pod. */
function nameOf(processId: string, state: KernelState): string {
  if (processId === '') return '';
  const slash = processId.indexOf('/');
  const host = processId.slice(0, slash);
  const process = state.processes.get(processId);
  if (process?.program === 'external' || processId.includes('/terminal')) return 'you';
  const name = processId.slice(slash + 1);
  const program = process?.program ?? name;
  if (parts.has(program)) return `${program}@${host}`;
  const [namespace = '', pod = '', container] = name.split('/');
  if (container === undefined) return `${name}@${host}`;
  return `${namespace === 'default' ? '' : `${namespace}/`}${pod}@${host}`;
}

/** Shims and the commands that a part runs for a moment: the part itself says what came of it. */
function isHelper(processId: string): boolean {
  return /\/(shim-|(ip6?tables|conntrack|ipset|nft)[^/]*$)/.test(processId);
}

/** etcd says the revision and the key; events and leases come by the dozen. */
function noteWords(note: string): string {
  const stored = /^Revision (\d+): (put|delete) \/registry\/(.+)$/.exec(note);
  if (!stored) return note;
  const [, revision, verb, key = ''] = stored;
  if (/^(events|leases|masterleases)\//.test(key)) return '';
  return `${verb} ${key} (revision ${revision})`;
}

function requestWords(body: unknown, from: string): string {
  if (!isRecord(body)) return '';
  const { method, path } = body;
  if (typeof method !== 'string') return '';
  if (typeof path !== 'string') return runtimeWork.test(method) ? method : '';
  if (!/^\/api(s)?\//.test(path)) return from === 'you' ? `${method} ${path}` : '';
  if (/\/(leases|events)(\/|$)/.test(path) || /authentication|authorization\.k8s\.io/.test(path)) return '';
  if (method === 'GET' && from !== 'you') return '';
  const query = isRecord(body['query']) ? body['query'] : {};
  return `${query['watch'] === undefined ? method : 'WATCH'} ${shortPath(path)}`;
}

/** `/apis/apps/v1/namespaces/default/deployments/web/scale` → `deployments default/web scale`. */
function shortPath(path: string): string {
  const rest = path.replace(/^\/api\/v1\/?/, '').replace(/^\/apis\/[^/]+\/[^/]+\/?/, '');
  const [first = '', namespace = '', kind, name, ...sub] = rest.split('/');
  if (first !== 'namespaces' || kind === undefined) return rest === '' ? path : rest;
  return [kind, name === undefined ? namespace : `${namespace}/${name}`, ...sub].join(' ');
}

/** A watch's batch: `ADDED Pod default/web-x +2`. What changed in passing is news only to the nodes. */
function batchWords(item: unknown, to: string): string {
  const events: readonly unknown[] = Array.isArray(item) ? item : [item];
  const isOnNode = /\/kubelet$/.test(to);
  const told = events.filter(
    (event) =>
      isRecord(event) &&
      (event['type'] === 'ADDED' || event['type'] === 'DELETED' || (isOnNode && event['type'] === 'MODIFIED')),
  );
  const first = told[0];
  if (!isRecord(first) || !isRecord(first['object'])) return '';
  const { kind, metadata } = first['object'];
  if (!isRecord(metadata) || kind === 'Lease' || kind === 'Event') return '';
  const namespace = typeof metadata['namespace'] === 'string' ? `${metadata['namespace']}/` : '';
  const more = told.length > 1 ? ` +${told.length - 1}` : '';
  return `${String(first['type'])} ${String(kind ?? '')} ${namespace}${String(metadata['name'])}${more}`;
}

function isSame(later: TraceRow, row: TraceRow, repeats: number): boolean {
  const what = repeats === 1 ? later.what : later.what.slice(0, later.what.lastIndexOf(' ×'));
  return later.from === row.from && later.to === row.to && what === row.what && later.kind === row.kind;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
