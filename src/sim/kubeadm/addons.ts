/**
 * What kubeadm puts into the API once it answers: its own ConfigMaps, the rights it grants, kube-proxy and CoreDNS.
 * @source cmd/kubeadm/app/phases/{uploadconfig,kubelet,bootstraptoken,markcontrolplane}, app/phases/addons/{dns,proxy}
 */
import type { KubeObject } from '../api/types.ts';
import { type ClusterSpec, controlPlaneEndpoint, hostsOf, KUBERNETES_VERSION } from '../spec.ts';
import { corednsObjects } from './coredns.ts';
import { kubeProxyObjects } from './kube-proxy.ts';
import { clusterInfoKubeconfig } from './kubeconfigs.ts';
import { kubeletConfiguration } from './node-files.ts';
import { clusterPki } from './pki.ts';
import { binding, configMap, readRole } from './rbac.ts';
import { sorted, yamlOf } from './yaml.ts';

const BOOTSTRAPPERS = 'system:bootstrappers:kubeadm:default-node-token';
const NODES = 'system:nodes';

/** Objects to create as `kubernetes-super-admin` (group `system:masters`), in this order. */
export function addonManifests(spec: ClusterSpec): KubeObject[] {
  return [
    ...administrators(),
    ...uploadedConfiguration(spec),
    ...bootstrapRights(),
    ...clusterInfo(spec),
    ...(spec.addons.coredns === false ? [] : corednsObjects(spec, spec.addons.coredns.replicas)),
    ...(spec.addons.kubeProxy ? kubeProxyObjects(spec) : []),
  ];
}

/** What is patched (strategic merge) onto the nodes of the control plane once they have registered. */
export function controlPlaneMarks(spec: ClusterSpec): { readonly node: string; readonly patch: object }[] {
  const patch = {
    metadata: {
      labels: {
        'node-role.kubernetes.io/control-plane': '',
        'node.kubernetes.io/exclude-from-external-load-balancers': '',
      },
    },
    spec: { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] },
  };
  return hostsOf(spec)
    .filter((host) => host.role === 'controlPlane')
    .map((host) => ({ node: host.name, patch }));
}

function administrators(): KubeObject[] {
  return [binding('ClusterRole', 'kubeadm:cluster-admins', 'cluster-admin', [group('kubeadm:cluster-admins')])];
}

function uploadedConfiguration(spec: ClusterSpec): KubeObject[] {
  const readers = [group(BOOTSTRAPPERS), group(NODES)];
  return [
    configMap('kubeadm-config', { ClusterConfiguration: clusterConfiguration(spec) }),
    readRole('kubeadm:nodes-kubeadm-config', 'kube-system', 'kubeadm-config'),
    binding('Role', 'kubeadm:nodes-kubeadm-config', 'kubeadm:nodes-kubeadm-config', readers, 'kube-system'),
    configMap('kubelet-config', { kubelet: kubeletConfiguration(spec) }),
    readRole('kubeadm:kubelet-config', 'kube-system', 'kubelet-config'),
    binding(
      'Role',
      'kubeadm:kubelet-config',
      'kubeadm:kubelet-config',
      [group(NODES), group(BOOTSTRAPPERS)],
      'kube-system',
    ),
  ];
}

function bootstrapRights(): KubeObject[] {
  const certificates = 'system:certificates.k8s.io:certificatesigningrequests';
  const getNodes: KubeObject = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'kubeadm:get-nodes' },
    rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }],
  };
  return [
    getNodes,
    binding('ClusterRole', 'kubeadm:get-nodes', 'kubeadm:get-nodes', [group(BOOTSTRAPPERS)]),
    binding('ClusterRole', 'kubeadm:kubelet-bootstrap', 'system:node-bootstrapper', [group(BOOTSTRAPPERS)]),
    binding('ClusterRole', 'kubeadm:node-autoapprove-bootstrap', `${certificates}:nodeclient`, [group(BOOTSTRAPPERS)]),
    binding('ClusterRole', 'kubeadm:node-autoapprove-certificate-rotation', `${certificates}:selfnodeclient`, [
      group(NODES),
    ]),
    binding('ClusterRole', 'kubeadm:apiserver-kubelet-client', 'system:kubelet-api-admin', [
      { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'kube-apiserver-kubelet-client' },
    ]),
  ];
}

function clusterInfo(spec: ClusterSpec): KubeObject[] {
  const name = 'kubeadm:bootstrap-signer-clusterinfo';
  const anonymous = { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:anonymous' };
  return [
    configMap('cluster-info', { kubeconfig: clusterInfoKubeconfig(spec, clusterPki(spec)) }, 'kube-public'),
    readRole(name, 'kube-public', 'cluster-info'),
    binding('Role', name, name, [anonymous], 'kube-public'),
  ];
}

function clusterConfiguration(spec: ClusterSpec): string {
  const extra = (component: 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler' | 'etcd') => {
    const flags = Object.entries(spec.flags[component] ?? {});
    return flags.length === 0 ? undefined : flags.map(([name, value]) => ({ name, value }));
  };
  return yamlOf(
    sorted({
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      apiServer: { extraArgs: extra('kube-apiserver') },
      caCertificateValidityPeriod: '87600h0m0s',
      certificateValidityPeriod: '8760h0m0s',
      certificatesDir: '/etc/kubernetes/pki',
      clusterName: 'kubernetes',
      controlPlaneEndpoint: spec.controlPlanes > 1 ? controlPlaneEndpoint(spec) : undefined,
      controllerManager: { extraArgs: extra('kube-controller-manager') },
      dns: {},
      encryptionAlgorithm: 'RSA-2048',
      etcd: { local: { dataDir: spec.flags.etcd?.['data-dir'] ?? '/var/lib/etcd', extraArgs: extra('etcd') } },
      imageRepository: 'registry.k8s.io',
      kind: 'ClusterConfiguration',
      kubernetesVersion: KUBERNETES_VERSION,
      networking: { dnsDomain: spec.domain, podSubnet: spec.cidrs.pods, serviceSubnet: spec.cidrs.services },
      proxy: {},
      scheduler: { extraArgs: extra('kube-scheduler') },
    }),
  );
}

function group(name: string): { apiGroup: string; kind: string; name: string } {
  return { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name };
}
