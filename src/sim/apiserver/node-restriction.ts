/**
 * NodeRestriction: a kubelet changes its own Node and the pods bound to it, and nothing else.
 * @source plugin/pkg/admission/noderestriction/admission.go
 */
import type { KubeObject, Node, Pod, Status, StringMap } from '../api/types.ts';
import { type Admission, forbid } from './admission.ts';
import { nodeIdentity } from './node-authorizer.ts';

const MIRROR = 'kubernetes.io/config.mirror';

export function nodeRestriction(admission: Admission, object: KubeObject | undefined): Status | undefined {
  const node = nodeIdentity(admission.user);
  if (node === undefined) return undefined;
  if (node === '') return forbid(admission, `could not determine node from user "${admission.user.name}"`);
  switch (admission.kind.plural) {
    case 'pods':
      return podChange(admission, node, object as Pod | undefined);
    case 'nodes':
      return nodeChange(admission, node, object as Node | undefined);
    case 'leases':
      return leaseChange(admission, node);
    default:
      return undefined;
  }
}

function podChange(admission: Admission, node: string, pod: Pod | undefined): Status | undefined {
  const { operation, subresource, old } = admission;
  const before = old as Pod | undefined;
  if (operation === 'CREATE') {
    if (pod?.metadata.annotations?.[MIRROR] === undefined) {
      return forbid(admission, `pod does not have "${MIRROR}" annotation, node "${node}" can only create mirror pods`);
    }
    if (pod.spec.nodeName !== node)
      return forbid(admission, `node "${node}" can only create pods with spec.nodeName set to itself`);
    return undefined;
  }
  if (before?.spec.nodeName === node) return undefined;
  if (operation === 'DELETE')
    return forbid(admission, `node "${node}" can only delete pods with spec.nodeName set to itself`);
  if (subresource === 'status') {
    return forbid(admission, `node "${node}" can only update pod status for pods with spec.nodeName set to itself`);
  }
  return forbid(admission, `unexpected operation "${operation}"`);
}

function nodeChange(admission: Admission, node: string, object: Node | undefined): Status | undefined {
  const { name, operation, old } = admission;
  if (name !== node) return forbid(admission, `node "${node}" is not allowed to modify node "${name}"`);
  if (operation === 'CREATE') {
    const wrong = forbiddenLabels(object?.metadata.labels ?? {});
    return wrong.length === 0
      ? undefined
      : forbid(admission, `is not allowed to set the following labels: ${wrong.join(', ')}`);
  }
  if (operation !== 'UPDATE' || object === undefined || old === undefined) return undefined;
  const before = old as Node;
  if (JSON.stringify(before.spec?.taints ?? []) !== JSON.stringify(object.spec?.taints ?? [])) {
    return forbid(admission, `is not allowed to modify taints`);
  }
  const wrong = forbiddenLabels(changed(object.metadata.labels ?? {}, before.metadata.labels ?? {}));
  return wrong.length === 0 ? undefined : forbid(admission, `is not allowed to modify labels: ${wrong.join(', ')}`);
}

function leaseChange(admission: Admission, node: string): Status | undefined {
  if (admission.namespace !== 'kube-node-lease') {
    return forbid(admission, 'can only access leases in the system namespace "kube-node-lease"');
  }
  if (admission.name === node) return undefined;
  return forbid(admission, 'can only access node lease with the same name as the requesting node');
}

function changed(now: StringMap, before: StringMap): StringMap {
  const names = new Set([...Object.keys(now), ...Object.keys(before)]);
  return Object.fromEntries(
    [...names].filter((name) => now[name] !== before[name]).map((name) => [name, now[name] ?? '']),
  );
}

const KUBELET_LABELS: ReadonlySet<string> = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.beta.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'topology.kubernetes.io/zone',
]);

/** Labels of Kubernetes' own name space that a kubelet may not set. */
function forbiddenLabels(labels: StringMap): string[] {
  return Object.keys(labels)
    .filter((name) => {
      const domain = name.includes('/') ? name.slice(0, name.indexOf('/')) : '';
      if (domain === 'node-restriction.kubernetes.io' || domain.endsWith('.node-restriction.kubernetes.io'))
        return true;
      const ours = /(^|\.)(kubernetes|k8s)\.io$/.test(domain);
      if (!ours || KUBELET_LABELS.has(name)) return false;
      return !/(^|\.)(kubelet|node)\.kubernetes\.io$/.test(domain);
    })
    .sort();
}
