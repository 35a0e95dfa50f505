import { defineKind, specChanged } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { defaultTemplate } from '../pod-defaults.ts';
import { formatLabelSelector, formatSelector, selectorOf } from '../selector.ts';
import { age, columns, containerCells } from '../table.ts';
import type { ReplicaSet } from '../types.ts';
import { validateReplicaSet, validateReplicaSetUpdate } from '../workload-validation.ts';

/** @source pkg/registry/apps/replicaset/strategy.go, pkg/apis/apps/v1/defaults.go */
export const replicasets = defineKind<ReplicaSet>({
  group: 'apps',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  namespaced: true,
  subresources: ['scale', 'status'],
  schema: 'apps.ReplicaSet',
  initialStatus: { replicas: 0 },
  defaults: (set) =>
    withFields(set, {
      spec: withFields(set.spec, { replicas: set.spec.replicas ?? 1, template: defaultTemplate(set.spec.template) }),
    }),
  raisesGeneration: specChanged,
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  columns: columns('Name,#Desired,#Current,#Ready,Age|Containers,Images,Selector'),
  row: (set, nowMs) => [
    set.metadata.name,
    set.spec.replicas ?? 0,
    set.status?.replicas ?? 0,
    set.status?.readyReplicas ?? 0,
    age(set, nowMs),
    ...containerCells(set.spec.template?.spec?.containers),
    formatLabelSelector(set.spec.selector),
  ],
  scale: {
    replicas: (set) => set.spec.replicas ?? 0,
    statusReplicas: (set) => set.status?.replicas ?? 0,
    selector: (set) => formatSelector(selectorOf(set.spec.selector)),
    withReplicas: (set, replicas) => ({ ...set, spec: { ...set.spec, replicas } }),
  },
});
