/**
 * Horizontal pod autoscaler: keeps its target between minReplicas and maxReplicas. No metrics server is simulated, so that it can say no more
 * than a real one says in a cluster without: it cannot get the metrics. Models pkg/controller/podautoscaler/horizontal.go.
 */
import { semanticEqual } from '../api/equal.ts';
import { kindOf } from '../api/kinds.ts';
import { formatTime } from '../api/time.ts';
import type { Condition, HorizontalPodAutoscaler, KubeObject, MetricSpec } from '../api/types.ts';
import { referenceTo } from '../client/event-recorder.ts';
import { keyOf } from '../client/informer.ts';
import { type Controller, type EventSpec, NOTHING_TO_DO, type Outcome, type View, type Write } from './controller.ts';
import { objectPath, type ResourceName, resourceOfKind } from './resources.ts';

type Said = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;
const NOT_FOUND = 'the server could not find the requested resource';

export const horizontalPodAutoscalerController: Controller = {
  name: 'horizontal-pod-autoscaler-controller',
  account: 'horizontal-pod-autoscaler',
  eventSource: 'horizontal-pod-autoscaler',
  watches: ['horizontalpodautoscalers'],
  workers: 5,
  workersFlag: 'concurrent-horizontal-pod-autoscaler-syncs',
  // A new or changed one waits for the next round, too.
  keysOf: () => [],
  every: {
    periodMs: 15_000,
    flag: 'horizontal-pod-autoscaler-sync-period',
    keys: (view) => [...view.list('horizontalpodautoscalers')].map(keyOf),
  },
  reconcile,
};

function reconcile(key: string, view: View): Outcome {
  const hpa = view.get('horizontalpodautoscalers', key) as HorizontalPodAutoscaler | undefined;
  if (hpa === undefined) return NOTHING_TO_DO;
  const about = referenceTo(hpa);
  const target = targetOf(hpa, view);
  if (typeof target === 'string') {
    const message = `the HPA controller was unable to get the target's current scale: ${target}`;
    const event: EventSpec = { about, type: 'Warning', reason: 'FailedGetScale', message: target };
    const said: Said = { type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message };
    return { writes: tell(hpa, {}, [said], view), events: [event] };
  }
  const current = (target.object['spec'] as { readonly replicas?: number } | undefined)?.replicas ?? 1;
  const able: Said = {
    type: 'AbleToScale',
    status: 'True',
    reason: 'SucceededGetScale',
    message: "the HPA controller was able to get the target's current scale",
  };
  const { minReplicas = 1, maxReplicas } = hpa.spec;
  if (current === 0 && minReplicas !== 0) {
    const message = 'scaling is disabled since the replica count of the target is zero';
    const disabled: Said = { type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled', message };
    return { writes: tell(hpa, { currentReplicas: 0, desiredReplicas: 0 }, [able, disabled], view) };
  }
  if (current > maxReplicas || current < minReplicas) return rescale(hpa, target, current, view);
  const { reason, problem, first } = metricProblem(hpa.spec.metrics?.[0]);
  const count = hpa.spec.metrics?.length ?? 1;
  const message = `the HPA was unable to compute the replica count: ${problem}`;
  const inactive: Said = { type: 'ScalingActive', status: 'False', reason, message };
  const events: EventSpec[] = [
    { about, type: 'Warning', reason, message: problem },
    {
      about,
      type: 'Warning',
      reason: 'FailedComputeMetricsReplicas',
      message: `invalid metrics (${count} invalid out of ${count}), first error is: ${first}`,
    },
  ];
  return { writes: tell(hpa, { currentReplicas: current }, [able, inactive], view), events };
}

interface Target {
  readonly resource: ResourceName;
  readonly object: KubeObject;
}

/** What it scales, or why that cannot be found. */
function targetOf(hpa: HorizontalPodAutoscaler, view: View): Target | string {
  const { kind, name, apiVersion = 'v1' } = hpa.spec.scaleTargetRef;
  const known = kindOf(apiVersion, kind);
  const resource = known === undefined ? undefined : resourceOfKind(kind);
  if (known === undefined || resource === undefined)
    return `no matches for kind "${kind}" in group "${apiVersion.split('/')[0]}"`;
  const plural = known.group === '' ? known.plural : `${known.plural}.${known.group}`;
  if (!known.subresources.includes('scale')) return NOT_FOUND;
  const object = view.get(resource, `${hpa.metadata.namespace}/${name}`);
  return object === undefined ? `${plural} "${name}" not found` : { resource, object };
}

function rescale(hpa: HorizontalPodAutoscaler, { resource, object }: Target, current: number, view: View): Outcome {
  const { minReplicas = 1, maxReplicas } = hpa.spec;
  const desired = current > maxReplicas ? maxReplicas : minReplicas;
  const bound = current > maxReplicas ? 'above Spec.MaxReplicas' : 'below Spec.MinReplicas';
  const message = `New size: ${desired}; reason: Current number of replicas ${bound}`;
  const about = referenceTo(hpa);
  const { name, namespace, uid, resourceVersion } = object.metadata;
  const metadata = { name, namespace, uid, resourceVersion };
  const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata, spec: { replicas: desired } };
  const write: Write = {
    request: { method: 'PUT', path: `${objectPath(resource, object)}/scale`, body: scale },
    event: { about, type: 'Normal', reason: 'SuccessfulRescale', message },
    failureEvent: { about, type: 'Warning', reason: 'FailedRescale', message: `${message}; error: {error}` },
  };
  const said: Said = {
    type: 'AbleToScale',
    status: 'True',
    reason: 'SucceededRescale',
    message: `the HPA controller was able to update the target scale to ${desired}`,
  };
  const counts = { currentReplicas: current, desiredReplicas: desired, lastScaleTime: formatTime(view.nowMs) };
  return { writes: [write, ...tell(hpa, counts, [said], view)] };
}

/** What is missing, in the words of a cluster without metrics. */
function metricProblem(metric: MetricSpec | undefined): { reason: string; problem: string; first: string } {
  const resources = `unable to fetch metrics from resource metrics API: ${NOT_FOUND} (get pods.metrics.k8s.io)`;
  const custom =
    'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered';
  const nameOf = (source: unknown) =>
    (source as { readonly metric?: { readonly name?: string } } | undefined)?.metric?.name ?? '';
  switch (metric?.type) {
    case 'Pods':
    case 'Object': {
      const name = nameOf(metric.type === 'Pods' ? metric.pods : metric.object);
      const problem = `unable to get metric ${name}: ${custom}`;
      const kind = metric.type.toLowerCase();
      return {
        reason: `FailedGet${metric.type}Metric`,
        problem,
        first: `failed to get ${kind} metric value: ${problem}`,
      };
    }
    case 'External': {
      const name = nameOf(metric.external);
      const problem = `unable to get external metric ${name}: unable to fetch metrics from external metrics API: ${NOT_FOUND} (get ${name}.external.metrics.k8s.io)`;
      return {
        reason: 'FailedGetExternalMetric',
        problem,
        first: `failed to get ${name} external metric value: ${problem}`,
      };
    }
    default: {
      const source = metric?.resource ?? metric?.containerResource;
      const name = source?.name ?? 'cpu';
      const what = source?.target.averageValue === undefined ? 'utilization' : 'usage';
      const problem = `failed to get ${name} ${what}: unable to get metrics for resource ${name}: ${resources}`;
      const reason =
        metric?.type === 'ContainerResource' ? 'FailedGetContainerResourceMetric' : 'FailedGetResourceMetric';
      const kind = metric?.type === 'ContainerResource' ? 'container resource' : 'resource';
      return { reason, problem, first: `failed to get ${name} ${kind} metric value: ${problem}` };
    }
  }
}

function tell(hpa: HorizontalPodAutoscaler, counts: object, said: readonly Said[], view: View): Write[] {
  const conditions = [...(hpa.status?.conditions ?? [])];
  for (const one of said) {
    const at = conditions.findIndex(({ type }) => type === one.type);
    const before = conditions[at];
    const lastTransitionTime = before?.status === one.status ? before.lastTransitionTime : formatTime(view.nowMs);
    const next: Condition = { ...one, lastTransitionTime };
    if (at < 0) conditions.push(next);
    else conditions[at] = next;
  }
  const { generation } = hpa.metadata;
  const status = {
    desiredReplicas: 0,
    currentMetrics: null,
    ...hpa.status,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...counts,
    conditions,
  };
  if (semanticEqual(status, hpa.status)) return [];
  const path = `${objectPath('horizontalpodautoscalers', hpa)}/status`;
  return [{ request: { method: 'PUT', path, body: { ...hpa, status } }, tolerate: [404, 409] }];
}
