/**
 * What an object uses of everything a ResourceQuota can count.
 * @source pkg/quota/v1/evaluator/core, staging/src/k8s.io/apiserver/pkg/quota/v1/generic
 */
import type { Kind } from './kind.ts';
import { podLimits, podRequests } from './pod-resources.ts';
import { canonicalQuantity, formatBytes, formatMilli } from './quantity.ts';
import type { KubeObject, PersistentVolumeClaim, Pod, Service } from './types.ts';

/** Amounts by the name a quota has for them: `pods`, `requests.cpu`, `count/deployments.apps`, … */
export function usageOf(kind: Kind, object: KubeObject): Readonly<Record<string, string>> {
  const usage: Record<string, string> = {};
  const count = kind.group === '' ? `count/${kind.plural}` : `count/${kind.plural}.${kind.group}`;
  usage[count] = '1';
  if (kind.group !== '') return usage;
  if (COUNTED.has(kind.plural)) usage[kind.plural] = '1';
  switch (kind.plural) {
    case 'pods':
      return podUsage(object as Pod, usage);
    case 'services': {
      const { type, ports = [] } = (object as Service).spec;
      if (type === 'LoadBalancer') usage['services.loadbalancers'] = '1';
      const nodePorts = type === 'NodePort' || type === 'LoadBalancer' ? ports.length : 0;
      usage['services.nodeports'] = String(nodePorts);
      return usage;
    }
    case 'persistentvolumeclaims': {
      const { resources, storageClassName } = (object as PersistentVolumeClaim).spec;
      const storage = String(resources?.requests?.['storage'] ?? '0');
      usage['requests.storage'] = canonicalQuantity(storage);
      if (storageClassName !== undefined && storageClassName !== null) {
        usage[`${storageClassName}.storageclass.storage.k8s.io/requests.storage`] = canonicalQuantity(storage);
        usage[`${storageClassName}.storageclass.storage.k8s.io/persistentvolumeclaims`] = '1';
      }
      return usage;
    }
    default:
      return usage;
  }
}

const COUNTED: ReadonlySet<string> = new Set([
  'pods',
  'services',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'resourcequotas',
]);

function podUsage(pod: Pod, usage: Record<string, string>): Readonly<Record<string, string>> {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return { 'count/pods': '1' };
  for (const [prefix, amounts] of [
    ['requests', podRequests(pod.spec)],
    ['limits', podLimits(pod.spec)],
  ] as const) {
    for (const name of Object.keys(amounts)) {
      const amount = amounts[name] ?? 0;
      const text = name === 'cpu' ? formatMilli(amount) : formatBytes(amount);
      usage[`${prefix}.${name}`] = text;
      if (prefix === 'requests' && (name === 'cpu' || name === 'memory' || name === 'ephemeral-storage'))
        usage[name] = text;
    }
  }
  return usage;
}

/** Whether a quota restricted to scopes counts an object. */
export function inScope(scopes: readonly string[], kind: Kind, object: KubeObject): boolean {
  if (scopes.length === 0) return true;
  if (kind.plural !== 'pods') return false;
  const pod = object as Pod;
  const bestEffort = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].every(
    ({ resources }) =>
      Object.keys(resources?.requests ?? {}).length + Object.keys(resources?.limits ?? {}).length === 0,
  );
  const terminating = pod.spec.activeDeadlineSeconds !== undefined;
  const holds: Readonly<Record<string, boolean>> = {
    BestEffort: bestEffort,
    NotBestEffort: !bestEffort,
    Terminating: terminating,
    NotTerminating: !terminating,
  };
  return scopes.every((scope) => holds[scope] !== false);
}
