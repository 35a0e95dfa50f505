/**
 * The fields of metadata, leases, events, and the reviews, in the notation of `schema.ts`.
 * @source staging/src/k8s.io/api, json tags and markers
 */
export const metaTable = `
DeleteOptions ...TypeMeta gracePeriodSeconds:*int64 preconditions:*Preconditions orphanDependents:*bool
  propagationPolicy:*DeletionPropagation dryRun:[]string ignoreStoreReadErrorWithClusterBreakingPotential:*bool
ListMeta selfLink:string resourceVersion:string continue:string remainingItemCount:*int64 shardInfo:*ShardInfo
ObjectMeta name:string generateName:string namespace:string selfLink:string uid:string resourceVersion:string
  generation:int64 creationTimestamp-:Time deletionTimestamp:*Time deletionGracePeriodSeconds:*int64 labels:{}string
  annotations:{}string ownerReferences:[]OwnerReference~uid@uid finalizers:[]string~@set
  managedFields:[]ManagedFieldsEntry
TypeMeta kind:string apiVersion:string
LabelSelector matchLabels:{}string matchExpressions:[]LabelSelectorRequirement
Preconditions uid:*string resourceVersion:*string
ShardInfo selector!:string
ManagedFieldsEntry manager:string operation:ManagedFieldsOperationType apiVersion:string time:*Time
  fieldsType:string fieldsV1:*any subresource:string
OwnerReference apiVersion!:string kind!:string name!:string uid!:string controller:*bool blockOwnerDeletion:*bool
Condition type!:string status!:ConditionStatus observedGeneration:int64 lastTransitionTime!:Time reason!:string
  message!:string
LabelSelectorRequirement key!:string operator!:LabelSelectorOperator values:[]string
FieldSelectorRequirement key!:string operator!:FieldSelectorOperator values:[]string
`;

export const scaleTable = `
Scale ...meta.TypeMeta metadata:meta.ObjectMeta spec:ScaleSpec status:ScaleStatus
ScaleStatus replicas!:int32 selector:string
ScaleSpec replicas:int32
`;

export const coordinationTable = `
Lease ...meta.TypeMeta metadata:meta.ObjectMeta spec:LeaseSpec
LeaseSpec holderIdentity:*string leaseDurationSeconds:*int32 acquireTime:*MicroTime renewTime:*MicroTime
  leaseTransitions:*int32 strategy:*CoordinatedLeaseStrategy preferredHolder:*string
`;

export const eventsTable = `
Event ...meta.TypeMeta metadata?:meta.ObjectMeta eventTime!:MicroTime series:*EventSeries reportingController:string
  reportingInstance:string action:string reason:string regarding:core.ObjectReference related:*core.ObjectReference
  note:string type:string deprecatedSource:core.EventSource deprecatedFirstTimestamp:Time
  deprecatedLastTimestamp:Time deprecatedCount:int32
EventSeries count!:int32 lastObservedTime!:MicroTime
`;

export const authenticationTable = `
TokenReview ...meta.TypeMeta metadata:meta.ObjectMeta spec!:TokenReviewSpec status:TokenReviewStatus
TokenRequest ...meta.TypeMeta metadata:meta.ObjectMeta spec?:TokenRequestSpec status:TokenRequestStatus
SelfSubjectReview ...meta.TypeMeta metadata:meta.ObjectMeta status:SelfSubjectReviewStatus
TokenReviewSpec token:string audiences:[]string
TokenReviewStatus authenticated:bool user:UserInfo audiences:[]string error:string
TokenRequestSpec audiences?:[]string expirationSeconds?:*int64 boundObjectRef?:*BoundObjectReference
TokenRequestStatus token?:string expirationTimestamp?:Time
SelfSubjectReviewStatus userInfo:UserInfo
UserInfo username:string uid:string groups:[]string extra:{}[]string
BoundObjectReference kind:string apiVersion:string name:string uid:string
`;

export const authorizationTable = `
SubjectAccessReview ...meta.TypeMeta metadata:meta.ObjectMeta spec!:SubjectAccessReviewSpec
  status:SubjectAccessReviewStatus
SelfSubjectAccessReview ...meta.TypeMeta metadata:meta.ObjectMeta spec!:SelfSubjectAccessReviewSpec
  status:SubjectAccessReviewStatus
LocalSubjectAccessReview ...meta.TypeMeta metadata:meta.ObjectMeta spec!:SubjectAccessReviewSpec
  status:SubjectAccessReviewStatus
SelfSubjectRulesReview ...meta.TypeMeta metadata:meta.ObjectMeta spec!:SelfSubjectRulesReviewSpec
  status:SubjectRulesReviewStatus
SubjectAccessReviewStatus allowed!:bool denied:bool reason:string evaluationError:string
SubjectAccessReviewSpec resourceAttributes:*ResourceAttributes nonResourceAttributes:*NonResourceAttributes
  user:string groups:[]string extra:{}[]string uid:string
SelfSubjectAccessReviewSpec resourceAttributes:*ResourceAttributes nonResourceAttributes:*NonResourceAttributes
SelfSubjectRulesReviewSpec namespace:string
SubjectRulesReviewStatus resourceRules!:[]ResourceRule nonResourceRules!:[]NonResourceRule incomplete!:bool
  evaluationError:string
ResourceAttributes namespace:string verb:string group:string version:string resource:string subresource:string
  name:string fieldSelector:*FieldSelectorAttributes labelSelector:*LabelSelectorAttributes
NonResourceAttributes path:string verb:string
NonResourceRule verbs!:[]string nonResourceURLs:[]string
ResourceRule verbs!:[]string apiGroups:[]string resources:[]string resourceNames:[]string
LabelSelectorAttributes rawSelector:string requirements:[]meta.LabelSelectorRequirement
FieldSelectorAttributes rawSelector:string requirements:[]meta.FieldSelectorRequirement
`;
