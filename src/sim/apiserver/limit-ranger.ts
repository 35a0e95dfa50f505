/**
 * LimitRanges of a namespace: defaults for containers that say nothing, and bounds for what they say.
 * @source plugin/pkg/admission/limitranger/admission.go
 */
import { addQuantities, compareQuantities, quantityMilliValue } from '../api/quantity.ts';
import type { Container, KubeObject, PersistentVolumeClaim, Pod, ResourceList, Status } from '../api/types.ts';
import { type Admission, type AdmissionResult, forbid } from './admission.ts';
import { isNewPod } from './admission-mutating.ts';
import { cachedIn } from './watch-cache.ts';

interface LimitItem {
  readonly type: string;
  readonly max?: ResourceList;
  readonly min?: ResourceList;
  readonly default?: ResourceList;
  readonly defaultRequest?: ResourceList;
  readonly maxLimitRequestRatio?: ResourceList;
}

const NONE: ResourceList = {};

export function limitDefaults(admission: Admission, object: KubeObject): AdmissionResult {
  if (!isNewPod(admission)) return object;
  let pod = object as Pod;
  for (const item of limitsOf(admission)) {
    if (item.type !== 'Container') continue;
    const set: string[] = [];
    const merge = (what: string) => (container: Container) => withDefaults(container, item, what, set);
    const initContainers = pod.spec.initContainers?.map(merge('init container'));
    const containers = pod.spec.containers.map(merge('container'));
    if (set.length === 0) continue;
    pod = {
      ...pod,
      metadata: {
        ...pod.metadata,
        annotations: {
          ...pod.metadata.annotations,
          'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${set.join('; ')}`,
        },
      },
      spec: { ...pod.spec, containers, ...(initContainers !== undefined && { initContainers }) },
    };
  }
  return pod;
}

export function limitBounds(admission: Admission, object: KubeObject | undefined): Status | undefined {
  if (object === undefined || admission.operation === 'DELETE') return undefined;
  const claim = admission.kind.plural === 'persistentvolumeclaims' && admission.subresource === '';
  if (!claim && !isNewPod(admission)) return undefined;
  const errors: string[] = [];
  for (const item of limitsOf(admission)) {
    if (claim) {
      if (item.type === 'PersistentVolumeClaim') checkClaim(errors, item, object as PersistentVolumeClaim);
    } else checkPod(errors, item, object as Pod);
  }
  const unique = [...new Set(errors)];
  if (unique.length === 0) return undefined;
  return forbid(admission, unique.length === 1 ? unique[0]! : `[${unique.join(', ')}]`);
}

function limitsOf({ server, namespace }: Admission): readonly LimitItem[] {
  return cachedIn(server.me, '/registry/limitranges', namespace).flatMap(
    (range) => (range['spec'] as { readonly limits?: readonly LimitItem[] } | undefined)?.limits ?? [],
  );
}

function withDefaults(container: Container, item: LimitItem, what: string, set: string[]): Container {
  const requests = filled(container.resources?.requests, item.defaultRequest);
  const limits = filled(container.resources?.limits, item.default);
  if (requests.names.length > 0) set.push(`${requests.names.join(', ')} request for ${what} ${container.name}`);
  if (limits.names.length > 0) set.push(`${limits.names.join(', ')} limit for ${what} ${container.name}`);
  if (requests.names.length + limits.names.length === 0) return container;
  return {
    ...container,
    resources: {
      ...container.resources,
      ...(Object.keys(limits.list).length > 0 && { limits: limits.list }),
      ...(Object.keys(requests.list).length > 0 && { requests: requests.list }),
    },
  };
}

function filled(
  given: ResourceList | undefined,
  defaults: ResourceList | undefined,
): { list: ResourceList; names: string[] } {
  const names = Object.keys(defaults ?? NONE)
    .filter((name) => given?.[name] === undefined)
    .sort();
  let list: ResourceList = given ?? NONE;
  for (const name of names) list = { ...list, [name]: defaults?.[name] ?? '0' };
  return { list, names };
}

function checkPod(errors: string[], item: LimitItem, pod: Pod): undefined {
  const all = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  if (item.type === 'Container') {
    for (const { resources } of all) check(errors, item, resources?.requests ?? NONE, resources?.limits ?? NONE);
  } else if (item.type === 'Pod') {
    const { containers } = pod.spec;
    check(
      errors,
      item,
      sum(containers.map(({ resources }) => resources?.requests)),
      sum(containers.map(({ resources }) => resources?.limits)),
    );
  }
}

function check(errors: string[], item: LimitItem, requests: ResourceList, limits: ResourceList): undefined {
  for (const name of sorted(item.min)) {
    const min = item.min?.[name] ?? '0';
    const head = `minimum ${name} usage per ${item.type} is ${min}`;
    const [request, limit] = [requests[name], limits[name]];
    if (request === undefined) errors.push(`${head}.  No request is specified`);
    else if (compareQuantities(request, min) < 0) errors.push(`${head}, but request is ${request}`);
    else if (limit !== undefined && compareQuantities(limit, min) < 0) errors.push(`${head}, but limit is ${limit}`);
  }
  for (const name of sorted(item.max)) {
    const max = item.max?.[name] ?? '0';
    const head = `maximum ${name} usage per ${item.type} is ${max}`;
    const [request, limit] = [requests[name], limits[name]];
    if (limit === undefined) errors.push(`${head}.  No limit is specified`);
    else if (compareQuantities(limit, max) > 0) errors.push(`${head}, but limit is ${limit}`);
    else if (request !== undefined && compareQuantities(request, max) > 0)
      errors.push(`${head}, but request is ${request}`);
  }
  for (const name of sorted(item.maxLimitRequestRatio)) {
    const max = item.maxLimitRequestRatio?.[name] ?? '0';
    const head = `${name} max limit to request ratio per ${item.type} is ${max}`;
    const request = quantityMilliValue(requests[name] ?? '0');
    const limit = quantityMilliValue(limits[name] ?? '0');
    if (request === 0) errors.push(`${head}, but no request is specified or request is 0`);
    else if (limit === 0) errors.push(`${head}, but no limit is specified or limit is 0`);
    else if (limit / request > quantityMilliValue(max) / 1_000)
      errors.push(`${head}, but provided ratio is ${(limit / request).toFixed(6)}`);
  }
}

function checkClaim(errors: string[], item: LimitItem, claim: PersistentVolumeClaim): undefined {
  const requests = claim.spec.resources?.requests ?? NONE;
  for (const name of sorted(item.min)) {
    const min = item.min?.[name] ?? '0';
    const request = requests[name];
    if (request === undefined)
      errors.push(`minimum ${name} usage per ${item.type} is ${min}.  No request is specified`);
    else if (compareQuantities(request, min) < 0) {
      errors.push(`minimum ${name} usage per ${item.type} is ${min}, but request is ${request}`);
    }
  }
  for (const name of sorted(item.max)) {
    const max = item.max?.[name] ?? '0';
    const request = requests[name];
    if (request !== undefined && compareQuantities(request, max) > 0) {
      errors.push(`maximum ${name} usage per ${item.type} is ${max}, but request is ${request}`);
    }
  }
}

function sum(lists: readonly (ResourceList | undefined)[]): ResourceList {
  let total: ResourceList = NONE;
  for (const list of lists) {
    for (const name of Object.keys(list ?? NONE)) {
      const amount = list?.[name] ?? '0';
      const before = total[name];
      total = { ...total, [name]: before === undefined ? amount : addQuantities(before, amount) };
    }
  }
  return total;
}

function sorted(list: ResourceList | undefined): string[] {
  return Object.keys(list ?? NONE).sort();
}
