/** Every controller there is, in the order in which kube-controller-manager starts them. */
import type { Controller } from './controller.ts';
import { deploymentController } from './deployment.ts';
import { replicaSetController } from './replicaset.ts';

export const controllers: readonly Controller[] = [deploymentController, replicaSetController];
