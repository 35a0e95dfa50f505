/**
 * Every pod runs as a service account and finds its token, the cluster's CA and its namespace in a projected volume.
 * @source plugin/pkg/admission/serviceaccount/admission.go
 */
import { randomLetters } from '../api/names.ts';
import type { Container, KubeObject, Pod, Volume } from '../api/types.ts';
import { type Admission, type AdmissionResult, forbid } from './admission.ts';
import { isNewPod } from './admission-mutating.ts';
import { cached } from './watch-cache.ts';

const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount';
const MIRROR = 'kubernetes.io/config.mirror';
const EXPIRATION_SECONDS = 3_607;

interface ServiceAccount extends KubeObject {
  readonly automountServiceAccountToken?: boolean;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly secrets?: readonly { readonly name: string }[];
}

export function serviceAccountDefaults(admission: Admission, object: KubeObject): AdmissionResult {
  if (!isNewPod(admission)) return object;
  let pod = object as Pod;
  if (pod.metadata.annotations?.[MIRROR] !== undefined) return mirror(admission, pod);
  const name = (pod.spec.serviceAccountName ?? '') === '' ? 'default' : (pod.spec.serviceAccountName ?? '');
  pod = { ...pod, spec: { ...pod.spec, serviceAccountName: name, serviceAccount: name } };
  const { namespace } = admission;
  const account: ServiceAccount | undefined = cached(
    admission.server.me,
    '/registry/serviceaccounts',
    `${namespace}/${name}`,
  );
  if (account === undefined) {
    const refused = forbid(
      admission,
      `error looking up service account ${namespace}/${name}: serviceaccount "${name}" not found`,
    );
    // The controller makes the default account of a new namespace; it is worth waiting for.
    return name === 'default' ? { refused, retries: 10 } : { refused };
  }
  if (pod.spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true)
    pod = withToken(admission, pod);
  const secrets = account.imagePullSecrets ?? [];
  if ((pod.spec.imagePullSecrets?.length ?? 0) === 0 && secrets.length > 0) {
    pod = { ...pod, spec: { ...pod.spec, imagePullSecrets: secrets.map((secret) => ({ name: secret.name })) } };
  }
  return pod;
}

function mirror(admission: Admission, pod: Pod): AdmissionResult {
  if ((pod.spec.serviceAccountName ?? '') !== '') {
    return { refused: forbid(admission, 'a mirror pod may not reference service accounts') };
  }
  for (const volume of pod.spec.volumes ?? []) {
    if (volume.secret !== undefined) return { refused: forbid(admission, 'a mirror pod may not reference secrets') };
    if (volume.projected?.sources?.some((source) => source['serviceAccountToken'] !== undefined) === true) {
      return { refused: forbid(admission, 'a mirror pod may not use ServiceAccountToken volume projections') };
    }
  }
  return pod;
}

function withToken({ server }: Admission, pod: Pod): Pod {
  const all = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  if (all.every(hasMount)) return pod;
  const name = `kube-api-access-${randomLetters(5, (n) => Math.floor(server.io.random() * n))}`;
  const mount = (container: Container): Container =>
    hasMount(container)
      ? container
      : {
          ...container,
          volumeMounts: [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: TOKEN_PATH }],
        };
  return {
    ...pod,
    spec: {
      ...pod.spec,
      volumes: [...(pod.spec.volumes ?? []), { name, ...TOKEN_VOLUME }],
      ...(pod.spec.initContainers !== undefined && { initContainers: pod.spec.initContainers.map(mount) }),
      containers: pod.spec.containers.map(mount),
    },
  };
}

function hasMount(container: Container): boolean {
  return container.volumeMounts?.some(({ mountPath }) => mountPath === TOKEN_PATH) === true;
}

const TOKEN_VOLUME: Omit<Volume, 'name'> = Object.freeze({
  projected: {
    sources: [
      { serviceAccountToken: { expirationSeconds: EXPIRATION_SECONDS, path: 'token' } },
      { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
      {
        downwardAPI: {
          items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
        },
      },
    ],
    defaultMode: 420,
  },
});
