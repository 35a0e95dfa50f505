/**
 * The fields of workloads and what surrounds them, in the notation of `schema.ts`.
 * @source staging/src/k8s.io/api, json tags and markers
 */
export const appsTable = `
Deployment ...meta.TypeMeta metadata:meta.ObjectMeta spec:DeploymentSpec status:DeploymentStatus
ReplicaSet ...meta.TypeMeta metadata:meta.ObjectMeta spec:ReplicaSetSpec status:ReplicaSetStatus
StatefulSet ...meta.TypeMeta metadata:meta.ObjectMeta spec:StatefulSetSpec status:StatefulSetStatus
DaemonSet ...meta.TypeMeta metadata:meta.ObjectMeta spec:DaemonSetSpec status:DaemonSetStatus
ControllerRevision ...meta.TypeMeta metadata:meta.ObjectMeta data:any revision!:int64
DeploymentStatus observedGeneration:int64 replicas:int32 updatedReplicas:int32 readyReplicas:int32
  availableReplicas:int32 unavailableReplicas:int32 terminatingReplicas:*int32
  conditions:[]DeploymentCondition~type@type collisionCount:*int32
DeploymentSpec replicas:*int32 selector!:*meta.LabelSelector template!:core.PodTemplateSpec
  strategy:DeploymentStrategy^ minReadySeconds:int32 revisionHistoryLimit:*int32 paused:bool
  progressDeadlineSeconds:*int32
ReplicaSetStatus replicas!:int32 fullyLabeledReplicas:int32 readyReplicas:int32 availableReplicas:int32
  terminatingReplicas:*int32 observedGeneration:int64 conditions:[]ReplicaSetCondition~type@type
ReplicaSetSpec replicas:*int32 minReadySeconds:int32 selector!:*meta.LabelSelector template:core.PodTemplateSpec
StatefulSetSpec replicas:*int32 selector!:*meta.LabelSelector template!:core.PodTemplateSpec
  volumeClaimTemplates:[]core.PersistentVolumeClaim serviceName?:string podManagementPolicy:PodManagementPolicyType
  updateStrategy:StatefulSetUpdateStrategy revisionHistoryLimit:*int32 minReadySeconds:int32
  persistentVolumeClaimRetentionPolicy:*StatefulSetPersistentVolumeClaimRetentionPolicy
  ordinals:*StatefulSetOrdinals
StatefulSetStatus observedGeneration:int64 replicas!:int32 readyReplicas:int32 currentReplicas:int32
  updatedReplicas:int32 currentRevision:string updateRevision:string collisionCount:*int32
  conditions:[]StatefulSetCondition~type@type availableReplicas?:int32
DaemonSetSpec selector!:*meta.LabelSelector template!:core.PodTemplateSpec updateStrategy:DaemonSetUpdateStrategy
  minReadySeconds:int32 revisionHistoryLimit:*int32
DaemonSetStatus currentNumberScheduled!:int32 numberMisscheduled!:int32 desiredNumberScheduled!:int32
  numberReady!:int32 observedGeneration:int64 updatedNumberScheduled:int32 numberAvailable:int32
  numberUnavailable:int32 collisionCount:*int32 conditions:[]DaemonSetCondition~type@type
DeploymentCondition type!:DeploymentConditionType status!:core.ConditionStatus lastUpdateTime:Time
  lastTransitionTime:Time reason:string message:string
DeploymentStrategy type:DeploymentStrategyType rollingUpdate:*RollingUpdateDeployment
ReplicaSetCondition type!:ReplicaSetConditionType status!:core.ConditionStatus lastTransitionTime:Time reason:string
  message:string
StatefulSetOrdinals start?:int32
StatefulSetPersistentVolumeClaimRetentionPolicy whenDeleted:PersistentVolumeClaimRetentionPolicyType
  whenScaled:PersistentVolumeClaimRetentionPolicyType
StatefulSetUpdateStrategy type:StatefulSetUpdateStrategyType rollingUpdate:*RollingUpdateStatefulSetStrategy
StatefulSetCondition type!:StatefulSetConditionType status!:core.ConditionStatus lastTransitionTime:Time
  reason:string message:string
DaemonSetUpdateStrategy type:DaemonSetUpdateStrategyType rollingUpdate:*RollingUpdateDaemonSet
DaemonSetCondition type!:DaemonSetConditionType status!:core.ConditionStatus lastTransitionTime:Time reason:string
  message:string
RollingUpdateDeployment maxUnavailable:*IntOrString maxSurge:*IntOrString
RollingUpdateStatefulSetStrategy partition:*int32 maxUnavailable:*IntOrString
RollingUpdateDaemonSet maxUnavailable:*IntOrString maxSurge:*IntOrString
`;

export const batchTable = `
Job ...meta.TypeMeta metadata:meta.ObjectMeta spec:JobSpec status:JobStatus
CronJob ...meta.TypeMeta metadata:meta.ObjectMeta spec:CronJobSpec status:CronJobStatus
JobSpec parallelism:*int32 completions:*int32 activeDeadlineSeconds:*int64 podFailurePolicy:*PodFailurePolicy
  successPolicy:*SuccessPolicy backoffLimit:*int32 backoffLimitPerIndex:*int32 maxFailedIndexes:*int32
  selector:*meta.LabelSelector manualSelector:*bool template!:core.PodTemplateSpec ttlSecondsAfterFinished:*int32
  completionMode:*CompletionMode suspend:*bool podReplacementPolicy:*PodReplacementPolicy managedBy:*string
JobStatus conditions:[]JobCondition~type startTime:*Time completionTime:*Time active:int32 succeeded:int32
  failed:int32 terminating:*int32 completedIndexes:string failedIndexes:*string
  uncountedTerminatedPods:*UncountedTerminatedPods ready:*int32
CronJobSpec schedule!:string timeZone:*string startingDeadlineSeconds:*int64 concurrencyPolicy:ConcurrencyPolicy
  suspend:*bool jobTemplate!:JobTemplateSpec successfulJobsHistoryLimit:*int32 failedJobsHistoryLimit:*int32
CronJobStatus active:[]core.ObjectReference lastScheduleTime:*Time lastSuccessfulTime:*Time
PodFailurePolicy rules!:[]PodFailurePolicyRule
SuccessPolicy rules!:[]SuccessPolicyRule
UncountedTerminatedPods succeeded:[]string@set failed:[]string@set
JobCondition type!:JobConditionType status!:core.ConditionStatus lastProbeTime:Time lastTransitionTime:Time
  reason:string message:string
JobTemplateSpec metadata:meta.ObjectMeta spec:JobSpec
PodFailurePolicyRule action!:PodFailurePolicyAction onExitCodes:*PodFailurePolicyOnExitCodesRequirement
  onPodConditions:[]PodFailurePolicyOnPodConditionsPattern
SuccessPolicyRule succeededIndexes:*string succeededCount:*int32
PodFailurePolicyOnPodConditionsPattern type!:core.PodConditionType status?:core.ConditionStatus
PodFailurePolicyOnExitCodesRequirement containerName:*string operator!:PodFailurePolicyOnExitCodesOperator
  values!:[]int32@set
`;

export const autoscalingTable = `
HorizontalPodAutoscaler ...meta.TypeMeta metadata:meta.ObjectMeta spec:HorizontalPodAutoscalerSpec
  status:HorizontalPodAutoscalerStatus
HorizontalPodAutoscalerSpec scaleTargetRef!:CrossVersionObjectReference minReplicas:*int32 maxReplicas!:int32
  metrics:[]MetricSpec behavior:*HorizontalPodAutoscalerBehavior
HorizontalPodAutoscalerStatus observedGeneration:*int64 lastScaleTime:*Time currentReplicas:int32
  desiredReplicas!:int32 currentMetrics?:[]MetricStatus conditions:[]HorizontalPodAutoscalerCondition~type@type
MetricSpec type!:MetricSourceType object:*ObjectMetricSource pods:*PodsMetricSource resource:*ResourceMetricSource
  containerResource:*ContainerResourceMetricSource external:*ExternalMetricSource
CrossVersionObjectReference kind!:string name!:string apiVersion:string
HorizontalPodAutoscalerBehavior scaleUp:*HPAScalingRules scaleDown:*HPAScalingRules
HorizontalPodAutoscalerCondition type!:HorizontalPodAutoscalerConditionType status!:core.ConditionStatus
  lastTransitionTime:Time reason:string message:string
MetricStatus type!:MetricSourceType object:*ObjectMetricStatus pods:*PodsMetricStatus resource:*ResourceMetricStatus
  containerResource:*ContainerResourceMetricStatus external:*ExternalMetricStatus
ContainerResourceMetricSource name!:core.ResourceName target!:MetricTarget container!:string
ResourceMetricSource name!:core.ResourceName target!:MetricTarget
ExternalMetricSource metric!:MetricIdentifier target!:MetricTarget
ObjectMetricSource describedObject!:CrossVersionObjectReference target!:MetricTarget metric!:MetricIdentifier
PodsMetricSource metric!:MetricIdentifier target!:MetricTarget
HPAScalingRules stabilizationWindowSeconds:*int32 selectPolicy:*ScalingPolicySelect policies:[]HPAScalingPolicy
  tolerance:*Quantity
PodsMetricStatus metric!:MetricIdentifier current!:MetricValueStatus
ContainerResourceMetricStatus name!:core.ResourceName current!:MetricValueStatus container!:string
ResourceMetricStatus name!:core.ResourceName current!:MetricValueStatus
ExternalMetricStatus metric!:MetricIdentifier current!:MetricValueStatus
ObjectMetricStatus metric!:MetricIdentifier current!:MetricValueStatus describedObject!:CrossVersionObjectReference
MetricTarget type!:MetricTargetType value:*Quantity averageValue:*Quantity averageUtilization:*int32
MetricIdentifier name!:string selector:*meta.LabelSelector
HPAScalingPolicy type!:HPAScalingPolicyType value!:int32 periodSeconds!:int32
MetricValueStatus value:*Quantity averageValue:*Quantity averageUtilization:*int32
`;

export const policyTable = `
PodDisruptionBudget ...meta.TypeMeta metadata:meta.ObjectMeta spec:PodDisruptionBudgetSpec
  status:PodDisruptionBudgetStatus
Eviction ...meta.TypeMeta metadata:meta.ObjectMeta deleteOptions:*meta.DeleteOptions
PodDisruptionBudgetSpec minAvailable:*IntOrString selector:*meta.LabelSelector= maxUnavailable:*IntOrString
  unhealthyPodEvictionPolicy:*UnhealthyPodEvictionPolicyType
PodDisruptionBudgetStatus observedGeneration:int64 disruptedPods:{}Time disruptionsAllowed?:int32
  currentHealthy?:int32 desiredHealthy?:int32 expectedPods?:int32 conditions:[]meta.Condition~type@type
`;

export const schedulingTable = `
PriorityClass ...meta.TypeMeta metadata:meta.ObjectMeta value?:int32 globalDefault:bool description:string
  preemptionPolicy:*core.PreemptionPolicy
`;

export const nodeTable = `
RuntimeClass ...meta.TypeMeta metadata:meta.ObjectMeta handler!:string overhead:*Overhead scheduling:*Scheduling
Scheduling nodeSelector:{}string@atomic tolerations:[]core.Toleration
Overhead podFixed:{}Quantity
`;
