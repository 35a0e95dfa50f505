import { describe, expect, it } from 'vitest';
import { encodeBase64 } from '../../src/sim/api/base64.ts';
import { networkPrograms } from '../../src/sim/host/iptables.machine.ts';
import { iptablesSave } from '../../src/sim/host/iptables-command.ts';
import { networkOf } from '../../src/sim/host/net-hook.ts';
import type { Program } from '../../src/sim/kernel/kernel.ts';
import { proxyProgram } from '../../src/sim/proxy/proxy.machine.ts';
import { clientCertificate, createWorld } from '../apiserver/world.ts';

describe('kube-proxy with a real API server', () => {
  it('may watch what it needs, and writes the rules of a service that is created', () => {
    const world = createWorld();
    const { kernel } = world;
    const programs = kernel.programs as Map<string, Program>;
    for (const program of [proxyProgram, ...networkPrograms]) programs.set(program.name, program);
    const { certificate, key } = clientCertificate('system:kube-proxy');
    const user = `{ client-certificate-data: ${encodeBase64(certificate)}, client-key-data: ${encodeBase64(key)} }`;
    const cluster = '{ server: "https://192.168.56.11:6443", certificate-authority: /etc/kubernetes/pki/ca.crt }';
    kernel.files.writeHost(
      'node-1',
      '/etc/kubernetes/pki/ca.crt',
      kernel.state.hosts.get('cp-1')!.files.get('/etc/kubernetes/pki/ca.crt')!.content,
    );
    kernel.files.writeHost(
      'node-1',
      '/kubeconfig',
      `current-context: c\ncontexts: [{ name: c, context: { cluster: k, user: u } }]\nclusters: [{ name: k, cluster: ${cluster} }]\nusers: [{ name: u, user: ${user} }]\n`,
    );
    world.post('/api/v1/nodes', { metadata: { name: 'node-1' } });
    world.patch('/api/v1/nodes/node-1/status', {
      status: { addresses: [{ type: 'InternalIP', address: '192.168.56.21' }] },
    });
    kernel.processes.spawn('node-1', {
      name: 'kube-proxy',
      program: 'kube-proxy',
      args: ['--kubeconfig=/kubeconfig', '--cluster-cidr=10.244.0.0/16'],
      log: 'kube-proxy',
    });
    world.run(5);
    const save = () => iptablesSave(networkOf(kernel.state, 'node-1').netfilter, ['-t', 'nat'], 'DATE').stdout;
    expect(
      (kernel.state.hosts.get('node-1')?.logs.get('kube-proxy') ?? []).map(({ text }) => text.replace(/^.*?\] /, '')),
    ).toContain('"Caches are synced" controller="endpoint slice config"');
    expect(save()).toContain('--comment "default/kubernetes:https -> 192.168.56.11:6443" -j KUBE-SEP-');
    world.post('/api/v1/namespaces/default/services', {
      metadata: { name: 'web' },
      spec: { clusterIP: '10.96.0.50', ports: [{ port: 80 }] },
    });
    world.post('/apis/discovery.k8s.io/v1/namespaces/default/endpointslices', {
      metadata: { name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } },
      addressType: 'IPv4',
      ports: [{ name: '', port: 80 }],
      endpoints: [{ addresses: ['10.244.1.2'], conditions: { ready: true } }],
    });
    world.run(3);
    expect(save()).toContain(
      '-A KUBE-SERVICES -d 10.96.0.50/32 -p tcp -m comment --comment "default/web cluster IP" -m tcp --dport 80 -j KUBE-SVC-',
    );
    expect(save()).toContain('--to-destination 10.244.1.2:80');
  });
});
