import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { parseCertificates, verify } from '../../src/sim/api/certificate.ts';
import { configFromKubeconfig } from '../../src/sim/client/api-client.ts';
import { EPOCH_MS } from '../../src/sim/kernel/units.ts';
import { addonManifests } from '../../src/sim/kubeadm/addons.ts';
import { kubeadmFiles } from '../../src/sim/kubeadm/files.ts';
import { yamlOf } from '../../src/sim/kubeadm/yaml.ts';
import { controlPlaneEndpoint, hostsOf, NAMED_CLUSTERS, parseClusterSpec } from '../../src/sim/spec.ts';

const { ha, small, big } = NAMED_CLUSTERS;

describe('a cluster spec', () => {
  it('names the machines, their addresses and their slices of the pod network', () => {
    expect(hostsOf(small).map((host) => `${host.name} ${host.ip} ${host.podCidr}`)).toEqual([
      'laptop 192.168.56.1 ',
      'cp-1 192.168.56.11 10.244.0.0/24',
      'node-1 192.168.56.21 10.244.1.0/24',
      'node-2 192.168.56.22 10.244.2.0/24',
      'node-3 192.168.56.23 10.244.3.0/24',
    ]);
    expect(controlPlaneEndpoint(ha)).toBe('192.168.56.10:6443');
    expect(hostsOf(big).at(-1)).toMatchObject({ name: 'node-100', ip: '192.168.56.120', podCidr: '10.244.102.0/24' });
  });

  it('is read from YAML, and says clearly what is wrong', () => {
    const good = parseClusterSpec('workers: 2\nflags: {kube-apiserver: {v: 4}}\ncapacity: {hosts: {node-2: {cpu: 8}}}');
    expect(good.ok && hostsOf(good.spec).at(-1)?.capacity.cpu).toBe('8');
    const bad = parseClusterSpec(
      'workers: many\nnodes: 3\ncidrs: {pods: 10.0.0.0/99}\ncapacity: {worker: {cpu: lots}}',
    );
    expect(bad.ok ? [] : bad.errors).toEqual([
      'nodes: unknown; known are name, controlPlanes, workers, capacity, zones, cidrs, domain, latencies, flags, addons',
      'capacity.worker.cpu: "lots" is not a positive quantity such as "4" or "8Gi"',
      'workers: must be a whole number from 0 to 5000, not "many"',
      'cidrs.pods: "10.0.0.0/99" is not an IPv4 network from /8 to /24 such as "10.244.0.0/16"',
    ]);
    expect(parseClusterSpec('a: [').ok).toBe(false);
  });
});

describe('what kubeadm leaves behind', () => {
  const files = kubeadmFiles(ha);

  it('writes the manifests as kubeadm does', async () => {
    await expect(files.get('cp-2')?.['/etc/kubernetes/manifests/kube-apiserver.yaml']).toMatchFileSnapshot(
      'kube-apiserver.txt',
    );
    await expect(files.get('cp-2')?.['/etc/kubernetes/manifests/etcd.yaml']).toMatchFileSnapshot('etcd.txt');
    expect(files.get('node-1')?.['/etc/kubernetes/manifests/etcd.yaml']).toBeUndefined();
  });

  it('writes YAML that says what it should', () => {
    const value = {
      strings: [
        'true',
        'no',
        '',
        '12',
        '1.5',
        '0x1f',
        '1e3',
        'a: b',
        'a b',
        '# x',
        "it's",
        '"q"',
        '-',
        '--flag=a:b',
        '--x=y:',
        '$(NAME)',
        '*',
        '&a',
        '100m',
        'x:',
        'a\nb',
        '2026-01-01',
        '~',
        '@x',
        '192.168.1.1',
        '10.0.0.0/8',
        '::1',
        'https://1.2.3.4:6443',
        'user@host',
        '!x',
        '%x',
        '{}',
        '[a]',
        'null',
      ],
      nested: [{ b: 1, a: [[1, 2], { c: {} }] }, [], {}],
      'odd key: x': { true: null },
      number: 1.5,
      flag: false,
    };
    expect(load(yamlOf(value))).toEqual(value);
  });

  it('makes certificates that the cluster trusts', () => {
    const cp = files.get('cp-1') ?? {};
    const pki = (name: string) => cp[`/etc/kubernetes/pki/${name}`] ?? '';
    const check = (name: string, ca: string, host: string) =>
      verify(pki(name), { roots: pki(ca), nowMs: EPOCH_MS, name: host, usage: 'server auth' });
    expect(check('apiserver.crt', 'ca.crt', '10.96.0.1')).toBeUndefined();
    expect(check('apiserver.crt', 'ca.crt', '192.168.56.10')).toBeUndefined();
    expect(check('etcd/server.crt', 'etcd/ca.crt', '127.0.0.1')).toBeUndefined();
    expect(check('apiserver.crt', 'ca.crt', '192.168.56.12')).toContain('x509: certificate is valid for');
    const kubelet = parseCertificates(cp['/var/lib/kubelet/pki/kubelet-client-current.pem'] ?? '')[0];
    expect(kubelet?.subject).toEqual({ cn: 'system:node:cp-1', o: ['system:nodes'] });
  });

  it('writes kubeconfigs that clients can read', () => {
    const config = configFromKubeconfig(files.get('laptop')?.['/root/.kube/config'], 'config', 'kubectl');
    expect(config.ok && config.config.server).toBe('192.168.56.10:6443');
    expect(config.ok && parseCertificates(config.config.tls.certificate ?? '')[0]?.subject.o).toEqual([
      'kubeadm:cluster-admins',
    ]);
    expect(load(files.get('node-1')?.['/var/lib/kubelet/config.yaml'] ?? '')).toMatchObject({
      clusterDNS: ['10.96.0.10'],
    });
  });

  it('adds the add-ons and the rights they need', () => {
    const names = addonManifests(small).map((object) => `${object.kind} ${object.metadata.name}`);
    expect(names).toContain('DaemonSet kube-proxy');
    expect(names).toContain('Service kube-dns');
    expect(names).toContain('ClusterRoleBinding kubeadm:cluster-admins');
    expect(new Set(names.map((name, i) => name + (addonManifests(small)[i]?.metadata.namespace ?? ''))).size).toBe(
      names.length,
    );
  });
});
