import { defineKind, specChanged } from '../kind.ts';
import { mapSame, withFields } from '../map-same.ts';
import { defaultTemplate } from '../pod-defaults.ts';
import { formatSelector, selectorOf } from '../selector.ts';
import { age, columns, containerCells } from '../table.ts';
import type { StatefulSet } from '../types.ts';
import { validateStatefulSet, validateStatefulSetUpdate } from '../workload-validation.ts';
import { defaultClaim } from './persistentvolumeclaims.ts';

/** @source pkg/registry/apps/statefulset/strategy.go, pkg/apis/apps/v1/defaults.go */
export const statefulsets = defineKind<StatefulSet>({
  group: 'apps',
  kind: 'StatefulSet',
  plural: 'statefulsets',
  shortNames: ['sts'],
  categories: ['all'],
  namespaced: true,
  subresources: ['scale', 'status'],
  schema: 'apps.StatefulSet',
  initialStatus: { replicas: 0, availableReplicas: 0 },
  defaults: defaultStatefulSet,
  raisesGeneration: specChanged,
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  columns: columns('Name,Ready,Age|Containers,Images'),
  row: (set, nowMs) => [
    set.metadata.name,
    `${set.status?.readyReplicas ?? 0}/${set.spec.replicas ?? 0}`,
    age(set, nowMs),
    ...containerCells(set.spec.template?.spec?.containers),
  ],
  scale: {
    replicas: (set) => set.spec.replicas ?? 0,
    statusReplicas: (set) => set.status?.replicas ?? 0,
    selector: (set) => formatSelector(selectorOf(set.spec.selector)),
    withReplicas: (set, replicas) => ({ ...set, spec: { ...set.spec, replicas } }),
  },
});

function defaultStatefulSet(set: StatefulSet): StatefulSet {
  const { spec } = set;
  let updateStrategy = spec.updateStrategy ?? {};
  if (updateStrategy.type === undefined)
    updateStrategy = { rollingUpdate: {}, ...updateStrategy, type: 'RollingUpdate' };
  if (updateStrategy.type === 'RollingUpdate' && updateStrategy.rollingUpdate?.partition === undefined) {
    if (updateStrategy.rollingUpdate !== undefined) {
      updateStrategy = { ...updateStrategy, rollingUpdate: { ...updateStrategy.rollingUpdate, partition: 0 } };
    }
  }
  const retention = spec.persistentVolumeClaimRetentionPolicy ?? {};
  const completeRetention = retention.whenDeleted !== undefined && retention.whenScaled !== undefined;
  let next = withFields(spec, {
    podManagementPolicy: spec.podManagementPolicy ?? 'OrderedReady',
    updateStrategy,
    persistentVolumeClaimRetentionPolicy: completeRetention
      ? retention
      : { whenDeleted: retention.whenDeleted ?? 'Retain', whenScaled: retention.whenScaled ?? 'Retain' },
    replicas: spec.replicas ?? 1,
    revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
    template: defaultTemplate(spec.template),
  });
  if (next.volumeClaimTemplates !== undefined) {
    const claims = mapSame(next.volumeClaimTemplates, (claim) =>
      defaultClaim(
        claim.apiVersion === undefined || claim.kind === undefined
          ? { ...claim, apiVersion: 'v1', kind: 'PersistentVolumeClaim' }
          : claim,
      ),
    );
    next = withFields(next, { volumeClaimTemplates: claims });
  }
  return withFields(set, { spec: next });
}
