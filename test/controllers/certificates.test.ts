import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from '../../src/sim/api/base64.ts';
import { parseCertificates, signingRequestPem, verify } from '../../src/sim/api/certificate.ts';
import type { CertificateSigningRequest, ConfigMap, RoleObject } from '../../src/sim/api/types.ts';
import { createCluster, type TestCluster } from './cluster.ts';

function request(name: string, cn: string, o: readonly string[], spec: object, sans: readonly string[] = []): object {
  const pem = signingRequestPem({ subject: { cn, o }, sans, keyId: 'feedfacecafebeef' });
  const usages = ['digital signature', 'key encipherment', 'client auth'];
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name },
    spec: { request: encodeBase64(pem), usages, signerName: 'kubernetes.io/kube-apiserver-client', ...spec },
  };
}
const csr = (c: TestCluster, name: string) => c.get<CertificateSigningRequest>(`certificatesigningrequest/${name}`);
const certificate = (c: TestCluster, name: string) => decodeBase64(csr(c, name)?.status?.certificate ?? '') ?? '';
const conditions = (c: TestCluster, name: string) =>
  (csr(c, name)?.status?.conditions ?? []).map(({ type, reason, message }) => `${type} ${reason} ${message}`);
const approve = (c: TestCluster, name: string) =>
  c.patch(
    `certificatesigningrequest/${name}`,
    { status: { conditions: [{ type: 'Approved', status: 'True', reason: 'KubectlApprove', message: 'yes' }] } },
    'approval',
  );

describe('a certificate signing request', () => {
  it('is signed with the cluster authority once it is approved', () => {
    const c = createCluster();
    c.create(request('jane', 'jane', ['dev'], { expirationSeconds: 86_400 }));
    expect(c.writesIn(5)).toEqual([]);
    approve(c, 'jane');
    c.until(() => certificate(c, 'jane') !== '');
    const [issued] = parseCertificates(certificate(c, 'jane'));
    expect(issued).toMatchObject({
      subject: { cn: 'jane', o: ['dev'] },
      issuer: { cn: 'kubernetes' },
      usages: ['client auth'],
    });
    expect(Math.round((issued!.notAfter - issued!.notBefore) / 1000)).toBe(86_400);
    const ca = c.kernel.state.hosts.get('cp-1')!.files.get('/etc/kubernetes/pki/ca.crt')!.content;
    const nowMs = Date.parse('2026-01-01T09:05:00Z');
    expect(verify(certificate(c, 'jane'), { roots: ca, nowMs, usage: 'client auth' })).toBeUndefined();
  });

  it('fails where its signer cannot give what it asks for', () => {
    const c = createCluster();
    c.create(
      request('serving', 'system:node:node-1', ['system:nodes'], {
        signerName: 'kubernetes.io/kubelet-serving',
        usages: ['digital signature', 'server auth'],
      }),
    );
    approve(c, 'serving');
    c.until(() => conditions(c, 'serving').length === 2);
    expect(conditions(c, 'serving')[1]).toBe('Failed SignerValidationFailure DNS or IP subjectAltName is required');
    c.create(request('odd', 'jane', [], { usages: ['server auth'] }));
    approve(c, 'odd');
    c.until(() => conditions(c, 'odd').length === 2);
    expect(conditions(c, 'odd')[1]).toBe(
      'Failed SignerValidationFailure invalid usage for client certificate: server auth',
    );
    expect(c.writesIn(60)).toEqual([]);
  });

  it('of a kubelet is approved by itself when RBAC allows it, and only then', () => {
    const c = createCluster();
    const spec = { signerName: 'kubernetes.io/kube-apiserver-client-kubelet' };
    // The administrator may do everything, so may this.
    c.create(request('node', 'system:node:node-9', ['system:nodes'], spec));
    c.until(() => certificate(c, 'node') !== '');
    expect(conditions(c, 'node')).toEqual([
      'Approved AutoApproved Auto approving kubelet client certificate after SubjectAccessReview.',
    ]);
    c.create(request('other', 'jane', ['dev'], spec));
    c.run(5);
    expect(conditions(c, 'other')).toEqual([]);
  });
});

describe('roles and tokens', () => {
  it('aggregates the rules of roles with the right labels', () => {
    const c = createCluster();
    const rule = { apiGroups: ['example.com'], resources: ['widgets'], verbs: ['get'] };
    const labels = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' };
    c.create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'widgets', labels },
      rules: [rule],
    });
    const has = (name: string) =>
      c.get<RoleObject>(`clusterrole/${name}`)?.rules?.some(({ resources }) => resources?.includes('widgets')) === true;
    c.until(() => has('view') && has('edit') && has('admin'));
    c.delete('clusterrole/widgets');
    c.until(() => !has('view') && !has('edit') && !has('admin'));
    expect(c.writesIn(30)).toEqual([]);
  });

  it('signs cluster-info with bootstrap tokens, and deletes expired ones', () => {
    const c = createCluster();
    c.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'cluster-info', namespace: 'kube-public' },
      data: { kubeconfig: 'x: y\n' },
    });
    const data = {
      'token-id': 'abcdef',
      'token-secret': '0123456789abcdef',
      'usage-bootstrap-signing': 'true',
      expiration: '2026-01-01T09:02:00Z',
    };
    const encoded = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, encodeBase64(value)]));
    c.create({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'bootstrap-token-abcdef', namespace: 'kube-system' },
      type: 'bootstrap.kubernetes.io/token',
      data: encoded,
    });
    const signature = () => c.get<ConfigMap>('configmap/kube-public/cluster-info')?.data?.['jws-kubeconfig-abcdef'];
    c.until(() => signature() !== undefined);
    expect(signature()).toMatch(/^eyJ[\w-]+\.\.[\w-]{43}$/);
    c.until(() => c.get('secret/kube-system/bootstrap-token-abcdef') === undefined, 200);
    c.until(() => signature() === undefined);
  });
});
