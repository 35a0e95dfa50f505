import { defineKind, specChanged } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { defaultTemplate } from '../pod-defaults.ts';
import { formatSelector, selectorOfMap } from '../selector.ts';
import { age, columns, containerCells, formatLabels } from '../table.ts';
import type { ReplicationController } from '../types.ts';
import { validateReplicationController } from '../workload-validation.ts';

/** @source pkg/registry/core/replicationcontroller/strategy.go, pkg/apis/core/v1/defaults.go */
export const replicationcontrollers = defineKind<ReplicationController>({
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  namespaced: true,
  subresources: ['scale', 'status'],
  storagePrefix: '/registry/controllers',
  schema: 'core.ReplicationController',
  initialStatus: { replicas: 0 },
  defaults(controller) {
    const { spec, metadata } = controller;
    const labels = spec.template?.metadata?.labels;
    const isEmpty = (map: object | undefined): boolean => map === undefined || Object.keys(map).length === 0;
    return withFields(controller, {
      metadata: isEmpty(metadata.labels) ? withFields(metadata, { labels: labels ?? metadata.labels }) : metadata,
      spec: withFields(spec, {
        replicas: spec.replicas ?? 1,
        selector: isEmpty(spec.selector) ? (labels ?? spec.selector) : spec.selector,
        template: spec.template && defaultTemplate(spec.template),
      }),
    });
  },
  raisesGeneration: specChanged,
  validate: validateReplicationController,
  columns: columns('Name,#Desired,#Current,#Ready,Age|Containers,Images,Selector'),
  row: (controller, nowMs) => [
    controller.metadata.name,
    controller.spec.replicas ?? 0,
    controller.status?.replicas ?? 0,
    controller.status?.readyReplicas ?? 0,
    age(controller, nowMs),
    ...containerCells(controller.spec.template?.spec?.containers),
    formatLabels(controller.spec.selector),
  ],
  fieldLabels: ['status.replicas'],
  selectableFields: (controller) => ({ 'status.replicas': String(controller.status?.replicas ?? 0) }),
  scale: {
    replicas: (controller) => controller.spec.replicas ?? 0,
    statusReplicas: (controller) => controller.status?.replicas ?? 0,
    selector: (controller) => formatSelector(selectorOfMap(controller.spec.selector)),
    withReplicas: (controller, replicas) => ({ ...controller, spec: { ...controller.spec, replicas } }),
  },
});
