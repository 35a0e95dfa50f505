import { defineKind } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { nameIsDnsLabel } from '../names.ts';
import { age, columns } from '../table.ts';
import type { Namespace } from '../types.ts';

const NAME_LABEL = 'kubernetes.io/metadata.name';

/** @source pkg/registry/core/namespace/strategy.go */
export const namespaces = defineKind<Namespace>({
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  namespaced: false,
  subresources: ['finalize', 'status'],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  schema: 'core.Namespace',
  validateName: nameIsDnsLabel,
  defaults(namespace) {
    const { metadata, status } = namespace;
    if (metadata.name === '' || metadata.name === undefined) return namespace;
    const labelled = metadata.labels?.[NAME_LABEL] === metadata.name;
    const labels = labelled ? metadata.labels : { ...metadata.labels, [NAME_LABEL]: metadata.name };
    return withFields(namespace, {
      metadata: withFields(metadata, { labels }),
      status: status?.phase === undefined ? { ...status, phase: 'Active' } : status,
    });
  },
  prepareCreate(namespace) {
    const finalizers = namespace.spec?.finalizers ?? [];
    const all = finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'];
    return { ...namespace, spec: { ...namespace.spec, finalizers: all }, status: { phase: 'Active' } };
  },
  prepareUpdate: (namespace, old) => ({ ...namespace, spec: { ...namespace.spec, finalizers: old.spec?.finalizers } }),
  columns: columns('Name,Status,Age'),
  row: (namespace, nowMs) => [namespace.metadata.name, namespace.status?.phase ?? '', age(namespace, nowMs)],
  fieldLabels: ['status.phase', 'name'],
  selectableFields: (namespace) => ({
    'status.phase': namespace.status?.phase ?? '',
    name: namespace.metadata.name,
  }),
});
