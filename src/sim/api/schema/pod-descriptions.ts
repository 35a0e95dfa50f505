/**
 * What the fields of pods mean, in a line each: what `kubectl explain` shows. A type's line starts at the margin, those of its
 * fields are indented.
 */
export const podDescriptions = `
core.Pod A group of containers that are placed on one node together and share its network address and volumes.
core.PodTemplateSpec What the pods made from a template look like.
core.PodTemplate A stored description of pods to be made.
core.PodSpec What is wanted of a pod.
  volumes Storage the containers can mount.
  initContainers Containers that run one after another, each to completion, before the others start. One with restartPolicy Always is a sidecar: it starts in its turn and stays.
  containers The containers of the pod; at least one. The list cannot be changed later.
  ephemeralContainers Containers added to a running pod for debugging; set through the ephemeralcontainers subresource only.
  restartPolicy When the kubelet starts containers again: Always (the default), OnFailure or Never.
  terminationGracePeriodSeconds Seconds between the polite stop signal and the kill. Default 30.
  activeDeadlineSeconds Seconds the pod may be active before it is failed.
  dnsPolicy Where names are resolved: ClusterFirst (the default), ClusterFirstWithHostNet, Default (as the node does) or None.
  nodeSelector Labels a node must have for the pod to be placed on it.
  serviceAccountName The ServiceAccount the pod acts as.
  serviceAccount An old name of serviceAccountName.
  automountServiceAccountToken Whether the account's token is mounted into the containers.
  nodeName The node the pod is bound to. The scheduler sets it; set by hand, it passes the scheduler by.
  hostNetwork Use the node's own network; ports must then be free on the node.
  hostPID Share the node's process table.
  hostIPC Share the node's inter-process communication.
  shareProcessNamespace Let all containers of the pod see each other's processes.
  securityContext Security settings for the whole pod.
  imagePullSecrets Secrets with the credentials of image registries.
  hostname The pod's host name; its own name when left out.
  subdomain With it, the pod is called hostname.subdomain.namespace.svc and the cluster's domain.
  affinity Rules that draw the pod to nodes and pods, or away from them.
  schedulerName The scheduler that shall place the pod.
  tolerations Taints of nodes the pod puts up with.
  hostAliases Extra lines for the containers' hosts file.
  priorityClassName The PriorityClass that gives the pod its weight.
  priority The weight itself, taken from the class. Higher is more important.
  dnsConfig Resolver settings, added to those of dnsPolicy.
  readinessGates Conditions that must be True as well before the pod counts as ready.
  runtimeClassName The RuntimeClass that runs the pod.
  enableServiceLinks Whether the namespace's Services appear as environment variables. Default true.
  preemptionPolicy Whether the pod may push out less important ones: PreemptLowerPriority (the default) or Never.
  overhead What running the pod costs beyond its containers; set from its RuntimeClass.
  topologySpreadConstraints How evenly pods like this one must be spread over zones, nodes and the like.
  setHostnameAsFQDN Make the fully qualified name the host name.
  os The operating system of the containers.
  hostUsers Whether the pod uses the node's user namespace. Default true.
  schedulingGates While any is left, the scheduler does not look at the pod.
  resourceClaims Devices that must be allocated before the pod starts.
  resources What the pod as a whole asks for and may use.
core.PodStatus What is observed of a pod; may lag behind.
  phase The pod's life in a word: Pending, Running, Succeeded, Failed or Unknown.
  conditions PodScheduled, Initialized, ContainersReady, Ready and others, each with its reason.
  message Why the pod is in this state, for people.
  reason Why the pod is in this state, in a word: Evicted, NodeLost.
  nominatedNodeName The node on which others are being pushed out to make room for the pod.
  hostIP The address of the node.
  hostIPs All addresses of the node.
  podIP The pod's address, reachable from the whole cluster.
  podIPs The pod's addresses, one of each family.
  startTime When the kubelet took note of the pod, before any image was pulled.
  initContainerStatuses How the init containers are doing.
  containerStatuses How the containers are doing.
  ephemeralContainerStatuses How the debugging containers are doing.
  qosClass Who goes first when the node runs out of memory: BestEffort before Burstable before Guaranteed.
  observedGeneration The generation of the specification this status speaks of.
core.PodCondition One aspect of a pod's state.
  type PodScheduled, Initialized, ContainersReady, Ready, DisruptionTarget or one of your own.
  status True, False or Unknown.
  lastProbeTime When the condition was last looked at.
  lastTransitionTime When the status last changed.
core.Container One program of a pod, made from an image.
  name A name, unique within the pod. Cannot be changed.
  image The image to run.
  command The program and its leading arguments, instead of the image's entrypoint. Not run in a shell.
  args The arguments, instead of those of the image.
  workingDir Where the program starts; the image's choice when left out.
  ports Ports the program listens on. Informative: a port that is not listed is reachable all the same.
  envFrom Sources whose keys all become environment variables.
  env Environment variables; they win over envFrom.
  resources What the container asks for and may use.
  resizePolicy Whether changing a resource restarts the container.
  restartPolicy Always makes an init container a sidecar.
  restartPolicyRules Exit codes that decide about a restart before the policy does.
  volumeMounts Where the pod's volumes appear in the file system.
  volumeDevices Where raw block volumes appear.
  livenessProbe When it fails, the container is restarted.
  readinessProbe While it fails, Services send the pod nothing.
  startupProbe Until it succeeds, the other probes wait; when it fails, the container is restarted.
  lifecycle What to run after the start and before the stop.
  terminationMessagePath The file whose content becomes the termination message. Default /dev/termination-log.
  terminationMessagePolicy File, or FallbackToLogsOnError: the end of the log when the file is empty after a failure.
  imagePullPolicy Always (the default for :latest), IfNotPresent (otherwise) or Never.
  securityContext Security settings of this container; they win over the pod's.
  stdin Keep the input open.
  stdinOnce Close the input after the first client has gone.
  tty Give the container a terminal; needs stdin.
core.EphemeralContainer A container added to a running pod for debugging; it has no ports, probes or resources.
  targetContainerName The container whose processes it sees.
core.ContainerPort A port a container listens on.
  name A name, unique within the pod, that Services can refer to.
  hostPort The same port on the node.
  containerPort The number of the port, 1 to 65535.
  protocol TCP (the default), UDP or SCTP.
  hostIP The node's address to bind hostPort to.
core.EnvVar One environment variable.
  name Its name.
  value Its value; $(NAME) stands for a variable defined before. Default: empty.
  valueFrom Where the value comes from; not together with value.
core.EnvVarSource Where the value of a variable comes from; exactly one source.
  fieldRef A field of the pod: metadata.name, status.podIP, spec.nodeName, …
  resourceFieldRef A request or limit of a container.
  configMapKeyRef A key of a ConfigMap.
  secretKeyRef A key of a Secret.
  fileKeyRef A variable in a file of a volume.
core.EnvFromSource A source whose keys all become environment variables.
  prefix Put before every name.
  configMapRef The ConfigMap.
  secretRef The Secret.
core.ConfigMapKeySelector A key of a ConfigMap in the pod's namespace.
  key The key.
  optional Start even when it does not exist.
core.SecretKeySelector A key of a Secret in the pod's namespace.
  key The key.
  optional Start even when it does not exist.
core.ResourceRequirements What is asked for and what is allowed.
  limits The most that may be used. Beyond it, cpu is throttled and memory gets the container killed.
  requests What the scheduler sets aside on the node; the limits when left out.
  claims Devices of the pod's resourceClaims this container uses.
core.Probe A question the kubelet asks a container again and again; exactly one of exec, httpGet, tcpSocket, grpc.
  exec Run a command in the container; exit code 0 is success.
  httpGet Fetch a URL; a status from 200 to 399 is success.
  tcpSocket Open a connection.
  grpc Ask the gRPC health service.
  initialDelaySeconds Seconds after the start before the first question. Default 0.
  timeoutSeconds Seconds to wait for the answer. Default 1.
  periodSeconds Seconds between questions. Default 10.
  successThreshold Successes in a row that count after a failure. Default 1; must be 1 for liveness and startup.
  failureThreshold Failures in a row that count. Default 3.
  terminationGracePeriodSeconds Instead of the pod's, when this probe has failed.
core.HTTPGetAction A request to make.
  path The path. Default /.
  port A number or the name of a container port.
  host Where to connect to; the pod's address when left out.
  scheme HTTP (the default) or HTTPS.
  httpHeaders Headers to send.
core.TCPSocketAction A connection to open.
  port A number or the name of a container port.
  host Where to connect to; the pod's address when left out.
core.GRPCAction A gRPC health check.
  port The port.
  service The service to ask about.
core.ExecAction A command to run.
  command The program and its arguments; not run in a shell.
core.Lifecycle What to run at the turning points of a container's life.
  postStart Right after the start, at the same time as the program; its failure kills the container.
  preStop Before the stop signal; counts towards the grace period.
  stopSignal The signal instead of the image's.
core.LifecycleHandler Something to run: exec, httpGet, tcpSocket or sleep.
  sleep Wait some seconds.
core.Volume Storage a pod's containers can mount; exactly one source.
  name A name, unique within the pod.
  emptyDir An empty directory that lives as long as the pod does on its node.
  hostPath A file or directory of the node.
  configMap The keys of a ConfigMap as files.
  secret The keys of a Secret as files.
  persistentVolumeClaim A claim in the same namespace.
  projected Several sources in one directory.
  downwardAPI Fields of the pod as files.
  ephemeral A claim that is made and deleted with the pod.
  nfs A directory of an NFS server.
  csi A volume of a CSI driver that lives with the pod.
  image An OCI image or artifact.
core.EmptyDirVolumeSource An empty directory.
  medium Empty for the node's disk, Memory for a tmpfs.
  sizeLimit The pod is evicted when the directory grows larger.
core.HostPathVolumeSource A path of the node.
  path The path.
  type What must be there: Directory, File, Socket, DirectoryOrCreate, …; empty checks nothing.
core.ConfigMapVolumeSource A ConfigMap as files.
  items The keys to show, and under which paths; all when left out.
  defaultMode File permissions. Default 0644.
  optional Start even when it does not exist.
core.SecretVolumeSource A Secret as files.
  secretName Its name.
  items The keys to show, and under which paths; all when left out.
  defaultMode File permissions. Default 0644.
  optional Start even when it does not exist.
core.PersistentVolumeClaimVolumeSource A claim.
  claimName Its name, in the pod's namespace.
  readOnly Mount it for reading only.
core.VolumeMount Where a volume appears in a container.
  name The volume.
  readOnly For reading only. Default false.
  mountPath The path in the container; no colon.
  subPath A path within the volume instead of its root.
  subPathExpr The same, with $(VARIABLES) filled in.
  mountPropagation Whether mounts made later pass between node and container.
core.PodSecurityContext Security settings for all containers of a pod.
  runAsUser The user to run as.
  runAsGroup The group to run as.
  runAsNonRoot Refuse to start as user 0.
  fsGroup The group that owns the volumes.
  supplementalGroups More groups of the first process.
  seccompProfile Which system calls are allowed.
  sysctls Kernel settings of the pod.
core.SecurityContext Security settings of one container.
  capabilities Linux capabilities to add and drop.
  privileged As good as root on the node. Default false.
  runAsUser The user to run as.
  runAsGroup The group to run as.
  runAsNonRoot Refuse to start as user 0.
  readOnlyRootFilesystem The image's files cannot be changed. Default false.
  allowPrivilegeEscalation Whether a process may gain more rights than its parent.
  seccompProfile Which system calls are allowed.
core.Affinity Rules that draw a pod to places, or away from them.
  nodeAffinity By labels of nodes.
  podAffinity Near pods with certain labels.
  podAntiAffinity Away from pods with certain labels.
core.NodeAffinity Rules by labels of nodes.
  requiredDuringSchedulingIgnoredDuringExecution Must hold when the pod is placed; a later change does not move it.
  preferredDuringSchedulingIgnoredDuringExecution Add their weight to a node's score.
core.PodAffinity Rules that draw a pod near others.
  requiredDuringSchedulingIgnoredDuringExecution Must all hold when the pod is placed.
  preferredDuringSchedulingIgnoredDuringExecution Add their weight to a node's score.
core.PodAntiAffinity Rules that keep a pod away from others.
  requiredDuringSchedulingIgnoredDuringExecution Must all hold when the pod is placed.
  preferredDuringSchedulingIgnoredDuringExecution Take their weight off a node's score.
core.PodAffinityTerm Which pods, and what counts as near.
  labelSelector The pods, by label.
  namespaces The namespaces to look in; the pod's own when left out.
  namespaceSelector The namespaces, by label; {} is all of them.
  topologyKey The label of nodes whose equal values mean near: kubernetes.io/hostname, topology.kubernetes.io/zone.
core.Toleration A taint the pod puts up with.
  key The taint's key; empty with Exists means every taint.
  operator Equal (the default), Exists, Gt or Lt.
  value The taint's value.
  effect NoSchedule, PreferNoSchedule or NoExecute; empty means all.
  tolerationSeconds How long a NoExecute taint is borne before the pod is evicted; forever when left out.
core.TopologySpreadConstraint How evenly pods must be spread.
  maxSkew How many more pods the fullest place may have than the emptiest.
  topologyKey The label of nodes that says which place they are in.
  whenUnsatisfiable DoNotSchedule, or ScheduleAnyway: only prefer the better places.
  labelSelector The pods that are counted.
  minDomains With fewer places than this, the emptiest counts as having no pods.
  nodeAffinityPolicy Whether nodes the pod cannot go to by affinity count: Honor (the default) or Ignore.
  nodeTaintsPolicy Whether nodes with taints the pod does not bear count: Honor or Ignore (the default).
  matchLabelKeys Labels whose values are taken from the pod itself.
core.ContainerStatus How a container is doing.
  state What it does now: waiting, running or terminated.
  lastState How it ended the last time.
  ready Whether its readiness probe succeeds.
  restartCount How many times it was restarted.
  imageID The image that runs, by digest.
  containerID The runtime's name for it.
  started Whether its startup probe has succeeded.
core.ContainerState Exactly one of three.
  waiting Not running yet, and why.
  running Running, and since when.
  terminated Ended, and how.
core.ContainerStateTerminated How a container ended.
  exitCode The exit code; above 128 it was a signal: 137 is SIGKILL.
  signal The signal that ended it.
  reason Completed, Error, OOMKilled, …
core.ContainerStateWaiting Why a container does not run.
  reason ContainerCreating, CrashLoopBackOff, ImagePullBackOff, …
`;
