/**
 * EndpointSlice controller: for every Service with a selector, the addresses of the pods it selects.
 * Models pkg/controller/endpointslice and staging/src/k8s.io/endpointslice.
 */
import type { Endpoint, EndpointSlice, Node, Pod, Service } from '../api/types.ts';
import { durationMs } from '../client/flags.ts';
import { type Delta, keyOf } from '../client/informer.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View } from './controller.ts';
import { arrangeSlices, endpointKey, type PortGroup, type SlicePorts } from './endpointslice-arrange.ts';
import { isReady } from './pods.ts';

export const SERVICE_NAME = 'kubernetes.io/service-name';
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
export const HEADLESS = 'service.kubernetes.io/headless';
const US = 'endpointslice-controller.k8s.io';
const ZONE = 'topology.kubernetes.io/zone';
/** Somebody's change of a slice is looked at after so long. */
const SLICE_DELAY_MS = 1_000;
/** A pod whose node is not known yet is tried again after so long. */
const NODE_RETRY_MS = 1_000;
const CLOSE: ReadonlySet<string> = new Set(['PreferClose', 'PreferSameZone', 'PreferSameNode']);

export const endpointSliceController: Controller = {
  name: 'endpointslice-controller',
  account: 'endpointslice-controller',
  eventSource: 'endpoint-slice-controller',
  watches: ['services', 'pods', 'endpointslices'],
  workers: 5,
  workersFlag: 'concurrent-service-endpoint-syncs',
  delayMs(resource, key, view) {
    const batchMs = durationMs(view.flag('endpointslice-updates-batch-period')) ?? 0;
    if (resource === 'endpointslices') return Math.max(SLICE_DELAY_MS, batchMs);
    if (resource === 'services') return 0;
    const slices = view.by('endpointslices', 'byService', key) as readonly EndpointSlice[];
    const count = slices.reduce((sum, { endpoints }) => sum + (endpoints?.length ?? 0), 0);
    return Math.max(batchMs, syncTimeMs(count));
  },
  keysOf(resource, delta, view) {
    if (resource === 'services') return [delta.key];
    if (resource === 'pods') return servicesTouched(delta, view);
    const { labels, namespace } = delta.object.metadata;
    const name = labels?.[SERVICE_NAME];
    return labels?.[MANAGED_BY] === US && name !== undefined ? [`${namespace}/${name}`] : [];
  },
  reconcile,
};

/** How long a look at so many endpoints takes: what comes meanwhile is seen in the next one. */
export function syncTimeMs(endpoints: number): number {
  return endpoints < 20 ? 0 : Math.min(1_000, endpoints);
}

/** Keys of the Services whose endpoints this change of a pod concerns. */
export function servicesTouched({ type, object, old }: Delta, view: View): readonly string[] {
  const pod = object as Pod;
  const before = type === 'updated' ? (old as Pod | undefined) : undefined;
  if (before !== undefined && !matters(before, pod)) return [];
  const keys: string[] = [];
  for (const service of view.by('services', 'byNamespace', pod.metadata.namespace ?? '')) {
    const { selector } = (service as Service).spec;
    if (selects(selector, pod) || (before !== undefined && selects(selector, before))) keys.push(keyOf(service));
  }
  return keys;
}

/** Whether this change of a pod can show in an endpoint. */
function matters(old: Pod, pod: Pod): boolean {
  return (
    old.metadata.uid !== pod.metadata.uid ||
    old.status?.podIP !== pod.status?.podIP ||
    isReady(old) !== isReady(pod) ||
    old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp ||
    old.metadata.labels !== pod.metadata.labels ||
    old.status?.phase !== pod.status?.phase ||
    old.spec.nodeName !== pod.spec.nodeName ||
    old.spec.hostname !== pod.spec.hostname ||
    old.spec.subdomain !== pod.spec.subdomain
  );
}

function selects(selector: Service['spec']['selector'], pod: Pod): boolean {
  if (selector === undefined) return false;
  const { labels } = pod.metadata;
  for (const key of Object.keys(selector)) if (labels?.[key] !== selector[key]) return false;
  return true;
}

/** The pods behind a Service that have an address and have not ended. */
export function podsBehind(service: Service, view: View): Pod[] {
  const pods = view.by('pods', 'byNamespace', service.metadata.namespace ?? '') as readonly Pod[];
  return pods.filter((pod) => {
    if (!selects(service.spec.selector, pod) || (pod.status?.podIP ?? '') === '') return false;
    const phase = pod.status?.phase;
    return phase !== 'Failed' && phase !== 'Succeeded';
  });
}

function reconcile(key: string, view: View): Outcome {
  const service = view.get('services', key) as Service | undefined;
  if (service === undefined) return NOTHING_TO_DO;
  if (service.spec.selector === undefined || service.spec.type === 'ExternalName') return NOTHING_TO_DO;
  const ours = (view.by('endpointslices', 'byService', key) as readonly EndpointSlice[]).filter(
    ({ metadata }) => metadata.labels?.[MANAGED_BY] === US && metadata.deletionTimestamp === undefined,
  );
  let requeueAfterMs: number | undefined;
  // Pods may resolve named ports differently: one group of slices for each set of ports.
  const groups = new Map<string, PortGroup>();
  for (const pod of podsBehind(service, view)) {
    const node = view.get('nodes', pod.spec.nodeName ?? '') as Node | undefined;
    if (node === undefined && service.spec.publishNotReadyAddresses !== true) {
      requeueAfterMs = NODE_RETRY_MS;
      continue;
    }
    const ports = portsOf(service, pod);
    const name = ports.map((port) => `${port.name}/${port.protocol}/${port.port}/${port.appProtocol ?? ''}`).join();
    let group = groups.get(name);
    if (group === undefined) {
      group = { ports, endpoints: new Map() };
      groups.set(name, group);
    }
    const endpoint = endpointOf(service, pod, node);
    group.endpoints.set(endpointKey(endpoint), endpoint);
  }
  const maxEndpoints = Number(view.flag('max-endpoints-per-slice')) || 100;
  const owner = { object: service, labels: labelsFor(service), addressType: 'IPv4', maxEndpoints };
  return { writes: arrangeSlices(owner, ours, [...groups.values()]), requeueAfterMs };
}

function labelsFor(service: Service): Record<string, string> {
  const labels: Record<string, string> = { ...service.metadata.labels };
  delete labels[HEADLESS];
  if (service.spec.clusterIP === 'None') labels[HEADLESS] = '';
  labels[SERVICE_NAME] = service.metadata.name;
  labels[MANAGED_BY] = US;
  return labels;
}

function portsOf(service: Service, pod: Pod): SlicePorts {
  const ports: { name: string; protocol: string; port: number; appProtocol?: string }[] = [];
  for (const { name = '', protocol = 'TCP', port, targetPort = port, appProtocol } of service.spec.ports ?? []) {
    const number = findPort(pod, targetPort, protocol);
    if (number === undefined) continue;
    ports.push({ name, protocol, port: number, ...(appProtocol === undefined ? {} : { appProtocol }) });
  }
  return ports;
}

/** A number, or the container port of that name; sidecars count. @source pkg/api/v1/pod FindPort */
export function findPort(pod: Pod, target: number | string, protocol: string): number | undefined {
  if (typeof target === 'number') return target;
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const container of [...pod.spec.containers, ...sidecars])
    for (const port of container.ports ?? [])
      if (port.name === target && (port.protocol ?? 'TCP') === protocol) return port.containerPort;
  return undefined;
}

function endpointOf(service: Service, pod: Pod, node: Node | undefined): Endpoint {
  const { publishNotReadyAddresses, trafficDistribution = '' } = service.spec;
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const serving = isReady(pod);
  const ready = publishNotReadyAddresses === true || (serving && !terminating);
  const { name, namespace, uid } = pod.metadata;
  const { nodeName, subdomain, hostname = '' } = pod.spec;
  const zone = node?.metadata.labels?.[ZONE];
  const hints: Record<string, unknown> = {};
  if (ready && CLOSE.has(trafficDistribution)) {
    if (zone !== undefined) hints['forZones'] = [{ name: zone }];
    if (trafficDistribution === 'PreferSameNode') hints['forNodes'] = [{ name: nodeName }];
  }
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready, serving, terminating },
    ...(subdomain === service.metadata.name && hostname !== '' ? { hostname } : {}),
    targetRef: { kind: 'Pod', namespace, name, uid },
    nodeName,
    ...(zone === undefined || zone === '' ? {} : { zone }),
    ...(Object.keys(hints).length === 0 ? {} : { hints }),
  };
}
