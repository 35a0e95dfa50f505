/** Every active namespace has a ServiceAccount `default` and the cluster's CA in ConfigMap kube-root-ca.crt. Models pkg/controller/serviceaccount, pkg/controller/certificates/rootcacertpublisher. */
import type { KubeObject } from '../api/types.ts';
import { type Controller, NOTHING_TO_DO, type View } from './controller.ts';
import { collectionPath, objectPath } from './resources.ts';

export const serviceAccountController: Controller = {
  name: 'service-account-controller',
  account: 'service-account-controller',
  watches: ['namespaces', 'serviceaccounts'],
  workers: 1,
  keysOf: (resource, delta) => namespaceOf(resource === 'namespaces', delta.object),
  reconcile(name, view) {
    if (!isActive(name, view) || view.get('serviceaccounts', `${name}/default`) !== undefined) return NOTHING_TO_DO;
    const body = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } };
    return {
      writes: [
        { request: { method: 'POST', path: collectionPath('serviceaccounts', name), body }, tolerate: [403, 404, 409] },
      ],
    };
  },
};

export const rootCaPublisher: Controller = {
  name: 'root-ca-certificate-publisher-controller',
  account: 'root-ca-cert-publisher',
  watches: ['namespaces', 'configmaps'],
  workers: 1,
  keysOf(resource, delta) {
    if (resource === 'configmaps' && delta.object.metadata.name !== 'kube-root-ca.crt') return [];
    return namespaceOf(resource === 'namespaces', delta.object);
  },
  reconcile(name, view) {
    const path = view.flag('root-ca-file');
    const ca = path === '' ? undefined : view.readFile(path);
    if (ca === undefined || !isActive(name, view)) return NOTHING_TO_DO;
    const existing = view.get('configmaps', `${name}/kube-root-ca.crt`);
    const data = { 'ca.crt': ca };
    if (existing === undefined) {
      const annotations = {
        'kubernetes.io/description':
          'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.',
      };
      const body = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'kube-root-ca.crt', namespace: name, annotations },
        data,
      };
      return {
        writes: [
          { request: { method: 'POST', path: collectionPath('configmaps', name), body }, tolerate: [403, 404, 409] },
        ],
      };
    }
    const current = existing['data'] as Record<string, string> | undefined;
    if (current?.['ca.crt'] === ca) return NOTHING_TO_DO;
    return {
      writes: [
        {
          request: { method: 'PUT', path: objectPath('configmaps', existing), body: { ...existing, data } },
          tolerate: [404],
        },
      ],
    };
  },
};

function namespaceOf(isNamespace: boolean, object: KubeObject): readonly string[] {
  return [isNamespace ? object.metadata.name : (object.metadata.namespace ?? '')];
}

function isActive(name: string, view: View): boolean {
  const namespace = view.get('namespaces', name);
  return namespace !== undefined && namespace.metadata.deletionTimestamp === undefined;
}
