/**
 * Every kind the API server serves. A new kind is a file under `kinds/`, an import and a line here.
 */
import type { Kind } from './kind.ts';
import { apiservices } from './kinds/apiservices.ts';
import { bindings } from './kinds/bindings.ts';
import { certificatesigningrequests } from './kinds/certificatesigningrequests.ts';
import { clusterrolebindings } from './kinds/clusterrolebindings.ts';
import { clusterroles } from './kinds/clusterroles.ts';
import { componentstatuses } from './kinds/componentstatuses.ts';
import { configmaps } from './kinds/configmaps.ts';
import { controllerrevisions } from './kinds/controllerrevisions.ts';
import { cronjobs } from './kinds/cronjobs.ts';
import { csidrivers } from './kinds/csidrivers.ts';
import { csinodes } from './kinds/csinodes.ts';
import { csistoragecapacities } from './kinds/csistoragecapacities.ts';
import { customresourcedefinitions } from './kinds/customresourcedefinitions.ts';
import { daemonsets } from './kinds/daemonsets.ts';
import { deployments } from './kinds/deployments.ts';
import { endpoints } from './kinds/endpoints.ts';
import { endpointslices } from './kinds/endpointslices.ts';
import { events } from './kinds/events.ts';
import { flowschemas } from './kinds/flowschemas.ts';
import { horizontalpodautoscalers } from './kinds/horizontalpodautoscalers.ts';
import { ingressclasses } from './kinds/ingressclasses.ts';
import { ingresses } from './kinds/ingresses.ts';
import { ipaddresses } from './kinds/ipaddresses.ts';
import { jobs } from './kinds/jobs.ts';
import { leases } from './kinds/leases.ts';
import { limitranges } from './kinds/limitranges.ts';
import { mutatingwebhookconfigurations } from './kinds/mutatingwebhookconfigurations.ts';
import { namespaces } from './kinds/namespaces.ts';
import { networkpolicies } from './kinds/networkpolicies.ts';
import { nodes } from './kinds/nodes.ts';
import { persistentvolumeclaims } from './kinds/persistentvolumeclaims.ts';
import { persistentvolumes } from './kinds/persistentvolumes.ts';
import { poddisruptionbudgets } from './kinds/poddisruptionbudgets.ts';
import { pods } from './kinds/pods.ts';
import { podtemplates } from './kinds/podtemplates.ts';
import { priorityclasses } from './kinds/priorityclasses.ts';
import { prioritylevelconfigurations } from './kinds/prioritylevelconfigurations.ts';
import { replicasets } from './kinds/replicasets.ts';
import { replicationcontrollers } from './kinds/replicationcontrollers.ts';
import { resourcequotas } from './kinds/resourcequotas.ts';
import {
  localsubjectaccessreviews,
  selfsubjectaccessreviews,
  selfsubjectreviews,
  selfsubjectrulesreviews,
  subjectaccessreviews,
  tokenreviews,
} from './kinds/reviews.ts';
import { rolebindings } from './kinds/rolebindings.ts';
import { roles } from './kinds/roles.ts';
import { runtimeclasses } from './kinds/runtimeclasses.ts';
import { secrets } from './kinds/secrets.ts';
import { serviceaccounts } from './kinds/serviceaccounts.ts';
import { servicecidrs } from './kinds/servicecidrs.ts';
import { services } from './kinds/services.ts';
import { statefulsets } from './kinds/statefulsets.ts';
import { storageclasses } from './kinds/storageclasses.ts';
import { validatingwebhookconfigurations } from './kinds/validatingwebhookconfigurations.ts';
import { volumeattachments } from './kinds/volumeattachments.ts';
import { volumeattributesclasses } from './kinds/volumeattributesclasses.ts';
import { formatApiVersion, parseApiVersion } from './path.ts';

/** All kinds, in the order of `kubectl api-resources`: the core group first, then by group and name. */
export const allKinds: readonly Kind[] = sortKinds([
  apiservices,
  bindings,
  certificatesigningrequests,
  clusterrolebindings,
  clusterroles,
  componentstatuses,
  configmaps,
  controllerrevisions,
  cronjobs,
  csidrivers,
  csinodes,
  customresourcedefinitions,
  daemonsets,
  deployments,
  endpoints,
  endpointslices,
  events,
  horizontalpodautoscalers,
  ingressclasses,
  ingresses,
  jobs,
  leases,
  limitranges,
  mutatingwebhookconfigurations,
  namespaces,
  networkpolicies,
  nodes,
  persistentvolumeclaims,
  persistentvolumes,
  poddisruptionbudgets,
  pods,
  podtemplates,
  priorityclasses,
  replicasets,
  replicationcontrollers,
  resourcequotas,
  localsubjectaccessreviews,
  selfsubjectaccessreviews,
  selfsubjectreviews,
  selfsubjectrulesreviews,
  subjectaccessreviews,
  tokenreviews,
  rolebindings,
  roles,
  runtimeclasses,
  secrets,
  serviceaccounts,
  services,
  statefulsets,
  storageclasses,
  validatingwebhookconfigurations,
  volumeattachments,
  csistoragecapacities,
  flowschemas,
  ipaddresses,
  prioritylevelconfigurations,
  servicecidrs,
  volumeattributesclasses,
]);

const byResource = new Map(allKinds.map((kind) => [`${kind.group}/${kind.plural}`, kind]));
const byKind = new Map(allKinds.map((kind) => [`${kind.apiVersion}/${kind.kind}`, kind]));

/** The kind behind a REST path's group and resource (`apps`, `deployments`). */
export function kindOfResource(group: string, resource: string): Kind | undefined {
  return byResource.get(`${group}/${resource}`);
}

/** The kind of an object (`apps/v1`, `Deployment`). */
export function kindOf(apiVersion: string, kind: string): Kind | undefined {
  return byKind.get(`${apiVersion}/${kind}`);
}

/** The kind of an object that must have one. */
export function mustKindOf(object: { readonly apiVersion: string; readonly kind: string }): Kind {
  const kind = kindOf(object.apiVersion, object.kind);
  if (kind === undefined) throw new Error(`no kind ${object.kind} in ${object.apiVersion}`);
  return kind;
}

/**
 * What a person may call a kind: `pods`, `po`, `pod`, `Pod`, `deploy.apps`, `deployments.v1.apps`; core wins, then the order of
 * `allKinds`. Kinds that are only posted (reviews, bindings) are found too.
 */
export function findKind(name: string): Kind | undefined {
  const wanted = name.toLowerCase();
  const [resource = '', ...rest] = wanted.split('.');
  return allKinds.find((kind) => {
    const called = resource === kind.plural || resource === kind.singular || kind.shortNames.includes(resource);
    if (!called) return false;
    const group = rest.join('.');
    return group === '' || group === kind.group || group === `${kind.version}.${kind.group}` || group === kind.version;
  });
}

/** The kinds of a category: `kubectl get all`. */
export function kindsOfCategory(category: string): readonly Kind[] {
  return allKinds.filter((kind) => kind.categories.includes(category));
}

/** The groups and versions that are served, core first: `['v1', 'apps/v1', …]`. */
export function servedApiVersions(): readonly string[] {
  return [...new Set(allKinds.map((kind) => kind.apiVersion))];
}

/** Where an object lies in etcd: `/registry/pods/default/web`. */
export function storageKey(kind: Kind, namespace: string | undefined, name: string): string {
  return kind.namespaced ? `${kind.storagePrefix}/${namespace ?? ''}/${name}` : `${kind.storagePrefix}/${name}`;
}

/** What the keys of a kind (of a namespace) begin with: `/registry/pods/default/`. */
export function storageRange(kind: Kind, namespace?: string): string {
  if (!kind.namespaced || namespace === undefined || namespace === '') return `${kind.storagePrefix}/`;
  return `${kind.storagePrefix}/${namespace}/`;
}

/** Kind, namespace and name of a key in etcd, or undefined when it is no object of ours. */
export function parseStorageKey(key: string): { kind: Kind; namespace: string; name: string } | undefined {
  for (const kind of kindsByLongestPrefix) {
    if (!key.startsWith(`${kind.storagePrefix}/`)) continue;
    const rest = key.slice(kind.storagePrefix.length + 1);
    if (!kind.namespaced) return { kind, namespace: '', name: rest };
    const slash = rest.indexOf('/');
    return slash < 0 ? undefined : { kind, namespace: rest.slice(0, slash), name: rest.slice(slash + 1) };
  }
  return undefined;
}

const kindsByLongestPrefix = allKinds
  .filter((kind) => kind.stored)
  .sort((a, b) => b.storagePrefix.length - a.storagePrefix.length);

/** `Deployment.apps`, as kubectl and errors name a kind with its group. */
export function kindText(apiVersion: string, kind: string): string {
  const { group } = parseApiVersion(apiVersion);
  return group === '' ? kind : `${kind}.${group}`;
}

/** The apiVersion of a kind's group at a version. */
export function apiVersionOf(kind: Kind): string {
  return formatApiVersion(kind.group, kind.version);
}

function sortKinds(kinds: readonly Kind[]): readonly Kind[] {
  const key = (kind: Kind): string => `${kind.group === '' ? '0' : `1${kind.group}`}/${kind.plural}`;
  return [...kinds].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
