import { defineKind } from '../kind.ts';
import { age, columns } from '../table.ts';
import type { KubeObject } from '../types.ts';

interface CSINode extends KubeObject {
  readonly spec?: { readonly drivers?: readonly unknown[] };
}

/** @source pkg/registry/storage/csinode/strategy.go */
export const csinodes = defineKind<CSINode>({
  group: 'storage.k8s.io',
  kind: 'CSINode',
  plural: 'csinodes',
  namespaced: false,
  schema: 'storage.CSINode',
  columns: columns('Name,#Drivers,Age'),
  row: (node, nowMs) => [node.metadata.name, node.spec?.drivers?.length ?? 0, age(node, nowMs)],
});
