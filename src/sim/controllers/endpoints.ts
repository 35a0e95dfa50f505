/** Endpoints controller: the older single object a Service, still kept by Kubernetes v1.36. Models pkg/controller/endpoint. */
import { deepEqual } from '../api/equal.ts';
import type { KubeObject, Pod, Service } from '../api/types.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View } from './controller.ts';
import { findPort, podsBehind, servicesOf } from './endpointslice.ts';
import { isReady } from './pods.ts';
import { collectionPath, objectPath } from './resources.ts';

const MANAGED_BY = 'endpoints.kubernetes.io/managed-by';
const MAX_ADDRESSES = 1_000;

interface Address {
  readonly ip: string;
  readonly nodeName: string | undefined;
  readonly targetRef: object;
}

export const endpointsController: Controller = {
  name: 'endpoints-controller',
  account: 'endpoint-controller',
  watches: ['services', 'pods', 'endpoints'],
  workers: 5,
  keysOf(resource, delta, view) {
    if (resource !== 'pods') return [delta.key];
    const pod = delta.object as Pod;
    const old = delta.old as Pod | undefined;
    if (
      old !== undefined &&
      delta.type === 'updated' &&
      old.status?.podIP === pod.status?.podIP &&
      isReady(old) === isReady(pod)
    ) {
      if (
        old.metadata.deletionTimestamp === pod.metadata.deletionTimestamp &&
        old.metadata.labels === pod.metadata.labels
      )
        return [];
    }
    return servicesOf(pod, old, view);
  },
  reconcile,
};

function reconcile(key: string, view: View): Outcome {
  const service = view.get('services', key) as Service | undefined;
  const existing = view.get('endpoints', key);
  if (service === undefined) {
    if (existing?.metadata.labels?.[MANAGED_BY] === undefined) return NOTHING_TO_DO;
    return { writes: [{ request: { method: 'DELETE', path: objectPath('endpoints', existing) }, tolerate: [404] }] };
  }
  if (service.spec.selector === undefined) return NOTHING_TO_DO;
  const subsets = subsetsOf(service, view);
  const labels = { ...service.metadata.labels, [MANAGED_BY]: 'endpoint-controller' };
  const { name, namespace } = service.metadata;
  if (existing === undefined) {
    const body: KubeObject = { apiVersion: 'v1', kind: 'Endpoints', metadata: { name, namespace, labels }, subsets };
    return {
      writes: [
        { request: { method: 'POST', path: collectionPath('endpoints', namespace), body }, tolerate: [403, 409] },
      ],
    };
  }
  if (deepEqual(existing['subsets'] ?? [], subsets) && deepEqual(existing.metadata.labels ?? {}, labels))
    return NOTHING_TO_DO;
  const body = { ...existing, metadata: { ...existing.metadata, labels }, subsets };
  return { writes: [{ request: { method: 'PUT', path: objectPath('endpoints', existing), body }, tolerate: [404] }] };
}

/** One subset for each set of ports; ready and not ready addresses apart, by IP. */
function subsetsOf(service: Service, view: View): object[] {
  const groups = new Map<string, { ports: object[]; addresses: Address[]; notReady: Address[] }>();
  for (const pod of podsBehind(service, view)) {
    if (pod.metadata.deletionTimestamp !== undefined && service.spec.publishNotReadyAddresses !== true) continue;
    const ports = portsOf(service, pod);
    const name = JSON.stringify(ports);
    let group = groups.get(name);
    if (group === undefined) {
      group = { ports, addresses: [], notReady: [] };
      groups.set(name, group);
    }
    const { namespace, name: podName, uid } = pod.metadata;
    const address = {
      ip: pod.status?.podIP ?? '',
      nodeName: pod.spec.nodeName,
      targetRef: { kind: 'Pod', namespace, name: podName, uid },
    };
    if (isReady(pod) || service.spec.publishNotReadyAddresses === true) group.addresses.push(address);
    else group.notReady.push(address);
  }
  return [...groups.values()].map(({ ports, addresses, notReady }) => ({
    ...(addresses.length === 0 ? {} : { addresses: addresses.sort(byIp).slice(0, MAX_ADDRESSES) }),
    ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady.sort(byIp).slice(0, MAX_ADDRESSES) }),
    ...(ports.length === 0 ? {} : { ports }),
  }));
}

function portsOf(service: Service, pod: Pod): object[] {
  const ports: object[] = [];
  for (const { name, protocol, port, targetPort } of service.spec.ports ?? []) {
    const number = findPort(pod, targetPort ?? port, protocol ?? 'TCP');
    if (number !== undefined)
      ports.push({ ...(name === undefined ? {} : { name }), port: number, protocol: protocol ?? 'TCP' });
  }
  return ports;
}

function byIp(a: Address, b: Address): number {
  return a.ip < b.ip ? -1 : 1;
}
