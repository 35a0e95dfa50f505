/** What the fields of everything around pods mean, in the notation of `pod-descriptions.ts`. */
export const clusterDescriptions = `
core.Service One lasting address for a changing set of pods.
core.ServiceSpec What is wanted of a Service.
  ports The ports it listens on.
  selector Labels of the pods it sends to; without it, you write the EndpointSlices.
  clusterIP Its address within the cluster; None for a headless Service. The server picks one.
  clusterIPs Its addresses, one of each family.
  type ClusterIP (the default), NodePort, LoadBalancer or ExternalName.
  externalIPs Addresses from outside that lead to the nodes.
  sessionAffinity None (the default), or ClientIP: a client stays with one pod.
  loadBalancerIP The address to ask the load balancer for; deprecated.
  loadBalancerSourceRanges Who may use the load balancer.
  externalName The name an ExternalName Service stands for.
  externalTrafficPolicy Cluster (the default), or Local: only to pods of the node that was asked.
  internalTrafficPolicy Cluster (the default), or Local: only to pods of the client's node.
  healthCheckNodePort Where load balancers ask whether the node has pods of it.
  publishNotReadyAddresses Send to pods that are not ready too.
  sessionAffinityConfig How long ClientIP lasts; 10800 seconds by default.
  ipFamilies IPv4, IPv6 or both.
  ipFamilyPolicy SingleStack, PreferDualStack or RequireDualStack.
  allocateLoadBalancerNodePorts Whether a LoadBalancer gets node ports. Default true.
  loadBalancerClass Who makes the load balancer.
  trafficDistribution Which pods to prefer: PreferSameZone, PreferSameNode.
core.ServicePort One port of a Service.
  name A name, unique within the Service; needed when there are several ports.
  protocol TCP (the default), UDP or SCTP.
  appProtocol What is spoken on it; a hint.
  port The Service's port.
  targetPort The pods' port, a number or a name; the same as port when left out.
  nodePort The port on every node, for NodePort and LoadBalancer. The server picks one from 30000 to 32767.
core.Endpoints The addresses behind a Service; EndpointSlices have taken its place.
  subsets Addresses that share ports.
discovery.EndpointSlice Some of the addresses behind a Service.
  addressType IPv4, IPv6 or FQDN. Cannot be changed.
  endpoints The addresses; at most 1000.
  ports The ports of every address.
discovery.Endpoint One pod behind a Service.
  addresses Its addresses.
  conditions Whether it is ready, serving, terminating.
  nodeName The node it is on.
  zone The zone it is in.
  targetRef The pod.
core.ConfigMap Settings for pods, as keys and values.
  data Text by key.
  binaryData Bytes by key, in base64.
  immutable Forbid any change of the values.
core.Secret Confidential settings for pods, as keys and values.
  data Bytes by key, in base64.
  stringData Text by key; stored in data, never shown.
  type What is in it: Opaque (the default), kubernetes.io/tls, kubernetes.io/dockerconfigjson, …
  immutable Forbid any change of the values.
core.ServiceAccount Whom pods act as.
  secrets Secrets its pods may use.
  imagePullSecrets Credentials of registries its pods get.
  automountServiceAccountToken Whether its pods get a token.
core.Namespace A room for names: objects of one do not clash with those of another.
core.NamespaceSpec What is wanted of a Namespace.
  finalizers Who must clean up before it is gone.
core.NamespaceStatus What is observed of a Namespace.
  phase Active or Terminating.
  conditions What holds up its deletion.
core.Node A machine that runs pods.
core.NodeSpec What is wanted of a Node.
  podCIDR The range its pods get addresses from.
  podCIDRs The ranges, one of each family.
  providerID The cloud's name for the machine.
  unschedulable Place no new pods on it: what cordon sets.
  taints Marks that keep away pods that do not tolerate them.
core.NodeStatus What is observed of a Node.
  capacity What the machine has.
  allocatable What is left for pods.
  conditions Ready, MemoryPressure, DiskPressure, PIDPressure, NetworkUnavailable.
  addresses How it is reached.
  nodeInfo Its system and versions.
  images Images it has.
core.Taint A mark on a node that keeps pods away.
  key Its key.
  value Its value.
  effect NoSchedule, PreferNoSchedule, or NoExecute: running pods go too.
  timeAdded When a NoExecute taint was added.
core.PersistentVolume Storage that outlives pods.
core.PersistentVolumeSpec What a PersistentVolume is.
  capacity How large it is.
  accessModes How it can be mounted: ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod.
  claimRef The claim it is bound to.
  persistentVolumeReclaimPolicy What becomes of it when its claim goes: Retain, Delete, Recycle.
  storageClassName Its class.
  mountOptions Options for mounting it.
  volumeMode Filesystem (the default) or Block.
  nodeAffinity The nodes that can reach it.
core.PersistentVolumeClaim A request for storage.
core.PersistentVolumeClaimSpec What is wanted of storage.
  accessModes How it shall be mounted.
  selector The volumes that may be bound, by label.
  resources How much: requests.storage.
  volumeName The volume it is bound to.
  storageClassName The class; left out, the default one; empty, none.
  volumeMode Filesystem (the default) or Block.
  dataSource What to fill it with.
core.PersistentVolumeClaimStatus What is observed of a claim.
  phase Pending, Bound or Lost.
  capacity How large the volume is.
storage.StorageClass How volumes are made for claims.
  provisioner Who makes them.
  parameters What the provisioner is told.
  reclaimPolicy Of the volumes made: Delete (the default) or Retain.
  mountOptions Options for mounting them.
  allowVolumeExpansion Whether claims may grow.
  volumeBindingMode Immediate (the default), or WaitForFirstConsumer: when a pod has been placed.
  allowedTopologies Where volumes may be made.
networking.Ingress Rules that lead requests from outside to Services by host and path.
networking.IngressSpec What is wanted of an Ingress.
  ingressClassName Which controller shall obey it.
  defaultBackend Where requests go that match no rule.
  tls Hosts and the Secrets with their certificates.
  rules Hosts and their paths; without a match, the default backend.
networking.HTTPIngressPath A path and where it leads.
  path The path, from the root.
  pathType Exact, Prefix (by whole segments) or ImplementationSpecific.
  backend The Service.
networking.NetworkPolicy Which connections pods may take part in.
networking.NetworkPolicySpec What is wanted of a policy.
  podSelector The pods it is about; {} is all pods of the namespace.
  ingress Connections they may accept; with none, they accept nothing.
  egress Connections they may open.
  policyTypes Ingress, Egress or both: what the policy speaks about.
rbac.Role What may be done in one namespace.
  rules The permissions; there are no prohibitions.
rbac.ClusterRole What may be done in the cluster, or in any namespace it is bound in.
  rules The permissions; there are no prohibitions.
  aggregationRule Roles whose rules are taken over.
rbac.PolicyRule One permission.
  verbs What may be done: get, list, watch, create, update, patch, delete, …; * is everything.
  apiGroups The groups of the resources; "" is the core group.
  resources The resources, with subresources as pods/log.
  resourceNames Only these objects.
  nonResourceURLs Paths that are no resources; in ClusterRoles only.
rbac.RoleBinding Gives a role to people and accounts in one namespace.
  subjects Who gets it.
  roleRef The Role or ClusterRole. Cannot be changed.
rbac.ClusterRoleBinding Gives a ClusterRole to people and accounts in the whole cluster.
  subjects Who gets it.
  roleRef The ClusterRole. Cannot be changed.
core.ResourceQuota The most a namespace may use.
core.ResourceQuotaSpec What is wanted of a quota.
  hard The limits by resource: pods, requests.cpu, limits.memory, count/deployments.apps, …
  scopes Which pods count: Terminating, BestEffort, …
  scopeSelector The same, with operators and values.
core.LimitRange Limits and defaults for single pods and containers of a namespace.
core.LimitRangeItem The limits for one kind of thing.
  type Pod, Container or PersistentVolumeClaim.
  max The most one may ask for.
  min The least one may ask for.
  default Limits of containers that state none.
  defaultRequest Requests of containers that state none.
  maxLimitRequestRatio How many times the request the limit may be.
core.Event Something that happened to an object; kept for an hour.
  involvedObject The object.
  reason What happened, in a word.
  message What happened, for people.
  source Who says so.
  firstTimestamp When it happened first.
  lastTimestamp When it happened last.
  count How often it happened.
  type Normal or Warning.
coordination.Lease A lock that must be renewed; leaders and nodes show with it that they live.
coordination.LeaseSpec Who holds a Lease.
  holderIdentity Who holds it.
  leaseDurationSeconds How long others must wait after the last renewal.
  acquireTime When the holder got it.
  renewTime When the holder last renewed it.
  leaseTransitions How often it changed hands.
networking.IngressClass Who obeys which Ingresses.
networking.IPAddress An address of the service range that is in use.
networking.ServiceCIDR A range of addresses for Services.
node.RuntimeClass A way of running containers.
storage.CSIDriver What a CSI driver can do and wants.
storage.CSINode The CSI drivers of a node.
storage.CSIStorageCapacity How much storage is left in a part of the cluster.
storage.VolumeAttachment Attaches a volume to a node.
storage.VolumeAttributesClass Settings of volumes that can be changed later.
certificates.CertificateSigningRequest Asks for a certificate.
apiregistration.APIService Who serves a group and version of the API.
apiextensions.CustomResourceDefinition A kind of your own.
flowcontrol.FlowSchema Which requests belong to which priority level.
flowcontrol.PriorityLevelConfiguration How many requests of a level are served at once.
admissionregistration.ValidatingWebhookConfiguration Servers that are asked whether a change may be made.
admissionregistration.MutatingWebhookConfiguration Servers that may alter objects before they are stored.
`;
