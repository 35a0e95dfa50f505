import { defineKind } from '../kind.ts';
import { mapSame, withFields } from '../map-same.ts';
import { age, columns, listWithMore } from '../table.ts';
import type { Endpoints } from '../types.ts';

/** @source pkg/registry/core/endpoint/strategy.go */
export const endpoints = defineKind<Endpoints>({
  kind: 'Endpoints',
  plural: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  namespaced: true,
  storagePrefix: '/registry/services/endpoints',
  schema: 'core.Endpoints',
  createOnUpdate: true,
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  defaults(object) {
    if (object.subsets === undefined) return object;
    const subsets = mapSame(object.subsets, (subset) => {
      if (subset.ports === undefined) return subset;
      const ports = mapSame(subset.ports, (port) => withFields(port, { protocol: port.protocol ?? 'TCP' }));
      return withFields(subset, { ports });
    });
    return withFields(object, { subsets });
  },
  columns: columns('Name,Endpoints,Age'),
  row: (object, nowMs) => [object.metadata.name, addressesCell(object), age(object, nowMs)],
});

function addressesCell(object: Endpoints): string {
  if ((object.subsets?.length ?? 0) === 0) return '<none>';
  const list: string[] = [];
  for (const { addresses = [], ports = [] } of object.subsets ?? []) {
    if (ports.length === 0) list.push(...addresses.map(({ ip }) => ip));
    for (const { port } of ports)
      list.push(...addresses.map(({ ip }) => `${ip.includes(':') ? `[${ip}]` : ip}:${port}`));
  }
  return listWithMore(list, 3);
}
