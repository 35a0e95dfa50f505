/**
 * Every command of kubectl 1.35 with its aliases, its one-line description, its usage line and its flags with their defaults.
 * Flags: `s long=default`; `''` is text, `[]` a list, `false`/`true` a switch, `0` a number, `0s` a duration; `!` is hidden.
 * `@print`, `@files` and `@create` stand for the flags that many commands share.
 */
export interface CommandFacts {
  readonly aliases: readonly string[];
  readonly short: string;
  readonly usage: string;
  readonly flags: string;
}

/** One command a line: name ;; aliases ;; description ;; usage ;; flags. */
const table = `
 ;;  ;;  ;; kubectl [flags] [options] ;; 
annotate ;;  ;; Update the annotations on a resource ;; kubectl annotate [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version] [options] ;; @print @files all=false A all-namespaces=false dry-run='none' field-manager='kubectl-annotate' field-selector='' list=false local=false overwrite=false resource-version='' l selector='' !record=false
api-resources ;;  ;; Print the supported API resources on the server ;; kubectl api-resources [flags] [options] ;; api-group='' cached=false categories=[] namespaced=true no-headers=false o output='' show-managed-fields=false sort-by='' verbs=[]
api-versions ;;  ;; Print the supported API versions on the server, in the form of "group/version" ;; kubectl api-versions [options] ;; 
apply ;;  ;; Apply a configuration to a resource by file name or stdin ;; kubectl apply (-f FILENAME | -k DIRECTORY) [options] ;; @print @files all=false cascade='background' dry-run='none' field-manager='kubectl-client-side-apply' force=false force-conflicts=false grace-period=-1 openapi-patch=true overwrite=true prune=false prune-allowlist=[] l selector='' server-side=false subresource='' timeout=0s validate='strict' wait=false !record=false
apply set-last-applied ;;  ;; Set the last-applied-configuration annotation on a live object to match the contents of a file ;; kubectl apply set-last-applied -f FILENAME [options] ;; @print create-annotation=false dry-run='none' f filename=[]
apply view-last-applied ;;  ;; View the latest last-applied-configuration annotations of a resource/object ;; kubectl apply view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME) [options] ;; @files all=false o output='yaml' l selector=''
attach ;;  ;; Attach to a running container ;; kubectl attach (POD | TYPE/NAME) -c CONTAINER [options] ;; c container='' pod-running-timeout=1m0s q quiet=false i stdin=false t tty=false
auth ;;  ;; Inspect authorization ;; kubectl auth [flags] [options] ;; 
auth can-i ;;  ;; Check whether an action is allowed ;; kubectl auth can-i VERB [TYPE | TYPE/NAME | NONRESOURCEURL] [options] ;; A all-namespaces=false list=false no-headers=false q quiet=false subresource=''
auth whoami ;;  ;; Experimental: Check self subject attributes ;; kubectl auth whoami [options] ;; @print
autoscale ;;  ;; Auto-scale a deployment, replica set, stateful set, or replication controller ;; kubectl autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY] [options] ;; @print @files cpu='' dry-run='none' field-manager='kubectl-autoscale' max=-1 memory='' min=-1 name='' save-config=false !cpu-percent=-1 !record=false
certificate ;;  ;; Modify certificate resources ;; kubectl certificate SUBCOMMAND [options] ;; 
certificate approve ;;  ;; Approve a certificate signing request ;; kubectl certificate approve (-f FILENAME | NAME) [options] ;; @print @files force=false
certificate deny ;;  ;; Deny a certificate signing request ;; kubectl certificate deny (-f FILENAME | NAME) [options] ;; @print @files force=false
cluster-info ;;  ;; Display cluster information ;; kubectl cluster-info [flags] [options] ;; 
config ;;  ;; Modify kubeconfig files ;; kubectl config SUBCOMMAND [options] ;; 
config current-context ;;  ;; Display the current-context ;; kubectl config current-context [flags] [options] ;; 
config delete-cluster ;;  ;; Delete the specified cluster from the kubeconfig ;; kubectl config delete-cluster NAME [options] ;; 
config delete-context ;;  ;; Delete the specified context from the kubeconfig ;; kubectl config delete-context NAME [options] ;; 
config delete-user ;;  ;; Delete the specified user from the kubeconfig ;; kubectl config delete-user NAME [options] ;; 
config get-clusters ;;  ;; Display clusters defined in the kubeconfig ;; kubectl config get-clusters [flags] [options] ;; 
config get-contexts ;;  ;; Describe one or many contexts ;; kubectl config get-contexts [(-o|--output=)name)] [options] ;; no-headers=false o output=''
config get-users ;;  ;; Display users defined in the kubeconfig ;; kubectl config get-users [flags] [options] ;; 
config rename-context ;;  ;; Rename a context from the kubeconfig file ;; kubectl config rename-context CONTEXT_NAME NEW_NAME [options] ;; 
config set-cluster ;;  ;; Set a cluster entry in kubeconfig ;; kubectl config set-cluster NAME [--server=server] [--certificate-authority=path/to/certificate/authority] [--insecure-skip-tls-verify=true] [--tls-server-name=example.com] [options] ;; certificate-authority='' embed-certs=false insecure-skip-tls-verify=false proxy-url='' server='' tls-server-name=''
config set-context ;;  ;; Set a context entry in kubeconfig ;; kubectl config set-context [NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] [--namespace=namespace] [options] ;; cluster='' current=false n namespace='' user=''
config set-credentials ;;  ;; Set a user entry in kubeconfig ;; kubectl config set-credentials NAME [--client-certificate=path/to/certfile] [--client-key=path/to/keyfile] [--token=bearer_token] [--username=basic_user] [--password=basic_password] [--auth-provider=provider_name] [--auth-provider-arg=key=value] [--exec-command=exec_command] [--exec-api-version=exec_api_version] [--exec-arg=arg] [--exec-env=key=value] [options] ;; auth-provider='' auth-provider-arg=[] client-certificate='' client-key='' embed-certs=false exec-api-version='' exec-arg=[] exec-command='' exec-env=[] exec-interactive-mode='' exec-provide-cluster-info=false password='' token='' username=''
config set ;;  ;; Set an individual value in a kubeconfig file ;; kubectl config set PROPERTY_NAME PROPERTY_VALUE [options] ;; set-raw-bytes=false
config unset ;;  ;; Unset an individual value in a kubeconfig file ;; kubectl config unset PROPERTY_NAME [options] ;; 
config use-context ;; use ;; Set the current-context in a kubeconfig file ;; kubectl config use-context CONTEXT_NAME [options] ;; 
config view ;;  ;; Display merged kubeconfig settings or a specified kubeconfig file ;; kubectl config view [flags] [options] ;; allow-missing-template-keys=true flatten=false merge=true minify=false o output='yaml' raw=false show-managed-fields=false template=''
cordon ;;  ;; Mark node as unschedulable ;; kubectl cordon NODE [options] ;; dry-run='none' l selector=''
cp ;;  ;; Copy files and directories to and from containers ;; kubectl cp <file-spec-src> <file-spec-dest> [options] ;; c container='' no-preserve=false retries=0
create ;;  ;; Create a resource from a file or from stdin ;; kubectl create -f FILENAME [options] ;; @print @files @create edit=false raw='' l selector='' windows-line-endings=false !record=false
create clusterrole ;;  ;; Create a cluster role ;; kubectl create clusterrole NAME --verb=verb --resource=resource.group [--resource-name=resourcename] [--dry-run=server|client|none] [options] ;; @print @create aggregation-rule= non-resource-url=[] resource=[] resource-name=[] verb=[]
create clusterrolebinding ;;  ;; Create a cluster role binding for a particular cluster role ;; kubectl create clusterrolebinding NAME --clusterrole=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none] [options] ;; @print @create clusterrole='' group=[] serviceaccount=[] user=[]
create configmap ;; cm ;; Create a config map from a local file, directory or literal value ;; kubectl create configmap NAME [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none] [options] ;; @print @create append-hash=false from-env-file=[] from-file=[] from-literal=[]
create cronjob ;; cj ;; Create a cron job with the specified name ;; kubectl create cronjob NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags] [options] ;; @print @create image='' restart='' schedule=''
create deployment ;; deploy ;; Create a deployment with the specified name ;; kubectl create deployment NAME --image=image -- [COMMAND] [args...] [options] ;; @print @create image=[] port=-1 r replicas=1
create ingress ;; ing ;; Create an ingress with the specified name ;; kubectl create ingress NAME --rule=host/path=service:port[,tls[=secret]]  [options] ;; @print @create annotation=[] class='' default-backend='' rule=[]
create job ;;  ;; Create a job with the specified name ;; kubectl create job NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...] [options] ;; @print @create from='' image=''
create namespace ;; ns ;; Create a namespace with the specified name ;; kubectl create namespace NAME [--dry-run=server|client|none] [options] ;; @print @create
create poddisruptionbudget ;; pdb ;; Create a pod disruption budget with the specified name ;; kubectl create poddisruptionbudget NAME --selector=SELECTOR --min-available=N [--dry-run=server|client|none] [options] ;; @print @create max-unavailable='' min-available='' selector=''
create priorityclass ;; pc ;; Create a priority class with the specified name ;; kubectl create priorityclass NAME --value=VALUE --global-default=BOOL [--dry-run=server|client|none] [options] ;; @print @create description='' global-default=false preemption-policy='PreemptLowerPriority' value=0
create quota ;; resourcequota ;; Create a quota with the specified name ;; kubectl create quota NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [--dry-run=server|client|none] [options] ;; @print @create hard='' scopes=''
create role ;;  ;; Create a role with single rule ;; kubectl create role NAME --verb=verb --resource=resource.group/subresource [--resource-name=resourcename] [--dry-run=server|client|none] [options] ;; @print @create resource=[] resource-name=[] verb=[]
create rolebinding ;;  ;; Create a role binding for a particular role or cluster role ;; kubectl create rolebinding NAME --clusterrole=NAME|--role=NAME [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none] [options] ;; @print @create clusterrole='' group=[] role='' serviceaccount=[] user=[]
create secret ;;  ;; Create a secret using a specified subcommand ;; kubectl create secret (docker-registry | generic | tls) [options] ;; 
create secret docker-registry ;;  ;; Create a secret for use with a Docker registry ;; kubectl create secret docker-registry NAME --docker-username=user --docker-password=password --docker-email=email [--docker-server=string] [--from-file=[key=]source] [--dry-run=server|client|none] [options] ;; @print @create append-hash=false docker-email='' docker-password='' docker-server='https://index.docker.io/v1/' docker-username='' from-file=[]
create secret generic ;;  ;; Create a secret from a local file, directory, or literal value ;; kubectl create secret generic NAME [--type=string] [--from-file=[key=]source] [--from-literal=key1=value1] [--dry-run=server|client|none] [options] ;; @print @create append-hash=false from-env-file=[] from-file=[] from-literal=[] type=''
create secret tls ;;  ;; Create a TLS secret ;; kubectl create secret tls NAME --cert=path/to/cert/file --key=path/to/key/file [--dry-run=server|client|none] [options] ;; @print @create append-hash=false cert='' key=''
create service ;; svc ;; Create a service using a specified subcommand ;; kubectl create service [flags] [options] ;; 
create service clusterip ;;  ;; Create a ClusterIP service ;; kubectl create service clusterip NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none] [options] ;; @print @create clusterip='' tcp=[]
create service externalname ;;  ;; Create an ExternalName service ;; kubectl create service externalname NAME --external-name external.name [--dry-run=server|client|none] [options] ;; @print @create external-name='' tcp=[]
create service loadbalancer ;;  ;; Create a LoadBalancer service ;; kubectl create service loadbalancer NAME [--tcp=port:targetPort] [--dry-run=server|client|none] [options] ;; @print @create tcp=[]
create service nodeport ;;  ;; Create a NodePort service ;; kubectl create service nodeport NAME [--tcp=port:targetPort] [--dry-run=server|client|none] [options] ;; @print @create node-port=0 tcp=[]
create serviceaccount ;; sa ;; Create a service account with the specified name ;; kubectl create serviceaccount NAME [--dry-run=server|client|none] [options] ;; @print @create
create token ;;  ;; Request a service account token ;; kubectl create token SERVICE_ACCOUNT_NAME [options] ;; @print audience=[] bound-object-kind='' bound-object-name='' bound-object-uid='' duration=0s
debug ;;  ;; Create debugging sessions for troubleshooting workloads and nodes ;; kubectl debug (POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ] [options] ;; arguments-only=false attach=false c container='' copy-to='' custom='' env=[] f filename=[] image='' image-pull-policy='' keep-annotations=false keep-init-containers=true keep-labels=false keep-liveness=false keep-readiness=false keep-startup=false profile='legacy' q quiet=false replace=false same-node=false set-image=[] share-processes=true i stdin=false target='' t tty=false
delete ;;  ;; Delete resources by file names, stdin, resources and names, or by resources and label selector ;; kubectl delete ([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)]) [options] ;; @files all=false A all-namespaces=false cascade='background' dry-run='none' field-selector='' force=false grace-period=-1 ignore-not-found=false i interactive=false now=false o output='' raw='' l selector='' timeout=0s wait=true
describe ;;  ;; Show details of a specific resource or group of resources ;; kubectl describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME) [options] ;; @files A all-namespaces=false chunk-size=500 l selector='' show-events=true
diff ;;  ;; Diff the live version against a would-be applied version ;; kubectl diff -f FILENAME [options] ;; @files concurrency=1 field-manager='kubectl-client-side-apply' force-conflicts=false prune=false prune-allowlist=[] l selector='' server-side=false show-managed-fields=false
drain ;;  ;; Drain node in preparation for maintenance ;; kubectl drain NODE [options] ;; chunk-size=500 delete-emptydir-data=false disable-eviction=false dry-run='none' force=false grace-period=-1 ignore-daemonsets=false pod-selector='' l selector='' skip-wait-for-delete-timeout=0 timeout=0s
edit ;;  ;; Edit a resource on the server ;; kubectl edit (RESOURCE/NAME | -f FILENAME) [options] ;; @print @files field-manager='kubectl-edit' output-patch=false save-config=false subresource='' validate='strict' windows-line-endings=false !record=false
events ;;  ;; List events ;; kubectl events [(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file] [--for TYPE/NAME] [--watch] [--types=Normal,Warning] [options] ;; @print A all-namespaces=false chunk-size=500 for='' no-headers=false types=[] w watch=false
exec ;;  ;; Execute a command in a container ;; kubectl exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...] [options] ;; c container='' f filename=[] pod-running-timeout=1m0s q quiet=false i stdin=false t tty=false
explain ;;  ;; Get documentation for a resource ;; kubectl explain TYPE [--recursive=FALSE|TRUE] [--api-version=api-version-group] [-o|--output=plaintext|plaintext-openapiv2] [options] ;; api-version='' o output='plaintext' recursive=false
expose ;;  ;; Take a replication controller, service, deployment or pod and expose it as a new Kubernetes service ;; kubectl expose (-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type] [options] ;; @print @files cluster-ip='' dry-run='none' external-ip='' field-manager='kubectl-expose' l labels='' load-balancer-ip='' name='' override-type='merge' overrides='' port='' protocol='' save-config=false selector='' session-affinity='' target-port='' type='' !record=false
get ;;  ;; Display one or many resources ;; kubectl get [(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags] [options] ;; @print @files A all-namespaces=false chunk-size=500 field-selector='' ignore-not-found=false L label-columns=[] no-headers=false output-watch-events=false raw='' l selector='' server-print=true show-kind=false show-labels=false sort-by='' subresource='' w watch=false watch-only=false
label ;;  ;; Update the labels on a resource ;; kubectl label [--overwrite] (-f FILENAME | TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version] [options] ;; @print @files all=false A all-namespaces=false dry-run='none' field-manager='kubectl-label' field-selector='' list=false local=false overwrite=false resource-version='' l selector='' !record=false
logs ;;  ;; Print the logs for a container in a pod ;; kubectl logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER] [options] ;; all-containers=false all-pods=false c container='' f follow=false ignore-errors=false insecure-skip-tls-verify-backend=false limit-bytes=0 max-log-requests=5 pod-running-timeout=20s prefix=false p previous=false l selector='' since=0s since-time='' tail=-1 timestamps=false
patch ;;  ;; Update fields of a resource ;; kubectl patch (-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE] [options] ;; @print @files dry-run='none' field-manager='kubectl-patch' local=false p patch='' patch-file='' subresource='' type='strategic' !record=false
port-forward ;;  ;; Forward one or more local ports to a pod ;; kubectl port-forward TYPE/NAME [options] [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N] ;; address=[localhost] pod-running-timeout=1m0s
proxy ;;  ;; Run a proxy to the Kubernetes API server ;; kubectl proxy [--port=PORT] [--www=static-dir] [--www-prefix=prefix] [--api-prefix=prefix] [options] ;; accept-hosts='^localhost$,^127\\.0\\.0\\.1$,^\\[::1\\]$' accept-paths='^.*' address='127.0.0.1' api-prefix='/' append-server-path=false disable-filter=false keepalive=0s p port=8001 reject-methods='^$' reject-paths='^/api/.*/pods/.*/exec,^/api/.*/pods/.*/attach' u unix-socket='' w www='' P www-prefix='/static/'
replace ;;  ;; Replace a resource by file name or stdin ;; kubectl replace -f FILENAME [options] ;; @print @files cascade='background' dry-run='none' field-manager='kubectl-replace' force=false grace-period=-1 raw='' save-config=false subresource='' timeout=0s validate='strict' wait=false !record=false
rollout ;;  ;; Manage the rollout of a resource ;; kubectl rollout SUBCOMMAND [options] ;; 
rollout history ;;  ;; View rollout history ;; kubectl rollout history (TYPE NAME | TYPE/NAME) [flags] [options] ;; @print @files revision=0 l selector=''
rollout pause ;;  ;; Mark the provided resource as paused ;; kubectl rollout pause RESOURCE [options] ;; @print @files field-manager='kubectl-rollout' l selector=''
rollout restart ;;  ;; Restart a resource ;; kubectl rollout restart RESOURCE [options] ;; @print @files field-manager='kubectl-rollout' l selector=''
rollout resume ;;  ;; Resume a paused resource ;; kubectl rollout resume RESOURCE [options] ;; @print @files field-manager='kubectl-rollout' l selector=''
rollout status ;;  ;; Show the status of the rollout ;; kubectl rollout status (TYPE NAME | TYPE/NAME) [flags] [options] ;; @files revision=0 l selector='' timeout=0s w watch=true
rollout undo ;;  ;; Undo a previous rollout ;; kubectl rollout undo (TYPE NAME | TYPE/NAME) [flags] [options] ;; @print @files dry-run='none' l selector='' to-revision=0
run ;;  ;; Run a particular image on the cluster ;; kubectl run NAME --image=image [--env="key=value"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...] [options] ;; @print @files annotations=[] attach=false cascade='background' command=false dry-run='none' env=[] expose=false field-manager='kubectl-run' force=false grace-period=-1 image='' image-pull-policy='' l labels='' leave-stdin-open=false override-type='merge' overrides='' pod-running-timeout=1m0s port='' privileged=false q quiet=false restart='Always' rm=false save-config=false i stdin=false timeout=0s t tty=false wait=false !record=false
scale ;;  ;; Set a new size for a deployment, replica set, or replication controller ;; kubectl scale [--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME) [options] ;; @print @files all=false current-replicas=-1 dry-run='none' replicas=0 resource-version='' l selector='' timeout=0s !record=false
set ;;  ;; Set specific features on objects ;; kubectl set SUBCOMMAND [options] ;; 
set env ;;  ;; Update environment variables on a pod template ;; kubectl set env RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N [options] ;; @print @files all=false c containers='*' dry-run='none' e env=[] field-manager='kubectl-set' from='' keys=[] list=false local=false overwrite=true prefix='' resolve=false l selector='' !record=false
set image ;;  ;; Update the image of a pod template ;; kubectl set image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N [options] ;; @print @files all=false dry-run='none' field-manager='kubectl-set' local=false l selector='' !record=false
set resources ;;  ;; Update resource requests/limits on objects with pod templates ;; kubectl set resources (-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS] [options] ;; @print @files all=false c containers='*' dry-run='none' field-manager='kubectl-set' limits='' local=false requests='' l selector='' !record=false
set selector ;;  ;; Set the selector on a resource ;; kubectl set selector (-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version] [options] ;; @print all=false dry-run='none' field-manager='kubectl-set' f filename=[] local=false R recursive=true resource-version='' !record=false
set serviceaccount ;; sa ;; Update the service account of a resource ;; kubectl set serviceaccount (-f FILENAME | TYPE NAME) SERVICE_ACCOUNT [options] ;; @print @files all=false dry-run='none' field-manager='kubectl-set' local=false !record=false
set subject ;;  ;; Update the user, group, or service account in a role binding or cluster role binding ;; kubectl set subject (-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none] [options] ;; @print @files all=false dry-run='none' field-manager='kubectl-set' group=[] local=false l selector='' serviceaccount=[] user=[]
taint ;;  ;; Update the taints on one or more nodes ;; kubectl taint NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... KEY_N=VAL_N:TAINT_EFFECT_N [options] ;; @print all=false dry-run='none' field-manager='kubectl-taint' overwrite=false l selector='' validate='strict'
top ;;  ;; Display resource (CPU/memory) usage ;; kubectl top [flags] [options] ;; 
top node ;; nodes no ;; Display resource (CPU/memory) usage of nodes ;; kubectl top node [NAME | -l label] [options] ;; no-headers=false l selector='' show-capacity=false show-swap=false sort-by='' use-protocol-buffers=true
top pod ;; pods po ;; Display resource (CPU/memory) usage of pods ;; kubectl top pod [NAME | -l label] [options] ;; A all-namespaces=false containers=false field-selector='' no-headers=false l selector='' show-swap=false sort-by='' sum=false use-protocol-buffers=true
uncordon ;;  ;; Mark node as schedulable ;; kubectl uncordon NODE [options] ;; dry-run='none' l selector=''
version ;;  ;; Print the client and server version information ;; kubectl version [flags] [options] ;; client=false o output=''
wait ;;  ;; Wait for a specific condition on one or many resources ;; kubectl wait ([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]] [options] ;; @print all=false A all-namespaces=false field-selector='' f filename=[] for='' local=false R recursive=true l selector='' timeout=30s
completion ;;  ;; Output shell completion code for the specified shell (bash, zsh, fish, or powershell) ;; kubectl completion SHELL [options] ;; 
options ;;  ;; Print the list of flags inherited by all commands ;; kubectl options [flags] [options] ;; 
plugin ;;  ;; Provides utilities for interacting with plugins ;; kubectl plugin [flags] [options] ;; 
kustomize ;;  ;; Build a kustomization target from a directory or URL ;; kubectl kustomize DIR [flags] [options] ;; o output=''
alpha ;;  ;; Commands for features in alpha ;; kubectl alpha [flags] [options] ;; 
auth reconcile ;;  ;; Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects ;; kubectl auth reconcile -f FILENAME [options] ;; @print @files dry-run='none' remove-extra-permissions=false remove-extra-subjects=false
cluster-info dump ;;  ;; Dump relevant information for debugging and diagnosis ;; kubectl cluster-info dump [flags] [options] ;; @print A all-namespaces=false namespaces=[] output-directory='' pod-running-timeout=20s
`;

const shared: Readonly<Record<string, string>> = {
  '@print': "allow-missing-template-keys=true o output='' show-managed-fields=false template=''",
  '@files': "f filename=[] k kustomize='' R recursive=false",
  '@create': "dry-run='none' field-manager='kubectl-create' save-config=false validate='strict'",
};

let parsed: Map<string, CommandFacts> | undefined;

function facts(): Map<string, CommandFacts> {
  parsed ??= new Map(
    table
      .split('\n')
      .filter((line) => line.includes(' ;; '))
      .map((line) => {
        const [name = '', aliases = '', short = '', usage = '', flags = ''] = line
          .split(' ;; ')
          .map((part) => part.trim());
        const expanded = flags.replace(/@\w+/g, (word) => shared[word] ?? '');
        return [name, { aliases: aliases === '' ? [] : aliases.split(' '), short, usage, flags: expanded }];
      }),
  );
  return parsed;
}

export function commandFacts(path: string): CommandFacts | undefined {
  return facts().get(path);
}

/** Names of the commands directly under a command ('' is kubectl itself). */
export function subcommandsOf(path: string): string[] {
  const prefix = path === '' ? '' : `${path} `;
  return [...facts().keys()]
    .filter(
      (name) => name !== '' && name.startsWith(prefix) && !name.slice(prefix.length).includes(' ') && name !== path,
    )
    .map((name) => name.slice(prefix.length));
}

/** `deploy` under `create` is `deployment`. */
export function resolveCommand(path: string, word: string): string | undefined {
  for (const name of subcommandsOf(path)) {
    const full = path === '' ? name : `${path} ${name}`;
    if (name === word || commandFacts(full)?.aliases.includes(word)) return full;
  }
  return undefined;
}
