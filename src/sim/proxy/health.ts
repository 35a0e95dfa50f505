/** kube-proxy's ports: its own health (10256), its metrics (10249), and one port for each service that asks for health checks. */
import { splitHostPort } from '../api/address.ts';
import type { AppRequest, AppResponse } from '../api/http.ts';
import { formatTime } from '../api/time.ts';
import { klog } from '../client/klog.ts';
import type { CallId, Io } from '../kernel/io.ts';
import type { KernelEvent } from '../kernel/queue.ts';
import { MILLISECOND } from '../kernel/units.ts';
import { endpointsByPort } from './endpoints.ts';
import { type KubeProxy, nodeOf } from './memory.ts';
import { servicePorts } from './service-port.ts';

export function listenForHealth({ configuration }: KubeProxy, io: Io): void {
  for (const address of [configuration?.healthzBindAddress ?? '', configuration?.metricsBindAddress ?? '']) {
    const { host, port } = splitHostPort(address);
    if (port === undefined) continue;
    if (!io.listen(port, { ip: host }))
      klog(
        io,
        'E',
        'server.go:420',
        `"Healthz server failed" err="listen tcp ${address}: bind: address already in use"`,
      );
  }
}

/** Opens and closes the ports on which load balancers ask whether this node has endpoints of a service. */
export function listenForServiceHealth(me: KubeProxy, io: Io): void {
  const wanted = new Map<number, string>();
  for (const [name, service] of me.rules?.services ?? []) {
    if (service.spec.type !== 'LoadBalancer') continue;
    const port = servicePorts(service, 'IPv4')[0]?.healthCheckNodePort ?? 0;
    if (port !== 0) wanted.set(port, name);
  }
  for (const port of [...me.healthPorts.keys()])
    if (!wanted.has(port)) {
      io.unlisten(port);
      me.healthPorts.delete(port);
    }
  for (const [port, name] of wanted) {
    if (!me.healthPorts.has(port)) io.listen(port);
    me.healthPorts.set(port, name);
  }
}

export function answerHealth(me: KubeProxy, io: Io, event: KernelEvent): void {
  const call = event['call'] as CallId;
  const path = pathOf(event['body']);
  const service = me.healthPorts.get(event['port'] as number);
  if (service !== undefined) io.reply(call, serviceHealth(me, io, service));
  else if (event['port'] === splitHostPort(me.configuration?.metricsBindAddress ?? '').port)
    io.reply(call, metrics(me, path));
  else io.reply(call, ownHealth(me, io, path));
}

/** Unhealthy when a change has been waiting for twice the sync period. */
function isHealthy(me: KubeProxy, io: Io): boolean {
  const limitUs = 2 * (me.configuration?.syncPeriodMs ?? 0) * MILLISECOND;
  return me.queuedAtUs < 0 || io.now - me.queuedAtUs < limitUs;
}

function ownHealth(me: KubeProxy, io: Io, path: string): AppResponse {
  if (path !== '/healthz' && path !== '/livez') return notFound();
  const node = nodeOf(me);
  const eligible =
    node !== undefined &&
    node.metadata.deletionTimestamp === undefined &&
    !(node.spec?.taints ?? []).some(({ key }) => key === 'ToBeDeletedByClusterAutoscaler');
  const proxyHealthy = isHealthy(me, io);
  const healthy = proxyHealthy && (path === '/livez' || eligible);
  const now = formatTime(io.wallMs());
  const body = {
    lastUpdated: healthy ? now : formatTime(me.lastUpdatedMs),
    currentTime: now,
    ...(path === '/healthz' ? { nodeEligible: eligible } : {}),
    healthy: proxyHealthy,
    ...(me.lastUpdatedMs === 0
      ? {}
      : { status: { IPv4: { lastUpdated: formatTime(me.lastUpdatedMs), healthy: proxyHealthy } } }),
  };
  return { status: healthy ? 200 : 503, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

function serviceHealth(me: KubeProxy, io: Io, name: string): AppResponse {
  const [namespace = '', service = ''] = name.split('/');
  const slices = [...(me.rules?.slices.get(name)?.values() ?? [])];
  const local = new Set<string>();
  for (const endpoints of endpointsByPort(name, slices, 'IPv4').values())
    for (const { ip, ready, nodeName } of endpoints) if (ready && nodeName === me.nodeName) local.add(ip);
  const healthy = isHealthy(me, io);
  const body = { service: { namespace, name: service }, localEndpoints: local.size, serviceProxyHealthy: healthy };
  return {
    status: local.size > 0 && healthy ? 200 : 503,
    headers: { 'Content-Type': 'application/json', 'X-Load-Balancing-Endpoint-Weight': String(local.size) },
    body: JSON.stringify(body, undefined, '\t'),
  };
}

function metrics(me: KubeProxy, path: string): AppResponse {
  switch (path) {
    case '/healthz':
      return { status: 200, body: 'ok' };
    case '/proxyMode':
      return { status: 200, body: me.configuration?.mode || 'iptables' };
    case '/metrics':
      return {
        status: 200,
        body: `# HELP kubeproxy_sync_proxy_rules_last_timestamp_seconds [ALPHA] The last time proxy rules were successfully synced\n# TYPE kubeproxy_sync_proxy_rules_last_timestamp_seconds gauge\nkubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family="IPv4"} ${me.lastUpdatedMs / 1_000}\n`,
      };
    default:
      return notFound();
  }
}

function notFound(): AppResponse {
  return { status: 404, body: '404 page not found\n' };
}

function pathOf(body: unknown): string {
  if (typeof body !== 'object' || body === null || !('path' in body)) return '';
  return String((body as AppRequest).path).split('?')[0] ?? '';
}
