import { beforeEach, describe, expect, it } from 'vitest';
import type { EndpointSlice, Service } from '../../src/sim/api/types.ts';
import { appendRule, restoreChains } from '../../src/sim/host/iptables.ts';
import { iptables } from '../../src/sim/host/iptables-command.ts';
import { parseRuleText, splitWords } from '../../src/sim/host/iptables-parse.ts';
import { connections } from '../../src/sim/host/net-conntrack.ts';
import {
  addPeer,
  BRIDGE_NF_CALL,
  type HostNetwork,
  IP_FORWARD,
  newHostNetwork,
  ROUTE_LOCALNET,
} from '../../src/sim/host/net-host.ts';
import type { NetView } from '../../src/sim/host/net-journey.ts';
import { type Departure, type RouteOutcome, route } from '../../src/sim/host/network.ts';
import type { ProxyNodeConfig } from '../../src/sim/proxy/node-config.ts';
import { JUMPS } from '../../src/sim/proxy/restore-text.ts';
import { generateRules } from '../../src/sim/proxy/rules.ts';

const NODES = ['node-1', 'node-2', 'node-3'];
const nodeIp = (node: string) => `192.168.0.1${node.at(-1)}`;
const podIp = (node: string, n: number) => `10.244.${node.at(-1)}.${n}`;

function config(node: string): ProxyNodeConfig {
  return {
    nodeName: node,
    zone: '',
    nodeIP: nodeIp(node),
    localIPs: ['127.0.0.1', nodeIp(node)],
    ipFamily: 'IPv4',
    localDetector: { by: 'cidr', cidr: '10.244.0.0/16' },
    masqueradeAll: false,
    masqueradeMark: '0x4000',
    randomFully: true,
    nfacct: false,
    localhostNodePorts: true,
    nodePortAddresses: [],
    conntrackTCPBeLiberal: false,
  };
}

function service(spec: Partial<Service['spec']> = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      type: 'NodePort',
      clusterIP: '10.96.0.50',
      ports: [{ port: 80, protocol: 'TCP', nodePort: 30080 }],
      ...spec,
    },
  };
}

function slice(pods: readonly { readonly node: string; readonly n: number }[]): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    addressType: 'IPv4',
    metadata: { name: 'web-abc', namespace: 'default', labels: { 'kubernetes.io/service-name': 'web' } },
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    endpoints: pods.map(({ node, n }) => ({ addresses: [podIp(node, n)], nodeName: node })),
  };
}

class Cluster {
  readonly hosts = new Map<string, HostNetwork>();
  readonly hostByIp = new Map<string, string>();
  readonly pods = new Set<string>();
  readonly kernelLog: string[] = [];
  cut = '';
  closed = new Set<string>();
  private draws = 0;

  constructor() {
    for (const node of NODES) this.hosts.set(node, newHostNetwork(node, nodeIp(node), `10.244.${node.at(-1)}.0/24`));
    this.hosts.set('laptop', newHostNetwork('laptop', '192.168.0.9'));
    for (const { name, interfaces } of this.hosts.values()) this.hostByIp.set(interfaces.get('eth0')!, name);
    for (const node of NODES) {
      for (const other of NODES)
        if (other !== node) addPeer(this.host(node), `10.244.${other.at(-1)}.0/24`, nodeIp(other));
      for (const n of [2, 3, 4]) this.pods.add(podIp(node, n));
    }
  }

  host(name: string): HostNetwork {
    return this.hosts.get(name)!;
  }

  proxy(node: string, web: Service, slices: EndpointSlice): void {
    const tables = generateRules([web], [slices], config(node));
    const { netfilter, sysctls } = this.host(node);
    sysctls.set(ROUTE_LOCALNET, 1);
    expect(restoreChains(netfilter, 'filter', { chains: tables.filter })).toBeUndefined();
    expect(restoreChains(netfilter, 'nat', { chains: tables.nat })).toBeUndefined();
    for (const { table, from, rule } of JUMPS) iptables(netfilter, ['-t', table, '-I', from, ...splitWords(rule)]);
  }

  proxyEverywhere(web: Service, slices: EndpointSlice): void {
    for (const node of NODES) this.proxy(node, web, slices);
  }

  view(): NetView {
    return {
      host: (name) => this.hosts.get(name),
      hostByIp: this.hostByIp,
      nowUs: 1_000_000,
      random: () => {
        this.draws = (this.draws * 48271 + 11) % 2147483647;
        return (this.draws % 997) / 997;
      },
      podIsHere: (host, ip) => this.pods.has(ip) && ip.startsWith(`10.244.${host.at(-1)}.`),
      link: (from, to) => (this.cut === `${from}>${to}` ? 'cut' : 'up'),
      listens: (_host, ip, port) => !this.closed.has(`${ip}:${port}`),
      kernelLog: (_host, line) => this.kernelLog.push(line),
    };
  }

  go(departure: Departure): RouteOutcome {
    return route(this.view(), departure, { trace: true });
  }
}

const WEB = { ip: '10.96.0.50', port: 80 };
let cluster: Cluster;

beforeEach(() => {
  cluster = new Cluster();
});

function targets(departure: Departure, times = 40): string[] {
  const seen = new Set<string>();
  for (let i = 0; i < times; i++) {
    const end = cluster.go(departure);
    seen.add(end.outcome === 'delivered' ? `${end.ip}:${end.port}` : `${end.outcome}: ${end.why}`);
  }
  return [...seen].sort();
}

describe('pods without services', () => {
  it('reach each other on one host and across nodes, with their own address', () => {
    for (const destination of [podIp('node-1', 3), podIp('node-2', 2)]) {
      const end = cluster.go({
        host: 'node-1',
        podIp: podIp('node-1', 2),
        destination: { ip: destination, port: 8080 },
      });
      expect(end).toMatchObject({ outcome: 'delivered', ip: destination, source: { ip: podIp('node-1', 2) } });
    }
  });

  it('get no route when their node does not know the other', () => {
    cluster.host('node-1').routes = cluster
      .host('node-1')
      .routes.filter(({ via, to }) => via === undefined || to === '0.0.0.0/0');
    const end = cluster.go({
      host: 'node-1',
      podIp: podIp('node-1', 2),
      destination: { ip: podIp('node-2', 2), port: 8080 },
    });
    expect(end.outcome).toBe('noRoute');
  });

  it('lose the answer when only the way back is missing', () => {
    cluster.host('node-2').routes = cluster
      .host('node-2')
      .routes.filter(({ via, to }) => via === undefined || to === '0.0.0.0/0');
    const end = cluster.go({
      host: 'node-1',
      podIp: podIp('node-1', 2),
      destination: { ip: podIp('node-2', 2), port: 8080 },
    });
    expect(end).toMatchObject({ outcome: 'dropped', host: 'node-2' });
  });

  it('are lost on a cut wire, and on a host that does not forward', () => {
    const departure = {
      host: 'node-1',
      podIp: podIp('node-1', 2),
      destination: { ip: podIp('node-2', 2), port: 8080 },
    };
    cluster.cut = 'node-1>node-2';
    expect(cluster.go(departure)).toMatchObject({ outcome: 'dropped', why: 'no answer from node-2' });
    cluster.cut = '';
    cluster.host('node-2').sysctls.set(IP_FORWARD, 0);
    expect(cluster.go(departure)).toMatchObject({ outcome: 'dropped', why: 'ip_forward is off' });
  });

  it('are told that nobody has that address, or that nothing listens', () => {
    const from = { host: 'node-1', podIp: podIp('node-1', 2) };
    expect(cluster.go({ ...from, destination: { ip: podIp('node-2', 99), port: 80 } }).outcome).toBe('noRoute');
    cluster.closed.add(`${podIp('node-2', 2)}:80`);
    expect(cluster.go({ ...from, destination: { ip: podIp('node-2', 2), port: 80 } }).outcome).toBe('refused');
  });
});

describe('a service', () => {
  const everywhere = slice([
    { node: 'node-1', n: 2 },
    { node: 'node-2', n: 2 },
    { node: 'node-3', n: 2 },
  ]);
  const all = [`${podIp('node-1', 2)}:8080`, `${podIp('node-2', 2)}:8080`, `${podIp('node-3', 2)}:8080`];

  it('spreads pods, nodes and the outside over its endpoints', () => {
    cluster.proxyEverywhere(service(), everywhere);
    expect(targets({ host: 'node-1', podIp: podIp('node-1', 4), destination: WEB })).toEqual(all);
    expect(targets({ host: 'node-2', destination: WEB })).toEqual(all);
    expect(targets({ host: 'laptop', destination: { ip: nodeIp('node-3'), port: 30080 } })).toEqual(all);
    expect(targets({ host: 'node-1', destination: { ip: '127.0.0.1', port: 30080 } })).toEqual(all);
  });

  it('shows the pod its caller, or the node where it had to masquerade', () => {
    cluster.proxyEverywhere(service(), slice([{ node: 'node-2', n: 2 }]));
    const inside = cluster.go({ host: 'node-1', podIp: podIp('node-1', 4), destination: WEB });
    expect(inside).toMatchObject({ outcome: 'delivered', source: { ip: podIp('node-1', 4) } });
    const outside = cluster.go({ host: 'laptop', destination: { ip: nodeIp('node-1'), port: 30080 } });
    expect(outside).toMatchObject({ outcome: 'delivered', source: { ip: nodeIp('node-1') } });
  });

  it('lets a pod reach itself by masquerading it, and not without', () => {
    cluster.proxyEverywhere(service(), slice([{ node: 'node-1', n: 2 }]));
    const departure = { host: 'node-1', podIp: podIp('node-1', 2), destination: WEB };
    expect(cluster.go(departure)).toMatchObject({ outcome: 'delivered', source: { ip: '10.244.1.1' } });
    cluster.host('node-1').hairpin = false;
    expect(cluster.go(departure).outcome).toBe('dropped');
    cluster.host('node-1').hairpin = true;
    iptables(cluster.host('node-1').netfilter, ['-t', 'nat', '-F', 'KUBE-POSTROUTING']);
    expect(cluster.go(departure).outcome).toBe('dropped');
  });

  it('without endpoints refuses at once; with policy Local and none here it is silent', () => {
    cluster.proxyEverywhere(service(), slice([]));
    expect(cluster.go({ host: 'node-1', podIp: podIp('node-1', 2), destination: WEB })).toMatchObject({
      outcome: 'rejected',
    });
    cluster = new Cluster();
    cluster.proxyEverywhere(service({ externalTrafficPolicy: 'Local' }), slice([{ node: 'node-2', n: 2 }]));
    const knock = (node: string) => cluster.go({ host: 'laptop', destination: { ip: nodeIp(node), port: 30080 } });
    expect(knock('node-1').outcome).toBe('dropped');
    expect(knock('node-2')).toMatchObject({ outcome: 'delivered', source: { ip: '192.168.0.9' } });
  });

  it('does not exist on a node without kube-proxy', () => {
    expect(cluster.go({ host: 'node-1', podIp: podIp('node-1', 2), destination: WEB }).outcome).toBe('noRoute');
    expect(cluster.go({ host: 'laptop', destination: { ip: nodeIp('node-1'), port: 30080 } }).outcome).toBe(
      'delivered',
    );
  });

  it('keeps a known connection at its endpoint when the rules change, and a sticky client too', () => {
    cluster.proxyEverywhere(service(), slice([{ node: 'node-2', n: 2 }]));
    const known = { host: 'node-1', podIp: podIp('node-1', 4), destination: WEB, sourcePort: 55_555 };
    expect(cluster.go(known)).toMatchObject({ ip: podIp('node-2', 2) });
    cluster.proxyEverywhere(service(), slice([{ node: 'node-3', n: 2 }]));
    expect(cluster.go(known)).toMatchObject({ ip: podIp('node-2', 2) });
    expect(cluster.go({ ...known, sourcePort: 55_556 })).toMatchObject({ ip: podIp('node-3', 2) });

    cluster = new Cluster();
    cluster.proxyEverywhere(service({ sessionAffinity: 'ClientIP' }), everywhere);
    expect(targets({ host: 'node-1', podIp: podIp('node-1', 4), destination: WEB })).toHaveLength(1);
  });

  it('drops new connections when the tracking table is full, and says so in the kernel log', () => {
    cluster.proxyEverywhere(service(), everywhere);
    cluster.host('node-1').conntrack.max = 3;
    const departure = { host: 'node-1', podIp: podIp('node-1', 4), destination: WEB };
    const outcomes = [1, 2, 3, 4].map(() => cluster.go(departure).outcome);
    expect(outcomes).toEqual(['delivered', 'delivered', 'delivered', 'dropped']);
    expect(cluster.kernelLog).toEqual(['nf_conntrack: nf_conntrack: table full, dropping packet']);
    expect(connections(cluster.host('node-1').conntrack)).toHaveLength(3);
  });

  it('breaks for a neighbour when bridged answers bypass netfilter', () => {
    cluster.proxyEverywhere(service(), slice([{ node: 'node-1', n: 2 }]));
    const departure = { host: 'node-1', podIp: podIp('node-1', 3), destination: WEB };
    expect(cluster.go(departure).outcome).toBe('delivered');
    cluster.host('node-1').sysctls.set(BRIDGE_NF_CALL, 0);
    expect(cluster.go(departure)).toMatchObject({
      outcome: 'dropped',
      why: expect.stringContaining('nobody had called'),
    });
  });

  it('obeys rules that a person adds', () => {
    cluster.proxyEverywhere(service(), everywhere);
    const parsed = parseRuleText('-s 10.244.1.4 -p tcp --dport 8080 -j REJECT');
    if (!parsed.ok) throw new Error(parsed.error);
    appendRule(cluster.host('node-1').netfilter, 'filter', 'FORWARD', parsed.rule);
    expect(cluster.go({ host: 'node-1', podIp: podIp('node-1', 4), destination: WEB })).toMatchObject({
      outcome: 'rejected',
      host: 'node-1',
    });
  });

  it('tells the way: every station, with the rules that matched', () => {
    cluster.proxyEverywhere(service(), slice([{ node: 'node-2', n: 2 }]));
    const end = cluster.go({ host: 'node-1', podIp: podIp('node-1', 4), destination: WEB, sourcePort: 40_000 });
    expect(end.hops.map(({ host, at, what }) => `${host} ${at}: ${what}`)).toEqual([
      'node-1 nat PREROUTING: DNAT to 10.244.2.2:8080',
      'node-1 route: 10.244.2.2 via 192.168.0.12 dev eth0',
      'node-1 filter FORWARD: ACCEPT',
      'node-1 nat POSTROUTING: not translated',
      'node-1 wire: eth0 to node-2',
      'node-2 nat PREROUTING: not translated',
      'node-2 route: 10.244.2.2 dev cni0',
      'node-2 filter FORWARD: ACCEPT',
      'node-2 nat POSTROUTING: not translated',
      'node-2 pod: 10.244.2.2:8080 from 10.244.1.4:40000',
      'node-2 route: 10.244.1.4 via 192.168.0.11 dev eth0',
      'node-2 filter FORWARD: ACCEPT',
      'node-2 wire: eth0 to node-1',
      'node-1 route: 10.244.1.4 dev cni0',
      'node-1 filter FORWARD: ACCEPT',
      'node-1 pod: 10.244.1.4:40000 from 10.96.0.50:80',
    ]);
  });
});

describe('with 1,000 services', () => {
  it('a connection to a cluster IP is decided in microseconds', () => {
    const services: Service[] = [];
    const slices: EndpointSlice[] = [];
    for (let i = 0; i < 1000; i++) {
      const name = `svc-${i}`;
      services.push({
        ...service({ clusterIP: `10.96.${i >> 8}.${i & 255}`, type: 'ClusterIP' }),
        metadata: { name, namespace: 'default' },
      });
      slices.push({
        ...slice([
          { node: 'node-1', n: 2 },
          { node: 'node-2', n: 2 },
        ]),
        metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
      });
    }
    const tables = generateRules(services, slices, config('node-1'));
    const { netfilter, conntrack } = cluster.host('node-1');
    restoreChains(netfilter, 'filter', { chains: tables.filter });
    restoreChains(netfilter, 'nat', { chains: tables.nat });
    for (const { table, from, rule } of JUMPS) iptables(netfilter, ['-t', table, '-I', from, ...splitWords(rule)]);
    conntrack.max = 10_000_000;
    const view = cluster.view();
    const departure = { host: 'node-1', podIp: podIp('node-1', 4), destination: { ip: '10.96.3.200', port: 80 } };
    for (let i = 0; i < 5000; i++) route(view, departure, { close: true });
    const start = performance.now();
    let delivered = 0;
    for (let i = 0; i < 20_000; i++) if (route(view, departure, { close: true }).outcome === 'delivered') delivered++;
    const each = ((performance.now() - start) * 1000) / 20_000;
    expect(delivered).toBe(20_000);
    process.stdout.write(`${each.toFixed(1)} µs a connection\n`);
    expect(each).toBeLessThan(100);
  });
});
