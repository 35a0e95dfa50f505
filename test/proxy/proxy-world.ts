/** Two nodes with their kube-proxy (and CoreDNS, where asked for), an API server that holds collections in memory, and callers. */
import { setup } from 'xstate';
import { corednsProgram } from '../../src/sim/addons/dns.machine.ts';
import type { HttpRequest } from '../../src/sim/api/http.ts';
import type { EndpointSlice, KubeObject, Service } from '../../src/sim/api/types.ts';
import { networkPrograms } from '../../src/sim/host/iptables.machine.ts';
import { iptablesSave } from '../../src/sim/host/iptables-command.ts';
import { NETWORK, networkOf, routeConnection } from '../../src/sim/host/net-hook.ts';
import { addPeer, newHostNetwork } from '../../src/sim/host/net-host.ts';
import type { CallId, Io } from '../../src/sim/kernel/io.ts';
import { addHost, createKernel, createKernelState, type Kernel, type Program } from '../../src/sim/kernel/kernel.ts';
import type { KernelEvent } from '../../src/sim/kernel/queue.ts';
import { type Context, givenByKernel } from '../../src/sim/kernel/run-machine.ts';
import type { KubeProxy } from '../../src/sim/proxy/memory.ts';
import { proxyProgram } from '../../src/sim/proxy/proxy.machine.ts';

interface Api {
  revision: number;
  readonly collections: Map<string, Map<string, KubeObject>>;
  readonly watches: { readonly call: CallId; readonly collection: string }[];
}

interface Caller {
  readonly answers: Map<string, unknown>;
}

const COLLECTIONS: Readonly<Record<string, string>> = {
  Node: '/api/v1/nodes',
  Service: '/api/v1/services',
  Namespace: '/api/v1/namespaces',
  EndpointSlice: '/apis/discovery.k8s.io/v1/endpointslices',
};

function apiRequest({ context: { me, io }, event }: { context: Context<Api, Io>; event: KernelEvent }): void {
  const call = event['call'] as CallId;
  const { path, query } = event['body'] as HttpRequest;
  if (query?.['watch'] === 'true') {
    me.watches.push({ call, collection: path });
    return;
  }
  const only = /^metadata.name=(.*)$/.exec(query?.['fieldSelector'] ?? '')?.[1];
  const items = [...(me.collections.get(path)?.values() ?? [])].filter(
    (object) => only === undefined || object.metadata.name === only,
  );
  io.reply(call, { status: 200, body: { kind: 'List', metadata: { resourceVersion: String(me.revision) }, items } });
}

const apiProgram: Program = {
  name: 'api',
  machine: setup({ types: {} as { context: Context<Api, Io>; events: KernelEvent } }).createMachine({
    id: 'api',
    context: givenByKernel,
    initial: 'Serving',
    states: {
      Serving: {
        entry: ({ context }) => context.io.listen(6443),
        on: {
          REQUEST: { actions: apiRequest },
          PUT: {
            actions: ({ context: { me, io }, event }) => {
              const object = event['object'] as KubeObject;
              const collection = COLLECTIONS[object.kind] ?? '';
              const objects = me.collections.get(collection) ?? new Map<string, KubeObject>();
              me.collections.set(collection, objects);
              const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
              const type = event['gone'] === true ? 'DELETED' : objects.has(key) ? 'MODIFIED' : 'ADDED';
              const stored = Object.freeze({
                ...object,
                metadata: { ...object.metadata, resourceVersion: String(++me.revision) },
              });
              if (type === 'DELETED') objects.delete(key);
              else objects.set(key, stored);
              for (const watch of me.watches)
                if (watch.collection === collection) io.push(watch.call, [{ type, object: stored }]);
            },
          },
        },
      },
    },
  }),
  init: (): Api => ({ revision: 1, collections: new Map(), watches: [] }),
};

const callerProgram: Program = {
  name: 'caller',
  machine: setup({ types: {} as { context: Context<Caller, Io>; events: KernelEvent } }).createMachine({
    id: 'caller',
    context: givenByKernel,
    initial: 'Calling',
    states: {
      Calling: {
        on: {
          CALL: {
            actions: ({ context: { io }, event }) =>
              void io.request(String(event['address']), event['body'], {
                tag: event['tag'],
                timeoutMs: 10_000,
                protocol: event['udp'] === true ? 'udp' : 'tcp',
              }),
          },
          REPLY: {
            actions: ({ context: { me }, event }) =>
              void me.answers.set(String(event['tag']), event['ok'] === true ? event['body'] : event['error']),
          },
        },
      },
    },
  }),
  init: (): Caller => ({ answers: new Map() }),
};

const webProgram: Program = {
  name: 'web',
  machine: setup({ types: {} as { context: Context<object, Io>; events: KernelEvent } }).createMachine({
    id: 'web',
    context: givenByKernel,
    initial: 'Serving',
    states: {
      Serving: {
        entry: ({ context }) => context.io.listen(8080),
        on: {
          REQUEST: {
            actions: ({ context: { io }, event }) =>
              io.reply(event['call'] as CallId, { status: 200, body: `hello from ${io.ip}` }),
          },
        },
      },
    },
  }),
  init: () => ({}),
};

const KUBECONFIG = `
current-context: c
contexts: [{ name: c, context: { cluster: k, user: u } }]
clusters: [{ name: k, cluster: { server: "https://192.168.56.11:6443", insecure-skip-tls-verify: true } }]
users: [{ name: u, user: {} }]
`;

const CONFIG = `
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: { kubeconfig: /var/lib/kube-proxy/kubeconfig.conf }
clusterCIDR: 10.244.0.0/16
mode: ''
`;

export const COREFILE = `.:53 {
    errors
    health { # also the liveness probe
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
`;

const HOSTS = [
  { name: 'laptop', ip: '192.168.56.9', pods: '' },
  { name: 'cp-1', ip: '192.168.56.11', pods: '10.244.0.0/24' },
  { name: 'node-1', ip: '192.168.56.21', pods: '10.244.1.0/24' },
  { name: 'node-2', ip: '192.168.56.22', pods: '10.244.2.0/24' },
];

export class ProxyWorld {
  readonly kernel: Kernel;
  private tags = 0;

  constructor() {
    const state = createKernelState(11);
    for (const { name, ip, pods } of HOSTS) {
      const host = addHost(state, name, ip);
      const network = newHostNetwork(name, ip, pods === '' ? undefined : pods);
      for (const other of HOSTS)
        if (pods !== '' && other.pods !== '' && other.name !== name) addPeer(network, other.pods, other.ip);
      host.linux.set(NETWORK, network);
      host.disks.set('/run/netns', { pods: new Set() });
    }
    const programs = [apiProgram, callerProgram, webProgram, proxyProgram, corednsProgram, ...networkPrograms];
    this.kernel = createKernel(state, new Map(programs.map((program) => [program.name, program])), {
      route: routeConnection,
    });
    for (const host of ['node-1', 'node-2']) {
      this.kernel.files.writeHost(host, '/var/lib/kube-proxy/kubeconfig.conf', KUBECONFIG);
      this.kernel.files.writeHost(host, '/var/lib/kube-proxy/config.conf', CONFIG);
      this.kernel.files.writeHost(host, '/etc/coredns/Corefile', COREFILE);
      this.kernel.files.writeHost(host, '/etc/resolv.conf', 'nameserver 192.168.56.1\n');
      this.kernel.files.writeHost(host, '/var/run/secrets/kubernetes.io/serviceaccount/token', 'token');
    }
    this.kernel.processes.spawn('cp-1', { name: 'api', program: 'api', args: [], log: 'api' });
    for (const { name, ip } of HOSTS) {
      this.kernel.processes.spawn(name, { name: 'caller', program: 'caller', args: [], log: 'caller' });
      if (name.startsWith('node')) this.put(node(name, ip));
    }
  }

  proxy(
    host: string,
    args: readonly string[] = ['--config=/var/lib/kube-proxy/config.conf', `--hostname-override=${host}`],
  ): void {
    this.kernel.processes.spawn(host, { name: 'kube-proxy', program: 'kube-proxy', args, log: 'kube-proxy' });
  }

  coredns(host: string, ip: string): void {
    this.pod(host, ip);
    const env = { KUBERNETES_SERVICE_HOST: '192.168.56.11', KUBERNETES_SERVICE_PORT: '6443' };
    this.kernel.processes.spawn(host, {
      name: 'coredns',
      program: 'coredns',
      args: ['-conf', '/etc/coredns/Corefile'],
      env,
      ip,
      log: 'coredns',
    });
  }

  web(host: string, ip: string): void {
    this.pod(host, ip);
    this.kernel.processes.spawn(host, { name: `web-${ip}`, program: 'web', args: [], ip, log: 'web' });
  }

  caller(host: string, ip: string): void {
    this.pod(host, ip);
    this.kernel.processes.spawn(host, { name: `caller-${ip}`, program: 'caller', args: [], ip, log: 'caller' });
  }

  private pod(host: string, ip: string): void {
    (this.kernel.state.hosts.get(host)!.disks.get('/run/netns') as { pods: Set<string> }).pods.add(ip);
  }

  put(...objects: readonly KubeObject[]): void {
    for (const object of objects) this.kernel.enqueue(0, 'cp-1/api', { type: 'PUT', object });
  }

  remove(object: KubeObject): void {
    this.kernel.enqueue(0, 'cp-1/api', { type: 'PUT', object, gone: true });
  }

  advance(seconds: number): void {
    this.kernel.runUntil(this.kernel.state.now + Math.round(seconds * 1_000_000));
  }

  /** What a process (a caller) is answered within ten seconds. */
  call(process: string, address: string, body: unknown = { method: 'GET', path: '/' }, udp = false): unknown {
    const tag = `call-${this.tags++}`;
    this.kernel.enqueue(0, process, { type: 'CALL', address, body, tag, udp });
    this.advance(11);
    return (this.kernel.state.processes.get(process)!.memory as Caller).answers.get(tag);
  }

  memory(host: string): KubeProxy {
    return this.kernel.state.processes.get(`${host}/kube-proxy`)?.memory as KubeProxy;
  }

  save(host: string): string {
    return iptablesSave(networkOf(this.kernel.state, host).netfilter, [], 'DATE').stdout;
  }

  log(host: string, name: string): string[] {
    return (this.kernel.state.hosts.get(host)?.logs.get(name) ?? []).map(({ text }) => text);
  }

  running(id: string): boolean {
    return this.kernel.state.processes.has(id);
  }
}

export function node(name: string, ip: string, labels: Readonly<Record<string, string>> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: { podCIDR: `10.244.${name.at(-1)}.0/24` },
    status: { addresses: [{ type: 'InternalIP', address: ip }], capacity: { cpu: '4' } },
  };
}

export function service(name: string, clusterIP: string, spec: Partial<Service['spec']> = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { type: 'ClusterIP', clusterIP, ports: [{ name: 'http', port: 80, protocol: 'TCP' }], ...spec },
  };
}

export function slice(name: string, ips: readonly string[], more: Partial<EndpointSlice> = {}): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    addressType: 'IPv4',
    metadata: { name: `${name}-x`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: ips.map((ip) => ({ addresses: [ip], nodeName: `node-${ip.split('.')[2]}` })),
    ...more,
  };
}
