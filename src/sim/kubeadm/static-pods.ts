/**
 * The manifests that `kubeadm init` leaves in /etc/kubernetes/manifests: the whole control plane as four static pods.
 * Unlike kubeadm, which lets members join one after the other, every etcd member is started with the complete first cluster.
 * @source cmd/kubeadm/app/phases/controlplane/manifests.go, app/phases/etcd/local.go, app/util/staticpod/utils.go
 */
import {
  API_PORT,
  type ClusterSpec,
  type FlaggedComponent,
  type HostSpec,
  hostsOf,
  KUBERNETES_VERSION,
} from '../spec.ts';
import { PKI } from './pki.ts';
import { yamlOf } from './yaml.ts';

export const MANIFESTS = '/etc/kubernetes/manifests';
export const ETCD_IMAGE = 'registry.k8s.io/etcd:3.6.8-0';

interface HostPath {
  readonly name: string;
  readonly path: string;
  readonly type: 'DirectoryOrCreate' | 'FileOrCreate';
  readonly readOnly?: boolean;
}

interface Part {
  readonly component: Exclude<FlaggedComponent, 'kubelet'>;
  readonly image: string;
  readonly flags: Readonly<Record<string, string>>;
  readonly probe: {
    readonly host: string;
    readonly scheme: 'HTTP' | 'HTTPS';
    readonly port: number;
    readonly liveness: string;
    readonly readiness: string | undefined;
    readonly startup: string;
  };
  readonly requests: Readonly<Record<string, string>>;
  readonly paths: readonly HostPath[];
  readonly annotations?: Readonly<Record<string, string>>;
}

const CERTS: readonly HostPath[] = [
  { name: 'k8s-certs', path: PKI, type: 'DirectoryOrCreate', readOnly: true },
  { name: 'ca-certs', path: '/etc/ssl/certs', type: 'DirectoryOrCreate', readOnly: true },
];

/** Manifest file → text, for one control plane. */
export function staticPodManifests(spec: ClusterSpec, host: HostSpec): Record<string, string> {
  const files: Record<string, string> = {};
  for (const part of [etcd(spec, host), apiServer(spec, host), controllerManager(spec), scheduler()])
    files[`${MANIFESTS}/${part.component}.yaml`] = yamlOf(podOf(part, spec.flags[part.component] ?? {}));
  return files;
}

function apiServer(spec: ClusterSpec, host: HostSpec): Part {
  return {
    component: 'kube-apiserver',
    image: `registry.k8s.io/kube-apiserver:${KUBERNETES_VERSION}`,
    flags: {
      'advertise-address': host.ip,
      'allow-privileged': 'true',
      'authorization-mode': 'Node,RBAC',
      'client-ca-file': `${PKI}/ca.crt`,
      'enable-admission-plugins': 'NodeRestriction',
      'enable-bootstrap-token-auth': 'true',
      'etcd-cafile': `${PKI}/etcd/ca.crt`,
      'etcd-certfile': `${PKI}/apiserver-etcd-client.crt`,
      'etcd-keyfile': `${PKI}/apiserver-etcd-client.key`,
      'etcd-servers': 'https://127.0.0.1:2379',
      'kubelet-client-certificate': `${PKI}/apiserver-kubelet-client.crt`,
      'kubelet-client-key': `${PKI}/apiserver-kubelet-client.key`,
      'kubelet-preferred-address-types': 'InternalIP,ExternalIP,Hostname',
      'proxy-client-cert-file': `${PKI}/front-proxy-client.crt`,
      'proxy-client-key-file': `${PKI}/front-proxy-client.key`,
      'requestheader-allowed-names': 'front-proxy-client',
      'requestheader-client-ca-file': `${PKI}/front-proxy-ca.crt`,
      'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
      'requestheader-group-headers': 'X-Remote-Group',
      'requestheader-username-headers': 'X-Remote-User',
      'secure-port': String(API_PORT),
      'service-account-issuer': `https://kubernetes.default.svc.${spec.domain}`,
      'service-account-key-file': `${PKI}/sa.pub`,
      'service-account-signing-key-file': `${PKI}/sa.key`,
      'service-cluster-ip-range': spec.cidrs.services,
      'tls-cert-file': `${PKI}/apiserver.crt`,
      'tls-private-key-file': `${PKI}/apiserver.key`,
    },
    probe: {
      host: host.ip,
      scheme: 'HTTPS',
      port: API_PORT,
      liveness: '/livez',
      readiness: '/readyz',
      startup: '/livez',
    },
    requests: { cpu: '250m' },
    paths: CERTS,
    annotations: { 'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint': `${host.ip}:${API_PORT}` },
  };
}

function controllerManager(spec: ClusterSpec): Part {
  const kubeconfig = '/etc/kubernetes/controller-manager.conf';
  return {
    component: 'kube-controller-manager',
    image: `registry.k8s.io/kube-controller-manager:${KUBERNETES_VERSION}`,
    flags: {
      'allocate-node-cidrs': 'true',
      'authentication-kubeconfig': kubeconfig,
      'authorization-kubeconfig': kubeconfig,
      'bind-address': '127.0.0.1',
      'client-ca-file': `${PKI}/ca.crt`,
      'cluster-cidr': spec.cidrs.pods,
      'cluster-name': 'kubernetes',
      'cluster-signing-cert-file': `${PKI}/ca.crt`,
      'cluster-signing-key-file': `${PKI}/ca.key`,
      controllers: '*,bootstrapsigner,tokencleaner',
      kubeconfig,
      'leader-elect': 'true',
      'requestheader-client-ca-file': `${PKI}/front-proxy-ca.crt`,
      'root-ca-file': `${PKI}/ca.crt`,
      'service-account-private-key-file': `${PKI}/sa.key`,
      'service-cluster-ip-range': spec.cidrs.services,
      'use-service-account-credentials': 'true',
    },
    probe: {
      host: '127.0.0.1',
      scheme: 'HTTPS',
      port: 10257,
      liveness: '/healthz',
      readiness: undefined,
      startup: '/healthz',
    },
    requests: { cpu: '200m' },
    paths: [...CERTS, { name: 'kubeconfig', path: kubeconfig, type: 'FileOrCreate', readOnly: true }],
  };
}

function scheduler(): Part {
  const kubeconfig = '/etc/kubernetes/scheduler.conf';
  return {
    component: 'kube-scheduler',
    image: `registry.k8s.io/kube-scheduler:${KUBERNETES_VERSION}`,
    flags: {
      'authentication-kubeconfig': kubeconfig,
      'authorization-kubeconfig': kubeconfig,
      'bind-address': '127.0.0.1',
      kubeconfig,
      'leader-elect': 'true',
    },
    probe: {
      host: '127.0.0.1',
      scheme: 'HTTPS',
      port: 10259,
      liveness: '/livez',
      readiness: '/readyz',
      startup: '/livez',
    },
    requests: { cpu: '100m' },
    paths: [{ name: 'kubeconfig', path: kubeconfig, type: 'FileOrCreate', readOnly: true }],
  };
}

function etcd(spec: ClusterSpec, host: HostSpec): Part {
  const members = hostsOf(spec).filter((other) => other.role === 'controlPlane');
  const dataDir = spec.flags.etcd?.['data-dir'] ?? '/var/lib/etcd';
  return {
    component: 'etcd',
    image: ETCD_IMAGE,
    flags: {
      'advertise-client-urls': `https://${host.ip}:2379`,
      'cert-file': `${PKI}/etcd/server.crt`,
      'client-cert-auth': 'true',
      'data-dir': dataDir,
      'feature-gates': 'InitialCorruptCheck=true',
      'initial-advertise-peer-urls': `https://${host.ip}:2380`,
      'initial-cluster': members.map((member) => `${member.name}=https://${member.ip}:2380`).join(','),
      'key-file': `${PKI}/etcd/server.key`,
      'listen-client-urls': `https://127.0.0.1:2379,https://${host.ip}:2379`,
      'listen-metrics-urls': 'http://127.0.0.1:2381',
      'listen-peer-urls': `https://${host.ip}:2380`,
      name: host.name,
      'peer-cert-file': `${PKI}/etcd/peer.crt`,
      'peer-client-cert-auth': 'true',
      'peer-key-file': `${PKI}/etcd/peer.key`,
      'peer-trusted-ca-file': `${PKI}/etcd/ca.crt`,
      'snapshot-count': '10000',
      'trusted-ca-file': `${PKI}/etcd/ca.crt`,
      'watch-progress-notify-interval': '5s',
    },
    probe: {
      host: '127.0.0.1',
      scheme: 'HTTP',
      port: 2381,
      liveness: '/livez',
      readiness: '/readyz',
      startup: '/readyz',
    },
    requests: { cpu: '100m', memory: '100Mi' },
    paths: [
      { name: 'etcd-data', path: dataDir, type: 'DirectoryOrCreate' },
      { name: 'etcd-certs', path: `${PKI}/etcd`, type: 'DirectoryOrCreate' },
    ],
    annotations: { 'kubeadm.kubernetes.io/etcd.advertise-client-urls': `https://${host.ip}:2379` },
  };
}

function podOf(part: Part, overrides: Readonly<Record<string, string>>): object {
  const { component, probe } = part;
  const inOrder = [...part.paths].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      annotations: part.annotations,
      labels: { component, tier: 'control-plane' },
      name: component,
      namespace: 'kube-system',
    },
    spec: {
      containers: [
        {
          command: [component, ...argumentsOf(part.flags, overrides)],
          image: part.image,
          imagePullPolicy: 'IfNotPresent',
          livenessProbe: httpProbe(part, probe.liveness, 10, 8, 10),
          name: component,
          ports: [{ containerPort: probe.port, name: 'probe-port', protocol: 'TCP' }],
          readinessProbe: probe.readiness === undefined ? undefined : httpProbe(part, probe.readiness, undefined, 3, 1),
          resources: { requests: part.requests },
          startupProbe: httpProbe(part, probe.startup, 10, 24, 10),
          volumeMounts: (component === 'etcd' ? part.paths : inOrder).map(({ name, path, readOnly }) => ({
            mountPath: path,
            name,
            readOnly,
          })),
        },
      ],
      hostNetwork: true,
      priority: 2_000_001_000,
      priorityClassName: 'system-node-critical',
      securityContext: { seccompProfile: { type: 'RuntimeDefault' } },
      volumes: inOrder.map(({ name, path, type }) => ({ hostPath: { path, type }, name })),
    },
    status: {},
  };
}

function httpProbe(
  { probe }: Part,
  path: string,
  initialDelaySeconds: number | undefined,
  failureThreshold: number,
  periodSeconds: number,
): object {
  return {
    failureThreshold,
    httpGet: { host: probe.host, path, port: 'probe-port', scheme: probe.scheme },
    initialDelaySeconds,
    periodSeconds,
    timeoutSeconds: 15,
  };
}

/** kubeadm's own flags in order of name, then those of the spec; the spec's replace kubeadm's. */
function argumentsOf(flags: Readonly<Record<string, string>>, overrides: Readonly<Record<string, string>>): string[] {
  const own = Object.keys(flags)
    .filter((name) => !Object.hasOwn(overrides, name))
    .sort()
    .map((name) => `--${name}=${flags[name]}`);
  return [...own, ...Object.entries(overrides).map(([name, value]) => `--${name}=${value}`)];
}
