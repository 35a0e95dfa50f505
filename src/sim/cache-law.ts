/** K3: what an informer holds is what the store holds of the objects that it watches. */
import { matchesFields, parseFieldSelector } from './api/field-selector.ts';
import type { Kind } from './api/kind.ts';
import { allKinds, storageRange } from './api/kinds.ts';
import { matchesSelector, parseSelector } from './api/selector.ts';
import type { KubeObject } from './api/types.ts';
import type { Informer } from './client/informer.ts';
import { currentValue, type Mvcc, visitKeys } from './etcd/mvcc.ts';
import type { KernelState, Process } from './kernel/state.ts';
import { truth } from './observe.ts';

interface Finding {
  readonly law: string;
  readonly detail: string;
}

/** Newest version that an informer of some process has shown, by process and informer. */
export type SeenVersions = Map<string, { life: number; revision: number }>;

/** At rest every cache equals the store. A process that is paused, or whose first list is not there yet, is passed over. */
export function checkCaches(state: KernelState): Finding[] {
  const store = truth(state);
  const findings: Finding[] = [];
  if (store === undefined) return findings;
  const wanted = new Map<string, ReadonlyMap<string, string>>();
  for (const [process, name, informer] of informersOf(state)) {
    if (process.paused || !informer.synced) continue;
    const id = `${informer.path} ${JSON.stringify([informer.query, informer.extraQuery])}`;
    let stored = wanted.get(id);
    if (stored === undefined) {
      stored = selected(store, informer);
      wanted.set(id, stored);
    }
    const found = difference(stored, informer);
    if (found !== undefined) findings.push({ law: 'K3', detail: `${process.id}, watching ${name}: ${found}` });
  }
  return findings;
}

/** At any moment: no informer goes back to an older version than it has shown before. */
export function checkNoTimeTravel(seen: SeenVersions, state: KernelState): Finding[] {
  const findings: Finding[] = [];
  for (const [process, name, informer] of informersOf(state)) {
    const revision = Number(informer.resourceVersion);
    if (!(revision > 0)) continue;
    const key = `${process.id} ${name}`;
    const before = seen.get(key);
    if (before === undefined || before.life !== process.life) seen.set(key, { life: process.life, revision });
    else if (before.revision <= revision) before.revision = revision;
    else findings.push({ law: 'K3', detail: `${key} went back from version ${before.revision} to ${revision}` });
  }
  return findings;
}

function* informersOf(state: KernelState): Generator<readonly [Process, string, Informer]> {
  for (const process of state.processes.values()) {
    const memory = process.memory as { caches?: Record<string, Informer>; informers?: Record<string, Informer> };
    for (const [name, informer] of Object.entries(memory.caches ?? memory.informers ?? {})) {
      if (informer?.objects instanceof Map) yield [process, name, informer];
    }
  }
}

/** The first thing in which an informer differs, if any. */
function difference(stored: ReadonlyMap<string, string>, informer: Informer): string | undefined {
  for (const [key, object] of informer.objects) {
    const version = stored.get(`${object.metadata.uid}`);
    if (version === undefined) return `still sees ${key}, which is gone`;
    if (version !== object.metadata.resourceVersion)
      return `sees ${key} at ${object.metadata.resourceVersion}, the store has ${version}`;
  }
  return informer.objects.size === stored.size
    ? undefined
    : `sees ${informer.objects.size} objects, the store has ${stored.size}`;
}

/** Version by UID of the objects that a list with this informer's query would give. */
function selected(store: Mvcc, { path, query, extraQuery }: Informer): ReadonlyMap<string, string> {
  const versions = new Map<string, string>();
  const target = targetOf(path);
  if (target === undefined) return versions;
  const { kind, namespace } = target;
  const labels = parseSelector(query['labelSelector'] ?? '');
  const fields = parseFieldSelector(extraQuery['fieldSelector'] ?? query['fieldSelector'] ?? '');
  const prefix = storageRange(kind, namespace);
  const end = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  visitKeys(store, prefix, end, (history) => {
    const found = currentValue(store, history.key);
    const object = found?.value as unknown as KubeObject | undefined;
    if (found === undefined || typeof object !== 'object' || object === null) return true;
    if (labels.ok && !matchesSelector(labels.selector, object.metadata.labels)) return true;
    if (fields.ok && !matchesFields(fields.selector, kind.selectableFields(object))) return true;
    versions.set(`${object.metadata.uid}`, String(found.modRevision));
    return true;
  });
  return versions;
}

/** `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases` → Lease, kube-node-lease. */
function targetOf(path: string): { readonly kind: Kind; readonly namespace: string | undefined } | undefined {
  const [, root = '', ...rest] = path.split('/');
  const apiVersion = root === 'api' ? rest.shift() : `${rest.shift()}/${rest.shift()}`;
  const namespace = rest[0] === 'namespaces' && rest.length > 2 ? rest[1] : undefined;
  const kind = allKinds.find((known) => known.apiVersion === apiVersion && known.plural === rest.at(-1));
  return kind === undefined ? undefined : { kind, namespace };
}
