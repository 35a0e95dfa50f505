/** How a DaemonSet's new template goes round: at most maxUnavailable nodes without a daemon, or maxSurge with two. Models pkg/controller/daemon/update.go. */
import type { DaemonSet, Pod } from '../api/types.ts';
import type { Placement } from './daemonset-placement.ts';
import { share } from './deployment-status.ts';
import { isAvailable } from './pods.ts';

export const CONTROLLER_HASH = 'controller-revision-hash';
export const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

/** A node and its daemons of one set, those on their way out included. */
export interface NodePods extends Placement {
  readonly name: string;
  readonly pods: readonly Pod[];
}

export interface Daemons {
  readonly set: DaemonSet;
  /** Of the present template. */
  readonly hash: string;
  readonly nodes: readonly NodePods[];
  /** Waiting for nodes that do not exist. */
  readonly lost: readonly Pod[];
}

export interface Steps {
  /** Names of nodes. */
  readonly creates: string[];
  readonly deletes: Pod[];
}

export function isUpdated(set: DaemonSet, pod: Pod, hash: string): boolean {
  const { labels } = pod.metadata;
  const generation = set.metadata.annotations?.[TEMPLATE_GENERATION];
  return (
    labels?.[CONTROLLER_HASH] === hash ||
    (generation !== undefined && labels?.['pod-template-generation'] === generation)
  );
}

export function allowsSurge({ spec }: DaemonSet): boolean {
  if (spec.updateStrategy?.type === 'OnDelete') return false;
  const surge = spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0;
  return surge !== 0 && surge !== '0%';
}

/** Scheduled first, then the oldest. */
export function byScheduledThenAge(a: Pod, b: Pod): number {
  const [first, second] = [(a.spec.nodeName ?? '') === '' ? 1 : 0, (b.spec.nodeName ?? '') === '' ? 1 : 0];
  if (first !== second) return first - second;
  const [x, y] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  if (x !== y) return x < y ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

/** The next steps of a rolling update; none when it is done or has to wait. */
export function rollOut(daemons: Daemons, nowMs: number): Steps {
  const { updateStrategy } = daemons.set.spec;
  if (updateStrategy?.type === 'OnDelete') return { creates: [], deletes: [] };
  const desired = daemons.nodes.filter(({ shouldRun }) => shouldRun).length;
  const maxSurge = share(updateStrategy?.rollingUpdate?.maxSurge ?? 0, desired, Math.ceil);
  const maxUnavailable = share(updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, desired, Math.ceil);
  if (maxSurge > 0) return surge(daemons, maxSurge, desired, nowMs);
  return replace(daemons, desired > 0 && maxUnavailable === 0 ? 1 : maxUnavailable, nowMs);
}

/** The one old and the one new pod of a node; undefined when there are more. */
function oldAndNew({ set, hash }: Daemons, pods: readonly Pod[]): { old?: Pod; fresh?: Pod } | undefined {
  let old: Pod | undefined;
  let fresh: Pod | undefined;
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp !== undefined) continue;
    if (isUpdated(set, pod, hash)) {
      if (fresh !== undefined) return undefined;
      fresh = pod;
    } else {
      if (old !== undefined) return undefined;
      old = pod;
    }
  }
  return { ...(old === undefined ? {} : { old }), ...(fresh === undefined ? {} : { fresh }) };
}

function replace(daemons: Daemons, maxUnavailable: number, nowMs: number): Steps {
  const minReady = daemons.set.spec.minReadySeconds ?? 0;
  const broken: Pod[] = [];
  const candidates: Pod[] = [];
  let unavailable = 0;
  for (const { pods, shouldRun } of daemons.nodes) {
    if (pods.length === 0 && !shouldRun) continue;
    const both = oldAndNew(daemons, pods);
    const { old, fresh } = both ?? {};
    if (both === undefined || (old === undefined) === (fresh === undefined)) unavailable++;
    else if (fresh !== undefined) {
      if (!isAvailable(fresh, minReady, nowMs)) unavailable++;
    } else if (old !== undefined && !isAvailable(old, minReady, nowMs)) {
      // It serves nobody: replacing it costs nothing.
      broken.push(old);
      unavailable++;
    } else if (old !== undefined && unavailable < maxUnavailable) candidates.push(old);
  }
  const room = Math.max(0, maxUnavailable - unavailable);
  return { creates: [], deletes: [...broken, ...candidates.slice(0, room)] };
}

function surge(daemons: Daemons, maxSurge: number, desired: number, nowMs: number): Steps {
  const minReady = daemons.set.spec.minReadySeconds ?? 0;
  const deletes: Pod[] = [];
  const leaving: Pod[] = [];
  const allowed: string[] = [];
  const candidates: string[] = [];
  let [surging, available] = [0, 0];
  for (const { name, pods, shouldRun } of daemons.nodes) {
    const both = oldAndNew(daemons, pods);
    if (both === undefined) {
      surging++;
      continue;
    }
    const { old, fresh } = both;
    const serving = old ?? fresh;
    if (serving !== undefined && isAvailable(serving, minReady, nowMs)) available++;
    if (old === undefined) continue;
    const works = isAvailable(old, minReady, nowMs);
    if (fresh !== undefined) {
      if (isAvailable(fresh, minReady, nowMs)) deletes.push(old);
      else surging++;
    } else if (!shouldRun) {
      if (works) leaving.push(old);
      else deletes.push(old);
    } else if (!works) allowed.push(name);
    else if (surging < maxSurge) candidates.push(name);
  }
  // A node that is no longer wanted keeps its daemon until the others do without it.
  deletes.push(...leaving.slice(0, Math.max(0, available - desired)));
  return { creates: [...allowed, ...candidates.slice(0, Math.max(0, maxSurge - surging))], deletes };
}
