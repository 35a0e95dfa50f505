/**
 * The files of a machine that is a node: what the distribution's packages and kubeadm put there.
 * The pod network is the bridge plugin with addresses from the node's own slice, written once at the birth of the machine;
 * the machine's size stands where Linux shows it, under /proc.
 * @source cmd/kubeadm/app/phases/kubelet, packaging of kubelet and containerd
 */

import { quantityMilliValue, quantityValue } from '../api/quantity.ts';
import { nextUint32, randomStream } from '../kernel/random.ts';
import { type ClusterSpec, type HostSpec, hostsOf, serviceIp } from '../spec.ts';
import { PKI } from './pki.ts';
import { yamlOf } from './yaml.ts';

export const CNI_CONFIG = '/etc/cni/net.d/10-bridge.conflist';

const CNI_PLUGINS = ['bridge', 'host-local', 'loopback', 'portmap'];

export function nodeFiles(spec: ClusterSpec, host: HostSpec): Record<string, string> {
  return {
    ...machineFiles(spec, host),
    ...unitFiles(spec),
    '/etc/hosts': hostsFile(spec, host),
    '/etc/resolv.conf': 'nameserver 192.168.56.1\noptions edns0 trust-ad\nsearch .\n',
    '/run/systemd/resolve/resolv.conf': 'nameserver 192.168.56.1\nsearch .\n',
    '/etc/containerd/config.toml': containerdConfig(spec),
    [CNI_CONFIG]: cniConfig(host),
    ...Object.fromEntries(CNI_PLUGINS.map((name) => [`/opt/cni/bin/${name}`, '\u007fELF\n'])),
    '/var/lib/kubelet/config.yaml': kubeletConfiguration(spec),
    '/var/lib/kubelet/kubeadm-flags.env': `KUBELET_KUBEADM_ARGS="${kubeletFlags(host).join(' ')}"\n`,
  };
}

/** What every machine has, node or not. */
export function plainFiles(spec: ClusterSpec, host: HostSpec): Record<string, string> {
  return {
    '/etc/hostname': `${host.name}\n`,
    '/etc/hosts': hostsFile(spec, host),
    '/etc/resolv.conf': 'nameserver 192.168.56.1\nsearch .\n',
  };
}

/** The KubeletConfiguration that kubeadm gives to every kubelet. */
export function kubeletConfiguration(spec: ClusterSpec): string {
  return yamlOf({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: {
      anonymous: { enabled: false },
      webhook: { cacheTTL: '0s', enabled: true },
      x509: { clientCAFile: `${PKI}/ca.crt` },
    },
    authorization: { mode: 'Webhook', webhook: { cacheAuthorizedTTL: '0s', cacheUnauthorizedTTL: '0s' } },
    cgroupDriver: 'systemd',
    clusterDNS: [serviceIp(spec, 10)],
    clusterDomain: spec.domain,
    containerRuntimeEndpoint: '',
    cpuManagerReconcilePeriod: '0s',
    crashLoopBackOff: {},
    evictionPressureTransitionPeriod: '0s',
    fileCheckFrequency: '0s',
    healthzBindAddress: '127.0.0.1',
    healthzPort: 10248,
    httpCheckFrequency: '0s',
    imageMaximumGCAge: '0s',
    imageMinimumGCAge: '0s',
    logging: {
      flushFrequency: 0,
      options: { json: { infoBufferSize: '0' }, text: { infoBufferSize: '0' } },
      verbosity: 0,
    },
    memorySwap: {},
    nodeStatusReportFrequency: '0s',
    nodeStatusUpdateFrequency: '0s',
    resolvConf: '/run/systemd/resolve/resolv.conf',
    rotateCertificates: true,
    runtimeRequestTimeout: '0s',
    shutdownGracePeriod: '0s',
    shutdownGracePeriodCriticalPods: '0s',
    staticPodPath: '/etc/kubernetes/manifests',
    streamingConnectionIdleTimeout: '0s',
    syncFrequency: '0s',
    volumeStatsAggPeriod: '0s',
  });
}

function kubeletFlags(host: HostSpec): string[] {
  const flags = ['--container-runtime-endpoint=unix:///run/containerd/containerd.sock', `--node-ip=${host.ip}`];
  if (host.zone !== '') flags.push(`--node-labels=topology.kubernetes.io/zone=${host.zone}`);
  // kubeadm taints through the API once the node is there; given to the kubelet, no pod slips in before.
  if (host.role === 'controlPlane')
    flags.push('--register-with-taints=node-role.kubernetes.io/control-plane:NoSchedule');
  return flags;
}

function unitFiles(spec: ClusterSpec): Record<string, string> {
  const extra = Object.entries(spec.flags.kubelet ?? {}).map(([name, value]) => `--${name}=${value}`);
  return {
    '/usr/lib/systemd/system/kubelet.service': `[Unit]
Description=kubelet: The Kubernetes Node Agent
Documentation=https://kubernetes.io/docs/
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10

[Install]
WantedBy=multi-user.target
`,
    '/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf': `# Note: This dropin only works with kubeadm and kubelet v1.11+
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
# This is a file that "kubeadm init" and "kubeadm join" generates at runtime, populating the KUBELET_KUBEADM_ARGS variable dynamically
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
# This is a file that the user can use for overrides of the kubelet args as a last resort. Preferably, the user should use
# the .NodeRegistration.KubeletExtraArgs object in the configuration files instead. KUBELET_EXTRA_ARGS should be sourced from this file.
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
`,
    '/etc/default/kubelet': `KUBELET_EXTRA_ARGS=${extra.join(' ')}\n`,
    '/usr/lib/systemd/system/containerd.service': `[Unit]
Description=containerd container runtime
Documentation=https://containerd.io
After=network.target dbus.service

[Service]
ExecStartPre=-/sbin/modprobe overlay
ExecStart=/usr/bin/containerd
Type=notify
Delegate=yes
KillMode=process
Restart=always
RestartSec=5
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
OOMScoreAdjust=-999

[Install]
WantedBy=multi-user.target
`,
    '/etc/systemd/system/multi-user.target.wants/containerd.service': '/usr/lib/systemd/system/containerd.service\n',
    '/etc/systemd/system/multi-user.target.wants/kubelet.service': '/usr/lib/systemd/system/kubelet.service\n',
  };
}

function machineFiles(spec: ClusterSpec, host: HostSpec): Record<string, string> {
  const cores = Math.max(1, Math.round(quantityMilliValue(host.capacity.cpu) / 1_000));
  const memoryKb = Math.floor(quantityValue(host.capacity.memory) / 1_024);
  const diskKb = Math.floor(quantityValue(host.capacity.disk) / 1_024);
  const stream = randomStream(0, `machine/${spec.name}/${host.name}`);
  const hex = (words: number) =>
    Array.from({ length: words }, () => nextUint32(stream).toString(16).padStart(8, '0')).join('');
  const uuid = (text: string) =>
    `${text.slice(0, 8)}-${text.slice(8, 12)}-4${text.slice(13, 16)}-a${text.slice(17, 20)}-${text.slice(20, 32)}`;
  const cpu = (index: number) => `processor\t: ${index}\nmodel name\t: Virtual CPU\ncpu cores\t: ${cores}\n`;
  return {
    '/etc/hostname': `${host.name}\n`,
    '/etc/machine-id': `${hex(4)}\n`,
    '/sys/class/dmi/id/product_uuid': `${uuid(hex(4))}\n`,
    '/proc/sys/kernel/random/boot_id': `${uuid(hex(4))}\n`,
    '/proc/sys/kernel/osrelease': '6.12.48+deb13-amd64\n',
    '/proc/cpuinfo': `${Array.from({ length: cores }, (_, index) => cpu(index)).join('\n')}\n`,
    '/proc/meminfo': `MemTotal:       ${memoryKb} kB\nSwapTotal:             0 kB\n`,
    '/proc/partitions': `major minor  #blocks  name\n\n 254        0 ${diskKb} vda\n`,
    '/etc/os-release':
      'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nID=debian\n',
  };
}

function containerdConfig(spec: ClusterSpec): string {
  return `version = 3
root = '/var/lib/containerd'
state = '/run/containerd'

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = 'registry.k8s.io/pause:3.10.2'

[plugins.'io.containerd.cri.v1.images']
  # Not a setting of the real one: how fast this machine's line to the registries is.
  registry_megabytes_per_second = ${spec.latencies.registryMegabytesPerSecond}

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  SystemdCgroup = true

[plugins.'io.containerd.cri.v1.runtime'.cni]
  bin_dirs = ['/opt/cni/bin']
  conf_dir = '/etc/cni/net.d'
`;
}

function cniConfig(host: HostSpec): string {
  const config = {
    cniVersion: '1.0.0',
    name: 'podnet',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        hairpinMode: true,
        ipam: { type: 'host-local', ranges: [[{ subnet: host.podCidr }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}

function hostsFile(spec: ClusterSpec, host: HostSpec): string {
  const lines = [`127.0.0.1 localhost`, `::1 localhost ip6-localhost ip6-loopback`, `127.0.1.1 ${host.name}`];
  // A hundred machines know each other by DNS; a handful by this file.
  const hosts = hostsOf(spec);
  if (hosts.length <= 20) for (const other of hosts) lines.push(`${other.ip} ${other.name}`);
  return `${lines.join('\n')}\n`;
}
