/**
 * Looking at a world without touching it: what the cluster's store says, whichever parts are down. The truth is the store of the etcd member
 * that has applied most. For screens, goals and laws; components never look here.
 */

import type { Kind } from './api/kind.ts';
import { allKinds, findKind, storageKey, storageRange } from './api/kinds.ts';
import type { KubeObject } from './api/types.ts';
import { currentValue, type Mvcc, visitKeys } from './etcd/mvcc.ts';
import type { EtcdDisk } from './etcd/server-memory.ts';
import type { Host, KernelState } from './kernel/state.ts';

const DATA_DIR = '/var/lib/etcd';

/** A member's durable data, or undefined where no member ever ran. */
export function etcdDiskOf(host: Host): EtcdDisk | undefined {
  const known = host.disks.get(DATA_DIR) as EtcdDisk | undefined;
  if (known !== undefined) return known;
  for (const disk of host.disks.values()) if (isEtcdDisk(disk)) return disk;
  return undefined;
}

/** The most advanced store; undefined before any member has one. */
export function truth(state: KernelState): Mvcc | undefined {
  let best: EtcdDisk | undefined;
  for (const host of state.hosts.values()) {
    const disk = etcdDiskOf(host);
    if (disk !== undefined && (best === undefined || disk.store.appliedIndex > best.store.appliedIndex)) best = disk;
  }
  return best?.store.mvcc;
}

/** Grows with every change of the cluster's objects. */
export function revisionOf(state: KernelState): number {
  return truth(state)?.revision ?? 0;
}

/** Objects of a kind (`pods`, `deploy`, `Deployment`), of one namespace or of all, by key. */
export function objectsOf(state: KernelState, kindName: string, namespace?: string): KubeObject[] {
  const kind = kindNamed(kindName);
  const store = truth(state);
  if (kind === undefined || store === undefined) return [];
  const prefix = storageRange(kind, namespace);
  const objects: KubeObject[] = [];
  visitKeys(store, prefix, endOfPrefix(prefix), (history) => {
    const value = currentValue(store, history.key)?.value;
    if (typeof value === 'object' && value !== null) objects.push(withKind(kind, value as unknown as KubeObject));
    return true;
  });
  return objects;
}

/** `deployment/web`, `pod/kube-system/coredns-x` (namespace in the middle, else `default`), `node/cp-1`. */
export function objectNamed(state: KernelState, target: string): KubeObject | undefined {
  const parts = target.split('/');
  const kind = kindNamed(parts[0] ?? '');
  const store = truth(state);
  if (kind === undefined || store === undefined) return undefined;
  const [namespace, name] = parts.length > 2 ? [parts[1], parts[2]] : ['default', parts[1]];
  const value = currentValue(store, storageKey(kind, namespace, name ?? ''))?.value;
  return typeof value === 'object' && value !== null ? withKind(kind, value as unknown as KubeObject) : undefined;
}

function kindNamed(name: string): Kind | undefined {
  return findKind(name) ?? allKinds.find((kind) => kind.kind === name);
}

function withKind(kind: Kind, object: KubeObject): KubeObject {
  return object.kind === undefined ? { ...object, apiVersion: kind.apiVersion, kind: kind.kind } : object;
}

function endOfPrefix(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

function isEtcdDisk(disk: unknown): disk is EtcdDisk {
  return typeof disk === 'object' && disk !== null && 'wal' in disk && 'store' in disk;
}
