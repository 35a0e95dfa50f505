import { describe, expect, it } from 'vitest';
import { parseCorefile } from '../../src/sim/addons/corefile.ts';
import type { DnsAnswer, DnsQuestion } from '../../src/sim/api/dns.ts';
import type { KubeObject } from '../../src/sim/api/types.ts';
import { COREFILE, ProxyWorld, service, slice } from '../proxy/proxy-world.ts';

const namespace = (name: string): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const DNS = service('kube-dns', '10.96.0.10', {
  ports: [
    { name: 'dns', port: 53, protocol: 'UDP' },
    { name: 'dns-tcp', port: 53, protocol: 'TCP' },
  ],
});

function dnsWorld(): ProxyWorld {
  const world = new ProxyWorld();
  world.put(
    namespace('default'),
    DNS,
    slice('kube-dns', ['10.244.2.5'], {
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      ],
    }),
    service('web', '10.96.0.50'),
    slice('web', ['10.244.1.2']),
    service('db', 'None'),
    slice('db', ['10.244.1.3', '10.244.2.3'], {
      endpoints: [
        { addresses: ['10.244.1.3'], hostname: 'db-0' },
        { addresses: ['10.244.2.3'] },
        { addresses: ['10.244.2.4'], conditions: { ready: false } },
      ],
    }),
    service('empty', 'None'),
    service('outside', '', { type: 'ExternalName', externalName: 'example.com' }),
  );
  world.caller('node-1', '10.244.1.9');
  world.coredns('node-2', '10.244.2.5');
  world.proxy('node-1');
  world.proxy('node-2');
  world.advance(8);
  return world;
}

function ask(world: ProxyWorld, name: string, type: DnsQuestion['type'] = 'A'): string {
  const answer = world.call('node-1/caller-10.244.1.9', '10.96.0.10:53', { name, type }, true) as DnsAnswer | string;
  if (typeof answer === 'string') return answer;
  return `${answer.code} ${answer.answers
    .map((record) => `${record.type} ${record.data}`)
    .sort()
    .join(', ')}`.trim();
}

describe('CoreDNS', () => {
  const world = dnsWorld();

  it.each([
    ['web.default.svc.cluster.local', 'A', 'NOERROR A 10.96.0.50'],
    ['web.default.svc.cluster.local', 'AAAA', 'NOERROR'],
    ['WEB.default.svc.cluster.local', 'A', 'NOERROR A 10.96.0.50'],
    ['_http._tcp.web.default.svc.cluster.local', 'SRV', 'NOERROR SRV 0 100 80 web.default.svc.cluster.local.'],
    ['_ftp._tcp.web.default.svc.cluster.local', 'SRV', 'NXDOMAIN'],
    ['db.default.svc.cluster.local', 'A', 'NOERROR A 10.244.1.3, A 10.244.2.3'],
    ['db-0.db.default.svc.cluster.local', 'A', 'NOERROR A 10.244.1.3'],
    ['10-244-2-3.db.default.svc.cluster.local', 'A', 'NOERROR A 10.244.2.3'],
    ['empty.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['outside.default.svc.cluster.local', 'A', 'NOERROR CNAME example.com'],
    ['nobody.default.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['web.nowhere.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['default.svc.cluster.local', 'A', 'NOERROR'],
    ['10-244-1-2.default.pod.cluster.local', 'A', 'NOERROR A 10.244.1.2'],
    ['50.0.96.10.in-addr.arpa', 'PTR', 'NOERROR PTR web.default.svc.cluster.local.'],
    ['3.1.244.10.in-addr.arpa', 'PTR', 'NOERROR PTR db-0.db.default.svc.cluster.local.'],
    ['dns-version.cluster.local', 'TXT', 'NOERROR TXT 1.1.0'],
    ['example.com', 'A', 'SERVFAIL'],
  ] as const)('%s %s', (name, type, expected) => {
    expect(ask(world, name, type)).toBe(expected);
  });

  it('is ready only when it knows the cluster', () => {
    expect(world.call('node-1/caller', '10.244.2.5:8181', { method: 'GET', path: '/ready' })).toMatchObject({
      status: 200,
      body: 'OK',
    });
    expect(world.call('node-1/caller', '10.244.2.5:8080', { method: 'GET', path: '/health' })).toMatchObject({
      status: 200,
      body: 'OK',
    });
    const lonely = new ProxyWorld();
    lonely.kernel.processes.signal('cp-1/api', 'SIGKILL');
    lonely.coredns('node-2', '10.244.2.5');
    lonely.advance(8);
    expect(lonely.call('node-2/caller', '10.244.2.5:8181', { method: 'GET', path: '/ready' })).toMatchObject({
      status: 503,
    });
    expect(
      lonely.call('node-2/caller', '10.244.2.5:53', { name: 'web.default.svc.cluster.local', type: 'A' }),
    ).toMatchObject({ code: 'SERVFAIL' });
    expect(lonely.log('node-2', 'coredns')).toContain(
      '[WARNING] plugin/kubernetes: starting server with unsynced Kubernetes API',
    );
  });

  it('dies of a forwarding loop', () => {
    const looping = new ProxyWorld();
    looping.kernel.files.writeHost('node-2', '/etc/resolv.conf', 'nameserver 127.0.0.53\n');
    looping.kernel.files.writeHost(
      'node-2',
      '/etc/coredns/Corefile',
      COREFILE.replace('/etc/resolv.conf', '10.244.2.5'),
    );
    looping.coredns('node-2', '10.244.2.5');
    looping.advance(8);
    expect(looping.running('node-2/coredns')).toBe(false);
    expect(looping.log('node-2', 'coredns').at(-1)).toMatch(/^\[FATAL\] plugin\/loop: Loop .* detected for zone "\."/);
  });

  it('is slow to die: lame duck first', () => {
    const dying = dnsWorld();
    dying.kernel.processes.signal('node-2/coredns', 'SIGTERM');
    dying.advance(2);
    expect(dying.running('node-2/coredns')).toBe(true);
    dying.advance(4);
    expect(dying.running('node-2/coredns')).toBe(false);
  });
});

describe('a Corefile', () => {
  it('is read with its blocks, comments and zones', () => {
    const parsed = parseCorefile(`${COREFILE}example.org:53 sub.example.org {\n  forward . 10.1.2.3\n}\n`, 'Corefile');
    if (!parsed.ok) throw new Error(parsed.error);
    expect(parsed.blocks.map(({ zones }) => zones)).toEqual([[''], ['example.org', 'sub.example.org']]);
    expect(parsed.blocks[0]?.plugins.get('kubernetes')?.args).toEqual(['cluster.local', 'in-addr.arpa', 'ip6.arpa']);
  });

  it('is refused where it is wrong', () => {
    const error = (text: string) => {
      const parsed = parseCorefile(text, '/etc/coredns/Corefile');
      return parsed.ok ? 'fine' : parsed.error;
    };
    expect(error('.:53 {\n  kubernets cluster.local\n}\n')).toBe(
      "/etc/coredns/Corefile:2 - Error during parsing: Unknown directive 'kubernets'",
    );
    expect(error('.:53 {\n  errors\n')).toContain("Unexpected EOF - looking for '}'");
  });
});
