/**
 * Static pods: manifests in a directory of the machine become pods without any API server; the API gets a mirror of each to look at.
 * @source pkg/kubelet/config/file.go, common.go
 */

import { load, YAMLException } from 'js-yaml';
import { decodeObject } from '../api/decode.ts';
import { aggregateText, fieldErrorText } from '../api/field-error.ts';
import { deepHash } from '../api/hash.ts';
import { pods as podKind } from '../api/kinds/pods.ts';
import { memoByText } from '../api/memo.ts';
import type { Pod } from '../api/types.ts';
import { environmentObjects } from './environment.ts';
import { volumeObjects } from './volumes.ts';
import { goYamlProblem } from './yaml-problem.ts';

export type ManifestResult =
  | { readonly ok: true; readonly pod: Pod }
  /** As the kubelet logs it after `Could not process manifest file`. */
  | { readonly ok: false; readonly error: string };

const read = new Map<string, ManifestResult>();

/** Reads a manifest. The same text at the same place gives the same pod, the same UID. */
export function readManifest(path: string, text: string, nodeName: string): ManifestResult {
  const key = `${nodeName}\n${path}\n${text}`;
  let result = read.get(key);
  if (result === undefined) {
    result = parseManifest(path, text, nodeName);
    if (read.size > 2_000) read.clear();
    read.set(key, result);
  }
  return result;
}

/** A manifest is read again every twenty seconds, and by every world; it says the same each time. */
const parsed = memoByText(256, (key): ManifestResult => {
  const [path = '', nodeName = ''] = key.split('\n', 2);
  return parseAnew(path, key.slice(path.length + nodeName.length + 2), nodeName);
});

function parseManifest(path: string, text: string, nodeName: string): ManifestResult {
  return parsed(`${path}\n${nodeName}\n${text}`);
}

function parseAnew(path: string, text: string, nodeName: string): ManifestResult {
  const failed = (why: string) =>
    ({ ok: false, error: `${path}: couldn't parse as pod(${why}), please check config file` }) as const;
  let value: unknown;
  try {
    value = load(text, { maxDepth: 60 });
  } catch (error) {
    return failed(`yaml: ${error instanceof YAMLException ? goYamlProblem(error) : String(error)}`);
  }
  const json = JSON.stringify(value ?? null);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return failed(
      `couldn't get version/kind; json parse error: json: cannot unmarshal ${typeof value} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  const { apiVersion, kind } = value as { apiVersion?: unknown; kind?: unknown };
  if (typeof kind !== 'string' || kind === '') return failed(`Object 'Kind' is missing in '${json}'`);
  if (typeof apiVersion !== 'string' || apiVersion === '') return failed(`Object 'apiVersion' is missing in '${json}'`);
  if (apiVersion !== 'v1')
    return failed(
      `no kind "${kind}" is registered for version "${apiVersion}" in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    );
  if (kind !== 'Pod')
    return {
      ok: false,
      error: `${path}: couldn't parse as pod(invalid pod: &core.${kind}{}), please check config file`,
    };
  const decoded = decodeObject('core.Pod', value);
  if (!decoded.ok) return failed(decoded.error.replace(/^json: /, 'json: '));
  const named = decoded.value as Pod;
  if ((named.metadata.name ?? '') === '') return { ok: false, error: 'invalid pod: name is needed for the pod' };
  const pod = completed(podKind.defaults(named), path, nodeName);
  const errors = podKind.validate(pod);
  if (errors.length > 0) return { ok: false, error: `invalid pod: ${aggregateText(errors.map(fieldErrorText))}` };
  const reference = apiReference(pod);
  if (reference !== undefined) return { ok: false, error: `static pods may not reference ${reference}` };
  return { ok: true, pod: Object.freeze(pod) };
}

function completed(pod: Pod, path: string, nodeName: string): Pod {
  const hash = [pod, `host:${nodeName}`, `file:${path}`, 'uid'].map(
    (part, i) => (deepHash(part) ^ (i * 0x9e3779b1)) >>> 0,
  );
  const uid = pod.metadata.uid ?? hash.map((word) => word.toString(16).padStart(8, '0')).join('');
  const tolerations = pod.spec.tolerations ?? [];
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      name: `${pod.metadata.name}-${nodeName}`,
      namespace: pod.metadata.namespace ?? 'default',
      uid,
      annotations: {
        ...pod.metadata.annotations,
        'kubernetes.io/config.hash': uid,
        'kubernetes.io/config.source': 'file',
      },
    },
    spec: { ...pod.spec, nodeName, tolerations: [...tolerations, { operator: 'Exists', effect: 'NoExecute' }] },
    status: { phase: 'Pending' },
  };
}

function apiReference(pod: Pod): string | undefined {
  const names = [...volumeObjects(pod), ...pod.spec.containers.flatMap(environmentObjects)];
  if (pod.spec.serviceAccountName !== undefined && pod.spec.serviceAccountName !== '') return 'serviceaccounts';
  if (names.some((name) => name.startsWith('configmap/'))) return 'configmaps';
  if (names.some((name) => name.startsWith('secret/'))) return 'secrets';
  if ((pod.spec.volumes ?? []).some((volume) => volume.persistentVolumeClaim !== undefined))
    return 'persistentvolumeclaims';
  return undefined;
}
