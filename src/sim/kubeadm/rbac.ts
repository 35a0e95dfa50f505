/** Small objects that several phases of kubeadm create. */
import type { KubeObject, RbacSubject, StringMap } from '../api/types.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** Binds a role of its own kind: `Role` in a namespace, `ClusterRole` everywhere. */
export function binding(
  kind: 'Role' | 'ClusterRole',
  name: string,
  role: string,
  subjects: readonly RbacSubject[],
  namespace?: string,
): KubeObject {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: `${kind}Binding`,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
    roleRef: { apiGroup: RBAC, kind, name: role },
    subjects,
  };
}

/** The right to read one ConfigMap. */
export function readRole(name: string, namespace: string, configMapName: string): KubeObject {
  return {
    apiVersion: `${RBAC}/v1`,
    kind: 'Role',
    metadata: { name, namespace },
    rules: [{ apiGroups: [''], resourceNames: [configMapName], resources: ['configmaps'], verbs: ['get'] }],
  };
}

export function configMap(name: string, data: StringMap, namespace = 'kube-system', labels?: StringMap): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, ...(labels === undefined ? {} : { labels }) },
    data,
  };
}

export function serviceAccount(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: 'kube-system' } };
}

export function accountSubject(name: string): RbacSubject {
  return { kind: 'ServiceAccount', name, namespace: 'kube-system' };
}
