/**
 * Admission plugins that change objects.
 * @source plugin/pkg/admission
 */
import { notFound } from '../api/status.ts';
import { parseTime } from '../api/time.ts';
import type { KubeObject, Node, Pod, Toleration } from '../api/types.ts';
import { type Admission, type AdmissionResult, forbid, type MutatingPlugin } from './admission.ts';
import { limitDefaults } from './limit-ranger.ts';
import { serviceAccountDefaults } from './service-account-admission.ts';
import { cached, cachedIn } from './watch-cache.ts';

/** By name; who runs and in which order is the flags' business. */
export const mutatingPlugins: ReadonlyMap<string, MutatingPlugin> = new Map<string, MutatingPlugin>([
  ['NamespaceLifecycle', namespaceLifecycle],
  ['LimitRanger', limitDefaults],
  ['ServiceAccount', serviceAccountDefaults],
  ['TaintNodesByCondition', taintNewNode],
  ['AlwaysPullImages', alwaysPull],
  ['Priority', priority],
  ['DefaultTolerationSeconds', defaultTolerations],
  ['DefaultStorageClass', defaultStorageClass],
  ['StorageObjectInUseProtection', protectInUse],
  ['RuntimeClass', runtimeClass],
  ['DefaultIngressClass', defaultIngressClass],
  ['PodTopologyLabels', topologyLabels],
]);

export function isNewPod({ kind, operation, subresource }: Admission): boolean {
  return kind.plural === 'pods' && kind.group === '' && operation === 'CREATE' && subresource === '';
}

/** Nothing new in a namespace that does not exist or is being deleted. */
function namespaceLifecycle(admission: Admission, object: KubeObject): AdmissionResult {
  const { kind, operation, namespace, subresource } = admission;
  if (operation !== 'CREATE' || !kind.namespaced || subresource !== '') return object;
  const found = cached(admission.server.me, '/registry/namespaces', namespace);
  if (found === undefined) return { refused: notFound({ group: '', resource: 'namespaces' }, namespace), retries: 1 };
  const phase = (found['status'] as { readonly phase?: string } | undefined)?.phase;
  if (phase !== 'Terminating') return object;
  const status = forbid(
    admission,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  };
  return { refused: { ...status, details: { ...status.details, causes: [cause] } } };
}

/** A new node may not take pods before it is known to be ready. */
function taintNewNode(admission: Admission, object: KubeObject): AdmissionResult {
  if (admission.kind.plural !== 'nodes' || admission.operation !== 'CREATE') return object;
  const taint = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };
  const taints = (object as Node).spec?.taints ?? [];
  if (taints.some(({ key, effect }) => key === taint.key && effect === taint.effect)) return object;
  return { ...object, spec: { ...(object as Node).spec, taints: [...taints, taint] } };
}

function alwaysPull(admission: Admission, object: KubeObject): AdmissionResult {
  if (!isNewPod(admission)) return object;
  const pod = object as Pod;
  const containers = pod.spec.containers.map((container) => ({ ...container, imagePullPolicy: 'Always' }));
  return { ...pod, spec: { ...pod.spec, containers } } satisfies Pod;
}

interface PriorityClass extends KubeObject {
  readonly value?: number;
  readonly globalDefault?: boolean;
  readonly preemptionPolicy?: string;
}

function priority(admission: Admission, object: KubeObject): AdmissionResult {
  if (!isNewPod(admission)) return object;
  const { me } = admission.server;
  const pod = object as Pod;
  let name = pod.spec.priorityClassName ?? '';
  let found: PriorityClass | undefined;
  if (name === '') {
    for (const candidate of cachedIn(me, '/registry/priorityclasses', '') as readonly PriorityClass[]) {
      if (candidate.globalDefault === true && (found === undefined || (candidate.value ?? 0) < (found.value ?? 0)))
        found = candidate;
    }
    name = found?.metadata.name ?? '';
  } else {
    found = cached(me, '/registry/priorityclasses', name);
    if (found === undefined) return { refused: forbid(admission, `no PriorityClass with name ${name} was found`) };
  }
  const value = found?.value ?? 0;
  const given = pod.spec.priority;
  if (given !== undefined && given !== value) {
    const text = `the integer value of priority (${given}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`;
    return { refused: forbid(admission, text) };
  }
  const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority';
  if (pod.spec.preemptionPolicy !== undefined && pod.spec.preemptionPolicy !== policy) {
    const text = `the string value of PreemptionPolicy (${pod.spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`;
    return { refused: forbid(admission, text) };
  }
  const spec = {
    ...pod.spec,
    priority: value,
    preemptionPolicy: policy,
    ...(name !== '' && { priorityClassName: name }),
  };
  return { ...pod, spec } satisfies Pod;
}

const EVICTED_AFTER_SECONDS = 300;

/** Pods stay five minutes on a node that is not ready or cannot be reached, unless they say otherwise. */
function defaultTolerations(admission: Admission, object: KubeObject): AdmissionResult {
  const changing = admission.kind.plural === 'pods' && admission.operation === 'UPDATE' && admission.subresource === '';
  if (!isNewPod(admission) && !changing) return object;
  const pod = object as Pod;
  let tolerations: readonly Toleration[] = pod.spec.tolerations ?? [];
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const tolerated = tolerations.some(
      (one) =>
        ((one.key ?? '') === key || (one.key ?? '') === '') &&
        ((one.effect ?? '') === 'NoExecute' || (one.effect ?? '') === ''),
    );
    if (!tolerated) {
      tolerations = [
        ...tolerations,
        { key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: EVICTED_AFTER_SECONDS },
      ];
    }
  }
  if (tolerations === pod.spec.tolerations || tolerations.length === 0) return object;
  return tolerations.length === (pod.spec.tolerations?.length ?? 0)
    ? object
    : ({ ...pod, spec: { ...pod.spec, tolerations } } satisfies Pod);
}

function defaultStorageClass(admission: Admission, object: KubeObject): AdmissionResult {
  const { kind, operation, subresource } = admission;
  if (kind.plural !== 'persistentvolumeclaims' || operation !== 'CREATE' || subresource !== '') return object;
  const spec = object['spec'] as { readonly storageClassName?: string | null } | undefined;
  const old = object.metadata.annotations?.['volume.beta.kubernetes.io/storage-class'];
  if (old !== undefined || (spec?.storageClassName !== undefined && spec.storageClassName !== null)) return object;
  const name = newestDefault(admission, '/registry/storageclasses', 'storageclass.kubernetes.io/is-default-class');
  return name === undefined ? object : { ...object, spec: { ...spec, storageClassName: name } };
}

function defaultIngressClass(admission: Admission, object: KubeObject): AdmissionResult {
  if (admission.kind.plural !== 'ingresses' || admission.operation !== 'CREATE') return object;
  const spec = object['spec'] as { readonly ingressClassName?: string } | undefined;
  if (spec?.ingressClassName !== undefined) return object;
  if (object.metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return object;
  const name = newestDefault(admission, '/registry/ingressclasses', 'ingressclass.kubernetes.io/is-default-class');
  return name === undefined ? object : { ...object, spec: { ...spec, ingressClassName: name } };
}

/** The newest of the classes marked as default; by name among equals. */
function newestDefault(admission: Admission, prefix: string, annotation: string): string | undefined {
  let best: KubeObject | undefined;
  for (const candidate of cachedIn(admission.server.me, prefix, '')) {
    if (candidate.metadata.annotations?.[annotation] !== 'true') continue;
    if (best === undefined || createdMs(candidate) > createdMs(best)) best = candidate;
  }
  return best?.metadata.name;
}

function createdMs({ metadata }: KubeObject): number {
  return parseTime(metadata.creationTimestamp) ?? 0;
}

/** Volumes and claims in use are not deleted under their users. */
function protectInUse({ kind, operation }: Admission, object: KubeObject): AdmissionResult {
  if (operation !== 'CREATE') return object;
  const finalizer = PROTECTION[kind.plural];
  if (finalizer === undefined || object.metadata.finalizers?.includes(finalizer) === true) return object;
  return {
    ...object,
    metadata: { ...object.metadata, finalizers: [...(object.metadata.finalizers ?? []), finalizer] },
  };
}

const PROTECTION: Readonly<Record<string, string>> = {
  persistentvolumes: 'kubernetes.io/pv-protection',
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
};

interface RuntimeClass extends KubeObject {
  readonly overhead?: { readonly podFixed?: Readonly<Record<string, string>> };
  readonly scheduling?: {
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly tolerations?: readonly Toleration[];
  };
}

function runtimeClass(admission: Admission, object: KubeObject): AdmissionResult {
  if (!isNewPod(admission)) return object;
  const pod = object as Pod;
  const name = pod.spec.runtimeClassName;
  if (name === undefined) return object;
  const found: RuntimeClass | undefined = cached(admission.server.me, '/registry/runtimeclasses', name);
  if (found === undefined) return { refused: forbid(admission, `pod rejected: RuntimeClass "${name}" not found`) };
  const { overhead, scheduling } = found;
  const spec = {
    ...pod.spec,
    ...(overhead?.podFixed !== undefined && { overhead: overhead.podFixed }),
    ...(scheduling?.nodeSelector !== undefined && {
      nodeSelector: { ...pod.spec.nodeSelector, ...scheduling.nodeSelector },
    }),
    ...(scheduling?.tolerations !== undefined && {
      tolerations: [...(pod.spec.tolerations ?? []), ...scheduling.tolerations],
    }),
  };
  return { ...pod, spec } satisfies Pod;
}

/** A pod that is bound gets its node's zone and region as labels. */
function topologyLabels(admission: Admission, object: KubeObject): AdmissionResult {
  if (admission.kind.plural !== 'pods' || admission.subresource !== 'binding') return object;
  const node = cached(admission.server.me, '/registry/minions', (object as Pod).spec.nodeName ?? '');
  let { labels } = object.metadata;
  for (const key of ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']) {
    const value = node?.metadata.labels?.[key];
    if (value !== undefined) labels = { ...labels, [key]: value };
  }
  return labels === object.metadata.labels ? object : { ...object, metadata: { ...object.metadata, labels } };
}
