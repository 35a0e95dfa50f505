/**
 * `kubectl describe`: picks the objects, finds their describer, prints one after the other.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/describe/describe.go
 */
import { describeAutoscaler, describeSigningRequest } from './describe-autoscaler.ts';
import {
  describeConfigMap,
  describeDisruptionBudget,
  describeLimitRange,
  describeNamespace,
  describePriorityClass,
  describeQuota,
  describeSecret,
  describeServiceAccount,
} from './describe-config.ts';
import { describeGeneric } from './describe-generic.ts';
import {
  describeEndpointSlice,
  describeEndpoints,
  describeIngress,
  describeIngressClass,
  describeNetworkPolicy,
  describeService,
} from './describe-network.ts';
import { describeNode } from './describe-node.ts';
import { describePod } from './describe-pod.ts';
import { describeBinding, describeRole } from './describe-rbac.ts';
import { type Describer, Subject } from './describe-source.ts';
import { describeClaim, describePersistentVolume, describeStorageClass } from './describe-storage.ts';
import {
  describeCronJob,
  describeDaemonSet,
  describeDeployment,
  describeJob,
  describeReplicaSet,
  describeStatefulSet,
} from './describe-workloads.ts';
import { KubectlError, StatusError, throwAll } from './errors.ts';
import { nameOf } from './fields.ts';
import { type Info, queryOf, type Selection, select } from './resources.ts';
import type { Session } from './session.ts';

/** By `kind.group`. */
const describers: Readonly<Record<string, Describer>> = {
  'Pod.': describePod,
  'Node.': describeNode,
  'Service.': describeService,
  'Endpoints.': describeEndpoints,
  'ConfigMap.': describeConfigMap,
  'Secret.': describeSecret,
  'Namespace.': describeNamespace,
  'ResourceQuota.': describeQuota,
  'LimitRange.': describeLimitRange,
  'ServiceAccount.': describeServiceAccount,
  'PersistentVolume.': describePersistentVolume,
  'PersistentVolumeClaim.': describeClaim,
  'ReplicationController.': describeReplicaSet,
  'Deployment.apps': describeDeployment,
  'ReplicaSet.apps': describeReplicaSet,
  'StatefulSet.apps': describeStatefulSet,
  'DaemonSet.apps': describeDaemonSet,
  'Job.batch': describeJob,
  'CronJob.batch': describeCronJob,
  'EndpointSlice.discovery.k8s.io': describeEndpointSlice,
  'Ingress.networking.k8s.io': describeIngress,
  'IngressClass.networking.k8s.io': describeIngressClass,
  'NetworkPolicy.networking.k8s.io': describeNetworkPolicy,
  'StorageClass.storage.k8s.io': describeStorageClass,
  'PriorityClass.scheduling.k8s.io': describePriorityClass,
  'PodDisruptionBudget.policy': describeDisruptionBudget,
  'HorizontalPodAutoscaler.autoscaling': describeAutoscaler,
  'CertificateSigningRequest.certificates.k8s.io': describeSigningRequest,
  'Role.rbac.authorization.k8s.io': describeRole,
  'ClusterRole.rbac.authorization.k8s.io': describeRole,
  'RoleBinding.rbac.authorization.k8s.io': describeBinding,
  'ClusterRoleBinding.rbac.authorization.k8s.io': describeBinding,
};

export async function describe(session: Session): Promise<undefined> {
  const { flags } = session;
  if (flags.args.length === 0 && flags.list('filename').length === 0) {
    throw new KubectlError(
      'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.',
    );
  }
  const query = { ...queryOf(session, flags.args), bareTypes: true, latest: true, chunk: flags.number('chunk-size') };
  const selection = await select(session, query);
  const { infos, errors } = selection;
  if (await describedByPrefix(session, selection)) return undefined;
  const showEvents = flags.changed('show-events') ? flags.is('show-events') : infos.length <= 1 && errors.length === 0;
  let first = true;
  for (const info of infos) {
    session.out(`${first ? '' : '\n\n'}${await describeOne(session, info, showEvents)}`);
    first = false;
  }
  if (infos.length === 0 && errors.length === 0) {
    session.err(
      flags.is('all-namespaces') ? 'No resources found\n' : `No resources found in ${session.namespace} namespace.\n`,
    );
  }
  throwAll(errors);
  return undefined;
}

/** `describe pod we`: when no pod has that name, all whose names begin with it. */
async function describedByPrefix(session: Session, { infos, errors }: Selection): Promise<boolean> {
  const [type, prefix, ...more] = session.flags.args;
  const [error] = errors;
  if (infos.length > 0 || type === undefined || prefix === undefined || more.length > 0) return false;
  if (!(error instanceof StatusError) || !error.isNotFound || errors.length > 1 || type.includes('/')) return false;
  const all = await select(session, { ...queryOf(session, [type]), bareTypes: true });
  const matching = all.infos.filter((info) => nameOf(info.object).startsWith(prefix));
  const showEvents = session.flags.changed('show-events') && session.flags.is('show-events');
  for (const info of matching) session.out(`${await describeOne(session, info, showEvents)}\n`);
  return matching.length > 0;
}

async function describeOne(session: Session, info: Info, showEvents: boolean): Promise<string> {
  const subject = new Subject(session, info.object);
  if (showEvents) await subject.loadEvents();
  await (describers[`${info.resource.kind}.${info.resource.group}`] ?? describeGeneric)(subject);
  return subject.w.finish();
}
