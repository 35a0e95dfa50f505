/**
 * The fields of what extends or regulates the API, in the notation of `schema.ts`.
 * @source staging/src/k8s.io/api, json tags and markers
 */
export const admissionregistrationTable = `
ValidatingWebhookConfiguration ...meta.TypeMeta metadata:meta.ObjectMeta webhooks:[]ValidatingWebhook~name@name
MutatingWebhookConfiguration ...meta.TypeMeta metadata:meta.ObjectMeta webhooks:[]MutatingWebhook~name@name
ValidatingAdmissionPolicy ...meta.TypeMeta metadata:meta.ObjectMeta spec:ValidatingAdmissionPolicySpec
  status:ValidatingAdmissionPolicyStatus
ValidatingAdmissionPolicyBinding ...meta.TypeMeta metadata:meta.ObjectMeta spec:ValidatingAdmissionPolicyBindingSpec
ValidatingWebhook name!:string clientConfig!:WebhookClientConfig rules:[]RuleWithOperations
  failurePolicy:*FailurePolicyType matchPolicy:*MatchPolicyType namespaceSelector:*meta.LabelSelector
  objectSelector:*meta.LabelSelector sideEffects!:*SideEffectClass timeoutSeconds:*int32
  admissionReviewVersions!:[]string matchConditions:[]MatchCondition~name@name
MutatingWebhook name!:string clientConfig!:WebhookClientConfig rules:[]RuleWithOperations
  failurePolicy:*FailurePolicyType matchPolicy:*MatchPolicyType namespaceSelector:*meta.LabelSelector
  objectSelector:*meta.LabelSelector sideEffects!:*SideEffectClass timeoutSeconds:*int32
  admissionReviewVersions!:[]string reinvocationPolicy:*ReinvocationPolicyType
  matchConditions:[]MatchCondition~name@name
ValidatingAdmissionPolicySpec paramKind:*ParamKind matchConstraints:*MatchResources validations:[]Validation
  failurePolicy:*FailurePolicyType auditAnnotations:[]AuditAnnotation matchConditions:[]MatchCondition~name@name
  variables:[]Variable~name@name
ValidatingAdmissionPolicyStatus observedGeneration:int64 typeChecking:*TypeChecking conditions:[]meta.Condition@type
ValidatingAdmissionPolicyBindingSpec policyName:string paramRef:*ParamRef matchResources:*MatchResources
  validationActions:[]ValidationAction@set
WebhookClientConfig url:*string service:*ServiceReference caBundle:bytes
RuleWithOperations operations:[]OperationType ...Rule
MatchCondition name!:string expression!:string
AuditAnnotation key!:string valueExpression!:string
ParamKind apiVersion:string kind:string
MatchResources namespaceSelector:*meta.LabelSelector objectSelector:*meta.LabelSelector
  resourceRules:[]NamedRuleWithOperations excludeResourceRules:[]NamedRuleWithOperations
  matchPolicy:*MatchPolicyType
Validation expression!:string message:string reason:*meta.StatusReason messageExpression:string
Variable name!:string expression!:string
TypeChecking expressionWarnings:[]ExpressionWarning
ParamRef name:string namespace:string selector:*meta.LabelSelector
  parameterNotFoundAction:*ParameterNotFoundActionType
ServiceReference namespace!:string name!:string path:*string port:*int32
Rule apiGroups:[]string apiVersions:[]string resources:[]string scope:*ScopeType
NamedRuleWithOperations resourceNames:[]string ...RuleWithOperations
ExpressionWarning fieldRef!:string warning!:string
`;

export const apiextensionsTable = `
CustomResourceDefinition ...meta.TypeMeta metadata:meta.ObjectMeta spec!:CustomResourceDefinitionSpec
  status:CustomResourceDefinitionStatus
CustomResourceDefinitionSpec group!:string names!:CustomResourceDefinitionNames scope!:ResourceScope
  versions!:[]CustomResourceDefinitionVersion conversion:*CustomResourceConversion preserveUnknownFields:bool
CustomResourceDefinitionStatus conditions?:[]CustomResourceDefinitionCondition@type
  acceptedNames?:CustomResourceDefinitionNames storedVersions?:[]string observedGeneration:int64
CustomResourceConversion strategy!:ConversionStrategyType webhook:*WebhookConversion
CustomResourceDefinitionVersion name!:string served!:bool storage!:bool deprecated:bool deprecationWarning:*string
  schema:*CustomResourceValidation subresources:*CustomResourceSubresources
  additionalPrinterColumns:[]CustomResourceColumnDefinition selectableFields:[]SelectableField
CustomResourceDefinitionNames plural!:string singular:string shortNames:[]string kind!:string listKind:string
  categories:[]string
CustomResourceDefinitionCondition type!:CustomResourceDefinitionConditionType status!:ConditionStatus
  lastTransitionTime:Time reason:string message:string observedGeneration:int64
WebhookConversion clientConfig:*WebhookClientConfig conversionReviewVersions!:[]string
CustomResourceSubresources status:*CustomResourceSubresourceStatus scale:*CustomResourceSubresourceScale
SelectableField jsonPath!:string
CustomResourceColumnDefinition name!:string type!:string format:string description:string priority:int32
  jsonPath!:string
CustomResourceValidation openAPIV3Schema:*JSONSchemaProps
WebhookClientConfig url:*string service:*ServiceReference caBundle:bytes
CustomResourceSubresourceScale specReplicasPath!:string statusReplicasPath!:string labelSelectorPath:*string
JSONSchemaProps id:string $schema:JSONSchemaURL $ref:*string description:string type:string format:string
  title:string default:*any maximum:*float64 exclusiveMaximum:bool minimum:*float64 exclusiveMinimum:bool
  maxLength:*int64 minLength:*int64 pattern:string maxItems:*int64 minItems:*int64 uniqueItems:bool
  multipleOf:*float64 enum:[]any maxProperties:*int64 minProperties:*int64 required:[]string
  items:*any allOf:[]JSONSchemaProps oneOf:[]JSONSchemaProps anyOf:[]JSONSchemaProps
  not:*JSONSchemaProps properties:{}JSONSchemaProps additionalProperties:*any patternProperties:{}JSONSchemaProps
  dependencies:{}any additionalItems:*any definitions:{}JSONSchemaProps externalDocs:*ExternalDocumentation
  example:*any nullable:bool x-kubernetes-preserve-unknown-fields:*bool x-kubernetes-embedded-resource:bool
  x-kubernetes-int-or-string:bool x-kubernetes-list-map-keys:[]string x-kubernetes-list-type:*string
  x-kubernetes-map-type:*string x-kubernetes-validations:[]ValidationRule~rule@rule
ValidationRule rule!:string message:string messageExpression:string reason:*FieldValueErrorReason fieldPath:string
  optionalOldSelf:*bool
ServiceReference namespace!:string name!:string path:*string port:*int32
ExternalDocumentation description:string url:string
`;

export const apiregistrationTable = `
APIService ...meta.TypeMeta metadata:meta.ObjectMeta spec:APIServiceSpec status:APIServiceStatus
APIServiceSpec service:*ServiceReference group:string version:string insecureSkipTLSVerify:bool caBundle:bytes
  groupPriorityMinimum!:int32 versionPriority!:int32
APIServiceStatus conditions:[]APIServiceCondition~type@type
ServiceReference namespace:string name:string port:*int32
APIServiceCondition type!:APIServiceConditionType status!:ConditionStatus lastTransitionTime:Time reason:string
  message:string
`;

export const flowcontrolTable = `
FlowSchema ...meta.TypeMeta metadata:meta.ObjectMeta spec:FlowSchemaSpec status:FlowSchemaStatus
PriorityLevelConfiguration ...meta.TypeMeta metadata:meta.ObjectMeta spec:PriorityLevelConfigurationSpec
  status:PriorityLevelConfigurationStatus
FlowSchemaSpec priorityLevelConfiguration!:PriorityLevelConfigurationReference matchingPrecedence?:int32
  distinguisherMethod:*FlowDistinguisherMethod rules:[]PolicyRulesWithSubjects
FlowSchemaStatus conditions:[]FlowSchemaCondition~type@type
PriorityLevelConfigurationStatus conditions:[]PriorityLevelConfigurationCondition~type@type
PriorityLevelConfigurationSpec type!:PriorityLevelEnablement limited:*LimitedPriorityLevelConfiguration
  exempt:*ExemptPriorityLevelConfiguration
PolicyRulesWithSubjects subjects!:[]Subject resourceRules:[]ResourcePolicyRule
  nonResourceRules:[]NonResourcePolicyRule
PriorityLevelConfigurationReference name!:string
FlowDistinguisherMethod type!:FlowDistinguisherMethodType
FlowSchemaCondition type:FlowSchemaConditionType status:ConditionStatus lastTransitionTime:Time reason:string
  message:string
PriorityLevelConfigurationCondition type:PriorityLevelConfigurationConditionType status:ConditionStatus
  lastTransitionTime:Time reason:string message:string
LimitedPriorityLevelConfiguration nominalConcurrencyShares?:*int32 limitResponse:LimitResponse
  lendablePercent:*int32 borrowingLimitPercent:*int32
ExemptPriorityLevelConfiguration nominalConcurrencyShares:*int32 lendablePercent:*int32
Subject kind!:SubjectKind user:*UserSubject group:*GroupSubject serviceAccount:*ServiceAccountSubject
NonResourcePolicyRule verbs!:[]string@set nonResourceURLs!:[]string@set
ResourcePolicyRule verbs!:[]string@set apiGroups!:[]string@set resources!:[]string@set clusterScope:bool
  namespaces?:[]string@set
LimitResponse type!:LimitResponseType queuing:*QueuingConfiguration
ServiceAccountSubject namespace!:string name!:string
UserSubject name!:string
GroupSubject name!:string
QueuingConfiguration queues?:int32 handSize?:int32 queueLengthLimit?:int32
`;
