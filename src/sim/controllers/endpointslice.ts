/**
 * EndpointSlice controller: for every Service with a selector, the addresses of the pods it selects, at most 100 a slice, changing as few
 * slices as it can. Models pkg/controller/endpointslice and staging/src/k8s.io/endpointslice.
 */
import { deepEqual, semanticEqual } from '../api/equal.ts';
import type { Endpoint, EndpointSlice, Node, Pod, Service } from '../api/types.ts';
import { keyOf } from '../client/informer.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { isReady, ownerReference } from './pods.ts';
import { collectionPath, objectPath } from './resources.ts';

const SERVICE_NAME = 'kubernetes.io/service-name';
const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
const US = 'endpointslice-controller.k8s.io';
const HEADLESS = 'service.kubernetes.io/headless';
const MAX_ENDPOINTS = 100;

type SlicePorts = NonNullable<EndpointSlice['ports']>;

export const endpointSliceController: Controller = {
  name: 'endpointslice-controller',
  account: 'endpointslice-controller',
  watches: ['services', 'pods', 'endpointslices'],
  workers: 5,
  keysOf(resource, delta, view) {
    if (resource === 'services') return [delta.key];
    if (resource === 'endpointslices') {
      const { labels, namespace } = delta.object.metadata;
      const name = labels?.[SERVICE_NAME];
      return labels?.[MANAGED_BY] === US && name !== undefined ? [`${namespace}/${name}`] : [];
    }
    const pod = delta.object as Pod;
    const old = delta.old as Pod | undefined;
    if (delta.type === 'updated' && old !== undefined && !matters(old, pod)) return [];
    return servicesOf(pod, old, view);
  },
  reconcile,
};

/** Whether this change of a pod can show in an endpoint. */
function matters(old: Pod, pod: Pod): boolean {
  return (
    old.status?.podIP !== pod.status?.podIP ||
    isReady(old) !== isReady(pod) ||
    old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp ||
    old.metadata.labels !== pod.metadata.labels ||
    old.status?.phase !== pod.status?.phase ||
    old.spec.nodeName !== pod.spec.nodeName
  );
}

/** Keys of the Services that select this pod, or did. */
export function servicesOf(pod: Pod, old: Pod | undefined, view: View): readonly string[] {
  const keys: string[] = [];
  for (const object of view.by('services', 'byNamespace', pod.metadata.namespace ?? '')) {
    const { selector } = (object as Service).spec;
    if (selects(selector, pod) || (old !== undefined && selects(selector, old))) keys.push(keyOf(object));
  }
  return keys;
}

function selects(selector: Service['spec']['selector'], pod: Pod): boolean {
  if (selector === undefined) return false;
  const entries = Object.entries(selector);
  return entries.length > 0 && entries.every(([key, value]) => pod.metadata.labels?.[key] === value);
}

/** The pods behind a Service that have an address and have not ended. */
export function podsBehind(service: Service, view: View): Pod[] {
  const pods = view.by('pods', 'byNamespace', service.metadata.namespace ?? '') as readonly Pod[];
  return pods.filter((pod) => {
    const phase = pod.status?.phase;
    return (
      (pod.status?.podIP ?? '') !== '' &&
      phase !== 'Failed' &&
      phase !== 'Succeeded' &&
      selects(service.spec.selector, pod)
    );
  });
}

function reconcile(key: string, view: View): Outcome {
  const service = view.get('services', key) as Service | undefined;
  if (service === undefined || service.metadata.deletionTimestamp !== undefined) return NOTHING_TO_DO;
  if (service.spec.selector === undefined || service.spec.type === 'ExternalName') return NOTHING_TO_DO;
  const ours = (view.by('endpointslices', 'byService', key) as readonly EndpointSlice[]).filter(
    (slice) => slice.metadata.labels?.[MANAGED_BY] === US && slice.metadata.deletionTimestamp === undefined,
  );
  // Pods may resolve named ports differently: one group of slices for each set of ports.
  const groups = new Map<string, { ports: SlicePorts; endpoints: Map<string, Endpoint> }>();
  for (const pod of podsBehind(service, view)) {
    const ports = portsOf(service, pod);
    const name = JSON.stringify(ports);
    let group = groups.get(name);
    if (group === undefined) {
      group = { ports, endpoints: new Map() };
      groups.set(name, group);
    }
    group.endpoints.set(pod.metadata.uid ?? '', endpointOf(service, pod, view));
  }
  const writes: Write[] = [];
  const unused = new Set(ours);
  for (const { ports, endpoints } of groups.values()) {
    const slices = ours.filter((slice) => deepEqual(slice.ports ?? [], ports));
    for (const slice of slices) unused.delete(slice);
    writes.push(...arrange(service, slices, ports, endpoints));
  }
  if (groups.size === 0) {
    const placeholder = ours.find((slice) => (slice.endpoints ?? []).length === 0 && (slice.ports ?? []).length === 0);
    if (placeholder === undefined) writes.push(create(service, [], []));
    else {
      unused.delete(placeholder);
      if (!sameLabels(service, placeholder)) writes.push(update(service, placeholder, []));
    }
  }
  for (const slice of unused)
    writes.push({ request: { method: 'DELETE', path: objectPath('endpointslices', slice) }, tolerate: [404] });
  return { writes };
}

/** Keeps what is still right where it is, then fills up slices that change anyway, then makes new ones. */
function arrange(
  service: Service,
  slices: readonly EndpointSlice[],
  ports: SlicePorts,
  endpoints: Map<string, Endpoint>,
): Write[] {
  const writes: Write[] = [];
  const changed: { slice: EndpointSlice; endpoints: Endpoint[] }[] = [];
  const roomy: EndpointSlice[] = [];
  for (const slice of slices) {
    const before = slice.endpoints ?? [];
    let dirty = !sameLabels(service, slice);
    const kept: Endpoint[] = [];
    for (const endpoint of before) {
      const uid = endpoint.targetRef?.uid ?? '';
      const wanted = endpoints.get(uid);
      if (wanted === undefined) dirty = true;
      else {
        endpoints.delete(uid);
        if (!semanticEqual(wanted, endpoint)) dirty = true;
        kept.push(wanted);
      }
    }
    if (dirty && kept.length === 0)
      writes.push({ request: { method: 'DELETE', path: objectPath('endpointslices', slice) }, tolerate: [404] });
    else if (dirty) changed.push({ slice, endpoints: kept });
    else if (before.length < MAX_ENDPOINTS) roomy.push(slice);
  }
  const left = [...endpoints.values()];
  for (const entry of changed) entry.endpoints.push(...left.splice(0, MAX_ENDPOINTS - entry.endpoints.length));
  // What is left goes into the fullest slice that can take it all, before a new one is made.
  roomy.sort((a, b) => (b.endpoints ?? []).length - (a.endpoints ?? []).length);
  for (const slice of roomy) {
    const before = slice.endpoints ?? [];
    if (left.length === 0 || before.length + left.length > MAX_ENDPOINTS) continue;
    changed.push({ slice, endpoints: [...before, ...left.splice(0)] });
  }
  // A slice emptied above is refilled rather than deleted when something new needs a place.
  for (const entry of changed) writes.push(update(service, entry.slice, entry.endpoints));
  while (left.length > 0) writes.push(create(service, ports, left.splice(0, MAX_ENDPOINTS)));
  return writes;
}

function labelsFor(service: Service): Record<string, string> {
  const labels: Record<string, string> = { ...service.metadata.labels };
  delete labels[HEADLESS];
  if (service.spec.clusterIP === 'None') labels[HEADLESS] = '';
  labels[SERVICE_NAME] = service.metadata.name;
  labels[MANAGED_BY] = US;
  return labels;
}

function sameLabels(service: Service, slice: EndpointSlice): boolean {
  return deepEqual(labelsFor(service), slice.metadata.labels ?? {});
}

function create(service: Service, ports: SlicePorts, endpoints: Endpoint[]): Write {
  const { name, namespace } = service.metadata;
  const empty = ports.length === 0;
  const body = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      generateName: `${name}-`,
      namespace,
      labels: labelsFor(service),
      ownerReferences: [ownerReference(service)],
    },
    addressType: 'IPv4',
    endpoints: empty ? null : endpoints,
    ports: empty ? null : ports,
  };
  return { request: { method: 'POST', path: collectionPath('endpointslices', namespace), body }, tolerate: [404] };
}

function update(service: Service, slice: EndpointSlice, endpoints: Endpoint[]): Write {
  const metadata = { ...slice.metadata, labels: labelsFor(service) };
  const body = {
    ...slice,
    metadata,
    ...(endpoints.length === 0 && (slice.endpoints ?? []).length === 0 ? {} : { endpoints }),
  };
  return { request: { method: 'PUT', path: objectPath('endpointslices', slice), body }, tolerate: [404] };
}

function portsOf(service: Service, pod: Pod): SlicePorts {
  const ports: { name: string; protocol: string; port: number; appProtocol?: string }[] = [];
  for (const { name, protocol, port, targetPort, appProtocol } of service.spec.ports ?? []) {
    const number = findPort(pod, targetPort ?? port, protocol ?? 'TCP');
    if (number === undefined) continue;
    ports.push({
      name: name ?? '',
      protocol: protocol ?? 'TCP',
      port: number,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    });
  }
  return ports;
}

/** A number, or the container port of that name. @source pkg/api/v1/pod FindPort */
export function findPort(pod: Pod, target: number | string, protocol: string): number | undefined {
  if (typeof target === 'number') return target;
  for (const container of pod.spec.containers) {
    for (const port of container.ports ?? [])
      if (port.name === target && (port.protocol ?? 'TCP') === protocol) return port.containerPort;
  }
  return undefined;
}

function endpointOf(service: Service, pod: Pod, view: View): Endpoint {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const serving = isReady(pod);
  const ready = service.spec.publishNotReadyAddresses === true || (serving && !terminating);
  const node = view.get('nodes', pod.spec.nodeName ?? '') as Node | undefined;
  const zone = node?.metadata.labels?.['topology.kubernetes.io/zone'];
  const { name, namespace, uid } = pod.metadata;
  const hostname = pod.spec.subdomain === service.metadata.name ? pod.spec.hostname : undefined;
  return {
    addresses: [pod.status?.podIP ?? ''],
    conditions: { ready, serving, terminating },
    ...(hostname === undefined || hostname === '' ? {} : { hostname }),
    targetRef: { kind: 'Pod', namespace, name, uid },
    nodeName: pod.spec.nodeName,
    ...(zone === undefined ? {} : { zone }),
  };
}
