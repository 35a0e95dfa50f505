/**
 * What a kubelet (`system:node:NAME`, group `system:nodes`) may do: its own node and Lease, and the secrets, config maps, claims and
 * volumes that pods bound to its node refer to. Everything else by the rules of the role `system:node`.
 * @source plugin/pkg/auth/authorizer/node/node_authorizer.go
 */
import { exactFieldValue } from '../api/field-selector.ts';
import type { Pod } from '../api/types.ts';
import type { ApiServer, Attributes, User } from './memory.ts';
import { type Decision, ruleAllows, rulesIn } from './rbac.ts';
import { CLUSTER_ROLES } from './rbac-index.ts';
import { cached, nodeOf } from './watch-cache.ts';

const ALLOWED: Decision = { allowed: true, reason: '' };

/** The node's name, '' for a kubelet without one, undefined for everybody else. */
export function nodeIdentity(user: User): string | undefined {
  if (!user.groups.includes('system:nodes') || !user.name.startsWith('system:node:')) return undefined;
  return user.name.slice('system:node:'.length);
}

export function authorizeNode(me: ApiServer, attributes: Attributes): Decision {
  const node = nodeIdentity(attributes.user);
  if (node === undefined) return deny('');
  if (node === '') return deny(`unknown node for user "${attributes.user.name}"`);
  if (attributes.path === '') {
    switch (`${attributes.group}/${attributes.resource}`) {
      case '/secrets':
      case '/configmaps':
        return readRelated(me, node, attributes);
      case '/persistentvolumeclaims':
        if (attributes.subresource === 'status') return updateStatus(me, node, attributes);
        return getRelated(me, node, attributes);
      case '/persistentvolumes':
      case 'resource.k8s.io/resourceclaims':
      case 'storage.k8s.io/volumeattachments':
        return getRelated(me, node, attributes);
      case '/serviceaccounts':
        return serviceAccount(me, node, attributes);
      case 'coordination.k8s.io/leases':
        return lease(node, attributes);
      case 'storage.k8s.io/csinodes':
        return csiNode(node, attributes);
      case '/nodes':
        return ownNode(node, attributes);
      case '/pods':
        return pods(me, node, attributes);
    }
  }
  const role = cached(me, CLUSTER_ROLES, 'system:node');
  const allowed = role !== undefined && rulesIn(role).some((rule) => ruleAllows(rule, attributes));
  return allowed ? ALLOWED : deny('');
}

function ownNode(node: string, { verb, name, subresource, fields }: Attributes): Decision {
  if (subresource === '') {
    switch (verb) {
      case 'create':
      case 'update':
      case 'patch':
        // Which node is NodeRestriction's to judge.
        return ALLOWED;
      case 'get':
      case 'list':
      case 'watch':
        if (name === node || exactFieldValue(fields, 'metadata.name') === node) return ALLOWED;
        return deny(
          verb === 'get'
            ? `node '${node}' cannot read '${name}', only its own Node object`
            : `node '${node}' cannot read all nodes, only its own Node object`,
        );
      default:
        return deny('');
    }
  }
  if (subresource !== 'status') return deny('');
  return verb === 'update' || verb === 'patch' ? ALLOWED : deny('');
}

function pods(me: ApiServer, node: string, { verb, name, namespace, subresource, fields }: Attributes): Decision {
  if (subresource === 'status' || subresource === 'eviction') {
    return (subresource === 'status' ? verb === 'update' || verb === 'patch' : verb === 'create') ? ALLOWED : deny('');
  }
  if (subresource !== '') return deny('');
  switch (verb) {
    case 'create':
    case 'delete':
      return ALLOWED;
    case 'get': {
      const pod = cached(me, '/registry/pods', `${namespace}/${name}`);
      return pod === undefined || nodeOf(pod) === node ? ALLOWED : unrelated(node);
    }
    case 'list':
    case 'watch':
      if (exactFieldValue(fields, 'spec.nodeName') === node) return ALLOWED;
      return deny('can only list/watch pods with spec.nodeName field selector');
    default:
      return deny('');
  }
}

function readRelated(me: ApiServer, node: string, attributes: Attributes): Decision {
  const { verb, subresource, namespace } = attributes;
  if (verb !== 'get' && verb !== 'list' && verb !== 'watch') return deny('can only read resources of this type');
  if (subresource !== '') return deny('cannot read subresource');
  if (namespace === '') return deny('can only read namespaced object of this type');
  return related(me, node, attributes);
}

function getRelated(me: ApiServer, node: string, attributes: Attributes): Decision {
  if (attributes.verb !== 'get') return deny('can only get individual resources of this type');
  if (attributes.subresource !== '') return deny('cannot get subresource');
  return related(me, node, attributes);
}

function updateStatus(me: ApiServer, node: string, attributes: Attributes): Decision {
  if (attributes.verb !== 'update' && attributes.verb !== 'patch') return deny('can only get/update/patch this type');
  return related(me, node, attributes);
}

function serviceAccount(me: ApiServer, node: string, attributes: Attributes): Decision {
  const { verb, name, subresource } = attributes;
  if (verb === 'get' && subresource === '') return readRelated(me, node, attributes);
  if (verb !== 'create' || name === '') return deny('can only create tokens for individual service accounts');
  if (subresource !== 'token') return deny('can only create token subresource of serviceaccount');
  return related(me, node, attributes);
}

const OWN_OBJECT_VERBS = ['get', 'create', 'update', 'patch', 'delete'];

function lease(node: string, { verb, name, namespace }: Attributes): Decision {
  if (!OWN_OBJECT_VERBS.includes(verb)) return deny('can only get, create, update, patch, or delete a node lease');
  if (namespace !== 'kube-node-lease') return deny('can only access leases in the "kube-node-lease" system namespace');
  if (verb !== 'create' && name !== node) {
    return deny('can only access node lease with the same name as the requesting node');
  }
  return ALLOWED;
}

function csiNode(node: string, { verb, name, subresource }: Attributes): Decision {
  if (!OWN_OBJECT_VERBS.includes(verb)) return deny('can only get, create, update, patch, or delete a CSINode');
  if (subresource !== '') return deny('cannot authorize CSINode subresources');
  if (verb !== 'create' && name !== node)
    return deny('can only access CSINode with the same name as the requesting node');
  return ALLOWED;
}

/** Whether a pod bound to the node refers to the object. */
function related(me: ApiServer, node: string, attributes: Attributes): Decision {
  const { resource, namespace } = attributes;
  const name = attributes.name === '' ? (exactFieldValue(attributes.fields, 'metadata.name') ?? '') : attributes.name;
  if (name === '') return deny('No Object name found');
  const pods = me.cache.resources.get('/registry/pods');
  for (const key of pods?.byNode.get(node) ?? []) {
    if (namespace !== '' && !key.startsWith(`${namespace}/`)) continue;
    if (refersTo(me, pods?.objects.get(key) as Pod, resource, name)) return ALLOWED;
  }
  return unrelated(node);
}

function refersTo(me: ApiServer, pod: Pod, resource: string, name: string): boolean {
  const { spec } = pod;
  switch (resource) {
    case 'serviceaccounts':
      return spec.serviceAccountName === name;
    case 'persistentvolumeclaims':
      return (spec.volumes ?? []).some((volume) => claimName(pod, volume) === name);
    case 'persistentvolumes':
      return (spec.volumes ?? []).some((volume) => {
        const claim = cached(
          me,
          '/registry/persistentvolumeclaims',
          `${pod.metadata.namespace}/${claimName(pod, volume)}`,
        );
        return (claim?.['spec'] as { volumeName?: string } | undefined)?.volumeName === name;
      });
    case 'volumeattachments':
      return true;
    default:
      return names(pod, resource === 'secrets' ? 'secret' : 'configMap').has(name);
  }
}

function claimName(pod: Pod, volume: NonNullable<Pod['spec']['volumes']>[number]): string {
  if (volume['ephemeral'] !== undefined) return `${pod.metadata.name}-${volume.name}`;
  return volume.persistentVolumeClaim?.claimName ?? '';
}

/** Secrets or config maps a pod mentions anywhere. */
function names({ spec }: Pod, type: 'secret' | 'configMap'): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (name: string | undefined) => {
    if (name !== undefined) found.add(name);
  };
  for (const volume of spec.volumes ?? []) {
    add(type === 'secret' ? volume.secret?.secretName : volume.configMap?.name);
    for (const source of volume.projected?.sources ?? []) {
      add((source[type] as { name?: string } | undefined)?.name);
    }
  }
  if (type === 'secret') for (const secret of spec.imagePullSecrets ?? []) add(secret.name);
  for (const container of [...(spec.initContainers ?? []), ...spec.containers, ...(spec.ephemeralContainers ?? [])]) {
    for (const { valueFrom } of container.env ?? []) {
      add(type === 'secret' ? valueFrom?.secretKeyRef?.name : valueFrom?.configMapKeyRef?.name);
    }
    for (const from of container.envFrom ?? []) add(type === 'secret' ? from.secretRef?.name : from.configMapRef?.name);
  }
  return found;
}

function unrelated(node: string): Decision {
  return deny(`no relationship found between node '${node}' and this object`);
}

function deny(reason: string): Decision {
  return { allowed: false, reason };
}
