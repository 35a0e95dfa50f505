/** Annotations by which a Deployment and its ReplicaSets remember things. @source pkg/controller/deployment/util/deployment_util.go */

/** On both: the number of this pod template. */
export const REVISION = 'deployment.kubernetes.io/revision';
/** On a ReplicaSet: `replicas` of its Deployment when it was last given a size. */
export const DESIRED = 'deployment.kubernetes.io/desired-replicas';
/** The same with maxSurge. */
export const MAX = 'deployment.kubernetes.io/max-replicas';
