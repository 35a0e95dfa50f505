/**
 * From a pod's container to what the runtime is asked for: command, environment, mounts, and the files a kubelet writes for every pod.
 * @source pkg/kubelet/kuberuntime/kuberuntime_container.go, pkg/kubelet/network/dns/dns.go, pkg/kubelet/kubelet_pods.go
 */
import type { ContainerConfig, CriMount, SandboxConfig } from '../api/cri.ts';
import { cpuMillicores, memoryBytes } from '../api/quantity.ts';
import type { Container, Pod } from '../api/types.ts';
import type { Io } from '../kernel/io.ts';
import type { KubeletConfig } from './config.ts';
import { type EnvironmentView, environmentOf, expandReferences } from './environment.ts';
import { mountSource, podDirectory } from './volumes.ts';
import type { ContainerWorker, PodWorker } from './worker.ts';

export type ContainerConfigResult =
  | { readonly ok: true; readonly config: ContainerConfig }
  | { readonly ok: false; readonly error: string };

export function sandboxConfig(worker: PodWorker, config: KubeletConfig): SandboxConfig {
  const { pod } = worker;
  const { name, namespace = 'default', labels = {}, annotations = {} } = pod.metadata;
  return {
    name,
    namespace,
    uid: worker.uid,
    attempt: worker.sandboxAttempt,
    hostname: hostnameOf(pod, config),
    hostNetwork: pod.spec.hostNetwork === true,
    labels: {
      ...labels,
      'io.kubernetes.pod.name': name,
      'io.kubernetes.pod.namespace': namespace,
      'io.kubernetes.pod.uid': worker.uid,
    },
    annotations,
    logDirectory: logDirectory(pod),
    portMappings: pod.spec.containers.flatMap((container) =>
      (container.ports ?? [])
        .filter(({ hostPort }) => hostPort !== undefined && hostPort > 0)
        .map(({ hostPort = 0, containerPort, protocol = 'TCP', hostIP = '' }) => ({
          hostPort,
          containerPort,
          protocol,
          hostIp: hostIP,
        })),
    ),
  };
}

export function containerConfig(
  io: Io,
  worker: PodWorker,
  container: ContainerWorker,
  spec: Container,
  view: EnvironmentView,
): ContainerConfigResult {
  const { pod } = worker;
  const environment = environmentOf(pod, spec, view);
  if (!environment.ok) return environment;
  const values = new Map(environment.env.map(({ name, value }) => [name, value]));
  const expand = (text: string) => expandReferences(text, (name) => values.get(name));
  const mounts: CriMount[] = [];
  for (const mount of spec.volumeMounts ?? []) {
    const hostPath = mountSource(pod, mount);
    if (hostPath === undefined)
      return { ok: false, error: `cannot find volume "${mount.name}" to mount into container "${spec.name}"` };
    mounts.push({
      containerPath: mount.mountPath.replace(/(.)\/+$/, '$1'),
      hostPath,
      readOnly: mount.readOnly === true,
    });
  }
  const directory = podDirectory(worker.uid);
  const ownHosts = pod.spec.hostNetwork === true ? '/etc/hosts' : `${directory}/etc-hosts`;
  const covered = (path: string) => mounts.some(({ containerPath }) => containerPath === path);
  if (!covered('/etc/hosts')) mounts.push({ containerPath: '/etc/hosts', hostPath: ownHosts, readOnly: false });
  if (!covered('/etc/resolv.conf'))
    mounts.push({ containerPath: '/etc/resolv.conf', hostPath: `${directory}/resolv.conf`, readOnly: false });
  const log = terminationLog(worker.uid, spec.name, container.attempt);
  io.writeFile(log, '');
  mounts.push({ containerPath: spec.terminationMessagePath ?? '/dev/termination-log', hostPath: log, readOnly: false });
  const { name, namespace = 'default' } = pod.metadata;
  return {
    ok: true,
    config: {
      name: spec.name,
      attempt: container.attempt,
      image: spec.image ?? '',
      imageRef: container.imageRef,
      command: (spec.command ?? []).map(expand),
      args: (spec.args ?? []).map(expand),
      workingDir: spec.workingDir ?? '',
      env: environment.env,
      mounts,
      labels: {
        'io.kubernetes.container.name': spec.name,
        'io.kubernetes.pod.name': name,
        'io.kubernetes.pod.namespace': namespace,
        'io.kubernetes.pod.uid': worker.uid,
      },
      annotations: { 'io.kubernetes.container.restartCount': String(container.attempt) },
      logPath: `${spec.name}/${container.attempt}.log`,
      memoryLimitBytes: memoryBytes(spec.resources?.limits?.['memory']),
      cpuLimitMillis: cpuMillicores(spec.resources?.limits?.['cpu']),
      stdin: spec.stdin === true,
    },
  };
}

/** Files that every container of the pod shares. A note when the pod cannot have what it asked for. */
export function writePodFiles(io: Io, worker: PodWorker, config: KubeletConfig): string | undefined {
  const { pod } = worker;
  const directory = podDirectory(worker.uid);
  const dns = resolvConf(io, pod, config);
  io.writeFile(`${directory}/resolv.conf`, dns.text);
  if (pod.spec.hostNetwork !== true) io.writeFile(`${directory}/etc-hosts`, hostsFile(pod, worker.ip, config));
  return dns.problem;
}

export function terminationLog(uid: string, container: string, attempt: number): string {
  return `${podDirectory(uid)}/containers/${container}/${attempt}`;
}

export function logDirectory(pod: Pod): string {
  const { name, namespace = 'default', uid } = pod.metadata;
  return `/var/log/pods/${namespace}_${name}_${uid}`;
}

function hostnameOf(pod: Pod, config: KubeletConfig): string {
  if (pod.spec.hostNetwork === true) return config.hostname;
  return (pod.spec.hostname ?? pod.metadata.name).slice(0, 63);
}

function hostsFile(pod: Pod, ip: string, config: KubeletConfig): string {
  const { hostname, subdomain, hostAliases = [] } = pod.spec;
  const own = hostname ?? pod.metadata.name;
  const long =
    subdomain === undefined || subdomain === ''
      ? ''
      : `${own}.${subdomain}.${pod.metadata.namespace}.svc.${config.clusterDomain}\t`;
  const aliases = hostAliases.map((alias) => `${alias.ip}\t${(alias.hostnames ?? []).join('\t')}\n`).join('');
  return `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
${ip}\t${long}${own}
${aliases === '' ? '' : `\n# Entries added by HostAliases.\n${aliases}`}`;
}

function resolvConf(io: Io, pod: Pod, config: KubeletConfig): { text: string; problem: string | undefined } {
  const own = io.readFile(config.resolvConf) ?? '';
  const policy = pod.spec.dnsPolicy ?? 'ClusterFirst';
  const wantsCluster =
    policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && pod.spec.hostNetwork !== true);
  const extra = pod.spec.dnsConfig;
  let nameservers = [...own.matchAll(/^nameserver\s+(\S+)/gm)].map((match) => match[1]!);
  let search = (/^search\s+(.*)$/m.exec(own)?.[1] ?? '')
    .split(/\s+/)
    .filter((domain) => domain !== '' && domain !== '.');
  let options = (/^options\s+(.*)$/m.exec(own)?.[1] ?? '').split(/\s+/).filter((option) => option !== '');
  let problem: string | undefined;
  if (policy === 'None') {
    nameservers = [];
    search = [];
    options = [];
  } else if (wantsCluster && config.clusterDns.length === 0) {
    const { name, namespace, uid } = pod.metadata;
    problem = `pod: "${name}_${namespace}(${uid})". kubelet does not have ClusterDNS IP configured and cannot create Pod using "${policy}" policy. Falling back to "Default" policy.`;
  } else if (wantsCluster) {
    nameservers = [...config.clusterDns];
    const domain = config.clusterDomain;
    if (domain !== '') search = [`${pod.metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain, ...search];
    options = ['ndots:5'];
  }
  nameservers.push(...(extra?.nameservers ?? []));
  search.push(...(extra?.searches ?? []));
  const lines = [
    ...(search.length === 0 ? [] : [`search ${[...new Set(search)].join(' ')}`]),
    ...nameservers.slice(0, 3).map((ip) => `nameserver ${ip}`),
    ...(options.length === 0 ? [] : [`options ${options.join(' ')}`]),
  ];
  return { text: `${lines.join('\n')}\n`, problem };
}
