/**
 * The status of a Deployment: counts, and the conditions Available, Progressing, ReplicaFailure in the order in which they came about.
 * Models pkg/controller/deployment (progress.go, sync.go calculateStatus).
 */
import { semanticEqual } from '../api/equal.ts';
import { formatTime, parseTime } from '../api/time.ts';
import type { Condition, Deployment, ReplicaSet } from '../api/types.ts';
import type { Write } from './controller.ts';
import { REVISION } from './deployment-annotations.ts';
import { objectPath } from './resources.ts';

export interface Rollout {
  readonly deployment: Deployment;
  /** Oldest first. */
  readonly sets: readonly ReplicaSet[];
  /** The oldest set whose template is the Deployment's. */
  readonly newSet: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
}

type Status = NonNullable<Deployment['status']>;
type Said = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;
/** What "no deadline" is written as. */
const NO_DEADLINE = 2_147_483_647;

export function hasProgressDeadline({ spec }: Deployment): boolean {
  return spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== NO_DEADLINE;
}

/** How many pods a rolling update may have too many or too few, resolved. Both zero: one may be unavailable. */
export function surgeAndUnavailable(deployment: Deployment): { surge: number; unavailable: number } {
  const { strategy } = deployment.spec;
  if (strategy?.type === 'Recreate') return { surge: 0, unavailable: 0 };
  const replicas = deployment.spec.replicas ?? 1;
  const surge = share(strategy?.rollingUpdate?.maxSurge ?? '25%', replicas, Math.ceil);
  const unavailable = share(strategy?.rollingUpdate?.maxUnavailable ?? '25%', replicas, Math.floor);
  if (replicas === 0) return { surge, unavailable: 0 };
  return surge === 0 && unavailable === 0
    ? { surge, unavailable: 1 }
    : { surge, unavailable: Math.min(unavailable, replicas) };
}

/** `25%` of a number, or the number itself. */
export function share(value: number | string, of: number, round: (n: number) => number): number {
  return typeof value === 'string' && value.endsWith('%')
    ? round((Number(value.slice(0, -1)) * of) / 100)
    : Number(value);
}

/** Everything wanted is updated and available, and nothing else is there. */
export function isComplete(deployment: Deployment, status: Status | undefined): boolean {
  const wanted = deployment.spec.replicas ?? 1;
  return (
    (status?.updatedReplicas ?? 0) === wanted &&
    (status?.replicas ?? 0) === wanted &&
    (status?.availableReplicas ?? 0) === wanted &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

/** Writes the status; the revision annotation travels with it. */
export function statusWith(deployment: Deployment, status: Status, revision?: string): Write {
  const { metadata } = deployment;
  const annotations = revision === undefined ? metadata.annotations : { ...metadata.annotations, [REVISION]: revision };
  const body = { ...deployment, metadata: { ...metadata, annotations }, status };
  return { request: { method: 'PUT', path: `${objectPath('deployments', deployment)}/status`, body }, tolerate: [404] };
}

/** The status that says that a rollout has been paused or goes on again; undefined = it does so already. */
export function pausedStatus(deployment: Deployment, nowMs: number): Status | undefined {
  if (!hasProgressDeadline(deployment)) return undefined;
  const conditions = deployment.status?.conditions ?? [];
  const current = find(conditions, 'Progressing');
  if (current?.reason === 'ProgressDeadlineExceeded') return undefined;
  const paused = deployment.spec.paused === true;
  if (paused === (current?.reason === 'DeploymentPaused')) return undefined;
  const said: Said = paused
    ? { type: 'Progressing', status: 'Unknown', reason: 'DeploymentPaused', message: 'Deployment is paused' }
    : { type: 'Progressing', status: 'Unknown', reason: 'DeploymentResumed', message: 'Deployment is resumed' };
  return { ...deployment.status, conditions: withCondition(conditions, said, nowMs) };
}

/** Counts and availability only: while paused, while scaling, while being deleted. Undefined = nothing new. */
export function plainStatus(rollout: Rollout, nowMs: number): Status | undefined {
  const status = calculate(rollout, nowMs);
  return semanticEqual(status, rollout.deployment.status) ? undefined : status;
}

/** @returns the new status, or undefined when it is what the object says already; and when to look again at a rollout that may hang */
export function rolloutStatus(
  rollout: Rollout,
  nowMs: number,
): { status: Status | undefined; requeueAfterMs?: number | undefined } {
  const { deployment } = rollout;
  const status = calculate(rollout, nowMs);
  let conditions = status.conditions ?? [];
  const current = find(deployment.status?.conditions, 'Progressing');
  const settled =
    (status.replicas ?? 0) === (status.updatedReplicas ?? 0) && current?.reason === 'NewReplicaSetAvailable';
  if (!hasProgressDeadline(deployment)) conditions = without(conditions, 'Progressing');
  else if (!settled) conditions = progress(rollout, status, conditions, nowMs);
  const failure = failureOf(rollout);
  conditions =
    failure === undefined ? without(conditions, 'ReplicaFailure') : withCondition(conditions, failure, nowMs);
  const next = { ...status, conditions };
  if (!semanticEqual(next, deployment.status)) return { status: next };
  return { status: undefined, requeueAfterMs: progressCheckMs(deployment, next, current, nowMs) };
}

function calculate({ deployment, sets, newSet }: Rollout, nowMs: number): Status {
  const total = (of: (set: ReplicaSet) => number | undefined) => sets.reduce((sum, set) => sum + (of(set) ?? 0), 0);
  const available = total((set) => set.status?.availableReplicas);
  const counts: Record<string, number> = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: total((set) => set.status?.replicas),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: total((set) => set.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, total((set) => set.spec.replicas) - available),
  };
  // Go leaves zeroes out.
  for (const [name, value] of Object.entries(counts)) if (value === 0) delete counts[name];
  const minimum = (deployment.spec.replicas ?? 1) - surgeAndUnavailable(deployment).unavailable;
  const enough = available >= minimum;
  const said: Said = {
    type: 'Available',
    status: enough ? 'True' : 'False',
    reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
  };
  const { collisionCount, conditions } = deployment.status ?? {};
  return {
    ...counts,
    terminatingReplicas: total((set) => set.status?.terminatingReplicas),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: withCondition(conditions ?? [], said, nowMs),
  };
}

function progress(rollout: Rollout, status: Status, before: readonly Condition[], nowMs: number): readonly Condition[] {
  const { deployment, newSet } = rollout;
  const name =
    newSet === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newSet.metadata.name}"`;
  const current = find(before, 'Progressing');
  const type = 'Progressing';
  if (isComplete(deployment, status)) {
    const message = `${name} has successfully progressed.`;
    return withCondition(before, { type, status: 'True', reason: 'NewReplicaSetAvailable', message }, nowMs);
  }
  if (isProgressing(deployment, status)) {
    // Said anew each time, so that its lastUpdateTime tells when there was progress last.
    const now = formatTime(nowMs);
    const lastTransitionTime = current?.status === 'True' ? current.lastTransitionTime : now;
    const message = `${name} is progressing.`;
    const said = { type, status: 'True', reason: 'ReplicaSetUpdated', message } as const;
    return [...without(before, type), { ...said, lastUpdateTime: now, lastTransitionTime }];
  }
  if (!hasTimedOut(deployment, current, nowMs)) return before;
  const message = `${name} has timed out progressing.`;
  return withCondition(before, { type, status: 'False', reason: 'ProgressDeadlineExceeded', message }, nowMs);
}

/** More updated, fewer old, more ready or more available than the status says so far. */
function isProgressing(deployment: Deployment, status: Status): boolean {
  const before = deployment.status ?? {};
  const old = (counts: Status) => (counts.replicas ?? 0) - (counts.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(status) < old(before) ||
    (status.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function hasTimedOut({ spec }: Deployment, current: Condition | undefined, nowMs: number): boolean {
  if (current === undefined || current.reason === 'NewReplicaSetAvailable') return false;
  if (current.reason === 'ProgressDeadlineExceeded') return true;
  const since = parseTime(current.lastUpdateTime) ?? nowMs;
  return since + (spec.progressDeadlineSeconds ?? 0) * 1_000 < nowMs;
}

function progressCheckMs(
  deployment: Deployment,
  status: Status,
  current: Condition | undefined,
  nowMs: number,
): number | undefined {
  if (!hasProgressDeadline(deployment) || current === undefined) return undefined;
  if (isComplete(deployment, status) || current.reason === 'ProgressDeadlineExceeded') return undefined;
  const since = parseTime(current.lastUpdateTime) ?? nowMs;
  return Math.max(0, since + (deployment.spec.progressDeadlineSeconds ?? 0) * 1_000 - nowMs) + 1_000;
}

/** The new set's complaint that it cannot create pods, else an old one's. */
function failureOf({ newSet, sets }: Rollout): Said | undefined {
  for (const set of [newSet, ...sets]) {
    const failure = find(set?.status?.conditions, 'ReplicaFailure');
    if (failure !== undefined) {
      const { status, reason, message } = failure;
      return { type: 'ReplicaFailure', status, reason, message };
    }
  }
  return undefined;
}

function find(conditions: readonly Condition[] | undefined, wanted: string): Condition | undefined {
  return conditions?.find(({ type }) => type === wanted);
}

function without(conditions: readonly Condition[], unwanted: string): readonly Condition[] {
  return conditions.filter(({ type }) => type !== unwanted);
}

/** A changed condition goes to the end; same status and reason = no change. @source util SetDeploymentCondition */
export function withCondition(conditions: readonly Condition[], said: Said, nowMs: number): readonly Condition[] {
  const current = find(conditions, said.type);
  if (current?.status === said.status && current.reason === said.reason) return conditions;
  const now = formatTime(nowMs);
  const lastTransitionTime = current?.status === said.status ? current.lastTransitionTime : now;
  return [...without(conditions, said.type), { ...said, lastUpdateTime: now, lastTransitionTime }];
}
