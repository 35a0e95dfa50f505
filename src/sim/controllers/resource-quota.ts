/**
 * Resource quota controller: what a namespace uses, counted anew when something goes away or the quota changes. Admission charges quotas
 * when things come; this gives back. Models pkg/controller/resourcequota.
 */
import { semanticEqual } from '../api/equal.ts';
import { kindOf } from '../api/kinds.ts';
import { addQuantities } from '../api/quantity.ts';
import { inScope, usageOf } from '../api/quota-usage.ts';
import type { KubeObject, Pod, ResourceList } from '../api/types.ts';
import { keyOf } from '../client/informer.ts';
import { type Controller, NOTHING_TO_DO, type Outcome, type View } from './controller.ts';
import { objectPath, type ResourceName } from './resources.ts';

interface ResourceQuota extends KubeObject {
  readonly spec?: { readonly hard?: ResourceList; readonly scopes?: readonly string[] };
  readonly status?: { readonly hard?: ResourceList; readonly used?: ResourceList };
}

/** What can be counted, as far as this process watches it. */
const COUNTED: readonly ResourceName[] = [
  'pods',
  'services',
  'configmaps',
  'secrets',
  'persistentvolumeclaims',
  'resourcequotas',
  'deployments',
  'replicasets',
  'statefulsets',
  'daemonsets',
  'jobs',
  'cronjobs',
];
const RESYNC_MS = 300_000;

export const resourceQuotaController: Controller = {
  name: 'resourcequota-controller',
  account: 'resourcequota-controller',
  watches: COUNTED,
  workers: 5,
  keysOf(resource, delta, view) {
    if (resource === 'resourcequotas') {
      const { spec, status } = delta.object as ResourceQuota;
      return semanticEqual(spec?.hard, status?.hard) ? [] : [delta.key];
    }
    const freed =
      delta.type === 'deleted' || (delta.type === 'updated' && hasEnded(delta.object) && !hasEnded(delta.old));
    return freed ? view.by('resourcequotas', 'byNamespace', delta.object.metadata.namespace ?? '').map(keyOf) : [];
  },
  every: { periodMs: RESYNC_MS, keys: (view) => [...view.list('resourcequotas')].map(keyOf) },
  reconcile,
};

function hasEnded(object: KubeObject | undefined): boolean {
  const phase = object?.kind === 'Pod' ? (object as Pod).status?.phase : undefined;
  return phase === 'Succeeded' || phase === 'Failed';
}

function reconcile(key: string, view: View): Outcome {
  const quota = view.get('resourcequotas', key) as ResourceQuota | undefined;
  if (quota === undefined) return NOTHING_TO_DO;
  const hard = quota.spec?.hard ?? {};
  const used: Record<string, string> = {};
  for (const name of Object.keys(hard)) used[name] = '0';
  for (const resource of COUNTED) {
    for (const object of view.by(resource, 'byNamespace', quota.metadata.namespace ?? '')) {
      const kind = kindOf(object.apiVersion, object.kind);
      if (kind === undefined || !inScope(quota.spec?.scopes ?? [], kind, object)) continue;
      const usage = usageOf(kind, object);
      for (const name of Object.keys(hard)) {
        const amount = usage[name];
        if (amount !== undefined) used[name] = addQuantities(used[name] ?? '0', amount);
      }
    }
  }
  if (semanticEqual(quota.status?.hard, hard) && semanticEqual(quota.status?.used, used)) return NOTHING_TO_DO;
  const body = { ...quota, status: { hard, used } };
  return {
    writes: [
      { request: { method: 'PUT', path: `${objectPath('resourcequotas', quota)}/status`, body }, tolerate: [404] },
    ],
  };
}
