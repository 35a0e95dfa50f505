/** The shared caches of the controller manager: one informer a resource, with the indexes that reconciling needs. */
import { allKinds } from '../api/kinds.ts';
import type { KubeObject, PersistentVolumeClaim, Pod } from '../api/types.ts';
import { defineInformers, type InformerDefinition } from '../client/informer.ts';

const byOwner = (object: KubeObject): readonly string[] => {
  const owners = object.metadata.ownerReferences;
  if (owners === undefined || owners.length === 0) return NONE;
  return owners.map((owner) => owner.uid);
};
/** Objects nobody controls yet, by namespace: what an owner may adopt. */
const orphans = (object: KubeObject): readonly string[] =>
  object.metadata.ownerReferences?.some((owner) => owner.controller === true) ? NONE : byNamespace(object);
const byNamespace = (object: KubeObject): readonly string[] => [object.metadata.namespace ?? ''];
const NONE: readonly string[] = Object.freeze([]);

const owned = { byOwner, byNamespace };
const clusterOwned = { byOwner };

const definitions = {
  pods: {
    path: '/api/v1/pods',
    indexes: {
      ...owned,
      byNode: (pod) => {
        const node = (pod as Pod).spec.nodeName;
        return node === undefined || node === '' ? NONE : [node];
      },
      orphans,
    },
  },
  nodes: { path: '/api/v1/nodes', indexes: clusterOwned },
  namespaces: { path: '/api/v1/namespaces' },
  services: { path: '/api/v1/services', indexes: owned },
  endpoints: { path: '/api/v1/endpoints', indexes: owned },
  endpointslices: {
    path: '/apis/discovery.k8s.io/v1/endpointslices',
    indexes: {
      ...owned,
      byService: (slice) => {
        const service = slice.metadata.labels?.['kubernetes.io/service-name'];
        return service === undefined ? NONE : [`${slice.metadata.namespace}/${service}`];
      },
    },
  },
  serviceaccounts: { path: '/api/v1/serviceaccounts', indexes: owned },
  configmaps: { path: '/api/v1/configmaps', indexes: owned },
  deployments: { path: '/apis/apps/v1/deployments', indexes: owned },
  replicasets: { path: '/apis/apps/v1/replicasets', indexes: { ...owned, orphans } },
  statefulsets: { path: '/apis/apps/v1/statefulsets', indexes: owned },
  daemonsets: { path: '/apis/apps/v1/daemonsets', indexes: owned },
  controllerrevisions: { path: '/apis/apps/v1/controllerrevisions', indexes: { ...owned, orphans } },
  jobs: { path: '/apis/batch/v1/jobs', indexes: { ...owned, orphans } },
  cronjobs: { path: '/apis/batch/v1/cronjobs', indexes: owned },
  horizontalpodautoscalers: { path: '/apis/autoscaling/v2/horizontalpodautoscalers', indexes: owned },
  replicationcontrollers: { path: '/api/v1/replicationcontrollers', indexes: owned },
  poddisruptionbudgets: { path: '/apis/policy/v1/poddisruptionbudgets', indexes: owned },
  resourcequotas: { path: '/api/v1/resourcequotas', indexes: owned },
  limitranges: { path: '/api/v1/limitranges', indexes: owned },
  secrets: { path: '/api/v1/secrets', indexes: owned },
  podtemplates: { path: '/api/v1/podtemplates', indexes: owned },
  persistentvolumeclaims: {
    path: '/api/v1/persistentvolumeclaims',
    indexes: {
      ...owned,
      byVolume: (claim) => {
        const volume = (claim as PersistentVolumeClaim).spec.volumeName;
        return volume === undefined || volume === '' ? NONE : [volume];
      },
    },
  },
  persistentvolumes: { path: '/api/v1/persistentvolumes', indexes: clusterOwned },
  storageclasses: { path: '/apis/storage.k8s.io/v1/storageclasses' },
  ingresses: { path: '/apis/networking.k8s.io/v1/ingresses', indexes: owned },
  networkpolicies: { path: '/apis/networking.k8s.io/v1/networkpolicies', indexes: owned },
  roles: { path: '/apis/rbac.authorization.k8s.io/v1/roles', indexes: owned },
  rolebindings: { path: '/apis/rbac.authorization.k8s.io/v1/rolebindings', indexes: owned },
  clusterroles: { path: '/apis/rbac.authorization.k8s.io/v1/clusterroles', indexes: clusterOwned },
  clusterrolebindings: { path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', indexes: clusterOwned },
  certificatesigningrequests: {
    path: '/apis/certificates.k8s.io/v1/certificatesigningrequests',
    indexes: clusterOwned,
  },
  leases: { path: '/apis/coordination.k8s.io/v1/leases', indexes: owned },
} satisfies Record<string, InformerDefinition>;

export type ResourceName = keyof typeof definitions;
export const resourceNames = Object.keys(definitions) as ResourceName[];
export const resources = defineInformers<ResourceName>(definitions);

/** Collection path of a resource; the name of an object in it comes after `namespaces/<ns>` has been put in. */
export function collectionPath(resource: ResourceName, namespace?: string): string {
  const { path } = definitions[resource];
  if (namespace === undefined || namespace === '') return path;
  const slash = path.lastIndexOf('/');
  return `${path.slice(0, slash)}/namespaces/${namespace}${path.slice(slash)}`;
}

export function objectPath(
  resource: ResourceName,
  object: { readonly metadata: { readonly namespace?: string | undefined; readonly name: string } },
): string {
  return `${collectionPath(resource, object.metadata.namespace)}/${object.metadata.name}`;
}

/** Resources whose objects may have owners: those with the index `byOwner`. */
export const ownedResources: readonly ResourceName[] = resourceNames.filter((name) => {
  const { indexes } = definitions[name] as InformerDefinition;
  return indexes !== undefined && 'byOwner' in indexes;
});

const KINDS: ReadonlyMap<string, ResourceName> = new Map(
  allKinds.flatMap((kind) => {
    const root = kind.group === '' ? '/api' : `/apis/${kind.group}`;
    const resource = resourceNames.find((name) => definitions[name].path === `${root}/${kind.version}/${kind.plural}`);
    return resource === undefined ? [] : [[kind.kind, resource] as const];
  }),
);

export function resourceOfKind(kind: string): ResourceName | undefined {
  return KINDS.get(kind);
}

export function isResource(name: string): name is ResourceName {
  return Object.hasOwn(definitions, name);
}
