/**
 * Puts the endpoints of a Service into slices of limited size, changing as few of them as it can.
 * Models staging/src/k8s.io/endpointslice/reconciler.go (reconcileByPortMapping, finalize).
 */
import { deepEqual, semanticEqual } from '../api/equal.ts';
import type { Endpoint, EndpointSlice, KubeObject, StringMap } from '../api/types.ts';
import type { Write } from './controller.ts';
import { ownerReference } from './pods.ts';
import { collectionPath, objectPath } from './resources.ts';

export type SlicePorts = NonNullable<EndpointSlice['ports']>;

/** Endpoints that have the same ports; by identity, see `endpointKey`. */
export interface PortGroup {
  readonly ports: SlicePorts;
  readonly endpoints: Map<string, Endpoint>;
}

export interface SliceOwner {
  /** Service, or Endpoints for mirrored ones. */
  readonly object: KubeObject;
  readonly labels: StringMap;
  readonly addressType: string;
  readonly maxEndpoints: number;
}

interface Changes {
  readonly creates: { readonly ports: SlicePorts; readonly endpoints: readonly Endpoint[] }[];
  readonly updates: {
    readonly slice: EndpointSlice;
    readonly ports: SlicePorts;
    readonly endpoints: readonly Endpoint[];
  }[];
  readonly deletes: EndpointSlice[];
}

/** The same backend at the same address. */
export function endpointKey({ addresses, hostname, targetRef }: Endpoint): string {
  return `${targetRef?.namespace ?? ''}/${targetRef?.name ?? ''}/${targetRef?.uid ?? ''}|${addresses[0] ?? ''}|${hostname ?? ''}`;
}

/** Writes that turn `slices` into ones that hold the groups. Consumes the groups. */
export function arrangeSlices(
  owner: SliceOwner,
  slices: readonly EndpointSlice[],
  groups: readonly PortGroup[],
): Write[] {
  const changes: Changes = { creates: [], updates: [], deletes: [] };
  const unused = new Set(slices);
  for (const { ports, endpoints } of groups) {
    const known = slices.filter((slice) => deepEqual(slice.ports ?? [], ports));
    for (const slice of known) unused.delete(slice);
    arrangeGroup(owner, known, ports, endpoints, changes);
  }
  changes.deletes.push(...unused);
  keepPlaceholder(owner, slices, changes);
  return writesFor(owner, changes);
}

function arrangeGroup(
  owner: SliceOwner,
  slices: readonly EndpointSlice[],
  ports: SlicePorts,
  endpoints: Map<string, Endpoint>,
  { creates, updates, deletes }: Changes,
): void {
  const { maxEndpoints } = owner;
  const changed: { slice: EndpointSlice; ports: SlicePorts; endpoints: Endpoint[] }[] = [];
  const unchanged: EndpointSlice[] = [];
  for (const slice of slices) {
    const kept: Endpoint[] = [];
    let differs = false;
    for (const endpoint of slice.endpoints ?? []) {
      const key = endpointKey(endpoint);
      const wanted = endpoints.get(key);
      if (wanted === undefined) continue;
      endpoints.delete(key);
      if (!semanticEqual(wanted, endpoint)) differs = true;
      kept.push(wanted);
    }
    if (kept.length !== (slice.endpoints ?? []).length) differs = true;
    if (differs && kept.length === 0) deletes.push(slice);
    else if (differs || !deepEqual(owner.labels, slice.metadata.labels ?? {}))
      changed.push({ slice, ports, endpoints: kept });
    else unchanged.push(slice);
  }
  const left = [...endpoints.values()];
  // Slices that change anyway are filled up first, the fullest first of all.
  changed.sort((a, b) => b.endpoints.length - a.endpoints.length);
  for (const entry of changed)
    entry.endpoints.push(...left.splice(0, Math.max(0, maxEndpoints - entry.endpoints.length)));
  while (left.length > 0) {
    const roomy = left.length < maxEndpoints ? closestFit(unchanged, left.length, maxEndpoints) : undefined;
    if (roomy === undefined) creates.push({ ports, endpoints: left.splice(0, maxEndpoints) });
    else {
      unchanged.splice(unchanged.indexOf(roomy), 1);
      changed.push({ slice: roomy, ports, endpoints: [...(roomy.endpoints ?? []), ...left.splice(0)] });
    }
  }
  updates.push(...changed);
}

/** The slice that would be the fullest with so many more. */
function closestFit(slices: readonly EndpointSlice[], count: number, maximum: number): EndpointSlice | undefined {
  let best: EndpointSlice | undefined;
  let bestRoom = maximum;
  for (const slice of slices) {
    const room = maximum - count - (slice.endpoints ?? []).length;
    if (room < 0 || room >= bestRoom) continue;
    best = slice;
    bestRoom = room;
  }
  return best;
}

/** A Service never has no slice at all: an empty one stands for it. */
function keepPlaceholder(owner: SliceOwner, slices: readonly EndpointSlice[], { creates, deletes }: Changes): void {
  if (slices.length !== deletes.length || creates.length > 0) return;
  const [only] = deletes;
  const isPlaceholder =
    deletes.length === 1 &&
    only !== undefined &&
    (only.endpoints ?? []).length === 0 &&
    (only.ports ?? []).length === 0 &&
    deepEqual(owner.labels, only.metadata.labels ?? {});
  if (isPlaceholder) deletes.length = 0;
  else creates.push({ ports: [], endpoints: [] });
}

function writesFor(owner: SliceOwner, { creates, updates, deletes }: Changes): Write[] {
  const { object, labels, addressType } = owner;
  const { name, namespace } = object.metadata;
  // A slice that is to go takes the place of one that is to come.
  const renewed: typeof updates = [];
  while (deletes.length > 0 && creates.length > 0) renewed.push({ slice: deletes.shift()!, ...creates.pop()! });
  const content = (ports: SlicePorts, endpoints: readonly Endpoint[]) => ({
    endpoints: endpoints.length === 0 ? null : endpoints,
    ports: ports.length === 0 ? null : ports,
  });
  const writes: Write[] = [];
  for (const { ports, endpoints } of object.metadata.deletionTimestamp === undefined ? creates : []) {
    const metadata = { generateName: `${name}-`, namespace, labels, ownerReferences: [ownerReference(object)] };
    const type = { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' };
    const body = { ...type, metadata, addressType, ...content(ports, endpoints) };
    writes.push({ request: { method: 'POST', path: collectionPath('endpointslices', namespace), body } });
  }
  for (const { slice, ports, endpoints } of [...updates, ...renewed]) {
    const body = { ...slice, metadata: { ...slice.metadata, labels }, ...content(ports, endpoints) };
    writes.push({ request: { method: 'PUT', path: objectPath('endpointslices', slice), body }, tolerate: [404] });
  }
  for (const slice of deletes)
    writes.push({ request: { method: 'DELETE', path: objectPath('endpointslices', slice) }, tolerate: [404] });
  return writes;
}
