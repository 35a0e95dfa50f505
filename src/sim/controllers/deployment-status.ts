/** The status of a Deployment: counts, and the conditions Available, Progressing, ReplicaFailure. Models pkg/controller/deployment/progress.go. */
import { semanticEqual } from '../api/equal.ts';
import { formatTime, parseTime } from '../api/time.ts';
import type { Condition, Deployment, ReplicaSet } from '../api/types.ts';

export interface Rollout {
  readonly deployment: Deployment;
  /** Oldest first. */
  readonly sets: readonly ReplicaSet[];
  /** The set whose template is the Deployment's. */
  readonly newSet: ReplicaSet | undefined;
  readonly old: readonly ReplicaSet[];
  readonly terminating: number;
}

type Status = NonNullable<Deployment['status']>;

/** How many pods a rolling update may have too many or too few, resolved. Both zero: one may be unavailable. */
export function surgeAndUnavailable(deployment: Deployment): { surge: number; unavailable: number } {
  const { strategy } = deployment.spec;
  if (strategy?.type === 'Recreate') return { surge: 0, unavailable: 0 };
  const replicas = deployment.spec.replicas ?? 1;
  const surge = share(strategy?.rollingUpdate?.maxSurge ?? '25%', replicas, Math.ceil);
  const unavailable = share(strategy?.rollingUpdate?.maxUnavailable ?? '25%', replicas, Math.floor);
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

export function isComplete(rollout: Rollout): boolean {
  const { deployment } = rollout;
  const wanted = deployment.spec.replicas ?? 1;
  const counts = countsOf(rollout);
  return (
    (counts.updatedReplicas ?? 0) === wanted &&
    (counts.replicas ?? 0) === wanted &&
    (counts.availableReplicas ?? 0) === wanted &&
    (deployment.status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

/** @returns the new status, or undefined when it is what the object says already; and when to look again at a rollout that may hang */
export function deploymentStatus(
  rollout: Rollout,
  nowMs: number,
): { status: Status | undefined; requeueAfterMs?: number | undefined } {
  const { deployment } = rollout;
  const counts = countsOf(rollout);
  const conditions = [
    availableCondition(rollout, counts, nowMs),
    progressingCondition(rollout, counts, nowMs),
    failureCondition(rollout, nowMs),
  ];
  const status: Status = { ...counts, conditions: conditions.filter((condition) => condition !== undefined) };
  const progress = conditions[1];
  const deadlineMs = (deployment.spec.progressDeadlineSeconds ?? 600) * 1_000;
  const waits =
    progress?.status === 'True' && progress.reason !== 'NewReplicaSetAvailable' && deployment.spec.paused !== true;
  const since = parseTime(progress?.lastUpdateTime) ?? nowMs;
  const requeueAfterMs = waits ? Math.max(1_000, since + deadlineMs - nowMs + 1_000) : undefined;
  return { status: semanticEqual(status, deployment.status) ? undefined : status, requeueAfterMs };
}

function countsOf({ deployment, sets, newSet, terminating }: Rollout): Status {
  const total = (of: (set: ReplicaSet) => number | undefined) => sets.reduce((sum, set) => sum + (of(set) ?? 0), 0);
  const available = total((set) => set.status?.availableReplicas);
  const unavailable = Math.max(0, total((set) => set.spec.replicas) - available);
  const counts: Record<string, number> = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: total((set) => set.status?.replicas),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: total((set) => set.status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: unavailable,
  };
  // Go leaves zeroes out.
  for (const [name, value] of Object.entries(counts)) if (value === 0) delete counts[name];
  return {
    ...counts,
    terminatingReplicas: terminating,
    ...(deployment.status?.collisionCount === undefined ? {} : { collisionCount: deployment.status.collisionCount }),
  };
}

function availableCondition({ deployment }: Rollout, counts: Status, nowMs: number): Condition {
  const minimum = (deployment.spec.replicas ?? 1) - surgeAndUnavailable(deployment).unavailable;
  const enough = (counts.availableReplicas ?? 0) >= minimum;
  return condition(deployment, nowMs, {
    type: 'Available',
    status: enough ? 'True' : 'False',
    reason: enough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: enough ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
  });
}

function progressingCondition(rollout: Rollout, counts: Status, nowMs: number): Condition | undefined {
  const { deployment, newSet } = rollout;
  const current = deployment.status?.conditions?.find(({ type }) => type === 'Progressing');
  const name =
    newSet === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newSet.metadata.name}"`;
  if (deployment.spec.paused === true) {
    if (current?.reason === 'DeploymentPaused') return current;
    return condition(deployment, nowMs, {
      type: 'Progressing',
      status: 'Unknown',
      reason: 'DeploymentPaused',
      message: 'Deployment is paused',
    });
  }
  if (current?.reason === 'DeploymentPaused') {
    return condition(deployment, nowMs, {
      type: 'Progressing',
      status: 'Unknown',
      reason: 'DeploymentResumed',
      message: 'Deployment is resumed',
    });
  }
  const settled = counts.replicas === counts.updatedReplicas && current?.reason === 'NewReplicaSetAvailable';
  if (settled) return current;
  if (isComplete(rollout)) {
    return condition(
      deployment,
      nowMs,
      {
        type: 'Progressing',
        status: 'True',
        reason: 'NewReplicaSetAvailable',
        message: `${name} has successfully progressed.`,
      },
      true,
    );
  }
  if (isProgressing(deployment, counts)) {
    return condition(
      deployment,
      nowMs,
      { type: 'Progressing', status: 'True', reason: 'ReplicaSetUpdated', message: `${name} is progressing.` },
      true,
    );
  }
  const since = parseTime(current?.lastUpdateTime);
  const deadlineMs = (deployment.spec.progressDeadlineSeconds ?? 600) * 1_000;
  if (current !== undefined && current.status === 'True' && since !== undefined && since + deadlineMs < nowMs) {
    return condition(deployment, nowMs, {
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      message: `${name} has timed out progressing.`,
    });
  }
  if (current !== undefined) return current;
  return condition(deployment, nowMs, {
    type: 'Progressing',
    status: 'True',
    reason: 'NewReplicaSetCreated',
    message: `Created new replica set "${newSet?.metadata.name ?? ''}"`,
  });
}

/** More updated, fewer old, more ready or more available than the status says so far. */
function isProgressing(deployment: Deployment, counts: Status): boolean {
  const before = deployment.status ?? {};
  const old = (status: Status) => (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  return (
    (counts.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(counts) < old(before) ||
    (counts.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (counts.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
}

function failureCondition({ deployment, newSet, sets }: Rollout, nowMs: number): Condition | undefined {
  const failure = [newSet, ...sets]
    .flatMap((set) => set?.status?.conditions ?? [])
    .find(({ type }) => type === 'ReplicaFailure');
  if (failure === undefined) return undefined;
  return condition(deployment, nowMs, {
    type: 'ReplicaFailure',
    status: failure.status,
    reason: failure.reason,
    message: failure.message,
  });
}

type Said = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** Keeps times that have not moved: lastTransitionTime while the status stays, lastUpdateTime while nothing changes (unless `fresh`). */
function condition(deployment: Deployment, nowMs: number, said: Said, fresh = false): Condition {
  const current = deployment.status?.conditions?.find(({ type }) => type === said.type);
  const now = formatTime(nowMs);
  const same = current?.status === said.status && current.reason === said.reason && current.message === said.message;
  if (same && !fresh) return current;
  return {
    ...said,
    lastUpdateTime: now,
    lastTransitionTime: current?.status === said.status ? current.lastTransitionTime : now,
  };
}
