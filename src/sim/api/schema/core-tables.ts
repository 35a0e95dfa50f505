/**
 * The fields of the core group, in the notation of `schema.ts`.
 * @source staging/src/k8s.io/api, json tags and markers
 */
export const coreTable = `
Pod ...meta.TypeMeta metadata:meta.ObjectMeta spec:PodSpec status:PodStatus
Node ...meta.TypeMeta metadata:meta.ObjectMeta spec:NodeSpec status:NodeStatus
Namespace ...meta.TypeMeta metadata:meta.ObjectMeta spec:NamespaceSpec status:NamespaceStatus
Service ...meta.TypeMeta metadata:meta.ObjectMeta spec:ServiceSpec status:ServiceStatus
Endpoints ...meta.TypeMeta metadata:meta.ObjectMeta subsets:[]EndpointSubset
ConfigMap ...meta.TypeMeta metadata:meta.ObjectMeta immutable:*bool data:{}string binaryData:{}bytes
Secret ...meta.TypeMeta metadata:meta.ObjectMeta immutable:*bool data:{}bytes stringData:{}string type:SecretType
ServiceAccount ...meta.TypeMeta metadata:meta.ObjectMeta secrets:[]ObjectReference~name@name
  imagePullSecrets:[]LocalObjectReference automountServiceAccountToken:*bool
Event ...meta.TypeMeta metadata!:meta.ObjectMeta involvedObject!:ObjectReference reason:string message:string
  source:EventSource firstTimestamp:Time lastTimestamp:Time count:int32 type:string eventTime:MicroTime
  series:*EventSeries action:string related:*ObjectReference reportingComponent?:string reportingInstance?:string
PersistentVolume ...meta.TypeMeta metadata:meta.ObjectMeta spec:PersistentVolumeSpec status:PersistentVolumeStatus
PersistentVolumeClaim ...meta.TypeMeta metadata:meta.ObjectMeta spec:PersistentVolumeClaimSpec
  status:PersistentVolumeClaimStatus
ResourceQuota ...meta.TypeMeta metadata:meta.ObjectMeta spec:ResourceQuotaSpec status:ResourceQuotaStatus
LimitRange ...meta.TypeMeta metadata:meta.ObjectMeta spec:LimitRangeSpec
ReplicationController ...meta.TypeMeta metadata:meta.ObjectMeta spec:ReplicationControllerSpec
  status:ReplicationControllerStatus
PodTemplate ...meta.TypeMeta metadata:meta.ObjectMeta template:PodTemplateSpec
Binding ...meta.TypeMeta metadata:meta.ObjectMeta target!:ObjectReference
ComponentStatus ...meta.TypeMeta metadata:meta.ObjectMeta conditions:[]ComponentCondition~type@type
PodStatus observedGeneration:int64 phase:PodPhase conditions:[]PodCondition~type@type message:string reason:string
  nominatedNodeName:string hostIP:string hostIPs:[]HostIP~ip podIP:string podIPs:[]PodIP~ip@ip startTime:*Time
  initContainerStatuses:[]ContainerStatus containerStatuses:[]ContainerStatus qosClass:PodQOSClass
  ephemeralContainerStatuses:[]ContainerStatus resize:PodResizeStatus
  resourceClaimStatuses:[]PodResourceClaimStatus~name^@name
  extendedResourceClaimStatus:*PodExtendedResourceClaimStatus allocatedResources:{}Quantity
  resources:*ResourceRequirements nodeAllocatableResourceClaimStatuses:[]NodeAllocatableResourceClaimStatus
PodSpec volumes:[]Volume~name^@name initContainers:[]Container~name@name containers!:[]Container~name@name
  ephemeralContainers:[]EphemeralContainer~name@name restartPolicy:RestartPolicy
  terminationGracePeriodSeconds:*int64 activeDeadlineSeconds:*int64 dnsPolicy:DNSPolicy nodeSelector:{}string@atomic
  serviceAccountName:string serviceAccount:string automountServiceAccountToken:*bool nodeName:string
  hostNetwork:bool hostPID:bool hostIPC:bool shareProcessNamespace:*bool securityContext:*PodSecurityContext
  imagePullSecrets:[]LocalObjectReference~name@name hostname:string subdomain:string affinity:*Affinity
  schedulerName:string tolerations:[]Toleration hostAliases:[]HostAlias~ip@ip priorityClassName:string
  priority:*int32 dnsConfig:*PodDNSConfig readinessGates:[]PodReadinessGate runtimeClassName:*string
  enableServiceLinks:*bool preemptionPolicy:*PreemptionPolicy overhead:{}Quantity
  topologySpreadConstraints:[]TopologySpreadConstraint~topologyKey@topologyKey,whenUnsatisfiable
  setHostnameAsFQDN:*bool os:*PodOS hostUsers:*bool schedulingGates:[]PodSchedulingGate~name@name
  resourceClaims:[]PodResourceClaim~name^@name resources:*ResourceRequirements hostnameOverride:*string
  schedulingGroup:*PodSchedulingGroup
NodeSpec podCIDR:string podCIDRs:[]string~@set providerID:string unschedulable:bool taints:[]Taint
  configSource:*NodeConfigSource externalID:string
NodeStatus capacity:{}Quantity allocatable:{}Quantity phase:NodePhase conditions:[]NodeCondition~type@type
  addresses:[]NodeAddress~type@type daemonEndpoints:NodeDaemonEndpoints nodeInfo:NodeSystemInfo
  images:[]ContainerImage volumesInUse:[]UniqueVolumeName volumesAttached:[]AttachedVolume config:*NodeConfigStatus
  runtimeHandlers:[]NodeRuntimeHandler features:*NodeFeatures declaredFeatures:[]string
NamespaceStatus phase:NamespacePhase conditions:[]NamespaceCondition~type@type
NamespaceSpec finalizers:[]FinalizerName
ServiceStatus loadBalancer:LoadBalancerStatus conditions:[]meta.Condition~type@type
ServiceSpec ports:[]ServicePort~port@port,protocol selector:{}string@atomic clusterIP:string clusterIPs:[]string
  type:ServiceType externalIPs:[]string sessionAffinity:ServiceAffinity loadBalancerIP:string
  loadBalancerSourceRanges:[]string externalName:string externalTrafficPolicy:ServiceExternalTrafficPolicy
  healthCheckNodePort:int32 publishNotReadyAddresses:bool sessionAffinityConfig:*SessionAffinityConfig
  ipFamilies:[]IPFamily ipFamilyPolicy:*IPFamilyPolicy allocateLoadBalancerNodePorts:*bool loadBalancerClass:*string
  internalTrafficPolicy:*ServiceInternalTrafficPolicy trafficDistribution:*string
EndpointSubset addresses:[]EndpointAddress notReadyAddresses:[]EndpointAddress ports:[]EndpointPort
LocalObjectReference name:string
ObjectReference kind:string namespace:string name:string uid:string apiVersion:string resourceVersion:string
  fieldPath:string
EventSource component:string host:string
EventSeries count:int32 lastObservedTime:MicroTime
PersistentVolumeStatus phase:PersistentVolumePhase message:string reason:string lastPhaseTransitionTime:*Time
PersistentVolumeSpec capacity:{}Quantity ...PersistentVolumeSource accessModes:[]PersistentVolumeAccessMode
  claimRef:*ObjectReference persistentVolumeReclaimPolicy:PersistentVolumeReclaimPolicy storageClassName:string
  mountOptions:[]string volumeMode:*PersistentVolumeMode nodeAffinity:*VolumeNodeAffinity
  volumeAttributesClassName:*string
PersistentVolumeClaimSpec accessModes:[]PersistentVolumeAccessMode selector:*meta.LabelSelector
  resources:VolumeResourceRequirements volumeName:string storageClassName:*string volumeMode:*PersistentVolumeMode
  dataSource:*TypedLocalObjectReference dataSourceRef:*TypedObjectReference volumeAttributesClassName:*string
PersistentVolumeClaimStatus phase:PersistentVolumeClaimPhase accessModes:[]PersistentVolumeAccessMode
  capacity:{}Quantity conditions:[]PersistentVolumeClaimCondition~type@type allocatedResources:{}Quantity
  allocatedResourceStatuses:{}ClaimResourceStatus currentVolumeAttributesClassName:*string
  modifyVolumeStatus:*ModifyVolumeStatus
ResourceQuotaStatus hard:{}Quantity used:{}Quantity
ResourceQuotaSpec hard:{}Quantity scopes:[]ResourceQuotaScope scopeSelector:*ScopeSelector
LimitRangeSpec limits!:[]LimitRangeItem
ReplicationControllerStatus replicas!:int32 fullyLabeledReplicas:int32 readyReplicas:int32 availableReplicas:int32
  observedGeneration:int64 conditions:[]ReplicationControllerCondition~type@type
ReplicationControllerSpec replicas:*int32 minReadySeconds:int32 selector:{}string@atomic template:*PodTemplateSpec
PodTemplateSpec metadata:meta.ObjectMeta spec:PodSpec
ComponentCondition type!:ComponentConditionType status!:ConditionStatus message:string error:string
TopologySelectorTerm matchLabelExpressions:[]TopologySelectorLabelRequirement
HostIP ip!:string
PodIP ip!:string
PodExtendedResourceClaimStatus requestMappings!:[]ContainerExtendedResourceRequest resourceClaimName!:string
ContainerStatus name!:string state:ContainerState lastState:ContainerState ready!:bool restartCount!:int32
  image!:string imageID!:string containerID:string started:*bool allocatedResources:{}Quantity
  resources:*ResourceRequirements volumeMounts:[]VolumeMountStatus~mountPath@mountPath user:*ContainerUser
  allocatedResourcesStatus:[]ResourceStatus~name@name stopSignal:*Signal
ResourceRequirements limits:{}Quantity requests:{}Quantity claims:[]ResourceClaim@name
NodeAllocatableResourceClaimStatus resourceClaimName!:string containers:[]string@set resources!:{}Quantity
PodCondition type!:PodConditionType observedGeneration:int64 status!:ConditionStatus lastProbeTime:Time
  lastTransitionTime:Time reason:string message:string
PodResourceClaimStatus name!:string resourceClaimName:*string
PodSchedulingGate name!:string
Container name!:string image:string command:[]string args:[]string workingDir:string
  ports:[]ContainerPort~containerPort@containerPort,protocol envFrom:[]EnvFromSource env:[]EnvVar~name@name
  resources:ResourceRequirements resizePolicy:[]ContainerResizePolicy restartPolicy:*ContainerRestartPolicy
  restartPolicyRules:[]ContainerRestartRule volumeMounts:[]VolumeMount~mountPath@mountPath
  volumeDevices:[]VolumeDevice~devicePath@devicePath livenessProbe:*Probe readinessProbe:*Probe startupProbe:*Probe
  lifecycle:*Lifecycle terminationMessagePath:string terminationMessagePolicy:TerminationMessagePolicy
  imagePullPolicy:PullPolicy securityContext:*SecurityContext stdin:bool stdinOnce:bool tty:bool
Affinity nodeAffinity:*NodeAffinity podAffinity:*PodAffinity podAntiAffinity:*PodAntiAffinity
PodSchedulingGroup podGroupName:*string
HostAlias ip!:string hostnames:[]string
TopologySpreadConstraint maxSkew!:int32 topologyKey!:string whenUnsatisfiable!:UnsatisfiableConstraintAction
  labelSelector:*meta.LabelSelector minDomains:*int32 nodeAffinityPolicy:*NodeInclusionPolicy
  nodeTaintsPolicy:*NodeInclusionPolicy matchLabelKeys:[]string
EphemeralContainer ...EphemeralContainerCommon targetContainerName:string
PodSecurityContext seLinuxOptions:*SELinuxOptions windowsOptions:*WindowsSecurityContextOptions runAsUser:*int64
  runAsGroup:*int64 runAsNonRoot:*bool supplementalGroups:[]int64 supplementalGroupsPolicy:*SupplementalGroupsPolicy
  fsGroup:*int64 sysctls:[]Sysctl fsGroupChangePolicy:*PodFSGroupChangePolicy seccompProfile:*SeccompProfile
  appArmorProfile:*AppArmorProfile seLinuxChangePolicy:*PodSELinuxChangePolicy
PodResourceClaim name!:string resourceClaimName:*string resourceClaimTemplateName:*string
PodOS name!:OSName
PodDNSConfig nameservers:[]string searches:[]string options:[]PodDNSConfigOption
PodReadinessGate conditionType!:PodConditionType
Toleration key:string operator:TolerationOperator value:string effect:TaintEffect tolerationSeconds:*int64
Volume name!:string ...VolumeSource
Taint key!:string value:string effect!:TaintEffect timeAdded:*Time
NodeConfigSource configMap:*ConfigMapNodeConfigSource
ContainerImage names?:[]string sizeBytes:int64
NodeDaemonEndpoints kubeletEndpoint:DaemonEndpoint
NodeConfigStatus assigned:*NodeConfigSource active:*NodeConfigSource lastKnownGood:*NodeConfigSource error:string
AttachedVolume name!:UniqueVolumeName devicePath!:string
NodeAddress type!:NodeAddressType address!:string
NodeRuntimeHandler name?:string features:*NodeRuntimeHandlerFeatures
NodeSystemInfo machineID!:string systemUUID!:string bootID!:string kernelVersion!:string osImage!:string
  containerRuntimeVersion!:string kubeletVersion!:string kubeProxyVersion!:string operatingSystem!:string
  architecture!:string swap:*NodeSwapStatus
NodeFeatures supplementalGroupsPolicy:*bool
NodeCondition type!:NodeConditionType status!:ConditionStatus lastHeartbeatTime:Time lastTransitionTime:Time
  reason:string message:string
NamespaceCondition type!:NamespaceConditionType status!:ConditionStatus lastTransitionTime:Time reason:string
  message:string
LoadBalancerStatus ingress:[]LoadBalancerIngress
SessionAffinityConfig clientIP:*ClientIPConfig
ServicePort name:string protocol:Protocol appProtocol:*string port!:int32 targetPort:IntOrString nodePort:int32
EndpointPort name:string port!:int32 protocol:Protocol appProtocol:*string
EndpointAddress ip!:string hostname:string nodeName:*string targetRef:*ObjectReference
VolumeNodeAffinity required:*NodeSelector
PersistentVolumeSource gcePersistentDisk:*GCEPersistentDiskVolumeSource
  awsElasticBlockStore:*AWSElasticBlockStoreVolumeSource hostPath:*HostPathVolumeSource
  glusterfs:*GlusterfsPersistentVolumeSource nfs:*NFSVolumeSource rbd:*RBDPersistentVolumeSource
  iscsi:*ISCSIPersistentVolumeSource cinder:*CinderPersistentVolumeSource cephfs:*CephFSPersistentVolumeSource
  fc:*FCVolumeSource flocker:*FlockerVolumeSource flexVolume:*FlexPersistentVolumeSource
  azureFile:*AzureFilePersistentVolumeSource vsphereVolume:*VsphereVirtualDiskVolumeSource
  quobyte:*QuobyteVolumeSource azureDisk:*AzureDiskVolumeSource
  photonPersistentDisk:*PhotonPersistentDiskVolumeSource portworxVolume:*PortworxVolumeSource
  scaleIO:*ScaleIOPersistentVolumeSource local:*LocalVolumeSource storageos:*StorageOSPersistentVolumeSource
  csi:*CSIPersistentVolumeSource
VolumeResourceRequirements limits:{}Quantity requests:{}Quantity
TypedLocalObjectReference apiGroup?:*string kind!:string name!:string
TypedObjectReference apiGroup?:*string kind!:string name!:string namespace:*string
PersistentVolumeClaimCondition type!:PersistentVolumeClaimConditionType status!:ConditionStatus lastProbeTime:Time
  lastTransitionTime:Time reason:string message:string
ModifyVolumeStatus targetVolumeAttributesClassName:string status!:PersistentVolumeClaimModifyVolumeStatus
ScopeSelector matchExpressions:[]ScopedResourceSelectorRequirement
LimitRangeItem type!:LimitType max:{}Quantity min:{}Quantity default:{}Quantity defaultRequest:{}Quantity
  maxLimitRequestRatio:{}Quantity
ReplicationControllerCondition type!:ReplicationControllerConditionType status!:ConditionStatus
  lastTransitionTime:Time reason:string message:string
TopologySelectorLabelRequirement key!:string values!:[]string
ContainerExtendedResourceRequest containerName!:string resourceName!:string requestName!:string
ContainerUser linux:*LinuxContainerUser
VolumeMountStatus name!:string mountPath!:string readOnly:bool recursiveReadOnly:*RecursiveReadOnlyMode
  volumeStatus:*VolumeStatus
ContainerState waiting:*ContainerStateWaiting running:*ContainerStateRunning terminated:*ContainerStateTerminated
ResourceStatus name!:ResourceName resources:[]ResourceHealth@resourceID
ResourceClaim name!:string request:string
Lifecycle postStart:*LifecycleHandler preStop:*LifecycleHandler stopSignal:*Signal
EnvVar name!:string value:string valueFrom:*EnvVarSource
VolumeMount name!:string readOnly:bool recursiveReadOnly:*RecursiveReadOnlyMode mountPath!:string subPath:string
  mountPropagation:*MountPropagationMode subPathExpr:string
ContainerResizePolicy resourceName!:ResourceName restartPolicy!:ResourceResizeRestartPolicy
Probe ...ProbeHandler initialDelaySeconds:int32 timeoutSeconds:int32 periodSeconds:int32 successThreshold:int32
  failureThreshold:int32 terminationGracePeriodSeconds:*int64
VolumeDevice name!:string devicePath!:string
ContainerRestartRule action:ContainerRestartRuleAction exitCodes:*ContainerRestartRuleOnExitCodes
EnvFromSource prefix:string configMapRef:*ConfigMapEnvSource secretRef:*SecretEnvSource
SecurityContext capabilities:*Capabilities privileged:*bool seLinuxOptions:*SELinuxOptions
  windowsOptions:*WindowsSecurityContextOptions runAsUser:*int64 runAsGroup:*int64 runAsNonRoot:*bool
  readOnlyRootFilesystem:*bool allowPrivilegeEscalation:*bool procMount:*ProcMountType
  seccompProfile:*SeccompProfile appArmorProfile:*AppArmorProfile
ContainerPort name:string hostPort:int32 containerPort!:int32 protocol:Protocol hostIP:string
PodAffinity requiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm
  preferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
NodeAffinity requiredDuringSchedulingIgnoredDuringExecution:*NodeSelector
  preferredDuringSchedulingIgnoredDuringExecution:[]PreferredSchedulingTerm
PodAntiAffinity requiredDuringSchedulingIgnoredDuringExecution:[]PodAffinityTerm
  preferredDuringSchedulingIgnoredDuringExecution:[]WeightedPodAffinityTerm
EphemeralContainerCommon name!:string image:string command:[]string args:[]string workingDir:string
  ports:[]ContainerPort~containerPort@containerPort,protocol envFrom:[]EnvFromSource env:[]EnvVar~name@name
  resources:ResourceRequirements resizePolicy:[]ContainerResizePolicy restartPolicy:*ContainerRestartPolicy
  restartPolicyRules:[]ContainerRestartRule volumeMounts:[]VolumeMount~mountPath@mountPath
  volumeDevices:[]VolumeDevice~devicePath@devicePath livenessProbe:*Probe readinessProbe:*Probe startupProbe:*Probe
  lifecycle:*Lifecycle terminationMessagePath:string terminationMessagePolicy:TerminationMessagePolicy
  imagePullPolicy:PullPolicy securityContext:*SecurityContext stdin:bool stdinOnce:bool tty:bool
WindowsSecurityContextOptions gmsaCredentialSpecName:*string gmsaCredentialSpec:*string runAsUserName:*string
  hostProcess:*bool
Sysctl name!:string value!:string
AppArmorProfile type!:AppArmorProfileType localhostProfile:*string
SeccompProfile type!:SeccompProfileType localhostProfile:*string
SELinuxOptions user:string role:string type:string level:string
PodDNSConfigOption name:string value:*string
VolumeSource hostPath:*HostPathVolumeSource emptyDir:*EmptyDirVolumeSource
  gcePersistentDisk:*GCEPersistentDiskVolumeSource awsElasticBlockStore:*AWSElasticBlockStoreVolumeSource
  gitRepo:*GitRepoVolumeSource secret:*SecretVolumeSource nfs:*NFSVolumeSource iscsi:*ISCSIVolumeSource
  glusterfs:*GlusterfsVolumeSource persistentVolumeClaim:*PersistentVolumeClaimVolumeSource rbd:*RBDVolumeSource
  flexVolume:*FlexVolumeSource cinder:*CinderVolumeSource cephfs:*CephFSVolumeSource flocker:*FlockerVolumeSource
  downwardAPI:*DownwardAPIVolumeSource fc:*FCVolumeSource azureFile:*AzureFileVolumeSource
  configMap:*ConfigMapVolumeSource vsphereVolume:*VsphereVirtualDiskVolumeSource quobyte:*QuobyteVolumeSource
  azureDisk:*AzureDiskVolumeSource photonPersistentDisk:*PhotonPersistentDiskVolumeSource
  projected:*ProjectedVolumeSource portworxVolume:*PortworxVolumeSource scaleIO:*ScaleIOVolumeSource
  storageos:*StorageOSVolumeSource csi:*CSIVolumeSource ephemeral:*EphemeralVolumeSource image:*ImageVolumeSource
ConfigMapNodeConfigSource namespace!:string name!:string uid:string resourceVersion:string kubeletConfigKey!:string
DaemonEndpoint Port!:int32
NodeRuntimeHandlerFeatures recursiveReadOnlyMounts:*bool userNamespaces:*bool
NodeSwapStatus capacity:*int64
LoadBalancerIngress ip:string hostname:string ipMode:*LoadBalancerIPMode ports:[]PortStatus
ClientIPConfig timeoutSeconds:*int32
NodeSelector nodeSelectorTerms!:[]NodeSelectorTerm
CinderPersistentVolumeSource volumeID!:string fsType:string readOnly:bool secretRef:*SecretReference
ISCSIPersistentVolumeSource targetPortal!:string iqn!:string lun!:int32 iscsiInterface:string fsType:string
  readOnly:bool portals:[]string chapAuthDiscovery:bool chapAuthSession:bool secretRef:*SecretReference
  initiatorName:*string
GlusterfsPersistentVolumeSource endpoints!:string path!:string readOnly:bool endpointsNamespace:*string
CSIPersistentVolumeSource driver!:string volumeHandle!:string readOnly:bool fsType:string volumeAttributes:{}string
  controllerPublishSecretRef:*SecretReference nodeStageSecretRef:*SecretReference
  nodePublishSecretRef:*SecretReference controllerExpandSecretRef:*SecretReference
  nodeExpandSecretRef:*SecretReference
HostPathVolumeSource path!:string type:*HostPathType
QuobyteVolumeSource registry!:string volume!:string readOnly:bool user:string group:string tenant:string
RBDPersistentVolumeSource monitors!:[]string image!:string fsType:string pool:string user:string keyring:string
  secretRef:*SecretReference readOnly:bool
AWSElasticBlockStoreVolumeSource volumeID!:string fsType:string partition:int32 readOnly:bool
FCVolumeSource targetWWNs:[]string lun:*int32 fsType:string readOnly:bool wwids:[]string
AzureFilePersistentVolumeSource secretName!:string shareName!:string readOnly:bool secretNamespace?:*string
VsphereVirtualDiskVolumeSource volumePath!:string fsType:string storagePolicyName:string storagePolicyID:string
FlockerVolumeSource datasetName:string datasetUUID:string
PortworxVolumeSource volumeID!:string fsType:string readOnly:bool
GCEPersistentDiskVolumeSource pdName!:string fsType:string partition:int32 readOnly:bool
FlexPersistentVolumeSource driver!:string fsType:string secretRef:*SecretReference readOnly:bool options:{}string
AzureDiskVolumeSource diskName!:string diskURI!:string cachingMode:*AzureDataDiskCachingMode fsType:*string
  readOnly:*bool kind:*AzureDataDiskKind
NFSVolumeSource server!:string path!:string readOnly:bool
LocalVolumeSource path!:string fsType:*string
CephFSPersistentVolumeSource monitors!:[]string path:string user:string secretFile:string secretRef:*SecretReference
  readOnly:bool
PhotonPersistentDiskVolumeSource pdID!:string fsType:string
ScaleIOPersistentVolumeSource gateway!:string system!:string secretRef!:*SecretReference sslEnabled:bool
  protectionDomain:string storagePool:string storageMode:string volumeName:string fsType:string readOnly:bool
StorageOSPersistentVolumeSource volumeName:string volumeNamespace:string fsType:string readOnly:bool
  secretRef:*ObjectReference
ScopedResourceSelectorRequirement scopeName!:ResourceQuotaScope operator!:ScopeSelectorOperator values:[]string
LinuxContainerUser uid!:int64 gid!:int64 supplementalGroups:[]int64
VolumeStatus image:*ImageVolumeStatus
ContainerStateRunning startedAt:Time
ContainerStateWaiting reason:string message:string
ContainerStateTerminated exitCode!:int32 signal:int32 reason:string message:string startedAt:Time finishedAt:Time
  containerID:string
ResourceHealth resourceID!:ResourceID health:ResourceHealthStatus message:*string
LifecycleHandler exec:*ExecAction httpGet:*HTTPGetAction tcpSocket:*TCPSocketAction sleep:*SleepAction
EnvVarSource fieldRef:*ObjectFieldSelector resourceFieldRef:*ResourceFieldSelector
  configMapKeyRef:*ConfigMapKeySelector secretKeyRef:*SecretKeySelector fileKeyRef:*FileKeySelector
ProbeHandler exec:*ExecAction httpGet:*HTTPGetAction tcpSocket:*TCPSocketAction grpc:*GRPCAction
ContainerRestartRuleOnExitCodes operator:ContainerRestartRuleOnExitCodesOperator values:[]int32@set
ConfigMapEnvSource ...LocalObjectReference optional:*bool
SecretEnvSource ...LocalObjectReference optional:*bool
Capabilities add:[]Capability drop:[]Capability
WeightedPodAffinityTerm weight!:int32 podAffinityTerm!:PodAffinityTerm
PodAffinityTerm labelSelector:*meta.LabelSelector namespaces:[]string topologyKey!:string
  namespaceSelector:*meta.LabelSelector matchLabelKeys:[]string mismatchLabelKeys:[]string
PreferredSchedulingTerm weight!:int32 preference!:NodeSelectorTerm
ImageVolumeSource reference:string pullPolicy:PullPolicy
ConfigMapVolumeSource ...LocalObjectReference items:[]KeyToPath defaultMode:*int32 optional:*bool
GlusterfsVolumeSource endpoints!:string path!:string readOnly:bool
StorageOSVolumeSource volumeName:string volumeNamespace:string fsType:string readOnly:bool
  secretRef:*LocalObjectReference
SecretVolumeSource secretName:string items:[]KeyToPath defaultMode:*int32 optional:*bool
ISCSIVolumeSource targetPortal!:string iqn!:string lun!:int32 iscsiInterface:string fsType:string readOnly:bool
  portals:[]string chapAuthDiscovery:bool chapAuthSession:bool secretRef:*LocalObjectReference initiatorName:*string
CephFSVolumeSource monitors!:[]string path:string user:string secretFile:string secretRef:*LocalObjectReference
  readOnly:bool
EmptyDirVolumeSource medium:StorageMedium sizeLimit:*Quantity
DownwardAPIVolumeSource items:[]DownwardAPIVolumeFile defaultMode:*int32
CSIVolumeSource driver!:string readOnly:*bool fsType:*string volumeAttributes:{}string
  nodePublishSecretRef:*LocalObjectReference
RBDVolumeSource monitors!:[]string image!:string fsType:string pool:string user:string keyring:string
  secretRef:*LocalObjectReference readOnly:bool
AzureFileVolumeSource secretName!:string shareName!:string readOnly:bool
PersistentVolumeClaimVolumeSource claimName!:string readOnly:bool
FlexVolumeSource driver!:string fsType:string secretRef:*LocalObjectReference readOnly:bool options:{}string
CinderVolumeSource volumeID!:string fsType:string readOnly:bool secretRef:*LocalObjectReference
EphemeralVolumeSource volumeClaimTemplate:*PersistentVolumeClaimTemplate
ScaleIOVolumeSource gateway!:string system!:string secretRef!:*LocalObjectReference sslEnabled:bool
  protectionDomain:string storagePool:string storageMode:string volumeName:string fsType:string readOnly:bool
GitRepoVolumeSource repository!:string revision:string directory:string
ProjectedVolumeSource sources?:[]VolumeProjection defaultMode:*int32
PortStatus port!:int32 protocol!:Protocol error:*string
NodeSelectorTerm matchExpressions:[]NodeSelectorRequirement matchFields:[]NodeSelectorRequirement
SecretReference name:string namespace:string
ImageVolumeStatus imageRef:string
HTTPGetAction path:string port!:IntOrString host:string scheme:URIScheme httpHeaders:[]HTTPHeader
TCPSocketAction port!:IntOrString host:string
ExecAction command:[]string
SleepAction seconds!:int64
ConfigMapKeySelector ...LocalObjectReference key!:string optional:*bool
ObjectFieldSelector apiVersion:string fieldPath!:string
FileKeySelector volumeName!:string path!:string key!:string optional:*bool
ResourceFieldSelector containerName:string resource!:string divisor:Quantity
SecretKeySelector ...LocalObjectReference key!:string optional:*bool
GRPCAction port!:int32 service?:*string
KeyToPath key!:string path!:string mode:*int32
DownwardAPIVolumeFile path!:string fieldRef:*ObjectFieldSelector resourceFieldRef:*ResourceFieldSelector mode:*int32
PersistentVolumeClaimTemplate metadata:meta.ObjectMeta spec!:PersistentVolumeClaimSpec
VolumeProjection secret:*SecretProjection downwardAPI:*DownwardAPIProjection configMap:*ConfigMapProjection
  serviceAccountToken:*ServiceAccountTokenProjection clusterTrustBundle:*ClusterTrustBundleProjection
  podCertificate:*PodCertificateProjection
NodeSelectorRequirement key!:string operator!:NodeSelectorOperator values:[]string
HTTPHeader name!:string value!:string
DownwardAPIProjection items:[]DownwardAPIVolumeFile
ConfigMapProjection ...LocalObjectReference items:[]KeyToPath optional:*bool
ServiceAccountTokenProjection audience:string expirationSeconds:*int64 path!:string
SecretProjection ...LocalObjectReference items:[]KeyToPath optional:*bool
ClusterTrustBundleProjection name:*string signerName:*string labelSelector:*meta.LabelSelector optional:*bool
  path!:string
PodCertificateProjection signerName:string keyType:string maxExpirationSeconds:*int32 credentialBundlePath:string
  keyPath:string certificateChainPath:string userAnnotations:{}string
`;
