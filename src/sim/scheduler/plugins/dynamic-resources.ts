/**
 * DynamicResources: pods with `spec.resourceClaims`. ResourceClaims themselves are not simulated, so such a pod waits for a
 * claim that never comes; the plugin also speaks up, as in a real cluster, whenever any pod fits nowhere.
 * @source pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go
 */
import type { Plugin } from '../framework.ts';
import { unresolvable, unschedulable } from '../status.ts';

export const dynamicResources: Plugin<undefined> = {
  name: 'DynamicResources',
  preEnqueue(pod) {
    const wrong = claimComplaint(pod.pod);
    return wrong === undefined ? undefined : unresolvable(wrong);
  },
  preFilter(_cycle, pod) {
    const wrong = claimComplaint(pod.pod);
    return wrong === undefined ? { kind: 'skip' } : { kind: 'rejected', status: unresolvable(wrong) };
  },
  filter: () => undefined,
  postFilter: () => ({ victims: [], status: unschedulable('no new claims to deallocate') }),
};

function claimComplaint(pod: {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly resourceClaims?: unknown };
}): string | undefined {
  const claims = pod.spec.resourceClaims;
  const first: unknown = Array.isArray(claims) ? claims[0] : undefined;
  if (typeof first !== 'object' || first === null) return undefined;
  const name: unknown = 'resourceClaimName' in first ? first.resourceClaimName : undefined;
  if (typeof name === 'string' && name !== '') return `resourceclaim.resource.k8s.io "${name}" not found`;
  return `waiting for dynamic resource controller to create the resourceclaims for pod`;
}
