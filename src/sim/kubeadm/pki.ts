/**
 * The certificates and keys that `kubeadm init` makes under /etc/kubernetes/pki, and those of the kubelets.
 * Authorities last ten years, everything else one.
 * @source cmd/kubeadm/app/phases/certs/certlist.go, app/util/pkiutil/pki_helpers.go
 */
import { type Authority, issue, type KeyUsage, newKeyId, privateKeyPem, publicKeyPem } from '../api/certificate.ts';
import { nextFloat, randomStream } from '../kernel/random.ts';
import { EPOCH_MS } from '../kernel/units.ts';
import { BALANCER_IP, type ClusterSpec, type HostSpec, serviceIp } from '../spec.ts';

export const PKI = '/etc/kubernetes/pki';
export const KUBELET_PKI = '/var/lib/kubelet/pki';
const YEAR_MS = 365 * 24 * 3_600_000;
/** Certificates are dated back so that clocks may differ a little. */
const BACKDATE_MS = 5 * 60_000;

export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** What all machines of a cluster share. */
export interface ClusterPki {
  readonly ca: Authority;
  readonly etcdCa: Authority;
  readonly frontProxyCa: Authority;
  readonly serviceAccountKey: { readonly private: string; readonly public: string };
}

export function clusterPki(spec: ClusterSpec): ClusterPki {
  const saKeyId = keyId(spec, 'sa');
  return {
    ca: authority(spec, 'kubernetes'),
    etcdCa: authority(spec, 'etcd-ca'),
    frontProxyCa: authority(spec, 'front-proxy-ca'),
    serviceAccountKey: { private: privateKeyPem(saKeyId), public: publicKeyPem(saKeyId) },
  };
}

/** A key and a certificate for it that is valid for a year from the birth of the cluster. */
export function keyPair(
  spec: ClusterSpec,
  ca: Authority,
  owner: string,
  subject: { readonly cn: string; readonly o?: readonly string[] },
  usages: readonly KeyUsage[],
  sans: readonly string[] = [],
): KeyPair {
  const id = keyId(spec, `${owner}/${subject.cn}`);
  const certificate = issue(ca, {
    subject,
    keyId: id,
    notBefore: EPOCH_MS - BACKDATE_MS,
    notAfter: EPOCH_MS + YEAR_MS,
    sans,
    usages,
  });
  return { certificate, key: privateKeyPem(id) };
}

/** /etc/kubernetes/pki of one control plane. */
export function controlPlanePki(spec: ClusterSpec, pki: ClusterPki, host: HostSpec): Record<string, string> {
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', `kubernetes.default.svc.${spec.domain}`];
  const apiSans = [host.name, ...names, serviceIp(spec, 1), host.ip];
  if (spec.controlPlanes > 1) apiSans.push(BALANCER_IP, 'lb');
  const etcdSans = [host.name, 'localhost', host.ip, '127.0.0.1', '::1'];
  const files: Record<string, string> = {
    [`${PKI}/ca.crt`]: pki.ca.certificate,
    [`${PKI}/ca.key`]: pki.ca.key,
    [`${PKI}/etcd/ca.crt`]: pki.etcdCa.certificate,
    [`${PKI}/etcd/ca.key`]: pki.etcdCa.key,
    [`${PKI}/front-proxy-ca.crt`]: pki.frontProxyCa.certificate,
    [`${PKI}/front-proxy-ca.key`]: pki.frontProxyCa.key,
    [`${PKI}/sa.key`]: pki.serviceAccountKey.private,
    [`${PKI}/sa.pub`]: pki.serviceAccountKey.public,
  };
  const add = (name: string, ca: Authority, cn: string, usages: readonly KeyUsage[], sans: readonly string[] = []) => {
    const pair = keyPair(spec, ca, `${host.name}/${name}`, { cn }, usages, sans);
    files[`${PKI}/${name}.crt`] = pair.certificate;
    files[`${PKI}/${name}.key`] = pair.key;
  };
  const both: readonly KeyUsage[] = ['server auth', 'client auth'];
  add('apiserver', pki.ca, 'kube-apiserver', ['server auth'], apiSans);
  add('apiserver-kubelet-client', pki.ca, 'kube-apiserver-kubelet-client', ['client auth']);
  add('front-proxy-client', pki.frontProxyCa, 'front-proxy-client', ['client auth']);
  add('etcd/server', pki.etcdCa, host.name, both, etcdSans);
  add('etcd/peer', pki.etcdCa, host.name, both, etcdSans);
  add('etcd/healthcheck-client', pki.etcdCa, 'kube-etcd-healthcheck-client', ['client auth']);
  add('apiserver-etcd-client', pki.etcdCa, 'kube-apiserver-etcd-client', ['client auth']);
  return files;
}

/** The kubelet's client certificate and the serving certificate it signs itself. */
export function kubeletPki(spec: ClusterSpec, pki: ClusterPki, host: HostSpec): Record<string, string> {
  const client = keyPair(
    spec,
    pki.ca,
    `${host.name}/kubelet-client`,
    { cn: `system:node:${host.name}`, o: ['system:nodes'] },
    ['client auth'],
  );
  const cn = `${host.name}@${Math.floor(EPOCH_MS / 1_000)}`;
  const caKeyId = keyId(spec, `${host.name}/kubelet-serving-ca`);
  const own: Authority = {
    certificate: issue('self', {
      subject: { cn: `${host.name}-ca@${Math.floor(EPOCH_MS / 1_000)}` },
      keyId: caKeyId,
      notBefore: EPOCH_MS - 3_600_000,
      notAfter: EPOCH_MS + YEAR_MS,
      isCa: true,
    }),
    key: privateKeyPem(caKeyId),
  };
  const serving = keyPair(spec, own, `${host.name}/kubelet`, { cn }, ['server auth'], [host.name]);
  return {
    [`${PKI}/ca.crt`]: pki.ca.certificate,
    [`${KUBELET_PKI}/kubelet-client-current.pem`]: client.certificate + client.key,
    [`${KUBELET_PKI}/kubelet.crt`]: serving.certificate,
    [`${KUBELET_PKI}/kubelet.key`]: serving.key,
  };
}

function authority(spec: ClusterSpec, cn: string): Authority {
  const id = keyId(spec, `${cn}`);
  const certificate = issue('self', {
    subject: { cn },
    keyId: id,
    notBefore: EPOCH_MS - BACKDATE_MS,
    notAfter: EPOCH_MS + 10 * YEAR_MS,
    isCa: true,
  });
  return { certificate, key: privateKeyPem(id) };
}

function keyId(spec: ClusterSpec, name: string): string {
  const stream = randomStream(0, `pki/${spec.name}/${name}`);
  return newKeyId(() => nextFloat(stream));
}
