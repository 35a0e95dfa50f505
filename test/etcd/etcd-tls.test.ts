import { describe, expect, it } from 'vitest';
import { handshake } from '../../src/sim/api/certificate.ts';
import { etcdProgram } from '../../src/sim/etcd/etcd.machine.ts';
import { addHost, createKernel, createKernelState, EXTERNAL, type Kernel } from '../../src/sim/kernel/kernel.ts';
import { SECOND } from '../../src/sim/kernel/units.ts';
import { kubeadmFiles } from '../../src/sim/kubeadm/files.ts';
import { hostsOf, NAMED_CLUSTERS } from '../../src/sim/spec.ts';

const PKI = '/etc/kubernetes/pki';

/** The control planes of the `ha` cluster with kubeadm's files, of which only etcd is started, from its manifest. */
function haEtcd() {
  const spec = NAMED_CLUSTERS.ha;
  const state = createKernelState(3);
  const answers = new Map<number, { ok: boolean; body: unknown; error: unknown }>();
  const kernel = createKernel(state, new Map([['etcd', etcdProgram]]), {
    handshake,
    external: (_process, event) => {
      if (event.type !== 'REPLY') return;
      answers.set(event['call'] as number, { ok: event['ok'] === true, body: event['body'], error: event['error'] });
    },
  });
  for (const { name, ip } of hostsOf(spec)) addHost(state, name, ip);
  for (const [host, files] of kubeadmFiles(spec)) {
    for (const [path, content] of Object.entries(files)) kernel.files.writeHost(host, path, content);
  }
  const names = ['cp-1', 'cp-2', 'cp-3'];
  for (const name of names) start(kernel, name);
  const ask = (from: string, address: string, body: unknown, certificate?: string, key?: string) => {
    const id = `${from}/curl`;
    if (!state.processes.has(id)) {
      kernel.processes.spawn(from, { name: 'curl', program: EXTERNAL, args: [], log: 'curl' });
    }
    const read = (path: string | undefined) =>
      path === undefined ? undefined : state.hosts.get(from)!.files.get(path)?.content;
    let call = 0;
    kernel.as(state.processes.get(id)!, (io) => {
      const tls = { ca: read(`${PKI}/etcd/ca.crt`), certificate: read(certificate), key: read(key) };
      call = io.request(address, body, { tls, timeoutMs: 4_000 });
    });
    kernel.runUntil(state.now + 5 * SECOND);
    return answers.get(call)!;
  };
  return { kernel, names, ask };
}

function start(kernel: Kernel, name: string): void {
  const manifest = kernel.state.hosts.get(name)!.files.get('/etc/kubernetes/manifests/etcd.yaml')!.content;
  const args = [...manifest.matchAll(/^ +- (--.*)$/gm)].map(([, argument]) => argument!);
  kernel.processes.spawn(name, { name: 'etcd', program: 'etcd', args, log: 'etcd' });
}

const leaders = (kernel: Kernel, names: readonly string[]) =>
  names.filter((name) => kernel.state.processes.get(`${name}/etcd`)?.state === 'leader');

describe("etcd from kubeadm's manifest", () => {
  it('forms a cluster over mutual TLS and serves the API server', () => {
    const { kernel, names, ask } = haEtcd();
    kernel.runUntil(4 * SECOND);
    expect(leaders(kernel, names)).toHaveLength(1);
    const put = { method: 'Put', key: '/registry/x', value: 'y' };
    const client = [`${PKI}/apiserver-etcd-client.crt`, `${PKI}/apiserver-etcd-client.key`] as const;
    expect(ask('cp-1', '127.0.0.1:2379', put, ...client)).toMatchObject({ ok: true, body: { ok: true } });
    expect(ask('cp-2', '192.168.56.11:2379', put, ...client)).toMatchObject({ ok: true, body: { ok: true } });
  });

  it('refuses clients without a certificate', () => {
    const { kernel, ask } = haEtcd();
    kernel.runUntil(4 * SECOND);
    const refused = ask('cp-1', '127.0.0.1:2379', { method: 'Range', key: 'a' });
    expect(refused.ok).toBe(false);
    expect(String(refused.error)).toContain('tls');
  });

  it('loses a member whose peer certificate is not trusted, and takes it back when the file is right again', () => {
    const { kernel, names } = haEtcd();
    kernel.runUntil(4 * SECOND);
    const victim = names.find((name) => !leaders(kernel, names).includes(name))!;
    const { files } = kernel.state.hosts.get(victim)!;
    const good = files.get(`${PKI}/etcd/peer.crt`)!.content;
    kernel.files.writeHost(victim, `${PKI}/etcd/peer.crt`, files.get(`${PKI}/ca.crt`)!.content);
    kernel.processes.signal(`${victim}/etcd`, 'SIGKILL');
    kernel.runUntil(kernel.state.now + SECOND);
    start(kernel, victim);
    kernel.runUntil(kernel.state.now + 10 * SECOND);
    expect(kernel.state.processes.get(`${victim}/etcd`)?.state).not.toBe('leader');
    const log = () => (kernel.state.hosts.get(victim)!.logs.get('etcd') ?? []).map(({ text }) => text).join('\n');
    expect(log()).toContain('prober detected unhealthy status');
    expect(log().match(/ready to serve client requests/g)).toHaveLength(1);
    kernel.files.writeHost(victim, `${PKI}/etcd/peer.crt`, good);
    kernel.runUntil(kernel.state.now + 10 * SECOND);
    expect(log().match(/ready to serve client requests/g)).toHaveLength(2);
  });
});
