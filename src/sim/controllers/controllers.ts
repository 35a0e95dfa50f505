/** Every controller there is, in the order in which kube-controller-manager starts them. */
import { bootstrapSignerController, tokenCleanerController } from './bootstrap-tokens.ts';
import { csrApprovingController, csrCleanerController, csrSigningController } from './certificate-signing.ts';
import { clusterRoleAggregationController } from './clusterrole-aggregation.ts';
import type { Controller } from './controller.ts';
import { cronJobController } from './cronjob.ts';
import { daemonSetController } from './daemonset.ts';
import { deploymentController } from './deployment.ts';
import { disruptionController } from './disruption.ts';
import { endpointsController } from './endpoints.ts';
import { endpointSliceController } from './endpointslice.ts';
import { endpointSliceMirroring } from './endpointslice-mirroring.ts';
import { garbageCollector } from './garbage-collector.ts';
import { horizontalPodAutoscalerController } from './horizontal-pod-autoscaler.ts';
import { jobController } from './job.ts';
import { namespaceController } from './namespace.ts';
import { nodeIpamController } from './node-ipam.ts';
import { nodeLifecycleController } from './node-lifecycle.ts';
import { podGcController } from './pod-gc.ts';
import { claimProtectionController, volumeProtectionController } from './protection.ts';
import { replicaSetController, replicationController } from './replicaset.ts';
import { resourceQuotaController } from './resource-quota.ts';
import { rootCaPublisher, serviceAccountController } from './service-account.ts';
import { statefulSetController } from './statefulset.ts';
import { taintEvictionController } from './taint-eviction.ts';
import { ttlAfterFinishedController } from './ttl-after-finished.ts';
import { volumeBinderController } from './volume-binder.ts';

export const controllers: readonly Controller[] = [
  deploymentController,
  replicaSetController,
  replicationController,
  statefulSetController,
  daemonSetController,
  jobController,
  cronJobController,
  ttlAfterFinishedController,
  horizontalPodAutoscalerController,
  disruptionController,
  endpointSliceController,
  endpointSliceMirroring,
  endpointsController,
  nodeIpamController,
  nodeLifecycleController,
  taintEvictionController,
  garbageCollector,
  namespaceController,
  serviceAccountController,
  rootCaPublisher,
  podGcController,
  resourceQuotaController,
  volumeBinderController,
  claimProtectionController,
  volumeProtectionController,
  csrSigningController,
  csrApprovingController,
  csrCleanerController,
  clusterRoleAggregationController,
  bootstrapSignerController,
  tokenCleanerController,
];
