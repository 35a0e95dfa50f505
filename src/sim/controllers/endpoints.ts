/** Endpoints controller: the older single object a Service, still kept by Kubernetes v1.36. Models pkg/controller/endpoint. */
import { deepEqual, semanticEqual } from '../api/equal.ts';
import type { EndpointAddress, Endpoints, Pod, Service } from '../api/types.ts';
import { durationMs } from '../client/flags.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View } from './controller.ts';
import { findPort, HEADLESS, podsBehind, servicesTouched, syncTimeMs } from './endpointslice.ts';
import { isReady } from './pods.ts';
import { collectionPath, objectPath } from './resources.ts';

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity';
const MAX_ADDRESSES = 1_000;

interface Subset {
  readonly ports: readonly { readonly name?: string; readonly port: number; readonly protocol: string }[];
  ready: EndpointAddress[];
  notReady: EndpointAddress[];
}

export const endpointsController: Controller = {
  name: 'endpoints-controller',
  account: 'endpoint-controller',
  eventSource: 'endpoint-controller',
  watches: ['services', 'pods', 'endpoints'],
  workers: 5,
  workersFlag: 'concurrent-endpoint-syncs',
  delayMs(resource, key, view) {
    if (resource !== 'pods') return 0;
    const known = view.get('endpoints', key) as Endpoints | undefined;
    const size = (subset: NonNullable<Endpoints['subsets']>[number]) =>
      (subset.addresses?.length ?? 0) + (subset.notReadyAddresses?.length ?? 0);
    const count = known?.subsets?.reduce((sum, subset) => sum + size(subset), 0) ?? 0;
    return Math.max(durationMs(view.flag('endpoint-updates-batch-period')) ?? 0, syncTimeMs(count));
  },
  keysOf: (resource, delta, view) => (resource === 'pods' ? servicesTouched(delta, view) : [delta.key]),
  reconcile,
};

function reconcile(key: string, view: View): Outcome {
  const service = view.get('services', key) as Service | undefined;
  const existing = view.get('endpoints', key) as Endpoints | undefined;
  if (service === undefined) {
    if (existing?.metadata.labels?.[MANAGED_BY] === undefined) return NOTHING_TO_DO;
    return { writes: [{ request: { method: 'DELETE', path: objectPath('endpoints', existing) }, tolerate: [404] }] };
  }
  if (service.spec.selector === undefined || service.spec.type === 'ExternalName') return NOTHING_TO_DO;
  const subsets = subsetsOf(service, view);
  const truncated = truncate(subsets);
  const { name, namespace } = service.metadata;
  const labels: Record<string, string> = { ...service.metadata.labels, [MANAGED_BY]: 'endpoint-controller' };
  delete labels[HEADLESS];
  if (service.spec.clusterIP === 'None') labels[HEADLESS] = '';
  const annotations: Record<string, string> = { ...existing?.metadata.annotations };
  delete annotations[OVER_CAPACITY];
  if (truncated) annotations[OVER_CAPACITY] = 'truncated';
  const content = subsets.map(({ ports, ready, notReady }) => ({
    ...(ready.length === 0 ? {} : { addresses: ready }),
    ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady }),
    ...(ports.length === 0 ? {} : { ports }),
  }));
  if (existing === undefined) {
    const metadata = { name, namespace, labels, ...(truncated ? { annotations } : {}) };
    const body = { apiVersion: 'v1', kind: 'Endpoints', metadata, subsets: content };
    return { writes: [{ request: { method: 'POST', path: collectionPath('endpoints', namespace), body } }] };
  }
  const same =
    deepEqual(existing.subsets ?? [], content) &&
    semanticEqual(existing.metadata.labels, labels) &&
    semanticEqual(existing.metadata.annotations, annotations);
  if (same) return NOTHING_TO_DO;
  const body = { ...existing, metadata: { ...existing.metadata, labels, annotations }, subsets: content };
  return { writes: [{ request: { method: 'PUT', path: objectPath('endpoints', existing), body }, tolerate: [404] }] };
}

/** One subset for each set of ports; ready and not ready addresses apart, by IP. */
function subsetsOf(service: Service, view: View): Subset[] {
  const groups = new Map<string, Subset>();
  const everybody = service.spec.publishNotReadyAddresses === true;
  for (const pod of podsBehind(service, view)) {
    if (pod.metadata.deletionTimestamp !== undefined && !everybody) continue;
    const ports = portsOf(service, pod);
    const name = ports.map((port) => `${port.name ?? ''}/${port.protocol}/${port.port}`).join();
    let group = groups.get(name);
    if (group === undefined) {
      group = { ports, ready: [], notReady: [] };
      groups.set(name, group);
    }
    const { namespace, name: podName, uid } = pod.metadata;
    const { nodeName, subdomain, hostname = '' } = pod.spec;
    const address: EndpointAddress = {
      ...(subdomain === service.metadata.name && hostname !== '' ? { hostname } : {}),
      ip: pod.status?.podIP ?? '',
      nodeName,
      targetRef: { kind: 'Pod', namespace, name: podName, uid },
    };
    if (everybody || isReady(pod)) group.ready.push(address);
    else group.notReady.push(address);
  }
  for (const { ready, notReady } of groups.values()) {
    ready.sort(byIp);
    notReady.sort(byIp);
  }
  return [...groups.values()];
}

/** At most 1,000 addresses in all, ready ones first, shared between subsets by their size. */
function truncate(subsets: Subset[]): boolean {
  const ready = subsets.reduce((sum, subset) => sum + subset.ready.length, 0);
  const notReady = subsets.reduce((sum, subset) => sum + subset.notReady.length, 0);
  if (ready + notReady <= MAX_ADDRESSES) return false;
  const readyShare = Math.min(1, MAX_ADDRESSES / Math.max(1, ready));
  const notReadyShare = Math.max(0, MAX_ADDRESSES - ready) / Math.max(1, notReady);
  for (const subset of subsets) {
    subset.ready = subset.ready.slice(0, Math.floor(subset.ready.length * readyShare));
    subset.notReady = subset.notReady.slice(0, Math.floor(subset.notReady.length * Math.min(1, notReadyShare)));
  }
  return true;
}

function portsOf(service: Service, pod: Pod): Subset['ports'] {
  return (service.spec.ports ?? []).flatMap(({ name, protocol = 'TCP', port, targetPort = port }) => {
    const number = findPort(pod, targetPort, protocol);
    if (number === undefined) return [];
    return [{ ...(name === undefined ? {} : { name }), port: number, protocol }];
  });
}

function byIp(a: EndpointAddress, b: EndpointAddress): number {
  return a.ip < b.ip ? -1 : a.ip > b.ip ? 1 : 0;
}
