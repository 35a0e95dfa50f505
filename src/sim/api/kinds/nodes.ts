import { defineKind } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { validateNode, validateNodeUpdate } from '../node-validation.ts';
import { defaultResourceList } from '../pod-defaults.ts';
import { age, type Cell, columns, findCondition } from '../table.ts';
import type { Node } from '../types.ts';

const ROLE_LABEL_PREFIX = 'node-role.kubernetes.io/';

/** @source pkg/registry/core/node/strategy.go */
export const nodes = defineKind<Node>({
  kind: 'Node',
  plural: 'nodes',
  shortNames: ['no'],
  namespaced: false,
  subresources: ['proxy', 'status'],
  storagePrefix: '/registry/minions',
  schema: 'core.Node',
  defaults: defaultNode,
  prepareUpdate: (node, old) => withFields(node, { status: old.status }),
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  columns: columns('Name,Status,Roles,Age,Version|Internal-IP,External-IP,OS-Image,Kernel-Version,Container-Runtime'),
  row: nodeCells,
  fieldLabels: ['spec.unschedulable'],
  selectableFields: (node) => ({ 'spec.unschedulable': String(node.spec?.unschedulable ?? false) }),
});

function defaultNode(node: Node): Node {
  const { status } = node;
  if (status === undefined) return node;
  let next = status;
  if (next.capacity !== undefined) next = withFields(next, { capacity: defaultResourceList(next.capacity) });
  if (next.allocatable === undefined && next.capacity !== undefined) next = { ...next, allocatable: next.capacity };
  if (next.allocatable !== undefined) next = withFields(next, { allocatable: defaultResourceList(next.allocatable) });
  return withFields(node, { status: next });
}

function nodeCells(node: Node, nowMs: number): readonly Cell[] {
  const info = node.status?.nodeInfo ?? {};
  const architecture = info['architecture'] ? ` (${info['architecture']})` : '';
  return [
    node.metadata.name,
    nodeStatusWord(node),
    nodeRoles(node).join(',') || '<none>',
    age(node, nowMs),
    info['kubeletVersion'] ?? '',
    addressOf(node, 'InternalIP'),
    addressOf(node, 'ExternalIP'),
    info['osImage'] || '<unknown>',
    (info['kernelVersion'] || '<unknown>') + architecture,
    info['containerRuntimeVersion'] || '<unknown>',
  ];
}

/** `Ready`, `NotReady`, `Unknown`, with `,SchedulingDisabled` when cordoned. */
export function nodeStatusWord(node: Node): string {
  const ready = findCondition(node.status?.conditions, 'Ready');
  const word = ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady';
  return node.spec?.unschedulable === true ? `${word},SchedulingDisabled` : word;
}

/** The roles its labels give a node, sorted. */
export function nodeRoles(node: Node): readonly string[] {
  const roles = new Set<string>();
  const labels = node.metadata.labels ?? {};
  for (const key of Object.keys(labels)) {
    if (key.startsWith(ROLE_LABEL_PREFIX)) {
      if (key.length > ROLE_LABEL_PREFIX.length) roles.add(key.slice(ROLE_LABEL_PREFIX.length));
    } else if (key === 'kubernetes.io/role' && labels[key] !== '') {
      roles.add(labels[key] ?? '');
    }
  }
  return [...roles].sort();
}

function addressOf(node: Node, type: string): string {
  return node.status?.addresses?.find((address) => address.type === type)?.address ?? '<none>';
}
