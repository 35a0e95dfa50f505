/**
 * What a pod or a pod template is given when its author left it out.
 * @source pkg/apis/core/v1/defaults.go
 */
import { mapSame, mapValuesSame, withFields } from './map-same.ts';
import { addQuantities, canonicalResource, compareQuantities } from './quantity.ts';
import type {
  Container,
  ContainerPort,
  EnvVar,
  Pod,
  PodSpec,
  PodTemplateSpec,
  Probe,
  ProbeHandler,
  Quantity,
  ResourceList,
  ResourceRequirements,
  Volume,
} from './types.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A pod: the defaults of every template, and those only a pod itself gets (requests from limits, service links). */
export function defaultPod(pod: Pod): Pod {
  const common = defaultPodSpec(pod.spec);
  const containers = mapSame(common.containers ?? NO_CONTAINERS, requestsFromLimits);
  const initContainers = common.initContainers && mapSame(common.initContainers, requestsFromLimits);
  let spec = common;
  if (
    containers !== common.containers ||
    initContainers !== common.initContainers ||
    common.enableServiceLinks === undefined
  ) {
    // A specification that was just copied is still ours to write in.
    const next: Mutable<PodSpec> = common === pod.spec ? { ...common } : common;
    next.containers = containers;
    if (initContainers !== undefined) next.initContainers = initContainers;
    next.enableServiceLinks ??= true;
    spec = next;
  }
  if (spec.resources?.limits !== undefined) spec = defaultPodRequests(spec, spec.resources, spec.resources.limits);
  if (spec.hostNetwork === true) spec = defaultHostPorts(spec);
  return spec === pod.spec ? pod : { ...pod, spec };
}

/** A template: everything but what only pods themselves get. */
export function defaultTemplate(template: PodTemplateSpec): PodTemplateSpec {
  const spec = defaultPodSpec(template.spec ?? { containers: [] });
  return spec === template.spec ? template : { ...template, spec };
}

const EMPTY: Readonly<Record<string, never>> = Object.freeze({});

/** The specification of a pod or a template. */
export function defaultPodSpec(spec: PodSpec): PodSpec {
  const containers = mapSame(spec.containers ?? NO_CONTAINERS, defaultContainer);
  const initContainers = spec.initContainers && mapSame(spec.initContainers, defaultContainer);
  const ephemeralContainers = spec.ephemeralContainers && mapSame(spec.ephemeralContainers, defaultContainer);
  const volumes = spec.volumes && mapSame(spec.volumes, defaultVolume);
  const overhead = spec.overhead && defaultResourceList(spec.overhead);
  const resources = spec.resources && defaultResources(spec.resources);
  if (
    containers === spec.containers &&
    initContainers === spec.initContainers &&
    ephemeralContainers === spec.ephemeralContainers &&
    volumes === spec.volumes &&
    overhead === spec.overhead &&
    resources === spec.resources &&
    spec.dnsPolicy !== undefined &&
    spec.restartPolicy !== undefined &&
    spec.securityContext !== undefined &&
    spec.terminationGracePeriodSeconds !== undefined &&
    spec.schedulerName !== undefined &&
    spec.serviceAccountName === spec.serviceAccount
  ) {
    return spec;
  }
  const next: Mutable<PodSpec> = { ...spec };
  next.containers = containers;
  if (initContainers !== undefined) next.initContainers = initContainers;
  if (ephemeralContainers !== undefined) next.ephemeralContainers = ephemeralContainers;
  if (volumes !== undefined) next.volumes = volumes;
  if (overhead !== undefined) next.overhead = overhead;
  if (resources !== undefined) next.resources = resources;
  next.dnsPolicy ??= 'ClusterFirst';
  next.restartPolicy ??= 'Always';
  next.securityContext ??= EMPTY;
  next.terminationGracePeriodSeconds ??= 30;
  next.schedulerName ??= 'default-scheduler';
  const account = spec.serviceAccountName ?? spec.serviceAccount;
  if (account !== undefined) {
    next.serviceAccountName = account;
    next.serviceAccount = account;
  }
  return next;
}

const NO_CONTAINERS: readonly Container[] = [];

/** Pull policy from the tag, the termination message, probes, ports, and quantities spelled canonically. */
export function defaultContainer(container: Container): Container {
  const { livenessProbe, readinessProbe, startupProbe, lifecycle } = container;
  const resources = container.resources === undefined ? EMPTY : defaultResources(container.resources);
  const ports = container.ports && mapSame(container.ports, defaultContainerPort);
  const env = container.env && mapSame(container.env, defaultEnv);
  const liveness = livenessProbe && defaultProbe(livenessProbe);
  const readiness = readinessProbe && defaultProbe(readinessProbe);
  const startup = startupProbe && defaultProbe(startupProbe);
  const hooks = lifecycle && defaultLifecycle(lifecycle);
  if (
    resources === container.resources &&
    ports === container.ports &&
    env === container.env &&
    liveness === livenessProbe &&
    readiness === readinessProbe &&
    startup === startupProbe &&
    hooks === lifecycle &&
    container.imagePullPolicy !== undefined &&
    container.terminationMessagePath !== undefined &&
    container.terminationMessagePolicy !== undefined
  ) {
    return container;
  }
  const next: Mutable<Container> = { ...container };
  next.resources = resources;
  next.imagePullPolicy ??= imageTag(container.image) === 'latest' ? 'Always' : 'IfNotPresent';
  next.terminationMessagePath ??= '/dev/termination-log';
  next.terminationMessagePolicy ??= 'File';
  if (ports !== undefined) next.ports = ports;
  if (env !== undefined) next.env = env;
  if (liveness !== undefined) next.livenessProbe = liveness;
  if (readiness !== undefined) next.readinessProbe = readiness;
  if (startup !== undefined) next.startupProbe = startup;
  if (hooks !== undefined) next.lifecycle = hooks;
  return next;
}

function defaultContainerPort(port: ContainerPort): ContainerPort {
  return port.protocol === undefined ? { ...port, protocol: 'TCP' } : port;
}

function defaultLifecycle(lifecycle: NonNullable<Container['lifecycle']>): NonNullable<Container['lifecycle']> {
  let next = lifecycle;
  if (lifecycle.preStop !== undefined) next = withFields(next, { preStop: defaultHandler(lifecycle.preStop) });
  if (lifecycle.postStart !== undefined) next = withFields(next, { postStart: defaultHandler(lifecycle.postStart) });
  return next;
}

/**
 * The tag an image name stands for: `latest` when it has neither tag nor digest, empty when it is no image name at all.
 * @source pkg/util/parsers/parsers.go
 */
export function imageTag(image: string | undefined): string {
  if (image === undefined || image === '' || /[\sA-Z]/.test(image.replace(/[:@][^/]*$/, ''))) return '';
  const at = image.indexOf('@');
  const name = at < 0 ? image : image.slice(0, at);
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1);
  if (colon >= 0) return name.slice(colon + 1);
  return at < 0 ? 'latest' : '';
}

/** Quantities of a resource list, rounded up to thousandths and spelled canonically. */
export function defaultResourceList(list: ResourceList): ResourceList {
  return mapValuesSame(list, canonicalResource);
}

/** Requests and limits with canonical quantities. */
export function defaultResources(given: ResourceRequirements): ResourceRequirements {
  const requests = given.requests && defaultResourceList(given.requests);
  const limits = given.limits && defaultResourceList(given.limits);
  if (requests === given.requests && limits === given.limits) return given;
  return { ...given, ...(requests && { requests }), ...(limits && { limits }) };
}

/** Containers whose requests were taken from their limits: pods of one template go on sharing one container. */
const withRequests = new WeakMap<Container, Container>();

function requestsFromLimits(container: Container): Container {
  const limits = container.resources?.limits;
  if (limits === undefined) return container;
  const known = withRequests.get(container);
  if (known !== undefined) return known;
  const requests = container.resources?.requests ?? {};
  let missing: Record<string, Quantity> | undefined;
  for (const resource in limits) {
    if (requests[resource] !== undefined) continue;
    missing ??= {};
    missing[resource] = limits[resource] ?? '0';
  }
  if (missing === undefined) return container;
  const changed = { ...container, resources: { ...container.resources, requests: { ...requests, ...missing } } };
  withRequests.set(container, changed);
  return changed;
}

/** Pod-level requests: what the containers ask for together, else the pod-level limit. */
function defaultPodRequests(spec: PodSpec, resources: ResourceRequirements, limits: ResourceList): PodSpec {
  const requests: Record<string, Quantity> = { ...resources.requests };
  for (const resource of ['cpu', 'memory']) {
    if (requests[resource] !== undefined) continue;
    const together = aggregateRequests(spec, resource);
    if (together !== undefined) requests[resource] = together;
  }
  for (const resource in limits) {
    const supported = resource === 'cpu' || resource === 'memory' || resource.startsWith('hugepages-');
    if (supported && requests[resource] === undefined) requests[resource] = limits[resource] ?? '0';
  }
  const same = Object.keys(requests).length === Object.keys(resources.requests ?? {}).length;
  return same ? spec : { ...spec, resources: { ...resources, requests } };
}

/** The most a pod's containers ask for at once: its containers and sidecars, or an init container with the sidecars before it. */
function aggregateRequests(spec: PodSpec, resource: string): Quantity | undefined {
  let running: Quantity | undefined;
  const add = (sum: Quantity | undefined, more: Quantity | undefined): Quantity | undefined =>
    more === undefined ? sum : sum === undefined ? more : addQuantities(sum, more);
  for (const container of spec.containers) running = add(running, container.resources?.requests?.[resource]);
  let sidecars: Quantity | undefined;
  let initializing: Quantity | undefined;
  for (const container of spec.initContainers ?? []) {
    const request = container.resources?.requests?.[resource];
    let atOnce: Quantity | undefined;
    if (container.restartPolicy === 'Always') {
      sidecars = add(sidecars, request);
      running = add(running, request);
      atOnce = sidecars;
    } else {
      atOnce = add(sidecars, request);
    }
    if (atOnce !== undefined && (initializing === undefined || compareQuantities(atOnce, initializing) > 0)) {
      initializing = atOnce;
    }
  }
  if (initializing === undefined) return running;
  return running === undefined || compareQuantities(initializing, running) > 0 ? initializing : running;
}

function defaultHostPorts(spec: PodSpec): PodSpec {
  const withHostPorts = (container: Container): Container => {
    if (container.ports === undefined) return container;
    const ports = mapSame(container.ports, (port) =>
      port.hostPort === undefined || port.hostPort === 0 ? { ...port, hostPort: port.containerPort } : port,
    );
    return withFields(container, { ports });
  };
  const hosted = withFields(spec, { containers: mapSame(spec.containers, withHostPorts) });
  if (hosted.initContainers === undefined) return hosted;
  return withFields(hosted, { initContainers: mapSame(hosted.initContainers, withHostPorts) });
}

function defaultEnv(variable: EnvVar): EnvVar {
  const fieldRef = variable.valueFrom?.fieldRef;
  if (fieldRef === undefined || fieldRef.apiVersion !== undefined) return variable;
  return { ...variable, valueFrom: { ...variable.valueFrom, fieldRef: { ...fieldRef, apiVersion: 'v1' } } };
}

function defaultProbe(probe: Probe): Probe {
  const { httpGet, grpc } = probe;
  const incomplete =
    (httpGet !== undefined && (httpGet.path === undefined || httpGet.scheme === undefined)) ||
    (grpc !== undefined && grpc.service === undefined);
  if (!incomplete && probe.timeoutSeconds && probe.periodSeconds && probe.successThreshold && probe.failureThreshold) {
    return probe;
  }
  const next: Mutable<Probe> = { ...probe };
  next.timeoutSeconds ||= 1;
  next.periodSeconds ||= 10;
  next.successThreshold ||= 1;
  next.failureThreshold ||= 3;
  if (httpGet !== undefined) next.httpGet = { ...httpGet, path: httpGet.path ?? '/', scheme: httpGet.scheme ?? 'HTTP' };
  if (grpc !== undefined) next.grpc = { ...grpc, service: grpc.service ?? '' };
  return next;
}

function defaultHandler<T extends ProbeHandler>(handler: T): T {
  const { httpGet } = handler;
  if (httpGet === undefined || (httpGet.path !== undefined && httpGet.scheme !== undefined)) return handler;
  return { ...handler, httpGet: { ...httpGet, path: httpGet.path ?? '/', scheme: httpGet.scheme ?? 'HTTP' } };
}

const MODE_0644 = 0o644;
type Fields = Readonly<Record<string, unknown>>;

function defaultVolume(volume: Volume): Volume {
  let sources = 0;
  let next = volume;
  for (const source in volume) {
    if (source === 'name' || volume[source] === undefined) continue;
    sources++;
    const given = volume[source] as Fields;
    const changed = defaultVolumeSource(source, given);
    if (changed !== given) next = { ...next, [source]: changed };
  }
  return sources === 0 ? { ...volume, emptyDir: EMPTY } : next;
}

function defaultVolumeSource(source: string, given: Fields): Fields {
  switch (source) {
    case 'configMap':
    case 'secret':
      return given['defaultMode'] === undefined ? { ...given, defaultMode: MODE_0644 } : given;
    case 'downwardAPI':
      return defaultDownward(given['defaultMode'] === undefined ? { ...given, defaultMode: MODE_0644 } : given);
    case 'projected':
      return defaultProjected(given);
    case 'hostPath':
      return given['type'] === undefined ? { ...given, type: '' } : given;
    case 'image':
      if (given['pullPolicy'] !== undefined) return given;
      return {
        ...given,
        pullPolicy: imageTag(String(given['reference'] ?? '')) === 'latest' ? 'Always' : 'IfNotPresent',
      };
    case 'ephemeral':
      return defaultEphemeral(given);
    case 'iscsi':
      return given['iscsiInterface'] === undefined ? { ...given, iscsiInterface: 'default' } : given;
    case 'azureDisk':
    case 'rbd':
    case 'scaleIO':
      return { ...LEGACY_SOURCES[source], ...given };
    default:
      return given;
  }
}

const LEGACY_SOURCES: Readonly<Record<string, Fields>> = {
  azureDisk: { cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false },
  rbd: { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' },
  scaleIO: { storageMode: 'ThinProvisioned', fsType: 'xfs' },
};

function defaultProjected(given: Fields): Fields {
  const projected = given['defaultMode'] === undefined ? { ...given, defaultMode: MODE_0644 } : given;
  const sources = projected['sources'];
  if (!Array.isArray(sources)) return projected;
  const changed = mapSame(sources as readonly Fields[], (source) => {
    const token = source['serviceAccountToken'] as Fields | undefined;
    if (token !== undefined && token['expirationSeconds'] === undefined) {
      return { ...source, serviceAccountToken: { ...token, expirationSeconds: 3600 } };
    }
    const downward = source['downwardAPI'] as Fields | undefined;
    if (downward === undefined) return source;
    const next = defaultDownward(downward);
    return next === downward ? source : { ...source, downwardAPI: next };
  });
  return changed === sources ? projected : { ...projected, sources: changed };
}

function defaultDownward(given: Fields): Fields {
  const items = given['items'];
  if (!Array.isArray(items)) return given;
  const changed = mapSame(items as readonly Fields[], (item) => {
    const fieldRef = item['fieldRef'] as Fields | undefined;
    if (fieldRef === undefined || fieldRef['apiVersion'] !== undefined) return item;
    return { ...item, fieldRef: { apiVersion: 'v1', ...fieldRef } };
  });
  return changed === items ? given : { ...given, items: changed };
}

function defaultEphemeral(given: Fields): Fields {
  const template = given['volumeClaimTemplate'] as Fields | undefined;
  const spec = template?.['spec'] as Fields | undefined;
  if (spec === undefined || spec['volumeMode'] !== undefined) return given;
  return { ...given, volumeClaimTemplate: { ...template, spec: { ...spec, volumeMode: 'Filesystem' } } };
}
