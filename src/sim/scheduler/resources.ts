/**
 * What a pod asks for and what a node offers, as plain numbers: CPU in millicores, everything else in whole units.
 * @source staging/src/k8s.io/component-helpers/resource/helpers.go, pkg/scheduler/framework/types.go
 */
import { resourceBaseUnits } from '../api/quantity.ts';
import type { Container, Pod, ResourceList } from '../api/types.ts';

export interface Resource {
  milliCpu: number;
  memory: number;
  ephemeralStorage: number;
  /** How many pods a node admits; 0 for a pod's own request. */
  pods: number;
  /** Extended resources, huge pages, attachable volumes. */
  scalars: Map<string, number>;
}

/** Amounts by resource name, in base units. */
export type Amounts = Map<string, number>;

/** What a container counts as when it asks for nothing; for scoring only, never for filtering. */
export const DEFAULT_MILLI_CPU = 100;
export const DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024;
const DEFAULT_REQUESTS: Amounts = new Map([
  ['cpu', DEFAULT_MILLI_CPU],
  ['memory', DEFAULT_MEMORY_BYTES],
]);

/**
 * The largest amount of each resource that the pod needs at any moment of its life: all containers and sidecars together, or
 * any one init container beside the sidecars started before it; plus overhead. Pod-level requests override the sums.
 * @param countMissing containers without a CPU or memory request count with the defaults
 * @source staging/src/k8s.io/component-helpers/resource/helpers.go PodRequests
 */
export function podRequests(pod: Pod, countMissing: 'as zero' | 'as default' = 'as zero'): Amounts {
  const missing = countMissing === 'as default' ? DEFAULT_REQUESTS : undefined;
  return requestsWith(pod, missing);
}

export interface PodResource {
  readonly request: Resource;
  readonly nonZeroMilliCpu: number;
  readonly nonZeroMemory: number;
}

/** What an assigned pod takes from its node: exact for filtering, with defaults for scoring. */
export function podResource(pod: Pod): PodResource {
  const requests = requestsWith(pod, undefined);
  let missing: Amounts = DEFAULT_REQUESTS;
  if (hasPodLevelRequests(pod)) {
    missing = new Map();
    for (const [name, amount] of DEFAULT_REQUESTS) if (!requests.has(name)) missing.set(name, amount);
  }
  const nonZero = missing.size === 0 ? requests : requestsWith(pod, missing);
  return {
    request: toResource(requests),
    nonZeroMilliCpu: nonZero.get('cpu') ?? 0,
    nonZeroMemory: nonZero.get('memory') ?? 0,
  };
}

/** A resource list of an API object in base units. */
export function amounts(list: ResourceList | undefined): Amounts {
  const result: Amounts = new Map();
  if (list === undefined) return result;
  for (const name of Object.keys(list)) {
    const quantity = list[name];
    if (quantity !== undefined && quantity !== null) result.set(name, resourceBaseUnits(name, quantity));
  }
  return result;
}

export function emptyResource(): Resource {
  return { milliCpu: 0, memory: 0, ephemeralStorage: 0, pods: 0, scalars: new Map() };
}

/** Sorts amounts into the fields that the scheduler compares; names it does not know are dropped. */
export function toResource(list: Amounts): Resource {
  const resource = emptyResource();
  for (const [name, amount] of list) {
    if (name === 'cpu') resource.milliCpu = amount;
    else if (name === 'memory') resource.memory = amount;
    else if (name === 'ephemeral-storage') resource.ephemeralStorage = amount;
    else if (name === 'pods') resource.pods = amount;
    else if (isScalarResourceName(name)) resource.scalars.set(name, amount);
  }
  return resource;
}

/** @source pkg/scheduler/util/utils.go IsScalarResourceName */
export function isScalarResourceName(name: string): boolean {
  return (
    name.startsWith('hugepages-') ||
    name.startsWith('attachable-volumes-') ||
    name.includes('kubernetes.io/') ||
    isExtendedResourceName(name)
  );
}

const QUALIFIED_NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** `vendor.example/thing`: neither Kubernetes' own nor a quota name. @source pkg/apis/core/v1/helper/helpers.go */
export function isExtendedResourceName(name: string): boolean {
  if (!name.includes('/') || name.includes('kubernetes.io/') || name.startsWith('requests.')) return false;
  const parts = `requests.${name}`.split('/');
  const [prefix = '', rest = ''] = parts;
  if (parts.length !== 2 || rest.length > 63 || prefix.length > 253) return false;
  return DNS_SUBDOMAIN.test(prefix) && QUALIFIED_NAME.test(rest);
}

function requestsWith(pod: Pod, missing: Amounts | undefined): Amounts {
  const requests = containerRequests(pod, missing);
  const podLevel = pod.spec.resources?.requests;
  if (podLevel !== undefined && hasPodLevelRequests(pod)) {
    for (const [name, amount] of amounts(podLevel)) if (isPodLevelResource(name)) requests.set(name, amount);
  }
  add(requests, amounts(pod.spec.overhead));
  return requests;
}

function hasPodLevelRequests(pod: Pod): boolean {
  const requests = pod.spec.resources?.requests;
  return requests !== undefined && Object.keys(requests).some(isPodLevelResource);
}

function isPodLevelResource(name: string): boolean {
  return name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');
}

function containerRequests(pod: Pod, missing: Amounts | undefined): Amounts {
  const total: Amounts = new Map();
  for (const container of pod.spec.containers ?? []) add(total, oneContainer(pod, container, missing));
  const sidecars: Amounts = new Map();
  const startup: Amounts = new Map();
  for (const container of pod.spec.initContainers ?? []) {
    const own = oneContainer(pod, container, missing);
    if (container.restartPolicy === 'Always') {
      add(total, own);
      add(sidecars, own);
      raise(startup, sidecars);
    } else {
      add(own, sidecars);
      raise(startup, own);
    }
  }
  raise(total, startup);
  return total;
}

/** A container's request; while a resize is under way, the largest of what is asked, granted and in force. */
function oneContainer(pod: Pod, container: Container, missing: Amounts | undefined): Amounts {
  let own = amounts(container.resources?.requests);
  const statuses =
    container.restartPolicy === 'Always' ? pod.status?.initContainerStatuses : pod.status?.containerStatuses;
  const status = statuses?.find((each) => each.name === container.name);
  const actuated = status?.['resources'];
  if (status !== undefined && isRequirements(actuated)) {
    const pending = pod.status?.conditions?.find((each) => each.type === 'PodResizePending');
    if (pending?.reason === 'Infeasible') own = new Map();
    raise(own, amounts(actuated.requests));
    const allocated = status['allocatedResources'];
    if (isResourceList(allocated)) raise(own, amounts(allocated));
  }
  if (missing !== undefined) for (const [name, amount] of missing) if (!own.has(name)) own.set(name, amount);
  return own;
}

function isRequirements(value: unknown): value is { readonly requests?: ResourceList | undefined } {
  return typeof value === 'object' && value !== null;
}

function isResourceList(value: unknown): value is ResourceList {
  return typeof value === 'object' && value !== null;
}

function add(into: Amounts, more: Amounts): void {
  for (const [name, amount] of more) into.set(name, (into.get(name) ?? 0) + amount);
}

function raise(into: Amounts, other: Amounts): void {
  for (const [name, amount] of other) {
    const known = into.get(name);
    if (known === undefined || amount > known) into.set(name, amount);
  }
}
