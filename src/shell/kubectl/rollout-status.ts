/**
 * What `kubectl rollout status` says of an object, and whether that is the end of it.
 * @source staging/src/k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go
 */
import type { JsonObject } from './client.ts';
import { KubectlError } from './errors.ts';
import { has, integer, nameOf, objects, text } from './fields.ts';
import { revisionOf } from './replica-sets.ts';

export interface RolloutStatus {
  readonly message: string;
  readonly done: boolean;
}

const waiting = (message: string): RolloutStatus => ({ message: `${message}...\n`, done: false });

export function deploymentStatus(object: JsonObject, revision: number): RolloutStatus {
  const name = nameOf(object);
  const status = (field: string): number => integer(object, 'status', field);
  const running = revisionOf(object);
  if (revision > 0 && revision !== running) {
    throw new KubectlError(`desired revision (${revision}) is different from the running revision (${running})`);
  }
  if (integer(object, 'metadata', 'generation') > status('observedGeneration'))
    return waiting('Waiting for deployment spec update to be observed');
  const progressing = objects(object, 'status', 'conditions').find(
    (condition) => text(condition, 'type') === 'Progressing',
  );
  if (text(progressing, 'reason') === 'ProgressDeadlineExceeded')
    throw new KubectlError(`deployment "${name}" exceeded its progress deadline`);
  const prefix = `Waiting for deployment "${name}" rollout to finish: `;
  const desired = integer(object, 'spec', 'replicas');
  const updated = status('updatedReplicas');
  if (has(object, 'spec', 'replicas') && updated < desired)
    return waiting(`${prefix}${updated} out of ${desired} new replicas have been updated`);
  if (status('replicas') > updated)
    return waiting(`${prefix}${status('replicas') - updated} old replicas are pending termination`);
  if (status('availableReplicas') < updated) {
    return waiting(`${prefix}${status('availableReplicas')} of ${updated} updated replicas are available`);
  }
  return { message: `deployment "${name}" successfully rolled out\n`, done: true };
}

function requireRolling(object: JsonObject): void {
  if (text(object, 'spec', 'updateStrategy', 'type') !== 'RollingUpdate') {
    throw new KubectlError('rollout status is only available for RollingUpdate strategy type');
  }
}

export function daemonSetStatus(object: JsonObject): RolloutStatus {
  requireRolling(object);
  const name = nameOf(object);
  const status = (field: string): number => integer(object, 'status', field);
  if (integer(object, 'metadata', 'generation') > status('observedGeneration'))
    return waiting('Waiting for daemon set spec update to be observed');
  const desired = status('desiredNumberScheduled');
  const prefix = `Waiting for daemon set "${name}" rollout to finish: `;
  if (status('updatedNumberScheduled') < desired) {
    return waiting(`${prefix}${status('updatedNumberScheduled')} out of ${desired} new pods have been updated`);
  }
  if (status('numberAvailable') < desired)
    return waiting(`${prefix}${status('numberAvailable')} of ${desired} updated pods are available`);
  return { message: `daemon set "${name}" successfully rolled out\n`, done: true };
}

export function statefulSetStatus(object: JsonObject): RolloutStatus {
  requireRolling(object);
  const status = (field: string): number => integer(object, 'status', field);
  if (status('observedGeneration') === 0 || integer(object, 'metadata', 'generation') > status('observedGeneration')) {
    return waiting('Waiting for statefulset spec update to be observed');
  }
  const desired = integer(object, 'spec', 'replicas');
  if (status('readyReplicas') < desired)
    return waiting(`Waiting for ${desired - status('readyReplicas')} pods to be ready`);
  if (has(object, 'spec', 'updateStrategy', 'rollingUpdate')) {
    const target = desired - integer(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition');
    if (status('updatedReplicas') < target) {
      return waiting(
        `Waiting for partitioned roll out to finish: ${status('updatedReplicas')} out of ${target} new pods have been updated`,
      );
    }
    return {
      message: `partitioned roll out complete: ${status('updatedReplicas')} new pods have been updated...\n`,
      done: true,
    };
  }
  const update = text(object, 'status', 'updateRevision');
  const current = text(object, 'status', 'currentRevision');
  if (update !== current)
    return waiting(
      `waiting for statefulset rolling update to complete ${status('updatedReplicas')} pods at revision ${update}`,
    );
  return {
    message: `statefulset rolling update complete ${status('currentReplicas')} pods at revision ${current}...\n`,
    done: true,
  };
}
