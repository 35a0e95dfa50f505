/**
 * All files that `kubeadm init` and `kubeadm join` leave behind, for every machine of a cluster: the state of the disks
 * before anything is started.
 */
import { type ClusterSpec, hostsOf } from '../spec.ts';
import { adminKubeconfig, controlPlaneKubeconfigs, kubeletKubeconfig } from './kubeconfigs.ts';
import { nodeFiles, plainFiles } from './node-files.ts';
import { clusterPki, controlPlanePki, kubeletPki, PKI } from './pki.ts';
import { staticPodManifests } from './static-pods.ts';

/** Path → content. */
export type HostFiles = Readonly<Record<string, string>>;

/** Host name → its files. The learner's kubeconfig on the laptop is `/root/.kube/config`. */
export function kubeadmFiles(spec: ClusterSpec): ReadonlyMap<string, HostFiles> {
  let files = known.get(spec);
  if (files === undefined) {
    files = makeFiles(spec);
    known.set(spec, files);
  }
  return files;
}

/** Spares making the files of a specification that were made before, by the build. */
export function rememberKubeadmFiles(spec: ClusterSpec, files: Readonly<Record<string, HostFiles>>): void {
  known.set(spec, new Map(Object.entries(files)));
}

/** The same specification leaves the same files: keys and serial numbers follow from it. */
const known = new WeakMap<ClusterSpec, ReadonlyMap<string, HostFiles>>();

function makeFiles(spec: ClusterSpec): ReadonlyMap<string, HostFiles> {
  const pki = clusterPki(spec);
  const all = new Map<string, HostFiles>();
  for (const host of hostsOf(spec)) {
    switch (host.role) {
      case 'laptop':
        all.set(host.name, {
          ...plainFiles(spec, host),
          '/root/.kube/config': adminKubeconfig(spec, pki, host.name),
          [`${PKI}/ca.crt`]: pki.ca.certificate,
        });
        break;
      case 'balancer':
        all.set(host.name, { ...plainFiles(spec, host), '/etc/haproxy/haproxy.cfg': balancerConfig(spec) });
        break;
      default:
        all.set(host.name, {
          ...nodeFiles(spec, host),
          ...kubeletPki(spec, pki, host),
          '/etc/kubernetes/kubelet.conf': kubeletKubeconfig(spec, pki, host),
          ...(host.role === 'controlPlane'
            ? {
                ...controlPlanePki(spec, pki, host),
                ...controlPlaneKubeconfigs(spec, pki, host),
                ...staticPodManifests(spec, host),
                '/root/.kube/config': adminKubeconfig(spec, pki, host.name),
                '/root/.bashrc': ETCDCTL_SETTINGS,
              }
            : {}),
        });
    }
  }
  return all;
}

/** Which API servers the balancer sends connections to, as HAProxy reads it: plain TCP, one connection each in turn. */
function balancerConfig(spec: ClusterSpec): string {
  const servers = hostsOf(spec)
    .filter((host) => host.role === 'controlPlane')
    .map((host) => `    server ${host.name} ${host.ip}:6443 check inter 2s fall 3 rise 2`);
  return `defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h

frontend kube-apiserver
    bind *:6443
    default_backend control-planes

backend control-planes
    balance roundrobin
    option tcp-check
${servers.join('\n')}
`;
}

/** What every administrator writes down once: how etcdctl reaches the member of this machine, and as whom. Not kubeadm's. */
const ETCDCTL_SETTINGS = `export ETCDCTL_ENDPOINTS=https://127.0.0.1:2379
export ETCDCTL_CACERT=${PKI}/etcd/ca.crt
export ETCDCTL_CERT=${PKI}/etcd/healthcheck-client.crt
export ETCDCTL_KEY=${PKI}/etcd/healthcheck-client.key
`;
