import { semanticEqual } from '../equal.ts';
import { defineKind, specChanged } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { defaultTemplate } from '../pod-defaults.ts';
import { formatSelector, selectorOf } from '../selector.ts';
import { age, columns, containerCells } from '../table.ts';
import type { Deployment } from '../types.ts';
import { validateDeployment, validateDeploymentUpdate } from '../workload-validation.ts';

/** @source pkg/registry/apps/deployment/strategy.go, pkg/apis/apps/v1/defaults.go */
export const deployments = defineKind<Deployment>({
  group: 'apps',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  namespaced: true,
  subresources: ['scale', 'status'],
  schema: 'apps.Deployment',
  initialStatus: {},
  defaults: defaultDeployment,
  raisesGeneration: (deployment, old) =>
    specChanged(deployment, old) || !semanticEqual(deployment.metadata.annotations, old.metadata.annotations),
  prepareStatusUpdate: (deployment, old) => ({
    ...deployment,
    metadata: withFields(deployment.metadata, { labels: old.metadata.labels }),
  }),
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  columns: columns('Name,Ready,#Up-to-date,#Available,Age|Containers,Images,Selector'),
  row: (deployment, nowMs) => [
    deployment.metadata.name,
    `${deployment.status?.readyReplicas ?? 0}/${deployment.spec.replicas ?? 0}`,
    deployment.status?.updatedReplicas ?? 0,
    deployment.status?.availableReplicas ?? 0,
    age(deployment, nowMs),
    ...containerCells(deployment.spec.template?.spec?.containers),
    formatSelector(selectorOf(deployment.spec.selector)),
  ],
  scale: {
    replicas: (deployment) => deployment.spec.replicas ?? 0,
    statusReplicas: (deployment) => deployment.status?.replicas ?? 0,
    selector: (deployment) => formatSelector(selectorOf(deployment.spec.selector)),
    withReplicas: (deployment, replicas) => ({ ...deployment, spec: { ...deployment.spec, replicas } }),
  },
});

function defaultDeployment(deployment: Deployment): Deployment {
  const { spec } = deployment;
  const strategy = spec.strategy ?? {};
  const type = strategy.type ?? 'RollingUpdate';
  const rollingUpdate = {
    maxUnavailable: strategy.rollingUpdate?.maxUnavailable ?? '25%',
    maxSurge: strategy.rollingUpdate?.maxSurge ?? '25%',
  };
  const complete =
    strategy.type !== undefined &&
    (type !== 'RollingUpdate' ||
      (strategy.rollingUpdate?.maxUnavailable !== undefined && strategy.rollingUpdate.maxSurge !== undefined));
  return withFields(deployment, {
    spec: withFields(spec, {
      replicas: spec.replicas ?? 1,
      strategy: complete ? strategy : { ...strategy, type, ...(type === 'RollingUpdate' && { rollingUpdate }) },
      revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
      progressDeadlineSeconds: spec.progressDeadlineSeconds ?? 600,
      template: defaultTemplate(spec.template),
    }),
  });
}
