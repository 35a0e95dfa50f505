/**
 * The fields of networking, storage, access and certificates, in the notation of `schema.ts`.
 * @source staging/src/k8s.io/api, json tags and markers
 */
export const networkingTable = `
NetworkPolicy ...meta.TypeMeta metadata:meta.ObjectMeta spec:NetworkPolicySpec
Ingress ...meta.TypeMeta metadata:meta.ObjectMeta spec:IngressSpec status:IngressStatus
IngressClass ...meta.TypeMeta metadata:meta.ObjectMeta spec:IngressClassSpec
IPAddress ...meta.TypeMeta metadata:meta.ObjectMeta spec:IPAddressSpec
ServiceCIDR ...meta.TypeMeta metadata:meta.ObjectMeta spec:ServiceCIDRSpec status:ServiceCIDRStatus
NetworkPolicySpec podSelector?:meta.LabelSelector ingress:[]NetworkPolicyIngressRule
  egress:[]NetworkPolicyEgressRule policyTypes:[]PolicyType
IngressStatus loadBalancer:IngressLoadBalancerStatus
IngressSpec ingressClassName:*string defaultBackend:*IngressBackend tls:[]IngressTLS rules:[]IngressRule
IngressClassSpec controller:string parameters:*IngressClassParametersReference
IPAddressSpec parentRef:*ParentReference
ServiceCIDRStatus conditions:[]meta.Condition~type@type
ServiceCIDRSpec cidrs:[]string
NetworkPolicyEgressRule ports:[]NetworkPolicyPort to:[]NetworkPolicyPeer
NetworkPolicyIngressRule ports:[]NetworkPolicyPort from:[]NetworkPolicyPeer
IngressLoadBalancerStatus ingress:[]IngressLoadBalancerIngress
IngressTLS hosts:[]string secretName:string
IngressBackend service:*IngressServiceBackend resource:*core.TypedLocalObjectReference
IngressRule host:string ...IngressRuleValue
IngressClassParametersReference apiGroup:*string kind!:string name!:string scope?:*string namespace:*string
ParentReference group:string resource:string namespace:string name:string
NetworkPolicyPort protocol:*core.Protocol port:*IntOrString endPort:*int32
NetworkPolicyPeer podSelector:*meta.LabelSelector namespaceSelector:*meta.LabelSelector ipBlock:*IPBlock
IngressLoadBalancerIngress ip:string hostname:string ports:[]IngressPortStatus
IngressServiceBackend name!:string port:ServiceBackendPort
IngressRuleValue http:*HTTPIngressRuleValue
IPBlock cidr!:string except:[]string
IngressPortStatus port!:int32 protocol!:core.Protocol error:*string
ServiceBackendPort name:string number:int32
HTTPIngressRuleValue paths!:[]HTTPIngressPath
HTTPIngressPath path:string pathType!:*PathType backend!:IngressBackend
`;

export const discoveryTable = `
EndpointSlice ...meta.TypeMeta metadata:meta.ObjectMeta addressType!:AddressType endpoints?:[]Endpoint
  ports?:[]EndpointPort
Endpoint addresses!:[]string@set conditions:EndpointConditions hostname:*string targetRef:*core.ObjectReference
  deprecatedTopology:{}string nodeName:*string zone:*string hints:*EndpointHints
EndpointPort name:*string protocol:*core.Protocol port:*int32 appProtocol:*string
EndpointConditions ready:*bool serving:*bool terminating:*bool
EndpointHints forZones:[]ForZone forNodes:[]ForNode
ForZone name!:string
ForNode name!:string
`;

export const storageTable = `
StorageClass ...meta.TypeMeta metadata:meta.ObjectMeta provisioner!:string parameters:{}string
  reclaimPolicy:*core.PersistentVolumeReclaimPolicy mountOptions:[]string allowVolumeExpansion:*bool
  volumeBindingMode:*VolumeBindingMode allowedTopologies:[]core.TopologySelectorTerm
CSINode ...meta.TypeMeta metadata:meta.ObjectMeta spec!:CSINodeSpec
CSIDriver ...meta.TypeMeta metadata:meta.ObjectMeta spec!:CSIDriverSpec
VolumeAttachment ...meta.TypeMeta metadata:meta.ObjectMeta spec!:VolumeAttachmentSpec status:VolumeAttachmentStatus
CSIStorageCapacity ...meta.TypeMeta metadata:meta.ObjectMeta nodeTopology:*meta.LabelSelector
  storageClassName!:string capacity:*Quantity maximumVolumeSize:*Quantity
VolumeAttributesClass ...meta.TypeMeta metadata:meta.ObjectMeta driverName!:string parameters:{}string
CSINodeSpec drivers!:[]CSINodeDriver~name@name
CSIDriverSpec attachRequired:*bool podInfoOnMount:*bool volumeLifecycleModes:[]VolumeLifecycleMode@set
  storageCapacity:*bool fsGroupPolicy:*FSGroupPolicy tokenRequests:[]TokenRequest requiresRepublish:*bool
  seLinuxMount:*bool nodeAllocatableUpdatePeriodSeconds:*int64 serviceAccountTokenInSecrets:*bool
  preventPodSchedulingIfMissing:*bool
VolumeAttachmentSpec attacher!:string source!:VolumeAttachmentSource nodeName!:string
VolumeAttachmentStatus attached!:bool attachmentMetadata:{}string attachError:*VolumeError detachError:*VolumeError
CSINodeDriver name!:string nodeID!:string topologyKeys?:[]string allocatable:*VolumeNodeResources
TokenRequest audience!:string expirationSeconds:*int64
VolumeAttachmentSource persistentVolumeName:*string inlineVolumeSpec:*core.PersistentVolumeSpec
VolumeError time:Time message:string errorCode:*int32
VolumeNodeResources count:*int32
`;

export const rbacTable = `
Role ...meta.TypeMeta metadata:meta.ObjectMeta rules?:[]PolicyRule
RoleBinding ...meta.TypeMeta metadata:meta.ObjectMeta subjects:[]Subject roleRef!:RoleRef
ClusterRole ...meta.TypeMeta metadata:meta.ObjectMeta rules?:[]PolicyRule aggregationRule:*AggregationRule
ClusterRoleBinding ...meta.TypeMeta metadata:meta.ObjectMeta subjects:[]Subject roleRef!:RoleRef
PolicyRule verbs!:[]string apiGroups:[]string resources:[]string resourceNames:[]string nonResourceURLs:[]string
RoleRef apiGroup?:string kind!:string name!:string
Subject kind!:string apiGroup:string name!:string namespace:string
AggregationRule clusterRoleSelectors:[]meta.LabelSelector
`;

export const certificatesTable = `
CertificateSigningRequest ...meta.TypeMeta metadata:meta.ObjectMeta spec!:CertificateSigningRequestSpec
  status:CertificateSigningRequestStatus
CertificateSigningRequestStatus conditions:[]CertificateSigningRequestCondition@type certificate:bytes
CertificateSigningRequestSpec request!:bytes signerName!:string expirationSeconds:*int32 usages:[]KeyUsage
  username:string uid:string groups:[]string extra:{}[]string
CertificateSigningRequestCondition type!:RequestConditionType status!:core.ConditionStatus reason:string
  message:string lastUpdateTime:Time lastTransitionTime:Time
`;
