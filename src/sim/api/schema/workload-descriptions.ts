/** What the fields of workloads and of all metadata mean, in the notation of `pod-descriptions.ts`. */
export const workloadDescriptions = `
meta.ObjectMeta What every object has: its name, its labels, who owns it.
  name The object's name, unique among its kind in the namespace. Cannot be changed.
  generateName The beginning of a name; the server adds five random characters.
  namespace The namespace; objects of the cluster itself have none. Cannot be changed.
  uid A name no other object has had or will have.
  resourceVersion The version of the object; an update that states an older one is refused.
  generation Counts the changes to what is wanted.
  creationTimestamp When the server stored the object.
  deletionTimestamp When the object is to be gone; set by a deletion that takes time.
  deletionGracePeriodSeconds Seconds the object was given to end.
  labels Names and values to select objects by.
  annotations Names and values for tools; nothing can be selected by them.
  ownerReferences The objects this one belongs to; when all are gone, it goes too.
  finalizers Who must still clean up; the object stays until the list is empty.
  managedFields Who set which field.
  selfLink No longer filled in.
meta.OwnerReference An owner in the same namespace, or of the cluster.
  controller Whether this owner is the one that manages the object.
  blockOwnerDeletion Whether the owner waits for this object when it is deleted in the foreground.
meta.LabelSelector Objects by their labels; all parts must match, and {} matches everything.
  matchLabels Labels that must have these values.
  matchExpressions Labels that must, or must not, have some value.
meta.LabelSelectorRequirement One condition on a label.
  key The label.
  operator In, NotIn, Exists or DoesNotExist.
  values The values of In and NotIn.
apps.Deployment Keeps a number of equal pods running and replaces them step by step when their template changes.
apps.DeploymentSpec What is wanted of a Deployment.
  replicas How many pods. Default 1.
  selector The pods that are meant; must match the template's labels. Cannot be changed.
  template The pods to make.
  strategy How old pods give way to new ones.
  minReadySeconds Seconds a pod must have been ready to count as available. Default 0.
  revisionHistoryLimit How many old ReplicaSets are kept to roll back to. Default 10.
  paused While true, changes of the template start no rollout.
  progressDeadlineSeconds Seconds without progress before the rollout counts as stuck. Default 600.
apps.DeploymentStrategy How old pods give way to new ones.
  type RollingUpdate (the default) or Recreate: all old ones end first.
  rollingUpdate The limits of RollingUpdate.
apps.RollingUpdateDeployment The limits of a rolling update.
  maxUnavailable How many pods may be missing; a number or a share, rounded down. Default 25%.
  maxSurge How many pods there may be too many; a number or a share, rounded up. Default 25%.
apps.DeploymentStatus What is observed of a Deployment.
  replicas Pods there are.
  updatedReplicas Pods made from the current template.
  readyReplicas Pods that are ready.
  availableReplicas Pods that have been ready for minReadySeconds.
  unavailableReplicas Pods still missing.
  conditions Available, Progressing and ReplicaFailure.
  collisionCount Counts hash collisions of ReplicaSet names.
  observedGeneration The generation of the specification this status speaks of.
apps.ReplicaSet Keeps a number of equal pods running. Usually made by a Deployment.
apps.ReplicaSetSpec What is wanted of a ReplicaSet.
  replicas How many pods. Default 1.
  selector The pods that are counted; must match the template's labels. Cannot be changed.
  template The pods to make.
  minReadySeconds Seconds a pod must have been ready to count as available. Default 0.
apps.ReplicaSetStatus What is observed of a ReplicaSet.
  replicas Pods there are.
  fullyLabeledReplicas Pods that have all labels of the template.
  readyReplicas Pods that are ready.
  availableReplicas Pods that have been ready for minReadySeconds.
apps.StatefulSet Keeps pods with lasting names and lasting storage.
apps.StatefulSetSpec What is wanted of a StatefulSet.
  replicas How many pods. Default 1.
  selector The pods that are meant. Cannot be changed.
  template The pods to make; each is called after the set and its number.
  volumeClaimTemplates Claims made for every pod, which outlive it.
  serviceName The headless Service that gives the pods their names.
  podManagementPolicy OrderedReady (the default): one after another; Parallel: all at once.
  updateStrategy How pods are replaced.
  revisionHistoryLimit How many old revisions are kept. Default 10.
  minReadySeconds Seconds a pod must have been ready to count as available. Default 0.
  persistentVolumeClaimRetentionPolicy What becomes of the claims; both Retain by default.
  ordinals Where the numbering starts.
apps.StatefulSetUpdateStrategy How pods are replaced.
  type RollingUpdate (the default): from the highest number down; OnDelete: when you delete them.
  rollingUpdate The limits of RollingUpdate.
apps.RollingUpdateStatefulSetStrategy The limits of a rolling update.
  partition Only pods with this number or a higher one are replaced. Default 0.
  maxUnavailable How many pods may be missing.
apps.DaemonSet Keeps one pod on every node, or on every node that is selected.
apps.DaemonSetSpec What is wanted of a DaemonSet.
  selector The pods that are meant. Cannot be changed.
  template The pod to run on each node.
  updateStrategy How pods are replaced.
  minReadySeconds Seconds a pod must have been ready to count as available. Default 0.
  revisionHistoryLimit How many old revisions are kept. Default 10.
apps.DaemonSetUpdateStrategy How pods are replaced.
  type RollingUpdate (the default) or OnDelete.
  rollingUpdate The limits of RollingUpdate.
apps.DaemonSetStatus What is observed of a DaemonSet.
  currentNumberScheduled Nodes that run the pod and should.
  numberMisscheduled Nodes that run the pod and should not.
  desiredNumberScheduled Nodes that should run the pod.
  numberReady Nodes whose pod is ready.
  updatedNumberScheduled Nodes whose pod is made from the current template.
  numberAvailable Nodes whose pod is available.
  numberUnavailable Nodes whose pod is missing or not available.
apps.ControllerRevision A template as it was once; StatefulSets and DaemonSets roll back to them.
  data The template.
  revision Its number.
batch.Job Runs pods until enough of them have succeeded.
batch.JobSpec What is wanted of a Job.
  parallelism How many pods may run at once. Default 1.
  completions How many must succeed. Default 1.
  activeDeadlineSeconds Seconds the Job may be active before it is failed.
  podFailurePolicy What to do about particular failures.
  backoffLimit Failures before the Job is failed. Default 6.
  backoffLimitPerIndex Failures of one index before that index is failed.
  selector The pods that are counted; the server makes it.
  manualSelector Use the selector as written.
  template The pods to make; their restartPolicy must be OnFailure or Never.
  ttlSecondsAfterFinished Seconds after its end before the Job is deleted; never when left out.
  completionMode NonIndexed (the default) or Indexed: every index must succeed once.
  suspend Run no pods. Default false.
  podReplacementPolicy Replace pods when they are TerminatingOrFailed, or only when Failed.
batch.JobStatus What is observed of a Job.
  active Pods that are pending or running.
  succeeded Pods that have succeeded.
  failed Pods that have failed.
  ready Pods that are ready.
  terminating Pods that are being ended.
  startTime When the Job began.
  completionTime When the last needed pod succeeded.
  conditions Complete, Failed, Suspended, …
batch.CronJob Makes a Job at times told by a calendar.
batch.CronJobSpec What is wanted of a CronJob.
  schedule When: minute, hour, day of the month, month, day of the week.
  timeZone The zone of the schedule; that of kube-controller-manager when left out.
  startingDeadlineSeconds How late a Job may still be started.
  concurrencyPolicy Allow (the default), Forbid or Replace: what to do when the last Job still runs.
  suspend Make no more Jobs. Default false.
  jobTemplate The Job to make.
  successfulJobsHistoryLimit How many Jobs that succeeded are kept. Default 3.
  failedJobsHistoryLimit How many Jobs that failed are kept. Default 1.
autoscaling.HorizontalPodAutoscaler Changes the number of pods by what they use.
autoscaling.HorizontalPodAutoscalerSpec What is wanted of an autoscaler.
  scaleTargetRef What to scale: anything with a scale subresource.
  minReplicas The fewest pods. Default 1.
  maxReplicas The most pods.
  metrics What to go by; the greatest answer wins. Default: 80% of the cpu requested.
  behavior How fast to go up and down.
policy.PodDisruptionBudget How many pods must stay when some are evicted on purpose.
policy.PodDisruptionBudgetSpec What is wanted of a budget; minAvailable or maxUnavailable, not both.
  minAvailable How many pods must stay; a number or a share.
  maxUnavailable How many pods may be missing; a number or a share.
  selector The pods that are protected.
  unhealthyPodEvictionPolicy Whether pods that are not ready may always go: IfHealthyBudget (the default) or AlwaysAllow.
policy.PodDisruptionBudgetStatus What is observed of a budget.
  disruptionsAllowed How many pods may be evicted now.
  currentHealthy Pods that are ready.
  desiredHealthy Pods that must be ready.
  expectedPods Pods that are counted.
scheduling.PriorityClass A weight pods can be given by name.
  value The weight; up to 1000000000 for your own.
  globalDefault Whether pods without a class get this one.
  description When to use it.
  preemptionPolicy PreemptLowerPriority (the default) or Never.
core.ReplicationController Keeps a number of equal pods running; today a Deployment does that.
core.ReplicationControllerSpec What is wanted of a ReplicationController.
  replicas How many pods. Default 1.
  selector Labels of the pods that are counted.
  template The pods to make.
  minReadySeconds Seconds a pod must have been ready to count as available. Default 0.
`;
