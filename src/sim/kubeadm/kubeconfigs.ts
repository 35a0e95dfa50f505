/**
 * The kubeconfig files of administrators, kubelets and control plane components, as kubeadm writes them.
 * @source cmd/kubeadm/app/phases/kubeconfig/kubeconfig.go, app/util/kubeconfig/kubeconfig.go
 */
import { encodeBase64 } from '../api/base64.ts';
import { API_PORT, type ClusterSpec, controlPlaneEndpoint, type HostSpec } from '../spec.ts';
import { type ClusterPki, type KeyPair, KUBELET_PKI, keyPair } from './pki.ts';
import { yamlOf } from './yaml.ts';

const CLUSTER_NAME = 'kubernetes';

/** admin.conf: who holds it may do anything, by the ClusterRoleBinding `kubeadm:cluster-admins`. */
export function adminKubeconfig(spec: ClusterSpec, pki: ClusterPki, owner: string): string {
  const subject = { cn: 'kubernetes-admin', o: ['kubeadm:cluster-admins'] };
  const pair = keyPair(spec, pki.ca, `${owner}/admin.conf`, subject, ['client auth']);
  return kubeconfig(controlPlaneEndpoint(spec), pki.ca.certificate, 'kubernetes-admin', inline(pair));
}

/** super-admin.conf, admin.conf, controller-manager.conf and scheduler.conf of one control plane. */
export function controlPlaneKubeconfigs(spec: ClusterSpec, pki: ClusterPki, host: HostSpec): Record<string, string> {
  const local = `${host.ip}:${API_PORT}`;
  const component = (user: string) => {
    const pair = keyPair(spec, pki.ca, `${host.name}/${user}`, { cn: user }, ['client auth']);
    return kubeconfig(local, pki.ca.certificate, user, inline(pair));
  };
  const superSubject = { cn: 'kubernetes-super-admin', o: ['system:masters'] };
  const superPair = keyPair(spec, pki.ca, `${host.name}/super-admin.conf`, superSubject, ['client auth']);
  return {
    '/etc/kubernetes/admin.conf': adminKubeconfig(spec, pki, host.name),
    '/etc/kubernetes/super-admin.conf': kubeconfig(
      controlPlaneEndpoint(spec),
      pki.ca.certificate,
      'kubernetes-super-admin',
      inline(superPair),
    ),
    '/etc/kubernetes/controller-manager.conf': component('system:kube-controller-manager'),
    '/etc/kubernetes/scheduler.conf': component('system:kube-scheduler'),
  };
}

/** kubelet.conf: its certificate is in a file of its own, because it is rotated. */
export function kubeletKubeconfig(spec: ClusterSpec, pki: ClusterPki, host: HostSpec): string {
  const current = `${KUBELET_PKI}/kubelet-client-current.pem`;
  return kubeconfig(
    controlPlaneEndpoint(spec),
    pki.ca.certificate,
    host.role === 'controlPlane' ? `system:node:${host.name}` : 'default-auth',
    { 'client-certificate': current, 'client-key': current },
    host.role === 'controlPlane' ? undefined : 'default',
  );
}

/** The kubeconfig in the public ConfigMap `cluster-info`: where the cluster is, nobody's credentials. */
export function clusterInfoKubeconfig(spec: ClusterSpec, pki: ClusterPki): string {
  return yamlOf({
    apiVersion: 'v1',
    clusters: [{ cluster: clusterOf(controlPlaneEndpoint(spec), pki.ca.certificate), name: '' }],
    contexts: null,
    'current-context': '',
    kind: 'Config',
    users: null,
  });
}

function kubeconfig(server: string, ca: string, user: string, credentials: object, context?: string): string {
  const name = context ?? `${user}@${CLUSTER_NAME}`;
  const cluster = context === undefined ? CLUSTER_NAME : 'default-cluster';
  return yamlOf({
    apiVersion: 'v1',
    clusters: [{ cluster: clusterOf(server, ca), name: cluster }],
    contexts: [
      {
        context: { cluster, ...(context === undefined ? {} : { namespace: 'default' }), user },
        name: context === undefined ? name : 'default-context',
      },
    ],
    'current-context': context === undefined ? name : 'default-context',
    kind: 'Config',
    users: [{ name: user, user: credentials }],
  });
}

function clusterOf(server: string, ca: string): object {
  return { 'certificate-authority-data': encodeBase64(ca), server: `https://${server}` };
}

function inline(pair: KeyPair): object {
  return { 'client-certificate-data': encodeBase64(pair.certificate), 'client-key-data': encodeBase64(pair.key) };
}
