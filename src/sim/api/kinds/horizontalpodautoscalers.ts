import { validateAutoscaler } from '../autoscaler-validation.ts';
import { defineKind } from '../kind.ts';
import { withFields } from '../map-same.ts';
import { canonicalQuantity } from '../quantity.ts';
import { age, columns } from '../table.ts';
import type { HorizontalPodAutoscaler, MetricSpec, MetricStatus, Quantity, ScalingRules } from '../types.ts';

/** @source pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go, pkg/apis/autoscaling/v2/defaults.go */
export const horizontalpodautoscalers = defineKind<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  namespaced: true,
  subresources: ['status'],
  schema: 'autoscaling.HorizontalPodAutoscaler',
  initialStatus: { desiredReplicas: 0, currentMetrics: null },
  defaults: defaultAutoscaler,
  validate: validateAutoscaler,
  columns: columns('Name,Reference,Targets,MinPods,MaxPods,Replicas,Age'),
  row: (autoscaler, nowMs) => [
    autoscaler.metadata.name,
    `${autoscaler.spec.scaleTargetRef?.kind ?? ''}/${autoscaler.spec.scaleTargetRef?.name ?? ''}`,
    targetsCell(autoscaler.spec.metrics ?? [], autoscaler.status?.currentMetrics ?? []),
    autoscaler.spec.minReplicas === undefined ? '<unset>' : String(autoscaler.spec.minReplicas),
    autoscaler.spec.maxReplicas ?? 0,
    autoscaler.status?.currentReplicas ?? 0,
    age(autoscaler, nowMs),
  ],
});

const CPU_AT_80_PERCENT: readonly MetricSpec[] = [
  { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
];
const SCALE_UP: ScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
};
const SCALE_DOWN: ScalingRules = {
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
};

function defaultAutoscaler(autoscaler: HorizontalPodAutoscaler): HorizontalPodAutoscaler {
  const { spec } = autoscaler;
  const { behavior } = spec;
  return withFields(autoscaler, {
    spec: withFields(spec, {
      minReplicas: spec.minReplicas ?? 1,
      metrics: (spec.metrics?.length ?? 0) === 0 ? CPU_AT_80_PERCENT : spec.metrics,
      behavior:
        behavior &&
        withFields(behavior, {
          scaleUp: completeRules(behavior.scaleUp, SCALE_UP),
          scaleDown: completeRules(behavior.scaleDown, SCALE_DOWN),
        }),
    }),
  });
}

function completeRules(rules: ScalingRules | undefined, defaults: ScalingRules): ScalingRules {
  if (rules === undefined) return defaults;
  const complete = Object.keys(defaults).every((key) => key in rules);
  return complete ? rules : { ...defaults, ...rules };
}

const SHOWN_METRICS = 2;

function targetsCell(specs: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (specs.length === 0) return '<none>';
  const list = specs.map((spec, i) => metricText(spec, statuses[i]));
  const text = list.slice(0, SHOWN_METRICS).join(', ');
  return list.length > SHOWN_METRICS ? `${text} + ${list.length - SHOWN_METRICS} more...` : text;
}

function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'External':
    case 'Object': {
      const source = spec.type === 'External' ? spec.external : spec.object;
      const current = (spec.type === 'External' ? status?.external : status?.object)?.current;
      const { averageValue, value } = source?.target ?? {};
      if (averageValue !== undefined) return `${amount(current?.averageValue)}/${amount(averageValue)} (avg)`;
      return `${amount(current?.value)}/${amount(value)}`;
    }
    case 'Pods':
      return `${amount(status?.pods?.current.averageValue)}/${amount(spec.pods?.target.averageValue)}`;
    case 'Resource':
    case 'ContainerResource': {
      const source = spec.type === 'Resource' ? spec.resource : spec.containerResource;
      const current = (spec.type === 'Resource' ? status?.resource : status?.containerResource)?.current;
      const target = source?.target;
      if (target?.averageValue !== undefined) {
        return `${source?.name}: ${amount(current?.averageValue)}/${amount(target.averageValue)}`;
      }
      const wanted = target?.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`;
      const used = current?.averageUtilization === undefined ? '<unknown>' : `${current.averageUtilization}%`;
      return `${source?.name}: ${used}/${wanted}`;
    }
    default:
      return '<unknown type>';
  }
}

function amount(quantity: Quantity | undefined): string {
  return quantity === undefined ? '<unknown>' : canonicalQuantity(quantity);
}
