/**
 * kube-proxy as kubeadm deploys it: a DaemonSet on every node, configured by a ConfigMap.
 * @source cmd/kubeadm/app/phases/addons/proxy, app/componentconfigs/kubeproxy.go
 */
import type { KubeObject } from '../api/types.ts';
import { type ClusterSpec, controlPlaneEndpoint, KUBERNETES_VERSION } from '../spec.ts';
import { accountSubject, binding, configMap, readRole, serviceAccount } from './rbac.ts';
import { yamlOf } from './yaml.ts';

const BOOTSTRAPPERS = 'system:bootstrappers:kubeadm:default-node-token';

export function kubeProxyObjects(spec: ClusterSpec): KubeObject[] {
  return [
    configMap(
      'kube-proxy',
      { 'config.conf': configuration(spec), 'kubeconfig.conf': kubeconfig(spec) },
      'kube-system',
      { app: 'kube-proxy' },
    ),
    serviceAccount('kube-proxy'),
    binding('ClusterRole', 'kubeadm:node-proxier', 'system:node-proxier', [accountSubject('kube-proxy')]),
    readRole('kube-proxy', 'kube-system', 'kube-proxy'),
    binding(
      'Role',
      'kube-proxy',
      'kube-proxy',
      [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: BOOTSTRAPPERS }],
      'kube-system',
    ),
    daemonSet(),
  ];
}

function configuration(spec: ClusterSpec): string {
  return yamlOf({
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    bindAddress: '0.0.0.0',
    bindAddressHardFail: false,
    clientConnection: {
      acceptContentTypes: '',
      burst: 0,
      contentType: '',
      kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf',
      qps: 0,
    },
    clusterCIDR: spec.cidrs.pods,
    configSyncPeriod: '0s',
    conntrack: {
      maxPerCore: null,
      min: null,
      tcpBeLiberal: false,
      tcpCloseWaitTimeout: null,
      tcpEstablishedTimeout: null,
      udpStreamTimeout: '0s',
      udpTimeout: '0s',
    },
    detectLocal: { bridgeInterface: '', interfaceNamePrefix: '' },
    detectLocalMode: '',
    enableProfiling: false,
    healthzBindAddress: '',
    hostnameOverride: '',
    iptables: {
      localhostNodePorts: null,
      masqueradeAll: false,
      masqueradeBit: null,
      minSyncPeriod: '0s',
      syncPeriod: '0s',
    },
    kind: 'KubeProxyConfiguration',
    metricsBindAddress: '',
    mode: '',
    nodePortAddresses: null,
    oomScoreAdj: null,
    portRange: '',
    showHiddenMetricsForVersion: '',
  });
}

function kubeconfig(spec: ClusterSpec): string {
  return `apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority: /var/run/secrets/kubernetes.io/serviceaccount/ca.crt
    server: https://${controlPlaneEndpoint(spec)}
  name: default
contexts:
- context:
    cluster: default
    namespace: default
    user: default
  name: default
current-context: default
users:
- name: default
  user:
    tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token`;
}

function daemonSet(): KubeObject {
  const labels = { 'k8s-app': 'kube-proxy' };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { labels, name: 'kube-proxy', namespace: 'kube-system' },
    spec: {
      selector: { matchLabels: labels },
      updateStrategy: { type: 'RollingUpdate' },
      template: {
        metadata: { labels },
        spec: {
          priorityClassName: 'system-node-critical',
          containers: [container()],
          hostNetwork: true,
          serviceAccountName: 'kube-proxy',
          volumes: [
            { name: 'kube-proxy', configMap: { name: 'kube-proxy' } },
            { name: 'xtables-lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
            { name: 'lib-modules', hostPath: { path: '/lib/modules', type: '' } },
          ],
          tolerations: [{ operator: 'Exists' }],
          nodeSelector: { 'kubernetes.io/os': 'linux' },
        },
      },
    },
  };
}

function container(): object {
  return {
    name: 'kube-proxy',
    image: `registry.k8s.io/kube-proxy:${KUBERNETES_VERSION}`,
    imagePullPolicy: 'IfNotPresent',
    command: [
      '/usr/local/bin/kube-proxy',
      '--config=/var/lib/kube-proxy/config.conf',
      '--hostname-override=$(NODE_NAME)',
    ],
    securityContext: { privileged: true },
    volumeMounts: [
      { mountPath: '/var/lib/kube-proxy', name: 'kube-proxy' },
      { mountPath: '/run/xtables.lock', name: 'xtables-lock', readOnly: false },
      { mountPath: '/lib/modules', name: 'lib-modules', readOnly: true },
    ],
    env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
  };
}
