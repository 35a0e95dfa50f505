/**
 * What a pod asks for as a whole, and the quality of service that follows from it.
 * @source staging/src/k8s.io/component-helpers/resource/helpers.go, pkg/apis/core/v1/helper/qos/qos.go
 */
import { compareQuantities, mustParseQuantity, resourceBaseUnits } from './quantity.ts';
import type { Container, Pod, PodSpec, ResourceList } from './types.ts';

/** Amounts by resource: millicores for `cpu`, whole units for everything else. */
export type Amounts = Readonly<Record<string, number>>;

/**
 * The requests of a pod: the larger of all containers with the sidecars together and of each init container with the
 * sidecars before it; pod-level requests take the place of the sums; then the overhead.
 */
export function podRequests(spec: PodSpec): Amounts {
  return podAmounts(spec, 'requests');
}

/** The limits of a pod, counted the same way. */
export function podLimits(spec: PodSpec): Amounts {
  return podAmounts(spec, 'limits');
}

function podAmounts(spec: PodSpec, which: 'requests' | 'limits'): Amounts {
  const running: Record<string, number> = {};
  for (const container of spec.containers ?? []) addTo(running, container.resources?.[which]);
  if (spec.initContainers !== undefined) addInitContainers(running, spec.initContainers, which);
  const podLevel = spec.resources?.[which];
  for (const resource in podLevel) {
    if (resource === 'cpu' || resource === 'memory' || resource.startsWith('hugepages-')) {
      running[resource] = resourceBaseUnits(resource, podLevel[resource] ?? 0);
    }
  }
  for (const resource in spec.overhead) {
    if (which === 'limits' && running[resource] === undefined) continue;
    running[resource] = (running[resource] ?? 0) + resourceBaseUnits(resource, spec.overhead[resource] ?? 0);
  }
  return running;
}

function addInitContainers(
  running: Record<string, number>,
  initContainers: readonly Container[],
  which: 'requests' | 'limits',
): void {
  const sidecars: Record<string, number> = {};
  const initializing: Record<string, number> = {};
  for (const container of initContainers) {
    const list = container.resources?.[which];
    let atOnce: Record<string, number>;
    if (container.restartPolicy === 'Always') {
      addTo(sidecars, list);
      addTo(running, list);
      atOnce = sidecars;
    } else {
      atOnce = { ...sidecars };
      addTo(atOnce, list);
    }
    raiseTo(initializing, atOnce);
  }
  raiseTo(running, initializing);
}

function addTo(sum: Record<string, number>, list: ResourceList | undefined): void {
  for (const resource in list) {
    sum[resource] = (sum[resource] ?? 0) + resourceBaseUnits(resource, list[resource] ?? 0);
  }
}

function raiseTo(most: Record<string, number>, amounts: Amounts): void {
  for (const resource in amounts) most[resource] = Math.max(most[resource] ?? 0, amounts[resource] ?? 0);
}

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort';

/** Guaranteed: cpu and memory limits everywhere, equal to the requests. BestEffort: none at all. Otherwise Burstable. */
export function podQosClass(pod: Pod): QosClass {
  const { spec } = pod;
  if (spec.resources?.requests !== undefined || spec.resources?.limits !== undefined) {
    return qosOf([{ name: '', resources: spec.resources }]);
  }
  return qosOf(
    spec.initContainers === undefined ? (spec.containers ?? []) : [...(spec.containers ?? []), ...spec.initContainers],
  );
}

function qosOf(containers: readonly Container[]): QosClass {
  let anything = false;
  let guaranteed = true;
  for (const { resources } of containers) {
    for (const resource of ['cpu', 'memory']) {
      const request = positive(resources?.requests, resource);
      const limit = positive(resources?.limits, resource);
      if (request !== undefined || limit !== undefined) anything = true;
      if (limit === undefined || (request !== undefined && compareQuantities(request, limit) !== 0)) guaranteed = false;
    }
  }
  if (!anything) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function positive(list: ResourceList | undefined, resource: string): string | number | undefined {
  const quantity = list?.[resource];
  return quantity !== undefined && mustParseQuantity(quantity).nanos > 0n ? quantity : undefined;
}
