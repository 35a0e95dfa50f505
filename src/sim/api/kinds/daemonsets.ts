import { semanticEqual } from '../equal.ts';
import { defineKind, specChanged } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { defaultTemplate } from '../pod-defaults.ts';
import { formatLabelSelector } from '../selector.ts';
import { age, columns, containerCells, formatLabels } from '../table.ts';
import type { DaemonSet } from '../types.ts';
import { validateDaemonSet, validateDaemonSetUpdate } from '../workload-validation.ts';

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

/** @source pkg/registry/apps/daemonset/strategy.go, pkg/apis/apps/v1/defaults.go */
export const daemonsets = defineKind<DaemonSet>({
  group: 'apps',
  kind: 'DaemonSet',
  plural: 'daemonsets',
  shortNames: ['ds'],
  categories: ['all'],
  namespaced: true,
  subresources: ['status'],
  schema: 'apps.DaemonSet',
  initialStatus: { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  defaults: defaultDaemonSet,
  prepareCreate: (set) => withTemplateGeneration(set, 1),
  raisesGeneration: specChanged,
  prepareUpdate(set, old) {
    const before = Number(old.metadata.annotations?.[TEMPLATE_GENERATION] ?? 0);
    const changed = !semanticEqual(set.spec.template, old.spec.template);
    return withTemplateGeneration(set, before + (changed ? 1 : 0));
  },
  validate: validateDaemonSet,
  validateUpdate: validateDaemonSetUpdate,
  columns: columns('Name,#Desired,#Current,#Ready,#Up-to-date,#Available,Node Selector,Age|Containers,Images,Selector'),
  row: (set, nowMs) => [
    set.metadata.name,
    set.status?.desiredNumberScheduled ?? 0,
    set.status?.currentNumberScheduled ?? 0,
    set.status?.numberReady ?? 0,
    set.status?.updatedNumberScheduled ?? 0,
    set.status?.numberAvailable ?? 0,
    formatLabels(set.spec.template?.spec?.nodeSelector),
    age(set, nowMs),
    ...containerCells(set.spec.template?.spec?.containers),
    formatLabelSelector(set.spec.selector),
  ],
});

function defaultDaemonSet(set: DaemonSet): DaemonSet {
  const { spec } = set;
  const strategy = spec.updateStrategy ?? {};
  const type = strategy.type ?? 'RollingUpdate';
  const { maxUnavailable, maxSurge } = strategy.rollingUpdate ?? {};
  const complete =
    strategy.type !== undefined &&
    (type !== 'RollingUpdate' || (maxUnavailable !== undefined && maxSurge !== undefined));
  const rollingUpdate = { maxUnavailable: maxUnavailable ?? 1, maxSurge: maxSurge ?? 0 };
  return withFields(set, {
    spec: withFields(spec, {
      updateStrategy: complete ? strategy : { ...strategy, type, ...(type === 'RollingUpdate' && { rollingUpdate }) },
      revisionHistoryLimit: spec.revisionHistoryLimit ?? 10,
      template: defaultTemplate(spec.template),
    }),
  });
}

function withTemplateGeneration(set: DaemonSet, generation: number): DaemonSet {
  const annotations = { ...set.metadata.annotations, [TEMPLATE_GENERATION]: String(generation) };
  if (set.metadata.annotations?.[TEMPLATE_GENERATION] === String(generation)) return set;
  return { ...set, metadata: { ...set.metadata, annotations } };
}
