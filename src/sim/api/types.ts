/**
 * The shapes of Kubernetes' objects as they travel on the wire (JSON names, RFC 3339 times, quantities as strings).
 * Only what some part of the simulation reads is spelled out; whatever else an object carries stays in it untouched.
 * Objects are immutable: they are shared by reference between every store, cache and message. A change is a new object.
 * Source: staging/src/k8s.io/api of Kubernetes v1.36.
 */
type Opt<T> = T | undefined;

export type StringMap = Readonly<Record<string, string>>;
/** A quantity as written: `250m`, `64Mi`, `2`; parse it with `quantity.ts`. */
export type Quantity = string | number;
/** RFC 3339 in UTC with whole seconds: `2026-01-01T09:00:00Z`. */
export type Time = string;

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: Opt<boolean>;
  readonly blockOwnerDeletion?: Opt<boolean>;
}

export interface ManagedFieldsEntry {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly time?: Opt<Time>;
  readonly fieldsType: 'FieldsV1';
  readonly fieldsV1: unknown;
  readonly subresource?: Opt<string>;
}

export interface ObjectMeta {
  readonly name: string;
  readonly generateName?: Opt<string>;
  readonly namespace?: Opt<string>;
  readonly uid?: Opt<string>;
  readonly resourceVersion?: Opt<string>;
  readonly generation?: Opt<number>;
  readonly creationTimestamp?: Opt<Time>;
  readonly deletionTimestamp?: Opt<Time>;
  readonly deletionGracePeriodSeconds?: Opt<number>;
  readonly labels?: Opt<StringMap>;
  readonly annotations?: Opt<StringMap>;
  readonly ownerReferences?: Opt<readonly OwnerReference[]>;
  readonly finalizers?: Opt<readonly string[]>;
  readonly managedFields?: Opt<readonly ManagedFieldsEntry[]>;
}

/** Any API object; `spec`, `status` and the rest are found by narrowing on `kind` or with the interfaces below. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

interface Typed<Kind extends string> {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

export interface ListMeta {
  readonly resourceVersion?: Opt<string>;
  readonly continue?: Opt<string>;
  readonly remainingItemCount?: Opt<number>;
}

export interface KubeList<T extends KubeObject = KubeObject> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ListMeta;
  readonly items: readonly T[];
}

/** What the API server answers instead of an object: every failure, and some successes. */
export interface Status {
  readonly apiVersion: 'v1';
  readonly kind: 'Status';
  readonly metadata: ListMeta;
  readonly status: 'Success' | 'Failure';
  readonly message?: Opt<string>;
  readonly reason?: Opt<string>;
  readonly details?: Opt<StatusDetails>;
  readonly code: number;
}

export interface StatusDetails {
  readonly name?: Opt<string>;
  readonly group?: Opt<string>;
  readonly kind?: Opt<string>;
  readonly uid?: Opt<string>;
  readonly causes?: Opt<readonly StatusCause[]>;
  readonly retryAfterSeconds?: Opt<number>;
}

export interface StatusCause {
  readonly reason?: Opt<string>;
  readonly message?: Opt<string>;
  readonly field?: Opt<string>;
}

export interface WatchEvent<T extends KubeObject = KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

export interface LabelSelector {
  readonly matchLabels?: Opt<StringMap>;
  readonly matchExpressions?: Opt<readonly LabelSelectorRequirement[]>;
}

export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: Opt<readonly string[]>;
}

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: Opt<string>;
  readonly message?: Opt<string>;
  readonly lastTransitionTime?: Opt<Time>;
  readonly lastProbeTime?: Opt<Time | null>;
  readonly lastHeartbeatTime?: Opt<Time>;
  readonly lastUpdateTime?: Opt<Time>;
  readonly observedGeneration?: Opt<number>;
}

export type ResourceList = Readonly<Record<string, Quantity>>;

export interface ResourceRequirements {
  readonly requests?: Opt<ResourceList>;
  readonly limits?: Opt<ResourceList>;
  readonly claims?: Opt<readonly { readonly name: string; readonly request?: Opt<string> }[]>;
}

export interface ObjectReference {
  readonly apiVersion?: Opt<string>;
  readonly kind?: Opt<string>;
  readonly namespace?: Opt<string>;
  readonly name?: Opt<string>;
  readonly uid?: Opt<string>;
  readonly fieldPath?: Opt<string>;
  readonly resourceVersion?: Opt<string>;
}

/* ---------------------------------------------------------------- Pod */

export interface Pod extends Typed<'Pod'> {
  readonly spec: PodSpec;
  readonly status?: Opt<PodStatus>;
}

export interface PodTemplateSpec {
  readonly metadata?: Opt<Partial<ObjectMeta>>;
  readonly spec: PodSpec;
}

export interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: Opt<readonly Container[]>;
  readonly ephemeralContainers?: Opt<readonly Container[]>;
  readonly volumes?: Opt<readonly Volume[]>;
  readonly restartPolicy?: Opt<string>;
  readonly terminationGracePeriodSeconds?: Opt<number>;
  readonly activeDeadlineSeconds?: Opt<number>;
  readonly dnsPolicy?: Opt<string>;
  readonly dnsConfig?: Opt<{
    readonly nameservers?: Opt<readonly string[]>;
    readonly searches?: Opt<readonly string[]>;
  }>;
  readonly nodeSelector?: Opt<StringMap>;
  readonly serviceAccountName?: Opt<string>;
  readonly serviceAccount?: Opt<string>;
  readonly automountServiceAccountToken?: Opt<boolean>;
  readonly nodeName?: Opt<string>;
  readonly hostNetwork?: Opt<boolean>;
  readonly hostPID?: Opt<boolean>;
  readonly hostname?: Opt<string>;
  readonly subdomain?: Opt<string>;
  readonly affinity?: Opt<Affinity>;
  readonly schedulerName?: Opt<string>;
  readonly tolerations?: Opt<readonly Toleration[]>;
  readonly hostAliases?: Opt<readonly { readonly ip: string; readonly hostnames?: Opt<readonly string[]> }[]>;
  readonly priorityClassName?: Opt<string>;
  readonly priority?: Opt<number>;
  readonly preemptionPolicy?: Opt<string>;
  readonly runtimeClassName?: Opt<string>;
  readonly overhead?: Opt<ResourceList>;
  readonly enableServiceLinks?: Opt<boolean>;
  readonly readinessGates?: Opt<readonly { readonly conditionType: string }[]>;
  readonly schedulingGates?: Opt<readonly { readonly name: string }[]>;
  readonly topologySpreadConstraints?: Opt<readonly TopologySpreadConstraint[]>;
  readonly resources?: Opt<ResourceRequirements>;
  readonly securityContext?: Opt<Readonly<Record<string, unknown>>>;
  readonly imagePullSecrets?: Opt<readonly { readonly name: string }[]>;
  readonly resourceClaims?: Opt<readonly Readonly<Record<string, unknown>>[]>;
  readonly os?: Opt<{ readonly name: string }>;
  readonly [field: string]: unknown;
}

export interface ContainerPort {
  readonly containerPort: number;
  readonly hostPort?: Opt<number>;
  readonly hostIP?: Opt<string>;
  readonly name?: Opt<string>;
  readonly protocol?: Opt<string>;
}

export interface EnvVar {
  readonly name: string;
  readonly value?: Opt<string>;
  readonly valueFrom?: Opt<{
    readonly fieldRef?: Opt<{ readonly apiVersion?: Opt<string>; readonly fieldPath: string }>;
    readonly resourceFieldRef?: Opt<{
      readonly resource: string;
      readonly containerName?: Opt<string>;
      readonly divisor?: Opt<Quantity>;
    }>;
    readonly configMapKeyRef?: Opt<{
      readonly name?: Opt<string>;
      readonly key: string;
      readonly optional?: Opt<boolean>;
    }>;
    readonly secretKeyRef?: Opt<{
      readonly name?: Opt<string>;
      readonly key: string;
      readonly optional?: Opt<boolean>;
    }>;
  }>;
}

export interface Container {
  readonly name: string;
  readonly image?: Opt<string>;
  readonly command?: Opt<readonly string[]>;
  readonly args?: Opt<readonly string[]>;
  readonly workingDir?: Opt<string>;
  readonly ports?: Opt<readonly ContainerPort[]>;
  readonly env?: Opt<readonly EnvVar[]>;
  readonly envFrom?: Opt<
    readonly {
      readonly prefix?: Opt<string>;
      readonly configMapRef?: Opt<{ readonly name?: Opt<string>; readonly optional?: Opt<boolean> }>;
      readonly secretRef?: Opt<{ readonly name?: Opt<string>; readonly optional?: Opt<boolean> }>;
    }[]
  >;
  readonly resources?: Opt<ResourceRequirements>;
  readonly restartPolicy?: Opt<string>;
  readonly volumeMounts?: Opt<
    readonly {
      readonly name: string;
      readonly mountPath: string;
      readonly readOnly?: Opt<boolean>;
      readonly subPath?: Opt<string>;
    }[]
  >;
  readonly livenessProbe?: Opt<Probe>;
  readonly readinessProbe?: Opt<Probe>;
  readonly startupProbe?: Opt<Probe>;
  readonly lifecycle?: Opt<{
    readonly preStop?: Opt<ProbeHandler & { readonly sleep?: Opt<{ readonly seconds: number }> }>;
    readonly postStart?: Opt<ProbeHandler>;
  }>;
  readonly terminationMessagePath?: Opt<string>;
  readonly terminationMessagePolicy?: Opt<string>;
  readonly imagePullPolicy?: Opt<string>;
  readonly securityContext?: Opt<Readonly<Record<string, unknown>>>;
  readonly stdin?: Opt<boolean>;
  readonly tty?: Opt<boolean>;
  readonly [field: string]: unknown;
}

export interface ProbeHandler {
  readonly httpGet?: Opt<{
    readonly path?: Opt<string>;
    readonly port: number | string;
    readonly host?: Opt<string>;
    readonly scheme?: Opt<string>;
  }>;
  readonly tcpSocket?: Opt<{ readonly port: number | string; readonly host?: Opt<string> }>;
  readonly exec?: Opt<{ readonly command?: Opt<readonly string[]> }>;
  readonly grpc?: Opt<{ readonly port: number; readonly service?: Opt<string> }>;
}

export interface Probe extends ProbeHandler {
  readonly initialDelaySeconds?: Opt<number>;
  readonly timeoutSeconds?: Opt<number>;
  readonly periodSeconds?: Opt<number>;
  readonly successThreshold?: Opt<number>;
  readonly failureThreshold?: Opt<number>;
  readonly terminationGracePeriodSeconds?: Opt<number>;
}

export interface Volume {
  readonly name: string;
  readonly hostPath?: Opt<{ readonly path: string; readonly type?: Opt<string> }>;
  readonly emptyDir?: Opt<Readonly<Record<string, unknown>>>;
  readonly configMap?: Opt<{
    readonly name?: Opt<string>;
    readonly optional?: Opt<boolean>;
    readonly defaultMode?: Opt<number>;
    readonly items?: Opt<readonly { readonly key: string; readonly path: string }[]>;
  }>;
  readonly secret?: Opt<{
    readonly secretName?: Opt<string>;
    readonly optional?: Opt<boolean>;
    readonly defaultMode?: Opt<number>;
    readonly items?: Opt<readonly { readonly key: string; readonly path: string }[]>;
  }>;
  readonly persistentVolumeClaim?: Opt<{ readonly claimName: string; readonly readOnly?: Opt<boolean> }>;
  readonly projected?: Opt<{
    readonly sources?: Opt<readonly Readonly<Record<string, unknown>>[]>;
    readonly defaultMode?: Opt<number>;
  }>;
  readonly [source: string]: unknown;
}

export interface Toleration {
  readonly key?: Opt<string>;
  readonly operator?: Opt<string>;
  readonly value?: Opt<string>;
  readonly effect?: Opt<string>;
  readonly tolerationSeconds?: Opt<number>;
}

export interface NodeSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: Opt<readonly string[]>;
}

export interface NodeSelectorTerm {
  readonly matchExpressions?: Opt<readonly NodeSelectorRequirement[]>;
  readonly matchFields?: Opt<readonly NodeSelectorRequirement[]>;
}

export interface PodAffinityTerm {
  readonly labelSelector?: Opt<LabelSelector>;
  readonly namespaces?: Opt<readonly string[]>;
  readonly namespaceSelector?: Opt<LabelSelector>;
  readonly topologyKey: string;
  readonly matchLabelKeys?: Opt<readonly string[]>;
  readonly mismatchLabelKeys?: Opt<readonly string[]>;
}

export interface PodAffinity {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: Opt<readonly PodAffinityTerm[]>;
  readonly preferredDuringSchedulingIgnoredDuringExecution?: Opt<
    readonly { readonly weight: number; readonly podAffinityTerm: PodAffinityTerm }[]
  >;
}

export interface Affinity {
  readonly nodeAffinity?: Opt<{
    readonly requiredDuringSchedulingIgnoredDuringExecution?: Opt<{
      readonly nodeSelectorTerms: readonly NodeSelectorTerm[];
    }>;
    readonly preferredDuringSchedulingIgnoredDuringExecution?: Opt<
      readonly { readonly weight: number; readonly preference: NodeSelectorTerm }[]
    >;
  }>;
  readonly podAffinity?: Opt<PodAffinity>;
  readonly podAntiAffinity?: Opt<PodAffinity>;
}

export interface TopologySpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: string;
  readonly labelSelector?: Opt<LabelSelector>;
  readonly minDomains?: Opt<number>;
  readonly nodeAffinityPolicy?: Opt<string>;
  readonly nodeTaintsPolicy?: Opt<string>;
  readonly matchLabelKeys?: Opt<readonly string[]>;
}

export interface ContainerState {
  readonly waiting?: Opt<{ readonly reason?: Opt<string>; readonly message?: Opt<string> }>;
  readonly running?: Opt<{ readonly startedAt?: Opt<Time> }>;
  readonly terminated?: Opt<{
    readonly exitCode: number;
    readonly signal?: Opt<number>;
    readonly reason?: Opt<string>;
    readonly message?: Opt<string>;
    readonly startedAt?: Opt<Time>;
    readonly finishedAt?: Opt<Time>;
    readonly containerID?: Opt<string>;
  }>;
}

export interface ContainerStatus {
  readonly name: string;
  readonly state?: Opt<ContainerState>;
  readonly lastState?: Opt<ContainerState>;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly image: string;
  readonly imageID: string;
  readonly containerID?: Opt<string>;
  readonly started?: Opt<boolean>;
  readonly [field: string]: unknown;
}

export interface PodStatus {
  readonly phase?: Opt<string>;
  readonly conditions?: Opt<readonly Condition[]>;
  readonly message?: Opt<string>;
  readonly reason?: Opt<string>;
  readonly nominatedNodeName?: Opt<string>;
  readonly hostIP?: Opt<string>;
  readonly hostIPs?: Opt<readonly { readonly ip: string }[]>;
  readonly podIP?: Opt<string>;
  readonly podIPs?: Opt<readonly { readonly ip: string }[]>;
  readonly startTime?: Opt<Time>;
  readonly initContainerStatuses?: Opt<readonly ContainerStatus[]>;
  readonly containerStatuses?: Opt<readonly ContainerStatus[]>;
  readonly ephemeralContainerStatuses?: Opt<readonly ContainerStatus[]>;
  readonly qosClass?: Opt<string>;
  readonly observedGeneration?: Opt<number>;
  readonly [field: string]: unknown;
}

export interface Binding extends Typed<'Binding'> {
  readonly target: ObjectReference;
}

/* ---------------------------------------------------------------- Node */

export interface Taint {
  readonly key: string;
  readonly value?: Opt<string>;
  readonly effect: string;
  readonly timeAdded?: Opt<Time>;
}

export interface Node extends Typed<'Node'> {
  readonly spec?: Opt<{
    readonly podCIDR?: Opt<string>;
    readonly podCIDRs?: Opt<readonly string[]>;
    readonly providerID?: Opt<string>;
    readonly taints?: Opt<readonly Taint[]>;
    readonly unschedulable?: Opt<boolean>;
  }>;
  readonly status?: Opt<NodeStatus>;
}

export interface NodeStatus {
  readonly capacity?: Opt<ResourceList>;
  readonly allocatable?: Opt<ResourceList>;
  readonly phase?: Opt<string>;
  readonly conditions?: Opt<readonly Condition[]>;
  readonly addresses?: Opt<readonly { readonly type: string; readonly address: string }[]>;
  readonly daemonEndpoints?: Opt<{ readonly kubeletEndpoint?: Opt<{ readonly Port: number }> }>;
  readonly nodeInfo?: Opt<Readonly<Record<string, string>>>;
  readonly images?: Opt<readonly { readonly names?: Opt<readonly string[]>; readonly sizeBytes?: Opt<number> }[]>;
  readonly volumesAttached?: Opt<readonly { readonly name: string; readonly devicePath: string }[]>;
  readonly volumesInUse?: Opt<readonly string[]>;
  readonly [field: string]: unknown;
}

/* ---------------------------------------------------------------- Network */

export interface ServicePort {
  readonly name?: Opt<string>;
  readonly protocol?: Opt<string>;
  readonly appProtocol?: Opt<string>;
  readonly port: number;
  readonly targetPort?: Opt<number | string>;
  readonly nodePort?: Opt<number>;
}

export interface Service extends Typed<'Service'> {
  readonly spec: {
    readonly type?: Opt<string>;
    readonly ports?: Opt<readonly ServicePort[]>;
    readonly selector?: Opt<StringMap>;
    readonly clusterIP?: Opt<string>;
    readonly clusterIPs?: Opt<readonly string[]>;
    readonly externalIPs?: Opt<readonly string[]>;
    readonly externalName?: Opt<string>;
    readonly sessionAffinity?: Opt<string>;
    readonly sessionAffinityConfig?: Opt<{ readonly clientIP?: Opt<{ readonly timeoutSeconds?: Opt<number> }> }>;
    readonly externalTrafficPolicy?: Opt<string>;
    readonly internalTrafficPolicy?: Opt<string>;
    readonly trafficDistribution?: Opt<string>;
    readonly healthCheckNodePort?: Opt<number>;
    readonly publishNotReadyAddresses?: Opt<boolean>;
    readonly loadBalancerIP?: Opt<string>;
    readonly loadBalancerClass?: Opt<string>;
    readonly loadBalancerSourceRanges?: Opt<readonly string[]>;
    readonly allocateLoadBalancerNodePorts?: Opt<boolean>;
    readonly ipFamilies?: Opt<readonly string[]>;
    readonly ipFamilyPolicy?: Opt<string>;
    readonly [field: string]: unknown;
  };
  readonly status?: Opt<{
    readonly loadBalancer?: Opt<{
      readonly ingress?: Opt<
        readonly { readonly ip?: Opt<string>; readonly hostname?: Opt<string>; readonly ipMode?: Opt<string> }[]
      >;
    }>;
    readonly conditions?: Opt<readonly Condition[]>;
  }>;
}

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions?: Opt<{
    readonly ready?: Opt<boolean>;
    readonly serving?: Opt<boolean>;
    readonly terminating?: Opt<boolean>;
  }>;
  readonly hostname?: Opt<string>;
  readonly targetRef?: Opt<ObjectReference>;
  readonly nodeName?: Opt<string>;
  readonly zone?: Opt<string>;
  readonly hints?: Opt<Readonly<Record<string, unknown>>>;
}

export interface EndpointSlice extends Typed<'EndpointSlice'> {
  readonly addressType: string;
  readonly endpoints?: Opt<readonly Endpoint[] | null>;
  readonly ports?: Opt<
    | readonly {
        readonly name?: Opt<string>;
        readonly protocol?: Opt<string>;
        readonly port?: Opt<number>;
        readonly appProtocol?: Opt<string>;
      }[]
    | null
  >;
}

/* ---------------------------------------------------------------- Workloads */

export interface Deployment extends Typed<'Deployment'> {
  readonly spec: {
    readonly replicas?: Opt<number>;
    readonly selector: LabelSelector;
    readonly template: PodTemplateSpec;
    readonly strategy?: Opt<{
      readonly type?: Opt<string>;
      readonly rollingUpdate?: Opt<{
        readonly maxUnavailable?: Opt<number | string>;
        readonly maxSurge?: Opt<number | string>;
      }>;
    }>;
    readonly minReadySeconds?: Opt<number>;
    readonly revisionHistoryLimit?: Opt<number>;
    readonly paused?: Opt<boolean>;
    readonly progressDeadlineSeconds?: Opt<number>;
  };
  readonly status?: Opt<{
    readonly observedGeneration?: Opt<number>;
    readonly replicas?: Opt<number>;
    readonly updatedReplicas?: Opt<number>;
    readonly readyReplicas?: Opt<number>;
    readonly availableReplicas?: Opt<number>;
    readonly unavailableReplicas?: Opt<number>;
    readonly terminatingReplicas?: Opt<number>;
    readonly conditions?: Opt<readonly Condition[]>;
    readonly collisionCount?: Opt<number>;
  }>;
}

export interface ReplicaSet extends Typed<'ReplicaSet'> {
  readonly spec: {
    readonly replicas?: Opt<number>;
    readonly minReadySeconds?: Opt<number>;
    readonly selector: LabelSelector;
    readonly template: PodTemplateSpec;
  };
  readonly status?: Opt<{
    readonly replicas: number;
    readonly fullyLabeledReplicas?: Opt<number>;
    readonly readyReplicas?: Opt<number>;
    readonly availableReplicas?: Opt<number>;
    readonly terminatingReplicas?: Opt<number>;
    readonly observedGeneration?: Opt<number>;
    readonly conditions?: Opt<readonly Condition[]>;
  }>;
}

export interface DaemonSet extends Typed<'DaemonSet'> {
  readonly spec: {
    readonly selector: LabelSelector;
    readonly template: PodTemplateSpec;
    readonly updateStrategy?: Opt<{
      readonly type?: Opt<string>;
      readonly rollingUpdate?: Opt<{
        readonly maxUnavailable?: Opt<number | string>;
        readonly maxSurge?: Opt<number | string>;
      }>;
    }>;
    readonly minReadySeconds?: Opt<number>;
    readonly revisionHistoryLimit?: Opt<number>;
  };
  readonly status?: Opt<{
    readonly currentNumberScheduled: number;
    readonly numberMisscheduled: number;
    readonly desiredNumberScheduled: number;
    readonly numberReady: number;
    readonly observedGeneration?: Opt<number>;
    readonly updatedNumberScheduled?: Opt<number>;
    readonly numberAvailable?: Opt<number>;
    readonly numberUnavailable?: Opt<number>;
    readonly collisionCount?: Opt<number>;
    readonly conditions?: Opt<readonly Condition[]>;
  }>;
}

export interface Job extends Typed<'Job'> {
  readonly spec: {
    readonly parallelism?: Opt<number>;
    readonly completions?: Opt<number>;
    readonly activeDeadlineSeconds?: Opt<number>;
    readonly backoffLimit?: Opt<number>;
    readonly selector?: Opt<LabelSelector>;
    readonly manualSelector?: Opt<boolean>;
    readonly template: PodTemplateSpec;
    readonly ttlSecondsAfterFinished?: Opt<number>;
    readonly completionMode?: Opt<string>;
    readonly suspend?: Opt<boolean>;
    readonly [field: string]: unknown;
  };
  readonly status?: Opt<{
    readonly conditions?: Opt<readonly Condition[]>;
    readonly startTime?: Opt<Time>;
    readonly completionTime?: Opt<Time>;
    readonly active?: Opt<number>;
    readonly succeeded?: Opt<number>;
    readonly failed?: Opt<number>;
    readonly ready?: Opt<number>;
    readonly terminating?: Opt<number>;
    readonly [field: string]: unknown;
  }>;
}

export interface Lease extends Typed<'Lease'> {
  readonly spec?: Opt<{
    readonly holderIdentity?: Opt<string>;
    readonly leaseDurationSeconds?: Opt<number>;
    /** RFC 3339 with six decimals (MicroTime). */
    readonly acquireTime?: Opt<string>;
    readonly renewTime?: Opt<string>;
    readonly leaseTransitions?: Opt<number>;
  }>;
}

export interface KubeEvent extends Typed<'Event'> {
  readonly involvedObject: ObjectReference;
  readonly reason?: Opt<string>;
  readonly message?: Opt<string>;
  readonly source?: Opt<{ readonly component?: Opt<string>; readonly host?: Opt<string> }>;
  readonly firstTimestamp?: Opt<Time | null>;
  readonly lastTimestamp?: Opt<Time | null>;
  readonly eventTime?: Opt<string | null>;
  readonly count?: Opt<number>;
  readonly type?: Opt<string>;
  readonly reportingComponent?: Opt<string>;
  readonly reportingInstance?: Opt<string>;
  readonly series?: Opt<{ readonly count: number; readonly lastObservedTime: string }>;
}

/* ---------------------------------------------------------------- Storage and policy, as far as the scheduler reads them */

export interface PersistentVolumeClaim extends Typed<'PersistentVolumeClaim'> {
  readonly spec: {
    readonly accessModes?: Opt<readonly string[]>;
    readonly selector?: Opt<LabelSelector>;
    readonly resources?: Opt<ResourceRequirements>;
    readonly volumeName?: Opt<string>;
    readonly storageClassName?: Opt<string | null>;
    readonly volumeMode?: Opt<string>;
    readonly [field: string]: unknown;
  };
  readonly status?: Opt<{ readonly phase?: Opt<string>; readonly [field: string]: unknown }>;
}

export interface PersistentVolume extends Typed<'PersistentVolume'> {
  readonly spec: {
    readonly capacity?: Opt<ResourceList>;
    readonly accessModes?: Opt<readonly string[]>;
    readonly claimRef?: Opt<ObjectReference>;
    readonly storageClassName?: Opt<string>;
    readonly volumeMode?: Opt<string>;
    readonly persistentVolumeReclaimPolicy?: Opt<string>;
    readonly nodeAffinity?: Opt<{
      readonly required?: Opt<{ readonly nodeSelectorTerms: readonly NodeSelectorTerm[] }>;
    }>;
    readonly [source: string]: unknown;
  };
  readonly status?: Opt<{ readonly phase?: Opt<string>; readonly [field: string]: unknown }>;
}

export interface PodDisruptionBudget extends Typed<'PodDisruptionBudget'> {
  readonly spec: {
    readonly minAvailable?: Opt<number | string>;
    readonly maxUnavailable?: Opt<number | string>;
    readonly selector?: Opt<LabelSelector>;
    readonly unhealthyPodEvictionPolicy?: Opt<string>;
  };
  readonly status?: Opt<{
    readonly disruptionsAllowed?: Opt<number>;
    readonly disruptedPods?: Opt<Readonly<Record<string, Time>>>;
    readonly [field: string]: unknown;
  }>;
}

/* ---------------------------------------------------------------- RBAC */

export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: Opt<readonly string[]>;
  readonly resources?: Opt<readonly string[]>;
  readonly resourceNames?: Opt<readonly string[]>;
  readonly nonResourceURLs?: Opt<readonly string[]>;
}

export interface RbacSubject {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: Opt<string>;
  readonly apiGroup?: Opt<string>;
}

export interface RoleRef {
  readonly apiGroup?: Opt<string>;
  readonly kind: string;
  readonly name: string;
}

/* ---------------------------------------------------------------- More workloads */

export interface StatefulSet extends Typed<'StatefulSet'> {
  readonly spec: {
    readonly replicas?: Opt<number>;
    readonly serviceName?: Opt<string>;
    readonly selector: LabelSelector;
    readonly template: PodTemplateSpec;
    readonly volumeClaimTemplates?: Opt<readonly PersistentVolumeClaim[]>;
    readonly podManagementPolicy?: Opt<string>;
    readonly updateStrategy?: Opt<{
      readonly type?: Opt<string>;
      readonly rollingUpdate?: Opt<{
        readonly partition?: Opt<number>;
        readonly maxUnavailable?: Opt<number | string>;
      }>;
    }>;
    readonly revisionHistoryLimit?: Opt<number>;
    readonly minReadySeconds?: Opt<number>;
    readonly persistentVolumeClaimRetentionPolicy?: Opt<{
      readonly whenDeleted?: Opt<string>;
      readonly whenScaled?: Opt<string>;
    }>;
    readonly ordinals?: Opt<{ readonly start?: Opt<number> }>;
  };
  readonly status?: Opt<{
    readonly observedGeneration?: Opt<number>;
    readonly replicas: number;
    readonly readyReplicas?: Opt<number>;
    readonly currentReplicas?: Opt<number>;
    readonly updatedReplicas?: Opt<number>;
    readonly availableReplicas?: Opt<number>;
    readonly currentRevision?: Opt<string>;
    readonly updateRevision?: Opt<string>;
    readonly collisionCount?: Opt<number>;
    readonly conditions?: Opt<readonly Condition[]>;
  }>;
}

export interface CronJob extends Typed<'CronJob'> {
  readonly spec: {
    readonly schedule: string;
    readonly timeZone?: Opt<string>;
    readonly startingDeadlineSeconds?: Opt<number>;
    readonly concurrencyPolicy?: Opt<string>;
    readonly suspend?: Opt<boolean>;
    readonly jobTemplate: { readonly metadata?: Opt<Partial<ObjectMeta>>; readonly spec: Job['spec'] };
    readonly successfulJobsHistoryLimit?: Opt<number>;
    readonly failedJobsHistoryLimit?: Opt<number>;
  };
  readonly status?: Opt<{
    readonly active?: Opt<readonly ObjectReference[]>;
    readonly lastScheduleTime?: Opt<Time>;
    readonly lastSuccessfulTime?: Opt<Time>;
  }>;
}

export interface ReplicationController extends Typed<'ReplicationController'> {
  readonly spec: {
    readonly replicas?: Opt<number>;
    readonly minReadySeconds?: Opt<number>;
    readonly selector?: Opt<StringMap>;
    readonly template?: Opt<PodTemplateSpec>;
  };
  readonly status?: Opt<{
    readonly replicas: number;
    readonly fullyLabeledReplicas?: Opt<number>;
    readonly readyReplicas?: Opt<number>;
    readonly availableReplicas?: Opt<number>;
    readonly observedGeneration?: Opt<number>;
    readonly conditions?: Opt<readonly Condition[]>;
  }>;
}

/* ---------------------------------------------------------------- Access to services */

export interface Endpoints extends Typed<'Endpoints'> {
  readonly subsets?: Opt<
    readonly {
      readonly addresses?: Opt<readonly EndpointAddress[]>;
      readonly notReadyAddresses?: Opt<readonly EndpointAddress[]>;
      readonly ports?: Opt<
        readonly {
          readonly name?: Opt<string>;
          readonly port: number;
          readonly protocol?: Opt<string>;
          readonly appProtocol?: Opt<string>;
        }[]
      >;
    }[]
  >;
}

export interface EndpointAddress {
  readonly ip: string;
  readonly hostname?: Opt<string>;
  readonly nodeName?: Opt<string>;
  readonly targetRef?: Opt<ObjectReference>;
}

export interface IngressBackend {
  readonly service?: Opt<{
    readonly name: string;
    readonly port?: Opt<{ readonly name?: Opt<string>; readonly number?: Opt<number> }>;
  }>;
  readonly resource?: Opt<{ readonly apiGroup?: Opt<string>; readonly kind: string; readonly name: string }>;
}

export interface Ingress extends Typed<'Ingress'> {
  readonly spec: {
    readonly ingressClassName?: Opt<string>;
    readonly defaultBackend?: Opt<IngressBackend>;
    readonly tls?: Opt<readonly { readonly hosts?: Opt<readonly string[]>; readonly secretName?: Opt<string> }[]>;
    readonly rules?: Opt<
      readonly {
        readonly host?: Opt<string>;
        readonly http?: Opt<{
          readonly paths: readonly {
            readonly path?: Opt<string>;
            readonly pathType?: Opt<string>;
            readonly backend: IngressBackend;
          }[];
        }>;
      }[]
    >;
  };
  readonly status?: Opt<{
    readonly loadBalancer?: Opt<{
      readonly ingress?: Opt<readonly { readonly ip?: Opt<string>; readonly hostname?: Opt<string> }[]>;
    }>;
  }>;
}

export interface NetworkPolicyPeer {
  readonly podSelector?: Opt<LabelSelector>;
  readonly namespaceSelector?: Opt<LabelSelector>;
  readonly ipBlock?: Opt<{ readonly cidr: string; readonly except?: Opt<readonly string[]> }>;
}

export interface NetworkPolicyPort {
  readonly protocol?: Opt<string>;
  readonly port?: Opt<number | string>;
  readonly endPort?: Opt<number>;
}

export interface NetworkPolicy extends Typed<'NetworkPolicy'> {
  readonly spec: {
    readonly podSelector?: Opt<LabelSelector>;
    readonly ingress?: Opt<
      readonly {
        readonly from?: Opt<readonly NetworkPolicyPeer[]>;
        readonly ports?: Opt<readonly NetworkPolicyPort[]>;
      }[]
    >;
    readonly egress?: Opt<
      readonly { readonly to?: Opt<readonly NetworkPolicyPeer[]>; readonly ports?: Opt<readonly NetworkPolicyPort[]> }[]
    >;
    readonly policyTypes?: Opt<readonly string[]>;
  };
}

/* ---------------------------------------------------------------- Configuration, access and limits */

export interface ConfigMap extends Typed<'ConfigMap'> {
  readonly data?: Opt<StringMap>;
  /** Base64. */
  readonly binaryData?: Opt<StringMap>;
  readonly immutable?: Opt<boolean>;
}

export interface Secret extends Typed<'Secret'> {
  readonly type?: Opt<string>;
  /** Base64. */
  readonly data?: Opt<StringMap>;
  readonly stringData?: Opt<StringMap>;
  readonly immutable?: Opt<boolean>;
}

export interface Namespace extends Typed<'Namespace'> {
  readonly spec?: Opt<{ readonly finalizers?: Opt<readonly string[]> }>;
  readonly status?: Opt<{ readonly phase?: Opt<string>; readonly conditions?: Opt<readonly Condition[]> }>;
}

export interface ServiceAccount extends Typed<'ServiceAccount'> {
  readonly secrets?: Opt<readonly ObjectReference[]>;
  readonly imagePullSecrets?: Opt<readonly { readonly name: string }[]>;
  readonly automountServiceAccountToken?: Opt<boolean>;
}

export interface RoleObject extends KubeObject {
  readonly rules?: Opt<readonly PolicyRule[] | null>;
  readonly aggregationRule?: Opt<{ readonly clusterRoleSelectors?: Opt<readonly LabelSelector[]> }>;
}

export interface RoleBindingObject extends KubeObject {
  readonly subjects?: Opt<readonly RbacSubject[]>;
  readonly roleRef: RoleRef;
}

export interface ResourceQuota extends Typed<'ResourceQuota'> {
  readonly spec?: Opt<{
    readonly hard?: Opt<ResourceList>;
    readonly scopes?: Opt<readonly string[]>;
    readonly scopeSelector?: Opt<{
      readonly matchExpressions?: Opt<
        readonly {
          readonly scopeName: string;
          readonly operator: string;
          readonly values?: Opt<readonly string[]>;
        }[]
      >;
    }>;
  }>;
  readonly status?: Opt<{ readonly hard?: Opt<ResourceList>; readonly used?: Opt<ResourceList> }>;
}

export interface LimitRangeItem {
  readonly type: string;
  readonly max?: Opt<ResourceList>;
  readonly min?: Opt<ResourceList>;
  readonly default?: Opt<ResourceList>;
  readonly defaultRequest?: Opt<ResourceList>;
  readonly maxLimitRequestRatio?: Opt<ResourceList>;
}

export interface LimitRange extends Typed<'LimitRange'> {
  readonly spec: { readonly limits: readonly LimitRangeItem[] };
}

export interface PriorityClass extends Typed<'PriorityClass'> {
  readonly value: number;
  readonly globalDefault?: Opt<boolean>;
  readonly description?: Opt<string>;
  readonly preemptionPolicy?: Opt<string>;
}

export interface StorageClass extends Typed<'StorageClass'> {
  readonly provisioner: string;
  readonly parameters?: Opt<StringMap>;
  readonly reclaimPolicy?: Opt<string>;
  readonly mountOptions?: Opt<readonly string[]>;
  readonly allowVolumeExpansion?: Opt<boolean>;
  readonly volumeBindingMode?: Opt<string>;
  readonly allowedTopologies?: Opt<readonly Readonly<Record<string, unknown>>[]>;
}

export interface ControllerRevision extends Typed<'ControllerRevision'> {
  readonly data?: unknown;
  readonly revision: number;
}

export interface CertificateSigningRequest extends Typed<'CertificateSigningRequest'> {
  readonly spec: {
    /** Base64 of the PEM. */
    readonly request: string;
    readonly signerName: string;
    readonly expirationSeconds?: Opt<number>;
    readonly usages?: Opt<readonly string[]>;
    readonly username?: Opt<string>;
    readonly uid?: Opt<string>;
    readonly groups?: Opt<readonly string[]>;
    readonly extra?: Opt<Readonly<Record<string, readonly string[]>>>;
  };
  readonly status?: Opt<{ readonly conditions?: Opt<readonly Condition[]>; readonly certificate?: Opt<string> }>;
}

export interface MetricTarget {
  readonly type: string;
  readonly value?: Opt<Quantity>;
  readonly averageValue?: Opt<Quantity>;
  readonly averageUtilization?: Opt<number>;
}

export interface MetricSpec {
  readonly type: string;
  readonly object?: Opt<{ readonly target: MetricTarget; readonly [field: string]: unknown }>;
  readonly pods?: Opt<{ readonly target: MetricTarget; readonly [field: string]: unknown }>;
  readonly resource?: Opt<{ readonly name: string; readonly target: MetricTarget }>;
  readonly containerResource?: Opt<{
    readonly name: string;
    readonly container: string;
    readonly target: MetricTarget;
  }>;
  readonly external?: Opt<{ readonly target: MetricTarget; readonly [field: string]: unknown }>;
}

export interface MetricStatus {
  readonly type: string;
  readonly object?: Opt<{ readonly current: Omit<MetricTarget, 'type'> }>;
  readonly pods?: Opt<{ readonly current: Omit<MetricTarget, 'type'> }>;
  readonly resource?: Opt<{ readonly name: string; readonly current: Omit<MetricTarget, 'type'> }>;
  readonly containerResource?: Opt<{ readonly name: string; readonly current: Omit<MetricTarget, 'type'> }>;
  readonly external?: Opt<{ readonly current: Omit<MetricTarget, 'type'> }>;
}

export interface ScalingRules {
  readonly stabilizationWindowSeconds?: Opt<number>;
  readonly selectPolicy?: Opt<string>;
  readonly policies?: Opt<readonly { readonly type: string; readonly value: number; readonly periodSeconds: number }[]>;
  readonly tolerance?: Opt<Quantity>;
}

export interface HorizontalPodAutoscaler extends Typed<'HorizontalPodAutoscaler'> {
  readonly spec: {
    readonly scaleTargetRef: { readonly kind: string; readonly name: string; readonly apiVersion?: Opt<string> };
    readonly minReplicas?: Opt<number>;
    readonly maxReplicas: number;
    readonly metrics?: Opt<readonly MetricSpec[]>;
    readonly behavior?: Opt<{ readonly scaleUp?: Opt<ScalingRules>; readonly scaleDown?: Opt<ScalingRules> }>;
  };
  readonly status?: Opt<{
    readonly observedGeneration?: Opt<number>;
    readonly lastScaleTime?: Opt<Time>;
    readonly currentReplicas?: Opt<number>;
    readonly desiredReplicas: number;
    readonly currentMetrics?: Opt<readonly MetricStatus[] | null>;
    readonly conditions?: Opt<readonly Condition[]>;
  }>;
}
