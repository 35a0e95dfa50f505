import { validateEndpointSlice, validateEndpointSliceUpdate } from '../endpoint-validation.ts';
import { semanticEqual } from '../equal.ts';
import { defineKind } from '../kind.ts';
import { mapSame, withFields } from '../map-same.ts';
import { age, columns, listWithMore } from '../table.ts';
import type { EndpointSlice } from '../types.ts';

/** @source pkg/registry/discovery/endpointslice/strategy.go */
export const endpointslices = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
  schema: 'discovery.EndpointSlice',
  defaults(slice) {
    if (!slice.ports) return slice;
    const ports = mapSame(slice.ports, (port) =>
      withFields(port, { name: port.name ?? '', protocol: port.protocol ?? 'TCP' }),
    );
    return withFields(slice, { ports });
  },
  raisesGeneration: (slice, old) =>
    !semanticEqual(slice.endpoints, old.endpoints) ||
    !semanticEqual(slice.ports, old.ports) ||
    !semanticEqual(slice.metadata.labels, old.metadata.labels) ||
    !semanticEqual(slice.metadata.annotations, old.metadata.annotations),
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
  columns: columns('Name,AddressType,Ports,Endpoints,Age'),
  row: (slice, nowMs) => [
    slice.metadata.name,
    slice.addressType ?? '',
    listWithMore(
      (slice.ports ?? []).map(({ port, name }) => (port !== undefined ? `${port}` : (name ?? '*'))),
      3,
    ) || '<unset>',
    listWithMore(
      (slice.endpoints ?? []).flatMap(({ addresses }) => addresses ?? []),
      3,
    ) || '<unset>',
    age(slice, nowMs),
  ],
});
