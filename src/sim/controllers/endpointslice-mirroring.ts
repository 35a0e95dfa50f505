/**
 * EndpointSlice mirroring: Endpoints that a person keeps for a Service without selector get slices, which is what proxies read.
 * Models pkg/controller/endpointslicemirroring.
 */
import type { Endpoint, EndpointAddress, EndpointSlice, Endpoints, Service } from '../api/types.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { MANAGED_BY, SERVICE_NAME } from './endpointslice.ts';
import { arrangeSlices, endpointKey, type PortGroup } from './endpointslice-arrange.ts';
import { objectPath } from './resources.ts';

const US = 'endpointslicemirroring-controller.k8s.io';
const SKIP = 'endpointslice.kubernetes.io/skip-mirror';
const LEADER = 'control-plane.alpha.kubernetes.io/leader';
const MAX_ENDPOINTS = 1_000;
const NOT_INHERITED: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'endpoints.kubernetes.io/last-change-trigger-time',
]);

export const endpointSliceMirroring: Controller = {
  name: 'endpointslice-mirroring-controller',
  account: 'endpointslicemirroring-controller',
  watches: ['endpoints', 'services', 'endpointslices'],
  workers: 5,
  workersFlag: 'mirroring-concurrent-service-endpoint-syncs',
  keysOf(resource, delta) {
    if (resource !== 'endpointslices') return [delta.key];
    const { labels, namespace } = delta.object.metadata;
    const name = labels?.[SERVICE_NAME];
    return labels?.[MANAGED_BY] === US && name !== undefined ? [`${namespace}/${name}`] : [];
  },
  reconcile,
};

function reconcile(key: string, view: View): Outcome {
  const mirrored = (view.by('endpointslices', 'byService', key) as readonly EndpointSlice[]).filter(
    ({ metadata }) => metadata.labels?.[MANAGED_BY] === US && metadata.deletionTimestamp === undefined,
  );
  const endpoints = view.get('endpoints', key) as Endpoints | undefined;
  const service = view.get('services', key) as Service | undefined;
  const wanted = endpoints !== undefined && mayMirror(endpoints) && service?.spec.selector === undefined;
  if (!wanted || service === undefined) {
    const remove = (slice: EndpointSlice): Write => ({
      request: { method: 'DELETE', path: objectPath('endpointslices', slice) },
      tolerate: [404],
    });
    return mirrored.length === 0 ? NOTHING_TO_DO : { writes: mirrored.map(remove) };
  }
  const labels: Record<string, string> = { ...endpoints.metadata.labels };
  delete labels['service.kubernetes.io/headless'];
  labels[SERVICE_NAME] = endpoints.metadata.name;
  labels[MANAGED_BY] = US;
  const groups = groupsOf(endpoints);
  // Without addresses there is nothing to stand for.
  if (groups.length === 0 && mirrored.length === 0) return NOTHING_TO_DO;
  const annotations = Object.entries(endpoints.metadata.annotations ?? {}).filter(([name]) => !NOT_INHERITED.has(name));
  const object = { ...endpoints, metadata: { ...endpoints.metadata, annotations: Object.fromEntries(annotations) } };
  const owner = { object, labels, addressType: 'IPv4', maxEndpoints: MAX_ENDPOINTS };
  return { writes: arrangeSlices(owner, mirrored, groups) };
}

function mayMirror({ metadata }: Endpoints): boolean {
  return metadata.labels?.[SKIP] !== 'true' && metadata.annotations?.[LEADER] === undefined;
}

function groupsOf(endpoints: Endpoints): PortGroup[] {
  const groups: PortGroup[] = [];
  for (const { addresses, notReadyAddresses, ports } of endpoints.subsets ?? []) {
    const slicePorts = (ports ?? []).map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
      name,
      protocol,
      port,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    }));
    const known = new Map<string, Endpoint>();
    const put = (address: EndpointAddress, ready: boolean) => {
      const { ip, hostname, nodeName, targetRef } = address;
      const endpoint: Endpoint = {
        addresses: [ip],
        conditions: { ready },
        ...(hostname === undefined ? {} : { hostname }),
        ...(nodeName === undefined ? {} : { nodeName }),
        ...(targetRef === undefined ? {} : { targetRef }),
      };
      known.set(endpointKey(endpoint), endpoint);
    };
    for (const address of addresses ?? []) put(address, true);
    for (const address of notReadyAddresses ?? []) put(address, false);
    if (known.size > 0) groups.push({ ports: slicePorts, endpoints: known });
  }
  return groups;
}
