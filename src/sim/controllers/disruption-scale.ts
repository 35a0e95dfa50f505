/** How many pods a PodDisruptionBudget expects: what the controllers of its pods want. Models pkg/controller/disruption (getExpectedPodCount, finders). */
import type { OwnerReference, Pod, PodDisruptionBudget, StringMap } from '../api/types.ts';
import type { View } from './controller.ts';
import { share } from './deployment-status.ts';
import { controllerOf } from './pods.ts';

export type Expected =
  | { readonly ok: true; readonly expectedPods: number; readonly desiredHealthy: number; readonly unmanaged: boolean }
  | { readonly ok: false; readonly error: string };

export function expectedOf(budget: PodDisruptionBudget, pods: readonly Pod[], view: View): Expected {
  const { minAvailable, maxUnavailable } = budget.spec;
  if (maxUnavailable === undefined && typeof minAvailable !== 'string')
    return {
      ok: true,
      expectedPods: minAvailable === undefined ? 0 : pods.length,
      desiredHealthy: minAvailable ?? 0,
      unmanaged: false,
    };
  const scales = new Map<string, number>();
  let unmanaged = false;
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (owner === undefined) unmanaged = true;
    else if (!scales.has(owner.uid)) {
      const scale = scaleOf(owner, pod, view);
      if (typeof scale === 'string') return { ok: false, error: scale };
      scales.set(scale.uid, scale.replicas);
    }
  }
  const expectedPods = [...scales.values()].reduce((sum, replicas) => sum + replicas, 0);
  const desiredHealthy =
    maxUnavailable === undefined
      ? share(minAvailable ?? 0, expectedPods, Math.ceil)
      : Math.max(0, expectedPods - share(maxUnavailable, expectedPods, Math.ceil));
  return { ok: true, expectedPods, desiredHealthy, unmanaged };
}

interface Scale {
  readonly uid: string;
  readonly replicas: number;
}

const SCALABLE = {
  ReplicationController: 'replicationcontrollers',
  ReplicaSet: 'replicasets',
  StatefulSet: 'statefulsets',
  Deployment: 'deployments',
} as const;

/** The controller's size (a Deployment's rather than its ReplicaSet's), or why there is none. */
function scaleOf(owner: OwnerReference, pod: Pod, view: View): Scale | string {
  const { namespace, name } = pod.metadata;
  const scale = find(owner, namespace, view);
  if (scale === undefined) {
    if (Object.hasOwn(SCALABLE, owner.kind)) return `found no controllers for pod ${JSON.stringify(name)}`;
    const [group] = owner.apiVersion.split('/');
    return `${owner.kind.toLowerCase()}s.${owner.apiVersion.includes('/') ? group : ''} does not implement the scale subresource`;
  }
  if (owner.kind !== 'ReplicaSet') return scale;
  const set = view.get('replicasets', `${namespace}/${owner.name}`);
  const above = set === undefined ? undefined : controllerOf(set);
  return (above?.kind === 'Deployment' ? find(above, namespace, view) : undefined) ?? scale;
}

function find(owner: OwnerReference, namespace: string | undefined, view: View): Scale | undefined {
  const resource = Object.hasOwn(SCALABLE, owner.kind) ? SCALABLE[owner.kind as keyof typeof SCALABLE] : undefined;
  const object = resource === undefined ? undefined : view.get(resource, `${namespace}/${owner.name}`);
  if (object === undefined || object.metadata.uid !== owner.uid) return undefined;
  const { replicas = 1 } = (object['spec'] ?? {}) as { readonly replicas?: number };
  return { uid: owner.uid, replicas };
}

/** A selector as Go prints it. */
export function selectorText({ spec }: PodDisruptionBudget): string {
  const labels: StringMap = spec.selector?.matchLabels ?? {};
  const entries = Object.keys(labels)
    .sort()
    .map((key) => `${key}: ${labels[key]},`)
    .join('');
  const expressions = (spec.selector?.matchExpressions ?? [])
    .map(
      ({ key, operator, values }) =>
        `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${(values ?? []).join(' ')}],},`,
    )
    .join('');
  return `&LabelSelector{MatchLabels:map[string]string{${entries}},MatchExpressions:[]LabelSelectorRequirement{${expressions}},}`;
}
