import { describe, expect, it } from 'vitest';
import { iptables } from '../../src/sim/host/iptables-command.ts';
import { networkOf } from '../../src/sim/host/net-hook.ts';
import { clonePlain } from '../../src/sim/kernel/clone.ts';
import { checkNetfilter } from '../../src/sim/netfilter-law.ts';
import { netfilterOf } from '../../src/sim/proxy/memory.ts';
import { node, ProxyWorld, service, slice } from './proxy-world.ts';

const WEB = service('web', '10.96.0.50', {
  type: 'NodePort',
  ports: [{ name: 'http', port: 80, protocol: 'TCP', nodePort: 30080 }],
});

function webWorld(): ProxyWorld {
  const world = new ProxyWorld();
  world.web('node-1', '10.244.1.2');
  world.web('node-2', '10.244.2.2');
  world.caller('node-1', '10.244.1.9');
  world.put(WEB, slice('web', ['10.244.1.2', '10.244.2.2']));
  world.proxy('node-1');
  world.proxy('node-2');
  world.advance(5);
  return world;
}

describe('kube-proxy', () => {
  it('makes services reachable from pods, nodes and the outside', () => {
    const world = webWorld();
    for (const [process, address] of [
      ['node-1/caller-10.244.1.9', '10.96.0.50:80'],
      ['node-2/caller', '10.96.0.50:80'],
      ['laptop/caller', '192.168.56.21:30080'],
      ['node-1/caller', '127.0.0.1:30080'],
    ] as const)
      expect(world.call(process, address)).toMatchObject({
        status: 200,
        body: expect.stringMatching(/^hello from 10\.244\.[12]\.2$/),
      });
  });

  it('refuses for a service without endpoints, and knows nothing of one that is gone', () => {
    const world = webWorld();
    world.put(slice('web', []));
    world.advance(3);
    expect(world.call('node-1/caller', '10.96.0.50:80')).toMatch(/connection refused/);
    world.remove(WEB);
    world.advance(3);
    expect(world.call('node-1/caller', '10.96.0.50:80')).toMatch(/no route to host/);
  });

  it('leaves its rules behind when it dies: new endpoints are unknown, dead ones still used', () => {
    const world = webWorld();
    world.kernel.processes.signal('node-1/kube-proxy', 'SIGKILL');
    const before = world.save('node-1');
    world.put(slice('web', ['10.244.2.7']));
    world.advance(60);
    expect(world.save('node-1')).toBe(before);
    expect(world.save('node-2')).toContain('10.244.2.7:8080');
    world.proxy('node-1');
    world.advance(5);
    expect(world.save('node-1')).toContain('10.244.2.7:8080');
    expect(world.save('node-1')).not.toContain('10.244.1.2');
  });

  it('keeps the law: rules on the node = f(what it has seen)', () => {
    const world = webWorld();
    for (let i = 0; i < 20; i++) {
      const ips = Array.from({ length: (i * 7) % 5 }, (_, n) => `10.244.${1 + (n % 2)}.${20 + n + i}`);
      world.put(slice('web', ips));
      if (i % 3 === 0) world.put(service(`other-${i}`, `10.96.1.${i}`), slice(`other-${i}`, ips));
      if (i % 4 === 3) world.remove(service(`other-${i - 3}`, `10.96.1.${i - 3}`));
      world.advance(i % 2 === 0 ? 0.2 : 3);
    }
    world.advance(5);
    expect(netfilterOf(world.memory('node-1'))).toBeDefined();
    expect(checkNetfilter(world.kernel.state)).toEqual([]);
    iptables(networkOf(world.kernel.state, 'node-2').netfilter, ['-t', 'nat', '-D', 'KUBE-SERVICES', '1']);
    expect(checkNetfilter(world.kernel.state)).toMatchObject([
      { law: 'K15', detail: expect.stringContaining('KUBE-SERVICES') },
    ]);
  });

  it('writes not more often than minSyncPeriod', () => {
    const world = webWorld();
    const before = world.memory('node-1').restores;
    for (let i = 0; i < 30; i++) {
      world.put(slice('web', [`10.244.1.${30 + i}`]));
      world.advance(0.1);
    }
    expect(world.memory('node-1').restores - before).toBeLessThanOrEqual(5);
    world.advance(2);
    expect(world.save('node-1')).toContain('10.244.1.59:8080');
  });

  it('notices within its sync period that somebody flushed everything', () => {
    const world = webWorld();
    const { netfilter } = networkOf(world.kernel.state, 'node-1');
    for (const table of ['filter', 'nat', 'mangle']) {
      iptables(netfilter, ['-t', table, '-F']);
      iptables(netfilter, ['-t', table, '-X']);
    }
    expect(world.call('node-1/caller', '10.96.0.50:80')).toMatch(/no route/);
    world.advance(30);
    expect(world.call('node-1/caller', '10.96.0.50:80')).toMatchObject({ status: 200 });
  });

  it('answers health checks', () => {
    const world = webWorld();
    const answer = world.call('laptop/caller', '192.168.56.21:10256', { method: 'GET', path: '/healthz' });
    expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('"nodeEligible":true') });
    expect(world.call('node-1/caller', '127.0.0.1:10249', { method: 'GET', path: '/proxyMode' })).toMatchObject({
      body: 'iptables',
    });
    expect(world.call('laptop/caller', '192.168.56.21:10249', { method: 'GET', path: '/proxyMode' })).toMatch(
      /refused/,
    );
  });

  it('retries when iptables-restore fails', () => {
    const world = webWorld();
    const { netfilter } = networkOf(world.kernel.state, 'node-1');
    // Somebody jumps to one of its chains from a chain that it does not know.
    iptables(netfilter, ['-t', 'nat', '-F', 'KUBE-SERVICES']);
    world.put(slice('web', ['10.244.1.2']));
    world.advance(3);
    expect(world.call('node-1/caller', '10.96.0.50:80')).toMatchObject({ body: 'hello from 10.244.1.2' });
  });

  it('uses the endpoints of its zone when they are hinted, and hears when the node moves', () => {
    const world = webWorld();
    const hinted = slice('web', ['10.244.1.2', '10.244.2.2']);
    const zones = ['a', 'b'];
    const endpoints = hinted.endpoints!.map((endpoint, i) => ({
      ...endpoint,
      hints: { forZones: [{ name: zones[i] }] },
    }));
    world.put({ ...hinted, endpoints });
    world.put(node('node-1', '192.168.56.21', { 'topology.kubernetes.io/zone': 'b' }));
    world.advance(5);
    const targets = new Set(
      Array.from({ length: 6 }, () => (world.call('node-1/caller', '10.96.0.50:80') as { body: string }).body),
    );
    expect([...targets]).toEqual(['hello from 10.244.2.2']);
  });

  it('--cleanup removes what it made and nothing else', () => {
    const world = webWorld();
    const { netfilter } = networkOf(world.kernel.state, 'node-1');
    iptables(netfilter, ['-A', 'INPUT', '-p', 'tcp', '--dport', '9999', '-j', 'DROP']);
    world.kernel.processes.signal('node-1/kube-proxy', 'SIGKILL');
    world.proxy('node-1', ['--cleanup']);
    world.advance(1);
    expect(world.running('node-1/kube-proxy')).toBe(false);
    const rest = world.save('node-1');
    expect(rest).not.toMatch(/KUBE-(SVC|SEP|SERVICES|NODEPORTS|POSTROUTING)/);
    expect(rest).toContain('--dport 9999 -j DROP');
  });

  it('exits for what it does not understand, and for a configuration that changes under it', () => {
    const refuse = (args: readonly string[]) => {
      const world = new ProxyWorld();
      world.proxy('node-1', args);
      world.advance(1);
      expect(world.running('node-1/kube-proxy')).toBe(false);
      return world.log('node-1', 'kube-proxy').at(-1);
    };
    expect(refuse(['--cleanup-iptables=true'])).toBe('Error: unknown flag: --cleanup-iptables');
    expect(refuse(['--config=/nowhere'])).toBe('Error: failed complete: open /nowhere: no such file or directory');
    expect(refuse(['--proxy-mode=userspace'])).toBe(
      'Error: failed validate: KubeProxyConfiguration.Mode.ProxyMode: Invalid value: "userspace": must be iptables, ipvs, nftables or blank (blank means the best-available proxy [currently iptables])',
    );
    expect(refuse(['--proxy-mode=ipvs'])).toBe('not simulated: proxy mode ipvs');
    const world = webWorld();
    world.kernel.files.writeHost('node-1', '/var/lib/kube-proxy/config.conf', 'kind: KubeProxyConfiguration\n');
    world.advance(1);
    expect(world.running('node-1/kube-proxy')).toBe(false);
  });

  it('is plain data, and its rules are shared rather than copied', () => {
    const world = webWorld();
    const copy = clonePlain(world.kernel.state);
    expect(copy.processes.get('node-1/kube-proxy')).toBeDefined();
    const rulesOf = (host: string) => world.memory(host).rules!.ports.get('default/web');
    expect(rulesOf('node-1')).toBe(rulesOf('node-2'));
    const chains = (host: string) => networkOf(world.kernel.state, host).netfilter.tables.get('nat')!.chains;
    for (const [name, chain] of chains('node-1'))
      if (/^KUBE-(SVC|SEP|EXT)-/.test(name)) expect(chains('node-2').get(name)).toBe(chain);
  });
});
